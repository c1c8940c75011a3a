"""The server is killed in every state and at random moments; nothing that was acknowledged is lost, and it goes on."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.simulator import Simulator
from tests.web.crowd import commitments, frozen, send
from tests.web.hall import Clerk, Hall

PEOPLE = {"c1": "congress", "d1": "discipline", "p1": "parent", "p2": "parent", "p3": "parent"}


def again(room: Hall) -> Clerk:
    """Kill the server, start it, sign in."""
    room.kill()
    room.start()
    return Clerk(room).sign_in()


@pytest.mark.slow
def test_killed_in_every_state(hall: Callable[..., Hall], verify: Callable[..., Any]) -> None:
    delay = {"bits": 1024, "iterations": 400_000, "kind": "chiavdf-wesolowski", "segments": 4}
    room = hall(delay=delay)
    clerk = Clerk(room).sign_in()
    for name, role in PEOPLE.items():
        room.attend(name, role, lambda kind, name=name: (name, kind) not in (("p3", "opening"), ("p2", "attest.reveals")))
    clerk.press("bureau_device")
    clerk = again(room)
    clerk.take_all()
    clerk = again(room)
    clerk.press("header")
    clerk = again(room)
    room.until(lambda: sum(bool(o["commitment"]) for o in room.get("board")["observers"]) == 6)
    clerk = again(room)
    clerk.press("close_commits")
    clerk = again(room)  # COMMITTED, or GROUPED already
    room.reaches("GROUPED")
    clerk = again(room)
    room.until(lambda: all(o["attested"] for o in room.get("board")["observers"]))
    clerk.press("open")
    killed = set()
    deadline = time.monotonic() + 120
    while (state := room.state()) != "SEEDED":
        assert time.monotonic() < deadline, (state, room.problems)
        if state not in killed:
            killed.add(state)
            again(room)
        time.sleep(0.02)
    assert {"REVEALING", "REVEALED", "COVERED"} <= killed
    clerk = again(room)
    clerk.press("allocate")
    clerk = again(room)
    clerk.press("publish")
    clerk = again(room)
    assert room.state() == "PUBLISHED"
    clerk.press("republish")
    code, report = verify(room.folder / "records" / "s1.zip")
    assert code == 3, report
    assert "parent-1" in [c["id"] for c in report["covered"]]


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_over_twenty_kills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VDRAW_STATE", str(tmp_path / "state"))
    simulator, devices = frozen(tmp_path, 31)
    room = Hall(simulator).start()
    chance = random.Random("kills")
    answers: dict[str, int] = {}
    try:
        Clerk(room).sign_in()
        messages = commitments(simulator, devices, room.base)
        answers[messages[0].actor.id] = send(room.base, messages[0], tmp_path)[1]["seq"]

        def attend(message: Any, wait: float) -> None:
            time.sleep(wait)
            answers[message.actor.id] = send(room.base, message, tmp_path, 120)[1]["seq"]

        waits = [chance.uniform(0, 30) for _ in messages[1:]]
        threads = [threading.Thread(target=attend, args=pair) for pair in zip(messages[1:], waits, strict=True)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            time.sleep(chance.uniform(0, 0.7))
            again(room)
        for thread in threads:
            thread.join(120)
        assert len(answers) == len(messages)
        ledger = check(simulator)
        for message in messages:
            entry = ledger[answers[message.actor.id]]
            assert (entry["actor"]["id"], entry["body"]) == (message.actor.id, dict(message.body))
    finally:
        room.close()


def check(simulator: Simulator) -> list[dict[str, Any]]:
    """The ledger as it is on the disc, replayed; its entries."""
    room = simulator.another()
    try:
        return [json.loads(line) for line in room.store.read()]
    finally:
        room.close()
