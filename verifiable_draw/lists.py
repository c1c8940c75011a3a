"""Lists with names, one workbook a draw: for the schools, never published (K6, S3, S4, P5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from verifiable_draw.entries import AUDIT, CLASSES, LATE, ORDER, SELECT, TEACHERS, WITH_CLASSES
from verifiable_draw.plan import PlanDraw
from verifiable_draw.replay import Session
from verifiable_draw.rosters import Student
from verifiable_draw.teams import spreads, teams_of
from verifiable_draw.texts import text

SEX = {"1": "男", "2": "女"}


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


def row_of(item: PlanDraw, number: int, person: Student) -> tuple[str | int, ...]:
    """One row of the list, as the columns of its form say."""
    said = meaning(item, number)
    return {
        CLASSES: (said, person.name, SEX.get(person.sex, ""), person.registration),
        LATE: (said, person.name, SEX.get(person.sex, ""), person.registration),
        TEACHERS: (said, person.twin_group, person.name, *person.teaching),
        SELECT: (said, number, person.name),
        ORDER: (number, person.name),
        AUDIT: (said, number, person.name, person.registration),
    }[item.kind]


def write_lists(folder: Path, session: Session, lists: Mapping[str, Sequence[tuple[int, Student]]]) -> None:
    """Write one workbook a draw, in the order of the numbers drawn."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for draw, rows in lists.items():
        item = session.plan.draws[draw]
        form = FORMS[item.kind]
        book = openpyxl.Workbook()
        sheet = book.active
        if sheet is None:
            continue
        sheet.title = form.title
        mark = "（演练）" if session.plan.rehearsal else ""
        sheet.append([f"{item.school_name}{item.grade}年级{form.title}{mark} {session.plan.value['date']}"])
        sheet.append([title for title, _ in form.columns])
        for number, person in rows:
            sheet.append(row_of(item, number, person))
        for column, (_, width) in zip("ABCDEF", form.columns, strict=False):
            sheet.column_dimensions[column].width = width
        sheet.freeze_panes = "A3"
        if item.kind == TEACHERS:
            _write_teams(book.create_sheet("队组均衡"), [(meaning(item, number), person) for number, person in rows])
        path = folder / f"{draw}-{item.school}-{item.grade}.xlsx"
        path.touch(mode=0o600)
        book.save(path)


def _write_teams(sheet: Worksheet, people: Sequence[tuple[str, Student]]) -> None:
    """How even the teams are, for the school (S4)."""
    teams = teams_of(people)
    sheet.append(["班级", "队", "人数", "教龄合计", "学科", "职称"])
    for team in teams:
        ranks = "、".join(f"{rank} {number}" for rank, number in team.ranks)
        years = team.years if team.known else ""
        sheet.append([team.class_, team.name, team.members, years, "、".join(team.subjects), ranks])
    sheet.append([])
    sheet.append(["各队比较", "", "最少", "最多"])
    for spread in spreads(teams):
        name = text(f"teams.{spread.what}").zh if spread.what in ("members", "years") else spread.what
        sheet.append([name, "", spread.least, spread.most])
    for column, width in zip("ABCDEF", (10, 12, 8, 10, 24, 30), strict=True):
        sheet.column_dimensions[column].width = width
