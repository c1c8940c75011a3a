"""Where the children of a year stand, from what the bureau has: its private store and its records (spec/year.md Y4)."""

from __future__ import annotations

from verifiable_draw.room import Room
from verifiable_draw.year import registration
from verifiable_draw.year.standing import Child, Place, counted


def children(room: Room, year: int) -> dict[Place, Child]:
    """Every child by nullifier, school and grade; none before a draw of the year counts."""
    return registration.gather(room, year).drawn.standing()[0] if counted(room.view, year) else {}
