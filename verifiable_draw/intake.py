"""What console and command line do around an import: what it is compared with, and what of it is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ledger.canonical import format_time
from ledger.entry import Entry
from verifiable_draw import conduct
from verifiable_draw.entries import CLASSES
from verifiable_draw.register_file import Register
from verifiable_draw.room import Room
from verifiable_draw.rosters import ImportReport, Student
from verifiable_draw.rosters.feedback import refused
from verifiable_draw.rosters.identity import identity_key
from verifiable_draw.rosters.student import Grade


@dataclass(frozen=True, slots=True)
class Known:
    """What the bureau knows of a year before an import: arguments of `import_rosters`."""

    year: int
    admissions: Mapping[Grade, int]
    elsewhere: Mapping[tuple[str, str], Grade]
    expected: Collection[Grade] | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What an import left behind.

    `groups`: school and grade -> students kept. `files`: those with problems, of which nothing is kept. `held`:
    schools and grades of which a file with problems has rows too, so that they would be incomplete, or whose students
    another school still has, since its new roster was refused.
    """

    groups: Mapping[Grade, Sequence[Student]]
    files: Sequence[str]
    held: Sequence[Grade]

    @property
    def students(self) -> int:
        """Number of students kept."""
        return sum(map(len, self.groups.values()))


def enter_register(room: Room, year: int, register: Register) -> Entry:
    """Enter the register; the admission figures go to the private store, once the rows are known to be right."""
    entry = conduct.register(room, year, register.rows)
    room.private.save_admissions(year, register.admissions)
    return entry


def year_of(room: Room, session: str = "") -> int:
    """The school year an import belongs to: the session's, else the latest register's, else this one."""
    if session:
        return room.view.session(session).plan.year
    return max(room.view.registers, default=room.clock().year)


def known(room: Room, session: str = "") -> Known:
    """What the private store holds of the year."""
    year = year_of(room, session)
    return Known(year, room.private.admissions(year), room.private.known_children(year), _expected(room, year))


def _expected(room: Room, year: int) -> Collection[Grade] | None:
    """Schools and grades of the year's register and plans; None where there is neither."""
    rows = room.view.registers.get(year, {}).get("schools", [])
    plans = [session.plan for session in room.view.sessions.values() if session.plan.year == year]
    drawn = {(draw.school, draw.grade) for plan in plans for draw in plan.draws.values()}
    return drawn | {(str(row["school"]), int(row["grade"])) for row in rows} or None


def keep(room: Room, report: ImportReport, year: int, kind: str = CLASSES) -> Kept:
    """Keep the students of the files without problems, school by school; all of them durably, or none."""
    bad = set(refused(report))
    spoiled = {(school, grade) for file, school, grade in report.grades if file in bad}
    good = [student for student in report.students if student.where.file not in bad]
    groups = {key: list(rows) for key, rows in groupby(good, key=lambda s: (s.school, s.grade))}
    whole: dict[Grade, Sequence[Student]] = {key: rows for key, rows in groups.items() if key not in spoiled}
    if kind == CLASSES:
        whole = _without_known(whole, room.private.known_children(year))
    room.private.save_imports(whole, kind, year=year, time=format_time(room.clock()))
    return Kept(whole, sorted(bad), sorted(groups.keys() - whole.keys()))


def _without_known(
    groups: Mapping[Grade, Sequence[Student]], children: Mapping[tuple[str, str], Grade]
) -> dict[Grade, Sequence[Student]]:
    """Leave out the grades with a child of another one that keeps its earlier roster; each may leave another alone."""
    kept = dict(groups)
    while True:
        taken = [
            key
            for key, rows in kept.items()
            if any(children.get(identity_key(s.document_type, s.document_number), key) not in kept for s in rows)
        ]
        if not taken:
            return kept
        for key in taken:
            del kept[key]
