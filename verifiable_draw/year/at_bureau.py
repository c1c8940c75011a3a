"""Where the children of a year stand, from what the bureau has: its private store and its records (spec/year.md Y4)."""

from __future__ import annotations

from dataclasses import dataclass

from verifiable_draw.entries import CLASSES, LATE
from verifiable_draw.replay import View
from verifiable_draw.room import Room
from verifiable_draw.year import registration
from verifiable_draw.year.book import Grade
from verifiable_draw.year.standing import Child, Place, counted, sizes


def children(room: Room, year: int) -> dict[Place, Child]:
    """Every child by nullifier, school and grade; none before a draw of the year counts."""
    return registration.gather(room, year).drawn.standing()[0] if counted(room.view, year) else {}


def classes_drawn(view: View, grade: Grade) -> int:
    """Classes into which a grade was divided by the draw that counts; 0 if none does."""
    year, school, number = grade
    found = [
        one.classes
        for session, draw in counted(view, year)
        if (session.plan.draws[draw].school, session.plan.draws[draw].grade) == (school, number)
        for one in session.frozen_header().draws
        if one.id == draw and one.kind == CLASSES
    ]
    return max(found, default=0)


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
