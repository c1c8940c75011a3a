"""The best balance that a roster allows: per feature a lower bound of the spread, with its reason.

For the bureau, holders and inspectors. What the public statement says is A23, which knows arithmetic alone, because
a bound that siblings force would tell of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

from verifiable_draw.allocation.grouping import features, label, vector
from verifiable_draw.allocation.walk import Vector
from verifiable_draw.values import Roster

ARITHMETIC, SIBLINGS, PINS = "arithmetic", "siblings", "pins"


@dataclass(frozen=True, slots=True)
class Bound:
    """What no division can beat: the difference between the fullest and the emptiest class, and why."""

    feature: str
    spread: int
    reason: str


def bounds(roster: Roster) -> tuple[Bound, ...]:
    """Lower bounds for size and every feature, in the order of A1."""
    names = features(roster.attributes, roster.crossed)
    vectors = [vector(unit, names) for unit in roster.units]
    pins = dict(roster.pins)
    siblings = [v for index, v in enumerate(vectors) if v[0] > 1 and index not in pins]
    pinned: dict[int, list[Vector]] = {}
    for index, number in roster.pins:
        pinned.setdefault(number, []).append(vectors[index])
    groups = [tuple(map(sum, zip(*group, strict=True))) for group in pinned.values()]
    found = []
    for f, name in enumerate(("size", *map(label, names))):
        column = [v[f] for v in vectors]
        total, k = sum(column), roster.classes
        step = gcd(*column) or 1
        candidates = [
            (int(total % k > 0), ARITHMETIC),
            # Units that bring several students each move them in steps.
            (step * (total // step % k > 0), SIBLINGS),
            *((_beside(v[f], total, k), SIBLINGS) for v in siblings),
            *((_beside(v[f], total, k), PINS) for v in groups),
        ]
        best = max(spread for spread, _ in candidates)
        found.append(Bound(name, best, next(reason for spread, reason in candidates if spread == best)))
    return tuple(found)


def _beside(lump: int, total: int, classes: int) -> int:
    """Spread if one class holds at least `lump` of `total`: another holds no more than its share of the rest."""
    return lump - (total - lump) // (classes - 1)
