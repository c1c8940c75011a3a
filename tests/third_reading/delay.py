"""The delay function as spec/ceremony.md describes it (C19-C21): forms, their encoding, Wesolowski's proof.

Part of the third reading, see replay.py; it knows nothing of records. Standard library only.
"""

from __future__ import annotations

import hashlib
import math
from typing import NamedTuple


class EncodingError(ValueError):
    """The bytes are not the encoding of a form (C21)."""


def require(condition: object, what: str) -> None:
    if not condition:
        raise EncodingError(what)


SMALL_PRIMES = [n for n in range(3, 2000, 2) if all(n % d for d in range(3, math.isqrt(n) + 1, 2))]


def is_prime(n: int) -> bool:
    """Miller-Rabin with the first 40 odd primes as bases, after division by small primes; n is odd and large."""
    if any(n % p == 0 for p in SMALL_PRIMES):
        return False
    twos = ((n - 1) & (1 - n)).bit_length() - 1
    odd = (n - 1) >> twos
    return all(
        pow(base, odd, n) == 1 or any(pow(base, odd << i, n) == n - 1 for i in range(twos))
        for base in SMALL_PRIMES[:40]
    )


def prime(seed: bytes, bits: int, ones: set[int]) -> int:
    """C19; bit 0 is the least significant."""
    s, modulus = int.from_bytes(seed, "big"), 1 << 8 * len(seed)
    while True:
        blob = b""
        while len(blob) < bits // 8:
            s = (s + 1) % modulus
            blob += hashlib.sha256(s.to_bytes(len(seed), "big")).digest()
        p = int.from_bytes(blob[: bits // 8], "big")
        for bit in ones | {0}:
            p |= 1 << bit
        if is_prime(p):
            return p


class Form(NamedTuple):
    """A binary quadratic form of discriminant b^2 - 4ac."""

    a: int
    b: int
    c: int


def reduced(a: int, b: int, c: int) -> Form:
    """The reduced form of a class: -a < b <= a <= c, b >= 0 if a = c."""
    while True:
        q = (a - b) // (2 * a)
        b, c = b + 2 * q * a, c + q * (b + q * a)
        if a < c or (a == c and b >= 0):
            return Form(a, b, c)
        a, b, c = c, -b, a


def euclid(a: int, b: int) -> tuple[int, int]:
    """(g, u) with g = gcd(a, b) and u a = g modulo b."""
    g = math.gcd(a, b)
    return g, pow(a // g, -1, b // g)


def compose(f: Form, g: Form) -> Form:
    """Gauss's composition (Cohen, A Course in Computational Algebraic Number Theory, algorithm 5.4.7)."""
    half = (f.b + g.b) // 2
    d, y1 = euclid(g.a, f.a)
    x2, y2, d1 = 0, -1, d
    if half % d:
        d1, x2 = euclid(half, d)
        y2 = -((d1 - x2 * half) // d)
    v1, v2 = f.a // d1, g.a // d1
    r = (y1 * y2 * (g.b - half) - x2 * g.c) % v1
    return reduced(v1 * v2, g.b + 2 * v2 * r, (g.c * d1 + r * (g.b + v2 * r)) // v1)


def power_product(f: Form, m: int, g: Form, n: int, identity: Form) -> Form:
    """f^m g^n, both exponents at once."""
    factors, result = {(1, 0): f, (0, 1): g, (1, 1): compose(f, g)}, identity
    for i in reversed(range(max(m.bit_length(), n.bit_length()))):
        result = compose(result, result)
        bits = (m >> i & 1, n >> i & 1)
        if bits != (0, 0):
            result = compose(result, factors[bits])
    return result


def cofactor(a: int, b: int) -> int:
    """t of C21: Euclid that decides by 63 leading bits."""
    limit = math.isqrt(a)
    rows = [[a, 0], [b, 1]]  # remainder and its t
    while rows[1][0] > limit:
        s = max(0, rows[0][0].bit_length() - 63)
        p, q, m = rows[0][0] >> s, rows[1][0] >> s, limit >> s
        xy = [[0, 1], [1, 0]]
        i = 0
        while q > m:
            k = p // q
            new = [xy[0][0] - k * xy[1][0], xy[0][1] - k * xy[1][1]]
            rest = p - k * q
            if rest < -new[i % 2] or q - rest < new[1 - i % 2] - xy[1][1 - i % 2]:
                break
            p, q, xy, i = q, rest, [xy[1], new], i + 1
        if i == 0:
            xy = [[1, 0], [-(rows[0][0] // rows[1][0]), 1]]
        rows = [[y * old + x * new for old, new in zip(*rows, strict=True)] for x, y in xy]
        rows = [[-r, -t] if r < 0 else [r, t] for r, t in rows]
    return rows[1][1]


def enc(form: Form) -> bytes:
    """the one encoding of a form."""
    a, b = form.a, form.b
    if b == 1 and a in {1, 2}:
        return bytes([4 * a]) + bytes(99)
    t, g, b0 = 0, 0, 0
    if a != b:
        t = cofactor(a, abs(b))
        g = math.gcd(a, t)
        a, t = a // g, t // g
        b0 = abs(b) // a if g > 1 else 0
    e = max((g.bit_length() + 7) // 8, 1) - 1
    sizes = ((a, 64 - e), (abs(t), 32 - e), (g, e + 1), (b0, e + 1))
    return bytes([(b < 0) + 2 * (t < 0), e]) + b"".join(number.to_bytes(size, "little") for number, size in sizes)


def numbers(data: bytes) -> tuple[int, int, int, int]:
    """a', t' with its sign, g and b0 of an encoding."""
    e, result, at = data[1], [], 2
    require(e < 32, "e")
    for size in (64 - e, 32 - e, e + 1, e + 1):
        result.append(int.from_bytes(data[at : at + size], "little"))
        at += size
    return result[0], -result[1] if data[0] & 2 else result[1], result[2], result[3]


def dec(data: bytes, d: int) -> Form:
    """the form of discriminant d with exactly this encoding; ValueError or Unreadable if there is none."""
    if data[0] & 12:
        a = b = 1
        a += data[0] >> 3 & 1
    else:
        a1, t, g, b0 = numbers(data)
        a = b = a1
        require(a1 > 0, "a'")
        if t:
            u = t * t * d % a1
            w = math.isqrt(u)
            require(w * w == u, "square")
            b, a = w * pow(t, -1, a1) % a1 + a1 * b0, a1 * max(g, 1)
        b = -b if data[0] & 1 else b
    c, rest = divmod(b * b - d, 4 * a)
    require(rest == 0 and reduced(a, b, c) == (a, b, c), "reduced")
    require(enc(Form(a, b, c)) == data, "encoding")
    return Form(a, b, c)


def proven(x: Form, y: Form, proof: Form, t: int, d: int) -> bool:
    """C20: y = x^(2^t)."""
    b = prime(enc(x) + enc(y), 264, {263})
    return power_product(proof, b, x, pow(2, t, b), Form(1, 1, (1 - d) // 4)) == y
