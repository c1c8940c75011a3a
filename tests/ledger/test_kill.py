"""SIGKILL at random moments: what was acknowledged is there afterwards, and the ledger goes on.

A kill loses nothing that was given to the kernel, so this says nothing about fsync; test_power_loss.py does. It says that
every state in which the program can stop, halfway through a write too, is one that opens again.
"""

from __future__ import annotations

import json
import os
import random
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any, Self

import pytest

from ledger.entry import Actor, Entry, Message
from ledger.keys import public_key
from ledger.merkle import leaf_hash
from ledger.store import Head, Store, StoreError, verify_all

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs fork and SIGKILL")

ROOT = Path(__file__).resolve().parents[2]
SEED = bytes(range(32))
ORIGIN = "test.example/ledger"
TIME = "2026-08-20T01:00:00Z"
BATCHES = (1, 1, 3, 300)  # 300 fills a tile, or the last part of one
FILES = ("", "-wal", "-shm", "-journal")


def message(number: int) -> Message:
    return Message("", "test", Actor("operator", "operator"), {"number": number})


def messages(start: int, count: int) -> list[Message]:
    return [message(number) for number in range(start, start + count)]


def remove(path: Path) -> None:
    for end in FILES:
        path.with_name(path.name + end).unlink(missing_ok=True)


# A warm server that forks: starting Python anew for every round would take most of the time.


def say(*words: object) -> None:
    """Tell the test something. One write, so that a kill leaves at most the last line incomplete."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def hear() -> bytes:
    """The next line from the test, which writes one and waits for the answer."""
    line = b""
    while not line.endswith(b"\n"):
        more = os.read(0, 1)
        if not more:
            return b""
        line += more
    return line


def serve(life: Callable[..., None]) -> None:
    """Lead a life in a new process for every line heard; `kill_after` seconds end it if it does not end by itself.

    A life that is to be killed gets `ready`, a pipe in which it says that its store is open. With `once_ready` the seconds
    count from there, so that on a slow machine too there are kills in what comes after opening.
    """
    while line := hear():
        order = json.loads(line)
        kill_after = order.pop("kill_after", None)
        once_ready = order.pop("once_ready", False)
        hears_ready, order_ready = os.pipe()
        if kill_after is not None:
            order["ready"] = order_ready
        child = os.fork()
        if child == 0:
            status = 1
            try:
                life(**order)
                status = 0
            finally:
                # Without the clean-up of the interpreter: the copy of the server must not close what is the server's.
                if status:
                    sys.excepthook(*sys.exc_info())
                    sys.stderr.flush()
                os._exit(status)
        os.close(order_ready)
        if once_ready:
            os.read(hears_ready, 1)
        os.close(hears_ready)
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        # First an end of line: the killed process may have left half a line.
        os.write(1, f"\nend {os.waitstatus_to_exitcode(status)}\n".encode())


class Server:
    """A process in which everything is imported, and which forks a child for every order."""

    def __init__(self, life: str) -> None:
        module, name = life.split(":")
        code = f"from {__name__} import serve; import {module} as m; serve(m.{name})"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def lead(self, **order: Any) -> Iterator[list[str]]:
        """Start a life; yields what it says, in words, and at last `end` and the exit code."""
        self.write(json.dumps(order))
        assert self._process.stdout is not None
        while True:
            line = self._process.stdout.readline()
            assert line, "the server is gone"
            words = line.split()
            if words:
                yield words
            if words[:1] == ["end"]:
                return


# What the child does


def write_until_killed(path: str, pages: int, eager: bool, ready: int) -> None:
    """Append and sign until killed; every call is announced before and acknowledged after, never earlier."""
    say("call", "open")
    file = Path(path)
    store = Store.open(file) if file.exists() else Store.create(file)
    store._connection.execute(f"PRAGMA wal_autocheckpoint={pages}")
    say("opened")
    with suppress(BrokenPipeError):
        os.write(ready, b".")
    for count in cycle(BATCHES):
        head = store.head
        if eager:
            acknowledge(ahead(head, count))
        say("call", "append", head.size, head.size + count)
        entries = store.append(head, TIME, messages(head.size, count))
        acknowledge(entries)
        say("call", "checkpoint")
        note = store.checkpoint(ORIGIN, SEED)
        say("note", store.head.size, str(note).encode().hex())


def acknowledge(entries: list[Entry]) -> None:
    say("\n".join(f"entry {entry.seq} {leaf_hash(entry.encode()).hex()}" for entry in entries))


def ahead(head: Head, count: int) -> list[Entry]:
    """The entries that `append` is going to write: what a program that acknowledges too early would report."""
    entries: list[Entry] = []
    prev = head.last
    for text in messages(head.size, count):
        entries.append(Entry(head.size + len(entries), prev, TIME, text))
        prev = leaf_hash(entries[-1].encode())
    return entries


# What the test knows and checks


@dataclass
class Known:
    """What was acknowledged of one ledger: leaf hashes by number, notes by size; and where transactions end."""

    opened: bool = False
    ends: set[int] = field(default_factory=lambda: {0})
    leaves: dict[int, str] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)

    def hear(self, words: list[str]) -> None:
        """Take in what a child said."""
        if words[0] == "opened":
            self.opened = True
        elif words[:2] == ["call", "append"] and len(words) == 4:
            self.ends |= {int(words[2]), int(words[3])}
        elif words[0] == "entry" and len(words) == 3 and len(words[2]) == 64:
            assert self.leaves.setdefault(int(words[1]), words[2]) == words[2], f"entry {words[1]} was given out twice"
        elif words[0] == "note" and len(words) == 3:
            self.hear_note(int(words[1]), words[2])

    def hear_note(self, size: int, text: str) -> None:
        """Take in a note that was handed out, without cosignatures; a kill may have cut it off: then it is no note."""
        lines = bytes.fromhex(text[: len(text) // 2 * 2]).decode(errors="replace").split("\n")
        if len(lines) > 5:
            note = "\n".join([*lines[:5], ""])
            assert self.notes.setdefault(size, note) == note, f"two notes of size {size}"

    def check(self, store: Store) -> None:
        """The open store holds everything that was acknowledged, and all of it fits."""
        stored = [leaf_hash(data).hex() for data in store.read()]
        lost = [seq for seq, leaf in self.leaves.items() if seq >= len(stored) or stored[seq] != leaf]
        assert not lost, f"acknowledged entries are lost or changed: {lost}"
        for size, text in self.notes.items():
            note = store.note(size)
            assert note is not None, f"the note of size {size} was handed out and is not stored"
            assert str(note).startswith(text), f"two notes of size {size}"
        verify_all(store, ORIGIN, [public_key(SEED)])

    def go_on(self, store: Store) -> None:
        """Append and sign one more, which the next check expects."""
        [entry] = store.append(store.head, TIME, messages(store.head.size, 1))
        note = store.checkpoint(ORIGIN, SEED)
        self.ends.add(entry.seq + 1)
        self.leaves[entry.seq] = leaf_hash(entry.encode()).hex()
        self.notes[entry.seq + 1] = str(note)


@dataclass
class Count:
    rounds: int = 0
    kills: int = 0
    inside_open: int = 0
    inside_append: int = 0
    inside_checkpoint: int = 0
    unacknowledged: int = 0
    half_written: int = 0
    in_creation: int = 0
    entries: int = 0
    notes: int = 0

    def close_ledger(self, known: Known) -> None:
        """Add what was known of a ledger."""
        self.entries += len(known.leaves)
        self.notes += len(known.notes)


def frames_after_commit(path: Path) -> int:
    """Frames in the WAL after its last commit: what a transaction cut off by the kill has left."""
    wal = path.with_name(path.name + "-wal")
    data = wal.read_bytes() if wal.exists() else b""
    if len(data) < 32:
        return 0
    size = 24 + struct.unpack_from(">I", data, 8)[0]
    after = 0
    for at in range(32, len(data) - size + 1, size):
        _page, commit, salts = struct.unpack_from(">II8s", data, at)
        if salts != data[16:24]:
            break
        after = 0 if commit else after + 1
    return after


def kill_once(server: Server, rng: random.Random, path: Path, known: Known, count: Count, *, eager: bool) -> None:
    """One life and its end."""
    last: list[str] = []
    # 20 pages make SQLite copy the WAL into the file after nearly every large batch; 1000 is the shipped value.
    pages = rng.choice((20, 1000))
    order = {"pages": pages, "eager": eager, "once_ready": rng.random() < 0.5, "kill_after": rng.uniform(0.0005, 0.03)}
    for words in server.lead(path=str(path), **order):
        if words[0] == "end":
            assert int(words[1]) == -signal.SIGKILL, f"the child ended by itself after {last}"
            continue
        known.hear(words)
        last = words
    count.kills += 1
    if last[:1] == ["call"]:
        name = f"inside_{last[1]}"
        setattr(count, name, getattr(count, name) + 1)
    count.half_written += frames_after_commit(path) > 0


def kill_rounds(folder: Path, rounds: int, *, eager: bool = False) -> Count:
    """Kill, reopen, check and go on, `rounds` times."""
    rng = random.Random(20260820)
    count = Count()
    known = Known()
    path = folder / "ledger.db"
    with Server(f"{__name__}:write_until_killed") as server:
        while count.rounds < rounds:
            if count.rounds % 10 == 0:
                # A new ledger now and then: opening checks all entries, which would take most of the time.
                count.close_ledger(known)
                known = Known()
                remove(path)
            # A second kill at once finds the WAL that the first one left, not one that the check has put away.
            kill_once(server, rng, path, known, count, eager=eager)
            while known.opened and rng.random() < 0.3:
                kill_once(server, rng, path, known, count, eager=eager)
            count.rounds += 1
            try:
                store = Store.open(path)
            except StoreError as error:
                # Nobody was told that the ledger exists: then it may be missing, or empty and named as such.
                if known.opened or error.kind not in {"missing", "damaged"}:
                    raise
                count.in_creation += 1
                remove(path)
                continue
            known.opened = True
            with closing(store):
                count.unacknowledged += store.head.size > len(known.leaves)
                known.check(store)
                assert store.head.size in known.ends, "a part of a transaction is there"
                for seq, data in enumerate(store.read()):
                    # From now on they are known too: somebody has read them.
                    known.leaves[seq] = leaf_hash(data).hex()
                known.go_on(store)
                known.check(store)
    count.close_ledger(known)
    print(count)  # noqa: T201 - seen with pytest -rP
    return count


def test_kill(tmp_path: Path) -> None:
    count = kill_rounds(tmp_path, 10)
    assert count.inside_append >= 2
    assert count.notes >= 10


@pytest.mark.slow
def test_kill_often(tmp_path: Path) -> None:
    count = kill_rounds(tmp_path, 300)
    # Otherwise the kills would fall between the calls, where nothing can go wrong.
    assert count.inside_append + count.inside_checkpoint >= count.kills // 3
    assert count.unacknowledged >= 10
    assert count.entries > 10 * count.rounds
    assert count.notes > count.rounds


def test_an_early_acknowledgement_is_caught(tmp_path: Path) -> None:
    """Control: of a program that acknowledges before it writes, entries are lost, and the same check says so."""
    with pytest.raises(AssertionError, match="acknowledged entries are lost"):
        kill_rounds(tmp_path, 60, eager=True)
