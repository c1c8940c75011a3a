"""CP-SAT as the judge of how well a whole roster can be divided.

Knows nothing of blocks, bundles or the walk: it sees cells of like units and places counts of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ortools.sat.python import cp_model

Vector = tuple[int, ...]


def best_energy(vectors: Sequence[Vector], classes: int, weights: Sequence[int], seconds: float) -> tuple[int, bool]:
    """Return (weighted excess over floor/ceiling, proven optimal) of the best division of all units.

    `vectors`: feature counts of every unit, feature 0 the number of students.
    """
    model = cp_model.CpModel()
    cells = Counter(vectors)
    placed = {(cell, k): model.new_int_var(0, number, "") for cell, number in cells.items() for k in range(classes)}
    for cell, number in cells.items():
        model.add(sum(placed[cell, k] for k in range(classes)) == number)
    excesses = []
    for feature, weight in enumerate(weights):
        total = sum(cell[feature] * number for cell, number in cells.items())
        floor, ceiling = total // classes, -(-total // classes)
        for k in range(classes):
            count = sum(cell[feature] * placed[cell, k] for cell in cells if cell[feature])
            if isinstance(count, int):
                continue
            excess = model.new_int_var(0, total, "")
            model.add(excess >= count - ceiling)
            model.add(excess >= floor - count)
            excesses.append(weight * excess)
    model.minimize(sum(excesses))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 2
    status = solver.solve(model)
    return int(solver.objective_value), status == cp_model.OPTIMAL
