"""The ledger, its keys, the register of a year, lots drawn by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ledger.canonical import VERSION, ZERO32
from ledger.checkpoint import parse_checkpoint
from ledger.entry import Entry
from ledger.note import Note
from verifiable_draw.entries import BODIES, TEACHERS
from verifiable_draw.errors import DataError
from verifiable_draw.files import read
from verifiable_draw.keyfile import Key
from verifiable_draw.room import Room
from verifiable_draw.schema import lines


def found(room: Room, origin: str, bureau: str, keys: Sequence[Key], predecessor: Note | None = None) -> Entry:
    """First entry of a new ledger: origin and the operator's, approver's and recovery keys.

    `predecessor`: the last checkpoint, as a witness saw it, of the ledger that this one continues (L22).
    """
    last = parse_checkpoint(predecessor.text) if predecessor else None
    body = {
        "bureau": bureau,
        "keys": [{"id": k.actor.id, "key": k.public.hex(), "role": k.actor.role} for k in keys],
        "origin": origin,
        "predecessor": {"origin": last.origin, "root": last.root.hex(), "size": last.size} if last else {},
        "version": VERSION,
    }
    return room.operate("", "genesis", body)


def add_key(room: Room, school: str, key: bytes, approver: Key) -> Entry:
    """Enter a school's key, signed by operator and approver."""
    return room.operate("", "key.added", {"id": school, "key": key.hex(), "role": "school"}, also=approver)


def register(room: Room, year: int, schools: Iterable[dict[str, Any]]) -> Entry:
    """Enter the schools and grades that must draw; those with a single class are exempt."""
    rows = list(schools)
    problems = BODIES["register"]({"schools": rows, "year": year}, "")
    if problems:
        raise DataError("entry.malformed", detail=lines(problems))
    rows.sort(key=lambda s: (s["school"], s["grade"]))
    return room.operate("", "register", {"schools": rows, "year": year})


def record_lots(
    room: Room,
    school: Key,
    document: Path,
    *,
    year: int,
    grade: int,
    place: str,
    time: str,
    numbers: Sequence[int],
    witnesses: Mapping[str, int],
) -> Entry:
    """Enter lots that were drawn by hand, teachers to classes, with the hash of the scanned form (L23).

    `numbers`: the lot of class 1, 2, …; `witnesses`: how many of each role stood by. Signed by the school, then by the
    operator. No name enters the ledger: which lot was whose stands on the form.
    """
    body: dict[str, Any] = {
        "document": hashlib.sha256(read(document)).hexdigest(),
        "grade": grade,
        "kind": TEACHERS,
        "place": place,
        "rows": [[number, lot] for number, lot in enumerate(numbers, 1)],
        "school": school.actor.id,
        "time": time,
        "witnesses": dict(witnesses),
        "year": year,
    }
    problems = BODIES["lots"](body, "")
    if problems:
        raise DataError("entry.malformed", detail=lines(problems))
    room.checkpoint()
    message = room.sign_as(school, "", "lots", body)
    operator = room.key("operator")
    return room.append(message.signed(operator.seed, operator.actor, room.view.origin, ZERO32, room.seen()))
