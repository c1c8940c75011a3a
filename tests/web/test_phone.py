"""What a person does with the observers' page: several on one device, backup, neighbours, digits, a difference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web.hall import Clerk, Hall
from tests.web.phones import Phone
from tests.web.test_pages import AXE

pytestmark = pytest.mark.slow


def accessible(phone: Phone, name: str) -> None:
    """No serious finding of axe."""
    phone.page.evaluate(AXE.read_text())
    found = phone.page.evaluate("async () => (await axe.run()).violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html).slice(0, 3)])")
    assert [one for one in found if one[0] in ("serious", "critical")] == [], name


@pytest.fixture
def room(hall: Callable[..., Hall], page_file: Path) -> Hall:
    return hall(page=page_file, sources={"drand": {}, "public_draw": {"alphabet": "0123456789", "confirmations": 2, "length": 6}})


def ready(room: Hall, phones: list[Phone]) -> Clerk:
    """Enrol everybody and fix the header."""
    clerk = Clerk(room).sign_in()
    clerk.press("bureau_device")
    clerk.take_all()
    for phone in phones:
        phone.state("ROSTERED")
    clerk.press("header")
    room.reaches("COMMITTING")
    return clerk


def signed_in(room: Hall) -> tuple[Clerk, str]:
    clerk = Clerk(room).sign_in()
    return clerk, clerk.code()


def test_digits_neighbours_and_a_wrong_code(room: Hall, browser: Any, tmp_path: Path) -> None:
    clerk, code = signed_in(room)
    phones = [Phone(browser, room, name, role) for name, role in (("王一", "parent"), ("周二", "discipline"), ("吴三", "congress"))]
    first, second, third = phones
    first.page.goto(f"{first.address}#code=00000000")
    first.page.wait_for_selector("#role option", state="attached")
    assert "#" not in first.page.url  # the code is read and taken out of the address
    first.shot("join")
    accessible(first, "join")
    first.page.click("#join-button")
    first.page.wait_for_selector("#join-problem:has-text('姓名')")
    first.page.fill("#name", "王一")
    first.page.click("#join-button")
    first.page.wait_for_selector("#join-problem:has-text('现场登记码不对')")
    for phone in phones:
        phone.join(code)
    clerk.press("bureau_device")
    clerk.take_all()
    for phone in phones:
        phone.state("ROSTERED")
    clerk.press("header")
    room.reaches("COMMITTING")
    for phone in phones:
        phone.page.wait_for_selector("#header-code:not(:empty)")
    accessible(first, "compare")
    # A neighbour's QR code, photographed off the other's phone.
    second.page.click("#neighbours summary")
    second.page.wait_for_selector("#qr svg")
    photo = tmp_path / "photo.png"
    second.page.locator("#qr").screenshot(path=photo)
    first.page.click("#neighbours summary")
    first.page.set_input_files("#qr-photo", photo)
    first.page.wait_for_selector("#qr-result:has-text('与邻座一致'), #qr-result:has-text('总表一致')")
    first.shot("neighbour")
    text = second.page.inner_text("#qr-text")
    for phone in (first, second):
        phone.compare_and_commit()
        phone.holds("commitment")
    clerk.press("digits", digits="460913")
    for phone in (first, second):
        phone.page.wait_for_selector("#digits-shown:has-text('460913')")
    first.shot("digits")
    accessible(first, "digits")
    first.page.click("#digits-yes")
    assert room.get("board")["digits"] == ""
    second.page.click("#digits-yes")
    room.until(lambda: room.get("board")["digits"] == "460913")
    # One says the code differs: that phone stops, keeps its page red over a reload, and goes on when told so.
    third.page.on("dialog", lambda dialog: dialog.accept())
    third.page.click("#different")
    third.page.wait_for_selector("#stopped")
    third.shot("stopped")
    accessible(third, "stopped")
    third.page.reload()
    third.page.wait_for_selector("#stopped")
    third.page.click("#stopped summary")
    third.page.click("#again")
    third.page.wait_for_selector("#same")
    forged = text[:-1] + ("0" if text[-1] != "0" else "1")
    third.page.click("#neighbours summary")
    third.page.fill("#qr-paste", forged)
    third.page.press("#qr-paste", "Enter")
    third.page.wait_for_selector("#stopped")
    for phone in phones:
        assert phone.complaints == []
        phone.close()


def test_two_people_on_one_device_a_backup_and_english(room: Hall, browser: Any, page_file: Path, tmp_path: Path) -> None:
    _clerk, code = signed_in(room)
    kiosk = Phone(browser, room, "赵一", "parent", size={"width": 1280, "height": 800})
    page = kiosk.page
    page.goto(f"{kiosk.address}#kiosk=yes&code={code.replace('-', '')}")
    for name in ("赵一", "钱二"):
        page.wait_for_selector("#role option[value=parent]", state="attached")
        page.fill("#name", name)
        page.fill("#code", code)
        page.click("#join-button")
        page.wait_for_selector("#now")
        if name == "赵一":
            page.click("#next-person")
    ready(room, [])
    assert [o["client"] for o in room.get("board")["observers"] if o["role"] == "parent"] == ["kiosk", "kiosk"]
    for number in (1, 2):
        page.click(f"#people-list li:nth-child({number}) button")
        page.wait_for_selector(f"#identity:has-text('{'赵一' if number == 1 else '钱二'}')")
        kiosk.compare_and_commit()
        kiosk.holds("commitment")
    kiosk.shot("kiosk")
    accessible(kiosk, "kiosk")
    page.click("#tools summary")
    page.fill("#seal-pass", "a passphrase")
    with page.expect_download() as download:
        page.click("#backup")
    backup = tmp_path / "backup.json"
    download.value.save_as(backup)
    assert b"contribution" not in backup.read_bytes()
    other = Phone(browser, room, "x", "parent", page_file)
    other.page.goto(other.address)
    other.page.click("#join summary")
    other.page.set_input_files("#backup-file", backup)
    other.page.fill("#backup-pass", "wrong")
    other.page.click("#restore")
    other.page.wait_for_selector("#join-problem:has-text('口令')")
    other.page.fill("#backup-pass", "a passphrase")
    other.page.click("#restore")
    other.page.wait_for_selector("#identity:has-text('钱二')")
    other.holds("commitment")
    page.click("#language")
    page.wait_for_selector("#status:has-text('Your commitment is in the ledger')")
    kiosk.shot("english")
    for phone in (kiosk, other):
        assert phone.complaints == []
        phone.close()
