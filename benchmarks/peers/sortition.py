"""Selection of citizens' panels, peeled class by class: sortition-algorithms from PyPI.

Flanigan, Gölz, Gupta, Hennig, Procaccia, Fair algorithms for selecting citizens' assemblies, Nature 596 (2021) 548-552
(its *maximin*), and the Sortition Foundation's older greedy *legacy* selection. The first class is a panel out of all
students with quotas from floor to ceiling of the average, the next a panel out of those left, and so on; the last
class is who is left. Students are placed one by one: the method knows no units of several, so siblings are not kept
together (which makes its task easier). Its check of addresses keeps pairs apart in every panel but the last class.

It needs some thirty packages, among them clients of Google's services: an environment of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from benchmarks.peers.measure import Balance, balance
from benchmarks.peers.measure import problem as problem_of
from verifiable_draw.values import Roster, Unit

VERSION = "0.12.15"
HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / "build" / "sortition" / "bin" / "python"


def available() -> bool:
    return PYTHON.exists()


@dataclass(frozen=True, slots=True)
class Peeled:
    """Its balance, or why there is none after how many classes."""

    balance: Balance | None
    note: str


def peel(roster: Roster, algorithm: str, seconds: int) -> Peeled:
    """Divide a roster with one of the selection algorithms; end it after so many seconds of processor time."""
    students = [student for unit in roster.units for student in unit.students]
    first = list(accumulate((len(unit.students) for unit in roster.units[:-1]), initial=0))
    apart = tuple((first[a], first[b]) for a, b in roster.apart)
    task = {
        "algorithm": algorithm,
        "apart": apart,
        "attributes": {attribute.id: attribute.values for attribute in roster.attributes},
        "classes": roster.classes,
        "seconds": seconds,
        "seed": 1,
        "students": [dict(student) for student in students],
    }
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(  # noqa: S603 - our own program
        [str(PYTHON), str(HERE / "sortition_worker.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
    )  # fmt: skip
    output, _ = process.communicate(json.dumps(task))
    lines = [json.loads(line) for line in output.splitlines()]
    if process.returncode < 0:
        return Peeled(None, f"time over after {len(lines)} of {roster.classes} classes")
    if len(lines) < roster.classes or isinstance(lines[-1], str):
        return Peeled(None, f"no panel after {max(0, len(lines) - 1)} of {roster.classes} classes")
    division = [-1] * len(students)
    for number, chosen in enumerate(lines):
        for student in chosen:
            division[student] = number
    alone = Roster(tuple(Unit((student,)) for student in students), roster.classes, roster.attributes, apart)
    note = "siblings not kept together" if len(first) < len(students) else ""
    return Peeled(balance(problem_of(alone), division), note)
