"""For people who see little, use no mouse or hold a small phone: labels, headings, languages, contrast, sizes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Tab

VISIBLE = "node => node.checkVisibility({ checkVisibilityCSS: true }) && !node.closest('.unseen, #paper')"

UNLABELLED = f"""() => [...document.querySelectorAll("input, select, textarea, button, progress, section")]
  .filter(node => !node.closest("[hidden], [aria-hidden='true']"))
  .filter(node => {{
    const by = node.getAttribute("aria-labelledby");
    const named = node.labels?.length ? node.labels[0].textContent : by ? document.getElementById(by)?.textContent : "";
    const own = node.tagName === "BUTTON" ? node.textContent : "";
    return ({VISIBLE})(node) && !(named || own || node.getAttribute("aria-label") || "").trim();
  }}).map(node => node.outerHTML.slice(0, 120))"""

HEADINGS = f"""() => [...document.querySelectorAll("h1, h2, h3, h4")].filter({VISIBLE})
  .map(node => Number(node.tagName[1]))"""

SMALL = f"""() => [...document.querySelectorAll("button, .button, summary, select, textarea, input[type=text]")]
  .filter({VISIBLE}).map(node => [node.getBoundingClientRect(), node.outerHTML.slice(0, 120)])
  .filter(([box]) => box.height < 48 || box.width < 48).map(([, html]) => html)"""

FOREIGN = """() => {
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const out = [];
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    if (text.parentElement.closest("noscript")) continue;
    const lang = text.parentElement.closest("[lang]").lang;
    if (lang === "en" && /\\p{Script=Han}/u.test(text.data)) out.push(text.data);
  }
  return out;
}"""

# Every piece of text against what is painted behind it, with all opacities on the way.
CONTRAST = f"""() => {{
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const linear = c => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const out = [];
  for (const node of document.querySelectorAll("body *")) {{
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim());
    if (!own || !({VISIBLE})(node) || node.closest("svg, noscript, script, .skip")) continue;
    let opacity = 1, back = null;
    for (let at = node; at; at = at.parentElement) {{
      const style = getComputedStyle(at);
      const color = parse(style.backgroundColor);
      if (!back && (color.length < 4 || color[3] === 1)) back = color;
      if (!back) opacity *= Number(style.opacity);
    }}
    const front = parse(getComputedStyle(node).color).slice(0, 3).map((c, i) => c * opacity + back[i] * (1 - opacity));
    const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) out.push(`${{ratio.toFixed(2)}} ${{node.className}} ${{node.textContent.slice(0, 40)}}`);
  }}
  return out;
}}"""


def assert_sound(page: Any) -> None:
    page.wait_for_timeout(50)
    assert page.evaluate(UNLABELLED) == []
    levels = page.evaluate(HEADINGS)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.evaluate(SMALL) == []
    assert page.evaluate(FOREIGN) == []
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_every_state_is_accessible(
    tab: Callable[..., Tab], proven: dict[str, Path], rehearsal: Path, size: str
) -> None:
    opened = tab("file", size)
    page = opened.page
    assert_sound(page)
    page.click("#start")
    assert page.locator("#problems[role='alert'] .problem").count() == 1
    opened.give(record=rehearsal, trust=proven["trust"])
    assert_sound(page)
    page.click("#job-child")
    page.locator("#slip-form summary").click()
    page.fill("#code-0", "0000-0000-0000-0000")
    assert_sound(page)
    page.click("#job-check")
    opened.check()
    page.locator("#checks > summary").click()
    page.locator("footer summary").click()
    assert_sound(page)
    page.click("#language")
    assert_sound(page)


def test_progress_and_verdict_are_announced(tab: Callable[..., Tab], rehearsal: Path) -> None:
    opened = tab().give(record=rehearsal)
    heard = """() => {
      globalThis.heard = [];
      const live = document.getElementById("live");
      new MutationObserver(() => globalThis.heard.push(live.textContent)).observe(live, { childList: true });
    }"""
    opened.page.evaluate(heard)
    headline = opened.check()
    said = opened.page.evaluate("globalThis.heard")
    assert said[0].startswith("正在核验")
    assert headline in said[-1]
    assert len(said) <= 6
    assert opened.page.get_attribute("#live", "role") == "status"


def test_every_word_is_there_in_both_languages(page_file: Path, tab: Callable[..., Tab]) -> None:
    missing = tab().page.evaluate("""() => [...document.querySelectorAll(".t")].filter(node =>
      node.children.length !== 2 || [...node.children].some(child => !child.textContent.trim())).length""")
    assert missing == 0
