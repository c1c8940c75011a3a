"""The way to a room's server, as an observer's program takes it (spec/room.md). Nothing that it answers is believed.

Entries and files are kept in a folder, so that a packet can be checked; what was fetched once is not fetched again.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from ledger.canonical import EncodingError, Json, decode_lines, encode
from ledger.checkpoint import parse_checkpoint
from ledger.merkle import leaf_hash
from ledger.note import NoteError, parse_note
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import write_durable
from verifiable_draw.header import parse_header
from verifiable_draw.packet import Packet

MOST = 64 * 1024 * 1024  # bytes of one answer
SECONDS = 30.0


class Link:
    """A room's server, by its address such as `http://192.168.1.5:8000`."""

    def __init__(self, address: str, folder: Path) -> None:
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise UsageError("link.address", address=address)
        self.base = f"{parts.scheme}://{parts.netloc}/api/v1/"
        self.folder = folder
        self._lines: list[bytes] = []

    def _ask(self, path: str, body: Json | None = None) -> bytes:
        data = encode(body) if body is not None else None
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"})  # noqa: S310 - http(s) only
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                found: bytes = answer.read(MOST + 1)
                if len(found) <= MOST and answer.length:  # a server that dies in the middle cuts the answer short
                    raise ConnectionError(f"{answer.length} bytes missing")
        except urllib.error.HTTPError as error:
            raise _refusal(error) from error
        except OSError as error:
            raise UsageError("link.gone", address=self.base, detail=str(error)) from error
        if len(found) > MOST:
            raise DataError("link.answer", detail="too large")
        return found

    def get(self, path: str) -> Any:  # noqa: ANN401 - any JSON
        """An answer that is JSON."""
        return _json(self._ask(path))

    def post(self, path: str, body: Json) -> Any:  # noqa: ANN401 - any JSON
        """Send a value; LinkRefusedError if the server refuses it."""
        return _json(self._ask(path, body))

    def state(self, after: int | None = None) -> dict[str, Any]:
        """N5; with `after` it comes when something changed."""
        value = self.get("state" if after is None else f"state?after={after}")
        if not isinstance(value, dict) or not isinstance(value.get("tick"), int):
            raise DataError("link.answer", detail="state")
        return value

    def packet(self) -> Packet:
        """The ledger up to its newest checkpoint with the public files that are there; checked by `Device.look`."""
        try:
            note = parse_note(self._ask("checkpoint").decode())
            size = parse_checkpoint(note.text).size
            while len(self._lines) < size:
                fresh = decode_lines(self._ask(f"entries?from={len(self._lines)}&to={size}"))
                self._lines += fresh
                if not fresh:
                    raise DataError("link.answer", detail="entries")
        except (EncodingError, NoteError, UnicodeDecodeError) as error:
            raise DataError("packet.malformed", detail=str(error)) from error
        lines = tuple(self._lines[:size])
        for session, kinds in _sessions(lines).items():
            self._files(session, kinds)
        return Packet(self.folder, lines, tuple(leaf_hash(line) for line in lines), note)

    def forget(self) -> None:
        """Begin anew with the entries, after a ledger that was refused."""
        self._lines = []

    def _files(self, session: str, kinds: set[str]) -> None:
        self._fetch(session, "plan.json")
        if "header" not in kinds:
            return
        header = self._fetch(session, "header.json")
        names = ["units.json", "nullifiers.json"] + ["groups.json"] * ("groups.fixed" in kinds)
        for draw in parse_header(header).draws if header else ():
            for name in names:
                self._fetch(session, f"draws/{draw.id}/{name}")

    def _fetch(self, session: str, name: str) -> bytes | None:
        path = self.folder / session / name
        if path.is_file():
            return path.read_bytes()
        try:
            data = self._ask(f"files/{session}/{name}")
        except LinkRefusedError:
            return None
        write_durable(path, data)
        return data


class LinkRefusedError(UsageError):
    """The server answered with an error of its own; `refusal` is its key, `status` the HTTP status."""

    def __init__(self, status: int, refusal: str, zh: str, en: str) -> None:
        super().__init__("link.refused", status=status, zh=zh, en=en)
        self.refusal = refusal
        self.status = status


def _refusal(error: urllib.error.HTTPError) -> LinkRefusedError:
    try:
        value = json.loads(error.read(100_000))["error"]
        return LinkRefusedError(error.code, str(value["key"]), str(value["zh"])[:400], str(value["en"])[:400])
    except (ValueError, KeyError, TypeError, OSError):
        return LinkRefusedError(error.code, "", str(error.code), str(error.reason))


def _json(data: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(data)
    except ValueError as error:
        raise DataError("link.answer", detail="JSON") from error


def _sessions(lines: tuple[bytes, ...]) -> dict[str, set[str]]:
    """Types of entries by session, for knowing which files to fetch; the entries are not checked yet."""
    found: dict[str, set[str]] = {}
    for line in lines:
        value = _json(line)
        if not isinstance(value, dict):
            raise DataError("packet.malformed", detail="entry")
        session, kind = value.get("session"), value.get("type")
        if isinstance(session, str) and session and isinstance(kind, str):
            if not _plain(session):
                raise DataError("packet.malformed", detail="session")
            found.setdefault(session, set()).add(kind)
    return found


def _plain(name: str) -> bool:
    """Whether a session's id can name a folder."""
    return len(name) <= 32 and name.isascii() and name.replace("-", "").isalnum() and name == name.lower()
