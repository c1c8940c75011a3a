"""Blocks, remainder and bundlings from the grouping seed and the sealed attributes (spec/allocation.md A1-A12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from ledger.canonical import tagged_hash
from verifiable_draw.allocation.conflicts import explain
from verifiable_draw.allocation.walk import Task, Vector, bundlings
from verifiable_draw.errors import DataError
from verifiable_draw.stream import Stream
from verifiable_draw.values import Attribute, Groups, Roster, Unit

FEW = 32
"""Units of a remainder that leave too little choice (A2)."""

Cell = tuple[str, ...]
Feature = tuple[tuple[str, str], ...]
"""What a student must have to be counted: (attribute, value), one, or two for a crossed pair."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What follows from the roster alone: the units of every cell and its number of blocks (A1-A3).

    `free`: units by cell that are not pinned, ascending; `pinned`: those that are, by cell and class, ascending.
    """

    classes: int
    units: int
    free: dict[Cell, list[int]]
    pinned: dict[Cell, dict[int, list[int]]]
    blocks: dict[Cell, int]

    @property
    def number_of_blocks(self) -> int:
        """Blocks of all cells."""
        return sum(self.blocks.values())

    @property
    def rest(self) -> int:
        """Units of the remainder."""
        return self.units - self.classes * self.number_of_blocks

    def pinned_in_blocks(self, cell: Cell) -> set[int]:
        """Pinned units of a cell that stand in its blocks: of every class as many as there are blocks."""
        return {unit for units in self.pinned[cell].values() for unit in units[: self.blocks[cell]]}


def features(attributes: tuple[Attribute, ...], crossed: tuple[tuple[str, str], ...] = ()) -> tuple[Feature, ...]:
    """Name the features after feature 0, the size: values that are not free, then those of crossed pairs (A1)."""
    balanced = {attribute.id: attribute.balanced for attribute in attributes}
    single = tuple(((attribute.id, value),) for attribute in attributes for value in attribute.balanced)
    return single + tuple(
        ((first, a), (second, b)) for first, second in crossed for a in balanced[first] for b in balanced[second]
    )


def label(feature: Feature) -> str:
    """Name of a feature in the statement (A23): `sex=1`, `sex*migrant=1*0`."""
    return "*".join(attribute for attribute, _ in feature) + "=" + "*".join(value for _, value in feature)


def vector(unit: Unit, names: tuple[Feature, ...]) -> Vector:
    """Count a unit's students and those of every feature (A1)."""
    return (
        len(unit.students),
        *(sum(all(student[a] == v for a, v in feature) for student in unit.students) for feature in names),
    )


def weights(
    attributes: tuple[Attribute, ...], crossed: tuple[tuple[str, str], ...] = (), largest: int = 1
) -> tuple[int, ...]:
    """Weights of the features: size above all, then attributes and crossed pairs in falling order (A8).

    `largest`: students of the largest unit of the remainder.
    """
    balanced = {attribute.id: len(attribute.balanced) for attribute in attributes}
    numbers = [*balanced.values(), *(balanced[first] * balanced[second] for first, second in crossed)]
    others = [len(numbers) - i for i, number in enumerate(numbers) for _ in range(number)]
    return (1 + 2 * largest * sum(others), *others)


def shape(roster: Roster) -> Shape:
    """Sort the units into cells and find how many blocks each gives (A1-A3).

    A roster without attributes is of a draw that divides nothing: all its units are one block (A24).
    """
    units = len(roster.units)
    if not roster.attributes:
        return Shape(units, units, {(): list(range(units))}, {(): {}}, {(): 1})
    kept_apart = {i for pair in roster.apart for i in pair}
    pins = dict(roster.pins)
    places = [{value: i for i, value in enumerate(attribute.values)} for attribute in roster.attributes]
    cells: dict[Cell, list[int]] = {}
    for index, unit in enumerate(roster.units):
        if unit.single and index not in kept_apart:
            cell = tuple(unit.students[0][attribute.id] for attribute in roster.attributes)
            cells.setdefault(cell, []).append(index)
    ordered = sorted(cells, key=lambda cell: [place[value] for place, value in zip(places, cell, strict=True)])
    free = {cell: [index for index in cells[cell] if index not in pins] for cell in ordered}
    pinned: dict[Cell, dict[int, list[int]]] = {cell: {} for cell in ordered}
    for cell in ordered:
        for index in cells[cell]:
            if index in pins:
                pinned[cell].setdefault(pins[index], []).append(index)
    k = roster.classes
    blocks = {cell: _most_blocks(len(free[cell]), [len(units) for units in pinned[cell].values()], k) for cell in free}
    if 0 < units - k * sum(blocks.values()) < FEW:
        blocks = {cell: max(0, number - 1) for cell, number in blocks.items()}
    found = Shape(k, units, free, pinned, blocks)
    _release(roster, found)
    return found


def _most_blocks(free: int, pinned: list[int], classes: int) -> int:
    """The most blocks that a cell can give, of which each takes at most one unit pinned to a class (A2)."""
    blocks = (free + sum(pinned)) // classes
    while blocks * classes > free + sum(min(number, blocks) for number in pinned):
        blocks -= 1
    return blocks


def _release(roster: Roster, found: Shape) -> None:
    """Give blocks back to the remainder until no feature that lumps bring is tight (A3)."""
    pins = dict(roster.pins)
    if all(unit.single for unit in roster.units) and len(pins) < 2:
        return
    k, blocks = roster.classes, found.blocks
    names = features(roster.attributes, roster.crossed)
    at = {attribute.id: i for i, attribute in enumerate(roster.attributes)}
    vectors = [vector(unit, names) for unit in roster.units]
    totals = [sum(column) for column in zip(*vectors, strict=True)]
    has = {cell: [True, *(all(cell[at[a]] == v for a, v in feature) for feature in names)] for cell in blocks}
    for cell, number in blocks.items():
        totals = [total - k * number * one for total, one in zip(totals, has[cell], strict=True)]
    siblings = [v for index, v in enumerate(vectors) if v[0] > 1 and index not in pins]
    while True:
        most = _largest(siblings + _pinned_lumps(found, pins, vectors), len(totals))
        tight = (f for f, total in enumerate(totals) if most[f] and most[f] + (f > 0) > -(-total // k))
        choices = ([cell for cell in blocks if blocks[cell] and has[cell][f]] for f in tight)
        able = next((choice for choice in choices if choice), None)
        if able is None:
            return
        cell = max(able, key=lambda c: blocks[c])
        blocks[cell] -= 1
        totals = [total + k * one for total, one in zip(totals, has[cell], strict=True)]


def _pinned_lumps(found: Shape, pins: dict[int, int], vectors: list[Vector]) -> list[Vector]:
    """Sums over the units of the remainder that are pinned to one class, where they are several students (A3)."""
    inside = {unit for cell in found.pinned for unit in found.pinned_in_blocks(cell)}
    outside: dict[int, list[Vector]] = {}
    for unit, number in pins.items():
        if unit not in inside:
            outside.setdefault(number, []).append(vectors[unit])
    sums = [tuple(map(sum, zip(*group, strict=True))) for group in outside.values()]
    return [lump for lump in sums if lump[0] > 1]


def _largest(lumps: list[Vector], number: int) -> Vector:
    """The largest count of every feature over all lumps."""
    return tuple(map(max, zip(*lumps, strict=True))) if lumps else (0,) * number


def task_of(roster: Roster, remainder: tuple[int, ...], blocks: dict[Cell, int]) -> Task:
    """Describe the remainder to the walk: vectors, weights, what caps leave to bundles, pins, pairs apart (A5-A8)."""
    names = features(roster.attributes, roster.crossed)
    caps = [-1] * (len(names) + 1)
    at = {attribute.id: i for i, attribute in enumerate(roster.attributes)}
    for cap in roster.caps:
        feature = 1 + names.index(((cap.attribute, cap.value),))
        share = sum(number for cell, number in blocks.items() if cell[at[cap.attribute]] == cap.value)
        if cap.limit < share:
            raise DataError("grouping.cap_impossible", attribute=cap.attribute, value=cap.value, limit=cap.limit)
        caps[feature] = min(cap.limit - share, caps[feature] if caps[feature] >= 0 else cap.limit)
    position = {index: i for i, index in enumerate(remainder)}
    largest = max((len(roster.units[index].students) for index in remainder), default=1)
    pins = dict(roster.pins)
    classes = sorted({pins[index] for index in remainder if index in pins})
    return Task(
        classes=roster.classes,
        vectors=tuple(vector(roster.units[index], names) for index in remainder),
        weights=weights(roster.attributes, roster.crossed, largest),
        caps=tuple(caps),
        apart=tuple((position[a], position[b]) for a, b in roster.apart),
        fixed=tuple((position[index], classes.index(pins[index])) for index in remainder if index in pins),
    )


def group(
    roster: Roster,
    draw: str,
    grouping_seed: bytes,
    number: int,
    progress: Callable[[int], None] = lambda _done: None,
) -> Groups:
    """Form the groups of one draw: blocks, remainder and `number` bundlings.

    DataError, with a smallest conflicting set, where the constraints cannot all hold or no attempt held them.
    """
    if not roster.attributes:  # A24
        everyone, nothing = tuple(range(len(roster.units))), ((),) * roster.classes
        return Groups(draw, (everyone,), (), (nothing,) * number, barred=roster.barred)
    explain(roster)
    parts = shape(roster)
    stream = Stream(tagged_hash("blocks", grouping_seed))
    blocks: list[tuple[int, ...]] = []
    for cell in parts.free:
        blocks += _blocks(parts, cell, stream)
    taken = {unit for block in blocks for unit in block}
    remainder = tuple(index for index in range(len(roster.units)) if index not in taken)
    task = task_of(roster, remainder, parts.blocks)
    found = []
    for bundling in bundlings(task, grouping_seed, number, progress):
        if bundling.broken:
            raise DataError("grouping.rules_not_kept", draw=draw)
        found.append(_canonical([tuple(remainder[position] for position in bundle) for bundle in bundling.bundles]))
    return Groups(draw, tuple(sorted(blocks)), remainder, tuple(found), roster.pins)


def _blocks(parts: Shape, cell: Cell, stream: Stream) -> list[tuple[int, ...]]:
    """The blocks of one cell: pinned units first, then filled up with the shuffled others (A4)."""
    shuffled = iter(stream.shuffle(list(parts.free[cell])))
    made = []
    for i in range(parts.blocks[cell]):
        block = [units[i] for units in parts.pinned[cell].values() if i < len(units)]
        block += islice(shuffled, parts.classes - len(block))
        made.append(tuple(sorted(block)))
    return made


def _canonical(bundles: list[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """Order bundles by smallest index, empty ones last (R6)."""
    return tuple(sorted(bundles, key=lambda bundle: (not bundle, bundle)))
