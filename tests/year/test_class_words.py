"""Grades and classes as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiable_draw.year.class_words import OTHER_CLASS, Division, class_words, entry_year, grade_words, numeral

YEAR = 2026
PLAIN = Division(6)


@pytest.mark.parametrize(
    "text",
    [
        "2", "02", "2班", "二班", "(2)班", "第2班", "第二班", "一(2)班", "1(2)班", "一年级2班", "一年级(2)班", "1年级2班", "一年2班",
        "小一(2)班", "小学一年级二班", "2026级2班", "2026级(2)班", "26级2班", "2026级一年级2班", "一2班", "1-2班", "1.2班", "1-2",
        "102班", "102", "2602", "202602", "20262", "一年级〔2〕班", "小学2026级2班", "2 班", "一年级 2 班", "【2】班",
    ],
)  # fmt: skip
def test_the_second_class_of_a_first_grade(text: str) -> None:
    assert PLAIN.number(class_words(text), 1, YEAR) == 2


@pytest.mark.parametrize("text", ["3", "三班", "七(3)班", "七年级3班", "初一3班", "初一(3)班", "初中一年级3班", "703班", "2026级3班", "初2026级3班"])
def test_the_third_class_of_a_seventh_grade(text: str) -> None:
    words = class_words(text)
    assert Division(8).number(words, 7, YEAR) == 3
    assert words.grade in (0, 7)


@pytest.mark.parametrize(
    ("text", "grade", "cohort"),
    [
        ("1", 1, 0), ("01", 1, 0), ("一", 1, 0), ("一年级", 1, 0), ("小学一年级", 1, 0), ("小一", 1, 0), ("11-小学一年级", 1, 0),
        ("1-一年级", 1, 0), ("7", 7, 0), ("七年级", 7, 0), ("初一", 7, 0), ("初一年级", 7, 0), ("初中一年级", 7, 0), ("初中七年级", 7, 0),
        ("初二", 8, 0), ("二年级", 2, 0), ("2026级", 0, 2026), ("小学2026级", 0, 2026), ("2026", 0, 2026), ("26级", 0, 2026),
        ("2025级(二年级)", 2, 2025),
    ],
)  # fmt: skip
def test_grades(text: str, grade: int, cohort: int) -> None:
    words = grade_words(text)
    assert (words.grade, words.cohort, words.rest) == (grade, cohort, "")


@pytest.mark.parametrize("text", ["", "学前", "大班", "高一年级?", "毕业"])
def test_what_is_no_grade(text: str) -> None:
    words = grade_words(text)
    assert (words.grade, words.cohort) == (0, 0) or words.rest


def test_names_of_the_plan_come_first() -> None:
    shifted = Division(3, ("2班", "3班", "1班"))
    assert [shifted.number(class_words(text), 1, YEAR) for text in ("2班", "3", "一年级1班", "(二)班")] == [1, 2, 3, 1]
    flowers = Division(3, ("向日葵班", "茉莉班", "3A班"))
    texts = ("向日葵", "一年级茉莉班", "3a班", "火箭班", "2")
    assert [flowers.number(class_words(text), 1, YEAR) for text in texts] == [1, 2, 3, OTHER_CLASS, 2]
    hundreds = Division(3, ("101班", "102班", "103班"))
    assert [hundreds.number(class_words(t), 1, YEAR) for t in ("101", "2班", "一年级3班", "104班")] == [1, 2, 3, OTHER_CLASS]


def test_classes_that_the_draw_does_not_have() -> None:
    assert [PLAIN.number(class_words(text), 1, YEAR) for text in ("7班", "创新班", "250801")] == [7, OTHER_CLASS, OTHER_CLASS]
    assert [PLAIN.title(number) for number in (0, 2, 7, OTHER_CLASS)] == ["—", "2班", "7班", "抽签没有的班"]
    assert Division(2, ("甲班", "乙班")).title(2) == "乙班"


@pytest.mark.parametrize(
    ("text", "year"),
    [("202609", 2026), ("2026-09", 2026), ("2026年9月", 2026), ("2026/9/1", 2026), ("2026", 2026), ("2026级", 2026),
     ("20260901", 2026), ("九月", 0), ("", 0), ("990001202003040042", 0)],
)  # fmt: skip
def test_years_of_entry(text: str, year: int) -> None:
    assert entry_year(text) == year


@given(number=st.integers(1, 99))
def test_numerals(number: int) -> None:
    tens, ones = divmod(number, 10)
    digits = "〇一二三四五六七八九"
    chinese = digits[number] if number < 10 else ("" if tens == 1 else digits[tens]) + "十" + (digits[ones] if ones else "")
    assert numeral(chinese) == numeral(str(number)) == numeral(f"{number:02d}") == number


@given(text=st.text(max_size=40))
def test_nothing_else_breaks_it(text: str) -> None:
    for division in (PLAIN, Division(2, ("甲班", "2班"))):
        assert 1 <= division.number(class_words(text), 1, YEAR) <= OTHER_CLASS
    grade_words(text)
    entry_year(text)


@given(number=st.integers(1, 60), form=st.sampled_from(["{}班", "({})班", "一年级{}班", "一年级({})班", "2026级{}班", "一({})班", "{:02d}"]))
def test_every_form_of_every_number(number: int, form: str) -> None:
    assert Division(60).number(class_words(form.format(number)), 1, YEAR) == number
