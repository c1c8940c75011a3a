"""An empty roster for a plan: its columns, text where numbers would be spoilt, lists where there are codes.

The same plan gives the same bytes. What is filled in as the lists and instructions say is imported without a problem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from verifiable_draw.entries import TEACHERS
from verifiable_draw.errors import UsageError
from verifiable_draw.plan import Plan, PlanDraw
from verifiable_draw.rosters.codes import (
    DOCUMENT_TYPES,
    ETHNICITIES,
    FALLBACK,
    GRADES,
    PERSONS,
    PIN_REASONS,
    SEXES,
    STUDENTS,
    TEAMS,
    UNCODED_ETHNICITIES,
    Column,
)
from verifiable_draw.spreadsheets import xlsx_bytes
from verifiable_draw.texts import text

SHEET, INSTRUCTIONS, LISTS = "名册", "填表说明", "选项"
ROWS = 2000
"""Rows that have lists and text format; further ones can be written all the same."""

OTHER = "其他"
_WIDE = {"name": 16, "school": 14, "document_number": 24, "registration": 24, "primary_school": 22, "document_type": 20}
_USUAL_WIDTH = 12
_REQUIRED = PatternFill("solid", fgColor="FFFDE9D9")
_OPTIONAL = PatternFill("solid", fgColor="FFEAF1DD")
_LINE = Side(style="thin", color="FFBFBFBF")
_YES_NO = ("是", "否")

# Columns that every roster of students may have, whatever its plan balances.
_ALWAYS = {"registration", "document_number", "twin_group", "twin_wish", "consent", "birth_date"}
_PINS = {"pin_class", "pin_reason"}


@dataclass(frozen=True, slots=True)
class _Field:
    """One column of the template; `choices` is empty where anything may be written, `others` allows more than them."""

    column: Column
    required: bool
    choices: Sequence[str]
    others: bool = False


def roster_template(plan: Plan, draw: str = "") -> bytes:
    """Return the .xlsx file for one draw of a plan, or for all of them; UsageError for a draw it does not have.

    Draws that divide students share a template, which then leaves school and grade open; those of another kind need
    to be named in a plan of several kinds.
    """
    if draw and draw not in plan.draws:
        raise UsageError("draw.unknown", draw=draw)
    chosen = [plan.draws[draw]] if draw else list(plan.draws.values())
    kinds = {item.kind for item in chosen}
    if len(kinds) > 1 and not all(item.of_students for item in chosen):
        raise UsageError("roster.template_kinds")
    fields = _student_fields(plan, chosen) if chosen[0].of_students else _people_fields(kinds)
    workbook = Workbook()
    del workbook["Sheet"]
    _write_roster(workbook.create_sheet(SHEET), fields)
    _write_instructions(workbook.create_sheet(INSTRUCTIONS), plan, fields)
    _write_lists(workbook.create_sheet(LISTS), workbook[SHEET], fields)
    return xlsx_bytes(workbook)


def _student_fields(plan: Plan, chosen: Sequence[PlanDraw]) -> list[_Field]:
    """Return the columns: what identifies a child, what the plan balances, and what the child's parents may wish."""
    attributes = {attribute.id: attribute for attribute in plan.attributes}
    listed = attributes.get("ethnicity")
    codes = (*listed.values, *(raw for raw, _ in listed.merged)) if listed else ()
    ethnicities = [ETHNICITIES.get(value, value) for value in codes]
    pins = _PINS if plan.value["pins"] else set[str]()
    choices: Mapping[str, Sequence[str]] = {
        "school": sorted({item.school for item in chosen}),
        "grade": [GRADES.get(str(grade), str(grade)) for grade in sorted({item.grade for item in chosen})],
        "sex": list(SEXES.values()),
        "document_type": [name for code, name in DOCUMENT_TYPES.items() if code != FALLBACK],
        "ethnicity": ethnicities or [*ETHNICITIES.values(), *UNCODED_ETHNICITIES],
        "twin_wish": ("同班", "分班"),
        "pin_reason": [PIN_REASONS[reason] for reason in plan.value["pins"]],
        **dict.fromkeys(("migrant", "disability", "staff_child", "consent"), _YES_NO),
    }
    # A group that the plan does not list is taken under 其他, if the plan has it; the roster should still name it.
    others = {"ethnicity"} if OTHER in ethnicities else set()
    needed = {column.field for column in STUDENTS.columns if column.required} | attributes.keys()
    return [
        _Field(column, column.field in needed, choices.get(column.field, ()), column.field in others)
        for column in STUDENTS.columns
        if column.field in needed | _ALWAYS | pins
    ]


def _people_fields(kinds: set[str]) -> list[_Field]:
    types = [name for code, name in DOCUMENT_TYPES.items() if code != FALLBACK]
    columns = (TEAMS if kinds == {TEACHERS} else PERSONS).columns
    return [_Field(column, column.required, types if column.field == "document_type" else ()) for column in columns]


def _write_roster(sheet: Worksheet, fields: Sequence[_Field]) -> None:
    """Write the header; every cell below is text, so that no digit is lost and no date made."""
    sheet.append([("★" if field.required else "") + field.column.title for field in fields])
    for index, field in enumerate(fields, start=1):
        head = sheet.cell(1, index)
        head.font = Font(bold=True)
        head.fill = _REQUIRED if field.required else _OPTIONAL
        head.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        head.border = Border(bottom=_LINE, right=_LINE)
        dimension = sheet.column_dimensions[get_column_letter(index)]
        dimension.width = _WIDE.get(field.column.field, _USUAL_WIDTH)
        dimension.number_format = "@"
    sheet.row_dimensions[1].height = 32
    sheet.freeze_panes = "A2"


def _write_lists(sheet: Worksheet, roster: Worksheet, fields: Sequence[_Field]) -> None:
    """Write the choices to a hidden sheet, one column each, and hang them on the roster's cells."""
    sheet.sheet_state = "hidden"
    number = 0
    for index, field in enumerate(fields, start=1):
        if not field.choices:
            continue
        number += 1
        for row, choice in enumerate(field.choices, start=1):
            sheet.cell(row, number, choice).number_format = "@"
        letter, own = get_column_letter(number), get_column_letter(index)
        said = text("roster.template_choice", title=field.column.title, english=field.column.english)
        validation = DataValidation(
            type="list",
            formula1=f"{quote_sheetname(LISTS)}!${letter}$1:${letter}${len(field.choices)}",
            allow_blank=True,
            errorStyle="warning" if field.others else "stop",
            errorTitle=field.column.title,
            error=f"{said.zh}\n{said.en}",
        )
        validation.add(f"{own}2:{own}{ROWS + 1}")
        roster.add_data_validation(validation)


def _write_instructions(sheet: Worksheet, plan: Plan, fields: Sequence[_Field]) -> None:
    """Write what each column wants, in a sheet that the import skips."""
    lead = text("roster.template_lead", title=plan.value["title"], year=plan.year)
    sheet.append([f"{lead.zh}\n{lead.en}"])
    for field in fields:
        said = text(f"roster.template_{field.column.field}")
        title = ("★" if field.required else "") + field.column.title
        sheet.append([f"{title}（{field.column.english}）", f"{said.zh}\n{said.en}"])
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 34, 100
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet["A1"].font = Font(bold=True)
    sheet.merge_cells("A1:B1")
    sheet.row_dimensions[1].height = 64
    for index in range(2, sheet.max_row + 1):
        sheet.row_dimensions[index].height = 34
