"""Draws of all kinds (C25) in one session: students, teams of teachers, persons to choose from, persons to order."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from lies import put

from tests.conformance.changes import exchange, where
from tests.conformance.session import Elsewhere, Session
from tests.conformance.table import Argument, Case, Changes, Made
from verifier.canonical import encode

SCHOOL = {
    "batch": 1, "caps": [], "class_names": [], "grade": 1, "most": 0, "school": "1234567890",
    "school_name": "阳光小学", "sizes": [], "take": 0,
}  # fmt: skip


class Kinds(Session):
    """One draw of each kind; the persons of d03 stand in d04 too."""

    def arrange(self, plan: Any) -> None:
        plan["draws"] = [
            plan["draws"][0],
            dict(SCHOOL, id="d02", kind="teachers", classes=3),
            dict(SCHOOL, id="d03", kind="select", classes=0, take=2),
            dict(SCHOOL, id="d04", kind="order", classes=0),
        ]

    def child(self, draw: str, i: int) -> dict[str, str]:
        return super().child("d03" if draw == "d04" else draw, i)


class OneTwice(Kinds):
    """A teacher who stands in two teams."""

    def child(self, draw: str, i: int) -> dict[str, str]:
        return super().child(draw, 0 if (draw, i) == ("d02", 3) else i)


class Together(Kinds):
    """Two persons to choose from stand as one."""

    def freeze(self, draw: dict[str, Any]) -> dict[str, Any]:
        return super().freeze(dict(draw, kind="teachers") if draw["kind"] == "select" else draw)

    def heads(self, draw: dict[str, Any]) -> int:
        return 7 if draw["id"] == "d03" else super().heads(draw)


def of(
    kind: type[Kinds] = Kinds,
    until: str = "published",
    changes: Changes | None = None,
    beside: Callable[[Session], Mapping[str, Argument]] = lambda _: {},
) -> Callable[[], Made]:
    def make() -> Made:
        built: Any = kind(dict(changes or {})).build(until)
        kinds = {entry["type"] for entry in built.ledger.entries}
        return Made(dict(built.files), encode(built.trust()), dict(beside(built)), kinds)

    return make


class Again(Elsewhere):
    """An earlier session of the year that put the same persons in an order, and divided nobody."""

    def arrange(self, plan: Any) -> None:
        super().arrange(plan)
        plan["draws"] = [dict(SCHOOL, id=self.draw, kind="order", classes=0, school=self.school)]
        plan["attributes"], plan["balance"] = [], []

    def child(self, draw: str, i: int) -> dict[str, str]:  # noqa: ARG002 - they are those of d03 there
        return super().child("d03", i)


@functools.cache
def year() -> tuple[Kinds, Again]:
    earlier = Again("2026-spring", "1234567892", "d11")
    only_drawn = lambda body: body["schools"].pop(1)  # noqa: E731
    main: Any = Kinds({"before:plan": earlier.run_in, "body:register": only_drawn}).build()
    return main, earlier


def this_year() -> Made:
    built, _ = year()
    kinds = {entry["type"] for entry in built.ledger.entries}
    files = dict(built.files)
    arguments: dict[str, Argument] = {"ledger": files["ledger/entries.jsonl"], "record": ["kinds-earlier/"]}
    return Made(files, encode(built.trust()), arguments, kinds)


def earlier_this_year() -> Made:
    _, one = year()
    return Made(dict(one.files), encode(one.trust_then), {}, {entry["type"] for entry in one.ledger.entries})


def frozen(changes: Changes | None = None, kind: type[Kinds] = Kinds) -> Callable[[], Made]:
    return of(kind, "header", changes)


def divided(groups: Any) -> None:
    """The same permutation, said in the way of students: everybody in the remainder, one a bundle."""
    units = groups["blocks"].pop()
    groups["remainder"] = units
    groups["bundlings"] = [[[unit] for unit in units] for _ in groups["bundlings"]]


def line(certificate: Any) -> None:
    certificate.append({"bound": 0, "feature": "size", "proven": True, "reached": 0})


CASES: dict[str, Case] = {
    "kinds": Case(
        says="A draw of each kind in one session; persons stand in two of them.", make=of(), inapplicable="V54"
    ),
    "kinds-sealed": Case(
        says="The same, with the sealed rosters of all draws.",
        make=of(beside=lambda built: {"sealed": list(built.sealed.values())}),
        inapplicable="V54",
    ),
    "kinds-slip": Case(
        says="The slip of a person who could be chosen, with its second code.",
        make=of(beside=lambda built: {"slip": encode(built.slip("d03", 4))}),
        inapplicable="V54",
    ),
    "kinds-list-exchanged": Case(
        says="Two persons exchanged their positions.",
        failing="V43",
        make=of(changes={"file:draws/d04/result.json": exchange}),
    ),
    "kinds-counts-other": Case(
        says="The numbers of teachers by class stand in another order.",
        failing="V43 V44",
        make=of(changes={"file:draws/d02/result.json": lambda value: value["counts"].append(value["counts"].pop(0))}),
    ),
    "kinds-certificate": Case(
        says="The statement says of teachers how evenly they are divided.",
        failing="V45",
        make=of(changes={"file:statement.json": lambda value: line(value["draws"][1]["certificate"])}),
    ),
    "kinds-groups-divided": Case(
        says="The teams stand in the remainder, one a bundle, instead of in one block.",
        failing="V30",
        make=of(changes={"file:draws/d02/groups.json": divided}),
    ),
    "kinds-earlier": Case(
        says="An earlier session of the year that only put persons in an order, its delay short.",
        failing="V51",
        inapplicable="V54",
        make=earlier_this_year,
    ),
    "kinds-year": Case(
        says="Persons of that session are drawn again, and the register asks only for students.",
        inapplicable="V54",
        make=this_year,
    ),
    "frozen-kinds": Case(says="The frozen record of draws of all kinds.", failing="V62", make=frozen()),
    "frozen-kinds-person-twice": Case(
        says="A teacher stands in two teams of one draw.", failing="V25 V62", make=frozen(kind=OneTwice)
    ),
    "frozen-kinds-take-too-many": Case(
        says="More are to be chosen than there are persons.",
        failing="V21 V62",
        make=frozen({"file:plan.json": put("draws", 2, "take", 8)}),
    ),
    "frozen-kinds-persons-together": Case(
        says="Two persons to choose from stand as one unit.", failing="V21 V62", make=frozen(kind=Together)
    ),
    "frozen-kinds-apart": Case(
        says="The summary of the teachers counts a pair apart.",
        failing="V21 V62",
        make=frozen({"body:roster.frozen": where(put("constraints", "apart", 1), draw="d02")}),
    ),
    "frozen-kinds-order-takes": Case(
        says="A draw of an order says how many are chosen.",
        failing="V22 V62",
        make=frozen({"file:plan.json": put("draws", 3, "take", 1)}),
    ),
    "frozen-kinds-unknown": Case(
        says="A draw of a kind that the specification does not know.",
        failing="V21 V22 V62",
        make=frozen({"file:plan.json": put("draws", 3, "kind", "raffle")}),
    ),
    "frozen-kinds-without-classes": Case(
        says="Only teachers are drawn, and the plan lists no attributes.",
        failing="V62",
        make=frozen({"file:plan.json": lambda plan: plan.update(draws=plan["draws"][1:2], attributes=[], balance=[])}),
    ),
    "frozen-kinds-classes-without-attributes": Case(
        says="Students are divided into classes by no attribute.",
        failing="V22 V62",
        make=frozen({"file:plan.json": lambda plan: plan.update(attributes=[], balance=[])}),
    ),
}
