"""What a bureau could say beside the record it is asked about; both verifiers must see it."""

from __future__ import annotations

import copy
import pathlib
from typing import Any, Callable, Dict, List, Tuple

import pytest
from builder import Builder
from verifier.canonical import encode

from tests.tamper.mutants import Mutant
from tests.tamper.test_differential import by_javascript, by_python, differences, node  # noqa: F401 - a fixture

LIES: Dict[str, Callable[[Any], None]] = {
    "another year": lambda body: body.update(year=2025),
    "a rehearsal": lambda body: body.update(rehearsal=True),
    "other schools": lambda body: [draw.update(school="99" + draw["school"][2:]) for draw in body["draws"]],
    "another size": lambda body: body.update(size=1),
}


def drawn_twice(lie: Callable[[Any], None]) -> Tuple[Builder, Builder]:
    """The same children in two sessions; the `header` entry of the first says something else than its header.json."""
    first, second = Builder({"body:header": lie}).build(), Builder()
    second.ledger, second.session, second.witnesses = copy.deepcopy(first.ledger), "2026-again", first.witnesses
    second.ledger.changes = {"file:plan.json": lambda plan: plan.update(session="2026-again")}
    second._begun = set()
    second.open_ledger = lambda: None
    return first, second.build()


def judged(node: str, folder: pathlib.Path, *mutants: Mutant) -> List[Dict[str, Any]]:  # noqa: F811
    python = list(by_python(list(mutants), fast=True))
    assert [differences(a, b) for a, b in zip(python, by_javascript(node, list(mutants), folder))] == [[]] * len(python)
    return python


@pytest.mark.parametrize("name", LIES)
def test_header_entry_that_lies_hides_no_second_draw(node: str, name: str, tmp_path: pathlib.Path) -> None:  # noqa: F811
    first, second = drawn_twice(LIES[name])
    beside = {"trust": encode(second.trust()), "others": [first.files], "ledger": second.files["ledger/entries.jsonl"]}
    (found,) = judged(node, tmp_path, Mutant(name, second.files, beside))
    assert found["exit"] == 1
    assert found["checks"]["V82"] == "FAIL"


class OtherAttributes(Builder):
    """A roster that was sealed, and committed to, with attributes that are not the plan's."""

    change: Callable[[Any], None]

    def _student(self, draw: str, i: int) -> Any:
        made = super()._student(draw, i)
        if i == 3:
            self.change(made["attributes"])
        return made


@pytest.mark.parametrize("change", [lambda a: a.update(sex="X"), lambda a: a.update(staff_child="1")])
def test_sealed_attributes_that_are_not_the_plans(
    node: str,  # noqa: F811
    change: Callable[[Any], None],
    tmp_path: pathlib.Path,
) -> None:
    built = OtherAttributes()
    built.change = change
    built.build("header")
    sealed = [built.sealed[draw] for draw in sorted(built.sealed)]
    (found,) = judged(node, tmp_path, Mutant("sealed", built.files, {"sealed": sealed}))
    assert (found["exit"], found["checks"]["V71"]) == (1, "FAIL")


def test_earlier_record_without_entries(node: str, tmp_path: pathlib.Path) -> None:  # noqa: F811
    built, frozen = Builder().build(), Builder().build("header")
    data = frozen.files["ledger/entries.jsonl"]
    earlier = [{**frozen.files, "ledger/entries.jsonl": part} for part in (b"", data[:-1], data[:-9])]
    mutants = [Mutant(str(i), built.files, {"since": one}) for i, one in enumerate(earlier)]
    assert [found["checks"]["V17"] for found in judged(node, tmp_path, *mutants)] == ["FAIL"] * 3
