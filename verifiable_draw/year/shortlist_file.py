"""A shortlist of teachers as a workbook: every problem of it at once (spec/year.md Y3)."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import python_calamine

from verifiable_draw.entries import TEACHERS
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.freeze import nullifier
from verifiable_draw.room import Room
from verifiable_draw.spreadsheets import xlsx_bytes
from verifiable_draw.texts import text
from verifiable_draw.year.shortlist import LONGEST, MOST, MOST_YEARS, Shortlist, Teacher

COLUMNS = {"姓名": "name", "学科": "subject", "职称": "title", "教龄": "years"}


def read_shortlist(data: bytes, name: str, year: int, school: str, grade: int) -> Shortlist:
    """Read the first sheet; DataError with all problems. Only the column of names must be there."""
    try:
        sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise DataError("register.unreadable", name=name) from error
    rows = [[_cell(cell) for cell in row] for row in sheet]
    heading = next((i for i, row in enumerate(rows) if "姓名" in row), None)
    if heading is None:
        raise UsageError("shortlist.columns", name=name)
    places = {key: rows[heading].index(title) for title, key in COLUMNS.items() if title in rows[heading]}
    teachers, problems = [], []
    for number, row in enumerate(rows[heading + 1 :], heading + 2):
        if not any(row):
            continue
        cells = {key: row[at] if at < len(row) else "" for key, at in places.items()}
        wrong = _wrong(cells)
        if wrong:
            problems.append(text("register.row", row=number, what_zh=wrong[0], what_en=wrong[1]))
            continue
        years = int(cells.get("years") or 0)
        teachers.append(Teacher(cells["name"], cells.get("subject", ""), cells.get("title", ""), years))
    if not teachers and not problems:
        problems.append(text("shortlist.empty"))
    if problems:
        zh, en = ("".join(p.zh for p in problems), " ".join(p.en for p in problems))
        raise DataError("register.problems", name=name, problems_zh=zh, problems=en)
    if len(teachers) > MOST:
        raise DataError("shortlist.malformed", detail=f"> {MOST}")
    return Shortlist(year, school, grade, tuple(teachers)).checked()


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Excel keeps whole numbers as floats
    return " ".join(str(value).split())


def _wrong(cells: dict[str, str]) -> tuple[str, str] | None:
    if not 1 <= len(cells["name"]) <= LONGEST:
        return "缺少姓名或姓名过长", "the name is missing or too long"
    if any(len(cells.get(name, "")) > LONGEST for name in ("subject", "title")):
        return "学科或职称过长", "subject or title is too long"
    years = cells.get("years", "")
    if years and not (years.isascii() and years.isdigit() and int(years) <= MOST_YEARS):
        return f"教龄应为 0 到 {MOST_YEARS} 的整数", f"years of service are 0 to {MOST_YEARS}"
    return None


def with_nullifiers(shortlist: Shortlist, room: Room) -> Shortlist:
    """The list with nullifiers of those who are imported for a teachers' draw; by lots there are none."""
    people = room.private.imported(shortlist.school, shortlist.grade, TEACHERS) or []
    if not people:
        return shortlist
    key = room.private.year_key(shortlist.year).key
    marks = {person.name: nullifier(key, person).hex() for person in people}
    rows = tuple(replace(one, nullifier=marks.get(one.name, "")) for one in shortlist.teachers)
    return replace(shortlist, teachers=rows)


def template() -> bytes:
    """An empty sheet to fill in."""
    book = openpyxl.Workbook()
    sheet = book.active
    if sheet is not None:
        sheet.append(list(COLUMNS))
        for column, width in zip("ABCD", (16, 16, 16, 8), strict=True):
            sheet.column_dimensions[column].width = width
    return xlsx_bytes(book)
