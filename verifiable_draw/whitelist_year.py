"""Rows of the site's page of a year (whitelist.py says where they may stand): schools, teachers, numbers; no child.

Teachers' names are public by the county plan (spec/year.md Y3). Moves, complaints and registration are numbers alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublicYear:
    """What holds for a year: dates are "", `complaint_days` 0 until entered; `as_of`: day of the last entry."""

    year: int
    as_of: str
    draw_by: str
    term: tuple[str, ...]
    late_dates: tuple[str, ...]
    complaint_days: int
    document: str


@dataclass(frozen=True, slots=True)
class PublicGrade:
    """A registered school's grade: `state` of status.py, session that counts, `filing` "", submitted or approved."""

    school: str
    school_name: str
    grade: int
    classes: int
    state: str
    session: str
    filing: str
    teachers: bool
    late: int


@dataclass(frozen=True, slots=True)
class PublicShortlist:
    """A shortlist in force: hash of its file, bytes (0 if the file is not here), entries that filed and approved it."""

    school: str
    school_name: str
    grade: int
    sha256: str
    size: int
    filed: int
    approved: int


@dataclass(frozen=True, slots=True)
class PublicTeacher:
    """A row of a shortlist in force; `replaced`: entry by which this teacher came in the place of another, or 0."""

    school: str
    grade: int
    number: int
    teacher: str
    subject: str
    title: str
    years: int
    replaced: int


@dataclass(frozen=True, slots=True)
class PublicMoves:
    """Children that a school asked to move, and of them those approved, by kind: numbers."""

    school: str
    school_name: str
    grade: int
    kind: str
    asked: int
    approved: int


@dataclass(frozen=True, slots=True)
class PublicComplaints:
    """Numbers of complaints of a kind: all, decided, of these after the term, and overdue without a decision."""

    kind: str
    received: int
    decided: int
    late: int
    overdue: int


@dataclass(frozen=True, slots=True)
class PublicChecked:
    """The last registration audit: entry, day, rows of the export, hash of the file with every child (not public)."""

    seq: int
    day: str
    students: int
    report: str


@dataclass(frozen=True, slots=True)
class PublicInspection:
    """An inspection that is entered: day, and its findings by severity."""

    seq: int
    day: str
    report: str
    violations: int
    open: int
    notes: int


@dataclass(frozen=True, slots=True)
class PublicFindings:
    """Findings of a type in a year's inspections: all of them, and those closed."""

    type: str
    severity: str
    found: int
    closed: int
