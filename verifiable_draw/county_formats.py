"""Writes the sheets of a generated workbook as .xlsx, .xls, .ods or .csv: the forms in which schools send rosters.

The writers of .xls and .ods know what a roster needs and no more: text, numbers, dates, hidden sheets.
"""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import cast
from xml.sax.saxutils import escape

from openpyxl import Workbook

from verifiable_draw.county_pages import Value, Values
from verifiable_draw.errors import UsageError
from verifiable_draw.spreadsheets import put, xlsx_bytes

Grid = tuple[str, bool, list[Values]]
"""Name of a sheet, whether it is hidden, its cells."""

_EXACT = 1e15
_EPOCH = date(1899, 12, 30)
"""Day 0 of dates in workbooks."""


def grids(workbook: Workbook) -> list[Grid]:
    """Return the cells of every sheet."""
    return [
        (sheet.title, sheet.sheet_state != "visible", [list(row) for row in _values(sheet.iter_rows(values_only=True))])
        for sheet in workbook.worksheets
    ]


def _values(rows: object) -> Iterator[Values]:
    return cast("Iterator[Values]", rows)


# .csv


@dataclass(frozen=True, slots=True)
class Csv:
    """How a CSV file is written; `guard` writes ="…" around long numbers, as programs do to keep them text."""

    encoding: str = "utf-8"
    separator: str = ","
    guard: bool = False

    def write(self, workbook: Workbook) -> bytes:
        """Return the file; UsageError for a workbook of several rosters."""
        shown = [rows for _, hidden, rows in grids(workbook) if not hidden and rows]
        if len(shown) != 1:
            raise UsageError("roster.county_csv")
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=self.separator).writerows([self.cell(value) for value in row] for row in shown[0])
        return out.getvalue().encode(self.encoding)

    def cell(self, value: Value) -> str:
        """Return the text of a cell as Excel would write it: long numbers have lost their digits."""
        if isinstance(value, float) and abs(value) >= _EXACT:
            return f"{value:.5E}"
        if isinstance(value, date):
            return value.isoformat()
        text = "" if value is None else str(value)
        return f'="{text}"' if self.guard and len(text) >= len("0123456789") and text.isascii() else text


# .ods

_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)
_HIDDEN = (
    '<office:automatic-styles><style:style style:name="gone" style:family="table">'
    '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
)
_MIME = "application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_MIME}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def ods(workbook: Workbook) -> bytes:
    """Return an .ods file; every sheet ends with the empty rows and columns that office programs repeat."""
    tables = "".join(map(_ods_table, grids(workbook)))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMES} office:version="1.2">{_HIDDEN}'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        put(archive, "mimetype", _MIME.encode(), zipfile.ZIP_STORED)
        put(archive, "META-INF/manifest.xml", _MANIFEST.encode())
        put(archive, "content.xml", content.encode())
    return out.getvalue()


def _ods_table(grid: Grid) -> str:
    name, hidden, rows = grid
    style = ' table:style-name="gone"' if hidden else ""
    beyond = '<table:table-cell table:number-columns-repeated="1000"/>'
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}{beyond}</table:table-row>" for row in rows)
    rest = f'<table:table-row table:number-rows-repeated="1000000">{beyond}</table:table-row>'
    return f'<table:table table:name="{escape(name)}"{style}>{lines}{rest}</table:table>'


def _ods_cell(value: Value) -> str:
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value!r}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


# .xls: BIFF8 records in the one stream of a compound file

_SECTOR = 512
_FREE, _CHAIN_END, _FAT_MARK = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_LEAST_STREAM = 4096
"""Bytes; shorter streams would be kept in another way."""

_HEADER_FATS = 109
_DAY_FORMAT = 14
_GENERAL_STYLE, _DAY_STYLE = 0, 1


def xls(workbook: Workbook) -> bytes:
    """Return an .xls file of Excel 97 to 2003; UsageError if it would be larger than about 7 MB."""
    return _compound(_biff(grids(workbook)))


def _record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _biff(sheets: list[Grid]) -> bytes:
    """Return the stream Workbook: first the globals, which say where every sheet begins, then the sheets."""
    version = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)
    styles = b"".join(_record(0x00E0, struct.pack("<HH16x", 0, format_)) for format_ in (0, _DAY_FORMAT))
    padding = _record(0x005C, b" " * _LEAST_STREAM)
    bodies = [_biff_sheet(rows) for _, _, rows in sheets]
    bounds = [struct.pack("<BBBB", hidden, 0, len(name), 1) + name.encode("utf-16-le") for name, hidden, _ in sheets]
    start = _record(0x0809, version) + styles + padding
    offset = len(start) + sum(len(bound) + 8 for bound in bounds) + 4
    globals_ = start
    for bound, body in zip(bounds, bodies, strict=True):
        globals_ += _record(0x0085, struct.pack("<I", offset) + bound)
        offset += len(body)
    return globals_ + _record(0x000A) + b"".join(bodies)


def _biff_sheet(rows: list[Values]) -> bytes:
    cells = [_record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))]
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is None or value == "":
                continue
            day = isinstance(value, date)
            place = struct.pack("<HHH", number, column, _DAY_STYLE if day else _GENERAL_STYLE)
            if isinstance(value, str):
                text = value.encode("utf-16-le")
                cells.append(_record(0x0204, place + struct.pack("<HB", len(text) // 2, 1) + text))
            else:
                figure = float((value - _EPOCH).days if isinstance(value, date) else value)
                cells.append(_record(0x0203, place + struct.pack("<d", figure)))
    return b"".join([*cells, _record(0x000A)])


def _compound(stream: bytes) -> bytes:
    """Put one stream into a compound file: header, allocation table, directory, stream, all in sectors of 512 bytes."""
    sectors = -(-len(stream) // _SECTOR)
    tables = 1
    while tables * _SECTOR // 4 < tables + 1 + sectors:
        tables += 1
    if tables > _HEADER_FATS:
        raise UsageError("roster.county_xls")
    first = tables + 1
    chain = [*range(first + 1, first + sectors), _CHAIN_END]
    allocation = [*[_FAT_MARK] * tables, _CHAIN_END, *chain]
    allocation += [_FREE] * (tables * _SECTOR // 4 - len(allocation))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, tables, tables, 0, _LEAST_STREAM, _CHAIN_END, 0, _CHAIN_END, 0)
    header += struct.pack("<109I", *range(tables), *[_FREE] * (_HEADER_FATS - tables))
    directory = _entry("Root Entry", 5, 1, _CHAIN_END, 0) + _entry("Workbook", 2, _FREE, first, len(stream))
    directory += 2 * _entry("", 0, _FREE, 0, 0)
    body = struct.pack(f"<{len(allocation)}I", *allocation) + directory + stream
    return header + body + bytes(-len(body) % _SECTOR)


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    """Return one entry of the directory, 128 bytes."""
    text = (name + "\0").encode("utf-16-le") if name else b""
    places = struct.pack("<III", _FREE, _FREE, child)
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBB", len(text), kind, 1)
        + places
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


FORMS: dict[str, tuple[str, Callable[[Workbook], bytes]]] = {
    "xlsx": (".xlsx", xlsx_bytes),
    "xls": (".xls", xls),
    "ods": (".ods", ods),
    "csv": (".csv", Csv().write),
    "csv-bom": (".csv", Csv("utf-8-sig").write),
    "csv-gb18030": (".csv", Csv("gb18030").write),
    "csv-semicolon": (".csv", Csv(separator=";").write),
    "csv-tab": (".csv", Csv(separator="\t").write),
    "csv-formula": (".csv", Csv("utf-8-sig", guard=True).write),
}
"""Form of a file -> how its name ends, and what writes it."""

FORM_SAYS = {"csv-gb18030": frozenset({"csv_gb18030"}), "csv-formula": frozenset({"text_formula"})}
"""Form -> the repairs that import lists for it; none for the rest."""
