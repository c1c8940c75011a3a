"""Writes rosters as workbooks the way schools do: tidy, with what import repairs (MESS), or refuses (ERRORS).

Tidy means: a merged title row, a row of column names, one row a child, every cell text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl import Workbook

from verifiable_draw.county_errors import ERRORS, apply_errors
from verifiable_draw.county_formats import FORMS
from verifiable_draw.county_mess import MESS, apply_mess
from verifiable_draw.county_pages import TWIN_FIELDS, Book, Page, Row, Values, tidy_cells
from verifiable_draw.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from verifiable_draw.rosters.student import Student

__all__ = ["ERRORS", "FORMS", "MESS", "write_workbook"]

_SPARE_SERIALS = 10
_BLANK_EVERY = 7


def write_workbook(
    path: Path, sheets: Mapping[str, Sequence[Student]], *, mess: Collection[str] = (), form: str = ""
) -> frozenset[str]:
    """Write a file with one sheet for each key of `sheets`, and every named kind of MESS and ERRORS in it.

    `form` is a key of FORMS; left out, it follows from how the path ends. A CSV file has one sheet, and text only.
    Returns the repairs that import must list for the mess: none for a kind that found nothing to change.

    Errors in rows go to the first sheet, each to children of its own, so all of them fit one file; a missing column
    goes to the last sheet, a repeated one to the sheet in the middle. UsageError for an unknown name or a first sheet
    too small for the errors.
    """
    unknown = set(mess) - MESS.keys() - ERRORS.keys()
    if unknown:
        raise UsageError("roster.county_mess", names=", ".join(sorted(unknown)))
    book = Book([Page(name, [Row(student, tidy_cells(student)) for student in sheets[name]]) for name in sheets])
    said = apply_mess(book, mess)
    apply_errors(book, mess)
    form = form or path.suffix.removeprefix(".")
    _, write = FORMS[form]
    path.write_bytes(write(_workbook(book)))
    return said - {"number_cell"} if form.startswith("csv") else said


def _workbook(book: Book) -> Workbook:
    workbook = Workbook()
    del workbook["Sheet"]
    for page in book.pages:
        _write_page(workbook.create_sheet(page.name), page)
    for name, rows in book.others.items():
        sheet = workbook.create_sheet(name)
        for values in rows:
            sheet.append(values)
        sheet.sheet_state = "hidden" if name in book.hidden else "visible"
    return workbook


def _write_page(sheet: Worksheet, page: Page) -> None:
    for values in page.above:
        sheet.append(_shifted(page, values))
    first = 2 if page.blank_columns else 1
    sheet.merge_cells(start_row=1, start_column=first, end_row=1, end_column=first + len(page.titles) - 1)
    _write_header(sheet, page)
    for number, row in enumerate(page.rows, start=1):
        cells: Values = [row.cells[name] for name in page.titles]
        ticks: Values = ["已核"] if page.untitled else []
        copied = [row.cells["document_number"]] if page.repeated_column else []
        sheet.append(
            _shifted(page, [*_extras(page, number), *cells, *copied, *(["某某"] if page.remarks else []), *ticks])
        )
        if page.blank_rows and number % _BLANK_EVERY == 0:
            sheet.append([])
    if page.serials:
        for number in range(len(page.rows) + 1, len(page.rows) + 1 + _SPARE_SERIALS):
            sheet.append(_shifted(page, [number]))
    if page.repeated_header:
        _write_header(sheet, page)
    for values in page.below:
        sheet.append(_shifted(page, values))


def _write_header(sheet: Worksheet, page: Page) -> None:
    """Write one header row, or two with merged cells: the twin columns then stand under a heading of their own."""
    titles: dict[str, str] = page.titles | ({"again": "证件号码"} if page.repeated_column else {})
    titles |= {"remarks": "班主任"} if page.remarks else {}
    extras: Values = ["序号"] if page.serials else []
    if not page.two_row_header:
        sheet.append(_shifted(page, [*extras, *titles.values()]))
        return
    upper: Values = ["多胞胎情况" if name in TWIN_FIELDS else title for name, title in titles.items()]
    lower: Values = [title if name in TWIN_FIELDS else None for name, title in titles.items()]
    sheet.append(_shifted(page, [*extras, *upper]))
    sheet.append(_shifted(page, [*([None] if extras else []), *lower]))
    row = sheet.max_row
    for column, value in enumerate(_shifted(page, [*([None] if extras else []), *lower]), start=1):
        if value is None:
            sheet.merge_cells(start_row=row - 1, end_row=row, start_column=column, end_column=column)


def _extras(page: Page, number: int) -> Values:
    return [number] if page.serials else []


def _shifted(page: Page, values: Values) -> Values:
    """Leave out column A and column E when the page has blank columns."""
    return [None, *values[:3], None, *values[3:]] if page.blank_columns else values
