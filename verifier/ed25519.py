"""Ed25519 signatures by the strict rule of E12 and the keys of E13, in plain integers.

Nothing here is secret, so speed may depend on the values. A key is decoded once; a table of its
multiples then makes every further verification 64 additions, besides the 64 for the base point.

If PyNaCl is installed it is asked first. Only its yes counts, and only for S, A and R that were found good here: its
equation is that of E12. Whatever it refuses is decided by the integers.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Callable, List, Optional, Tuple

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
D2 = 2 * D % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = Tuple[int, int, int, int]  # extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z
Row = Tuple[Tuple[int, int, int], ...]  # multiples 1..8 as (y + x, y - x, 2dxy), Z = 1

IDENTITY: Point = (0, 1, 1, 0)


Sign = Callable[[bytes, bytes, bytes], bool]


def _fast() -> Optional[Sign]:
    """Verification by libsodium: key, message, signature; None if PyNaCl is not there."""
    try:
        from nacl.exceptions import BadSignatureError  # noqa: PLC0415 - it may be missing
        from nacl.signing import VerifyKey  # noqa: PLC0415
    except ImportError:
        return None

    def holds(key: bytes, message: bytes, signature: bytes) -> bool:
        try:
            VerifyKey(key).verify(message, signature)
        except (BadSignatureError, ValueError):
            return False
        return True

    return holds


libsodium = _fast()


def engine() -> str:
    """Who is asked first, for the report."""
    return "libsodium, integers" if libsodium is not None else "integers"


class KeyError25519(ValueError):
    """A key that E12 or E13 refuses."""


def _add(p: Point, q: Point) -> Point:
    x1, y1, z1, t1 = p
    x2, y2, z2, t2 = q
    a = (y1 - x1) * (y2 - x2) % P
    b = (y1 + x1) * (y2 + x2) % P
    c = t1 * D2 * t2 % P
    d = 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _double(p: Point) -> Point:
    x1, y1, z1, _ = p
    a = x1 * x1 % P
    b = y1 * y1 % P
    h = a + b
    e = h - (x1 + y1) ** 2 % P
    g = a - b
    f = 2 * z1 * z1 % P + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def decode_point(data: bytes) -> Optional[Point]:
    """The point of 32 bytes, or None if they are not canonical or not on the curve (E12)."""
    if len(data) != 32:
        return None
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7 % P, (P - 5) // 8, P) % P
    if v * x * x % P == -u % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if v * x * x % P != u:
        return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encode_point(p: Point) -> bytes:
    x, y, z, _ = p
    inverse = pow(z, -1, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _is_identity(p: Point) -> bool:
    x, y, z, _ = p
    return x % P == 0 and (y - z) % P == 0


def has_small_order(p: Point) -> bool:
    """Whether [8]P is the identity."""
    return _is_identity(_double(_double(_double(p))))


def _normalise(points: List[Point]) -> List[Tuple[int, int, int]]:
    """(y + x, y - x, 2dxy) of every point, with one inversion for all."""
    products = [1]
    for p in points:
        products.append(products[-1] * p[2] % P)
    inverse = pow(products[-1], -1, P)
    out: List[Tuple[int, int, int]] = []
    for i in range(len(points) - 1, -1, -1):
        x, y, z, _ = points[i]
        scale = inverse * products[i] % P
        inverse = inverse * z % P
        x, y = x * scale % P, y * scale % P
        out.append((y + x, y - x, D2 * x * y % P))
    out.reverse()
    return out


def _table(p: Point) -> List[Row]:
    """For each of 64 digits of four bits: the multiples 1..8 of 16^i P (digits run from -7 to 8)."""
    points: List[Point] = []
    for _ in range(64):
        multiple = p
        points.append(p)
        for _ in range(7):
            multiple = _add(multiple, p)
            points.append(multiple)
        p = _double(multiple)  # 16 P
    flat = _normalise(points)
    return [tuple(flat[i : i + 8]) for i in range(0, len(flat), 8)]


def _accumulate(total: Point, table: List[Row], scalar: int) -> Point:
    """Total + [scalar]P by the table of P; 0 <= scalar < 2^255."""
    x1, y1, z1, t1 = total
    for row in table:
        digit = scalar & 15
        scalar >>= 4
        if digit == 0:
            continue
        if digit > 8:
            scalar += 1
            minus, plus, t2 = row[15 - digit]
            t2 = -t2
        else:
            plus, minus, t2 = row[digit - 1]
        a = (y1 - x1) * minus % P
        b = (y1 + x1) * plus % P
        c = t1 * t2 % P
        d = 2 * z1
        e, f, g, h = b - a, d - c, d + c, b + a
        x1, y1, z1, t1 = e * f % P, g * h % P, f * g % P, e * h % P
    return x1, y1, z1, t1


def _base() -> Point:
    point = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    if point is None:
        raise AssertionError("the base point is a point")
    return point


@functools.lru_cache(maxsize=1)
def _base_table() -> List[Row]:
    return _table(_base())


class Key:
    """A decoded public key: canonical, on the curve, not of small order (E12)."""

    def __init__(self, data: bytes) -> None:
        point = decode_point(data)
        if point is None:
            raise KeyError25519("the key is not the canonical encoding of a point")
        if has_small_order(point):
            raise KeyError25519("the key has small order")
        self.data = data
        x, y, z, t = point
        self._negative = _table((P - x, y, z, P - t))

    def is_torsion_free(self) -> bool:
        """Whether [L]A is the identity (E13)."""
        return _is_identity(_accumulate(IDENTITY, self._negative, L))

    def verify(self, message: bytes, signature: bytes) -> bool:
        """The rule of E12, R and S included."""
        if len(signature) != 64:
            return False
        r, s = signature[:32], int.from_bytes(signature[32:], "little")
        if s >= L:
            return False
        if libsodium is not None and libsodium(self.data, message, signature):
            point = decode_point(r)
            return point is not None and not has_small_order(point)
        digest = hashlib.sha512(r + self.data + message).digest()
        k = int.from_bytes(digest, "little") % L
        total = _accumulate(_accumulate(IDENTITY, _base_table(), s), self._negative, k)
        # Equal bytes mean that R is the canonical encoding of this very point, so only its order is left to look at.
        return encode_point(total) == r and not has_small_order(total)


# A table takes about 130 KB, hence the limit.
@functools.lru_cache(maxsize=256)
def _cached(data: bytes) -> Optional[Key]:
    try:
        return Key(data)
    except KeyError25519:
        return None


@functools.lru_cache(maxsize=4096)
def is_sound_key(data: bytes) -> bool:
    """Whether a key may stand in a ledger, header, plan or trust file (E12, E13)."""
    key = _cached(data)
    return key is not None and key.is_torsion_free()


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is valid by E12; a key that E12 refuses verifies nothing."""
    decoded = _cached(key)
    return decoded is not None and decoded.verify(message, signature)
