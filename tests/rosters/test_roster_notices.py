"""Names that are alike, admission figures, children known elsewhere: what is said, and that nothing is given away."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from verifiable_draw.errors import UsageError
from verifiable_draw.rosters import ImportReport, Student, names
from verifiable_draw.rosters.names import name_key, same_name_groups, sound_key

GIRL, OTHER_GIRL, THIRD = "990001202003040042", "99000120200304000X", "990001202003040026"
Imported = Callable[..., ImportReport]


def child(name: str, number: str, school: str = "9910000001", grade: int = 1) -> Student:
    return Student(school, grade, name, "2", "1", number, "", "01", False, False, "", "", False, "")


@pytest.mark.parametrize(
    ("one", "other"),
    [("阿依·古丽", "阿依古丽"), ("Mary Ann", "mary-ann"), ("O'Neil", "ONeil"), ("\uf900", "\u8c48"), ("Ｗｕ", "wu"), ("José", "Jose\u0301")],
)  # fmt: skip
def test_names_that_are_one(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("张三", "张叁"), ("王伟", "王薇"), ("José", "Jose"), ("张三", "三张")])
def test_names_that_are_two(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("李欣怡", "李心怡", True),
        ("张晨", "章辰", True),
        ("王伟", "王薇", False),
        ("张三", "张三", True),
        ("阿依·古丽", "阿依古丽", True),
        ("王\U00031350", "王\U00031351", False),
    ],
)
def test_sounds(one: str, other: str, alike: bool) -> None:
    assert (sound_key(one) == sound_key(other)) == alike


def test_groups_are_of_one_school_and_grade_and_do_not_depend_on_the_order() -> None:
    students = [
        child("李欣怡", "1"), child("李心怡", "2"), child("李欣怡", "3"), child("李欣怡", "4", school="9910000002"),
        child("李欣怡", "5", grade=7), child("张三", "6"),
    ]  # fmt: skip
    for seed in range(5):
        random.Random(seed).shuffle(students)
        assert [[s.document_number for s in group] for group in same_name_groups(students)] == [["1", "3"]]
        assert [[s.document_number for s in group] for group in same_name_groups(students, homophones=True)] == [
            ["1", "2", "3"]
        ]


def test_same_names_are_a_notice_with_places_and_no_problem(imported: Imported) -> None:
    report = imported({}, {"document_number": OTHER_GIRL}, {"document_number": THIRD, "name": "张\u3000三"})
    assert report.problems == ()
    (notice,) = report.notices
    assert notice.code == "same_names"
    assert "3 名学生同名" in notice.zh
    assert "第 2 行" in notice.zh
    assert "第 4 行" in notice.zh
    assert "row 3" in notice.en
    assert "张" not in notice.zh + notice.en


def test_without_the_package_the_option_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypinyin", None)
    names._syllables.cache_clear()
    sound_key.cache_clear()
    try:
        with pytest.raises(UsageError, match="判断读音的程序包"):
            same_name_groups([child("张三", "1")], homophones=True)
    finally:
        monkeypatch.undo()
        names._syllables.cache_clear()


def test_admissions_and_sounds(imported: Imported) -> None:
    two = ({}, {"document_number": OTHER_GIRL, "name": "李四", "sex": "不详"})
    school = ("9910000001", 1)
    assert imported(*two, admissions={school: 2}).notices == ()
    assert imported(*two, admissions={("9910000002", 1): 5, ("9910000001", 7): 5}).notices == ()
    (notice,) = imported(*two, admissions={school: 3}).notices
    assert notice.code == "admissions_differ"
    assert "名册有 2 名学生，登记的录取人数是 3" in notice.zh
    sounds = ({"name": "李欣怡"}, {"name": "李心怡", "document_number": OTHER_GIRL})
    (notice,) = imported(*sounds, homophones=True).notices
    assert notice.code == "same_sounds"
    same = ({}, {"document_number": OTHER_GIRL})
    assert [one.code for one in imported(*same, homophones=True).notices] == ["same_names"]
    three = (*same, {"document_number": THIRD, "name": "章三"})
    assert [one.code for one in imported(*three, homophones=True).notices] == ["same_names", "same_sounds"]


def test_children_known_at_another_school_of_the_year(imported: Imported) -> None:
    known = {("1", GIRL): ("9910000009", 1)}
    report = imported({}, elsewhere=known)
    (problem,) = report.problems
    assert problem.code == "duplicate_elsewhere"
    assert "9910000009" in problem.zh
    assert GIRL not in problem.zh + problem.en + problem.advice_zh
    household = {"document_type": "户口簿"}
    assert [one.code for one in imported(household, elsewhere=known).problems] == ["duplicate_elsewhere"]
    assert imported({"document_number": OTHER_GIRL}, elsewhere=known).problems == ()
    assert imported({}, elsewhere={("1", GIRL): ("9910000001", 1)}).problems == ()
    moved = ({"school": "9910000009", "document_number": OTHER_GIRL}, {})
    assert imported(*moved, elsewhere=known).problems == (), "the other school's roster comes anew"


def test_students_of_one_name_stay_equal_whatever_else_they_are() -> None:
    first = child("张三", "1")
    groups = same_name_groups([first, replace(first, document_number="2", sex="1")])
    assert len(groups) == 1


def test_rows_of_a_school_that_is_not_registered_are_one_problem(imported: Imported) -> None:
    """They would be in no draw, and nobody would notice."""
    school = imported({}).students[0].school
    grade = imported({}).students[0].grade
    assert not imported({}, {"document_number": OTHER_GIRL}, expected={(school, grade)}).problems
    [problem] = imported({}, {"document_number": OTHER_GIRL}, expected={(school, 13 - grade)}).problems
    assert (problem.code, problem.where.row) == ("not_registered", 2)
    assert "2 行" in problem.zh
