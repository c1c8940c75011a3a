"""`vdraw observer check`, `attend` and `trust`: what a holder and an observer at the command line are told."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.canonical import decode, encode
from tests.simulator import ROOT, Simulator
from tests.web.hall import Clerk, Hall
from verifiable_draw import packet
from verifiable_draw.errors import UsageError
from verifiable_draw.link import Link


def vdraw(*arguments: object) -> subprocess.Popen[str]:
    """A command, running."""
    line = [sys.executable, "-u", "-m", "verifiable_draw", *map(str, arguments)]
    return subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | {"VDRAW_PASSPHRASE": "x"})


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and output."""
    output = process.communicate(timeout=90)[0]
    return process.returncode, output


def test_a_holder_and_an_observer_at_the_command_line(hall: Callable[..., Hall], tmp_path: Path, verify: Callable[..., Any]) -> None:
    room = hall()
    story = room.simulator
    key = tmp_path / "holder.key"
    key.write_bytes(encode({"id": "h1", "role": "recipient", "seed": story.holders["h1"].seed.hex()}))
    sealed = room.folder / "sessions" / "s1" / "sealed"
    code, output = ended(vdraw("observer", "check", room.base, "s9", sealed, "--key", key))
    assert code == 2
    assert "没有活动 s9；现场现在是 s1" in output
    (tmp_path / "empty").mkdir()
    assert ended(vdraw("observer", "check", room.base, "s1", tmp_path / "empty", "--key", key))[0] == 2
    holder = vdraw("observer", "check", room.base, "s1", sealed, "--key", key)
    clerk = Clerk(room).sign_in()
    for name, role in {"c1": "congress", "d1": "discipline", "p1": "parent"}.items():
        room.attend(name, role)
    mine = tmp_path / "me.key"
    observer = vdraw("observer", "attend", room.base, "--key", mine, "--code", clerk.code(), "--role", "parent", "--name", "张三")
    clerk.press("bureau_device")
    room.until(lambda: clerk.take_all() or len(room.get("board")["observers"]) == 5)
    clerk.press("header")
    room.until(lambda: sum(bool(o["commitment"]) for o in room.get("board")["observers"]) == 5)
    clerk.press("close_commits")
    code, output = ended(holder)
    assert code == 0, output
    assert "现场：名册冻结，观察员登记" in output
    assert "核对已签名并送交" in output
    assert room.get("board")["checked"] == ["h1"]
    late = vdraw("observer", "check", room.base, "s1", sealed, "--key", key)
    room.until(lambda: not room.get("board")["lacking"] and all(o["attested"] for o in room.get("board")["observers"]))
    ended(late)
    clerk.press("open")
    room.reaches("SEEDED", seconds=90)
    code, output = ended(vdraw("observer", "check", room.base, "s1", sealed, "--key", key))
    assert (code, "太晚了" in output) == (2, True), output
    clerk.press("allocate")
    clerk.press("publish")
    code, output = ended(observer)
    assert code == 0, output
    assert "种子" in output or "已发布" in output
    assert "ROSTERED" not in output
    trust: Any = decode((tmp_path / "me.trust-s1.json").read_bytes().rstrip(b"\n"))
    clerk.press("republish")
    code, report = verify(room.folder / "records" / "s1.zip", trust)
    assert code == 3
    assert not {"V8", "V17", "V52"} & {c["id"] for c in report["checks"] if c["outcome"] == "FAIL"}


def test_a_trust_file_from_a_packet(tmp_path: Path, verify: Callable[..., Any]) -> None:
    story = Simulator(tmp_path).run()
    folder = tmp_path / "stick"
    packet.write(story.room, folder)
    device = story.devices["d1"]
    trust = device.trust(device.look(packet.open_packet(folder)).session("s1"))
    assert trust == story.trust() | {"observers": [device.key.public.hex()], "checkpoint": trust["checkpoint"]}  # type: ignore[index]
    files = story.files()
    assert verify(files, trust)[0] == 3
    assert verify(files, trust)[1]["reasons"] == verify(files, story.trust())[1]["reasons"]
    story.room.close()


def test_an_answer_that_a_dying_server_cut_short_is_no_answer(tmp_path: Path) -> None:
    """It would read as a malformed note otherwise, and the device would stop for good."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            taken, _ = listening.accept()
            with taken:
                taken.recv(4096)
                taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")

        serving = threading.Thread(target=answer)
        serving.start()
        with pytest.raises(UsageError) as caught:
            Link(f"http://127.0.0.1:{listening.getsockname()[1]}", tmp_path).packet()
        serving.join()
    assert caught.value.key == "link.gone"
