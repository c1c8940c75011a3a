"""Imports roster workbooks: reads every file, compares all rows, and returns everything in one report."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from verifiable_draw.rosters.crosscheck import crosscheck
from verifiable_draw.rosters.findings import Findings
from verifiable_draw.rosters.rosterfile import Draft, read_file
from verifiable_draw.rosters.student import ImportReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def import_rosters(paths: Sequence[Path], progress: Callable[[int, int], None] | None = None) -> ImportReport:
    """Read every sheet of every workbook and report all problems of all files at once.

    `progress` is called with the number of files read and of files in all. A path given twice is read once. Nothing
    about a file raises: an unreadable one is a problem like any other. Students are sorted by school, grade,
    document type and number, so they do not depend on the order of files, sheets or rows.
    """
    labels = labels_of(paths)
    findings = Findings()
    drafts: list[Draft] = []
    for done, path in enumerate(sorted(labels, key=labels.__getitem__), start=1):
        drafts += read_file(path, labels[path], findings)
        if progress is not None:
            progress(done, len(labels))
    crosscheck(drafts, findings)
    students = [student for draft in drafts if (student := draft.student()) is not None]
    students.sort(key=lambda student: student.order())
    return ImportReport(tuple(students), findings.problems(), findings.repairs())


def labels_of(paths: Sequence[Path]) -> dict[Path, str]:
    """Return resolved path -> how places name the file: its name, with the folder where two files share one."""
    resolved = dict.fromkeys(path.resolve() for path in paths)
    names = Counter(path.name for path in resolved)
    longer = Counter(f"{path.parent.name}/{path.name}" for path in resolved)
    labels = {}
    for path in resolved:
        with_folder = f"{path.parent.name}/{path.name}"
        unique = str(path) if longer[with_folder] > 1 else with_folder
        labels[path] = path.name if names[path.name] == 1 else unique
    return labels
