"""Where every child of a year stands: the class drawn, moved by approved amendments (spec/year.md Y4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from verifiable_draw.entries import INTO_CLASSES
from verifiable_draw.replay import Session, View
from verifiable_draw.year.book import Item

OUTSIDE = 0
Place = tuple[str, str, int]  # nullifier in hexadecimal, school, grade


@dataclass(frozen=True, slots=True)
class Child:
    """Class drawn and class now, 0 for none; `reason`: leaf hash of the last approval that moved it, or ""."""

    drawn: int
    standing: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A move of an approved request that moves nothing: the child did not stand where it begins."""

    request: Item
    approval: Item
    nullifier: str


def counted(view: View, year: int) -> list[tuple[Session, str]]:
    """Sessions and draws of a year that place children and count: published, not annulled, no rehearsal."""
    return [
        (session, draw.id)
        for session in view.sessions.values()
        if session.plan.value["year"] == year and session.published is not None and not session.plan.rehearsal
        for draw in session.frozen_header().draws
        if draw.kind in INTO_CLASSES and draw.id not in session.annulled
    ]


def drawn(sealed: Mapping[str, Any], classes: Sequence[int]) -> dict[str, int]:
    """Nullifier -> class of a draw, from its sealed roster and its class list (one class a unit)."""
    return {
        student["nullifier"]: number for unit, number in zip(sealed["units"], classes, strict=True) for student in unit
    }


def standing(
    lists: Iterable[tuple[str, int, Mapping[str, int]]], approvals: Iterable[tuple[Item, Item]]
) -> tuple[dict[Place, Child], list[Misfit]]:
    """Move children as approved. `lists`: (school, grade, nullifier -> class drawn); `approvals`: those of the year."""
    children: dict[Place, Child] = {}
    inside: set[str] = set()
    for school, grade, classes in lists:
        for nullifier, number in classes.items():
            children[nullifier, school, grade] = Child(number, number)
            inside.add(nullifier)
    misfits = []
    for request, approval in approvals:
        _year, school, grade = request.grade
        for nullifier, old, new in request.body["moves"]:
            place = (nullifier, school, grade)
            child = children.get(place, Child(OUTSIDE, OUTSIDE))
            # Whoever enters must not stand in another school.
            if child.standing != old or (old == OUTSIDE and nullifier in inside):
                misfits.append(Misfit(request, approval, nullifier))
                continue
            children[place] = replace(child, standing=new, reason=approval.leaf)
            (inside.discard if new == OUTSIDE else inside.add)(nullifier)
    return children, misfits


def sizes(children: Mapping[Place, Child], school: str, grade: int, classes: int) -> list[int]:
    """Children in each class of a school's grade now."""
    counts = [0] * classes
    for (_nullifier, of_school, of_grade), child in children.items():
        if (of_school, of_grade) == (school, grade) and 1 <= child.standing <= classes:
            counts[child.standing - 1] += 1
    return counts
