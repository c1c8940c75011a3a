"""Blocks, remainder and bundlings from a sealed roster (allocation, A1-A12). Whole numbers only.

The walk of A6 is the slow part. Units with equal vectors are one *kind*, and for every two kinds the features in which
they differ are kept; the cost of a count is read from a table of its feature.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from . import canonical
from .allocation import WORD, Stream

Vector = Tuple[int, ...]
MIN_SWEEPS, MAX_SWEEPS, DESCENT_SWEEPS = 16, 128, 16
MIN_PROPOSALS = 256
ATTEMPTS = 8
PLAIN_PENALTY = 3


MAX_PLACES = 200  # C25


class GroupingError(ValueError):
    """A roster that the rule cannot group (A11)."""


class Feature(NamedTuple):
    """An attribute's value, by the attribute's place in the plan."""

    place: int
    attribute: str
    value: str


class Roster:
    """What the grouping needs of one draw's sealed roster (R8)."""

    def __init__(self, sealed: Dict[str, Any]) -> None:
        self.k: int = sealed["classes"]
        self.attributes: List[Dict[str, Any]] = sealed["attributes"]
        self.features = [
            Feature(place, attribute["id"], value)
            for place, attribute in enumerate(self.attributes)
            for value in attribute["values"]
        ]
        self.apart: List[List[int]] = sealed["constraints"]["apart"]
        self.caps: List[Dict[str, Any]] = sealed["constraints"]["caps"]
        self.units: List[List[Dict[str, str]]] = [
            [student["attributes"] for student in unit] for unit in sealed["units"]
        ]
        self.vectors = [self._vector(unit) for unit in self.units]

    def _vector(self, unit: List[Dict[str, str]]) -> Vector:
        """A1: number of students, then number of students with every value."""
        counts = (sum(student[f.attribute] == f.value for student in unit) for f in self.features)
        return (len(unit), *counts)

    @property
    def weights(self) -> List[int]:
        """A8, by feature."""
        a = len(self.attributes)
        return [a + 1] + [a - f.place for f in self.features]


class Cell(NamedTuple):
    vector: Vector
    units: List[int]


def cells_of(roster: Roster) -> List[Cell]:
    """A1: units of one student outside apart pairs, by their values; cells in the order of the plan's values."""
    in_pair = {unit for pair in roster.apart for unit in pair}
    found: Dict[Vector, List[int]] = {}
    for unit, vector in enumerate(roster.vectors):
        if vector[0] == 1 and unit not in in_pair:
            found.setdefault(vector, []).append(unit)
    # A one further left in the vector is an earlier value, so larger vectors come first.
    return [Cell(vector, found[vector]) for vector in sorted(found, reverse=True)]


def block_numbers(roster: Roster, cells: Sequence[Cell]) -> List[int]:
    """Blocks of every cell after A2 and A3."""
    k = roster.k
    blocks = [len(cell.units) // k for cell in cells]
    totals = [sum(column) for column in zip(*roster.vectors)] if roster.vectors else []
    for cell, number in zip(cells, blocks):
        for f, count in enumerate(cell.vector):
            totals[f] -= count * number * k
    families = [vector for vector in roster.vectors if vector[0] > 1]
    largest = [max(column) for column in zip(*families)] if families else []
    while True:
        released = _release(largest, totals, cells, blocks, k)
        if released is None:
            return blocks
        blocks[released] -= 1
        for f, count in enumerate(cells[released].vector):
            totals[f] += count * k


def _release(
    largest: Sequence[int], totals: Sequence[int], cells: Sequence[Cell], blocks: Sequence[int], k: int
) -> Optional[int]:
    """The cell that gives up a block next (A3), if any."""
    for f in range(1, len(largest)):
        if largest[f] >= 1 and largest[f] + 1 > -(-totals[f] // k):
            candidates = [i for i, cell in enumerate(cells) if cell.vector[f] and blocks[i]]
            if candidates:
                return max(candidates, key=lambda i: (blocks[i], -i))
    return None


class Frame(NamedTuple):
    """What is the same for all bundlings of a draw."""

    k: int
    vectors: List[Vector]  # by position, blanks included
    real: int  # positions that are units
    floors: List[int]
    ceilings: List[int]
    caps: List[Optional[int]]  # what of a feature's cap is left for a bundle, None without a cap
    neighbours: List[List[int]]  # apart pairs, by position
    weights: List[int]
    bound: int  # LB of A8


def frame_of(roster: Roster, remainder: Sequence[int], cells: Sequence[Cell], blocks: Sequence[int]) -> Frame:
    k, width = roster.k, len(roster.features) + 1
    vectors = [roster.vectors[unit] for unit in remainder]
    totals = [sum(column) for column in zip(*vectors)] if vectors else [0] * width
    ceilings = [-(-total // k) for total in totals]
    families = [vector for vector in vectors if vector[0] > 1]
    weights = roster.weights
    bound = sum(w * max(0, c - top) for vector in families for w, c, top in zip(weights, vector, ceilings))
    place = {unit: position for position, unit in enumerate(remainder)}
    blanks = k if families else 0
    neighbours: List[List[int]] = [[] for _ in range(len(vectors) + blanks)]
    for i, j in roster.apart:
        neighbours[place[i]].append(place[j])
        neighbours[place[j]].append(place[i])
    floors = [total // k for total in totals]
    padded = vectors + [(0,) * width] * blanks
    caps = _caps_left(roster, cells, blocks)
    return Frame(k, padded, len(vectors), floors, ceilings, caps, neighbours, weights, bound)


def _caps_left(roster: Roster, cells: Sequence[Cell], blocks: Sequence[int]) -> List[Optional[int]]:
    """Cap' of A7 by feature."""
    left: List[Optional[int]] = [None] * (len(roster.features) + 1)
    for f, feature in enumerate(roster.features, start=1):
        limits = [c["max"] for c in roster.caps if (c["attribute"], c["value"]) == (feature.attribute, feature.value)]
        if limits:
            left[f] = min(limits) - sum(number for cell, number in zip(cells, blocks) if cell.vector[f])
    return left


# --- the walk -----------------------------------------------------------------------------------------------------

Score = Tuple[int, int]


class Walk:
    """One attempt at one bundling (A5-A10)."""

    def __init__(self, frame: Frame, stream: Stream) -> None:
        self.frame = frame
        self.stream = stream
        self.n = len(frame.vectors)
        self.home = self._start()  # bundle of every position
        distinct = {vector: number for number, vector in enumerate(sorted(set(frame.vectors)))}
        self.kind = [distinct[vector] for vector in frame.vectors]
        kinds = sorted(distinct)
        self.differences = [
            [[(f, b - a) for f, (a, b) in enumerate(zip(one, other)) if a != b] for other in kinds] for one in kinds
        ]
        self.top = [sum(column) + 1 for column in zip(*frame.vectors)]
        self._recount()

    def _start(self) -> List[int]:
        frame = self.frame
        order = self.stream.shuffle(list(range(frame.real)))
        order.sort(key=lambda position: frame.vectors[position], reverse=True)  # reverse keeps the sort stable
        order += range(frame.real, self.n)
        home = [0] * self.n
        for i, position in enumerate(order):
            home[position] = i % frame.k
        return home

    def _recount(self) -> None:
        width = len(self.frame.ceilings)
        self.counts = [[0] * width for _ in range(self.frame.k)]
        for position, bundle in enumerate(self.home):
            counts = self.counts[bundle]
            for f, value in enumerate(self.frame.vectors[position]):
                counts[f] += value

    def score(self) -> Score:
        """(broken rules, weighted energy) of A8."""
        frame, home = self.frame, self.home
        broken = sum(home[i] == home[j] for i, near in enumerate(frame.neighbours) for j in near) // 2
        energy = 0
        for counts in self.counts:
            for c, low, high, cap, weight in zip(counts, frame.floors, frame.ceilings, frame.caps, frame.weights):
                if c > high:
                    energy += weight * (c - high)
                elif c < low:
                    energy += weight * (low - c)
                if cap is not None and c > cap:
                    broken += c - cap
        return broken, energy

    def _tables(self, weights: Sequence[int], penalty: int) -> List[List[int]]:
        """Cost of a count, by feature and count (A7)."""
        frame = self.frame
        tables = []
        for weight, low, high, cap, top in zip(weights, frame.floors, frame.ceilings, frame.caps, self.top):
            row = [weight * max(0, c - high, low - c) for c in range(top + 1)]
            if cap is not None:
                row = [cost + penalty * max(0, c - cap) for c, cost in enumerate(row)]
            tables.append(row)
        return tables

    def sweep(self, tables: List[List[int]], penalty: int, beta: int) -> None:
        """max(n, 256) proposals (A6). beta 0: uphill never, and no word taken for it (A10)."""
        n, home, kind, counts = self.n, self.home, self.kind, self.counts
        neighbours, differences = self.frame.neighbours, self.differences
        word = self.stream.word
        limit = WORD - WORD % n
        for _ in range(max(n, MIN_PROPOSALS)):
            i = word()
            while i >= limit:
                i = word()
            i %= n
            j = word()
            while j >= limit:
                j = word()
            j %= n
            p, q = home[i], home[j]
            if p == q:
                continue
            changes = differences[kind[i]][kind[j]]
            from_p, from_q = counts[p], counts[q]
            delta = 0
            for f, d in changes:
                cost, a, b = tables[f], from_p[f], from_q[f]
                delta += cost[a + d] - cost[a] + cost[b - d] - cost[b]
            if neighbours[i] or neighbours[j]:
                delta += penalty * self._apart_change(i, j)
            if delta > 0:
                exponent = beta * delta
                if not beta or exponent > 31 or word() >= 1 << (32 - exponent):
                    continue
            home[i], home[j] = q, p
            for f, d in changes:
                from_p[f] += d
                from_q[f] -= d

    def _apart_change(self, i: int, j: int) -> int:
        """How many more apart pairs share a bundle if i and j change bundles."""
        home = self.home
        p, q = home[i], home[j]
        change = 0
        for near in self.frame.neighbours[i]:
            if near != j:
                change += (home[near] == q) - (home[near] == p)
        for near in self.frame.neighbours[j]:
            if near != i:
                change += (home[near] == p) - (home[near] == q)
        return change

    def run(self, target: int) -> Score:
        """A10; the division is then in `home`."""
        frame, score = self.frame, self.score()
        if self.n < 2:
            return score
        best, best_home, goal = score, list(self.home), (0, target)
        width = len(frame.ceilings)
        tables = self._tables([2] + [1] * (width - 1), PLAIN_PENALTY)
        beta = max(3, (frame.k * width - 1).bit_length())
        for number in range(1, MAX_SWEEPS + 1):
            self.sweep(tables, PLAIN_PENALTY, beta)
            score = self.score()
            if number >= MIN_SWEEPS and score <= goal:
                return score
            if score < best:
                best, best_home = score, list(self.home)
        self.home = best_home
        self._recount()
        return self._descend(goal)

    def _descend(self, goal: Score) -> Score:
        penalty = self.frame.weights[0] + 1  # A + 2
        tables = self._tables(self.frame.weights, penalty)
        for _ in range(DESCENT_SWEEPS):
            score = self.score()
            if score <= goal:
                return score
            self.sweep(tables, penalty, 0)
        return self.score()


def _bundling(frame: Frame, seed: bytes, m: int, target: int) -> "tuple[List[int], int]":
    """Bundle of every position, and weighted energy, of bundling m (A11)."""
    best: Optional[Score] = None
    home: List[int] = []
    for attempt in range(ATTEMPTS):
        stream = Stream(canonical.tagged("bundling", seed, canonical.u64(m), canonical.u64(attempt)))
        walk = Walk(frame, stream)
        score = walk.run(target)
        if best is None or score < best:
            best, home = score, walk.home
        if best <= (0, target):
            break
    if best is None or best[0]:
        raise GroupingError("bundling %d breaks a rule in every attempt (A11)" % m)
    return home, best[1]


def compute(sealed: Dict[str, Any], seed: bytes, bundlings: int) -> Dict[str, Any]:
    """The groups file (R6) of a draw; GroupingError if there is none."""
    roster = Roster(sealed)
    cells = cells_of(roster)
    numbers = block_numbers(roster, cells)
    stream = Stream(canonical.tagged("blocks", seed))
    blocks, used = [], set()
    for cell, number in zip(cells, numbers):
        order = stream.shuffle(list(cell.units))
        for i in range(number):
            block = sorted(order[i * roster.k : (i + 1) * roster.k])
            blocks.append(block)
            used.update(block)
    remainder = [unit for unit in range(len(roster.units)) if unit not in used]
    frame = frame_of(roster, remainder, cells, numbers)
    found, least = [], -1
    for m in range(bundlings):
        home, energy = _bundling(frame, seed, m, max(frame.bound, least))
        least = energy if least < 0 else min(least, energy)
        bundles: List[List[int]] = [[] for _ in range(roster.k)]
        for unit, bundle in zip(remainder, home):
            bundles[bundle].append(unit)
        filled = sorted(bundle for bundle in bundles if bundle)
        found.append(filled + [[] for _ in range(roster.k - len(filled))])
    return {
        "blocks": sorted(blocks),
        "bundlings": found,
        "draw": sealed["draw"],
        "remainder": remainder,
        "version": canonical.VERSION,
    }


def whole(draw: str, units: int, bundlings: int) -> Dict[str, Any]:
    """The groups file of a draw that divides nothing: one block of all units (A24)."""
    if units > MAX_PLACES:
        raise GroupingError("more units than C25 allows")
    return {
        "blocks": [list(range(units))],
        "bundlings": [[[] for _ in range(units)] for _ in range(bundlings)],
        "draw": draw,
        "remainder": [],
        "version": canonical.VERSION,
    }


def certificate(sealed: Dict[str, Any], groups: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The certificate of A23. Blocks give every class the same, so only bundles differ."""
    roster = Roster(sealed)
    names = ["size"] + ["%s=%s" % (f.attribute, f.value) for f in roster.features]
    out = []
    for f, name in enumerate(names):
        reached = 0
        for bundling in groups["bundlings"]:
            counts = [sum(roster.vectors[unit][f] for unit in bundle) for bundle in bundling]
            reached = max(reached, max(counts) - min(counts))
        bound = 0 if sum(vector[f] for vector in roster.vectors) % roster.k == 0 else 1
        out.append({"bound": bound, "feature": name, "proven": reached == bound, "reached": reached})
    return out
