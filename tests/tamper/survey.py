"""Where the verifiers disagree, sorted by what they disagree in: python -m tests.tamper.survey FROM TO [EXAMPLES].

`python -m tests.tamper.survey = NUMBER …` shows single mutants with the words of both reports.
"""

from __future__ import annotations

import collections
import json
import pathlib
import subprocess
import sys
import tempfile
from typing import Any, Dict, List, Tuple

from verifier import report

from tests.tamper.judge import judge
from tests.tamper.mutants import Mutant, mutant
from tests.tamper.test_differential import SCRIPT, by_javascript, by_python, differences, request

Groups = Dict[Tuple[str, ...], List[str]]


def sort(name: str, one: Dict[str, Any], two: Dict[str, Any], into: Dict[str, Groups]) -> None:
    if one["exit"] != two["exit"]:
        into["exit"][str(one["exit"]), str(two["exit"])].append(name)
    if 2 in (one["exit"], two["exit"]):
        return
    for check, outcome in one["checks"].items():
        other = two["checks"].get(check, "")
        if {outcome, other} == {"PASS", "FAIL"} or ("" in (outcome, other)):
            into["failing" if "FAIL" in (outcome, other) else "other outcomes"][check, outcome, other].append(name)
    for key, value in one.items():
        if key not in ("checks", "exit", "verdict", "reasons") and value != two[key] and differences(one, two):
            into["the rest of V5"][key,].append(f"{name}\n          {value} | {two[key]}")


def survey(start: int, end: int, examples: int) -> None:
    found: Dict[str, Groups] = collections.defaultdict(lambda: collections.defaultdict(list))
    kinds: collections.Counter = collections.Counter()
    for at in range(start, end, 200):
        mutants = [mutant(number) for number in range(at, min(at + 200, end))]
        kinds.update(one.name.split(": ")[1] for one in mutants)
        plain, fast = (list(by_python(mutants, fast=fast)) for fast in (False, True))
        with tempfile.TemporaryDirectory() as folder:
            other = by_javascript("node", mutants, pathlib.Path(folder))
        for one, a, b, c in zip(mutants, plain, fast, other):
            if a != b:
                found["libsodium"][tuple(differences(a, b))].append(one.name)
            kinds["equal in JavaScript"] += a == c
            sort(one.name, a, c, found)
    print(dict(kinds))
    for title, groups in found.items():
        print(f"== {title} (Python, the other)")
        for what, names in sorted(groups.items(), key=lambda row: -len(row[1])):
            print(f"{' '.join(what)}: {len(names)}")
            print(*(f"      {name[:300]}" for name in names[:examples]), sep="\n")


def show(mutants: List[Mutant]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = [json.dumps(request(one, pathlib.Path(folder) / str(i))) for i, one in enumerate(mutants)]
        command = ["node", str(SCRIPT), "--batch"]
        done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
    for one, line in zip(mutants, done.stdout.splitlines()):
        ours, theirs = json.loads(report.as_json(judge(one.given, **one.beside))), json.loads(line)
        print(f"{one.name}: exit {ours['exit']} | {theirs['exit']}")
        others = {row["id"]: row for row in theirs["checks"]}
        for row in ours["checks"]:
            other = others.get(row["id"], {"outcome": "", "detail": ""})
            if row["outcome"] != other["outcome"]:
                print(
                    f"  {row['id']} {row['outcome']} {row['detail'][:200]} | {other['outcome']} {other['detail'][:200]}"
                )


if __name__ == "__main__":
    if sys.argv[1] == "=":
        show([mutant(int(number)) for number in sys.argv[2:]])
    else:
        survey(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 3)
