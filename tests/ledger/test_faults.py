"""Every write and sync of a small workload fails once: with EIO, with ENOSPC, and by a kill just before it.

strace injects the faults into the real system calls of SQLite, so nothing between the store and the kernel is simulated.
"""

from __future__ import annotations

import ctypes
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ledger.checkpoint import cosign, parse_checkpoint
from ledger.note import SignatureLine
from ledger.sqlite import StoreError
from ledger.store import Store
from tests.ledger.test_kill import ORIGIN, SEED, TIME, Known, Server, acknowledge, ahead, hear, messages, remove, say

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace is a program for Linux")

CALLS = "pwrite64,fdatasync,fsync,ftruncate"
WITNESS = "w.example/witness"
STEPS = (
    "append 1", "sign", "append 3", "sign", "cosign", "append 1", "sign", "cosign", "append 30", "sign", "append 1", "sign",
)  # fmt: skip
# Pages of the WAL after which SQLite copies it into the file: as shipped, so the WAL only grows here; and after every
# commit, so that copying, starting the WAL anew and the syncs between them are points of failure too.
PAGES = (1000, 1)
LINE = re.compile(r"^\d+ +(\w+)\(\d+<([^>]*)>.*?(\(INJECTED\))?$")


@pytest.fixture(scope="module")
def strace() -> str:
    """Path of strace; without it nothing here can be tested, and CI must not stay green then."""
    found = shutil.which("strace")
    if found is None:
        sentence = "strace is missing, so no write or sync was made to fail: install it (apt-get install strace)"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return found


# What the child does


def wait_for_strace() -> None:
    """Let any process trace this one (Yama allows only parents otherwise), and go on when told."""
    ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # PR_SET_PTRACER, PR_SET_PTRACER_ANY
    say("ready", os.getpid())
    assert hear() == b"go\n"


def cosignature(text: str) -> SignatureLine:
    return cosign(parse_checkpoint(text), WITNESS, SEED, 1_800_000_000)


def step(store: Store, name: str) -> Callable[[], None]:
    """Do a step of the workload; the result tells the test that it was acknowledged."""
    if name == "sign":
        note = store.checkpoint(ORIGIN, SEED)
        return lambda: say("note", store.head.size, str(note).encode().hex())
    if name == "cosign":
        note = store.checkpoint(ORIGIN, SEED)
        line = cosignature(note.text)
        store.add_cosignature(store.head.size, line)
        return lambda: say("cosigned", store.head.size, str(line).encode().hex())
    entries = store.append(store.head, TIME, messages(store.head.size, int(name.split()[1])))
    return lambda: acknowledge(entries)


def work(path: str, pages: int, stop: bool, from_start: bool, careless: bool) -> None:
    """The workload. After an error either stop at once, without closing, or repeat the step and then go on.

    With `from_start` the faults are those of opening (or creating) and closing, with nothing between. A `careless` child
    acknowledges what failed.
    """
    if from_start:
        wait_for_strace()
    file = Path(path)
    try:
        store = Store.open(file) if file.exists() else Store.create(file)
    except StoreError as error:
        say("failed", "open", error.kind)
        return
    store._connection.execute(f"PRAGMA wal_autocheckpoint={pages}")
    say("opened", store.head.size)
    if not from_start:
        wait_for_strace()
    for name in () if from_start else STEPS:
        for _attempt in range(3):
            say("step", name)
            head = store.head
            try:
                done = step(store, name)
            except StoreError as error:
                say("failed", name, error.kind)
                if careless and name.startswith("append"):
                    acknowledge(ahead(head, int(name.split()[1])))
                if stop:
                    return
            else:
                done()
                say("done", name)
                break
    say("closing")
    store.close()


# What the test does


@dataclass
class Run:
    """What a run of the workload said and did; calls are (name, file, whether it was made to fail)."""

    known: Known = field(default_factory=Known)
    cosigned: dict[int, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    pending: set[str] = field(default_factory=set)
    start: int | None = None
    closing: bool = False
    code: str = ""
    calls: list[tuple[str, str, bool]] = field(default_factory=list)

    def hear(self, words: list[str]) -> None:
        """Take in what the child said."""
        self.known.hear(words)
        match words:
            case ["opened", size]:
                self.start = int(size)
            case ["step", *name]:
                self.pending.add(" ".join(name))
            case ["done", *name]:
                self.pending.discard(" ".join(name))
            case ["failed", *_name, kind]:
                self.failed.append(kind)
            case ["cosigned", size, line]:
                self.cosigned[int(size)] = bytes.fromhex(line).decode()
            case ["closing"]:
                self.closing = True
            case ["end", code]:
                self.code = code


def attach(strace: str, pid: str, log: Path, inject: str | None) -> subprocess.Popen[str]:
    """Trace a process that is waiting for us, and make the call fail that `inject` says."""
    command = [strace, "-f", "-y", "-s", "0", "-e", f"trace={CALLS}", "-o", str(log), "-p", pid]
    command += ["-e", f"inject={inject}"] if inject else []
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    # When strace says so, the child will be stopped at its next call; before, one could slip through.
    attached = tracer.stderr.readline()
    assert "attached" in attached, f"strace cannot trace here: {attached}"
    return tracer


def run(server: Server, strace: str, path: Path, inject: str | None, **order: object) -> Run:
    """Lead the workload under strace, with a fault or without."""
    done = Run()
    log = path.with_suffix(".strace")
    tracer: subprocess.Popen[str] | None = None
    for words in server.lead(path=str(path), **order):
        done.hear(words)
        if words[0] == "ready":
            tracer = attach(strace, words[1], log, inject)
            server.write("go")
    assert tracer is not None
    with tracer:
        tracer.communicate(timeout=30)
    for line in log.read_text().splitlines():
        if match := LINE.match(line):
            name = Path(match[2]).name
            done.calls.append((match[1], name.removeprefix(path.name) or "db", bool(match[3])))
    return done


def must_surface(calls: list[tuple[str, str, bool]]) -> bool:
    """Whether the call that was made to fail carries what a commit acknowledges.

    Three kinds do not, and SQLite passes over them. Copying the WAL into the file: the WAL keeps everything until that has
    succeeded. The sync of the WAL before copying: nothing was written to it since its last sync. The sync of the folder
    after a WAL was made: SQLite never looks at its result.
    """
    # With psow=0 a commit ends with a sync and one write after it, the rest of what fills up the sector.
    unsynced = 0
    for call, file, injected in calls:
        if injected:
            return file == "-wal" and (call == "pwrite64" or unsynced > 1)
        if file == "-wal":
            unsynced = unsynced + 1 if call == "pwrite64" else 0
    return False


def check(path: Path, done: Run) -> bool:
    """Reopen without faults: all that was acknowledged is there, and the workload can be done. Whether there was more."""
    try:
        store = Store.open(path)
    except StoreError as error:
        # A fault while the file was being made: nobody was told that it exists.
        if done.known.opened or error.kind not in {"missing", "damaged"}:
            raise
        remove(path)
        store = Store.create(path)
    with closing(store):
        start = store.head.size if done.start is None else done.start
        known = max(done.known.leaves, default=start - 1) + 1
        done.known.check(store)
        # Of what was not acknowledged, one transaction is there as a whole, or none.
        assert store.head.size - known in {0, *map(appended, done.pending)}, done
        more = store.head.size > known
        for size, line in done.cosigned.items():
            assert line in str(store.note(size)), f"a cosignature of size {size} is lost"
        start = store.head.size
        for name in STEPS:
            step(store, name)
    with closing(Store.open(path)) as store:
        done.known.check(store)
        assert store.head.size == start + sum(appended(name) for name in STEPS)
    return more


def appended(name: str) -> int:
    """How many entries a step appends."""
    return int(name.split()[1]) if name.startswith("append") else 0


@dataclass(frozen=True)
class Fault:
    """What happens at a point: an error once, an error from there on (`+`), or a kill before the call is made."""

    call: str
    what: str
    then: str = ""
    stop: bool = False

    def __str__(self) -> str:
        return f"{self.call} {self.what}{self.then}{' stop' * self.stop}"

    def inject(self, number: int) -> str:
        return f"{self.call}:{self.what}:when={number}{self.then}"


FAULTS = (
    Fault("pwrite64", "error=EIO"),
    Fault("pwrite64", "error=EIO", stop=True),
    Fault("pwrite64", "error=ENOSPC"),
    Fault("pwrite64", "error=ENOSPC", then="+"),
    Fault("pwrite64", "signal=KILL"),
    Fault("fdatasync", "error=EIO"),
    Fault("fdatasync", "error=EIO", stop=True),
    Fault("fdatasync", "error=EIO", then="+"),
    Fault("fdatasync", "error=ENOSPC"),
    Fault("fdatasync", "signal=KILL"),
    Fault("ftruncate", "error=EIO"),
    Fault("ftruncate", "signal=KILL"),
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a ledger with two entries and a checkpoint, left as a killed process leaves them: most is in the WAL."""
    path = tmp_path_factory.mktemp("prepared") / "ledger.db"
    with closing(Store.create(path)) as store:
        store.append(store.head, TIME, messages(0, 2))
        store.checkpoint(ORIGIN, SEED)
        return {end: path.with_name(path.name + end).read_bytes() for end in ("", "-wal")}


def tour(
    strace: str, path: Path, prepared: dict[str, bytes], share: float = 1.0,
    *, from_start: bool = False, careless: bool = False,
) -> tuple[dict[int, Counter[str]], Counter[str]]:  # fmt: skip
    """Make the fault of every kind at every point, or at a share of them; returns the points and what was counted."""
    rng = random.Random(20260820)
    every: dict[int, Counter[str]] = {}
    counts: Counter[str] = Counter()

    def once(inject: str | None, *, stop: bool = False) -> Run:
        remove(path)
        for end, data in prepared.items():
            path.with_name(path.name + end).write_bytes(data)
        return run(
            server, strace, path, inject, pages=pages, stop=stop, from_start=from_start, careless=careless
        )  # fmt: skip

    with Server(f"{__name__}:work") as server:
        for pages in PAGES[:1] if from_start else PAGES:
            whole = once(None)
            assert whole.closing
            assert not whole.failed
            points = every[pages] = Counter(call for call, _file, _injected in whole.calls)
            # SQLite is built to sync with fdatasync; where it is not, FAULTS must name fsync.
            assert points.keys() <= {fault.call for fault in FAULTS}
            for fault in FAULTS:
                for number in range(1, points[fault.call] + 1):
                    if rng.random() < share:
                        done = once(fault.inject(number), stop=fault.stop)
                        absorbed = judge(fault, number, done, told=not from_start)
                        more = check(path, done)
                        counts[str(fault)] += 1
                        counts["runs"] += 1
                        counts.update(f"told as {kind}" for kind in set(done.failed))
                        counts["faults that SQLite passed over"] += absorbed
                        counts["entries there after their append raised"] += more and bool(done.failed)
    print({pages: dict(points) for pages, points in every.items()}, dict(counts))  # noqa: T201 - seen with pytest -rP
    return every, counts


def judge(fault: Fault, number: int, done: Run, *, told: bool) -> bool:
    """The fault happened and was told as it must be; whether SQLite passed over it."""
    where = f"{fault.inject(number)}: {done}"
    if "KILL" in fault.what:
        assert done.code == "-9", where
        return False
    assert done.code == "0", where
    assert any(injected for _call, _file, injected in done.calls), where
    assert set(done.failed) <= {"full"} if told else True, where
    if told and must_surface(done.calls):
        assert done.failed, f"a failed call was passed over in silence: {where}"
    return not done.failed


def test_faults(strace: str, tmp_path: Path, prepared: dict[str, bytes]) -> None:
    """A few points of each kind; `test_faults_everywhere` has them all."""
    _points, counts = tour(strace, tmp_path / "ledger.db", prepared, 0.02)
    assert counts["runs"] >= 10


@pytest.mark.slow
def test_faults_everywhere(strace: str, tmp_path: Path, prepared: dict[str, bytes]) -> None:
    points, counts = tour(strace, tmp_path / "ledger.db", prepared)
    for call in {fault.call for fault in FAULTS}:
        assert sum(found[call] for found in points.values()) >= 10, call
    assert counts["runs"] == sum(found[fault.call] for found in points.values() for fault in FAULTS)


@pytest.mark.slow
@pytest.mark.parametrize("files", ["none", "recovered"])
def test_faults_while_opening(strace: str, tmp_path: Path, prepared: dict[str, bytes], files: str) -> None:
    """Creating a ledger, and opening one whose WAL has to be read back: it works afterwards, or was never there."""
    files_before = prepared if files == "recovered" else {}
    points, _counts = tour(strace, tmp_path / "ledger.db", files_before, from_start=True)
    assert points[PAGES[0]]["pwrite64"] >= 10


def test_a_careless_program_is_caught(strace: str, tmp_path: Path, prepared: dict[str, bytes]) -> None:
    """Control: when the child acknowledges what failed, the same check finds it lost."""
    with pytest.raises(AssertionError, match="acknowledged entries are lost"):
        tour(strace, tmp_path / "ledger.db", prepared, 0.1, careless=True)
