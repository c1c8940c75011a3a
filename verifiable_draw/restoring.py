"""Going on after a restored backup: nothing is signed until a witness's last checkpoint is extended (L22)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ledger.canonical import EncodingError, decode, decode_lines, tagged_hash
from ledger.checkpoint import Checkpoint, cosigners, open_checkpoint, parse_checkpoint
from ledger.fork import find
from ledger.merkle import leaf_hash, nodes_of, root_hash
from ledger.note import Note, NoteError, parse_note
from ledger.sqlite import StoreError
from ledger.tiles import CHECKPOINT, TileError, split_bundle, tiles_of
from verifiable_draw.allocation.groups_file import parse_units
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.freeze import roster_root, unit_hash
from verifiable_draw.packet import SESSION_FILES
from verifiable_draw.replay import Session, View, replay
from verifiable_draw.room import Room, store_problem
from verifiable_draw.schema import identifier
from verifiable_draw.session_rules import files_hash


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
    size = parse_checkpoint(parse_note(read(source / CHECKPOINT).decode()).text).size
    entries: list[bytes] = []
    # Bundles come first, and the first one that is missing ends it, however large the size that is stated.
    for tile in tiles_of(size):
        if tile.level >= 0:
            break
        entries += split_bundle(read(source / tile.path), tile.width)
    return entries


def release(room: Room, note: Note, source: Path | None = None) -> int:
    """Let a held ledger sign again, given the last checkpoint a witness saw; returns how many entries came back.

    `source`: a copy of the ledger, from which what is missing is taken byte for byte. Everything is checked before
    anything is written; then public files are durable before the entries that name them, entries before the note, the
    note before the memory. Every step may be repeated.
    """
    room.lock()
    room.reload()
    stated = parse_checkpoint(note.text)
    if stated.origin != room.view.origin:
        raise DataError("restore.other_ledger", found=stated.origin, origin=room.view.origin)
    size = stated.size
    view, copy = room.view, Copy({}, [])
    if size > room.view.size:
        copy = _recovered(room, note, source)
        load = lambda session, name: room.load(session, name) or copy.files.get((session, name))  # noqa: E731
        view = replay([*room.store.read(), *copy.missing], load)
    checkpoint = _checked(view, note)
    head = room.store.head
    try:
        if not copy.missing and room.store.root_at(size) != checkpoint.root:
            raise _forked(room, note, room.store.note())
        _agrees_with_memory(room, head.size + len(copy.missing), note)
        for (session, name), data in _vouched(view, copy.files).items():
            if not room.path(session, name).exists():
                write_durable(room.path(session, name), data)
        if copy.missing:
            room.store.restore(head, copy.missing)
            room.reload()
        room.store.add_note(note)
        known = room.view.cosigners()
        for line in note.lines[1:] if room.store.note(size) else ():
            if any((key.name, key.id) == (line.name, line.data[:4]) for key in known):
                room.cosignature(size, line, known)
    except StoreError as error:
        raise store_problem(error) from error
    room.remember(note)
    return len(copy.missing)


# Public files by session and name.
Files = Mapping[tuple[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Copy:
    """What a source has and the ledger lacks: public files by session and name, and entries."""

    files: Files
    missing: list[bytes]


def _recovered(room: Room, note: Note, source: Path | None) -> Copy:
    """What is missing, from a copy whose entries are those of the checkpoint and begin with ours."""
    checkpoint = parse_checkpoint(note.text)
    size, have = checkpoint.size, room.view.size
    entries = entries_from(source)[:size] if source is not None else []
    if entries[:1] != list(room.store.read(0, 1)) and entries:
        raise DataError("restore.other_ledger", found=str(source), origin=room.view.origin)
    if len(entries) < size or source is None:
        raise UsageError("restore.entries_missing", have=max(have, len(entries)), size=size)
    if entries[:have] != list(room.store.read()) or root_hash([leaf_hash(e) for e in entries]) != checkpoint.root:
        raise DataError("restore.other_history", size=size)
    return Copy(_public_files(source), entries[have:])


def _public_files(source: Path) -> dict[tuple[str, str], bytes]:
    """The public files of sessions in a packet or record, by session and name. Which of them are right, replay says."""
    folders = {path.parent.name: path.parent for path in source.glob("*/plan.json")}
    if (source / "RECORD.json").is_file():
        try:
            folders = {str(decode(read(source / "RECORD.json"))["session"]): source}
        except (EncodingError, KeyError, TypeError) as error:
            raise DataError("restore.source", path=str(source), detail="RECORD.json") from error
    found = {}
    for session, folder in folders.items():
        if identifier(session, ""):
            raise DataError("restore.source", path=str(source), detail=repr(session)[:40])
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if inside.parts[0] not in ("ledger", "RECORD.json") and path.is_file():
                found[session, inside.as_posix()] = read(path)
    return found


def _vouched(view: View, files: Files) -> Files:
    """Those files that the ledger names by hash or root: no other may come in with a copy."""
    rows: dict[str, list[tuple[str, str, int]]] = {}
    for (session, name), data in files.items():
        rows.setdefault(session, []).append((name, hashlib.sha256(data).hexdigest(), len(data)))
    hashes = {session: files_hash(listed).hex() for session, listed in rows.items()}
    good = {}
    for (session, name), data in files.items():
        known, parts = view.sessions.get(session), name.split("/")
        if known is None:
            continue
        whole = known.published is not None and hashes[session] == known.published["files_hash"]
        # Plan and header replay has read and checked itself.
        if whole or name in SESSION_FILES or (parts[0] == "draws" and _is_named(known, parts[1], parts[-1], data)):
            good[session, name] = data
    return good


def _is_named(session: Session, draw: str, name: str, data: bytes) -> bool:
    if draw not in session.draws:
        return False
    frozen = session.draws[draw].frozen or {}
    digest = hashlib.sha256(data).hexdigest()
    if name == "units.json":
        try:
            units = parse_units(data)
        except DataError:
            return False
        return roster_root([unit_hash(unit) for unit in units.leaves]).hex() == frozen.get("roster_root")
    if name == "nullifiers.json":
        return tagged_hash("nullifiers", data).hex() == frozen.get("nullifiers_root")
    named = {"groups.json": session.groups, "result.json": session.results}.get(name, {})
    return draw in named and named[draw]["sha256"] == digest


def _agrees_with_memory(room: Room, size: int, note: Note) -> None:
    """Refuse if this machine signed more, or signed another history."""
    mark = room.mark
    known = mark.read() if mark else None
    if mark is None or known is None:
        return
    if known.size > size:
        raise UsageError("restore.remembered", size=known.size)
    if known.size <= room.store.head.size and room.store.root_at(known.size) != known.root:
        raise _forked(room, note, mark.note())


def _checked(view: View, note: Note) -> Checkpoint:
    """The note's checkpoint: signed by this ledger and, if its policy names witnesses, cosigned by one of them."""
    try:
        stated = parse_checkpoint(note.text)
        checkpoint = open_checkpoint(note, view.origin, view.ring.operator_at(stated.size))
        if view.ring.policy is not None and not cosigners(note, view.ring.cosigners()):
            raise UsageError("restore.no_witness")
    except NoteError as error:
        raise DataError("device.checkpoint", detail=str(error)) from error
    return checkpoint


def _forked(room: Room, note: Note, other: Note | None) -> DataError:
    """Two histories: keep the evidence where a tree at hand can give it."""
    leaves = [leaf_hash(entry) for entry in room.store.read()]
    ours = room.store.note()
    for one in (note, other):
        if one is None or ours is None or not 1 <= parse_checkpoint(one.text).size <= parse_checkpoint(ours.text).size:
            continue
        fork = find(one, ours, nodes_of(leaves))
        if fork is not None:
            return DataError("witness.fork", name="witness", path=str(room.keep_evidence(fork)))
    return DataError("restore.other_history", size=parse_checkpoint(note.text).size)
