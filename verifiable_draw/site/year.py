"""The site's page of a year, and the shortlists of teachers it leads to: all from the ledger (spec/year.md).

The ledger was replayed when the room was opened; a shortlist is published only if its bytes are those that an entry
names and say the same school, grade and year. The day that decides what is overdue is that of the last entry, so the
same ledger gives the same page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from verifiable_draw.entries import AMENDMENTS, COMPLAINTS
from verifiable_draw.errors import DataError
from verifiable_draw.replay import View
from verifiable_draw.room import Room
from verifiable_draw.site import pages, views
from verifiable_draw.whitelist import PublicRegistration, Release
from verifiable_draw.whitelist_year import (
    PublicChecked,
    PublicComplaints,
    PublicFindings,
    PublicGrade,
    PublicInspection,
    PublicMoves,
    PublicShortlist,
    PublicTeacher,
    PublicYear,
)
from verifiable_draw.year import audit_views, complaints, status
from verifiable_draw.year.book import Grade, Item, day_of
from verifiable_draw.year.shelves import PUBLIC, kept
from verifiable_draw.year.shortlist import Shortlist

LATEST = "year.html"
LISTS = "shortlists"
SEVERITIES = ("violation", "open", "note")


def files(room: Room) -> Iterator[tuple[str, bytes]]:
    """Shortlists first, then the page of every year; the last year's is `year.html`, which is there in any case."""
    known = years(room.view)
    lists: dict[int, Lists] = {year: read_lists(room, year) for year in known}
    for year in known:
        for row, _list, data in lists[year]:
            if data is not None:
                yield f"{LISTS}/{row.sha256}.json", data
    for year in known or [0]:
        others = [(one, page_of(one, known)) for one in known if one != year]
        release = _release(room, year, lists.get(year, []))
        yield page_of(year, known), pages.render("year.html", release, 0, others=others, kinds=audit_views.SHOWN)


def years(view: View) -> list[int]:
    """Years that the ledger says something of, the latest first."""
    book = view.book
    named = {item.year for items in (book.registrations, book.inspections) for item in items}
    return sorted({*view.registers, *book.years, *(grade[0] for grade in book.filings), *named}, reverse=True)


def page_of(year: int, known: list[int]) -> str:
    """Name of a year's page."""
    return f"year-{year}.html" if known and year != known[0] else LATEST


Lists = list[tuple[PublicShortlist, Shortlist | None, bytes | None]]


def read_lists(room: Room, year: int) -> Lists:
    """The shortlists in force of a year's grades, with their bytes; DataError if one is not what its entry says."""
    book, names = room.view.book, _names(room.view, year)
    found: Lists = []
    for place in sorted(grade for grade in book.filings if grade[0] == year):
        filed = next((one for one in reversed(book.filings[place]) if one.answer), None)
        if filed is None or filed.answer is None:
            continue
        name = book.shortlist(place)
        data = kept(room, PUBLIC, name)
        parsed = None if data is None else _checked(place, data)
        size = len(data) if data else 0
        school = names.get(place[1], place[1])
        row = PublicShortlist(place[1], school, place[2], name, size, filed.asked.seq, filed.answer.seq)
        found.append((row, parsed, data))
    return found


def _checked(place: Grade, data: bytes) -> Shortlist:
    shortlist = Shortlist.parse(data)
    if (shortlist.year, shortlist.school, shortlist.grade) != place:
        raise DataError("site.shortlist", school=place[1], grade=place[2])
    return shortlist


def _release(room: Room, year: int, lists: Lists) -> Release:
    view = room.view
    audited = next((item for item in reversed(view.book.registrations) if item.year == year), None)
    return Release(
        "site-year",
        {
            "offices": [views.office(view)],
            "years": [_year(room, year)] if year else [],
            "grades": _grades(room, year),
            "shortlists": [row for row, _parsed, _data in lists],
            "teachers": [one for row, parsed, _data in lists for one in _teachers(view, year, row, parsed)],
            "moves": _moves(view, year),
            "complaints": _complaints(room, year),
            "audits": [_audit(audited)] if audited else [],
            "registered": _registered(view, audited) if audited else [],
            "inspections": [_inspection(item) for item in view.book.inspections if item.year == year],
            "findings": _findings(view, year),
        },
    )


def _today(room: Room) -> Any:  # noqa: ANN401 - a date, or None before the first entry
    return day_of(room.store.head.time) if room.store.head.size else None


def _year(room: Room, year: int) -> PublicYear:
    rules = room.view.book.rules(year)
    as_of = _today(room).isoformat()
    if rules is None:
        return PublicYear(year, as_of, "", (), (), 0, "")
    body = rules.body
    return PublicYear(
        year, as_of, body["draw_by"], tuple(body["term"]), tuple(body["late_dates"]), body["complaint_days"],
        body["document"],
    )  # fmt: skip


def _grades(room: Room, year: int) -> list[PublicGrade]:
    found = status.of_year(room.view, year, _today(room))
    return [
        PublicGrade(
            one.school, one.name, one.grade, one.classes, one.state, one.session, one.filing, one.teachers, one.late
        )
        for one in sorted(found.grades, key=lambda one: (one.grade, one.school))
    ]


def _teachers(view: View, year: int, row: PublicShortlist, parsed: Shortlist | None) -> Iterator[PublicTeacher]:
    """Rows of a shortlist; of replacements those after the filing that is in force."""
    later = view.book.replaced.get((year, row.school, row.grade), [])
    replaced = {int(item.body["number"]): item.seq for item in later if item.seq > row.filed}
    for number, one in enumerate(parsed.teachers if parsed else (), 1):
        yield PublicTeacher(
            row.school, row.grade, number, one.name, one.subject, one.title, one.years, replaced.get(number, 0)
        )


def _moves(view: View, year: int) -> list[PublicMoves]:
    names = _names(view, year)
    asked: Counter[tuple[str, int, str]] = Counter()
    approved: Counter[tuple[str, int, str]] = Counter()
    for one in view.book.requests.values():
        if one.asked.year == year:
            key = (str(one.asked.body["school"]), int(one.asked.body["grade"]), str(one.asked.body["kind"]))
            asked[key] += len(one.asked.body["moves"])
            approved[key] += len(one.asked.body["moves"]) if one.answer else 0
    order = sorted(asked, key=lambda key: (key[1], key[0], AMENDMENTS.index(key[2])))
    return [PublicMoves(key[0], names.get(key[0], key[0]), key[1], key[2], asked[key], approved[key]) for key in order]


def _complaints(room: Room, year: int) -> list[PublicComplaints]:
    rows = complaints.rows(room.view, year)
    today = _today(room)
    return [
        PublicComplaints(
            kind,
            len(mine),
            sum(bool(row.decided) for row in mine),
            sum(row.late for row in mine),
            sum(not row.decided and row.due < today.isoformat() for row in mine),
        )
        for kind in COMPLAINTS
        if (mine := [row for row in rows if row.kind == kind])
    ]


def _audit(item: Item) -> PublicChecked:
    return PublicChecked(
        item.seq, day_of(item.time).isoformat(), item.body["students"], str(item.body["report"])
    )


def _registered(view: View, item: Item) -> list[PublicRegistration]:
    names = _names(view, item.year)
    rows: list[Mapping[str, Any]] = item.body["schools"]
    return [
        PublicRegistration(
            row["school"], names.get(row["school"], row["school"]), row["grade"],
            *(row[kind] for kind in audit_views.SHOWN),
        )
        for row in rows
    ]  # fmt: skip


def _inspection(item: Item) -> PublicInspection:
    counts = Counter(row["severity"] for row in item.body["findings"])
    day = day_of(item.time).isoformat()
    return PublicInspection(item.seq, day, item.body["report"], *(counts[name] for name in SEVERITIES))


def _findings(view: View, year: int) -> list[PublicFindings]:
    """Findings of a year's inspections by type, one that several had once."""
    known = {row["id"]: row for item in view.book.inspections if item.year == year for row in item.body["findings"]}
    found = Counter((row["severity"], row["type"]) for row in known.values())
    closed = Counter((row["severity"], row["type"]) for name, row in known.items() if name in view.book.closed)
    order = sorted(found, key=lambda key: (SEVERITIES.index(key[0]), key[1]))
    return [PublicFindings(key[1], key[0], found[key], closed[key]) for key in order]


def _names(view: View, year: int) -> dict[str, str]:
    return {str(row["school"]): str(row["name"]) for row in view.registers.get(year, {"schools": []})["schools"]}
