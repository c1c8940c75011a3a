"""Going on after a restored backup: nothing is signed until a witness's last checkpoint is extended (L22)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ledger.canonical import EncodingError, decode, decode_lines
from ledger.checkpoint import Checkpoint, cosigners, open_checkpoint, parse_checkpoint
from ledger.fork import find
from ledger.merkle import leaf_hash, nodes_of
from ledger.note import Note, NoteError
from ledger.store import StoreError
from ledger.tiles import CHECKPOINT, Tile, TileError, split_bundle, tiles_of
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.replay import View, replay
from verifiable_draw.room import Room, store_problem


def entries_from(source: Path) -> list[bytes]:
    """The entries of an export (tiles), a packet, a record or an `entries.jsonl`; raises DataError."""
    try:
        if (source / CHECKPOINT).is_file():
            return _from_tiles(source)
        for path in (source / "ledger" / "entries.jsonl", source / "entries.jsonl", source):
            if path.is_file():
                return decode_lines(read(path))
    except (EncodingError, NoteError, TileError, UnicodeDecodeError) as error:
        raise DataError("restore.source", path=str(source), detail=str(error)) from error
    raise UsageError("restore.source", path=str(source), detail="entries.jsonl, tile/")


def _from_tiles(source: Path) -> list[bytes]:
    size = parse_checkpoint(read(source / CHECKPOINT).decode().partition("\n\n")[0] + "\n").size
    bundles: list[Tile] = [tile for tile in tiles_of(size) if tile.level < 0]
    return [entry for tile in bundles for entry in split_bundle(read(source / tile.path), tile.width)]


def release(room: Room, note: Note, source: Path | None = None) -> int:
    """Let a held ledger sign again, given the last checkpoint a witness saw; returns how many entries came back.

    `source`: a copy of the ledger, from which what is missing is taken byte for byte. Every step may be repeated:
    public files are durable before the entries that name them, entries before the note, the note before the mark.
    """
    room.lock()
    room.reload()
    size = parse_checkpoint(note.text).size
    view, missing = room.view, list[bytes]()
    if size > room.view.size:
        view, missing = _recovered(room, size, source)
    checkpoint = _checked(view, note)
    try:
        if missing:
            room.store.restore(room.store.head, missing)
            room.reload()
        if room.store.root_at(checkpoint.size) != checkpoint.root:
            raise _forked(room, note)
        room.store.add_note(note)
        known = room.view.cosigners()
        for line in note.lines[1:]:
            if any((key.name, key.id) == (line.name, line.data[:4]) for key in known):
                room.cosignature(checkpoint.size, line, known)
    except StoreError as error:
        raise store_problem(error) from error
    mark = room.mark
    remembered = mark.read() if mark else None
    if remembered is not None and parse_checkpoint(remembered.text).size > room.store.head.size:
        raise UsageError("restore.remembered", size=parse_checkpoint(remembered.text).size)
    if mark is not None:
        mark.write(note)
    return len(missing)


def _recovered(room: Room, size: int, source: Path | None) -> tuple[View, list[bytes]]:
    """The ledger up to `size` out of a copy, replayed, and the entries that are missing here."""
    have = room.view.size
    entries = entries_from(source)[:size] if source is not None else []
    if len(entries) < size or source is None:
        raise UsageError("restore.entries_missing", have=max(have, len(entries)), size=size)
    if entries[:have] != list(room.store.read()):
        raise DataError("restore.other_history", size=size)
    for name, data in _public_files(source):
        if not (room.folder / "sessions" / name).exists():
            write_durable(room.folder / "sessions" / name, data)
    return replay(entries, room.load), entries[have:]


def _public_files(source: Path) -> Iterator[tuple[str, bytes]]:
    """The public files of sessions in a packet or record, by path below `sessions/`."""
    if (source / "RECORD.json").is_file():
        folders = {str(decode(read(source / "RECORD.json"))["session"]): source}
    else:
        folders = {path.parent.name: path.parent for path in source.glob("*/plan.json")}
    for session, folder in folders.items():
        for path in sorted(folder.rglob("*.json")):
            inside = path.relative_to(folder)
            if inside.parts[0] not in ("ledger", "RECORD.json"):
                yield f"{session}/{inside.as_posix()}", read(path)


def _checked(view: View, note: Note) -> Checkpoint:
    """The note's checkpoint: signed by this ledger and, if its policy names witnesses, cosigned by one of them."""
    try:
        checkpoint = open_checkpoint(note, view.origin, *view.ring.operator_keys)
        if view.ring.policy is not None and not cosigners(note, view.ring.cosigners()):
            raise UsageError("restore.no_witness")
    except NoteError as error:
        raise DataError("device.checkpoint", detail=str(error)) from error
    return checkpoint


def _forked(room: Room, note: Note) -> DataError:
    """The witness's checkpoint is of another history than ours: keep the evidence, if we ever signed as much."""
    ours = room.store.note()
    size = parse_checkpoint(note.text).size
    if ours is not None and parse_checkpoint(ours.text).size >= size:
        nodes = nodes_of([leaf_hash(entry) for entry in room.store.read()])
        fork = find(note, ours, nodes)
        if fork is not None:
            return DataError("witness.fork", name="witness", path=str(room.keep_evidence("restore", fork)))
    return DataError("restore.other_history", size=size)
