"""The generated county: sizes, shares, and that no number could be a child's."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from verifiable_draw.county import ERRORS, MESS, SchoolSpec, generate_students, school_specs, write_workbook
from verifiable_draw.errors import UsageError
from verifiable_draw.rosters.identity import fault, sex_of

if TYPE_CHECKING:
    from pathlib import Path

    from verifiable_draw.rosters import Student


@pytest.fixture(scope="module")
def specs() -> tuple[SchoolSpec, ...]:
    return school_specs(40, 9000, "county")


@pytest.fixture(scope="module")
def county(specs: tuple[SchoolSpec, ...]) -> list[Student]:
    return [student for spec in specs for student in generate_students(spec, "county")]


@pytest.mark.parametrize(("schools", "students"), [(1, 40), (1, 700), (2, 105), (3, 175), (12, 1000), (60, 20000)])
@pytest.mark.parametrize("seed", ["a", "b", bytes(32)])
def test_sizes(schools: int, students: int, seed: str | bytes) -> None:
    specs = school_specs(schools, students, seed)
    assert (
        len(specs) == schools == len({spec.code for spec in specs}) == len({(spec.name, spec.grade) for spec in specs})
    )
    assert sum(spec.students for spec in specs) == students
    assert all(35 * spec.classes <= spec.students <= 50 * spec.classes for spec in specs)
    assert schools == 1 or [spec.classes for spec in specs].count(1) == 1
    assert schools == 1 or {spec.grade for spec in specs} == {1, 7}


@pytest.mark.parametrize(("schools", "students"), [(0, 40), (2, 104), (1, 34), (100, 1000)])
def test_impossible_sizes(schools: int, students: int) -> None:
    with pytest.raises(UsageError, match="班额"):
        school_specs(schools, students, "a")


def test_everything_follows_from_the_seed(specs: tuple[SchoolSpec, ...]) -> None:
    assert school_specs(40, 9000, "county") == specs
    assert school_specs(40, 9000, "other") != specs
    assert generate_students(specs[0], "county") == generate_students(specs[0], "county")
    assert generate_students(specs[0], "county") != generate_students(specs[0], "other")
    assert generate_students(specs[0], b"\x01") == generate_students(specs[0], b"\x01")


def test_each_school_is_full(specs: tuple[SchoolSpec, ...], county: list[Student]) -> None:
    assert Counter(student.school for student in county) == {spec.code: spec.students for spec in specs}


def test_numbers_hold_are_unique_and_belong_to_no_place(county: list[Student]) -> None:
    assert len({(student.document_type, student.document_number) for student in county}) == len(county)
    for student in county:
        if student.document_type == "1":
            assert fault(student.document_number) == ""
            assert student.document_number.startswith("99")
            assert sex_of(student.document_number) == student.sex


def test_shares(county: list[Student]) -> None:
    total = len(county)
    nations = Counter(student.ethnicity for student in county)
    assert 0.5 < nations["01"] / total < 0.7
    assert {"06", "09", "12", "15", "07", "37", "25", "03", "14", "穿青人"} <= nations.keys()
    assert 0.006 < sum(student.twin_group != "" for student in county) / total < 0.02
    assert 0.004 < sum(student.disability for student in county) / total < 0.022
    assert 0.45 < sum(student.sex == "1" for student in county) / total < 0.6
    assert 0 < sum(student.document_type == "G" for student in county) < 0.01 * total
    assert {student.twin_wish for student in county} == {"", "together", "apart"}


def test_migrants_differ_by_school(county: list[Student]) -> None:
    schools = Counter(student.school for student in county)
    migrants = Counter(student.school for student in county if student.migrant)
    shares = [migrants[school] / schools[school] for school in schools]
    assert min(shares) < 0.12
    assert 0.3 < max(shares) < 0.55


def test_twins_are_families(county: list[Student]) -> None:
    groups: dict[tuple[str, int, str], list[Student]] = {}
    for student in county:
        if student.twin_group:
            groups.setdefault((student.school, student.grade, student.twin_group), []).append(student)
    assert {len(members) for members in groups.values()} <= {2, 3}
    for members in groups.values():
        assert len({member.twin_wish for member in members}) == 1
        birthdays = {member.document_number[-12:-4] for member in members if member.document_type == "1"}
        assert len(birthdays) == 1


def test_names_are_as_they_come(county: list[Student]) -> None:
    names = Counter(student.name for student in county)
    assert max(names.values()) > 3
    assert any("·" in name for name in names)
    assert any(ord(character) > 0xFFFF for name in names for character in name)
    assert all(unicodedata.is_normalized("NFC", name) for name in names)


def test_primary_schools_are_known_for_seventh_grade_only(county: list[Student]) -> None:
    assert all(bool(student.primary_school) == (student.grade == 7) for student in county)


def test_there_are_enough_kinds() -> None:
    assert len(MESS) >= 12
    assert len(ERRORS) >= 12
    assert not MESS.keys() & ERRORS.keys()


def test_unknown_mess_and_too_small_a_sheet(county: list[Student], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nonsense"):
        write_workbook(tmp_path / "a.xlsx", {"甲": county[:50]}, mess=["nonsense"])
    with pytest.raises(UsageError, match="学生太少"):
        write_workbook(tmp_path / "a.xlsx", {"甲": county[:5]}, mess=ERRORS)
