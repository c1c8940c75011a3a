"""What is given by drop, by button and by keyboard, and what is no record."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import Tab
from tests.simulator import ROOT

DROP = """files => {
  const transfer = new DataTransfer();
  for (const [name, data] of files) {
    transfer.items.add(new File([Uint8Array.from(atob(data), c => c.charCodeAt(0))], name));
  }
  for (const type of ["dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""


def drop(tab: Tab, *files: tuple[str, bytes]) -> None:
    tab.page.evaluate(DROP, [[name, base64.b64encode(data).decode()] for name, data in files])


def test_dropped_files_are_told_apart(tab: Callable[..., Tab], proven: dict[str, Path]) -> None:
    opened = tab()
    drop(
        opened,
        ("a.json", proven["trust"].read_bytes()),
        ("b", proven["record"].read_bytes()),
        ("entries.jsonl", b"{}\n"),
        ("c.json", b'{"year_key_salt":""}'),
        ("d.json", b'{"year_key_salt":""}'),
        ("e.json", b'{"notes":[]}'),
    )
    opened.page.wait_for_selector("#given li:nth-child(6)")
    words = opened.page.locator("#given li > span:first-of-type > .t > [lang='zh-CN']").all_inner_texts()
    assert sorted(words) == sorted(["信任文件", "记录", "完整账本", "密封名册", "密封名册", "分叉证据"])
    assert opened.page.locator("#fork-keys").is_visible()
    opened.page.get_by_role("button", name="移除信任文件").click()
    assert opened.page.locator("#given li").count() == 5
    drop(opened, ("slip.json", b'{"secret":""}'))
    opened.page.wait_for_selector("#slip")
    assert opened.page.locator("#slip .in-file").is_visible()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("photo.jpg", b"\xff\xd8\xff", "不是本页认识的文件"),
        ("notes.json", b'{"a":', "不是本页认识的文件"),
        ("empty.zip", b"", "不是本页认识的文件"),
        ("RECORD.json", b'{"files":[]}', "整个文件夹"),
    ],
)
def test_what_is_no_record_is_named(tab: Callable[..., Tab], name: str, data: bytes, says: str) -> None:
    opened = tab("http", "phone")
    drop(opened, (name, data))
    problem = opened.page.locator("#problems .problem")
    problem.wait_for()
    assert says in problem.inner_text()
    assert opened.page.locator("#given li").count() == 0


def test_of_two_records_none_is_taken_and_nothing_is_lost(tab: Callable[..., Tab], rehearsal: Path) -> None:
    opened = tab().give(record=rehearsal)
    drop(opened, ("x.zip", rehearsal.read_bytes()), ("y.zip", rehearsal.read_bytes()))
    opened.page.locator("#problems .problem").wait_for()
    assert "不止一份记录" in opened.page.locator("#problems").inner_text()
    assert "record.zip" in opened.page.locator("#given").inner_text()


def test_a_folder_without_a_record_and_a_wrong_kind_are_named(
    tab: Callable[..., Tab], proven: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "photos" / "more").mkdir(parents=True)
    (tmp_path / "photos" / "more" / "a.txt").write_text("x")
    opened = tab()
    opened.page.set_input_files("#give-folder", tmp_path / "photos")
    opened.page.locator("#problems .problem").wait_for()
    assert "“photos”里没有 RECORD.json" in opened.page.locator("#problems").inner_text()
    opened.page.set_input_files("#give-record", proven["trust"])
    opened.page.get_by_text("不是记录，而是：信任文件").wait_for()


def test_a_broken_zip_cannot_be_read(tab: Callable[..., Tab], tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    assert tab().give(record=tmp_path / "broken.zip").check() == "无法判断：记录读不出来"


def test_a_file_that_vanished_is_named(tab: Callable[..., Tab], rehearsal: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone.zip"
    gone.write_bytes(rehearsal.read_bytes())
    opened = tab().give(record=gone)
    gone.unlink()
    opened.page.click("#start")
    opened.page.locator("#problems .problem").wait_for()
    assert "“gone.zip”读不出来" in opened.page.locator("#problems").inner_text()
    assert opened.page.locator("#given li").count() == 1


def test_the_keyboard_alone_is_enough(tab: Callable[..., Tab], rehearsal: Path) -> None:
    opened = tab("http")
    page = opened.page

    def go_to(target: str) -> None:
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == target:
                return
        raise AssertionError(target)

    page.keyboard.press("Enter")  # pressed too early, does no harm
    go_to("give-record")
    page.set_input_files("#give-record", rehearsal)  # for the browser's own dialog, which a busy machine opens late
    page.wait_for_selector("#given li")
    page.wait_for_selector("#start:focus")
    page.keyboard.press("Enter")
    opened.verdict()
    assert page.evaluate("document.activeElement.id") == "verdict"
    summary = page.locator("#checks > summary")
    for _ in range(20):
        page.keyboard.press("Tab")
        if summary.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.press("Enter")
    assert page.locator("#checks li").first.is_visible()


@pytest.mark.parametrize(
    ("evidence", "key", "says"),
    [("proven", True, "分叉已得到证明"), ("no_fork", True, "分叉没有得到证明"), ("proven", False, "无法判断")],
)
def test_evidence_of_a_fork_is_checked(tab: Callable[..., Tab], evidence: str, key: bool, says: str) -> None:
    vector = json.loads((ROOT / "spec" / "vectors" / "ledger" / "fork.json").read_text())
    opened = tab()
    drop(opened, ("fork.json", vector[evidence].encode()))
    opened.page.locator("#given li").wait_for()
    if key:
        opened.page.fill("#keys", vector["key"])
    assert opened.check().startswith(says)


def test_starting_with_nothing_says_what_is_needed(tab: Callable[..., Tab]) -> None:
    opened = tab()
    opened.page.click("#start")
    assert "请先放入公布的记录" in opened.page.locator("#problems").inner_text()
    assert opened.page.evaluate("document.activeElement.id") == "give-record"
