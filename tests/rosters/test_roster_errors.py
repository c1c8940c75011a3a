"""What import refuses: each error gives its own problem at its own cell, and nothing gives a child away."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from verifiable_draw.county import ERRORS, MESS, write_workbook
from verifiable_draw.rosters import Where, import_rosters, problem_lines
from verifiable_draw.rosters.codes import COLUMNS, DOCUMENT_TYPES, ETHNICITIES, PIN_REASONS, SEXES, UNCODED_ETHNICITIES
from verifiable_draw.rosters.workbook import column_letters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from verifiable_draw.rosters import ImportReport, Student

    Sheets = dict[str, tuple[Student, ...]]

LETTERS = {column.field: column_letters(index) for index, column in enumerate(COLUMNS)}

FIELDS = {
    "missing_name": "name",
    "missing_sex": "sex",
    "missing_nation": "ethnicity",
    "wrong_school_code": "school",
    "wrong_grade": "grade",
    "numbered_name": "name",
    "unknown_sex": "sex",
    "unknown_type": "document_type",
    "unknown_nation": "ethnicity",
    "unknown_flag": "migrant",
    "unknown_wish": "twin_wish",
    "group_as_date": "twin_group",
    "scientific_id": "document_number",
    "scientific_text": "document_number",
    "zeros_id": "document_number",
    "short_id": "document_number",
    "letter_id": "document_number",
    "bad_date": "document_number",
    "bad_check": "document_number",
    "wrong_sex": "document_number",
    "missing_id": "document_number",
    "no_identity": "document_number",
    "wrong_registration": "registration",
    "duplicate": "document_number",
    "duplicate_across": "document_number",
    "duplicate_registration": "registration",
    "twin_alone": "twin_group",
    "twin_many": "twin_group",
    "twin_no_wish": "twin_wish",
    "twin_wishes": "twin_wish",
    "twin_place": "twin_group",
    "wish_alone": "twin_wish",
    "twin_no_consent": "consent",
    "pin_unknown_class": "pin_class",
    "pin_unknown_reason": "pin_reason",
    "pin_no_reason": "pin_reason",
    "pin_no_class": "pin_class",
    "pins_differ": "pin_class",
    "pins_same": "pin_class",
    "unknown_date": "birth_date",
    "other_date": "birth_date",
    "passport_no_date": "birth_date",
}
"""Error in a row -> the field whose cell the problem must name."""

LAST = {
    "duplicate", "duplicate_across", "duplicate_registration", "twin_many", "twin_no_wish", "twin_wishes",
    "twin_no_consent", "pins_differ", "pins_same",
}  # fmt: skip
"""Errors that spoil several rows and are reported in the last of them."""

FIRST, MIDDLE, FINAL = "青杠小学", "白岩中学", "枫香中学"
ELSEWHERE = {
    "missing_column": (FINAL, 2, ""),
    "column_twice": (MIDDLE, 2, column_letters(len(COLUMNS))),
    "header_twice": (FIRST, 83, ""),
    "no_header": ("补录", 0, ""),
    "data_before_header": (FIRST, 2, ""),
}
"""Errors of a whole sheet -> sheet, row and column of the problem."""

Place = tuple[str, str, int, str]


@pytest.fixture(scope="module")
def spoiled(sheets: Sheets, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[Place]]:
    """Error -> where its problem must be, from the cells that differ between the tidy and the spoiled file."""
    folder = tmp_path_factory.mktemp("spoiled")
    write_workbook(folder / "tidy.xlsx", sheets)
    tidy = load_workbook(folder / "tidy.xlsx")[FIRST]
    places = {name: {(ERRORS[name], *place)} for name, place in ELSEWHERE.items()}
    for name, field in FIELDS.items():
        write_workbook(folder / "one.xlsx", sheets, mess=[name])
        bad = load_workbook(folder / "one.xlsx")[FIRST]
        rows = [row for row in range(1, bad.max_row + 1) if values(tidy, row) != values(bad, row)]
        assert rows, f"{name} changed nothing"
        rows = rows[-1:] if name in LAST else rows
        places[name] = {(ERRORS[name], FIRST, row, LETTERS[field]) for row in rows}
    return places


def values(sheet: object, row: int) -> list[object]:
    """Return one row's cells."""
    return [cell.value for cell in sheet[row]]  # type: ignore[index]


def test_every_kind_is_expected() -> None:
    assert FIELDS.keys() | ELSEWHERE.keys() == ERRORS.keys()


@pytest.mark.parametrize("kind", ERRORS)
def test_each_error_is_reported_at_its_place_and_alone(
    kind: str, sheets: Sheets, spoiled: dict[str, set[Place]], tmp_path: Path
) -> None:
    path = tmp_path / "roster.xlsx"
    write_workbook(path, sheets, mess=[kind])
    assert places(import_rosters([path])) == Counter(spoiled[kind])


def test_all_errors_at_once_sorted(sheets: Sheets, spoiled: dict[str, set[Place]], tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    # A row above the header moves every other one down: it has its own test.
    kinds = [kind for kind in ERRORS if kind != "data_before_header"]
    write_workbook(path, sheets, mess=kinds)
    report = import_rosters([path])
    assert places(report) == Counter(place for kind in kinds for place in spoiled[kind])
    order = [
        (problem.where.sheet, problem.where.row, LETTERS_ORDER[problem.where.column]) for problem in report.problems
    ]
    assert order == sorted(order)


LETTERS_ORDER = {"": -1} | {column_letters(index): index for index in range(40)}


def test_errors_are_found_under_all_the_mess(sheets: Sheets, tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    write_workbook(path, sheets, mess=[*MESS, *ERRORS])
    found = {problem.code for problem in import_rosters([path]).problems}
    assert found == set(ERRORS.values())


def places(report: ImportReport) -> Counter[Place]:
    """Count the problems by code and place."""
    return Counter((one.code, one.where.sheet, one.where.row, one.where.column) for one in report.problems)


def sentences(report: ImportReport) -> str:
    """Return all that a report says, in both languages."""
    said = [*problem_lines(report), *problem_lines(report, "en")]
    said += [part for one in report.problems for part in (one.zh, one.en, one.advice_zh, one.advice_en)]
    said += [part for one in report.repairs for part in (one.zh, one.en)]
    return "\n".join(said)


def test_no_sentence_repeats_what_a_cell_holds(sheets: Sheets, tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    ours = {*ETHNICITIES.values(), *DOCUMENT_TYPES.values(), *SEXES.values(), "同班", "分班", "一年级", "初一", "其它"}
    ours |= {*UNCODED_ETHNICITIES, *PIN_REASONS.values(), "身份证"}
    ours |= {title for column in COLUMNS for title in (column.title, *column.synonyms)}
    for mess in ([*ERRORS], [*MESS, *ERRORS]):
        write_workbook(path, sheets, mess=mess)
        said = sentences(import_rosters([path]))
        cells = {
            str(value) for sheet in load_workbook(path) for row in sheet.iter_rows(values_only=True) for value in row
        }
        held = {cell.strip() for cell in cells} - ours
        leaked = [cell for cell in held if len(cell) > 2 and cell in said]
        assert leaked == []
        assert len(held) > 300
        for student in (student for students in sheets.values() for student in students):
            assert student.name not in said
            assert student.document_number not in said


MARKERS = ("鑫淼焱", "8675309124", "990001202003048675", 8675309124.0, "C8675309Z", "86.75309")


@pytest.mark.parametrize("field", [column.field for column in COLUMNS])
def test_no_sentence_repeats_a_wrong_cell(field: str, imported: Callable[..., ImportReport]) -> None:
    children = [{field: marker} for marker in MARKERS]
    report = imported(*children)
    assert report.problems
    said = sentences(report)
    for marker in ("鑫淼焱", "8675309", "75309", "990001", "C8675"):
        assert marker not in said


def test_the_unknown_title_of_a_column_is_not_repeated(imported: Callable[..., ImportReport]) -> None:
    report = imported({}, titles={"primary_school": "鑫淼焱"})
    assert [repair.code for repair in report.repairs] == ["column_ignored"]
    assert "鑫淼焱" not in sentences(report)


def test_a_child_at_two_schools_in_two_files(sheets: Sheets, tmp_path: Path) -> None:
    first, second = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    moved = sheets[MIDDLE][7]
    write_workbook(first, {MIDDLE: sheets[MIDDLE]})
    write_workbook(second, {FINAL: [*sheets[FINAL], replace_school(moved, sheets[FINAL][0].school)]})
    report = import_rosters([second, first])
    (problem,) = report.problems
    assert problem.code == "duplicate_across"
    assert problem.where == Where("b.xlsx", FINAL, 3 + len(sheets[FINAL]), "F")
    assert f"a.xlsx 工作表“{MIDDLE}”第 10 行" in problem.zh


def replace_school(student: Student, school: str) -> Student:
    """Return the child at another school, without a place in a twin group."""
    return replace(student, school=school, twin_group="", twin_wish="")


def test_lines_are_written_in_both_languages(imported: Callable[..., ImportReport]) -> None:
    report = imported({"sex": "不详"})
    (chinese,) = problem_lines(report)
    (english,) = problem_lines(report, "en")
    assert chinese.startswith("one.xlsx，工作表“甲”，第 2 行 D 列：“性别”应为 1（男）或 2（女）")
    assert chinese.endswith("请改为男或女。")
    assert english.startswith('one.xlsx, sheet "甲", row 2, column D: sex (性别) must be 1')
