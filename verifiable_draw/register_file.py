"""The register of schools as a workbook or JSON: every problem of it at once (S1)."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
import python_calamine

from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.spreadsheets import xlsx_bytes
from verifiable_draw.texts import text

COLUMNS = {"学校代码": "school", "学校名称": "name", "年级": "grade", "班数": "classes"}
GRADES = {"1": 1, "7": 7, "一": 1, "七": 7, "一年级": 1, "七年级": 7, "小学一年级": 1, "初一": 7, "初中一年级": 7}
ADMITTED = "录取人数"
"""An optional column; in JSON the optional member "admitted". It stays out of the ledger."""

MAX_ROWS = 5000
MAX_ADMITTED = 100_000
_ADMITTED_ZH, _ADMITTED_EN = "录取人数应为整数", "the number admitted is a whole number"


@dataclass(frozen=True, slots=True)
class Register:
    """The rows {classes, grade, name, school} for the ledger, and (school, grade) -> children admitted."""

    rows: Sequence[dict[str, Any]]
    admissions: Mapping[tuple[str, int], int]


def read_register(data: bytes, name: str) -> Register:
    """Read a workbook (.xlsx, .xls) or a JSON array; DataError with all problems of a workbook's cells.

    The rows of a JSON array are checked by who enters them.
    """
    if not name.lower().endswith((".xlsx", ".xls")):
        return _from_json(data, name)
    try:
        sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise DataError("register.unreadable", name=name) from error
    rows = [[_cell(cell) for cell in row] for row in sheet[:MAX_ROWS]]
    heading = next((i for i, row in enumerate(rows) if set(COLUMNS) <= set(row)), None)
    if heading is None:
        raise UsageError("register.columns")
    places = {key: rows[heading].index(title) for title, key in COLUMNS.items()}
    if ADMITTED in rows[heading]:
        places["admitted"] = rows[heading].index(ADMITTED)
    found, admissions, problems = [], {}, []
    for number, row in enumerate(rows[heading + 1 :], heading + 2):
        if not any(row):
            continue
        cells = {"admitted": ""} | {key: row[at] if at < len(row) else "" for key, at in places.items()}
        wrong = _wrong(cells)
        if wrong:
            problems.append(text("register.row", row=number, what_zh=wrong[0], what_en=wrong[1]))
            continue
        grade = GRADES[cells["grade"]]
        found.append(
            {"classes": int(cells["classes"]), "grade": grade, "name": cells["name"], "school": cells["school"]}
        )
        if cells["admitted"]:
            admissions[cells["school"], grade] = int(cells["admitted"])
    if problems:
        zh, en = ("".join(p.zh for p in problems), " ".join(p.en for p in problems))
        raise DataError("register.problems", name=name, problems_zh=zh, problems=en)
    return Register(found, admissions)


def _from_json(data: bytes, name: str) -> Register:
    try:
        rows = json.loads(data)
    except ValueError as error:
        raise DataError("file.malformed", name=name, detail=str(error)) from error
    if not isinstance(rows, list):
        raise DataError("file.malformed", name=name, detail="[…]")
    admissions = {}
    for number, row in enumerate(rows, 1):
        admitted = row.pop("admitted", None) if isinstance(row, dict) else None
        if admitted is None:
            continue
        if type(admitted) is not int or not 0 <= admitted <= MAX_ADMITTED:
            wrong = text("register.row", row=number, what_zh=_ADMITTED_ZH, what_en=_ADMITTED_EN)
            raise DataError("register.problems", name=name, problems_zh=wrong.zh, problems=wrong.en)
        admissions[str(row.get("school")), row.get("grade", 0)] = admitted
    return Register(rows, admissions)


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Excel keeps whole numbers as floats
    return str(value).strip()


def _wrong(cells: dict[str, str]) -> tuple[str, str] | None:
    if not (len(cells["school"]) == 10 and cells["school"].isascii() and cells["school"].isdigit()):
        return "学校代码应为十位数字", "the school code has ten digits"
    if not 1 <= len(cells["name"]) <= 100:
        return "缺少学校名称", "the name is missing"
    if cells["grade"] not in GRADES:
        return "年级应为 1 或 7", "the grade is 1 or 7"
    if not (cells["classes"].isascii() and cells["classes"].isdigit() and 1 <= int(cells["classes"]) <= 200):
        return "班数应为 1 到 200", "classes are 1 to 200"
    admitted = cells["admitted"]
    if admitted and not (admitted.isascii() and admitted.isdigit() and int(admitted) <= MAX_ADMITTED):
        return _ADMITTED_ZH, _ADMITTED_EN
    return None


def template() -> bytes:
    """An empty register to fill in."""
    book = openpyxl.Workbook()
    sheet = book.active
    if sheet is not None:
        sheet.append([*COLUMNS, ADMITTED])
        for column, width in zip("ABCDE", (16, 30, 8, 8, 10), strict=True):
            sheet.column_dimensions[column].width = width
        sheet.column_dimensions["A"].number_format = "@"
    return xlsx_bytes(book)
