"""The ledger's SQLite file: append-only, durable before acknowledged, one writer at a time.

WAL with synchronous=FULL: an entry is acknowledged only when its transaction is on the disc. Triggers refuse updates,
deletes and gaps; `append` compares the head inside the transaction, so of two writers one is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.canonical import EncodingError
from ledger.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from ledger.entry import Entry, Message, is_linked, parse_entry
from ledger.keys import public_key
from ledger.merkle import Nodes, leaf_hash, tree_root
from ledger.note import Note, NoteError, SignatureLine, parse_note
from ledger.sqlite import StoreError, connect, immediate, lay_out, store_error
from ledger.tiles import Edge, nodes_of_tiles

APPLICATION_ID = 0x56444C32  # "VDL2"

TABLES = """
CREATE TABLE entry (seq INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE tile (level INTEGER NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL,
  PRIMARY KEY (level, number)) STRICT;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, text TEXT NOT NULL, line TEXT NOT NULL) STRICT;
CREATE TABLE cosignature (size INTEGER NOT NULL, name TEXT NOT NULL, key_id TEXT NOT NULL, line TEXT NOT NULL,
  PRIMARY KEY (size, name, key_id)) STRICT;
CREATE TRIGGER entry_next BEFORE INSERT ON entry WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq) + 1, 0) FROM entry)
  BEGIN SELECT RAISE(ABORT, 'seq is not the next'); END;
CREATE TRIGGER tile_next BEFORE INSERT ON tile
  WHEN NEW.number IS NOT (SELECT COALESCE(MAX(number) + 1, 0) FROM tile WHERE level = NEW.level)
  BEGIN SELECT RAISE(ABORT, 'number is not the next'); END;
CREATE TRIGGER checkpoint_next BEFORE INSERT ON checkpoint
  WHEN NEW.size <= (SELECT COALESCE(MAX(size), 0) FROM checkpoint) BEGIN SELECT RAISE(ABORT, 'size is not larger'); END;
CREATE TRIGGER cosignature_new BEFORE INSERT ON cosignature
  WHEN EXISTS (SELECT 1 FROM cosignature WHERE size = NEW.size AND name = NEW.name AND key_id = NEW.key_id)
  BEGIN SELECT RAISE(ABORT, 'cosigned before'); END;
"""
# INSERT OR REPLACE passes the last two triggers of a table, not the first.
SCHEMA = TABLES + "".join(
    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'append only'); END;\n"
    for table in ("entry", "tile", "checkpoint", "cosignature")
    for verb in ("UPDATE", "DELETE")
)


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


class Store:
    """An open ledger file. Opening hashes all entries anew: a chain or tree that does not hold is refused at once."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._edge = Edge()
        self._failed = ""  # what the disc said when it failed: nothing more is written then
        self._last = bytes(32)
        self._time = ""
        self.refresh()

    @classmethod
    def create(cls, path: Path) -> Store:
        """Make a new, empty ledger file; StoreError `exists` if there is a file already."""
        if path.exists():
            raise StoreError("exists", str(path))
        try:
            connection = connect(path, "rwc")
            lay_out(connection, APPLICATION_ID, SCHEMA)
        except sqlite3.Error as error:
            raise store_error(error) from error
        return cls(connection, path)

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open an existing ledger file and check its chain and tree; StoreError says what is wrong."""
        if not path.is_file():
            raise StoreError("missing", str(path))
        with ExitStack() as undo:
            try:
                connection = connect(path, "rw")
                undo.callback(connection.close)
                found = connection.execute("PRAGMA application_id").fetchone()[0]
                if found != APPLICATION_ID:
                    raise StoreError("damaged", "not a ledger file")
                check = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if check != "ok":
                    raise StoreError("damaged", str(check))
                store = cls(connection, path)
            except sqlite3.Error as error:
                raise store_error(error) from error
            undo.pop_all()
            return store

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # Reading

    def refresh(self) -> None:
        """Take in what others appended since; StoreError `damaged` if chain, tree or checkpoint do not hold."""
        try:
            # One snapshot: entries, tiles and checkpoint of the same moment, whoever writes meanwhile.
            self._connection.execute("BEGIN")
            try:
                self._refresh()
            finally:
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise store_error(error) from error

    def _refresh(self) -> None:
        data = b""
        seq, last = self._edge.size, self._last
        leaves: list[bytes] = []
        for data in self.read(seq):
            if not is_linked(data, seq, last):
                raise StoreError("damaged", f"the chain breaks at entry {seq}")
            last = leaf_hash(data)
            leaves.append(last)
            seq += 1
        for tile, hashes in self._edge.extend(leaves):
            if self._tile(tile.level, tile.number) != hashes:
                raise StoreError("damaged", f"{tile.path} does not fit the entries")
        if data:
            try:
                self._last, self._time = last, parse_entry(data).time
            except EncodingError as error:
                raise StoreError("damaged", f"entry {seq - 1}: {error}") from error
        note = self.note()
        if note is not None:
            signed = parse_checkpoint(note.text)
            if signed.size > self._edge.size or self.root_at(signed.size) != signed.root:
                raise StoreError("damaged", f"the entries do not fit the signed checkpoint of size {signed.size}")

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The entries from number `start`, up to and without `stop` (default: all), as bytes."""
        seq = start
        try:
            rows = self._connection.execute(
                "SELECT seq, data FROM entry WHERE seq >= ? AND (?2 IS NULL OR seq < ?2) ORDER BY seq", [start, stop]
            )
            for found, data in rows:
                if found != seq:
                    raise StoreError("damaged", f"entry {seq} is missing")
                yield data
                seq += 1
        except sqlite3.Error as error:
            raise store_error(error) from error

    @property
    def head(self) -> Head:
        """The end of the ledger as this process knows it."""
        return Head(self._edge.size, self._last, self._edge.root(), self._time)

    @property
    def nodes(self) -> Nodes:
        """Hashes of the tree, for proofs."""
        return nodes_of_tiles(self._tile)

    def _tile(self, level: int, number: int) -> bytes:
        """Hashes of a tile, full or at the right edge; empty if there is none."""
        try:
            row = self._connection.execute(
                "SELECT hashes FROM tile WHERE level = ? AND number = ?", [level, number]
            ).fetchone()
        except sqlite3.Error as error:
            raise store_error(error) from error
        if row is not None:
            return bytes(row[0])
        return b"".join(self._edge.levels[level]) if level < len(self._edge.levels) else b""

    def root_at(self, size: int) -> bytes:
        """Root hash of the first `size` entries."""
        return self._edge.root() if size == self._edge.size else tree_root(self.nodes, size)

    def note(self, size: int | None = None) -> Note | None:
        """The signed checkpoint of `size` (default: the last one) with its cosignatures, sorted by name and key."""
        try:
            row = self._connection.execute(
                "SELECT size, text, line FROM checkpoint WHERE ?1 IS NULL OR size = ?1 ORDER BY size DESC LIMIT 1",
                [size],
            ).fetchone()
            if row is None:
                return None
            lines = self._connection.execute(
                "SELECT line FROM cosignature WHERE size = ? ORDER BY name, key_id", [row[0]]
            ).fetchall()
        except sqlite3.Error as error:
            raise store_error(error) from error
        return parse_note(f"{row[1]}\n{row[2]}\n" + "".join(f"{line}\n" for (line,) in lines))

    def notes(self) -> Iterator[Note]:
        """All signed checkpoints, by size."""
        try:
            sizes = self._connection.execute("SELECT size FROM checkpoint ORDER BY size").fetchall()
        except sqlite3.Error as error:
            raise store_error(error) from error
        for (size,) in sizes:
            note = self.note(size)
            if note is not None:
                yield note

    def last_cosigned(self, name: str) -> int:
        """Size of the largest checkpoint that the cosigner of this name has cosigned, 0 if none."""
        try:
            row = self._connection.execute("SELECT MAX(size) FROM cosignature WHERE name = ?", [name]).fetchone()
        except sqlite3.Error as error:
            raise store_error(error) from error
        return row[0] or 0

    # Writing

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction. After a failed write or sync nobody knows what the disc holds: nothing more is written."""
        if self._failed:
            raise StoreError("full", f"{self._failed}; open the ledger anew")
        try:
            with immediate(self._connection):
                yield
        except sqlite3.Error as error:
            if "disk i/o error" in str(error).lower():
                self._failed = str(error)
            raise

    def append(self, expected: Head, time: str, messages: Sequence[Message]) -> list[Entry]:
        """Append `messages` after `expected` in one durable transaction; HeadMovedError if that is not the end.

        When this returns, the entries are on the disc. A crash before leaves none of them, or all, never some. After
        an error too they may be there when the file is opened next: read again before repeating what was to be said.
        """
        entries: list[Entry] = []
        rows: list[bytes] = []
        prev, time = expected.last, max(time, expected.time)
        for offset, message in enumerate(messages):
            entry = Entry(expected.size + offset, prev, time, message)
            entries.append(entry)
            rows.append(entry.encode())
            prev = leaf_hash(rows[-1])
        self._insert(expected, rows, time)
        return entries

    def restore(self, expected: Head, rows: Sequence[bytes]) -> None:
        """Append entries that were in this ledger before, byte for byte, after `expected` (L22).

        The caller has checked that they lead to a checkpoint that was signed; EncodingError if one is malformed.
        """
        seq, prev = expected.size, expected.last
        time = expected.time
        for row in rows:
            time = parse_entry(row).time
            if not is_linked(row, seq, prev):
                raise EncodingError(f"the chain breaks at entry {seq} (L2)")
            seq, prev = seq + 1, leaf_hash(row)
        self._insert(expected, rows, time)

    def _insert(self, expected: Head, rows: Sequence[bytes], time: str) -> None:
        edge = self._edge.copy()
        leaves = [leaf_hash(row) for row in rows]
        full = edge.extend(leaves)
        try:
            with self._writing():
                row = self._connection.execute("SELECT seq, data FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
                stored = (row[0] + 1, leaf_hash(row[1])) if row else (0, bytes(32))
                if stored != (expected.size, expected.last) or expected.size != self._edge.size:
                    raise HeadMovedError
                self._connection.executemany(
                    "INSERT INTO entry (seq, data) VALUES (?, ?)", list(enumerate(rows, expected.size))
                )
                self._connection.executemany(
                    "INSERT INTO tile (level, number, hashes) VALUES (?, ?, ?)",
                    [(tile.level, tile.number, hashes) for tile, hashes in full],
                )
        except sqlite3.Error as error:
            raise store_error(error) from error
        self._edge, self._time = edge, time
        self._last = leaves[-1] if leaves else self._last

    def checkpoint(self, origin: str, seed: bytes, *former: bytes) -> Note:
        """Sign the present head, if it is not signed yet, and store the note before anyone gets it (L11).

        `former`: public keys that signed before `seed`'s did (L12). Entries are durable before; a crash after signing
        and before storing loses a note nobody has seen. Signing the same size again gives the same bytes, for the
        root is the same and Ed25519 is deterministic.
        """
        head = self.head
        stored = self.note(head.size)
        if stored is not None:
            return stored
        last = self.note()
        if last is not None:
            known = open_checkpoint(last, origin, public_key(seed), *former)
            if known.size > head.size:
                raise HeadMovedError
            if self.root_at(known.size) != known.root:
                raise StoreError("forked", f"the last signed checkpoint has size {known.size}")
        note = sign_checkpoint(Checkpoint(origin, head.size, head.root), seed)
        try:
            self._insert_note(head.size, note)
        except sqlite3.IntegrityError as error:
            # Another process signed this size or a larger one in the meantime: theirs counts.
            stored = self.note(head.size)
            if stored is None:
                raise HeadMovedError from error
            return stored
        except sqlite3.Error as error:
            raise store_error(error) from error
        return note

    def add_note(self, note: Note) -> None:
        """Store a checkpoint signed before, which the caller has checked, unless it or a larger one is there (L22)."""
        size = parse_checkpoint(note.text).size
        last = self.note()
        if last is None or parse_checkpoint(last.text).size < size:
            try:
                self._insert_note(size, note)
            except sqlite3.Error as error:
                raise store_error(error) from error

    def _insert_note(self, size: int, note: Note) -> None:
        with self._writing():
            self._connection.execute(
                "INSERT INTO checkpoint (size, text, line) VALUES (?, ?, ?)", [size, note.text, str(note.lines[0])]
            )

    def add_cosignature(self, size: int, line: SignatureLine) -> bool:
        """Store a cosignature that the caller has checked; False if one by that key was there already."""
        try:
            with self._writing():
                self._connection.execute(
                    "INSERT INTO cosignature (size, name, key_id, line) VALUES (?, ?, ?, ?)",
                    [size, line.name, line.data[:4].hex(), str(line)],
                )
        except sqlite3.IntegrityError:
            return False
        except sqlite3.Error as error:
            raise store_error(error) from error
        return True


def verify_all(
    store: Store, origin: str, keys: Iterable[bytes], progress: Callable[[int], None] = lambda _done: None
) -> None:
    """Check every signed checkpoint of an open store against the entries; raises NoteError."""
    known = tuple(keys)
    for done, note in enumerate(store.notes(), start=1):
        checkpoint = open_checkpoint(note, origin, *known)
        if store.root_at(checkpoint.size) != checkpoint.root:
            raise NoteError(f"checkpoint of size {checkpoint.size} does not fit the entries")
        progress(done)
