"""V19: entries of the year answer earlier ones, each once, and keep the ranges and orders of L6 (Y2)."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, Set, Tuple

from . import ledger
from .context import Context
from .engine import NotApplicable, Tally, check
from .keys import Entry
from .schema_year import BODIES
from .shapes import is_ascending

Body = Dict[str, Any]
Rule = Tuple[bool, str]
Place = Tuple[int, str, int]  # year, school and grade of a filing

RANGES: Dict[str, Dict[str, Tuple[int, int]]] = {
    "year": {"complaint_days": (1, 365)},
    "filing.submitted": {"classes": (1, 200), "teachers": (1, 200)},
    "teacher.replaced": {"number": (1, 200)},
}
ANSWERS = {  # where the leaf hash of what is answered stands, and of what type that is
    "filing.approved": ("filing", "filing.submitted"),
    "amendment.approved": ("request", "amendment.requested"),
    "complaint.decided": ("complaint", "complaint.received"),
}
MOVES: Dict[str, Callable[[int, int], bool]] = {  # Y4, by kind of request: from one class to another, 0 is outside
    "class": lambda start, end: start > 0 and end > 0,
    "leave": lambda _, end: end == 0,
    "enter": lambda start, _: start == 0,
    "restructure": lambda *_: True,
}
LAST_CLASS = 200


@check("V19")
def year(context: Context, tally: Tally) -> None:
    """Y2. Who signed is V12's."""
    book = Book()
    for line, entry in zip(context.lines, context.entries):
        if entry["type"] in BODIES:
            tally.good()
            for kept, problem in book.take(entry, ledger.leaf_hash(line).hex()):
                tally.ok(kept, "entry %d: %s" % (entry["seq"], problem))
    if not tally.items:
        raise NotApplicable("there is no entry of the year")


class Book:
    """What the entries so far ask for, and what of it was answered."""

    def __init__(self) -> None:
        self.asked: Dict[str, Entry] = {}  # by leaf hash
        self.answered: Set[str] = set()
        self.submitted: Dict[Place, str] = {}  # leaf hash of the last filing
        self.approved: Dict[Place, Body] = {}  # the last approved filing
        self.complaints: Set[str] = set()
        self.found: Set[str] = set()
        self.closed: Set[str] = set()

    def take(self, entry: Entry, leaf: str) -> Iterator[Rule]:
        """The rules of one entry, which is then known to those after it."""
        kind, body = entry["type"], entry["body"]
        for name, (low, high) in RANGES.get(kind, {}).items():
            yield low <= body[name] <= high, "%s is %d" % (name, body[name])
        if kind in ANSWERS:
            yield from self._answer(kind, body)
        elif kind in RULES:
            yield from RULES[kind](self, entry)
        self.asked[leaf] = entry
        if kind == "filing.submitted":
            self.submitted[_place(body)] = leaf

    def _answer(self, kind: str, body: Body) -> Iterator[Rule]:
        key, wanted = ANSWERS[kind]
        leaf = body[key]
        asked = self.asked.get(leaf)
        if asked is None or asked["type"] != wanted:
            yield False, "answers no %s that stands before it" % wanted
            return
        yield leaf not in self.answered, "answers what was answered before"
        self.answered.add(leaf)
        if kind == "filing.approved":
            place = _place(asked["body"])
            yield self.submitted[place] == leaf, "approves a filing that a later one replaced"
            self.approved[place] = asked["body"]


def _place(body: Body) -> Place:
    return body["year"], body["school"], body["grade"]


def _year(_: Book, entry: Entry) -> Iterator[Rule]:
    body = entry["body"]
    for name in ("late_dates", "watched"):
        yield is_ascending(body[name]), "%s are not sorted, or one stands twice" % name
    yield body["term"][0] <= body["term"][1], "the term ends before it begins"


def _replacement(book: Book, entry: Entry) -> Iterator[Rule]:
    body = entry["body"]
    filing = book.approved.get(_place(body))
    yield filing is not None, "no filing of this year, school and grade is approved"
    yield filing is None or body["number"] <= filing["teachers"], "there is no teacher %d" % body["number"]


def _request(_: Book, entry: Entry) -> Iterator[Rule]:
    kind, moves = entry["body"]["kind"], entry["body"]["moves"]
    yield is_ascending([move[0] for move in moves]), "moves are not sorted by nullifier, or one stands twice"
    for _nullifier, start, end in moves:
        good = max(start, end) <= LAST_CLASS and start != end and MOVES[kind](start, end)
        yield good, "a move from %d to %d is no %s" % (start, end, kind)


def _audit(_: Book, entry: Entry) -> Iterator[Rule]:
    rows = [(one["school"], one["grade"]) for one in entry["body"]["schools"]]
    yield is_ascending(rows), "schools are not sorted, or a school and grade stand twice"


def _complaint(book: Book, entry: Entry) -> Iterator[Rule]:
    name = entry["body"]["complaint"]
    yield name not in book.complaints, "complaint %s stands twice" % name
    book.complaints.add(name)


def _inspection(book: Book, entry: Entry) -> Iterator[Rule]:
    body = entry["body"]
    names = [one["id"] for one in body["findings"]]
    yield is_ascending(names), "findings are not sorted by id, or an id stands twice"
    yield body["through"] <= entry["seq"], "it inspected entries that were not there"
    book.found.update(names)


def _closing(book: Book, entry: Entry) -> Iterator[Rule]:
    name = entry["body"]["finding"]
    yield name in book.found, "no inspection found %s" % name
    yield name not in book.closed, "finding %s was closed before" % name
    book.closed.add(name)


RULES: Dict[str, Callable[[Book, Entry], Iterator[Rule]]] = {
    "year": _year,
    "teacher.replaced": _replacement,
    "amendment.requested": _request,
    "registration.checked": _audit,
    "complaint.received": _complaint,
    "inspection": _inspection,
    "finding.closed": _closing,
}
