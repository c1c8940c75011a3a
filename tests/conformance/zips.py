"""Zips written byte by byte, so that each can be wrong at one place (R3)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

LOCAL, CENTRAL, END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
DATE = 1 << 5 | 1  # 1980-01-01


@dataclass
class Member:
    """One file, and what its headers say of it."""

    name: bytes
    data: bytes
    crc: int = 0
    method: int = 0
    size: int = 0
    date: int = DATE
    mode: int = 0o100644
    comment: bytes = b""
    extra: bytes = b""
    local_date: int | None = None  # if the two headers are to differ


@dataclass
class Archive:
    """A whole zip."""

    members: list[Member]
    before: bytes = b""
    between: bytes = b""
    after: bytes = b""
    comment: bytes = b""
    count: int | None = None


Tweak = Callable[[Archive], None]


def zipped(files: Mapping[str, bytes], tweak: Tweak = lambda _: None) -> bytes:
    """The zip of R3, wrong as `tweak` says."""
    made = Archive(
        [Member(path.encode(), data, zlib.crc32(data), size=len(data)) for path, data in sorted(files.items())]
    )
    tweak(made)
    return pack(made)


def pack(made: Archive) -> bytes:
    body, directory = made.before, b""
    for one in made.members:
        offset = len(body)
        numbers = (one.crc, len(one.data), one.size, len(one.name))
        date = one.date if one.local_date is None else one.local_date
        body += LOCAL.pack(b"PK\3\4", 20, 0, one.method, 0, date, *numbers, len(one.extra))
        body += one.name + one.extra + one.data
        rest = (len(one.extra), len(one.comment), 0, 0, one.mode << 16, offset)
        directory += CENTRAL.pack(b"PK\1\2", 3 << 8 | 20, 20, 0, one.method, 0, one.date, *numbers, *rest)
        directory += one.name + one.extra + one.comment
    body += made.between
    count = len(made.members) if made.count is None else made.count
    end = END.pack(b"PK\5\6", 0, 0, count, count, len(directory), len(body), len(made.comment))
    return body + directory + end + made.comment + made.after


def member(made: Archive, name: str) -> Member:
    return next(one for one in made.members if one.name == name.encode())


def deflated(name: str) -> Tweak:
    """A member that is compressed, as any other program would."""

    def tweak(made: Archive) -> None:
        one, packer = member(made, name), zlib.compressobj(9, zlib.DEFLATED, -15)
        one.data, one.method = packer.compress(one.data) + packer.flush(), 8

    return tweak


def attribute(name: str, **values: object) -> Tweak:
    """Something else in the headers of one member."""

    def tweak(made: Archive) -> None:
        for key, value in values.items():
            setattr(member(made, name), key, value)

    return tweak


def archive(**values: object) -> Tweak:
    """Something else in the archive."""

    def tweak(made: Archive) -> None:
        for key, value in values.items():
            setattr(made, key, value)

    return tweak


def added(name: bytes, data: bytes = b"{}") -> Tweak:
    """One member more, in its place."""

    def tweak(made: Archive) -> None:
        made.members.append(Member(name, data, zlib.crc32(data), size=len(data)))
        made.members.sort(key=lambda one: one.name)

    return tweak


def cut_last(made: Archive) -> None:
    """The last member says it is larger than the whole zip."""
    made.members[-1].size += 1 << 20


def reverse(made: Archive) -> None:
    made.members.reverse()
