"""The built page in the system's Chromium, from a file and from a plain http address that is no secure context."""

from __future__ import annotations

import functools
import hashlib
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger.canonical import decode, encode
from tests.simulator import ROOT, Simulator
from verifiable_draw import verifier_page
from verifiable_draw.files import stored_zip

pytest.importorskip("playwright.sync_api")

BASES = ROOT / "spec" / "cases" / "bases"
HOST = "verify.test"  # a name that is not localhost, so that the browser does not take it for secure
SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 900}}
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage",
    f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
]  # fmt: skip
VERDICT = 60_000  # milliseconds


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


class Tab:
    """A page, and what it said to the console or asked of the network."""

    def __init__(self, browser: Any, address: str, size: str, script: str = "") -> None:
        self.address = address
        self.context = browser.new_context(viewport=SIZES[size], accept_downloads=True)
        self.page = self.context.new_page()
        if script:
            self.page.add_init_script(script)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address)

    def give(self, **files: Any) -> Tab:
        """Choose files by the buttons: give(record=path, trust=path)."""
        if set(files) - {"record", "folder", "slip"} and not self.page.locator("#more").evaluate("e => e.open"):
            self.page.locator("#more > summary").click()
        for kind, value in files.items():
            before = self.page.locator("#given li").count()
            self.page.set_input_files(f"#give-{kind}", value)
            self.page.locator("#given li").nth(before).wait_for()
        return self

    def check(self) -> str:
        """Press the button; the headline."""
        self.page.click("#start")
        return self.verdict()

    def verdict(self) -> str:
        self.page.wait_for_selector("#verdict", timeout=VERDICT)
        return str(self.page.locator("#verdict [lang='zh-CN']").inner_text())

    def close(self) -> None:
        self.context.close()
        assert self.complaints == []
        sent = [
            url
            for url in self.requests
            if not url.startswith((self.address.split("#", maxsplit=1)[0], "blob:", "data:"))
        ]
        assert sent == []


@pytest.fixture(scope="session")
def browser(driver: Any, chromium: str) -> Iterator[Any]:
    """The system's Chromium, with this folder's host names."""
    started = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
    yield started
    started.close()


@pytest.fixture(scope="session")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "verify.html"
    path.write_bytes(verifier_page.build())
    return path


@pytest.fixture(scope="session")
def addresses(page_file: Path) -> Iterator[dict[str, str]]:
    """The page's address from the disc and from a server."""
    handler = functools.partial(QuietHandler, directory=str(page_file.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield {"file": page_file.as_uri(), "http": f"http://{HOST}:{server.server_port}/verify.html"}
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def tab(browser: Any, addresses: dict[str, str]) -> Iterator[Callable[..., Tab]]:
    """Opens tabs; when the test is over each must have been silent and have asked nothing of the network."""
    opened: list[Tab] = []

    def open_tab(scheme: str = "file", size: str = "desktop", fragment: str = "", script: str = "") -> Tab:
        opened.append(Tab(browser, addresses[scheme] + fragment, size, script))
        return opened[-1]

    yield open_tab
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def proven() -> dict[str, Path]:
    return {"record": BASES / "proven.zip", "trust": BASES / "proven.trust.json"}


@pytest.fixture(scope="session")
def altered(proven: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two students exchanged, and RECORD.json brought in line with it: what a forger would do first."""
    with zipfile.ZipFile(proven["record"]) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    path = "draws/d1/result.json"
    result: Any = decode(files[path])
    classes = result["classes"]
    other = next(i for i, number in enumerate(classes) if number != classes[0])
    classes[0], classes[other] = classes[other], classes[0]
    files[path] = encode(result)
    listing: Any = decode(files["RECORD.json"])
    row = next(one for one in listing["files"] if one["path"] == path)
    row |= {"sha256": hashlib.sha256(files[path]).hexdigest(), "size": len(files[path])}
    files["RECORD.json"] = encode(listing)
    made = tmp_path_factory.mktemp("altered") / "record.zip"
    made.write_bytes(stored_zip(files))
    return proven | {"record": made}


@pytest.fixture(scope="session")
def rehearsal(finished: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small record that is checked at once."""
    path = tmp_path_factory.mktemp("rehearsal") / "record.zip"
    path.write_bytes(stored_zip(finished.files()))
    return path
