"""A session that waits for a published round of drand, which the clerk types in."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from tests import test_beacon as beacons
from tests.simulator import Simulator
from tests.web.hall import Clerk, Hall


def test_the_seed_waits_for_the_round(tmp_path: Path) -> None:
    story = Simulator(tmp_path, plan={"sources": {"drand": beacons.DRAND, "public_draw": {}}})
    story.clock.now = beacons.BEFORE
    story.run("delay")
    story.room.close()
    room = Hall(story).start()
    try:
        clerk = Clerk(room).sign_in()
        with urllib.request.urlopen(f"{room.base}/screen/data", timeout=30) as answer:  # noqa: S310 - loopback
            shown: Any = json.loads(answer.read())
        assert shown["drand"]["round"] == beacons.ROUND
        assert "等待公共随机信标" in clerk.look()
        assert '<p class="said bad" role="alert">' in clerk.press("beacon", signature="not hexadecimal")
        wrong = ("0" if beacons.SIGNATURE[-1] != "0" else "1").join((beacons.SIGNATURE[:-1], ""))
        clerk.press("beacon", signature=wrong)
        assert room.state() == "DELAYED"
        spaced = " ".join(beacons.SIGNATURE[i : i + 8] for i in range(0, 96, 8))  # as people copy it
        clerk.press("beacon", signature=spaced)
        room.reaches("SEEDED")
        clerk.press("allocate")
        clerk.press("publish")
        assert room.state() == "PUBLISHED"
    finally:
        room.close()
