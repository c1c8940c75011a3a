"""The characters that a string may hold (E3), the same whatever Unicode version Python has."""

from __future__ import annotations

import json
import re
from importlib.resources import files

RANGES: list[tuple[int, int]] = [
    (first, last) for first, last in json.loads((files("ledger") / "characters.json").read_text("ascii"))
]
_CLASS = "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in RANGES)
_REFUSED = re.compile(f"[^{_CLASS}]")


def refused(text: str) -> str:
    """The first character that E3 refuses, "" if there is none."""
    found = _REFUSED.search(text)
    return found.group() if found else ""
