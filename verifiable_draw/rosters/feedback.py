"""The workbook that goes back to a school: its own cells, what must be corrected in red, what was repaired in yellow.

It holds the children's data and is as private as the roster. Once corrected it can be imported as it is: the list of
problems in front is known by its first cell and skipped. Pure but for reading the file again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill

from verifiable_draw.rosters.cells import Raw, is_blank
from verifiable_draw.rosters.codes import STUDENTS, Table
from verifiable_draw.rosters.layout import LIST_MARK, is_our_list
from verifiable_draw.rosters.student import ImportReport, Problem
from verifiable_draw.rosters.workbook import Sheet, WorkbookError, column_letters, read_sheets
from verifiable_draw.spreadsheets import xlsx_bytes
from verifiable_draw.texts import text

RED = PatternFill("solid", fgColor="FFFFC7CE")
YELLOW = PatternFill("solid", fgColor="FFFFF2CC")
HEAD = PatternFill("solid", fgColor="FFD9E2EC")

COMMENTED = 20
"""Cells of one repair that get a comment; all of them are yellow. Every cell with a problem has its comment."""

LIST_SHEET = "问题清单"
LIST_COLUMNS = (("序号", 6), ("工作表", 16), ("行", 7), ("列", 6), ("问题", 60), ("怎样改", 60), ("Problem", 60))
WIDTH = 14
_AUTHOR = "verifiable-draw"
_COMMENT_SIZE = (150, 320)
"""Pixels: height and width."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NOT_IN_TITLES = re.compile(r"[\[\]*:?/\\]")
_TITLE_MAXIMUM = 31
_NOT_IN_NAMES = re.compile(r"[/:\\]")

Place = tuple[int, str]
"""Row, and letters of the column; "" for the row as a whole."""


@dataclass(slots=True)
class _Marks:
    """Of one sheet: what is said of which cell."""

    problems: defaultdict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))
    repairs: defaultdict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))


def returned_workbook(path: Path, label: str, report: ImportReport, table: Table = STUDENTS) -> bytes:
    """Return the .xlsx file for a workbook whose places are named `label`; the same bytes for the same input."""
    try:
        sheets = read_sheets(path, table)
    except WorkbookError:
        sheets = ()
    problems = [problem for problem in report.problems if problem.where.file == label]
    marks = _marks(problems, report, label)
    workbook = Workbook(write_only=True)
    for sheet in sheets:
        if not is_our_list(sheet):
            _copy(workbook, sheet, marks[sheet.name])
    _list(workbook, problems)
    return xlsx_bytes(workbook)


def returned_name(label: str) -> str:
    """Return a name for the file that goes back."""
    return f"{_NOT_IN_NAMES.sub('-', label).removesuffix('.xlsx')}-退回.xlsx"


def refused(report: ImportReport) -> list[str]:
    """Return the labels of the files with problems, sorted."""
    return sorted({problem.where.file for problem in report.problems})


def _marks(problems: Iterable[Problem], report: ImportReport, label: str) -> Mapping[str, _Marks]:
    marks: defaultdict[str, _Marks] = defaultdict(_Marks)
    for problem in problems:
        where = problem.where
        said = f"{problem.zh}{problem.advice_zh}\n{problem.en}"
        marks[where.sheet].problems[where.row, where.column].append(said)
    for repair in report.repairs:
        where = repair.where
        if where.file == label and where.row:
            said = f"{repair.zh}\n{repair.en}"
            for number, row in enumerate(repair.rows):
                marks[where.sheet].repairs[row, where.column] += [said] if number < COMMENTED else []
    return marks


def _copy(workbook: Workbook, sheet: Sheet, marks: _Marks) -> None:
    """Write one sheet with its cells as they were read."""
    title = _NOT_IN_TITLES.sub("-", sheet.name)[:_TITLE_MAXIMUM]
    target: Any = workbook.create_sheet(title)
    if sheet.hidden:
        target.sheet_state = "hidden"
    letters: list[str] = []
    for number, row in enumerate(sheet.rows(), start=1):
        if not letters:
            letters = [column_letters(index) for index in range(len(row))]
            for letter in letters:
                target.column_dimensions[letter].width = WIDTH
        first = next((letters[index] for index, raw in enumerate(row) if not is_blank(raw)), "")
        cells = []
        for letter, raw in zip(letters, row, strict=True):
            places = [(number, letter), (number, "")] if letter == first else [(number, letter)]
            cells.append(_cell(target, raw, marks, places))
        target.append(cells)


def _cell(sheet: Any, raw: Raw, marks: _Marks, places: Iterable[Place]) -> object:  # noqa: ANN401  openpyxl has no type
    """Return one cell with all that is said of `places`: of itself, and in the first filled one of the row."""
    wrong = [said for place in places if place in marks.problems for said in marks.problems[place]]
    is_repaired = any(place in marks.repairs for place in places)
    said = wrong or [one for place in places if place in marks.repairs for one in marks.repairs[place]]
    plain = _UNPRINTABLE.sub("", raw) if isinstance(raw, str) else raw
    if not wrong and not is_repaired and not (isinstance(plain, str) and plain.startswith("=")):
        return plain if plain != "" else None
    cell = WriteOnlyCell(sheet)
    cell.value = plain if plain != "" else None
    if isinstance(plain, str) and plain:
        cell.data_type = "s"  # never a formula
    if wrong or is_repaired:
        cell.fill = RED if wrong else YELLOW
    if wrong:
        cell.number_format = "@"  # what is typed in its place stays as typed
    if said:
        cell.comment = Comment("\n".join(said), _AUTHOR, *_COMMENT_SIZE)
    return cell


def _list(workbook: Workbook, problems: Iterable[Problem]) -> None:
    """Write the list of all problems as the first sheet."""
    sheet: Any = workbook.create_sheet(LIST_SHEET, 0)
    for letter, (_, width) in zip("ABCDEFG", LIST_COLUMNS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A4"
    mark = text("roster.back_lead")
    lead = WriteOnlyCell(sheet, f"{LIST_MARK}：{mark.zh}")
    lead.font = Font(bold=True)
    sheet.append([lead])
    sheet.append([mark.en])
    head = [WriteOnlyCell(sheet, title) for title, _ in LIST_COLUMNS]
    for cell in head:
        cell.font, cell.fill = Font(bold=True), HEAD
    sheet.append(head)
    for number, problem in enumerate(problems, start=1):
        where = problem.where
        said: list[str | int] = [
            number,
            where.sheet,
            where.row or "",
            where.column,
            problem.zh,
            problem.advice_zh,
            problem.en,
        ]
        cells = [WriteOnlyCell(sheet) for _ in said]
        for cell, value in zip(cells, said, strict=True):
            cell.value = value if value != "" else None
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(cell.value, str):
                cell.data_type = "s"
        sheet.append(cells)
