"""Reads the cells of exports of student registration (学籍) to drafts, every problem of a file at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from itertools import islice
from pathlib import Path

from verifiable_draw.rosters.cells import Raw, Reading, RefusedError, clean_name, fold_title, is_blank
from verifiable_draw.rosters.codes import EXPORT, FALLBACK, OTHER_DOCUMENT, RESIDENT_CARD, STUDENTS, TEAMS, Table
from verifiable_draw.rosters.fields import READERS, read_document
from verifiable_draw.rosters.findings import Findings
from verifiable_draw.rosters.layout import Section, sections
from verifiable_draw.rosters.rosterfile import PROGRESS_ROWS, Draft, filled_rows
from verifiable_draw.rosters.student import Where
from verifiable_draw.rosters.workbook import Sheet, WorkbookError, read_sheets
from verifiable_draw.texts import text

PLAIN = ("school_name", "class", "class_number", "entered")
MARKS = {
    "roster": ("twin_group", "twin_wish", "consent", "staff_child", "pin_class", "pin_reason"),
    "teachers": ("service", "subject", "rank", "barred", "team"),
}
"""Kind of another file -> fields that only it has (text `registration.seems_<kind>`)."""
NEEDED = (("class", "class_number"), ("name",), ("school", "school_name"), ("document_number", "registration"))
"""Of each group one column must be there."""


def read_file(
    path: Path, label: str, table: Table = EXPORT, progress: Callable[[int], None] = lambda _rows: None
) -> tuple[list[Draft], Findings]:
    """The drafts of a file's sheets, and what was met; files can be read in any order and in several processes."""
    findings = Findings()
    try:
        sheets = read_sheets(path, table)
    except WorkbookError as error:
        findings.problem(Where(label, "", 0), error.code)
        return [], findings
    drafts: list[Draft] = []
    for sheet in sheets:
        if sheet.remark:
            findings.repair(Where(label, "", 0), sheet.remark)
        for section in sections(label, sheet, findings, table):
            if not _complete(label, sheet, section, findings, table):
                continue
            for where, row in filled_rows(label, sheet, section, findings):
                drafts.append(_read_row(row, Draft(where, section, {}), findings))
                if len(drafts) % PROGRESS_ROWS == 0:
                    progress(len(drafts))
    if not drafts and not findings.count():
        findings.problem(Where(label, "", 0), "registration.empty")
    return drafts, findings


def _complete(label: str, sheet: Sheet, section: Section, findings: Findings, table: Table) -> bool:
    """Whether the columns are there; if not, one sentence names all that lack and what the sheet seems to be."""
    titles = {column.field: column.title for column in table.columns}
    lacking = [titles[group[0]] for group in NEEDED if not any(name in section.columns for name in group)]
    if not lacking:
        return True
    heads = islice(sheet.rows(), max(0, section.header - 1), section.first)
    titles_there = {fold_title(raw) for row in heads for raw in row}
    seen = {other.titles[title].field for other in (STUDENTS, TEAMS) for title in titles_there & other.titles.keys()}
    kind = next((kind for kind, fields in MARKS.items() if seen & set(fields)), "list")
    seems = text(f"registration.seems_{kind}")
    findings.problem(
        Where(label, sheet.name, section.header + 1),
        "registration.columns",
        titles="、".join(lacking),
        seems=seems.zh,
        seems_en=seems.en,
    )
    return False


def _read_row(row: list[Raw], draft: Draft, findings: Findings) -> Draft:
    values, columns = draft.values, draft.section.columns
    cells: dict[str, Raw] = {name: row[column] for name, column in columns.items()}
    entered = cells.get("entered", "")
    if isinstance(entered, date):
        cells["entered"] = entered.isoformat()
    for name in ("school", *PLAIN):
        values[name] = _cell(draft, name, READERS[name], cells.get(name, ""), findings)
    values["grade"] = _cell(draft, "grade", READERS["grade_words"], cells.get("grade", ""), findings)
    for name in ("name", "teacher"):
        values[name] = _cell(draft, name, _any_name, cells.get(name, ""), findings)
    if values["name"] == "":
        findings.cell_problem(draft.cell("name"), "missing_value", "name", "")
    _read_identity(cells, draft, findings)
    return draft


def _cell(draft: Draft, name: str, reader: Callable[[Raw], Reading], raw: Raw, findings: Findings) -> str | None:
    """Normal form of a cell, "" of a blank one; None if it was refused."""
    if is_blank(raw):
        return ""
    try:
        reading = reader(raw)
    except RefusedError as error:
        findings.cell_problem(draft.cell(name), error.code, name, raw)
        return None
    for repair in reading.repairs:
        findings.repair(draft.cell(name), repair, name)
    return reading.text


def _any_name(raw: Raw) -> Reading:
    """A name is only shown, never compared: one that no roster would take is kept as it stands."""
    try:
        return clean_name(raw)
    except RefusedError:
        reading = READERS["teacher"](raw)
        return reading.then(unicodedata.normalize("NFC", reading.text), "characters")


def _read_identity(cells: Mapping[str, Raw], draft: Draft, findings: Findings) -> None:
    """Type, number and 学籍号 together: a citizen's number needs no type, no number at all needs the 学籍号."""
    values = draft.values
    raw = cells.get("document_number", "")
    kind = _cell(draft, "document_type", READERS["document_type"], cells.get("document_type", ""), findings)
    numberless = is_blank(raw) and kind in ("", OTHER_DOCUMENT, FALLBACK)
    try:
        known = cells.get("registration", "")
        values["registration"] = "" if is_blank(known) else READERS["registration"](known).text
    except RefusedError as error:
        # It only matters where it stands in for a number.
        values["registration"] = ""
        if numberless:
            findings.cell_problem(draft.cell("registration"), error.code, "registration", known)
            values |= {"document_type": None, "document_number": None}
            return
    values |= {"document_type": kind, "document_number": None}
    if kind is None:
        return
    if numberless:
        if values["registration"]:
            values |= {"document_type": FALLBACK, "document_number": values["registration"]}
        else:
            findings.cell_problem(draft.cell("document_number"), "no_identity", "document_number", raw)
        return
    if not kind:
        values["document_type"] = RESIDENT_CARD
        findings.repair(draft.cell("document_number"), "registration.repair_type", "document_number")
    values["document_number"] = _cell(
        draft, "document_number", lambda cell: read_document(values["document_type"] or "", cell), raw, findings
    )
    if is_blank(raw):
        findings.cell_problem(draft.cell("document_number"), "id_missing", "document_number", raw)
        values["document_number"] = None
