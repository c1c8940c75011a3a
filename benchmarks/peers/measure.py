"""How balanced a division of a whole roster is, by one rule for all methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verifiable_draw.allocation.grouping import features, vector, weights
from verifiable_draw.values import Roster

Division = Sequence[int]
"""Class 0 … K-1 of every unit, by index."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A roster as numbers: what a method that places whole units has to know."""

    classes: int
    vectors: tuple[tuple[int, ...], ...]
    weights: tuple[int, ...]
    apart: tuple[tuple[int, int], ...]

    @property
    def totals(self) -> list[int]:
        """Students of every feature."""
        return [sum(column) for column in zip(*self.vectors, strict=True)]

    @property
    def partners(self) -> dict[int, set[int]]:
        """Units that must not share a class, by unit."""
        found: dict[int, set[int]] = {}
        for a, b in self.apart:
            found.setdefault(a, set()).add(b)
            found.setdefault(b, set()).add(a)
        return found


def problem(roster: Roster) -> Problem:
    names = features(roster.attributes)
    vectors = tuple(vector(unit, names) for unit in roster.units)
    return Problem(roster.classes, vectors, weights(roster.attributes), roster.apart)


@dataclass(frozen=True, slots=True, order=True)
class Balance:
    """Of one division: the less the better, compared in this order.

    `broken`: pairs together that are to be apart. `excess`: sum over classes and features of what lies outside floor
    and ceiling of the average. `energy`: the same, weighted (A8). `spread`: largest difference between two classes
    in one feature.
    """

    broken: int
    excess: int
    energy: int
    spread: int


def balance(task: Problem, division: Division) -> Balance:
    counts = [[0] * len(task.weights) for _ in range(task.classes)]
    for row, place in zip(task.vectors, division, strict=True):
        for feature, count in enumerate(row):
            counts[place][feature] += count
    return balance_of_counts(task, counts, sum(division[a] == division[b] for a, b in task.apart))


def balance_of_counts(task: Problem, counts: Sequence[Sequence[int]], broken: int) -> Balance:
    """Measure counts by class and feature, however they came about."""
    excess = energy = spread = 0
    for feature, (total, weight) in enumerate(zip(task.totals, task.weights, strict=True)):
        floor, ceiling = total // task.classes, -(-total // task.classes)
        column = [row[feature] for row in counts]
        outside = sum(max(0, c - ceiling, floor - c) for c in column)
        excess += outside
        energy += weight * outside
        spread = max(spread, max(column) - min(column))
    return Balance(broken, excess, energy, spread)
