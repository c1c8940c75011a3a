"""Blocks, remainder and bundlings from the grouping seed and the sealed attributes (spec/allocation.md A1-A12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ledger.canonical import tagged_hash
from verifiable_draw.allocation.conflicts import explain
from verifiable_draw.allocation.walk import Task, Vector, bundlings
from verifiable_draw.errors import DataError
from verifiable_draw.stream import Stream
from verifiable_draw.values import Attribute, Groups, Roster, Unit

Cell = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What follows from the roster alone: blocks of every cell, and the remainder's size (A2, A3)."""

    cells: dict[Cell, list[int]]
    blocks: dict[Cell, int]
    rest: int

    @property
    def number_of_blocks(self) -> int:
        """Blocks of all cells."""
        return sum(self.blocks.values())


def features(attributes: tuple[Attribute, ...]) -> tuple[tuple[str, str], ...]:
    """Name the features after feature 0, the size: (attribute, value) in plan order (A1)."""
    return tuple((attribute.id, value) for attribute in attributes for value in attribute.values)


def vector(unit: Unit, names: tuple[tuple[str, str], ...]) -> Vector:
    """Count a unit's students and those of every value (A1)."""
    return (
        len(unit.students),
        *(sum(student[attribute] == value for student in unit.students) for attribute, value in names),
    )


def weights(attributes: tuple[Attribute, ...]) -> tuple[int, ...]:
    """Weights of the features: size first, then the attributes in falling order (A8)."""
    number = len(attributes)
    return (number + 1, *(number - i for i, attribute in enumerate(attributes) for _ in attribute.values))


def shape(roster: Roster) -> Shape:
    """Sort the units into cells and find how many blocks each gives (A1-A3).

    A roster without attributes is of a draw that divides nothing: all its units are one block (A24).
    """
    if not roster.attributes:
        return Shape({(): list(range(len(roster.units)))}, {(): 1}, 0)
    kept_apart = {i for pair in roster.apart for i in pair}
    cells: dict[Cell, list[int]] = {}
    for index, unit in enumerate(roster.units):
        if unit.single and index not in kept_apart:
            cell = tuple(unit.students[0][attribute.id] for attribute in roster.attributes)
            cells.setdefault(cell, []).append(index)
    places = [{value: i for i, value in enumerate(attribute.values)} for attribute in roster.attributes]
    ordered = sorted(cells, key=lambda cell: [place[value] for place, value in zip(places, cell, strict=True)])
    cells = {cell: cells[cell] for cell in ordered}
    blocks = {cell: len(units) // roster.classes for cell, units in cells.items()}
    _release(roster, cells, blocks)
    return Shape(cells, blocks, len(roster.units) - roster.classes * sum(blocks.values()))


def _release(roster: Roster, cells: dict[Cell, list[int]], blocks: dict[Cell, int]) -> None:
    """Give blocks back to the remainder until no feature that siblings bring is tight (A3)."""
    names = features(roster.attributes)
    at = {attribute.id: i for i, attribute in enumerate(roster.attributes)}
    in_block = {index for cell, units in cells.items() for index in units[: roster.classes * blocks[cell]]}
    vectors = [vector(unit, names) for unit in roster.units]
    totals = [sum(column) for column in zip(*(v for i, v in enumerate(vectors) if i not in in_block), strict=True)]
    siblings = [v for v in vectors if v[0] > 1]
    if not siblings:
        return
    most = [max(column) for column in zip(*siblings, strict=True)]
    while True:
        tight = (f for f in range(1, len(most)) if most[f] and most[f] + 1 > -(-totals[f] // roster.classes))
        choices = (
            [cell for cell in cells if blocks[cell] and cell[at[names[f - 1][0]]] == names[f - 1][1]] for f in tight
        )
        able = next((choice for choice in choices if choice), None)
        if able is None:
            return
        cell = max(able, key=lambda c: blocks[c])
        blocks[cell] -= 1
        for f, (attribute, value) in enumerate(names, start=1):
            if cell[at[attribute]] == value:
                totals[f] += roster.classes


def task_of(roster: Roster, remainder: tuple[int, ...], blocks: dict[Cell, int]) -> Task:
    """Describe the remainder to the walk: vectors, weights, what caps leave to bundles, pairs apart (A5-A8)."""
    names = features(roster.attributes)
    caps = [-1] * (len(names) + 1)
    at = {attribute.id: i for i, attribute in enumerate(roster.attributes)}
    for cap in roster.caps:
        feature = 1 + names.index((cap.attribute, cap.value))
        share = sum(number for cell, number in blocks.items() if cell[at[cap.attribute]] == cap.value)
        if cap.limit < share:
            raise DataError("grouping.cap_impossible", attribute=cap.attribute, value=cap.value, limit=cap.limit)
        caps[feature] = min(cap.limit - share, caps[feature] if caps[feature] >= 0 else cap.limit)
    position = {index: i for i, index in enumerate(remainder)}
    return Task(
        classes=roster.classes,
        vectors=tuple(vector(roster.units[index], names) for index in remainder),
        weights=weights(roster.attributes),
        caps=tuple(caps),
        apart=tuple((position[a], position[b]) for a, b in roster.apart),
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
    explain(roster)
    parts = shape(roster)
    stream = Stream(tagged_hash("blocks", grouping_seed))
    blocks: list[tuple[int, ...]] = []
    rest = set(range(len(roster.units)))
    for cell, units in parts.cells.items():
        shuffled = stream.shuffle(units)
        for start in range(0, roster.classes * parts.blocks[cell], roster.classes):
            block = tuple(sorted(shuffled[start : start + roster.classes]))
            blocks.append(block)
            rest.difference_update(block)
    remainder = tuple(sorted(rest))
    task = task_of(roster, remainder, parts.blocks)
    found = []
    for bundling in bundlings(task, grouping_seed, number, progress):
        if bundling.broken:
            raise DataError("grouping.rules_not_kept", draw=draw)
        found.append(_canonical([tuple(remainder[position] for position in bundle) for bundle in bundling.bundles]))
    return Groups(draw, tuple(sorted(blocks)), remainder, tuple(found))


def _canonical(bundles: list[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """Order bundles by smallest index, empty ones last (R6)."""
    return tuple(sorted(bundles, key=lambda bundle: (not bundle, bundle)))
