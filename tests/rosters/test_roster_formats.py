"""Every form of file gives the same students; what is no such file, or reaches too far, is a problem."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verifiable_draw.county import ERRORS, FORMS, MESS, write_workbook
from verifiable_draw.county_formats import FORM_SAYS
from verifiable_draw.rosters import ImportReport, Student, Where, import_rosters, importing, rosterfile
from verifiable_draw.rosters.archive import MAXIMUM_CELLS
from verifiable_draw.rosters.workbook import read_sheets

Sheets = dict[str, tuple[Student, ...]]
FIRST = "青杠小学"
HEAD = "学校标识码,年级,姓名,性别,身份证件类型,身份证件号,民族"
ROW = "9910000001,1,张三,女,1,990001202003040042,汉"


def codes(report: ImportReport) -> list[str]:
    return [problem.code for problem in report.problems]


def placeless(report: ImportReport) -> list[Student]:
    return [replace(student, where=Where("", "", 0)) for student in report.students]


@pytest.fixture
def text(tmp_path: Path) -> Callable[..., ImportReport]:
    """Import a CSV file of these bytes or this text."""

    def run(content: str | bytes, name: str = "名册.csv") -> ImportReport:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_rosters([path])

    return run


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_students(form: str, sheets: Sheets, tmp_path: Path) -> None:
    one, tidy = tmp_path / f"one{FORMS[form][0]}", tmp_path / "tidy.xlsx"
    write_workbook(tidy, {FIRST: sheets[FIRST]})
    write_workbook(one, {FIRST: sheets[FIRST]}, form=form)
    report = import_rosters([one])
    assert codes(report) == []
    assert placeless(report) == placeless(import_rosters([tidy]))
    assert {repair.code for repair in report.repairs} == FORM_SAYS.get(form, set())


@pytest.mark.parametrize("form", ["xls", "ods"])
def test_workbooks_of_many_sheets_with_all_the_mess(
    form: str, sheets: Sheets, expected: list[Student], tmp_path: Path
) -> None:
    path, same = tmp_path / f"one.{form}", tmp_path / "one.xlsx"
    write_workbook(path, sheets, mess=MESS)
    write_workbook(same, sheets, mess=MESS)
    report, wanted = import_rosters([path]), import_rosters([same])
    assert codes(report) == []
    assert placeless(report) == expected
    assert [(one.code, one.where.sheet, one.rows) for one in report.repairs] == [
        (one.code, one.where.sheet, one.rows) for one in wanted.repairs
    ]


@pytest.mark.parametrize("form", ["xls", "ods"])
def test_errors_are_the_same_in_every_form(form: str, sheets: Sheets, tmp_path: Path) -> None:
    path, same = tmp_path / f"one.{form}", tmp_path / "one.xlsx"
    write_workbook(path, sheets, mess=ERRORS)
    write_workbook(same, sheets, mess=ERRORS)
    found, wanted = import_rosters([path]).problems, import_rosters([same]).problems
    assert [(one.code, replace(one.where, file="")) for one in found] == [
        (one.code, replace(one.where, file="")) for one in wanted
    ]


def test_the_writers_give_the_same_bytes_again(sheets: Sheets, tmp_path: Path) -> None:
    for form, (suffix, _) in FORMS.items():
        first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
        for path in (first, second):
            write_workbook(path, {FIRST: sheets[FIRST]}, form=form)
        assert first.read_bytes() == second.read_bytes()


# .csv


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_separators_encodings_and_endings(
    separator: str, encoding: str, ending: str, text: Callable[..., ImportReport]
) -> None:
    lines = ["花名册", "", HEAD.replace(",", separator), ROW.replace(",", separator), ""]
    report = text(ending.join(lines).encode(encoding))
    assert codes(report) == []
    (student,) = report.students
    assert (student.name, student.where.row) == ("张三", 4)


def test_the_separator_is_the_headers_even_if_others_stand_in_cells(text: Callable[..., ImportReport]) -> None:
    report = text(f"{HEAD},毕业小学\n{ROW},甲;乙;丙;丁;戊\n")
    assert [student.primary_school for student in report.students] == ["甲;乙;丙;丁;戊"]


def test_quoted_cells_may_hold_the_separator_and_line_breaks(text: Callable[..., ImportReport]) -> None:
    report = text(f'{HEAD},毕业小学\n{ROW},"甲,""乙"""\n{ROW.replace("042", "026")},"甲\n乙"\n')
    assert sorted(student.primary_school for student in report.students) == ["甲 乙", '甲,"乙"']
    assert sorted(student.where.row for student in report.students) == [2, 3]


def test_short_and_long_rows(text: Callable[..., ImportReport]) -> None:
    assert codes(text(f"{HEAD}\n{ROW},,,,\n")) == []
    assert codes(text(f"{HEAD}\n9910000001,1,张三\n")) == ["missing_value"] * 3


def test_numbers_that_a_spreadsheet_destroyed_arrive_as_text(text: Callable[..., ImportReport]) -> None:
    for number, code in (
        ("5.20E+17", "id_scientific"),
        ("9.90001E+17", "id_scientific"),
        ("990001202003041000", "id_zeros"),
        ("'990001202003040042", ""),
        ('"=""990001202003040042"""', ""),
        ("\t990001202003040042", ""),
    ):
        report = text(f"{HEAD}\n{ROW.replace('990001202003040042', number)}\n")
        assert codes(report) == ([code] if code else [])
        assert all("文本" in problem.advice_zh for problem in report.problems)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_workbook"),
        (b"\xff\xfe" + HEAD.encode("utf-16-le"), "csv_encoding"),
        (f"{HEAD}\n{ROW}\n".encode("gb18030") + b"\xff", "csv_encoding"),
        (f"{HEAD}\n{ROW}\n\0".encode(), "csv_encoding"),
        (f'{HEAD}\n{ROW},"\n'.encode(), "csv_quotes"),
        (f'{HEAD}\n{ROW},"a"b\n'.encode(), "csv_quotes"),
        (f"{HEAD}\n{ROW},{'甲' * 200_000}\n".encode(), "csv_quotes"),
        (b"a,b,c\n1,2,3\n", "no_header"),
        (f"{HEAD}\n".encode(), "no_students"),
        (b"\n", "no_roster"),
    ],
)  # fmt: skip
def test_texts_that_are_no_roster(content: bytes, code: str, text: Callable[..., ImportReport]) -> None:
    assert codes(text(content)) == [code]


def test_a_text_under_another_name_is_no_workbook(text: Callable[..., ImportReport]) -> None:
    assert codes(text(f"{HEAD}\n{ROW}\n", "名册.xlsx")) == ["not_workbook"]
    assert codes(text(f"{HEAD}\n{ROW}\n", "名册.CSV")) == []


def test_a_workbook_named_csv_is_read_as_what_it_is(sheets: Sheets, tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", sheets)
    (tmp_path / "a.xlsx").rename(tmp_path / "a.csv")
    assert codes(import_rosters([tmp_path / "a.csv"])) == []


def test_a_text_of_too_many_cells(text: Callable[..., ImportReport]) -> None:
    content = "," * 4000 + "\n" * (MAXIMUM_CELLS // 4000 + 1)
    assert codes(text(content)) == ["too_large"]


# .ods


def remade(path: Path, change: Callable[[str], str], others: dict[str, bytes] | None = None) -> None:
    """Write an archive again with its content changed and other members replaced."""
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    members["content.xml"] = change(members["content.xml"].decode()).encode()
    with zipfile.ZipFile(path, "w") as target:
        for name, data in (members | (others or {})).items():
            target.writestr(name, data)


@pytest.fixture
def sheet(sheets: Sheets, tmp_path: Path) -> Path:
    path = tmp_path / "名册.ods"
    write_workbook(path, {FIRST: sheets[FIRST]})
    return path


STRING = '<table:table-cell office:value-type="string"'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</table:table>", '<table:table-row table:number-rows-repeated="5000000"><table:table-cell office:value-type="float" office:value="1"/></table:table-row></table:table>'),
        ("</table:table>", '<table:table-row><table:table-cell table:number-columns-repeated="900000"/><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>'),
        ("</table:table>", '<table:table-row table:number-rows-repeated="400000"/><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>'),
    ],
)  # fmt: skip
def test_a_repeated_cell_far_off_is_refused_before_memory_runs_out(old: str, new: str, sheet: Path) -> None:
    remade(sheet, lambda content: content.replace(old, new, 1))
    assert codes(import_rosters([sheet])) == ["too_large"]


def test_repeated_cells_of_one_value_are_cells(sheet: Path, sheets: Sheets) -> None:
    before = placeless(import_rosters([sheet]))
    no = f"{STRING}><text:p>否</text:p></table:table-cell>"
    repeated = no.replace(STRING, f'{STRING} table:number-columns-repeated="2"')
    remade(sheet, lambda content: content.replace(no + no, repeated))
    assert placeless(import_rosters([sheet])) == before
    assert len(before) == len(sheets[FIRST])


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content.replace("?>", '?><!DOCTYPE a [<!ENTITY b "cccccccccc">]>', 1),
        lambda content: content.replace('number-rows-repeated="1000000"', 'number-rows-repeated="many"'),
        lambda _: "",
    ],
)
def test_damaged_content(change: Callable[[str], str], sheet: Path) -> None:
    remade(sheet, change)
    assert codes(import_rosters([sheet])) == ["damaged_file"]


def test_an_encrypted_file(sheet: Path) -> None:
    manifest = b"<manifest:manifest><manifest:encryption-data/></manifest:manifest>"
    remade(sheet, str, {"META-INF/manifest.xml": manifest})
    assert codes(import_rosters([sheet])) == ["password"]


def test_another_kind_of_open_document(sheet: Path) -> None:
    remade(sheet, str, {"mimetype": b"application/vnd.oasis.opendocument.text"})
    assert codes(import_rosters([sheet])) == ["not_workbook"]


def test_truncated_anywhere(sheet: Path) -> None:
    content = sheet.read_bytes()
    for length in range(10, len(content) - 22, len(content) // 20):
        sheet.write_bytes(content[:length])
        assert codes(import_rosters([sheet])) == ["damaged_file"]


# .xls


def test_an_old_workbook_cut_off_never_raises(sheets: Sheets, tmp_path: Path) -> None:
    path = tmp_path / "名册.xls"
    write_workbook(path, {FIRST: sheets[FIRST]})
    content = path.read_bytes()
    for length in range(600, len(content), len(content) // 15):
        path.write_bytes(content[:length])
        report = import_rosters([path])
        assert report.problems or len(report.students) == len(sheets[FIRST])


def test_formats_read_from_bytes_that_are_shorter_than_a_header(tmp_path: Path) -> None:
    path = tmp_path / "名册.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", io.BytesIO(b"<a/>").getvalue())
    assert codes(import_rosters([path])) == ["not_workbook"]


# Large files


def test_several_processes_give_the_same_report(
    sheets: Sheets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = []
    for number, (name, students) in enumerate(sheets.items()):
        for mess in ([*MESS], ["missing_name"]):
            paths.append(tmp_path / f"{number}-{len(paths)}.xlsx")
            write_workbook(paths[-1], {name: students}, mess=mess)
    (tmp_path / "broken.csv").write_bytes(b"\xff")
    paths.append(tmp_path / "broken.csv")
    alone = import_rosters(paths)
    assert {"missing_value", "duplicate_student", "csv_encoding"} <= set(codes(alone))
    seen: list[tuple[int, int, int]] = []
    monkeypatch.setattr(importing, "PARALLEL_BYTES", 0)
    monkeypatch.setattr(importing.os, "cpu_count", lambda: 2)
    started = []
    real = importing.ProcessPoolExecutor

    def pool(*arguments: Any) -> Any:
        started.append(arguments[0])
        return real(*arguments)

    monkeypatch.setattr(importing, "ProcessPoolExecutor", pool)
    assert import_rosters(paths, lambda *numbers: seen.append(numbers)) == alone
    assert started == [2]
    assert [done for done, _, _ in seen] == list(range(1, len(paths) + 1))


def test_progress_counts_rows_within_a_file(sheets: Sheets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosterfile, "PROGRESS_ROWS", 60)
    paths = [tmp_path / "a.xlsx", tmp_path / "b.xlsx"]
    write_workbook(paths[0], sheets)
    write_workbook(paths[1], {FIRST: sheets[FIRST]})
    seen: list[tuple[int, int, int]] = []
    import_rosters(paths, lambda *numbers: seen.append(numbers))
    assert seen == [(0, 2, 60), (0, 2, 120), (0, 2, 180), (1, 2, 190), (1, 2, 250), (2, 2, 270)]


@pytest.mark.slow
def test_a_hundred_thousand_rows_of_thirty_columns_are_not_too_large(text: Callable[..., ImportReport]) -> None:
    blank = "," * 29
    content = f"{HEAD}{',' * 23}\n" + f"{blank}\n" * 99_998 + f"{ROW}{',' * 23}\n"
    report = text(content)
    assert codes(report) == []
    assert [student.where.row for student in report.students] == [100_000]


def test_rows_are_made_as_they_are_asked_for(sheets: Sheets, tmp_path: Path) -> None:
    """A sheet holds no rows of its own: that is what keeps memory bounded."""
    for form in ("xlsx", "ods", "xls", "csv"):
        path = tmp_path / f"a.{form}"
        write_workbook(path, {FIRST: sheets[FIRST]})
        (sheet,) = read_sheets(path)
        first, second = sheet.rows(), sheet.rows()
        assert next(first) == next(second)
        assert next(first) is not next(second)
        assert sum(1 for _ in sheet.rows()) == sheet.height
        assert len({len(row) for row in sheet.rows()}) == 1
