"""Blocks, remainder and bundlings from a sealed roster (allocation, A1-A5, A11, A12). Whole numbers only."""

from __future__ import annotations

import itertools
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from . import canonical
from .allocation import Stream
from .walk import Frame, Score, Vector, Walk

ATTEMPTS = 8
MAX_UNITS = 20_000  # C25, of an audit


class GroupingError(ValueError):
    """A roster that the rule cannot group (A11)."""


class Feature(NamedTuple):
    """A value of an attribute, or two of a crossed pair, by the place of the attribute or pair (A1)."""

    place: int
    values: Tuple[Tuple[str, str], ...]  # attribute and value

    @property
    def name(self) -> str:
        """As in the statement (A23)."""
        return "%s=%s" % tuple("*".join(texts) for texts in zip(*self.values))


def features_of(attributes: Sequence[Dict[str, Any]], crossed: Sequence[Sequence[str]]) -> List[Feature]:
    """All features but the number of students (A1); attributes and pairs keep C3."""
    balanced = {}
    for one in attributes:
        free = set(one["free"])
        balanced[one["id"]] = [(one["id"], value) for value in one["values"] if value not in free]
    out = [Feature(place, (value,)) for place, values in enumerate(balanced.values()) for value in values]
    for place, (first, second) in enumerate(crossed, start=len(balanced)):
        out += [Feature(place, (one, other)) for one in balanced[first] for other in balanced[second]]
    return out


class Roster:
    """What the grouping needs of one draw's sealed roster (R8)."""

    def __init__(self, sealed: Dict[str, Any]) -> None:
        self.k: int = sealed["classes"]
        self.attributes: List[Dict[str, Any]] = sealed["attributes"]
        self.crossed: List[List[str]] = sealed["crossed"]
        self.features = features_of(self.attributes, self.crossed)
        self.apart: List[List[int]] = sealed["constraints"]["apart"]
        self.caps: List[Dict[str, Any]] = sealed["constraints"]["caps"]
        self.pins: Dict[int, int] = {unit: number for unit, number, _ in sealed["constraints"]["pins"]}
        self.units: List[List[Dict[str, str]]] = [
            [student["attributes"] for student in unit] for unit in sealed["units"]
        ]
        self._known: Dict[Tuple[str, ...], Vector] = {}
        self._place = {feature.values: f for f, feature in enumerate(self.features, start=1)}
        self.vectors = [added([self._vector(student) for student in unit]) for unit in self.units]

    def _vector(self, student: Dict[str, str]) -> Vector:
        """A1, of one student; students with the same values share it."""
        key = tuple(student[one["id"]] for one in self.attributes)
        if key not in self._known:
            vector = [1] + [0] * len(self.features)
            names = [(one["id"],) for one in self.attributes] + [tuple(pair) for pair in self.crossed]
            for name in names:
                f = self._place.get(tuple((attribute, student[attribute]) for attribute in name))
                if f is not None:  # else one of the values is free
                    vector[f] = 1
            self._known[key] = tuple(vector)
        return self._known[key]

    def weights(self, largest: int) -> List[int]:
        """A8, by feature; `largest`: students of the largest unit of the remainder."""
        a = len(self.attributes) + len(self.crossed)
        others = [a - f.place for f in self.features]
        return [1 + 2 * largest * sum(others), *others]


def added(vectors: Sequence[Vector]) -> Vector:
    """The sum of one vector or more."""
    return vectors[0] if len(vectors) == 1 else tuple(map(sum, zip(*vectors)))


class Cell(NamedTuple):
    vector: Vector
    units: List[int]
    loose: List[int]  # those that are not pinned
    pinned: Dict[int, List[int]]  # the others, by class in order; units ascend everywhere


def cells_of(roster: Roster) -> List[Cell]:
    """A1: units of one student outside apart pairs, by their values; cells in the order of the plan's values."""
    in_pair = {unit for pair in roster.apart for unit in pair}
    places = [(one["id"], {value: i for i, value in enumerate(one["values"])}) for one in roster.attributes]
    found: Dict[Tuple[int, ...], List[int]] = {}
    for unit, students in enumerate(roster.units):
        if len(students) == 1 and unit not in in_pair:
            # A value that the plan does not have is V71's; it makes a cell of its own.
            key = tuple(place.get(students[0][name], len(place)) for name, place in places)
            found.setdefault(key, []).append(unit)
    return [_cell(roster, found[key]) for key in sorted(found)]


def _cell(roster: Roster, units: List[int]) -> Cell:
    classes = sorted({roster.pins[unit] for unit in units if unit in roster.pins})
    pinned = {number: [unit for unit in units if roster.pins.get(unit) == number] for number in classes}
    return Cell(roster.vectors[units[0]], units, [unit for unit in units if unit not in roster.pins], pinned)


SMALL_REMAINDER = 32  # A2


def most_blocks(cell: Cell, k: int) -> int:
    """A2."""
    number = len(cell.units) // k
    while number * k > len(cell.loose) + sum(min(len(units), number) for units in cell.pinned.values()):
        number -= 1
    return number


def block_numbers(roster: Roster, cells: Sequence[Cell]) -> List[int]:
    """Blocks of every cell after A2 and A3."""
    k = roster.k
    blocks = [most_blocks(cell, k) for cell in cells]
    if 1 <= len(roster.units) - k * sum(blocks) < SMALL_REMAINDER:
        blocks = [max(0, number - 1) for number in blocks]
    totals = [sum(column) for column in zip(*roster.vectors)] if roster.vectors else []
    for cell, number in zip(cells, blocks):
        for f, count in enumerate(cell.vector):
            totals[f] -= count * number * k
    families = _families(roster)
    together = [_largest(families)] if families else []
    while True:
        largest = _largest(together + _pinned_lumps(roster, cells, blocks))
        released = _release(largest, totals, cells, blocks, k)
        if released is None:
            return blocks
        blocks[released] -= 1
        for f, count in enumerate(cells[released].vector):
            totals[f] += count * k


def _families(roster: Roster) -> List[Vector]:
    """The lumps of A3 that are one unit, which is not pinned."""
    return [vector for unit, vector in enumerate(roster.vectors) if vector[0] > 1 and unit not in roster.pins]


def _pinned_lumps(roster: Roster, cells: Sequence[Cell], blocks: Sequence[int]) -> List[Vector]:
    """The other lumps of A3: all that are pinned to one class and in the remainder, if they are several students."""
    if not roster.pins:
        return []
    in_blocks = {
        unit for cell, number in zip(cells, blocks) for units in cell.pinned.values() for unit in units[:number]
    }
    by_class: Dict[int, List[Vector]] = {}
    for unit, number in roster.pins.items():
        if unit not in in_blocks:
            by_class.setdefault(number, []).append(roster.vectors[unit])
    sums = [added(vectors) for vectors in by_class.values()]
    return [vector for vector in sums if vector[0] > 1]


def _largest(vectors: Sequence[Vector]) -> Vector:
    return tuple(map(max, zip(*vectors)))


def _release(
    largest: Sequence[int], totals: Sequence[int], cells: Sequence[Cell], blocks: Sequence[int], k: int
) -> Optional[int]:
    """The cell that gives up a block next (A3), if any. `largest`: count of a lump by feature, () without lumps."""
    for f, count in enumerate(largest):
        limit = -(-totals[f] // k)
        if count > limit if f == 0 else count >= 1 and count + 1 > limit:
            candidates = [i for i, cell in enumerate(cells) if cell.vector[f] and blocks[i]]
            if candidates:
                return max(candidates, key=lambda i: (blocks[i], -i))
    return None


def frame_of(roster: Roster, remainder: Sequence[int], cells: Sequence[Cell], blocks: Sequence[int]) -> Frame:
    k, width = roster.k, len(roster.features) + 1
    vectors = [roster.vectors[unit] for unit in remainder]
    totals = [sum(column) for column in zip(*vectors)] if vectors else [0] * width
    ceilings = [-(-total // k) for total in totals]
    weights = roster.weights(max((vector[0] for vector in vectors), default=1))
    lumps = _families(roster) + _pinned_lumps(roster, cells, blocks)
    bound = sum(w * max(0, c - top) for vector in lumps for w, c, top in zip(weights, vector, ceilings))
    place = {unit: position for position, unit in enumerate(remainder)}
    bundle_of = {c: j for j, c in enumerate(sorted({roster.pins[unit] for unit in remainder if unit in roster.pins}))}
    fixed = [bundle_of[roster.pins[unit]] if unit in roster.pins else None for unit in remainder]
    blanks = k if bundle_of or any(vector[0] > 1 for vector in vectors) else 0
    neighbours: List[List[int]] = [[] for _ in range(len(vectors) + blanks)]
    for i, j in roster.apart:
        neighbours[place[i]].append(place[j])
        neighbours[place[j]].append(place[i])
    floors = [total // k for total in totals]
    padded = vectors + [(0,) * width] * blanks
    caps = _caps_left(roster, cells, blocks)
    return Frame(k, padded, fixed, floors, ceilings, caps, neighbours, weights, bound)


def _caps_left(roster: Roster, cells: Sequence[Cell], blocks: Sequence[int]) -> List[Optional[int]]:
    """Cap' of A7 by feature."""
    left: List[Optional[int]] = [None] * (len(roster.features) + 1)
    for f, feature in enumerate(roster.features, start=1):
        limits = [cap["max"] for cap in roster.caps if ((cap["attribute"], cap["value"]),) == feature.values]
        if limits:
            left[f] = min(limits) - sum(number for cell, number in zip(cells, blocks) if cell.vector[f])
    return left


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
        order = iter(stream.shuffle(list(cell.loose)))
        for i in range(number):
            block = [units[i] for units in cell.pinned.values() if i < len(units)]
            block += itertools.islice(order, roster.k - len(block))
            blocks.append(sorted(block))
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
        "barred": [],
        "blocks": sorted(blocks),
        "bundlings": found,
        "draw": sealed["draw"],
        "pins": [list(pin) for pin in sorted(roster.pins.items())],
        "remainder": remainder,
        "version": canonical.VERSION,
    }


def whole(
    draw: str, units: int, bundlings: int, k: Optional[int] = None, barred: Sequence[Sequence[int]] = ()
) -> Dict[str, Any]:
    """The groups file of a draw of another kind than classes: one block of all units (A24). `k` is only for late."""
    if units > MAX_UNITS and k is None:
        raise GroupingError("more units than C25 allows")
    return {
        "barred": [list(bar) for bar in barred],
        "blocks": [list(range(units))],
        "bundlings": [[[]] * (units if k is None else k)] * bundlings,
        "draw": draw,
        "pins": [],
        "remainder": [],
        "version": canonical.VERSION,
    }


def certificate(sealed: Dict[str, Any], groups: Dict[str, Any]) -> List[Dict[str, Any]]:
    """The certificate of A23. Blocks give every class the same, so only bundles differ."""
    roster = Roster(sealed)
    names = ["size"] + [feature.name for feature in roster.features]
    out = []
    for f, name in enumerate(names):
        reached = 0
        for bundling in groups["bundlings"]:
            counts = [sum(roster.vectors[unit][f] for unit in bundle) for bundle in bundling]
            reached = max(reached, max(counts) - min(counts))
        bound = 0 if sum(vector[f] for vector in roster.vectors) % roster.k == 0 else 1
        out.append({"bound": bound, "feature": name, "proven": reached == bound, "reached": reached})
    return out
