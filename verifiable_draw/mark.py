"""What this machine remembers of a ledger outside its folder: the last checkpoint it signed (spec/ledger.md L22).

A folder restored from a backup, or copied from another machine, does not bring this memory along; so the program
notices that the ledger may have gone back in time, and signs nothing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ledger.note import Note, NoteError, parse_note


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
        self.path = folder / f"{genesis.hex()}.note"

    def read(self) -> Note | None:
        """The last note, or None; a file that cannot be read counts as none, which is the careful answer."""
        try:
            return parse_note(self.path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, NoteError):
            return None

    def write(self, note: Note) -> None:
        """Remember a note. Not synced: a power cut leaves an older memory, which the ledger extends just as well."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(f".{os.getpid()}.part")
        part.write_text(str(note), encoding="utf-8")
        part.replace(self.path)
