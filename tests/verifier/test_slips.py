"""Slips of sixteen bytes, what the ledger says of slips and evidence, and numbers per class."""

from __future__ import annotations

import copy
import functools
import hashlib
import hmac
from typing import Any, Dict

import pytest
from verifier import balance, canonical, checks, cli, engine, record, report, rules, schema
from verifier.canonical import VERSION, encode, tagged
from verifier.context import Context, Given

import builder
from builder import SESSION, Builder, fresh
from lies import put
from running import examine, failed, outcome

checks.load()
ALWAYS = {"V57", "V62"}  # of a frozen record without trust file
COUNTED = {"classes": 36}  # children of a draw, so that sex is told of


class Room(Builder):
    """Children whose families have slips (R12); enough of them that numbers per class can be published."""

    def heads(self, draw: Dict[str, Any]) -> int:
        return COUNTED.get(draw["kind"], 7)

    def secret(self, draw: str, i: int) -> bytes:
        return fresh("secret", draw, i)[:16]

    def second(self, draw: str, i: int) -> bytes:
        return fresh("second", draw, i)[:16]

    def child(self, draw: str, i: int) -> Dict[str, str]:
        return {"document_number": f"99{draw[1:]}0120200101{i:04d}", "document_type": "1", "name": f"测试第{i}名"}

    def _student(self, draw: str, i: int) -> Dict[str, Any]:
        made, child = super()._student(draw, i), self.child(draw, i)
        planned = next(one for one in self.plan_value["draws"] if one["id"] == draw)
        number = tagged("nullifier", child["document_type"].encode(), child["document_number"].encode())
        nullifier = hmac.new(fresh("year key"), number, hashlib.sha256).hexdigest()
        part = dict(child, grade=planned["grade"], nullifier=nullifier, school=planned["school"], year=2026)
        salt = tagged("slip-identity", self.secret(draw, i))
        return {
            "attributes": made["attributes"],
            "attributes_salt": tagged("slip-attributes", self.secret(draw, i), self.second(draw, i)).hex(),
            "identity": tagged("identity", salt, encode(part)).hex(),
            "nullifier": nullifier,
        }

    def slip(self, draw: str, i: int, second: bool = True) -> Dict[str, Any]:
        return dict(
            self.child(draw, i),
            second=self.second(draw, i).hex() if second else "",
            secret=self.secret(draw, i).hex(),
            session=SESSION,
            version=VERSION,
        )

    def unit_of(self, draw: str, i: int) -> int:
        """Where a child stands, found by its nullifier."""
        units = canonical.decode(self.sealed[draw])["units"]
        wanted = self._student(draw, i)["nullifier"]
        return next(index for index, unit in enumerate(units) if any(one["nullifier"] == wanted for one in unit))


@functools.cache
def _built(until: str) -> Room:
    return Room().build(until)


def room(until: str = "published") -> Room:
    return copy.deepcopy(_built(until))


def with_slip(built: Builder, slip: Dict[str, Any]) -> report.Report:
    files = record.Files()
    files.data = dict(built.files)
    context = Context(files, Given(slip=slip, trust=built.trust(), sealed=list(built.sealed.values())))
    return report.make(context, engine.run_all(context))


# --- the slip (V90, V92) ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("draw", "i"), [("d01", 0), ("d01", 17), ("d02", 35)])
def test_slip_shows_class_and_attributes(draw, i):
    built = room()
    found = with_slip(built, built.slip(draw, i))
    assert (outcome(found, "V90"), outcome(found, "V92")) == ("PASS", "PASS")
    number = canonical.decode(built.files[f"draws/{draw}/result.json"])["classes"][built.unit_of(draw, i)]
    planned = next(one for one in built.plan_value["draws"] if one["id"] == draw)
    assert found.slip == {
        "attributes": built._student(draw, i)["attributes"],
        "class": number,
        "draw": draw,
        "grade": planned["grade"],
        "school": planned["school"],
    }


def test_slip_alone_shows_no_attributes():
    built = room()
    found = with_slip(built, built.slip("d01", 5, second=False))
    assert (outcome(found, "V90"), outcome(found, "V92")) == ("PASS", "NOT-APPLICABLE")
    assert found.slip["attributes"] == {}
    assert found.slip["class"]


def test_slip_before_the_draw():
    built = room("header")
    found = with_slip(built, built.slip("d02", 3))
    assert (outcome(found, "V90"), outcome(found, "V92")) == ("PASS", "PASS")
    assert found.slip["class"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"name": "别人"},
        {"document_number": "1"},
        {"document_type": "A"},
        {"secret": "00" * 16},
        {"session": "2025-autumn"},
    ],
)
def test_slip_that_opens_nobody(change):
    built = room()
    found = with_slip(built, dict(built.slip("d01", 5), **change))
    assert (outcome(found, "V90"), outcome(found, "V92")) == ("FAIL", "CANNOT-CHECK")
    assert found.slip == {}


@pytest.mark.parametrize("second", ["00" * 16, fresh("second", "d01", 6)[:16].hex()])
def test_second_code_of_nobody_or_of_another_child(second):
    built = room()
    found = with_slip(built, dict(built.slip("d01", 5), second=second))
    assert (outcome(found, "V90"), outcome(found, "V92")) == ("PASS", "FAIL")
    assert found.slip["attributes"] == {}


@pytest.mark.parametrize(
    "change",
    [
        {"secret": ""},
        {"secret": "00" * 15},
        {"secret": "00" * 32},
        {"secret": "AA" * 16},
        {"second": "00" * 32},
        {"second": "0" * 31},
        {"document_type": "Q"},
        {"salt": "00" * 32},
    ],
)
def test_form_of_a_slip(change, tmp_path):
    built = room("header")
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(encode(built.slip("d01", 1)))
    bad.write_bytes(encode(dict(built.slip("d01", 1), **change)))
    assert cli.read_form(str(good), schema.SLIP, "slip")["name"] == "测试第1名"
    with pytest.raises(record.RecordError):
        cli.read_form(str(bad), schema.SLIP, "slip")


# --- leaves (V24) -------------------------------------------------------------------------------------------------


def test_two_students_of_one_identity():
    """Their leaves differ, since their attributes do."""
    class Twice(Room):
        def _student(self, draw: str, i: int) -> Dict[str, Any]:
            made = super()._student(draw, i)
            return dict(made, identity=super()._student(draw, 4)["identity"]) if (draw, i) == ("d02", 5) else made

    found = examine(Twice().build("header"))
    assert failed(found) - ALWAYS == {"V24"}


# --- slips and evidence in the ledger (V18, V03, V12) -------------------------------------------------------------

SLIPS = {"draw": "d01", "number": 36, "reprint": False, "session": SESSION}
EVIDENCE = {"kind": "video", "label": "hall", "session": SESSION, "sha256": "00" * 32, "size": 9}


def entries(*added: Any, before: str = "observer.enrolled") -> Dict[str, Any]:
    """Entries (type and body) that stand in the ledger before the first one of a type."""

    def change(made: Builder) -> None:
        for kind, body in added:
            made.operator(kind, body, session="")

    return {"before:" + before: change}


LEDGERS = [
    (entries(("slips", SLIPS)), set()),
    (entries(("slips", SLIPS), ("slips", dict(SLIPS, number=1, reprint=True))), set()),
    (entries(("evidence", EVIDENCE), ("evidence", dict(EVIDENCE, label="hall-2"))), set()),
    (entries(("evidence", EVIDENCE), before="roster.submitted"), set()),
    (entries(("slips", dict(SLIPS, session="2025-autumn"))), {"V18"}),
    (entries(("slips", dict(SLIPS, draw="d03"))), {"V18"}),
    (entries(("slips", dict(SLIPS, number=0))), {"V18"}),
    (entries(("slips", SLIPS), before="roster.submitted"), {"V18"}),
    (entries(("slips", dict(SLIPS, draw="d02")), before="roster.frozen"), {"V18"}),
    (entries(("evidence", dict(EVIDENCE, session="2025-autumn"))), {"V18"}),
    (entries(("evidence", EVIDENCE), before="plan"), {"V18"}),
    (entries(("evidence", EVIDENCE), ("evidence", dict(EVIDENCE, kind="scan"))), {"V18"}),
    (entries(("evidence", dict(EVIDENCE, kind="rumour"))), {"V03"}),
    (entries(("evidence", dict(EVIDENCE, label="Hall"))), {"V03"}),
    (entries(("evidence", dict(EVIDENCE, session=""))), {"V03"}),
    (entries(("slips", dict(SLIPS, reprint=0))), {"V03"}),
    (entries(("slips", dict(SLIPS, number=True))), {"V03"}),
    ({"before:observer.enrolled": lambda made: made.operator("slips", SLIPS)}, {"V03"}),  # with a session
    ({"before:observer.enrolled": lambda made: made.add("slips", SLIPS, ("approver", "approver"), session="")}, {"V12"}),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(LEDGERS)))
def test_slips_and_evidence(number):
    changes, expected = LEDGERS[number]
    found = examine(Room(changes).build("header"))
    assert failed(found) - ALWAYS == expected, [one.detail for one in found.outcomes if one.failed]
    if not expected:
        assert outcome(found, "V18") == "PASS"


def test_ledger_without_slips_and_evidence():
    assert outcome(examine(room("header")), "V18") == "NOT-APPLICABLE"


# --- what a plan may say (V22) ------------------------------------------------------------------------------------

PLANS = [
    (put("balance", []), set()),
    (put("balance", ["migrant"]), set()),
    (put("balance", ["migrant", "sex"]), {"V22"}),
    (put("balance", ["sex", "sex"]), {"V22"}),
    (put("balance", ["ethnicity"]), {"V22"}),
    (put("contact", {"email": "", "phone": "", "site": ""}), set()),
    (put("contact", "site", "http://draw.example/a/b/"), set()),
    (put("contact", "site", "https://draw.example"), {"V22"}),
    (put("contact", "site", "ftp://draw.example/"), {"V22"}),
    (put("contact", "site", "https:///"), {"V22"}),
    (put("contact", "site", "https://draw.example/?a/"), {"V22"}),
    (put("contact", "site", "https://draw.example/#/"), {"V22"}),
    (put("contact", "site", 'https://draw.example/"/'), {"V22"}),
    (put("contact", "site", "https://draw.example/ /"), {"V22"}),
    (put("contact", "site", "https://a@draw.example/"), {"V22"}),
    (put("contact", "site", "https://draw.example:8443/a_b~c%20/"), set()),
    (put("contact", "site", "https://教育.example/"), {"V22"}),
    (put("contact", "site", "https://draw.example/" + "a" * 78 + "/"), set()),
    (put("contact", "site", "https://draw.example/" + "a" * 79 + "/"), {"V22"}),
    (put("contact", "phone", "一" * 101), {"V22"}),
    (put("contact", "phone", 1), {"V02"}),
    (lambda plan: plan["contact"].pop("email"), {"V02"}),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(PLANS)))
def test_plan(number):
    change, expected = PLANS[number]
    found = examine(Builder({"file:plan.json": change}).build("header"))
    assert failed(found) - ALWAYS == expected, [one.detail for one in found.outcomes if one.failed]


@pytest.mark.parametrize(("counted", "kept"), [(["sex"], True), (["disability"], False), (["sex", "disability"], False)])
def test_disability_is_never_counted(counted, kept):
    plan = builder.default_plan()
    plan["attributes"].append({"free": [], "id": "disability", "merged": [], "values": ["no", "yes"]})
    assert all(good for good, _ in rules.plan_rules(dict(plan, balance=counted))) == kept


# --- numbers per class (A28, V45, V75) ----------------------------------------------------------------------------


def numbers(*by_class: Dict[str, int]) -> Any:
    """Students of one attribute: how many of each value are in class 1, 2, …"""
    return [
        (place, {"sex": value})
        for place, counts in enumerate(by_class, start=1)
        for value, number in counts.items()
        for _ in range(number)
    ]


@pytest.mark.parametrize(
    ("values", "by_class", "rows"),
    [
        (["a", "b"], [{"a": 5, "b": 9}, {"a": 6, "b": 8}], [(["a"], [5, 6]), (["b"], [9, 8])]),
        (["a", "b"], [{"a": 4, "b": 9}, {"a": 6, "b": 4}], [(["a", "b"], [13, 10])]),
        (["a", "b"], [{"a": 4, "b": 9}, {"a": 6, "b": 8}], None),  # the pool would be the four
        (["a", "b", "c", "d"], [{"a": 2, "b": 7, "c": 3}, {"a": 1, "b": 9, "c": 4}], [(["b"], [7, 9]),
                                                                                      (["a", "c", "d"], [5, 5])]),
        (["a", "b", "c"], [{"a": 2, "b": 7, "c": 2}, {"a": 3, "b": 9, "c": 4}], None),
        (["a", "b"], [{"a": 1, "b": 2}, {"a": 1, "b": 2}], None),
    ],
)  # fmt: skip
def test_rows(values, by_class, rows):
    attribute = {"free": ["a"], "id": "sex", "merged": [], "values": values}
    found = balance.compute([attribute], numbers(*by_class), 2)
    made = [{"attribute": "sex", "rows": [{"counts": counts, "values": names} for names, counts in rows or ()]}]
    assert found == ([] if rows is None else made)
    sizes = [sum(counts.values()) for counts in by_class]
    assert list(balance.problems(found, [("sex", values)], sizes, 2)) == []


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(["a"], [6, 6]), (["b"], [7, 7])],
        [(["a"], [6, 6]), (["b"], [7, 7]), (["c"], [7, 8])],
        [(["a"], [6, 6]), (["b"], [7, 7]), (["c"], [7, 7]), (["c"], [0, 0])],
        [(["b"], [6, 6]), (["a"], [7, 7]), (["c"], [7, 7])],
        [(["a", "b"], [13, 13]), (["c"], [7, 7])],
        [(["a"], [13, 13]), (["c", "b"], [7, 7])],
        [(["a"], [4, 5]), (["b"], [8, 7]), (["c"], [8, 8])],
        [(["a"], [20]), (["b", "c"], [20, 20])],
        [(["a"], [6, 6, 6]), (["b", "c"], [14, 14, 14])],
        [([], [5, 5]), (["a"], [7, 7]), (["b", "c"], [8, 8])],
        [(["a"], [6, 6]), (["b"], [7, 7]), (["x"], [7, 7])],
    ],
)
def test_rows_that_cannot_be(rows):
    stated = [{"attribute": "sex", "rows": [{"counts": counts, "values": values} for values, counts in rows]}]
    assert list(balance.problems(stated, [("sex", ["a", "b", "c"])], [20, 20], 2))


def test_numbers_per_class_of_a_session():
    built = room()
    found = examine(built, trust=built.trust(), sealed=built.sealed.values())
    assert failed(found) <= {"V51"}  # the delay of these tests is short
    rows = canonical.decode(built.files["statement.json"])["draws"][0]["balance"]
    assert [one["attribute"] for one in rows] == ["sex"]  # in some class fewer than five are migrants
    assert [row["values"] for row in rows[0]["rows"]] == [["女"], ["男"]]
    units, classes = (canonical.decode(built.sealed["d01"])["units"],
                      canonical.decode(built.files["draws/d01/result.json"])["classes"])  # fmt: skip
    girls = [0, 0, 0]
    for number, unit in zip(classes, units):
        girls[number - 1] += sum(one["attributes"]["sex"] == "女" for one in unit)
    assert rows[0]["rows"][0]["counts"] == girls


def other_draw(value: Any) -> None:
    value["draws"][0]["balance"] = []


def shifted(value: Any) -> None:
    """One girl of class 1 counted as a boy: everything still adds up."""
    first, second = value["draws"][0]["balance"][0]["rows"]
    first["counts"][0] -= 1
    second["counts"][0] += 1


def pooled(value: Any) -> None:
    (one,) = value["draws"][0]["balance"]
    counts = [sum(column) for column in zip(*(row["counts"] for row in one["rows"]))]
    one["rows"] = [{"counts": counts, "values": ["女", "男"]}]


STATEMENTS = [
    (put("draws", 0, "balance", []), {"V75"}),
    (shifted, {"V75"}),
    (pooled, {"V75"}),
    (put("draws", 0, "balance", 0, "rows", 0, "counts", [6, 6, 7]), {"V45", "V75"}),
    (put("draws", 0, "balance", 0, "attribute", "migrant"), {"V45", "V75"}),
    (lambda value: value["draws"][0]["balance"].append(value["draws"][0]["balance"][0]), {"V45", "V75"}),
    (lambda value: value["draws"][0].pop("balance"), {"V02"}),
    (put("draws", 0, "balance", 0, "rows", 0, "extra", 1), {"V02"}),
]


@pytest.mark.parametrize("number", range(len(STATEMENTS)))
def test_statement(number):
    change, expected = STATEMENTS[number]
    built = Room({"file:statement.json": change}).build()
    found = examine(built, trust=built.trust(), sealed=built.sealed.values())
    assert failed(found) - {"V51"} == expected, [one.detail for one in found.outcomes if one.failed]


def test_late_children_are_not_counted():
    """Numbers per class of a draw that divides nothing."""
    made = [{"attribute": "sex", "rows": [{"counts": [5, 5], "values": ["女", "男"]}]}]
    late = dict(builder.default_plan()["draws"][0], id="d03", school="1234567891", kind="late", sizes=[30, 30, 30], caps=[])

    def more(plan: Any) -> None:
        plan["draws"].append(late)

    def told(value: Any) -> None:
        value["draws"][2]["balance"] = made

    honest = Builder({"file:plan.json": more}).build()
    assert failed(examine(honest, sealed=honest.sealed.values())) - {"V51"} == {"V57", "V58"}
    lying = Builder({"file:plan.json": more, "file:statement.json": told}).build()
    assert failed(examine(lying, sealed=lying.sealed.values())) - {"V51", "V57", "V58"} == {"V45", "V75"}
