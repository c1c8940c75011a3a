"""A family looks up its child."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import Tab
from tests.browser.slips import Slip, slip_of
from tests.simulator import Simulator


@pytest.fixture(scope="session")
def slip(finished: Simulator) -> Slip:
    return slip_of(finished)


def named(tab: Tab, slip: Slip) -> Tab:
    tab.page.fill("#child-name", slip.name)
    tab.page.fill("#document-number", slip.number)
    return tab


def lines(tab: Tab) -> list[str]:
    return [tab.page.input_value(f"#code-{i}") for i in range(2)]


def test_typed_lines_flow_and_a_wrong_one_is_marked(tab: Callable[..., Tab], slip: Slip, rehearsal: Path) -> None:
    opened = tab("http", "phone")
    page = opened.page
    page.click("#job-child")
    page.click("#code-0")
    page.keyboard.type(slip.lines[0].replace("-", "").lower())
    assert page.evaluate("document.activeElement.id") == "code-1"
    wrong = ("2" if slip.lines[1][0] != "2" else "3") + slip.lines[1][1:]
    page.keyboard.type(wrong)
    assert page.evaluate("document.activeElement.id") == "code-1"
    assert page.get_attribute("#code-1", "aria-invalid") == "true"
    assert "第 2 行有误" in page.locator("#code-1-note").inner_text()
    assert "第 2 行有误" in page.locator("#live").inner_text()
    page.fill("#code-1", "")
    page.keyboard.type(slip.second[1])
    assert "另一张纸上第二组代码的第 2 行" in page.locator("#code-1-note").inner_text()
    page.fill("#code-1", slip.lines[0])
    assert "凭条代码的第 1 行" in page.locator("#code-1-note").inner_text()
    page.fill("#code-1", "")
    page.keyboard.type(slip.lines[1])
    assert lines(opened) == slip.lines
    assert page.evaluate("document.activeElement.id") == "child-name"
    page.click("#start")
    assert "姓名和证件号码" in page.locator("#problems").inner_text()
    named(opened, slip).give(record=rehearsal)
    assert opened.check() == f"{slip.group} 班"
    assert slip.school in page.locator(".child").inner_text()
    assert page.locator(".child h2").evaluate("node => parseFloat(getComputedStyle(node).fontSize)") >= 60


def test_a_link_fills_the_lines_and_leaves_the_address(tab: Callable[..., Tab], slip: Slip, rehearsal: Path) -> None:
    opened = tab("http", "phone", fragment="#slip=" + "".join(slip.lines).replace("-", "") + "&draw=d1")
    assert lines(opened) == slip.lines
    assert "slip" not in opened.page.url
    assert opened.page.locator("#slip").is_visible()
    assert named(opened, slip).give(record=rehearsal).check() == f"{slip.group} 班"


def test_a_link_with_both_codes(tab: Callable[..., Tab], slip: Slip, rehearsal: Path) -> None:
    opened = tab("http", "phone", fragment="#slip=" + "".join([*slip.lines, *slip.second]).replace("-", "") + "&draw=d1")
    assert lines(opened) == slip.lines
    assert [opened.page.input_value(f"#second-{i}") for i in range(2)] == slip.second
    assert named(opened, slip).give(record=rehearsal).check() == f"{slip.group} 班"
    assert {"1": "男", "2": "女"}[slip.attributes["sex"]] in opened.page.locator("#result").inner_text()


def test_pasted_lines_and_the_second_code(tab: Callable[..., Tab], slip: Slip, rehearsal: Path) -> None:
    opened = tab().give(record=rehearsal)
    page = opened.page
    page.click("#job-child")
    paste = """([id, text]) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text", text);
      const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
      document.getElementById(id).dispatchEvent(event);
    }"""
    page.evaluate(paste, ["code-0", "\n".join(slip.lines)])
    assert lines(opened) == slip.lines
    page.locator("#slip-form summary").click()
    page.evaluate(paste, ["second-0", "\r\n".join(slip.second)])
    assert [page.input_value(f"#second-{i}") for i in range(2)] == slip.second
    named(opened, slip)
    page.keyboard.press("Enter")
    assert opened.verdict() == f"{slip.group} 班"
    shown = page.locator("#result").inner_text()
    assert {"1": "男", "2": "女"}[slip.attributes["sex"]] in shown
    page.get_by_role("button", name="清空").click()
    assert lines(opened) == [""] * 2
    assert not page.input_value("#child-name")
    assert page.locator("#result").inner_text() == ""


def test_a_slip_that_opens_nothing_is_said_neutrally(tab: Callable[..., Tab], slip: Slip, rehearsal: Path) -> None:
    opened = tab().give(record=rehearsal)
    opened.page.click("#job-child")
    opened.page.fill("#code-0", "".join(slip.lines))
    named(opened, slip).page.fill("#child-name", "另一个")
    assert opened.check() == "这张凭条没有对上"
    card = opened.page.locator(".verdict").first
    assert "服务台" in card.inner_text()
    assert "inconsistent" not in card.get_attribute("class")
    assert "V90" not in opened.page.locator(".reasons .id").all_inner_texts()


def test_a_slip_file_is_enough(tab: Callable[..., Tab], slip: Slip, rehearsal: Path) -> None:
    opened = tab().give(record=rehearsal)
    opened.page.click("#job-child")
    opened.give(slip={"name": "slip.json", "mimeType": "application/json", "buffer": slip.file})
    assert opened.check() == f"{slip.group} 班"


def test_before_the_draw_the_child_is_in_the_roster(
    tab: Callable[..., Tab], slip: Slip, finished: Simulator, tmp_path: Path
) -> None:
    for path, data in finished.files("frozen").items():
        (tmp_path / "record" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "record" / path).write_bytes(data)
    opened = tab().give(folder=tmp_path / "record")
    opened.page.click("#job-child")
    opened.page.fill("#code-0", "".join(slip.lines))
    assert named(opened, slip).check() == "在冻结的名册中"
