"""Timestamp responses of RFC 3161 as DER, made by hand, with a place to change every part."""

from __future__ import annotations

SHA_256 = "608648016503040201"
TST_INFO = "2a864886f70d0109100104"
SIGNED_DATA = "2a864886f70d010702"
POLICY = "2a0304"


def value(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(digits)]) + digits + content


def sequence(*parts: bytes) -> bytes:
    return value(0x30, b"".join(parts))


def oid(text: str) -> bytes:
    return value(0x06, bytes.fromhex(text))


def number(n: int) -> bytes:
    return value(0x02, bytes([n]))


NULL = value(0x05, b"")


def response(
    digest: bytes,
    status: int = 0,
    algorithm: str = SHA_256,
    parameters: bytes = NULL,
    content_type: str = SIGNED_DATA,
    encapsulated_type: str = TST_INFO,
    octets: int = 0x04,
    after_imprint: bytes = number(7) + value(0x18, b"20260825000000Z"),
    after_content: bytes = value(0xA0, b"certificates") + value(0x31, b""),
    with_token: bool = True,
    tail: bytes = b"",
    tail_inside: bytes = b"",
) -> bytes:
    imprint = sequence(sequence(oid(algorithm), parameters), value(0x04, digest))
    info = sequence(number(1), oid(POLICY), imprint, after_imprint)
    content = sequence(oid(encapsulated_type), value(0xA0, value(octets, info)))
    signed = sequence(number(3), value(0x31, sequence(oid(SHA_256), NULL)), content, after_content)
    token = sequence(oid(content_type), value(0xA0, signed)) if with_token else b""
    return sequence(sequence(number(status)), token, tail_inside) + tail
