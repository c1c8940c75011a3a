"""Reads a workbook (.xlsx, also .xls) into sheets of raw cells, or says in one code why it cannot."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

if TYPE_CHECKING:
    from pathlib import Path

    from verifiable_draw.rosters.cells import Raw

MAXIMUM_FILE = 64 * 2**20
"""Bytes; a county's roster of 40,000 students takes about 4 MB."""

MAXIMUM_UNPACKED = 512 * 2**20
MAXIMUM_CELLS = 20_000_000

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
    """Refuse a truncated archive, one that unpacks to too much and one that holds no workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise WorkbookError("damaged_file") from error
    if sum(member.file_size for member in members) > MAXIMUM_UNPACKED:
        raise WorkbookError("too_large")
    if any(member.flag_bits & 1 for member in members):
        raise WorkbookError("password")
    if not any(member.filename.startswith("xl/") for member in members):
        raise WorkbookError("not_workbook")


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
