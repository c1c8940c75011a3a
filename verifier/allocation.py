"""From seed to class lists, and what can be said of the groups without the sealed roster (allocation, A0, A13-A25).

Pins and bars are in `pinned`.

Whole numbers only. Bundlings are lists of bundles, bundles lists of unit indices.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple

from . import canonical, pinned

MIN_BUNDLINGS = 16
MIN_REMAINDER = 12
MIN_CLASSES = 3
MAX_FREQUENT = 3
SLACK = 2**20  # A21: honest groups exceed the limit with probability below 2^-20
MAX_DIFFERENCE = 2  # A25: late students keep classes that near
WORD = 2**32


class Stream:
    """The deterministic random stream of A0."""

    def __init__(self, key: bytes) -> None:
        self._words = self._generate(key)

    @staticmethod
    def _generate(key: bytes) -> Iterator[int]:
        block = 0
        while True:
            digest = hashlib.sha256(key + canonical.u64(block)).digest()
            for i in range(0, 32, 4):
                yield int.from_bytes(digest[i : i + 4], "big")
            block += 1

    def word(self) -> int:
        return next(self._words)

    def below(self, n: int) -> int:
        """A number 0 <= x < n, by rejection; 1 <= n < 2^32."""
        limit = WORD - WORD % n
        while True:
            word = self.word()
            if word < limit:
                return word % n

    def shuffle(self, values: List[int]) -> List[int]:
        """Exchange from the last index down to 1, in place; also returned."""
        for i in range(len(values) - 1, 0, -1):
            j = self.below(i + 1)
            values[i], values[j] = values[j], values[i]
        return values


class Outcome(NamedTuple):
    bundling: int
    classes: List[int]
    forced: Tuple[int, ...] = ()


def permute(draw_seed: bytes, groups: Dict[str, Any], units: int, k: int) -> Outcome:
    """The class of every unit by A17, A24 and A18. `groups` keeps R6 and A26 for `units` and K."""
    stream = Stream(canonical.tagged("permuting", draw_seed))
    given, barred = dict(groups["pins"]), pinned.barred_classes(groups)
    classes = [0] * units
    for block in groups["blocks"]:
        for unit in block:
            classes[unit] = given.get(unit, 0)
        others = [unit for unit in block if unit not in given]
        taken = {given[unit] for unit in block if unit in given}
        while True:
            for unit, chosen in zip(others, stream.shuffle(_left(taken, k))):
                classes[unit] = chosen
            if all(classes[unit] not in kept_out for unit, kept_out in barred.items()):
                break
    return Outcome(_remainder(stream, groups, classes, k), classes)


def _left(taken: "set[int]", k: int) -> List[int]:
    """The other classes, ascending."""
    return [chosen for chosen in range(1, k + 1) if chosen not in taken]


def _remainder(stream: Stream, groups: Dict[str, Any], classes: List[int], k: int) -> int:
    """A18: gives the units of the remainder their classes; the bundling that was picked."""
    given = dict(groups["pins"])
    picked = stream.below(len(groups["bundlings"]))
    fixed = [next((given[unit] for unit in bundle if unit in given), 0) for bundle in groups["bundlings"][picked]]
    order = iter(stream.shuffle(_left(set(fixed), k)))
    for bundle, chosen in zip(groups["bundlings"][picked], fixed):
        number = chosen or next(order)
        for unit in bundle:
            classes[unit] = number
    return picked


def place_late(draw_seed: bytes, groups: Dict[str, Any], sizes: Sequence[int], before: Sequence[int]) -> Outcome:
    """A25 and A18: classes of late students; `sizes`: of every unit, `before`: of every class."""
    stream = Stream(canonical.tagged("permuting", draw_seed))
    numbers, classes, forced = list(before), [0] * len(sizes), []
    for unit in stream.shuffle(list(range(len(sizes)))):
        differences = _differences(numbers, sizes[unit])
        limit = max(MAX_DIFFERENCE, min(differences))
        allowed = [c for c, difference in enumerate(differences) if difference <= limit]
        chosen = allowed[stream.below(len(allowed))]
        if len(allowed) == 1:
            forced.append(unit)
        numbers[chosen] += sizes[unit]
        classes[unit] = chosen + 1
    return Outcome(_remainder(stream, groups, classes, len(before)), classes, tuple(sorted(forced)))


def _differences(numbers: Sequence[int], size: int) -> List[int]:
    """For every class the spread of all classes if it got `size` students more."""
    largest = max(numbers)
    smallest, second = sorted(numbers)[:2]
    first = numbers.index(smallest)
    out = []
    for c, number in enumerate(numbers):
        low = min(second, number + size) if c == first else smallest
        out.append(max(largest, number + size) - low)
    return out


def counts_by_class(classes: Sequence[int], sizes: Sequence[int], k: int) -> List[int]:
    """Students of the classes 1..K (A19)."""
    counts = [0] * k
    for chosen, size in zip(classes, sizes):
        counts[chosen - 1] += size
    return counts


def spread(values: Sequence[int]) -> int:
    return max(values) - min(values) if values else 0


# --- form of groups -----------------------------------------------------------------------------------------------


def group_problems(groups: Dict[str, Any], sizes: Sequence[int], k: int, m: int, kind: str = "classes") -> List[str]:
    """What R6, A13, A15, A24 and A26 do not allow of a groups file whose shape is right; `sizes`: students by unit.

    How many pins and bars there are is not looked at: the header says it.
    """
    if kind != "classes":
        return _whole_problems(groups, len(sizes), k, m, kind) + pinned.bar_problems(groups, k, kind)
    problems = _partition_problems(groups, len(sizes), k)
    if len(groups["bundlings"]) != m:
        problems.append("%d bundlings instead of %d (A13)" % (len(groups["bundlings"]), m))
    remainder = set(groups["remainder"])
    for number, bundling in enumerate(groups["bundlings"]):
        problem = _bundling_problem(bundling, groups["remainder"], remainder, k)
        if problem:
            problems.append("bundling %d: %s" % (number, problem))
    if problems:
        return problems
    if any(sizes[unit] != 1 for block in groups["blocks"] for unit in block):
        problems.append("a block holds a unit of several students (A15)")
    return problems + pinned.pin_problems(groups, k)


def widest_spread(groups: Dict[str, Any], sizes: Sequence[int]) -> int:
    """The largest difference in students between two bundles of one bundling (A16)."""
    totals = ([sum(sizes[unit] for unit in bundle) for bundle in bundling] for bundling in groups["bundlings"])
    return max(map(spread, totals), default=0)


def allowed_spread(sizes: Sequence[int]) -> int:
    """A16: 1, or 2 if the draw has a unit of several students."""
    return 2 if any(size > 1 for size in sizes) else 1


def _ascends(values: Sequence[int]) -> bool:
    return all(a < b for a, b in zip(values, values[1:]))


def _whole_problems(groups: Dict[str, Any], n: int, k: int, m: int, kind: str) -> List[str]:
    """A24: one block of all units, nothing left, M bundlings of K empty bundles."""
    problems = []
    if kind != "late" and n != k:
        problems.append("%d units for %d places (C25)" % (n, k))
    if groups["blocks"] != [list(range(n))] or groups["remainder"]:
        problems.append("not one block of all units (A24)")
    if len(groups["bundlings"]) != m:
        problems.append("%d bundlings instead of %d (A13)" % (len(groups["bundlings"]), m))
    empty: List[List[int]] = [[]] * k
    if any(bundling != empty for bundling in groups["bundlings"]):
        problems.append("a bundling is not K empty bundles (A24)")
    return problems


def _partition_problems(groups: Dict[str, Any], n: int, k: int) -> List[str]:
    problems = []
    blocks, remainder = groups["blocks"], groups["remainder"]
    if any(len(block) != k or not _ascends(block) for block in blocks):
        problems.append("a block that is not K ascending units (R6)")
    elif not _ascends([block[0] for block in blocks]):
        problems.append("blocks are not ascending (R6)")
    if not _ascends(remainder):
        problems.append("the remainder is not ascending (R6)")
    everything = sorted(remainder + [unit for block in blocks for unit in block])
    if everything != list(range(n)):
        problems.append("not every unit stands in exactly one block or in the remainder (R6)")
    return problems


def _bundling_problem(bundling: List[List[int]], remainder: List[int], members: "set[int]", k: int) -> str:
    if len(bundling) != k:
        return "%d bundles instead of K (R6)" % len(bundling)
    if not all(_ascends(bundle) for bundle in bundling):
        return "a bundle is not ascending (R6)"
    filled = [bundle for bundle in bundling if bundle]
    if bundling[: len(filled)] != filled or not _ascends([bundle[0] for bundle in filled]):
        return "bundles are not in order (R6)"
    units = [unit for bundle in filled for unit in bundle]
    if len(units) != len(remainder) or set(units) != members:
        return "does not hold the remainder exactly once (R6)"
    return ""


# --- pair probabilities (A20-A22) ---------------------------------------------------------------------------------


def pair_counts(bundlings: Sequence[Sequence[Sequence[int]]], remainder: Sequence[int]) -> List[int]:
    """Number of remainder pairs by c, the number of bundlings in which they share a bundle; c = 0 .. M (A20).

    For every unit the bundles it is in are added up as columns of bits, one bit a later unit.
    """
    m = len(bundlings)
    place = {unit: i for i, unit in enumerate(remainder)}
    masks: List[List[int]] = []  # [bundling][place of unit] -> all units of its bundle
    for bundling in bundlings:
        row = [0] * len(remainder)
        for bundle in bundling:
            mask = sum(1 << place[unit] for unit in bundle)
            for unit in bundle:
                row[place[unit]] = mask
        masks.append(row)
    counts = [0] * (m + 1)
    everyone = (1 << len(remainder)) - 1
    for i in range(len(remainder)):
        later = everyone >> (i + 1)
        planes: List[int] = []
        for row in masks:
            _add_column(planes, row[i] >> (i + 1))
        _tally(counts, planes, len(planes) - 1, later, 0)
    return counts


def _add_column(planes: List[int], carry: int) -> None:
    """Add one to the counter of every set bit; planes[p] holds bit p of all counters."""
    position = 0
    while carry:
        if position == len(planes):
            planes.append(0)
        planes[position], carry = planes[position] ^ carry, planes[position] & carry
        position += 1


def _tally(counts: List[int], planes: List[int], position: int, members: int, value: int) -> None:
    """Split the members by the bits of their counters, highest first, and count them by value."""
    if not members:
        return
    if position < 0:
        counts[value] += bin(members).count("1")
        return
    plane = planes[position]
    _tally(counts, planes, position - 1, members & plane, value | 1 << position)
    _tally(counts, planes, position - 1, members & ~plane, value)


def largest_overlap(bundlings: Sequence[Sequence[Sequence[int]]], remainder: Sequence[int]) -> int:
    """The largest number of units common to bundles of two different bundlings (A21)."""
    codes = []
    for bundling in bundlings:
        bundle_of = {unit: number for number, bundle in enumerate(bundling) for unit in bundle}
        codes.append([bundle_of[unit] for unit in remainder])
    largest = 0
    for j, first in enumerate(codes):
        scaled = [code * len(bundlings[j]) for code in first]
        for second in codes[j + 1 :]:
            common = Counter(map(int.__add__, scaled, second))
            largest = max(largest, max(common.values(), default=0))
    return largest


def overlap_limit(r: int, k: int, m: int) -> int:
    """The limit of A21 which overlaps must stay below, or 0 if there is none. r: units of the remainder."""
    s = -(-r // k)
    factor = k * k * (m * (m - 1) // 2) * SLACK
    if not factor:
        return 0 if s < 2 else max(2, -(-s // 2) + 1)  # one bundling: nothing to compare, the least t will do
    total = math.comb(r, s)
    tail, t = 0, s + 1  # the sum over k >= t is empty for t = s + 1, so this t always satisfies the inequality
    term = 1  # C(s, k) C(r - s, s - k) for k = t - 1, made from that of k + 1
    while t > 2:
        tail += term
        if factor * tail > total:
            break
        t -= 1
        term = term * t * (r - 2 * s + t) // (s - t + 1) ** 2
    limit = max(t, -(-s // 2) + 1)
    return limit if limit <= s else 0


class Evidence(NamedTuple):
    """What A20-A22 say of one draw. most: the largest number of pairs that share a bundle in one bundling.

    pairs are those of the whole remainder (A20); all else is of the units that are not pinned.
    """

    pairs: List[int]
    most: int
    overlap: int
    limit: int
    loose: Sequence[int] = ()  # pairs of A22; () if they are the same, since nothing is pinned

    @property
    def always(self) -> int:
        """Remainder pairs that share a bundle in every bundling."""
        return self.pairs[-1]


def evidence(groups: Dict[str, Any], k: int) -> Evidence:
    bundlings, remainder = groups["bundlings"], groups["remainder"]
    m = len(bundlings)
    if not remainder:  # as in all draws of other kinds, whose bundles may be millions
        return Evidence([0] * (m + 1), 0, 0, overlap_limit(0, k, m))
    pairs, loose = pair_counts(bundlings, remainder), pinned.loose(groups)
    others: Sequence[int] = ()
    if len(loose) < len(remainder):
        members = set(loose)
        bundlings = [[[unit for unit in bundle if unit in members] for bundle in one] for one in bundlings]
        others = pair_counts(bundlings, loose)
    return Evidence(
        pairs,
        max(sum(len(bundle) * (len(bundle) - 1) // 2 for bundle in bundling) for bundling in bundlings),
        largest_overlap(bundlings, loose),
        overlap_limit(len(loose), k, m),
        others,
    )


def speaks_of(found: Evidence, r: int, k: int, m: int) -> bool:
    """Whether A21 or A22 have a limit for a remainder of r units that are not pinned."""
    return bool(found.limit) or _tells(r, k, m)


def _tells(r: int, k: int, m: int) -> bool:
    """Whether a remainder is large enough for A22."""
    return k >= MIN_CLASSES and m >= MIN_BUNDLINGS and r >= max(3 * k, MIN_REMAINDER)


def evidence_problems(found: Evidence, r: int, k: int, m: int) -> List[str]:
    """Why A21 or A22 do not hold, if they do not."""
    problems = []
    if found.limit and found.overlap >= found.limit:
        problems.append("two bundles share %d units, honest ones fewer than %d (A21)" % (found.overlap, found.limit))
    if not _tells(r, k, m):
        return problems
    pairs = found.loose or found.pairs
    repeated = sum(c * (c - 1) * number for c, number in enumerate(pairs))
    allowed = (30 * (r - k) + 3 * k * (r - 1)) * m * (m - 1) * found.most
    if 20 * k * (r - 1) * repeated > allowed:
        problems.append("the bundlings repeat each other (A22)")
    frequent = sum(number for c, number in enumerate(pairs) if 4 * c > 3 * m)
    if frequent > MAX_FREQUENT:
        problems.append("%d pairs share a class in more than three quarters of the bundlings (A22)" % frequent)
    return problems
