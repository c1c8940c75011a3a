"""The main job, as `make demo` runs it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator import ROOT


@pytest.mark.slow
def test_demo(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "verifiable_draw.demo", str(tmp_path / "demo")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("rosters", "ledger.db", "record/RECORD.json", "record.zip", "inspection", "lists"):
        assert (tmp_path / "demo" / name).exists(), name
    assert "exit 3 not-proven, because of V51, V55\n" in done.stdout
    assert "exit 1 inconsistent, failed V43, V46\n" in done.stdout
    assert "只有一个班，免抽" in done.stdout
    room = tmp_path / "demo"
    assert f"VDRAW_STATE={room / 'state'} VDRAW_PASSPHRASE=demo vdraw status --room {room}" in done.stdout
    assert f"running it again erases {room} first" in done.stdout
    # What the summary says is what signing there takes.
    out = room / "late-slips"
    print_ = [sys.executable, "-m", "verifiable_draw", "slips", "print", str(out), "d01", "--room", str(room)]
    said = os.environ | {"VDRAW_STATE": str(room / "state"), "VDRAW_PASSPHRASE": "demo"}
    assert subprocess.run(print_, cwd=ROOT, env=said, capture_output=True, check=False, timeout=120).returncode == 0
    assert subprocess.run(print_, cwd=ROOT, env=said | {"VDRAW_STATE": str(tmp_path / "none")}, capture_output=True, check=False).returncode == 2


def test_the_ceremony_to_try_starts_nothing_where_its_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "verifiable_draw.ceremony_demo", str(tmp_path / "room")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60, env=os.environ | {"PORT": str(port)})
    assert done.returncode == 1
    assert f"make ceremony PORT={port + 1}" in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "room").exists()
