"""The plan's rules as a form, and what a preview says of pins, crossed values and teams, in Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.test_kinds import TAUGHT, hand_in, read
from tests.test_options import rosters, story_of
from tests.web.hall import PLAN as ROOM
from tests.web.hall import Hall
from tests.web.test_pages import Window, window  # noqa: F401 - a fixture


@pytest.mark.slow
def test_rules_and_previews(window: Callable[[str], Window], tmp_path: Path) -> None:  # noqa: F811
    story = story_of(tmp_path, **ROOM)
    story.run("plan")
    taught = [*TAUGHT, ("丙", "李老师", "1", "{3}", 30, "语文", "高级教师", "")]
    teams = read(tmp_path / "teams.xlsx", taught, teams=True).students
    for draw, students in (rosters(tmp_path) | {"d3": list(teams)}).items():
        hand_in(story, draw, students)
    story.room.close()
    room = Hall(story).start()
    try:
        console = window("laptop")
        page = console.page
        page.goto(f"{room.base}/console")
        page.click(".card button >> nth=0")
        page.wait_for_selector("nav")
        for kind in ("classes", "late", "teachers", "audit"):
            page.goto(f"{room.base}/console/plan?new=yes&kind={kind}")
            console.shot(f"console-plan-{kind}")
        for draw, words in (("d1", "法院文书 1"), ("d3", "高级教师")):
            page.goto(f"{room.base}/console/rosters")
            row = page.locator("tr", has=page.locator("code", has_text=draw)).first
            row.locator("summary").first.click()
            row.locator("text=冻结预览").first.click()
            page.wait_for_selector(f"text={words}")
            console.shot(f"console-preview-{draw}")
        screen = window("projector")
        screen.page.goto(f"{room.base}/screen")
        screen.page.wait_for_selector("text=事先指定了班级的：2 个")
        screen.shot("screen-pins")
    finally:
        room.close()
