"""What the entries of the year say, each answering earlier ones by leaf hash (spec/year.md Y1, Y2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta, timezone
from typing import Any

from ledger.canonical import parse_time
from ledger.entry import Entry
from verifiable_draw.errors import DataError, UsageError

Grade = tuple[int, str, int]  # year, school, grade
CHINA = timezone(timedelta(hours=8))
HOLDS_FROM = (7, 1)  # month and day from which a year's rules stand (Y1)


def day_of(time: str) -> date:
    """The day in China of an entry's time (Y6)."""
    return parse_time(time).astimezone(CHINA).date()


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of the year: number, leaf hash in hexadecimal, time, body."""

    seq: int
    leaf: str
    time: str
    body: Mapping[str, Any]

    @classmethod
    def of(cls, entry: Entry) -> Item:
        """What of an entry is kept here."""
        return cls(entry.seq, entry.leaf().hex(), entry.time, entry.message.body)

    @property
    def year(self) -> int:
        """The year of an entry that names one."""
        return int(self.body["year"])

    @property
    def grade(self) -> Grade:
        """Year, school and grade of an entry that names them."""
        return self.year, str(self.body["school"]), int(self.body["grade"])


@dataclass(frozen=True, slots=True)
class Answered:
    """An entry and the one that answered it: a filing or request and its approval, a complaint and its decision."""

    asked: Item
    answer: Item | None = None


@dataclass(slots=True)
class Book:
    """Everything that a ledger says beside its sessions, of all years, in the ledger's order."""

    registers: dict[int, list[Item]] = field(default_factory=dict)
    lots: list[Item] = field(default_factory=list)
    evidence: list[Item] = field(default_factory=list)
    years: dict[int, list[Item]] = field(default_factory=dict)
    filings: dict[Grade, list[Answered]] = field(default_factory=dict)
    replaced: dict[Grade, list[Item]] = field(default_factory=dict)
    requests: dict[str, Answered] = field(default_factory=dict)
    approvals: list[tuple[Item, Item]] = field(default_factory=list)
    """(request, approval), in the order of the approvals."""
    registrations: list[Item] = field(default_factory=list)
    complaints: dict[str, Answered] = field(default_factory=dict)
    inspections: list[Item] = field(default_factory=list)
    closed: dict[str, Item] = field(default_factory=dict)

    def admit(self, entry: Entry) -> None:
        """Take in an entry whose form and signers are right, or raise and change nothing (Y2)."""
        message = entry.message
        if message.actor.role == "school" and message.actor.id != message.body["school"]:
            raise DataError("roster.other_school", school=message.body["school"])
        _ACTS[message.type](self, Item.of(entry))

    def rules(self, year: int) -> Item | None:
        """What holds for a year: the last `year` entry before 1 July, the first one if all are later (Y1)."""
        known = self.years.get(year, [])
        early = [item for item in known if day_of(item.time) < date(year, *HOLDS_FROM)]
        return early[-1] if early else next(iter(known), None)

    def filing(self, grade: Grade) -> Answered | None:
        """The last filing of a school's grade; None if there is none."""
        return self.filings.get(grade, [None])[-1]

    def approved_filing(self, grade: Grade) -> Item | None:
        """The last filing that was approved; None if there is none."""
        return next((one.asked for one in reversed(self.filings.get(grade, [])) if one.answer), None)

    def shortlist(self, grade: Grade) -> str:
        """SHA-256 of the shortlist in force, in hexadecimal; "" before one was approved."""
        filed = self.approved_filing(grade)
        if filed is None:
            return ""
        later = [item for item in self.replaced.get(grade, []) if item.seq > filed.seq]
        return str((later[-1] if later else filed).body["shortlist"])


def _open_year(book: Book, item: Item) -> None:
    body = item.body
    for name in ("late_dates", "watched"):
        if body[name] != sorted(set(body[name])):
            raise DataError("year.unsorted", name=name)
    first, last = body["term"]
    if last < first:
        raise DataError("year.term", first=first, last=last)
    book.years.setdefault(item.year, []).append(item)


def _file(book: Book, item: Item) -> None:
    book.filings.setdefault(item.grade, []).append(Answered(item))


def _approve_filing(book: Book, item: Item) -> None:
    for filed in book.filings.values():
        if filed[-1].asked.leaf == item.body["filing"]:
            if filed[-1].answer:
                raise UsageError("year.answered", seq=filed[-1].answer.seq)
            filed[-1] = Answered(filed[-1].asked, item)
            return
    raise UsageError("year.no_filing")


def _replace_teacher(book: Book, item: Item) -> None:
    filed = book.approved_filing(item.grade)
    if filed is None:
        raise UsageError("year.no_filing")
    if item.body["number"] > filed.body["teachers"]:
        raise DataError("year.teacher_number", number=item.body["number"], teachers=filed.body["teachers"])
    book.replaced.setdefault(item.grade, []).append(item)


def _request(book: Book, item: Item) -> None:
    moves = item.body["moves"]
    children = [move[0] for move in moves]
    if children != sorted(set(children)):
        raise DataError("year.unsorted", name="moves")
    if any(not fits(item.body["kind"], move[1], move[2]) for move in moves):
        raise DataError("year.moves", kind=item.body["kind"])
    book.requests[item.leaf] = Answered(item)


def fits(kind: str, old: int, new: int) -> bool:
    """Whether a move is of this kind of request (Y4); 0 is outside."""
    kinds = {"class": old > 0 and new > 0, "leave": new == 0, "enter": old == 0, "restructure": True}
    return old != new and kinds[kind]


def _approve_request(book: Book, item: Item) -> None:
    request = _unanswered(book.requests, item.body["request"], "year.no_request")
    book.requests[request.leaf] = Answered(request, item)
    book.approvals.append((request, item))


def _receive(book: Book, item: Item) -> None:
    if any(known.asked.body["complaint"] == item.body["complaint"] for known in book.complaints.values()):
        raise UsageError("year.complaint_twice", complaint=item.body["complaint"])
    book.complaints[item.leaf] = Answered(item)


def _decide(book: Book, item: Item) -> None:
    complaint = _unanswered(book.complaints, item.body["complaint"], "year.no_complaint")
    book.complaints[complaint.leaf] = Answered(complaint, item)


def _unanswered(known: Mapping[str, Answered], leaf: str, missing: str) -> Item:
    found = known.get(leaf)
    if found is None:
        raise UsageError(missing)
    if found.answer:
        raise UsageError("year.answered", seq=found.answer.seq)
    return found.asked


def _audited(book: Book, item: Item) -> None:
    keys = [(row["school"], row["grade"]) for row in item.body["schools"]]
    if keys != sorted(set(keys)):
        raise DataError("year.unsorted", name="schools")
    book.registrations.append(item)


def _inspected(book: Book, item: Item) -> None:
    ids = [finding["id"] for finding in item.body["findings"]]
    if ids != sorted(set(ids)):
        raise DataError("year.unsorted", name="findings")
    if item.body["through"] > item.seq:
        raise DataError("year.through", size=item.body["through"])
    book.inspections.append(item)


def _close(book: Book, item: Item) -> None:
    name = item.body["finding"]
    if not any(finding["id"] == name for known in book.inspections for finding in known.body["findings"]):
        raise UsageError("year.no_finding", finding=name)
    if name in book.closed:
        raise UsageError("year.answered", seq=book.closed[name].seq)
    book.closed[name] = item


_ACTS: dict[str, Callable[[Book, Item], None]] = {
    "year": _open_year,
    "filing.submitted": _file,
    "filing.approved": _approve_filing,
    "teacher.replaced": _replace_teacher,
    "amendment.requested": _request,
    "amendment.approved": _approve_request,
    "registration.checked": _audited,
    "complaint.received": _receive,
    "complaint.decided": _decide,
    "inspection": _inspected,
    "finding.closed": _close,
}
TYPES = tuple(_ACTS)
