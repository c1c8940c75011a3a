"""Frozen values that travel between the steps of a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Attribute:
    """A categorical attribute to balance: its id and its values, in the plan's order.

    `free`: values that are not balanced. `merged`: (value in a roster, value as which it counts).
    """

    id: str
    values: tuple[str, ...]
    free: tuple[str, ...] = ()
    merged: tuple[tuple[str, str], ...] = ()

    @property
    def balanced(self) -> tuple[str, ...]:
        """The values that are features (A1)."""
        return tuple(value for value in self.values if value not in self.free)

    def json(self) -> dict[str, object]:
        """As it stands in the plan (C3)."""
        merged = [list(pair) for pair in self.merged]
        return {"free": list(self.free), "id": self.id, "merged": merged, "values": list(self.values)}

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Attribute:
        """Read one of a plan or sealed roster whose form was checked."""
        merged = tuple((raw, value) for raw, value in item["merged"])
        return cls(item["id"], tuple(item["values"]), tuple(item["free"]), merged)


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

    `apart` holds pairs (i, j), i < j, of unit indices that must be in different classes; `pins` (unit, class) that
    were given before the draw, ascending; `barred` (team, class) that must not be drawn; `crossed` pairs of
    attribute ids that are balanced together too.
    """

    units: tuple[Unit, ...]
    classes: int
    attributes: tuple[Attribute, ...]
    apart: tuple[tuple[int, int], ...] = ()
    caps: tuple[Cap, ...] = ()
    crossed: tuple[tuple[str, str], ...] = ()
    pins: tuple[tuple[int, int], ...] = ()
    barred: tuple[tuple[int, int], ...] = ()

    @property
    def students(self) -> int:
        """Number of students in all units."""
        return sum(len(unit.students) for unit in self.units)


@dataclass(frozen=True, slots=True)
class Groups:
    """Blocks, remainder and bundlings of one draw as unit indices in canonical order (spec R6).

    `pins` and `barred`: (unit, class), ascending.
    """

    draw: str
    blocks: tuple[tuple[int, ...], ...]
    remainder: tuple[int, ...]
    bundlings: tuple[tuple[tuple[int, ...], ...], ...]
    pins: tuple[tuple[int, int], ...] = ()
    barred: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Allocation:
    """The outcome of one draw: class 1..K of every unit by index, students per class, bundling picked.

    `forced`: units of a `late` draw that had no choice (A25).
    """

    draw: str
    draw_seed: bytes
    bundling: int
    classes: tuple[int, ...]
    counts: tuple[int, ...]
    forced: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One header's use of a draw key."""

    session: str
    draw: str
    number: int
    rehearsal: bool
