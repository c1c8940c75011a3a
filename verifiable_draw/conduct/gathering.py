"""In the room: observers, header, commitments, openings, coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ledger.canonical import decode, parse_time, tagged_hash
from ledger.entry import Entry, Message
from verifiable_draw import freeze as freezing
from verifiable_draw.allocation.groups_file import parse_units
from verifiable_draw.conduct.steps import in_state
from verifiable_draw.entries import INTO_CLASSES
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.session_rules import (
    expected_commits_closed,
    expected_coverage,
    expected_header,
    expected_reveals_closed,
)


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
    known = in_state(room, session, "COMMITTING", "commits.closed")
    return room.operate(session, "commits.closed", expected_commits_closed(known))


def open_reveals(room: Room, session: str) -> Entry:
    """Open the reveals. From here there is no abort."""
    known = in_state(room, session, "GROUPED", "reveals.opened")
    attested = [o.id for o in known.frozen_header().observers if o.id in known.attested_groups]
    return room.operate(session, "reveals.opened", {"attested": attested})


def close_reveals(room: Room, session: str) -> Entry:
    """Close the reveals: when every attested observer has revealed, or after half the window.

    The other half is left for the devices to attest within Δ of their own opening (C17).
    """
    known = in_state(room, session, "REVEALING", "reveals.closed")
    waiting = [name for name in known.attested if name not in known.openings and name not in known.wrong]
    passed = (room.clock() - parse_time(known.reveals_opened_time)).total_seconds()
    half = known.plan.window / 2
    if waiting and passed < half:
        raise UsageError("close.too_early", ids=", ".join(waiting), seconds=int(half - passed) + 1)
    return room.operate(session, "reveals.closed", expected_reveals_closed(known))


def close_coverage(room: Room, session: str) -> Entry:
    """Fix who is covered."""
    known = in_state(room, session, "REVEALED", "coverage.closed")
    return room.operate(session, "coverage.closed", {"covered": expected_coverage(known)})
