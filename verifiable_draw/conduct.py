"""One function for each step a clerk takes. Every step can be killed at any point and taken again.

Files are durable before the entry that names them; the entry is durable before the step returns.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ledger.canonical import VERSION, ZERO32, decode, encode, parse_time, tagged_hash
from ledger.checkpoint import parse_checkpoint
from ledger.entry import Entry, Message
from ledger.note import Note
from verifiable_draw import ceremony, delay, seed
from verifiable_draw import freeze as freezing
from verifiable_draw.allocation import balance
from verifiable_draw.allocation.grouping import group as form_groups
from verifiable_draw.allocation.groups_file import encode_groups, encode_result, parse_groups, parse_result, parse_units
from verifiable_draw.allocation.permuting import allocate as permute
from verifiable_draw.entries import BODIES, CLASSES, INTO_CLASSES, TEACHERS
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read
from verifiable_draw.header import HeaderDraw
from verifiable_draw.keyfile import Key
from verifiable_draw.plan import Plan, PlanDraw, parse
from verifiable_draw.preview import Preview, rare
from verifiable_draw.preview import preview as make_preview
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.rosters import Student
from verifiable_draw.schema import lines
from verifiable_draw.sealed import parse_sealed, seal
from verifiable_draw.session_rules import (
    delay_challenge,
    expected_commits_closed,
    expected_coverage,
    expected_header,
    expected_reveals_closed,
    expected_seed,
)
from verifiable_draw.values import Groups, Roster

Progress = Callable[[int, int], None]
# A session has a folder of its own on the site and on Windows, where these names are taken.
_PORTS = {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
RESERVED = {"ledger", "verifiers", "con", "prn", "aux", "nul"} | _PORTS


def _silent(_done: int, _all: int) -> None:
    return


# The ledger and its keys


def found(room: Room, origin: str, bureau: str, keys: Sequence[Key], predecessor: Note | None = None) -> Entry:
    """First entry of a new ledger: origin and the operator's, approver's and recovery keys.

    `predecessor`: the last checkpoint, as a witness saw it, of the ledger that this one continues (L22).
    """
    last = parse_checkpoint(predecessor.text) if predecessor else None
    body = {
        "bureau": bureau,
        "keys": [{"id": k.actor.id, "key": k.public.hex(), "role": k.actor.role} for k in keys],
        "origin": origin,
        "predecessor": {"origin": last.origin, "root": last.root.hex(), "size": last.size} if last else {},
        "version": VERSION,
    }
    return room.operate("", "genesis", body)


def add_key(room: Room, school: str, key: bytes, approver: Key) -> Entry:
    """Enter a school's key, signed by operator and approver."""
    return room.operate("", "key.added", {"id": school, "key": key.hex(), "role": "school"}, also=approver)


def register(room: Room, year: int, schools: Iterable[dict[str, Any]]) -> Entry:
    """Enter the schools and grades that must draw; those with a single class are exempt."""
    rows = list(schools)
    problems = BODIES["register"]({"schools": rows, "year": year}, "")
    if problems:
        raise DataError("message.malformed", detail=lines(problems))
    rows.sort(key=lambda s: (s["school"], s["grade"]))
    return room.operate("", "register", {"schools": rows, "year": year})


def record_lots(
    room: Room,
    school: Key,
    document: Path,
    *,
    year: int,
    grade: int,
    place: str,
    time: str,
    numbers: Sequence[int],
    witnesses: Mapping[str, int],
) -> Entry:
    """Enter lots that were drawn by hand, teachers to classes, with the hash of the scanned form (L23).

    `numbers`: the lot of class 1, 2, …; `witnesses`: how many of each role stood by. Signed by the school, then by the
    operator. No name enters the ledger: which lot was whose stands on the form.
    """
    body: dict[str, Any] = {
        "document": hashlib.sha256(read(document)).hexdigest(),
        "grade": grade,
        "kind": TEACHERS,
        "place": place,
        "rows": [[number, lot] for number, lot in enumerate(numbers, 1)],
        "school": school.actor.id,
        "time": time,
        "witnesses": dict(witnesses),
        "year": year,
    }
    problems = BODIES["lots"](body, "")
    if problems:
        raise DataError("message.malformed", detail=lines(problems))
    room.checkpoint()
    message = room.sign_as(school, "", "lots", body)
    operator = room.key("operator")
    return room.append(message.signed(operator.seed, operator.actor, room.view.origin, ZERO32, room.seen()))


# Plan and rosters


def publish_plan(room: Room, data: bytes) -> Plan:
    """Enter a session's plan.

    Draws that an earlier session holds wait for its annulment; who asks people to publish says so (`plan_conflicts`).
    """
    plan = parse(data)
    if plan.session in room.view.sessions:
        raise UsageError("step.session_exists", session=plan.session)
    if plan.session in RESERVED:
        raise UsageError("plan.reserved", session=plan.session)
    known = room.private.year_key(plan.year)
    if plan.value["year_key"] != known.commitment.hex():
        raise DataError("plan.year_key", year=plan.year)
    room.write(plan.session, "plan.json", plan.data)
    room.operate(plan.session, "plan", {"hash": plan.hash.hex(), "size": len(plan.data)})
    return plan


def year_key(room: Room, year: int) -> freezing.YearKey:
    """The year's key, made when first asked for."""
    return room.private.year_key(year, freezing.YearKey(room.randomness(32), room.randomness(32)))


def submit(room: Room, session: str, draw: str, key: Key) -> Entry:
    """Hand in a school's imported roster for a draw, signed by the school."""
    known = room.view.session(session)
    item = plan_draw(known, draw)
    students = room.private.imported(item.school, item.grade, item.kind)
    if not students:
        raise UsageError("roster.not_imported", school=item.school, grade=item.grade)
    if not item.divides:  # what the freeze would refuse is said to the school that hands it in
        units = sum(len(members) if wish == "apart" else 1 for wish, members in freezing.families(students))
        freezing.check_places(item, units, len(students))
    salt = room.randomness(32)
    digest = freezing.submission(students, salt).hex()
    room.private.save_submission(digest, session, draw, salt, students)
    body = {"draw": draw, "students": len(students), "submission": digest}
    return room.append(room.sign_as(key, session, "roster.submitted", body))


def approve(room: Room, session: str, draw: str, key: Key) -> Entry:
    """Approve the roster last submitted for a draw."""
    known = room.view.session(session)
    plan_draw(known, draw)
    submission = known.draws[draw].submission
    if not submission:
        raise UsageError("roster.not_submitted")
    body = {"draw": draw, "students": len(room.private.submission(submission)), "submission": submission}
    return room.append(room.sign_as(key, session, "roster.approved", body))


def freeze(room: Room, session: str, draw: str) -> Entry:
    """Freeze the approved roster of a draw: commitments, sealed roster for the recipients, ledger entry."""
    known = room.view.session(session)
    plan_draw(known, draw)
    ceremony.apply(known.state, "roster.frozen")
    approved = known.draws[draw].approved
    if not approved:
        raise UsageError("roster.not_approved")
    students = room.private.submission(approved)
    frozen = freezing.freeze(
        known.plan, draw, students, approved, room.private.year_key(known.plan.year), room.randomness,
        room.private.slips(session, draw),
    )  # fmt: skip
    _trial(known.plan, draw, frozen)
    room.own()
    room.private.save_frozen(session, draw, frozen)
    room.write(session, f"draws/{draw}/units.json", frozen.units)
    room.write(session, f"draws/{draw}/nullifiers.json", frozen.nullifiers)
    recipients = known.plan.value["recipients"]
    sealed = seal(frozen.sealed, session, draw, recipients, room.randomness(32), room.randomness(12))
    room.write(session, f"sealed/{draw}.json", sealed)
    return room.operate(session, "roster.frozen", dict(frozen.summary))


def _trial(plan: Plan, draw: str, frozen: freezing.FrozenRoster) -> None:
    """Form groups once from a throwaway seed: what cannot be grouped is said now, not in the room."""
    item = plan.draws[draw]
    classes = item.places(frozen.summary["units"], frozen.summary["students"])
    header_draw = HeaderDraw(draw, classes, 1, frozen.summary, item.kind)
    groups = form_groups(parse_sealed(frozen.sealed).roster, draw, bytes(32), 1)
    try:
        parse_groups(encode_groups(groups), header_draw, 1, parse_units(frozen.units).sizes)
    except DataError as error:
        raise DataError("freeze.too_uneven", draw=draw) from error


def preview(room: Room, session: str, draw: str) -> Preview:
    """What freezing the roster that was approved, or submitted last, would give; DataError explains a conflict."""
    known = room.view.session(session)
    plan_draw(known, draw)
    submission = known.draws[draw].approved or known.draws[draw].submission
    if not submission:
        raise UsageError("roster.not_submitted")
    students = room.private.submission(submission)
    return make_preview(known.plan, draw, students, room.private.year_key(known.plan.year), room.randomness)


def rare_values(room: Room, session: str, draw: str) -> list[str]:
    """Values that at most K students of a frozen draw have: balancing them separates these children (T7, A23)."""
    known = room.view.session(session)
    frozen = known.draws[draw].frozen
    if frozen is None:
        return []
    return list(rare(parse_sealed(room.private.sealed(frozen["roster_root"])).roster))


def postpone(room: Room, session: str, draw: str, reason: str) -> Entry:
    """Leave a school that is not ready to a later session, with a reason."""
    return room.operate(session, "draw.postponed", {"draw": draw, "reason": reason})


def plan_draw(session: Session, draw: str) -> PlanDraw:
    """A draw of the session's plan; UsageError if it has none of that id."""
    if draw not in session.plan.draws:
        raise UsageError("draw.unknown", draw=draw)
    return session.plan.draws[draw]


# In the room


def enrol(room: Room, session: str, observer: dict[str, str]) -> Entry:
    """Enrol an observer: client, id, key, role."""
    return room.operate(session, "observer.enrolled", observer)


def freeze_header(room: Room, session: str) -> Entry:
    """Hash everything frozen into the header. Nothing that matters can change after this."""
    known = room.view.session(session)
    if known.header is not None:
        raise UsageError("header.already", code=known.header.code)
    if known.state != "ROSTERED":
        raise UsageError("step.not_allowed", state=known.state, event="header", allowed="roster.frozen")
    header = expected_header(room.view, known)
    marks = _marks_of_the_year(room, known)
    for draw in header.draws:
        _check_public_roster(room, known, draw.id, draw.frozen, marks if draw.kind in INTO_CLASSES else set())
    room.write(session, "header.json", header.data)
    return room.operate(session, "header", header.entry_body())


def _marks_of_the_year(room: Room, session: Session) -> set[str]:
    """Nullifiers of all draws into classes of the year that still count: no child stands in two of them (R5)."""
    marks: set[str] = set()
    for other in room.view.sessions.values():
        same = (other.plan.year, other.plan.rehearsal) == (session.plan.year, session.plan.rehearsal)
        if other.header is None or other.aborted or not same:
            continue
        for draw in other.header.draws:
            if draw.kind in INTO_CLASSES and draw.id not in other.annulled:
                value: Any = decode(room.file(other, f"draws/{draw.id}/nullifiers.json"))
                marks |= set(value["nullifiers"])
    return marks


def _check_public_roster(room: Room, session: Session, draw: str, frozen: Any, marks: set[str]) -> None:  # noqa: ANN401
    """The files that lie there are the frozen ones, and no child stands in two draws into classes (R5)."""
    units = parse_units(room.file(session, f"draws/{draw}/units.json"))
    root = freezing.roster_root([freezing.unit_hash(unit) for unit in units.leaves])
    data = room.file(session, f"draws/{draw}/nullifiers.json")
    if root.hex() != frozen["roster_root"] or tagged_hash("nullifiers", data).hex() != frozen["nullifiers_root"]:
        raise DataError("freeze.files_differ", draw=draw)
    value: Any = decode(data)
    twice = marks & set(value["nullifiers"])
    if twice:
        raise DataError("freeze.in_two_draws", draw=draw, number=len(twice))
    marks |= set(value["nullifiers"])


def accept(room: Room, message: Message) -> Entry:
    """Take in what an observer, recipient or school signed elsewhere."""
    if message.type == "opening":
        known = room.view.session(message.session)
        if known.state == "REVEALING":
            late = (room.clock() - parse_time(known.reveals_opened_time)).total_seconds() - known.plan.window
            if late > 0:
                raise UsageError("opening.after_window", seconds=known.plan.window)
    return room.append(message)


def public_draw(room: Room, messages: Sequence[Message]) -> Entry:
    """Enter the public draw's digits, confirmed by observers who each signed the same."""
    first = min(messages, key=lambda m: m.actor.id)
    if any((m.session, m.type, m.body) != (first.session, "source", first.body) for m in messages):
        raise DataError("source.differ")
    ordered = sorted(messages, key=lambda m: m.actor.id)
    return room.append(replace(first, signatures=tuple(s for m in ordered for s in m.signatures)))


def close_commits(room: Room, session: str) -> Entry:
    """Close the commitments."""
    known = _in_state(room, session, "COMMITTING", "commits.closed")
    return room.operate(session, "commits.closed", expected_commits_closed(known))


def _in_state(room: Room, session: str, state: str, event: str) -> Session:
    known = room.view.session(session)
    if known.state != state:
        ceremony.apply(known.state, event)
        raise UsageError("step.not_allowed", state=known.state, event=event, allowed="")
    return known


# Bytes of sealed rosters, of about a thousand students: below it starting processes takes longer than the work.
WORTH_PROCESSES = 500_000
GroupingTask = tuple[bytes, str, bytes, int]
"""Sealed plaintext, draw, grouping seed, number of bundlings: all that forming one draw's groups needs."""


def _groups_of(task: GroupingTask) -> bytes:
    """Form the groups of one draw in a worker process."""
    sealed, draw, grouping_seed, number = task
    return encode_groups(form_groups(parse_sealed(sealed).roster, draw, grouping_seed, number))


def compute_groups(tasks: Sequence[GroupingTask], progress: Progress = _silent) -> list[bytes]:
    """Form the groups of many draws on all cores. Order and bytes do not depend on how many there are."""
    if len(tasks) < 2 or sum(len(sealed) for sealed, *_ in tasks) < WORTH_PROCESSES:
        files = [_groups_of(task) for task in tasks]
        progress(len(files), len(tasks))
        return files
    files = []
    workers = min(len(tasks), os.cpu_count() or 1)
    # Spawned, not forked: the server that calls this has threads, whose locks a fork would copy.
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as pool:
        for data in pool.map(_groups_of, tasks):
            files.append(data)
            progress(len(files), len(tasks))
    return files


def grouping_tasks(room: Room, session: str) -> list[GroupingTask]:
    """What `compute_groups` needs, in header order, once commitments are closed."""
    known = _in_state(room, session, "COMMITTED", "groups.fixed")
    header = known.frozen_header()
    commits = bytes.fromhex(known.commits_closed)
    return [
        (
            room.private.sealed(draw.frozen["roster_root"]),
            draw.id,
            seed.grouping_seed(header.hash, commits, draw.id),
            header.bundlings,
        )
        for draw in header.draws
    ]


def fix_groups(room: Room, session: str, files: Sequence[bytes]) -> Entry:
    """Check the groups files of all draws, in header order, and fix them, before any reveal."""
    known = _in_state(room, session, "COMMITTED", "groups.fixed")
    header = known.frozen_header()
    if len(files) != len(header.draws):
        raise DataError("groups.not_this")
    rows: list[dict[str, Any]] = []
    # All are checked before the first is written: a wrong one leaves nothing behind.
    for draw, data in zip(header.draws, files, strict=True):
        units = parse_units(room.file(known, f"draws/{draw.id}/units.json"))
        parse_groups(data, draw, header.bundlings, units.sizes)
        rows.append({"draw": draw.id, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})
    for draw, data in zip(header.draws, files, strict=True):
        room.write(session, f"draws/{draw.id}/groups.json", data)
    digest = seed.groups_hash([bytes.fromhex(row["sha256"]) for row in rows])
    return room.operate(session, "groups.fixed", {"groups": rows, "hash": digest.hex()})


def group(room: Room, session: str, progress: Progress = _silent) -> Entry:
    """Form blocks and bundlings of every draw and fix them."""
    return fix_groups(room, session, compute_groups(grouping_tasks(room, session), progress))


def open_reveals(room: Room, session: str) -> Entry:
    """Open the reveals. From here there is no abort."""
    known = _in_state(room, session, "GROUPED", "reveals.opened")
    attested = [o.id for o in known.frozen_header().observers if o.id in known.attested_groups]
    return room.operate(session, "reveals.opened", {"attested": attested})


def close_reveals(room: Room, session: str) -> Entry:
    """Close the reveals: when every attested observer has revealed, or after half the window.

    The other half is left for the devices to attest within Δ of their own opening (C17).
    """
    known = _in_state(room, session, "REVEALING", "reveals.closed")
    waiting = [name for name in known.attested if name not in known.openings and name not in known.wrong]
    passed = (room.clock() - parse_time(known.reveals_opened_time)).total_seconds()
    half = known.plan.window / 2
    if waiting and passed < half:
        raise UsageError("close.too_early", ids=", ".join(waiting), seconds=int(half - passed) + 1)
    return room.operate(session, "reveals.closed", expected_reveals_closed(known))


def close_coverage(room: Room, session: str) -> Entry:
    """Fix who is covered."""
    known = _in_state(room, session, "REVEALED", "coverage.closed")
    return room.operate(session, "coverage.closed", {"covered": expected_coverage(known)})


@dataclass(frozen=True, slots=True)
class DelayTask:
    """What `delay.run` needs, and where its segments lie."""

    challenge: bytes
    iterations: int
    segments: int
    folder: Path

    def compute(self, progress: Callable[[delay.Progress], None] = lambda _p: None) -> tuple[delay.Segment, ...]:
        """Compute the delay, or what is missing of it. Needs no room, so nothing waits for it."""
        return delay.run(self.challenge, self.iterations, self.segments, self.folder, progress)


def delay_task(room: Room, session: str) -> DelayTask:
    """The delay of a session whose coverage is closed."""
    known = _in_state(room, session, "COVERED", "delay.done")
    plan = known.plan
    return DelayTask(delay_challenge(known), plan.iterations, plan.segments, room.path(session, "delay"))


def enter_delay(room: Room, session: str, segments: Sequence[delay.Segment]) -> Entry:
    """Enter the delay's segments, wherever they were computed; the entry's rule verifies them."""
    _in_state(room, session, "COVERED", "delay.done")
    rows = [segment.json() for segment in segments]
    room.write(session, "delay.json", encode({"segments": rows, "version": VERSION}))
    return room.operate(session, "delay.done", {"segments": rows})


def run_delay(room: Room, session: str, progress: Callable[[delay.Progress], None] = lambda _p: None) -> Entry:
    """Compute the delay, or what is missing of it, and enter it."""
    return enter_delay(room, session, delay_task(room, session).compute(progress))


def enter_beacon(room: Room, session: str, signature: bytes) -> Entry:
    """Enter the signature of the planned drand round, typed or scanned across an air gap; it is checked."""
    known = _in_state(room, session, "DELAYED", "beacon")
    planned = known.plan.value["sources"]["drand"]
    if not planned:
        raise UsageError("beacon.not_planned")
    return room.operate(session, "beacon", {"round": planned["round"], "signature": signature.hex()})


def fix_seed(room: Room, session: str) -> Entry:
    """Enter the seed."""
    known = _in_state(room, session, "DELAYED", "seed")
    return room.operate(session, "seed", {"seed": expected_seed(known).hex()})


def allocate(room: Room, session: str) -> Entry:
    """Draw: permute blocks and bundles of every draw, write results and the balance statement."""
    known = _in_state(room, session, "SEEDED", "result")
    header = known.frozen_header()
    rows, statement = [], []
    for draw in header.draws:
        units = parse_units(room.file(known, f"draws/{draw.id}/units.json"))
        groups = parse_groups(room.file(known, f"draws/{draw.id}/groups.json"), draw, header.bundlings, units.sizes)
        key = seed.draw_seed(bytes.fromhex(known.seed), draw.id)
        present = known.plan.draws[draw.id].sizes
        data = encode_result(permute(groups, draw.classes, units.sizes, key, present))
        room.write(session, f"draws/{draw.id}/result.json", data)
        rows.append({"draw": draw.id, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})
        roster = parse_sealed(room.private.sealed(draw.frozen["roster_root"])).roster
        statement.append(statement_of(known.plan, draw, roster, groups, parse_result(data)))
    room.write(session, "statement.json", encode({"draws": statement, "version": VERSION}))
    sources = {"beacon": dict(known.beacon or {}), "public_draw": known.digits, "version": VERSION}
    room.write(session, "sources.json", encode(sources))
    return room.operate(session, "result", {"draws": rows})


def statement_of(
    plan: Plan, draw: HeaderDraw, roster: Roster, groups: Groups, classes: Sequence[int]
) -> dict[str, Any]:
    """What statement.json says of one draw (A23, A28)."""
    if draw.kind != CLASSES:
        return {"balance": [], "certificate": [], "draw": draw.id}
    numbers = balance.numbers_per_class(roster, classes, plan.value["balance"])
    certificate = [
        {"bound": line.bound, "feature": line.feature, "proven": line.proven, "reached": line.reached}
        for line in balance.certificate(roster, groups)
    ]
    return {"balance": [one.json() for one in numbers], "certificate": certificate, "draw": draw.id}


def abort(room: Room, session: str, reason: str) -> Entry:
    """Abort, with a reason; possible only before reveals are opened."""
    return room.operate(session, "aborted", {"reason": reason})


def annul(room: Room, session: str, draws: Sequence[str], reason: str, document: Path, approver: Key) -> Entry:
    """Annul published draws by a decision whose document's hash is entered, signed by operator and approver."""
    digest = hashlib.sha256(read(document)).hexdigest()
    body = {"document": digest, "draws": sorted(set(draws)), "reason": reason}
    return room.operate(session, "annulled", body, also=approver)


def class_lists(room: Room, session: str) -> dict[str, list[tuple[int, Student]]]:
    """Class and student of every draw of a published session, sorted by class and name: private, with names."""
    known = room.view.session(session)
    if known.state not in ("ALLOCATED", "PUBLISHED", "ANNULLED"):
        raise UsageError("lists.not_drawn", state=known.state)
    lists = {}
    for draw in known.frozen_header().draws:
        classes = parse_result(room.file(known, f"draws/{draw.id}/result.json"))
        people = room.private.people(draw.frozen["roster_root"])
        rows = [(number, s) for number, unit in zip(classes, people, strict=True) for s in unit]
        lists[draw.id] = sorted(rows, key=lambda row: (row[0], row[1].name, row[1].document_number))
    return lists
