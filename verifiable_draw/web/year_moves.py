"""The children of a request for moves, as they are typed at the console: every wrong line named at once (Y4).

A line that is wrong is named by its place and never by what stands in it: numbers of children go into no message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verifiable_draw.entries import AMENDMENTS
from verifiable_draw.rosters.codes import DOCUMENT_TYPES
from verifiable_draw.web.year_forms import Form
from verifiable_draw.year.book import fits
from verifiable_draw.year.moves import Move, document_number

MOST = 400
"""Moves of one request."""
HIGHEST = 200
"""Number of a class."""
_BETWEEN = re.compile(r"[\s,\uff0c;\uff1b]+")
_CODES = {name: code for code, name in DOCUMENT_TYPES.items()}


def moves_in(form: Form, kind: str) -> list[Move]:
    """The moves of a form: its lines, then those pasted from a sheet. Problems are kept in the form."""
    found: list[Move] = []
    seen: dict[tuple[str, str], int] = {}
    lines = list(_lines(form))
    for place, cells in enumerate(lines, 1):
        move = _move(form, place, cells, kind)
        if move is None:
            continue
        first = seen.setdefault((move.document_type, move.number), place)
        if first != place:
            form.bad("year.f.moves", "form.move.twice", line=place, first=first)
        found.append(move)
    if not 1 <= len(lines) <= MOST:
        form.bad("year.f.moves", "form.move.number", most=MOST)
    return found


def _lines(form: Form) -> Iterator[list[str]]:
    """Type, number, from, to of every line that is not empty."""
    number = 1
    while f"number-{number}" in form.filled.fields:
        cells = [form.given(f"{name}-{number}") for name in ("type", "number", "from", "to")]
        if any(cells[1:]):
            yield cells
        number += 1
    for line in form.given("pasted").splitlines():
        if line.strip():
            yield _BETWEEN.split(line.strip())


def _move(form: Form, place: int, cells: list[str], kind: str) -> Move | None:
    """A line as a move; None, with what is wrong kept in the form."""
    if len(cells) != 4:
        form.bad("year.f.moves", "form.move.cells", line=place)
        return None
    document_type = _CODES.get(cells[0], cells[0])
    if document_type not in DOCUMENT_TYPES:
        form.bad("year.f.moves", "form.move.type", line=place)
        return None
    if not all(cell.isascii() and cell.isdigit() and len(cell) <= 3 and int(cell) <= HIGHEST for cell in cells[2:]):
        form.bad("year.f.moves", "form.move.class", line=place)
        return None
    old, new = map(int, cells[2:])
    if kind in AMENDMENTS and not fits(kind, old, new):
        form.bad("year.f.moves", "form.move.kind", line=place)
    number = document_number(document_type, cells[1])
    if not number:
        form.bad("year.f.moves", "form.move.document", line=place)
        return None
    return Move(document_type, number, old, new)

