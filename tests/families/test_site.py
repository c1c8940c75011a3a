"""What the project's own site hands out, before the page's look-up: every family finds its child."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.families.test_lookup import look_up
from tests.simulator import Simulator
from verifiable_draw.site import families
from verifiable_draw.site.building import _entries, steps_of
from verifiable_draw.slip_codes import Slip

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


def folder_of(story: Simulator) -> dict[str, bytes]:
    """The session's folder as the site has it."""
    room = story.room
    session = room.view.session(story.name)
    steps = steps_of(session, _entries(room)[story.name])
    return dict(families.session_files(room, session, steps, families.Prover.of(room)))


def slips_of(story: Simulator) -> list[tuple[str, int, Slip]]:
    """Draw, unit and slip of every child."""
    session = story.room.view.session(story.name)
    return [
        (draw, unit, slip)
        for draw, state in session.draws.items()
        for unit, row in enumerate(story.room.private.holders((state.frozen or {})["roster_root"]))
        for _student, slip in row
    ]


@pytest.mark.parametrize("phase", ["frozen", "result"])
def test_every_slip_finds_its_place(phase: str, finished: Simulator, tmp_path: Path) -> None:
    story = finished if phase == "result" else Simulator(tmp_path / "room").run("header")
    files, slips = folder_of(story), slips_of(story)
    assert len(slips) >= 16
    chosen = slips[:: max(1, len(slips) // 25)]
    found = look_up([(files, slip.secret, draw) for draw, _unit, slip in chosen], tmp_path / "looking")
    for (draw, unit, _slip), said in zip(chosen, found, strict=True):
        assert (said.get("phase"), said.get("draw")) == (phase, draw), said
        assert said["pair"] in json.loads(files[f"draws/{draw}/units.json"])["units"][unit]
        drawn = json.loads(files[f"draws/{draw}/result.json"])["classes"][unit] if phase == "result" else 0
        assert said["number"] == drawn
        assert set(said["asked"]) < set(files)
    if story is not finished:
        story.room.close()
