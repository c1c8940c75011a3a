"""What the bureau and its schools enter over the year, one function a step (spec/year.md Y1-Y6)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from ledger.canonical import tagged_hash
from ledger.entry import Entry
from verifiable_draw.entries import BODIES
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.keyfile import Key
from verifiable_draw.room import Room
from verifiable_draw.schema import lines
from verifiable_draw.year import at_bureau
from verifiable_draw.year.book import Grade, Item, day_of
from verifiable_draw.year.shelves import PUBLIC, keep, kept
from verifiable_draw.year.shortlist import Shortlist
from verifiable_draw.year.standing import OUTSIDE, Child


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _checked(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    problems = BODIES[kind](body, "")
    if problems:
        raise DataError("entry.malformed", detail=lines(problems))
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
    late_dates: Sequence[date] = (),
    watched: Sequence[str] = (),
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
    wrong = [day.isoformat() for day in (draw_by, term[0]) if day.year != year]
    wrong += [day.isoformat() for day in late_dates if day.year not in (year, year + 1)]
    if wrong:
        raise DataError("year.other_year", year=year, days="、".join(wrong))
    unknown = set(watched) - {row["school"] for row in _registered(room, year)}
    if year in room.view.registers and unknown:
        raise DataError("year.not_registered", year=year, schools="、".join(sorted(unknown)))
    return room.operate("", "year", _checked("year", body), also=approver)


def _registered(room: Room, year: int) -> list[Mapping[str, Any]]:
    return list(room.view.registers.get(year, {"schools": []})["schools"])


def stands(room: Room, year: int, entry: Entry) -> int:
    """Number of the `year` entry in force after `entry` was made: its own, or an earlier one's from 1 July on (Y1)."""
    rules = room.view.book.rules(year)
    return rules.seq if rules else entry.seq


def file_grade(room: Room, school: Key, shortlist: Shortlist, *, students: int, classes: int, document: bytes) -> Entry:
    """A school files a grade: number admitted, classes, its teachers, its own plan (`document`, bytes)."""
    place = (shortlist.school, shortlist.grade)
    if place not in {(row["school"], row["grade"]) for row in _registered(room, shortlist.year)}:
        raise UsageError("year.grade_not_registered", year=shortlist.year, school=place[0], grade=place[1])
    if classes > students:
        raise DataError("year.more_classes", classes=classes, students=students)
    data = shortlist.encode()
    body = {
        "classes": classes,
        "document": _sha256(document),
        "grade": shortlist.grade,
        "school": shortlist.school,
        "shortlist": keep(room, PUBLIC, data),
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
    data = kept(room, PUBLIC, room.view.book.shortlist(grade))
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
        "shortlist": keep(room, PUBLIC, encoded),
        "size": len(encoded),
        "year": changed.year,
    }
    return _by(room, school, "teacher.replaced", body, approver)


def request_amendment(
    room: Room, school: Key, grade: Grade, kind: str, moves: Sequence[tuple[str, int, int]], document: bytes
) -> Entry:
    """A school asks to move children: `moves` of (nullifier, from class, to class), 0 for outside (Y4).

    DataError if a child does not stand where its move begins, by what the bureau has, or a class was not drawn.
    """
    year, code, number = grade
    _check_moves(room, grade, moves)
    most = at_bureau.classes_drawn(room.view, grade)
    beyond = sorted({new for _nullifier, _old, new in moves if new > most})
    if kind != "restructure" and most and beyond:
        raise DataError("year.no_class", new="、".join(map(str, beyond)), classes=most)
    body = {
        "document": _sha256(document),
        "grade": number,
        "kind": kind,
        "moves": sorted([nullifier, old, new] for nullifier, old, new in moves),
        "school": code,
        "year": year,
    }
    return _by(room, school, "amendment.requested", body)


def _check_moves(room: Room, grade: Grade, moves: Iterable[Sequence[Any]]) -> None:
    year, code, number = grade
    now = at_bureau.children(room, year)
    wrong = [
        str(place)
        for place, (nullifier, old, _new) in enumerate(moves, 1)
        if now.get((nullifier, code, number), Child(OUTSIDE, OUTSIDE)).standing != old
    ]
    if wrong:
        raise DataError("year.stands_elsewhere", moves="、".join(wrong))


def approve_amendment(room: Room, approver: Key, request: str, document: bytes) -> Entry:
    """Approve a request by its leaf hash in hexadecimal; `document`: the decision's bytes.

    DataError if a child does not stand any more where its move begins.
    """
    known = room.view.book.requests.get(request)
    if known is not None and known.answer is None:
        _check_moves(room, known.asked.grade, known.asked.body["moves"])
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
    rules = room.view.book.rules(year)
    if rules is None:
        raise UsageError("year.not_opened", year=year)
    day = came or day_of(_now(room.clock()))
    body = {
        "channel": channel,
        "complaint": number,
        "due": (day + timedelta(days=rules.body["complaint_days"])).isoformat(),
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

