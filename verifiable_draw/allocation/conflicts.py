"""Constraints that no division can keep, explained by a smallest conflicting set before the ceremony."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from verifiable_draw.errors import DataError
from verifiable_draw.values import Roster


def explain(roster: Roster) -> None:
    """Raise DataError naming a smallest conflicting set; return if none is found.

    Looks for: more classes than units, more units pairwise apart than classes, a value with more students than
    all caps together admit, siblings of one value over its cap.
    """
    if roster.classes > len(roster.units):
        raise DataError("grouping.too_few_units", units=len(roster.units), classes=roster.classes)
    clique = _clique_over(roster)
    if clique:
        raise DataError("grouping.too_many_apart", number=len(clique), classes=roster.classes)
    for cap in roster.caps:
        counts = [sum(student[cap.attribute] == cap.value for student in unit.students) for unit in roster.units]
        if sum(counts) > cap.limit * roster.classes:
            raise DataError(
                "grouping.cap_too_small",
                attribute=cap.attribute, value=cap.value, number=sum(counts), limit=cap.limit, classes=roster.classes,
            )  # fmt: skip
        if max(counts, default=0) > cap.limit:
            raise DataError("grouping.cap_splits_siblings", attribute=cap.attribute, value=cap.value, limit=cap.limit)


def _clique_over(roster: Roster) -> tuple[int, ...] | None:
    """Find K + 1 units pairwise apart. Apart graphs are small families, so trying the neighbours is cheap."""
    neighbours: dict[int, set[int]] = {}
    for a, b in roster.apart:
        neighbours.setdefault(a, set()).add(b)
        neighbours.setdefault(b, set()).add(a)
    for first in sorted(neighbours):
        near = sorted(n for n in neighbours[first] if n > first)
        for rest in _cliques(near, neighbours, roster.classes):
            return first, *rest
    return None


def _cliques(candidates: list[int], neighbours: dict[int, set[int]], size: int) -> Iterator[tuple[int, ...]]:
    if size == 2:
        yield from ((a, b) for a, b in combinations(candidates, 2) if b in neighbours[a])
        return
    for i, first in enumerate(candidates):
        near = [c for c in candidates[i + 1 :] if c in neighbours[first]]
        if len(near) >= size - 1:
            for rest in _cliques(near, neighbours, size - 1):
                yield first, *rest
