"""Slips of a simulated session, written from the specification (R11, R12), not with the code that reads them."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

from ledger.canonical import VERSION, decode, encode
from tests.simulator import Simulator

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Slip(NamedTuple):
    """What a family holds, and the class its child is in."""

    lines: list[str]
    second: list[str]
    name: str
    number: str
    file: bytes
    group: int
    school: str
    attributes: dict[str, str]


def slip_of(story: Simulator, draw: str = "d1", unit: int = 0) -> Slip:
    files = story.files()
    header: Any = decode(files["header.json"])
    root = next(one["frozen"]["roster_root"] for one in header["draws"] if one["id"] == draw)
    sealed: Any = decode(story.room.private.sealed(root))
    student, secret, second = json.loads(story.room.private._frozen(root)["students"])[unit][0]
    leaf = sealed["units"][unit][0]
    result: Any = decode(files[f"draws/{draw}/result.json"])
    value = {
        "document_number": student["document_number"],
        "document_type": student["document_type"],
        "name": student["name"],
        "second": second,
        "secret": secret,
        "session": story.name,
        "version": VERSION,
    }
    return Slip(
        lines=_lines(bytes.fromhex(secret), 0),
        second=_lines(bytes.fromhex(second), 2),
        name=student["name"],
        number=student["document_number"],
        file=encode(value),
        group=result["classes"][unit],
        school=next(spec.name for spec in story.specs if spec.code == student["school"]),
        attributes=leaf["attributes"],
    )


def _lines(data: bytes, first: int) -> list[str]:
    return [_line(first + i, data[8 * i : 8 * i + 8]) for i in range(len(data) // 8)]


def _line(index: int, eight: bytes) -> str:
    fields = (index.to_bytes(8, "big"), eight)
    framed = b"".join(len(field).to_bytes(8, "big") + field for field in fields)
    check = hashlib.sha256(f"{VERSION}/slip-line".encode() + framed).digest()[:2]
    number = int.from_bytes(eight + check, "big")
    text = "".join(DIGITS[number >> (75 - 5 * i) & 31] for i in range(16))
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))
