"""Frozen values that travel between the steps of a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attribute:
    """A categorical attribute to balance: its id and its values, in the plan's order."""

    id: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` students with this value in a class."""

    attribute: str
    value: str
    limit: int


@dataclass(frozen=True, slots=True)
class Unit:
    """Students placed as one: for each of them attribute id -> value. No name, no number."""

    students: tuple[Mapping[str, str], ...]

    @property
    def single(self) -> bool:
        """Whether it is one student, not siblings."""
        return len(self.students) == 1


@dataclass(frozen=True, slots=True)
class Roster:
    """What grouping needs of one draw: units in index order, K, attributes by priority, constraints.

    `apart` holds pairs (i, j), i < j, of unit indices that must be in different classes.
    """

    units: tuple[Unit, ...]
    classes: int
    attributes: tuple[Attribute, ...]
    apart: tuple[tuple[int, int], ...] = ()
    caps: tuple[Cap, ...] = ()

    @property
    def students(self) -> int:
        """Number of students in all units."""
        return sum(len(unit.students) for unit in self.units)


@dataclass(frozen=True, slots=True)
class Groups:
    """Blocks, remainder and bundlings of one draw as unit indices in canonical order (spec R6)."""

    draw: str
    blocks: tuple[tuple[int, ...], ...]
    remainder: tuple[int, ...]
    bundlings: tuple[tuple[tuple[int, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Allocation:
    """The outcome of one draw: class 1..K of every unit by index, students per class, bundling picked."""

    draw: str
    draw_seed: bytes
    bundling: int
    classes: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One header's use of a draw key."""

    session: str
    draw: str
    number: int
    rehearsal: bool
