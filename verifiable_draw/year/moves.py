"""Children whom a school asks to move, as people name them: by document, from class, to class (spec/year.md Y4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verifiable_draw.freeze import document_nullifier
from verifiable_draw.room import Room
from verifiable_draw.rosters.cells import RefusedError
from verifiable_draw.rosters.fields import read_document


@dataclass(frozen=True, slots=True)
class Move:
    """A child's document, in the form that the roster import gives it, and the classes, 0 for outside."""

    document_type: str
    number: str
    old: int
    new: int


def document_number(document_type: str, typed: str) -> str:
    """A number as the roster import reads it; "" if it is none of that type."""
    try:
        return read_document(document_type, typed).text
    except RefusedError:
        return ""


def by_nullifier(room: Room, year: int, moves: Iterable[Move]) -> list[tuple[str, int, int]]:
    """Moves with the year's nullifiers; the numbers are used here and kept nowhere."""
    key = room.private.year_key(year).key
    return [(document_nullifier(key, one.document_type, one.number).hex(), one.old, one.new) for one in moves]
