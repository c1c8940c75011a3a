"""Reads a mapping file: which column of a roster an odd title means, as {"odd title": "title of the template"}."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from verifiable_draw.errors import DataError
from verifiable_draw.rosters.cells import fold_title
from verifiable_draw.rosters.codes import STUDENTS, Column, Table
from verifiable_draw.texts import Text, text

_SHOWN = 40
"""Characters of an entry that a sentence repeats; titles are no data of children."""


def read_mapping(data: bytes, name: str = "", table: Table = STUDENTS) -> Table:
    """Return the table with the titles of the file added; DataError with every problem of the file.

    A title is compared as in workbooks: half-width, without spaces, stars and a note in brackets. One that the table
    knows already must not be given another meaning; two titles may mean one column.
    """
    try:
        pairs = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise DataError("roster.mapping_malformed", name=name) from error
    if not isinstance(pairs, _Pairs):
        raise DataError("roster.mapping_malformed", name=name)
    columns = {fold_title(column.title): column for column in table.columns}
    problems = list(_problems(pairs, columns, table))
    if problems:
        lines_zh, lines_en = (_lines(getattr(problem, lang) for problem in problems) for lang in ("zh", "en"))
        raise DataError("roster.mapping_problems", name=name, count=len(problems), zh=lines_zh, en=lines_en)
    added = {fold_title(title): columns[fold_title(meaning)] for title, meaning in pairs}
    return replace(table, titles={**table.titles, **added})


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object in their order; a plain dictionary would drop the first of two equal ones."""


def _problems(pairs: _Pairs, columns: dict[str, Column], table: Table) -> Iterator[Text]:
    if not pairs:
        yield text("roster.mapping_empty")
    seen: set[str] = set()
    for title, meaning in pairs:
        folded, shown = fold_title(title), title[:_SHOWN]
        if not folded:
            yield text("roster.mapping_title", entry=shown)
        elif folded in seen:
            yield text("roster.mapping_twice", entry=shown)
        elif not isinstance(meaning, str) or fold_title(meaning) not in columns:
            yield text(
                "roster.mapping_meaning", entry=shown, titles="、".join(column.title for column in table.columns)
            )
        elif table.titles.get(folded, columns[fold_title(meaning)]) is not columns[fold_title(meaning)]:
            yield text("roster.mapping_known", entry=shown, title=table.titles[folded].title)
        seen.add(folded)


def _lines(sentences: Iterable[str]) -> str:
    return "".join(f"\n  · {sentence}" for sentence in sentences)
