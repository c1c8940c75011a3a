"""What the pages of the year show, taken from the ledger: the board, what waits, what wants doing first.

Pure but for the files that entries name. No child's name or number is here; `spec/year.md` says what the entries mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from verifiable_draw.replay import View
from verifiable_draw.room import Room
from verifiable_draw.year import complaints, status
from verifiable_draw.year.book import Answered, Grade, Item
from verifiable_draw.year.shelves import PUBLIC, kept
from verifiable_draw.year.shortlist import Shortlist
from verifiable_draw.year.status import DRAWN, DUE, EXEMPT, MISSING, POSTPONED, REHEARSED, GradeStatus

Json = dict[str, Any]
SHORT = 8
"""Days before a complaint's term ends from which it stands among what wants doing first."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something that wants doing: key of its sentence, how many, page of the console, more of its address."""

    name: str
    number: int
    page: str
    query: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of an inspection that is not closed."""

    id: str
    type: str
    severity: str
    school: str
    year: int
    seq: int


def years_of(view: View) -> list[int]:
    """Years that have a register or dates, the latest first."""
    return sorted({*view.registers, *view.book.years}, reverse=True)


def register_of(view: View, year: int) -> list[Mapping[str, Any]]:
    """Rows of the year's register."""
    return list(view.registers.get(year, {"schools": []})["schools"])


def names_of(view: View, year: int) -> dict[str, str]:
    """School's code -> name, by the year's register."""
    return {str(row["school"]): str(row["name"]) for row in register_of(view, year)}


def overview(room: Room, year: int) -> Json:
    """The year's first page."""
    view, today = room.view, complaints.today_of(room)
    found = status.of_year(view, year, today)
    rules = view.book.rules(year)
    waiting = filings_waiting(view, year)
    fitting = [row for row in waiting if row["classes"] == row["registered"]]
    return {
        "opened": rules.body if rules else None,
        "grades": status.ordered(found.grades),
        "counts": found.counts,
        "must": sum(one.state != EXEMPT for one in found.grades),
        "tasks": tasks(room, year, found.grades, today),
        "filings": waiting,
        "fitting": [row["seq"] for row in fitting],
        "fitting_names": [f"{row['name']} {row['grade']}" for row in fitting],
        "requests": requests_waiting(view, year),
        "late": [day for day in (rules.body["late_dates"] if rules else []) if day >= today.isoformat()],
    }


def tasks(room: Room, year: int, grades: Sequence[GradeStatus], today: date) -> list[Task]:
    """What wants doing, the most urgent first."""
    view = room.view
    left = [one.left for one in complaints.states(room, year) if one.left is not None]
    states = Counter(one.state for one in grades)
    must = [one for one in grades if one.state != EXEMPT]
    open_findings = Counter(one.severity for one in findings_open(view))
    audited = any(item.year == year for item in view.book.registrations)
    rules = view.book.rules(year)
    in_term = bool(rules and today.isoformat() >= rules.body["term"][0])
    rows: Sequence[tuple[Any, ...]] = (
        ("dates", int(not rules), "year-dates"),
        ("overdue", sum(days < 0 for days in left), "year-complaints"),
        ("missing", states[MISSING], "year", f"&show={MISSING}#board"),
        ("violations", open_findings["violation"], "year-findings"),
        ("soon", sum(0 <= days < SHORT for days in left), "year-complaints"),
        ("filings", len(filings_waiting(view, year)), "year", "#filings"),
        ("requests", len(requests_waiting(view, year)), "year", "#requests"),
        ("unfiled", sum(not one.filing for one in must), "year", "&show=unfiled#board"),
        ("rehearsed", states[REHEARSED], "year", f"&show={REHEARSED}#board"),
        ("postponed", states[POSTPONED], "year", f"&show={POSTPONED}#board"),
        ("due", states[DUE], "year", f"&show={DUE}#board"),
        ("teachers", sum(one.state == DRAWN and not one.teachers for one in grades), "year", "&show=teachers#board"),
        ("registration", int(in_term and states[DRAWN] > 0 and not audited), "year-registration"),
        ("open", open_findings["open"], "year-findings"),
        ("complaints", sum(days >= SHORT for days in left), "year-complaints"),
    )
    return [Task(name, number, page, *query) for name, number, page, *query in rows if number]


def shown(grades: Sequence[GradeStatus], show: str) -> list[GradeStatus]:
    """The grades of one state, or with one thing lacking; all for anything else."""
    lacking = {
        "unfiled": lambda one: one.state != EXEMPT and not one.filing,
        "teachers": lambda one: one.state == DRAWN and not one.teachers,
    }
    if show in lacking:
        return [one for one in grades if lacking[show](one)]
    return [one for one in grades if one.state == show] if show in status.STATES else list(grades)


def filings_waiting(view: View, year: int) -> list[Json]:
    """Last filings that nobody approved, with what the register says of the classes."""
    classes = {(str(row["school"]), int(row["grade"])): int(row["classes"]) for row in register_of(view, year)}
    names = names_of(view, year)
    rows = []
    for (of_year, school, grade), filed in sorted(view.book.filings.items()):
        if of_year == year and filed[-1].answer is None:
            item = filed[-1].asked
            rows.append({
                "which": f"{school}-{grade}", "school": school, "name": names.get(school, school), "grade": grade,
                "seq": item.seq, "students": item.body["students"], "classes": item.body["classes"],
                "teachers": item.body["teachers"], "registered": classes.get((school, grade), 0),
            })  # fmt: skip
    return rows


def requests_waiting(view: View, year: int) -> list[Json]:
    """Requests for moves that nobody approved, in the ledger's order."""
    names = names_of(view, year)
    return [
        {"name": names.get(str(one.asked.body["school"]), str(one.asked.body["school"])), **_request(one)}
        for one in view.book.requests.values()
        if one.asked.year == year and one.answer is None
    ]


def _request(one: Answered) -> Json:
    body = one.asked.body
    paths = Counter((old, new) for _nullifier, old, new in body["moves"])
    return {
        "seq": one.asked.seq, "time": one.asked.time, "school": body["school"], "grade": body["grade"],
        "kind": body["kind"], "number": len(body["moves"]), "paths": sorted((*way, n) for way, n in paths.items()),
        "approved": one.answer.seq if one.answer else 0,
    }  # fmt: skip


def grade_page(room: Room, place: Grade) -> Json | None:
    """One school's grade; None if the register does not have it."""
    view = room.view
    year, school, grade = place
    found = status.of_year(view, year, complaints.today_of(room))
    one = next((one for one in found.grades if (one.school, one.grade) == (school, grade)), None)
    if one is None:
        return None
    filed = view.book.filing(place)
    return {
        "one": one,
        "filed": filed.asked.body if filed else None,
        "filed_seq": filed.asked.seq if filed else 0,
        "waits": filed is not None and filed.answer is None,
        "offered": _teachers(room, str(filed.asked.body["shortlist"])) if filed else None,
        "in_force": _teachers(room, view.book.shortlist(place)) if view.book.approved_filing(place) else None,
        "replaced": [_replaced(item) for item in view.book.replaced.get(place, [])],
        "requests": [_request(one) for one in view.book.requests.values() if one.asked.grade == place],
        "has_key": ("school", school) in view.keys,
    }


def _teachers(room: Room, name: str) -> Shortlist | None:
    """A shortlist that an entry names; None if its file is not here."""
    data = kept(room, PUBLIC, name)
    return None if data is None else Shortlist.parse(data)


def _replaced(item: Item) -> Json:
    return {"seq": item.seq, "number": item.body["number"], "reason": item.body["reason"], "time": item.time}


def findings_open(view: View) -> list[Found]:
    """Findings of all inspections that are not closed, each as the last inspection had it; the gravest first."""
    found: dict[str, Found] = {}
    for item in view.book.inspections:
        for row in item.body["findings"]:
            if row["id"] not in view.book.closed:
                found[row["id"]] = Found(row["id"], row["type"], row["severity"], row["school"], item.year, item.seq)
    rank = ("violation", "open", "note")
    return sorted(found.values(), key=lambda one: (rank.index(one.severity), -one.year, one.type, one.school, one.id))


def inspections_page(room: Room) -> Json:
    """What inspections found, what is closed, and names of schools."""
    book = room.view.book
    names: dict[str, str] = {}
    for year in sorted(room.view.registers):
        names |= names_of(room.view, year)
    closed = [{"id": name, "seq": item.seq, "outcome": item.body["outcome"]} for name, item in book.closed.items()]
    return {
        "found": findings_open(room.view),
        "names": names,
        "closed": closed,
        "inspections": [item.seq for item in book.inspections],
    }


def registration_rows(view: View, year: int) -> Json | None:
    """Numbers of the last registration audit of a year; None if there is none."""
    last = next((item for item in reversed(view.book.registrations) if item.year == year), None)
    if last is None:
        return None
    names = names_of(view, year)
    rows = [{**row, "name": names.get(row["school"], row["school"])} for row in last.body["schools"]]
    return {"seq": last.seq, "time": last.time, "students": last.body["students"], "rows": rows}
