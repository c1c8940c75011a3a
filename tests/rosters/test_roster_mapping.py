"""Mapping files: an odd title gets its meaning; every problem of the file is named at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from verifiable_draw.county import write_workbook
from verifiable_draw.errors import DataError
from verifiable_draw.rosters import Student, import_rosters
from verifiable_draw.rosters.mapping import read_mapping

Sheets = dict[str, tuple[Student, ...]]


def mapped(**titles: object) -> bytes:
    return json.dumps(titles, ensure_ascii=False).encode()


def test_odd_titles_are_read_as_what_they_are_mapped_to(sheets: Sheets, tmp_path: Path) -> None:
    path = tmp_path / "odd.xlsx"
    write_workbook(path, sheets)
    tidy = import_rosters([path]).students
    workbook = load_workbook(path)
    odd = {"姓名": "孩子叫什么", "民族": "★哪个族（全称）", "随迁子女": "migrant?"}
    for sheet in workbook:
        for cell in sheet[2]:
            cell.value = odd.get(cell.value, cell.value)
    workbook.save(path)
    assert {problem.code for problem in import_rosters([path]).problems} == {"missing_column"}
    table = read_mapping(mapped(**{"孩子叫什么": "姓名", "哪个族": "民族", "migrant?": "随迁子女"}))
    report = import_rosters([path], table=table)
    assert report.problems == ()
    assert report.students == tidy
    assert {repair.code for repair in report.repairs} == {"title"}


def test_a_title_may_be_mapped_to_what_it_means_anyway() -> None:
    assert read_mapping(mapped(学生姓名="姓名")).titles["学生姓名"].field == "name"


def test_the_byte_order_mark_of_notepad_is_no_problem() -> None:
    assert read_mapping(b"\xef\xbb\xbf" + mapped(名="姓名")).titles["名"].field == "name"


@pytest.mark.parametrize("data", [b"", b"[]", b'"a"', b"{", "名".encode("gb18030"), b'{"a": NaN', b"[" * 100_000])
def test_files_that_are_no_object(data: bytes) -> None:
    with pytest.raises(DataError, match="对照文件不是一个 JSON 对象"):
        read_mapping(data)


def test_every_problem_at_once() -> None:
    data = (
        b'{"' + '名": "姓名", " 名 ": "性别", "": "性别", "12": "性别", "甲": "乙", "丙": 5, "性别": "姓名"}'.encode()
    )
    with pytest.raises(DataError) as raised:
        read_mapping(data, "odd.json")
    said = str(raised.value)
    assert "6 个问题" in said
    for entry in (
        "“ 名 ”出现了两次",
        "“”不能作标题",
        "“12”不能作标题",
        "“甲”对应的不是",
        "“丙”对应的不是",
        "“性别”本来就是“性别”列",
    ):
        assert entry in said


def test_an_empty_object_maps_nothing() -> None:
    with pytest.raises(DataError, match="没有一条对照"):
        read_mapping(b"{}")


def test_long_titles_are_cut_in_sentences() -> None:
    with pytest.raises(DataError) as raised:
        read_mapping(mapped(**{"长" * 3000: "姓名"}))
    assert len(str(raised.value)) < 1000
