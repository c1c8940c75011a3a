"""From the ledger to the findings: ledger, then year by year sessions, draws on all cores, the year itself.

Draws already looked at are taken from the folder of answers, so whoever stops an inspection loses one draw a core.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ledger.canonical import EncodingError, decode, encode
from verifiable_draw import seed
from verifiable_draw.allocation.groups_file import parse_result
from verifiable_draw.entries import INTO_CLASSES, TEACHERS
from verifiable_draw.errors import DrawError, UsageError
from verifiable_draw.files import write_durable
from verifiable_draw.inspection import draws, ledger, sessions
from verifiable_draw.inspection import year as whole_year
from verifiable_draw.inspection.draws import Job, Outcome
from verifiable_draw.inspection.finding import Finding, Place
from verifiable_draw.inspection.material import Material
from verifiable_draw.replay import Session
from verifiable_draw.sealed import parse_sealed
from verifiable_draw.year.book import day_of
from verifiable_draw.year.chance import holm, shown
from verifiable_draw.year.standing import counted, drawn

Progress = Callable[[str, int, int], None]
"""What is looked at, how many draws are done, of how many."""
SMALL = Fraction(1, 100)  # after adjustment
WORTH_PROCESSES = 3_000  # students: fewer are looked at in less time than a process takes to start
AHEAD = 2  # jobs a core that wait: enough to keep it busy, few enough to fit in memory


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was read, and what was found, of the years asked for."""

    origin: str
    entries: int
    root: str
    signatures: int
    figures: ledger.Figures
    years: tuple[int, ...]
    sessions: tuple[dict[str, Any], ...]
    draws: tuple[dict[str, Any], ...]
    findings: tuple[Finding, ...]

    @property
    def violations(self) -> int:
        """Number of findings that prove something wrong."""
        return sum(one.severity == "violation" for one in self.findings)


def inspect(
    material: Material,
    years: Sequence[int] = (),
    *,
    answers: Path | None = None,
    today: date | None = None,
    progress: Progress = lambda _what, _done, _all: None,
) -> Inspection:
    """Look at everything of the years named, all of them if none is. Opening the room has replayed the ledger.

    `answers`: folder for what was found of each draw, taken up by the next run; `today`: the day from which complaints
    are overdue, that of the ledger's last entry if not given.
    """
    if not material.view.size:
        raise UsageError("step.genesis_first")
    wanted = sorted(set(years)) or material.years()
    figures, found = ledger.look(material, wanted)
    day = today or day_of(material.room.store.head.time)
    rows, looked = [], []
    for year in wanted:
        known = material.sessions(year)
        for session in known:
            found += sessions.look(material, session)
            rows.append(_summary(session))
        outcomes = _draws(material, known, answers, progress)
        lists: dict[tuple[str, str], dict[str, int]] = {}
        for session, draw, outcome, classes in outcomes:
            found += [_finding(session, draw, *one) for one in outcome.found]
            if classes is not None:
                lists[session.id, draw] = classes
            looked.append(_draw_row(session, draw, outcome))
        found += _year(material, year, lists, day)
        found += _clustered([row for row in looked if row["year"] == year])
    view, head = material.view, material.room.store.head
    return Inspection(
        view.origin, view.size, head.root.hex(), view.signatures, figures, tuple(wanted), tuple(rows), tuple(looked),
        tuple(sorted({one.id: one for one in reversed(found)}.values(), key=Finding.order)),
    )  # fmt: skip


def _finding(session: Session, draw: str, kind: str, values: dict[str, Any]) -> Finding:
    subject = f"{draw} {values['feature']}" if "feature" in values else draw
    return Finding(kind, sessions.of_draw(session, draw), subject, values={"draw": draw} | values)


def _clustered(rows: Sequence[dict[str, Any]]) -> Iterator[Finding]:
    """Adjust a year's p values to how many there are, and name what is small all the same (Y10)."""
    tests = [(row, chance) for row in rows for chance in row["chances"]]
    adjusted = holm([Fraction(chance["p"]) for _row, chance in tests])
    for (row, chance), value in zip(tests, adjusted, strict=True):
        chance |= {"adjusted": shown(value), "p": shown(Fraction(chance["p"]))}
        if value < SMALL:
            place = Place(row["year"], row["school"], row["grade"], row["session"])
            words = {
                "draw": row["draw"], "attribute": chance["attribute"],
                "p": chance["p"], "adjusted": chance["adjusted"],
            }  # fmt: skip
            yield Finding("clustered", place, f"{row['draw']} {chance['attribute']}", values=words)


def _year(material: Material, year: int, lists: sessions.Lists, today: date) -> Iterator[Finding]:
    known = all((session.id, draw) in lists for session, draw in counted(material.view, year))
    _now, misfits = whole_year.children(material, year, lists)
    yield from whole_year.rules(material, year)
    yield from whole_year.register(material, year)
    yield from whole_year.due(material, year)
    yield from whole_year.filings(material, year)
    yield from whole_year.lots(material, year)
    yield from whole_year.teachers(material, year, lists)
    yield from sessions.late(material, year, lists)
    yield from sessions.films(material, year)
    yield from whole_year.amendments(material, year, misfits, known=known)
    yield from whole_year.registration(material, year, lists, known=known)
    yield from whole_year.own_registration(material, year)
    yield from whole_year.complaints(material, year, today)


def _summary(session: Session) -> dict[str, Any]:
    header = session.header
    kinds = [draw.kind for draw in header.draws] if header else []
    return {
        "aborted": session.aborted,
        "annulled": dict(session.annulled),
        "covered": dict(sorted(sessions.covered_roles(session).items())) if header else {},
        "draws": len(kinds),
        "kinds": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "postponed": {name: p.postponed for name, p in session.draws.items() if p.postponed},
        "rehearsal": session.plan.rehearsal,
        "session": session.id,
        "state": session.state,
        "times": {"header": session.header_time, "plan": session.plan_time, "published": session.published_time},
        "title": session.plan.value["title"],
        "year": session.plan.value["year"],
    }


def _draw_row(session: Session, draw: str, outcome: Outcome) -> dict[str, Any]:
    item, header = session.plan.draws[draw], session.frozen_header()
    frozen = next(one for one in header.draws if one.id == draw).frozen
    return {
        "chances": [
            {"adjusted": "", "attribute": name, "p": p, "pairs": pairs, "permutations": permutations}
            for name, (pairs, p, permutations) in sorted(outcome.chances.items())
        ],
        "draw": draw,
        "grade": item.grade,
        "kind": item.kind,
        "name": item.school_name,
        "school": item.school,
        "session": session.id,
        "spreads": sorted([feature, spread] for feature, spread in outcome.spreads.items()),
        "students": frozen["students"],
        "year": session.plan.value["year"],
    }


# Draws


@dataclass(frozen=True, slots=True)
class _Task:
    session: Session
    draw: str
    job: Job
    classes: dict[str, int] | None


def _draws(
    material: Material, known: Sequence[Session], answers: Path | None, progress: Progress
) -> Iterator[tuple[Session, str, Outcome, dict[str, int] | None]]:
    """Every draw whose groups are fixed, in order, looked at on all cores."""
    names = [
        (session, draw.id)
        for session in known
        if session.groups and not session.aborted
        for draw in session.frozen_header().draws
    ]
    students = sum(
        draw.frozen["students"]
        for session in {one.id: one for one, _ in names}.values()
        for draw in session.frozen_header().draws
    )
    workers = min(len(names), os.cpu_count() or 1)
    if workers < 2 or students < WORTH_PROCESSES:
        for number, (session, draw) in enumerate(names):
            task = _task(material, session, draw)
            progress(session.id, number, len(names))
            yield (
                session,
                draw,
                _kept(answers, task.job) or _keep(answers, task.job, draws.look(task.job)),
                task.classes,
            )
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting: list[tuple[_Task, Future[Outcome] | Outcome]] = []
        for number, (session, draw) in enumerate(names):
            task = _task(material, session, draw)
            waiting.append((task, _kept(answers, task.job) or pool.submit(draws.look, task.job)))
            progress(session.id, number, len(names))
            if len(waiting) > AHEAD * workers:
                yield _done(answers, *waiting.pop(0))
        for task, answer in waiting:
            yield _done(answers, task, answer)
        progress("", len(names), len(names))


def _done(
    answers: Path | None, task: _Task, answer: Future[Outcome] | Outcome
) -> tuple[Session, str, Outcome, dict[str, int] | None]:
    outcome = answer if isinstance(answer, Outcome) else _keep(answers, task.job, answer.result())
    return task.session, task.draw, outcome, task.classes


def _kept(answers: Path | None, job: Job) -> Outcome | None:
    """An earlier run's answer to the same question."""
    path = answers / f"{job.key()}.json" if answers else None
    if path is None or not path.is_file():
        return None
    try:
        value = json.loads(path.read_bytes())
        chances = {name: (pairs, p, number) for name, (pairs, p, number) in value["chances"].items()}
        return Outcome([(kind, values) for kind, values in value["found"]], value["spreads"], chances)
    except (ValueError, KeyError, TypeError):
        return None  # half written: it is asked again


def _keep(answers: Path | None, job: Job, outcome: Outcome) -> Outcome:
    if answers is not None:
        answers.mkdir(parents=True, exist_ok=True)
        write_durable(answers / f"{job.key()}.json", json.dumps(outcome.json(), ensure_ascii=False).encode())
    return outcome


def _task(material: Material, session: Session, draw: str) -> _Task:
    """Gather what one draw's answer hangs on."""
    header = session.frozen_header()
    files = {name: material.file(session, f"draws/{draw}/{name}.json") for name in draws.FILES}
    try:
        sealed = material.sealed(session, draw)
    except DrawError:
        sealed = b""  # what does not open is not a sealed roster: the draw's look says so
    listed = session.results[draw]["sha256"] if session.results else ""
    statement = material.file(session, "statement.json")
    row = _stated(statement, draw) if statement else b""
    seeds = (
        seed.grouping_seed(header.hash, bytes.fromhex(session.commits_closed), draw),
        bytes.fromhex(session.seed) if session.seed else b"",
    )
    job = Job(
        session.id,
        draw,
        session.plan.data,
        header.data,
        files,
        sealed,
        (session.groups[draw]["sha256"], listed),
        seeds,
        row,
    )
    return _Task(session, draw, job, _classes(session, draw, files["result"], sealed))


def _stated(statement: bytes, draw: str) -> bytes:
    """The draw's row of the statement, `{}` if it has none, itself if it is not of its form: the look then says so."""
    try:
        value: Any = decode(statement)
        return next((encode(one) for one in value["draws"] if one["draw"] == draw), encode({}))
    except (EncodingError, KeyError, TypeError):
        return statement


def _classes(session: Session, draw: str, result: bytes | None, sealed: bytes | None) -> dict[str, int] | None:
    """Nullifier -> class of a published draw into classes; None where that cannot be said."""
    if (
        session.published is None
        or not result
        or not sealed
        or session.plan.draws[draw].kind not in (*INTO_CLASSES, TEACHERS)
    ):
        return None
    try:
        return drawn(parse_sealed(sealed).value, parse_result(result))
    except (DrawError, ValueError):
        return None
