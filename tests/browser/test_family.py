"""The page for families in Chromium, in a bureau's folder that was written from the specification alone."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import HOST, QuietHandler
from tests.browser.test_access import assert_sound
from tests.families.writing import (
    MOMENT,
    WITNESSES,
    Folder,
    Student,
    _line,
    default_plan,
    encode,
    key,
    planned_draw,
    vkey,
)
from verifiable_draw import verifier_page

PHONE, SIZES = "0571-8888 0000", {"small": (360, 740), "phone": (412, 915), "laptop": (1280, 900)}


class Site:
    """A server of sessions' folders, and what it was asked for."""

    def __init__(self, root: Path) -> None:
        self.root, self.asked, self.refused = root, [], set()  # type: Path, list[str], set[str]
        site = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:  # noqa: N802 - the base class's name
                path = urlsplit(self.path).path
                site.asked.append(self.path)
                if any(path.endswith(one) for one in site.refused):
                    self.send_error(404)
                else:
                    super().do_GET()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(root)))
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def publish(self, name: str, files: dict[str, bytes]) -> str:
        """The address of the page of a session."""
        page = verifier_page.build(page=verifier_page.FAMILY)
        for path, data in {**files, "slip.html": page}.items():
            (self.root / name / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name / path).write_bytes(data)
        return f"http://{HOST}:{self.server.server_port}/{name}/slip.html"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


@pytest.fixture
def open_page(browser: Any, site: Site) -> Iterator[Callable[..., Any]]:
    """Opens pages; none may have complained, or have asked anything but the site that it came from."""
    contexts, complaints, requests = [], [], []

    def start(address: str, size: str = "phone", *, mayfail: bool = False) -> Any:
        width, height = SIZES[size]
        contexts.append(browser.new_context(viewport={"width": width, "height": height}))
        page = contexts[-1].new_page()
        if not mayfail:
            page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address)
        return page

    yield start
    for context in contexts:
        context.close()
    assert complaints == []
    own = f"http://{HOST}:{site.server.server_port}/"
    assert [url for url in requests if not url.startswith((own, "data:", "file:"))] == []


def answer(page: Any) -> str:
    page.wait_for_selector("#answer")
    return str(page.locator("#answer").inner_text().split("\n")[0])


def class_name(files: dict[str, bytes], one: Student) -> str:
    return ["一班", "二班", "三班"][json.loads(files[f"draws/{one.draw}/result.json"])["classes"][one.unit] - 1]


def test_a_scanned_slip_shows_the_class_and_leaves_address_and_history(open_page: Any, site: Site) -> None:
    folder = Folder()
    files = folder.files()
    one = folder.people[5]
    address = site.publish("s", files)
    page = open_page(address + one.link(), "small")
    assert answer(page) == class_name(files, one)
    assert page.url == address
    assert page.evaluate("history.length") == 2  # about:blank and this page
    card = page.locator(".child").inner_text()
    assert all(text in card for text in ("示范县阳光小学", "小学一年级", one.pseudonym))
    assert page.locator("#answer").evaluate("node => parseFloat(getComputedStyle(node).fontSize)") >= 48
    assert page.evaluate("document.activeElement.id") == "answer"
    assert page.locator(".rehearsal").count() == 0
    assert PHONE in page.locator("footer").inner_text()
    assert page.get_attribute("#contact a", "href") == "tel:0571-88880000".replace("-", "")
    page.click("#rests summary")
    proof = page.locator("#proof").inner_text()
    assert all(name in proof for name in ("witness.univ.example", "witness.press.example", "2026-08-25 03:33"))
    assert str(one.unit) not in [word for word in page.locator("main").inner_text().split() if word.isdigit()]
    assert not any(word in asked for asked in site.asked for word in (one.secret.hex(), one.lines[0], "slip="))


def test_the_same_page_again_asks_for_the_slip_again(open_page: Any, site: Site) -> None:
    folder = Folder()
    address = site.publish("s", folder.files())
    page = open_page(address + folder.people[5].link())
    answer(page)
    page.reload()
    page.wait_for_selector("#code-0", state="visible")
    assert page.locator("#answer").count() == 0
    assert page.input_value("#code-0") == ""


def test_typed_lines_and_a_line_of_the_other_paper(open_page: Any, site: Site) -> None:
    folder = Folder()
    files = folder.files()
    one = folder.people[7]
    page = open_page(site.publish("s", files))
    page.locator("footer", has_text=PHONE).wait_for()
    page.click("#code-0")
    page.keyboard.type(one.lines[2])
    assert "另一张纸上第二组代码的第 1 行" in page.locator("#code-0-note").inner_text()
    assert page.get_attribute("#code-0", "aria-invalid") == "true"
    page.fill("#code-0", "")
    page.keyboard.type(one.lines[1].lower())
    assert "凭条代码的第 2 行" in page.locator("#code-0-note").inner_text()
    page.fill("#code-0", "")
    page.keyboard.type(one.lines[0].replace("0", "o").replace("-", " "))
    assert page.evaluate("document.activeElement.id") == "code-1"
    page.click("#look")
    assert "两行代码填完整" in page.locator("#ask-problem").inner_text()
    page.keyboard.type(one.lines[1])
    assert page.evaluate("document.activeElement.id") == "look"
    page.keyboard.press("Enter")
    assert "先选择学校和年级" in page.locator("#ask-problem").inner_text()
    assert page.evaluate("document.activeElement.id") == "school"
    assert [text.split(" / ")[0] for text in page.locator("#school option").all_inner_texts()] == [
        "请选择", "示范县阳光小学 · 小学一年级", "示范县第二初级中学 · 初中一年级 · 后到学生第 1 批",
    ]  # fmt: skip
    page.select_option("#school", "d2")
    page.click("#look")
    assert answer(page) == "没有找到"
    page.get_by_role("button", name="返回").click()
    page.select_option("#school", "d1")
    page.click("#look")
    assert answer(page) == class_name(files, one)
    page.get_by_role("button", name="清除").click()
    assert page.input_value("#school") == ""


def test_a_typed_slip_of_the_only_school(open_page: Any, site: Site) -> None:
    folder = Folder(plan={**default_plan(), "draws": [planned_draw("d1")]})
    files = folder.files()
    page = open_page(site.publish("s", files))
    page.locator("footer", has_text=PHONE).wait_for()
    assert page.locator("#which").is_hidden()
    page.fill("#code-0", "".join(folder.people[7].lines[:2]))
    page.click("#look")
    assert answer(page) == class_name(files, folder.people[7])


def test_the_family_checks_name_and_number_on_its_own_device(open_page: Any, site: Site) -> None:
    folder = Folder()
    one = folder.people[6]
    page = open_page(site.publish("s", folder.files()) + one.link())
    answer(page)
    before = len(site.asked)
    assert "请在下面填写姓名" in page.locator(".unchecked").inner_text()
    page.click("#mine-check")
    assert "姓名和证件号码" in page.locator("#mine-answer").inner_text()
    page.fill("#child-name", "别人")
    page.fill("#document-number", one.number)
    page.click("#mine-check")
    assert "没有对上" in page.locator("#mine-answer").inner_text()
    page.fill("#child-name", f" {one.name} ")
    page.keyboard.press("Enter")
    assert "一致" in page.locator("#mine-answer").inner_text()
    assert page.locator(".unchecked").is_hidden()  # it asks for what was just done
    page.select_option("#document-type", "A")
    page.click("#mine-check")
    assert "没有对上" in page.locator("#mine-answer").inner_text()
    assert page.locator(".unchecked").is_visible()
    assert len(site.asked) == before


def test_schools_stand_by_sound_and_primary_ones_first(open_page: Any, site: Site) -> None:
    names = [("d1", 7, "安山中学"), ("d2", 1, "周村小学"), ("d3", 1, "白云小学"), ("d4", 7, "城关中学"), ("d5", 1, "麒麟小学"), ("d6", 1, "绿水小学")]
    draws = [planned_draw(draw, grade=grade, school_name=name, school=f"123456789{draw[1]}") for draw, grade, name in names]
    folder = Folder(plan={**default_plan(), "draws": draws}, number=2)
    page = open_page(site.publish("s", folder.files()))
    page.locator("footer", has_text=PHONE).wait_for()
    shown = [text.split(" · ")[0] for text in page.locator("#school option").all_inner_texts()][1:]
    assert shown == ["白云小学", "绿水小学", "麒麟小学", "周村小学", "安山中学", "城关中学"]


class Twice(Folder):
    """One witness has two keys, as with a post-quantum one beside the other."""

    def _policy(self) -> bytes:
        return super()._policy().replace(b"group", f"witness w9 {vkey(WITNESSES[0], 'second key', 4)}\ngroup".encode())

    def note(self, size: int | None = None) -> bytes:
        whole = super().note(size)
        text = whole.split(b"\n\n")[0] + b"\n"
        moment = MOMENT + 7
        signature = key("second key").sign(f"cosignature/v1\ntime {moment}\n".encode() + text).signature
        return whole + _line(WITNESSES[0], "second key", 4, moment.to_bytes(8, "big") + signature).encode()


def test_a_witness_with_two_keys_is_one_witness(open_page: Any, site: Site) -> None:
    folder = Twice()
    files = folder.files()
    one = folder.people[5]
    page = open_page(site.publish("s", files) + one.link())
    assert answer(page) == class_name(files, one)
    page.click("#rests summary")
    proof = page.locator("#proof").inner_text()
    assert [proof.count(name) for name in WITNESSES] == [1, 1]


def test_the_second_code_shows_the_attributes_in_words(open_page: Any, site: Site) -> None:
    folder = Folder()
    one, other = folder.people[6], folder.people[9]
    page = open_page(site.publish("s", folder.files()) + one.link(both=True))
    answer(page)
    assert page.locator("#second").is_hidden()
    page.click("#apart summary")
    assert [page.input_value(f"#second-{i}") for i in range(2)] == one.lines[2:]
    page.click("#second-show")
    page.wait_for_selector("#second-answer dl")
    shown = page.locator("#second-answer").inner_text()
    assert {"1": "男", "2": "女"}[one.attributes["sex"]] in shown
    assert {"01": "汉族", "11": "满族"}[one.attributes["ethnicity"]] in shown
    for i in range(2):
        page.fill(f"#second-{i}", other.lines[2 + i])
    page.click("#second-show")
    page.wait_for_selector("#second-answer .said")
    assert "没有对上" in page.locator("#second-answer").inner_text()


def test_late_children_have_no_attributes_and_classes_by_number(open_page: Any, site: Site) -> None:
    folder = Folder()
    files = folder.files()
    one = folder.of("d2")[3]
    page = open_page(site.publish("s", files) + one.link(both=True))
    number = json.loads(files["draws/d2/result.json"])["classes"][one.unit]
    assert answer(page) == f"{number} 班"
    page.click("#apart summary")
    page.click("#second-show")
    page.wait_for_selector("#second-answer .said.good")
    assert "没有登记其他情况" in page.locator("#second-answer").inner_text()


def test_before_the_draw_and_in_a_rehearsal(open_page: Any, site: Site) -> None:
    folder = Folder(phase="frozen")
    page = open_page(site.publish("frozen", folder.files()) + folder.people[3].link())
    assert answer(page) == "在冻结的名册中"
    folder = Folder(plan={**default_plan(), "rehearsal": True})
    page = open_page(site.publish("rehearsal", folder.files()) + folder.people[3].link())
    answer(page)
    assert "这是演练" in page.locator(".rehearsal").inner_text()


def test_what_ended_otherwise_is_said(open_page: Any, site: Site) -> None:
    for change, said in (({"annulled": ["d1"]}, "已被撤销"), ({"aborted": True}, "已中止"), ({"annulled": ["d2"]}, "")):
        folder = Folder()
        files = folder.files()
        directory = json.dumps(json.loads(files["slips.json"]) | change, sort_keys=True, separators=(",", ":"))
        page = open_page(site.publish("-".join(change), files | {"slips.json": directory.encode()}) + folder.people[3].link())
        answer(page)
        assert page.locator(".rehearsal").count() == bool(said)
        assert said in page.locator(".answer").inner_text()
        assert "请在下面填写姓名和证件号码" in page.locator(".unchecked").inner_text()


def test_parents_who_were_chosen(open_page: Any, site: Site) -> None:
    draws = [planned_draw("d1", kind="select", classes=0, class_names=[], take=3)]
    folder = Folder(plan={**default_plan(), "attributes": [], "balance": [], "draws": draws}, number=9)
    files = folder.files()
    address = site.publish("s", files)
    for one in folder.people[2:5]:
        place = json.loads(files["draws/d1/result.json"])["classes"][one.unit]
        page = open_page(address + one.link())
        assert answer(page) == f"第 {place}，{'抽中' if place <= 3 else '未抽中'}"


def test_what_does_not_open_gets_one_neutral_answer(open_page: Any, site: Site) -> None:
    folder = Folder()
    address = site.publish("s", folder.files())
    stranger = Student("", "", "1", {}, b"x" * 16, b"y" * 16, "d1")
    foreign = Folder(plan={**default_plan(), "draws": [planned_draw("d7")]})
    texts = set()
    for one in (stranger, foreign.people[3]):
        page = open_page(address + one.link())
        assert answer(page) == "没有找到"
        texts.add(page.locator("main").inner_text())
        assert page.locator(".call").inner_text().endswith(PHONE)
        assert page.locator(".verdict.care").count() == 0
        page.get_by_role("button", name="返回").click()
        assert page.input_value("#code-0") == one.lines[0]
    assert len(texts) == 1


def test_a_link_that_is_no_slip(open_page: Any, site: Site) -> None:
    page = open_page(site.publish("s", Folder().files()) + "#slip=ABC")
    assert "不是完整的凭条" in page.locator("#ask-problem").inner_text()
    assert "#" not in page.url


def test_a_second_scan_in_the_same_tab(open_page: Any, site: Site) -> None:
    folder = Folder()
    files = folder.files()
    first, last = folder.people[4], folder.people[6]
    address = site.publish("s", files)
    page = open_page(address + first.link())
    answer(page)
    page.fill("#child-name", first.name)
    page.evaluate(f"location.hash = '{last.link()}'")
    page.locator(".pseudonym code", has_text=last.pseudonym).wait_for()
    assert answer(page) == class_name(files, last)
    assert page.input_value("#child-name") == ""
    assert page.url == address


def test_a_missing_file_can_be_tried_again(open_page: Any, site: Site) -> None:
    folder = Folder()
    files = folder.files()
    one = folder.people[8]
    address = site.publish("s", files)
    site.refused.add("/units.json")
    page = open_page(address + one.link(), mayfail=True)
    assert answer(page) == "网站上缺少一个文件"
    assert page.locator(".call").inner_text().endswith(PHONE)
    site.refused.clear()
    page.get_by_role("button", name="重试").click()
    page.wait_for_selector(".child")
    assert answer(page) == class_name(files, one)


def test_no_network_can_be_tried_again(open_page: Any, site: Site) -> None:
    folder = Folder()
    files = folder.files()
    one = folder.people[8]
    page = open_page(site.publish("s", files), mayfail=True)
    page.locator("footer", has_text=PHONE).wait_for()
    page.context.set_offline(True)
    page.select_option("#school", one.draw)
    page.fill("#code-0", "".join(one.lines[:2]))
    page.click("#look")
    assert answer(page) == "没有连上网站"
    page.context.set_offline(False)
    page.get_by_role("button", name="重试").click()
    page.wait_for_selector(".child")
    assert answer(page) == class_name(files, one)


def test_files_that_do_not_agree_show_no_class(open_page: Any, site: Site) -> None:
    folder = Folder()
    files = folder.files()
    result = json.loads(files["draws/d1/result.json"])
    result["classes"].reverse()
    files["draws/d1/result.json"] = encode(result)
    page = open_page(site.publish("s", files) + folder.people[3].link())
    assert answer(page) == "网站上的文件对不上"
    assert page.locator(".child").count() == 0
    assert not any(name in page.locator("main").inner_text() for name in ("一班", "二班", "三班"))


def test_from_the_disk_it_says_what_to_do(open_page: Any, site: Site, tmp_path: Path) -> None:
    folder = Folder()
    site.publish("s", folder.files())
    page = open_page((tmp_path / "s" / "slip.html").as_uri() + folder.people[3].link())
    assert answer(page) == "请从教育局的网站打开本页"
    assert "verify.html" in page.locator("#result").inner_text()
    assert page.locator("#ask").is_hidden()
    assert "#" not in page.url


@pytest.mark.parametrize("size", sorted(SIZES))
def test_every_state_is_accessible(open_page: Any, site: Site, size: str) -> None:
    folder = Folder(plan={**default_plan(), "rehearsal": True})
    one = folder.people[6]
    page = open_page(site.publish("s", folder.files()), size)
    page.locator("footer", has_text=PHONE).wait_for()
    assert_sound(page)
    page.fill("#code-0", one.lines[2])
    page.fill("#code-1", "0000-0000-0000-0000")
    page.click("#look")
    assert_sound(page)
    page.fill("#code-0", "".join(one.lines[:2]))
    page.click("#look")
    assert_sound(page)
    page.select_option("#school", one.draw)
    page.click("#look")
    answer(page)
    assert_sound(page)
    page.fill("#child-name", one.name)
    page.fill("#document-number", one.number)
    page.click("#mine-check")
    page.click("#apart summary")
    page.fill("#second-0", one.lines[2])
    page.fill("#second-1", one.lines[3])
    page.click("#second-show")
    page.wait_for_selector("#second-answer dl")
    page.click("#rests summary")
    assert_sound(page)
    page.get_by_role("button", name="清除").click()
    page.fill("#code-0", "".join(Student("", "", "1", {}, bytes(16), bytes(16), "d1").lines[:2]))
    page.select_option("#school", "d1")
    page.click("#look")
    assert answer(page) == "没有找到"
    assert_sound(page)
    assert page.get_attribute("#live", "role") == "status"


def test_the_notice_is_one_sheet(open_page: Any, site: Site, tmp_path: Path) -> None:
    folder = Folder()
    files = folder.files()
    one = folder.people[6]
    page = open_page(site.publish("s", files) + one.link())
    answer(page)
    page.fill("#child-name", one.name)
    page.fill("#document-number", one.number)
    page.click("#mine-check")
    page.emulate_media(media="print")
    sheet = page.locator("#paper")
    assert sheet.is_visible()
    assert page.locator("main").is_hidden()
    text = sheet.inner_text()
    assert all(part in text for part in ("分班结果通知书", class_name(files, one), one.name, one.pseudonym, PHONE, "7 entries"))
    assert one.number not in text
    data = page.pdf(path=str(tmp_path / "notice.pdf"), prefer_css_page_size=True)
    assert data.count(b"/Type /Page\n") == 1
