"""Where the children of a year stand, from what the bureau has: its private store and its records (spec/year.md Y4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.canonical import decode
from verifiable_draw.allocation.groups_file import parse_result
from verifiable_draw.entries import CLASSES, LATE
from verifiable_draw.room import Room
from verifiable_draw.year.standing import Child, Place, counted, drawn, sizes, standing


def children(room: Room, year: int) -> dict[Place, Child]:
    """Every child by nullifier, school and grade."""
    lists = []
    for session, draw in counted(room.view, year):
        root = str((session.draws[draw].frozen or {})["roster_root"])
        sealed: Any = decode(room.private.sealed(root))
        item = session.plan.draws[draw]
        classes = parse_result(room.file(session, f"draws/{draw}/result.json"))
        lists.append((item.school, item.grade, drawn(sealed, classes)))
    approvals = [pair for pair in room.view.book.approvals if pair[0].year == year]
    return standing(lists, approvals)[0]


@dataclass(frozen=True, slots=True)
class Classes:
    """A grade's classes as late students find them: children now, names (none: ()), number of the next batch."""

    sizes: tuple[int, ...]
    names: tuple[str, ...]
    batch: int


def classes_now(room: Room, year: int) -> dict[tuple[str, int], Classes]:
    """Every grade of a year whose classes are drawn, by school and grade (C28)."""
    draws = [
        (session.plan.draws[draw], one.classes)
        for session, draw in counted(room.view, year)
        for one in session.frozen_header().draws
        if one.id == draw
    ]
    now = children(room, year) if draws else {}
    batches: dict[tuple[str, int], int] = {}
    for item, _classes in draws:
        if item.kind == LATE:
            place = (item.school, item.grade)
            batches[place] = max(item.batch, batches.get(place, 0))
    return {
        (item.school, item.grade): Classes(
            tuple(sizes(now, item.school, item.grade, classes)),
            item.class_names,
            batches.get((item.school, item.grade), 0) + 1,
        )
        for item, classes in draws
        if item.kind == CLASSES
    }
