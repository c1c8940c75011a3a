"""Which button the clerk's console shows next, and why it cannot be pressed yet (texts: step.NAME).

Pure. What follows by itself is the autopilot's; what is left here needs a person's decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ledger.canonical import format_time, parse_time
from verifiable_draw.replay import Session
from verifiable_draw.session_rules import missing_attestations


@dataclass(frozen=True, slots=True)
class NextStep:
    """The step that comes next. `waits`: key of the sentence that says what is still missing, "" if it can be taken."""

    name: str
    waits: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


# State -> name of the step whose button is shown; other states wait for devices or for the autopilot.
BUTTONS = {
    "PLANNED": "header",
    "ROSTERED": "header",
    "COMMITTING": "close_commits",
    "GROUPED": "open",
    "SEEDED": "allocate",
    "ALLOCATED": "publish",
    "PUBLISHED": "republish",
}
ABORTABLE = ("PLANNED", "ROSTERED", "FROZEN", "COMMITTING", "COMMITTED", "GROUPED")


def next_step(session: Session, now: datetime) -> NextStep | None:
    """The button for the session's state, None where there is none. `now`: by the server's clock."""
    name = BUTTONS.get(session.state)
    if name is None:
        return None
    check = _CHECKS.get(name)
    waits, values = check(session) if check else ("", {})
    if name == "header" and not waits:
        waits, values = notice(session, now)
    return NextStep(name, waits, values)


Waits = tuple[str, dict[str, Any]]


def _header(session: Session) -> Waits:
    open_draws = [n for n, p in session.draws.items() if not p.postponed and p.frozen is None]
    if open_draws:
        return "wait.rosters", {"number": len(open_draws)}
    stale = [n for n, p in session.draws.items() if p.frozen and p.frozen["submission"] != p.approved]
    if stale:
        return "wait.stale", {"draws": ", ".join(stale)}
    if not any(one["role"] == "bureau" for one in session.enrolled.values()):
        return "wait.bureau", {}
    return "", {}


def notice(session: Session, now: datetime) -> Waits:
    """Until when the frozen rosters must be public before the header can be fixed (C4); nothing once that is over."""
    needed = session.plan.value["windows"]["roster_to_header"]
    if not session.frozen_at or not needed:
        return "", {}
    until = parse_time(session.frozen_at) + timedelta(seconds=needed)
    minutes = -(-int((until - now).total_seconds()) // 60)
    if until <= now:
        return "", {}
    values = {"hours": minutes // 60, "minutes": minutes % 60, "time": until.astimezone().strftime("%Y-%m-%d %H:%M")}
    return "wait.notice", values | {"until": format_time(until)}


def missing_roles(session: Session) -> dict[str, int]:
    """Roles of the quorum of which too few are enrolled."""
    roles = [str(one["role"]) for one in session.enrolled.values()]
    wanted: Mapping[str, int] = session.plan.value["quorum"]["roles"]
    return {role: number - roles.count(role) for role, number in wanted.items() if roles.count(role) < number}


def _close_commits(session: Session) -> Waits:
    if session.plan.value["sources"]["public_draw"] and not session.digits:
        return "wait.public_draw", {}
    if not any(session.enrolled[name]["role"] != "bureau" for name in session.commitments):
        return "wait.commitments", {}
    return "", {}


def _open(session: Session) -> Waits:
    lacking = missing_attestations(session, session.attested_groups)
    return ("wait.attestations", {"lacking": lacking}) if lacking else ("", {})


_CHECKS = {"header": _header, "close_commits": _close_commits, "open": _open}
