"""The bureau's private store: names, numbers, attributes, salts. Separate from the ledger, never published.

Everything the ledger commits to is durable here before its entry is appended.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from verifiable_draw.entries import CLASSES
from verifiable_draw.errors import UsageError
from verifiable_draw.freeze import FrozenRoster, Person, YearKey, person
from verifiable_draw.own_database import Tables, open_database, write_row, write_rows
from verifiable_draw.rosters import Student, Where
from verifiable_draw.rosters.identity import identity_key
from verifiable_draw.rosters.student import Grade
from verifiable_draw.slip_codes import Slip

TABLES: Tables = {
    "imported": ({"school": str, "grade": int, "kind": str, "students": str, "year": int}, ("school", "grade", "kind")),
    "import_history": (
        {
            "school": str, "grade": int, "kind": str, "number": int, "year": int, "time": str, "rows": int,
            "added": int, "left": int, "changed": int, "students": bytes,
        },
        ("school", "grade", "kind", "number"),
    ),
    "admission": ({"year": int, "school": str, "grade": int, "number": int}, ("year", "school", "grade")),
    "submission": ({"hash": str, "session": str, "draw": str, "salt": str, "students": str}, "hash"),
    "frozen": ({"root": str, "session": str, "draw": str, "sealed": bytes, "students": str}, "root"),
    "year_key": ({"year": int, "key": str, "salt": str}, "year"),
    "complaint": ({"hash": str, "number": str, "salt": str, "words": str}, "hash"),
}


@dataclass(frozen=True, slots=True)
class Import:
    """One accepted import of a school's grade: what it held, and what it changed against the one before.

    `number` counts from 1 for a school, grade and kind; `time` is "" and `year` 0 where nobody said them.
    """

    school: str
    grade: int
    kind: str
    number: int
    year: int
    time: str
    rows: int
    added: int
    left: int
    changed: int


class PrivateStore:
    """SQLite file beside the ledger, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = open_database(path, TABLES)

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def _write(self, table: str, row: dict[str, Any]) -> None:
        write_row(self.database, self.path, table, row)

    def _row(self, table: str, where: str, values: Sequence[object]) -> dict[str, Any] | None:
        return next(iter(self.database[table].rows_where(where, list(values))), None)

    # Rosters as imported and submitted

    def save_imported(
        self,
        school: str,
        grade: int,
        students: Sequence[Student],
        kind: str = CLASSES,
        *,
        year: int = 0,
        time: str = "",
    ) -> None:
        """Keep a good import of a school's grade for a kind of draw; it becomes the last one."""
        self.save_imports({(school, grade): students}, kind, year=year, time=time)

    def save_imports(
        self, groups: Mapping[Grade, Sequence[Student]], kind: str = CLASSES, *, year: int, time: str
    ) -> None:
        """Keep all schools and grades of one import, or none of them. Earlier imports stay in the history."""
        rows: list[tuple[str, dict[str, Any]]] = []
        for (school, grade), students in groups.items():
            key = {"school": school, "grade": grade, "kind": kind}
            dumped = _dump(students)
            added, left, changed = _differences(self.imported(school, grade, kind) or [], students)
            number = self.database.table("import_history").count_where(
                "school = ? and grade = ? and kind = ?", [school, grade, kind]
            )
            figures = {"rows": len(students), "added": added, "left": left, "changed": changed}
            kept = {"number": number + 1, "year": year, "time": time, "students": zlib.compress(dumped.encode())}
            rows.append(("import_history", key | figures | kept))
            rows.append(("imported", key | {"year": year, "students": dumped}))
        write_rows(self.database, self.path, rows)

    def history(self, school: str = "") -> list[Import]:
        """Every import, oldest first within a school, grade and kind; of one school if it is named."""
        names = [field.name for field in fields(Import)]
        where = "school = ?" if school else "1 = 1"
        rows = self.database["import_history"].rows_where(
            where, [school] if school else [], order_by="school, grade, kind, number", select=", ".join(names)
        )
        return [Import(**row) for row in rows]

    def earlier_import(self, school: str, grade: int, kind: str, number: int) -> list[Student]:
        """Students of one import of the history; UsageError if there is none of that number."""
        row = self._row(
            "import_history", "school = ? and grade = ? and kind = ? and number = ?", [school, grade, kind, number]
        )
        if row is None:
            raise UsageError("store.no_import", school=school, grade=grade, number=number)
        return _load(zlib.decompress(row["students"]).decode())

    def known_children(self, year: int) -> dict[tuple[str, str], Grade]:
        """Identity key -> school and grade, of all students that the last imports of a year hold."""
        rows = self.database["imported"].rows_where("year = ? and kind = ?", [year, CLASSES], order_by="school, grade")
        return {
            identity_key(student["document_type"], student["document_number"]): (row["school"], row["grade"])
            for row in rows
            for student in json.loads(row["students"])
        }

    # Admission figures

    def save_admissions(self, year: int, figures: Mapping[Grade, int]) -> None:
        """Keep how many children were admitted, by school and grade."""
        write_rows(
            self.database,
            self.path,
            (
                ("admission", {"year": year, "school": school, "grade": grade, "number": number})
                for (school, grade), number in sorted(figures.items())
            ),
        )

    def admissions(self, year: int) -> dict[Grade, int]:
        """The figures of a year."""
        rows = self.database["admission"].rows_where("year = ?", [year])
        return {(row["school"], row["grade"]): row["number"] for row in rows}

    def imported(self, school: str, grade: int, kind: str = CLASSES) -> list[Student] | None:
        """The last good import, or None."""
        row = self._row("imported", "school = ? and grade = ? and kind = ?", [school, grade, kind])
        return _load(row["students"]) if row else None

    def save_submission(self, digest: str, session: str, draw: str, salt: bytes, students: Sequence[Student]) -> None:
        """Keep what a school submitted, by its salted hash."""
        self._write(
            "submission",
            {"hash": digest, "session": session, "draw": draw, "salt": salt.hex(), "students": _dump(students)},
        )

    def submission(self, digest: str) -> list[Student]:
        """The students of a submission; UsageError if this store does not have it."""
        row = self._row("submission", "hash = ?", [digest])
        if row is None:
            raise UsageError("store.no_submission", digest=digest[:12])
        return _load(row["students"])

    # Frozen rosters

    def save_frozen(self, session: str, draw: str, frozen: FrozenRoster) -> None:
        """Keep sealed plaintext and who is in which unit, by the roster root."""
        people = [
            [[_fields(s), slip.secret.hex(), slip.second.hex()] for s, slip in unit] for unit in frozen.students
        ]
        self._write(
            "frozen",
            {
                "root": frozen.summary["roster_root"],
                "session": session,
                "draw": draw,
                "sealed": frozen.sealed,
                "students": json.dumps(people, ensure_ascii=False),
            },
        )

    def sealed(self, root: str) -> bytes:
        """Sealed plaintext of the roster with this root."""
        return bytes(self._frozen(root)["sealed"])

    def people(self, root: str) -> list[list[Student]]:
        """Students by unit index of the roster with this root."""
        return [[student for student, _slip in unit] for unit in self.holders(root)]

    def holders(self, root: str) -> list[list[tuple[Student, Slip]]]:
        """Students with their slips, by unit index and member, of the roster with this root."""
        return _holders(self._frozen(root)["students"])

    def slips(self, session: str, draw: str) -> dict[Person, Slip]:
        """Slips of every student who ever stood in a frozen roster of the draw: a corrected roster keeps them (R12)."""
        rows = self.database["frozen"].rows_where("session = ? and draw = ?", [session, draw])
        return {
            person(student): slip
            for row in rows
            for unit in _holders(row["students"])
            for student, slip in unit
        }

    def _frozen(self, root: str) -> dict[str, Any]:
        row = self._row("frozen", "root = ?", [root])
        if row is None:
            raise UsageError("store.no_roster", root=root[:12])
        return row

    # Complaints

    def save_complaint(self, digest: str, number: str, salt: bytes, words: str) -> None:
        """Keep the words of a complaint by their salted hash: the ledger's entry has nothing else of them."""
        self._write("complaint", {"hash": digest, "number": number, "salt": salt.hex(), "words": words})

    def drop_complaint(self, digest: str) -> None:
        """Forget the words of a complaint that was not entered."""
        with self.database.conn:
            self.database.table("complaint").delete_where("hash = ?", [digest])

    def complaint(self, digest: str) -> tuple[bytes, str] | None:
        """Salt and words that have this hash; None if this store does not have them."""
        row = self._row("complaint", "hash = ?", [digest])
        return (bytes.fromhex(row["salt"]), str(row["words"])) if row else None

    # Year key

    def year_key(self, year: int, fresh: YearKey | None = None) -> YearKey:
        """The year's key; the first call of a year stores `fresh`."""
        row = self._row("year_key", "year = ?", [year])
        if row is not None:
            return YearKey(bytes.fromhex(row["key"]), bytes.fromhex(row["salt"]))
        if fresh is None:
            raise UsageError("store.no_year_key", year=year)
        self._write("year_key", {"year": year, "key": fresh.key.hex(), "salt": fresh.salt.hex()})
        return fresh


def _differences(before: Sequence[Student], after: Sequence[Student]) -> tuple[int, int, int]:
    """How many students came, left, or are described otherwise; where they stand in files does not matter."""
    nowhere = Where("", "", 0)
    old, new = (
        {identity_key(s.document_type, s.document_number): replace(s, where=nowhere) for s in students}
        for students in (before, after)
    )
    changed = sum(old[key] != new[key] for key in old.keys() & new.keys())
    return len(new.keys() - old.keys()), len(old.keys() - new.keys()), changed


def _dump(students: Sequence[Student]) -> str:
    return json.dumps([_fields(student) for student in students], ensure_ascii=False)


def _fields(value: Student | Where) -> dict[str, Any]:
    """A student's fields, `where` as an object; many times faster than dataclasses.asdict."""
    fields = {name: getattr(value, name) for name in value.__slots__}
    return fields | {"where": _fields(value.where)} if isinstance(value, Student) else fields


def _student(value: dict[str, Any]) -> Student:
    several = {name: tuple(value[name]) for name in ("barred", "teaching")}
    return Student(**{**value, **several, "where": Where(**value["where"])})


def _holders(text: str) -> list[list[tuple[Student, Slip]]]:
    units = json.loads(text)
    return [
        [(_student(fields), Slip(bytes.fromhex(secret), bytes.fromhex(second))) for fields, secret, second in unit]
        for unit in units
    ]


def _load(text: str) -> list[Student]:
    return [_student(value) for value in json.loads(text)]
