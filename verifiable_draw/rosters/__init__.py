"""Roster workbooks to checked students: `import_rosters` is the way in, everything else is what it returns."""

from __future__ import annotations

from verifiable_draw.rosters.importing import import_rosters
from verifiable_draw.rosters.student import ImportReport, Problem, Repair, Student, Where, place, problem_lines

__all__ = ["ImportReport", "Problem", "Repair", "Student", "Where", "import_rosters", "place", "problem_lines"]
