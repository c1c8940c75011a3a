"""The bureau's private store: names, numbers, attributes, salts. Separate from the ledger, never published.

Everything the ledger commits to is durable here before its entry is appended.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from verifiable_draw.entries import CLASSES
from verifiable_draw.errors import UsageError
from verifiable_draw.freeze import FrozenRoster, YearKey
from verifiable_draw.own_database import Tables, open_database, write_row
from verifiable_draw.rosters import Student, Where

TABLES: Tables = {
    "imported": ({"school": str, "grade": int, "kind": str, "students": str}, ("school", "grade", "kind")),
    "submission": ({"hash": str, "session": str, "draw": str, "salt": str, "students": str}, "hash"),
    "frozen": ({"root": str, "session": str, "draw": str, "sealed": bytes, "students": str}, "root"),
    "year_key": ({"year": int, "key": str, "salt": str}, "year"),
}


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

    def save_imported(self, school: str, grade: int, students: Sequence[Student], kind: str = CLASSES) -> None:
        """Keep the last good import of a school's grade for a kind of draw."""
        self._write("imported", {"school": school, "grade": grade, "kind": kind, "students": _dump(students)})

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
        people = [[[_fields(s), salt.hex()] for s, salt in unit] for unit in frozen.students]
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
        units = json.loads(self._frozen(root)["students"])
        return [[_student(student) for student, _salt in unit] for unit in units]

    def identity_salts(self, root: str) -> list[list[str]]:
        """Salts of the identity parts (R4) by unit index, as hexadecimal: what slips are made from."""
        units = json.loads(self._frozen(root)["students"])
        return [[salt for _student, salt in unit] for unit in units]

    def _frozen(self, root: str) -> dict[str, Any]:
        row = self._row("frozen", "root = ?", [root])
        if row is None:
            raise UsageError("store.no_roster", root=root[:12])
        return row

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


def _dump(students: Sequence[Student]) -> str:
    return json.dumps([_fields(student) for student in students], ensure_ascii=False)


def _fields(value: Student | Where) -> dict[str, Any]:
    """A student's fields, `where` as an object; many times faster than dataclasses.asdict."""
    fields = {name: getattr(value, name) for name in value.__slots__}
    return fields | {"where": _fields(value.where)} if isinstance(value, Student) else fields


def _student(value: dict[str, Any]) -> Student:
    return Student(**{**value, "barred": tuple(value["barred"]), "where": Where(**value["where"])})


def _load(text: str) -> list[Student]:
    return [_student(value) for value in json.loads(text)]
