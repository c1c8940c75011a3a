"""The header: everything frozen, in one canonical file (spec/ceremony.md C4-C6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.canonical import encode, short_code
from verifiable_draw import seed
from verifiable_draw.entries import CLASSES, COMMON, HEADER
from verifiable_draw.plan import Plan
from verifiable_draw.schema import strict


@dataclass(frozen=True, slots=True)
class Observer:
    """An enrolled observer."""

    id: str
    role: str
    key: bytes
    client: str


@dataclass(frozen=True, slots=True)
class HeaderDraw:
    """One draw of a header; `frozen` is its frozen summary (C4)."""

    id: str
    classes: int
    attempt: int
    frozen: Mapping[str, Any]
    kind: str = CLASSES


@dataclass(frozen=True, slots=True)
class Header:
    """A header that keeps its form, with the bytes it was read from."""

    data: bytes
    value: Mapping[str, Any]
    draws: tuple[HeaderDraw, ...]
    observers: tuple[Observer, ...]

    @property
    def hash(self) -> bytes:
        """header_hash (C6)."""
        return seed.header_hash(self.data)

    @property
    def code(self) -> str:
        """Short code that people compare (E11)."""
        return short_code(self.hash)

    @property
    def rehearsal(self) -> bool:
        """Whether the session is a rehearsal."""
        return bool(self.value["rehearsal"])

    @property
    def bundlings(self) -> int:
        """M."""
        return int(self.value["bundlings"])

    @property
    def window(self) -> int:
        """Δ, seconds."""
        return int(self.value["windows"]["reveal"])

    def observer(self, name: str) -> Observer | None:
        """The observer of that id, or None."""
        return next((o for o in self.observers if o.id == name), None)

    def entry_body(self) -> dict[str, Any]:
        """Body of the `header` entry (L6)."""
        keys = ("attempt", "batch", "grade", "id", "kind", "school")
        return {
            "draws": [{key: draw[key] for key in keys} for draw in self.value["draws"]],
            "hash": self.hash.hex(),
            "rehearsal": self.rehearsal,
            "size": len(self.data),
            "year": self.value["year"],
        }


def parse_header(data: bytes) -> Header:
    """Read a header strictly; raises DataError."""
    value: Mapping[str, Any] = strict(data, HEADER, "header.malformed")
    draws = tuple(
        HeaderDraw(str(d["id"]), int(d["classes"]), int(d["attempt"]), d["frozen"], str(d["kind"]))
        for d in value["draws"]
    )
    observers = tuple(Observer(o["id"], o["role"], bytes.fromhex(o["key"]), o["client"]) for o in value["observers"])
    return Header(data, value, draws, observers)


def build_header(
    plan: Plan,
    frozen: Mapping[str, Mapping[str, Any]],
    attempts: Mapping[str, int],
    observers: Sequence[Mapping[str, Any]],
) -> Header:
    """Put the header together: plan, frozen summaries by draw, attempt numbers by draw, enrolled observers."""
    draws = [
        {key: item[key] for key in ("batch", "grade", "id", "kind", "school")}
        | {
            "attempt": attempts[item["id"]],
            "classes": plan.draws[item["id"]].places(frozen[item["id"]]["units"], frozen[item["id"]]["students"]),
            "frozen": frozen[item["id"]],
        }
        for item in plan.value["draws"]
        if item["id"] in frozen
    ]
    common = {key: plan.value[key] for key in COMMON}
    by_id = sorted(observers, key=lambda o: str(o["id"]))
    return parse_header(
        encode(common | {"plan": plan.hash.hex(), "draws": draws, "observers": [dict(o) for o in by_id]})
    )
