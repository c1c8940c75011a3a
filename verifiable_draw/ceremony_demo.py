"""A room to try: `python -m verifiable_draw.ceremony_demo [FOLDER]`, a rehearsal served on this machine.

The weeks before are done: a generated county with frozen rosters. Simulated observers ask to be enrolled and attend by
themselves; you are the clerk, and may join with a phone. Started again on the same folder it goes on where it was.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from ledger.entry import Actor
from verifiable_draw import keyfile
from verifiable_draw.attendant import Attendant, check_over, enrolment
from verifiable_draw.demo import Demo
from verifiable_draw.device import Device
from verifiable_draw.errors import DrawError
from verifiable_draw.keyfile import Key
from verifiable_draw.link import Link
from verifiable_draw.web.front import Front

PORT = 8000
SCHOOLS, STUDENTS = 4, 900
PLAN = {
    "quorum": {"covered": 4, "roles": {"congress": 1, "consultative": 1, "discipline": 1, "parent": 1}},
    "windows": {"attest": 3600, "commit": 3600, "reveal": 30, "roster_to_header": 0},
    "delay": {"bits": 1024, "iterations": 3_200_000, "kind": "chiavdf-wesolowski", "segments": 8},
}
PEOPLE = {
    "纪检组 周": "discipline", "人大代表 吴": "congress", "政协委员 郑": "consultative", "家长 王": "parent",
    "家长 冯": "parent", "公证员 陈": "notary",
}  # fmt: skip
WITHHOLDS = "家长 冯"


def prepare(folder: Path) -> None:
    """Generate a county and do what is done before the day."""
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "rosters").mkdir(parents=True)
    demo = Demo(folder, SCHOOLS, STUDENTS)
    demo.title("生成一个县，登记、公布方案、冻结名册", "a county, its plan, its rosters")
    specs = demo.county()
    demo.rosters(demo.plan(demo.keys(specs), PLAN), specs)


def observers(folder: Path, base: str, session: str) -> None:
    """Simulated observers and a holder of the sealed rosters, each in a thread."""
    threads = [threading.Thread(target=_attend, args=(folder, base, session, *pair)) for pair in PEOPLE.items()]
    threads.append(threading.Thread(target=_hold, args=(folder, base, session)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _attend(folder: Path, base: str, session: str, name: str, role: str) -> None:
    home = folder / "people" / name.replace(" ", "")
    path = home / "me.key"
    key = keyfile.load(path) if path.exists() else keyfile.create(path, "observer", "observer", os.urandom)
    link = Link(base, home / "packet")
    while True:
        try:
            known = link.get(f"enrol/{key.public.hex()}")
            if known["status"] == "unknown":
                # A person reads the code off the screen; these look it up where the screen has it from.
                front = Front(folder / "desk.db", os.urandom)
                code = front.code(session)
                front.close()
                enrolment(key, link, name, role, code)
            if known["status"] == "enrolled":
                break
        except DrawError:
            pass
        time.sleep(1)
    device = Device.open(Key(Actor("observer", "observer"), key.seed), home / "device.json")
    choose = (lambda kind: kind != "opening") if name == WITHHOLDS else (lambda _kind: True)
    Attendant(device, link, session, f"dice of {name}", choose).attend(lambda: False)


def _hold(folder: Path, base: str, session: str) -> None:
    key = keyfile.load(folder / "holders" / "holder-1.key", lambda _path: "demo")
    sealed = {path.stem: path.read_bytes() for path in sorted((folder / "sessions" / session / "sealed").glob("*.json"))}
    device = Device.open(key, folder / "people" / "holder" / "device.json")
    check_over(device, Link(base, folder / "people" / "holder" / "packet"), session, sealed)


def main(folder: Path) -> None:
    """Prepare if need be, serve, attend."""
    os.environ |= {
        "VDRAW_ROOM": str(folder),
        "VDRAW_SESSION": "2026-rehearsal",
        "VDRAW_STATE": str(folder / "state"),
        "VDRAW_PASSPHRASE": "demo",
    }
    port = int(os.environ.get("PORT", PORT))
    if taken(port):
        sys.exit(
            f"端口 {port} 已被占用，什么也没有开始。换一个端口：make ceremony PORT={port + 1}\n"
            f"Port {port} is taken; nothing was started. Choose another: make ceremony PORT={port + 1}"
        )
    if not (folder / "desk.db").exists():
        prepare(folder)
        Front(folder / "desk.db", os.urandom).close()
    program = [sys.executable, "-m"]
    server = subprocess.Popen([*program, "verifiable_draw", "serve", "--room", str(folder), "--port", str(port)])  # noqa: S603 - our own programs
    people = None
    try:
        while server.poll() is None and not taken(port):
            time.sleep(0.2)
        if server.poll() is None:  # only to a server that runs, and is ours
            base = f"http://127.0.0.1:{port}"
            people = subprocess.Popen([*program, "verifiable_draw.ceremony_demo", str(folder), "observers", base])  # noqa: S603
            print("\n口令 / passphrase: demo\n先登录，到“现场”登记观察员，然后按大按钮。/ Sign in, enrol the observers under “Ceremony”, then press the big button.\n", flush=True)
        sys.exit(server.wait())
    except KeyboardInterrupt:
        server.wait()
    finally:
        for one in (people, server):
            if one is not None and one.poll() is None:
                one.terminate()
                one.wait()


def taken(port: int) -> bool:
    """Whether something answers at a port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    place = Path(sys.argv[1] if len(sys.argv) > 1 else "build/ceremony").resolve()
    if sys.argv[2:3] == ["observers"]:
        observers(place, sys.argv[3], "2026-rehearsal")
    else:
        main(place)
