"""What pins do to everybody else: exact class and pair probabilities (spec/allocation.md A27)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from verifiable_draw.values import Groups

Chances = tuple[Fraction, ...]
"""Probability of every class, from class 1."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Units pinned and affected, the largest chance of a class for a unit not pinned, and of a pair to meet."""

    pinned: int
    affected: int
    most_class: Fraction
    most_pair: Fraction


def effects(groups: Groups, classes: int) -> Effects:
    """Compute A27 for a draw of kind `classes`."""
    pins = dict(groups.pins)
    if not pins:
        return Effects(0, 0, Fraction(1, classes), Fraction(1, classes))
    even = (Fraction(1, classes),) * classes
    # What there is in blocks: chances -> how many units that are not pinned, and the blocks that hold them.
    free: dict[Chances, int] = {}
    places: dict[tuple[Chances, bool], set[int]] = {}
    for at, block in enumerate(groups.blocks):
        taken = {pins[unit] for unit in block if unit in pins}
        chances = _outside(taken, classes)
        number = sum(unit not in pins for unit in block)
        if number:
            free[chances] = free.get(chances, 0) + number
            places.setdefault((chances, False), set()).add(at)
        for one in taken:
            places.setdefault((_certain(one, classes), True), set()).add(at)
    rest = dict(_rest(groups, pins, classes))
    outside = {(rest[unit], unit in pins) for unit in groups.remainder}
    for unit in groups.remainder:
        if unit not in pins:
            free[rest[unit]] = free.get(rest[unit], 0) + 1
    pairs = _meetings(places, outside)
    return Effects(
        pinned=len(pins),
        affected=sum(number for chances, number in free.items() if chances != even),
        most_class=max((chance for chances in free for chance in chances), default=Fraction(0)),
        most_pair=max(pairs, default=Fraction(0)),
    )


def _outside(taken: Iterable[int], classes: int) -> Chances:
    """Uniform over the classes that are not taken; nothing if all are."""
    gone = set(taken)
    share = Fraction(1, classes - len(gone)) if len(gone) < classes else Fraction(0)
    return tuple(Fraction(0) if number in gone else share for number in range(1, classes + 1))


def _certain(number: int, classes: int) -> Chances:
    return tuple(Fraction(int(other == number)) for other in range(1, classes + 1))


def _rest(groups: Groups, pins: Mapping[int, int], classes: int) -> Iterator[tuple[int, Chances]]:
    """Yield every unit of the remainder and its chances, over the bundlings."""
    outside = {pins[unit] for unit in groups.remainder if unit in pins}
    bundlings = len(groups.bundlings)
    share = _outside(outside, classes)
    met: dict[int, list[int]] = {unit: [0] * (classes + 1) for unit in groups.remainder}
    for bundling in groups.bundlings:
        for bundle in bundling:
            number = next((pins[unit] for unit in bundle if unit in pins), 0)
            for unit in bundle:
                met[unit][number] += 1
    for unit, counts in met.items():
        if unit in pins:
            yield unit, _certain(pins[unit], classes)
        else:
            yield unit, tuple(
                (counts[number] + counts[0] * share[number - 1]) / bundlings for number in range(1, classes + 1)
            )


def _meetings(
    places: Mapping[tuple[Chances, bool], set[int]], outside: set[tuple[Chances, bool]]
) -> Iterator[Fraction]:
    """Yield the chance to share a class of every kind of pair of different blocks, or of a block and the remainder."""
    for (one, one_pinned), blocks in places.items():
        for (other, other_pinned), others in places.items():
            if len(blocks | others) > 1 and not (one_pinned and other_pinned):
                yield _dot(one, other)
        for other, other_pinned in outside:
            if not (one_pinned and other_pinned):
                yield _dot(one, other)


def _dot(one: Chances, other: Chances) -> Fraction:
    return sum((a * b for a, b in zip(one, other, strict=True)), Fraction(0))
