"""What the page says of a record: the verdicts of the other verifier, in words, on every kind of address."""

from __future__ import annotations

import copy
import functools
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.canonical import short_code, tagged_hash
from tests.browser.conftest import Tab
from verifiable_draw import verifier_page

HEADLINES = {
    "proven": "公正性已得到证明",
    "unanchored": "没有发现矛盾，但还没有证明公正",
    "altered": "记录自相矛盾，不要采信",
}
STOP_AT_ONCE = """() => new MutationObserver(() => document.getElementById("stop").click())
  .observe(document.getElementById("bar"), { attributeFilter: ["value"] })"""
Verify = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="session")
def cases(proven: dict[str, Path], altered: dict[str, Path]) -> dict[str, dict[str, Path]]:
    return {"proven": proven, "unanchored": {"record": proven["record"]}, "altered": altered}


def saved(tab: Tab) -> Any:
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="JSON").click()
    return json.loads(Path(download.value.path()).read_bytes())


def determined(report: Any) -> Any:
    """Of `items` and `failed` only is determined whether they are 0; of `detail` nothing (V5)."""
    for check in report["checks"]:
        check["items"], check["failed"] = bool(check["items"]), bool(check["failed"])
        del check["detail"]
    return report


@pytest.fixture(scope="session")
def expected(verify: Verify, cases: dict[str, dict[str, Path]]) -> Callable[[str], Any]:
    """What the other verifier says of a case, run once."""

    @functools.lru_cache
    def run(case: str) -> Any:
        files = cases[case]
        trust = ["--trust", str(files["trust"])] if "trust" in files else []
        return verify(files["record"], None, *trust)[1]

    return lambda case: copy.deepcopy(run(case))


@pytest.mark.parametrize(("scheme", "size"), [("file", "desktop"), ("http", "phone")])
@pytest.mark.parametrize("case", HEADLINES)
def test_verdicts_are_those_of_the_other_verifier(
    tab: Callable[..., Tab],
    cases: dict[str, dict[str, Path]],
    expected: Callable[[str], Any],
    case: str,
    scheme: str,
    size: str,
) -> None:
    opened = tab(scheme, size)
    assert opened.page.evaluate("isSecureContext") is (scheme == "file")
    assert opened.give(**cases[case]).check() == HEADLINES[case]
    assert opened.page.evaluate("document.activeElement.id") == "verdict"
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= opened.page.viewport_size["width"]
    assert determined(saved(opened)) == determined(expected(case))
    assert (opened.page.locator("#checks li.FAIL").count() > 0) is (case == "altered")
    named = opened.page.locator(".reasons .id").all_inner_texts()
    assert named == sorted(expected(case)["reasons"])


def test_a_proven_session_is_described(tab: Callable[..., Tab], proven: dict[str, Path], page_file: Path) -> None:
    opened = tab().give(**proven)
    opened.check()
    text = opened.page.locator("#result").inner_text()
    with zipfile.ZipFile(proven["record"]) as archive:
        code = short_code(tagged_hash("header", archive.read("header.json")))
        result = json.loads(archive.read("draws/d1/result.json"))
        rows = [json.loads(row) for row in archive.read("ledger/entries.jsonl").splitlines()]
    [published] = [row["body"]["files_hash"] for row in rows if row["type"] == "published"]
    for part in (
        "测试县阳光分班",
        code,
        "测试第一小学",
        " · ".join(map(str, result["counts"])),
        short_code(bytes.fromhex(published)),
        "59bbcccfa0c1e892",
        "人大代表",
    ):
        assert part in text
    opened.page.locator("#checks > summary").click()
    assert opened.page.locator("#checks li.PASS").count() > 30
    opened.page.locator("footer summary").click()
    shown = opened.page.locator("#core-hash").inner_text()
    assert shown == verifier_page.core_hash(page_file.read_bytes())

    opened.page.emulate_media(media="print")
    sheet = opened.page.locator("#paper").inner_text()
    assert shown in sheet
    assert "到校点过人头" in sheet
    pdf = opened.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    opened.page.emulate_media(media="null")
    opened.page.click("#language")
    assert len(re.findall(rb"/Type\s*/Page\b", opened.page.pdf(prefer_css_page_size=True))) == 1


def test_what_is_missing_can_be_brought(tab: Callable[..., Tab], proven: dict[str, Path], rehearsal: Path) -> None:
    opened = tab("http", "phone").give(record=rehearsal)
    assert opened.check() == HEADLINES["unanchored"]
    assert opened.page.locator("#result .not-proven, #result .waiting").count() == 1
    assert "信任文件" in opened.page.locator(".next").inner_text()
    with opened.page.expect_file_chooser() as chooser:
        opened.page.locator(".next button").click()
    chooser.value.set_files(proven["trust"])
    opened.page.wait_for_selector("#given li:nth-child(2)")
    opened.check()
    assert "信任文件与这份记录不符" in opened.page.locator(".reasons").inner_text()


def test_a_folder_is_a_record(tab: Callable[..., Tab], rehearsal: Path, tmp_path: Path) -> None:
    folder = tmp_path / "announced" / "record"
    with zipfile.ZipFile(rehearsal) as archive:
        archive.extractall(folder)
    by_zip, by_folder = tab().give(record=rehearsal), tab().give(folder=folder.parent)
    assert by_zip.check() == by_folder.check() == HEADLINES["unanchored"]
    assert determined(saved(by_folder)) == determined(saved(by_zip))
    (folder / "plan.json").write_bytes(b"{}")
    assert tab().give(folder=folder).check() == HEADLINES["altered"]


def test_a_browser_without_workers_checks_in_the_page(tab: Callable[..., Tab], rehearsal: Path) -> None:
    opened = tab(script="globalThis.Worker = class { constructor() { throw new Error('no'); } };").give(
        record=rehearsal
    )
    assert opened.check() == HEADLINES["unanchored"]


@pytest.mark.parametrize("workers", [True, False])
def test_checking_can_be_stopped(tab: Callable[..., Tab], proven: dict[str, Path], workers: bool) -> None:
    opened = tab(script="" if workers else "delete globalThis.Worker;").give(**proven)
    opened.page.evaluate(STOP_AT_ONCE)
    opened.page.click("#start")
    opened.page.locator("#problems .problem").wait_for()
    assert "已停止" in opened.page.locator("#problems").inner_text()
    assert opened.page.locator("#given li").count() == 2
    opened.page.wait_for_timeout(300)
    assert opened.page.locator("#verdict").count() == 0


def test_what_is_given_meanwhile_stops_the_run(
    tab: Callable[..., Tab], proven: dict[str, Path], rehearsal: Path
) -> None:
    """No verdict of one record under the name of another."""
    opened = tab().give(**proven)
    opened.page.click("#start")
    opened.page.locator("#progress").wait_for()
    opened.page.set_input_files("#give-record", rehearsal)
    opened.page.locator("#progress").wait_for(state="hidden")
    opened.page.wait_for_timeout(3000)  # longer than the first would have taken
    assert opened.page.locator("#verdict").count() == 0
    assert "没有" in opened.check()
    assert "演练" in opened.page.locator("#result").inner_text()
