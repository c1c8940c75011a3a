"""The catalogue of every sentence a person sees: Chinese first, English beside it.

Each module of this package holds one table `TEXTS` of rows `key: (zh, en, hint_zh, hint_en)`; a row without a
hint leaves both hints empty. Keys are unique over all tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module

Row = tuple[str, str, str, str]

TABLES = (
    "archive", "ceremony", "complaints", "documents", "explain", "finding_names", "inspection", "ledger", "paper", "plan",
    "registration", "rosters", "site", "site_year", "slips", "store", "terminal", "web", "year", "year_console",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """One filled row: a sentence and a hint in both languages."""

    zh: str
    en: str
    hint_zh: str
    hint_en: str


@cache
def catalogue() -> dict[str, Row]:
    """Return all rows of all tables; a key that stands in two of them is our bug."""
    rows: dict[str, Row] = {}
    for name in TABLES:
        table: dict[str, Row] = import_module(f"verifiable_draw.texts.{name}").TEXTS
        twice = rows.keys() & table.keys()
        if twice:
            message = f"keys in two tables of texts: {sorted(twice)}"
            raise AssertionError(message)
        rows |= table
    return rows


def text(key: str, /, **values: object) -> Text:
    """Fill the row named `key`; a missing row or placeholder is our bug and raises KeyError."""
    zh, en, hint_zh, hint_en = (part.format(**values) for part in catalogue()[key])
    return Text(zh, en, hint_zh, hint_en)
