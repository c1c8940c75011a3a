"""Reads a .csv file: decoded strictly, cut by the separator that its header shows; every cell is text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from verifiable_draw.rosters.cells import fold_title
from verifiable_draw.rosters.codes import Table

SEPARATORS = ",;\t"
LOOKED_AT = 50
"""Rows; a header further down is not what a CSV file has."""

SHEET = "CSV"
"""What places call the only sheet of such a file."""

_BOM = "\ufeff"


class CsvError(Exception):
    """A file that is no text or whose quotes do not close; `code` names the row of the catalogue."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class CsvFile:
    """The text of a file, its separator, width and height; `gb18030` says how it was decoded."""

    text: str
    separator: str
    width: int
    height: int
    gb18030: bool

    def rows(self) -> Iterator[list[str]]:
        """Yield every row, all of them equally wide."""
        for row in _read(self.text, self.separator):
            yield row + [""] * (self.width - len(row))


def parse(content: bytes, table: Table) -> CsvFile:
    """Return the file; CsvError if it is no text, or a quotation mark is not closed or stands inside a cell."""
    text, gb18030 = _decode(content)
    separator = max(SEPARATORS, key=lambda one: _titles(text, one, table))
    width = height = 0
    try:
        for row in _read(text, separator):
            width, height = max(width, len(row)), height + 1
    except csv.Error as error:
        raise CsvError("csv_quotes") from error
    return CsvFile(text, separator, width, height, gb18030)


def _decode(content: bytes) -> tuple[str, bool]:
    """Return the text, and whether it is GB18030, which is what Excel writes in China without being told."""
    for encoding in ("utf-8", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.removeprefix(_BOM), encoding == "gb18030"
    raise CsvError("csv_encoding")


def _read(text: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _titles(text: str, separator: str, table: Table) -> int:
    """Return how many titles the best of the first rows holds when it is cut at `separator`."""
    best = 0
    try:
        for row in islice(_read(text, separator), LOOKED_AT):
            best = max(best, sum(fold_title(cell) in table.titles for cell in row))
    except csv.Error:
        return best
    return best
