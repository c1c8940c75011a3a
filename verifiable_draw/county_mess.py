"""Kinds of mess in a roster that import repairs: what schools do to a tidy sheet without losing anything."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING

from verifiable_draw.county_pages import FLAGS, NUMBERS, Book, Page, Row, Value
from verifiable_draw.rosters.codes import COLUMNS, ETHNICITIES, SEXES

if TYPE_CHECKING:
    from verifiable_draw.rosters.student import Student

_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
Change = Callable[[Book], None]


def _rows(book: Book) -> Iterator[Row]:
    for page in book.pages:
        yield from page.rows


def _texts(*fields: str, change: Callable[[str], str]) -> Change:
    """Change every text in these columns."""

    def apply(book: Book) -> None:
        for row in _rows(book):
            for name in fields:
                cell = row.cells[name]
                if isinstance(cell, str) and cell:
                    row.cells[name] = change(cell)

    return apply


def _values(**makers: Callable[[Student], Value]) -> Change:
    """Write these columns anew from the child."""

    def apply(book: Book) -> None:
        for row in _rows(book):
            row.cells |= {name: maker(row.student) for name, maker in makers.items()}

    return apply


def _pages(change: Callable[[Page], None]) -> Change:
    def apply(book: Book) -> None:
        for page in book.pages:
            change(page)

    return apply


def _set(**values: bool) -> Change:
    def change(page: Page) -> None:
        for name, value in values.items():
            setattr(page, name, value)

    return _pages(change)


def _loose_name(name: str) -> str:
    """Spread names of two characters over three, as printed lists do."""
    return f" {name[0]}\u3000{name[1]} " if len(name) == len("张三") else f"{name}\u00a0"


def _nation_number(student: Student) -> Value:
    return int(student.ethnicity) if student.ethnicity in ETHNICITIES else student.ethnicity


def _nation_code_name(student: Student) -> str:
    name = ETHNICITIES.get(student.ethnicity)
    return f"{student.ethnicity}-{name}" if name else student.ethnicity


def _chinese_date(student: Student) -> str:
    year, month, day = student.birth_date.split("-")
    return f"{year}年{month}月{day}日"


def _synonyms(page: Page) -> None:
    page.titles |= {column.field: column.synonyms[0] for column in COLUMNS if column.synonyms}


def _starred(page: Page) -> None:
    page.titles = {name: f"★{title[0]} {title[1:]}\uff08见说明\uff09" for name, title in page.titles.items()}


def _reversed(page: Page) -> None:
    page.titles = dict(reversed(page.titles.items()))


def _more_titles(page: Page) -> None:
    page.above += [["某县教育局"], ["填报单位\uff1a", "", "填报日期\uff1a", "2026 年 8 月"], []]


def _notes(page: Page) -> None:
    page.below += [
        [],
        ["合计", "", len(page.rows)],
        ["填表人\uff1a某某", "", "", "审核人\uff1a某某"],
        ["注\uff1a以上属实"],
    ]


def _instructions(book: Book) -> None:
    book.others["填表说明"] = [["填表说明"], [], ["一、每名学生一行。"], ["二、证件号按文本填写。"]]


def _hidden(book: Book) -> None:
    book.others |= {"列表": [["男", "居民身份证", "汉族", "是"], ["女", "护照", "苗族", "否"]], "空表": []}
    book.hidden |= {"列表", "空表"}


CHANGES: dict[str, tuple[str, Change]] = {
    "spaces": (
        "Spaces around and inside names, some of them full-width or non-breaking.",
        _texts("name", change=_loose_name),
    ),
    "invisible": (
        "Zero-width characters pasted along with numbers.",
        _texts(*NUMBERS, change=lambda text: f"\ufeff{text[:6]}\u200b{text[6:]}"),
    ),
    "middle_dots": (
        "Other kinds of middle dot in names.",
        _texts("name", change=lambda text: text.replace("·", "\u2022")),
    ),
    "lower_x": ("Check characters and registration prefixes in lower case.", _texts(*NUMBERS, change=str.lower)),
    "apostrophes": (
        "An apostrophe typed in front of numbers to keep them text.",
        _texts(*NUMBERS, change="'{}".format),
    ),
    "nation_without_zu": (
        "Ethnicities without the last character.",
        _texts("ethnicity", change=lambda text: text.removesuffix("族")),
    ),
    "nation_code": (
        "Ethnicities as codes of two digits.",
        _values(ethnicity=lambda student: student.ethnicity),
    ),
    "nation_code_number": ("Ethnicities as number cells: the leading zero is lost.", _values(ethnicity=_nation_number)),
    "code_and_name": (
        "Code and name in one cell, as registration systems export them.",
        _values(
            sex=lambda student: f"{student.sex}-{SEXES[student.sex]}",
            ethnicity=_nation_code_name,
        ),
    ),
    "type_words": (
        "Everyday words for document types.",
        _texts("document_type", change=lambda text: {"居民身份证": "身份证", "其他": "其它"}.get(text, text)),
    ),
    "flag_marks": (
        "Ticks and crosses for yes and no.",
        _texts(*FLAGS, change=lambda text: "√" if text == "是" else "×"),
    ),
    "wish_words": (
        "The parents' wish in other words.",
        _texts("twin_wish", change=lambda text: "同一班" if text == "同班" else "不同班"),
    ),
    "grade_words": (
        "Grades in words.",
        _values(grade=lambda student: "一年级" if student.grade == 1 else "初一"),
    ),
    "dates_chinese": ("Dates with 年, 月 and 日.", _values(birth_date=_chinese_date)),
    "dates_dots": (
        "Dates with full stops and without leading zeros.",
        _values(birth_date=lambda student: student.birth_date.replace("-0", "-").replace("-", ".")),
    ),
    "dates_slashes": ("Dates with slashes.", _texts("birth_date", change=lambda text: text.replace("-", "/"))),
    "dates_digits": (
        "Dates as number cells of eight digits.",
        _values(birth_date=lambda student: int(student.birth_date.replace("-", ""))),
    ),
    "dates_cells": ("Dates as date cells.", _values(birth_date=lambda student: date.fromisoformat(student.birth_date))),
    "text_numbers": (
        'Grades as text with ".0", left by another program.',
        _values(grade=lambda student: f"{student.grade}.0"),
    ),
    "number_cells": (
        "School codes, grades, sexes and flags as number cells.",
        _values(
            school=lambda student: int(student.school),
            grade=lambda student: student.grade,
            sex=lambda student: int(student.sex),
            migrant=lambda student: int(student.migrant),
            disability=lambda student: int(student.disability),
            staff_child=lambda student: int(student.staff_child),
            consent=lambda student: int(student.consent) if student.twin_group else "",
        ),
    ),
    "fullwidth": (
        "Full-width digits and letters.",
        _texts("school", "grade", *NUMBERS, change=lambda text: text.translate(_WIDE)),
    ),
    "synonyms": ("Other names for the columns.", _pages(_synonyms)),
    "starred_titles": ("Stars, spaces and remarks in brackets in column names.", _pages(_starred)),
    "column_order": ("Columns in reverse order.", _pages(_reversed)),
    "extra_title": ("More rows above the header.", _pages(_more_titles)),
    "notes": ("Totals, signatures and remarks below the children.", _pages(_notes)),
    "blank_rows": ("Blank rows between the children.", _set(blank_rows=True)),
    "blank_columns": ("A blank column on the left and one in the middle.", _set(blank_columns=True)),
    "two_row_header": ("A header of two rows with merged cells.", _set(two_row_header=True)),
    "serial_numbers": ("A column of serial numbers that goes on below the last child.", _set(serials=True)),
    "unknown_column": ("A column that no roster has.", _set(remarks=True)),
    "untitled_column": ("A column of remarks without a title.", _set(untitled=True)),
    "instructions_sheet": ("A sheet with instructions.", _instructions),
    "hidden_sheets": ("A hidden sheet with the lists of selection boxes, and an empty one.", _hidden),
}

MESS: dict[str, str] = {name: sentence for name, (sentence, _) in CHANGES.items()}
"""Kinds of mess that import repairs: name -> one sentence."""

SAYS: dict[str, frozenset[str]] = {
    "spaces": frozenset({"spaces"}),
    "invisible": frozenset({"spaces"}),
    "middle_dots": frozenset({"middle_dot"}),
    "lower_x": frozenset({"upper_case"}),
    "apostrophes": frozenset({"spaces"}),
    "nation_without_zu": frozenset({"spelling"}),
    "nation_code_number": frozenset({"leading_zero", "number_cell"}),
    "code_and_name": frozenset({"spelling"}),
    "type_words": frozenset({"spelling"}),
    "flag_marks": frozenset({"spelling"}),
    "wish_words": frozenset({"spelling"}),
    "grade_words": frozenset({"spelling"}),
    "dates_chinese": frozenset({"date_form"}),
    "dates_dots": frozenset({"date_form"}),
    "dates_slashes": frozenset({"date_form"}),
    "dates_digits": frozenset({"date_form", "number_cell"}),
    "text_numbers": frozenset({"decimal"}),
    "number_cells": frozenset({"number_cell"}),
    "fullwidth": frozenset({"fullwidth"}),
    "synonyms": frozenset({"title"}),
    "notes": frozenset({"note_skipped"}),
    "untitled_column": frozenset({"column_untitled"}),
    "unknown_column": frozenset({"column_ignored"}),
    "instructions_sheet": frozenset({"sheet_skipped"}),
    "hidden_sheets": frozenset({"sheet_skipped"}),
}
"""Mess -> the repairs import must list; none where the sheet says the same in another layout."""

_SAME_CELLS = (
    {"nation_without_zu", "nation_code", "nation_code_number", "code_and_name"},
    {"dates_chinese", "dates_dots", "dates_slashes", "dates_digits", "dates_cells"},
    {"grade_words", "text_numbers", "number_cells", "fullwidth"},
    {"code_and_name", "number_cells"},
    {"flag_marks", "number_cells"},
    {"synonyms", "starred_titles"},
)
"""Kinds that write the same cells anew, so that of two of them only one would be seen."""


def clash(one: str, other: str) -> bool:
    """Whether two kinds must not stand in one workbook if each is to be seen."""
    return any({one, other} <= kinds for kinds in _SAME_CELLS)


ONE_SHEET_CANNOT = {"instructions_sheet", "hidden_sheets"}
"""Mess that a file of a single sheet has no place for."""


def apply_mess(book: Book, kinds: Collection[str]) -> frozenset[str]:
    """Apply every named kind; returns the repairs of those that found something to change."""
    said: frozenset[str] = frozenset()
    for name, (_, change) in CHANGES.items():
        if name in kinds:
            before = _picture(book)
            change(book)
            if _picture(book) != before:
                said |= SAYS.get(name, frozenset())
    return said


def _picture(book: Book) -> list[object]:
    """Return all that a change can change, as it is now."""
    pages = []
    for page in book.pages:
        rest = [getattr(page, one.name) for one in fields(page) if one.name not in ("rows", "titles", "above", "below")]
        cells = [list(row.cells.items()) for row in page.rows]
        pages.append([list(page.titles.items()), len(page.above), len(page.below), cells, rest])
    return [*pages, list(book.others)]
