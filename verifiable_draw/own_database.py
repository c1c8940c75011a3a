"""A SQLite file of the program's own, beside the ledger: readable by its owner only, durable at every commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import sqlite_utils

from verifiable_draw.errors import UsageError

Tables = Mapping[str, tuple[Mapping[str, type], str | tuple[str, ...]]]
"""Name -> (columns with their types, primary key)."""


def open_database(path: Path, tables: Tables) -> sqlite_utils.Database:
    """Open the file, made with its tables if it is not there yet."""
    try:
        if not path.exists():
            path.touch(mode=0o600)
        connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        database = sqlite_utils.Database(connection)
        for name, (columns, key) in tables.items():
            table = database.table(name)
            table.create(dict(columns), pk=key, if_not_exists=True)
            for column in columns.keys() - table.columns_dict.keys():  # a file of an earlier version
                table.add_column(column, columns[column])
    except (sqlite3.Error, OSError) as error:
        raise UsageError("store.private", path=str(path), detail=str(error)) from error
    return database


def write_rows(database: sqlite_utils.Database, path: Path, rows: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Put rows (table, values) in the places of those with their keys: all of them or, after a crash, none."""
    try:
        database.conn.execute("BEGIN IMMEDIATE")
        try:
            for table, row in rows:
                database.table(table).upsert(row, pk=database.table(table).pks)
        except BaseException:
            database.conn.execute("ROLLBACK")
            raise
        database.conn.execute("COMMIT")
    except sqlite3.Error as error:
        raise UsageError("store.private", path=str(path), detail=str(error)) from error


def write_row(database: sqlite_utils.Database, path: Path, table: str, row: dict[str, Any]) -> None:
    """Put a row in the place of the one with its key."""
    try:
        with database.conn:
            database.table(table).upsert(row, pk=database.table(table).pks)
    except sqlite3.Error as error:
        raise UsageError("store.private", path=str(path), detail=str(error)) from error
