"""The frozen values of an import: students, where they were read, problems and repairs.

No value here renders a child's data by itself: a problem or repair names a place and a class of content ("18 位",
"文字"), never what the cell holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verifiable_draw.texts import text

PLACES = {
    (False, False, False): "roster.place_file",
    (True, False, False): "roster.place_sheet",
    (True, False, True): "roster.place_column",
    (True, True, False): "roster.place_row",
    (True, True, True): "roster.place_cell",
}
"""(sheet known, row known, column known) -> the catalogue row that writes the place."""


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a workbook; `row` counts from 1, 0 stands for the whole sheet or file; `column` is "F" or ""."""

    file: str
    sheet: str
    row: int
    column: str = ""

    def order(self) -> tuple[str, str, int, int, str]:
        """Sort key: file, sheet, row, column from left to right (A … Z before AA)."""
        return self.file, self.sheet, self.row, len(self.column), self.column


Grade = tuple[str, int]
"""School code and grade."""


@dataclass(frozen=True, slots=True)
class Student:
    """One child of a roster, every field already checked and in its one normal form.

    `name` is in NFC; spaces between two Chinese characters are removed, other runs of spaces are one space, and
    every kind of middle dot is U+00B7. `document_type` is the code of 身份证件类型, or "G" for a child without
    identity document, whose 学籍号 then is the `document_number`. `ethnicity` is "01" to "56", 穿青人 or 其他.
    `twin_wish` is "together", "apart" or "" without a group; a group number counts within one school and grade;
    `consent` is what the parents of a group signed. `birth_date` is ISO text, "" where the roster has none.
    `pin_class` is the class a child must be in, from 1, 0 for none; `pin_reason` is a key of `codes.PIN_REASONS`.
    `barred` are the classes that a teacher's team must not get, `teaching` a teacher's years of service, subject
    and title, () of everybody else.
    """

    school: str
    grade: int
    name: str
    sex: str
    document_type: str
    document_number: str
    registration: str
    ethnicity: str
    migrant: bool
    disability: bool
    twin_group: str
    twin_wish: str
    staff_child: bool
    primary_school: str
    birth_date: str = ""
    consent: bool = False
    pin_class: int = 0
    pin_reason: str = ""
    barred: tuple[int, ...] = ()
    teaching: tuple[str, ...] = ()
    where: Where = Where("", "", 0)

    def order(self) -> tuple[str, int, str, str, tuple[str, str, int, int, str]]:
        """Sort key that does not depend on files or rows; the place only separates refused duplicates."""
        return self.school, self.grade, self.document_type, self.document_number, self.where.order()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person must correct before the roster can be used."""

    where: Where
    code: str
    zh: str
    en: str
    advice_zh: str
    advice_en: str


@dataclass(frozen=True, slots=True)
class Repair:
    """An unambiguous correction the import made; `where` is the first cell, `rows` are those of all its cells.

    The sentence counts them and lists the first.
    """

    where: Where
    code: str
    zh: str
    en: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should look at, although the roster can be used as it is."""

    where: Where
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """All of an import. With any problem the students are incomplete and must not be used for a draw.

    `grades`: file, school and grade of every row that names them, whatever else is wrong with it.
    """

    students: tuple[Student, ...]
    problems: tuple[Problem, ...]
    repairs: tuple[Repair, ...]
    notices: tuple[Notice, ...] = ()
    grades: tuple[tuple[str, str, int], ...] = ()


def place(where: Where, lang: str = "zh") -> str:
    """Write a place in Chinese ("zh") or English ("en")."""
    known = (bool(where.sheet), bool(where.row), bool(where.column))
    row = text(PLACES[known], file=where.file, sheet=where.sheet, row=where.row, column=where.column)
    return row.zh if lang == "zh" else row.en


def notice_lines(report: ImportReport, lang: str = "zh") -> list[str]:
    """Write one line for each notice, in the report's order."""
    lines = []
    for notice in report.notices:
        said = notice.zh if lang == "zh" else notice.en
        line = text("roster.line", place=place(Where(notice.where.file, "", 0)), sentence=said, advice="")
        lines.append(line.zh if lang == "zh" else line.en.rstrip())
    return lines


def report_json(report: ImportReport) -> dict[str, list[dict[str, Any]]]:
    """Return problems, repairs and notices for programs; no value of a cell among them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name in ("problems", "repairs", "notices"):
        found[name] = []
        for one in getattr(report, name):
            where = {part: getattr(one.where, part) for part in Where.__slots__}
            rest = {part: getattr(one, part) for part in one.__slots__ if part != "where"}
            found[name].append(where | rest)
    return found


def problem_lines(report: ImportReport, lang: str = "zh") -> list[str]:
    """Write one line for each problem, in the report's order: place, sentence, advice."""
    lines = []
    for problem in report.problems:
        chinese = lang == "zh"
        line = text(
            "roster.line",
            place=place(problem.where, lang),
            sentence=problem.zh if chinese else problem.en,
            advice=problem.advice_zh if chinese else problem.advice_en,
        )
        lines.append(line.zh if chinese else line.en)
    return lines
