"""Records with every option of a plan: kinds, pins, bars, free, merged and crossed values, class sizes and names."""

from __future__ import annotations

import copy

import pytest
from verifier import (
    allocation,
    canonical,
    ceremony,
    checks_beside,
    checks_evidence,
    engine,
    grouping,
    page,
    rules,
    schema,
    shapes,
    text,
)

from builder import Builder, default_plan, fresh
from lies import put
from running import examine, failed, outcome

SCHOOL = "1234567890"
AHEAD = {"classes": 3, "class_names": ["一班", "二班", "三班"], "kind": "late", "batch": 2, "sizes": [30, 30, 29]}


@pytest.fixture(autouse=True)
def _short_delay(monkeypatch):
    monkeypatch.setattr(checks_evidence, "ITERATIONS_PER_SECOND", 1000)


def rich(plan):
    """Six draws: K by `most`, pins, late students, teachers with bars, an audit, and parents who are chosen."""
    plan["attributes"][1].update(free=["no"], merged=[["maybe", "yes"], ["不详", "no"]])
    plan["crossed"] = [["sex", "migrant"]]
    first, second = plan["draws"]
    first.update(classes=0, most=7)  # of 20
    second.update(class_names=["甲班", "乙班", "丙班"], most=7)
    row = dict(first, caps=[], most=0, school=SCHOOL)
    plan["draws"] += [
        dict(row, id="d03", **copy.deepcopy(AHEAD)),
        dict(row, id="d04", classes=5, kind="teachers"),
        dict(row, id="d05", kind="audit", take=3),
        dict(row, id="d06", kind="select", take=2),
    ]


def alone(sealed):
    """Units of one student that are in no pair."""
    paired = {unit for pair in sealed["constraints"]["apart"] for unit in pair}
    return [i for i, unit in enumerate(sealed["units"]) if len(unit) == 1 and i not in paired]


def pin(*classes, reason="court"):
    """Pins the first of these to the classes."""

    def change(sealed):
        sealed["constraints"]["pins"] = [[unit, c, reason] for unit, c in zip(alone(sealed), classes)]

    return change


BARS = [[0, 1], [0, 2], [3, 5]]
RICH = {"file:plan.json": rich, "sealed:d02": pin(2), "sealed:d04": put("constraints", "barred", BARS)}


def both(*changes):
    def change(value):
        for one in changes:
            one(value)

    return change


def built(changes=None, until="published"):
    """A rich record; more changes come after those of RICH."""
    made = dict(RICH)
    for where, change in (changes or {}).items():
        made[where] = both(made[where], change) if where in made else change
    return Builder(made).build(until)


def seen(record, *, sealed=True):
    return examine(record, record.trust(), None, record.sealed.values() if sealed else None)


@pytest.fixture(scope="module")
def good():
    return built()


def value(record, path):
    return canonical.decode(record.files[path])


def test_every_option_is_proven(good):
    found = seen(good)
    assert failed(found) == set(), [one.detail for one in found.outcomes if one.failed]
    assert found.exit == 0
    assert {one.outcome for one in found.outcomes} == {engine.PASS, engine.NOT_APPLICABLE}
    header = value(good, "header.json")
    assert [draw["classes"] for draw in header["draws"]] == [3, 3, 3, 5, 6, 7]
    assert header["draws"][1]["frozen"]["constraints"]["pins"] == {"court": 1}
    assert header["draws"][3]["frozen"]["constraints"]["barred"] == 3


def test_what_was_drawn(good):
    teams = value(good, "draws/d04/result.json")["classes"]
    assert sorted(teams) == [1, 2, 3, 4, 5]
    assert all(teams[unit] != number for unit, number in BARS)
    late = value(good, "draws/d03/result.json")
    assert sum(late["counts"]) == 7
    groups = value(good, "draws/d02/groups.json")
    (unit, number) = groups["pins"][0]
    assert value(good, "draws/d02/result.json")["classes"][unit] == number == 2
    names = [line["feature"] for line in value(good, "statement.json")["draws"][0]["certificate"]]
    assert names == ["size", "sex=女", "sex=男", "migrant=yes", "sex*migrant=女*yes", "sex*migrant=男*yes"]


def test_json_report(good):
    rows = seen(good, sealed=False).draws
    nothing = {"affected": 0, "class": [0, 1], "pair": [0, 1], "pinned": 0}
    assert [row["pins"] for row in rows[2:]] == [nothing] * 4
    assert rows[0]["pins"] == {"affected": 0, "class": [1, 3], "pair": [1, 3], "pinned": 0}
    pins = rows[1]["pins"]
    assert pins["pinned"] == 1
    assert pins["affected"] > 0


def test_words_of_the_report(good):
    found = seen(good, sealed=False)
    english, chinese = text.as_text(found, "en"), text.as_text(found, "zh")
    counts = value(good, "draws/d02/result.json")["counts"]
    assert "甲班 %d, 乙班 %d, 丙班 %d" % tuple(counts) in english
    late = value(good, "draws/d03/result.json")
    assert "late students to classes" in english
    assert "only was left to them: %d" % len(late["forced"]) in english
    assert "5 teams, one a class" in english
    assert "of 6 units of students those at positions 1–3 are chosen" in english
    assert "units given a class before the draw: 1 (court order 1)" in english
    done = found.draws[1]["pins"]
    assert (
        "other units affected: %d; largest probability of a class %d/%d" % (done["affected"], *done["class"]) in english
    )
    assert "法院裁定 1" in chinese
    assert "后到学生编班" in chinese
    assert "抽查" in page.as_html(found, "zh")
    frozen = text.as_text(examine(built(until="header")), "en")
    assert "court order 1" in frozen
    assert "affected" not in frozen


def test_class_names_stand_beside_teams():
    names = ["甲", "乙", "丙", "丁", "戊"]
    found = seen(built({"file:plan.json": put("draws", 3, "class_names", names)}), sealed=False)
    assert "(1 甲, 2 乙, 3 丙, 4 丁, 5 戊)" in text.as_text(found, "zh")


def counted(draw, **numbers):
    """Other numbers of constraints in a frozen summary of the header."""

    def change(header):
        header["draws"][draw]["frozen"]["constraints"].update(numbers)

    return change


def frozen(draw, **numbers):
    """Other numbers of constraints in the ledger and, from there, in the header."""

    def change(body):
        if body["draw"] == draw:
            body["constraints"].update(numbers)

    return change


def pinned_to(number):
    def change(groups):
        groups["pins"][0][1] = number

    return change


def other_forced(result):
    result["forced"] = [0] if result["forced"] != [0] else [1]


def backwards(*path):
    def change(target):
        for step in path:
            target = target[step]
        target.reverse()

    return change


def with_extra_key(body):
    body["constraints"].pop("extra", None)


# what is changed in a rich record, and the checks that must fail, with sealed rosters
LIES = [
    ({}, set()),
    # groups
    ({"file:draws/d02/groups.json": put("pins", [])}, {"V30", "V72", "V74"}),
    ({"file:draws/d02/groups.json": pinned_to(0)}, {"V30", "V72", "V74"}),
    ({"file:draws/d02/groups.json": pinned_to(3)}, {"V72", "V74"}),
    ({"file:draws/d02/groups.json": put("barred", [[0, 1]])}, {"V30", "V72", "V74"}),
    ({"file:draws/d04/groups.json": put("barred", [[0, 1], [0, 3], [3, 5]])}, {"V72", "V74"}),
    ({"file:draws/d04/groups.json": put("barred", [])}, {"V30", "V72", "V74"}),
    ({"file:draws/d04/groups.json": put("barred", [[0, 1], [0, 2], [0, 3]])}, {"V30", "V72", "V74"}),
    ({"file:draws/d04/groups.json": put("pins", [[1, 1]])}, {"V30", "V72", "V74"}),
    ({"file:draws/d03/groups.json": put("bundlings", 3, [[]] * 2)}, {"V30", "V74"}),
    ({"file:draws/d03/groups.json": put("blocks", [[0, 1, 2, 3, 4]])}, {"V30", "V74"}),
    # results
    ({"file:draws/d03/result.json": other_forced}, {"V43"}),
    ({"file:draws/d02/result.json": put("forced", [0])}, {"V43"}),
    ({"file:draws/d06/result.json": backwards("classes")}, {"V43"}),
    ({"file:draws/d03/result.json": put("counts", [7, 0, 0])}, {"V43", "V44"}),
    ({"file:statement.json": lambda one: one["draws"][0]["certificate"].pop()}, {"V45", "V75"}),
    ({"file:statement.json": put("draws", 0, "certificate", 5, "feature", "sex*migrant=男*no")}, {"V45", "V75"}),
    # header
    ({"file:header.json": counted(1, pins={"accessibility": 1})}, {"V21", "V72"}),
    ({"file:header.json": counted(1, pins={"court": 2})}, {"V21", "V30", "V51", "V72"}),
    ({"file:header.json": counted(3, barred=2)}, {"V21", "V30", "V72"}),
    ({"file:header.json": counted(0, barred=1)}, {"V21", "V30", "V72"}),
    ({"body:roster.frozen": frozen("d02", pins={"pity": 1})}, {"V21", "V72"}),
    # sealed rosters
    ({"sealed:d02": pin(2, reason="pity")}, {"V21", "V72"}),
    ({"sealed:d02": pin(2, reason="protection")}, {"V21", "V72"}),  # a reason, but not one of this plan
    ({"sealed:d02": pin(2, 1)}, {"V51"}),
    ({"sealed:d02": pin()}, set()),
    ({"sealed:d02": backwards("constraints", "apart")}, {"V72"}),
    ({"sealed:d02": put("constraints", "extra", []), "body:roster.frozen": with_extra_key}, {"V72"}),
    ({"sealed:d02": put("crossed", [])}, {"V45", "V70"}),
    ({"sealed:d03": put("crossed", [["sex", "migrant"]])}, {"V70"}),
    ({"sealed:d02": put("attributes", 1, "free", [])}, {"V45", "V70"}),
    ({"sealed:d02": put("attributes", 1, "merged", [])}, {"V70"}),
    # plan
    ({"file:plan.json": put("draws", 1, "most", 6)}, {"V21"}),  # 20 in 3 classes of 6
    ({"file:plan.json": put("draws", 4, "take", 7)}, {"V21"}),
    ({"file:plan.json": put("draws", 2, "sizes", [30, 30, 1001])}, {"V22"}),
    ({"file:plan.json": put("pins", ["court", "accessibility"])}, {"V22"}),
    ({"file:plan.json": put("same_names", "")}, {"V22"}),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(LIES)))
def test_lie(number):
    changes, expected = LIES[number]
    found = seen(built(changes))
    assert failed(found) == expected, [one.detail for one in found.outcomes if one.failed]
    assert found.exit == (0 if not expected else 3 if expected == {"V51"} else 1)
    assert not found.problem


# --- before the ceremony ------------------------------------------------------------------------------------------

FROZEN_LIES = [
    ({}, set()),
    ({"file:plan.json": put("draws", 2, "sizes", [30, 30])}, {"V22"}),
    ({"file:plan.json": put("pins", ["court", True])}, {"V02"}),
    ({"file:plan.json": put("draws", 0, "most", True)}, {"V02"}),
    ({"file:plan.json": put("draws", 2, "sizes", 1, False)}, {"V02"}),
    ({"file:header.json": put("draws", 1, "frozen", "constraints", "pins", {"court": True})}, {"V02"}),
    ({"file:header.json": put("draws", 1, "frozen", "constraints", "pins", 1)}, {"V02"}),
    ({"body:roster.frozen": frozen("d02", barred=False)}, {"V02", "V03"}),
    ({"body:roster.frozen": frozen("d02", pins=0)}, {"V02", "V03"}),
    ({"body:roster.frozen": frozen("d02", pins={"court": 0})}, {"V21"}),
    ({"body:roster.frozen": frozen("d03", pins={"court": 1})}, {"V21"}),
    ({"body:roster.frozen": frozen("d04", barred=6)}, {"V21"}),
    ({"body:roster.frozen": frozen("d06", barred=1)}, {"V21"}),
    ({"body:roster.frozen": frozen("d01", barred=1)}, {"V21"}),
    ({"body:roster.frozen": lambda body: body.update(remainder=1) if body["draw"] == "d03" else None}, {"V21"}),
    ({"body:roster.frozen": lambda body: body.update(blocks=0) if body["draw"] == "d03" else None}, {"V21"}),
    ({"file:header.json": put("draws", 2, "classes", 4)}, {"V21"}),
    ({"file:header.json": put("draws", 2, "classes", 201)}, {"V21"}),
    ({"file:header.json": put("draws", 4, "classes", 2**53 - 1)}, {"V21", "V24"}),
    ({"file:header.json": put("draws", 4, "kind", "order")}, {"V21"}),
    ({"file:plan.json": put("draws", 2, "batch", 99)}, set()),
    ({"file:plan.json": put("draws", 2, "batch", 100)}, {"V21", "V22"}),
    ({"file:plan.json": put("draws", 4, "batch", 2)}, {"V21", "V22"}),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(FROZEN_LIES)))
def test_lie_before_the_ceremony(number):
    changes, expected = FROZEN_LIES[number]
    found = examine(built(changes, "header"))
    assert failed(found) - {"V57", "V62"} == expected, [one.detail for one in found.outcomes if one.failed]
    assert not found.problem


@pytest.mark.parametrize(("draw", "names"), [("d02", {"V25"}), ("d03", {"V25"}), ("d04", set()), ("d05", set())])
def test_who_may_stand_in_two_draws(draw, names):
    """A late child stands in no other draw of a session; whoever is drawn for an audit does (R5)."""

    def take(nullifiers):
        nullifiers["nullifiers"] = sorted([fresh("nullifier", "d01", 0).hex(), *nullifiers["nullifiers"][1:]])

    found = examine(built({"file:draws/%s/nullifiers.json" % draw: take}, "header"))
    assert failed(found) - {"V57", "V62"} == names


# --- what a plan may hold (C3, C28) -------------------------------------------------------------------------------


def plan_with(*path_and_value):
    plan = default_plan()
    rich(plan)
    if path_and_value:
        put(*path_and_value)(plan)
    return plan


def broken(plan):
    shapes.check_shape(plan, schema.FILES["plan.json"], "plan")
    return [text for kept, text in rules.plan_rules(plan) if not kept]


def test_good_plan():
    assert broken(plan_with()) == []


@pytest.mark.parametrize("change", [
    ("attributes", 0, "values", ["女"]),
    ("attributes", 0, "values", ["女", "女"]),
    ("attributes", 0, "values", ["%d" % i for i in range(101)]),
    ("attributes", 1, "free", ["no", "no"]),
    ("attributes", 1, "free", ["yes", "no"]),
    ("attributes", 1, "free", ["no", "yes"]),
    ("attributes", 1, "free", ["maybe"]),
    ("attributes", 1, "merged", [["yes", "no"]]),
    ("attributes", 1, "merged", [["perhaps", "maybe"]]),
    ("attributes", 1, "merged", [["m%d" % i, "yes"] for i in range(201)]),
    ("crossed", [["migrant", "sex"]]),
    ("crossed", [["sex", "sex"]]),
    ("crossed", [["sex", "ethnicity"]]),
    ("crossed", [["sex", "migrant"], ["sex", "migrant"]]),
    ("pins", ["court", "protection"]),
    ("pins", ["court", "court"]),
    ("pins", ["pity"]),
    ("same_names", "Apart"),
    ("draws", 0, "most", 0),  # neither number
    ("draws", 0, "most", 1),
    ("draws", 0, "most", 201),
    ("draws", 0, "classes", 1),
    ("draws", 0, "class_names", ["甲", "乙", "丙"]),  # K is not known
    ("draws", 1, "class_names", ["甲", "乙"]),
    ("draws", 1, "class_names", ["甲", "乙", "乙"]),
    ("draws", 1, "class_names", ["甲", "乙", ""]),
    ("draws", 1, "class_names", ["甲", "乙", "丙" * 21]),
    ("draws", 1, "sizes", [30, 30, 30]),
    ("draws", 1, "take", 1),
    ("draws", 2, "classes", 0),
    ("draws", 2, "classes", 201),
    ("draws", 2, "most", 50),
    ("draws", 2, "sizes", []),
    ("draws", 2, "sizes", [30, 30, 30, 30]),
    ("draws", 2, "batch", 0),
    ("draws", 2, "caps", [{"attribute": "sex", "max": 9, "value": "女"}]),
    ("draws", 3, "most", 5),
    ("draws", 3, "classes", 0),
    ("draws", 4, "classes", 6),
    ("draws", 4, "class_names", ["甲"]),
    ("draws", 4, "take", 0),
    ("draws", 4, "take", 20_001),
    ("draws", 5, "take", 201),
    ("draws", 5, "sizes", [0]),
    ("draws", 1, "caps", [{"attribute": "migrant", "max": 9, "value": "no"}]),  # free
    ("draws", 1, "caps", [{"attribute": "migrant", "max": 9, "value": "maybe"}]),
    ("draws", 1, "caps", [{"attribute": "sex", "max": 9, "value": "女"}] * 21),
])  # fmt: skip
def test_bad_plan(change):
    assert broken(plan_with(*change))


@pytest.mark.parametrize("change", [
    ("attributes", 0, "values", ["%d" % i for i in range(100)]),
    ("attributes", 1, "merged", [["m%d" % i, "yes"] for i in range(200)]),
    ("crossed", []),
    ("pins", []),
    ("pins", ["accessibility", "resource_room", "protection", "court"]),
    ("same_names", "sound"),
    ("draws", 0, "most", 200),
    ("draws", 0, "most", 2),
    ("draws", 1, "class_names", ["甲" * 20, "乙", "丙"]),
    ("draws", 2, "sizes", [0, 1000, 0]),
    ("draws", 2, "class_names", []),
    ("draws", 3, "class_names", ["a", "b", "c", "d", "e"]),
    ("draws", 4, "take", 20_000),
    ("draws", 5, "take", 200),
    ("draws", 1, "caps", [{"attribute": "sex", "max": 0, "value": "女"}] * 20),
])  # fmt: skip
def test_plan_at_its_limits(change):
    assert broken(plan_with(*change)) == []


def test_six_crossed_pairs():
    plan = plan_with()
    names = ["sex", "migrant", "ethnicity", "disability", "staff_child"]
    plan["attributes"] = [{"free": [], "id": name, "merged": [], "values": ["女", "男"]} for name in names]
    pairs = [[one, other] for i, one in enumerate(names) for other in names[i + 1 :]]
    plan["draws"][0]["caps"] = []
    assert broken({**plan, "crossed": pairs[:6]}) == []
    assert broken({**plan, "crossed": pairs[:7]})


@pytest.mark.parametrize(("students", "most", "k"), [(20, 7, 3), (21, 7, 3), (22, 7, 4), (1, 7, 2), (400, 2, 200)])
def test_classes_by_the_largest_size(students, most, k):
    planned = {"classes": 0, "kind": "classes", "most": most}
    assert rules.places(planned, {"students": students, "units": 1}) == k


# --- hostile values -----------------------------------------------------------------------------------------------


def test_an_audit_of_twenty_thousand():
    groups = canonical.decode(canonical.encode(grouping.whole("d01", 20_000, 16)))
    assert allocation.group_problems(groups, [1] * 20_000, 20_000, 16, "audit") == []
    assert allocation.evidence(groups, 20_000).pairs == [0] * 17
    classes = allocation.permute(b"s" * 32, groups, 20_000, 20_000).classes
    assert sorted(classes) == list(range(1, 20_001))


@pytest.mark.parametrize("bars", [[[i, 1] for i in range(5)], [[i, 1] for i in range(5)] * 1000, [[0, 2**53 - 1]]])
def test_bars_that_nobody_can_keep_do_not_hang(good, bars):
    """V30 refuses them, and no list is drawn at all."""
    record = copy.deepcopy(good)
    path = "draws/d04/groups.json"
    record.files[path] = canonical.encode(dict(value(good, path), barred=bars))
    record.reseal()
    found = seen(record, sealed=False)
    assert {"V30"} <= failed(found)
    assert outcome(found, "V43") != engine.PASS
    assert [row["draw"] for row in found.draws] == ["d01", "d02", "d03"]
    assert not found.problem


@pytest.mark.parametrize("change", [
    put("attributes", 0, "values", ["v%d" % i for i in range(50_000)]),
    put("crossed", [["sex", "migrant"]] * 50_000),
    put("attributes", 0, "free", ["女"] * 50_000),
    put("pins", ["court"] * 50_000),
    put("draws", 1, "class_names", ["甲"] * 50_000),
    put("draws", 2, "sizes", [2**53 - 1] * 50_000),
    put("draws", 0, "most", 2**53 - 1),
    put("draws", 4, "take", 2**53 - 1),
    put("attributes", 0, "merged", [["k%d" % i, "女"] for i in range(50_000)]),
    put("attributes", 0, "id", "nothing"),
    put("attributes", 1, "id", "sex"),
])  # fmt: skip
def test_hostile_plan(good, change):
    """Large and odd values of a plan are refused by V22, without a crash and without much work."""
    record = copy.deepcopy(good)
    plan = value(good, "plan.json")
    change(plan)
    record.files["plan.json"] = canonical.encode(plan)
    record.reseal()
    found = seen(record)
    assert {"V21", "V22"} <= failed(found)
    assert not found.problem


@pytest.mark.parametrize("change", [
    put("constraints", 5),
    put("constraints", "pins", [[2, 2]]),
    put("constraints", "pins", [[2, 2, 3]]),
    put("constraints", "pins", [[2, True, "court"]]),
    put("constraints", "pins", [[2**53 - 1, 2, "court"]]),
    put("constraints", "pins", [[2, 2, "court"], [2, 3, "court"]]),
    put("constraints", "barred", [[2, 2**53 - 1]]),
    put("constraints", "apart", [[5, 2**53 - 1]]),
    put("crossed", [["sex", "nothing"]]),
    put("crossed", [["sex", "sex"]] * 1000),
    put("attributes", 0, "free", ["女", "男"]),
    put("attributes", 1, "id", "sex"),
    put("units", 0, 0, "attributes", {}),
])  # fmt: skip
def test_hostile_sealed_roster(good, change):
    record = copy.deepcopy(good)
    sealed = canonical.decode(record.sealed["d02"])
    change(sealed)
    record.sealed["d02"] = canonical.encode(sealed)
    found = seen(record)
    assert "V70" in failed(found)
    assert failed(found) <= {"V70", "V71", "V72", "V74", "V75"}
    assert not found.problem


# --- one draw a year (R5, V82) ------------------------------------------------------------------------------------


class Listed:
    """As much of a record as V82 looks at, once the record belongs to the ledger: nullifiers by draw."""

    def __init__(self, session, nullifiers, records=()):
        self.session_id, self.records = session, list(records)
        self.header = {"rehearsal": False, "year": 2026}
        self.nullifiers = nullifiers

    def value(self, path):
        return {"nullifiers": self.nullifiers[path.split("/")[1]]}


@pytest.mark.parametrize(("kind", "failures"), [
    ("classes", 1), ("late", 1), ("teachers", 0), ("select", 0), ("order", 0), ("audit", 0),
])  # fmt: skip
def test_kinds_of_which_a_child_stands_in_one_draw_a_year(monkeypatch, kind, failures):
    other = Listed("2026-autumn", {"d09": ["11", "22"]})
    own = Listed("2026-summer", {"d01": ["22", "33"]}, [other])
    rows = [("2026-summer", {"id": "d01", "kind": "classes"}), ("2026-autumn", {"id": "d09", "kind": kind})]
    made = [(ceremony.Session(name), draw) for name, draw in rows]
    monkeypatch.setattr(checks_beside, "valid_draws", lambda context, year: made)
    monkeypatch.setattr(checks_beside, "_belongs", lambda *_: None)
    tally = engine.Tally()
    checks_beside.once_a_year(own, tally)
    assert tally.failed == failures
    own.records = []
    if failures:
        with pytest.raises(engine.Unavailable):
            checks_beside.once_a_year(own, engine.Tally())
    else:
        checks_beside.once_a_year(own, engine.Tally())
