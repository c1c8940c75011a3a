"""From the ledger to the findings: ledger, then year by year sessions, draws on all cores, the year itself.

Draws already looked at are taken from the folder of answers, so whoever stops an inspection loses one draw a core.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from verifiable_draw.inspection import answering, audits, children, draws, ledger, register, sessions, teachers
from verifiable_draw.inspection.answers import Answers
from verifiable_draw.inspection.draws import Job, Outcome
from verifiable_draw.inspection.finding import Finding, Place
from verifiable_draw.inspection.material import Material
from verifiable_draw.replay import Session
from verifiable_draw.sealed import parse_sealed
from verifiable_draw.year.book import day_of
from verifiable_draw.year.chance import holm, shown
from verifiable_draw.year.standing import drawn

Progress = Callable[[str, int, int], None]
"""What is looked at, how many draws are done, of how many."""
SMALL = Fraction(1, 100)  # after adjustment
WORTH_PROCESSES = 3_000  # students: fewer are looked at in less time than a process takes to start
EXPLAINS = {"draw", "file", "groups", "record-missing", "result", "statement"}
"""Findings of a draw that say which file of a record is another than was published."""
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
    day: date
    """The day of the inspection: from it complaints are overdue, and entries without a witness (Y7)."""
    brought: Mapping[str, int]
    """How many checkpoints, discs, exports and folders of films the inspectors had."""

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

    `answers`: folder for what was found of each draw, taken up by the same holder's next run; `today`: the day from
    which complaints are overdue, that of the ledger's last entry if not given.
    """
    if not material.view.size:
        raise UsageError("step.genesis_first")
    wanted = sorted(set(years)) or material.years()
    _check_years(material, wanted)
    _check_holder(material, wanted)
    day = today or day_of(material.room.store.head.time)
    kept_answers = Answers.of(answers, material.holder)
    figures, found = ledger.look(material, wanted, day)
    rows, looked = [], []
    for year in wanted:
        known = material.sessions(year)
        for session in known:
            found += sessions.look(material, session)
            rows.append(_summary(session))
        outcomes = _draws(material, known, kept_answers, progress)
        lists: dict[tuple[str, str], dict[str, int]] = {}
        explained: set[str] = set()
        for session, draw, outcome, classes in outcomes:
            found += [_finding(session, draw, *one) for one in _told(material, session, draw, outcome)]
            if classes is not None:
                lists[session.id, draw] = classes
            looked.append(_draw_row(session, draw, outcome))
            explained |= {session.id} if {kind for kind, _ in outcome.found} & EXPLAINS else set()
        found += sessions.as_published(material, [one for one in known if one.id not in explained])
        found += _year(material, year, lists, day)
        found += _clustered([row for row in looked if row["year"] == year])
    view, head = material.view, material.room.store.head
    return Inspection(
        view.origin, view.size, head.root.hex(), view.signatures, figures, tuple(wanted), tuple(rows), tuple(looked),
        tuple(sorted({one.id: one for one in reversed(found)}.values(), key=Finding.order)),
        day, {name: len(getattr(material, name)) for name in ("checkpoints", "discs", "exports", "films")},
    )  # fmt: skip


def _told(material: Material, session: Session, draw: str, outcome: Outcome) -> Iterator[tuple[str, dict[str, Any]]]:
    """A draw's findings; a roster that lies there and was not opened is another matter than one that is missing."""
    for kind, values in outcome.found:
        there = kind == "no-sealed" and material.file(session, f"sealed/{draw}.json") is not None
        yield ("not-opened" if there else kind), values


def _check_years(material: Material, wanted: Sequence[int]) -> None:
    """UsageError for a year of which the ledger says nothing: nothing would be found in it."""
    there = material.years()
    unknown = [year for year in wanted if year not in there]
    if unknown:
        names, known = ("、".join(map(str, years)) or "—" for years in (unknown, there))
        raise UsageError("inspect.no_year", years=names, known=known)


def _check_holder(material: Material, years: Sequence[int]) -> None:
    """UsageError for a key that opens nothing of what is asked for: without this it would look like having none."""
    held = [session for year in years for session in material.sessions(year)]
    if material.exports and material.holder is None:
        raise UsageError("inspect.export_needs_key")
    if material.holder is not None and held and not any(map(material.opens, held)):
        holders = sorted({str(one["id"]) for session in held for one in session.plan.value["recipients"]})
        actor = material.holder.actor
        raise UsageError("inspect.not_a_holder", role=actor.role, id=actor.id, known="、".join(holders) or "—")


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
    sure = children.known(material, year, lists)
    _now, misfits = children.children(material, year, lists)
    yield from register.rules(material, year)
    yield from register.register(material, year)
    yield from register.due(material, year)
    yield from register.filings(material, year)
    yield from teachers.lots(material, year)
    yield from teachers.teachers(material, year, lists)
    yield from children.twice(material, year)
    yield from children.late(material, year, lists)
    yield from sessions.films(material, year)
    yield from children.amendments(material, year, misfits, sure=sure)
    yield from audits.registration(material, year, lists, sure=sure)
    yield from audits.own_registration(material, year, lists, sure=sure)
    yield from answering.complaints(material, year, today)
    yield from answering.inspections(material, year)


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
        "opened": outcome.opened,
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
    material: Material, known: Sequence[Session], answers: Answers, progress: Progress
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
                answers.get(task.job) or answers.put(task.job, draws.look(task.job)),
                task.classes,
            )
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting: list[tuple[_Task, Future[Outcome] | Outcome]] = []
        for number, (session, draw) in enumerate(names):
            task = _task(material, session, draw)
            waiting.append((task, answers.get(task.job) or pool.submit(draws.look, task.job)))
            progress(session.id, number, len(names))
            if len(waiting) > AHEAD * workers:
                yield _done(answers, *waiting.pop(0))
        for task, answer in waiting:
            yield _done(answers, task, answer)
        progress("", len(names), len(names))


def _done(
    answers: Answers, task: _Task, answer: Future[Outcome] | Outcome
) -> tuple[Session, str, Outcome, dict[str, int] | None]:
    outcome = answer if isinstance(answer, Outcome) else answers.put(task.job, answer.result())
    return task.session, task.draw, outcome, task.classes


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
        or hashlib.sha256(result).hexdigest() != session.results[draw]["sha256"]
        or not sealed
        or session.plan.draws[draw].kind not in (*INTO_CLASSES, TEACHERS)
    ):
        return None
    try:
        return drawn(parse_sealed(sealed).value, parse_result(result))
    except (DrawError, ValueError):
        return None
