"""What the ledger says of a session, put together for devices and screens (spec/room.md N5, N6).

Pure: a view and a few facts in, plain JSON out. Nothing private goes in, so nothing private can come out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ledger.canonical import format_time, parse_time, short_code
from ledger.entry import Entry
from verifiable_draw import ceremony
from verifiable_draw.entries import CIVIC_ROLES
from verifiable_draw.replay import Session, View
from verifiable_draw.session_rules import missing_attestations
from verifiable_draw.sources import round_time
from verifiable_draw.words import words

Json = dict[str, Any]
LAST_ENTRIES = 12
# States in which the bureau closes something soon, and the entry that began them.
OPENED_BY = {"REVEALING": "reveals.opened", "REVEALED": "reveals.closed"}


@dataclass(frozen=True, slots=True)
class Call:
    """A roll call: its number, when it ends, who tapped."""

    number: int = 0
    ends: datetime | None = None
    present: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the desk knows beside the ledger."""

    size: int = 0
    call: Call = field(default_factory=Call)
    typed_digits: str = ""
    progress: Mapping[str, int | str] = field(default_factory=dict)
    record: bool = False
    page: str = ""
    enrolling: bool = False
    closes: datetime | None = None
    cosigned: Collection[str] = ()


def state(view: View | None, session: Session | None, facts: Facts) -> Json:
    """The object of N5 without `tick` and the two numbers of seconds, which are added when it is sent."""
    plan = session.plan if session else None
    delay = {"done": 0, "segments": plan.segments if plan else 0, "seconds_left": -1}
    if facts.progress.get("kind") == "delay":
        delay |= {name: int(facts.progress[name]) for name in ("done", "segments", "seconds_left")}
    elif session is not None and session.delay:
        delay |= {"done": len(session.delay), "seconds_left": 0}
    return {
        "origin": view.origin if view else "",
        "bureau": view.bureau if view else "",
        "session": session.id if session else "",
        "title": str(plan.value["title"]) if plan else "",
        "rehearsal": plan.rehearsal if plan else False,
        "state": session.state if session else "",
        "size": facts.size,
        "enrolling": facts.enrolling,
        "roles": roles(session) if session else [],
        "call": {"number": facts.call.number, "present": list(facts.call.present)} if facts.call.ends else {},
        "public_draw": facts.typed_digits,
        "window": plan.window if plan else 0,
        "delay": delay,
        "record": facts.record,
        "page": facts.page,
    }


def roles(session: Session) -> list[str]:
    """Roles that the bureau enrols: those of the quorum first."""
    wanted = session.plan.value["quorum"]["roles"]
    return sorted(CIVIC_ROLES, key=lambda role: (role not in wanted, role == "bureau"))


def board(view: View, session: Session, facts: Facts, entries: Sequence[Entry]) -> Json:
    """The object of N6."""
    plan, header = session.plan, session.header
    return {
        "plan": {
            "code": short_code(plan.hash),
            "date": plan.value["date"],
            "quorum": plan.value["quorum"],
            "iterations": plan.iterations,
            "bundlings": plan.value["bundlings"],
            "public_draw": plan.value["sources"]["public_draw"],
        },
        "header": header_facts(session),
        "observers": [_observer(session, facts, one) for one in observers(session)],
        "draws": draws(session),
        "commits_closed": session.commits_closed,
        "digits": session.digits,
        "groups_hash": session.groups_hash,
        "checked": list(session.checked),
        "lacking": missing_attestations(session, session.attested_groups) if header and session.commits_closed else {},
        "reveals_closed": session.reveals_closed,
        "covered": list(session.covered),
        "coverage_closed": session.coverage_closed,
        "quorum_met": quorum_met(session),
        "drand": drand_facts(session),
        "seed": session.seed,
        "published": dict(session.published) if session.published else {},
        "published_code": short_code(bytes.fromhex(session.published["files_hash"])) if session.published else "",
        "aborted": session.aborted,
        "annulled": dict(session.annulled),
        "progress": dict(facts.progress),
        "allowed": ceremony.allowed(session.state),
        "entries": [entry_line(entry) for entry in entries[-LAST_ENTRIES:]],
        "ledger": short_code(view.ring.operator_at(0)),
    }


def observers(session: Session) -> list[Mapping[str, Any]]:
    """Those enrolled, in header order."""
    return sorted(session.enrolled.values(), key=lambda one: str(one["id"]))


def header_facts(session: Session) -> Json:
    """The header's hash in every form that people compare."""
    header = session.header
    if header is None:
        return {}
    pairs = words(header.hash)
    return {
        "hash": header.hash.hex(),
        "code": header.code,
        "words": [zh for zh, _en in pairs],
        "words_en": [en for _zh, en in pairs],
        "size": len(header.data),
        "students": sum(draw.frozen["students"] for draw in header.draws),
    }


def drand_facts(session: Session) -> Json:
    """The planned round of drand, when it is published, and whether it is in the ledger; {} if none is planned."""
    planned = session.plan.value["sources"]["drand"]
    if not planned:
        return {}
    return {"round": planned["round"], "time": format_time(round_time(planned)), "entered": session.beacon is not None}


def _observer(session: Session, facts: Facts, one: Mapping[str, Any]) -> Json:
    name = str(one["id"])
    opening = "received" if name in session.openings else "wrong" if name in session.wrong else ""
    if not opening and session.reveals_closed and name in session.commitments:
        opening = "missing"
    return {
        "id": name,
        "role": one["role"],
        "client": one["client"],
        "commitment": session.commitments.get(name, ""),
        "attested": name in session.attested_groups,
        "opening": opening,
        "attested_reveals": name in session.attested_reveals,
        "covered": name in session.covered,
        "present": name in facts.call.present,
        "cosigned": name in facts.cosigned,
    }


def draws(session: Session) -> list[Json]:
    """Every draw of the plan with what is public of it."""
    rows = []
    for name, progress in session.draws.items():
        item = session.plan.draws[name]
        frozen = progress.frozen or {}
        rows.append(
            {
                "id": name,
                "school": item.school,
                "school_name": item.school_name,
                "grade": item.grade,
                "kind": item.kind,
                "take": item.take,
                "classes": item.places(frozen["units"], frozen["students"]) if frozen else item.classes,
                "class_names": list(item.class_names),
                "students": frozen.get("students", 0),
                "units": frozen.get("units", 0),
                "blocks": frozen.get("blocks", 0),
                "remainder": frozen.get("remainder", 0),
                "frozen": bool(frozen),
                "pins": sum(frozen["constraints"]["pins"].values()) if frozen else 0,
                "postponed": progress.postponed,
                "groups": str(session.groups[name]["sha256"]) if name in session.groups else "",
                "result": str(session.results[name]["sha256"]) if name in session.results else "",
            }
        )
    return rows


def quorum_met(session: Session) -> bool:
    """Whether enough observers are covered, of every role the plan names (C18); those of the bureau never count."""
    by_role = [str(session.enrolled[name]["role"]) for name in session.covered]
    quorum = session.plan.value["quorum"]
    enough = sum(role != "bureau" for role in by_role) >= quorum["covered"]
    return enough and all(by_role.count(role) >= number for role, number in quorum["roles"].items())


def entry_line(entry: Entry) -> Json:
    """One entry as a line of the ledger that people can follow."""
    message = entry.message
    return {
        "seq": entry.seq,
        "time": entry.time,
        "type": message.type,
        "actor": message.actor.id,
        "role": message.actor.role,
        "draw": str(message.body.get("draw", "")),
    }


def closes_at(session: Session, entries: Sequence[Entry]) -> datetime | None:
    """When the bureau closes what is open, at the latest: half of Δ after it was opened; None if nothing is (C16)."""
    opened_by = OPENED_BY.get(session.state)
    if opened_by is None:
        return None
    begun = next(e.time for e in reversed(entries) if (e.message.session, e.message.type) == (session.id, opened_by))
    return parse_time(begun) + timedelta(seconds=session.plan.window / 2)
