"""Plan and rosters: from the plan's entry to every draw frozen."""

from __future__ import annotations

from ledger.entry import Entry
from verifiable_draw import ceremony
from verifiable_draw import freeze as freezing
from verifiable_draw.allocation.grouping import group as form_groups
from verifiable_draw.allocation.groups_file import encode_groups, parse_groups, parse_units
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.header import HeaderDraw
from verifiable_draw.keyfile import Key
from verifiable_draw.plan import Plan, PlanDraw, parse
from verifiable_draw.preview import Preview, rare
from verifiable_draw.preview import preview as make_preview
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.sealed import parse_sealed, seal

# A session has a folder of its own on the site and on Windows, where these names are taken.
_PORTS = {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}

RESERVED = {"ledger", "verifiers", "con", "prn", "aux", "nul"} | _PORTS


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
