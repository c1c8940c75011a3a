"""What the desk keeps beside the ledger, durable: requests to be enrolled, the room's code, waiting confirmations.

None of it decides an outcome. Names of observers stand here for the clerk and go nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.canonical import encode
from ledger.entry import Message
from verifiable_draw.errors import UsageError
from verifiable_draw.own_database import Tables, open_database, write_row
from verifiable_draw.room import read_message

MAX_WAITING = 400
CODE_DIGITS = 8

Row = dict[str, Any]


_REQUEST = ("key", "session", "name", "role", "client", "status", "id")
TABLES: Tables = {
    "setting": ({"name": str, "value": str}, "name"),
    "enrolment": (dict.fromkeys(_REQUEST, str) | {"number": int}, ("session", "key")),
    "confirmation": ({"session": str, "id": str, "message": str}, ("session", "id")),
}


class Front:
    """SQLite file `desk.db` in the room's folder. Used by the desk's thread only."""

    def __init__(self, path: Path, randomness: Callable[[int], bytes]) -> None:
        self.path = path
        self.randomness = randomness
        self.database = open_database(path, TABLES)

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def _write(self, table: str, row: Row) -> None:
        write_row(self.database, self.path, table, row)

    # Settings of a session

    def setting(self, name: str, default: str = "") -> str:
        """A setting's value."""
        rows = self.database["setting"].rows_where("name = ?", [name])
        return next((str(row["value"]) for row in rows), default)

    def set(self, name: str, value: str) -> None:
        """Keep a setting."""
        self._write("setting", {"name": name, "value": value})

    def code(self, session: str) -> str:
        """The code that the room shows, made when first asked for: eight digits."""
        name = f"code {session}"
        if not self.setting(name):
            self.set(name, f"{int.from_bytes(self.randomness(8)) % 10**CODE_DIGITS:0{CODE_DIGITS}d}")
        return self.setting(name)

    def new_code(self, session: str) -> None:
        """Forget the code; the next one is another."""
        self.set(f"code {session}", "")

    # Enrolment

    def ask(self, session: str, request: Row) -> Row:
        """Keep a request to be enrolled; asked again it stays as it is, unless it was refused."""
        known = self.enrolment(session, request["key"])
        if known is not None and known["status"] != "refused":
            return known
        waiting = self.database["enrolment"].count_where("session = ? and status = 'waiting'", [session])
        if waiting >= MAX_WAITING:
            raise UsageError("web.too_many_waiting")
        number = self.database["enrolment"].count + 1
        row = {
            **{name: request[name] for name in ("key", "name", "role", "client")},
            "session": session, "status": "waiting", "id": "", "number": number,
        }  # fmt: skip
        self._write("enrolment", row)
        return row

    def enrolment(self, session: str, key: str) -> Row | None:
        """One request, or None."""
        return next(iter(self.database["enrolment"].rows_where("session = ? and key = ?", [session, key])), None)

    def enrolments(self, session: str) -> list[Row]:
        """All requests of a session in the order they came."""
        return list(self.database["enrolment"].rows_where("session = ?", [session], order_by="number"))

    def decide(self, session: str, key: str, status: str, name: str = "") -> None:
        """Say of a request that it is `refused`, or `enrolled` under the id `name`."""
        known = self.enrolment(session, key)
        if known is None:
            raise UsageError("web.no_request")
        self._write("enrolment", known | {"status": status, "id": name})

    # Public draw

    def confirm(self, message: Message) -> None:
        """Keep an observer's confirmation of the public draw."""
        row = {"session": message.session, "id": message.actor.id, "message": encode(message.json()).decode()}
        self._write("confirmation", row)

    def confirmations(self, session: str) -> list[Message]:
        """The confirmations that wait to become one entry."""
        rows = self.database["confirmation"].rows_where("session = ?", [session], order_by="id")
        return [read_message(str(row["message"]).encode()) for row in rows]

    def forget_confirmations(self, session: str) -> None:
        """Drop them: other digits were typed."""
        with self.database.conn:
            self.database.table("confirmation").delete_where("session = ?", [session])

    # Form drafts

    def draft(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        """A form's draft as it was last kept, or None."""
        text = self.setting(f"draft {name}")
        return json.loads(text) if text else None

    def keep_draft(self, name: str, value: Any) -> None:  # noqa: ANN401 - any JSON
        """Keep a form's draft."""
        self.set(f"draft {name}", json.dumps(value, ensure_ascii=False))
