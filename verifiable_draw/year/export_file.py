"""Reads exports of student registration (学籍) to rows that can be compared with the draw (spec/year.md Y5).

Two steps: every cell of every file, so that all problems are known at once; then, with what the year's draws say,
which school, grade and class each row means. Nothing here knows who was drawn where.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger.canonical import encode
from verifiable_draw.files import read as read_bytes
from verifiable_draw.rosters.codes import EXPORT, Table
from verifiable_draw.rosters.findings import Findings
from verifiable_draw.rosters.identity import identity_key
from verifiable_draw.rosters.importing import Progress, labels_of, read_all
from verifiable_draw.rosters.rosterfile import Draft
from verifiable_draw.rosters.student import Grade, ImportReport, Notice, Where
from verifiable_draw.texts import text
from verifiable_draw.year.class_words import (
    JUNIOR,
    OTHER_CLASS,
    PRIMARY,
    Division,
    Words,
    class_words,
    entry_year,
    grade_words,
)
from verifiable_draw.year.export_cells import read_file

STARTING = (PRIMARY, JUNIOR)
NOWHERE = Where("", "", 0)


@dataclass(frozen=True, slots=True)
class Registered:
    """One row of an export: a child in a class. `number`: the class of the draw, OTHER_CLASS for none of its."""

    school: str
    grade: int
    number: int
    name: str
    document_type: str
    document_number: str
    registration: str = ""
    teacher: str = ""
    where: Where = NOWHERE


@dataclass(frozen=True, slots=True)
class Export:
    """Rows of all files, repeated ones once; with a problem in `report` they are incomplete and must not be used.

    `hash`: SHA-256 of the file, of several that of the canonical array of theirs, ascending; "" with a problem.
    """

    rows: tuple[Registered, ...]
    report: ImportReport
    hash: str

    def homerooms(self) -> dict[Grade, dict[int, tuple[str, ...]]]:
        """School and grade -> class -> its homeroom teachers, if the export names them; more than one is odd."""
        found: defaultdict[Grade, defaultdict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for row in self.rows:
            if row.teacher:
                found[row.school, row.grade][row.number].add(row.teacher)
        return {
            grade: {number: tuple(sorted(names)) for number, names in sorted(classes.items())}
            for grade, classes in sorted(found.items())
        }


def export_hash(paths: Sequence[Path]) -> str:
    """SHA-256 of the file, or of the list of those of several, whatever their order (Y5)."""
    hashes = sorted({hashlib.sha256(read_bytes(path)).hexdigest() for path in paths})
    return hashes[0] if len(hashes) == 1 else hashlib.sha256(encode(hashes)).hexdigest()


def read_export(
    paths: Sequence[Path],
    year: int,
    divisions: Mapping[Grade, Division],
    schools: Mapping[str, str],
    *,
    table: Table = EXPORT,
    progress: Progress = lambda _done, _files, _rows: None,
) -> Export:
    """Read every sheet of every file; all problems at once, none of a file's content raises.

    `divisions`: school and grade -> how its draw divided it. `schools`: code -> name, for files that have the name
    alone. `table`: titles of columns, see `rosters.mapping`.
    """
    labels = labels_of(paths)
    ordered = sorted(labels, key=labels.__getitem__)
    resolver = _Resolver(year, divisions, _codes(schools))
    drafts = 0
    for done, (read, met) in enumerate(read_all(ordered, labels, table, progress, read_file), start=1):
        resolver.findings.absorb(met)
        resolver.take(labels[ordered[done - 1]], read, refused=bool(met.count()))
        drafts += len(read)
        progress(done, len(labels), drafts)
    rows = resolver.finish()
    findings = resolver.findings
    report = ImportReport((), findings.problems(), findings.repairs(), tuple(resolver.notices))
    return Export(rows, report, "" if report.problems else export_hash(ordered))


def _codes(schools: Mapping[str, str]) -> dict[str, str]:
    """Name -> code of the schools whose name no other one has."""
    names = Counter(schools.values())
    return {name: code for code, name in schools.items() if names[name] == 1}


@dataclass(slots=True)
class _File:
    """What a file's rows say of grades and years, to tell that it is another year's."""

    rows: int = 0
    starting: int = 0
    classless: int = 0
    shown: set[str] = field(default_factory=set)
    entered: Counter[int] = field(default_factory=Counter)


@dataclass(slots=True)
class _Resolver:
    """Makes rows of drafts, file by file, and remembers what is said once at the end."""

    year: int
    divisions: Mapping[Grade, Division]
    codes: Mapping[str, str]
    findings: Findings = field(default_factory=Findings)
    notices: list[Notice] = field(default_factory=list)
    rows: dict[tuple[str, int, int, tuple[str, str]], Registered] = field(default_factory=dict)
    repeated: Counter[tuple[str, str]] = field(default_factory=Counter)
    others: defaultdict[Grade, list[Where]] = field(default_factory=lambda: defaultdict(list))
    classless: Counter[str] = field(default_factory=Counter)
    unsaid: set[tuple[str, str, str, str]] = field(default_factory=set)

    def take(self, label: str, drafts: Sequence[Draft], *, refused: bool) -> None:
        """Take in one file; `refused`: it has problems already."""
        file, before = _File(), self.findings.count()
        for draft in drafts:
            file.rows += 1
            self._row(draft, file)
        if drafts and not file.starting and not refused and self.findings.count() == before:
            shown = "、".join(sorted(file.shown)) or "—"
            where, values = Where(label, "", 0), {"count": file.rows, "shown": shown, "year": self.year}
            self.findings.problem(where, "registration.other_grades", **values)
        elif file.starting and file.classless == file.starting:
            self.findings.problem(Where(label, "", 0), "registration.no_classes", count=file.starting)
        elif file.entered and self.year not in file.entered and file.entered.total() == file.starting:
            shown = "、".join(map(str, sorted(file.entered)))
            self.findings.problem(Where(label, "", 0), "registration.other_year", shown=shown, year=self.year)

    def _row(self, draft: Draft, file: _File) -> None:
        said = class_words(draft.values["class"] or "")
        school = self._school(draft)
        grade = self._grade(draft, said, school, file)
        if not grade:
            return
        file.starting += 1
        entered = entry_year(draft.values["entered"] or "")
        if entered:
            file.entered[entered] += 1
        values = draft.values
        if not school or values["name"] is None or values["document_type"] is None or values["document_number"] is None:
            return
        division = self.divisions.get((school, grade))
        if division is None:
            self.others[school, grade].append(draft.where)
        number = self._number(draft, division or Division(0), grade)
        if number == 0:
            file.classless += 1
            self.classless[draft.where.file] += 1
        if number:
            self._keep(
                Registered(
                    school, grade, number, values["name"], values["document_type"], values["document_number"],
                    values["registration"] or "", values["teacher"] or "", draft.where,
                )
            )  # fmt: skip

    def _school(self, draft: Draft) -> str:
        """Code of the school; by its name where there is no code."""
        code, name = draft.values["school"], draft.values["school_name"]
        if code or code is None:
            return code or ""
        if not name:
            if name is not None:
                column = "school" if "school" in draft.section.columns else "school_name"
                self.findings.cell_problem(draft.cell(column), "missing_value", column, "")
            return ""
        if name not in self.codes:
            self._once(draft, "school_name", "registration.unknown_school", name)
        return self.codes.get(name, "")

    def _grade(self, draft: Draft, said: Words, school: str, file: _File) -> int:
        """1 or 7; 0 for a row of another grade or year, or one whose grade is not told, which is reported."""
        column = draft.values["grade"]
        words = grade_words(column) if column else said
        cohort = words.cohort or said.cohort
        other_year = bool(cohort) and cohort != self.year and not (column and words.grade)
        if column is None or not self._clear(draft, words, said, other_year=other_year):
            return 0
        if other_year or words.grade:
            file.shown.add(f"{cohort}级" if other_year else f"{words.grade}年级")
            return words.grade if words.grade in STARTING and not other_year else 0
        grade = words.stage or said.stage or self._only_grade(school) or said.grade
        if not grade:
            self._once(draft, "grade" if "grade" in draft.section.columns else "class", "registration.no_grade", school)
        return grade

    def _clear(self, draft: Draft, words: Words, said: Words, *, other_year: bool) -> bool:
        """Whether the column 年级 is understood, and the class does not contradict it; in a junior school 一 is 七."""
        column = draft.values["grade"]
        if column and (words.rest or not (words.grade or words.cohort)):
            self.findings.cell_problem(draft.cell("grade"), "registration.bad_grade", "grade", column)
            return False
        meant = (words.grade, (words.grade - 1) % 6 + 1) if words.grade else STARTING
        if said.grade and said.grade not in meant and not other_year:
            self.findings.problem(draft.cell("class"), "registration.grades_differ")
            return False
        return True

    def _only_grade(self, school: str) -> int:
        grades = [grade for grade in STARTING if (school, grade) in self.divisions]
        return grades[0] if len(grades) == 1 else 0

    def _number(self, draft: Draft, division: Division, grade: int) -> int | None:
        """Class of the draw; 0 where no class is written, None where it could not be read."""
        texts = [draft.values[name] for name in ("class", "class_number")]
        words = [class_words(text) for text in texts if text is not None]
        if len(words) < len(texts):
            return None
        numbers = [division.number(one, grade, self.year) for one in words if one.whole]
        nothing = OTHER_CLASS if any(one.rest for one in words) else 0
        return next((number for number in numbers if number != OTHER_CLASS), nothing)

    def _keep(self, row: Registered) -> None:
        key = (row.school, row.grade, row.number, identity_key(row.document_type, row.document_number))
        known = self.rows.setdefault(key, row)
        if known is not row:
            self.repeated[row.where.file, known.where.file] += 1

    def _once(self, draft: Draft, column: str, code: str, school: str) -> None:
        """Report something of a school once a sheet: it is wrong in all of its rows, or in none."""
        key = (draft.where.file, draft.where.sheet, code, school)
        if key not in self.unsaid:
            self.unsaid.add(key)
            self.findings.problem(draft.cell(column), code)

    def finish(self) -> tuple[Registered, ...]:
        """What only all files together tell; the rows by school, grade, class and document."""
        rows = sorted(
            self.rows.values(),
            key=lambda row: (row.school, row.grade, row.number, row.document_type, row.document_number),
        )
        self._classes(rows)
        if rows and not any((row.school, row.grade) in self.divisions for row in rows) and not self.findings.count():
            where = Where(rows[0].where.file, "", 0)
            self.findings.problem(where, "registration.nothing_drawn", year=self.year)
        for (file, first), count in sorted(self.repeated.items()):
            self._notice(Where(file, "", 0), "repeated", count=count, first=first)
        for (school, grade), wheres in sorted(self.others.items()):
            self._notice(Where(wheres[0].file, "", 0), "not_drawn", count=len(wheres), school=school, grade=grade)
        for file, count in sorted(self.classless.items()):
            self._notice(Where(file, "", 0), "classless", count=count)
        return tuple(rows)

    def _classes(self, rows: Sequence[Registered]) -> None:
        """Say where classes are none of the draw's; if all of a school's grade are, their names are not understood."""
        groups: defaultdict[Grade, list[Registered]] = defaultdict(list)
        for row in rows:
            if (row.school, row.grade) in self.divisions:
                groups[row.school, row.grade].append(row)
        for (school, grade), several in groups.items():
            odd = [row for row in several if row.number == OTHER_CLASS]
            if not odd:
                continue
            where = min((row.where for row in odd), key=Where.order)
            values = {"count": len(odd), "school": school, "grade": grade}
            if len(odd) == len(several):
                self.findings.problem(where, "registration.no_class_known", **values)
            else:
                self._notice(where, "other_class", row=where.row, sheet=where.sheet, **values)

    def _notice(self, where: Where, code: str, **values: object) -> None:
        row = text(f"registration.notice_{code}", **values)
        self.notices.append(Notice(where, code, row.zh, row.en))
