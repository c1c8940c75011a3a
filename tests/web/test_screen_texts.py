"""The screen's script finds every sentence that it asks for."""

from __future__ import annotations

import re
from pathlib import Path

from verifiable_draw.ceremony import STATES
from verifiable_draw.texts import catalogue
from verifiable_draw.web import screen
from verifiable_draw.web.board import OPENED_BY

SCRIPT = (Path(screen.__file__).parent / "static" / "screen.js").read_text()


def test_every_text_of_the_screen_is_sent_to_it() -> None:
    sent = {key for key in catalogue() if key.startswith(screen.WORDS)}
    asked = set(re.findall(r"(?:t|label)\(\"([a-z_.A-Z]+)\"", SCRIPT)) | set(re.findall(r"\"((?:screen|day|ui)\.[a-z_]+)\"", SCRIPT))
    assert {"day.code", "day.seconds_left", "screen.header"} <= asked
    assert asked - sent == set()
    assert {f"screen.left.{state}" for state in OPENED_BY} | {f"state.{state}" for state in STATES[1:]} <= sent
