"""What import repairs: every kind of mess gives the same students, and says what it repaired."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from verifiable_draw.county import MESS, write_workbook
from verifiable_draw.county_mess import SAYS
from verifiable_draw.rosters import Where, import_rosters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from verifiable_draw.rosters import ImportReport, Student

    Sheets = dict[str, tuple[Student, ...]]


def test_a_tidy_workbook_needs_no_repair(sheets: Sheets, expected: list[Student], tmp_path: Path) -> None:
    path = tmp_path / "tidy.xlsx"
    write_workbook(path, sheets)
    report = import_rosters([path])
    assert report.problems == ()
    assert report.repairs == ()
    assert placeless(report.students) == expected


@pytest.fixture(scope="module")
def tidy(sheets: Sheets, tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    path = tmp_path_factory.mktemp("tidy") / "tidy.xlsx"
    write_workbook(path, sheets)
    return grid(path)


def test_every_kind_is_expected() -> None:
    assert SAYS.keys() <= MESS.keys()


@pytest.mark.parametrize("kind", MESS)
def test_each_kind_gives_the_same_students(
    kind: str, sheets: Sheets, expected: list[Student], tidy: list[object], tmp_path: Path
) -> None:
    path = tmp_path / "mess.xlsx"
    write_workbook(path, sheets, mess=[kind])
    assert grid(path) != tidy, "the mess changed nothing"
    report = import_rosters([path])
    assert report.problems == ()
    assert placeless(report.students) == expected
    assert {repair.code for repair in report.repairs} == SAYS.get(kind, set())


def test_all_kinds_at_once(sheets: Sheets, expected: list[Student], tmp_path: Path) -> None:
    path = tmp_path / "mess.xlsx"
    write_workbook(path, sheets, mess=MESS)
    report = import_rosters([path])
    assert report.problems == ()
    assert placeless(report.students) == expected


def test_students_say_where_they_stand(sheets: Sheets, tmp_path: Path) -> None:
    path = tmp_path / "mess.xlsx"
    write_workbook(path, sheets, mess=["blank_rows", "extra_title", "notes"])
    workbook = load_workbook(path)
    for student in import_rosters([path]).students:
        row = [cell.value for cell in workbook[student.where.sheet][student.where.row]]
        assert student.where.file == "mess.xlsx"
        assert student.document_number in row
        assert student.name in row


def test_repairs_are_counted_by_column(imported: Callable[..., ImportReport]) -> None:
    children = [("99000120200304000x", "女"), ("990001202003040042", "女"), ("99000120200304019x", "男")]
    report = imported(*({"document_number": number, "sex": sex} for number, sex in children))
    assert report.problems == ()
    (repair,) = report.repairs
    assert (repair.code, repair.where) == ("upper_case", Where("one.xlsx", "甲", 2, "F"))
    assert "2 格" in repair.zh
    assert "第 2、4 行" in repair.zh
    assert "2 cells (rows 2, 4)" in repair.en


def test_order_of_rows_sheets_and_files_changes_nothing(
    sheets: Sheets, expected: list[Student], tmp_path: Path
) -> None:
    rng = random.Random(1)
    everyone = [student for students in sheets.values() for student in students]
    for trial in range(3):
        rng.shuffle(everyone)
        cuts = sorted(rng.sample(range(1, len(everyone)), 3))
        parts = [everyone[start:end] for start, end in zip([0, *cuts], [*cuts, len(everyone)], strict=True)]
        paths = []
        for number in range(2):
            path = tmp_path / f"{trial}-{rng.randrange(10**6)}.xlsx"
            write_workbook(path, {"乙": parts[2 * number], "甲": parts[2 * number + 1]})
            paths.append(path)
        report = import_rosters(paths)
        assert report.problems == ()
        assert placeless(report.students) == expected
        assert import_rosters(paths[::-1]) == report
        assert import_rosters([*paths, paths[0]]) == report


def test_progress_counts_files(sheets: Sheets, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.xlsx" for number in range(3)]
    for path, (name, students) in zip(paths, sheets.items(), strict=True):
        write_workbook(path, {name: students})
    seen: list[tuple[int, int, int]] = []
    import_rosters(paths, lambda *numbers: seen.append(numbers))
    assert seen == [(1, 3, 80), (2, 3, 150), (3, 3, 190)]


def grid(path: Path) -> list[object]:
    """Return all sheets' names, states and cells."""
    workbook = load_workbook(path)
    return [
        (sheet.title, sheet.sheet_state, [list(row) for row in sheet.iter_rows(values_only=True)]) for sheet in workbook
    ]


def placeless(students: Iterable[Student]) -> list[Student]:
    """Forget where students were read."""
    return [replace(student, where=Where("", "", 0)) for student in students]
