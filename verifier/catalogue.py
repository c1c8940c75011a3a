"""The catalogue of checks, read from checks.json beside this module (a copy of the specification's).

Every sentence that a report prints of a check stands there, so that two verifiers say the same.
"""

from __future__ import annotations

import json
import pkgutil
from typing import Dict, NamedTuple, Tuple

CANNOT_CONVICT = ("evidence", "slip")  # categories whose FAIL means "not proven" (V2)


class Check(NamedTuple):
    id: str
    section: str
    category: str
    phase: str
    option: str  # the argument without which the check is NOT-APPLICABLE, "" if it needs none
    zh: str
    en: str
    failure_zh: str
    failure_en: str

    @property
    def convicts(self) -> bool:
        """Whether a FAIL is a proven inconsistency."""
        return self.category not in CANNOT_CONVICT


def _read() -> Tuple[Check, ...]:
    data = pkgutil.get_data(__package__ or "verifier", "checks.json")  # works in a folder and in a zip
    if data is None:
        raise AssertionError("checks.json is missing beside the catalogue")
    return tuple(Check(**row) for row in json.loads(data.decode("utf-8")))


CATALOGUE = _read()
BY_ID: Dict[str, Check] = {check.id: check for check in CATALOGUE}
