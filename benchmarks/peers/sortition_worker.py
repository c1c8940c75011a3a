"""Run by the Python of an environment that has sortition-algorithms; see sortition.py.

Reads {algorithm, apart, attributes, classes, seconds, seed, students} from standard input and writes one line of JSON
for every class peeled: the indices of its students, or the reason why there is none.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
from typing import Any

from sortition_algorithms import Settings, read_in_features, read_in_people, run_stratification


def quotas(students: list[dict[str, str]], attributes: dict[str, list[str]], classes: int) -> list[dict[str, str]]:
    """Floor and ceiling of the average over the classes still to be filled."""
    rows = []
    for attribute, values in attributes.items():
        for value in values:
            number = sum(student[attribute] == value for student in students)
            if number:
                row = {"feature": attribute, "value": value}
                rows.append(row | {"min": str(number // classes), "max": str(-(-number // classes))})
    return rows


def peel(students: dict[int, dict[str, str]], task: dict[str, Any], classes: int) -> list[int] | str:
    """Select one class of those that are left; the reason if there is none."""
    attributes = task["attributes"]
    settings = Settings(
        id_column="id",
        columns_to_keep=list(attributes),
        check_same_address=bool(task["apart"]),
        check_same_address_columns=["address"] if task["apart"] else [],
        selection_algorithm=task["algorithm"],
        random_number_seed=task["seed"],
    )
    rows = quotas([*students.values()], attributes, classes)
    features, *_ = read_in_features(["feature", "value", "min", "max"], rows)
    address = {unit: f"pair {number}" for number, pair in enumerate(task["apart"]) for unit in pair}
    body = [{"id": str(i), "address": address.get(i, f"of {i}"), **student} for i, student in students.items()]
    people, _ = read_in_people(["id", "address", *attributes], body, features, settings)
    good, panels, report = run_stratification(features, people, -(-len(students) // classes), settings)
    return sorted(map(int, panels[0])) if good else report.as_text()[-200:]


def main() -> None:
    logging.disable()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # solvers print too
    task = json.load(sys.stdin)
    # Of processor time: other programs on the machine do not count. The system ends the process then.
    resource.setrlimit(resource.RLIMIT_CPU, (task["seconds"], task["seconds"]))
    students = dict(enumerate(task["students"]))
    for classes in range(task["classes"], 1, -1):
        found = peel(students, task, classes)
        print(json.dumps(found), file=answers, flush=True)
        if isinstance(found, str):
            return
        for student in found:
            del students[student]
    print(json.dumps(sorted(students)), file=answers, flush=True)


if __name__ == "__main__":
    main()
