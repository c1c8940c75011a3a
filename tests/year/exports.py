"""Exports of 学籍 for tests, written as the registration system and schools write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook

from verifiable_draw.county_formats import FORMS
from verifiable_draw.rosters import Student
from verifiable_draw.rosters.codes import DOCUMENT_TYPES

TITLES = {
    "school": "学校标识码", "school_name": "学校名称", "grade": "年级", "class": "班级", "name": "姓名", "sex": "性别",
    "document_type": "身份证件类型", "document_number": "身份证件号", "registration": "全国学籍号", "entered": "入学年月",
    "teacher": "班主任",
}  # fmt: skip
Cells = dict[str, object]
Sheets = Mapping[str, Sequence[Cells]]


def cells(student: Student, number: int, **changes: object) -> Cells:
    """A row as the system exports it."""
    kind = student.document_type
    row: Cells = {
        "school": student.school,
        "school_name": f"学校{student.school[-2:]}",
        "grade": "一年级" if student.grade == 1 else "七年级",
        "class": f"{number}班",
        "name": student.name,
        "sex": "男" if student.sex == "1" else "女",
        "document_type": f"{kind}-{DOCUMENT_TYPES[kind]}" if kind != "G" else "其他",
        "document_number": "" if kind == "G" else student.document_number,
        "registration": student.registration or ("G" + student.document_number if kind == "1" else ""),
        "entered": "202609",
        "teacher": f"教师{'甲乙丙丁戊己庚辛'[number % 8]}",
    }
    return row | changes


def write(
    path: Path,
    sheets: Sheets,
    *,
    titles: Mapping[str, str] = TITLES,
    without: Iterable[str] = (),
    above: Iterable[Sequence[object]] = (),
    two_rows: bool = False,
    blank_rows: bool = False,
) -> Path:
    """Write one file; its form follows from the name (.xlsx, .xls, .csv; gb.csv is GB18030)."""
    book = Workbook()
    del book["Sheet"]
    columns = [name for name in titles if name not in set(without)]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for line in above:
            sheet.append(list(line))
        if two_rows:
            under = {"document_type", "document_number", "registration"}
            sheet.append(["证件及学籍" if column in under else titles[column] for column in columns])
            sheet.append([titles[column] if column in under else None for column in columns])
            top = sheet.max_row - 1
            for place, column in enumerate(columns, 1):
                if column not in under:
                    sheet.merge_cells(start_row=top, end_row=top + 1, start_column=place, end_column=place)
        else:
            sheet.append([titles[column] for column in columns])
        for number, row in enumerate(rows):
            if blank_rows and number % 5 == 0:
                sheet.append([])
            sheet.append([row.get(column) for column in columns])
    form = "csv-gb18030" if path.name.endswith("gb.csv") else path.suffix.removeprefix(".")
    _, made = FORMS[form]
    path.write_bytes(made(book))
    return path
