"""The registration audit at the bureau's workspace: gather, read, compare, enter (spec/year.md Y5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.canonical import decode
from ledger.entry import Entry
from verifiable_draw.allocation.groups_file import parse_result
from verifiable_draw.entries import BODIES, CLASSES
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.freeze import nullifier
from verifiable_draw.header import HeaderDraw
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.rosters import Student, problem_lines
from verifiable_draw.rosters.codes import EXPORT, Table
from verifiable_draw.rosters.importing import Progress
from verifiable_draw.rosters.student import Grade
from verifiable_draw.schema import lines
from verifiable_draw.year.audit import AMENDED, MISSING, MOVED, SAME, Audit, Drawn, Sealed, audit
from verifiable_draw.year.class_words import Division
from verifiable_draw.year.export_file import Export, read_export
from verifiable_draw.year.shelves import INSPECTORS, keep
from verifiable_draw.year.standing import counted


@dataclass(frozen=True, slots=True)
class Known:
    """What a workspace knows of a year's draws.

    `divisions`: how a school's grade was divided into classes. `schools`: code -> name.
    """

    drawn: Drawn
    divisions: Mapping[Grade, Division]
    schools: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Checked:
    """A comparison that stands in the ledger."""

    entry: Entry
    audit: Audit


def gather(room: Room, year: int) -> Known:
    """What the export of a year is compared with, as the bureau has it; UsageError if no draw of it counts."""
    return gather_from(room, year, lambda _session, draw: room.private.sealed(draw.frozen["roster_root"]))


def gather_from(room: Room, year: int, sealed_of: Callable[[Session, HeaderDraw], bytes]) -> Known:
    """The same from sealed rosters' plaintexts, whoever opens them; UsageError if no draw of the year counts."""
    draws = list(_draws(room, year))
    if not draws:
        raise UsageError("registration.no_draws", year=year)
    sealed, divisions, keys = [], {}, set()
    for session, draw in draws:
        item = session.plan.draws[draw.id]
        plaintext: Any = decode(sealed_of(session, draw))
        keys.add(plaintext["year_key"])
        classes = parse_result(room.file(session, f"draws/{draw.id}/result.json"))
        sealed.append(Sealed(item.school, item.grade, plaintext, classes, session.published_seq))
        division = Division(plaintext["classes"], item.class_names)
        # Late students come into the classes that there are: the names are those of the first draw.
        if item.kind == CLASSES or (item.school, item.grade) not in divisions:
            divisions[item.school, item.grade] = division
    drawn = Drawn.of(year, bytes.fromhex(min(keys)), room.view.size, sealed, room.view.book.approvals)
    return Known(drawn, divisions, _schools(room, year))


def _draws(room: Room, year: int) -> list[tuple[Session, HeaderDraw]]:
    ids = counted(room.view, year)
    return [(session, one) for session, draw in ids for one in session.frozen_header().draws if one.id == draw]


def _schools(room: Room, year: int) -> dict[str, str]:
    """Code -> name, from the year's register and, before it, the plans."""
    plans = [session.plan for session in room.view.sessions.values() if session.plan.year == year]
    names = {item.school: item.school_name for plan in plans for item in plan.draws.values()}
    rows = room.view.registers.get(year, {}).get("schools", [])
    return names | {str(row["school"]): str(row["name"]) for row in rows}


def read_files(
    known: Known,
    files: Sequence[Path],
    table: Table = EXPORT,
    progress: Progress = lambda _done, _files, _rows: None,
) -> Export:
    """Read the files of an export; its report has every problem."""
    return read_export(files, known.drawn.year, known.divisions, known.schools, table=table, progress=progress)


def compared(known: Known, export: Export) -> Audit:
    """Compare an export; DataError with everything that is wrong with it."""
    report = export.report
    if report.problems:
        said, said_en = ("".join(f"\n  · {line}" for line in problem_lines(report, lang)) for lang in ("zh", "en"))
        raise DataError("registration.refused", count=len(report.problems), lines=said, lines_en=said_en)
    return audit(known.drawn, export)


def enter(room: Room, known: Known, export: Export, *, anyway: bool = False) -> Checked:
    """Compare an export and enter the result; the audit file is kept first. DataError if the export has problems.

    UsageError if less than half of the children were found, which is what an export of another year looks like;
    `anyway` enters it all the same.
    """
    found = compared(known, export)
    totals = found.totals()
    drawn = sum(totals[kind] for kind in (SAME, AMENDED, MOVED, MISSING))
    if not anyway and 2 * totals[MISSING] > drawn:
        raise UsageError("registration.hardly_any", missing=totals[MISSING], drawn=drawn, year=known.drawn.year)
    body = found.body()
    problems = BODIES["registration.checked"](body, "")
    if problems:
        raise DataError("entry.malformed", detail=lines(problems))
    keep(room, INSPECTORS, found.encode())
    return Checked(room.operate("", "registration.checked", body), found)


def check_registration(room: Room, files: Sequence[Path], year: int) -> Entry:
    """Compare the export of student registration with the year's draws, and enter the result."""
    known = gather(room, year)
    return enter(room, known, read_files(known, files)).entry


def people(room: Room, known: Known) -> dict[str, Student]:
    """Nullifier -> student, of all draws that count: names for the bureau's own workbook."""
    key = known.drawn.year_key
    return {
        nullifier(key, student).hex(): student
        for _session, draw in _draws(room, known.drawn.year)
        for unit in room.private.people(draw.frozen["roster_root"])
        for student in unit
    }
