"""Canonical JSON, tagged hashes and the small text forms (specification: encoding, E1-E11).

Everything read from a record passes through `decode`; nothing else in this package parses JSON.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import unicodedata
from typing import Any, Iterable, List

from . import characters

VERSION = "verifiable-draw/v1"
MAX_TEXT = 4000  # characters of a string that is not ASCII
MAX_FILE = 64 * 1024 * 1024
MAX_DEPTH = 16
MAX_INTEGER = 2**53 - 1
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

KEY = re.compile(r"[!-~]{1,64}")
FORBIDDEN = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
INTEGER = re.compile(r"-?[0-9]{1,16}")
HEX = re.compile(r"(?:[0-9a-f]{2})*")
IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
ORIGIN = re.compile(r"[a-z0-9](?:[a-z0-9./-]{0,62}[a-z0-9])?")
SCHOOL = re.compile(r"[0-9]{10}")
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")


class EncodingError(ValueError):
    """Bytes that the encoding page does not allow."""


def _refuse_number(text: str) -> Any:
    raise EncodingError("a number that is not an integer: %s" % text[:20])


def _integer(text: str) -> int:
    """An integer of E1. The length is looked at first: a number of a million digits must not cost a minute."""
    if not INTEGER.fullmatch(text):
        raise EncodingError("an integer beyond 2^53")
    value = int(text)
    if abs(value) > MAX_INTEGER:
        raise EncodingError("an integer beyond 2^53")
    return value


def _check_text(text: str) -> None:
    if FORBIDDEN.search(text):
        raise EncodingError("a control character or lone surrogate in a string (E3)")
    if text.isascii():
        return
    if len(text) > MAX_TEXT:  # normalising takes time that grows with the square of what is stacked on one letter
        raise EncodingError("a string of more than %d characters (E4)" % MAX_TEXT)
    odd = [character for character in set(text) if not characters.is_allowed(character)]
    if odd:
        raise EncodingError("the character U+%04X in a string (E3)" % ord(min(odd)))
    if not unicodedata.is_normalized("NFC", text):
        raise EncodingError("a string that is not in normalisation form C (E3)")


def _check_scalar(value: Any) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif not isinstance(value, int):  # booleans are integers to Python
        raise EncodingError("a value of a kind that does not exist here (E1)")
    elif abs(value) > MAX_INTEGER:
        raise EncodingError("an integer beyond 2^53")


def _members(value: Any) -> Iterable[Any]:
    """What an array or object holds, keys checked (E2)."""
    if isinstance(value, list):
        return value
    for key in value:
        if not isinstance(key, str) or not KEY.fullmatch(key):
            raise EncodingError("a key that is not 1-64 visible ASCII characters (E2)")
    return list(value.values())


def check_value(value: Any) -> None:
    """Refuse what E1-E4 do not allow, level by level so that no recursion is needed."""
    level: List[Any] = [value]
    depth = 0
    while level:
        depth += 1
        below: List[Any] = []
        for item in level:
            if isinstance(item, (list, dict)):
                below.extend(_members(item))
                if depth > MAX_DEPTH:
                    raise EncodingError("more than %d levels (E4)" % MAX_DEPTH)
            else:
                _check_scalar(item)
        level = below


def encode(value: Any) -> bytes:
    """The canonical bytes (E2) of a value that keeps E1-E4."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def decode(data: bytes) -> Any:
    """The value of canonical bytes, or EncodingError (E1-E5)."""
    if len(data) > MAX_FILE:
        raise EncodingError("more than 64 MiB (E4)")
    try:
        value = json.loads(
            data.decode("utf-8"), parse_float=_refuse_number, parse_constant=_refuse_number, parse_int=_integer
        )
    except RecursionError:
        raise EncodingError("more than %d levels (E4)" % MAX_DEPTH) from None
    except UnicodeDecodeError:
        raise EncodingError("not UTF-8") from None
    except EncodingError:
        raise
    except ValueError as error:
        raise EncodingError("not JSON: %s" % error) from None
    check_value(value)
    if encode(value) != data:
        raise EncodingError("not the canonical bytes of its value (E5)")
    return value


def split_lines(data: bytes) -> List[bytes]:
    """The lines of a .jsonl file without their LF (E6)."""
    if not data:
        return []
    if not data.endswith(b"\n"):
        raise EncodingError("the last line has no end (E6)")
    return data[:-1].split(b"\n")


def u64(number: int) -> bytes:
    return number.to_bytes(8, "big")


def tagged(use: str, *fields: bytes) -> bytes:
    """H(use, f1, ..., fn) of E10: 32 bytes."""
    digest = hashlib.sha256(("%s/%s" % (VERSION, use)).encode("ascii"))
    for field in fields:
        digest.update(u64(len(field)))
        digest.update(field)
    return digest.digest()


def short_code(digest: bytes) -> str:
    """The short code of E11 that people compare aloud."""
    number = int.from_bytes(digest[:10], "big")
    text = "".join(CROCKFORD[number >> shift & 31] for shift in range(75, -1, -5))
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))


def is_hex(text: Any, size: int) -> bool:
    """Whether text is lower-case hexadecimal of exactly `size` bytes (E7)."""
    return isinstance(text, str) and len(text) == 2 * size and HEX.fullmatch(text) is not None


def is_date(text: Any) -> bool:
    match = DATE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return False
    try:
        dt.date(*(int(part) for part in match.groups()))
    except ValueError:
        return False
    return True


def seconds(text: Any) -> int:
    """Whole seconds since 0001-01-01 of a time of E8. EncodingError if it is not one."""
    match = TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise EncodingError("not a time of E8")
    year, month, day, hour, minute, second = (int(part) for part in match.groups())
    try:
        moment = dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.timezone.utc)
    except ValueError:
        raise EncodingError("a time that does not exist") from None
    return moment.toordinal() * 86400 + hour * 3600 + minute * 60 + second


def is_time(text: Any) -> bool:
    try:
        seconds(text)
    except EncodingError:
        return False
    return True
