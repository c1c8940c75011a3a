"""Exports of 学籍 as they really arrive: every form, every mess, every problem at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.canonical import encode
from tests.year.exports import TITLES, Cells, cells, write
from verifiable_draw.county import SchoolSpec, generate_students
from verifiable_draw.rosters import Student, problem_lines, report_json
from verifiable_draw.rosters.codes import EXPORT
from verifiable_draw.rosters.mapping import read_mapping
from verifiable_draw.texts.registration import TEXTS
from verifiable_draw.year.class_words import OTHER_CLASS, Division
from verifiable_draw.year.export_file import Export, Registered, read_export

YEAR = 2026
SPECS = (SchoolSpec("9910000001", "学校01", 1, 40, 3), SchoolSpec("9970000002", "学校02", 7, 30, 2))
STUDENTS = {spec.code: generate_students(spec, "exports") for spec in SPECS}
DIVISIONS = {("9910000001", 1): Division(3), ("9970000002", 7): Division(2)}
SCHOOLS = {"9910000001": "学校01", "9970000002": "学校02", "9910000009": "单班小学"}
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def class_of(place: int, spec: SchoolSpec) -> int:
    return place % spec.classes + 1


def rows(spec: SchoolSpec = SPECS[0], **changes: object) -> list[Cells]:
    return [cells(student, class_of(i, spec), **changes) for i, student in enumerate(STUDENTS[spec.code])]


def read(*paths: Path, **options: Any) -> Export:
    return read_export(paths, YEAR, options.pop("divisions", DIVISIONS), SCHOOLS, **options)


def placed(export: Export) -> list[tuple[str, int, int, str]]:
    return sorted((row.school, row.grade, row.number, row.document_number) for row in export.rows)


EXPECTED = sorted(
    (spec.code, spec.grade, class_of(i, spec), student.document_number)
    for spec in SPECS
    for i, student in enumerate(STUDENTS[spec.code])
)


def problems(export: Export) -> list[str]:
    assert export.report.problems
    assert export.hash == ""
    return [problem.code.removeprefix("registration.") for problem in export.report.problems]


def sheets() -> dict[str, list[Cells]]:
    return {spec.name: rows(spec) for spec in SPECS}


def flat() -> dict[str, list[Cells]]:
    return {"学籍": [row for several in sheets().values() for row in several]}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("all.xlsx", {}), ("all.xls", {}), ("all.ods", {}), ("all.csv", {}), ("all.gb.csv", {}),
        ("above.xlsx", {"above": [["测试县学籍信息表"], ["导出时间：", "2026-10-08"], []]}),
        ("two.xlsx", {"two_rows": True}), ("two.xls", {"two_rows": True, "above": [["学生名单"]]}), ("blank.xlsx", {"blank_rows": True}),
        ("nosex.xlsx", {"without": ["sex", "school_name", "entered", "teacher"]}),
    ],
)  # fmt: skip
def test_every_form(tmp_path: Path, name: str, form: dict[str, Any]) -> None:
    path = write(tmp_path / name, flat() if "csv" in name else sheets(), **form)
    export = read(path)
    assert not export.report.problems, problem_lines(export.report)
    assert placed(export) == EXPECTED
    assert export.hash == hashlib.sha256(path.read_bytes()).hexdigest()


MESS: dict[str, Callable[[Student, int], Cells]] = {
    "full-width": lambda s, n: cells(s, n, school=s.school.translate(WIDE), **{"class": f"（{n}）班".translate(WIDE)}),
    "number cells": lambda s, n: cells(s, n, school=int(s.school), grade=s.grade, **{"class": n, "entered": 202609}),
    "cohort": lambda s, n: cells(s, n, grade="2026级", **{"class": f"2026级({n})班"}),
    "in words": lambda s, n: cells(s, n, **{"class": "一二三"[n - 1] + "班"}),
    "the class says the grade": lambda s, n: cells(s, n, grade="", **{"class": ("一年级" if s.grade == 1 else "初一") + f"{n}班"}),
    "number and no class": lambda s, n: cells(s, n, **{"class": "", "class_number": f"{n:02d}"}),
    "hundreds": lambda s, n: cells(s, n, **{"class": f"{s.grade}0{n}班"}),
    "everyday words": lambda s, n: cells(s, n, document_type="身份证" if s.document_type == "1" else cells(s, n)["document_type"]),
    "apostrophes": lambda s, n: cells(s, n, document_number=cells(s, n)["document_number"] and f"'{s.document_number}"),
    "lower case": lambda s, n: cells(s, n, document_number=str(cells(s, n)["document_number"]).lower()),
    "invisible": lambda s, n: cells(s, n, name=f" {s.name}\u3000", document_number=cells(s, n)["document_number"] and f"\ufeff{s.document_number}\u200b"),
    "dates": lambda s, n: cells(s, n, entered=date(YEAR, 9, 1)),
    "school by name": lambda s, n: cells(s, n, school=""),
    "no type": lambda s, n: cells(s, n, document_type="" if s.document_type in "1G" else cells(s, n)["document_type"]),
    "a name no roster takes": lambda s, n: cells(s, n, name=f"{s.name}2"),
    "half a registration number": lambda s, n: cells(s, n, registration="待定" if s.document_type != "G" else s.registration),
}  # fmt: skip


@pytest.mark.parametrize("kind", MESS)
def test_mess_that_says_the_same(tmp_path: Path, kind: str) -> None:
    made = {
        spec.name: [MESS[kind](student, class_of(i, spec)) for i, student in enumerate(STUDENTS[spec.code])] for spec in SPECS
    }
    export = read(write(tmp_path / "mess.xlsx", made, titles=TITLES | {"class_number": "班号"}))
    assert not export.report.problems, problem_lines(export.report)
    assert placed(export) == EXPECTED


def test_a_child_without_document_is_told_by_its_registration(tmp_path: Path) -> None:
    student = replace(STUDENTS["9910000001"][0], document_type="G", document_number="L990001202003040042", registration="L990001202003040042")
    export = read(write(tmp_path / "g.xlsx", {"甲": [cells(student, 1)]}))
    assert [(row.document_type, row.document_number) for row in export.rows] == [("G", "L990001202003040042")]


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        ({"document_number": 990001202003040000.0}, "id_number_cell", "G"),
        ({"document_number": "9.90001202003E+17"}, "id_scientific", "G"),
        ({"document_number": "990001202003040000"}, "id_zeros", "G"),
        ({"document_number": "990001202003040043"}, "id_check", "G"),
        ({"document_number": "99000120200304004"}, "id_length", "G"),
        ({"document_number": ""}, "id_missing", "G"),
        ({"document_number": "", "document_type": "其他", "registration": ""}, "no_identity", "G"),
        ({"document_number": "", "document_type": "其他", "registration": "待定"}, "bad_registration", "H"),
        ({"document_type": "会员证"}, "bad_document_type", "F"),
        ({"school": "991000000"}, "bad_school", "A"),
        ({"school": "", "school_name": "无名小学"}, "unknown_school", "B"),
        ({"school": "", "school_name": ""}, "missing_value", "A"),
        ({"grade": "毕业班级?"}, "bad_grade", "C"),
        ({"grade": "一年级", "class": "二年级1班"}, "grades_differ", "D"),
        ({"grade": "2026级", "class": "二(1)班"}, "grades_differ", "D"),
        ({"class": date(2026, 1, 2)}, "date_cell", "D"),
        ({"class": 1.5}, "inexact_number", "D"),
        ({"class": "一" * 41}, "bad_words", "D"),
        ({"name": ""}, "missing_value", "E"),
    ],
)  # fmt: skip
def test_problems_of_a_cell(tmp_path: Path, changes: Cells, code: str, column: str) -> None:
    made = rows()[:6]
    plain = next(i for i, student in enumerate(STUDENTS["9910000001"][:6]) if student.document_type == "1")
    made[plain] |= changes
    export = read(write(tmp_path / "bad.xlsx", {"甲": made}, without=["sex"]))
    assert problems(export) == [code]
    where = export.report.problems[0].where
    assert (where.file, where.sheet, where.row, where.column) == ("bad.xlsx", "甲", plain + 2, column)


def test_every_problem_of_every_file_at_once(tmp_path: Path) -> None:
    first, second = rows(), rows(SPECS[1])
    first[0]["document_number"] = 1e17
    first[3]["school"] = "12"
    second[1]["grade"] = "？"
    made = write(tmp_path / "a.xlsx", {"甲": first}), write(tmp_path / "b.xls", {"乙": second}), tmp_path / "c.txt"
    made[2].write_text("no workbook")
    found = [(one.where.file, one.where.row, one.code) for one in read(*made, tmp_path / "gone.xlsx").report.problems]
    assert found == [
        ("a.xlsx", 2, "id_number_cell"), ("a.xlsx", 5, "bad_school"), ("b.xls", 3, "registration.bad_grade"),
        ("c.txt", 0, "not_workbook"), ("gone.xlsx", 0, "unreadable_file"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("titles", "lacks", "seems"),
    [
        ({k: v for k, v in TITLES.items() if k != "class"}, "班级", "不完整的学生名单"),
        ({k: v for k, v in TITLES.items() if k not in ("class", "teacher")} | {"twin": "多胞胎组号"}, "班级", "抽签用的名册"),
        ({"name": "教师姓名", "document_type": "证件类型", "document_number": "证件号码", "t": "教龄", "s": "学校名称"}, "班级、姓名", "教师名单"),
        ({"school": "学校标识码", "school_name": "学校名称", "grade": "年级", "n": "班级数"}, "班级、姓名、身份证件号", "不完整"),
        ({k: v for k, v in TITLES.items() if k not in ("school", "school_name")}, "学校标识码", "不完整"),
    ],
)  # fmt: skip
def test_another_table_is_named(tmp_path: Path, titles: dict[str, str], lacks: str, seems: str) -> None:
    export = read(write(tmp_path / "other.xlsx", {"甲": rows()[:3]}, titles=titles, above=[["一张表"]]))
    assert problems(export) == ["columns"]
    assert f"缺少列：{lacks}。" in export.report.problems[0].zh
    assert seems in export.report.problems[0].zh


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"grade": "二年级", "class": "1班"}, "other_grades", "2年级"),
        ({"grade": "2025级", "class": "2025级1班"}, "other_grades", "2025级"),
        ({"grade": "", "class": "2025级1班"}, "other_grades", "2025级"),
        ({"entered": "202509"}, "other_year", "2025"),
        ({"entered": "2024年9月"}, "other_year", "2024"),
        ({"school": "9910000009"}, "nothing_drawn", "2026"),
        ({"class": "启航部"}, "no_class_known", "9910000001"),
        ({"class": "", "grade": "一年级"}, "no_classes", "80"),
    ],
)
def test_another_year_or_grade_gets_one_sentence(tmp_path: Path, changes: Cells, code: str, says: str) -> None:
    export = read(write(tmp_path / "old.xlsx", {"甲": rows(**changes), "乙": rows(**changes)}))
    assert problems(export) == [code]
    assert says in export.report.problems[0].zh


def test_a_file_of_all_grades_keeps_the_starting_ones(tmp_path: Path) -> None:
    older = [row | {"grade": grade, "entered": "202309"} for grade in ("二年级", "八年级", "2024级") for row in rows()[:4]]
    export = read(write(tmp_path / "all.xlsx", {"全校": [*older, *flat()["学籍"], *older]}))
    assert not export.report.problems
    assert placed(export) == EXPECTED


def test_the_grade_of_a_cohort_needs_a_school_with_one(tmp_path: Path) -> None:
    path = write(tmp_path / "nine.xlsx", {"甲": rows(grade="2026级")})
    both = DIVISIONS | {("9910000001", 7): Division(2)}
    assert problems(read(path, divisions=both)) == ["no_grade"]
    staged = write(tmp_path / "staged.xlsx", {"甲": rows(grade="小学2026级")})
    assert {row.grade for row in read(staged, divisions=both).rows} == {1}


def test_every_unknown_school_is_said_once(tmp_path: Path) -> None:
    made = [row | {"school": "", "school_name": name} for name in ("甲校", "乙校", "甲校") for row in rows()[:2]]
    found = [one.where.row for one in read(write(tmp_path / "s.xlsx", {"甲": [*rows(), *made]})).report.problems]
    assert found == [42, 44]


CONTENT = st.one_of(
    st.sampled_from(["", "1班", "一年级", "七(2)班", "2026级", "9910000001", "居民身份证", "990001202003040042", "学校01", "合计", "班级"]),
    st.text(st.characters(codec="utf-8", exclude_characters='\x00\r\n",;\t'), max_size=20),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.lists(CONTENT, min_size=len(TITLES), max_size=len(TITLES)), min_size=1, max_size=6))
def test_no_content_of_cells_raises(tmp_path: Path, lines: list[list[str]]) -> None:
    path = tmp_path / "any.csv"
    path.write_text("\n".join(",".join(line) for line in [list(TITLES.values()), *lines]), encoding="utf-8")
    export = read(path)
    assert bool(export.hash) != bool(export.report.problems)
    assert all((row.school, row.grade, row.number > 0) for row in export.rows)


def test_classes_by_the_names_of_the_plan(tmp_path: Path) -> None:
    named = {("9910000001", 1): Division(3, ("向日葵班", "茉莉班", "3班"))}
    words = {"1班": "向日葵", "2班": "一年级(茉莉)班", "3班": "三班"}
    made = [row | {"class": words[str(row["class"])]} for row in rows()]
    export = read(write(tmp_path / "n.xlsx", {"甲": made}), divisions=named)
    assert placed(export) == [one for one in EXPECTED if one[0] == "9910000001"]


def test_a_class_that_was_not_drawn_is_kept_and_said(tmp_path: Path) -> None:
    made = rows()
    made[4]["class"], made[5]["class"] = "火箭班", "9班"
    export = read(write(tmp_path / "rocket.xlsx", {"甲": made}))
    assert not export.report.problems
    assert sorted(row.number for row in export.rows)[-2:] == [9, OTHER_CLASS]
    assert [notice.code for notice in export.report.notices] == ["other_class"]
    assert "第 6 行" in export.report.notices[0].zh


def test_the_same_row_in_two_files_counts_once_and_is_said(tmp_path: Path) -> None:
    made = rows()
    one = write(tmp_path / "grade.xlsx", {"一年级": made})
    two = write(tmp_path / "class.csv", {"1班": [row for row in made if row["class"] == "1班"]})
    export = read(one, two)
    assert not export.report.problems
    assert len(export.rows) == len(made)
    assert [(notice.code, notice.where.file) for notice in export.report.notices] == [("repeated", "grade.xlsx")]
    assert "14 行" in export.report.notices[0].zh
    hashes = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in (one, two))
    assert export.hash == read(two, one).hash == hashlib.sha256(encode(hashes)).hexdigest()


def test_two_classes_of_one_child_are_no_problem_of_the_import(tmp_path: Path) -> None:
    made = rows()
    other = write(tmp_path / "b.xlsx", {"甲": [made[0] | {"class": "3班"}, made[1] | {"school": "9910000009"}]})
    export = read(write(tmp_path / "a.xlsx", {"甲": made}), other)
    assert not export.report.problems
    assert len(export.rows) == len(made) + 2
    assert [notice.code for notice in export.report.notices] == ["not_drawn"]


@pytest.mark.parametrize("said", ["", " \u3000", "一年级", "班"])
def test_a_child_without_class_is_said(tmp_path: Path, said: str) -> None:
    made = rows()
    made[0]["class"] = said
    export = read(write(tmp_path / "a.xlsx", {"甲": made}))
    assert len(export.rows) == len(made) - 1
    assert [notice.code for notice in export.report.notices] == ["classless"]


def test_titles_of_a_mapping_file(tmp_path: Path) -> None:
    titles = TITLES | {"class": "编入班", "document_number": "证号"}
    path = write(tmp_path / "t.xlsx", {"甲": rows()}, titles=titles)
    assert problems(read(path)) == ["columns"]
    table = read_mapping('{"编入班": "班级", "证号": "身份证件号"}'.encode(), "m.json", EXPORT)
    assert len(read(path, table=table).rows) == len(rows())


def test_homerooms(tmp_path: Path) -> None:
    made = rows()
    made[0]["teacher"] = "另一位"
    made[1]["teacher"] = " 教 师\u3000丙"
    found = read(write(tmp_path / "a.xlsx", {"甲": made, "乙": rows(SPECS[1])})).homerooms()
    assert found == {
        ("9910000001", 1): {1: ("另一位", "教师乙"), 2: ("教师丙",), 3: ("教师丁",)},
        ("9970000002", 7): {1: ("教师乙",), 2: ("教师丙",)},
    }
    assert read(write(tmp_path / "b.xlsx", {"甲": rows()}, without=["teacher"])).homerooms() == {}


def test_no_sentence_repeats_a_cell(tmp_path: Path) -> None:
    bad = {"document_number": "990001202003040043", "name": "某某甲", "class": "乙乙乙乙", "grade": "丙丙", "school_name": "丁丁", "school": ""}
    export = read(write(tmp_path / "a.xlsx", {"甲": [*rows(), rows()[0] | bad, rows()[1] | bad | {"grade": "一年级"}]}))
    said = str(report_json(export.report)) + str(problem_lines(export.report, "en"))
    assert len(export.report.problems) >= 4
    for content in (*bad.values(), *(student.name for student in STUDENTS["9910000001"])):
        assert not content or str(content) not in said


def test_titles_are_unique_and_sentences_whole() -> None:
    titles = [title for column in EXPORT.columns for title in (column.title, *column.synonyms)]
    assert len(titles) == len(set(titles)) == len(EXPORT.titles)
    for key, row in TEXTS.items():
        assert key.startswith("registration.")
        assert row[0]
        assert row[1]
        assert bool(row[2]) == bool(row[3])


def test_rows_do_not_depend_on_the_order_of_files(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{spec.code}.xlsx", {"甲": rows(spec)}) for spec in SPECS]
    one, two = read(*paths), read(*reversed(paths))
    assert one == two
    assert all(isinstance(row, Registered) for row in one.rows)
