"""What the bureau and its schools enter over the year, one function a step (spec/year.md Y1-Y6)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

from ledger.canonical import parse_time, tagged_hash
from ledger.entry import Entry
from verifiable_draw.entries import BODIES
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import write_durable
from verifiable_draw.freeze import document_nullifier
from verifiable_draw.keyfile import Key
from verifiable_draw.room import Room
from verifiable_draw.schema import lines
from verifiable_draw.year import at_bureau
from verifiable_draw.year.book import Grade, Item
from verifiable_draw.year.shortlist import Shortlist
from verifiable_draw.year.standing import OUTSIDE, Child

CHINA = timezone(timedelta(hours=8))
FILED = "year"
"""Folder of a workspace for files that entries of the year name, by SHA-256: public shortlists, inspectors' reports."""


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def day_of(time: str) -> date:
    """The day in China of an entry's time (Y6)."""
    return parse_time(time).astimezone(CHINA).date()


def keep(room: Room, data: bytes) -> str:
    """Keep a file that an entry is going to name, below its hash; returns the hash."""
    name = _sha256(data)
    write_durable(room.folder / FILED / f"{name}.json", data)
    return name


def kept(room: Room, name: str) -> bytes | None:
    """A file that an entry names; None if it is not there."""
    path = room.folder / FILED / f"{name}.json"
    return path.read_bytes() if path.is_file() else None


def _checked(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    problems = BODIES[kind](body, "")
    if problems:
        raise DataError("message.malformed", detail=lines(problems))
    return body


def _by(room: Room, key: Key, kind: str, body: dict[str, Any], *also: Key) -> Entry:
    """An entry of a school or the approver who works at this workspace, and who else must sign it."""
    room.own()
    room.checkpoint()
    message = room.sign_as(key, "", kind, _checked(kind, body))
    for other in also:
        message = message.signed(other.seed, other.actor, room.view.origin, room.view.header_hash(""), room.seen())
    return room.append(message)


def open_year(
    room: Room,
    approver: Key,
    year: int,
    *,
    document: bytes,
    draw_by: date,
    term: tuple[date, date],
    complaint_days: int,
    late_dates: Iterable[date] = (),
    watched: Iterable[str] = (),
) -> Entry:
    """Enter what holds for a whole year: `document`, the county plan's bytes; dates; schools that are watched (Y1)."""
    body = {
        "complaint_days": complaint_days,
        "document": _sha256(document),
        "draw_by": draw_by.isoformat(),
        "late_dates": sorted({day.isoformat() for day in late_dates}),
        "term": [day.isoformat() for day in term],
        "watched": sorted(set(watched)),
        "year": year,
    }
    return room.operate("", "year", _checked("year", body), also=approver)


def file_grade(room: Room, school: Key, shortlist: Shortlist, *, students: int, classes: int, document: bytes) -> Entry:
    """A school files a grade: number admitted, classes, its teachers, its own plan (`document`, bytes)."""
    data = shortlist.encode()
    body = {
        "classes": classes,
        "document": _sha256(document),
        "grade": shortlist.grade,
        "school": shortlist.school,
        "shortlist": keep(room, data),
        "size": len(data),
        "students": students,
        "teachers": len(shortlist.teachers),
        "year": shortlist.year,
    }
    return _by(room, school, "filing.submitted", body)


def approve_filing(room: Room, approver: Key, grade: Grade) -> Entry:
    """Approve the last filing of a school's grade; UsageError if there is none to approve."""
    filed = room.view.book.filing(grade)
    if filed is None:
        raise UsageError("year.no_filing")
    return _by(room, approver, "filing.approved", {"filing": filed.asked.leaf})


def replace_teacher(
    room: Room, school: Key, approver: Key, changed: Shortlist, *, reason: str, document: bytes
) -> Entry:
    """Put another teacher in the place of one; `changed` is the list with exactly that row new (Y3)."""
    grade = (changed.year, changed.school, changed.grade)
    data = kept(room, room.view.book.shortlist(grade))
    if data is None:
        raise UsageError("year.no_filing")
    number = Shortlist.parse(data).changed_row(changed)
    encoded = changed.encode()
    body = {
        "document": _sha256(document),
        "grade": changed.grade,
        "number": number,
        "reason": reason,
        "school": changed.school,
        "shortlist": keep(room, encoded),
        "size": len(encoded),
        "year": changed.year,
    }
    return _by(room, school, "teacher.replaced", body, approver)


def request_amendment(
    room: Room, school: Key, grade: Grade, kind: str, moves: Sequence[tuple[str, int, int]], document: bytes
) -> Entry:
    """A school asks to move children: `moves` of (nullifier, from class, to class), 0 for outside (Y4).

    DataError if a child does not stand where its move begins, by what the bureau has.
    """
    year, code, number = grade
    now = at_bureau.children(room, year)
    wrong = [
        str(place)
        for place, (nullifier, old, _new) in enumerate(moves, 1)
        if now.get((nullifier, code, number), Child(OUTSIDE, OUTSIDE)).standing != old
    ]
    if wrong:
        raise DataError("year.stands_elsewhere", moves="、".join(wrong))
    body = {
        "document": _sha256(document),
        "grade": number,
        "kind": kind,
        "moves": sorted([nullifier, old, new] for nullifier, old, new in moves),
        "school": code,
        "year": year,
    }
    return _by(room, school, "amendment.requested", body)


def approve_amendment(room: Room, approver: Key, request: str, document: bytes) -> Entry:
    """Approve a request by its leaf hash in hexadecimal; `document`: the decision's bytes."""
    return _by(room, approver, "amendment.approved", {"document": _sha256(document), "request": request})


def receive_complaint(
    room: Room,
    number: str,
    *,
    year: int,
    channel: str,
    kind: str,
    words: str,
    salt: bytes,
    school: str = "",
    grade: int = 0,
    came: date | None = None,
) -> Entry:
    """Enter that a complaint came: its words stay private, the entry has their salted hash (Y1, Y6).

    `came`: the day, today if not given. UsageError if the year has no entry that says how many days it may take.
    """
    known = room.view.book.years.get(year)
    if not known:
        raise UsageError("year.not_opened", year=year)
    day = came or day_of(_now(room.clock()))
    body = {
        "channel": channel,
        "complaint": number,
        "due": (day + timedelta(days=known[-1].body["complaint_days"])).isoformat(),
        "grade": grade,
        "kind": kind,
        "school": school,
        "text": tagged_hash("complaint", salt, words.encode()).hex(),
        "year": year,
    }
    return room.operate("", "complaint.received", _checked("complaint.received", body))


def _now(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def decide_complaint(room: Room, approver: Key, number: str, outcome: str, document: bytes) -> Entry:
    """Enter the decision of a complaint, named by its number; `document`: the reply's bytes."""
    found = complaint(room, number)
    body = {"complaint": found.leaf, "document": _sha256(document), "outcome": outcome}
    return _by(room, approver, "complaint.decided", body)


def complaint(room: Room, number: str) -> Item:
    """The complaint of that number; UsageError if there is none."""
    for known in room.view.book.complaints.values():
        if known.asked.body["complaint"] == number:
            return known.asked
    raise UsageError("year.no_complaint")


def close_finding(room: Room, approver: Key, finding: str, outcome: str, document: bytes) -> Entry:
    """Close an inspection's finding by its id; `document`: the decision's bytes."""
    body = {"document": _sha256(document), "finding": finding, "outcome": outcome}
    return room.operate("", "finding.closed", _checked("finding.closed", body), also=approver)


def moves_of(room: Room, year: int, document_type: str, given: Sequence[str]) -> list[tuple[str, int, int]]:
    """Moves from lines `document number:from:to`, with nullifiers; UsageError names every line that is wrong.

    The numbers are used here and kept nowhere.
    """
    key = room.private.year_key(year)
    moves, wrong = [], []
    for number, line in enumerate(given, 1):
        parts = line.split(":")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts[1:]):
            wrong.append(str(number))
            continue
        mark = document_nullifier(key.key, document_type, parts[0].strip().upper())
        moves.append((mark.hex(), int(parts[1]), int(parts[2])))
    if wrong:
        raise UsageError("year.move_lines", lines="、".join(wrong))
    return moves
