"""The workbook that goes back to a school: every problem at its cell, importable once it is corrected."""

from __future__ import annotations

import io
import os
from collections import Counter
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from verifiable_draw.county import ERRORS, FORMS, MESS, write_workbook
from verifiable_draw.rosters import Student, import_rosters
from verifiable_draw.rosters.feedback import LIST_SHEET, RED, YELLOW, refused, returned_name, returned_workbook

Sheets = dict[str, tuple[Student, ...]]
FIRST = "青杠小学"


def back(path: Path) -> Workbook:
    report = import_rosters([path])
    return load_workbook(io.BytesIO(returned_workbook(path, path.name, report)))


def cells(workbook: Workbook, fill: object) -> Counter[tuple[str, int, str]]:
    return Counter(
        (sheet.title, cell.row, cell.column_letter)
        for sheet in workbook.worksheets[1:]
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.fgColor.rgb == fill.fgColor.rgb  # type: ignore[attr-defined]
    )


def test_every_problem_is_red_at_its_cell_with_both_languages(sheets: Sheets, tmp_path: Path) -> None:
    path = tmp_path / "名册.xlsx"
    write_workbook(path, sheets, mess=ERRORS)
    report = import_rosters([path])
    workbook = load_workbook(io.BytesIO(returned_workbook(path, path.name, report)))
    red = cells(workbook, RED)
    placed = {(p.where.sheet, p.where.row, p.where.column) for p in report.problems if p.where.column}
    assert placed <= red.keys()
    rows = {(p.where.sheet, p.where.row) for p in report.problems if p.where.row}
    assert {(sheet, row) for sheet, row, _ in red} == rows
    for problem in report.problems:
        if problem.where.column:
            cell = workbook[problem.where.sheet][f"{problem.where.column}{problem.where.row}"]
            assert problem.zh in cell.comment.text
            assert problem.advice_zh in cell.comment.text
            assert problem.en in cell.comment.text
            assert cell.number_format == "@"


def test_the_first_sheet_lists_every_problem(sheets: Sheets, tmp_path: Path) -> None:
    path = tmp_path / "名册.xlsx"
    write_workbook(path, sheets, mess=ERRORS)
    report = import_rosters([path])
    first = back(path).worksheets[0]
    assert first.title == LIST_SHEET
    listed = list(first.iter_rows(min_row=4, values_only=True))
    assert [row[0] for row in listed] == list(range(1, len(report.problems) + 1))
    assert [row[4] for row in listed] == [problem.zh for problem in report.problems]
    assert [row[3] or "" for row in listed] == [problem.where.column for problem in report.problems]


def test_other_cells_are_as_they_were_read(sheets: Sheets, tmp_path: Path) -> None:
    path = tmp_path / "名册.xlsx"
    write_workbook(path, sheets, mess=[*MESS, "missing_sex"])
    before, after = load_workbook(path), back(path)
    assert after.sheetnames[1:] == before.sheetnames
    for sheet in before:
        width = sheet.max_column
        copied = after[sheet.title]
        assert copied.sheet_state == sheet.sheet_state
        for row in range(1, sheet.max_row + 1):
            old = [sheet.cell(row, column).value for column in range(1, width + 1)]
            assert [copied.cell(row, column).value for column in range(1, width + 1)] == old


def test_repaired_cells_are_yellow(sheets: Sheets, tmp_path: Path) -> None:
    path = tmp_path / "名册.xlsx"
    write_workbook(path, sheets, mess=["nation_without_zu", "missing_sex"])
    yellow = cells(back(path), YELLOW)
    assert Counter(column for _, _, column in yellow) == {
        "I": sum(student.ethnicity.isdigit() for students in sheets.values() for student in students)
    }


def test_corrected_it_is_imported_as_it_is(sheets: Sheets, expected: list[Student], tmp_path: Path) -> None:
    path = tmp_path / "名册.xlsx"
    write_workbook(path, sheets, mess=["missing_sex", "scientific_id", "wrong_grade"])
    tidy = tmp_path / "tidy.xlsx"
    write_workbook(tidy, sheets)
    right, workbook = load_workbook(tidy), back(path)
    for sheet, row, column in cells(workbook, RED):
        workbook[sheet][f"{column}{row}"].value = right[sheet][f"{column}{row}"].value
    workbook.save(tmp_path / "again.xlsx")
    report = import_rosters([tmp_path / "again.xlsx"])
    assert report.problems == ()
    assert [student.document_number for student in report.students] == [one.document_number for one in expected]
    again = back(tmp_path / "again.xlsx")
    assert again.sheetnames == workbook.sheetnames


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_file_goes_back(form: str, sheets: Sheets, tmp_path: Path) -> None:
    path = tmp_path / f"名册{FORMS[form][0]}"
    write_workbook(path, {FIRST: sheets[FIRST]}, mess=["missing_sex", "numbered_name"], form=form)
    report = import_rosters([path])
    assert refused(report) == [path.name]
    made = returned_workbook(path, path.name, report)
    assert made == returned_workbook(path, path.name, report)
    assert len(cells(load_workbook(io.BytesIO(made)), RED)) == 2


def test_a_file_that_cannot_be_read_gets_a_list_alone(tmp_path: Path) -> None:
    path = tmp_path / "broken.xlsx"
    path.write_bytes(b"PK\x03\x04")
    workbook = back(path)
    assert workbook.sheetnames == [LIST_SHEET]
    assert workbook.worksheets[0].max_row == 4


def test_nothing_becomes_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "名册.csv"
    path.write_text('姓名,性别,民族,年级\n=1+1,男,汉,1\n"=HYPERLINK(""http://x"")",=2,汉,1\n\x07,女,汉,1\n', "utf-8")
    workbook = back(path)
    for sheet in workbook:
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)
    assert workbook["CSV"]["A2"].value == "=1+1"


def test_names_of_files_that_go_back() -> None:
    assert returned_name("名册.xlsx") == "名册-退回.xlsx"
    assert returned_name("甲校/名册.csv") == "甲校-名册.csv-退回.xlsx"
    assert os.sep not in returned_name("/a/名册.xls")
