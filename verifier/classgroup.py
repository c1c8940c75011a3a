"""Class groups of binary quadratic forms and Wesolowski's proof (C19-C22), in plain integers.

A form is (a, b, c) with b*b - 4*a*c = D < 0. -D is always prime here, so that a and b have no common factor.
Composition is Shanks' NUCOMP and NUDUPL, which keep all intermediate numbers near the size of the result.
"""

from __future__ import annotations

import functools
import hashlib
import math
from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Sequence, Tuple

FORM_BYTES = 100
BITS = 1024
WINDOW = 2  # bits of both exponents taken at a time


class DelayError(ValueError):
    """A discriminant, encoding or proof that C19-C22 refuse."""


class Form(NamedTuple):
    a: int
    b: int
    c: int


# --- primes -------------------------------------------------------------------------------------------------------

TRIAL_BOUND = 60_000
BASES = [p for p in range(2, 174) if all(p % q for q in range(2, math.isqrt(p) + 1))]  # the first 40 primes


@functools.lru_cache(maxsize=1)
def _small_primes() -> Tuple[FrozenSet[int], int]:
    """The primes below TRIAL_BOUND and their product: one gcd with it does for all trial divisions."""
    sieve = bytearray([1]) * TRIAL_BOUND
    for p in range(2, math.isqrt(TRIAL_BOUND) + 1):
        if sieve[p]:
            sieve[p * p :: p] = bytes(len(range(p * p, TRIAL_BOUND, p)))
    primes = [p for p in range(2, TRIAL_BOUND) if sieve[p]]
    return frozenset(primes), math.prod(primes)


def is_prime(n: int) -> bool:
    """Trial division, then Miller-Rabin with the first primes as bases (C19).

    For random numbers of 600 bits or more a single base errs with less than 2^-75 (Damgard, Landrock, Pomerance), so
    16 are plenty; below that all 40 are used.
    """
    if n < 2:
        return False
    primes, product = _small_primes()
    if math.gcd(product % n, n) != 1:
        return n in primes
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd //= 2
        twos += 1
    bases = BASES if n.bit_length() < 600 else BASES[:16]
    return all(_is_strong_probable_prime(n, base, odd, twos) for base in bases)


def _is_strong_probable_prime(n: int, base: int, odd: int, twos: int) -> bool:
    x = pow(base, odd, n)
    if x in (1, n - 1):
        return True
    for _ in range(twos - 1):
        x = x * x % n
        if x == n - 1:
            return True
    return False


def hash_prime(seed: bytes, bits: int, ones: Iterable[int]) -> int:
    """prime(seed, bits, ones) of C19."""
    mask = 1
    for bit in ones:
        mask |= 1 << bit
    state, wrap, size = int.from_bytes(seed, "big"), 1 << 8 * len(seed), bits // 8
    while True:
        blob = b""
        while len(blob) < size:
            state = (state + 1) % wrap
            blob += hashlib.sha256(state.to_bytes(len(seed), "big")).digest()
        candidate = int.from_bytes(blob[:size], "big") | mask
        if is_prime(candidate):
            return candidate


def discriminant(challenge: bytes, bits: int = BITS) -> int:
    """D of C19, negative and 1 modulo 8."""
    return -hash_prime(challenge, bits, (0, 1, 2, bits - 1))


# --- forms --------------------------------------------------------------------------------------------------------


def identity(d: int) -> Form:
    return Form(1, 1, (1 - d) // 4)


def generator(d: int) -> Form:
    """x0 of C20."""
    return Form(2, 1, (1 - d) // 8)


def is_reduced(form: Form) -> bool:
    a, b, c = form
    return -a < b <= a <= c and (b >= 0 or a != c)


def reduce_form(a: int, b: int, c: int) -> Form:
    """The reduced form equivalent to (a, b, c), a > 0."""
    while True:
        q, r = divmod(b, 2 * a)
        if r > a:
            q, r = q + 1, r - 2 * a
        b, c = r, c - q * ((b + r) // 2)
        if a < c or (a == c and b >= 0):
            return Form(a, b, c)
        a, b, c = c, -b, a


def _partial_euclid(r2: int, r1: int, bound: int) -> Tuple[int, int, int, int]:
    """Euclid on (r2, r1) until r1 <= bound: the two remainders and the two cofactors of r1."""
    co2, co1 = 0, -1
    while r1 and r1 > bound:
        q, r = divmod(r2, r1)
        r2, r1 = r1, r
        co2, co1 = co1, co2 - q * co1
    return r2, r1, co2, co1


def square(form: Form, bound: int) -> Form:
    """NUDUPL; `bound` is the fourth root of |D|. gcd(a, b) = 1 because -D is prime."""
    a, b, c = form
    if a == 1:
        return form
    # y*b = 1 mod a, then the partial reduction of (a, y*c mod a)
    bx, by = pow(b, -1, a) * c % a, a
    x, y, odd = 1, 0, False
    while by > bound and bx:
        q, r = divmod(by, bx)
        by, bx = bx, r
        x, y = y - q * x, x
        odd = not odd
    if odd:
        by, y = -by, -y
    if y == 0:
        dx = (bx * b - c) // by
        a3, c3 = by * by, bx * bx
        t = bx + by
        return reduce_form(a3, b - t * t + a3 + c3, c3 - dx)
    dx = (bx * b - c * x) // a
    q1 = dx * y
    dy = q1 + b
    b3 = dy + q1
    dy //= x
    a3, c3 = by * by, bx * bx
    t = bx + by
    return reduce_form(a3 - y * dy, b3 - t * t + a3 + c3, c3 - x * dx)


def multiply(f: Form, g: Form, d: int, bound: int) -> Form:
    """NUCOMP of two reduced forms of discriminant d."""
    if f.a > g.a:
        f, g = g, f
    a1, a2, b2, c2 = f.a, g.a, g.b, g.c
    s, m = (f.b + g.b) // 2, (f.b - g.b) // 2
    residue = a2 % a1
    common = math.gcd(residue, a1)  # a1 itself if the residue is 0
    k = m * _inverse(residue // common, a1 // common) % a1
    if common != 1:
        whole, v, u = _xgcd(s, common)
        k = k * u - v * c2
        a1 //= whole
        a2 //= whole
        c2 *= whole
        k %= a1
    if a1 < bound:
        t = a2 * k
        return reduce_form(a2 * a1, 2 * t + b2, ((b2 + t) * k + c2) // a1)
    _, r1, co2, co1 = _partial_euclid(a1, k, bound)
    t = a2 * r1
    m1, m2 = (m * co1 + t) // a1, (s * r1 - c2 * co1) // a1
    a = r1 * m1 - co1 * m2 if co1 < 0 else co1 * m2 - r1 * m1
    b = 2 * ((t - a * co2) // co1) - b2
    if a < 0:
        a = -a
    b %= 2 * a
    return reduce_form(a, b, (b * b - d) // (4 * a))


def _inverse(value: int, modulus: int) -> int:
    return pow(value, -1, modulus) if modulus > 1 else 0


def _xgcd(x: int, y: int) -> Tuple[int, int, int]:
    """(g, v, u) with v*x + u*y = g = gcd(x, y) >= 0."""
    r0, r1, v0, v1, u0, u1 = x, y, 1, 0, 0, 1
    while r1:
        q = r0 // r1
        r0, r1, v0, v1, u0, u1 = r1, r0 - q * r1, v1, v0 - q * v1, u1, u0 - q * u1
    return (r0, v0, u0) if r0 >= 0 else (-r0, -v0, -u0)


def fourth_root(d: int) -> int:
    return math.isqrt(math.isqrt(-d))


def power_product(p: Form, n: int, q: Form, m: int, d: int) -> Form:
    """p^n * q^m, both exponents read together from the top (Shamir), WINDOW bits at a time."""
    bound = fourth_root(d)
    width = 1 << WINDOW
    one = identity(d)
    columns = [one, q]
    while len(columns) < width:
        columns.append(multiply(columns[-1], q, d, bound))
    table: Dict[Tuple[int, int], Form] = {(0, j): form for j, form in enumerate(columns)}
    for i in range(1, width):
        for j in range(width):
            table[i, j] = multiply(table[i - 1, j], p, d, bound)
    steps = (max(n.bit_length(), m.bit_length()) + WINDOW - 1) // WINDOW
    total = one
    for step in range(steps - 1, -1, -1):
        for _ in range(WINDOW):
            total = square(total, bound)
        pair = (n >> step * WINDOW & (width - 1), m >> step * WINDOW & (width - 1))
        if pair != (0, 0):
            total = multiply(total, table[pair], d, bound)
    return total


# --- encoding -----------------------------------------------------------------------------------------------------


def encode_form(form: Form) -> bytes:
    """Enc of C21, for a reduced form of a discriminant of 1024 bits."""
    a, b, _ = form
    if (a, b) == (1, 1):
        return b"\x04" + bytes(FORM_BYTES - 1)
    if (a, b) == (2, 1):
        return b"\x08" + bytes(FORM_BYTES - 1)
    if a == b:
        small_a, t, g, b0 = a, 0, 0, 0
    else:
        t = _short_cofactor(a, abs(b))
        g = math.gcd(a, t)
        small_a, t = a // g, t // g
        b0 = abs(b) // small_a if g > 1 else 0
    e = max((g.bit_length() + 7) // 8 - 1, 0)
    head = bytes([(b < 0) | (t < 0) << 1, e])
    fields = ((small_a, 64 - e), (abs(t), 32 - e), (g, e + 1), (b0, e + 1))
    try:
        body = b"".join(number.to_bytes(size, "little") for number, size in fields)
    except OverflowError:
        raise DelayError("a form that the encoding cannot hold") from None
    return (head + body).ljust(FORM_BYTES, b"\0")


def _short_cofactor(a: int, b: int) -> int:
    """T with a*s + b*t = a remainder of Euclid on (a, b) near the root of a, by the steps of C21."""
    root = math.isqrt(a)
    r0, r1, t0, t1 = a, b, 0, 1
    while r1 > root:
        s = max(0, r0.bit_length() - 63)
        x0, y0, x1, y1 = _leading_steps(r0 >> s, r1 >> s, root >> s)
        if y1 == 0:  # not even the first quotient is sure from the leading bits
            q, r = divmod(r0, r1)
            r0, r1, t0, t1 = r1, r, t1, t0 - q * t1
            continue
        r0, r1 = y0 * r0 + x0 * r1, y1 * r0 + x1 * r1
        t0, t1 = y0 * t0 + x0 * t1, y1 * t0 + x1 * t1
        if r0 < 0:
            r0, t0 = -r0, -t0
        if r1 < 0:
            r1, t1 = -r1, -t1
    return t1


def _leading_steps(p: int, q: int, m: int) -> Tuple[int, int, int, int]:
    """Step 2 of C21: x, y, x', y' when it stops."""
    x0, y0, x1, y1 = 0, 1, 1, 0
    odd = False
    while q > m:
        k, p2 = divmod(p, q)
        x2, y2 = x0 - k * x1, y0 - k * y1
        if (odd and (p2 < -y2 or q - p2 < x2 - x1)) or (not odd and (p2 < -x2 or q - p2 < y2 - y1)):
            break
        p, q, x0, x1, y0, y1, odd = q, p2, x1, x2, y1, y2, not odd
    return x0, y0, x1, y1


def decode_form(data: bytes, d: int) -> Form:
    """The form of 100 bytes. Only the one encoding of a reduced form is accepted (C21)."""
    if len(data) != FORM_BYTES:
        raise DelayError("an encoding that is not 100 bytes")
    form = _decode_leniently(data, d)
    if form.b * form.b - 4 * form.a * form.c != d:
        raise DelayError("a form of another discriminant")
    if not is_reduced(form):
        raise DelayError("a form that is not reduced")
    if encode_form(form) != data:
        raise DelayError("not the only encoding of its form")
    return form


def _decode_leniently(data: bytes, d: int) -> Form:
    if data[0] & 4:
        return identity(d)
    if data[0] & 8:
        return generator(d)
    e = data[1]
    if e > 31:
        raise DelayError("a size of g that does not fit")
    ends = (2, 66 - e, 98 - 2 * e, 99 - e, 100)
    small_a, t, g, b0 = (int.from_bytes(data[i:j], "little") for i, j in zip(ends, ends[1:]))
    if small_a == 0:
        raise DelayError("a form with a = 0")
    if t == 0:
        a, b = small_a, small_a
    else:
        if math.gcd(t, small_a) != 1:
            raise DelayError("t has no inverse")
        u = t * t % small_a * (d % small_a) % small_a
        root = math.isqrt(u)
        if root * root != u:
            raise DelayError("not the square of a number")
        signed_t = -t if data[0] & 2 else t
        a = small_a * g if g else small_a
        b = root * _inverse(signed_t % small_a, small_a) % small_a + small_a * b0
        b = -b if data[0] & 1 else b
    c, rest = divmod(b * b - d, 4 * a)
    if rest:
        raise DelayError("c is not whole")
    return Form(a, b, c)


# --- proof --------------------------------------------------------------------------------------------------------


def verify_segment(d: int, x: Form, y: Form, proof: Form, iterations: int) -> bool:
    """Whether y = x^(2^iterations) by the proof (C20)."""
    b = hash_prime(encode_form(x) + encode_form(y), 264, (263,))
    return power_product(proof, b, x, pow(2, iterations, b), d) == y


def verify_delay(challenge: bytes, iterations: int, segments: Sequence[Tuple[bytes, bytes]]) -> List[str]:
    """What is wrong with the segments (y, proof) of a delay of `iterations` squarings: one text a segment, "" if good.

    A segment behind one whose y cannot be decoded cannot be good either (C22).
    """
    d = discriminant(challenge)
    if not segments:
        raise DelayError("no segment")
    steps, rest = divmod(iterations, len(segments))
    if rest or steps < 1:
        raise DelayError("the number of segments does not divide the iterations")
    x = generator(d)
    out: List[str] = []
    for encoded_y, encoded_proof in segments:
        try:
            y = decode_form(encoded_y, d)
            proof = decode_form(encoded_proof, d)
        except DelayError as error:
            out.append(str(error))
            return out + ["the segment before is broken"] * (len(segments) - len(out))
        out.append("" if verify_segment(d, x, y, proof, steps) else "the proof does not hold")
        x = y
    return out
