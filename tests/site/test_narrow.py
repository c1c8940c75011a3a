"""The site on a phone of 390 pixels: nothing hangs over the edge, no chart is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulator import Simulator
from verifiable_draw.site import building, charts

LOOK = """() => {
  const out = document.documentElement.scrollWidth > innerWidth ? ["page"] : [];
  for (const text of document.querySelectorAll("svg.chart text")) {
    const chart = text.closest("svg").getBoundingClientRect(), box = text.getBoundingClientRect();
    if (box.left < chart.left - 1 || box.right > chart.right + 1 || box.bottom > chart.bottom + 1 || box.right > innerWidth)
      out.push(text.textContent);
  }
  return out;
}"""
LONG = "示范县城关镇第一小学一年级实验（12）班"


@pytest.fixture(scope="module")
def phone(driver: Any, chromium: str) -> Iterator[Any]:
    started = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
    page = started.new_page(viewport={"width": 390, "height": 844})
    yield page
    started.close()


@pytest.fixture(scope="module")
def site(finished: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("narrow") / "site"
    building.build(finished.room, out)
    return out


@pytest.mark.parametrize("name", ["index.html", "how.html", "s1/index.html", "s1/draw-d1.html", "s1/draw-d2.html"])
def test_nothing_hangs_over(phone: Any, site: Path, name: str) -> None:
    phone.goto((site / name).as_uri())
    assert phone.evaluate(LOOK) == []
    assert (phone.locator("svg.chart text").count() > 0) == (name not in ("index.html", "s1/index.html"))


def test_long_names_are_squeezed_into_their_place(phone: Any) -> None:
    parts = [(f"{LONG}{i}", [i + 3, 40 - i]) for i in range(5)]
    pictures = [
        charts.bars("x", [LONG, "2班"], parts), charts.deal("x", [LONG] * 14, range(14)),
        charts.lengths("x", [(LONG * 2, 9, LONG), ("b", 1, "c")]), charts.chain("x", [f"{LONG}\n{LONG}"] * 5),
    ]  # fmt: skip
    style = "body { margin: 14px; font: 17px sans-serif } .chart { width: 100%; max-width: 540px; display: block; font: 15px sans-serif }"
    phone.set_content(f"<meta name=viewport content='width=device-width'><style>{style}</style>{charts.definitions()}{''.join(pictures)}")
    assert phone.evaluate(LOOK) == []


def test_the_ways_in_are_large_and_in_sight(phone: Any, site: Path) -> None:
    phone.goto((site / "index.html").as_uri())
    door = phone.get_by_role("link", name="凭条查询").first
    assert door.get_attribute("href") == "s1/slip.html"
    box = door.bounding_box()
    assert box["height"] >= 48
    assert box["width"] > 300
    phone.goto((site / "s1" / "index.html").as_uri())
    for school, draw in (("测试第一小学", "d1"), ("测试初级中学", "d2")):
        link = phone.get_by_role("link", name=school).first
        assert link.get_attribute("href") == f"draw-{draw}.html"
        assert link.bounding_box()["x"] + link.bounding_box()["width"] <= 390


def test_before_the_result_there_is_no_large_door(tmp_path: Path) -> None:
    story = Simulator(tmp_path / "x").run("rosters")
    building.build(story.room, tmp_path / "site")
    assert "door wide" not in (tmp_path / "site/index.html").read_text()
    story.room.close()
