"""Reads a workbook (.xlsx, also .xls) into sheets of raw cells, or says in one code why it cannot."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

if TYPE_CHECKING:
    from pathlib import Path

    from verifiable_draw.rosters.cells import Raw

MAXIMUM_FILE = 64 * 2**20
"""Bytes; a county's roster of 40,000 students takes about 4 MB."""

MAXIMUM_UNPACKED = 512 * 2**20
MAXIMUM_CELLS = 4_000_000
"""Of the rectangle from A1 to the last cell of a sheet, which the parser allocates as a whole."""

_ZIP = b"PK\x03\x04"
_COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")
_REFERENCE = re.compile(rb"""\sr=["']([A-Z]{0,3})([0-9]{1,7})["']""")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


class WorkbookError(Exception):
    """A file that cannot be read as a workbook; `code` names the row of the catalogue."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet; `rows[0][0]` is cell A1, an empty cell is ""."""

    name: str
    hidden: bool
    rows: list[list[Raw]]


def read_sheets(path: Path) -> tuple[Sheet, ...]:
    """Return every worksheet in the workbook's order; WorkbookError when the file cannot be read."""
    content = _content(path)
    try:
        return _sheets(content)
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
    if content.startswith(_ZIP):
        _check_archive(content)
    elif not content.startswith(_COMPOUND):
        raise WorkbookError("not_workbook")
    elif _ENCRYPTED in content:
        raise WorkbookError("password")
    return content


def _check_archive(content: bytes) -> None:
    """Refuse an archive that is truncated, unpacks to too much or holds no workbook, and a sheet with a far-off cell.

    The last is not left to the parser: one stray cell in the corner makes it ask for half a terabyte, and the whole
    process ends.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if any(member.flag_bits & 1 for member in members):
                raise WorkbookError("password")
            if "xl/workbook.xml" not in archive.namelist():
                raise WorkbookError("not_workbook")
            if sum(member.file_size for member in members) > MAXIMUM_UNPACKED:
                raise WorkbookError("too_large")
            parts = [member for member in members if member.filename.endswith(".xml")]
            if any(_extent(archive.read(part)) > MAXIMUM_CELLS for part in parts):
                raise WorkbookError("too_large")
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError) as error:
        raise WorkbookError("damaged_file") from error


def _extent(part: bytes) -> int:
    """Return the number of cells from A1 to the last cell that a part of the archive names, 0 if it names none."""
    rows, columns = 0, b""
    for letters, digits in _REFERENCE.findall(part):
        rows = max(rows, int(digits))
        if (len(letters), letters) > (len(columns), columns):
            columns = letters
    width = 0
    for letter in columns:
        width = 26 * width + letter - ord("A") + 1
    return rows * width


def _sheets(content: bytes) -> tuple[Sheet, ...]:
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        kept = []
        for index, meta in enumerate(workbook.sheets_metadata):
            if meta.typ != SheetTypeEnum.WorkSheet:
                continue
            cells = workbook.get_sheet_by_index(index)
            if cells.total_height * cells.total_width > MAXIMUM_CELLS:
                raise WorkbookError("too_large")
            rows: list[list[Raw]] = [list(row) for row in cells.to_python(skip_empty_area=False)]
            kept.append(Sheet(meta.name, meta.visible != SheetVisibleEnum.Visible, rows))
        return tuple(kept)
