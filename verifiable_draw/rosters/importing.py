"""Imports roster workbooks: reads every file, compares all rows, and returns everything in one report."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from verifiable_draw.rosters.codes import STUDENTS, Table
from verifiable_draw.rosters.crosscheck import crosscheck
from verifiable_draw.rosters.findings import Findings
from verifiable_draw.rosters.names import sound_key
from verifiable_draw.rosters.notices import admission_notices, name_notices
from verifiable_draw.rosters.rosterfile import Draft, read_file
from verifiable_draw.rosters.student import Grade, ImportReport

Progress = Callable[[int, int, int], None]
"""Called with the number of files read, of files in all, and of rows read so far."""

PARALLEL_BYTES = 2 * 2**20
"""Files of so many bytes in all (about 15,000 students) are worth the half second that processes take to start."""

Read = tuple[list[Draft], Findings]
Reader = Callable[[Path, str, Table, Callable[[int], None]], Read]
"""Reads one file, given its label, the columns and what is called with the rows read; a function of a module."""


def import_rosters(
    paths: Sequence[Path],
    progress: Progress = lambda _done, _files, _rows: None,
    *,
    table: Table = STUDENTS,
    admissions: Mapping[Grade, int] | None = None,
    elsewhere: Mapping[tuple[str, str], Grade] | None = None,
    expected: Collection[Grade] | None = None,
    homophones: bool = False,
) -> ImportReport:
    """Read every sheet of every workbook and report all problems of all files at once.

    A path given twice is read once. Nothing about a file raises: an unreadable one is a problem like any other.
    Students are sorted by school, grade, document type and number, so they do not depend on the order of files,
    sheets or rows, nor on the number of processes.

    `table`: titles of columns, see `mapping`. `admissions`: (school, grade) -> number of children admitted; another
    number of rows is a notice. `elsewhere`: identity key -> school and grade of whom earlier imports of the year
    hold; a grade of which this import has rows is left out there. `expected`: schools and grades that there are; rows
    of others would be in no draw, which is a problem. `homophones`: names of equal sound are a notice
    too; UsageError if the package that knows them is missing.
    """
    if homophones:
        sound_key("")  # what is missing is said before the reading, not after
    labels = labels_of(paths)
    ordered = sorted(labels, key=labels.__getitem__)
    findings = Findings()
    drafts: list[Draft] = []
    for done, (read, met) in enumerate(read_all(ordered, labels, table, progress), start=1):
        drafts += read
        findings.absorb(met)
        progress(done, len(labels), len(drafts))
    crosscheck(drafts, findings, elsewhere or {}, expected)
    students = [student for draft in drafts if (student := draft.student()) is not None]
    students.sort(key=lambda student: student.order())
    notices = (*admission_notices(drafts, admissions or {}), *name_notices(students, homophones=homophones))
    return ImportReport(tuple(students), findings.problems(), findings.repairs(), notices, _grades(drafts))


def _grades(drafts: Sequence[Draft]) -> tuple[tuple[str, str, int], ...]:
    places = {(draft.where.file, draft.values["school"], draft.values["grade"]) for draft in drafts}
    return tuple(sorted((file, school, int(grade)) for file, school, grade in places if school and grade))


def read_all(
    paths: Sequence[Path], labels: Mapping[Path, str], table: Table, progress: Progress, reader: Reader = read_file
) -> Iterator[Read]:
    """Yield what each file gives, in order; in several processes where there is enough to read."""
    workers = min(len(paths), os.cpu_count() or 1)
    if workers > 1 and sum(map(_size, paths)) >= PARALLEL_BYTES:
        # Spawned, not forked: a server with threads may be what imports.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, context, _leave_interrupts_to_the_parent) as pool:
            yield from pool.map(reader, paths, map(labels.__getitem__, paths), [table] * len(paths))
        return
    rows = 0
    for number, path in enumerate(paths):
        # Called before the next turn of the loop changes what it refers to.
        read = reader(path, labels[path], table, lambda own: progress(number, len(paths), rows + own))  # noqa: B023
        rows += len(read[0])
        yield read


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


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
