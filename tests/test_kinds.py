"""Draws of teachers, of chosen persons and of orders: from a workbook to lists, beside students or alone (C25)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger.canonical import decode, encode
from tests.conftest import outcomes
from tests.simulator import ROOT, SCHOOLS, Simulator, write_record
from tests.test_session import refused
from verifiable_draw import conduct, lists, plan
from verifiable_draw.cli import main
from verifiable_draw.county import generate_students
from verifiable_draw.entries import KINDS
from verifiable_draw.errors import DataError
from verifiable_draw.freeze import check_places
from verifiable_draw.inspection import Material, inspect
from verifiable_draw.inspection.report import plain
from verifiable_draw.rosters import ImportReport, Student, import_people
from verifiable_draw.rosters.identity import check_character
from verifiable_draw.teams import spreads, teams_of

SCHOOL = {
    "batch": 1, "caps": [], "class_names": [], "grade": 1, "most": 0, "school": SCHOOLS[0].code,
    "school_name": SCHOOLS[0].name, "sizes": [], "take": 0,
}  # fmt: skip
DRAWS: list[dict[str, Any]] = [
    SCHOOL | {"id": "d1", "kind": "classes", "classes": 3},
    SCHOOL | {"id": "d2", "kind": "teachers", "classes": 3},
    SCHOOL | {"id": "d3", "kind": "select", "classes": 0, "take": 2},
    SCHOOL | {"id": "d4", "kind": "order", "classes": 0},
]
Row = Sequence[object]
TEAMS: list[Row] = [
    ("队", "姓名", "证件类型", "证件号码"),
    *((team, name, "居民身份证", number) for team, name, number in [
        ("甲", "赵老师", "{0}"), ("甲", "钱老师", "{1}"), ("乙", "孙老师", "{2}"), ("", "李老师", "{3}"),
    ]),
]  # fmt: skip
PERSONS: list[Row] = [
    ("姓名", "证件类型", "证件号码"),
    *((f"家长{c}某", "1", f"{{{i}}}") for i, c in enumerate("甲乙丙丁戊")),
]


def number_of(i: int) -> str:
    """A well-formed number of nobody."""
    body = f"9901011980010{i % 9 + 1}{i:03d}"
    return body + check_character(body)


def workbook(path: Path, rows: Sequence[Row]) -> Path:
    """`{3}` in a cell is the number of person 3."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(
            [cell.format(*map(number_of, range(300))) if isinstance(cell, str) else cell for cell in row]
        )
    book.save(path)
    return path


def read(path: Path, rows: Sequence[Row], *, teams: bool) -> ImportReport:
    return import_people([workbook(path, rows)], SCHOOLS[0].code, 1, teams=teams)


# --- import -------------------------------------------------------------------------------------------------------


def test_teams(tmp_path: Path) -> None:
    report = read(tmp_path / "a.xlsx", TEAMS, teams=True)
    assert not report.problems
    assert sorted((p.name, p.twin_group, p.twin_wish) for p in report.students) == [
        ("孙老师", "乙", "together"), ("李老师", "", ""), ("赵老师", "甲", "together"), ("钱老师", "甲", "together"),
    ]  # fmt: skip
    assert {(p.school, p.grade) for p in report.students} == {(SCHOOLS[0].code, 1)}


TAUGHT: list[Row] = [
    ("队", "姓名", "证件类型", "证件号码", "教龄", "学科", "职称", "回避班级"),
    ("甲", "赵老师", "1", "{0}", 12, "语文", "一级教师", "2"),
    ("甲", "钱老师", "1", "{1}", "3年", "数学", "二级教师", ""),
    ("乙", "孙老师", "1", "{2}", "", "英语", "", "1、3班"),
]


def test_teams_are_compared(tmp_path: Path) -> None:
    """S4: service, subjects and titles by team, and the classes a team must not get."""
    report = read(tmp_path / "a.xlsx", TAUGHT, teams=True)
    assert not report.problems
    assert {p.name: p.barred for p in report.students} == {"赵老师": (2,), "钱老师": (), "孙老师": (1, 3)}
    first, second = teams_of((("1班" if p.twin_group == "乙" else "2班"), p) for p in report.students)
    assert (first.name, first.members, first.known, first.subjects, first.ranks) == ("乙", 1, 0, ("英语",), ())
    assert (second.years, second.ranks) == (15, (("一级教师", 1), ("二级教师", 1)))
    assert [(s.what, s.least, s.most) for s in spreads((first, second))] == [
        ("members", 1, 2), ("years", 0, 15), ("一级教师", 0, 1), ("二级教师", 0, 1),
    ]  # fmt: skip
    assert spreads(()) == ()


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [(4, "很久", "bad_service"), (4, 61, "bad_service"), (5, "文" * 31, "bad_subject"), (7, "三班", "bad_barred"), (7, "0", "bad_barred")],
)  # fmt: skip
def test_bad_cells_of_teachers(tmp_path: Path, column: int, cell: object, code: str) -> None:
    rows = [TAUGHT[0], [*TAUGHT[1][:column], cell, *TAUGHT[1][column + 1 :]]]
    assert [problem.code for problem in read(tmp_path / "a.xlsx", rows, teams=True).problems] == [code]


def test_persons_have_no_teams(tmp_path: Path) -> None:
    """The column is passed over, and that is said."""
    report = read(tmp_path / "a.xlsx", TEAMS, teams=False)
    assert not report.problems
    assert {p.twin_group for p in report.students} == {""}
    assert "column_ignored" in {repair.code for repair in report.repairs}


def test_other_titles_and_a_sheet_without_teams(tmp_path: Path) -> None:
    rows = [("序号", "组", "教师姓名", "身份证件类型", "身份证号"), (1, "1", "赵老师", "身份证", "{1}")]
    assert [p.twin_group for p in read(tmp_path / "a.xlsx", rows, teams=True).students] == ["1"]
    rows = [row[1:] for row in TEAMS]
    assert [p.twin_group for p in read(tmp_path / "b.xlsx", rows, teams=True).students] == ["", "", "", ""]


PROBLEMS: dict[str, tuple[list[Row], set[str]]] = {
    "a number with a wrong digit": ([("甲", "赵老师", "1", "990101198001010001")], {"id_check"}),
    "no number": ([("甲", "赵老师", "1", "")], {"person_document"}),
    "no document": ([("甲", "赵老师", "无", "12345678")], {"person_document"}),
    "unknown type": ([("甲", "赵老师", "教师证", "{1}")], {"bad_document_type", "person_document"}),
    "a number cell": ([("甲", "赵老师", "护照", 123456789)], {"id_number_cell"}),
    "no name": ([("甲", "", "1", "{1}")], {"missing_value"}),
    "digits in a name": ([("甲", "赵老师2", "1", "{1}")], {"bad_name"}),
    "twice": ([("甲", "赵老师", "1", "{1}"), ("乙", "赵老师", "户口簿", "{1}")], {"duplicate_person"}),
    "nobody": ([], {"no_people"}),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_problems(tmp_path: Path, name: str) -> None:
    rows, codes = PROBLEMS[name]
    report = read(tmp_path / "a.xlsx", [TEAMS[0], *rows], teams=True)
    assert {problem.code for problem in report.problems} == codes
    assert all(problem.zh and problem.en and "赵" not in problem.zh for problem in report.problems)


def test_missing_column_and_no_workbook(tmp_path: Path) -> None:
    rows = [("队", "姓名", "证件类型"), ("甲", "赵老师", "1")]
    assert {p.code for p in read(tmp_path / "a.xlsx", rows, teams=True).problems} == {"missing_column"}
    (tmp_path / "b.xlsx").write_bytes(b"nothing")
    report = import_people([tmp_path / "b.xlsx"], SCHOOLS[0].code, 1, teams=False)
    assert {p.code for p in report.problems} == {"not_workbook"}


# --- a session ----------------------------------------------------------------------------------------------------


def people(tmp_path: Path, kind: str) -> list[Student]:
    rows = TEAMS if kind == "teachers" else PERSONS
    report = read(tmp_path / f"{kind}.xlsx", rows, teams=kind == "teachers")
    assert not report.problems
    return list(report.students)


def hand_in(story: Simulator, draw: str, students: Sequence[Student]) -> None:
    item = story.session.plan.draws[draw]
    story.room.private.save_imported(item.school, item.grade, students, item.kind)
    conduct.submit(story.room, story.name, draw, story.schools[item.school])
    conduct.approve(story.room, story.name, draw, story.keys["approver"])
    conduct.freeze(story.room, story.name, draw)


def rosters(story: Simulator) -> None:
    for item in story.session.plan.draws.values():
        divides = item.kind == "classes"
        hand_in(
            story,
            item.id,
            generate_students(SCHOOLS[0], "simulator") if divides else people(story.folder, item.kind),
        )


def simulator(folder: Path, draws: Sequence[dict[str, Any]] = DRAWS, **more: Any) -> Simulator:
    return Simulator(folder, plan={"draws": list(draws), **more}, schools=SCHOOLS[:1])


@pytest.fixture(scope="module")
def all_kinds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """One published session with a draw of each kind; tests only read it."""
    story = simulator(tmp_path_factory.mktemp("kinds"))
    story.run(rosters=lambda: rosters(story))
    yield story
    story.room.close()


def test_all_kinds_in_one_session(all_kinds: Simulator, verify: Any, tmp_path: Path) -> None:
    header = all_kinds.session.header
    assert [(d.kind, d.classes, d.frozen["units"]) for d in header.draws] == [
        ("classes", 3, header.draws[0].frozen["units"]), ("teachers", 3, 3), ("select", 5, 5), ("order", 5, 5),
    ]  # fmt: skip
    sealed = []
    for draw in header.draws:
        (tmp_path / draw.id).write_bytes(all_kinds.room.private.sealed(draw.frozen["roster_root"]))
        sealed += ["--sealed", str(tmp_path / draw.id)]
    code, report = verify(all_kinds.files(), all_kinds.trust(), *sealed)
    assert (code, report["reasons"]) == (3, ["V51", "V55"])
    assert not outcomes(report, "CANNOT-CHECK")
    statement: Any = decode(all_kinds.files()["statement.json"])
    assert [bool(row["certificate"]) for row in statement["draws"]] == [True, False, False, False]


def test_teams_stay_together_and_positions_are_a_permutation(all_kinds: Simulator) -> None:
    drawn = conduct.class_lists(all_kinds.room, "s1")
    teams = [{number for number, p in drawn["d2"] if p.twin_group == team} for team in ("甲", "乙", "")]
    assert sorted(map(tuple, teams)) == [(1,), (2,), (3,)]
    for draw in ("d3", "d4"):
        assert [number for number, _ in drawn[draw]] == [1, 2, 3, 4, 5]


def test_lists_say_what_the_number_means(all_kinds: Simulator, tmp_path: Path) -> None:
    lists.write_lists(tmp_path, all_kinds.session, conduct.class_lists(all_kinds.room, "s1"))
    rows = {}
    for path in sorted(tmp_path.glob("*.xlsx")):
        sheet = openpyxl.load_workbook(path).active
        rows[path.name[:2]] = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [rows[d][1][0] for d in ("d1", "d2", "d3", "d4")] == ["班级", "班级", "结果", "顺序"]
    assert "教师分配名单" in rows["d2"][0][0]
    assert [row[0] for row in rows["d2"][2:]].count("1班") in (1, 2)
    assert [row[0] for row in rows["d3"][2:]] == ["抽中", "抽中", "未抽中", "未抽中", "未抽中"]
    assert [row[0] for row in rows["d4"][2:]] == [1, 2, 3, 4, 5]


def test_inspection_names_the_kinds(all_kinds: Simulator) -> None:
    found = inspect(Material(all_kinds.room, all_kinds.holders["h1"]))
    assert [f for f in found.findings if f.severity == "violation"] == []
    assert found.sessions[0]["kinds"] == {"classes": 1, "teachers": 1, "select": 1, "order": 1}
    assert "教师分配到班 1" in plain(found)
    assert "drawing an order 1" in plain(found)


def test_report_and_page_name_the_kinds(all_kinds: Simulator, tmp_path: Path) -> None:
    record = write_record(all_kinds.files(), tmp_path / "record")
    for command in ([sys.executable, "-m", "verifier"], ["node", "verifier/web/node.mjs"]):
        done = subprocess.run(
            [*command, str(record), "--lang", "en"], capture_output=True, text=True, check=False, cwd=ROOT
        )
        assert done.returncode == 3, done.stderr
        assert "teachers to classes" in done.stdout
        assert "choosing persons" in done.stdout
    html = tmp_path / "report.html"
    command = [sys.executable, "-m", "verifier", str(record), "--html", str(html)]
    subprocess.run(command, check=False, cwd=ROOT, capture_output=True)
    assert "教师分配到班" in html.read_text()
    assert "5 人中抽中顺序 1–2" in html.read_text()


def test_only_teachers_and_a_plan_without_attributes(tmp_path: Path, verify: Any) -> None:
    story = simulator(tmp_path, DRAWS[1:2], attributes=[])
    story.run(rosters=lambda: rosters(story))
    code, report = verify(story.files(), story.trust())
    assert (code, report["reasons"]) == (3, ["V51", "V55"])
    story.room.close()


def test_persons_are_drawn_again_and_children_are_not(tmp_path: Path) -> None:
    """R5: parents of two children stand in two draws; a child in two draws into classes is still refused."""
    story = simulator(tmp_path, [DRAWS[0], DRAWS[3]])
    story.run(rosters=lambda: rosters(story))
    story.name = "s2"
    story.changes["draws"] = [DRAWS[3] | {"grade": 7}]
    story.run("header", after="found", rosters=lambda: rosters(story))
    assert story.session.state == "FROZEN"
    assert [draw.attempt for draw in story.session.header.draws] == [1]
    story.name = "s3"
    story.changes["draws"] = [DRAWS[0] | {"grade": 7}]
    story.run("plan", after="found")
    hand_in(story, "d1", generate_students(SCHOOLS[0], "simulator"))
    story.enrol()
    refused(story, "freeze.in_two_draws", story.header)
    story.room.close()


def test_attempts_are_counted_by_kind(tmp_path: Path) -> None:
    story = simulator(tmp_path, [DRAWS[3]])
    story.run(rosters=lambda: rosters(story))
    story.name = "s2"
    story.run("enrol", after="found", rosters=lambda: rosters(story))
    refused(story, "draw.already", story.header)
    story.name = "s3"
    story.changes["draws"] = [DRAWS[2]]
    story.run("header", after="found", rosters=lambda: rosters(story))
    assert [draw.attempt for draw in story.session.header.draws] == [1]
    story.room.close()


def test_numbers_are_refused_when_the_school_hands_in(tmp_path: Path) -> None:
    story = simulator(tmp_path, [DRAWS[1] | {"classes": 4}, DRAWS[2] | {"take": 6}])
    story.run("plan")
    refused(story, "freeze.teams_not_classes", lambda: hand_in(story, "d2", people(tmp_path, "teachers")))
    refused(story, "freeze.too_few_to_take", lambda: hand_in(story, "d3", people(tmp_path, "select")))
    story.room.close()


@pytest.mark.parametrize(("units", "good"), [(1, False), (2, True), (200, True), (201, False)])
def test_limits_of_a_permutation(tmp_path: Path, units: int, good: bool) -> None:
    item = plan.PlanDraw("d1", "order", "9910000001", "x", 1, 1, 0, 0, ())
    if good:
        check_places(item, units, units)
    else:
        with pytest.raises(DataError) as caught:
            check_places(item, units, units)
        assert caught.value.key == "freeze.number_of_units"


def frozen_entry(change: Callable[[dict[str, Any]], None], draw: str, tmp_path: Path) -> tuple[Simulator, dict[str, Any]]:
    story = simulator(tmp_path)
    story.run("rosters", rosters=lambda: rosters(story))
    body = json.loads(encode(dict(story.session.draws[draw].frozen)))
    change(body)
    return story, body


LIES: dict[str, tuple[str, Callable[[dict[str, Any]], None]]] = {
    "a pair apart": ("d2", lambda body: body["constraints"].update(apart=1)),
    "no block": ("d2", lambda body: body.update(blocks=0, remainder=3)),
    "a unit of two persons": ("d3", lambda body: body.update(units=4, unit_sizes=[[1, 3], [2, 1]])),
    "fewer than are taken": ("d3", lambda body: body.update(units=1, students=1, unit_sizes=[[1, 1]])),
}


@pytest.mark.parametrize("name", LIES)
def test_summary_that_is_not_of_its_kind(tmp_path: Path, name: str) -> None:
    draw, change = LIES[name]
    story, body = frozen_entry(change, draw, tmp_path)
    refused(story, "roster.numbers", lambda: story.room.operate("s1", "roster.frozen", body))
    story.room.close()


# --- plans --------------------------------------------------------------------------------------------------------

PLANS: dict[str, tuple[dict[str, Any], str]] = {
    "classes without classes": (DRAWS[0] | {"classes": 0}, "draws.d1.classes"),
    "teachers without classes": (DRAWS[1] | {"classes": 0}, "draws.d2.classes"),
    "an order with classes": (DRAWS[3] | {"classes": 3}, "draws.d4.classes"),
    "select takes none": (DRAWS[2] | {"take": 0}, "draws.d3.take"),
    "an order takes": (DRAWS[3] | {"take": 1}, "draws.d4.take"),
    "a cap on teachers": (DRAWS[1] | {"caps": [{"attribute": "sex", "max": 1, "value": "1"}]}, "draws.d2.caps"),
    "unknown kind": (DRAWS[3] | {"kind": "raffle"}, "draws[0].kind"),
}


@pytest.mark.parametrize("name", PLANS)
def test_plans_that_are_refused(tmp_path: Path, name: str) -> None:
    draw, path = PLANS[name]
    story = simulator(tmp_path, [draw]).run("found")
    with pytest.raises(DataError) as caught:
        plan.check(story.plan_value())
    assert path in caught.value.text.en
    story.room.close()


def test_classes_need_attributes_and_the_screen_a_known_word(tmp_path: Path) -> None:
    story = simulator(tmp_path, attributes=[]).run("found")
    for value, path in (
        (story.plan_value(), "attributes"),
        (story.plan_value() | {"screen": {"names": "whole"}}, "screen.names"),
    ):
        with pytest.raises(DataError) as caught:
            plan.check(value)
        assert path in caught.value.text.en
    for names in ("none", "masked"):
        sex = {"free": [], "id": "sex", "merged": [], "values": ["1", "2"]}
        plan.check(story.plan_value() | {"attributes": [sex], "screen": {"names": names}})
    story.room.close()


# --- the command line ---------------------------------------------------------------------------------------------


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


@pytest.mark.parametrize("kind", [*KINDS, "raffle"])
def test_plan_new(tmp_path: Path, kind: str) -> None:
    story = simulator(tmp_path).run("found")
    story.room.close()
    code = run("plan", "new", tmp_path / "plan.json", "s9", 2026, "--kind", kind, "--room", tmp_path / "bureau")
    if kind == "raffle":
        assert code == 2
        return
    assert code == 0
    value = json.loads((tmp_path / "plan.json").read_text())
    assert value["screen"] == {"names": "masked"}
    assert {draw["kind"] for draw in value["draws"]} == {kind}
    assert bool(value["attributes"]) == (kind == "classes")
    with pytest.raises(DataError) as caught:
        plan.check(value)
    assert caught.value.values["number"] == 1  # the recipients are still to be named


def test_import_by_draw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = simulator(tmp_path).run("plan")
    story.room.close()
    path = workbook(tmp_path / "teams.xlsx", TEAMS)
    assert run("rosters", "import", path, "--draw", "d2", "--room", tmp_path / "bureau") == 0
    assert run("rosters", "import", path, "--draw", "d9", "--room", tmp_path / "bureau") == 2
    bad = workbook(tmp_path / "bad.xlsx", [*TEAMS, ("丙", "周老师", "1", "{0}")])
    assert run("rosters", "import", bad, "--draw", "d2", "--room", tmp_path / "bureau") == 1
    assert "同一个人" in capsys.readouterr().out
    story.room = story.another()
    kept = story.room.private.imported(SCHOOLS[0].code, 1, "teachers")
    assert kept is not None
    assert len(kept) == 4
    assert story.room.private.imported(SCHOOLS[0].code, 1) is None
    story.room.close()
