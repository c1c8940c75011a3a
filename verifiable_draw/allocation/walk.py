"""One bundling: the seeded walk that divides the remainder into K balanced bundles (spec/allocation.md A5-A11).

Integers only, every choice taken from one stream, so every implementation makes the same bundles. The walk
moves on the plain energy, where every attribute counts the same and the way to a perfect division is open; what it
found is judged by the weighted energy, where attributes give way in the plan's order.

The inner loop is written for speed. The features are cut in two *halves*. Units that look alike in a half share a
*kind* there, bundles that hold the same counts of it share a *row*; what a row costs and becomes when it gives one kind
for another is worked out once for all bundlings. Halves, because whole rows are too many to meet one twice.
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


class _Row(dict[int, int]):
    """Half of what a bundle holds, and by the code of a change what that would cost.

    `after`: by code, the row after it. `energy`: its weighted energy (A8). `over`: students over caps.
    """

    __slots__ = ("after", "counts", "energy", "half", "over")

    def __init__(self, half: _Half, counts: Vector) -> None:
        super().__init__()
        self.half = half
        self.counts = counts
        self.after = _After(self)
        self.energy = sum(table[c] for table, c in zip(half.weighted, counts, strict=True))
        self.over = sum(max(0, counts[f] - cap) for f, cap in half.caps)

    def __missing__(self, code: int) -> int:
        counts, costs = self.counts, self.half.costs
        delta = 0
        for feature, d in self.half.changes[code]:
            table = costs[feature]
            c = counts[feature]
            delta += table[c + d] - table[c]
        self[code] = delta
        return delta


class _After(dict[int, _Row]):
    """The rows after the changes of one row."""

    __slots__ = ("row",)

    def __init__(self, row: _Row) -> None:
        super().__init__()
        self.row = row

    def __missing__(self, code: int) -> _Row:
        counts = list(self.row.counts)
        for feature, d in self.row.half.changes[code]:
            counts[feature] += d
        row = self[code] = self.row.half.row(tuple(counts))
        return row


class _Half:
    """Some of the features, at some costs: the kinds of units there, and all rows met."""

    def __init__(self, frame: Sequence[Vector], task: Task, part: slice, costs: list[list[int]]) -> None:
        self.kinds = sorted({vector[part] for vector in frame})
        number = {vector: kind for kind, vector in enumerate(self.kinds)}
        self.kind = [number[vector[part]] for vector in frame]
        self.base = [kind * len(self.kinds) for kind in self.kind]
        # By code, base of the unit given + kind of the unit taken: what a bundle gains of each feature.
        self.changes = [
            tuple((f, more - less) for f, (less, more) in enumerate(zip(given, taken, strict=True)) if less != more)
            for given in self.kinds
            for taken in self.kinds
        ]
        self.part = part
        self.costs = costs[part]
        self.weighted = task.costs(task.weights, 0)[part]
        self.caps = [(f, cap) for f, cap in enumerate(task.caps[part]) if cap >= 0]
        self.known: dict[Vector, _Row] = {}

    def row(self, counts: Vector) -> _Row:
        """Return the row that holds these counts."""
        row = self.known.get(counts)
        if row is None:
            row = self.known[counts] = _Row(self, counts)
        return row


class _Costs:
    """The two halves at one table of costs."""

    def __init__(self, frame: Sequence[Vector], task: Task, cut: int, costs: list[list[int]], rule: int) -> None:
        self.rule = rule
        self.first = _Half(frame, task, slice(0, cut), costs)
        self.second = _Half(frame, task, slice(cut, None), costs)


class _Frame:
    """What all bundlings of a task share: its units with their blanks, and the rows met."""

    def __init__(self, task: Task) -> None:
        self.task = task
        blank = (0,) * len(task.weights)
        self.vectors = [*task.vectors, *[blank] * task.blanks]
        cut = self.cut()
        plain = (PLAIN_SIZE, *[1] * (len(task.weights) - 1))
        self.plain = _Costs(self.vectors, task, cut, task.costs(plain, PLAIN_RULE), PLAIN_RULE)
        rule = task.weights[0] + 1
        self.descent = _Costs(self.vectors, task, cut, task.costs(task.weights, rule), rule)

    def cut(self) -> int:
        """Return where the features are cut: so that the larger number of kinds of a half is smallest."""
        return min(
            range(1, max(2, len(self.task.weights))),
            key=lambda cut: max(len({v[:cut] for v in self.vectors}), len({v[cut:] for v in self.vectors})),
        )


class _State:
    """Which bundle each position is in, and the cost of that."""

    def __init__(self, frame: _Frame, stream: Stream) -> None:
        task = frame.task
        self.frame = frame
        self.task = task
        self.stream = stream
        n = len(task.vectors)
        self.vectors = frame.vectors
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
        self.hold(frame.plain)

    def hold(self, costs: _Costs) -> None:
        """Find the rows of every bundle at these costs."""
        counts = [[0] * len(self.task.weights) for _ in range(self.task.classes)]
        for position, bundle in enumerate(self.place):
            row = counts[bundle]
            for feature, count in enumerate(self.vectors[position]):
                row[feature] += count
        self.costs = costs
        self.first = [costs.first.row(tuple(row[costs.first.part])) for row in counts]
        self.second = [costs.second.row(tuple(row[costs.second.part])) for row in counts]

    def score(self) -> tuple[int, int]:
        """Broken rules and weighted energy (A8): the less the better, rules first."""
        rows = [*self.first, *self.second]
        return sum(row.over for row in rows) + self.together(), sum(row.energy for row in rows)

    def together(self) -> int:
        """Number of pairs that should be apart and are not."""
        return sum(self.place[a] == self.place[b] for a, b in self.task.apart)

    def sweep(self, beta: int) -> None:
        """Propose max(n, 256) swaps (A6, A7); beta 0 accepts no uphill move."""
        place, apart, fixed, word, rule = self.place, self.apart, self.fixed, self.stream.word, self.costs.rule
        first, kind, base = self.first, self.costs.first.kind, self.costs.first.base
        second, kind_2, base_2 = self.second, self.costs.second.kind, self.costs.second.base
        # By uphill change: the word must be less for the swap to be made. Beyond the list it never is.
        chances = [1 << 32 - beta * delta for delta in range(31 // beta + 1)] if beta else [0]
        never = len(chances)
        n = len(place)
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
            code, back = base[i] + kind[j], base[j] + kind[i]
            code_2, back_2 = base_2[i] + kind_2[j], base_2[j] + kind_2[i]
            row_p, row_q, row_p_2, row_q_2 = first[p], first[q], second[p], second[q]
            delta = row_p[code] + row_q[back] + row_p_2[code_2] + row_q_2[back_2]
            if apart and (i in apart or j in apart):
                delta += rule * self.closer(i, j)
            if delta > 0 and (delta >= never or word() >= chances[delta]):
                continue
            place[i], place[j] = q, p
            first[p], first[q] = row_p.after[code], row_q.after[back]
            second[p], second[q] = row_p_2.after[code_2], row_q_2.after[back_2]

    def closer(self, i: int, j: int) -> int:
        """How many more pairs that should be apart would share a bundle if two positions changed bundles."""
        place = self.place
        more = 0
        for a, there, here in ((i, place[j], place[i]), (j, place[i], place[j])):
            for b in self.apart.get(a, ()):
                if b not in (i, j):
                    more += (place[b] == there) - (place[b] == here)
        return more

    def bundling(self) -> Bundling:
        """The division as it stands, blanks dropped."""
        bundles: list[list[int]] = [[] for _ in range(self.task.classes)]
        for position in range(len(self.task.vectors)):
            bundles[self.place[position]].append(position)
        broken, energy = self.score()
        return Bundling(tuple(map(tuple, bundles)), energy, broken)

    def descend_from(self, place: Sequence[int]) -> None:
        """Go back to an earlier placing, at the costs of the descent."""
        self.place[:] = place
        self.hold(self.frame.descent)


def walk(task: Task, grouping_seed: bytes, number: int, target: int, frame: _Frame | None = None) -> Bundling:
    """Find bundling `number` of a draw: attempt after attempt until one reaches `target`, else the best (A10, A11).

    A walk that has not arrived soon is caught in a valley; another start is worth more than more steps.
    """
    frame = _Frame(task) if frame is None else frame
    best = _attempt(frame, _stream(grouping_seed, number, 0), target)
    for attempt in range(1, ATTEMPTS):
        if best.score <= (0, target):
            break
        best = min(best, _attempt(frame, _stream(grouping_seed, number, attempt), target), key=lambda b: b.score)
    return best


def _stream(grouping_seed: bytes, number: int, attempt: int) -> Stream:
    return Stream(tagged_hash("bundling", grouping_seed, u64(number), u64(attempt)))


def _attempt(frame: _Frame, stream: Stream, target: int) -> Bundling:
    task = frame.task
    state = _State(frame, stream)
    if len(state.place) < 2:
        return state.bundling()
    goal = (0, target)
    beta = max(3, (task.classes * len(task.weights) - 1).bit_length())
    best, best_place = state.score(), list(state.place)
    for sweep in range(1, MAX_SWEEPS + 1):
        state.sweep(beta)
        score = state.score()
        if score < best:
            best, best_place = score, list(state.place)
        if sweep >= MIN_SWEEPS and score <= goal:
            return state.bundling()
    state.descend_from(best_place)
    for _ in range(DESCENT_SWEEPS):
        if state.score() <= goal:
            break
        state.sweep(0)
    return state.bundling()


def bundlings(
    task: Task, grouping_seed: bytes, number: int, progress: Callable[[int], None] = lambda _done: None
) -> Iterable[Bundling]:
    """Yield the M bundlings of a draw. Each may stop at the best energy that an earlier one reached (A9).

    Where the bound cannot be reached, only the first bundling spends all its sweeps on finding that out.
    """
    bound = task.lower_bound
    frame = _Frame(task)
    reached: int | None = None
    for m in range(number):
        bundling = walk(task, grouping_seed, m, bound if reached is None else max(bound, reached), frame)
        if not bundling.broken:
            reached = bundling.energy if reached is None else min(reached, bundling.energy)
        progress(m + 1)
        yield bundling
