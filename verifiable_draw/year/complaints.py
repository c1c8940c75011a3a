"""Complaints: their words into the private store, what is open, and the printed register (spec/year.md Y1, Y6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ledger.canonical import format_time, tagged_hash
from ledger.entry import Entry
from verifiable_draw.documents.pages import environment
from verifiable_draw.errors import DataError, DrawError, UsageError
from verifiable_draw.replay import View
from verifiable_draw.room import Room
from verifiable_draw.site.views import office
from verifiable_draw.whitelist import PublicComplaint, Release
from verifiable_draw.year import acts
from verifiable_draw.year.book import Answered, day_of

LONGEST = 100_000
"""Bytes of a complaint's words in UTF-8; longer ones are papers, which stay with the bureau."""
SALT = 32
BEGINS = (6, 1)  # month and day: what comes from then on is about the school year that begins in summer


def words_of(data: bytes, name: str) -> str:
    """The words of a complaint from a file: UTF-8, as they are but for a byte order mark; DataError."""
    try:
        words = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError("complaint.not_text", path=name) from error
    if not words.strip():
        raise DataError("complaint.empty", path=name)
    if len(data) > LONGEST:
        raise DataError("complaint.long", path=name, longest=LONGEST)
    return words


def receive(
    room: Room,
    number: str,
    *,
    channel: str,
    kind: str,
    words: str,
    year: int = 0,
    school: str = "",
    grade: int = 0,
    came: date | None = None,
) -> Entry:
    """Take in a complaint: its words are durable in the private store before the ledger says that it came.

    `year`: if 0, the one to which the day belongs (`year_of`). UsageError for a number that was used, and for a day
    that is not yet.
    """
    known = room.view.book
    if any(one.asked.body["complaint"] == number for one in known.complaints.values()):
        raise UsageError("year.complaint_twice", complaint=number)
    if not known.years:
        raise UsageError("year.not_opened", year=year or room.clock().year)
    if grade and not school:
        raise UsageError("complaint.grade_alone")
    today = today_of(room)
    if came and came > today:
        raise UsageError("complaint.future", day=came.isoformat())
    room.own()
    salt = room.randomness(SALT)
    digest = tagged_hash("complaint", salt, words.encode()).hex()
    room.private.save_complaint(digest, number, salt, words)
    try:
        return acts.receive_complaint(
            room, number, year=year or year_of(room.view, came or today), channel=channel, kind=kind, words=words,
            salt=salt, school=school, grade=grade, came=came,
        )  # fmt: skip
    except DrawError:
        room.private.drop_complaint(digest)  # refused: no entry names these words, and nobody would ever find them
        raise


def year_of(view: View, day: date) -> int:
    """The year to which a day belongs: the last one opened of those that have begun by June, else the first of all."""
    begun = [year for year in view.book.years if date(year, *BEGINS) <= day]
    return max(begun, default=min(view.book.years))


def today_of(room: Room) -> date:
    """Today in China."""
    return day_of(format_time(room.clock()))


@dataclass(frozen=True, slots=True)
class State:
    """A complaint and how many days are left of its term: 0 on the last one, below 0 when overdue, None if decided."""

    row: PublicComplaint
    left: int | None


def states(room: Room, year: int = 0) -> list[State]:
    """All complaints, of one year if it is not 0: open ones first, those due first before others."""
    today = today_of(room)
    found = [
        State(row, None if row.decided else (date.fromisoformat(row.due) - today).days) for row in rows(room.view, year)
    ]
    return sorted(found, key=lambda one: (one.left is None, one.left or 0))


def rows(view: View, year: int = 0) -> list[PublicComplaint]:
    """What the ledger says of complaints, in its order."""
    return [row_of(view, one) for one in view.book.complaints.values() if year in (0, one.asked.year)]


def row_of(view: View, one: Answered) -> PublicComplaint:
    """What the ledger says of one complaint."""
    body = one.asked.body
    decided = day_of(one.answer.time).isoformat() if one.answer else ""
    return PublicComplaint(
        number=str(body["complaint"]),
        received=day_of(one.asked.time).isoformat(),
        channel=str(body["channel"]),
        kind=str(body["kind"]),
        school=str(body["school"]),
        school_name=_name(view, one.asked.year, str(body["school"])),
        grade=int(body["grade"]),
        due=str(body["due"]),
        decided=decided,
        outcome=str(one.answer.body["outcome"]) if one.answer else "",
        late=decided > str(body["due"]),
    )


def _name(view: View, year: int, school: str) -> str:
    """What a school is called in the year's register; its digits if it is not in it."""
    listed: Iterable[dict[str, str]] = view.registers.get(year, {"schools": []})["schools"]
    return next((row["name"] for row in listed if row["school"] == school), school)


def register(room: Room, year: int) -> bytes:
    """The printable register of complaints (投诉登记簿) of a year; the same ledger gives the same bytes."""
    head = room.store.head
    release = Release("complaint-register", {"offices": [office(room.view)], "complaints": rows(room.view, year)})
    made = environment("verifiable_draw.year").get_template("register.html")
    day = day_of(head.time).isoformat()
    return (made.render(year=year, day=day, size=head.size, **release.rows).rstrip() + "\n").encode()
