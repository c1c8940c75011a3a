"""From groups and draw seed to class lists: all that the public replays (spec/allocation.md A17-A19, A24, A25)."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.canonical import tagged_hash
from verifiable_draw.stream import Stream
from verifiable_draw.values import Allocation, Groups

MOST_SPREAD = 2
"""Students by which classes may differ after a late draw, where that is possible (A25)."""


def allocate(
    groups: Groups, classes: int, sizes: Sequence[int], draw_seed: bytes, present: Sequence[int] = ()
) -> Allocation:
    """Permute every block, pick a bundling, permute its bundles.

    `sizes`: students of every unit by index. `present`: for a draw of late students the students of every class
    before it. Returns class numbers 1..K by unit index.
    """
    stream = Stream(tagged_hash("permuting", draw_seed))
    forced: tuple[int, ...] = ()
    if present:
        placed, forced = _late(sizes, present, stream)
    else:
        placed = _blocks(groups, classes, len(sizes), stream)
    picked = _bundles(groups, classes, placed, stream)
    counts = [0] * classes
    for size, number in zip(sizes, placed, strict=True):
        counts[number - 1] += size
    return Allocation(groups.draw, draw_seed, picked, tuple(placed), tuple(counts), forced)


def _blocks(groups: Groups, classes: int, units: int, stream: Stream) -> list[int]:
    """Pinned units get their classes, the others of each block a permutation of the rest (A17); bars redraw (A24)."""
    pins, barred = dict(groups.pins), set(groups.barred)
    placed = [pins.get(unit, 0) for unit in range(units)]
    for block in groups.blocks:
        taken = {pins[unit] for unit in block if unit in pins}
        numbers = [number for number in range(1, classes + 1) if number not in taken]
        others = [unit for unit in block if unit not in pins]
        drawn = list(zip(others, stream.shuffle(numbers), strict=True))
        while barred and not barred.isdisjoint(drawn):
            drawn = list(zip(others, stream.shuffle(numbers), strict=True))
        for unit, number in drawn:
            placed[unit] = number
    return placed


def _bundles(groups: Groups, classes: int, placed: list[int], stream: Stream) -> int:
    """Pick a bundling and permute its bundles over the classes that no pinned unit takes; return its index (A18)."""
    pins = dict(groups.pins)
    picked = stream.below(len(groups.bundlings))
    bundles = groups.bundlings[picked]
    taken = [next((pins[unit] for unit in bundle if unit in pins), 0) for bundle in bundles]
    numbers = iter(stream.shuffle([number for number in range(1, classes + 1) if number not in taken]))
    for bundle, number in zip(bundles, taken, strict=True):
        drawn = number or next(numbers)
        for unit in bundle:
            placed[unit] = drawn
    return picked


def _late(sizes: Sequence[int], present: Sequence[int], stream: Stream) -> tuple[list[int], tuple[int, ...]]:
    """Put the units, in a drawn order, each into a drawn one of the classes that keep sizes close (A25).

    Returns classes by unit, and the units that had no choice.
    """
    counts, placed, forced = list(present), [0] * len(sizes), []
    for unit in stream.shuffle(list(range(len(sizes)))):
        spreads = [_spread_with(counts, place, sizes[unit]) for place in range(len(counts))]
        limit = max(MOST_SPREAD, min(spreads))
        allowed = [place for place, spread in enumerate(spreads) if spread <= limit]
        place = allowed[stream.below(len(allowed))]
        if len(allowed) == 1:
            forced.append(unit)
        counts[place] += sizes[unit]
        placed[unit] = place + 1
    return placed, tuple(sorted(forced))


def _spread_with(counts: Sequence[int], place: int, size: int) -> int:
    """Difference of the largest and smallest class if `size` students more were in one of them."""
    changed = [*counts[:place], counts[place] + size, *counts[place + 1 :]]
    return max(changed) - min(changed)
