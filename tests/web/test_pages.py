"""Console and screen in Chromium through a whole session: every page looked at, accessible, and free of complaints."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.simulator import ROOT, Simulator
from tests.web.hall import Clerk, Hall
from verifiable_draw import observer_page
from verifiable_draw.county import SchoolSpec, generate_students, write_workbook

SHOTS = ROOT / "build" / "screenshots"
AXE = ROOT / "verifiable_draw" / "web" / "observer" / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"laptop": {"width": 1366, "height": 768}, "projector": {"width": 1920, "height": 1080}, "phone": {"width": 360, "height": 740}}
PEOPLE = {"d1": "discipline", "c1": "congress", "k1": "consultative", "p1": "parent", "p2": "parent", "p3": "parent", "n1": "notary"}


class Window:
    """A page of its own, what it complained of, its screenshots and accessibility."""

    def __init__(self, browser: Any, size: str) -> None:
        self.size = size
        self.context = browser.new_context(viewport=SIZES[size], accept_downloads=True)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") and "net::ERR" not in m.text else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def shot(self, name: str) -> None:
        """Keep a picture, and ask axe for serious findings."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}-{self.size}.png", full_page=self.size != "projector")
        self.check(name)
        if self.size == "projector":
            self.fits_a_projector(name)

    def fits_a_projector(self, name: str) -> None:
        """Nobody scrolls it, on a small one neither; no key of a text shows."""
        assert not re.search(r"\b(?:day|ui|screen|state|role|meanwhile)\.[a-zA-Z_]+", self.page.inner_text("body")), name
        for size in ({"width": 1280, "height": 720}, SIZES[self.size]):
            self.page.set_viewport_size(size)
            self.page.wait_for_function("document.documentElement.scrollHeight <= window.innerHeight", timeout=5000)

    def check(self, name: str) -> None:
        """No serious finding of axe."""
        observer_page.packages()
        # The page's own policy lets no script in, so this one comes by the debugger.
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("async () => (await axe.run()).violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html).slice(0, 3)])")
        assert [one for one in found if one[0] in ("serious", "critical")] == [], name

    def close(self) -> None:
        self.context.close()
        assert self.complaints == []


@pytest.fixture
def window(browser: Any) -> Iterator[Callable[[str], Window]]:
    opened: list[Window] = []

    def make(size: str) -> Window:
        opened.append(Window(browser, size))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def press(page: Any, selector: str) -> None:
    """Press a button, and the one that asks again."""
    page.click(selector)
    if page.locator("#sure").count():
        page.click("#sure")


@pytest.mark.slow
def test_console_and_screen_through_a_session(hall: Callable[..., Hall], window: Callable[[str], Window]) -> None:
    delay = {"bits": 1024, "iterations": 600_000, "kind": "chiavdf-wesolowski", "segments": 8}
    room = hall(delay=delay)
    console, screen = window("laptop"), window("projector")
    page = console.page
    page.goto(f"{room.base}/console")
    console.shot("console-sign-in")
    page.click(".card button >> nth=0")
    page.wait_for_selector("nav")
    screen.page.goto(f"{room.base}/screen")
    for name in ("home", "schools", "plan", "plan?new=yes", "rosters", "day", "results", "papers", "ledger"):
        page.goto(f"{room.base}/console/{name}")
        console.shot(f"console-{name.replace('?new=yes', '-form')}")
    page.goto(f"{room.base}/console/rosters")
    page.click("td.row summary >> nth=0")
    page.click("text=冻结预览")
    page.wait_for_selector("text=能做到的均衡")
    console.shot("console-rosters-preview")
    page.goto(f"{room.base}/console/day")
    screen.page.wait_for_selector(".join .code")
    for name, role in PEOPLE.items():
        room.attend(name, role, lambda kind, name=name: (name, kind) != ("p3", "opening"))
    page.wait_for_selector("text=等待登记 (7)")
    console.shot("console-day-enrol")
    page.click("#bureau-device")
    for left in range(7, 0, -1):
        page.wait_for_selector(f"text=等待登记 ({left})")
        page.click(".take >> nth=0")
    page.wait_for_selector("text=已登记 (8)")
    screen.page.wait_for_selector(".people li:nth-child(8)")
    screen.shot("screen-enrol")
    press(page, "#next")
    room.reaches("COMMITTING")
    room.until(lambda: sum(bool(o["commitment"]) for o in room.get("board")["observers"]) == 8)
    screen.page.wait_for_selector(".header-code")
    screen.page.wait_for_selector(".people li.done:nth-child(8)")
    screen.shot("screen-commit")
    page.wait_for_selector("#next[data-step=close_commits]:not([disabled])")
    console.shot("console-day-commit")
    press(page, "#next")
    room.reaches("GROUPED")
    page.wait_for_selector("#next[data-step=open]:not([disabled])")
    press(page, "#call")
    screen.page.wait_for_selector(".count")
    screen.shot("screen-call")
    console.shot("console-day-open")
    press(page, "#next")
    screen.page.wait_for_selector("text=揭示中")
    assert screen.page.locator(".people li", has_text="parent-3").locator(".mark").inner_text() == "…"  # present, but silent
    screen.shot("screen-reveal")
    page.wait_for_selector("[data-state=REVEALING]")
    console.shot("console-day-reveal")
    screen.page.wait_for_selector(".bar", timeout=60_000)
    screen.shot("screen-delay")
    page.wait_for_selector("[data-state=COVERED] progress", timeout=60_000)
    console.shot("console-day-delay")
    page.wait_for_selector("#next[data-step=allocate]", timeout=120_000)
    screen.page.wait_for_selector(".seed")
    screen.shot("screen-seed")
    press(page, "#next")
    screen.page.wait_for_selector(".class")
    screen.shot("screen-lists")
    page.wait_for_selector("#next[data-step=publish]")
    press(page, "#next")
    page.wait_for_selector("text=验证程序退出码 3", timeout=60_000)
    console.shot("console-day-published")
    page.goto(f"{room.base}/console/results")
    console.shot("console-results-published")
    with page.expect_download() as download:
        page.click("text=下载各校分班名单")
    assert download.value.suggested_filename == "lists-s1.zip"
    with page.expect_download() as download:
        page.click("text=下载公开记录")
    page.click("text=English")
    page.wait_for_selector("nav >> text=Ceremony")
    console.shot("console-results-english")
    assert room.problems == []


@pytest.mark.slow
def test_from_an_empty_folder_to_frozen_rosters_by_hand(tmp_path: Path, window: Callable[[str], Window]) -> None:
    """What a clerk does in the weeks before, with files only: found, register, keys, plan, import, freeze."""
    empty = Simulator.__new__(Simulator)
    empty.folder = tmp_path
    (tmp_path / "bureau").mkdir()
    spec, other = SchoolSpec("9910000001", "测试第一小学", 1, 61, 3), SchoolSpec("9970000002", "测试初级中学", 7, 52, 2)
    book = openpyxl.Workbook()
    book.active.append(["学校代码", "学校名称", "年级", "班数"])
    for row in (spec, other):
        book.active.append([row.code, row.name, row.grade, row.classes])
    book.active.append(["9910999999", "测试教学点", 1, 1])
    book.save(tmp_path / "register.xlsx")
    write_workbook(tmp_path / "a.xlsx", {"新生名册": generate_students(spec, "hand")}, mess=("missing_sex",))
    write_workbook(tmp_path / "b.xlsx", {"新生名册": generate_students(other, "hand")})
    holders = []
    for name in ("holder-1", "holder-2"):
        command = [sys.executable, "-m", "verifiable_draw", "key", str(tmp_path / f"{name}.key"), name, "recipient"]
        holders.append(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout.strip().splitlines()[-1])
    room = Hall(empty).start()
    try:
        console = window("laptop")
        page = console.page
        page.goto(f"{room.base}/console")
        console.shot("console-setup")
        page.fill("#f-bureau", "测试县教育局")
        page.fill("#f-origin", "test-county.example/ledger")
        for role in ("operator", "approver", "recovery"):
            for number in (1, 2):
                page.fill(f"#f-{role}-{number}", f"{role} secret")
        page.click("text=建立账本 >> nth=-1")
        page.wait_for_selector("text=登记本年所有起始年级")
        page.wait_for_selector(".said.good:has-text('交给保管人')")
        page.fill("#f-year", "2026")
        page.set_input_files("#f-file", tmp_path / "register.xlsx")
        page.click("form >> text=导入 >> nth=-1")
        page.wait_for_selector("text=测试第一小学")
        console.shot("console-schools-registered")
        page.goto(f"{room.base}/console/sign-in")
        page.fill("#p-approver", "wrong")
        page.click(".card button >> nth=1")
        page.wait_for_selector(".said.bad")
        page.fill("#p-approver", "approver secret")
        page.click(".card button >> nth=1")
        page.goto(f"{room.base}/console/schools")
        page.fill("#f-passphrase", "school secret")
        page.fill("#f-again", "school secret")
        page.click("button:has-text('为没有密钥的学校生成密钥')")
        page.wait_for_selector("text=已生成并登记 2 所学校的密钥")
        page.click("text=教师现场抽签")
        page.click("button:has-text('显示表格')")
        page.wait_for_selector("text=教师分配现场抽签记录")
        console.shot("console-lots")
        for number, lot in enumerate("312", 1):
            page.fill(f"#f-lot-{number}", lot)
        page.fill("#f-place", "学校礼堂")
        page.fill("#f-time", "2026-08-26T09:30")
        page.fill("#f-witness-parent", "3")
        page.set_input_files("#f-document", tmp_path / "register.xlsx")
        page.fill("#f-pass", "school secret")
        page.click("button:has-text('录入抽签结果')")
        page.wait_for_selector(".said.good:has-text('已记入账本')")
        page.goto(f"{room.base}/console/ledger")
        page.wait_for_selector("text=现场抽签记录")
        page.goto(f"{room.base}/console/plan")
        page.fill("#f-freeze_wait", "0")
        page.fill("#f-iterations", "120")
        for number, holder in enumerate(holders, 1):
            page.fill(f"#r-{number}", json.dumps(json.loads(holder)))
        page.fill("#f-reveal", "99999999")
        page.click("button:has-text('检查方案')")
        page.wait_for_selector("#problems:has-text('揭示窗口')")
        console.shot("console-plan-problems")
        page.goto(f"{room.base}/console/plan")
        assert page.input_value("#f-freeze_wait") == "0"  # as typed
        page.fill("#f-reveal", "30")
        page.click("button:has-text('检查方案')")
        page.wait_for_selector("text=可以被证明公平", timeout=60_000)
        console.shot("console-plan-checked")
        press(page, "button:has-text('公布方案')")
        page.wait_for_selector("text=把各校的 Excel 拖到下面")
        page.set_input_files("#files", [tmp_path / "a.xlsx", tmp_path / "b.xlsx"])
        page.click(".drop button")
        page.wait_for_selector("table.problems")
        console.shot("console-rosters-problems")
        write_workbook(tmp_path / "a.xlsx", {"新生名册": generate_students(spec, "hand")})
        page.set_input_files("#files", [tmp_path / "a.xlsx"])
        page.click(".drop button")
        page.wait_for_selector("text=已导入 61 名学生")
        for number in (0, 1):
            page.click(f"td.row summary >> nth={number}")
            page.fill("td.row details[open] input[name=passphrase]", "school secret")
            if number == 0:
                console.shot("console-rosters-submit")
            page.click("td.row details[open] button:has-text('学校提交')")
            page.wait_for_selector("text=已记入账本")
        press(page, "button:has-text('审定全部')")
        page.wait_for_selector("text=已审定 2 份名册")
        page.click("button:has-text('冻结全部')")
        page.wait_for_selector("dialog:has-text('测试第一小学 1 (61)、测试初级中学 7 (52)')")
        page.keyboard.press("Escape")
        assert page.locator("text=已冻结").count() == 0
        press(page, "button:has-text('冻结全部')")
        page.wait_for_selector("text=已冻结 2 份名册")
        console.shot("console-rosters-frozen")
        page.goto(f"{room.base}/console/day")
        page.click("#bureau-device")
        page.wait_for_selector("text=已登记 (1)")
        page.click("text=中止活动")
        page.fill("#why", "停电，改期")
        press(page, "button.danger")
        page.wait_for_selector("text=活动已中止：停电，改期")
        console.shot("console-day-aborted")
        assert Clerk(room).hall.state() == "ABORTED"
    finally:
        room.close()
