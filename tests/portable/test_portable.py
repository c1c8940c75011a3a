"""The portable folder in a root that holds a shell and glibc, and in a network namespace that holds nothing."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import subprocess
import tarfile
from pathlib import Path

import pytest

from portable.build import archive, build, locked, needed, runtime
from portable.licences import named
from tests.simulator import ROOT
from verifiable_draw import observer_page
from verifiable_draw.files import write_durable

# All that glibc itself is made of.
GLIBC = ("libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libresolv.so.2", "libnss_files.so.2")
# Stands for a browser: says what it was asked to open, and that the carried libraries are not forced on it.
BROWSER = '#!/bin/sh\necho "$1 [$LD_LIBRARY_PATH]" > /opened.txt\n'
UP = "import fcntl,socket,struct; s=socket.socket(); fcntl.ioctl(s, 0x8914, struct.pack('16sh', b'lo', 0x1 | 0x40))"
ASK = """
import json, os, sys, time, urllib.request
for _ in range(100):
    try:
        print(json.loads(urllib.request.urlopen('http://127.0.0.1:PORT/api/v1/state', timeout=5).read())['origin'])
        break
    except OSError:
        time.sleep(0.2)
else:
    sys.exit('no server')
print(len(urllib.request.urlopen('http://127.0.0.1:PORT/observer', timeout=5).read()) > 100_000)
for _ in range(100):
    if os.path.exists('/opened.txt'):
        break
    time.sleep(0.1)
try:
    urllib.request.urlopen('http://192.0.2.1/', timeout=2)
except OSError:
    print('no network')
"""
TRY = """
set -e
export VDRAW_PASSPHRASE="long and secret" VDRAW_STATE=/state PATH=/bin DISPLAY=:0 PYTHONOPTIMIZE=nonsense
cd /
verifiable-draw/vdraw.sh --help > /help.txt
verifiable-draw/vdraw.sh init portable.example/ledger 'Bureau' --room /verifiable-draw/room
verifiable-draw/python.sh -c "$UP"
verifiable-draw/start.sh > /server.txt 2>&1 &
verifiable-draw/python.sh /ask.py
kill $!
verifiable-draw/python.sh verifiable-draw/verify.pyz /proven.zip --trust /proven.trust.json --lang en > /verdict.txt
echo "exit $?"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, as `make portable` makes it."""
    write_durable(ROOT / "dist" / "observer.html", observer_page.build())
    folder = tmp_path_factory.mktemp("portable") / "verifiable-draw"
    build(folder)
    archive(folder, folder.with_suffix(".tar.gz"))
    return folder.with_suffix(".tar.gz")


@pytest.mark.slow
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


def permitted() -> dict[str, list[str]]:
    """Ways into an empty root that this machine allows: namespaces of its own, or a plain chroot as root."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    namespaces = ["unshare", *user, "--mount", "--net", "--pid", "--fork", "--kill-child"]
    found = {}
    if shutil.which("unshare") and subprocess.run([*namespaces, "true"], capture_output=True, check=False).returncode == 0:
        found["namespaces"] = namespaces
    if os.geteuid() == 0:
        found["chroot"] = []
    return found


@pytest.mark.slow
@pytest.mark.parametrize("way", ["namespaces", "chroot"])
def test_it_runs_where_nothing_is(made: Path, tmp_path: Path, way: str) -> None:
    ways = permitted()
    if not ways and os.environ.get("CI") == "true":
        pytest.fail("this machine allows neither unshare nor chroot: the portable folder was not tried")
    if way not in ways:
        pytest.skip(f"this machine does not allow the way {way!r}; allowed: {', '.join(ways) or 'none'}")
    root = tmp_path / "root"
    bare_root(root)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with tarfile.open(made) as packed:
        packed.extractall(root, filter="data")
    bases = ROOT / "spec" / "cases" / "bases"
    for name in ("proven.zip", "proven.trust.json"):
        shutil.copy(bases / name, root / name)
    (root / "try.sh").write_text(TRY)
    (root / "ask.py").write_text(ASK.replace("PORT", port))
    (root / "bin" / "xdg-open").write_text(BROWSER)
    (root / "bin" / "xdg-open").chmod(0o755)
    mounts = (
        f"mount --bind /dev/null {root}/dev/null; mount --bind /dev/urandom {root}/dev/urandom; "
        f"mount -t proc proc {root}/proc || mount --rbind /proc {root}/proc; "
    )
    inside = (mounts if way == "namespaces" else "") + f"exec chroot {root} /bin/sh /try.sh"
    environment = {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "UP": UP, "PORT": port}
    command = [*ways[way], "sh", "-c", inside]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment)
    log = (root / "server.txt").read_text() if (root / "server.txt").is_file() else ""
    assert done.returncode == 0, f"{done.stdout}{done.stderr}{log}"
    said = done.stdout.split("\n")
    assert "portable.example/ledger" in said
    assert "True" in said
    assert way != "namespaces" or "no network" in said
    assert "exit 0" in said
    assert "没有 xorriso" in log
    assert "没有 par2" in log
    assert (root / "opened.txt").read_text() == f"http://127.0.0.1:{port}/console []\n"
    assert "Proven fair" in (root / "verdict.txt").read_text()
    assert "init" in (root / "help.txt").read_text()
    assert not list((root / "verifiable-draw" / "app").rglob("node_modules"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("program", "answer", "words"),
    [
        ("getconf", "glibc 2.17", "glibc 2.17, needed is"),
        ("uname", "riscv128", "this machine is riscv128"),
    ],
)
@pytest.mark.parametrize("script", ["start.sh", "vdraw.sh"])
def test_a_machine_that_cannot_run_it_is_told_why(unpacked: Path, tmp_path: Path, script: str, program: str, answer: str, words: str) -> None:
    (tmp_path / program).write_text(f"#!/bin/sh\necho {answer}\n")
    (tmp_path / program).chmod(0o755)
    done = say(unpacked / script, f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 1
    assert words in done.stderr


@pytest.mark.slow
def test_a_stick_from_which_nothing_may_run_is_named(unpacked: Path) -> None:
    program = unpacked / "python" / "bin" / "python3"
    program.chmod(0o644)
    done = say(unpacked / "start.sh", os.environ["PATH"])
    program.chmod(0o755)
    assert done.returncode == 1
    assert "复制到电脑硬盘上解压" in done.stderr
    assert "unpack the .tar.gz on the laptop's own disk" in done.stderr


@pytest.mark.slow
def test_everything_carried_has_its_licence(unpacked: Path) -> None:
    listed = (unpacked / "LICENCES.txt").read_text()
    for library in (unpacked / "lib").iterdir():
        assert f"{library.name}" in listed or library.name.startswith("libpython")
    assert "libreadline" not in listed
    assert "libgmp" in listed
    assert "@noble/curves" in listed
    assert list((unpacked / "licences").glob("*.txt"))
    assert (unpacked / "licences" / "observer" / "@noble-curves.txt").is_file()


@pytest.fixture(scope="module")
def unpacked(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, unpacked on another place whose path holds a space."""
    folder = tmp_path_factory.mktemp("another place")
    with tarfile.open(made) as packed:
        packed.extractall(folder, filter="data")
    return folder / "verifiable-draw"


def say(script: Path, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/sh", str(script)], capture_output=True, text=True, check=False, timeout=60, env={"PATH": path})


def test_a_room_is_never_built_over(tmp_path: Path) -> None:
    ledger = tmp_path / "room" / "ledger.db"
    ledger.parent.mkdir()
    ledger.write_bytes(b"the only copy")
    with pytest.raises(SystemExit, match="move it away first"):
        build(tmp_path)
    assert ledger.read_bytes() == b"the only copy"


def test_libraries_that_are_not_found_are_named() -> None:
    output = (
        "/x/a.so:\n\tlinux-vdso.so.1 (0x00007f1)\n\tlibssl.so.3 => /usr/lib/my libs/libssl.so.3 (0x00007f2)\n"
        "\tlibgone.so.1 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x00007f3)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f4)\n"
    )
    assert needed(output) == ({"libssl.so.3": Path("/usr/lib/my libs/libssl.so.3")}, ["libgone.so.1"])
    assert named("Files: *\nLicense: Expat\n text\n\nLicense: GPL-2+\nLicense: Expat\n") == ["Expat", "GPL-2+"]


def test_only_what_the_program_needs_is_carried() -> None:
    names = runtime()
    assert {"starlette", "uvicorn", "pynacl", "chiavdf", "jinja2"} <= set(names)
    assert not {"pytest", "ruff", "mypy", "playwright", "hypothesis", "ortools", "pip"} & set(names)
    text = locked(["pynacl"], (ROOT / "requirements.lock").read_text())
    assert text.startswith("pynacl==")
    assert "--hash=sha256:" in text
    assert "starlette" not in text
