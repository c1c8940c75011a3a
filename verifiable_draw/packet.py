"""What a device takes away to check and to sign: a folder for a USB stick or a web server.

```
ledger/entries.jsonl   ledger/checkpoint.note
<session>/header.json  plan.json  draws/<draw>/units.json  nullifiers.json  groups.json
```
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ledger.canonical import EncodingError, decode_lines
from ledger.checkpoint import parse_checkpoint
from ledger.merkle import leaf_hash
from ledger.note import Note, NoteError, parse_note
from verifiable_draw.errors import DataError
from verifiable_draw.files import read, write_durable
from verifiable_draw.room import Room

SESSION_FILES = ("plan.json", "header.json")
DRAW_FILES = ("units.json", "nullifiers.json", "groups.json")


def write(room: Room, folder: Path) -> Note:
    """Export the ledger, its last checkpoint and the public files of all sessions; returns the checkpoint's note."""
    note = room.checkpoint()
    size = parse_checkpoint(note.text).size  # another program may append meanwhile
    write_durable(folder / "ledger" / "entries.jsonl", b"".join(line + b"\n" for line in room.store.read(0, size)))
    write_durable(folder / "ledger" / "checkpoint.note", str(note).encode())
    for session in room.view.sessions.values():
        draws = [
            f"draws/{draw.id}/{name}"
            for draw in (session.header.draws if session.header else ())
            for name in DRAW_FILES
        ]
        for name in (*SESSION_FILES, *draws):
            data = room.load(session.id, name)
            if data is not None:
                target = folder / session.id / name
                if not target.is_file() or target.read_bytes() != data:
                    write_durable(target, data)
    return note


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet read back: entries, their leaf hashes, the checkpoint's note. Nothing of it is trusted yet."""

    folder: Path
    lines: tuple[bytes, ...]
    leaves: tuple[bytes, ...]
    note: Note

    def load(self, session: str, name: str) -> bytes | None:
        """Bytes of a session's file, or None."""
        path = self.folder / session / name
        return path.read_bytes() if path.is_file() else None


def open_packet(folder: Path) -> Packet:
    """Read a packet strictly; raises DataError for a malformed ledger file or note."""
    try:
        lines = tuple(decode_lines(read(folder / "ledger" / "entries.jsonl")))
        note = parse_note(read(folder / "ledger" / "checkpoint.note").decode())
    except (EncodingError, NoteError, UnicodeDecodeError) as error:
        raise DataError("packet.malformed", detail=str(error)) from error
    return Packet(folder, lines, tuple(leaf_hash(line) for line in lines), note)
