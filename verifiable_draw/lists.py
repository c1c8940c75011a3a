"""Class lists with names, one workbook a school: for the schools, never published (K6, S3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl

from verifiable_draw.replay import Session
from verifiable_draw.rosters import Student

COLUMNS = ("班级", "姓名", "性别", "学籍号")
SEX = {"1": "男", "2": "女"}


def write_lists(folder: Path, session: Session, lists: Mapping[str, Sequence[tuple[int, Student]]]) -> None:
    """Write one workbook a draw: all classes on one sheet, sorted by class and name."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for draw, rows in lists.items():
        item = session.plan.draws[draw]
        book = openpyxl.Workbook()
        sheet = book.active
        if sheet is None:
            continue
        sheet.title = "分班名单"
        mark = "（演练）" if session.plan.rehearsal else ""
        sheet.append([f"{item.school_name}{item.grade}年级分班名单{mark} {session.plan.value['date']}"])
        sheet.append(COLUMNS)
        for number, student in rows:
            sheet.append([f"{number}班", student.name, SEX[student.sex], student.registration])
        for column, width in zip("ABCD", (8, 16, 6, 24), strict=True):
            sheet.column_dimensions[column].width = width
        sheet.freeze_panes = "A3"
        path = folder / f"{draw}-{item.school}-{item.grade}.xlsx"
        path.touch(mode=0o600)
        book.save(path)
