"""Where the children of a year stand: drawn once, placed late as announced, moved as approved (spec/year.md Y4, Y7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from ledger.canonical import EncodingError, decode
from verifiable_draw.entries import LATE
from verifiable_draw.errors import DrawError
from verifiable_draw.inspection.finding import Finding, Place
from verifiable_draw.inspection.material import Material
from verifiable_draw.inspection.register import classes_drawn
from verifiable_draw.inspection.sessions import Lists, of_draw
from verifiable_draw.year.book import Item, day_of
from verifiable_draw.year.standing import (
    NEVER,
    OUTSIDE,
    Child,
    Misfit,
    class_list,
    counted,
    placings,
    sizes,
    standing,
)
from verifiable_draw.year.standing import Place as ChildPlace


def known(material: Material, year: int, lists: Lists) -> bool:
    """Whether every class list of the year that ever held could be read: without one nobody's place is certain."""
    return all((session.id, draw) in lists for session, draw in placings(material.view, year))


def children(
    material: Material, year: int, lists: Lists, before: int = NEVER
) -> tuple[dict[ChildPlace, Child], list[Misfit]]:
    """Where every child of the year stands, or stood `before` an entry, and moves that fitted nobody (Y4)."""
    placed = [
        class_list(session, draw, lists.get((session.id, draw), {}))
        for session, draw in placings(material.view, year)
    ]  # fmt: skip
    approvals = [pair for pair in material.view.book.approvals if pair[0].year == year]
    return standing(placed, approvals, before)


def twice(material: Material, year: int) -> Iterator[Finding]:
    """Children of two draws that count: whoever was drawn is not drawn again, late or otherwise (R5)."""
    marks: dict[str, str] = {}
    for session, draw in counted(material.view, year):
        try:
            value: Any = decode(material.file(session, f"draws/{draw}/nullifiers.json") or b"")
            mine = list(value["nullifiers"])
        except (DrawError, EncodingError, KeyError, TypeError):
            continue  # the draw's own look says so
        again = [mark for mark in mine if mark in marks]
        if again:
            values = {"draw": draw, "number": len(again), "earlier": "、".join(sorted({marks[one] for one in again}))}
            yield Finding("drawn-twice", of_draw(session, draw), draw, values=values)
        marks |= dict.fromkeys(mine, f"{session.id}/{draw}")


def late(material: Material, year: int, lists: Lists) -> Iterator[Finding]:
    """Late draws: on the plan's dates, into all classes as they stood at the header."""
    rules = material.view.book.rules(year)
    dates = rules.body["late_dates"] if rules else None
    sure, classes = known(material, year, lists), classes_drawn(material, year)
    for session in sorted(material.sessions(year), key=lambda one: one.header_seq):
        if session.published is None or session.plan.rehearsal:
            continue
        for draw in session.frozen_header().draws:
            place, item = of_draw(session, draw.id), session.plan.draws[draw.id]
            if draw.kind != LATE:
                continue
            held = [session.plan.value["date"], day_of(session.header_time).isoformat()]
            wrong = [day for day in held if dates is not None and day not in dates]
            if wrong:
                yield Finding("late-date", place, draw.id, values={"draw": draw.id, "date": wrong[0]})
            now, _misfits = children(material, year, lists, session.header_seq)
            drawn = classes.get((item.school, item.grade), len(item.sizes))
            most = max((now[one].standing for one in now if one[1:] == (item.school, item.grade)), default=0)
            stood = sizes(now, item.school, item.grade, max(drawn, most))
            if sure and stood != list(item.sizes):
                values = {"draw": draw.id, "planned": list(item.sizes), "stood": stood}
                yield Finding("late-sizes", place, draw.id, values=values)


def amendments(material: Material, year: int, misfits: Sequence[Misfit], *, sure: bool) -> Iterator[Finding]:
    """Requests nobody approved, what was approved, approvals that fit nobody, comings and goings in the first term."""
    classes = classes_drawn(material, year)
    for answered in material.view.book.requests.values():
        request = answered.asked
        if request.year != year:
            continue
        place = Place(*request.grade)
        values = {"kind": request.body["kind"], "number": len(request.body["moves"])}
        if answered.answer is None:
            yield Finding("request-open", place, request.leaf, request.seq, values)
            continue
        yield Finding("amended", place, request.leaf, answered.answer.seq, values)
        yield from _in_term(material, request, answered.answer)
        most = classes.get(place_of(request), 0)
        new = sorted({move[2] for move in request.body["moves"] if move[2] > most})
        if most and new:
            values = {"classes": most, "new": "、".join(map(str, new))}
            yield Finding("class-not-drawn", place, request.leaf, answered.answer.seq, values)
    for misfit in misfits if sure else ():
        subject = f"{misfit.request.leaf[:16]}-{misfit.nullifier[:16]}"
        yield Finding("amendment-misfit", Place(*misfit.request.grade), subject, misfit.approval.seq)


def place_of(request: Item) -> tuple[str, int]:
    """School and grade of a request."""
    _year, school, grade = request.grade
    return school, grade


def _in_term(material: Material, request: Item, answer: Item) -> Iterator[Finding]:
    """Who left in the first term, and who came then without the late draw (S16)."""
    held = material.view.book.rules(request.year)
    if held is None:
        return
    first, last = (date.fromisoformat(text) for text in held.body["term"])
    day = day_of(answer.time)
    moves = request.body["moves"]
    leaving, entering = (sum(move[side] == OUTSIDE for move in moves) for side in (2, 1))
    if leaving and first <= day <= last:
        yield Finding("left-in-term", Place(*request.grade), request.leaf, answer.seq, {"number": leaving})
    if entering and day <= last:
        yield Finding("entered-unplaced", Place(*request.grade), request.leaf, answer.seq, {"number": entering})
