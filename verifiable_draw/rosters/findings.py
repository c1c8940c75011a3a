"""Collects problems cell by cell and repairs column by column, in words that never repeat a cell's content."""

from __future__ import annotations

from dataclasses import dataclass, field

from verifiable_draw.rosters.cells import Raw, describe
from verifiable_draw.rosters.codes import COLUMN
from verifiable_draw.rosters.student import Problem, Repair, Where
from verifiable_draw.texts import text

ROWS_LISTED = 10


@dataclass(slots=True)
class _Group:
    """Cells of one column that took the same repair."""

    first: Where
    field: str
    rows: list[int]


@dataclass(slots=True)
class Findings:
    """What an import has met so far; filled by the readers, emptied by `problems` and `repairs`."""

    _problems: list[Problem] = field(default_factory=list)
    _groups: dict[tuple[str, str, str, str], _Group] = field(default_factory=dict)

    def problem(self, where: Where, code: str, **values: object) -> None:
        """Record a problem; `values` may hold places, counts and titles of ours, never a cell's content.

        `code` is a row of the rosters' catalogue, or with a full stop in it one of any other.
        """
        row = text(code if "." in code else f"roster.{code}", **values)
        self._problems.append(Problem(where, code, row.zh, row.en, row.hint_zh, row.hint_en))

    def cell_problem(self, where: Where, code: str, column: str, raw: Raw) -> None:
        """Record a problem with the cell of field `column`, whose content is described by its class only."""
        seen_zh, seen_en = describe(raw)
        titles = COLUMN[column]
        self.problem(where, code, title=titles.title, english=titles.english, seen_zh=seen_zh, seen_en=seen_en)

    def repair(self, where: Where, code: str, column: str = "") -> None:
        """Count a repair; equal repairs in one column of one sheet become one sentence."""
        key = (where.file, where.sheet, where.column, code)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(where, column, [])
        group.rows.append(where.row)

    def absorb(self, other: Findings) -> None:
        """Take over what was met in another file."""
        self._problems += other._problems
        self._groups |= other._groups

    def count(self) -> int:
        """Return how many problems there are so far."""
        return len(self._problems)

    def problems(self) -> tuple[Problem, ...]:
        """Return every problem sorted by file, sheet, row and column."""
        return tuple(sorted(self._problems, key=lambda problem: (problem.where.order(), problem.code)))

    def repairs(self) -> tuple[Repair, ...]:
        """Return one repair for each column and kind, sorted as the problems are."""
        made = [_sentence(group, code) for (*_, code), group in self._groups.items()]
        return tuple(sorted(made, key=lambda repair: (repair.where.order(), repair.code)))


def _sentence(group: _Group, code: str) -> Repair:
    rows = "、".join(map(str, group.rows[:ROWS_LISTED])) + ("……" if len(group.rows) > ROWS_LISTED else "")
    titles = COLUMN.get(group.field)
    row = text(
        code if "." in code else f"roster.repair_{code}",
        title=titles.title if titles else "",
        english=titles.english if titles else "",
        count=len(group.rows),
        rows=rows,
        rows_en=rows.replace("、", ", ").replace("……", " …"),
    )
    return Repair(group.first, code, row.zh, row.en, tuple(group.rows))
