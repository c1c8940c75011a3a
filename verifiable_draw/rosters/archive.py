"""Looks into an .xlsx or .ods archive before the parser does: what it holds, and how far its sheets reach.

A far-off cell is not left to the parser: it allocates the rectangle from A1 to the last cell as a whole, so one stray
cell in the corner makes it ask for half a terabyte, and the whole process ends.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.parsers import expat

MAXIMUM_UNPACKED = 512 * 2**20
MAXIMUM_CELLS = 4_000_000
"""Of the rectangle from A1 to the last cell of a sheet; a roster of 100,000 rows and 30 columns has 3 million."""

WORKBOOK = "xl/workbook.xml"
CONTENT = "content.xml"
_MANIFEST = "META-INF/manifest.xml"
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"
_REFERENCE = re.compile(rb"""\sr=["']([A-Z]{0,3})([0-9]{1,7})["']""")
_CHUNK = 1 << 20
_OVERLAP = 32
"""Bytes; longer than a reference, so that none is cut in two."""

_FOREIGN = (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, expat.ExpatError)


class ArchiveError(Exception):
    """An archive that is no workbook we read; `code` names the row of the catalogue."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


def check_archive(content: bytes) -> None:
    """Refuse an archive that is truncated or encrypted, unpacks to too much, holds no workbook or reaches too far."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if any(member.flag_bits & 1 for member in members):
                raise ArchiveError("password")
            if sum(member.file_size for member in members) > MAXIMUM_UNPACKED:
                raise ArchiveError("too_large")
            names = set(archive.namelist())
            if WORKBOOK in names:
                parts = [member for member in members if member.filename.endswith(".xml")]
                extents = [_xlsx_extent(archive, part) for part in parts]
            elif CONTENT in names and "mimetype" in names and archive.read("mimetype").strip() == _SPREADSHEET:
                if _MANIFEST in names and b"encryption-data" in archive.read(_MANIFEST):
                    raise ArchiveError("password")
                extents = _ods_extents(archive)
            else:
                raise ArchiveError("not_workbook")
            if any(extent > MAXIMUM_CELLS for extent in extents):
                raise ArchiveError("too_large")
    except _FOREIGN as error:
        raise ArchiveError("damaged_file") from error


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            yield chunk


def _xlsx_extent(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Return the number of cells from A1 to the last cell that a part of the archive names, 0 if it names none."""
    rows, columns, tail = 0, b"", b""
    for chunk in _chunks(archive, part.filename):
        found = _REFERENCE.findall(tail + chunk)
        tail = chunk[-_OVERLAP:]
        if found:
            rows = max(rows, *(int(digits) for digits in {digits for _, digits in found}), 0)
            columns = max({letters for letters, _ in found} | {columns}, key=lambda letters: (len(letters), letters))
    width = 0
    for letter in columns:
        width = 26 * width + letter - ord("A") + 1
    return rows * width


class _OdsReader:
    """Counts how far each table reaches; empty cells and rows repeated at the end do not count."""

    def __init__(self) -> None:
        """Make the parser; a document type is how an XML file is made to grow, so none is let in."""
        self.extents: list[int] = []
        self.row = self.column = self.rows = self.columns = 0
        self.repeat_row = self.filled = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.StartDoctypeDeclHandler = self.doctype

    def doctype(self, *_: object) -> None:
        raise ArchiveError("damaged_file")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self.row = self.rows = self.columns = 0
        elif name == "table:table-row":
            self.column = self.filled = 0
            self.repeat_row = int(attributes.get("table:number-rows-repeated", "1"))
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self.column += int(attributes.get("table:number-columns-repeated", "1"))
            if "office:value-type" in attributes or "calcext:value-type" in attributes:
                self.filled = self.column
        elif name == "text:p":
            self.filled = self.column

    def end(self, name: str) -> None:
        if name == "table:table-row":
            self.row += self.repeat_row
            if self.filled:
                self.rows, self.columns = self.row, max(self.columns, self.filled)
        elif name == "table:table":
            self.extents.append(self.rows * self.columns)


def _ods_extents(archive: zipfile.ZipFile) -> list[int]:
    reader = _OdsReader()
    for chunk in _chunks(archive, CONTENT):
        reader.parser.Parse(chunk, False)  # noqa: FBT003  the parser takes no names
    reader.parser.Parse(b"", True)  # noqa: FBT003
    return reader.extents
