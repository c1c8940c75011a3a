"""Where the observers' page lies that the server hands out: made by `make observer`, or packed with the program."""

from __future__ import annotations

import os
from pathlib import Path

PLACES = (Path(__file__).parent / "observer.html", Path(__file__).resolve().parents[2] / "dist" / "observer.html")


def page() -> bytes:
    """Its bytes, b"" if it was not made; VDRAW_OBSERVER_PAGE names another file."""
    named = os.environ.get("VDRAW_OBSERVER_PAGE")
    for path in (Path(named),) if named else PLACES:
        if path.is_file():
            return path.read_bytes()
    return b""
