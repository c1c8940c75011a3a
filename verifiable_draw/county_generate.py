"""Writes a whole generated county to a folder, one workbook a school, and what import must say of every file.

Kinds of mess are dealt to the workbooks one after the other, never two to one that touch the same cells, so that what
must be said of a workbook is what must be said of each of its kinds. All errors go to one workbook of three sheets.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verifiable_draw.county import SchoolSpec, Seed, generate_students, school_specs
from verifiable_draw.county_errors import ERRORS
from verifiable_draw.county_formats import FORM_SAYS, FORMS
from verifiable_draw.county_mess import MESS, ONE_SHEET_CANNOT, clash
from verifiable_draw.county_workbooks import write_workbook
from verifiable_draw.errors import UsageError
from verifiable_draw.files import write_durable
from verifiable_draw.rosters.student import Student

EXPECTED = "expected.json"
ALL = "all"
SPARE = 10
"""Students on each of the two further sheets of the workbook with errors."""

_ERRORS_FORM = "xlsx"
"""Errors of whole sheets need a workbook, and cells that hold numbers."""


@dataclass(slots=True)
class _Workbook:
    """One school's file before it is written."""

    spec: SchoolSpec
    form: str
    mess: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.spec.code}-{self.spec.grade}{FORMS[self.form][0]}"

    def takes(self, kind: str) -> bool:
        """Whether a kind of mess fits beside those the workbook has."""
        if self.errors or (self.form.startswith("csv") and kind in ONE_SHEET_CANNOT):
            return False
        return not any(clash(kind, other) for other in self.mess)


def generate(
    out: Path,
    schools: int,
    students: int,
    seed: Seed,
    *,
    region: str = "guizhou",
    mess: Sequence[str] = (),
    errors: Sequence[str] = (),
    forms: Sequence[str] = ("xlsx",),
) -> dict[str, Any]:
    """Write the county; returns what stands in expected.json. "all" stands for every name of MESS, ERRORS or FORMS.

    UsageError for unknown names, numbers that do not fit, more kinds of mess than the workbooks can take, or a
    largest school too small for the errors.
    """
    kinds, faults, suffixes = (
        _names(given, known) for given, known in ((mess, MESS), (errors, ERRORS), (forms, FORMS))
    )
    specs = school_specs(schools, students, seed)
    books = [_Workbook(spec, suffixes[index % len(suffixes)]) for index, spec in enumerate(specs)]
    if faults:
        worst = max(books, key=lambda book: (book.spec.students, book.spec.code))
        worst.errors, worst.form = faults, _ERRORS_FORM
    _deal(kinds, books)
    files = [_write(out, book, generate_students(book.spec, seed, region)) for book in books]
    expected = {"files": files, "region": region, "seed": seed if isinstance(seed, str) else seed.hex()}
    write_durable(out / EXPECTED, json.dumps(expected, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n")
    return expected


def _names(given: Sequence[str], known: Any) -> list[str]:  # noqa: ANN401  a mapping by name
    names = list(known) if ALL in given else list(dict.fromkeys(given))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError("roster.county_mess", names=", ".join(unknown))
    return names


def _deal(kinds: Sequence[str], books: Sequence[_Workbook]) -> None:
    """Give every kind to the next workbook that can take it."""
    for index, kind in enumerate(kinds):
        turn = [books[(index + step) % len(books)] for step in range(len(books))]
        taker = next((book for book in turn if book.takes(kind)), None)
        if taker is None:
            raise UsageError("roster.county_deal", name=kind)
        taker.mess.append(kind)


def _write(out: Path, book: _Workbook, students: Sequence[Student]) -> dict[str, Any]:
    """Write one workbook; returns what import must say of it."""
    out.mkdir(parents=True, exist_ok=True)
    sheets = {"名册": students}
    if book.errors:
        first = len(students) - 2 * SPARE
        parts = (students[:first], students[first:-SPARE], students[-SPARE:])
        sheets = {f"名册{number}": part for number, part in enumerate(parts, start=1)}
    said = write_workbook(out / book.name, sheets, mess=[*book.mess, *book.errors], form=book.form)
    return {
        "errors": sorted(book.errors),
        "file": book.name,
        "form": book.form,
        "grade": book.spec.grade,
        "mess": sorted(book.mess),
        "problems": sorted({ERRORS[name] for name in book.errors}),
        "repairs": sorted(said | FORM_SAYS.get(book.form, frozenset())),
        "school": book.spec.code,
        "school_name": book.spec.name,
        "students": len(students),
    }
