"""How balanced a draw is and must be: the certificate, and pair probabilities (spec/allocation.md A20-A23)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

from verifiable_draw.allocation.grouping import features, label, vector
from verifiable_draw.values import Groups, Roster


@dataclass(frozen=True, slots=True)
class Line:
    """One feature of the certificate: largest difference between classes reached, and its lower bound."""

    feature: str
    reached: int
    bound: int

    @property
    def proven(self) -> bool:
        """Whether what was reached is the best possible."""
        return self.reached == self.bound


def certificate(roster: Roster, groups: Groups) -> tuple[Line, ...]:
    """State for size and every value the largest difference between classes over all bundlings (A23).

    Blocks give every class the same, so a class differs only by its bundle.
    """
    names = features(roster.attributes, roster.crossed)
    vectors = [vector(unit, names) for unit in roster.units]
    reached = [0] * (len(names) + 1)
    for bundling in groups.bundlings:
        counts = [[sum(vectors[unit][f] for unit in bundle) for bundle in bundling] for f in range(len(reached))]
        reached = [max(r, max(row) - min(row)) for r, row in zip(reached, counts, strict=True)]
    labels = ("size", *map(label, names))
    return tuple(
        Line(name, r, int(total % roster.classes > 0))
        for name, r, total in zip(labels, reached, totals(roster), strict=True)
    )


def totals(roster: Roster) -> tuple[int, ...]:
    """Students of the whole roster by feature (A1)."""
    names = features(roster.attributes, roster.crossed)
    return tuple(map(sum, zip(*(vector(unit, names) for unit in roster.units), strict=True)))


# Fewer students of one value in a class than this are told of nobody (A28).
SMALLEST_CELL = 5


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of one attribute: (values, students of each class with one of them), as much of it as may be published."""

    attribute: str
    rows: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...]

    def json(self) -> dict[str, object]:
        """As it stands in statement.json."""
        rows = [{"counts": list(counts), "values": list(values)} for values, counts in self.rows]
        return {"attribute": self.attribute, "rows": rows}


def numbers_per_class(roster: Roster, classes: Sequence[int], published: Sequence[str]) -> tuple[Numbers, ...]:
    """Count the students of every class by the attributes `published`, small groups pooled or left out (A28).

    `classes`: class 1 … K of every unit.
    """
    found = []
    for attribute in roster.attributes:
        if attribute.id not in published:
            continue
        cells = Counter(
            (student[attribute.id], number)
            for unit, number in zip(roster.units, classes, strict=True)
            for student in unit.students
        )
        numbers = range(1, roster.classes + 1)
        counted = {value: tuple(cells[value, number] for number in numbers) for value in attribute.values}
        rows: list[tuple[tuple[str, ...], tuple[int, ...]]]
        rows = [((value,), counts) for value, counts in counted.items() if min(counts) >= SMALLEST_CELL]
        small = tuple(value for value, counts in counted.items() if min(counts) < SMALLEST_CELL)
        if small:
            pooled = tuple(map(sum, zip(*(counted[value] for value in small), strict=True)))
            if min(pooled) < SMALLEST_CELL:
                continue
            rows.append((small, pooled))
        found.append(Numbers(attribute.id, tuple(rows)))
    return tuple(found)


MIN_BUNDLINGS = 16
MIN_REMAINDER = 12
MIN_CLASSES = 3
MAX_FREQUENT = 3


@dataclass(frozen=True, slots=True)
class Pairs:
    """How often remainder pairs share a bundle, and how much bundles of different bundlings overlap (A20-A22).

    `histogram[c]`: number of remainder pairs together in c of the M bundlings. All else leaves pinned units out:
    `remainder` counts the others, `free` is their histogram, `most` the largest number of their pairs that share a
    bundle in one bundling. `overlap_limit`: None where there is none.
    """

    classes: int
    remainder: int
    histogram: tuple[int, ...]
    free: tuple[int, ...]
    most: int
    overlap: int
    overlap_limit: int | None

    @property
    def honest(self) -> bool:
        """Whether the limits of A21 and A22, where they speak of this remainder, are kept."""
        k, r, m = self.classes, self.remainder, len(self.free) - 1
        if self.overlap_limit is not None and self.overlap >= self.overlap_limit:
            return False
        if k < MIN_CLASSES or m < MIN_BUNDLINGS or r < max(3 * k, MIN_REMAINDER):
            return True
        repeated = sum(c * (c - 1) * number for c, number in enumerate(self.free))
        frequent = sum(number for c, number in enumerate(self.free) if 4 * c > 3 * m)
        limit = (30 * (r - k) + 3 * k * (r - 1)) * m * (m - 1) * self.most
        return frequent <= MAX_FREQUENT and 20 * k * (r - 1) * repeated <= limit


def pairs(groups: Groups, classes: int) -> Pairs:
    """Count pairs and overlaps of the remainder."""
    pinned = {unit for unit, _ in groups.pins}
    free = [unit for unit in groups.remainder if unit not in pinned]
    m = len(groups.bundlings)
    histogram, most = _together(groups.bundlings, groups.remainder)
    among_free = histogram
    if pinned:
        without = [[[unit for unit in bundle if unit not in pinned] for bundle in b] for b in groups.bundlings]
        among_free, most = _together(without, free)
    where = [{unit: k for k, bundle in enumerate(bundling) for unit in bundle} for bundling in groups.bundlings]
    overlap = max(
        (max(Counter((a[unit], b[unit]) for unit in free).values(), default=0) for a, b in combinations(where, 2)),
        default=0,
    )
    return Pairs(classes, len(free), histogram, among_free, most, overlap, overlap_limit(len(free), classes, m))


def _together(bundlings: Sequence[Sequence[Sequence[int]]], units: Sequence[int]) -> tuple[tuple[int, ...], int]:
    """Number of pairs of `units` by how many bundlings have them in one bundle, and the most pairs of a bundling."""
    together: Counter[tuple[int, int]] = Counter()
    most = 0
    for bundling in bundlings:
        for bundle in bundling:
            together.update(combinations(bundle, 2))
        most = max(most, sum(comb(len(bundle), 2) for bundle in bundling))
    by_count = Counter(together.values())
    return (comb(len(units), 2) - len(together), *(by_count[c] for c in range(1, len(bundlings) + 1))), most


def overlap_limit(r: int, classes: int, m: int) -> int | None:
    """The overlap that honest groups stay below (A21); None where any overlap may be honest."""
    size = -(-r // classes)
    tail = 0
    limit = size + 1
    factor = classes * classes * (m * (m - 1) // 2) * 2**20
    for t in range(size, 1, -1):
        tail += comb(size, t) * comb(r - size, size - t)
        if factor * tail > comb(r, size):
            break
        limit = t
    limit = max(limit, -(-size // 2) + 1)
    return limit if limit <= size else None
