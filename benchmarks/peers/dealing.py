"""Dealing in turn: what schools do with paper, and the randomisation of sorted lists.

Both sort by the attributes in the plan's order, equals at random, siblings first; units move whole. A class that is
full (the ceiling of the average) or holds a unit's apart partner is passed over. Where the last units are siblings that
fit nowhere, the class with the fewest students takes them.

Stratified dealing: systematic sampling from a stratified list with K starts (Cochran, Sampling Techniques, chapter 8).
S-shaped dealing (蛇形分班, serpentine order): first class to last, then last to first, and again; usual with scores as
the sort key, for which the attributes stand here, which favours it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import cycle

from benchmarks.peers.measure import Division, Problem


def stratified(task: Problem, rng: random.Random) -> Division:
    return _deal(task, rng, cycle(range(task.classes)))


def serpentine(task: Problem, rng: random.Random) -> Division:
    there = range(task.classes)
    return _deal(task, rng, cycle([*there, *reversed(there)]))


def _deal(task: Problem, rng: random.Random, turns: Iterator[int]) -> Division:
    order = list(range(len(task.vectors)))
    rng.shuffle(order)
    order.sort(key=lambda unit: [-count for count in task.vectors[unit]])
    full = -(-task.totals[0] // task.classes)
    partners = task.partners
    held = [0] * task.classes
    placed = [-1] * len(order)
    for unit in order:
        size = task.vectors[unit][0]
        closed = {placed[other] for other in partners.get(unit, ())}
        open_classes = {k for k in range(task.classes) if held[k] + size <= full and k not in closed}
        if not open_classes:
            turn = min((k for k in range(task.classes) if k not in closed), key=lambda k: held[k])
        else:
            turn = next(k for k in turns if k in open_classes)
        placed[unit] = turn
        held[turn] += size
    return placed
