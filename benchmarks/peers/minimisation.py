"""Minimisation.

Pocock and Simon, Sequential treatment assignment with balancing for prognostic factors, Biometrics 31
(1975) 103-115, with K arms.

Units come in random order. For every class: if the unit went there, the sum over its factors of the range (largest less
smallest class) of the levels it has; all factors weigh the same, the number of students is one of them. Classes are
ranked by it, equals at random; the first gets the unit with probability p, each other with the same share of 1 - p
(their biased coin; p = 1 is the deterministic rule). Siblings come as one; classes with an apart partner are left out.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from benchmarks.peers.measure import Division, Problem


def minimise(task: Problem, rng: random.Random, p: float) -> Division:
    order = list(range(len(task.vectors)))
    rng.shuffle(order)
    partners = task.partners
    counts = [[0] * task.classes for _ in task.weights]
    placed = [-1] * len(order)
    for unit in order:
        gained = [(counts[f], count) for f, count in enumerate(task.vectors[unit]) if count]
        closed = {placed[other] for other in partners.get(unit, ())}
        open_classes = [k for k in range(task.classes) if k not in closed]
        sums = _sums(gained, task.classes)
        rng.shuffle(open_classes)
        best = min(open_classes, key=lambda k: sums[k])
        others = [k for k in open_classes if k != best]
        turn = best if not others or rng.random() < p else rng.choice(others)
        placed[unit] = turn
        for column, count in gained:
            column[turn] += count
    return placed


def _sums(gained: Sequence[tuple[list[int], int]], classes: int) -> list[int]:
    """Return for every class the sum of ranges if the unit went there."""
    sums = [0] * classes
    for column, count in gained:
        ordered = sorted(column)
        most, least, second = ordered[-1], ordered[0], ordered[1]
        alone = least < second
        for k, c in enumerate(column):
            left = second if alone and c == least else least
            sums[k] += max(most, c + count) - min(left, c + count)
    return sums
