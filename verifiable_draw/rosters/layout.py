"""Finds the header rows of a sheet by their content, and the parts of the sheet each of them heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifiable_draw.rosters.cells import Raw, clean, fold_title, is_blank
from verifiable_draw.rosters.codes import COLUMN, STUDENTS, Table
from verifiable_draw.rosters.student import Where
from verifiable_draw.rosters.workbook import Sheet, column_letters

if TYPE_CHECKING:
    from verifiable_draw.rosters.findings import Findings

HEADER_TITLES = 3
"""A row with so many known titles is a header; no row of students holds a title at all."""

DATA_CELLS = 3
"""A sheet without header but with a row of so many filled cells looks like students somebody forgot to head."""

IDENTIFIER_LENGTHS = range(15, 20)
EXPECTED_OTHERS = {"序号", "备注"}
"""Titles of columns that everybody has and nobody needs: not worth a line in the report."""


LIST_MARK = "★导入问题清单"
"""How the first cell of a list of problems begins that we put into a workbook: no roster, even if it looks like one."""


@dataclass(frozen=True, slots=True)
class Section:
    """A header and the rows below it: 0-based row indexes, `last` exclusive; field -> 0-based column.

    `untitled` are the columns over which nothing stands at all.
    """

    header: int
    first: int
    last: int
    columns: dict[str, int]
    untitled: tuple[int, ...] = ()

    def letters(self, field: str) -> str:
        """Return the letters of a field's column, "" if the sheet has no such column."""
        return column_letters(self.columns[field]) if field in self.columns else ""


@dataclass(slots=True)
class _Scan:
    """What one pass over a sheet finds: header blocks with their rows, and what stands there besides."""

    blocks: list[range]
    rows: dict[int, list[Raw]]
    identifiers: list[int]
    widest: int

    def main_row(self, block: range, table: Table) -> int:
        """Return the row of a header block that names the most columns."""
        return max(block, key=lambda index: len(_titles(self.rows[index], table)))


def sections(file: str, sheet: Sheet, findings: Findings, table: Table = STUDENTS) -> list[Section]:
    """Return the parts of a sheet, reporting all that is wrong with its headers."""
    if is_our_list(sheet):
        return []
    scan = _scan(sheet, table)
    if not scan.blocks:
        _report_headless(file, sheet, scan, findings)
        return []
    if sheet.hidden:
        findings.repair(Where(file, sheet.name, 0), "hidden_sheet")
    for index in scan.identifiers:
        if index < scan.blocks[0].start:
            findings.problem(Where(file, sheet.name, index + 1), "data_before_header")
    ends = [block[0] for block in scan.blocks[1:]] + [sheet.height]
    found = []
    for number, (block, end) in enumerate(zip(scan.blocks, ends, strict=True)):
        main = scan.main_row(block, table)
        if number:
            findings.problem(Where(file, sheet.name, main + 1), "header_twice")
        columns = _columns(file, sheet, scan, block, findings, table)
        for column in table.columns:
            if column.required and column.field not in columns:
                report_missing_column(Where(file, sheet.name, main + 1), column.field, findings)
        heads = [scan.rows[row] for row in block]
        untitled = tuple(index for index in range(len(heads[0])) if all(is_blank(row[index]) for row in heads))
        found.append(Section(main, block[-1] + 1, end, columns, untitled))
    return found


def _scan(sheet: Sheet, table: Table) -> _Scan:
    """Find the headers in one pass that holds three rows at a time; identifiers matter above the first one only.

    Merged header cells spread a header over two or three rows.
    """
    scan = _Scan([], {}, [], 0)
    before: list[Raw] = []
    rows = sheet.rows()
    row = next(rows, None)
    index = 0
    while row is not None:
        after = next(rows, None)
        taken = bool(scan.blocks) and index < scan.blocks[-1].stop
        if not taken and len(set(_titles(row, table).values())) >= HEADER_TITLES:
            above = bool(before) and _completes(before, row, table)
            below = after is not None and _completes(after, row, table)
            scan.blocks.append(range(index - above, index + 1 + below))
            scan.rows |= {index - 1: before, index: row} | ({} if after is None else {index + 1: after})
        if not scan.blocks:
            scan.widest = max(scan.widest, sum(not is_blank(raw) for raw in row))
            if holds_identifier(row):
                scan.identifiers.append(index)
        before, row, index = row, after, index + 1
    return scan


def is_our_list(sheet: Sheet) -> bool:
    """Whether a sheet is the list of problems of an earlier import."""
    first = next(sheet.rows(), [])
    return bool(first) and isinstance(first[0], str) and first[0].startswith(LIST_MARK)


def report_missing_column(where: Where, field: str, findings: Findings) -> None:
    """Report a column the sheet needs and lacks."""
    findings.problem(where, "missing_column", title=COLUMN[field].title, english=COLUMN[field].english)


def holds_identifier(row: list[Raw]) -> bool:
    """Whether a cell looks like an identity or registration number, readable or not."""
    return any(map(_identifier_like, row))


def _identifier_like(raw: Raw) -> bool:
    if isinstance(raw, str):
        shown = clean(raw).text.replace(" ", "")
        return shown.isascii() and len(shown) in IDENTIFIER_LENGTHS and sum(map(str.isdigit, shown)) >= len(shown) - 2
    return isinstance(raw, float) and abs(raw) >= 10.0 ** (IDENTIFIER_LENGTHS[0] - 1)


def _titles(row: list[Raw], table: Table) -> dict[int, str]:
    """Column index -> field, for the cells of a row that are known titles."""
    return {
        index: table.titles[title].field
        for index, raw in enumerate(row)
        if raw and isinstance(raw, str) and (title := fold_title(raw)) in table.titles
    }


def _completes(other: list[Raw], main: list[Raw], table: Table) -> bool:
    """Whether `other` adds titles to the header row `main`, having nothing in the columns that `main` names."""
    own = _titles(main, table)
    added = _titles(other, table)
    return bool(added) and all(is_blank(other[index]) for index in own) and not own.keys() & added.keys()


def _columns(file: str, sheet: Sheet, scan: _Scan, block: range, findings: Findings, table: Table) -> dict[str, int]:
    """Return field -> column index, leftmost where a title stands twice, which is reported."""
    named: dict[str, int] = {}
    own = {column.title for column in table.columns}
    placed = sorted((column, row, field) for row in block for column, field in _titles(scan.rows[row], table).items())
    for column, row, field in placed:
        where = Where(file, sheet.name, row + 1, column_letters(column))
        if named.setdefault(field, column) != column:
            findings.problem(where, "column_twice", title=COLUMN[field].title, english=COLUMN[field].english)
        elif fold_title(scan.rows[row][column]) not in own:
            findings.repair(where, "title", field)
    known = {column for column, _, _ in placed}
    for row in range(scan.main_row(block, table), block.stop):
        for column, raw in enumerate(scan.rows[row]):
            if not is_blank(raw) and column not in known and fold_title(raw) not in EXPECTED_OTHERS:
                findings.repair(Where(file, sheet.name, row + 1, column_letters(column)), "column_ignored")
    return named


def _report_headless(file: str, sheet: Sheet, scan: _Scan, findings: Findings) -> None:
    """Report a sheet with students and no header; list one that holds only notes; say nothing of an empty one.

    A hidden sheet is usually the list behind a selection box, so it counts as students only by their numbers.
    """
    wide = not sheet.hidden and scan.widest >= DATA_CELLS
    if wide or scan.identifiers:
        findings.problem(Where(file, sheet.name, 0), "no_header")
    elif scan.widest:
        findings.repair(Where(file, sheet.name, 0), "sheet_skipped")
