"""`vdraw serve`: one process on the bureau's laptop; prints the addresses, and the QR code of the observers' page."""

from __future__ import annotations

import io
import logging
import os
import socket
import struct
import sys
from pathlib import Path
from types import FrameType

import segno
import uvicorn

from verifiable_draw.errors import UsageError
from verifiable_draw.room import Room
from verifiable_draw.texts import text
from verifiable_draw.web.app import application
from verifiable_draw.web.desk import Desk
from verifiable_draw.web.observers_page import page

SIOCGIFADDR = 0x8915  # Linux: address of an interface


def serve(folder: Path, host: str, port: int, address: str = "", *, quiet: bool = False) -> None:
    """Serve until interrupted. `address`: what observers open, if not what this machine finds by itself."""
    _usable(folder)
    listener = _listen(host, port)
    port = listener.getsockname()[1]
    shown = (address or f"http://{own_address()}:{port}").rstrip("/")
    desk = Desk(folder, page())
    app = application(desk, address=shown, port=port, password=os.environ.get("VDRAW_CONSOLE_PASSWORD", ""))
    _say(shown, port, quiet=quiet)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, proxy_headers=False, date_header=True,
        timeout_keep_alive=30, timeout_graceful_shutdown=5, limit_concurrency=2000, h11_max_incomplete_event_size=16384,
        ws="none", lifespan="on",
    )  # fmt: skip
    _Server(config, desk).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Lets go of those who wait for news as soon as it is told to stop."""

    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self._desk = desk

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came."""
        self._desk.stop()
        super().handle_exit(sig, frame)


def _usable(folder: Path) -> None:
    """Open the folder once before serving: what is wrong with it is said here, in one sentence."""
    if (folder / "ledger.db").exists():
        room = Room.open(folder)
        try:
            if room.view.size:
                room.own()
        finally:
            room.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port), backlog=512)
    except OSError as error:
        raise UsageError("web.port", port=port, detail=error.strerror or str(error)) from error
    listener.settimeout(0)
    return listener


def _say(shown: str, port: int, *, quiet: bool) -> None:
    local = f"http://127.0.0.1:{port}"
    row = text("serve.addresses", console=f"{local}/console", screen=f"{local}/screen", observer=f"{shown}/observer")
    sys.stdout.write(f"{row.zh}\n\n{row.en}\n")
    if not quiet:
        out = io.StringIO()
        segno.make(f"{shown}/observer", error="m").terminal(out, compact=True)
        sys.stdout.write(out.getvalue())
    end = text("serve.stop")
    sys.stdout.write(f"{end.zh}\n{end.en}\n")
    sys.stdout.flush()
    logging.getLogger("vdraw").setLevel(logging.WARNING)


def own_address() -> str:
    """An address of this machine on the room's network, 127.0.0.1 if it has none. Nothing is sent to find it."""
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - Linux only

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            for _number, name in socket.if_nameindex():
                try:
                    answer = fcntl.ioctl(probe.fileno(), SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
                except OSError:
                    continue
                found = socket.inet_ntoa(answer[20:24])
                if not found.startswith("127."):
                    return found
        return "127.0.0.1"
    try:
        names = socket.gethostbyname_ex(socket.gethostname())[2]
    except OSError:
        names = []
    return next((one for one in names if not one.startswith("127.")), "127.0.0.1")
