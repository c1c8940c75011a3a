"""CP-SAT as the judge of how well a whole roster can be divided.

Knows nothing of blocks, bundles or the walk: it sees cells of like units and places counts of them. Units of apart
pairs are cells of their own.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

Vector = tuple[int, ...]
Pair = tuple[int, int]
Limit = tuple[int, int]
"""A feature and the most of it that a class may hold."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge found within its time.

    `energy`: weighted excess over floor and ceiling of the best division found, None if none was found. `bound`:
    nothing below it is possible. `impossible`: proven that no division keeps the rules. `seconds`: spent.
    """

    energy: int | None
    bound: int
    impossible: bool
    seconds: float

    @property
    def proven(self) -> bool:
        """Whether `energy` is the optimum."""
        return self.energy == self.bound


def judge(
    vectors: Sequence[Vector],
    classes: int,
    weights: Sequence[int],
    seconds: float,
    apart: Sequence[Pair] = (),
    caps: Sequence[Limit] = (),
    workers: int = 2,
) -> Verdict:
    """Find the best division of all units that keeps pairs apart and caps.

    `vectors`: feature counts of every unit, feature 0 the number of students. `apart`: pairs of positions in
    `vectors`. The same random seed always; which of several best divisions it finds is not looked at.
    """
    begin = time.perf_counter()
    model = cp_model.CpModel()
    alone = {unit for pair in apart for unit in pair}
    cells = Counter((vector, unit if unit in alone else -1) for unit, vector in enumerate(vectors))
    placed = {(cell, k): model.new_int_var(0, number, "") for cell, number in cells.items() for k in range(classes)}
    for cell, number in cells.items():
        model.add(sum(placed[cell, k] for k in range(classes)) == number)
    for a, b in apart:
        for k in range(classes):
            model.add(placed[(vectors[a], a), k] + placed[(vectors[b], b), k] <= 1)
    limits = dict(sorted(caps, reverse=True))  # the smallest cap on a feature comes last and stays
    excesses = []
    for feature, weight in enumerate(weights):
        total = sum(cell[0][feature] * number for cell, number in cells.items())
        floor, ceiling = total // classes, -(-total // classes)
        for k in range(classes):
            count = sum(cell[0][feature] * placed[cell, k] for cell in cells if cell[0][feature])
            if isinstance(count, int):
                continue
            if feature in limits:
                model.add(count <= limits[feature])
            excess = model.new_int_var(0, total, "")
            model.add(excess >= count - ceiling)
            model.add(excess >= floor - count)
            excesses.append(weight * excess)
    model.minimize(sum(excesses))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    spent = time.perf_counter() - begin
    if status == cp_model.INFEASIBLE:
        return Verdict(None, 0, impossible=True, seconds=spent)
    found = int(solver.objective_value) if status in {cp_model.OPTIMAL, cp_model.FEASIBLE} else None
    # The bound is a float of a whole number; no excess is negative.
    return Verdict(found, max(0, round(solver.best_objective_bound)), impossible=False, seconds=spent)
