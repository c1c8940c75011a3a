"""The same phones in one session after the other: after a refusal, after an abort, after a published rehearsal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web.hall import PLAN, Clerk, Hall
from tests.web.phones import Phone
from tests.web.test_phone import accessible

pytestmark = pytest.mark.slow
ROLES = {"周一": "discipline", "吴二": "congress", "王三": "parent", "冯四": "parent"}


def next_session(room: Hall, name: str, **changes: Any) -> Clerk:
    """Between two days: another plan of the same ledger, its rosters frozen; the server runs again."""
    story = room.simulator
    room.kill(15)
    story.room = story.another()
    windows = PLAN["windows"] | {"roster_to_header": 0}  # this ledger's time is the server's by now
    story.name, story.changes = name, story.changes | {"windows": windows} | changes
    story.plan()
    story.rosters()
    story.room.close()
    room.start()
    return Clerk(room).sign_in()


def joins_next(phone: Phone, title: str, code: str) -> None:
    """The card that offers the room's session, then the form with what was said before."""
    page = phone.page
    page.wait_for_selector(f"#next-title:has-text('{title}')")
    page.click("#next-join")
    assert page.input_value("#name") == phone.name
    assert page.input_value("#role") == phone.role
    page.fill("#code", code)
    page.click("#join-button")
    page.wait_for_selector("#now")


def committed(room: Hall, clerk: Clerk, phones: list[Phone]) -> None:
    clerk.press("bureau_device")
    clerk.take_all()
    for phone in phones:
        phone.state("ROSTERED")
    clerk.press("header")
    for phone in phones:
        phone.compare_and_commit()
    for phone in phones:
        phone.holds("commitment")


def published(room: Hall, clerk: Clerk, phones: list[Phone]) -> None:
    committed(room, clerk, phones)
    clerk.press("close_commits")
    for phone in phones:
        phone.holds("attest.groups")
    clerk.press("open")
    room.reaches("SEEDED", seconds=90)
    clerk.press("allocate")
    clerk.press("publish")
    for phone in phones:
        phone.page.wait_for_selector("#verdict[data-exit='3']", timeout=90_000)


def keys(phone: Phone) -> list[str]:
    """Which people this browser has."""
    found: list[str] = json.loads(phone.page.evaluate("localStorage.getItem('verifiable-draw-observer/people')"))
    return found


def test_refused_then_aborted_then_published_then_another(
    hall: Callable[..., Hall], browser: Any, page_file: Path, tmp_path: Path, verify: Callable[..., Any]
) -> None:
    room = hall(page=page_file)
    clerk = Clerk(room).sign_in()
    phones = [Phone(browser, room, name, role).join(clerk.code()) for name, role in ROLES.items()]
    first = phones[0]
    # Refused: the phone says so, and asks anew with another key.
    row = next(row for row in _waiting(clerk) if row[1] == first.name)
    clerk.press("refuse", key=row[0])
    first.page.wait_for_selector("#status:has-text('没有登记')")
    assert "问明原因" in first.page.inner_text("#lead")
    first.shot("refused")
    first.page.click("#apply-again")
    assert first.page.input_value("#name") == first.name
    first.page.fill("#code", clerk.code())
    first.page.click("#join-button")
    first.page.wait_for_selector("#now")
    assert len(keys(first)) == 1
    assert next(row for row in _waiting(clerk) if row[1] == first.name)[0] != row[0]
    committed(room, clerk, phones)
    clerk.press("abort", reason="演练中止")
    for phone in phones:
        phone.state("ABORTED")
        assert phone.page.locator("#compare").is_hidden()
    # The next session of the same ledger, with the same phones, one of which was loaded anew.
    clerk = next_session(room, "s2", title="第二场演练")
    phones[1].page.reload()
    first.page.wait_for_selector("#next-join")
    first.shot("next")
    accessible(first, "next")
    for phone in phones:
        joins_next(phone, "第二场演练", clerk.code())
        assert len(set(keys(phone))) == 2
    seen = first.page.evaluate("Object.values(localStorage).map(v => { try { return JSON.parse(v).memory } catch { return null } }).filter(Boolean)")
    new = next(one for one in seen if one["session"] == "s2")
    assert new["seen"]["size"] > 0
    assert new["operators"] != []
    published(room, clerk, phones)
    hash_of = room.get("board")["published"]["files_hash"]
    assert hash_of in first.page.inner_text("#receipt-list")
    code = first.page.inner_text("#published-code").split(" ")[-1]
    first.shot("verdict-second")
    # The device's own trust file is taken by the verifier.
    with first.page.expect_download() as download:
        first.page.click("#trust-save")
    trust = tmp_path / "trust.json"
    download.value.save_as(trust)
    status, report = verify(room.folder / "records" / "s2.zip", json.loads(trust.read_bytes()))
    assert status == 3
    assert "V8" not in report["reasons"]
    # The receipt is there after a reload, without an error, and while the room is at a third session.
    first.page.reload()
    first.page.wait_for_selector("#verdict[data-exit='3']")
    assert code in first.page.inner_text("#published-code")
    clerk = next_session(room, "s3", title="第三场")
    # Scanning the new code is enough to come to the form.
    first.page.goto(f"{first.address}#code={clerk.code().replace('-', '')}")
    first.page.reload()
    joins_next(phones[1], "第三场", clerk.code())
    first.page.wait_for_selector("#next-join")
    joins_next(first, "第三场", clerk.code())
    first.page.click("#people-list button:has-text('第二场')")
    first.page.wait_for_selector("#verdict[data-exit='3']")
    assert hash_of in first.page.inner_text("#receipt-list")
    first.shot("earlier")
    first.page.click("#people-list button:has-text('第三场')")
    for phone in phones:
        assert phone.complaints == []
        phone.close()


def _waiting(clerk: Clerk) -> list[tuple[str, str]]:
    """Key and name of every request."""
    return re.findall(r'name="key" value="([0-9a-f]{64})"><strong>([^<]+)<', clerk.look())
