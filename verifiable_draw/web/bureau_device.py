"""The bureau's own contribution, from the laptop that also runs the server.

It is an observer's program like any other, talks with the server over the network, and counts for no quorum: whoever
trusts the bureau's laptop needs no observers. Its key lies unencrypted beside the bureau's others.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from verifiable_draw import conduct, keyfile
from verifiable_draw.attendant import Attendant
from verifiable_draw.device import Device
from verifiable_draw.errors import DrawError
from verifiable_draw.link import Link
from verifiable_draw.web.desk import Desk

KEY = "bureau-observer"
log = logging.getLogger("vdraw")


class BureauDevice:
    """Takes part for the bureau in the desk's session, in a thread of its own."""

    def __init__(self, desk: Desk, port: int) -> None:
        self.desk = desk
        self.port = port
        self._threads: dict[str, threading.Thread] = {}

    def _key_path(self, session: str) -> Path:
        return self.desk.folder / "devices" / session / f"{KEY}.key"

    async def enrol(self, session: str) -> None:
        """Make a key for the session and enrol it as the bureau's observer."""
        path = self._key_path(session)
        key = keyfile.load(path) if path.exists() else keyfile.create(path, KEY, "observer", self.desk.randomness)
        known = self.desk.session()
        taken = {str(one["key"]) for one in known.enrolled.values()} if known else set()
        if key.public.hex() not in taken:
            name = next(f"bureau-{n}" for n in range(1, 400) if known is None or f"bureau-{n}" not in known.enrolled)
            body = {"client": "own-program", "id": name, "key": key.public.hex(), "role": "bureau"}
            await self.desk.do(lambda room: conduct.enrol(room, session, body))
        self.attend(session)

    def attend(self, session: str) -> None:
        """Begin, or go on, attending; nothing happens if it was not enrolled."""
        path = self._key_path(session)
        running = self._threads.get(session)
        if not path.exists() or (running is not None and running.is_alive()):
            return
        thread = threading.Thread(target=self._attend, args=(session, path), name="bureau device", daemon=True)
        self._threads[session] = thread
        thread.start()

    def _attend(self, session: str, path: Path) -> None:
        folder = path.parent
        device = Device.open(keyfile.load(path), folder / "device.json")
        link = Link(f"http://127.0.0.1:{self.port}", folder / "packet")
        try:
            Attendant(device, link, session).attend(lambda: self.desk.closing)
        except DrawError as error:
            log.warning("%s", error)
