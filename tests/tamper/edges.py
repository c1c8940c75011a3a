"""Signatures and keys at the edges of E12 and E13, made and judged by the textbook: affine points, rule by rule.

`cases()` is the value of spec/vectors/encoding/ed25519.json.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Any, Dict, Iterator, List, Optional, Tuple

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # of -1
Point = Tuple[int, int]
IDENTITY: Point = (0, 1)


def add(one: Point, two: Point) -> Point:
    (x1, y1), (x2, y2) = one, two
    part = D * x1 * x2 * y1 * y2 % P
    return (x1 * y2 + x2 * y1) * pow(1 + part, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - part, -1, P) % P


def times(number: int, point: Point) -> Point:
    total = IDENTITY
    while number:
        total = add(total, point) if number & 1 else total
        point, number = add(point, point), number >> 1
    return total


def negative(point: Point) -> Point:
    return -point[0] % P, point[1]


def encode(point: Point, *, y_plus: int = 0, flip_sign: bool = False) -> bytes:
    sign = point[0] & 1 ^ flip_sign
    return (point[1] + y_plus | sign << 255).to_bytes(32, "little")


def decode(data: bytes) -> Optional[Point]:
    """RFC 8032, 5.1.3."""
    sign, y = data[31] >> 7, int.from_bytes(data, "little") & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * ROOT % P
    if x * x % P != square or (x == 0 and sign):
        return None
    return (x if x & 1 == sign else P - x, y)


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little")) or IDENTITY


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L


def is_valid(key: bytes, message: bytes, signature: bytes) -> bool:
    """E12, rule by rule."""
    if len(signature) != 64 or len(key) != 32:
        return False
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    points = [decode(r), decode(key)]
    if s >= L or any(point is None or times(8, point) == IDENTITY for point in points):
        return False
    made = add(times(s, BASE), negative(times(challenge(r, key, message), points[1] or IDENTITY)))
    return encode(made) == r


def is_sound(key: bytes) -> bool:
    """E12 for a key, and E13."""
    point = decode(key)
    return point is not None and times(8, point) != IDENTITY and times(L, point) == IDENTITY


# --- cases --------------------------------------------------------------------------------------------------------

SECRET = int.from_bytes(hashlib.sha512(b"secret").digest(), "little") % L
NONCE = int.from_bytes(hashlib.sha512(b"nonce").digest(), "little") % L


@functools.cache
def torsion() -> List[Point]:
    """The eight points of small order: the multiples of one of order 8."""
    seed = next(
        point
        for y in range(2, 100)
        if (point := decode(y.to_bytes(32, "little"))) and times(4, times(L, point)) != IDENTITY
    )
    generator = times(L, seed)
    return [times(i, generator) for i in range(8)]


def odd_encodings() -> Iterator[Tuple[str, bytes]]:
    """Every encoding of a point of small order that is not the canonical one."""
    for y, sign in ((0, 0), (0, 1), (1, 0), (1, 1)):
        yield f"y = p + {y}, sign {sign}", (P + y | sign << 255).to_bytes(32, "little")
    yield "y = 1, x = 0 with sign", (1 | 1 << 255).to_bytes(32, "little")
    yield "y = -1, x = 0 with sign", (P - 1 | 1 << 255).to_bytes(32, "little")


def odd_points() -> Iterator[Tuple[str, bytes]]:
    """Encodings with y of p and more, of points of large order and of none; and one that is no point."""
    for y in (3, 4, 18):
        yield f"y = p + {y}", (P + y).to_bytes(32, "little")
    yield "no point", next(data for y in range(2, 99) if decode(data := y.to_bytes(32, "little")) is None)
    yield "all ones", b"\xff" * 32


def sign(key: bytes, secret: int, message: bytes, r: bytes, nonce: int) -> bytes:
    return r + ((nonce + challenge(r, key, message) * secret) % L).to_bytes(32, "little")


def _message(key: bytes, r: bytes, wanted: int, modulus: int = 8) -> bytes:
    """A message whose k has that rest."""
    return next(m for i in range(1000) if challenge(r, key, m := b"message %d" % i) % modulus == wanted)


Case = Tuple[str, bytes, bytes, bytes]  # about, key, message, signature


def small_order() -> Iterator[Case]:
    """Equations that hold with A or R of small order."""
    for i, point in enumerate(torsion()):
        key = encode(point)
        for k in range(8):
            r = encode(negative(times(k, point)))
            yield f"A of small order {i}, k = {k}, S = 0", key, _message(key, r, k), r + bytes(32)
        r = encode(times(NONCE, BASE))
        yield f"A of small order {i}, R of large order", key, _message(key, r, 0), r + NONCE.to_bytes(32, "little")
        own, r = encode(times(SECRET, BASE)), encode(point)
        yield f"R of small order {i}", own, b"message", sign(own, SECRET, b"message", r, 0)
    own = encode(times(SECRET, BASE))
    for name, data in [*odd_encodings(), *odd_points()]:
        yield f"A: {name}", data, b"message", sign(data, 0, b"message", encode(times(NONCE, BASE)), NONCE)
        yield f"A and R: {name}", data, b"message", data + bytes(32)
        yield f"R: {name}", own, b"message", sign(own, SECRET, b"message", data, 0)


def mixed_order() -> Iterator[Case]:
    """A and R with a part of small order: with and without the cofactor these give different answers."""
    for i, part in enumerate(torsion()):
        mixed = encode(add(times(SECRET, BASE), part))
        own, plain = encode(times(SECRET, BASE)), times(NONCE, BASE)
        for k in range(8):
            r = encode(plain)
            yield f"A mixed {i}, k = {k}", mixed, (m := _message(mixed, r, k)), sign(mixed, SECRET, m, r, NONCE)
            r = encode(add(plain, negative(times(k, part))))
            yield f"A and R mixed {i}, k = {k}", mixed, (m := _message(mixed, r, k)), sign(mixed, SECRET, m, r, NONCE)
        r = encode(add(plain, part))
        yield f"R mixed {i}", own, b"message", sign(own, SECRET, b"message", r, NONCE)


def scalars() -> Iterator[Case]:
    """S out of range, and what is good."""
    key, r = encode(times(SECRET, BASE)), encode(times(NONCE, BASE))
    good = sign(key, SECRET, b"message", r, NONCE)
    s = int.from_bytes(good[32:], "little")
    yield "good", key, b"message", good
    for message in (b"", bytes(1000)):
        yield f"good, {len(message)} bytes", key, message, sign(key, SECRET, message, r, NONCE)
    for name, number in (("S + L", s + L), ("S + 2L", s + 2 * L), ("L - S", L - s), ("L", L), ("0", 0),
                         ("2^255 + S", 2**255 + s), ("2^256 - 1", 2**256 - 1)):  # fmt: skip
        yield f"S: {name}", key, b"message", r + number.to_bytes(32, "little")
    zero = encode(IDENTITY)
    yield "R is the identity, S = k a", key, b"message", sign(key, SECRET, b"message", zero, 0)
    yield "R with the other sign", key, b"message", encode(times(NONCE, BASE), flip_sign=True) + good[32:]
    yield "A with the other sign", encode(times(SECRET, BASE), flip_sign=True), b"message", good
    yield "another message", key, b"message.", good


def keys() -> Iterator[Tuple[str, bytes]]:
    yield "good", encode(times(SECRET, BASE))
    yield "base point", encode(BASE)
    for i, part in enumerate(torsion()):
        yield f"small order {i}", encode(part)
        yield f"mixed {i}", encode(add(times(SECRET, BASE), part))
    yield from odd_encodings()
    yield from odd_points()


@functools.cache
def cases() -> Dict[str, Any]:
    rows = [*scalars(), *mixed_order(), *small_order()]
    return {
        "rule": "E12, E13",
        "signatures": [
            {"about": about, "key": key.hex(), "message": m.hex(), "signature": s.hex(), "valid": is_valid(key, m, s)}
            for about, key, m, s in rows
        ],
        "keys": [{"about": about, "key": key.hex(), "sound": is_sound(key)} for about, key in keys()],
    }
