"""What the ledger says of a session, gathered once for all its documents. Public: nothing of the private store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ledger.canonical import decode, parse_time
from ledger.checkpoint import cosigners, parse_checkpoint
from ledger.entry import Entry, parse_entry
from verifiable_draw.replay import Session, View
from verifiable_draw.room import Room

BEIJING = timedelta(hours=8)
"""Times of entries are UTC; papers are read in China, which has one time and no summer time."""


@dataclass(frozen=True, slots=True)
class Source:
    """A session, the ledger's view, the entries that are its own or name it, and the lots its schools drew by hand.

    `statement`: the record's statement.json, {"draws": []} before the result.
    `size` and `root`: the ledger up to the session's last entry that counts, or up to its end before there is one.
    `cosigned`: names of those who cosigned this or a later checkpoint.
    """

    session: Session
    view: View
    entries: Sequence[Entry]
    lots: Sequence[Entry]
    statement: Mapping[str, Any]
    size: int
    root: str
    cosigned: Sequence[str]


def read_source(room: Room, session: str) -> Source:
    """Gather a session's facts; UsageError if the ledger has no such session."""
    known = room.view.session(session)
    keys = {(known.plan.year, item.school, item.grade) for item in known.plan.draws.values()}
    entries, lots = [], []
    for entry in map(parse_entry, room.store.read()):
        message = entry.message
        if session in (message.session, message.body.get("session")):
            entries.append(entry)
        elif message.type == "lots" and _lot_key(entry) in keys:
            lots.append(entry)
    size = known.last_seq + 1 if known.last_seq >= 0 else entries[-1].seq + 1
    statement: Any = decode(room.file(known, "statement.json")) if known.results else {"draws": []}
    return Source(
        session=known,
        view=room.view,
        entries=tuple(entries),
        lots=tuple(lots),
        statement=statement,
        size=size,
        root=room.store.root_at(size).hex(),
        cosigned=_cosigned(room, session, size),
    )


def _lot_key(entry: Entry) -> tuple[int, str, int]:
    body = body_of(entry)
    return body["year"], body["school"], body["grade"]


def _cosigned(room: Room, session: str, size: int) -> list[str]:
    """Names of observers and witnesses whose cosignature covers `size` entries, sorted."""
    keys = room.view.cosigners(session)
    return sorted(
        {
            key.name
            for note in room.store.notes()
            if parse_checkpoint(note.text).size >= size
            for key in cosigners(note, keys)
        }
    )


def local_time(time: str) -> str:
    """A time of an entry as papers write it: Beijing time, to the second."""
    return (parse_time(time) + BEIJING).strftime("%Y-%m-%d %H:%M:%S") if time else ""


def local_date(date: str) -> str:
    """A date as official papers write it: 2026-08-25 → 2026年8月25日."""
    year, month, day = map(int, date.split("-"))
    return f"{year}年{month}月{day}日"


def body_of(entry: Entry) -> Mapping[str, Any]:
    """The body of an entry that the ledger has taken in: its shape was checked then."""
    return entry.message.body
