"""The register of schools as a workbook or JSON: every problem of it at once (S1)."""

from __future__ import annotations

import io
import json
from typing import Any

import openpyxl
import python_calamine

from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.texts import text

COLUMNS = {"学校代码": "school", "学校名称": "name", "年级": "grade", "班数": "classes"}
GRADES = {"1": 1, "7": 7, "一": 1, "七": 7, "一年级": 1, "七年级": 7, "小学一年级": 1, "初一": 7, "初中一年级": 7}
MAX_ROWS = 5000


def read_register(data: bytes, name: str) -> list[dict[str, Any]]:
    """Rows {classes, grade, name, school} of a workbook (.xlsx, .xls) or a JSON array; DataError with all problems."""
    if name.lower().endswith(".json"):
        try:
            value = json.loads(data)
        except ValueError as error:
            raise DataError("file.malformed", name=name, detail=str(error)) from error
        return value if isinstance(value, list) else []
    try:
        sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise DataError("file.malformed", name=name, detail="xlsx, xls") from error
    rows = [[_cell(cell) for cell in row] for row in sheet[:MAX_ROWS]]
    heading = next((i for i, row in enumerate(rows) if set(COLUMNS) <= set(row)), None)
    if heading is None:
        raise UsageError("register.columns")
    places = {key: rows[heading].index(title) for title, key in COLUMNS.items()}
    found, problems = [], []
    for number, row in enumerate(rows[heading + 1 :], heading + 2):
        if not any(row):
            continue
        cells = {key: row[at] if at < len(row) else "" for key, at in places.items()}
        wrong = _wrong(cells)
        if wrong:
            problems.append(text("register.row", row=number, what_zh=wrong[0], what_en=wrong[1]))
            continue
        found.append(
            {
                "classes": int(cells["classes"]),
                "grade": GRADES[cells["grade"]],
                "name": cells["name"],
                "school": cells["school"],
            }
        )
    if problems:
        raise DataError("file.malformed", name=name, detail=" ".join(f"{p.zh}({p.en})" for p in problems))
    return found


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
    return None


def template() -> bytes:
    """An empty register to fill in."""
    book = openpyxl.Workbook()
    sheet = book.active
    if sheet is not None:
        sheet.append(list(COLUMNS))
        for column, width in zip("ABCD", (16, 30, 8, 8), strict=True):
            sheet.column_dimensions[column].width = width
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
