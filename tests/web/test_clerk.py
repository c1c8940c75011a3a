"""What the clerk is told before pressing a button, and what a form keeps: founding, notice period, freezing, language."""

from __future__ import annotations

import re
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from ledger.canonical import parse_time
from tests.simulator import Simulator
from tests.web.hall import PLAN, Clerk, Hall, prepared
from verifiable_draw.errors import DataError
from verifiable_draw.register_file import read_register
from verifiable_draw.web import steps


def unfounded(folder: Path) -> Hall:
    """A server on an empty folder."""
    empty = Simulator.__new__(Simulator)
    empty.folder = folder
    (folder / "bureau").mkdir()
    return Hall(empty).start()


def test_founding_keeps_what_was_typed_and_says_every_error_and_what_comes_next(tmp_path: Path) -> None:
    room = unfounded(tmp_path)
    try:
        clerk = Clerk(room)
        fields = {"bureau": "测试县教育局", "origin": "Test County", "operator-1": "short", "operator-2": "short"}
        page = clerk.press("found", "setup", **fields)
        assert page.count('class="said bad"') == 5  # origin, three passphrases, two of them the same
        assert 'value="测试县教育局"' in page
        assert 'value="Test County"' in page
        assert "short" not in page
        fields["origin"] = "test-county.example/ledger"
        fields |= {f"{role}-{n}": f"{role} secret" for role in ("operator", "approver", "recovery") for n in (1, 2)}
        page = clerk.press("found", "setup", **fields)
        assert "已建立" in page
        assert "vdraw ledger policy" in page
        assert 'action="/console/do/found"' not in clerk.look("setup")
    finally:
        room.close()


def test_the_notice_period_is_said_before_the_button(tmp_path: Path) -> None:
    story = Simulator(tmp_path, plan={"windows": {"attest": 600, "commit": 600, "reveal": 1, "roster_to_header": 86400}})
    story.run("enrol")
    frozen = parse_time(story.session.frozen_at)
    early = steps.next_step(story.session, frozen + timedelta(hours=1, seconds=30))
    assert early is not None
    assert (early.name, early.waits) == ("header", "wait.notice")
    assert (early.values["hours"], early.values["minutes"]) == (23, 0)
    assert parse_time(early.values["until"]) == frozen + timedelta(days=1)
    late = steps.next_step(story.session, frozen + timedelta(days=1))
    assert late == steps.NextStep("header")
    story.room.close()


def test_pages_of_a_session_under_notice(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    room = Hall(prepared(tmp_path, windows=PLAN["windows"] | {"roster_to_header": 400 * 86400})).start()
    try:
        clerk = Clerk(room).sign_in()
        clerk.press("bureau_device")
        page = clerk.look("day")
        assert re.search(r'id="next" data-step="header" disabled', page)
        until = re.search(r'data-until="([^"]+)"', page)
        assert until
        assert parse_time(until[1]) > now
        page = clerk.look("rosters")
        assert "名册要公示到" in page
        assert re.search(r"<button disabled>冻结全部", page)  # nothing is left to freeze
        # The language is changed on the page that is shown.
        request = urllib.request.Request(f"{room.base}/console/language?page=day", b"", method="POST")  # noqa: S310 - loopback
        with clerk.opener.open(request, timeout=60) as answer:
            assert answer.url.endswith("/console/day")
            assert "Rosters frozen" in answer.read().decode()
    finally:
        room.close()


def book(path: Path, *rows: list[object]) -> bytes:
    made = openpyxl.Workbook()
    made.active.append(["学校代码", "学校名称", "年级", "班数"])
    for row in rows:
        made.active.append(row)
    made.save(path)
    return path.read_bytes()


def test_registers_are_refused_in_one_language_and_never_entered_twice(tmp_path: Path) -> None:
    bad = book(tmp_path / "bad.xlsx", ["99", "甲小学", 1, 3], ["9910000001", "乙小学", 3, 3])
    with pytest.raises(DataError) as caught:
        read_register(bad, "bad.xlsx")
    zh, en = caught.value.text.zh, caught.value.text.en
    assert ("学校代码应为十位数字" in zh, "年级应为 1 或 7" in zh) == (True, True)
    assert not re.search(r"[a-z]{3} [a-z]", zh.replace("bad.xlsx", ""))
    assert not re.search(r"[\u4e00-\u9fff]", en)
    with pytest.raises(DataError) as caught:
        read_register(b"not a workbook", "fake.xlsx")
    assert "不是能读的 Excel 文件" in caught.value.text.zh
    room = Hall(prepared(tmp_path)).start()
    try:
        clerk = Clerk(room).sign_in()
        rows = [["9910000001", "测试第一小学", 1, 3], ["9970000002", "测试初级中学", 7, 2], ["9910999999", "测试教学点", 1, 1]]
        size = room.get("state")["size"]
        for changed in (rows, [[*rows[0][:3], 4], *rows[1:]]):
            data = book(tmp_path / "register.xlsx", *changed)
            page = clerk.upload("register", "schools", "file", "register.xlsx", data, year="2026")
            assert ("与账本里的完全一样" in page) == (changed is rows)
        assert room.get("state")["size"] == size + 1
        page = clerk.upload("submit", "rosters", "key", "图片.key", b"no key", draw="d1")
        assert "“图片.key”不是密钥文件" in page
        assert "key-" not in page[page.index("said bad") :][:200]
    finally:
        room.close()
