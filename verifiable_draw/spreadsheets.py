"""Workbooks as bytes that depend on their content alone, and sheets that people can read."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

_WHEN = (1980, 1, 1, 0, 0, 0)
_STAMPS = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")
_CORE = "docProps/core.xml"
_FIXED = rb"\g<1>2020-01-01T00:00:00Z\g<3>"

Row = Sequence[str | int]
FIRST_ROW = 3
"""Of the data of a sheet: below title and columns."""

_LINE = Side(style="thin")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_SHADE = PatternFill("solid", fgColor="EEEEEE")

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def xlsx_bytes(workbook: Workbook) -> bytes:
    """Return an .xlsx file without the time it was made at: the same cells give the same bytes."""
    made, fixed = io.BytesIO(), io.BytesIO()
    workbook.save(made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            put(target, name, _STAMPS.sub(_FIXED, data) if name == _CORE else data)
    return fixed.getvalue()


def put(archive: zipfile.ZipFile, name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> None:
    """Add a member without time, owner or mode of this machine."""
    info = zipfile.ZipInfo(name, _WHEN)
    info.create_system = 3
    info.external_attr = 0o100644 << 16
    info.compress_type = method
    archive.writestr(info, data)


def fill_sheet(sheet: Worksheet, title: str, columns: Sequence[tuple[str, int]], rows: Sequence[Row]) -> None:
    """Title, columns and rows; every text stays text, whatever it begins with."""
    _put(sheet, 1, [title])
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(columns))
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    sheet.cell(1, 1).alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    sheet.row_dimensions[1].height = 42
    for cell in _put(sheet, 2, [name for name, _width in columns]):
        cell.font, cell.fill, cell.border = Font(bold=True), _SHADE, _BOX
        cell.alignment = Alignment(horizontal="center")
    for number, row in enumerate(rows, FIRST_ROW):
        for cell in _put(sheet, number, row):
            cell.border = _BOX
    for number, (_name, width) in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = f"A{FIRST_ROW}"


def _put(sheet: Worksheet, row: int, values: Row) -> list[Cell]:
    """Write values from the first column on: a text is a text even if it begins with "=" or is all digits."""
    cells = []
    for column, value in enumerate(values, 1):
        cell = sheet.cell(row, column)
        assert isinstance(cell, Cell)  # not a merged one  # noqa: S101
        cell.value = value
        if isinstance(value, str):
            cell.data_type, cell.number_format = "s", "@"
        cells.append(cell)
    return cells
