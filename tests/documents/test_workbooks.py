"""The schools' workbooks: same rows in LibreOffice, same bytes again, ready to print."""

from __future__ import annotations

import csv
import io
import subprocess
from pathlib import Path

import openpyxl

from tests.documents.conftest import program, simulator
from tests.simulator import Simulator
from verifiable_draw import conduct, lists
from verifiable_draw.rosters import Student
from verifiable_draw.rosters.names import tails


def written(story: Simulator, folder: Path) -> dict[str, Path]:
    lists.write_lists(folder, story.session, conduct.class_lists(story.room, story.name))
    return {path.name[:2]: path for path in folder.glob("*.xlsx")}


def test_printing_and_locks(marked: Simulator, tmp_path: Path) -> None:
    header, result = marked.session.header.hash.hex(), marked.session.published["files_hash"]
    for path in written(marked, tmp_path / "lists").values():
        assert path.stat().st_mode & 0o777 == 0o600
        for sheet in openpyxl.load_workbook(path).worksheets:
            assert sheet.protection.sheet
            assert not sheet.protection.sort  # allowed
            assert sheet.print_title_rows == "$1:$2"
            assert (sheet.page_setup.paperSize, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (9, 1, 0)
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            assert sheet.oddFooter.left.text == f"总表 {header}\n结果 {result}"
            assert "（演练）" in sheet["A1"].value


def test_the_same_bytes_again(marked: Simulator, tmp_path: Path) -> None:
    first, second = (written(marked, tmp_path / name) for name in "ab")
    assert first.keys() == {"d1", "d2", "d5"}
    assert [path.read_bytes() for path in first.values()] == [path.read_bytes() for path in second.values()]


def test_texts_stay_texts(tmp_path: Path, marked: Simulator) -> None:
    """A school called =1+1 is no formula, and a number of digits is no number."""
    story = simulator(tmp_path, title="t")
    story.changes["draws"][0] = story.changes["draws"][0] | {"school_name": '=HYPERLINK("x")'}
    story.run("plan")
    people = [
        (number, Student(**{name: getattr(one, name) for name in one.__slots__} | {"registration": "001234567890123456"}))
        for number, one in conduct.class_lists(marked.room, marked.name)["d1"]
    ]
    data = lists.workbook(story.session, "d1", people)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    assert sheet["A1"].data_type == "s"
    assert sheet["A1"].value.startswith('=HYPERLINK("x")1年级')
    place = [cell.value for cell in sheet[2]].index("学籍号")
    assert {row[place] for row in sheet.iter_rows(min_row=3, values_only=True)} == {"001234567890123456"}
    story.room.close()


def test_libreoffice_finds_the_same_rows(marked: Simulator, tmp_path: Path) -> None:
    soffice = program("soffice", "libreoffice-calc")
    paths = written(marked, tmp_path / "lists")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [soffice, profile, "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", tmp_path]
    subprocess.run([*command, *paths.values()], check=True, capture_output=True, timeout=300)
    for draw, path in paths.items():
        item = marked.session.plan.draws[draw]
        with (tmp_path / f"{path.stem}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert item.school_name in rows[0][0]
        people = conduct.class_lists(marked.room, marked.name)[draw]
        known = tails(person for _number, person in people)
        assert rows[1] == [title for title, _ in lists.columns_of(item.kind, known)]
        expected = [[str(cell) for cell in lists.row_of(item, number, person, known)] for number, person in people]
        width = len(rows[1])
        assert sorted(rows[2:]) == sorted([*row, *[""] * (width - len(row))] for row in expected)
        assert [row[0] for row in rows[2:]] == [row[0] for row in expected]
