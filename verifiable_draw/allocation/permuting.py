"""From groups and draw seed to class lists: all that the public replays (spec/allocation.md A17-A19)."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.canonical import tagged_hash
from verifiable_draw.stream import Stream
from verifiable_draw.values import Allocation, Groups


def allocate(groups: Groups, classes: int, sizes: Sequence[int], draw_seed: bytes) -> Allocation:
    """Permute every block, pick a bundling, permute its bundles.

    `sizes`: students of every unit by index. Returns class numbers 1..K by unit index.
    """
    stream = Stream(tagged_hash("permuting", draw_seed))
    numbers = list(range(1, classes + 1))
    placed = [0] * len(sizes)
    for block in groups.blocks:
        for unit, number in zip(block, stream.shuffle(numbers), strict=True):
            placed[unit] = number
    picked = stream.below(len(groups.bundlings))
    for bundle, number in zip(groups.bundlings[picked], stream.shuffle(numbers), strict=True):
        for unit in bundle:
            placed[unit] = number
    counts = [0] * classes
    for size, number in zip(sizes, placed, strict=True):
        counts[number - 1] += size
    return Allocation(groups.draw, draw_seed, picked, tuple(placed), tuple(counts))
