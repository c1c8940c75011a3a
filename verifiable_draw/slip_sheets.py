"""Slips on paper: one a child, several an A4 sheet, with cut lines; the second codes on sheets of their own (R12).

Both hold names and secrets: they are written for the bureau alone, handed out, and not kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import segno

from ledger.entry import Entry
from verifiable_draw.documents.pages import environment
from verifiable_draw.errors import UsageError
from verifiable_draw.files import write_durable
from verifiable_draw.freeze import person
from verifiable_draw.lists import name_order
from verifiable_draw.plan import Plan
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.rosters import Student
from verifiable_draw.rosters.identity import identity_key
from verifiable_draw.rosters.names import Tails, tail_of, tails
from verifiable_draw.slip_codes import Slip

PAGE = "slip.html"
"""The page for families below a session's folder of the site (R15)."""
QUIET = 4  # modules of white around a QR code
# One mask for all codes: every mask can be read, and looking for the best one takes most of the time.
MASK = 3
WORTH_PROCESSES = 2000  # slips, below which starting processes takes longer than the work

Holder = tuple[Student, Slip]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Sheets:
    """What one draw's slips are printed from; picklable, for worker processes."""

    draw: str
    head: Mapping[str, Any]
    holders: tuple[Holder, ...]
    tails: Tails
    reprint: bool = False


@dataclass(frozen=True, slots=True)
class Printed:
    """One draw's two files, and the entry that says how many slips there are."""

    draw: str
    slips: Path
    seconds: Path
    entry: Entry


def page_for_families(plan: Plan) -> str:
    """Where a slip's QR code leads, before the slip code: "" if there is no site, and it is the code alone."""
    site = plan.value["contact"]["site"]
    return f"{site}{plan.session}/{PAGE}" if site else ""


def qr_path(content: str) -> tuple[int, str]:
    """A QR code as the data of one SVG path, in modules, and its width with the quiet zone."""
    rows = segno.make_qr(content, error="m", boost_error=False, mask=MASK).matrix
    parts = []
    for y, row in enumerate(rows):
        cells = bytes(row)
        start = cells.find(1)
        while start >= 0:
            end = cells.find(0, start)
            end = len(cells) if end < 0 else end
            parts.append(f"M{start + QUIET} {y + QUIET}h{end - start}v1h-{end - start}z")
            start = cells.find(1, end)
    return len(rows) + 2 * QUIET, "".join(parts)


def sheets_of(room: Room, session: Session, draw: str, only: Sequence[Holder] = ()) -> Sheets:
    """Gather one draw's slips in the order of names; UsageError if its roster is not frozen."""
    if draw not in session.plan.draws:
        raise UsageError("draw.unknown", draw=draw)
    frozen = session.draws[draw].frozen
    if frozen is None:
        raise UsageError("slips.not_frozen", draw=draw)
    everybody = [holder for unit in room.private.holders(frozen["roster_root"]) for holder in unit]
    item, value = session.plan.draws[draw], session.plan.value
    head = {
        "rehearsal": value["rehearsal"],
        "contact": value["contact"],
        "school": item.school_name,
        "grade": item.grade,
        "target": page_for_families(session.plan),
    }
    ordered = sorted(only or everybody, key=lambda one: (name_order(one[0].name), one[0].document_number))
    return Sheets(draw, head, tuple(ordered), tails(student for student, _slip in everybody), bool(only))


def render(sheets: Sheets) -> tuple[bytes, bytes]:
    """HTML of the slips and of the second codes, in the same order."""
    target = sheets.head["target"]
    rows = [
        {
            "name": student.name,
            "tail": tail_of(sheets.tails, student),
            "pseudonym": slip.pseudonym,
            "code": slip.code,
            "second": slip.second_code,
            "qr": qr_path(target + slip.fragment(sheets.draw)),
        }
        for student, slip in sheets.holders
    ]
    values = {"head": sheets.head, "rows": rows, "reprint": sheets.reprint}
    slips, seconds = (
        environment().get_template(f"{name}.html").render(**values).encode() for name in ("slips", "seconds")
    )
    return slips, seconds


def print_slips(
    room: Room, session: str, draws: Sequence[str], out: Path, progress: Progress = lambda _done, _all: None
) -> list[Printed]:
    """Write slips and second codes of whole draws and enter that they were printed; all draws if none is named."""
    known = room.view.session(session)
    names = list(draws) or [name for name in known.plan.draws if known.draws[name].frozen is not None]
    if not names:
        raise UsageError("slips.not_frozen", draw="、".join(known.plan.draws))
    tasks = [sheets_of(room, known, name) for name in names]
    room.ready()
    printed = []
    for number, (task, made) in enumerate(zip(tasks, _rendered(tasks), strict=True), start=1):
        printed.append(_write(room, session, task, made, out))
        progress(number, len(tasks))
    return printed


def reprint(room: Room, session: str, draw: str, who: str, out: Path) -> Printed:
    """Print a slip again, found by pseudonym or document number; the entry says that it was done, and not whose."""
    known = room.view.session(session)
    whole = sheets_of(room, known, draw)
    found = [one for one in whole.holders if _is(one, who)]
    if len(found) != 1:
        raise UsageError("slips.nobody", draw=draw)
    again = sheets_of(room, known, draw, found)
    room.ready()
    return _write(room, session, again, render(again), out)


def _is(holder: Holder, who: str) -> bool:
    """Whether a person at the counter is this one, by what they say; a name could be that of several."""
    student, slip = holder
    said = "".join(who.split()).upper()
    return said == slip.pseudonym or person(student) == identity_key(student.document_type, said)


def _rendered(tasks: Sequence[Sheets]) -> Iterator[tuple[bytes, bytes]]:
    if len(tasks) < 2 or sum(len(task.holders) for task in tasks) < WORTH_PROCESSES:
        return map(render, tasks)
    return _in_processes(tasks)


def _in_processes(tasks: Sequence[Sheets]) -> Iterator[tuple[bytes, bytes]]:
    # Spawned, not forked: the server that calls this has threads, whose locks a fork would copy.
    with ProcessPoolExecutor(min(len(tasks), os.cpu_count() or 1), mp_context=get_context("spawn")) as pool:
        yield from pool.map(render, tasks)


def _write(room: Room, session: str, sheets: Sheets, made: tuple[bytes, bytes], out: Path) -> Printed:
    """The files first, for their owner only; then the entry. A crash between leaves paper that was never counted.

    Whoever calls this has seen that the entry can be signed (`Room.ready`); if it fails all the same, no slips stay.
    """
    mark = f"-{sheets.holders[0][1].pseudonym}" if sheets.reprint else ""
    paths = [out / f"{name}-{sheets.draw}{mark}.html" for name in ("slips", "seconds")]
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        out.chmod(0o700)
    except OSError as error:
        raise UsageError("file.write_failed", path=str(out), detail=error.strerror or str(error)) from error
    body = {"draw": sheets.draw, "number": len(sheets.holders), "reprint": sheets.reprint, "session": session}
    try:
        for path, data in zip(paths, made, strict=True):
            write_durable(path, data, mode=0o600)
        entry = room.operate("", "slips", body)
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise
    return Printed(sheets.draw, paths[0], paths[1], entry)

