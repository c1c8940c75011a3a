"""Whole ceremonies over the real HTTP interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.hall import Clerk, Hall

PEOPLE = {"c1": "congress", "d1": "discipline", "p1": "parent", "p2": "parent", "p3": "parent"}


def test_a_whole_session_with_attendants(hall: Callable[..., Hall], verify: Callable[..., Any]) -> None:
    room = hall()
    clerk = Clerk(room).sign_in()
    for name, role in PEOPLE.items():
        room.attend(name, role, choose=lambda kind, name=name: (name, kind) != ("p3", "opening"))
    clerk.press("bureau_device")
    clerk.take_all()
    assert len(room.get("board")["observers"]) == 6
    clerk.press("header")
    room.reaches("COMMITTING")
    room.until(lambda: sum(bool(o["commitment"]) for o in room.get("board")["observers"]) == 6)
    clerk.press("close_commits")
    room.reaches("GROUPED")
    room.until(lambda: not room.get("board")["lacking"] and all(o["attested"] for o in room.get("board")["observers"]))
    clerk.press("call")
    room.until(lambda: len(room.get("state")["call"].get("present", [])) == 6)
    clerk.press("open")
    room.reaches("SEEDED", seconds=90)
    board = room.get("board")
    assert {o["id"]: o["opening"] for o in board["observers"] if o["opening"] != "received"} == {"parent-3": "missing"}
    assert board["quorum_met"]
    clerk.press("allocate")
    clerk.press("publish")
    assert room.state() == "PUBLISHED"
    code, report = verify(room.folder / "records" / "s1.zip")
    assert (code, report["rehearsal"]) == (3, True)
    assert [c["id"] for c in report["covered"]] == ["bureau-1", "congress-1", "discipline-1", "parent-1", "parent-2"]
    assert "V63" not in report["reasons"]
    assert room.problems == []
    for page in ("home", "schools", "plan", "rosters", "day", "results", "ledger", "plan?new=yes", "panel"):
        assert "parent-3" in clerk.look(page) or page in ("home", "schools", "plan", "rosters", "results", "plan?new=yes")


if __name__ == "__main__":
    pytest.main([__file__])
