"""Whole ceremonies over the real HTTP interface."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import test_kinds as kinds
from tests.web.hall import PLAN, Clerk, Hall
from verifiable_draw.device import Device

PEOPLE = {"c1": "congress", "d1": "discipline", "p1": "parent", "p2": "parent", "p3": "parent", "n1": "notary"}


def honest(_kind: str, _device: Device) -> bool:
    return True


def lies(kind: str, device: Device) -> bool:
    """Opens something else than was committed to."""
    if kind == "opening":
        device.memory("s1")["contribution"] = "00" * 32
    return True


def test_a_whole_session_with_attendants(hall: Callable[..., Hall], verify: Callable[..., Any]) -> None:
    room = hall()
    clerk = Clerk(room).sign_in()
    for name, role in PEOPLE.items():
        room.attend(name, role, lambda kind, name=name: (name, kind) != ("p3", "opening"), lie=lies if name == "n1" else honest)
    clerk.press("bureau_device")
    clerk.take_all()
    assert len(room.get("board")["observers"]) == 7
    clerk.press("header")
    room.reaches("COMMITTING")
    room.until(lambda: sum(bool(o["commitment"]) for o in room.get("board")["observers"]) == 7)
    clerk.press("close_commits")
    room.reaches("GROUPED")
    room.until(lambda: not room.get("board")["lacking"] and all(o["attested"] for o in room.get("board")["observers"]))
    clerk.press("call")
    room.until(lambda: len(room.get("state")["call"].get("present", [])) == 7)
    clerk.press("open")
    room.reaches("SEEDED", seconds=90)
    board = room.get("board")
    assert {o["id"]: o["opening"] for o in board["observers"] if o["opening"] != "received"} == {
        "notary-1": "wrong", "parent-3": "missing",
    }  # fmt: skip
    assert board["quorum_met"]
    clerk.press("allocate")
    clerk.press("publish")
    assert room.state() == "PUBLISHED"
    code, report = verify(room.folder / "records" / "s1.zip")
    assert (code, report["rehearsal"]) == (3, True)
    assert [c["id"] for c in report["covered"]] == ["bureau-1", "congress-1", "discipline-1", "parent-1", "parent-2"]
    assert "V63" not in report["reasons"]
    assert room.problems == []
    room.kill(15)
    assert room.log.read_text() == ""  # no name, no address, no trace of an inside
    room.start()
    clerk = Clerk(room).sign_in()
    for page in ("home", "schools", "plan", "rosters", "day", "results", "ledger", "plan?new=yes", "panel"):
        assert "parent-3" in clerk.look(page) or page in ("home", "schools", "plan", "rosters", "results", "plan?new=yes")


@pytest.mark.slow
def test_a_schools_own_session_with_teachers_representatives_and_an_order(tmp_path: Path) -> None:
    """Teams to classes, parents chosen by lot, the order of speaking: parents observe, the screen says what was drawn."""
    story = kinds.simulator(tmp_path, **PLAN)
    story.found()
    story.plan()
    kinds.rosters(story)
    story.room.close()
    room = Hall(story).start()
    try:
        clerk = Clerk(room).sign_in()
        for name, role in PEOPLE.items():
            room.attend(name, role)
        clerk.press("bureau_device")
        clerk.take_all()
        clerk.press("header")
        room.reaches("COMMITTING")
        room.until(lambda: sum(bool(o["commitment"]) for o in room.get("board")["observers"]) == 7)
        clerk.press("close_commits")
        room.reaches("GROUPED")
        room.until(lambda: all(o["attested"] for o in room.get("board")["observers"]))
        clerk.press("open")
        room.reaches("SEEDED", seconds=90)
        clerk.press("allocate")
        clerk.press("publish")
        assert room.state() == "PUBLISHED", clerk.text
        with urllib.request.urlopen(f"{room.base}/screen/lists", timeout=30) as answer:  # noqa: S310 - loopback
            lists = {one["kind"]: one["lists"] for one in json.loads(answer.read())["draws"]}
        assert {"teachers", "select", "order"} <= set(lists)
        assert {one["title"] for one in lists["select"]} == {"抽中", "未抽中"}
        assert [one["title"] for one in lists["order"]][:2] == ["第1", "第2"]
        assert all("*" in name for rows in lists.values() for one in rows for name in one["names"])
        assert room.problems == []
        for page in ("rosters", "results", "plan", "plan?new=yes&kind=select", "plan?new=yes&kind=order", "plan?new=yes&kind=teachers"):
            clerk.look(page)
    finally:
        room.close()
