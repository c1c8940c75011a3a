"""The sheets of a generated workbook before they are written: tidy cells by child and column, ready to be changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from verifiable_draw.rosters.codes import (
    COLUMNS,
    DOCUMENT_TYPES,
    ETHNICITIES,
    FALLBACK,
    OTHER_DOCUMENT,
    PIN_REASONS,
    SEXES,
)

if TYPE_CHECKING:
    from verifiable_draw.rosters.student import Student

Value = str | int | float | date | None
Values = list[Value]

_WISHES = {"together": "同班", "apart": "分班", "": ""}
FLAGS = ("migrant", "disability", "staff_child", "consent")
NUMBERS = ("document_number", "registration")
TWIN_FIELDS = ("twin_group", "twin_wish")


@dataclass(slots=True)
class Row:
    """One child and the cells that will be written, by field."""

    student: Student
    cells: dict[str, Value]


@dataclass(slots=True)
class Page:
    """One sheet before it is written; the kinds of mess change it."""

    name: str
    rows: list[Row]
    titles: dict[str, str] = field(default_factory=lambda: {column.field: column.title for column in COLUMNS})
    above: list[Values] = field(default_factory=lambda: [["学生花名册"]])
    below: list[Values] = field(default_factory=list)
    serials: bool = False
    remarks: bool = False
    untitled: bool = False
    blank_columns: bool = False
    blank_rows: bool = False
    two_row_header: bool = False
    repeated_header: bool = False
    repeated_column: bool = False


@dataclass(slots=True)
class Book:
    """All sheets: pages of students, and further ones as plain rows; hidden ones by name."""

    pages: list[Page]
    others: dict[str, list[Values]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)


def tidy_cells(student: Student) -> dict[str, Value]:
    """Return the tidy cells of one child."""
    fallback = student.document_type == FALLBACK
    return {
        "school": student.school,
        "grade": str(student.grade),
        "name": student.name,
        "sex": SEXES[student.sex],
        "document_type": DOCUMENT_TYPES[OTHER_DOCUMENT if fallback else student.document_type],
        "document_number": "" if fallback else student.document_number,
        "registration": student.registration,
        "ethnicity": ETHNICITIES.get(student.ethnicity, student.ethnicity),
        "migrant": "是" if student.migrant else "否",
        "disability": "是" if student.disability else "否",
        "twin_group": student.twin_group,
        "birth_date": student.birth_date,
        "twin_wish": _WISHES[student.twin_wish],
        "consent": "是" if student.consent else "",
        "staff_child": "是" if student.staff_child else "否",
        "primary_school": student.primary_school,
        "pin_class": str(student.pin_class or ""),
        "pin_reason": PIN_REASONS.get(student.pin_reason, ""),
    }
