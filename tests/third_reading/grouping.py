"""The groups of a draw from its roster, as spec/allocation.md says it (A1-A12), late placing (A25), pins (A27).

Part of the third reading: written from the text alone, plainly rather than fast, for tests that compare the other
implementations with it. Values are as in JSON files: attributes and crossed pairs as in the plan (C3), units, pairs
apart and caps as in the sealed roster (R8), pins as [unit index, class], seeds in hexadecimal. Nothing is checked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any, NamedTuple

from tests.third_reading.permuting import Pair, Stream, h, place_late

Vector = list[int]
Score = tuple[int, int]  # broken rules, weighted energy


class UngroupableError(ValueError):
    """A11: some bundling breaks a rule, whatever was tried."""


def ceiling(total: int, k: int) -> int:
    return -(-total // k)


class Roster:
    """Features, vectors and cells (A1), numbers of blocks (A2, A3) and, with a grouping seed, blocks (A4)."""

    def __init__(
        self, attributes: Any, crossed: Any, units: Any, k: int, apart: list[list[int]], pins: list[Pair]
    ) -> None:
        self.attributes, self.crossed, self.units, self.k = attributes, crossed, units, k
        self.apart, self.pinned = apart, {pair[0]: pair[1] for pair in pins}
        self.features, self.weights = zip(*self._features(), strict=True)
        self.vectors = [[self._count(unit, asked) for asked in self.features] for unit in units]
        self.cells = self._cells()
        self.blocks = {cell: self._most_blocks(members) for cell, members in self.cells.items()}
        if 1 <= len(units) - k * sum(self.blocks.values()) <= 31:  # A2
            self.blocks = {cell: b - 1 if b else 0 for cell, b in self.blocks.items()}
        self._release()

    def _features(self) -> Iterator[tuple[dict[str, str], int]]:
        """A1 and A8: the values that a student has who is counted (feature 0: any), and the weight (feature 0: none)."""
        balanced = {a["id"]: [v for v in a["values"] if v not in a["free"]] for a in self.attributes}
        number = len(self.attributes) + len(self.crossed)
        yield {}, 0
        for place, (name, values) in enumerate(balanced.items()):
            for value in values:
                yield {name: value}, number - place
        for place, (first, second) in enumerate(self.crossed, len(self.attributes)):
            for value in balanced[first]:
                for other in balanced[second]:
                    yield {first: value, second: other}, number - place

    @staticmethod
    def _count(unit: Any, asked: dict[str, str]) -> int:
        return sum(all(student[name] == value for name, value in asked.items()) for student in unit)

    def _cells(self) -> dict[tuple[int, ...], list[int]]:
        """A1: positions of the values in the plan -> units, ascending; in the order of cells."""
        kept_apart = {unit for pair in self.apart for unit in pair}
        cells: dict[tuple[int, ...], list[int]] = {}
        for index, unit in enumerate(self.units):
            if len(unit) == 1 and index not in kept_apart:
                cell = tuple(a["values"].index(unit[0][a["id"]]) for a in self.attributes)
                cells.setdefault(cell, []).append(index)
        return dict(sorted(cells.items()))

    def pinned_to(self, members: list[int]) -> dict[int, list[int]]:
        """Classes to which some of the members are pinned, ascending -> these units, ascending."""
        classes = sorted({self.pinned[unit] for unit in members if unit in self.pinned})
        return {c: sorted(unit for unit in members if self.pinned.get(unit) == c) for c in classes}

    def unpinned(self, members: list[int]) -> list[int]:
        return sorted(unit for unit in members if unit not in self.pinned)

    def _most_blocks(self, members: list[int]) -> int:
        """A2."""
        u, pinned = len(self.unpinned(members)), self.pinned_to(members)
        possible = [
            b
            for b in range(len(members) // self.k + 1)
            if b * self.k <= u + sum(min(len(units), b) for units in pinned.values())
        ]
        return max(possible)

    def pinned_in_blocks(self, members: list[int], b: int) -> list[list[int]]:
        """A3, A4: the pinned units of every block of a cell."""
        pinned = self.pinned_to(members).values()
        return [[units[i] for units in pinned if i < len(units)] for i in range(b)]

    def cut(self, members: list[int], b: int, unpinned: list[int]) -> tuple[list[list[int]], list[int]]:
        """A4: the blocks of a cell whose other units come in this order, and what is left."""
        blocks, unpinned = self.pinned_in_blocks(members, b), list(unpinned)
        for block in blocks:
            while len(block) < self.k:
                block.append(unpinned.pop(0))
        placed = {unit for block in blocks for unit in block}
        return blocks, [unit for unit in members if unit not in placed]

    def outside(self) -> list[int]:
        """A2: units that are in the remainder whatever the numbers of blocks."""
        in_cells = {unit for members in self.cells.values() for unit in members}
        return [unit for unit in range(len(self.units)) if unit not in in_cells]

    def typical_remainder(self) -> list[int]:
        """A remainder before there is a seed: which of a cell's unpinned units are left makes no difference to A3."""
        remainder = self.outside()
        for cell, members in self.cells.items():
            remainder += self.cut(members, self.blocks[cell], self.unpinned(members))[1]
        return sorted(remainder)

    def totals(self, remainder: list[int]) -> Vector:
        """A3: T_f."""
        return [sum(self.vectors[unit][f] for unit in remainder) for f in range(len(self.features))]

    def lumps(self, remainder: list[int]) -> list[Vector]:
        """A3: the counts of every lump."""
        alone = [self.vectors[unit] for unit in remainder if unit not in self.pinned]
        together = [self.totals(units) for units in self.pinned_to(remainder).values()]
        return [counts for counts in alone + together if counts[0] > 1]

    def tight(self, remainder: list[int]) -> list[int]:
        """A3: the tight features."""
        totals, lumps = self.totals(remainder), self.lumps(remainder)
        limits = [ceiling(total, self.k) for total in totals]
        return [
            f
            for f in range(len(self.features))
            if any(v[0] > limits[0] if f == 0 else v[f] >= 1 and v[f] + 1 > limits[f] for v in lumps)
        ]

    def has(self, cell: tuple[int, ...], f: int) -> bool:
        values = {a["id"]: a["values"][i] for a, i in zip(self.attributes, cell, strict=True)}
        return all(values[name] == value for name, value in self.features[f].items())

    def _release(self) -> None:
        """A3."""
        while True:
            for f in self.tight(self.typical_remainder()):
                cells = [cell for cell in self.cells if self.blocks[cell] >= 1 and self.has(cell, f)]
                if cells:
                    self.blocks[max(cells, key=lambda cell: self.blocks[cell])] -= 1  # the first of several
                    break
            else:
                return

    def grouped(self, seed: bytes) -> tuple[list[list[int]], list[int]]:
        """A4: blocks and remainder."""
        stream, blocks, remainder = Stream(h("blocks", seed)), [], self.outside()
        for cell, members in self.cells.items():
            shuffled = stream.shuffle(self.unpinned(members))
            made, left = self.cut(members, self.blocks[cell], shuffled)
            blocks += made
            remainder += left
        return sorted(sorted(block) for block in blocks), sorted(remainder)


class Remainder:
    """What every bundling of a draw has in common: positions (A5), totals, caps, lumps (A7, A8)."""

    def __init__(self, roster: Roster, remainder: list[int], caps: Any) -> None:
        largest = max((roster.vectors[unit][0] for unit in remainder), default=1)
        self.k, self.weights = roster.k, [1 + 2 * largest * sum(roster.weights), *roster.weights[1:]]
        self.units = remainder
        self.pinned = roster.pinned_to(remainder)
        self.fixed = {remainder.index(unit) for units in self.pinned.values() for unit in units}
        blanks = self.k if self.fixed or any(roster.vectors[unit][0] > 1 for unit in remainder) else 0
        nothing = [0] * len(roster.features)
        self.vectors = [roster.vectors[unit] for unit in remainder] + [nothing] * blanks
        self.totals = roster.totals(remainder)
        self.ceilings = [ceiling(total, self.k) for total in self.totals]
        self.floors = [total // self.k for total in self.totals]
        self.caps = self._caps(roster, caps)
        self.friends: list[set[int]] = [set() for _ in self.vectors]  # of every position those kept apart from it
        for first, second in roster.apart:
            self.friends[remainder.index(first)].add(remainder.index(second))
            self.friends[remainder.index(second)].add(remainder.index(first))
        self.bound = sum(
            weight * max(0, counts[f] - self.ceilings[f])
            for counts in roster.lumps(remainder)
            for f, weight in enumerate(self.weights)
        )

    @staticmethod
    def _caps(roster: Roster, caps: Any) -> dict[int, int]:
        """A7: feature -> cap'."""
        result: dict[int, int] = {}
        for cap in caps:
            f = roster.features.index({cap["attribute"]: cap["value"]})
            blocks = sum(b for cell, b in roster.blocks.items() if roster.has(cell, f))
            result[f] = min(result.get(f, cap["max"] - blocks), cap["max"] - blocks)
        return result

    def excess(self, f: int, count: int) -> int:
        """A7: how far a bundle's count of a feature is from its floor and ceiling."""
        return max(0, count - self.ceilings[f], self.floors[f] - count)

    def over_cap(self, f: int, count: int) -> int:
        return max(0, count - self.caps[f]) if f in self.caps else 0


class Division:
    """A division of the positions into K bundles, and the walk over divisions (A5-A10)."""

    def __init__(self, remainder: Remainder, stream: Stream) -> None:
        """The start of A5."""
        self.remainder, self.stream, k = remainder, stream, remainder.k
        self.bundle_of = [-1] * len(remainder.vectors)
        for j, units in enumerate(remainder.pinned.values()):
            for unit in units:
                self.bundle_of[remainder.units.index(unit)] = j
        r = len(remainder.units)
        others = stream.shuffle([i for i in range(r) if i not in remainder.fixed])
        others.sort(key=lambda i: remainder.vectors[i], reverse=True)  # stable also in reverse
        for position in others + list(range(r, len(remainder.vectors))):
            filled = [self.bundle_of.count(j) for j in range(k)]
            self.bundle_of[position] = filled.index(min(filled))
        self.counts = [[0] * len(remainder.totals) for _ in range(k)]
        for position, j in enumerate(self.bundle_of):
            for f, v in enumerate(remainder.vectors[position]):
                self.counts[j][f] += v

    def broken(self) -> int:
        """A7: broken rules."""
        together = sum(
            self.bundle_of[other] == self.bundle_of[position]
            for position, others in enumerate(self.remainder.friends)
            for other in others
            if other > position
        )
        return together + sum(
            self.remainder.over_cap(f, counts[f]) for counts in self.counts for f in self.remainder.caps
        )

    def score(self) -> Score:
        """A8."""
        weights = self.remainder.weights
        energy = sum(w * self.remainder.excess(f, counts[f]) for counts in self.counts for f, w in enumerate(weights))
        return self.broken(), energy

    def change(self, i: int, j: int, weights: list[int], rho: int) -> int:
        """A6: the change of cost if positions i and j changed bundles."""
        remainder, a, b = self.remainder, self.bundle_of[i], self.bundle_of[j]
        result = 0
        for f, (vi, vj) in enumerate(zip(remainder.vectors[i], remainder.vectors[j], strict=True)):
            if vi != vj:
                for bundle, more in ((a, vj - vi), (b, vi - vj)):
                    before, after = self.counts[bundle][f], self.counts[bundle][f] + more
                    result += weights[f] * (remainder.excess(f, after) - remainder.excess(f, before))
                    result += rho * (remainder.over_cap(f, after) - remainder.over_cap(f, before))
        for position, old, new, partner in ((i, a, b, j), (j, b, a, i)):
            for other in remainder.friends[position]:
                if other != partner:
                    result += rho * ((self.bundle_of[other] == new) - (self.bundle_of[other] == old))
        return result

    def swap(self, i: int, j: int) -> None:
        a, b = self.bundle_of[i], self.bundle_of[j]
        for f, (vi, vj) in enumerate(zip(self.remainder.vectors[i], self.remainder.vectors[j], strict=True)):
            self.counts[a][f] += vj - vi
            self.counts[b][f] += vi - vj
        self.bundle_of[i], self.bundle_of[j] = b, a

    def sweep(self, weights: list[int], rho: int, *, uphill: bool) -> None:
        """A6, A7."""
        n, fixed = len(self.bundle_of), self.remainder.fixed
        beta = max(3, (self.remainder.k * len(self.remainder.totals) - 1).bit_length())
        for _ in range(max(n, 256)):
            i = self.stream.below(n)
            j = self.stream.below(n)
            if self.bundle_of[i] == self.bundle_of[j] or i in fixed or j in fixed:
                continue
            delta = self.change(i, j, weights, rho)
            if delta > 0 and (not uphill or beta * delta > 31 or self.stream.word() >= 1 << 32 - beta * delta):
                continue
            self.swap(i, j)

    def copied(self) -> tuple[list[int], list[Vector]]:
        return list(self.bundle_of), [list(counts) for counts in self.counts]

    def walk(self, target: int) -> None:
        """A10: afterwards this division is the outcome of the attempt."""
        if len(self.bundle_of) < 2:
            return
        plain = [2] + [1] * (len(self.remainder.totals) - 1)
        best, kept = self.score(), self.copied()
        for sweeps in range(1, 129):
            self.sweep(plain, 3, uphill=True)
            score = self.score()
            if sweeps >= 16 and score <= (0, target):
                return
            if score < best:
                best, kept = score, self.copied()
        self.bundle_of, self.counts = kept
        weights = self.remainder.weights
        for _ in range(16):
            if self.score() <= (0, target):
                return
            self.sweep(weights, weights[0] + 1, uphill=False)

    def bundles(self) -> list[list[int]]:
        """A12, R6."""
        bundles: list[list[int]] = [[] for _ in range(self.remainder.k)]
        for position, unit in enumerate(self.remainder.units):
            bundles[self.bundle_of[position]].append(unit)
        return sorted(filter(None, bundles)) + [[] for bundle in bundles if not bundle]


def bundling(remainder: Remainder, seed: bytes, m: int, target: int) -> tuple[Score, list[list[int]]]:
    """A11: the best of up to eight attempts."""
    outcomes: list[tuple[Score, list[list[int]]]] = []
    for attempt in range(8):
        division = Division(remainder, Stream(h("bundling", seed, m.to_bytes(8, "big"), attempt.to_bytes(8, "big"))))
        division.walk(target)
        outcomes.append((division.score(), division.bundles()))
        if outcomes[-1][0] <= (0, target):
            break
    return min(outcomes, key=lambda outcome: outcome[0])  # the earliest of equals


def group(
    attributes: Any,
    crossed: Any,
    units: Any,
    classes: int,
    *,
    apart: list[list[int]],
    pins: list[Pair],
    caps: Any,
    grouping_seed: str,
    bundlings: int,
) -> Any:
    """A1-A12: groups.json (R6) less `draw` and `version`. UngroupableError if the rules cannot be kept."""
    seed, roster = bytes.fromhex(grouping_seed), Roster(attributes, crossed, units, classes, apart, pins)
    blocks, left = roster.grouped(seed)
    remainder = Remainder(roster, left, caps)
    made: list[list[list[int]]] = []
    target, least = remainder.bound, None
    for m in range(bundlings):
        (broken, energy), bundles = bundling(remainder, seed, m, target)
        if broken:
            raise UngroupableError(f"bundling {m} breaks {broken} rules")
        least = energy if least is None else min(least, energy)  # A9
        target = max(remainder.bound, least)
        made.append(bundles)
    return {"barred": [], "blocks": blocks, "bundlings": made, "pins": sorted(map(list, pins)), "remainder": left}


# --- A25 -----------------------------------------------------------------------------------------------------------


def late(draw_seed: str, sizes: list[int], students: list[int]) -> tuple[list[int], list[int]]:
    """A25: class and, ascending, forced units; `sizes` of the classes before, `students` of every unit."""
    classes, forced = place_late(Stream(h("permuting", bytes.fromhex(draw_seed))), sizes, students)
    return [classes[unit] for unit in range(len(students))], forced


# --- A27 -----------------------------------------------------------------------------------------------------------

Distribution = tuple[Fraction, ...]  # of the classes 1 ... K


class Placed(NamedTuple):
    """A unit as A27 sees it."""

    place: int  # index of its block, -1 for the remainder
    pinned: bool
    distribution: Distribution


def even(k: int, taken: set[int]) -> Distribution:
    """The classes outside `taken` alike."""
    return tuple(Fraction(c not in taken, max(1, k - len(taken))) for c in range(1, k + 1))


def only(k: int, number: int) -> Distribution:
    return tuple(Fraction(c == number) for c in range(1, k + 1))


def distributions(groups: Any, k: int) -> list[Placed]:
    """A27: every unit, in no order."""
    pinned = dict(groups["pins"])
    placed = [Placed(i, True, only(k, pinned[u])) for i, b in enumerate(groups["blocks"]) for u in b if u in pinned]
    for i, block in enumerate(groups["blocks"]):
        probabilities = even(k, {pinned[unit] for unit in block if unit in pinned})
        placed += [Placed(i, pinned=False, distribution=probabilities) for unit in block if unit not in pinned]
    placed += [Placed(-1, True, only(k, pinned[unit])) for unit in groups["remainder"] if unit in pinned]
    others = even(k, {pinned[unit] for unit in groups["remainder"] if unit in pinned})
    for unit in groups["remainder"]:
        if unit not in pinned:
            sums = [Fraction(0)] * k
            for bundles in groups["bundlings"]:
                bundle = next(bundle for bundle in bundles if unit in bundle)
                fixed = [pinned[other] for other in bundle if other in pinned]
                sums = [s + p for s, p in zip(sums, only(k, fixed[0]) if fixed else others, strict=True)]
            placed.append(Placed(-1, pinned=False, distribution=tuple(s / len(groups["bundlings"]) for s in sums)))
    return placed


def pin_report(groups: Any, k: int) -> Any:
    """A27, as V5 shows it, for kind `classes`."""
    placed = distributions(groups, k)
    affected = sum(not unit.pinned and any(p != Fraction(1, k) for p in unit.distribution) for unit in placed)
    alone = [max(unit.distribution) for unit in placed if not unit.pinned]
    shared = [
        sum((p * q for p, q in zip(first.distribution, second.distribution, strict=True)), Fraction(0))
        for first, second in combinations(sorted(set(placed)), 2)
        if first.place != second.place and not (first.pinned and second.pinned)
    ]
    if not groups["pins"]:  # this sentence of A27 goes before the next
        alone = shared = [Fraction(1, k)]
    largest, pair = max(alone, default=Fraction(0)), max(shared, default=Fraction(0))
    return {
        "affected": affected,
        "class": [largest.numerator, largest.denominator],
        "pair": [pair.numerator, pair.denominator],
        "pinned": len(groups["pins"]),
    }
