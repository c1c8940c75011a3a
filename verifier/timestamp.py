"""What an RFC 3161 response says was stamped (L20), read strictly. The authority's signature is not looked at.

Only the way down to the imprint is read, and every step of it by one call, so that no input can nest deeper.
"""

from __future__ import annotations

from typing import List, NamedTuple, Tuple

INTEGER, OCTETS, NULL, OBJECT_ID, SEQUENCE, SET, CONTEXT_0, TIME = 0x02, 0x04, 0x05, 0x06, 0x30, 0x31, 0xA0, 0x18
GRANTED = 0
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
TST_INFO = bytes.fromhex("2a864886f70d0109100104")  # 1.2.840.113549.1.9.16.1.4
SHA_256 = bytes.fromhex("608648016503040201")  # 2.16.840.1.101.3.4.2.1


class TimestampError(ValueError):
    """A response that L20 does not allow."""


class Value(NamedTuple):
    tag: int
    content: bytes


def values(data: bytes) -> List[Value]:
    """All values that stand one after another in DER, one level deep. TimestampError if bytes are left."""
    out, at = [], 0
    while at < len(data):
        tag = data[at]
        if tag & 31 == 31:
            raise TimestampError("a tag of more than one byte")
        size, begin = _length(data, at + 1)
        if begin + size > len(data):
            raise TimestampError("a value that is cut off")
        out.append(Value(tag, data[begin : begin + size]))
        at = begin + size
    return out


def _length(data: bytes, at: int) -> Tuple[int, int]:
    """(length, where the content begins), in the only form DER has for it."""
    if at >= len(data):
        raise TimestampError("a value that is cut off")
    first = data[at]
    if first < 128:
        return first, at + 1
    count = first & 127
    digits = data[at + 1 : at + 1 + count]
    if not 1 <= count <= 4 or len(digits) != count:
        raise TimestampError("a length of another form")
    size = int.from_bytes(digits, "big")
    if size < 128 or digits[0] == 0:
        raise TimestampError("a length that is not the shortest")
    return size, at + 1 + count


def _members(data: bytes, tags: List[int], *, more: bool = False) -> List[bytes]:
    """The contents of values that must have these tags. `more`: others may follow."""
    found = values(data)
    if [value.tag for value in found[: len(tags)]] != tags or (len(found) > len(tags) and not more):
        raise TimestampError("not the structure of a timestamp response")
    return [value.content for value in found]


def imprint(response: bytes) -> bytes:
    """The SHA-256 hash that a granted response stamps. TimestampError if there is none."""
    (whole,) = _members(response, [SEQUENCE])
    status, token = _status_and_token(whole)
    if status != GRANTED:
        raise TimestampError("the authority did not grant it: status %d" % status)
    kind, content = _members(token, [OBJECT_ID, CONTEXT_0])
    if kind != SIGNED_DATA:
        raise TimestampError("a token that is not signed data")
    (signed,) = _members(content, [SEQUENCE])
    encapsulated = _members(signed, [INTEGER, SET, SEQUENCE], more=True)[2]
    kind, content = _members(encapsulated, [OBJECT_ID, CONTEXT_0])
    if kind != TST_INFO:
        raise TimestampError("a token that holds no timestamp")
    (info,) = _members(content, [OCTETS])
    (stamped,) = _members(info, [SEQUENCE])
    # version, policy, imprint, serial number, time; what may follow says nothing here
    return _sha256(_members(stamped, [INTEGER, OBJECT_ID, SEQUENCE, INTEGER, TIME], more=True)[2])


def _status_and_token(whole: bytes) -> Tuple[int, bytes]:
    """PKIStatus as a number, and the content of the token; a refusal has none."""
    found = values(whole)
    if not found or found[0].tag != SEQUENCE:
        raise TimestampError("not the structure of a timestamp response")
    status = _members(found[0].content, [INTEGER], more=True)[0]
    if len(status) != 1:
        raise TimestampError("a status that is no small number")
    token = b"" if status[0] != GRANTED else _members(whole, [SEQUENCE, SEQUENCE])[1]
    return status[0], token


def _sha256(message_imprint: bytes) -> bytes:
    algorithm, digest = _members(message_imprint, [SEQUENCE, OCTETS])
    parameters = _members(algorithm, [OBJECT_ID], more=True)
    if parameters[0] != SHA_256 or values(algorithm)[1:] not in ([], [Value(NULL, b"")]):
        raise TimestampError("an imprint by another hash than SHA-256")
    if len(digest) != 32:
        raise TimestampError("an imprint of %d bytes" % len(digest))
    return digest
