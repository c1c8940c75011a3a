"""One attempt at one bundling: the walk from a start to a balanced division (allocation, A5-A10). Whole numbers only.

This is the slow part of inspection. Units with equal vectors are one *kind*, and for every two kinds the features in
which they differ are kept; the cost of a count is read from a table of its feature.
"""

from __future__ import annotations

import heapq
from typing import List, NamedTuple, Optional, Sequence, Tuple

from .allocation import WORD, Stream

Vector = Tuple[int, ...]
Score = Tuple[int, int]
MIN_SWEEPS, MAX_SWEEPS, DESCENT_SWEEPS = 16, 128, 16
MIN_PROPOSALS = 256
PLAIN_PENALTY = 3


class Frame(NamedTuple):
    """What is the same for all bundlings of a draw."""

    k: int
    vectors: List[Vector]  # by position, blanks included
    fixed: List[Optional[int]]  # bundle of every position that is pinned, None of the others; no blanks
    floors: List[int]
    ceilings: List[int]
    caps: List[Optional[int]]  # what of a feature's cap is left for a bundle, None without a cap
    neighbours: List[List[int]]  # apart pairs, by position
    weights: List[int]
    bound: int  # LB of A8


class Walk:
    """One attempt at one bundling (A5-A10)."""

    def __init__(self, frame: Frame, stream: Stream) -> None:
        self.frame = frame
        self.stream = stream
        self.n = len(frame.vectors)
        self.home = self._start()  # bundle of every position
        self.still = [bundle is not None for bundle in frame.fixed] + [False] * (self.n - len(frame.fixed))
        distinct = {vector: number for number, vector in enumerate(sorted(set(frame.vectors)))}
        self.kind = [distinct[vector] for vector in frame.vectors]
        kinds = sorted(distinct)
        self.differences = [
            [[(f, b - a) for f, (a, b) in enumerate(zip(one, other)) if a != b] for other in kinds] for one in kinds
        ]
        self.top = [sum(column) + 1 for column in zip(*frame.vectors)]
        self._recount()

    def _start(self) -> List[int]:
        frame = self.frame
        home = [0 if bundle is None else bundle for bundle in frame.fixed] + [0] * (self.n - len(frame.fixed))
        order = self.stream.shuffle([position for position, bundle in enumerate(frame.fixed) if bundle is None])
        order.sort(key=lambda position: frame.vectors[position], reverse=True)  # reverse keeps the sort stable
        order += range(len(frame.fixed), self.n)
        filled = [[frame.fixed.count(bundle), bundle] for bundle in range(frame.k)]
        heapq.heapify(filled)
        for position in order:
            number, bundle = filled[0]
            home[position] = bundle
            heapq.heapreplace(filled, [number + 1, bundle])
        return home

    def _recount(self) -> None:
        width = len(self.frame.ceilings)
        self.counts = [[0] * width for _ in range(self.frame.k)]
        for position, bundle in enumerate(self.home):
            counts = self.counts[bundle]
            for f, value in enumerate(self.frame.vectors[position]):
                counts[f] += value

    def score(self) -> Score:
        """(broken rules, weighted energy) of A8."""
        frame, home = self.frame, self.home
        broken = sum(home[i] == home[j] for i, near in enumerate(frame.neighbours) for j in near) // 2
        energy = 0
        for counts in self.counts:
            for c, low, high, cap, weight in zip(counts, frame.floors, frame.ceilings, frame.caps, frame.weights):
                if c > high:
                    energy += weight * (c - high)
                elif c < low:
                    energy += weight * (low - c)
                if cap is not None and c > cap:
                    broken += c - cap
        return broken, energy

    def _tables(self, weights: Sequence[int], penalty: int) -> List[List[int]]:
        """Cost of a count, by feature and count (A7)."""
        frame = self.frame
        tables = []
        for weight, low, high, cap, top in zip(weights, frame.floors, frame.ceilings, frame.caps, self.top):
            row = [weight * max(0, c - high, low - c) for c in range(top + 1)]
            if cap is not None:
                row = [cost + penalty * max(0, c - cap) for c, cost in enumerate(row)]
            tables.append(row)
        return tables

    def sweep(self, tables: List[List[int]], penalty: int, beta: int) -> None:
        """max(n, 256) proposals (A6). beta 0: uphill never, and no word taken for it (A10)."""
        n, home, kind, counts = self.n, self.home, self.kind, self.counts
        neighbours, differences, still = self.frame.neighbours, self.differences, self.still
        word = self.stream.word
        limit = WORD - WORD % n
        for _ in range(max(n, MIN_PROPOSALS)):
            i = word()
            while i >= limit:
                i = word()
            i %= n
            j = word()
            while j >= limit:
                j = word()
            j %= n
            p, q = home[i], home[j]
            if p == q or still[i] or still[j]:
                continue
            changes = differences[kind[i]][kind[j]]
            from_p, from_q = counts[p], counts[q]
            delta = 0
            for f, d in changes:
                cost, a, b = tables[f], from_p[f], from_q[f]
                delta += cost[a + d] - cost[a] + cost[b - d] - cost[b]
            if neighbours[i] or neighbours[j]:
                delta += penalty * self._apart_change(i, j)
            if delta > 0:
                exponent = beta * delta
                if not beta or exponent > 31 or word() >= 1 << (32 - exponent):
                    continue
            home[i], home[j] = q, p
            for f, d in changes:
                from_p[f] += d
                from_q[f] -= d

    def _apart_change(self, i: int, j: int) -> int:
        """How many more apart pairs share a bundle if i and j change bundles."""
        home = self.home
        p, q = home[i], home[j]
        change = 0
        for near in self.frame.neighbours[i]:
            if near != j:
                change += (home[near] == q) - (home[near] == p)
        for near in self.frame.neighbours[j]:
            if near != i:
                change += (home[near] == p) - (home[near] == q)
        return change

    def run(self, target: int) -> Score:
        """A10; the division is then in `home`."""
        frame, score = self.frame, self.score()
        if self.n < 2:
            return score
        best, best_home, goal = score, list(self.home), (0, target)
        width = len(frame.ceilings)
        tables = self._tables([2] + [1] * (width - 1), PLAIN_PENALTY)
        beta = max(3, (frame.k * width - 1).bit_length())
        for number in range(1, MAX_SWEEPS + 1):
            self.sweep(tables, PLAIN_PENALTY, beta)
            score = self.score()
            if number >= MIN_SWEEPS and score <= goal:
                return score
            if score < best:
                best, best_home = score, list(self.home)
        self.home = best_home
        self._recount()
        return self._descend(goal)

    def _descend(self, goal: Score) -> Score:
        penalty = self.frame.weights[0] + 1
        tables = self._tables(self.frame.weights, penalty)
        for _ in range(DESCENT_SWEEPS):
            score = self.score()
            if score <= goal:
                return score
            self.sweep(tables, penalty, 0)
        return self.score()
