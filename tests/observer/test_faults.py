"""The page in Chromium before a server that lies, and in browsers that keep nothing: it says so, and breaks nowhere."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.observer import tape
from tests.web.conftest import browser, page_file  # noqa: F401 - fixtures
from tests.web.phones import Phone

pytestmark = pytest.mark.slow

MARKUP = "<img src=x onerror=alert(1)>"
STATE: dict[str, Any] = {
    "bureau": MARKUP, "call": {}, "delay": {}, "enrolling": True, "origin": MARKUP, "public_draw": "", "record": False,
    "rehearsal": True, "roles": ["parent", MARKUP], "seconds_left": None, "session": "s1", "size": 1,
    "state": "ROSTERED", "tick": 1, "title": MARKUP,
}  # fmt: skip
ERROR = {"error": {"key": MARKUP, "zh": MARKUP, "en": MARKUP}}
Answer = tuple[int, bytes]


class Liar:
    """A server that answers what a test tells it; `answers`: by the first word of the path."""

    def __init__(self, page: bytes) -> None:
        self.page = page
        self.answers: dict[str, Callable[[str], Answer]] = {}
        self.state = dict(STATE)
        self.posted: list[tuple[str, Any]] = []
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(self.path)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                liar.posted.append((self.path, json.loads(body)))
                self.answer(self.path)

            def answer(self, path: str) -> None:
                status, data = liar.answer(path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> Answer:
        if path.startswith("/observer"):
            return 200, self.page
        rest = path.removeprefix("/api/v1/")
        word = rest.split("/")[0].split("?")[0]
        if word in self.answers:
            return self.answers[word](rest)
        if word == "state":
            return 200, json.dumps(self.state).encode()
        return 500, json.dumps(ERROR).encode()

    def sent(self, word: str) -> list[Any]:
        return [body for path, body in self.posted if path == f"/api/v1/{word}"]


@pytest.fixture
def liar(page_file: Path) -> Iterator[Liar]:  # noqa: F811
    one = Liar(page_file.read_bytes())
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(tape.write(tmp_path_factory.mktemp("faults")).read_text())
    return value


def shows(liar: Liar, recorded: dict[str, Any], number: int) -> None:
    """The server shows a look of the tape."""
    look = recorded["looks"][number]
    files = {f"files/s1/{path}": text.encode() for path, text in recorded["files"].items() if path in look["files"]}
    lines = [line.encode() + b"\n" for line in recorded["lines"]]

    def entries(path: str) -> Answer:
        begin, end = (int(part.split("=")[1]) for part in path.split("?")[1].split("&"))
        return 200, b"".join(lines[begin:end])

    liar.answers |= {
        "checkpoint": lambda _: (200, look["note"].encode()),
        "entries": entries,
        "files": lambda path: (200, files[path]) if path in files else (404, b"{}"),
        "messages": lambda _: (200, b"null"),
        "present": lambda _: (200, b"[]"),
        "enrol": lambda _: (200, b"null"),
    }
    liar.state |= {"tick": number + 2, "state": look["state"], "size": look["size"]}


def stored(recorded: dict[str, Any], liar: Liar) -> str:
    """A script that lets the page find p1 of the tape in its storage."""
    device = recorded["devices"]["p1"]
    memory = {
        "version": 1, "seed": device["seed"], "client": "command-line", "session": "s1", "wanted": "parent", "id": "",
        "role": "", "origin": "", "operators": [], "seen": {"size": 0, "root": "", "note": "", "leaves": ""},
        "contribution": "", "salt": "", "header": "", "compared": "", "digits": "", "notDigits": "", "withheld": {},
        "stamps": {}, "sent": {}, "cosigned": {}, "called": 0, "verdict": None, "stopped": None,
    }  # fmt: skip
    kept = {"name": MARKUP, "role": "parent", "base": f"http://room.test:{liar.port}", "memory": memory}
    items = {"people": json.dumps(["me"]), "me": json.dumps(kept), "setting/person": "me"}
    return f"""if (!localStorage.getItem("verifiable-draw-observer/people"))
      for (const [name, value] of Object.entries({json.dumps(items)}))
        localStorage.setItem("verifiable-draw-observer/" + name, value);"""


def opened(browser: Any, liar: Liar, script: str) -> Phone:  # noqa: F811
    phone = Phone(browser, SimpleNamespace(port=liar.port), MARKUP, "parent", script=script)
    phone.page.goto(phone.address)
    return phone


def ends(phone: Phone) -> None:
    assert phone.complaints == []
    assert phone.page.locator("img").count() == 0
    phone.close()


REFUSING = (
    'Object.defineProperty(window, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } });'
)
MISSING = 'Object.defineProperty(window, "localStorage", { value: null });'
FULL = 'Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };'
BROKEN = 'localStorage.setItem("verifiable-draw-observer/people", "{"); ' + FULL


@pytest.mark.parametrize("script", [REFUSING, MISSING, FULL, BROKEN])
def test_a_browser_that_keeps_nothing_is_told_so_and_asks_for_nothing(browser: Any, liar: Liar, script: str) -> None:  # noqa: F811
    phone = opened(browser, liar, script)
    page = phone.page
    page.wait_for_selector("#role option[value=parent]", state="attached")
    page.click("#language")
    page.click("#language")
    page.fill("#name", "王一")
    page.fill("#code", "12345678")
    page.click("#join-button")
    page.wait_for_selector("#join-problem:not([hidden])")
    assert page.locator("#join").is_visible()
    assert liar.sent("enrol") == []
    ends(phone)


def test_a_lost_answer_does_not_make_two_people_of_one(browser: Any, liar: Liar) -> None:  # noqa: F811
    phone = opened(browser, liar, "")
    page = phone.page
    page.wait_for_selector("#role option[value=parent]", state="attached")
    assert page.locator("#role option").count() == 1  # a role that nobody knows is not offered
    page.fill("#name", "王一")
    page.fill("#code", "12345678")
    page.click("#join-button")  # 500
    page.wait_for_selector("#join-problem:has-text('<img')")
    liar.answers["enrol"] = lambda _: (202, b"7")  # and of no use
    liar.answers["checkpoint"] = lambda _: (200, b"nonsense\n")
    page.click("#join-button")
    page.wait_for_selector("#stopped:not([hidden])")
    assert len({body["key"] for body in liar.sent("enrol")}) == 1
    assert len(liar.sent("enrol")) >= 2
    ends(phone)


def test_taps_photos_and_neighbours_codes(browser: Any, liar: Liar, recorded: dict[str, Any], tmp_path: Path) -> None:  # noqa: F811
    shows(liar, recorded, 0)
    phone = opened(browser, liar, stored(recorded, liar))
    page = phone.page
    page.wait_for_selector("#same")
    page.dispatch_event("#qr-photo", "change")  # the camera was closed again
    page.set_input_files("#qr-photo", {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    page.wait_for_selector("#qr-result:not(:empty)", state="attached")
    page.click("#same")
    page.evaluate(
        "() => { const commit = document.getElementById('commit'); commit.click(); commit.click(); commit.click(); }"
    )
    page.wait_for_selector("#contribute", state="hidden")
    phone.page.wait_for_timeout(500)
    assert page.locator("#stopped").is_hidden()
    commitments = {body["body"]["commitment"] for body in liar.sent("messages")}
    assert len(commitments) == 1
    own = page.locator("#qr-text").text_content()
    assert own
    theirs = own[:-1] + ("0" if own[-1] != "0" else "1")
    page.evaluate(
        "([code]) => { const box = document.getElementById('qr-paste'); box.value = code; box.dispatchEvent(new Event('change')); }",
        [theirs],
    )
    page.wait_for_selector("#stopped:not([hidden])")
    with page.expect_download() as download:
        page.click("#evidence")
    download.value.save_as(tmp_path / "evidence")
    assert [own, theirs] == (tmp_path / "evidence").read_text().splitlines()[:2]
    ends(phone)


def test_a_roll_call_while_groups_are_not_yet_checked(browser: Any, liar: Liar, recorded: dict[str, Any]) -> None:  # noqa: F811
    shows(liar, recorded, 0)
    phone = opened(browser, liar, stored(recorded, liar))
    page = phone.page
    page.wait_for_selector("#same")
    shows(liar, recorded, 1)
    asked = threading.Event()
    held = threading.Event()
    files = liar.answers["files"]
    shows(liar, recorded, 2)  # the groups are fixed

    def late(path: str) -> Answer:
        if path.endswith("groups.json"):
            asked.set()
            held.wait(20)
            return 200, b"{}"
        return files(path)

    liar.answers["files"] = late
    liar.state |= {"call": {"number": 4, "seconds_left": 9}, "tick": 99}
    assert asked.wait(20)
    page.wait_for_selector("#present")
    page.click("#present")
    page.wait_for_timeout(500)
    assert liar.sent("messages") == []  # nothing of a stage that is not yet checked
    held.set()
    page.wait_for_selector("#stopped:not([hidden])")
    assert liar.sent("messages") == []
    ends(phone)
