"""Options of a plan, from rows to the record: pins, bars, names, class sizes, late students, audits (C28, C29)."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from ledger.canonical import decode, encode
from tests.simulator import ROOT, SCHOOLS, Simulator, write_record
from tests.test_kinds import SCHOOL, hand_in, people
from verifiable_draw import conduct, entries, explaining, freeze, lists, plan
from verifiable_draw.allocation.bounds import bounds
from verifiable_draw.allocation.conflicts import explain, find_conflict
from verifiable_draw.cli import main
from verifiable_draw.county import SchoolSpec, generate_students
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.preview import preview
from verifiable_draw.rosters import Student
from verifiable_draw.rosters.codes import PIN_REASONS
from verifiable_draw.sealed import parse_sealed
from verifiable_draw.values import Attribute, Cap, Roster, Unit

MERGED = {"free": ["09"], "id": "ethnicity", "merged": [["12", "06"], ["穿青人", "其他"]], "values": ["01", "06", "09", "其他"]}
SEX = {"free": [], "id": "sex", "merged": [], "values": ["1", "2"]}
DISABILITY = {"free": [], "id": "disability", "merged": [], "values": ["0", "1"]}
NAMES = ["一班", "二班", "三班"]
PLAN: dict[str, Any] = {
    "draws": [
        SCHOOL | {"id": "d1", "kind": "classes", "classes": 3, "class_names": NAMES, "most": 30},
        SCHOOL | {"id": "d2", "kind": "late", "classes": 3, "batch": 2, "sizes": [20, 22, 22], "class_names": NAMES},
        SCHOOL | {"id": "d3", "kind": "teachers", "classes": 3},
        SCHOOL | {"id": "d4", "kind": "audit", "classes": 0, "take": 3},
        SCHOOL | {"id": "d5", "kind": "classes", "classes": 0, "grade": 7, "most": 25, "school": SCHOOLS[1].code},
    ],
    "attributes": [SEX, MERGED, DISABILITY],
    "crossed": [["sex", "ethnicity"]],
    "pins": ["accessibility", "court"],
    "same_names": "apart",
}


def pinned(students: list[Student], *pins: tuple[int, int, str]) -> list[Student]:
    """Students of single units with pins: place among them, class, reason."""
    singles = [i for i, student in enumerate(students) if not student.twin_group]
    for place, number, reason in pins:
        at = singles[place]
        students[at] = replace(students[at], pin_class=number, pin_reason=reason)
    return students


def rosters(tmp_path: Path) -> dict[str, list[Student]]:
    first = list(generate_students(SCHOOLS[0], "options"))
    singles = [i for i, student in enumerate(first) if not student.twin_group]
    for at in singles[4:6]:
        first[at] = replace(first[at], name="测试同名")
    late = list(generate_students(SchoolSpec(SCHOOLS[0].code, "x", 1, 6, 3), "late"))
    teachers = people(tmp_path, "teachers")
    teachers = [replace(one, barred=(2,)) if one.twin_group == "甲" else one for one in teachers]
    return {
        "d1": pinned(first, (0, 2, "accessibility"), (1, 2, "court")),
        "d2": [replace(one, twin_group="", twin_wish="") for one in late],
        "d3": teachers,
        "d4": first,
        "d5": list(generate_students(SCHOOLS[1], "options")),
    }


def story_of(tmp_path: Path, **changes: Any) -> Simulator:
    return Simulator(tmp_path, plan=PLAN | changes)


def test_fewer_latecomers_than_classes(tmp_path: Path, verify: Any) -> None:
    """One child who comes late to a grade of six classes; both verifiers take the record."""
    sizes = [40, 41, 39, 41, 40, 41]
    draw = SCHOOL | {"id": "d1", "kind": "late", "classes": 6, "batch": 1, "sizes": sizes}
    story = Simulator(tmp_path, plan={"draws": [draw], "attributes": [], "balance": [], "rehearsal": False})
    one = list(generate_students(SchoolSpec(SCHOOLS[0].code, "x", 1, 1, 6), "late"))
    story.run("plan")
    story.room.private.save_imported(SCHOOLS[0].code, 1, one, "late")
    conduct.submit(story.room, "s1", "d1", story.schools[SCHOOLS[0].code])
    conduct.approve(story.room, "s1", "d1", story.keys["approver"])
    conduct.freeze(story.room, "s1", "d1")
    story.run(after="rosters")
    result = decode(story.files()["draws/d1/result.json"])
    assert result["classes"][0] in (1, 3, 5)  # type: ignore[index,call-overload]
    code, report = verify(story.files(), story.trust())
    assert code == 3, report
    assert not [check for check in report["checks"] if check["outcome"] == "FAIL" and check["id"] != "V51"]
    folder = write_record(story.files(), tmp_path / "record")
    command = ["node", "verifier/web/node.mjs", str(folder), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 3, done.stdout
    story.room.close()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("options")
    story = story_of(folder)
    story.run("plan")
    for draw, students in rosters(folder).items():
        hand_in(story, draw, students)
    story.run(after="rosters")
    yield story
    story.room.close()


def result(story: Simulator, draw: str) -> Any:
    return decode(story.files()[f"draws/{draw}/result.json"])


def test_the_session_is_consistent(told: Simulator, verify: Any, tmp_path: Path) -> None:
    paths: list[str] = []
    for draw in told.session.header.draws:
        (tmp_path / draw.id).write_bytes(told.room.private.sealed(draw.frozen["roster_root"]))
        paths += ["--sealed", str(tmp_path / draw.id)]
    code, report = verify(told.files(), told.trust(), *paths)
    assert (code, report["reasons"]) == (3, ["V51", "V55"])
    assert [check["id"] for check in report["checks"] if check["outcome"] == "NOT-APPLICABLE"]
    assert report["draws"][0]["pins"]["pinned"] == 2


def test_pins_names_and_numbers(told: Simulator) -> None:
    header = told.session.header
    first = header.draws[0].frozen["constraints"]
    assert first["pins"] == {"accessibility": 1, "court": 1}
    assert header.draws[4].classes == 3  # 52 students, at most 25
    drawn = conduct.class_lists(told.room, told.name)
    assert {number for number, one in drawn["d1"] if one.pin_class} == {2}
    assert len({number for number, one in drawn["d1"] if one.name == "测试同名"}) == 2
    assert {number for number, one in drawn["d3"] if one.barred} <= {1, 3}
    sizes = Counter(number for number, _ in drawn["d2"])
    after = [present + sizes[number] for number, present in enumerate((20, 22, 22), 1)]
    assert max(after) - min(after) <= 2
    assert lists.meaning(told.session.plan.draws["d1"], 2) == "二班"
    chosen = [lists.meaning(told.session.plan.draws["d4"], number) for number, _ in drawn["d4"]]
    assert chosen.count("抽中") >= 3


def test_the_statement_knows_crossed_values_and_not_free_ones(told: Simulator) -> None:
    statement: Any = decode(told.files()["statement.json"])
    features = [line["feature"] for line in statement["draws"][0]["certificate"]]
    assert "sex*ethnicity=1*06" in features
    assert not any("09" in feature for feature in features)


def test_nothing_public_tells_whose_reason_it_is(told: Simulator) -> None:
    for path, data in told.files().items():
        if path != "plan.json" and not path.startswith("ledger/"):
            assert b"accessibility" not in data or path == "header.json"


# --- what a freeze refuses ----------------------------------------------------------------------------------------


def freezing(students: list[Student], tmp_path: Path, draw: str = "d1", **changes: Any) -> Any:
    story = story_of(tmp_path, **changes)
    story.found()
    try:
        checked = plan.check(story.plan_value())
        return freeze.freeze(checked, draw, students, "00" * 32, story.room.private.year_key(2026), story.randomness)
    finally:
        story.room.close()


REFUSED: dict[str, tuple[str, Callable[[list[Student]], list[Student]], str, dict[str, Any]]] = {
    "reason": ("d1", lambda s: pinned(s, (0, 2, "protection")), "freeze.pins", {}),
    "class": ("d1", lambda s: pinned(s, (0, 4, "court")), "freeze.pins", {}),
    "no pins": ("d1", lambda s: pinned(s, (0, 2, "court")), "freeze.pins", {"pins": []}),
    "late pin": ("d2", lambda s: pinned(s, (0, 2, "court")), "freeze.pins", {}),
    "too many for most": (
        "d1", lambda s: s, "freeze.too_many_students", {"draws": [PLAN["draws"][0] | {"most": 20}]},
    ),
    "same names": (
        "d1", lambda s: [replace(one, name="测试同名", twin_group="", twin_wish="") for one in s[:9]],
        "grouping.too_many_apart", {},
    ),
    "bars": ("d1", lambda s: [replace(s[0], barred=(1,)), *s[1:]], "freeze.barred", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_freeze_refuses(name: str, tmp_path: Path) -> None:
    draw, change, key, changes = REFUSED[name]
    students = list(generate_students(SCHOOLS[0], "options"))
    with pytest.raises(DataError) as caught:
        freezing(change(students), tmp_path, draw, **changes)
    assert caught.value.key == key


def test_late_families_apart_are_refused(tmp_path: Path) -> None:
    students = list(generate_students(SchoolSpec(SCHOOLS[0].code, "x", 1, 6, 3), "late"))
    family = [replace(one, twin_group="1", twin_wish="apart") for one in students[:2]]
    with pytest.raises(DataError) as caught:
        freezing(family, tmp_path, "d2")
    assert caught.value.key == "freeze.late_apart"


BAD_PLANS: dict[str, tuple[dict[str, Any], str]] = {
    "all free": ({"attributes": [SEX | {"free": ["1", "2"]}], "crossed": []}, "attributes.sex.free"),
    "free order": ({"attributes": [SEX, MERGED | {"free": ["09", "01"]}], "crossed": []}, "attributes.ethnicity.free"),
    "merged into nothing": ({"attributes": [SEX, MERGED | {"merged": [["12", "13"]]}]}, "attributes.ethnicity.merged"),
    "merged from listed": ({"attributes": [SEX, MERGED | {"merged": [["06", "01"]]}]}, "attributes.ethnicity.merged"),
    "crossed backwards": ({"crossed": [["ethnicity", "sex"]]}, "crossed"),
    "crossed with itself": ({"crossed": [["sex", "sex"]]}, "crossed"),
    "crossed twice": ({"crossed": [["sex", "ethnicity"]] * 2}, "crossed"),
    "crossed unknown": ({"crossed": [["sex", "migrant"]]}, "crossed"),
    "pins out of order": ({"pins": ["court", "accessibility"]}, "pins"),
    "pins twice": ({"pins": ["court", "court"]}, "pins"),
    "scores": ({"pins": ["scores"]}, "pins[0]"),
    "names": ({"same_names": "never"}, "same_names"),
}
BAD_DRAWS: dict[str, tuple[int, dict[str, Any], str]] = {
    "no K": (0, {"classes": 0, "most": 0, "class_names": []}, "draws.d1.classes"),
    "names short": (0, {"class_names": NAMES[:2]}, "draws.d1.class_names"),
    "names twice": (0, {"class_names": [*NAMES[:2], "一班"]}, "draws.d1.class_names"),
    "names without K": (4, {"class_names": NAMES}, "draws.d5.class_names"),
    "late without sizes": (1, {"sizes": []}, "draws.d2.sizes"),
    "sizes elsewhere": (2, {"sizes": [1, 2, 3]}, "draws.d3.sizes"),
    "batch elsewhere": (2, {"batch": 2}, "draws.d3.batch"),
    "most elsewhere": (2, {"most": 45}, "draws.d3.most"),
    "audit without take": (3, {"take": 0}, "draws.d4.take"),
    "audit with classes": (3, {"classes": 3}, "draws.d4.classes"),
    "cap on a free value": (0, {"caps": [{"attribute": "ethnicity", "max": 3, "value": "09"}]}, "draws.d1.caps"),
}


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Any:
    story = story_of(tmp_path_factory.mktemp("plans"))
    story.found()
    yield story.plan_value()
    story.room.close()


@pytest.mark.parametrize("name", [*BAD_PLANS, *BAD_DRAWS])
def test_bad_plans(planned: Any, name: str) -> None:
    value = json.loads(json.dumps(planned))
    if name in BAD_PLANS:
        changes, path = BAD_PLANS[name]
        value |= changes
    else:
        at, changes, path = BAD_DRAWS[name]
        value["draws"][at] |= changes
    with pytest.raises(DataError) as caught:
        plan.check(value)
    assert path in str(caught.value.values["problems"])


def test_a_good_plan(planned: Any) -> None:
    checked = plan.check(planned)
    assert [item.places(50, 52) for item in checked.draws.values()] == [3, 3, 3, 50, 3]
    assert checked.draws["d5"].places(30, 20) == 2


def test_reasons_are_one_table() -> None:
    assert tuple(PIN_REASONS) == entries.PIN_REASONS


# --- conflicts and bounds -----------------------------------------------------------------------------------------

FLAT = (Attribute("sex", ("1", "2")), Attribute("disability", ("0", "1")))


def flat(number: int, classes: int, **rules: Any) -> Roster:
    units = tuple(Unit(({"sex": "12"[i % 2], "disability": "01"[i < 8]},)) for i in range(number))
    return Roster(units, classes, FLAT, **rules)


CONFLICTS: dict[str, tuple[Roster, str, tuple[int, ...]]] = {
    "too few": (flat(3, 4), "grouping.too_few_units", ()),
    "five apart in four": (
        flat(30, 4, apart=tuple((a, b) for a in range(5) for b in range(a + 1, 5))),
        "grouping.too_many_apart", (0, 1, 2, 3, 4),
    ),
    "two apart pinned together": (
        flat(30, 4, apart=((3, 9),), pins=((3, 2), (9, 2))), "grouping.pins_apart", (3, 9),
    ),
    "a neighbour in every class": (
        flat(30, 3, apart=((0, 9), (1, 9), (2, 9)), pins=((0, 1), (1, 2), (2, 3))),
        "grouping.apart_and_pins", (0, 1, 2, 9),
    ),
    "a path that cannot alternate": (
        flat(30, 2, apart=((0, 1), (1, 2)), pins=((0, 1), (2, 2))), "grouping.apart_and_pins", (0, 1, 2),
    ),
    "pinned over the cap": (
        flat(30, 4, pins=((0, 1), (1, 1), (2, 1)), caps=(Cap("disability", "1", 2),)),
        "grouping.pins_over_cap", (0, 1, 2),
    ),
    "more than all caps": (
        flat(30, 3, caps=(Cap("disability", "1", 2),)), "grouping.cap_too_small", (0, 1, 2, 3, 4, 5, 6),
    ),
    "more than a class": (
        flat(12, 4, pins=tuple((i, 1) for i in range(5))), "grouping.pins_too_many", (0, 1, 2, 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFLICTS)
def test_a_smallest_conflicting_set_is_named(name: str) -> None:
    roster, key, units = CONFLICTS[name]
    conflict = find_conflict(roster)
    assert conflict is not None
    assert (conflict.key, conflict.units) == (key, units)
    with pytest.raises(DataError) as caught:
        explain(roster, lambda unit: f"第{unit}行")
    assert all(f"第{unit}行" in str(caught.value.values["who"]) for unit in units)
    assert "{" not in caught.value.text.zh + caught.value.text.en


def test_dropping_any_rule_of_the_set_is_enough() -> None:
    roster, _, units = CONFLICTS["a neighbour in every class"]
    for pair in roster.apart:
        assert find_conflict(replace(roster, apart=tuple(p for p in roster.apart if p != pair))) is None
    for pin in roster.pins:
        assert find_conflict(replace(roster, pins=tuple(p for p in roster.pins if p != pin))) is None
    assert len(units) == 4


def test_large_rosters_without_conflict() -> None:
    pairs = tuple((a, a + 1) for a in range(0, 1199, 3))
    assert find_conflict(flat(1200, 24, apart=pairs, pins=((7, 3), (10, 3)))) is None


def test_a_chain_of_a_whole_grade_is_no_search() -> None:
    """Who is apart from fewer than there are classes finds one, so that nobody recurses over a thousand units."""
    chain = tuple((a, a + 1) for a in range(1150))
    assert find_conflict(flat(1200, 24, apart=chain)) is None
    odd = tuple((a, a + 1) for a in range(100))
    cycle = find_conflict(flat(1200, 2, apart=(*odd, (0, 100))))
    assert cycle is not None
    assert len(cycle.units) == 101


def test_a_sealed_roster_with_a_foreign_crossed_pair_is_malformed(told: Simulator) -> None:
    value: Any = decode(told.room.private.sealed(told.session.header.draws[0].frozen["roster_root"]))
    for crossed in ([["sex", "migrant"]], [["sex", "sex"]]):
        with pytest.raises(DataError) as caught:
            parse_sealed(encode(value | {"crossed": crossed}))
        assert caught.value.key == "sealed.malformed"


def test_bounds_say_why() -> None:
    twins = Unit(({"sex": "1", "disability": "1"},) * 2)
    units = (twins, *flat(21, 4).units[8:])  # 13 more, none disabled
    found = {bound.feature: (bound.spread, bound.reason) for bound in bounds(Roster(units, 4, FLAT))}
    assert found["disability=1"] == (2, "siblings")
    assert found["size"] == (1, "arithmetic")
    pins = {bound.feature: (bound.spread, bound.reason) for bound in bounds(flat(9, 4, pins=((0, 1), (2, 1), (4, 1))))}
    assert pins["size"] == (1, "arithmetic")
    assert pins["sex=1"] == (3, "pins")


def test_pairs_move_in_twos() -> None:
    twins = Unit(({"sex": "1", "disability": "0"},) * 2)
    found = bounds(Roster((twins,) * 5, 2, FLAT))
    assert (found[0].spread, found[0].reason) == (2, "siblings")


# --- preview and explanation --------------------------------------------------------------------------------------


def test_preview_tells_consequences_in_numbers(told: Simulator, tmp_path: Path) -> None:
    students = rosters(tmp_path)["d1"]
    found = preview(told.session.plan, "d1", students, told.room.private.year_key(2026), told.randomness)
    assert (found.students, found.classes, sum(found.pins.values())) == (61, 3, 2)
    assert found.effects is not None
    assert found.effects.most_class > Fraction(1, 3)
    assert 0 < found.remainder_percent <= 100
    assert all(line.reached >= line.bound for line in found.lines)
    assert not found.too_many_pins
    many = pinned(students, *((i, 1 + i % 3, "court") for i in range(2, 8)))
    assert preview(told.session.plan, "d1", many, told.room.private.year_key(2026), told.randomness).too_many_pins


@pytest.mark.parametrize("draw", ["d1", "d2", "d3", "d4", "d5"])
def test_every_unit_is_explained(told: Simulator, tmp_path: Path, draw: str) -> None:
    """Every hash shown is SHA-256 of what is shown before it, and the words lead to the class."""
    opened = explaining.Record(write_record(told.files(), tmp_path / "record"))
    classes = result(told, draw)["classes"]
    for unit in range(0, len(classes), 7):
        steps = explaining.explain(opened, draw, unit)
        for _, values in steps:
            if "preimage" in values:
                assert sha(str(values["preimage"])) == values["digest"]
        words = [values for key, values in steps if key == "explain.word"]
        for values in words:
            shown = str(values["digest"])[int(str(values["from_"])) - 1 : int(str(values["to"]))]
            assert (shown, int(shown, 16)) == (values["hexadecimal"], values["word"])
        assert steps[-1][0] == "explain.end"
        said = told.session.plan.draws[draw].class_name(classes[unit])
        assert steps[-1][1]["class_"] == said
        assert all(line and "{" not in line for lang in ("zh", "en") for line in explaining.written(steps, lang))


def sha(preimage: str) -> str:
    return hashlib.sha256(bytes.fromhex(preimage)).hexdigest()


def slip_of(told: Simulator, draw: str, unit: int) -> dict[str, str]:
    frozen = told.session.draws[draw].frozen
    student, slip = told.room.private.holders(frozen["roster_root"])[unit][0]
    return {
        "document_number": student.document_number, "document_type": student.document_type, "name": student.name,
        "second": "", "secret": slip.secret.hex(), "session": told.name, "version": "verifiable-draw/v1",
    }  # fmt: skip


def test_a_slip_finds_its_unit(told: Simulator, tmp_path: Path, capsys: Any) -> None:
    record = write_record(told.files(), tmp_path / "record")
    single = result(told, "d1")["classes"]
    slip = slip_of(told, "d2", 3)
    (tmp_path / "slip.json").write_text(json.dumps(slip, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["explain", str(record), "--slip", str(tmp_path / "slip.json")])
    assert not ended.value.code
    assert "抽取 d2，第 3 号单位" in capsys.readouterr().out
    opened = explaining.Record(record)
    for change in ({"name": "别人"}, {"secret": "00" * 16}, {"session": "s9"}, {"extra": ""}):
        with pytest.raises(DataError):
            explaining.find(opened, encode(slip | change))
    with pytest.raises(UsageError):
        explaining.explain(opened, "d1", len(single))
    with pytest.raises(UsageError):
        explaining.explain(opened, "d9", 0)


def test_a_changed_result_is_not_explained(told: Simulator, tmp_path: Path) -> None:
    files = told.files()
    value: Any = decode(files["draws/d1/result.json"])
    value["classes"][0] = value["classes"][0] % 3 + 1
    opened = explaining.Record(write_record(files | {"draws/d1/result.json": encode(value)}, tmp_path / "record"))
    with pytest.raises(DataError) as caught:
        explaining.explain(opened, "d1", 0)
    assert caught.value.key == "explain.differs"
