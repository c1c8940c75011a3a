"""Observers' phones: the real page in Chromium, each in a context of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.simulator import ROOT
from tests.web.hall import Hall

SHOTS = ROOT / "build" / "screenshots"
PHONE = {"width": 360, "height": 740}
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP room.test 127.0.0.1",
]  # fmt: skip


class Phone:
    """One observer's browser."""

    def __init__(self, browser: Any, hall: Hall, name: str, role: str, own: Path | None = None, script: str = "", size: Any = None) -> None:
        self.hall, self.name, self.role = hall, name, role
        self.context = browser.new_context(viewport=size or PHONE, accept_downloads=True, locale="zh-CN")
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(f"{name}: {error}"))
        self.page.on("console", lambda m: self.complaints.append(f"{name}: {m.text}") if m.type == "error" and "Failed to load" not in m.text else None)
        if script:
            self.page.add_init_script(script)
        # A host name that is not localhost: no secure context, as in a real room.
        self.address = own.as_uri() if own else f"http://room.test:{hall.port}/observer"
        self.own = own

    def join(self, code: str) -> Phone:
        """Open the page as the QR code does, and ask to be enrolled."""
        digits = code.replace("-", "")
        self.page.goto(f"{self.address}#code={digits}")
        if self.own:
            self.page.fill("#address", f"room.test:{self.hall.port}")
        self.page.wait_for_selector(f"#role option[value={self.role}]", state="attached")
        self.page.fill("#name", self.name)
        self.page.select_option("#role", self.role)
        self.page.click("#join-button")
        self.page.wait_for_selector("#now")
        return self

    def compare_and_commit(self, dice: str = "41532") -> Phone:
        """Say that the code is the screen's, type dice, commit."""
        self.page.wait_for_selector("#same")
        self.page.click("#same")
        self.page.fill("#dice", dice)
        self.page.click("#commit")
        return self

    def state(self, *states: str) -> Phone:
        """Wait until this device has checked that the session is in one of these states."""
        self.page.wait_for_selector(", ".join(f"body[data-state={one}]" for one in states), timeout=60_000)
        return self

    def holds(self, kind: str) -> Phone:
        """Wait until the ledger, as this device checked it, holds its message."""
        self.page.wait_for_selector(f"body[data-done*='{kind}']", timeout=60_000)
        return self

    def shot(self, name: str) -> Phone:
        """Keep a picture."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        width = self.page.viewport_size["width"]
        self.page.screenshot(path=SHOTS / f"observer-{name}-{'phone' if width < 600 else 'laptop'}.png", full_page=True)
        return self

    def close(self) -> None:
        self.context.close()
