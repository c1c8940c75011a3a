"""Same names."""

from __future__ import annotations

from collections.abc import Sequence

from verifiable_draw.rosters.student import Student


def same_name_groups(students: Sequence[Student], *, homophones: bool) -> list[list[Student]]:
    """Groups of two or more."""
    groups: dict[str, list[Student]] = {}
    for student in students:
        groups.setdefault(student.name, []).append(student)
    return [group for group in groups.values() if len(group) > 1]
