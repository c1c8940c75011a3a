"""What a plan may ask for besides: pins, bars, crossed, free and merged values, late children, audits (C25, C28, C29)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lies import put

from tests.conformance.changes import exchange
from tests.conformance.session import Session
from tests.conformance.table import Argument, Case, Changes, Made, sealed
from verifier.canonical import encode

SCHOOL = {
    "batch": 1, "caps": [], "class_names": [], "classes": 0, "grade": 1, "most": 0, "school": "1234567890",
    "school_name": "阳光小学", "sizes": [], "take": 0,
}  # fmt: skip
PINNED = (4, 2, "accessibility")
BARS = [[0, 2], [1, 3]]


def pinned(*pins: tuple[int, int, str]) -> Callable[[Any], None]:
    """Give single units of a sealed roster a class."""

    def change(value: Any) -> None:
        value["constraints"]["pins"] = sorted([list(pin) for pin in pins])

    return change


def barred(value: Any) -> None:
    value["constraints"]["barred"] = BARS


class Options(Session):
    """Children with a pin and a crossed pair, late ones, teams with bars, an audit, K from a largest class."""

    def __init__(self, changes: Changes | None = None) -> None:
        super().__init__({"sealed:d01": pinned(PINNED), "sealed:d03": barred, **(changes or {})})

    def arrange(self, plan: Any) -> None:
        plan["attributes"] = [
            {"free": [], "id": "sex", "merged": [], "values": ["女", "男"]},
            {"free": ["no"], "id": "migrant", "merged": [["说不清", "no"]], "values": ["no", "yes"]},
        ]
        plan["crossed"] = [["sex", "migrant"]]
        plan["draws"] = [
            dict(plan["draws"][0], class_names=["一班", "二班", "三班"]),
            dict(SCHOOL, id="d02", kind="late", batch=2, classes=3, sizes=[20, 22, 22]),
            dict(SCHOOL, id="d03", kind="teachers", classes=3),
            dict(SCHOOL, id="d04", kind="audit", take=3),
            dict(SCHOOL, id="d05", kind="classes", school="1234567891", grade=7, most=7),
        ]

    def child(self, draw: str, i: int) -> dict[str, str]:
        return super().child("d01" if draw == "d04" else draw, i)


def of(
    changes: Changes | None = None,
    until: str = "published",
    beside: Callable[[Session], Mapping[str, Argument]] = lambda _: {},
) -> Callable[[], Made]:
    def make() -> Made:
        built: Any = Options(changes).build(until)
        kinds = {entry["type"] for entry in built.ledger.entries}
        return Made(dict(built.files), encode(built.trust()), dict(beside(built)), kinds)

    return make


def frozen(changes: Changes) -> Callable[[], Made]:
    return of(changes, "header")


def pins_of_one_class(groups: Any) -> None:
    """Two units of one block to one class."""
    pinned_unit, number = groups["pins"][0]
    block = next(block for block in groups["blocks"] if pinned_unit in block)
    other = next(unit for unit in block if unit != pinned_unit)
    groups["pins"] = sorted([[pinned_unit, number], [other, number]])


def all_forced(result: Any) -> None:
    result["forced"] = list(range(len(result["classes"])))


def bar_ignored(result: Any) -> None:
    """The teams rotate so that one gets the class that is barred to it."""
    result["classes"] = [2, 3, 1]


CASES: dict[str, Case] = {
    "options": Case(
        says="Pins, crossed, free and merged values, late children, teams with bars, an audit, K by class size.",
        make=of(), inapplicable="V54",
    ),
    "options-sealed": Case(
        says="The same, with the sealed rosters of all draws.", make=of(beside=sealed), inapplicable="V54"
    ),
    "options-slip": Case(
        says="The slip of a late child, with its second code.",
        make=of(beside=lambda built: {"slip": encode(built.slip("d02", 4))}), inapplicable="V54",
    ),
    "options-too-many-pins": Case(
        says="Two of nineteen units are pinned.",
        failing="V51", inapplicable="V54",
        make=of({"sealed:d01": pinned(PINNED, (7, 1, "court"))}),
    ),
    "options-reason-not-planned": Case(
        says="A unit is pinned for a reason that the plan does not list.",
        failing="V21 V62",
        make=frozen({"sealed:d01": pinned((4, 2, "protection"))}),
    ),
    "options-pins-collide": Case(
        says="Two units of one block are pinned to one class.",
        failing="V30", make=of({"file:draws/d01/groups.json": pins_of_one_class}),
    ),
    "options-pin-dropped": Case(
        says="The groups know nothing of the pin that the header counts.",
        failing="V30", make=of({"file:draws/d01/groups.json": put("pins", [])}),
    ),
    "options-late-exchanged": Case(
        says="Two late children exchanged their classes.",
        failing="V43", make=of({"file:draws/d02/result.json": exchange}),
    ),
    "options-late-forced": Case(
        says="The result says of every late child that there was no choice.",
        failing="V43", make=of({"file:draws/d02/result.json": all_forced}),
    ),
    "options-bar-ignored": Case(
        says="A team got the class that was barred to it.",
        failing="V43 V44", make=of({"file:draws/d03/result.json": bar_ignored}),
    ),
    "options-bar-dropped": Case(
        says="The groups know of one of the two bars that the header counts.",
        failing="V30", make=of({"file:draws/d03/groups.json": put("barred", BARS[:1])}),
    ),
    "options-not-crossed": Case(
        says="The certificate does not speak of the crossed pair.",
        failing="V45",
        make=of({"file:statement.json": lambda value: value["draws"][0]["certificate"].pop()}),
    ),
    "frozen-options": Case(says="The frozen record of that session.", failing="V62", make=frozen({})),
    "frozen-options-classes": Case(
        says="The header has one class more than follows from the largest class size.",
        failing="V21 V24 V62", make=frozen({"file:header.json": put("draws", 4, "classes", 4)}),
    ),
    "frozen-options-nothing-balanced": Case(
        says="All values of an attribute are free.",
        failing="V22 V62", make=frozen({"file:plan.json": put("attributes", 1, "free", ["no", "yes"])}),
    ),
    "frozen-options-merged-into-nothing": Case(
        says="A value counts as one that is not there.",
        failing="V22 V62", make=frozen({"file:plan.json": put("attributes", 1, "merged", [["perhaps", "maybe"]])}),
    ),
    "frozen-options-numbers-backwards": Case(
        says="The plan publishes numbers per class in another order than that of its attributes.",
        failing="V22 V62", make=frozen({"file:plan.json": put("balance", ["migrant", "sex"])}),
    ),
    "frozen-options-numbers-of-disability": Case(
        says="The plan publishes how many children with a disability each class has.",
        failing="V22 V62", make=frozen({"file:plan.json": put("balance", ["disability"])}),
    ),
    "frozen-options-site-without-slash": Case(
        says="The address under which the bureau publishes does not end with a slash.",
        failing="V22 V62", make=frozen({"file:plan.json": put("contact", "site", "https://draw.example")}),
    ),
    "frozen-options-crossed-backwards": Case(
        says="A crossed pair in the wrong order.",
        failing="V22 V62", make=frozen({"file:plan.json": put("crossed", [["migrant", "sex"]])}),
    ),
    "frozen-options-names": Case(
        says="Two names for three classes.",
        failing="V22 V62", make=frozen({"file:plan.json": put("draws", 0, "class_names", ["一班", "二班"])}),
    ),
    "frozen-options-sizes": Case(
        says="Late children, and the number of students of two of three classes.",
        failing="V22 V62", make=frozen({"file:plan.json": put("draws", 1, "sizes", [20, 22])}),
    ),
    "frozen-options-batch": Case(
        says="A second batch of a draw of teachers.",
        failing="V21 V22 V62", make=frozen({"file:plan.json": put("draws", 2, "batch", 2)}),
    ),
}  # fmt: skip
