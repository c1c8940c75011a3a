"""From what a roster says of single students to the constraints of a draw: pairs apart, pins, bars (spec R8, C28, C29).

Units are lists of their students, in index order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from verifiable_draw.allocation.bars import possible
from verifiable_draw.entries import AUDIT, LATE, PIN_REASONS, TEACHERS
from verifiable_draw.errors import DataError
from verifiable_draw.plan import Plan, PlanDraw
from verifiable_draw.rosters import Student, place
from verifiable_draw.rosters.names import same_name_groups

Units = Sequence[Sequence[Student]]


def apart(plan: Plan, item: PlanDraw, units: Units) -> list[tuple[int, int]]:
    """Pairs of units that must be in different classes: siblings who wish it, and same names by the plan's rule."""
    families: dict[str, list[int]] = {}
    unit_of = {}
    for index, unit in enumerate(units):
        for student in unit:
            unit_of[id(student)] = index
            if student.twin_wish == "apart":
                families.setdefault(student.twin_group, []).append(index)
    if not item.divides:
        if families and item.kind == LATE:
            raise DataError("freeze.late_apart", draw=item.id, number=len(families))
        return []
    groups = list(families.values())
    rule = plan.value["same_names"]
    if rule != "ignore":
        students = [student for unit in units for student in unit]
        named = same_name_groups(students, homophones=rule == "sound")
        groups += [sorted({unit_of[id(student)] for student in group}) for group in named]
    return sorted({pair for group in groups for pair in combinations(sorted(group), 2)})


def pins(plan: Plan, item: PlanDraw, classes: int, units: Units) -> list[tuple[int, int, str]]:
    """Units that are given a class, with the reason; DataError naming every pin that the plan does not allow."""
    if item.kind == AUDIT:  # the roster may be the one that was divided, pins and all: here they say nothing
        return []
    allowed, found, wrong = plan.value["pins"], [], []
    for index, unit in enumerate(units):
        pinned = [student for student in unit if student.pin_class]
        if not pinned:
            continue
        good = (
            item.divides
            and len({student.pin_class for student in pinned}) == 1
            and all(1 <= student.pin_class <= classes and student.pin_reason in allowed for student in pinned)
        )
        if good:
            reason = min((student.pin_reason for student in pinned), key=PIN_REASONS.index)
            found.append((index, pinned[0].pin_class, reason))
        else:
            wrong += [place(student.where) for student in pinned]
    if wrong:
        raise DataError("freeze.pins", draw=item.id, places="；".join(sorted(wrong)), classes=classes,
                        reasons="、".join(allowed) or "无")  # fmt: skip
    return found


def barred(item: PlanDraw, units: Units) -> list[tuple[int, int]]:
    """Classes that teams must not get; DataError where no permutation keeps them all (C25)."""
    bars = sorted(set(_bars(units)))
    if bars and (item.kind != TEACHERS or not possible(bars, len(units), item.classes)):
        raise DataError("freeze.barred", draw=item.id, number=len(bars))
    return bars


def _bars(units: Units) -> Iterator[tuple[int, int]]:
    for index, unit in enumerate(units):
        for member in unit:
            yield from ((index, number) for number in member.barred)
