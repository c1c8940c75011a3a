"""Lists with names, one workbook a draw: for the schools, never published (K6, S3, S4, P5).

The same lists give the same bytes. Sheets print on A4 with titles on every page and the hashes of header and record
below; they are locked against slips of the hand, without a password, since what counts is the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from verifiable_draw.entries import AUDIT, CLASSES, LATE, ORDER, SELECT, TEACHERS, WITH_CLASSES
from verifiable_draw.files import write_durable
from verifiable_draw.plan import PlanDraw
from verifiable_draw.replay import Session
from verifiable_draw.rosters import Student
from verifiable_draw.rosters.names import Tails, tail_of, tails
from verifiable_draw.spreadsheets import FIRST_ROW, Row, fill_sheet, xlsx_bytes
from verifiable_draw.teams import spreads, teams_of
from verifiable_draw.texts import text

SEX = {"1": "男", "2": "女"}
A4 = 9
"""What the format calls A4 paper."""

@dataclass(frozen=True, slots=True)
class Form:
    """What a list of one kind of draw is called, and what its columns are: title and width."""

    title: str
    columns: tuple[tuple[str, int], ...]


FORMS = {
    CLASSES: Form("分班名单", (("班级", 8), ("姓名", 16), ("性别", 6), ("学籍号", 24))),
    LATE: Form("后到学生编班名单", (("班级", 8), ("姓名", 16), ("性别", 6), ("学籍号", 24))),
    TEACHERS: Form("教师分配名单", (("班级", 8), ("队", 12), ("姓名", 16), ("教龄", 8), ("学科", 12), ("职称", 14))),
    SELECT: Form("抽选名单", (("结果", 8), ("顺序", 8), ("姓名", 16))),
    ORDER: Form("顺序名单", (("顺序", 8), ("姓名", 16))),
    AUDIT: Form("抽查名单", (("结果", 8), ("顺序", 8), ("姓名", 16), ("学籍号", 24))),
}


NAME = "姓名"
TAIL = ("证件尾号", 12)
"""The column beside the name where two of a draw have one name: last characters of the document number (R11)."""


def columns_of(kind: str, known: Tails) -> tuple[tuple[str, int], ...]:
    """The columns of a list, with that of the tails if anybody has one."""
    columns = FORMS[kind].columns
    place = _beside_name(kind)
    return (*columns[:place], TAIL, *columns[place:]) if known else columns


def _beside_name(kind: str) -> int:
    return 1 + [title for title, _width in FORMS[kind].columns].index(NAME)


def name_order(name: str) -> list[tuple[bool, bytes]]:
    """Sort key for names: the order of GB/T 2312, by sound for common characters, rarer ones behind.

    Pinyin proper would need a package that is an extra: the same list would not have the same bytes everywhere.
    """
    return [_character_order(character) for character in name]


def _character_order(character: str) -> tuple[bool, bytes]:
    try:
        return False, character.encode("gb2312")
    except UnicodeEncodeError:
        return True, character.encode("gb18030")


def meaning(item: PlanDraw, number: int) -> str:
    """What a number drawn says, in words: a class, a position, chosen or not (C25)."""
    if item.kind in WITH_CLASSES:
        return item.class_name(number) if item.class_names else f"{number}班"
    if item.kind in (SELECT, AUDIT):
        return "抽中" if number <= item.take else "未抽中"
    return f"第{number}"


def row_of(item: PlanDraw, number: int, person: Student, known: Tails = MappingProxyType({})) -> tuple[str | int, ...]:
    """One row of the list, as `columns_of` says."""
    said = meaning(item, number)
    row: tuple[str | int, ...] = {
        CLASSES: (said, person.name, SEX.get(person.sex, ""), person.registration),
        LATE: (said, person.name, SEX.get(person.sex, ""), person.registration),
        TEACHERS: (said, person.twin_group, person.name, *person.teaching),
        SELECT: (said, number, person.name),
        ORDER: (number, person.name),
        AUDIT: (said, number, person.name, person.registration),
    }[item.kind]
    place = _beside_name(item.kind)
    return (*row[:place], tail_of(known, person), *row[place:]) if known else row


def write_lists(folder: Path, session: Session, lists: Mapping[str, Sequence[tuple[int, Student]]]) -> None:
    """Write one workbook a draw, by the numbers drawn and then by name; files and folder are their owner's only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for draw, rows in lists.items():
        item = session.plan.draws[draw]
        write_durable(folder / f"{draw}-{item.school}-{item.grade}.xlsx", workbook(session, draw, rows), 0o600)


def workbook(session: Session, draw: str, people: Sequence[tuple[int, Student]]) -> bytes:
    """The workbook of one draw, from (number drawn, person)."""
    item = session.plan.draws[draw]
    form = FORMS[item.kind]
    ordered = sorted(people, key=lambda row: (row[0], name_order(row[1].name), row[1].document_number))
    book = openpyxl.Workbook()
    sheet: Worksheet = book.worksheets[0]
    sheet.title = form.title
    marks = [text("lists.rehearsal").zh] * session.plan.rehearsal + [text("lists.annulled").zh] * (
        draw in session.annulled
    )
    title = f"{item.school_name}{item.grade}年级{form.title}{''.join(marks)} {session.plan.value['date']}"
    known = tails(person for _number, person in ordered)
    columns = columns_of(item.kind, known)
    fill_sheet(sheet, title, columns, [row_of(item, number, person, known) for number, person in ordered])
    _for_printing(sheet, session, len(columns))
    if item.kind == TEACHERS:
        teams = book.create_sheet("队组均衡")
        _write_teams(teams, title, [(meaning(item, number), person) for number, person in ordered])
        _for_printing(teams, session, len(_TEAM_COLUMNS))
    return xlsx_bytes(book)


def _for_printing(sheet: Worksheet, session: Session, columns: int) -> None:
    """A4 upright, as wide as the page, title on every page, hashes and page numbers at the foot; locked."""
    sheet.page_setup.paperSize, sheet.page_setup.orientation = A4, "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"1:{FIRST_ROW - 1}"
    sheet.print_area = f"A1:{get_column_letter(columns)}{sheet.max_row}"
    sheet.print_options.horizontalCentered = True
    result = session.published["files_hash"] if session.published else ""
    hashes = text("lists.foot", header=session.header_hash.hex(), result=result or "—").zh
    head: Any = sheet.oddHeader  # the stubs say that they may be None; openpyxl makes them with the sheet
    foot: Any = sheet.oddFooter
    for part, said, size in (
        (head.right, text("doc.audience.bureau").zh, 9),
        (foot.left, hashes, 6),
        (foot.right, text("lists.page").zh, 9),
    ):
        part.text, part.size = said, size
    sheet.protection.sheet = True
    for allowed in ("autoFilter", "formatColumns", "formatRows", "sort"):
        setattr(sheet.protection, allowed, False)  # False: not forbidden


_TEAM_COLUMNS = (("班级", 10), ("队", 12), ("人数", 8), ("教龄合计", 10), ("学科", 24), ("职称", 30))


def _write_teams(sheet: Worksheet, title: str, people: Sequence[tuple[str, Student]]) -> None:
    """How even the teams are, for the school (S4)."""
    teams = teams_of(people)
    rows: list[Row] = []
    for team in teams:
        ranks = "、".join(f"{rank} {number}" for rank, number in team.ranks)
        years = team.years if team.known else ""
        rows.append([team.class_, team.name, team.members, years, "、".join(team.subjects), ranks])
    rows += [[], ["各队比较", "", "最少", "最多"]]
    for spread in spreads(teams):
        name = text(f"teams.{spread.what}").zh if spread.what in ("members", "years") else spread.what
        rows.append([name, "", spread.least, spread.most])
    fill_sheet(sheet, title, _TEAM_COLUMNS, rows)
