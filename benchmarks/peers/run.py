"""Every method on every roster, one after the other, each result a line of a file: a run that stops goes on later."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.judge import judge
from benchmarks.peers import dealing, minimisation, sortition
from benchmarks.peers.measure import Balance, balance, problem
from benchmarks.peers.rosters import LARGE, Case
from verifiable_draw.allocation.grouping import group
from verifiable_draw.values import Groups

RESULTS = Path(__file__).parents[2] / "build" / "peers" / "results.jsonl"
LIMIT = 60
"""Seconds that a method has for a roster."""
JUDGE_LIMIT = 10
"""Seconds of CP-SAT for a mixed roster, with two workers."""

Result = dict[str, Any]


def divisions(groups: Groups, units: int) -> Iterable[list[int]]:
    """Return for each bundling one of the divisions that it leads to; they differ only in who stands for whom."""
    for bundling in groups.bundlings:
        division = [-1] * units
        for block in (*groups.blocks, *zip(*_padded(bundling), strict=True)):
            for k, unit in enumerate(block):
                if unit >= 0:
                    division[unit] = k
        yield division


def _padded(bundling: tuple[tuple[int, ...], ...]) -> list[list[int]]:
    longest = max(map(len, bundling), default=0)
    return [[*bundle, *[-1] * (longest - len(bundle))] for bundle in bundling]


def ours(number: int) -> Callable[[Case], Result]:
    """The project's grouping; its balance is that of the worst bundling."""

    def run(case: Case) -> Result:
        groups = group(case.roster, "d", case.grouping_seed, number)
        task = problem(case.roster)
        found = [balance(task, division) for division in divisions(groups, len(case.roster.units))]
        return asdict(max(found)) | {"energies": [b.energy for b in found], "remainder": len(groups.remainder)}

    return run


def placing(method: Callable[..., Any], *arguments: float) -> Callable[[Case], Result]:
    """A peer that is a function of the units and of chance."""

    def run(case: Case) -> Result:
        task = problem(case.roster)
        return asdict(balance(task, method(task, random.Random(1), *arguments)))

    return run


def judged(case: Case) -> Result:
    task = problem(case.roster)
    limit = JUDGE_LIMIT if case not in LARGE else LIMIT
    verdict = judge(task.vectors, task.classes, task.weights, limit, task.apart)
    return {"energy": verdict.energy, "bound": verdict.bound, "impossible": verdict.impossible, "broken": 0}


def peeled(algorithm: str) -> Callable[[Case], Result]:
    def run(case: Case) -> Result:
        found = sortition.peel(case.roster, algorithm, LIMIT)
        measured: Balance | None = found.balance
        return (asdict(measured) if measured else {}) | {"note": found.note}

    return run


METHODS: dict[str, Callable[[Case], Result]] = {
    "ours, 1 bundling": ours(1),
    "ours, 32 bundlings": ours(32),
    "CP-SAT": judged,
    "stratified dealing": placing(dealing.stratified),
    "S-shaped dealing": placing(dealing.serpentine),
    "minimisation, p = 1": placing(minimisation.minimise, 1.0),
    "minimisation, p = 0.85": placing(minimisation.minimise, 0.85),
    "sortition, legacy": peeled("legacy"),
    "sortition, maximin": peeled("maximin"),
}
# Of the longest only so many mixed rosters: it ends none within its time.
FIRST_ONLY = {"sortition, maximin": 4}


def _cpu() -> float:
    """Seconds of processor time of this process and its ended children: other programs do not count."""
    return time.process_time() + sum(os.times()[2:4])


def load(path: Path = RESULTS) -> dict[tuple[str, str], Result]:
    """Read what is done: (roster, method) -> result. A line cut off by a crash is done again."""
    found = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        found[row["case"], row["method"]] = row
    return found


def measure(cases: list[Case], methods: list[str], path: Path = RESULTS) -> None:
    """Do what is not done yet, and say how much time is left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done = load(path)
    todo = [
        (case, method)
        for place, case in enumerate(cases)
        for method in methods
        if (case.name, method) not in done
        and place < FIRST_ONLY.get(method, len(cases))
        and (not method.startswith("sortition") or sortition.available())
    ]
    begin = time.monotonic()
    for number, (case, method) in enumerate(todo, start=1):
        start, work = time.perf_counter(), _cpu()
        result = METHODS[method](case)
        spent = {"seconds": round(time.perf_counter() - start, 4), "cpu": round(_cpu() - work, 4)}
        row = {"case": case.name, "method": method, **spent, **result}
        with path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        left = (time.monotonic() - begin) / number * (len(todo) - number)
        end = "\r" if sys.stderr.isatty() else "\n"
        if end == "\r" or number % 50 == 0:
            line = f"{number}/{len(todo)} {case.name} {method}; {left / 60:.0f} min left   "
            print(line, end=end, file=sys.stderr, flush=True)


def unsupported() -> str:
    """What will be missing from the table."""
    if sortition.available():
        return ""
    folder = os.path.relpath(sortition.PYTHON.parents[1])
    package = f"sortition-algorithms=={sortition.VERSION}"
    return f"sortition is missing: python3 -m venv {folder} && {folder}/bin/pip install {package}"
