"""The ledger against itself and against what outsiders kept (ledger L10, L13, L17; spec/year.md Y7)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from ledger.canonical import EncodingError, parse_time
from ledger.checkpoint import Checkpoint, cosigners, open_checkpoint, parse_checkpoint
from ledger.entry import parse_entry
from ledger.fork import parse_fork, prove
from ledger.merkle import ProofError
from ledger.note import Note, NoteError, parse_note
from verifiable_draw.archive import checking
from verifiable_draw.errors import DrawError
from verifiable_draw.files import read
from verifiable_draw.inspection.finding import Finding, Place
from verifiable_draw.inspection.material import Material
from verifiable_draw.room import Room
from verifiable_draw.year.book import CHINA, day_of
from verifiable_draw.year.book import TYPES as UNWITNESSED

# What an archive's check says of wear, and of another history; all else that is bad is a forgery.
_WORN = frozenset(
    f"archive.{key}" for key in ("sectors", "cut", "damaged", "too_much", "repairable", "ledger_unreadable")
)
_OTHER = frozenset(f"archive.{key}" for key in ("other_ledger", "other_history"))
TOLERANCE = 3600  # seconds that a witness's clock may be ahead of the bureau's
DAYS_TO_WITNESS = 7
"""Days after which an entry of the year ought to stand in a witnessed checkpoint."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How many checkpoints and cosignatures were checked."""

    checkpoints: int
    cosignatures: int


def look(material: Material, years: Collection[int], day: date) -> tuple[Figures, list[Finding]]:
    """Every checkpoint, cosignature, fork, and every checkpoint and disc that others kept; witnesses of the years.

    `day`: the day of the inspection.
    """
    found: list[Finding] = []
    figures = _checkpoints(material.room, found)
    found += (one for one in _witnesses(material.room, day) if one.place.year in (0, *years))
    found += _forks(material.room)
    found += _set_back(material)
    predecessor = parse_entry(next(material.room.store.read())).message.body["predecessor"]
    if isinstance(predecessor, dict) and predecessor:
        values = {"origin": predecessor["origin"], "size": predecessor["size"]}
        found.append(Finding("predecessor", Place(), entry=0, values=values))
    for path, data in material.notes():
        found += _outside(material.room, path, data)
    brought: set[int] = set()
    for path in material.discs:
        found += _disc(material.room, path, brought)
    # What is brought as a folder cannot be told apart by its image's hash.
    if brought and not any(path.is_dir() for path in material.discs):
        found += _not_brought(material, years, brought)
    return figures, found


def _checkpoints(room: Room, found: list[Finding]) -> Figures:
    """Signature and root of every checkpoint; every cosignature by an enrolled observer or a witness of a policy."""
    keys = room.view.cosigners()
    number = cosigned = 0
    for note in room.store.notes():
        number += 1
        try:
            checkpoint = parse_checkpoint(note.text)
            open_checkpoint(note, room.view.origin, room.view.ring.operator_at(checkpoint.size))
            cosigned += len(cosigners(note, keys))
            if room.store.root_at(checkpoint.size) != checkpoint.root:
                found.append(Finding("checkpoint", Place(), str(checkpoint.size), values={"detail": "root"}))
        except NoteError as error:
            found.append(Finding("checkpoint", Place(), str(number), values={"detail": str(error)}))
    if not cosigned:
        found.append(Finding("no-cosignatures", Place()))
    return Figures(number, cosigned)


def _forks(room: Room) -> Iterator[Finding]:
    """Evidence of two histories that was kept beside the ledger, if it proves that (L19)."""
    for path in sorted(path for path in (room.folder / "forks").rglob("*.json") if path.is_file()):
        try:
            prove(parse_fork(read(path)), room.view.origin, *room.view.ring.operator_keys)
        except (DrawError, NoteError, ProofError, EncodingError, UnicodeDecodeError) as error:
            yield Finding("fork-unproven", Place(), path.name, values={"path": path.name, "detail": str(error)})
        else:
            yield Finding("fork", Place(), path.name, values={"path": path.name})


def _set_back(material: Material) -> Iterator[Finding]:
    """Entries older than a witness's cosignature of the ledger without them: one of the clocks was wrong (Y7).

    Observers' cosignatures do not count: a phone whose clock is wrong accuses nobody.
    """
    room = material.room
    keys = room.view.ring.cosigners()
    seen: dict[int, int] = {}
    kept = []
    for _path, data in material.notes():
        with suppress(NoteError, UnicodeDecodeError):
            kept.append(parse_note(data.decode()))
    for note in (*room.store.notes(), *kept):
        with suppress(NoteError):
            size = parse_checkpoint(note.text).size
            checkpoint = open_checkpoint(note, room.view.origin, room.view.ring.operator_at(size))
            times = cosigners(note, keys).values()
            if times:
                seen[checkpoint.size] = max(*times, seen.get(checkpoint.size, 0))
    for size, time in sorted(seen.items()):
        following = next(room.store.read(size, size + 1), None) if size < room.store.head.size else None
        entry = parse_entry(following) if following is not None else None
        if entry is not None and int(parse_time(entry.time).timestamp()) < time - TOLERANCE:
            seen_at = datetime.fromtimestamp(time, CHINA).strftime("%Y-%m-%d %H:%M")
            values = {"seq": size, "time": entry.time, "seen": seen_at}
            yield Finding("time-set-back", Place(), str(size), size, values)


def _witnesses(room: Room, day: date) -> Iterator[Finding]:
    """Whether every published session stands in a checkpoint that the policy's witnesses cosigned (L17)."""
    policy = room.view.ring.policy
    if policy is None:
        yield Finding("no-policy", Place())
        return
    if room.view.ring.unconfirmed:
        yield Finding(
            "unconfirmed-key", Place(), room.view.ring.unconfirmed, values={"role": room.view.ring.unconfirmed}
        )
    witnessed = 0
    for note in room.store.notes():
        try:
            if policy.satisfied_by(policy.cosigned(note)):
                witnessed = parse_checkpoint(note.text).size
        except NoteError:
            continue  # a violation that _checkpoints names
    for start, _policy in room.view.ring.policies[1:]:
        yield Finding("policy-changed", Place(), str(start), start, {"seq": start})
    late = [
        entry for entry in map(parse_entry, room.store.read(witnessed))
        if entry.message.type in UNWITNESSED and (day - day_of(entry.time)).days > DAYS_TO_WITNESS
    ]  # fmt: skip
    if late:
        values = {"number": len(late), "seq": late[0].seq, "size": witnessed}
        yield Finding("entries-unwitnessed", Place(), entry=late[0].seq, values=values)
    for session in room.view.sessions.values():
        if session.published is not None and session.last_seq >= witnessed:
            yield Finding("not-witnessed", Place(session.plan.value["year"], session=session.id))


def _outside(room: Room, path: Path, data: bytes) -> Iterator[Finding]:
    """A checkpoint that somebody kept: signed by the operator, of no more entries than ours, with the same root.

    One that the operator has not signed says nothing about the ledger: anybody can write it.
    """
    try:
        note = parse_note(data.decode())
        checkpoint = parse_checkpoint(note.text)
    except (NoteError, UnicodeDecodeError) as error:
        yield Finding("kept-unsigned", Place(), path.name, values={"name": path.name, "detail": str(error)})
        return
    subject = f"{checkpoint.size}-{checkpoint.root.hex()[:16]}"
    try:
        # A key that was rotated away signs nothing that comes after it.
        open_checkpoint(note, room.view.origin, room.view.ring.operator_at(checkpoint.size))
    except NoteError as error:
        kind = "kept-other-key" if _witnessed(room, note, checkpoint) else "kept-unsigned"
        yield Finding(kind, Place(), subject, values={"name": path.name, "detail": str(error), "kept": checkpoint.size})
        return
    size = room.store.head.size
    values = {"kept": checkpoint.size, "size": size, "name": path.name}
    if checkpoint.size > size:
        yield Finding("ledger-shorter", Place(), subject, values=values)
    elif room.store.root_at(checkpoint.size) != checkpoint.root:
        yield Finding("ledger-other", Place(), subject, values=values)


def _witnessed(room: Room, note: Note, checkpoint: Checkpoint) -> bool:
    """Whether one of this ledger's witnesses cosigned a note of its origin that another operator key signed."""
    try:
        return checkpoint.origin == room.view.origin and bool(cosigners(note, room.view.ring.cosigners()))
    except NoteError:
        return False


def _why(path: Path, error: DrawError) -> dict[str, str]:
    return {"name": path.name, "detail": error.text.zh, "detail_en": error.text.en}


def _not_brought(material: Material, years: Collection[int], brought: Collection[int]) -> Iterator[Finding]:
    """Discs of the years that entries name and that are not among the images at hand."""
    for item in material.view.book.evidence:
        session = material.view.sessions[item.body["session"]]
        year = session.plan.value["year"]
        if item.body["kind"] == "disc" and year in years and item.seq not in brought:
            place = Place(year, session=session.id)
            yield Finding("disc-missing", place, item.body["label"], item.seq, {"label": item.body["label"]})


def _disc(room: Room, path: Path, brought: set[int]) -> Iterator[Finding]:
    """A disc: readable, whole, of this ledger, and, if it is an image, one that an entry names: that is `brought`."""
    try:
        report = checking.check(path, checking.Against(room.folder))
    except DrawError as error:
        yield Finding("archive-unreadable", Place(), path.name, values=_why(path, error))
        return
    brought |= {line.values["seq"] for line in report.findings if line.key == "archive.disc_entered"}
    bad = [line for line in report.findings if line.outcome == checking.BAD]
    keys = {line.key for line in bad}
    longer = [
        line for line in report.findings if line.key == "archive.agrees" and line.values["disc"] > line.values["ledger"]
    ]
    for line in longer:
        values = {"kept": line.values["disc"], "size": line.values["ledger"], "name": path.name}
        yield Finding("ledger-shorter", Place(), path.name, values=values)
    if not bad:
        return
    # A ledger that another key signed says nothing about this one.
    ours = {key.hex() for key in room.view.ring.operator_keys}
    good = next((line for line in report.findings if line.key == "archive.ledger_good"), None)
    good = good if good is not None and good.values["operator"] in ours else None
    if keys == {"archive.session_unknown"} and good is not None and good.values["size"] > room.store.head.size:
        values = {"kept": good.values["size"], "size": room.store.head.size, "name": path.name}
        yield Finding("ledger-shorter", Place(), path.name, values=values)
        return
    detail = "；".join(str(line.json()["zh"]).rstrip("。") for line in bad)
    if keys & _WORN:
        kind = "archive-damaged"
    elif keys & _OTHER and good is not None:
        kind = "ledger-other"
    else:
        kind = "archive-differs"
    size = room.store.head.size
    yield Finding(kind, Place(), path.name, values={"name": path.name, "detail": detail, "kept": "—", "size": size})
