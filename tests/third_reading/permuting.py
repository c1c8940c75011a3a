"""From a draw seed to classes, as spec/allocation.md says it: streams (A0), permuting (A17, A18, A24, A25), bars (C25).

Part of the third reading, see replay.py; it knows nothing of records. Standard library only.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

Pair = list[int]  # [unit index, class]


def h(use: str, *fields: bytes) -> bytes:
    """H of E10."""
    data = ("verifiable-draw/v1/" + use).encode()
    return hashlib.sha256(data + b"".join(len(f).to_bytes(8, "big") + f for f in fields)).digest()


class Stream:
    """A0."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.block = 0
        self.words: list[int] = []  # of the current block, the next one last

    def word(self) -> int:
        if not self.words:
            data = hashlib.sha256(self.key + self.block.to_bytes(8, "big")).digest()
            self.words = [int.from_bytes(data[at : at + 4], "big") for at in range(28, -1, -4)]
            self.block += 1
        return self.words.pop()

    def below(self, n: int) -> int:
        while True:
            word = self.word()
            if word < (1 << 32) - (1 << 32) % n:
                return word % n

    def shuffle(self, items: list[int]) -> list[int]:
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items


class Drawn(NamedTuple):
    """What a draw gives: the bundling picked, the class of every unit, the forced units in ascending order."""

    bundling: int
    classes: list[int]
    forced: list[int]


def keepable(barred: list[Pair], k: int) -> bool:
    """C25: some permutation of 1 ... K keeps all bars. Teams find classes one by one, others making way if they can."""
    bars = {(unit, number) for unit, number in barred}
    team_of: dict[int, int] = {}

    def seat(team: int, tried: set[int]) -> bool:
        for number in range(1, k + 1):
            if number in tried or (team, number) in bars:
                continue
            tried.add(number)
            if number not in team_of or seat(team_of[number], tried):
                team_of[number] = team
                return True
        return False

    return all(seat(team, set()) for team in range(k))


def permute_blocks(stream: Stream, blocks: list[list[int]], pinned: dict[int, int], k: int) -> dict[int, int]:
    """A17: the class of every unit of a block."""
    classes: dict[int, int] = {}
    for block in blocks:
        taken = {pinned[unit] for unit in block if unit in pinned}
        p = stream.shuffle([c for c in range(1, k + 1) if c not in taken])
        others = [unit for unit in block if unit not in pinned]
        classes.update(zip(others, p, strict=True))
        classes.update((unit, pinned[unit]) for unit in block if unit in pinned)
    return classes


def permute_barred(stream: Stream, block: list[int], barred: list[Pair], k: int) -> dict[int, int]:
    """A24: drawn again until no team gets a class that is barred to it. Only for bars that are `keepable`."""
    while True:
        classes = permute_blocks(stream, [block], {}, k)
        if all(classes[unit] != number for unit, number in barred):
            return classes


def place_late(stream: Stream, sizes: list[int], units: list[int]) -> tuple[dict[int, int], list[int]]:
    """A25: `sizes` are students that the classes have, `units` the students of every unit.

    Returns the class of every unit, and the forced units in ascending order.
    """
    students, classes, forced = list(sizes), {}, []
    for unit in stream.shuffle(list(range(len(units)))):
        differences = []
        largest, (lowest, second) = max(students), sorted(students)[:2]
        for number in students:
            put = number + units[unit]
            others = second if number == lowest else lowest  # the smallest of the other classes
            differences.append(max(largest, put) - min(others, put))
        limit = max(2, min(differences))
        allowed = [c for c, difference in enumerate(differences, 1) if difference <= limit]
        classes[unit] = allowed[stream.below(len(allowed))]
        students[classes[unit] - 1] += units[unit]
        if len(allowed) == 1:
            forced.append(unit)
    return classes, sorted(forced)


def permute_bundles(stream: Stream, bundles: list[list[int]], pinned: dict[int, int], k: int) -> dict[int, int]:
    """A18, after the bundling was picked: the class of every unit of the remainder."""
    fixed = [next((pinned[unit] for unit in bundle if unit in pinned), 0) for bundle in bundles]
    taken = set(fixed)
    p = iter(stream.shuffle([c for c in range(1, k + 1) if c not in taken]))
    classes: dict[int, int] = {}
    for bundle, number in zip(bundles, fixed, strict=True):
        classes.update(dict.fromkeys(bundle, number or next(p)))
    return classes


def drawn(
    draw_seed: bytes,
    k: int,
    blocks: list[list[int]],
    bundlings: list[list[list[int]]],
    *,
    pins: list[Pair],
    barred: list[Pair],
    late: tuple[list[int], list[int]] | None = None,
) -> Drawn:
    """A17 or what stands in its place, then A18. Groups have been checked; `late`: sizes and units of `place_late`."""
    stream, pinned = Stream(h("permuting", draw_seed)), {pair[0]: pair[1] for pair in pins}
    forced: list[int] = []
    if late is not None:
        classes, forced = place_late(stream, *late)
    elif barred:
        classes = permute_barred(stream, blocks[0], barred, k)
    else:
        classes = permute_blocks(stream, blocks, pinned, k)
    m = stream.below(len(bundlings))
    classes |= permute_bundles(stream, bundlings[m], pinned, k)
    return Drawn(m, [classes[unit] for unit in range(len(classes))], forced)
