"""Two ledgers of one origin, shown to different people: finding the proof, and checking one (spec/ledger.md L19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.canonical import EncodingError
from ledger.checkpoint import Checkpoint, parse_checkpoint
from ledger.fork import Fork, find, parse_fork, prove
from ledger.merkle import ProofError, leaf_hash, nodes_of, root_hash
from ledger.note import Note, NoteError, parse_note
from ledger.tiles import CHECKPOINT
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read
from verifiable_draw.restoring import entries_from


@dataclass(frozen=True, slots=True)
class Side:
    """What one person was shown: a note, and the entries if they are at hand."""

    note: Note
    entries: tuple[bytes, ...] = ()

    @property
    def checkpoint(self) -> Checkpoint:
        """The note's checkpoint."""
        return parse_checkpoint(self.note.text)


def side(path: Path) -> Side:
    """Read a note, a packet, a record's folder or an export; raises DataError."""
    try:
        if path.is_file():
            note = parse_note(read(path).decode())
            parse_checkpoint(note.text)
            return Side(note)
        notes = [path / CHECKPOINT, path / "ledger" / "checkpoint.note", *(path / "ledger" / "checkpoints").glob("*")]
        found = [p for p in notes if p.is_file()]
        if not found:
            raise UsageError("file.read_failed", path=str(path), detail="checkpoint")
        note = parse_note(read(max(found)).decode())
        entries = tuple(entries_from(path))[: parse_checkpoint(note.text).size]
    except (NoteError, UnicodeDecodeError, ValueError) as error:
        raise DataError("fork.side", path=str(path), detail=str(error)) from error
    if root_hash([leaf_hash(entry) for entry in entries]) != parse_checkpoint(note.text).root:
        raise DataError("fork.side", path=str(path), detail="root")
    return Side(note, entries)


def search(one: Side, other: Side, keys: Sequence[bytes]) -> Fork:
    """Evidence that both notes cannot be true; DataError if they agree, UsageError if entries are needed to tell."""
    first, second = sorted((one, other), key=lambda s: s.checkpoint.size)
    small, large = first.checkpoint, second.checkpoint
    if small.size == large.size:
        fork = Fork(first.note, second.note, large.root, ())
    elif not second.entries:
        raise UsageError("fork.entries", size=large.size)
    else:
        nodes = nodes_of([leaf_hash(entry) for entry in second.entries])
        found = find(first.note, second.note, nodes) if small.size else None
        if found is None:
            raise DataError("fork.none", small=small.size, large=large.size)
        fork = found
    return confirm(fork, keys)


def confirm(fork: Fork, keys: Sequence[bytes]) -> Fork:
    """Return evidence that proves a fork of the ledger with `keys`; DataError if it does not."""
    origin = parse_checkpoint(fork.first.text).origin
    try:
        prove(fork, origin, *keys)
    except (ProofError, NoteError) as error:
        raise DataError("fork.not_proven", detail=str(error)) from error
    return fork


def read_fork(path: Path) -> Fork:
    """Read a file of evidence; raises DataError."""
    try:
        return parse_fork(read(path).removesuffix(b"\n"))
    except (EncodingError, NoteError) as error:
        raise DataError("fork.side", path=str(path), detail=str(error)) from error
