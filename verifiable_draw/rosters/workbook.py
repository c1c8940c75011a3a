"""Reads a workbook (.xlsx, .xls, .ods, .csv) into sheets of raw cells, or says in one code why it cannot."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from verifiable_draw.rosters import csvfile
from verifiable_draw.rosters.archive import MAXIMUM_CELLS, ArchiveError, check_archive
from verifiable_draw.rosters.codes import STUDENTS, Table

if TYPE_CHECKING:
    from pathlib import Path

    from verifiable_draw.rosters.cells import Raw

MAXIMUM_FILE = 64 * 2**20
"""Bytes; a county's roster of 40,000 students takes about 4 MB."""

_ZIP = b"PK\x03\x04"
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


class WorkbookError(Exception):
    """A file that cannot be read as a workbook; `code` names the row of the catalogue."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet; `rows()` yields lists of equal length from row 1 on, the first cell being A, empty cells "".

    Rows are made as they are asked for: a sheet of 100,000 students never stands in memory as cells of Python.
    `remark` is the code of a repair that reading the whole sheet took, or "".
    """

    name: str
    hidden: bool
    rows: Callable[[], Iterator[list[Raw]]]
    height: int
    remark: str = ""


def read_sheets(path: Path, table: Table = STUDENTS) -> tuple[Sheet, ...]:
    """Return every worksheet in the workbook's order; WorkbookError when the file cannot be read.

    What a file is follows from its first bytes; only a text needs its name to say .csv. `table` holds the titles by
    which the separator of a text is found.
    """
    content = _content(path)
    try:
        if content.startswith((_ZIP, _COMPOUND)):
            return _sheets(content)
        return (_csv_sheet(content, table),)
    except (csvfile.CsvError, ArchiveError) as error:
        raise WorkbookError(error.code) from error
    except PasswordError as error:
        raise WorkbookError("password") from error
    except (CalamineError, OSError, ValueError) as error:
        raise WorkbookError("damaged_file") from error
    except BaseException as error:
        # A bug in the parser, met with a damaged file, arrives as a panic outside the Exception family.
        if type(error).__name__ != "PanicException":
            raise
        raise WorkbookError("damaged_file") from error


def column_letters(index: int) -> str:
    """Return the letters of the column with the given 0-based index: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _content(path: Path) -> bytes:
    """Return the file's bytes after the checks that need no parser."""
    try:
        if path.stat().st_size > MAXIMUM_FILE:
            raise WorkbookError("too_large")
        content = path.read_bytes()
    except OSError as error:
        raise WorkbookError("unreadable_file") from error
    if content.startswith(_COMPOUND) and _ENCRYPTED in content:
        raise WorkbookError("password")
    if not content.startswith((_ZIP, _COMPOUND)) and (path.suffix.lower() != ".csv" or not content):
        raise WorkbookError("not_workbook")
    return content


def _csv_sheet(content: bytes, table: Table) -> Sheet:
    read = csvfile.parse(content, table)
    if read.width * read.height > MAXIMUM_CELLS:
        raise WorkbookError("too_large")
    rows: Callable[[], Iterator[list[Raw]]] = read.rows  # type: ignore[assignment]  # texts are cells
    return Sheet(csvfile.SHEET, hidden=False, rows=rows, height=read.height, remark="csv_gb18030" * read.gb18030)


def _sheets(content: bytes) -> tuple[Sheet, ...]:
    if content.startswith(_ZIP):
        check_archive(content)
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        kept = []
        for index, meta in enumerate(workbook.sheets_metadata):
            if meta.typ != SheetTypeEnum.WorkSheet:
                continue
            cells = workbook.get_sheet_by_index(index)
            rows, columns = (cells.end[0] + 1, cells.end[1] + 1) if cells.end else (0, 0)
            if rows * columns > MAXIMUM_CELLS:
                raise WorkbookError("too_large")
            hidden = meta.visible != SheetVisibleEnum.Visible
            kept.append(Sheet(meta.name, hidden, _iteration(cells), rows))
        return tuple(kept)


def _iteration(cells: CalamineSheet) -> Callable[[], Iterator[list[Raw]]]:
    """Return what yields the rows of a sheet; the parser leaves out the empty columns on the left."""

    def rows() -> Iterator[list[Raw]]:
        left: list[Raw] = [""] * (cells.start[1] if cells.start else 0)
        for row in cells.iter_rows():
            yield left + list(row) if left else list(row)

    return rows
