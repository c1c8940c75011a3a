"""Files that are no workbooks, broken ones, and sheets that are no rosters: problems, never exceptions."""

from __future__ import annotations

import random
import zipfile
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook, load_workbook

from verifiable_draw.county import write_workbook
from verifiable_draw.rosters import Where, import_rosters
from verifiable_draw.rosters.workbook import column_letters

if TYPE_CHECKING:
    from pathlib import Path

    from verifiable_draw.rosters import Student

    Sheets = dict[str, tuple[Student, ...]]

COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")


def codes(path: Path) -> list[str]:
    """Import one file and return its problems' codes; all of them must be about the whole file."""
    report = import_rosters([path])
    assert {problem.where for problem in report.problems} <= {Where(path.name, "", 0)}
    return [problem.code for problem in report.problems]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_workbook"),
        (b"hello", "not_workbook"),
        ("姓名,性别\n张三,男\n".encode("gb18030"), "not_workbook"),
        (b"\x00\xff" * 5000, "not_workbook"),
        (b"PK\x03\x04" + b"\x00" * 400, "damaged_file"),
        (COMPOUND + bytes(4000), "damaged_file"),
        (COMPOUND + bytes(2000) + "EncryptedPackage".encode("utf-16-le") + bytes(2000), "password"),
    ],
)
def test_garbage(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    path.write_bytes(content)
    assert codes(path) == [code]


def test_missing_files_and_folders(tmp_path: Path) -> None:
    assert codes(tmp_path / "none.xlsx") == ["unreadable_file"]
    assert codes(tmp_path) == ["unreadable_file"]


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "hello")
    assert codes(path) == ["not_workbook"]


def test_an_archive_without_its_sheets(sheets: Sheets, tmp_path: Path) -> None:
    path, broken = tmp_path / "roster.xlsx", tmp_path / "broken.xlsx"
    write_workbook(path, sheets)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content[: len(content) // 2] if "sheet1" in name else content)
    assert codes(broken) == ["damaged_file"]


def test_truncated_anywhere(sheets: Sheets, tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.xlsx", tmp_path / "roster.xlsx"
    write_workbook(whole, sheets)
    content = whole.read_bytes()
    for length in range(10, len(content) - 22, len(content) // 40):
        path.write_bytes(content[:length])
        assert codes(path) == ["damaged_file"]


def test_broken_bytes_never_raise(sheets: Sheets, tmp_path: Path) -> None:
    """A checksum covers what the archive packs, so a changed byte either does not matter or is noticed."""
    rng = random.Random(4)
    whole, path = tmp_path / "whole.xlsx", tmp_path / "roster.xlsx"
    write_workbook(whole, sheets)
    content = whole.read_bytes()
    count = sum(map(len, sheets.values()))
    for _ in range(60):
        broken = bytearray(content)
        for _ in range(3):
            broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        path.write_bytes(broken)
        report = import_rosters([path])
        assert report.problems or len(report.students) == count


@pytest.mark.parametrize("cell", ["XFD1048576", "N1048576", "XFD300"])
def test_a_stray_cell_far_off_is_refused_before_memory_runs_out(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    workbook = Workbook()
    sheet = workbook.create_sheet("甲")
    sheet["A1"], sheet[cell] = "姓名", "x"
    workbook.save(path)
    assert codes(path) == ["too_large"]


def test_a_file_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "roster.xlsx"
    Workbook().save(path)
    monkeypatch.setattr("verifiable_draw.rosters.archive.MAXIMUM_UNPACKED", 1000)
    assert codes(path) == ["too_large"]
    monkeypatch.setattr("verifiable_draw.rosters.workbook.MAXIMUM_FILE", 1000)
    assert codes(path) == ["too_large"]


def test_a_bad_file_does_not_hide_a_good_one(sheets: Sheets, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.xlsx", tmp_path / "bad.xlsx"
    write_workbook(good, sheets)
    bad.write_bytes(b"?")
    report = import_rosters([good, bad])
    assert [problem.where.file for problem in report.problems] == ["bad.xlsx"]
    assert len(report.students) == sum(map(len, sheets.values()))


def test_a_workbook_without_any_roster(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    Workbook().save(path)
    assert codes(path) == ["no_roster"]


def test_a_hidden_roster_is_read_and_mentioned(sheets: Sheets, tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    write_workbook(path, sheets)
    workbook = load_workbook(path)
    workbook["枫香中学"].sheet_state = "hidden"
    workbook.save(path)
    report = import_rosters([path])
    assert len(report.students) == sum(map(len, sheets.values()))
    assert [(repair.code, repair.where) for repair in report.repairs] == [
        ("hidden_sheet", Where("roster.xlsx", "枫香中学", 0))
    ]


def test_files_of_one_name_are_told_apart(sheets: Sheets, tmp_path: Path) -> None:
    paths = []
    for folder in ("甲校", "乙校"):
        (tmp_path / folder).mkdir()
        paths.append(tmp_path / folder / "名册.xlsx")
        write_workbook(paths[-1], sheets, mess=["missing_sex"])
    files = {problem.where.file for problem in import_rosters(paths).problems}
    assert files == {"甲校/名册.xlsx", "乙校/名册.xlsx"}


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_column_letters(index: int, letters: str) -> None:
    assert column_letters(index) == letters
