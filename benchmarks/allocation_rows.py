"""Figures of the allocator: grouping one grade, a county of them on all cores, permuting, and balance."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from itertools import combinations

from benchmarks.judge import judge
from benchmarks.peers.measure import problem
from tests.fairness.test_county import sealed
from tests.test_allocation import ATTRIBUTES, roster
from verifiable_draw import conduct
from verifiable_draw.allocation.balance import certificate
from verifiable_draw.allocation.grouping import group
from verifiable_draw.allocation.permuting import allocate
from verifiable_draw.county import SchoolSpec, generate_students, school_specs
from verifiable_draw.freeze import attribute_value, families
from verifiable_draw.values import Groups, Roster, Unit

Row = tuple[str, float, str, str]
"""What, seconds, goal, note."""

GRADES = ((300, 6, 3, "under 0.5 s"), (1200, 24, 8, "under 2 s"), (90, 8, 1, ""))
BUNDLINGS = 32


def grades() -> Iterator[Row]:
    """Grouping and permuting one grade; other programs on the machine do not count."""
    for students, classes, twins, goal in GRADES:
        units = roster(students, students, classes, twins, 2)
        sizes = [len(unit.students) for unit in units.units]
        wall, begin = time.perf_counter(), time.process_time()
        groups = group(units, "d", bytes(32), BUNDLINGS)
        grouped = time.process_time()
        allocate(groups, classes, sizes, bytes(32))
        permuted = time.process_time() - grouped
        note = f"permuting {permuted * 1000:.1f} ms; {time.perf_counter() - wall:.2f} s on the clock"
        what = f"grouping with 32 bundlings, {students}/{classes}, 4 attributes, processor time"
        yield what, grouped - begin, goal, note


def _read(data: bytes) -> tuple[Groups, int, list[int]]:
    """Groups file of honest groups -> groups, classes, sizes; sizes of one will do for a figure of time."""
    value = json.loads(data)
    groups = Groups(
        value["draw"],
        tuple(map(tuple, value["blocks"])),
        tuple(value["remainder"]),
        tuple(tuple(map(tuple, bundling)) for bundling in value["bundlings"]),
    )
    units = sum(map(len, groups.blocks)) + len(groups.remainder)
    return groups, len(groups.bundlings[0]), [1] * units


def _roster(spec: SchoolSpec) -> Roster:
    """The roster of a generated school, its units in the order of the students."""
    units, pairs = [], []
    for wish, members in families(generate_students(spec, "benchmark")):
        found = [{a.id: attribute_value(student, a) for a in ATTRIBUTES} for student in members]
        if wish == "apart":
            pairs += combinations(range(len(units), len(units) + len(found)), 2)
            units += [Unit((student,)) for student in found]
        else:
            units.append(Unit(tuple(found)))
    return Roster(tuple(units), spec.classes, ATTRIBUTES, tuple(pairs))


def county(schools: int, students: int) -> Iterator[Row]:
    """A county's groups as a session forms them: schools in parallel, and one by one."""
    specs = [s for s in school_specs(schools, students, "benchmark") if s.classes > 1]
    tasks: list[conduct.GroupingTask] = [
        (sealed(_roster(spec), spec.code), spec.code, spec.code.encode().ljust(32), BUNDLINGS) for spec in specs
    ]
    begin = time.perf_counter()
    files = conduct.compute_groups(tasks)
    parallel = time.perf_counter() - begin
    begin, work = time.perf_counter(), time.process_time()
    alone = [conduct.compute_groups([task])[0] for task in tasks]
    spent, processor = time.perf_counter() - begin, time.process_time() - work
    if alone != files:
        raise SystemExit("groups depend on how many processes form them")
    what = f"{len(tasks)} grades, {students} students, 32 bundlings"
    yield f"grouping {what}, all cores", parallel, "under 45 s on two cores", "same bytes as one by one"
    yield f"grouping {what}, one by one", spent, "", f"{processor:.1f} s of processor time"
    known = [_read(data) for data in files]
    begin = time.process_time()
    for groups, classes, sizes in known:
        allocate(groups, classes, sizes, bytes(32))
    yield f"permuting {what}, from the seed", time.process_time() - begin, "under 1 s", ""


def quality(number: int) -> Row:
    """Every attribute within one, on rosters for which CP-SAT finds that possible."""
    rng = random.Random(500)
    perfect = possible = unknown = 0
    begin = time.perf_counter()
    for i in range(number):
        classes = rng.choice((2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24))
        students = classes * rng.randint(20, 55)
        units = roster(i, students, classes, rng.randint(0, max(1, students // 60)), 0)
        lines = certificate(units, group(units, "d", i.to_bytes(32, "big"), 4))
        if all(line.proven for line in lines):
            perfect += 1
            possible += 1
            continue
        task = problem(units)
        verdict = judge(task.vectors, classes, task.weights, 20)
        possible += verdict.energy == 0
        unknown += verdict.energy != 0 and not verdict.proven
    share = 100 * perfect / possible
    note = f"{perfect} of {possible} possible: {share:.1f} %; {unknown} undecided"
    return f"balance of {number} rosters (4 bundlings each), with CP-SAT", time.perf_counter() - begin, "99 %", note
