"""The ledger's SQLite file: append-only, durable before acknowledged, one writer at a time.

WAL with synchronous=FULL: an entry is acknowledged only when its transaction is on the disc. Triggers refuse updates,
deletes and gaps; `append` compares the head inside the transaction, so of two writers one is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlite_utils

from ledger.canonical import EncodingError
from ledger.entry import Entry, Message, parse_entry
from ledger.keys import public_key
from ledger.merkle import Frontier, leaf_hash
from ledger.note import (
    Checkpoint,
    Note,
    NoteError,
    SignatureLine,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    sign_checkpoint,
)

APPLICATION_ID = 0x56444C31  # "VDL1"

TABLES = """
CREATE TABLE entry (seq INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, text TEXT NOT NULL, line TEXT NOT NULL) STRICT;
CREATE TABLE cosignature (size INTEGER NOT NULL, name TEXT NOT NULL, line TEXT NOT NULL,
  PRIMARY KEY (size, name)) STRICT;
CREATE TRIGGER entry_next BEFORE INSERT ON entry WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq) + 1, 0) FROM entry)
  BEGIN SELECT RAISE(ABORT, 'seq is not the next'); END;
CREATE TRIGGER checkpoint_next BEFORE INSERT ON checkpoint
  WHEN NEW.size <= (SELECT COALESCE(MAX(size), 0) FROM checkpoint) BEGIN SELECT RAISE(ABORT, 'size is not larger'); END;
CREATE TRIGGER cosignature_new BEFORE INSERT ON cosignature
  WHEN EXISTS (SELECT 1 FROM cosignature WHERE size = NEW.size AND name = NEW.name)
  BEGIN SELECT RAISE(ABORT, 'cosigned before'); END;
"""
# INSERT OR REPLACE passes the last two triggers of a table, not the first.
SCHEMA = TABLES + "".join(
    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'append only'); END;\n"
    for table in ("entry", "checkpoint", "cosignature")
    for verb in ("UPDATE", "DELETE")
)


class StoreError(Exception):
    """The file cannot be used: missing, damaged, full, read-only or locked. `kind` says which."""

    def __init__(self, kind: str, detail: str = "") -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(f"{kind}: {detail}" if detail else kind)


class HeadMovedError(StoreError):
    """Somebody else appended first; read again and decide again."""

    def __init__(self) -> None:
        super().__init__("moved")


@dataclass(frozen=True, slots=True)
class Head:
    """Where the ledger ends: number of entries, leaf hash of the last (zeros if none), root hash, last time."""

    size: int
    last: bytes
    root: bytes
    time: str


_KINDS = (
    ("locked", ("locked", "busy")),
    ("full", ("full", "disk i/o error")),
    ("read-only", ("readonly", "read-only", "unable to open")),
    ("damaged", ("malformed", "not a database", "no such table", "corrupt")),
)


def _store_error(error: sqlite3.Error) -> StoreError:
    message = str(error).lower()
    kind = next((kind for kind, words in _KINDS if any(word in message for word in words)), "damaged")
    return StoreError(kind, str(error))


class Store:
    """An open ledger file. Opening replays all entries: a chain that does not hold is refused at once."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._entries: list[Entry] = []
        self._frontier = Frontier()
        self._last = bytes(32)
        self._roots: list[bytes] = [self._frontier.root()]
        self.refresh()

    @classmethod
    def create(cls, path: Path) -> Store:
        """Make a new, empty ledger file; StoreError `exists` if there is a file already."""
        if path.exists():
            raise StoreError("exists", str(path))
        try:
            connection = _connect(path, "rwc")
            database = sqlite_utils.Database(connection)
            database.enable_wal()
            # A crash before this transaction leaves an empty file, which `open` reports as damaged and names.
            database.executescript(f"BEGIN IMMEDIATE; PRAGMA application_id={APPLICATION_ID}; {SCHEMA} COMMIT;")
        except sqlite3.Error as error:
            raise _store_error(error) from error
        return cls(connection, path)

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open an existing ledger file and check its chain; StoreError says what is wrong."""
        if not path.is_file():
            raise StoreError("missing", str(path))
        try:
            connection = _connect(path, "rw")
            found = connection.execute("PRAGMA application_id").fetchone()[0]
            if found != APPLICATION_ID:
                raise StoreError("damaged", "not a ledger file")
            check = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if check != "ok":
                raise StoreError("damaged", str(check))
            return cls(connection, path)
        except sqlite3.Error as error:
            raise _store_error(error) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # Reading

    def refresh(self) -> None:
        """Take in what other processes appended since; StoreError `damaged` if the chain does not hold."""
        try:
            rows = self._connection.execute(
                "SELECT seq, data FROM entry WHERE seq >= ? ORDER BY seq", [len(self._entries)]
            ).fetchall()
        except sqlite3.Error as error:
            raise _store_error(error) from error
        for seq, data in rows:
            try:
                entry = parse_entry(data)
            except EncodingError as error:
                raise StoreError("damaged", f"entry {seq}: {error}") from error
            if (seq, entry.seq, entry.prev) != (len(self._entries), seq, self._last):
                raise StoreError("damaged", f"the chain breaks at entry {seq}")
            self._take(entry, data)
        note = self.note()
        if note is not None:
            signed = parse_checkpoint(note.text)
            if signed.size > len(self._entries) or self._roots[signed.size] != signed.root:
                raise StoreError("damaged", f"the entries do not fit the signed checkpoint of size {signed.size}")

    def _take(self, entry: Entry, data: bytes) -> None:
        self._entries.append(entry)
        self._last = leaf_hash(data)
        self._frontier.add(self._last)
        self._roots.append(self._frontier.root())

    @property
    def entries(self) -> Sequence[Entry]:
        """All entries, in order."""
        return self._entries

    @property
    def head(self) -> Head:
        """The end of the ledger as this process knows it."""
        time = self._entries[-1].time if self._entries else ""
        return Head(len(self._entries), self._last, self._frontier.root(), time)

    def root_at(self, size: int) -> bytes:
        """Root hash of the first `size` entries."""
        return self._roots[size]

    def note(self, size: int | None = None) -> Note | None:
        """The signed checkpoint of `size` (default: the last one) with its cosignatures, sorted by name."""
        try:
            row = self._connection.execute(
                "SELECT size, text, line FROM checkpoint WHERE ?1 IS NULL OR size = ?1 ORDER BY size DESC LIMIT 1",
                [size],
            ).fetchone()
            if row is None:
                return None
            lines = self._connection.execute(
                "SELECT line FROM cosignature WHERE size = ? ORDER BY name", [row[0]]
            ).fetchall()
        except sqlite3.Error as error:
            raise _store_error(error) from error
        return parse_note(f"{row[1]}\n{row[2]}\n" + "".join(f"{line}\n" for (line,) in lines))

    def notes(self) -> Iterator[Note]:
        """All signed checkpoints, by size."""
        for (size,) in self._connection.execute("SELECT size FROM checkpoint ORDER BY size").fetchall():
            note = self.note(size)
            if note is not None:
                yield note

    # Writing

    def append(self, expected: Head, time: str, messages: Sequence[Message]) -> list[Entry]:
        """Append `messages` after `expected` in one durable transaction; HeadMovedError if that is not the end.

        When this returns, the entries are on the disc. A crash before leaves none of them, never some.
        """
        entries: list[Entry] = []
        prev = expected.last
        for offset, message in enumerate(messages):
            entry = Entry(expected.size + offset, prev, max(time, expected.time), message)
            entries.append(entry)
            prev = entry.leaf()
        try:
            with _immediate(self._connection):
                row = self._connection.execute("SELECT seq, data FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
                stored = (row[0] + 1, leaf_hash(row[1])) if row else (0, bytes(32))
                if stored != (expected.size, expected.last):
                    raise HeadMovedError
                self._connection.executemany(
                    "INSERT INTO entry (seq, data) VALUES (?, ?)", [(entry.seq, entry.encode()) for entry in entries]
                )
        except sqlite3.Error as error:
            raise _store_error(error) from error
        for entry in entries:
            self._take(entry, entry.encode())
        return entries

    def checkpoint(self, origin: str, seed: bytes) -> Note:
        """Sign the present head, if it is not signed yet, and store the note before anyone gets it (L11).

        Entries are durable before; a crash after signing and before storing loses a note nobody has seen. Signing
        the same size again gives the same bytes, for the root is the same and Ed25519 is deterministic.
        """
        size = len(self._entries)
        stored = self.note(size)
        if stored is not None:
            return stored
        last = self.note()
        if last is not None:
            known = open_checkpoint(last, origin, public_key(seed))
            if known.size > size:
                raise HeadMovedError
            if self._roots[known.size] != known.root:
                raise StoreError("forked", f"the last signed checkpoint has size {known.size}")
        note = sign_checkpoint(Checkpoint(origin, size, self._frontier.root()), seed)
        try:
            with _immediate(self._connection):
                self._connection.execute(
                    "INSERT INTO checkpoint (size, text, line) VALUES (?, ?, ?)", [size, note.text, str(note.lines[0])]
                )
        except sqlite3.IntegrityError as error:
            # Another process signed this size or a larger one in the meantime: theirs counts.
            stored = self.note(size)
            if stored is None:
                raise HeadMovedError from error
            return stored
        except sqlite3.Error as error:
            raise _store_error(error) from error
        return note

    def add_cosignature(self, size: int, line: SignatureLine) -> bool:
        """Store a cosignature that the caller has checked; False if one by that name was there already."""
        try:
            with _immediate(self._connection):
                self._connection.execute(
                    "INSERT INTO cosignature (size, name, line) VALUES (?, ?, ?)", [size, line.name, str(line)]
                )
        except sqlite3.IntegrityError:
            return False
        except sqlite3.Error as error:
            raise _store_error(error) from error
        return True


class _immediate:  # noqa: N801 - reads as a statement: with _immediate(connection)
    """A BEGIN IMMEDIATE transaction: takes the write lock at once, commits or rolls back as a whole."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, _value: object, _trace: object) -> None:
        if kind is None:
            try:
                self.connection.execute("COMMIT")
            except sqlite3.Error:
                self._rollback()
                raise
        else:
            self._rollback()

    def _rollback(self) -> None:
        # SQLite has rolled back by itself after some errors (disk full): then there is nothing left to end.
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=10)
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def verify_all(store: Store, origin: str, key: bytes, progress: Callable[[int], None] = lambda _done: None) -> None:
    """Check every signed checkpoint of an open store against the entries; raises NoteError."""
    for done, note in enumerate(store.notes(), start=1):
        checkpoint = open_checkpoint(note, origin, key)
        if store.root_at(checkpoint.size) != checkpoint.root:
            raise NoteError(f"checkpoint of size {checkpoint.size} does not fit the entries")
        progress(done)
