"""The registration audit: where children stand beside where 学籍 has them (spec/year.md Y5). Pure.

Bureau and inspector run the same comparison: it takes the year key, the sealed rosters' plaintexts with the class
lists, the approvals, and the rows of the export; nothing of the bureau's working database.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ledger.canonical import encode
from verifiable_draw import entries
from verifiable_draw.errors import DataError
from verifiable_draw.freeze import document_nullifier
from verifiable_draw.rosters.codes import FALLBACK, HOUSEHOLD_BOOK, OTHER_DOCUMENT, RESIDENT_CARD
from verifiable_draw.rosters.identity import identity_key
from verifiable_draw.rosters.student import Grade
from verifiable_draw.schema import array, either, hash32, integer, one_of, record, school, strict, text
from verifiable_draw.year.book import Item
from verifiable_draw.year.class_words import OTHER_CLASS
from verifiable_draw.year.export_file import Export, Registered
from verifiable_draw.year.standing import OUTSIDE, Child, ClassList, Misfit, Place, drawn, standing

KINDS = DOUBLE, EXTRA, MISSING, MOVED, AMENDED, SAME = ("double", "extra", "missing", "moved", "amended", "same")
UNEXPLAINED = (DOUBLE, EXTRA, MISSING, MOVED)

_class = integer(0, OTHER_CLASS)
_ROW = record(
    {
        "drawn": _class,
        "found": _class,
        "grade": entries.grade,
        "kind": one_of(*(kind for kind in KINDS if kind != SAME)),
        "nullifier": hash32,
        "reason": either(one_of(""), hash32),
        "school": school,
        "standing": _class,
    }
)
_COUNTS = record({"grade": entries.grade, "school": school} | dict.fromkeys(KINDS, entries.number))
_TEACHER = record({"class": _class, "grade": entries.grade, "name": text(1, 100), "school": school})
_FILE = record(
    {
        "export": hash32,
        "rows": array(_ROW),
        "schools": array(_COUNTS, 1, 400),
        "students": entries.number,
        "teachers": array(_TEACHER),
        "through": entries.number,
        "year": entries.year,
    }
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A draw that counts: school, grade, sealed roster's plaintext (decoded), class of every unit, publishing entry."""

    school: str
    grade: int
    roster: Mapping[str, Any]
    classes: Sequence[int]
    seq: int = -1


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the export is compared with, whoever gathers it.

    `approvals`: (request, approval) of the year in the ledger's order. `through`: size of the ledger.
    """

    year: int
    year_key: bytes
    through: int
    lists: Sequence[ClassList]
    approvals: Sequence[tuple[Item, Item]]

    @classmethod
    def of(
        cls, year: int, year_key: bytes, through: int, draws: Iterable[Sealed], approvals: Iterable[tuple[Item, Item]]
    ) -> Drawn:
        """Gather it; DataError if a sealed roster has another year key."""
        lists = []
        for draw in draws:
            if draw.roster["year_key"] != year_key.hex():
                raise DataError("registration.other_key", draw=draw.roster["draw"])
            lists.append(ClassList(draw.school, draw.grade, drawn(draw.roster, draw.classes), draw.seq))
        of_the_year = tuple(pair for pair in approvals if pair[0].year == year)
        return cls(year, year_key, through, tuple(lists), of_the_year)

    def standing(self) -> tuple[dict[Place, Child], list[Misfit]]:
        """Where every child is (Y4)."""
        return standing(self.lists, self.approvals)

    @property
    def grades(self) -> set[Grade]:
        """Schools and grades of which a draw counts."""
        return {(one.school, one.grade) for one in self.lists}


@dataclass(frozen=True, slots=True)
class Row:
    """One child in one school's grade; the fields of an audit file's row, in its order."""

    drawn: int
    found: int
    grade: int
    kind: str
    nullifier: str
    reason: str
    school: str
    standing: int

    def order(self) -> tuple[str, int, str, str]:
        """Sort key of Y5."""
        return self.school, self.grade, self.nullifier, self.kind


@dataclass(frozen=True, slots=True)
class Audit:
    """The comparison. `rows`: every child, also those that are `same`; `found`: nullifier -> its rows of the export."""

    year: int
    export: str
    students: int
    through: int
    rows: Sequence[Row]
    schools: Sequence[Mapping[str, Any]]
    teachers: Sequence[Mapping[str, Any]]
    found: Mapping[str, Sequence[Registered]]
    misfits: Sequence[Misfit]

    def totals(self) -> dict[str, int]:
        """Rows of each kind."""
        return {kind: sum(int(one[kind]) for one in self.schools) for kind in KINDS}

    def encode(self) -> bytes:
        """The audit file (Y5)."""
        return encode(
            {
                "export": self.export,
                "rows": [asdict(row) for row in self.rows if row.kind != SAME],
                "schools": [dict(one) for one in self.schools],
                "students": self.students,
                "teachers": [dict(one) for one in self.teachers],
                "through": self.through,
                "year": self.year,
            }
        )

    def body(self) -> dict[str, Any]:
        """Body of `registration.checked`."""
        data = self.encode()
        return {
            "export": self.export,
            "report": hashlib.sha256(data).hexdigest(),
            "schools": [dict(one) for one in self.schools],
            "size": len(data),
            "students": self.students,
            "year": self.year,
        }


def audit(drawn_: Drawn, export: Export) -> Audit:
    """Compare an export without problems with the draws of its year."""
    children, misfits = drawn_.standing()
    found = matched(drawn_.year_key, export.rows, {place[0] for place in children})
    rows = compare(children, found, drawn_.grades)
    numbers = counts(rows, drawn_.grades)
    return Audit(
        drawn_.year, export.hash, len(export.rows), drawn_.through, rows, numbers, teachers(export), found, misfits
    )


def teachers(export: Export) -> tuple[dict[str, Any], ...]:
    """Every homeroom teacher whom the export names, sorted by school, grade, class, name."""
    return tuple(
        {"class": number, "grade": grade, "name": name, "school": code}
        for (code, grade), classes in sorted(export.homerooms().items())
        for number, names in sorted(classes.items())
        for name in sorted(names)
    )


def nullifiers(year_key: bytes, row: Registered) -> Iterator[str]:
    """Every nullifier that a row's child may have, the first one first, some perhaps twice (Y5)."""
    written = (row.document_type, row.document_number)
    first = identity_key(*written)
    documents = [first, written]
    if first[0] == RESIDENT_CARD:
        number = first[1]
        documents += [(kind, number) for kind in (HOUSEHOLD_BOOK, OTHER_DOCUMENT, FALLBACK)]
        documents.append((FALLBACK, f"G{number}"))
    if row.registration:
        documents.append((FALLBACK, row.registration))
        bare = identity_key(FALLBACK, row.registration)
        documents += [bare] if bare[0] == RESIDENT_CARD else []
    for document_type, number in documents:
        yield document_nullifier(year_key, document_type, number).hex()


def matched(year_key: bytes, rows: Iterable[Registered], known: Collection[str]) -> dict[str, list[Registered]]:
    """Rows by the nullifier that their child has."""
    found: defaultdict[str, list[Registered]] = defaultdict(list)
    for row in rows:
        marks = nullifiers(year_key, row)
        first = next(marks)
        mark = first if first in known else next((mark for mark in marks if mark in known), first)
        found[mark].append(row)
    return dict(found)


def compare(
    children: Mapping[Place, Child], found: Mapping[str, Sequence[Registered]], grades: Collection[Grade]
) -> tuple[Row, ...]:
    """One row for every child of either side in every school's grade where it has a place, sorted (Y5)."""
    known = {place[0] for place in children}
    places = dict.fromkeys(children)
    for mark, several in found.items():
        for one in several:
            if mark in known or (one.school, one.grade) in grades:
                places[mark, one.school, one.grade] = None
    nobody = Child(OUTSIDE, OUTSIDE)
    rows = []
    for place in places:
        mark, of_school, grade = place
        child, several = children.get(place, nobody), found.get(mark, ())
        here = min((one.number for one in several if (one.school, one.grade) == (of_school, grade)), default=0)
        kind = kind_of(child, here, len(several))
        reason = child.reason if kind == AMENDED else ""
        rows.append(Row(child.drawn, here, grade, kind, mark, reason, of_school, child.standing))
    return tuple(sorted(rows, key=Row.order))


def kind_of(child: Child, found: int, times: int) -> str:
    """Kind of a row: class found here, and how often the whole export has the child."""
    if times > 1:
        return DOUBLE
    if found != child.standing:
        if not child.standing:
            return EXTRA
        return MOVED if found else MISSING
    return SAME if child.standing == child.drawn else AMENDED


def counts(rows: Iterable[Row], grades: Collection[Grade]) -> tuple[dict[str, Any], ...]:
    """Numbers of rows for every school's grade that was drawn or is in a row, sorted."""
    found: dict[Grade, Counter[str]] = {grade: Counter() for grade in grades}
    for row in rows:
        found.setdefault((row.school, row.grade), Counter())[row.kind] += 1
    return tuple(
        {"grade": grade, "school": code} | {kind: numbers[kind] for kind in KINDS}
        for (code, grade), numbers in sorted(found.items())
    )


def parse_audit(data: bytes) -> Mapping[str, Any]:
    """Read an audit file strictly; DataError. Its rows are sorted and are those that its numbers count."""
    file: Mapping[str, Any] = strict(data, _FILE, "registration.malformed")
    rows = [Row(**row) for row in file["rows"]]
    order = [row.order() for row in rows]
    keys = [(one["school"], one["grade"]) for one in file["schools"]]
    same = {(one["school"], one["grade"]): one[SAME] for one in file["schools"]}
    named = [(one["school"], one["grade"], one["class"], one["name"]) for one in file["teachers"]]
    facts = {
        "teachers": named == sorted(set(named)),
        "rows": order == sorted(set(order)),
        "schools": keys == sorted(set(keys)),
        "numbers": [dict(one) for one in file["schools"]]
        == [one | {SAME: same.get((one["school"], one["grade"]), -1)} for one in counts(rows, keys)],
        "reason": all(bool(row.reason) == (row.kind == AMENDED) for row in rows),
        "kind": all(row.kind in (DOUBLE, kind_of(Child(row.drawn, row.standing), row.found, 1)) for row in rows),
    }
    for name, good in facts.items():
        if not good:
            raise DataError("registration.malformed", detail=name)
    return file
