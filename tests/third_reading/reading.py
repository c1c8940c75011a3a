"""Reading a published record (E1-E9, R1-R3), and the report of what differs.

Part of the third reading, see replay.py. Standard library only.
"""

from __future__ import annotations

import json
import zipfile
from typing import Any, NoReturn

VERSION = "verifiable-draw/v1"
SHOWN = 12  # of one kind of difference at most so many are printed


class UnreadableError(Exception):
    """The input cannot be read as a record, or the draw is not in it."""


class DiffersError(Exception):
    """Something differs on which all that follows depends."""


def require(condition: object, what: str) -> None:
    if not condition:
        raise UnreadableError(what)


# --- Encoding (E1-E9) ----------------------------------------------------------------------------------------------


def refused(token: str) -> NoReturn:
    raise UnreadableError("E1: " + token)


def canonical(value: Any) -> bytes:
    """E2; keys are ASCII, so Python sorts them as RFC 8785 does."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def decode_json(data: bytes, name: str) -> Any:
    """E5: only the canonical bytes are read."""
    try:
        value = json.loads(data.decode(), parse_float=refused, parse_constant=refused)
        require(canonical(value) == data, "E5")
    except (ValueError, RecursionError, UnreadableError) as error:
        raise UnreadableError(f"{name}: {error}") from error
    return value


def hex_bytes(text: Any, size: int, *, empty: bool = False) -> bytes:
    """E7; where a page allows it, "" stands for nothing."""
    if empty and text == "":
        return b""
    require(isinstance(text, str) and len(text) == 2 * size and set(text) <= set("0123456789abcdef"), "E7")
    return bytes.fromhex(text)


# --- The record (R1-R7) --------------------------------------------------------------------------------------------


def read_zip(path: str) -> dict[str, bytes]:
    """R3, as far as reading needs it."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            require(len(set(names)) == len(names), "R3: a name stands twice")
            require(not any(n.startswith("/") or ".." in n.split("/") for n in names), "R3: path")
            require(all(m.compress_type == zipfile.ZIP_STORED for m in members), "R3: stored")
            require(sum(m.file_size for m in members) <= 1 << 30, "R1: size")
            return {name: archive.read(name) for name in names}
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise UnreadableError(f"zip: {error}") from error


class Record:
    """The files of a record and the entries of its session."""

    def __init__(self, path: str) -> None:
        self.files = read_zip(path)
        self.about = self.json("RECORD.json")
        require(self.about["version"] == VERSION, "R2: version")
        require(self.about["phase"] == "result", "R1: phase")
        lines = self.data("ledger/entries.jsonl").split(b"\n")
        require(lines.pop() == b"", "E6")
        entries = [decode_json(line, "ledger/entries.jsonl") for line in lines]
        self.entries = [e for e in entries if e["session"] == self.about["session"]]

    def data(self, path: str) -> bytes:
        require(path in self.files, "R1: " + path)
        return self.files[path]

    def json(self, path: str) -> Any:
        return decode_json(self.data(path), path)

    def of(self, kind: str) -> list[Any]:
        return [e for e in self.entries if e["type"] == kind]

    def before(self, kind: str, end: str) -> list[Any]:
        """Entries of a kind that precede the first one of another kind."""
        last = min([e["seq"] for e in self.of(end)], default=-1)
        return [e for e in self.of(kind) if e["seq"] < last]


class Report:
    """Compares what is stated with what is recomputed, and keeps the differences."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.lines: list[str] = []

    def same(self, rule: str, name: str, stated: Any, recomputed: Any) -> bool:
        """`name` is Chinese, then English. True if both agree."""
        if plain(stated) == plain(recomputed):
            return True
        texts = f"  记录所写 stated:     {shown(stated)}\n  重新计算 recomputed: {shown(recomputed)}\n"
        self.lines.append(f"不一致 differs [{rule}] {name}\n{texts}")
        return False

    def need(self, rule: str, name: str, stated: Any, recomputed: Any) -> None:
        if not self.same(rule, name, stated, recomputed):
            raise DiffersError

    def each(self, rule: str, name: str, stated: list[Any], recomputed: list[Any]) -> None:
        """Item by item, so that the report names the very item."""
        self.need(rule, name + "：数量 number", len(stated), len(recomputed))
        wrong = [i for i in range(len(stated)) if plain(stated[i]) != plain(recomputed[i])]
        for i in wrong[:SHOWN]:
            self.same(rule, f"{name} #{i}", stated[i], recomputed[i])
        if len(wrong) > SHOWN:
            self.lines.append(f"  另有 {len(wrong) - SHOWN} 处 and {len(wrong) - SHOWN} more [{rule}] {name}\n")

    def only(self, kind: str) -> Any:
        """The body of the one entry of a kind that the state table allows."""
        found = self.record.of(kind)
        self.need("C1", f"账本条目数 number of entries {kind}", len(found), 1)
        return found[0]["body"]


def plain(value: Any) -> bytes:
    """What is compared: bytes as they stand in files (E7), and "1" is not 1, nor is true."""
    return canonical(value.hex() if isinstance(value, bytes) else value)


def shown(value: Any) -> str:
    """A value as text without control characters."""
    text = plain(value).decode()
    return text if text.isprintable() else ascii(text)
