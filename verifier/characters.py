"""The characters of E3: a table, so that every Python refuses the same strings."""

from __future__ import annotations

import bisect
import json
import pkgutil
from typing import List


def _bounds() -> List[int]:
    """Where the table's ranges begin and, one after their last character, end."""
    data = pkgutil.get_data(__package__ or "verifier", "characters.json")
    if data is None:
        raise AssertionError("characters.json is missing beside this module")
    return [bound for first, last in json.loads(data.decode("ascii")) for bound in (first, last + 1)]


BOUNDS = _bounds()


def is_allowed(character: str) -> bool:
    return bisect.bisect_right(BOUNDS, ord(character)) % 2 == 1
