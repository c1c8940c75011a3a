"""Binary quadratic forms in their only encoding (spec/ceremony.md C20, C21).

chiavdf's verifier accepts many byte strings for one form; whoever may choose among them chooses among seeds after
the delay. So nothing enters or leaves the delay without passing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import gcd, isqrt

SIZE = 100
A_BYTES, T_BYTES = 64, 32
WORD = 63  # leading bits that chiavdf's Euclid looks at
IDENTITY, GENERATOR = 0x04, 0x08


class FormError(ValueError):
    """Bytes that are not the encoding of a reduced form of this discriminant."""


@dataclass(frozen=True, slots=True)
class Form:
    """A reduced form (a, b, c) with b² - 4ac = D."""

    a: int
    b: int
    c: int


def generator(discriminant: int) -> Form:
    """x₀ = (2, 1, (1 - D) / 8), D = 1 mod 8."""
    return Form(2, 1, (1 - discriminant) // 8)


def _cofactor(a: int, b: int) -> int:
    """The cofactor of |b| where chiavdf's Euclid on (a, |b|) stops: at ⌊√a⌋, sometimes a step beyond (C21)."""
    bound = isqrt(a)
    r2, r1, t2, t1 = a, abs(b), 0, 1
    while r1 > bound:
        shift = max(r2.bit_length() - WORD, 0)
        (x2, y2), (x1, y1) = _steps(r2 >> shift, r1 >> shift, bound >> shift) or ((1, 0), (-(r2 // r1), 1))
        r2, r1, t2, t1 = y2 * r2 + x2 * r1, y1 * r2 + x1 * r1, y2 * t2 + x2 * t1, y1 * t2 + x1 * t1
        r2, t2 = (r2, t2) if r2 >= 0 else (-r2, -t2)
        r1, t1 = (r1, t1) if r1 >= 0 else (-r1, -t1)
    return t1


def _steps(p: int, q: int, bound: int) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Euclid on leading bits as far as they decide the quotients; None if they do not decide the first.

    Returns the last two remainders, each as its coefficients of the smaller and of the larger number begun with.
    """
    two, one = start = (0, 1), (1, 0)
    even = True
    while q > bound:
        k = p // q
        rest, x, y = p - k * q, two[0] - k * one[0], two[1] - k * one[1]
        least, most = (x, y - one[1]) if even else (y, x - one[0])
        if rest < -least or q - rest < most:
            break
        p, q, two, one, even = q, rest, one, (x, y), not even
    return (two, one) if (two, one) != start else None


def encode(form: Form) -> bytes:
    """The 100 bytes of a reduced form."""
    if form.b == 1 and form.a in (1, 2):
        return bytes([IDENTITY if form.a == 1 else GENERATOR]) + bytes(SIZE - 1)
    if form.a == form.b:
        a, t, g, b0 = form.a, 0, 0, 0
    else:
        t = _cofactor(form.a, form.b)
        g = gcd(form.a, t)
        a, t = form.a // g, t // g
        b0 = abs(form.b) // a if g > 1 else 0
    extra = max(1, (g.bit_length() + 7) // 8) - 1
    data = bytes([(form.b < 0) | (t < 0) << 1, extra])
    data += a.to_bytes(A_BYTES - extra, "little") + abs(t).to_bytes(T_BYTES - extra, "little")
    data += g.to_bytes(extra + 1, "little") + b0.to_bytes(extra + 1, "little")
    return data.ljust(SIZE, b"\0")


def decode(data: bytes, discriminant: int) -> Form:
    """Read 100 bytes strictly: decode, check that the form is reduced and of D, encode, compare (C21)."""
    if len(data) != SIZE:
        raise FormError(f"{len(data)} bytes instead of {SIZE}")
    if data[0] in (IDENTITY, GENERATOR):
        a, b = (1, 1) if data[0] == IDENTITY else (2, 1)
    else:
        a, b = _decompress(data, discriminant)
    c, rest = divmod(b * b - discriminant, 4 * a)
    if rest or not (-a < b <= a <= c and (b >= 0 or a != c)):
        raise FormError("not a reduced form of this discriminant")
    form = Form(a, b, c)
    if encode(form) != data:
        raise FormError("not the encoding of its form")
    return form


def _decompress(data: bytes, discriminant: int) -> tuple[int, int]:
    extra = data[1]
    if extra >= T_BYTES:
        raise FormError("size of g out of range")
    cuts = [2, 2 + A_BYTES - extra]
    cuts += [cuts[-1] + T_BYTES - extra]
    cuts += [cuts[-1] + extra + 1]
    cuts += [cuts[-1] + extra + 1]
    a, t, g, b0 = (int.from_bytes(data[i:j], "little") for i, j in pairwise(cuts))
    if not a:
        raise FormError("a is zero")
    if not t:
        return a, a
    if gcd(t, a) != 1:
        raise FormError("t has no inverse")
    t = -t if data[0] & 2 else t
    square = (t * t % a) * (discriminant % a) % a
    root = isqrt(square)
    if root * root != square:
        raise FormError("no square root")
    b = root * pow(t, -1, a) % a + a * b0
    return a * max(g, 1), -b if data[0] & 1 else b
