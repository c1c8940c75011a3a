"""Reads the rows of a workbook to drafts: every cell read or reported, the rows kept even where a cell failed.

A draft with a failed cell becomes no student, but still takes part in the cross-check: a wrong check character in
one twin must not make the other one look alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from verifiable_draw.rosters.cells import Raw, RefusedError, clean, is_blank
from verifiable_draw.rosters.codes import (
    COLUMN,
    COLUMNS,
    FALLBACK,
    NOTES,
    OTHER_DOCUMENT,
    RESIDENT_CARD,
    STUDENTS,
    Table,
)
from verifiable_draw.rosters.fields import BLANKS, read, read_document, read_unknown_document
from verifiable_draw.rosters.findings import Findings
from verifiable_draw.rosters.identity import birth_date_of, identity_key, sex_of
from verifiable_draw.rosters.layout import Section, holds_identifier, report_missing_column, sections
from verifiable_draw.rosters.student import Student, Where
from verifiable_draw.rosters.workbook import Sheet, WorkbookError, column_letters, read_sheets

PROGRESS_ROWS = 5000
PLAIN_FIELDS = tuple(column.field for column in COLUMNS if column.field != "document_number")


@dataclass(slots=True)
class Draft:
    """One row: field -> normal form, None where the cell was refused or its column is missing.

    `identity` is what makes the row a certain child, None while that is unknown.
    """

    where: Where
    section: Section
    values: dict[str, str | None]
    identity: tuple[str, str] | None = None

    def cell(self, field: str) -> Where:
        """Return the place of one field's cell; the whole row if the sheet has no such column."""
        return replace(self.where, column=self.section.letters(field))

    def student(self) -> Student | None:
        """Return the student, None if any cell failed."""
        values = {field: value for field, value in self.values.items() if value is not None}
        if len(values) < len(COLUMNS):
            return None
        return Student(
            school=values["school"],
            grade=int(values["grade"]),
            name=values["name"],
            sex=values["sex"],
            document_type=values["document_type"],
            document_number=values["document_number"],
            registration=values["registration"],
            ethnicity=values["ethnicity"],
            migrant=values["migrant"] == "1",
            disability=values["disability"] == "1",
            twin_group=values["twin_group"],
            twin_wish=values["twin_wish"],
            staff_child=values["staff_child"] == "1",
            primary_school=values["primary_school"],
            birth_date=values["birth_date"],
            consent=values["consent"] == "1",
            pin_class=int(values["pin_class"] or 0),
            pin_reason=values["pin_reason"],
            where=self.where,
        )


def read_file(
    path: Path, label: str, table: Table = STUDENTS, progress: Callable[[int], None] = lambda _rows: None
) -> tuple[list[Draft], Findings]:
    """Return the drafts of every sheet of a workbook, and what was met; `label` names the file in places.

    Nothing of other files matters, so files can be read in any order and in several processes. `progress` is called
    with the number of rows read of this file, every PROGRESS_ROWS rows.
    """
    findings = Findings()
    try:
        sheets = read_sheets(path, table)
    except WorkbookError as error:
        findings.problem(Where(label, "", 0), error.code)
        return [], findings
    drafts: list[Draft] = []
    headed = False
    for sheet in sheets:
        if sheet.remark:
            findings.repair(Where(label, "", 0), sheet.remark)
        for section in sections(label, sheet, findings, table):
            headed = True
            for draft in _read_section(label, sheet, section, findings):
                drafts.append(draft)
                if len(drafts) % PROGRESS_ROWS == 0:
                    progress(len(drafts))
    if not drafts and not findings.count():
        findings.problem(Where(label, "", 0), "no_students" if headed else "no_roster")
    return drafts, findings


def _read_section(file: str, sheet: Sheet, section: Section, findings: Findings) -> Iterator[Draft]:
    numberless = False
    for where, row in filled_rows(file, sheet, section, findings):
        draft = _read_row(row, Draft(where, section, {}), findings)
        numberless |= draft.values["document_type"] not in {OTHER_DOCUMENT, FALLBACK, None}
        yield draft
    if numberless and "document_number" not in section.columns:
        report_missing_column(Where(file, sheet.name, section.header + 1), "document_number", findings)


def filled_rows(file: str, sheet: Sheet, section: Section, findings: Findings) -> Iterator[tuple[Where, list[Raw]]]:
    """Yield the rows of a section that say something; what is passed over is listed."""
    silent = set(section.untitled)
    for index, row in enumerate(islice(sheet.rows(), section.first, section.last), section.first):
        if all(is_blank(row[column]) for column in section.columns.values()):
            continue
        where = Where(file, sheet.name, index + 1)
        if is_note(row):
            findings.repair(where, "note_skipped")
            continue
        for column in [column for column in silent if not is_blank(row[column])]:
            silent.remove(column)
            findings.repair(Where(file, sheet.name, section.header + 1, column_letters(column)), "column_untitled")
        yield where, row


def is_note(row: list[Raw]) -> bool:
    """Whether a row is a remark below the students; one with an identity number never is."""
    first = next(raw for raw in row if not is_blank(raw))
    if not isinstance(first, str) or not clean(first).text.replace(" ", "").startswith(NOTES):
        return False
    return not holds_identifier(row)


def _read_row(row: list[Raw], draft: Draft, findings: Findings) -> Draft:
    for field in PLAIN_FIELDS:
        column = draft.section.columns.get(field)
        if column is None:
            draft.values[field] = None if COLUMN[field].required else BLANKS.get(field, "")
        else:
            draft.values[field] = _read_cell(row[column], field, draft, findings)
    _read_identity(row, draft, findings)
    document_type, number = draft.values["document_type"], draft.values["document_number"]
    if document_type is not None and number is not None:
        draft.identity = identity_key(document_type, number)
    _check_birth_date(draft, findings)
    return draft


def _read_cell(raw: Raw, field: str, draft: Draft, findings: Findings) -> str | None:
    try:
        reading = read(field, raw)
    except RefusedError as error:
        findings.cell_problem(draft.cell(field), error.code, field, raw)
        return None
    for repair in reading.repairs:
        findings.repair(draft.cell(field), repair, field)
    return reading.text


def _read_identity(row: list[Raw], draft: Draft, findings: Findings) -> None:
    """Read the document number, which means something only beside its type, the sex and the 学籍号."""
    values = draft.values
    values["document_number"] = None
    column = draft.section.columns.get("document_number")
    if column is None and values["document_type"] not in {OTHER_DOCUMENT, FALLBACK}:
        return
    raw: Raw = "" if column is None else row[column]
    where = draft.cell("document_number")
    try:
        if values["document_type"] is None:
            read_unknown_document(raw)
            return
        reading = read_document(values["document_type"], raw)
        _check_identity(reading.text, values)
    except RefusedError as error:
        findings.cell_problem(where, error.code, "document_number", raw)
        return
    for repair in reading.repairs:
        findings.repair(where, repair, "document_number")
    values["document_number"] = reading.text
    if values["document_type"] in {OTHER_DOCUMENT, FALLBACK} and not reading.text:
        values["document_type"], values["document_number"] = FALLBACK, values["registration"]


def _check_birth_date(draft: Draft, findings: Findings) -> None:
    """Compare the date with the citizen number; a document that has none needs the date, where there is a column."""
    born = draft.values["birth_date"]
    if draft.identity is None or born is None or "birth_date" not in draft.section.columns:
        return
    kind, bare = draft.identity
    if born == "" and draft.values["document_type"] != RESIDENT_CARD:
        findings.cell_problem(draft.cell("birth_date"), "birth_date_missing", "birth_date", "")
    elif born and kind == RESIDENT_CARD and birth_date_of(bare) != born:
        findings.problem(draft.cell("birth_date"), "birth_date_differs")
    else:
        return
    draft.values["birth_date"] = None


def _check_identity(number: str, values: dict[str, str | None]) -> None:
    """Refuse a number that contradicts the sex, and a child who has neither document nor 学籍号."""
    document_type, sex = values["document_type"], values["sex"]
    kind, citizen = identity_key(document_type or "", number)
    if kind == RESIDENT_CARD and sex is not None and sex_of(citizen) != sex:
        raise RefusedError("id_sex")
    if document_type in {OTHER_DOCUMENT, FALLBACK} and not number and values["registration"] == "":
        raise RefusedError("no_identity")
    if document_type == FALLBACK and number and number != values["registration"]:
        raise RefusedError("fallback_number")
