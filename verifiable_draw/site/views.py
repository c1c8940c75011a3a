"""Rows of the site's pages: of ledger, record and results, through the export whitelist (S17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.canonical import decode
from verifiable_draw.allocation.groups_file import parse_groups, parse_result, parse_units
from verifiable_draw.documents import public
from verifiable_draw.documents.people import published
from verifiable_draw.documents.source import Source
from verifiable_draw.entries import CLASSES, INTO_CLASSES
from verifiable_draw.header import HeaderDraw
from verifiable_draw.replay import Session, View
from verifiable_draw.room import Room
from verifiable_draw.whitelist import (
    PublicFile,
    PublicGroups,
    PublicOffice,
    PublicSchool,
    PublicSession,
    PublicSize,
    PublicVerdict,
    Release,
    class_title,
    public_balance,
    public_draws,
    public_numbers,
    public_session,
)

REAL, REHEARSAL = False, True


def office(view: View) -> PublicOffice:
    """The bureau, its ledger's key, and whom to ask by its last plan."""
    plans = [session.plan.value for session in view.sessions.values()]
    contact = plans[-1]["contact"] if plans else {"phone": "", "email": ""}
    key = view.keys["operator", "operator"].hex()
    return PublicOffice(view.bureau, view.origin, key, contact["phone"], contact["email"])


def sessions(view: View) -> list[PublicSession]:
    """All sessions, the latest first."""
    return [public_session(one, view.bureau, view.origin) for one in reversed(view.sessions.values())]


def coverage(view: View) -> tuple[int, list[PublicSchool]]:
    """The last registered year, and what became of each of its schools and grades (S1, V81); 0 without a register."""
    if not view.registers:
        return 0, []
    year = max(view.registers)
    rows = [_school(view, year, row) for row in view.registers[year]["schools"]]
    return year, rows


def _school(view: View, year: int, row: Mapping[str, Any]) -> PublicSchool:
    state, where = "exempt" if row["classes"] == 1 else "open", ""
    for session in view.sessions.values():
        if (session.plan.year, session.plan.rehearsal) != (year, REAL):
            continue
        for name, item in session.plan.draws.items():
            if (item.school, item.grade, item.kind) != (row["school"], row["grade"], CLASSES):
                continue
            if session.published is not None and name in session.results and name not in session.annulled:
                state, where = "drawn", session.id
            elif session.draws[name].postponed and state == "open":
                state, where = "postponed", session.id
    return PublicSchool(row["name"], row["grade"], row["classes"], state, where)


def index(view: View) -> Release:
    """The first page."""
    _year, schools = coverage(view)
    return Release("site-index", {"sessions": sessions(view), "offices": [office(view)], "schools": schools})


def session_page(
    source: Source, verdicts: Sequence[PublicVerdict], downloads: Sequence[PublicFile]
) -> Release:
    """One session."""
    return Release(
        "site-session",
        {
            "sessions": [public.session_row(source)],
            "draws": public_draws(source.session),
            "observers": public.observers(source),
            "hashes": public.derivation(source),
            "entries": public.minutes(source).rows["entries"],
            "offices": [office(source.view)],
            "verdicts": verdicts,
            "downloads": downloads,
        },
    )


def draw_page(room: Room, source: Source, draw: HeaderDraw) -> Release:
    """One draw of a session whose result is published."""
    session = source.session
    item = session.plan.draws[draw.id]
    students = published(room, session, draw) if item.kind in INTO_CLASSES else []
    numbers = public_numbers(source.statement, draw.id)
    balance = [row for row in public_balance(source.statement) if row.draw == draw.id]
    return Release(
        "site-draw",
        {
            "sessions": [public.session_row(source)],
            "draws": [row for row in public_draws(session) if row.id == draw.id],
            "numbers": numbers,
            "balance": balance,
            "students": students,
            "sizes": sizes(room, session, draw),
            "groups": groups(room, session, draw),
            "offices": [office(source.view)],
        },
    )


def sizes(room: Room, session: Session, draw: HeaderDraw) -> list[PublicSize]:
    """Students of every class that a draw fills; of a late draw, those that the classes have now."""
    item = session.plan.draws[draw.id]
    if item.kind not in INTO_CLASSES:
        return []
    value: Any = decode(room.file(session, f"draws/{draw.id}/result.json"))
    before = item.sizes or [0] * draw.classes
    return [
        PublicSize(number, class_title(item, number), present + added)
        for number, (present, added) in enumerate(zip(before, value["counts"], strict=True), start=1)
    ]


def groups(room: Room, session: Session, draw: HeaderDraw) -> list[PublicGroups]:
    """How a draw of kind `classes` was grouped, with its first block's classes as a worked example."""
    if draw.kind != CLASSES:
        return []
    units = parse_units(room.file(session, f"draws/{draw.id}/units.json"))
    data = room.file(session, f"draws/{draw.id}/groups.json")
    found = parse_groups(data, draw, session.frozen_header().bundlings, units.sizes)
    result = room.file(session, f"draws/{draw.id}/result.json")
    classes = parse_result(result)
    value: Any = decode(result)
    block = tuple(classes[unit] - 1 for unit in found.blocks[0]) if found.blocks else ()
    return [PublicGroups(len(found.blocks), len(found.remainder), len(found.bundlings), value["bundling"], block)]


def example(room: Room, view: View) -> tuple[Session, HeaderDraw] | None:
    """A published draw to explain with: the last session's first draw with a block, a real one before a rehearsal."""
    for rehearsal in (REAL, REHEARSAL):
        for session in reversed(view.sessions.values()):
            if session.published is None or session.plan.rehearsal != rehearsal:
                continue
            for draw in session.frozen_header().draws:
                shown = groups(room, session, draw) if draw.id not in session.annulled else []
                if shown and shown[0].block and draw.classes <= 12:  # more do not fit in the picture
                    return session, draw
    return None


def explanation(room: Room, view: View) -> Release:
    """How it works, for parents."""
    rows: dict[str, Any] = {"offices": [office(view)], "sessions": [], "draws": [], "groups": [], "sizes": []}
    found = example(room, view)
    if found is not None:
        session, draw = found
        rows["sessions"] = [public_session(session, view.bureau, view.origin)]
        rows["draws"] = [row for row in public_draws(session) if row.id == draw.id]
        rows["groups"] = groups(room, session, draw)
        rows["sizes"] = sizes(room, session, draw)
    return Release("site-how", rows)
