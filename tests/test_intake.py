"""Around an import: what it is compared with, what is kept, the history, and the commands that show it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from tests.simulator import SCHOOLS, YEAR, Simulator
from verifiable_draw import conduct, intake
from verifiable_draw.cli import main
from verifiable_draw.county import generate_students, write_workbook
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.private import PrivateStore
from verifiable_draw.register_file import read_register, template
from verifiable_draw.rosters import Student, Where, import_rosters

Run = Callable[..., tuple[int, str]]
FIRST, SECOND = SCHOOLS[0], SCHOOLS[1]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        output = capsys.readouterr()
        return int(ended.value.code or 0), output.out + output.err

    return run


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Simulator]:
    story = Simulator(tmp_path).run("plan")
    yield story
    story.room.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bureau's folder with its plan, closed."""
    monkeypatch.setenv("VDRAW_STATE", str(tmp_path / "state"))
    story = Simulator(tmp_path).run("plan")
    story.room.close()
    return tmp_path / "bureau"


def students(number: int = 0) -> tuple[Student, ...]:
    return generate_students(SCHOOLS[number], "simulator")


# The private store


def test_every_import_stays_in_the_history(tmp_path: Path) -> None:
    store = PrivateStore(tmp_path / "private.db")
    people = students()
    moved = (replace(people[0], name="李四", where=Where("b.xlsx", "s", 9)), *people[2:])
    same = tuple(replace(person, where=Where("c.xlsx", "s", 1)) for person in people)
    store.save_imported(FIRST.code, 1, people, year=2026, time="2026-08-01T08:00:00Z")
    store.save_imported(FIRST.code, 1, same, year=2026, time="2026-08-02T08:00:00Z")
    store.save_imported(FIRST.code, 1, moved, year=2026, time="2026-08-03T08:00:00Z")
    store.save_imported(FIRST.code, 1, people[:3], "teachers")
    found = [(one.kind, one.number, one.rows, one.added, one.left, one.changed) for one in store.history(FIRST.code)]
    size = len(people)
    assert found == [
        ("classes", 1, size, size, 0, 0), ("classes", 2, size, 0, 0, 0), ("classes", 3, size - 1, 0, 1, 1),
        ("teachers", 1, 3, 3, 0, 0),
    ]  # fmt: skip
    assert store.history() == store.history(FIRST.code)
    assert store.history("9999999999") == []
    assert store.history()[0].time == "2026-08-01T08:00:00Z"
    assert store.imported(FIRST.code, 1) == list(moved)
    assert store.earlier_import(FIRST.code, 1, "classes", 1) == list(people)
    with pytest.raises(UsageError, match="没有第 4 次导入"):
        store.earlier_import(FIRST.code, 1, "classes", 4)
    store.close()


def test_an_import_of_many_schools_is_kept_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = PrivateStore(tmp_path / "private.db")
    groups = {(FIRST.code, 1): students(), (SECOND.code, 1): students(1)}
    written = []
    real = store.database.table

    def breaks(name: str) -> object:
        written.append(name)
        if written.count("imported") > 2:
            raise sqlite3.OperationalError("disk full")
        return real(name)

    monkeypatch.setattr(store.database, "table", breaks)
    with pytest.raises(UsageError, match="disk full"):
        store.save_imports(groups, year=2026, time="")
    monkeypatch.undo()
    assert "import_history" in written
    assert store.history() == []
    assert store.imported(FIRST.code, 1) is None
    store.save_imports(groups, year=2026, time="")
    assert len(store.history()) == 2
    store.close()


def test_a_store_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    path = tmp_path / "private.db"
    store = PrivateStore(path)
    store.save_imported(FIRST.code, 1, students(), year=2026)
    old = json.loads(next(iter(store.database["imported"].rows))["students"])
    store.close()
    for fields in old:
        for name in ("birth_date", "consent", "pin_class", "pin_reason"):
            del fields[name]
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE imported")
        database.execute("DROP TABLE import_history")
        database.execute(
            "CREATE TABLE imported (school TEXT, grade INTEGER, kind TEXT, students TEXT, PRIMARY KEY (school, grade, kind))"
        )
        database.execute("INSERT INTO imported VALUES (?, 1, 'classes', ?)", [FIRST.code, json.dumps(old)])
    database.close()
    store = PrivateStore(path)
    read = store.imported(FIRST.code, 1)
    assert read is not None
    assert {student.document_number for student in read} == {student.document_number for student in students()}
    assert store.known_children(2026) == {}
    store.save_imported(FIRST.code, 1, students(), year=2026)
    assert len(store.known_children(2026)) == len(students())
    store.close()


# The register


def register(
    path: Path, *rows: list[object], heading: tuple[str, ...] = ("学校代码", "学校名称", "年级", "班数", "录取人数")
) -> bytes:
    book = openpyxl.Workbook()
    for row in (list(heading), *rows):
        book.active.append(row)
    book.save(path)
    return path.read_bytes()


def test_admission_figures_stay_out_of_the_ledger(tmp_path: Path) -> None:
    data = register(
        tmp_path / "r.xlsx", ["9910000001", "甲小学", 1, 3, 61], ["9970000002", "乙中学", "七年级", 2, None]
    )
    read = read_register(data, "r.xlsx")
    assert read.admissions == {("9910000001", 1): 61}
    assert all(set(row) == {"classes", "grade", "name", "school"} for row in read.rows)
    story = Simulator(tmp_path)
    story.found()
    intake.enter_register(story.room, YEAR + 1, read)
    assert story.room.private.admissions(YEAR + 1) == {("9910000001", 1): 61}
    assert story.room.private.admissions(YEAR) == {}
    assert "admitted" not in json.dumps(story.room.view.registers[YEAR + 1], default=str)
    story.room.close()


def test_a_register_without_the_column_is_read_as_before(tmp_path: Path) -> None:
    heading = ("学校代码", "学校名称", "年级", "班数")
    read = read_register(register(tmp_path / "r.xlsx", ["9910000001", "甲小学", 1, 3], heading=heading), "r.xlsx")
    assert (len(read.rows), read.admissions) == (1, {})


@pytest.mark.parametrize("figure", ["many", -1, 1.5, 100_001])
def test_wrong_figures_in_a_workbook(figure: object, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="录取人数应为整数"):
        read_register(register(tmp_path / "r.xlsx", ["9910000001", "甲小学", 1, 3, figure]), "r.xlsx")


def test_figures_in_json() -> None:
    row = {"classes": 3, "grade": 1, "name": "甲小学", "school": "9910000001"}
    read = read_register(json.dumps([row | {"admitted": 61}, row | {"grade": 7}]).encode(), "r.json")
    assert read.admissions == {("9910000001", 1): 61}
    assert read.rows == [row, row | {"grade": 7}]
    for wrong in ("61", -1, True, 1.5):
        with pytest.raises(DataError, match="录取人数应为整数"):
            read_register(json.dumps([row | {"admitted": wrong}]).encode(), "r.json")
    for data in (b"{}", b"5", b"not json"):
        with pytest.raises(DataError):
            read_register(data, "r.json")


def test_the_empty_register_has_the_column_and_the_same_bytes() -> None:
    assert template() == template()
    with pytest.raises(DataError):
        read_register(b"?", "r.xlsx")
    assert read_register(template(), "r.xlsx").rows == []


# What is kept of an import


def test_a_school_with_rows_in_a_refused_file_is_held_back(story: Simulator, tmp_path: Path) -> None:
    people = students()
    good, bad, other = (tmp_path / f"{name}.xlsx" for name in ("a", "b", "c"))
    write_workbook(good, {"名册": people[:30]})
    write_workbook(bad, {"名册": people[30:]}, mess=["missing_sex"])
    write_workbook(other, {"名册": students(1)})
    report = import_rosters([good, bad, other])
    problems = {problem.where.file for problem in report.problems}
    kept = intake.keep(story.room, report, YEAR)
    assert set(kept.files) == problems
    assert list(kept.groups) == [(SECOND.code, SECOND.grade)]
    assert kept.held == [(FIRST.code, FIRST.grade)]
    assert story.room.private.imported(FIRST.code, FIRST.grade) is None


def test_children_of_another_school_are_found_again_later(story: Simulator, tmp_path: Path) -> None:
    people = students()
    write_workbook(tmp_path / "a.xlsx", {"名册": people})
    intake.keep(story.room, import_rosters([tmp_path / "a.xlsx"]), YEAR)
    visitor = replace(people[3], school=SECOND.code, grade=SECOND.grade, twin_group="", twin_wish="")
    write_workbook(tmp_path / "b.xlsx", {"名册": [*students(1), visitor]})
    known = intake.known(story.room)
    report = import_rosters([tmp_path / "b.xlsx"], elsewhere=known.elsewhere, admissions=known.admissions)
    assert [problem.code for problem in report.problems] == ["duplicate_elsewhere"]
    assert intake.known(story.room, story.name).year == YEAR
    assert story.room.private.known_children(YEAR + 1) == {}


def test_a_child_stays_where_it_was_while_that_schools_new_roster_is_refused(story: Simulator, tmp_path: Path) -> None:
    people, others = students(), students(1)
    mover = next(one for one in people if not one.twin_group and one.document_type == "1")
    moved = replace(mover, school=SECOND.code, grade=SECOND.grade)
    old, new, gaining = tmp_path / "a.xlsx", tmp_path / "a2.xlsx", tmp_path / "b.xlsx"
    write_workbook(old, {"名册": people})
    left = [one for one in people if one is not mover]
    write_workbook(new, {"名册": left}, mess=["missing_sex"])
    write_workbook(gaining, {"名册": [*others, moved]})
    intake.keep(story.room, import_rosters([old]), YEAR)

    def keep() -> intake.Kept:
        known = intake.known(story.room)
        return intake.keep(story.room, import_rosters([new, gaining], elsewhere=known.elsewhere), YEAR)

    kept = keep()
    assert list(kept.groups) == []
    assert kept.held == [(SECOND.code, SECOND.grade)]
    write_workbook(new, {"名册": left})
    kept = keep()
    assert list(kept.groups) == [(FIRST.code, FIRST.grade), (SECOND.code, SECOND.grade)]
    assert story.room.private.known_children(YEAR)["1", mover.document_number] == (SECOND.code, SECOND.grade)


def test_the_year_is_the_sessions_or_the_registers(story: Simulator) -> None:
    assert intake.year_of(story.room) == YEAR
    rows = [{"classes": 2, "grade": 1, "name": "甲", "school": "9910000001"}]
    conduct.register(story.room, YEAR + 1, rows)
    assert intake.year_of(story.room) == YEAR + 1
    assert intake.year_of(story.room, story.name) == YEAR


# Commands


def test_import_with_everything(run: Run, folder: Path, tmp_path: Path) -> None:
    people = students()
    write_workbook(tmp_path / "a.csv", {"名册": people}, mess=["missing_sex", "nation_without_zu"], form="csv-gb18030")
    write_workbook(tmp_path / "b.ods", {"名册": students(1)})
    back = tmp_path / "back"
    code, output = run(
        "rosters", "import", tmp_path / "a.csv", tmp_path / "b.ods", "--report", back, "--homophones", "--json",
        "--room", folder,
    )  # fmt: skip
    assert code == 1
    found = json.loads(output[output.index("{\n") : output.rindex("}") + 1])
    assert [(one["code"], one["file"], one["row"], one["column"]) for one in found["problems"]] == [
        ("missing_value", "a.csv", found["problems"][0]["row"], "D")
    ]
    assert {"csv_gb18030", "spelling"} <= {one["code"] for one in found["repairs"]}
    assert found["imported"] == [{"grade": SECOND.grade, "school": SECOND.code, "students": SECOND.students}]
    (file,) = back.iterdir()
    assert oct(file.stat().st_mode)[-3:] == "600"
    assert file.name == "a.csv-退回.xlsx"


def test_history_and_template_commands(run: Run, folder: Path, tmp_path: Path) -> None:
    assert "没有" in run("rosters", "history", "--room", folder)[1]
    write_workbook(tmp_path / "a.xlsx", {"名册": students()})
    for _ in range(2):
        assert run("rosters", "import", tmp_path / "a.xlsx", "--room", folder)[0] == 0
    code, output = run("rosters", "history", FIRST.code, "--room", folder)
    assert code == 0
    assert "第 2 次：" in output
    assert f"{FIRST.students} 行；增 0，减 0，改 0" in output
    listed = json.loads(run("rosters", "history", "--json", "--room", folder)[1])
    assert [(one["number"], one["rows"], one["year"]) for one in listed] == [
        (1, FIRST.students, YEAR),
        (2, FIRST.students, YEAR),
    ]
    assert listed[0]["time"].endswith("Z")
    assert run("rosters", "template", "d1", "--out", tmp_path / "t.xlsx", "--room", folder)[0] == 0
    assert openpyxl.load_workbook(tmp_path / "t.xlsx").sheetnames == ["名册", "填表说明", "选项"]
    assert run("rosters", "template", "d77", "--out", tmp_path / "t.xlsx", "--room", folder)[0] == 2


def test_mapping_files_on_the_command_line(run: Run, folder: Path, tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", {"名册": students()})
    workbook = openpyxl.load_workbook(tmp_path / "a.xlsx")
    for cell in workbook["名册"][2]:
        cell.value = {"姓名": "孩子"}.get(cell.value, cell.value)
    workbook.save(tmp_path / "a.xlsx")
    code, output = run("rosters", "import", tmp_path / "a.xlsx", "--room", folder)
    assert code == 1
    assert "缺少“姓名”列" in output
    (tmp_path / "m.json").write_text('{"孩子": "姓名"}', "utf-8")
    assert run("rosters", "import", tmp_path / "a.xlsx", "--mapping", tmp_path / "m.json", "--room", folder)[0] == 0
    (tmp_path / "m.json").write_text('{"孩子": "名", "姓名": "性别"}', "utf-8")
    code, output = run("rosters", "import", tmp_path / "a.xlsx", "--mapping", tmp_path / "m.json", "--room", folder)
    assert code == 1
    assert "2 个问题" in output


def test_the_register_command_takes_workbooks_and_the_import_uses_its_figures(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    register(tmp_path / "r.xlsx", [FIRST.code, FIRST.name, FIRST.grade, FIRST.classes, FIRST.students + 1])
    assert run("register", tmp_path / "r.xlsx", YEAR + 1, "--room", folder)[0] == 0
    write_workbook(tmp_path / "a.xlsx", {"名册": students()})
    code, output = run("rosters", "import", tmp_path / "a.xlsx", "--room", folder)
    assert code == 0
    assert f"登记的录取人数是 {FIRST.students + 1}" in output
