"""SQLite files as this package uses them: settings, transactions, and what their errors mean."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlite_utils


class StoreError(Exception):
    """The file cannot be used: missing, damaged, full, read-only or locked. `kind` says which."""

    def __init__(self, kind: str, detail: str = "") -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(f"{kind}: {detail}" if detail else kind)


_KINDS = (
    ("locked", ("locked", "busy")),
    ("full", ("full", "disk i/o error")),
    ("read-only", ("readonly", "read-only", "unable to open")),
    ("damaged", ("malformed", "not a database", "no such table", "corrupt")),
)


def store_error(error: sqlite3.Error) -> StoreError:
    """The StoreError that says what an error of SQLite means."""
    message = str(error).lower()
    kind = next((kind for kind, words in _KINDS if any(word in message for word in words)), "damaged")
    return StoreError(kind, str(error))


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open a SQLite file with the shipped settings; `mode` is that of SQLite's URIs (rw, rwc).

    psow=0: a power cut may spoil a whole sector that was being written, also what lay in it before.
    """
    name = f"{path.resolve().as_uri()}?mode={mode}&psow=0"
    connection = sqlite3.connect(name, uri=True, isolation_level=None, timeout=10)
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def lay_out(connection: sqlite3.Connection, application_id: int, schema: str) -> None:
    """Make the tables of a new file, in one transaction.

    A crash before it ends leaves an empty file, which is reported as damaged when it is opened.
    """
    database = sqlite_utils.Database(connection)
    database.enable_wal()
    database.executescript(f"BEGIN IMMEDIATE; PRAGMA application_id={application_id}; {schema} COMMIT;")


class immediate:  # noqa: N801 - reads as a statement: with immediate(connection)
    """A BEGIN IMMEDIATE transaction: takes the write lock at once, commits or rolls back as a whole."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        """Begin."""
        self.connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, _value: object, _trace: object) -> None:
        """Commit, or roll back if the block raised or the commit fails."""
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
