"""What chance would not do (spec/year.md Y10): honest divisions of a large grade, and the ones that cost most."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from verifiable_draw.year.chance import ATTRIBUTES, Chance, chance

Row = tuple[str, float, str, str]
CHILDREN, CLASSES = 2000, 50
STAFF, SCHOOL = ATTRIBUTES


def _row(what: str, goal: str, attribute: str, units: list[list[str]], classes: list[int]) -> Row:
    begin = time.perf_counter()
    found: Chance = chance(attribute, units, classes, bytes(32))
    spent = time.perf_counter() - begin
    how = f"{found.permutations} permutations" if found.permutations else "exact"
    return f"{what}: {len(units)} children, {max(classes)} classes", spent, goal, f"{how}, {found.pairs} pairs"


def rows(*, quick: bool) -> Iterator[Row]:
    """Rows of the table; `quick` has a tenth of the children, and the goals are not those of a large grade."""
    size, number = (CHILDREN // 10, CLASSES // 10) if quick else (CHILDREN, CLASSES)
    fair = [i % number + 1 for i in range(size)]
    random.Random(1).shuffle(fair)
    sorted_by = [i * number // size + 1 for i in range(size)]
    staff = [["1"] if i * 20 < size else ["0"] for i in range(size)]
    schools = [[f"{i * 40 // size}"] for i in range(size)]
    yield _row("children of staff, fair", "under 10 s", STAFF, staff, fair)
    yield _row("children of staff, all together", "under 300 s", STAFF, staff, sorted_by)
    yield _row("primary schools, fair", "under 10 s", SCHOOL, schools, fair)
    yield _row("primary schools, each in one class", "under 300 s", SCHOOL, schools, sorted_by)
