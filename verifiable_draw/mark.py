"""What this machine remembers of a ledger outside its folder: the last checkpoint it signed (spec/ledger.md L22).

A folder restored from a backup, or copied from another machine, does not bring this memory along; so the program
notices that the ledger may have gone back in time, and signs nothing.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from ledger.checkpoint import Checkpoint, parse_checkpoint
from ledger.note import Note, NoteError, parse_note
from verifiable_draw.files import write_durable


def state_folder() -> Path:
    """Where programs keep what they remember: VDRAW_STATE, else the place the system has for it."""
    named = os.environ.get("VDRAW_STATE")
    if named:
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "verifiable-draw"
    return Path(os.environ.get("XDG_STATE_HOME", str(Path.home() / ".local" / "state"))) / "verifiable-draw"


class Mark:
    """The memory of one ledger, known by the leaf hash of its first entry."""

    def __init__(self, folder: Path, genesis: bytes) -> None:
        self.folder = folder
        self.genesis = genesis
        self.path = folder / f"{genesis.hex()}.note"

    def read(self) -> Checkpoint | None:
        """The largest checkpoint remembered, or None; a file that cannot be read counts as none, the careful answer."""
        note = self.note()
        return parse_checkpoint(note.text) if note else None

    def note(self) -> Note | None:
        """The note of that checkpoint."""
        try:
            note = parse_note(self.path.read_text(encoding="utf-8"))
            parse_checkpoint(note.text)
        except (OSError, UnicodeDecodeError, NoteError):
            return None
        return note

    def remember(self, note: Note) -> None:
        """Remember a note durably, unless a larger one is remembered; under the lock, before the note goes out."""
        known = self.read()
        if known is None or known.size < parse_checkpoint(note.text).size:
            write_durable(self.path, str(note.alone()).encode())

    def claim(self, origin: str, operator: bytes) -> bool:
        """Whether this machine began no other ledger under an origin and an operator's key; remembers this one."""
        path = self.folder / f"{hashlib.sha256(origin.encode() + operator).hexdigest()}.first"
        if not path.is_file():
            write_durable(path, self.genesis.hex().encode())
        return path.read_bytes() == self.genesis.hex().encode()
