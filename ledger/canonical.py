"""Canonical bytes, tagged hashes and the small strict parsers that everything reads with (spec/encoding.md)."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from ledger.characters import refused

# A value of E1. `encode` checks at run time what the type system would only half say.
Json = Any

TAG = b"verifiable-draw/v1/"
VERSION = "verifiable-draw/v1"
MAX_INT = 2**53
MAX_DEPTH = 16
MAX_TEXT = 4000  # characters of a string that is not ASCII (E4)
MAX_FILE = 64 * 1024 * 1024
ZERO32 = bytes(32)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_KEY = re.compile(r"[\x21-\x7e]{1,64}")
_HEX = re.compile(r"(?:[0-9a-f]{2})*")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class EncodingError(ValueError):
    """Bytes or values that are not what we would have written ourselves."""


_CONTAINERS = (dict, list, tuple, Mapping)
_SCALARS = frozenset({str, int, bool})
# Keys that were found good before: the same few names come again and again.
_GOOD_KEYS: set[str] = set()


def _check_key(key: object) -> None:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise EncodingError("object key is not 1-64 printable ASCII characters (E2)")
    if len(_GOOD_KEYS) < 10_000:  # bounded, whatever is read
        _GOOD_KEYS.add(key)


def _check_scalar(value: object) -> None:
    if type(value) is str:
        # Printable ASCII is all that hashes and ids hold, and needs no closer look.
        if not (value.isascii() and value.isprintable()):
            check_text(value)
    elif type(value) is int:
        if not -MAX_INT < value < MAX_INT:
            raise EncodingError("integer out of range (E1)")
    elif type(value) is not bool:
        raise EncodingError(f"a {type(value).__name__} has no canonical form (E1)")


def _check(value: Mapping[object, object] | Sequence[object], depth: int) -> None:
    """Refuse whatever E1-E4 refuse, at any depth of an object or array."""
    if depth > MAX_DEPTH:
        raise EncodingError("nested too deeply (E4)")
    if isinstance(value, dict | Mapping):
        for key in value:
            if key not in _GOOD_KEYS:
                _check_key(key)
        items: Iterable[object] = value.values()
    else:
        items = value
    for item in items:
        if type(item) in _SCALARS or not isinstance(item, _CONTAINERS):
            _check_scalar(item)
        else:
            _check(item, depth + 1)


def check_text(value: str) -> str:
    """Return `value` if E3 admits it, else raise EncodingError."""
    if len(value) > MAX_TEXT and not value.isascii():
        raise EncodingError(f"string of more than {MAX_TEXT} characters (E4)")
    odd = refused(value)
    if odd:
        raise EncodingError(f"character U+{ord(odd):04X} in a string (E3)")
    if not unicodedata.is_normalized("NFC", value):
        raise EncodingError("string is not in normalisation form C (E3)")
    return value


def encode(value: Json) -> bytes:
    """Return the canonical bytes of `value` (E1-E4); raise EncodingError for what has none."""
    if isinstance(value, _CONTAINERS):
        _check(value, 1)
    else:
        _check_scalar(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def decode(data: bytes) -> Json:
    """Return the value whose canonical bytes are `data` (E5); raise EncodingError for anything else."""
    if len(data) > MAX_FILE:
        raise EncodingError("larger than 64 MiB (E4)")
    try:
        value: Json = json.loads(data.decode("utf-8"))
        again = encode(value)
    except (ValueError, RecursionError) as error:
        if isinstance(error, EncodingError):
            raise
        raise EncodingError(f"not canonical JSON: {type(error).__name__} (E5)") from error
    if again != data:
        raise EncodingError("not in canonical form (E5)")
    return value


def decode_lines(data: bytes) -> list[bytes]:
    """Split a `.jsonl` file into its lines (E6), without their LF; each still has to be decoded."""
    if not data:
        return []
    if not data.endswith(b"\n"):
        raise EncodingError("last line is not ended by a line feed (E6)")
    return data[:-1].split(b"\n")


def tagged_hash(use: str, *fields: bytes) -> bytes:
    """H(use, f1, ..., fn) of E10: 32 bytes."""
    digest = hashlib.sha256(TAG + use.encode("ascii"))
    for field in fields:
        digest.update(len(field).to_bytes(8, "big"))
        digest.update(field)
    return digest.digest()


def u64(number: int) -> bytes:
    """Return `number`, 0 <= number < 2^64, as eight bytes big-endian."""
    return number.to_bytes(8, "big")


def unhex(value: object, length: int | None = None) -> bytes:
    """Return the bytes of a lower-case hexadecimal string (E7), of `length` bytes if one is given."""
    if not isinstance(value, str) or not _HEX.fullmatch(value) or (length is not None and len(value) != 2 * length):
        raise EncodingError(f"not {length if length is not None else 'any'} bytes of lower-case hexadecimal (E7)")
    return bytes.fromhex(value)


def format_time(moment: datetime) -> str:
    """Write an aware time as E8 does, in UTC, cut to seconds."""
    return moment.astimezone(UTC).strftime(_TIME)


def parse_time(value: object) -> datetime:
    """Read a time of E8 strictly."""
    if not isinstance(value, str):
        raise EncodingError("time is not a string (E8)")
    return _moment(value)


@lru_cache(maxsize=256)  # entries of one second follow each other
def _moment(value: str) -> datetime:
    try:
        moment = datetime.strptime(value, _TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise EncodingError("not a time YYYY-MM-DDThh:mm:ssZ (E8)") from error
    if format_time(moment) != value:
        raise EncodingError("not a time YYYY-MM-DDThh:mm:ssZ (E8)")
    return moment


def short_code(digest: bytes) -> str:
    """Return the code that people compare (E11): 80 bits of `digest` as XXXX-XXXX-XXXX-XXXX."""
    number = int.from_bytes(digest[:10], "big")
    letters = "".join(CROCKFORD[number >> shift & 31] for shift in range(75, -1, -5))
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))
