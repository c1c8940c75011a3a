"""Where every child of a year stands: the class drawn, moved by approved amendments (spec/year.md Y4)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import Any

from verifiable_draw.entries import INTO_CLASSES
from verifiable_draw.replay import Session, View
from verifiable_draw.year.book import Item

OUTSIDE = 0
NEVER = sys.maxsize
Place = tuple[str, str, int]  # nullifier in hexadecimal, school, grade


@dataclass(frozen=True, slots=True)
class Child:
    """Class drawn and class now, 0 for none; `reason`: leaf hash of the last approval that moved it, or ""."""

    drawn: int
    standing: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ClassList:
    """A draw that was published with entry `seq`, and annulled with entry `until`: nullifier -> class."""

    school: str
    grade: int
    classes: Mapping[str, int]
    seq: int = -1
    until: int = NEVER


@dataclass(frozen=True, slots=True)
class Misfit:
    """A move of an approved request that moves nothing: the child did not stand where it begins."""

    request: Item
    approval: Item
    nullifier: str


def placings(view: View, year: int) -> list[tuple[Session, str]]:
    """Sessions and draws of a year that placed children, in the order of publication; later annulled ones too."""
    held = [
        session for session in view.sessions.values()
        if session.plan.value["year"] == year and session.published is not None and not session.plan.rehearsal
    ]  # fmt: skip
    return [
        (session, draw.id)
        for session in sorted(held, key=lambda session: session.published_seq)
        for draw in session.frozen_header().draws
        if draw.kind in INTO_CLASSES
    ]


def counted(view: View, year: int) -> list[tuple[Session, str]]:
    """Sessions and draws of a year that place children and count: published, not annulled, no rehearsal."""
    return [(session, draw) for session, draw in placings(view, year) if draw not in session.annulled]


def class_list(session: Session, draw: str, classes: Mapping[str, int]) -> ClassList:
    """A draw's class list with the entries between which it held."""
    item = session.plan.draws[draw]
    return ClassList(item.school, item.grade, classes, session.published_seq, session.annulled_seq.get(draw, NEVER))


def drawn(sealed: Mapping[str, Any], classes: Sequence[int]) -> dict[str, int]:
    """Nullifier -> class of a draw, from its sealed roster and its class list (one class a unit)."""
    return {
        student["nullifier"]: number for unit, number in zip(sealed["units"], classes, strict=True) for student in unit
    }


def standing(
    lists: Iterable[ClassList], approvals: Iterable[tuple[Item, Item]], before: int = NEVER
) -> tuple[dict[Place, Child], list[Misfit]]:
    """Place and move children in the ledger's order (Y4). `approvals`: those of the year; `before`: an entry's number.

    A list places its children when it is published and takes them away when it is annulled.
    """
    events: list[tuple[int, Callable[[_Children], None]]] = []
    for one in lists:
        events += [(one.seq, partial(_placed, one)), (one.until, partial(_taken_away, one))]
    events += [(approval.seq, partial(_moved, request, approval)) for request, approval in approvals]
    found = _Children({}, set(), [])
    for seq, take_in in sorted(events, key=itemgetter(0)):
        if seq < before:
            take_in(found)
    return found.places, found.misfits


@dataclass(frozen=True, slots=True)
class _Children:
    places: dict[Place, Child]
    inside: set[str]
    misfits: list[Misfit]


def _placed(of: ClassList, now: _Children) -> None:
    for nullifier, number in of.classes.items():
        now.places[nullifier, of.school, of.grade] = Child(number, number)
        now.inside.add(nullifier)


def _taken_away(of: ClassList, now: _Children) -> None:
    for nullifier in of.classes:
        child = now.places.pop((nullifier, of.school, of.grade), None)
        if child is not None and child.standing != OUTSIDE:
            now.inside.discard(nullifier)


def _moved(request: Item, approval: Item, now: _Children) -> None:
    _year, school, grade = request.grade
    for nullifier, old, new in request.body["moves"]:
        place = (nullifier, school, grade)
        child = now.places.get(place, Child(OUTSIDE, OUTSIDE))
        # Whoever enters must not stand in another school.
        if child.standing != old or (old == OUTSIDE and nullifier in now.inside):
            now.misfits.append(Misfit(request, approval, nullifier))
            continue
        now.places[place] = replace(child, standing=new, reason=approval.leaf)
        (now.inside.discard if new == OUTSIDE else now.inside.add)(nullifier)


def sizes(children: Mapping[Place, Child], school: str, grade: int, classes: int) -> list[int]:
    """Children in each class of a school's grade now."""
    counts = [0] * classes
    for (_nullifier, of_school, of_grade), child in children.items():
        if (of_school, of_grade) == (school, grade) and 1 <= child.standing <= classes:
            counts[child.standing - 1] += 1
    return counts
