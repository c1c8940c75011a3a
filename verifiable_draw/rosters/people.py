"""Imports workbooks of draws that divide nothing: teams of teachers, or persons (spec/ceremony.md C25).

They have no school, grade or attribute of their own: these are the draw's. A person is kept as a `Student` whose other
fields are empty, a team as a group that stays together; so everything after the import is one way for all kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from verifiable_draw.rosters.cells import Raw, Reading, RefusedError, is_blank
from verifiable_draw.rosters.codes import COLUMN, FALLBACK, PERSONS, TEAMS, Table
from verifiable_draw.rosters.fields import read, read_document, read_unknown_document
from verifiable_draw.rosters.findings import Findings
from verifiable_draw.rosters.identity import identity_key
from verifiable_draw.rosters.importing import Progress, labels_of
from verifiable_draw.rosters.layout import Section, sections
from verifiable_draw.rosters.rosterfile import Draft, filled_rows
from verifiable_draw.rosters.student import ImportReport, Student, Where
from verifiable_draw.rosters.workbook import Sheet, WorkbookError, read_sheets

TEACHING = ("service", "subject", "rank")


def import_people(
    paths: Sequence[Path],
    school: str,
    grade: int,
    *,
    teams: bool,
    table: Table | None = None,
    progress: Progress = lambda _done, _files, _rows: None,
) -> ImportReport:
    """Read every sheet of every workbook for one draw, and report all problems at once.

    `teams`: whether a column 队 says who belongs together; whoever has none there is a team alone. `table`: TEAMS or
    PERSONS with the titles of a mapping file.
    """
    table = table or (TEAMS if teams else PERSONS)
    labels = labels_of(paths)
    findings = Findings()
    drafts: list[Draft] = []
    for done, path in enumerate(sorted(labels, key=labels.__getitem__), start=1):
        drafts += _read_file(path, labels[path], table, findings)
        progress(done, len(labels), len(drafts))
    _report_repeated(drafts, findings)
    people = [_person(draft, school, grade) for draft in drafts if None not in draft.values.values()]
    people.sort(key=lambda person: person.order())
    grades = tuple((label, school, grade) for label in sorted(labels.values()))
    return ImportReport(tuple(people), findings.problems(), findings.repairs(), grades=grades)


def _read_file(path: Path, label: str, table: Table, findings: Findings) -> list[Draft]:
    try:
        sheets = read_sheets(path, table)
    except WorkbookError as error:
        findings.problem(Where(label, "", 0), error.code)
        return []
    before = findings.count()
    drafts = [
        draft
        for sheet in sheets
        for section in sections(label, sheet, findings, table)
        for draft in _read_section(label, sheet, section, table, findings)
    ]
    if not drafts and findings.count() == before:
        findings.problem(Where(label, "", 0), "no_people")
    return drafts


def _read_section(file: str, sheet: Sheet, section: Section, table: Table, findings: Findings) -> list[Draft]:
    drafts = []
    for where, row in filled_rows(file, sheet, section, findings):
        draft = Draft(where, section, {})
        for column in table.columns:
            draft.values[column.field] = _read_cell(row, column.field, draft, findings)
        drafts.append(draft)
    return drafts


def _read_cell(row: list[Raw], field: str, draft: Draft, findings: Findings) -> str | None:
    """Normal form of a cell; None if it was refused, or if its column is missing, which is reported."""
    column = draft.section.columns.get(field)
    if column is None:
        return None if COLUMN[field].required else ""
    try:
        if field == "document_number":
            reading = _document(draft.values["document_type"], row[column])
        else:
            reading = read(field, row[column])
    except RefusedError as error:
        findings.cell_problem(draft.cell(field), error.code, field, row[column])
        return None
    for repair in reading.repairs:
        findings.repair(draft.cell(field), repair, field)
    return reading.text


def _document(document_type: str | None, raw: Raw) -> Reading:
    """Number of a person's document: there is no registration number to stand in for one."""
    if document_type is None:
        read_unknown_document(raw)
        raise RefusedError("person_document")
    if document_type == FALLBACK or is_blank(raw):
        raise RefusedError("person_document")
    return read_document(document_type, raw)


def _report_repeated(drafts: Sequence[Draft], findings: Findings) -> None:
    """Report the second and later rows of one person: nobody stands twice in a draw (R5)."""
    first: dict[tuple[str, str], Draft] = {}
    for draft in sorted(drafts, key=lambda one: one.where.order()):
        document_type, number = draft.values["document_type"], draft.values["document_number"]
        if document_type is None or number is None:
            continue
        known = first.setdefault(identity_key(document_type, number), draft)
        if known is not draft:
            at = known.where
            where = draft.cell("document_number")
            findings.problem(where, "duplicate_person", file=at.file, sheet=at.sheet, row=at.row)


def _person(draft: Draft, school: str, grade: int) -> Student:
    values = {field: value or "" for field, value in draft.values.items()}
    team = values.get("team", "")
    return Student(
        school=school,
        grade=grade,
        name=values["name"],
        sex="",
        document_type=values["document_type"],
        document_number=values["document_number"],
        registration="",
        ethnicity="",
        migrant=False,
        disability=False,
        twin_group=team,
        twin_wish="together" if team else "",
        staff_child=False,
        primary_school="",
        barred=tuple(map(int, values.get("barred", "").split())),
        teaching=tuple(values[field] for field in TEACHING) if "service" in values else (),
        where=draft.where,
    )
