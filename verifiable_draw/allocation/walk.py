"""One bundling: the seeded walk that divides the remainder into K balanced bundles (spec/allocation.md A5-A11).

Integers only, every choice taken from one stream, so every implementation makes the same bundles. The walk
moves on the plain energy, where every attribute counts the same and the way to a perfect division is open; what it
found is judged by the weighted energy, where attributes give way in the plan's order.

The inner loop is written for speed: units that look alike share a *kind*, what a swap of two kinds changes is worked
out once, and the cost of every possible count is a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace

from ledger.canonical import tagged_hash, u64
from verifiable_draw.stream import WORDS, Stream

MIN_SWEEPS = 16
MAX_SWEEPS = 128
DESCENT_SWEEPS = 16
MIN_PROPOSALS = 256
ATTEMPTS = 8
PLAIN_SIZE = 2
PLAIN_RULE = 3

Vector = tuple[int, ...]
Change = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Task:
    """What has to be divided: all bundlings of a draw share it.

    `vectors`: feature counts of every remainder unit, in order of unit index; feature 0 is the number of students.
    `weights`: of the features. `caps`: the most a bundle may hold of a feature, -1 for no bound.
    `apart`: pairs of positions in `vectors` that must be in different bundles. `fixed`: (position, bundle) of pinned
    units, which stand there from the start and never move.
    """

    classes: int
    vectors: tuple[Vector, ...]
    weights: tuple[int, ...]
    caps: tuple[int, ...]
    apart: tuple[tuple[int, int], ...]
    fixed: tuple[tuple[int, int], ...] = ()

    @property
    def totals(self) -> tuple[int, ...]:
        """Students of every feature in the whole remainder."""
        return tuple(sum(column) for column in zip(*self.vectors, strict=True)) or (0,) * len(self.weights)

    @property
    def blanks(self) -> int:
        """Empty places that units may change with (A6): needed where units have different sizes, or cannot move."""
        return self.classes if self.fixed or any(vector[0] > 1 for vector in self.vectors) else 0

    @property
    def lumps(self) -> list[Vector]:
        """Counts of students who cannot be parted: units of several, and those pinned to one class (A3)."""
        pinned = dict(self.fixed)
        together: dict[int, list[Vector]] = {}
        for position, bundle in self.fixed:
            together.setdefault(bundle, []).append(self.vectors[position])
        siblings = [v for position, v in enumerate(self.vectors) if position not in pinned]
        sums = [tuple(map(sum, zip(*group, strict=True))) for group in together.values()]
        return [lump for lump in siblings + sums if lump[0] > 1]

    @property
    def lower_bound(self) -> int:
        """Energy that lumps force whatever is done (A8)."""
        ceilings = [-(-total // self.classes) for total in self.totals]
        return sum(
            weight * max(0, count - ceiling)
            for vector in self.lumps
            for weight, count, ceiling in zip(self.weights, vector, ceilings, strict=True)
        )

    def costs(self, weights: Sequence[int], rule: int) -> list[list[int]]:
        """Per feature, what a bundle holding c of it costs, for every c that can occur (A7)."""
        tables = []
        for total, weight, cap in zip(self.totals, weights, self.caps, strict=True):
            floor, ceiling = total // self.classes, -(-total // self.classes)
            tables.append(
                [
                    weight * max(0, c - ceiling, floor - c) + (rule * max(0, c - cap) if cap >= 0 else 0)
                    for c in range(total + 1)
                ]
            )
        return tables


@dataclass(frozen=True, slots=True)
class Bundling:
    """K bundles of positions, with their weighted energy (A8) and the number of broken rules."""

    bundles: tuple[tuple[int, ...], ...]
    energy: int
    broken: int

    @property
    def score(self) -> tuple[int, int]:
        """Broken rules and weighted energy: the less the better (A8)."""
        return self.broken, self.energy


class _State:
    """Which bundle each position is in, and the cost of that."""

    def __init__(self, task: Task, stream: Stream) -> None:
        self.task = task
        self.stream = stream
        n = len(task.vectors)
        blank = (0,) * len(task.weights)
        self.vectors = [*task.vectors, *[blank] * task.blanks]
        kinds = sorted(set(self.vectors))
        self.kind = [kinds.index(vector) for vector in self.vectors]
        self.kinds = kinds
        self.changes: dict[int, Change] = {}
        self.apart: dict[int, list[int]] = {}
        for a, b in task.apart:
            self.apart.setdefault(a, []).append(b)
            self.apart.setdefault(b, []).append(a)
        # A5: pinned units in their places; the others shuffled, sorted by what they are (largest first, blanks
        # last), and dealt, each to the bundle with the fewest.
        self.fixed = dict(task.fixed)
        self.place = [self.fixed.get(position, 0) for position in range(len(self.vectors))]
        order = stream.shuffle([position for position in range(n) if position not in self.fixed])
        order.sort(key=lambda position: [-count for count in self.vectors[position]])
        order += range(n, len(self.vectors))
        fewest = [(0, bundle) for bundle in range(task.classes)]
        for bundle in self.fixed.values():
            fewest[bundle] = (fewest[bundle][0] + 1, bundle)
        heapify(fewest)
        for position in order:
            number, bundle = fewest[0]
            self.place[position] = bundle
            heapreplace(fewest, (number + 1, bundle))
        plain = (PLAIN_SIZE, *[1] * (len(task.weights) - 1))
        self.costs = task.costs(plain, PLAIN_RULE)
        self.weighted = task.costs(task.weights, 0)
        self.counts = [[0] * len(task.weights) for _ in range(task.classes)]
        for position, bundle in enumerate(self.place):
            row = self.counts[bundle]
            for feature, count in enumerate(self.vectors[position]):
                row[feature] += count

    def score(self) -> tuple[int, int]:
        """Broken rules and weighted energy (A8): the less the better, rules first."""
        energy = sum(table[c] for row in self.counts for table, c in zip(self.weighted, row, strict=True))
        return self.broken(), energy

    def together(self) -> int:
        """Number of pairs that should be apart and are not."""
        return sum(self.place[a] == self.place[b] for a, b in self.task.apart)

    def sweep(self, beta: int, costs: list[list[int]], rule: int) -> None:  # noqa: C901 - one hot loop
        """Propose max(n, 256) swaps at these costs (A6, A7); beta 0 accepts no uphill move."""
        place, kind, changes, counts, apart = self.place, self.kind, self.changes, self.counts, self.apart
        fixed = self.fixed
        word = self.stream.word
        n = len(place)
        number_of_kinds = len(self.kinds)
        limit = WORDS - WORDS % n
        for _ in range(max(n, MIN_PROPOSALS)):
            i = word()
            while i >= limit:
                i = word()
            j = word()
            while j >= limit:
                j = word()
            i %= n
            j %= n
            p, q = place[i], place[j]
            if p == q or (fixed and (i in fixed or j in fixed)):
                continue
            code = kind[i] * number_of_kinds + kind[j]
            change = changes.get(code)
            if change is None:
                change = changes[code] = self.change(kind[i], kind[j])
            row_p, row_q = counts[p], counts[q]
            delta = 0
            for feature, d in change:
                table = costs[feature]
                c = row_p[feature]
                delta += table[c + d] - table[c]
                c = row_q[feature]
                delta += table[c - d] - table[c]
            if apart:
                for a, there, here in ((i, q, p), (j, p, q)):
                    for b in apart.get(a, ()):
                        if b not in (i, j):
                            delta += rule * ((place[b] == there) - (place[b] == here))
            if delta > 0 and (not beta or beta * delta > 31 or word() >= 1 << 32 - beta * delta):
                continue
            place[i], place[j] = q, p
            for feature, d in change:
                row_p[feature] += d
                row_q[feature] -= d

    def change(self, kind_i: int, kind_j: int) -> Change:
        """What a bundle gains of each feature when it gives a unit of one kind for a unit of another."""
        pairs = zip(self.kinds[kind_i], self.kinds[kind_j], strict=True)
        return tuple((feature, b - a) for feature, (a, b) in enumerate(pairs) if a != b)

    def broken(self) -> int:
        """Broken rules: pairs together, and students over a cap."""
        over = sum(
            max(0, c - cap) for row in self.counts for c, cap in zip(row, self.task.caps, strict=True) if cap >= 0
        )
        return over + self.together()

    def bundling(self) -> Bundling:
        """The division as it stands, blanks dropped."""
        bundles: list[list[int]] = [[] for _ in range(self.task.classes)]
        for position in range(len(self.task.vectors)):
            bundles[self.place[position]].append(position)
        broken, energy = self.score()
        return Bundling(tuple(map(tuple, bundles)), energy, broken)

    def restore(self, place: Sequence[int]) -> None:
        """Go back to an earlier placing."""
        self.place[:] = place
        for row in self.counts:
            row[:] = [0] * len(row)
        for position, bundle in enumerate(place):
            for feature, count in enumerate(self.vectors[position]):
                self.counts[bundle][feature] += count


def walk(task: Task, grouping_seed: bytes, number: int, target: int) -> Bundling:
    """Find bundling `number` of a draw: attempt after attempt until one reaches `target`, else the best (A10, A11).

    A walk that has not arrived soon is caught in a valley; another start is worth more than more steps.
    """
    best = _attempt(task, _stream(grouping_seed, number, 0), target)
    for attempt in range(1, ATTEMPTS):
        if best.score <= (0, target):
            break
        best = min(best, _attempt(task, _stream(grouping_seed, number, attempt), target), key=lambda b: b.score)
    return best


def _stream(grouping_seed: bytes, number: int, attempt: int) -> Stream:
    return Stream(tagged_hash("bundling", grouping_seed, u64(number), u64(attempt)))


def _attempt(task: Task, stream: Stream, target: int) -> Bundling:
    state = _State(task, stream)
    if len(state.place) < 2:
        return state.bundling()
    goal = (0, target)
    beta = max(3, (task.classes * len(task.weights) - 1).bit_length())
    best, best_place = state.score(), list(state.place)
    for sweep in range(1, MAX_SWEEPS + 1):
        state.sweep(beta, state.costs, PLAIN_RULE)
        score = state.score()
        if score < best:
            best, best_place = score, list(state.place)
        if sweep >= MIN_SWEEPS and score <= goal:
            return state.bundling()
    state.restore(best_place)
    rule = task.weights[0] + 1
    descent = task.costs(task.weights, rule)
    for _ in range(DESCENT_SWEEPS):
        if state.score() <= goal:
            break
        state.sweep(0, descent, rule)
    return state.bundling()


def bundlings(
    task: Task, grouping_seed: bytes, number: int, progress: Callable[[int], None] = lambda _done: None
) -> Iterable[Bundling]:
    """Yield the M bundlings of a draw. Each may stop at the best energy that an earlier one reached (A9).

    Where the bound cannot be reached, only the first bundling spends all its sweeps on finding that out.
    """
    bound = task.lower_bound
    reached: int | None = None
    for m in range(number):
        bundling = walk(task, grouping_seed, m, bound if reached is None else max(bound, reached))
        if not bundling.broken:
            reached = bundling.energy if reached is None else min(reached, bundling.energy)
        progress(m + 1)
        yield bundling
