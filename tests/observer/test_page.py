"""The page in Chromium beside what tests/web asks of it: PINs, two tabs, another role, wrong digits, small screens."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import browser, hall, page_file  # noqa: F401 - fixtures
from tests.web.hall import Clerk, Hall
from tests.web.phones import Phone
from tests.web.test_phone import accessible
from verifiable_draw import observer_page

pytestmark = pytest.mark.slow

DRAWN = {"drand": {}, "public_draw": {"alphabet": "0123456789", "confirmations": 1, "length": 6}}
SMALL = {"width": 360, "height": 640}
LAPTOP = {"width": 1280, "height": 800}


@pytest.fixture
def room(hall: Callable[..., Hall], page_file: Path) -> Hall:  # noqa: F811
    return hall(page=page_file, sources=DRAWN)


def fits(phone: Phone) -> None:
    """Nothing is wider than the screen."""
    assert phone.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_page_is_one_file_that_asks_nobody_and_is_made_the_same_twice(page_file: Path) -> None:  # noqa: F811
    data = page_file.read_bytes()
    assert observer_page.build() == data
    text = data.decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    assert not re.search(r'(?:src|href)="https?:', text)
    assert "Permission is hereby granted" in text
    assert "Apache License" in text
    assert "npmjs" not in (observer_page.FOLDER / "package-lock.json").read_text()


def test_a_pin_locks_a_person_of_a_shared_device(room: Hall, browser: Any) -> None:  # noqa: F811
    code = Clerk(room).sign_in().code()
    kiosk = Phone(browser, room, "赵一", "parent", size=LAPTOP)
    page = kiosk.page
    page.goto(f"{kiosk.address}#kiosk")
    page.wait_for_selector("#role option[value=parent]", state="attached")
    for field, value in {"name": "赵一", "code": code, "pin": "2468"}.items():
        page.fill(f"#{field}", value)
    kiosk.shot("join-pin")
    page.click("#join-button")
    page.wait_for_selector("#now")
    stored = page.evaluate("JSON.stringify(localStorage)")
    assert '\\"seed\\":\\"\\"' in stored.replace("\\\\", "\\")
    page.reload()
    page.wait_for_selector("#unlock")
    kiosk.shot("unlock")
    accessible(kiosk, "unlock")
    page.fill("#pin-again", "1111")
    page.press("#pin-again", "Enter")
    page.wait_for_selector("#pin-wrong")
    page.fill("#pin-again", "2468")
    page.press("#pin-again", "Enter")
    page.wait_for_selector("#now")
    assert page.locator("#unlock").is_hidden()
    clerk = Clerk(room).sign_in()
    clerk.press("bureau_device")
    clerk.take_all()
    kiosk.state("ROSTERED")
    clerk.press("header")
    kiosk.compare_and_commit().holds("commitment")
    page.reload()
    page.fill("#pin-again", "2468")
    page.press("#pin-again", "Enter")
    kiosk.holds("commitment")
    assert kiosk.complaints == []
    kiosk.close()


def test_a_second_tab_is_told_and_changes_nothing(room: Hall, browser: Any) -> None:  # noqa: F811
    clerk = Clerk(room).sign_in()
    phone = Phone(browser, room, "王一", "parent").join(clerk.code())
    clerk.press("bureau_device")
    clerk.take_all()
    phone.state("ROSTERED")
    clerk.press("header")
    phone.page.wait_for_selector("#same")
    second = phone.context.new_page()
    second.goto(phone.address)
    second.wait_for_selector("#same")
    phone.compare_and_commit().holds("commitment")
    second.wait_for_selector("#problem:has-text('另一个标签页')")
    assert second.locator("#contribute").is_hidden()
    phone.page.reload()
    phone.holds("commitment")
    assert phone.complaints == []
    phone.close()


def test_another_role_wrong_digits_and_small_screens(room: Hall, browser: Any) -> None:  # noqa: F811
    clerk = Clerk(room).sign_in()
    phone = Phone(browser, room, "王一", "parent", size=SMALL).join(clerk.code())
    fits(phone)
    other = Phone(browser, room, "周二", "discipline", size=LAPTOP).join(clerk.code())
    clerk.press("bureau_device")
    for key, named in re.findall(r'action="/console/do/enrol".*?name="key" value="([0-9a-f]{64})".*?(王一|周二)?', clerk.look(), re.DOTALL):
        del named
        clerk.press("enrol", key=key, role="notary")
    phone.page.wait_for_selector("#role-differs")
    phone.shot("role")
    fits(phone)
    accessible(phone, "role")
    for one in (phone, other):
        one.page.click("#role-yes")
        one.page.wait_for_selector("#identity:has-text('公证人员')")
    clerk.press("header")
    for one in (phone, other):
        one.compare_and_commit().holds("commitment")
        fits(one)
    phone.page.click("#language")
    phone.shot("committed-english")
    phone.page.click("#language")
    clerk.press("digits", digits="123456")
    phone.page.click("#digits-no")
    phone.page.wait_for_selector("#digits-refused")
    phone.shot("digits-refused")
    other.page.click("#digits-yes")
    room.until(lambda: room.get("board")["digits"] == "123456")
    clerk.press("close_commits")
    room.reaches("GROUPED")
    other.holds("attest.groups")
    other.shot("attested")
    phone.page.wait_for_selector("#stopped:has-text('123456')")
    fits(phone)
    accessible(phone, "stopped")
    clerk.press("call")
    other.page.wait_for_selector("#present")
    other.shot("call")
    for one in (phone, other):
        assert one.complaints == []
        one.close()
