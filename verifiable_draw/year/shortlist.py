"""The shortlist of a grade's teachers, a public file (spec/year.md Y3)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ledger.canonical import encode
from verifiable_draw import entries
from verifiable_draw.errors import DataError
from verifiable_draw.schema import array, integer, lines, record, school, strict, text

LONGEST, MOST_YEARS, MOST = 40, 60, 200
_TEACHER = record(
    {
        "name": text(1, LONGEST),
        "nullifier": entries.hash_or_nothing,
        "subject": text(0, LONGEST),
        "title": text(0, LONGEST),
        "years": integer(0, MOST_YEARS),
    }
)
_SHORTLIST = record(
    {"grade": entries.grade, "school": school, "teachers": array(_TEACHER, 1, MOST), "year": entries.year}
)


@dataclass(frozen=True, slots=True)
class Teacher:
    """A teacher as the school publishes it; `years` of service; `nullifier` (R5), "" where lots are drawn by hand."""

    name: str
    subject: str = ""
    title: str = ""
    years: int = 0
    nullifier: str = ""


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The teachers of a school's grade, in the order that gives them their numbers."""

    year: int
    school: str
    grade: int
    teachers: tuple[Teacher, ...]

    @classmethod
    def parse(cls, data: bytes) -> Shortlist:
        """Read the file strictly; DataError."""
        found: Mapping[str, Any] = strict(data, _SHORTLIST, "shortlist.malformed")
        rows = tuple(Teacher(**row) for row in found["teachers"])
        return cls(found["year"], found["school"], found["grade"], rows).checked()

    def checked(self) -> Shortlist:
        """Itself, if its form is right and no name stands twice; DataError."""
        problems = _SHORTLIST(self.value(), "")
        if problems:
            raise DataError("shortlist.malformed", detail=lines(problems))
        names = [teacher.name for teacher in self.teachers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DataError("shortlist.twice", names="、".join(twice))
        return self

    def value(self) -> dict[str, Any]:
        """The list as a JSON object."""
        rows = [asdict(teacher) for teacher in self.teachers]
        return {"grade": self.grade, "school": self.school, "teachers": rows, "year": self.year}

    def encode(self) -> bytes:
        """The file's bytes; DataError if the form is wrong."""
        return encode(self.checked().value())

    def changed_row(self, other: Shortlist) -> int:
        """Number of the one row in which another list of the same grade differs; DataError if it is not one."""
        same = (self.year, self.school, self.grade) == (other.year, other.school, other.grade)
        pairs = zip(self.teachers, other.teachers, strict=False)
        rows = [number for number, (old, new) in enumerate(pairs, 1) if old != new]
        if not same or len(self.teachers) != len(other.teachers) or len(rows) != 1:
            raise DataError("shortlist.not_one_row", number=len(rows))
        return rows[0]


_DOTS = str.maketrans(dict.fromkeys("·•‧・･∙⋅．.。", "·"))


def folded(name: str) -> str:
    """A teacher's name for comparing only: width, spaces, brackets and the dots inside names are one."""
    return "".join(unicodedata.normalize("NFKC", name).translate(_DOTS).split()).casefold()
