"""A room in miniature: the real server as a process on loopback, a clerk with a browser's cookies, attendants."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.entry import Actor
from tests.simulator import ROOT, Simulator, seed_of
from verifiable_draw.attendant import Attendant, enrolment
from verifiable_draw.device import Device
from verifiable_draw.errors import DrawError
from verifiable_draw.keyfile import Key
from verifiable_draw.link import Link

PLAN = {
    "windows": {"attest": 600, "commit": 600, "reveal": 20, "roster_to_header": 3600},
    "delay": {"bits": 1024, "iterations": 8000, "kind": "chiavdf-wesolowski", "segments": 4},
}


def prepared(folder: Path, **changes: Any) -> Simulator:
    """A bureau's folder with its rosters frozen, closed and ready to be served."""
    simulator = Simulator(folder, plan=PLAN | changes)
    simulator.found()
    simulator.plan()
    simulator.rosters()
    simulator.room.close()
    return simulator


class Hall:
    """The server, and how people talk with it."""

    def __init__(self, simulator: Simulator, page: Path | None = None) -> None:
        self.simulator = simulator
        self.folder = simulator.folder / "bureau"
        self.port = 0
        self.process: subprocess.Popen[str] | None = None
        self.page = page
        self.attendants: list[threading.Thread] = []
        self.ends = threading.Event()
        self.problems: list[str] = []
        self.log = simulator.folder / "server.log"

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Hall:
        """Start the server, on the port it had before if it ran before."""
        environment = os.environ | {"VDRAW_STATE": str(self.simulator.folder / "state")}
        environment.pop("VDRAW_PASSPHRASE", None)
        if self.page:
            environment["VDRAW_OBSERVER_PAGE"] = str(self.page)
        command = [
            sys.executable, "-m", "verifiable_draw", "serve", "--room", str(self.folder), "--host", "127.0.0.1",
            "--port", str(self.port), "--quiet",
        ]  # fmt: skip
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = re.search(r"127\.0\.0\.1:(\d+)/console", line)
            if found:
                self.port = int(found[1])
                break
        self.until(lambda: self.get("state") is not None)
        return self

    def kill(self, how: int = signal.SIGKILL) -> None:
        """End the server by a signal."""
        if self.process:
            self.process.send_signal(how)
            self.process.wait(20)
            if self.process.stdout:
                self.process.stdout.close()
            self.process = None

    def close(self) -> None:
        """End everything this hall began."""
        self.ends.set()
        self.kill(signal.SIGTERM)
        for thread in self.attendants:
            thread.join(30)

    # Asking

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.base}/api/v1/{path}", timeout=30) as answer:  # noqa: S310 - loopback
            return json.loads(answer.read())

    def state(self) -> str:
        return str(self.get("state")["state"])

    def until(self, true: Callable[[], Any], seconds: float = 60) -> Any:
        """Wait for something, bounded; what raises while the server is gone counts as not yet."""
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(OSError):
                found = true()
                if found:
                    return found
            assert time.monotonic() < deadline, f"waited {seconds} s; {self.problems}"
            assert self.process is None or self.process.poll() is None, "the server ended"
            time.sleep(0.05)

    def reaches(self, *states: str, seconds: float = 60) -> str:
        """Wait until the session is in one of these states."""
        return str(self.until(lambda: (now := self.state()) in states and now, seconds))

    # Observers

    def attend(self, name: str, role: str, choose: Callable[[str], bool] = lambda _t: True, clock: Callable[[], str] | None = None,
               lie: Callable[[str, Device], bool] = lambda _t, _d: True) -> None:  # fmt: skip
        """An observer's program takes part in a thread of its own."""
        folder = self.simulator.folder / "people" / name
        key = Key(Actor("observer", "observer"), seed_of(f"hall {name}"))
        extra = {"clock": clock} if clock else {}
        device = Device.open(key, folder / "device.json", **extra)
        link = Link(self.base, folder / "packet")
        code = Clerk(self).sign_in().code()
        self.until(lambda: enrolment(key, link, name, role, code))
        attendant = Attendant(device, link, self.simulator.name, f"dice of {name}", lambda kind: choose(kind) and lie(kind, device))

        def run() -> None:
            try:
                attendant.attend(self.ends.is_set)
            except DrawError as error:
                self.problems.append(f"{name}: {error}")

        thread = threading.Thread(target=run, name=name, daemon=True)
        self.attendants.append(thread)
        thread.start()


class Clerk:
    """The console as a browser without scripts uses it: pages, forms, cookies."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.text = ""

    def look(self, page: str = "day") -> str:
        """A page's HTML."""
        with self.opener.open(f"{self.hall.base}/console/{page}", timeout=60) as answer:
            self.text = answer.read().decode()
        return self.text

    def press(self, action: str, page: str = "day", **fields: str) -> str:
        """Send a form of a page; returns the page that follows."""
        token = re.search(r'name="form" value="([^"]+)"', self.look(page))
        assert token, self.text
        data = urllib.parse.urlencode({"form": token[1], "page": page, **fields}).encode()
        with self.opener.open(f"{self.hall.base}/console/do/{action}", data, timeout=120) as answer:
            self.text = answer.read().decode()
        return self.text

    def upload(self, action: str, page: str, field: str, name: str, content: bytes, **fields: str) -> str:
        """Send a form with a file."""
        token = re.search(r'name="form" value="([^"]+)"', self.look(page))
        assert token, self.text
        parts = [f'--cut\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in {"form": token[1], "page": page, **fields}.items()]
        parts.append(f'--cut\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n')
        data = "".join(parts).encode() + content + b"\r\n--cut--\r\n"
        request = urllib.request.Request(f"{self.hall.base}/console/do/{action}", data, {"Content-Type": "multipart/form-data; boundary=cut"})  # noqa: S310 - loopback
        with self.opener.open(request, timeout=120) as answer:
            self.text = answer.read().decode()
        return self.text

    def sign_in(self, role: str = "operator", passphrase: str = "") -> Clerk:
        """Unlock an office."""
        self.press("sign_in", "sign-in", role=role, passphrase=passphrase)
        return self

    def code(self) -> str:
        """The room's code."""
        found = re.search(r'id="room-code">([0-9-]+)<', self.look())
        assert found, self.text
        return found[1]

    def take_all(self) -> None:
        """Enrol everybody who waits."""
        while True:
            keys = re.findall(r'action="/console/do/enrol".*?name="key" value="([0-9a-f]{64})"', self.look(), re.DOTALL)
            if not keys:
                return
            self.press("enrol", key=keys[0])
