"""The empty roster of a plan: what it asks for, and that it imports once filled in as it says."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from tests.simulator import SCHOOLS, Simulator
from verifiable_draw.county import generate_students
from verifiable_draw.county_pages import tidy_cells
from verifiable_draw.errors import UsageError
from verifiable_draw.plan import Plan, check
from verifiable_draw.roster_template import INSTRUCTIONS, LISTS, SHEET, roster_template
from verifiable_draw.rosters import Student, import_people, import_rosters
from verifiable_draw.rosters.codes import COLUMNS, STUDENTS

SEX, STAFF = ({"free": [], "id": name, "merged": [], "values": values} for name, values in (("sex", ["1", "2"]), ("staff_child", ["0", "1"])))


@pytest.fixture(scope="module")
def value(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    story = Simulator(tmp_path_factory.mktemp("template"))
    made = story.plan_value()
    story.room.close()
    return made


def planned(value: dict[str, Any], **changes: Any) -> Plan:
    return check(value | changes)


def template(plan: Plan, draw: str = "") -> Workbook:
    return load_workbook(io.BytesIO(roster_template(plan, draw)))


def titles(workbook: Workbook) -> list[str]:
    return [cell.value for cell in workbook[SHEET][1]]


def filled(workbook: Workbook, students: tuple[Student, ...], path: Path) -> Path:
    """Fill a template in as its lists say."""
    sheet = workbook[SHEET]
    names = [str(title).removeprefix("★") for title in titles(workbook)]
    fields = [STUDENTS.titles[name].field for name in names]
    for row, student in enumerate(students, start=2):
        cells = tidy_cells(student) | {"grade": "一年级" if student.grade == 1 else "七年级"}
        for column, field in enumerate(fields, start=1):
            sheet.cell(row, column, cells[field] or None)
    workbook.save(path)
    return path


def test_filled_in_it_is_imported_without_a_problem(value: dict[str, Any], tmp_path: Path) -> None:
    plan = planned(value)
    for draw, spec in zip(plan.draws, SCHOOLS, strict=False):
        students = generate_students(spec, "template")
        report = import_rosters([filled(template(plan, draw), students, tmp_path / f"{draw}.xlsx")])
        assert report.problems == ()
        assert {repair.code for repair in report.repairs} == {"sheet_skipped"}
        assert {student.document_number for student in report.students} == {one.document_number for one in students}
        assert sum(student.migrant for student in report.students) == sum(one.migrant for one in students)


def test_every_choice_of_every_list_is_understood(value: dict[str, Any], tmp_path: Path) -> None:
    reasons = ["accessibility", "court"]
    workbook = template(planned(value, attributes=[*value["attributes"], STAFF], pins=reasons))
    sheet, lists = workbook[SHEET], workbook[LISTS]
    choices = {}
    for validation in sheet.data_validations.dataValidation:
        letter = validation.formula1.split("$")[1]
        last = int(validation.formula1.split("$")[-1])
        column = str(validation.sqref).split(":", maxsplit=1)[0].rstrip("0123456789")
        choices[column] = [lists[f"{letter}{row}"].value for row in range(1, last + 1)]
        assert None not in choices[column]
    students = generate_students(SCHOOLS[0], "template")
    path = filled(workbook, students, tmp_path / "a.xlsx")
    named = {cell.column_letter: str(cell.value).removeprefix("★") for cell in sheet[1]}
    asked = {STUDENTS.titles[named[column]].field: column for column in choices}
    assert {
        "sex",
        "ethnicity",
        "document_type",
        "twin_wish",
        "consent",
        "pin_reason",
        "migrant",
        "staff_child",
    } <= asked.keys()
    for field in ("sex", "ethnicity", "migrant", "staff_child", "disability"):
        for choice in choices[asked[field]]:
            book = load_workbook(path)
            book[SHEET][f"{asked[field]}2"].value = choice
            book.save(tmp_path / "b.xlsx")
            codes = {problem.code for problem in import_rosters([tmp_path / "b.xlsx"]).problems}
            assert codes <= {"id_sex"}, choice


def test_the_columns_are_those_of_the_plan(value: dict[str, Any]) -> None:
    pinned = {"指定班级", "指定原因"}
    assert not pinned & set(titles(template(planned(value))))
    assert pinned <= set(titles(template(planned(value, pins=["court"]))))
    few = titles(template(planned(value, attributes=[SEX], balance=["sex"])))
    assert "随迁子女" not in "".join(few)
    assert "★姓名" in few
    assert "多胞胎组号" in few
    many = titles(template(planned(value)))
    assert {"★随迁子女", "★随班就读", "★民族"} <= set(many)
    order = [column.title for column in COLUMNS]
    plain = [title.removeprefix("★") for title in many]
    assert plain == [title for title in order if title in plain]


def test_the_plans_ethnicities_are_the_list(value: dict[str, Any]) -> None:
    def ethnicity(values: list[str]) -> tuple[list[str], str]:
        attributes = [item if item["id"] != "ethnicity" else item | {"values": values} for item in value["attributes"]]
        workbook = template(planned(value, attributes=attributes))
        column = next(cell.column_letter for cell in workbook[SHEET][1] if "民族" in cell.value)
        (found,) = (v for v in workbook[SHEET].data_validations.dataValidation if str(v.sqref).startswith(f"{column}2"))
        letter = found.formula1.split("$")[1]
        return [cell.value for cell in workbook[LISTS][letter] if cell.value], found.errorStyle

    assert ethnicity(["01", "06", "其他"]) == (["汉族", "苗族", "其他"], "warning")
    assert ethnicity(["01", "穿青人"]) == (["汉族", "穿青人"], "stop")


def test_number_columns_are_text(value: dict[str, Any]) -> None:
    sheet = template(planned(value))[SHEET]
    for cell in sheet[1]:
        assert sheet.column_dimensions[cell.column_letter].number_format == "@"


def test_the_same_plan_gives_the_same_bytes(value: dict[str, Any]) -> None:
    assert roster_template(planned(value)) == roster_template(planned(value))
    assert roster_template(planned(value), "d1") != roster_template(planned(value))


def test_empty_it_says_that_there_are_no_students(value: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(roster_template(planned(value)))
    assert [problem.code for problem in import_rosters([path]).problems] == ["no_students"]


def test_every_column_is_explained_in_both_languages(value: dict[str, Any]) -> None:
    workbook = template(planned(value))
    rows = list(workbook[INSTRUCTIONS].iter_rows(min_row=2, values_only=True))
    assert len(rows) == len(titles(workbook))
    assert all(row[1] and "\n" in row[1] for row in rows)


def test_templates_of_teachers_and_persons(value: dict[str, Any], tmp_path: Path) -> None:
    draw = value["draws"][0] | {"kind": "teachers", "caps": []}
    plan = planned(value, draws=[draw], attributes=[], balance=[])
    workbook = template(plan, draw["id"])
    assert titles(workbook) == ["队", "★姓名", "★证件类型", "★证件号码", "教龄", "学科", "职称", "回避班级"]
    workbook[SHEET].append(["1", "张三", "居民身份证", "990001202003040042"])
    workbook.save(tmp_path / "a.xlsx")
    report = import_people([tmp_path / "a.xlsx"], draw["school"], 1, teams=True)
    assert report.problems == ()
    assert [person.name for person in report.students] == ["张三"]
    mixed = planned(value, draws=[draw, *value["draws"][1:]])
    with pytest.raises(UsageError, match="几种抽取"):
        roster_template(mixed)
    assert titles(template(mixed, value["draws"][1]["id"]))[0] == "★学校标识码"
    with pytest.raises(UsageError):
        roster_template(plan, "d99")
