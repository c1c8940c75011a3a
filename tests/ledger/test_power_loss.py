"""Power failures: whatever part of the unsynced writes reached the disc, nothing acknowledged is lost.

SQLite runs over a file system in memory that records every operation. Out of the record up to some point come disc images
as they may be found after the power failed there, and the shipped `Store.open` has to find everything in them that was
acknowledged by then. The same images of a store with weaker settings must show losses, or this would prove nothing.
"""

from __future__ import annotations

import inspect
import random
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import pytest

import ledger.store
from ledger.merkle import leaf_hash
from ledger.note import NoteError
from ledger.sqlite import StoreError
from ledger.store import Store
from tests.ledger.test_kill import ORIGIN, SEED, TIME, Known, messages, remove

SECTOR = 512  # what a disc writes whole or not at all; torn sectors are tried too
PAGE = 4096  # what the kernel writes to the disc at once
NAMES = count()

# Journal: (operation, number of the file, arguments). Names belong to the folder, which is durable by itself.
Operation = tuple[Any, ...]


class Disc(apsw.VFS):
    """A file system in memory that records what is done to it, as SQLite's own one for Unix would do it."""

    def __init__(self, files: dict[str, bytes], *, psow: bool = False) -> None:
        self.psow = psow
        self.name = f"disc-{next(NAMES)}"
        super().__init__(self.name, base="")
        self.journal: list[Operation] = []
        self.contents: dict[int, bytearray] = {}
        self.names: dict[str, int] = {}
        self.unnamed: set[int] = set()  # files whose name no sync of the folder has covered
        self.syncs = 0
        self.failing_sync = 0
        self.passed_over = False
        self.lies = False
        for name, data in files.items():
            self.create(name)
            self.contents[self.names[name]] += data
            self.journal += [("write", self.names[name], 0, data), ("sync", self.names[name])]
        self.journal.append(("sync folder",))
        self.begun = len(self.journal) if files else 0

    def create(self, name: str) -> int:
        number = len(self.contents)
        self.contents[number] = bytearray()
        self.names[name] = number
        self.journal.append(("create", name, number))
        return number

    # What SQLite calls

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name

    def xAccess(self, name: str, _flags: int) -> bool:  # noqa: N802
        return name in self.names

    def xDelete(self, name: str, sync_folder: bool) -> None:  # noqa: N802
        if name not in self.names:
            raise apsw.IOError("nothing to delete")
        del self.names[name]
        self.journal.append(("delete", name))
        if sync_folder:
            self.journal.append(("sync folder",))

    def xOpen(self, name: Any, flags: list[int]) -> DiscFile:  # noqa: N802
        text = name.filename() if isinstance(name, apsw.URIFilename) else name
        flags[1] = flags[0]
        if text in self.names:
            return DiscFile(self, self.names[text], text)
        if text is not None and not flags[0] & apsw.SQLITE_OPEN_CREATE:
            raise apsw.CantOpenError(text)
        number = self.create(text or f"temporary {len(self.contents)}")
        # As SQLite does under Unix: the first sync of a new journal or WAL syncs the folder too, that of a database does
        # not. `strace` shows it.
        if flags[0] & (apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL):
            self.unnamed.add(number)
        return DiscFile(self, number, text or "")


class DiscFile:
    """An open file of a Disc."""

    def __init__(self, disc: Disc, number: int, name: str) -> None:
        self.disc = disc
        self.number = number
        self.name = name
        self.data = disc.contents[number]

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        return bytes(self.data[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self.disc.journal.append(("write", self.number, offset, bytes(data)))
        write(self.data, offset, data)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self.disc.journal.append(("truncate", self.number, size))
        truncate(self.data, size)

    def xSync(self, _flags: int) -> None:  # noqa: N802
        self.disc.syncs += 1
        if self.disc.syncs == self.disc.failing_sync:
            last = next(step for step in reversed(self.disc.journal) if step[1:2] == (self.number,))
            self.disc.passed_over = not self.name.endswith("-wal") or last[0] == "sync"
            self.disc.journal.append(("failed sync", self.number))
            if self.disc.lies:
                return
            raise apsw.IOError("injected")
        self.disc.journal.append(("sync", self.number))
        if self.number in self.disc.unnamed:
            self.disc.unnamed.remove(self.number)
            self.disc.journal.append(("sync folder",))

    def xFileSize(self) -> int:  # noqa: N802
        return len(self.data)

    def xSectorSize(self) -> int:  # noqa: N802
        return 4096

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        # By itself SQLite assumes that a write that is cut off spoils nothing outside its own range; we ship psow=0.
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE if self.disc.psow else 0

    # There is one process and one connection, so locks always succeed.

    def xLock(self, _level: int) -> None:  # noqa: N802
        pass

    def xUnlock(self, _level: int) -> None:  # noqa: N802
        pass

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xFileControl(self, _code: int, _pointer: int) -> bool:  # noqa: N802
        return False

    def xClose(self) -> None:  # noqa: N802
        pass


def write(data: bytearray, offset: int, new: bytes) -> None:
    """Write as files do: what lies between the end and `offset` becomes zeros."""
    data += bytes(max(0, offset - len(data)))
    data[offset : offset + len(new)] = new


def truncate(data: bytearray, size: int) -> None:
    """Cut off, or fill up with zeros."""
    del data[size:]
    data += bytes(size - len(data))


# The shipped store over such a disc


class Cursor:
    """Rows of apsw, with the errors of sqlite3."""

    def __init__(self, cursor: apsw.Cursor) -> None:
        self._cursor = cursor

    def fetchone(self) -> Any:
        with translated():
            return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        with translated():
            return self._cursor.fetchall()

    def __iter__(self) -> Iterator[Any]:
        while (row := self.fetchone()) is not None:
            yield row


class Connection:
    """A connection of apsw that looks like one of sqlite3, as far as the store uses it."""

    isolation_level = None

    def __init__(self, connection: apsw.Connection, disc: Disc) -> None:
        self._connection = connection
        self._disc = disc

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        with translated():
            try:
                return Cursor(self._connection.execute(sql, parameters))
            except apsw.IOError:
                if sql != "COMMIT" or not self._passed_over():
                    raise
                return Cursor(self._connection.cursor())

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Cursor:
        with translated():
            return Cursor(self._connection.executemany(sql, parameters))

    def executescript(self, sql: str) -> Cursor:
        return self.execute(sql)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def close(self) -> None:
        # What fails while the WAL is copied at the end SQLite passes over; apsw raises what the VFS raised even then.
        with suppress(apsw.IOError):
            self._connection.close()

    def _passed_over(self) -> bool:
        """Whether SQLite itself was content: apsw raises what a VFS raised even then, and sqlite3 does not.

        It is when the sync that failed was one for copying the WAL (see test_faults.py, where the real SQLite decides).
        """
        passed_over, self._disc.passed_over = self._disc.passed_over, False
        return passed_over


class translated:  # noqa: N801 - reads as a statement
    """Raises the error of sqlite3 for one of apsw."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, apsw.ConstraintError):
            raise sqlite3.IntegrityError(str(error)) from error
        if isinstance(error, (apsw.CorruptError, apsw.NotADBError)):
            raise sqlite3.DatabaseError(str(error)) from error
        if isinstance(error, apsw.Error):
            raise sqlite3.OperationalError(str(error)) from error


def shipped(folder: Path) -> str:
    """The setting of `synchronous` with which the store opens its files; here 2, which is FULL."""
    path = folder / "settings.db"
    with closing(Store.create(path)) as store:
        assert store._connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    with closing(Store.open(path)) as store:
        return str(store._connection.execute("PRAGMA synchronous").fetchone()[0])


@dataclass
class Machine:
    """A computer whose power will fail: the shipped store over a disc that records."""

    path: Path
    synchronous: str
    disc: Disc
    store: Store | None = None
    failed: int = 0

    def start(self) -> Store:
        """Create or open the ledger, by the shipped code."""

        def connect(path: Path, _mode: str) -> Any:
            flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
            connection = Connection(apsw.Connection(str(path), flags, self.disc.name), self.disc)
            # A VFS of apsw has no shared memory for the index of the WAL. With exclusive locking SQLite keeps the index on
            # its heap; what it writes and syncs is the same.
            connection.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
            connection.execute(f"PRAGMA synchronous={self.synchronous}")
            # As shipped it is 1000 pages. With 20 the workload copies the WAL and starts it anew many times.
            connection.execute("PRAGMA wal_autocheckpoint=20").fetchall()
            return connection

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ledger.store, "connect", connect)
            if str(self.path) in self.disc.names:
                self.path.touch()  # `open` looks whether there is a file
                store = Store.open(self.path)
            else:
                remove(self.path)
                store = Store.create(self.path)
        self.acknowledge([["opened"]])
        return store

    def acknowledge(self, lines: list[list[str]]) -> None:
        self.disc.journal.append(("acknowledge", lines))

    def append(self, store: Store, count: int) -> None:
        try:
            entries = store.append(store.head, TIME, messages(store.head.size, count))
        except StoreError:
            self.failed += 1
            return
        self.acknowledge([["entry", str(entry.seq), leaf_hash(entry.encode()).hex()] for entry in entries])

    def sign(self, store: Store) -> None:
        try:
            note = store.checkpoint(ORIGIN, SEED)
        except StoreError:
            self.failed += 1
            return
        self.acknowledge([["note", str(store.head.size), str(note).encode().hex()]])

    def work(self, appends: int = 60) -> list[Operation]:
        """Append one by one and sign now and then; in the middle close, open and append many. After errors go on."""
        store = self.start()
        for number in range(appends):
            self.append(store, 1)
            if number % 3 == 0:
                self.sign(store)
            if number == appends // 2:
                store.close()
                store = self.start()
                self.append(store, 300)
                self.sign(store)
        store.close()
        return self.disc.journal


# What is on the disc after the power failed


@dataclass
class State:
    """What is surely on the disc, and what was done since, at one point of a journal."""

    durable: dict[int, bytearray] = field(default_factory=dict)
    cached: dict[int, bytearray] = field(default_factory=dict)
    pending: dict[int, list[Operation]] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    renamed: list[tuple[str, int | None]] = field(default_factory=list)
    given_up: dict[int, set[int]] = field(default_factory=dict)
    known: Known = field(default_factory=Known)

    def apply(self, operation: Operation, rng: random.Random) -> None:
        """Take the next step of the journal."""
        match operation:
            case ("acknowledge", lines):
                for words in lines:
                    self.known.hear(words)
            case ("create", name, number):
                self.durable[number], self.cached[number] = bytearray(), bytearray()
                self.pending[number], self.given_up[number] = [], set()
                self.renamed.append((name, number))
            case ("delete", name):
                self.renamed.append((name, None))
            case ("sync folder",):
                for name, number in self.renamed:
                    self.rename(self.names, name, number)
                self.renamed.clear()
            case _:
                self.apply_to_file(operation, rng)

    def apply_to_file(self, operation: Operation, rng: random.Random) -> None:
        """Take a step that concerns the contents of a file."""
        match operation:
            case ("write" | "truncate", number, *_rest):
                self.keep(self.cached[number], operation)
                self.pending[number].append(operation)
                self.write_again(number, pages(operation) & self.given_up[number])
            case ("sync", number):
                for step in self.pending[number]:
                    self.keep(self.durable[number], step)
                self.pending[number].clear()
            case ("failed sync", number):
                # Linux then calls the pages clean: programs go on seeing them, but no later sync writes them.
                self.given_up[number] |= set().union(*map(pages, self.pending[number]))
                self.durable[number] = survived(self.durable[number], self.pending[number], rng, rng.choice((0, 0.5)))
                self.pending[number].clear()

    def write_again(self, number: int, again: set[int]) -> None:
        """A page that the kernel gave up is written as a whole when any part of it is written anew."""
        for page in again:
            whole = bytes(self.cached[number][page * PAGE : (page + 1) * PAGE])
            self.pending[number].append(("write", number, page * PAGE, whole))
        self.given_up[number] -= again

    @staticmethod
    def rename(names: dict[str, int], name: str, number: int | None) -> None:
        if number is None:
            names.pop(name, None)
        else:
            names[name] = number

    @staticmethod
    def keep(data: bytearray, step: Operation) -> None:
        if step[0] == "write":
            write(data, step[2], step[3])
        else:
            truncate(data, step[2])

    def image(self, rng: random.Random, kept: float) -> dict[str, bytes]:
        """Files as they may be found after the power failed here; a part `kept` of the unsynced steps got through."""
        names = dict(self.names)
        stuck: set[str] = set()
        for name, number in self.renamed:
            # The folder's changes of one name come in their order; those of different names in any.
            if name not in stuck and rng.random() < kept:
                self.rename(names, name, number)
            else:
                stuck.add(name)
        return {
            name: bytes(survived(self.durable[number], self.pending[number], rng, kept))
            for name, number in names.items()
        }


def pages(operation: Operation) -> set[int]:
    """The pages of a file that a write touches."""
    if operation[0] != "write":
        return set()
    _, _, offset, data = operation
    return set(range(offset // PAGE, (offset + len(data) - 1) // PAGE + 1))


def survived(durable: bytearray, pending: list[Operation], rng: random.Random, kept: float) -> bytearray:
    """A file of which some of the unsynced sectors were written, some not, some in part."""
    data = bytearray(durable)
    for step in pending:
        if step[0] == "truncate":
            if rng.random() < kept:
                truncate(data, step[2])
            continue
        _, _, offset, new = step
        at = 0
        while at < len(new):
            end = min(len(new), at + SECTOR - (offset + at) % SECTOR)
            draw = rng.random()
            if draw < kept:
                write(data, offset + at, new[at:end])
            elif 0 < kept < draw < kept + 0.1 and end - at > 1:
                cut = rng.randrange(at + 1, end)
                part = slice(at, cut) if rng.random() < 0.5 else slice(cut, end)
                write(data, offset + part.start, new[part])
                if rng.random() < 0.5:  # the whole sector is spoiled, with what lay in it before
                    first = (offset + at) // SECTOR * SECTOR
                    write(data, first, rng.randbytes(min(SECTOR, max(len(data), offset + end) - first)))
            elif 0 < kept < draw < kept + 0.2:
                truncate(data, max(len(data), offset + end))  # the file has grown, what was written is not there
            at = end
    if 0 < kept < 1 and len(data) > len(durable) and rng.random() < 0.2:
        truncate(data, len(durable))  # what was written is there, but the file has not grown
    return data


def examine(path: Path, image: dict[str, bytes], known: Known) -> str:
    """Open the image with the shipped settings: `whole`, `lost`, `damaged`, or `none yet`."""
    remove(path)
    for name, data in image.items():
        if not name.startswith("temporary"):
            Path(name).write_bytes(data)
    try:
        store = Store.open(path)
    except StoreError as error:
        if not known.opened and error.kind in {"missing", "damaged"}:
            return "none yet"
        return "damaged"
    with closing(store):
        try:
            known.check(store)
            deepcopy(known).go_on(store)
        except (AssertionError, NoteError):
            return "lost"
        except StoreError:
            return "damaged"
    return "whole"


KEPT = (0.0, 1.0, 0.1, 0.5, 0.9)


@dataclass
class Found:
    """What was found after the power failed: outcomes, and a few of the images that were whole."""

    outcomes: Counter[str] = field(default_factory=Counter)
    some: list[tuple[dict[str, bytes], Known]] = field(default_factory=list)


def crashes(path: Path, disc: Disc, images: int, known: Known, keep: int = 0) -> Found:
    """Let the power fail `images` times, half of them at points spread evenly over the journal, half at random ones."""
    rng = random.Random(20260820)
    journal, start = disc.journal, disc.begun
    points = Counter(rng.randrange(start, len(journal)) for _ in range(images // 2))
    points.update(start + (len(journal) - start) * turn // (images // 2) for turn in range(images - images // 2))
    found = Found()
    state = State(known=deepcopy(known))
    for point, operation in enumerate(journal):
        for _ in range(points[point]):
            image = state.image(rng, rng.choice(KEPT))
            outcome = examine(path, image, state.known)
            found.outcomes[outcome] += 1
            if outcome == "whole" and rng.random() < keep / images:
                found.some.append((image, deepcopy(state.known)))
        state.apply(operation, rng)
    return found


def simulate(folder: Path, synchronous: str, images: int, keep: int = 0, *, psow: bool = False) -> Found:
    """Record the workload once and let the power fail."""
    path = folder / "ledger.db"
    disc = Disc({}, psow=psow)
    machine = Machine(path, synchronous, disc)
    machine.work()
    assert machine.failed == 0
    found = crashes(path, disc, images, Known(), keep)
    tell(f"synchronous={synchronous}", disc, found)
    return found


def tell(what: str, disc: Disc, found: Found) -> None:
    """Print the counts; seen with pytest -rP."""
    print(what, dict(Counter(step[0] for step in disc.journal)), dict(found.outcomes))  # noqa: T201


def simulate_again(folder: Path, synchronous: str, first: Found, images: int) -> Counter[str]:
    """Go on from what a power failure left, and let the power fail again."""
    path = folder / "ledger.db"
    outcomes: Counter[str] = Counter()
    for image, known in first.some:
        disc = Disc(image)
        Machine(path, synchronous, disc).work(appends=12)
        found = crashes(path, disc, images, known)
        tell("again", disc, found)
        outcomes += found.outcomes
    return outcomes


def simulate_failed_syncs(
    folder: Path, synchronous: str, every: int, images: int, *, lies: bool = False
) -> Counter[str]:
    """Let one sync fail for good, go on as if nothing had happened, and let the power fail later."""
    path = folder / "ledger.db"
    outcomes: Counter[str] = Counter()
    whole = Disc({})
    Machine(path, synchronous, whole).work(appends=12)
    # Not while the ledger is made: then there is nothing to go on with.
    first = sum(step[0] == "sync" for step in whole.journal[: [step[0] for step in whole.journal].index("acknowledge")])
    for number in range(first + 1, whole.syncs + 1, every):
        disc = Disc({})
        disc.failing_sync = number
        disc.lies = lies
        machine = Machine(path, synchronous, disc)
        machine.work(appends=12)
        assert "failed sync" in {step[0] for step in disc.journal}
        found = crashes(path, disc, images, Known())
        tell(f"sync {number} failed, {machine.failed} errors", disc, found)
        outcomes += found.outcomes
    return outcomes


def all_whole(outcomes: Counter[str], at_least: int) -> None:
    """Nothing was lost in any image, and most were of a ledger that existed."""
    assert outcomes.keys() <= {"whole", "none yet"}, outcomes
    assert outcomes["whole"] >= at_least


def test_power_loss(tmp_path: Path) -> None:
    found = simulate(tmp_path, shipped(tmp_path), 200)
    all_whole(found.outcomes, 150)


@pytest.mark.slow
def test_power_loss_often(tmp_path: Path) -> None:
    """Many images of one failure, then a second failure after each of a few of them."""
    synchronous = shipped(tmp_path)
    found = simulate(tmp_path, synchronous, 2200, keep=20)
    all_whole(found.outcomes, 2000)
    again = simulate_again(tmp_path, synchronous, found, 50)
    all_whole(again, 500)


def test_normal_loses(tmp_path: Path) -> None:
    """Control: with synchronous=NORMAL the last commits are not synced, and the same images show it."""
    assert simulate(tmp_path, "NORMAL", 150).outcomes["lost"] > 0


def test_spoiled_sectors_need_psow_off(tmp_path: Path) -> None:
    """Control: if SQLite may believe that sectors are never spoiled, entries are lost on a disc that spoils them."""
    assert "psow=0" in inspect.getsource(ledger.store.connect)
    outcomes = simulate(tmp_path, shipped(tmp_path), 600, psow=True).outcomes
    assert outcomes["lost"] + outcomes["damaged"] > 0


def test_off_damages(tmp_path: Path) -> None:
    """Control: without any sync files are missing or do not fit together."""
    assert simulate(tmp_path, "OFF", 150).outcomes["damaged"] > 0


def test_going_on_after_a_failed_sync(tmp_path: Path) -> None:
    """The rule is to stop, for after a failed fsync Linux forgets what it could not write. Who goes on all the same loses
    nothing acknowledged: SQLite writes the pages of the failed transaction again, with the next one.
    """
    outcomes = simulate_failed_syncs(tmp_path, shipped(tmp_path), 6, 30)
    all_whole(outcomes, 100)


@pytest.mark.slow
def test_going_on_after_every_failed_sync(tmp_path: Path) -> None:
    outcomes = simulate_failed_syncs(tmp_path, shipped(tmp_path), 1, 80)
    all_whole(outcomes, 1000)


def test_a_sync_that_fails_in_silence_loses(tmp_path: Path) -> None:
    """Control: if the failed sync is not told to SQLite, entries acknowledged after it are lost."""
    assert simulate_failed_syncs(tmp_path, shipped(tmp_path), 6, 30, lies=True)["lost"] > 0
