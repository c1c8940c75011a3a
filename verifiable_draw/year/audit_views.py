"""The audit for people: a workbook with names for the bureau, a page of numbers for everybody (spec/year.md Y5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from ledger.entry import Entry
from verifiable_draw.rosters import Student, Where, place
from verifiable_draw.rosters.student import Grade
from verifiable_draw.site.pages import environment
from verifiable_draw.spreadsheets import FIRST_ROW, fill_sheet, xlsx_bytes
from verifiable_draw.texts import text
from verifiable_draw.whitelist import PublicAudit, PublicRegistration, Release
from verifiable_draw.year.audit import AMENDED, DOUBLE, EXTRA, KINDS, MISSING, MOVED, SAME, UNEXPLAINED, Audit, Row
from verifiable_draw.year.book import Book, Item
from verifiable_draw.year.class_words import Division
from verifiable_draw.year.export_file import Registered

SHOWN = (SAME, AMENDED, MOVED, MISSING, EXTRA, DOUBLE)
"""Kinds in the order of tables for people."""
_URGENT = (DOUBLE, MOVED, EXTRA, MISSING, AMENDED)
COLUMNS = (
    ("school", 14), ("school_name", 20), ("grade", 8), ("name", 14), ("document_number", 24), ("drawn", 12),
    ("standing", 12), ("found", 12), ("kind", 14), ("why", 34), ("place", 44),
)  # fmt: skip
A4 = 9
KIND = "year-registration"


def workbook(
    audit: Audit,
    book: Book,
    divisions: Mapping[Grade, Division],
    schools: Mapping[str, str],
    people: Mapping[str, Student],
) -> bytes:
    """Every child that differs, by name, and the numbers of every school; the same audit gives the same bytes."""
    made = openpyxl.Workbook()
    sheet: Worksheet = made.worksheets[0]
    title = text("registration.book.title", year=audit.year).zh
    sheet.title = text("registration.book.rows").zh
    why = explanations(audit, book)
    rows = sorted(
        (row for row in audit.rows if row.kind != SAME),
        key=lambda row: (row.school, row.grade, _URGENT.index(row.kind), row.standing, row.found, row.nullifier),
    )
    cells = [
        _cells(row, schools, divisions.get((row.school, row.grade), Division(0)), why, people, audit.found)
        for row in rows
    ]
    fill_sheet(sheet, title, [(text(f"registration.col.{name}").zh, width) for name, width in COLUMNS], cells)
    _for_printing(sheet, len(cells), len(COLUMNS))
    numbers = made.create_sheet(text("registration.book.schools").zh)
    columns = [("school", 14), ("school_name", 24), ("grade", 8), *((kind, 12) for kind in SHOWN)]
    counted: list[list[str | int]] = [
        [one["school"], schools.get(one["school"], ""), one["grade"], *(one[kind] for kind in SHOWN)]
        for one in audit.schools
    ]
    totals = audit.totals()
    counted.append([text("registration.col.total").zh, "", "", *(totals[kind] for kind in SHOWN)])
    fill_sheet(numbers, title, [(text(f"registration.col.{name}").zh, width) for name, width in columns], counted)
    _for_printing(numbers, len(counted), len(columns))
    return xlsx_bytes(made)


def _cells(
    row: Row,
    schools: Mapping[str, str],
    division: Division,
    why: Mapping[tuple[str, str, int], str],
    people: Mapping[str, Student],
    exported: Mapping[str, Sequence[Registered]],
) -> list[str | int]:
    """One line of the workbook, as COLUMNS say."""
    found = exported.get(row.nullifier, ())
    return [
        row.school,
        schools.get(row.school, ""),
        row.grade,
        *_person(row, people, found),
        *(division.title(number) for number in (row.drawn, row.standing, row.found)),
        text(f"registration.kind.{row.kind}").zh,
        why.get((row.nullifier, row.school, row.grade), ""),
        _places(row, found),
    ]


def _person(row: Row, people: Mapping[str, Student], found: Sequence[Registered]) -> list[str | int]:
    """Name and number as in the roster, else as in the export; "" of a child that neither has."""
    student = people.get(row.nullifier)
    if student is not None:
        return [student.name, student.document_number]
    return [found[0].name, found[0].document_number] if found else ["", ""]


def _places(row: Row, found: Sequence[Registered]) -> str:
    """Where the export has the child: all places of one that is there twice or elsewhere."""
    here = [one for one in found if (one.school, one.grade) == (row.school, row.grade)]
    shown = found if row.kind in (DOUBLE, MISSING) else here
    return "；".join(place(where) for where in sorted((one.where for one in shown), key=Where.order))


def explanations(audit: Audit, book: Book) -> dict[tuple[str, str, int], str]:
    """(nullifier, school, grade) -> what entries say of it: approved, not approved, or approved without effect."""
    said: dict[tuple[str, str, int], list[str]] = {}

    def say(nullifier: str, request: Item, how: str, seq: int) -> None:
        kind = text(f"registration.request.{request.body['kind']}").zh
        _year, code, grade = request.grade
        said.setdefault((nullifier, code, grade), []).append(text(f"registration.why.{how}", seq=seq, kind=kind).zh)

    misfits = {(one.approval.leaf, one.nullifier) for one in audit.misfits}
    last: dict[tuple[str, str, int], tuple[Item, Item]] = {}
    for request, approval in book.approvals:
        _year, code, grade = request.grade
        for nullifier, _old, _new in request.body["moves"] if request.year == audit.year else ():
            if (approval.leaf, nullifier) not in misfits:
                last[nullifier, code, grade] = (request, approval)
    for (nullifier, *_place), (request, approval) in last.items():
        say(nullifier, request, "approved", approval.seq)
    for misfit in audit.misfits:
        say(misfit.nullifier, misfit.request, "misfit", misfit.approval.seq)
    for answered in book.requests.values():
        if answered.answer is None and answered.asked.year == audit.year:
            for nullifier, _old, _new in answered.asked.body["moves"]:
                say(nullifier, answered.asked, "asked", answered.asked.seq)
    return {key: "；".join(several) for key, several in said.items()}


def _for_printing(sheet: Worksheet, rows: int, columns: int) -> None:
    """A4 across, as wide as the page, titles on every page; a filter over the rows."""
    sheet.page_setup.paperSize, sheet.page_setup.orientation = A4, "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"1:{FIRST_ROW - 1}"
    last = openpyxl.utils.get_column_letter(columns)
    sheet.auto_filter.ref = f"A{FIRST_ROW - 1}:{last}{FIRST_ROW - 1 + rows}"


def release(entry: Entry, through: int, bureau: str, origin: str, schools: Mapping[str, str]) -> Release:
    """What may leave: the entry's own numbers and the names of schools."""
    body: Mapping[str, Any] = entry.message.body
    audit = PublicAudit(
        bureau, origin, body["year"], body["students"], through, entry.seq, entry.time, body["report"], body["export"]
    )
    rows = [
        PublicRegistration(
            one["school"], schools.get(one["school"], ""), one["grade"], *(one[kind] for kind in SHOWN)
        )
        for one in body["schools"]
    ]
    return Release(KIND, {"audits": [audit], "schools": rows})


def page(released: Release) -> bytes:
    """The public report: numbers for each school, no child (HTML in one file)."""
    schools: Sequence[Any] = released.rows["schools"]
    totals = {kind: sum(getattr(one, kind) for one in schools) for kind in KINDS}
    made = environment().get_template("registration.html").render(
        audit=released.rows["audits"][0],
        schools=schools,
        kinds=SHOWN,
        totals=totals,
        unexplained=sum(totals[kind] for kind in UNEXPLAINED),
    )
    return (made.rstrip() + "\n").encode()
