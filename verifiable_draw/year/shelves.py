"""Files that entries of the year name, kept by their SHA-256 on one of two shelves of a workspace (spec/year.md)."""

from __future__ import annotations

import hashlib
from typing import Final

from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.room import MOST_BYTES, Room

PUBLIC: Final = "year"
"""Shortlists of teachers."""
INSPECTORS: Final = "audits"
"""Audit files and reports of inspections: not published, their owner's only."""
_MODES = {PUBLIC: (0o755, 0o644), INSPECTORS: (0o700, 0o600)}


def keep(room: Room, shelf: str, data: bytes) -> str:
    """Keep a file that an entry is going to name; returns its SHA-256 in hexadecimal."""
    name = hashlib.sha256(data).hexdigest()
    folder, file = _MODES[shelf]
    (room.folder / shelf).mkdir(mode=folder, exist_ok=True)
    write_durable(room.folder / shelf / f"{name}.json", data, file)
    return name


def kept(room: Room, shelf: str, name: str) -> bytes | None:
    """A file that an entry names; None if it is not there, DataError if it is another than was entered."""
    path = room.folder / shelf / f"{name}.json"
    if not path.is_file():
        return None
    if path.stat().st_size > MOST_BYTES:
        raise DataError("year.file_differs", path=f"{shelf}/{path.name}")
    try:
        data = read(path)
    except UsageError as error:
        raise DataError("year.file_differs", path=f"{shelf}/{path.name}") from error
    if hashlib.sha256(data).hexdigest() != name:
        raise DataError("year.file_differs", path=f"{shelf}/{path.name}")
    return data
