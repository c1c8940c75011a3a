"""What the steps share: who waits for what, and progress that nobody watches."""

from __future__ import annotations

from collections.abc import Callable

from verifiable_draw import ceremony
from verifiable_draw.errors import UsageError
from verifiable_draw.replay import Session
from verifiable_draw.room import Room

Progress = Callable[[int, int], None]


def silent(_done: int, _all: int) -> None:
    """Show no progress."""


def in_state(room: Room, session: str, state: str, event: str) -> Session:
    """The session, if it waits for that event; UsageError says what it waits for instead."""
    known = room.view.session(session)
    if known.state != state:
        ceremony.apply(known.state, event)
        raise UsageError("step.not_allowed", state=known.state, event=event, allowed="")
    return known
