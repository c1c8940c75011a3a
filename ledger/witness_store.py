"""What a witness keeps: of every ledger the checkpoint it last cosigned, and refused requests as evidence (L18)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from ledger.checkpoint import Checkpoint, parse_checkpoint
from ledger.note import Note, NoteError, SignatureLine, parse_note
from ledger.sqlite import StoreError, connect, immediate, lay_out, store_error
from ledger.witness import PLAIN, Answer, Refusal, judge, parse_request

APPLICATION_ID = 0x56445731  # "VDW1"

SCHEMA = """
CREATE TABLE log (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, time INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
CREATE TABLE refused (origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, time INTEGER NOT NULL,
  note TEXT NOT NULL, PRIMARY KEY (origin, size, root)) STRICT;
CREATE TRIGGER log_grows BEFORE UPDATE ON log WHEN NEW.size < OLD.size OR NEW.time < OLD.time
  BEGIN SELECT RAISE(ABORT, 'never goes back'); END;
CREATE TRIGGER log_stays BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'never forgets'); END;
"""

# Cosigns a checkpoint at a POSIX time.
Cosign = Callable[[Checkpoint, int], Sequence[SignatureLine]]


class WitnessStore:
    """An open witness file. A witness whose file is lost must not go on under its name: it would sign a rollback."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def create(cls, path: Path) -> WitnessStore:
        """Make a new file; StoreError `exists` if there is one."""
        if path.exists():
            raise StoreError("exists", str(path))
        try:
            connection = connect(path, "rwc")
            lay_out(connection, APPLICATION_ID, SCHEMA)
        except sqlite3.Error as error:
            raise store_error(error) from error
        return cls(connection)

    @classmethod
    def open(cls, path: Path) -> WitnessStore:
        """Open an existing file; StoreError says what is wrong."""
        if not path.is_file():
            raise StoreError("missing", str(path))
        try:
            with ExitStack() as undo:
                connection = connect(path, "rw")
                undo.callback(connection.close)
                if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                    raise StoreError("damaged", "not a witness file")
                undo.pop_all()
        except sqlite3.Error as error:
            raise store_error(error) from error
        return cls(connection)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def add(self, body: bytes, logs: Mapping[str, Sequence[bytes]], cosign: Cosign, now: int) -> Answer:
        """Answer one `add-checkpoint` request. Check and write are one transaction, durable before the answer (L18)."""
        try:
            request = parse_request(body)
        except NoteError as error:
            return Answer(400, f"{error}\n".encode())
        try:
            with immediate(self._connection):
                verdict = judge(request, logs, self.checkpoint)
                if isinstance(verdict, Refusal):
                    if verdict.evidence:
                        self._keep(verdict.evidence, request.note, now)
                    return verdict.answer
                if now < self._time(verdict.origin):
                    return Answer(503, b"the clock is behind the last cosignature\n")
                lines = tuple(cosign(verdict, now))
                note = Note(request.note.text, (request.note.lines[0], *lines))
                self._connection.execute(
                    "INSERT INTO log (origin, size, time, note) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT DO UPDATE SET size = excluded.size, time = excluded.time, note = excluded.note",
                    [verdict.origin, verdict.size, now, str(note)],
                )
        except sqlite3.Error as error:
            return Answer(503, f"{store_error(error)}\n".encode())
        # A crash before this line leaves a checkpoint cosigned and not sent: the ledger asks again and gets it.
        return Answer(200, "".join(f"{line}\n" for line in lines).encode(), PLAIN)

    def latest(self, origin: str) -> Note | None:
        """The note last cosigned for a ledger."""
        row = self._connection.execute("SELECT note FROM log WHERE origin = ?", [origin]).fetchone()
        return parse_note(row[0]) if row else None

    def checkpoint(self, origin: str) -> Checkpoint | None:
        """The checkpoint last cosigned for a ledger."""
        note = self.latest(origin)
        return parse_checkpoint(note.text) if note else None

    def origins(self) -> list[str]:
        """The ledgers of which something was cosigned."""
        return [origin for (origin,) in self._connection.execute("SELECT origin FROM log ORDER BY origin")]

    def _keep(self, checkpoint: Checkpoint, note: Note, now: int) -> None:
        """Keep a checkpoint that did not extend what was cosigned: once, and without what others wrote below it."""
        self._connection.execute(
            "INSERT INTO refused (origin, size, root, time, note) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [checkpoint.origin, checkpoint.size, checkpoint.root, now, str(note.alone())],
        )

    def refused(self) -> list[tuple[int, Note]]:
        """Checkpoints that were refused as inconsistent, signed by their ledgers: POSIX time and note."""
        rows = self._connection.execute("SELECT time, note FROM refused ORDER BY origin, size, root").fetchall()
        return [(moment, parse_note(text)) for moment, text in rows]

    def _time(self, origin: str) -> int:
        row = self._connection.execute("SELECT time FROM log WHERE origin = ?", [origin]).fetchone()
        return row[0] if row else 0
