"""Roster workbooks to checked students or people: two ways in, everything else is what they return."""

from __future__ import annotations

from verifiable_draw.rosters.importing import import_rosters
from verifiable_draw.rosters.people import import_people
from verifiable_draw.rosters.student import (
    ImportReport,
    Notice,
    Problem,
    Repair,
    Student,
    Where,
    notice_lines,
    place,
    problem_lines,
    report_json,
)

__all__ = [
    "ImportReport",
    "Notice",
    "Problem",
    "Repair",
    "Student",
    "Where",
    "import_people",
    "import_rosters",
    "notice_lines",
    "place",
    "problem_lines",
    "report_json",
]
