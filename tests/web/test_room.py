"""A whole ceremony: console, screen and eight observers' pages, over plain http, with everything that goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web.hall import Clerk, Hall
from tests.web.phones import Phone

PEOPLE = {
    "纪检 周": "discipline", "人大 吴": "congress", "政协 郑": "consultative", "家长 王": "parent", "家长 冯": "parent",
    "家长 陈": "parent", "公证 褚": "notary", "家长 卫": "parent",
}  # fmt: skip
RELOADS, WITHHOLDS, CLOCK, OWN = "家长 王", "家长 冯", "家长 陈", "公证 褚"
WRONG_CLOCK = "const real = Date.now.bind(Date); Date.now = () => real() - 3 * 86400 * 1000;"


def again(room: Hall) -> Clerk:
    """The server is killed and started; the operator signs in."""
    room.kill()
    room.start()
    return Clerk(room).sign_in()


@pytest.mark.slow
def test_eight_phones_in_a_room_whose_server_is_killed_in_every_state(
    hall: Callable[..., Hall], browser: Any, page_file: Path, verify: Callable[..., Any]
) -> None:
    delay = {"bits": 1024, "iterations": 800_000, "kind": "chiavdf-wesolowski", "segments": 4}
    room = hall(page=page_file, delay=delay)
    clerk = Clerk(room).sign_in()
    code = clerk.code()
    phones = {}
    for name, role in PEOPLE.items():
        own = page_file if name == OWN else None
        phones[name] = Phone(browser, room, name, role, own, WRONG_CLOCK if name == CLOCK else "").join(code)
    phones[WITHHOLDS].context.route(
        "**/api/v1/messages", lambda route: route.abort() if '"opening"' in (route.request.post_data or "") else route.continue_()
    )
    try:
        session(room, clerk, phones)
        check(room, phones, verify)
    finally:
        for phone in phones.values():
            phone.close()
    assert room.problems == []
    assert [c for phone in phones.values() for c in phone.complaints] == []


def session(room: Hall, clerk: Clerk, phones: dict[str, Phone]) -> None:
    first = phones["纪检 周"]
    first.shot("waiting")
    clerk.press("bureau_device")
    clerk.take_all()
    for phone in phones.values():
        phone.state("ROSTERED")
    first.shot("enrolled")
    clerk = again(room)
    clerk.press("header")
    room.reaches("COMMITTING")
    clerk = again(room)
    header = room.get("board")["header"]["code"]
    for phone in phones.values():
        phone.page.wait_for_selector("#header-code:not(:empty)")
        assert phone.page.inner_text("#header-code") == header
    first.shot("compare")
    phones[RELOADS].page.reload()
    for phone in phones.values():
        phone.compare_and_commit()
    for phone in phones.values():
        phone.holds("commitment")
    first.shot("committed")
    phones[RELOADS].page.reload()
    phones[RELOADS].holds("commitment")
    clerk = again(room)
    clerk.press("close_commits")
    clerk = again(room)
    room.reaches("GROUPED")
    for phone in phones.values():
        phone.holds("attest.groups")
    first.shot("attested")
    clerk = again(room)
    clerk.press("call")
    for phone in phones.values():
        phone.page.click("#present")
    room.until(lambda: len([o for o in room.get("board")["observers"] if o["present"]]) >= 8)
    clerk.press("open")
    room.reaches("REVEALING")
    again(room)
    room.reaches("REVEALED", "COVERED", seconds=40)
    again(room)
    first.shot("revealed")
    room.reaches("COVERED", seconds=40)
    again(room)
    phones[RELOADS].page.reload()
    first.state("COVERED")
    first.shot("covered")
    room.reaches("SEEDED", seconds=90)
    clerk = again(room)
    clerk.press("allocate")
    clerk = again(room)
    clerk.press("publish")


def check(room: Hall, phones: dict[str, Phone], verify: Callable[..., Any]) -> None:
    board = room.get("board")
    missing = [o["id"] for o in board["observers"] if o["opening"] == "missing"]
    assert len(missing) == 1
    assert missing[0].startswith("parent-")
    assert board["quorum_met"]
    for name, phone in phones.items():
        phone.page.wait_for_selector("#verdict[data-exit='3']", timeout=90_000)
        assert (missing[0] in phone.page.inner_text("#identity")) == (name == WITHHOLDS)
    first = phones["纪检 周"]
    first.shot("verdict")
    assert "总表哈希" in first.page.inner_text("#receipt-list")
    code, report = verify(room.folder / "records" / "s1.zip")
    assert code == 3
    clients = {c["id"]: c["client"] for c in report["covered"]}
    assert clients["notary-1"] == "own-page"
    assert clients["discipline-1"] == "bureau-page"
    assert len(clients) == 8  # seven phones and the bureau's
    assert "V63" not in report["reasons"]
