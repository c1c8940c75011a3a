"""Where the children of a year stand, from what the bureau has: its private store and its records (spec/year.md Y4)."""

from __future__ import annotations

from typing import Any

from ledger.canonical import decode
from verifiable_draw.allocation.groups_file import parse_result
from verifiable_draw.room import Room
from verifiable_draw.year.standing import Child, Place, counted, drawn, standing


def children(room: Room, year: int) -> dict[Place, Child]:
    """Every child by nullifier, school and grade."""
    lists = []
    for session, draw in counted(room.view, year):
        root = str((session.draws[draw].frozen or {})["roster_root"])
        sealed: Any = decode(room.private.sealed(root))
        item = session.plan.draws[draw]
        classes = parse_result(room.file(session, f"draws/{draw}/result.json"))
        lists.append((item.school, item.grade, drawn(sealed, classes)))
    approvals = [pair for pair in room.view.book.approvals if pair[0].year == year]
    return standing(lists, approvals)[0]
