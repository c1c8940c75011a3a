"""A draft of a session's plan: sensible defaults, one draw for every grade of the register that must draw."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ledger.canonical import VERSION
from verifiable_draw.entries import AUDIT, CLASSES, LATE, SELECT, WITH_CLASSES
from verifiable_draw.replay import View
from verifiable_draw.room import Room
from verifiable_draw.year.at_bureau import Classes, classes_now

BALANCED = {
    "sex": ["1", "2"],
    "migrant": ["0", "1"],
    "ethnicity": ["01", "06", "09", "其他"],
    "disability": ["0", "1"],
}
"""What the county plan wants balanced, in this order; all other ethnicities count as 其他."""


def draft_here(room: Room, session: str, year: int, date: str, year_key: bytes, kind: str = CLASSES) -> dict[str, Any]:
    """A draft with what the bureau knows: a late draw's classes as children stand in them now (C28, year Y4)."""
    return draft(room.view, session, year, date, year_key, kind, classes_now(room, year) if kind == LATE else {})


def draft(
    view: View,
    session: str,
    year: int,
    date: str,
    year_key: bytes,
    kind: str = CLASSES,
    standing: Mapping[tuple[str, int], Classes] = MappingProxyType({}),
) -> dict[str, Any]:
    """The value of a plan (C3) that lacks only its two recipients. `year_key`: the commitment to the year's key.

    All draws are of one `kind`; a draft may be edited to mix them. `standing`: the classes that late students come
    into, by school and grade; if it has any, a draft of kind `late` has these grades alone.
    """
    schools = view.registers.get(year, {}).get("schools", [])
    drawn = [school for school in schools if school["classes"] > 1]
    drawn = [school for school in drawn if not standing or (school["school"], school["grade"]) in standing]
    digits = max(2, len(str(len(drawn))))
    counted, take = kind in WITH_CLASSES, {SELECT: 2, AUDIT: 3}.get(kind, 0)
    return {
        "version": VERSION,
        "origin": view.origin,
        "bureau": view.bureau,
        "session": session,
        "title": f"{year}年义务教育起始年级阳光分班",
        "date": date,
        "year": year,
        "rehearsal": False,
        "draws": [
            {
                "id": f"d{number:0{digits}d}", "kind": kind, "school": school["school"],
                "school_name": school["name"], "grade": school["grade"], "batch": 1,
                "classes": school["classes"] if counted else 0, "most": 0, "class_names": [],
                "sizes": [0] * school["classes"] if kind == LATE else [], "take": take, "caps": [],
            }
            | _now(standing.get((school["school"], school["grade"])))
            for number, school in enumerate(drawn, 1)
        ],
        "attributes": [
            {"free": [], "id": name, "merged": [], "values": values} for name, values in BALANCED.items()
        ] if kind == CLASSES else [],
        "crossed": [],
        "balance": ["sex", "migrant", "ethnicity"] if kind == CLASSES else [],
        "contact": {"email": "", "phone": "", "site": ""},
        "pins": [],
        "same_names": "ignore",
        "bundlings": 32,
        "quorum": {"covered": 6, "roles": {"congress": 1, "consultative": 1, "discipline": 1, "parent": 2}},
        "windows": {"attest": 7200, "commit": 3600, "reveal": 30, "roster_to_header": 86400},
        "delay": {"bits": 1024, "iterations": 120_000_000, "kind": "chiavdf-wesolowski", "segments": 8},
        "sources": {"drand": {}, "public_draw": {}},
        "recipients": [],
        "retention_years": 6,
        "screen": {"names": "masked"},
        "software": {"page": "", "source": "", "verifier": "", "version": ""},
        "year_key": year_key.hex(),
    }  # fmt: skip


def _now(found: Classes | None) -> dict[str, Any]:
    """What a late draw takes from the classes as they are."""
    if found is None:
        return {}
    sizes, names = list(found.sizes), list(found.names)
    return {"batch": found.batch, "classes": len(sizes), "class_names": names, "sizes": sizes}
