"""The ledger against itself and against what outsiders kept (ledger L10, L13, L17; spec/year.md Y7)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.checkpoint import cosigners, open_checkpoint, parse_checkpoint
from ledger.entry import parse_entry
from ledger.note import NoteError, parse_note
from verifiable_draw.archive import checking
from verifiable_draw.errors import DrawError
from verifiable_draw.inspection.finding import Finding, Place
from verifiable_draw.inspection.material import Material
from verifiable_draw.room import Room

# What an archive's check says of wear, and of another history; all else that is bad is a forgery.
_WORN = frozenset(
    f"archive.{key}" for key in ("sectors", "cut", "damaged", "too_much", "repairable", "ledger_unreadable")
)
_OTHER = frozenset(f"archive.{key}" for key in ("other_ledger", "other_history"))


@dataclass(frozen=True, slots=True)
class Figures:
    """How many checkpoints and cosignatures were checked."""

    checkpoints: int
    cosignatures: int


def look(material: Material, years: Collection[int]) -> tuple[Figures, list[Finding]]:
    """Every checkpoint, cosignature, fork, and every checkpoint and disc that others kept; witnesses of the years."""
    found: list[Finding] = []
    figures = _checkpoints(material.room, found)
    found += (one for one in _witnesses(material.room) if one.place.year in (0, *years))
    for path in sorted((material.room.folder / "forks").rglob("*.json")):
        found.append(Finding("fork", Place(), path.name, values={"path": path.name}))
    predecessor = parse_entry(next(material.room.store.read())).message.body["predecessor"]
    if isinstance(predecessor, dict) and predecessor:
        values = {"origin": predecessor["origin"], "size": predecessor["size"]}
        found.append(Finding("predecessor", Place(), entry=0, values=values))
    for path, data in material.notes():
        found += _outside(material.room, path, data)
    for path in material.discs:
        found += _disc(material.room, path)
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


def _witnesses(room: Room) -> Iterator[Finding]:
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
        open_checkpoint(note, room.view.origin, *room.view.ring.operator_keys)
    except (NoteError, UnicodeDecodeError) as error:
        yield Finding("kept-unsigned", Place(), path.name, values={"name": path.name, "detail": str(error)})
        return
    size = room.store.head.size
    values = {"kept": checkpoint.size, "size": size, "name": path.name}
    if checkpoint.size > size:
        yield Finding("ledger-shorter", Place(), path.name, values=values)
    elif room.store.root_at(checkpoint.size) != checkpoint.root:
        yield Finding("ledger-other", Place(), path.name, values=values)


def _disc(room: Room, path: Path) -> Iterator[Finding]:
    """A disc: readable, whole, of this ledger, and, if it is an image, the one that an entry names."""
    try:
        report = checking.check(path, checking.Against(room.folder))
    except DrawError as error:
        yield Finding("archive-unreadable", Place(), path.name, values={"name": path.name, "detail": error.text.zh})
        return
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
