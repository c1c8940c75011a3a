"""Kinds of error in a roster that import refuses, each with the code of the problem it must report."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from typing import TYPE_CHECKING

from verifiable_draw.county_pages import Book, Row, Value
from verifiable_draw.errors import UsageError
from verifiable_draw.rosters.identity import check_character

if TYPE_CHECKING:
    from verifiable_draw.rosters.student import Student

Spoil = Callable[[Book, list[Row]], None]
IDENTITY = ("document_number", "document_type", "sex", "birth_date")


def _spoil(column: str, value: Callable[[Student], Value]) -> Spoil:
    """Write one wrong cell in the first of the rows given."""

    def apply(_: Book, rows: list[Row]) -> None:
        rows[0].cells[column] = value(rows[0].student)

    return apply


def _valid(first17: str) -> str:
    return first17 + check_character(first17)


def _wrong_check(student: Student) -> str:
    number = student.document_number
    return number[:17] + str((int(number[17].replace("X", "10")) + 1) % 10)


def _other_sex(student: Student) -> str:
    number = student.document_number
    return _valid(number[:16] + str((int(number[16]) + 1) % 10))


def _ending_in_zeros(student: Student) -> str:
    """Return a number as Excel leaves it, changed in the fifteenth digit where the zeros happen to be right."""
    start = student.document_number[:14]
    return next(f"{start}{digit}000" for digit in "12" if check_character(f"{start}{digit}00") != "0")


def _copy(*fields: str) -> Spoil:
    """Give the second child cells of the first, who stands above."""

    def apply(_: Book, rows: list[Row]) -> None:
        for name in fields:
            rows[1].cells[name] = rows[0].cells[name]

    return apply


def _elsewhere(book: Book, rows: list[Row]) -> None:
    """Enter the first child at another school too."""
    _copy(*IDENTITY)(book, rows)
    rows[1].cells["school"] = "9930009999"


def _same_registration(_: Book, rows: list[Row]) -> None:
    for row in rows:
        row.cells["registration"] = f"J{rows[0].student.document_number}"


def _twins(group: str, *wishes: str) -> Spoil:
    """Make a group of the rows given, with these wishes."""

    def apply(_: Book, rows: list[Row]) -> None:
        for row, wish in zip(rows, wishes, strict=True):
            row.cells |= {"twin_group": group, "twin_wish": wish, "consent": "是"}

    return apply


def _without_consent(book: Book, rows: list[Row]) -> None:
    _twins("未签", "同班", "同班")(book, rows)
    rows[1].cells["consent"] = "否"


def _pinned(group: str, wish: str, *classes: str) -> Spoil:
    """Make a group of the rows given, each pinned to a class for a good reason."""

    def apply(book: Book, rows: list[Row]) -> None:
        _twins(group, *[wish] * len(rows))(book, rows)
        for row, number in zip(rows, classes, strict=True):
            row.cells |= {"pin_class": number, "pin_reason": "无障碍需要"}

    return apply


def _other_day(student: Student) -> str:
    year, month, day = student.birth_date.split("-")
    return f"{year}-{month}-{'02' if day == '01' else '01'}"


def _passport_without_day(_: Book, rows: list[Row]) -> None:
    rows[0].cells |= {"document_type": "护照", "document_number": "E99887766", "birth_date": ""}


def _twins_apart(book: Book, rows: list[Row]) -> None:
    _twins("错校", "同班", "同班")(book, rows)
    rows[1].cells["grade"] = "7" if rows[1].student.grade == 1 else "1"


def _nobody(_: Book, rows: list[Row]) -> None:
    rows[0].cells |= {"document_type": "其他", "document_number": "", "registration": ""}


def _headless(book: Book, rows: list[Row]) -> None:
    book.others["补录"] = [["补录学生"], list(rows[0].cells.values())]


def _early(book: Book, rows: list[Row]) -> None:
    book.pages[0].above.append(list(rows[0].cells.values()))


def _without_column(book: Book, _: list[Row]) -> None:
    del book.pages[-1].titles["ethnicity"]


def _column_again(book: Book, _: list[Row]) -> None:
    book.pages[len(book.pages) // 2].repeated_column = True


def _header_again(book: Book, _: list[Row]) -> None:
    book.pages[0].repeated_header = True


SPOILS: dict[str, tuple[str, int, Spoil]] = {
    "missing_name": ("missing_value", 1, _spoil("name", lambda _: "")),
    "missing_sex": ("missing_value", 1, _spoil("sex", lambda _: "")),
    "missing_nation": ("missing_value", 1, _spoil("ethnicity", lambda _: None)),
    "wrong_school_code": ("bad_school", 1, _spoil("school", lambda student: student.school[:9])),
    "wrong_grade": ("bad_grade", 1, _spoil("grade", lambda _: "三年级")),
    "numbered_name": ("bad_name", 1, _spoil("name", lambda student: f"{student.name}2")),
    "unknown_sex": ("bad_sex", 1, _spoil("sex", lambda _: "不详")),
    "unknown_type": ("bad_document_type", 1, _spoil("document_type", lambda _: "学生证")),
    "unknown_nation": ("bad_ethnicity", 1, _spoil("ethnicity", lambda _: "火星族")),
    "unknown_flag": ("bad_flag", 1, _spoil("migrant", lambda _: "可能")),
    "unknown_wish": ("bad_wish", 1, _spoil("twin_wish", lambda _: "随便")),
    "group_as_date": ("date_cell", 1, _spoil("twin_group", lambda _: date(2026, 1, 2))),
    "scientific_id": (
        "id_number_cell",
        1,
        _spoil("document_number", lambda student: float(student.document_number[:17]) * 10),
    ),
    "scientific_text": ("id_scientific", 1, _spoil("document_number", lambda _: "9.90001E+17")),
    "zeros_id": ("id_zeros", 1, _spoil("document_number", _ending_in_zeros)),
    "short_id": ("id_length", 1, _spoil("document_number", lambda student: student.document_number[:17])),
    "letter_id": ("id_characters", 1, _spoil("document_number", lambda student: f"99O{student.document_number[3:]}")),
    "bad_date": (
        "id_date",
        1,
        _spoil(
            "document_number",
            lambda student: _valid(f"{student.document_number[:10]}0230{student.document_number[14:17]}"),
        ),
    ),
    "bad_check": ("id_check", 1, _spoil("document_number", _wrong_check)),
    "wrong_sex": ("id_sex", 1, _spoil("document_number", _other_sex)),
    "missing_id": ("id_missing", 1, _spoil("document_number", lambda _: "")),
    "no_identity": ("no_identity", 1, _nobody),
    "wrong_registration": (
        "bad_registration",
        1,
        _spoil("registration", lambda student: f"K{student.document_number}"),
    ),
    "duplicate": ("duplicate_student", 2, _copy(*IDENTITY)),
    "duplicate_across": ("duplicate_across", 2, _elsewhere),
    "duplicate_registration": ("duplicate_registration", 2, _same_registration),
    "twin_alone": ("twin_alone", 1, _twins("独", "同班")),
    "twin_many": ("twin_many", 4, _twins("多", "同班", "同班", "同班", "同班")),
    "twin_no_wish": ("twin_wish_missing", 2, _twins("缺", "分班", "")),
    "twin_wishes": ("twin_wishes_differ", 2, _twins("异", "分班", "同班")),
    "twin_place": ("twin_place", 2, _twins_apart),
    "twin_no_consent": ("twin_consent_missing", 2, _without_consent),
    "pin_unknown_class": ("bad_pin_class", 1, _spoil("pin_class", lambda _: "0")),
    "pin_unknown_reason": ("bad_pin_reason", 1, _spoil("pin_reason", lambda _: "成绩优秀")),
    "pin_no_reason": ("pin_without_reason", 1, _spoil("pin_class", lambda _: "2")),
    "pin_no_class": ("pin_without_class", 1, _spoil("pin_reason", lambda _: "法院文书")),
    "pins_differ": ("pins_of_unit_differ", 2, _pinned("异班", "同班", "1", "2")),
    "pins_same": ("pins_of_apart_same", 2, _pinned("同格", "分班", "1", "1")),
    "unknown_date": ("bad_birth_date", 1, _spoil("birth_date", lambda _: "2020-02-30")),
    "other_date": ("birth_date_differs", 1, _spoil("birth_date", _other_day)),
    "passport_no_date": ("birth_date_missing", 1, _passport_without_day),
    "wish_alone": ("wish_alone", 1, _spoil("twin_wish", lambda _: "同班")),
    "missing_column": ("missing_column", 0, _without_column),
    "column_twice": ("column_twice", 0, _column_again),
    "header_twice": ("header_twice", 0, _header_again),
    "no_header": ("no_header", 1, _headless),
    "data_before_header": ("data_before_header", 1, _early),
}

ERRORS: dict[str, str] = {name: code for name, (code, _, _) in SPOILS.items()}
"""Kinds of error that import refuses: name -> code of the problem it reports."""


def apply_errors(book: Book, mess: Collection[str]) -> None:
    """Give every error its own children, the same ones whichever errors are asked for."""
    plain = [row for row in book.pages[0].rows if row.student.document_type == "1" and not row.student.twin_group]
    start = 0
    for name, (_, need, spoil) in SPOILS.items():
        if name in mess:
            if start + need > len(plain):
                raise UsageError("roster.county_sheet")
            spoil(book, plain[start : start + need])
        start += need
