"""Three schools with a child of every kind that matters, and helpers to import them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import Workbook

from verifiable_draw.county import SchoolSpec, generate_students
from verifiable_draw.rosters import Where, import_rosters
from verifiable_draw.rosters.codes import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from verifiable_draw.rosters import ImportReport, Student

SPECS = (
    SchoolSpec("9910000001", "青杠小学", 1, 80, 2),
    SchoolSpec("9970000002", "白岩中学", 7, 70, 2),
    SchoolSpec("9970000003", "枫香中学", 7, 40, 1),
)


@pytest.fixture(scope="session")
def sheets() -> dict[str, tuple[Student, ...]]:
    """Sheet name -> students: twins together and apart, triplets, a dot in a name, no card, a passport."""
    made = {spec.name: list(generate_students(spec, "rosters")) for spec in SPECS}
    for students in made.values():
        plain = [
            index for index, student in enumerate(students) if not student.twin_group and student.document_type == "1"
        ]
        for group, wish, members in (("91", "together", 2), ("92", "apart", 2), ("93", "together", 3)):
            for _ in range(members):
                index = plain.pop()
                students[index] = replace(students[index], twin_group=group, twin_wish=wish, consent=True)
        dotted, passport, cardless = plain.pop(), plain.pop(), plain.pop()
        students[dotted] = replace(students[dotted], name="阿依·古丽")
        number = students[passport].document_number
        students[passport] = replace(students[passport], document_type="A", document_number=f"E{number[6:14]}")
        number = f"L{students[cardless].document_number}"
        students[cardless] = replace(students[cardless], document_type="G", document_number=number, registration=number)
    return {name: tuple(students) for name, students in made.items()}


def placeless(students: Iterable[Student]) -> list[Student]:
    """Forget where students were read."""
    return [replace(student, where=Where("", "", 0)) for student in students]


@pytest.fixture(scope="session")
def expected(sheets: dict[str, tuple[Student, ...]]) -> list[Student]:
    """All students in the order an import returns them."""
    students = [student for sheet in sheets.values() for student in sheet]
    students.sort(key=lambda one: (one.school, one.grade, one.document_type, one.document_number))
    return placeless(students)


Cells = dict[str, object]
TIDY: Cells = {
    "school": "9910000001",
    "grade": "1",
    "name": "张三",
    "sex": "女",
    "document_type": "居民身份证",
    "document_number": "990001202003040042",
    "birth_date": "2020-03-04",
    "ethnicity": "汉族",
}


@pytest.fixture
def imported(tmp_path: Path) -> Callable[..., ImportReport]:
    """Import one sheet given as children (TIDY with changes); `without` leaves columns out, `above` adds rows.

    What else is given are options of the import.
    """

    def run(
        *children: Cells,
        without: Iterable[str] = (),
        above: Iterable[list[object]] = (),
        below: Iterable[list[object]] = (),
        titles: dict[str, str] | None = None,
        **options: Any,
    ) -> ImportReport:
        columns = [column for column in COLUMNS if column.field not in without]
        workbook = Workbook()
        sheet = workbook.create_sheet("甲")
        for row in above:
            sheet.append(row)
        sheet.append([(titles or {}).get(column.field, column.title) for column in columns])
        for child in children:
            cells = TIDY | child
            sheet.append([cells.get(column.field) for column in columns])
        for row in below:
            sheet.append(row)
        path = tmp_path / "one.xlsx"
        workbook.save(path)
        return import_rosters([path], **options)

    return run
