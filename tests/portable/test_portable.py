"""The portable folder in a root that holds a shell and glibc, and in a network namespace that holds nothing."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from portable.build import archive, build, locked, runtime
from tests.simulator import ROOT
from verifiable_draw import observer_page
from verifiable_draw.files import write_durable

pytestmark = pytest.mark.slow

# All that glibc itself is made of.
GLIBC = ("libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libresolv.so.2", "libnss_files.so.2")
UP = "import fcntl,socket,struct; s=socket.socket(); fcntl.ioctl(s, 0x8914, struct.pack('16sh', b'lo', 0x1 | 0x40))"
ASK = """
import json, sys, time, urllib.request
for _ in range(100):
    try:
        print(json.loads(urllib.request.urlopen('http://127.0.0.1:8123/api/v1/state', timeout=5).read())['origin'])
        break
    except OSError:
        time.sleep(0.2)
else:
    sys.exit('no server')
print(len(urllib.request.urlopen('http://127.0.0.1:8123/observer', timeout=5).read()) > 100_000)
try:
    urllib.request.urlopen('http://192.0.2.1/', timeout=2)
except OSError:
    print('no network')
"""
TRY = """
set -e
export VDRAW_PASSPHRASE="long and secret" VDRAW_STATE=/state VDRAW_ROOM=/room PORT=8123 PATH=/bin
cd /
verifiable-draw/vdraw.sh --help > /help.txt
verifiable-draw/vdraw.sh init portable.example/ledger 'Bureau' --room /room
verifiable-draw/python.sh -c "$UP"
verifiable-draw/start.sh > /server.txt 2>&1 &
verifiable-draw/python.sh /ask.py
kill $!
verifiable-draw/python.sh -m verifier /proven.zip --trust /proven.trust.json --lang en > /verdict.txt && echo "exit 0"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, as `make portable` makes it."""
    write_durable(ROOT / "dist" / "observer.html", observer_page.build())
    folder = tmp_path_factory.mktemp("portable") / "verifiable-draw"
    build(folder)
    archive(folder, folder.with_suffix(".tar.gz"))
    return folder.with_suffix(".tar.gz")


def test_the_same_bytes_again(made: Path, tmp_path: Path) -> None:
    again = tmp_path / "verifiable-draw"
    build(again)
    archive(again, again.with_suffix(".tar.gz"))
    assert hashlib.sha256(again.with_suffix(".tar.gz").read_bytes()).digest() == hashlib.sha256(made.read_bytes()).digest()


def bare_root(root: Path) -> None:
    """What every Linux has, and no more: a shell, and the C library that it needs."""
    for folder in ("bin", "dev", "proc", "tmp", "state"):
        (root / folder).mkdir(parents=True)
    shell = Path(shutil.which("dash") or shutil.which("sh") or "/bin/sh").resolve()
    shutil.copy(shell, root / "bin" / "sh")
    needed = set(_needs(shell))
    libc = Path(next(path for path in needed if "/libc.so" in path)).resolve().parent
    needed |= {str(libc / name) for name in GLIBC if (libc / name).exists()}
    for path in sorted(needed):
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(path).resolve(), target)
    for name in ("null", "urandom", "tty"):
        (root / "dev" / name).touch()


def _needs(program: Path) -> list[str]:
    found = subprocess.run([shutil.which("ldd") or "ldd", str(program)], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(0x", found)


def test_it_runs_where_nothing_is(made: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    bare_root(root)
    with tarfile.open(made) as packed:
        packed.extractall(root, filter="data")
    bases = ROOT / "spec" / "cases" / "bases"
    for name in ("proven.zip", "proven.trust.json"):
        shutil.copy(bases / name, root / name)
    (root / "try.sh").write_text(TRY)
    (root / "ask.py").write_text(ASK)
    inside = (
        f"mount --bind /dev/null {root}/dev/null; mount --bind /dev/urandom {root}/dev/urandom; "
        f"mount -t proc proc {root}/proc; exec chroot {root} /bin/sh /try.sh"
    )
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *user, "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", inside]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env={"PATH": os.environ["PATH"], "UP": UP})
    log = (root / "server.txt").read_text() if (root / "server.txt").is_file() else ""
    assert done.returncode == 0, f"{done.stdout}{done.stderr}{log}"
    said = done.stdout.split("\n")
    assert "portable.example/ledger" in said
    assert "True" in said
    assert "no network" in said
    assert "exit 0" in said
    assert "没有 xorriso" in log
    assert "Proven fair" in (root / "verdict.txt").read_text() or "proven" in (root / "verdict.txt").read_text().lower()


def test_only_what_the_program_needs_is_carried() -> None:
    names = runtime()
    assert {"starlette", "uvicorn", "pynacl", "chiavdf", "jinja2"} <= set(names)
    assert not {"pytest", "ruff", "mypy", "playwright", "hypothesis", "ortools"} & set(names)
    text = locked(["pynacl"], (ROOT / "requirements.lock").read_text())
    assert text.startswith("pynacl==")
    assert "--hash=sha256:" in text
    assert "starlette" not in text
