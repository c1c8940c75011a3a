"""How a session ends other than by its result, and the lists that go to the schools."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from ledger.entry import Entry
from verifiable_draw.allocation.groups_file import parse_result
from verifiable_draw.errors import UsageError
from verifiable_draw.files import read
from verifiable_draw.keyfile import Key
from verifiable_draw.room import Room
from verifiable_draw.rosters import Student


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
