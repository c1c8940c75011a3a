"""ML-DSA-44 signature verification (FIPS 204, pure, empty context), in plain integers.

Nothing here is secret, so speed may depend on the values. Docstrings name the algorithms of FIPS 204 that are followed.
A polynomial is a list of 256 coefficients modulo Q, in the order of the standard.
"""

from __future__ import annotations

import functools
import hashlib
from typing import List, Optional, Tuple

Q = 8380417
D = 13  # dropped bits of t
TAU = 39  # coefficients of the challenge that are not zero
GAMMA1 = 2**17
GAMMA2 = (Q - 1) // 88
ROWS = COLUMNS = 4  # k and l
BETA = 78
OMEGA = 80  # hints in a signature at most
N = 256
STEPS = (Q - 1) // (2 * GAMMA2)  # values of the high bits: 44

CHALLENGE = 32  # bytes of the commitment hash
SEED = 32
Z_BITS, T1_BITS, W1_BITS = 18, 10, 6
Z_BYTES, T1_BYTES = N * Z_BITS // 8, N * T1_BITS // 8
KEY_BYTES = SEED + ROWS * T1_BYTES  # 1,312
SIGNATURE_BYTES = CHALLENGE + COLUMNS * Z_BYTES + OMEGA + ROWS  # 2,420

Polynomial = List[int]


def _zetas() -> List[int]:
    """1753^BitRev8(m) modulo Q (Appendix B)."""
    return [pow(1753, int("{:08b}".format(m)[::-1], 2), Q) for m in range(N)]


ZETAS = _zetas()
INVERSE_OF_N = pow(N, -1, Q)


def _shake256(data: bytes, size: int) -> bytes:
    return hashlib.shake_256(data).digest(size)


# --- number theoretic transform -----------------------------------------------------------------------------------


def ntt(polynomial: Polynomial) -> Polynomial:
    """Algorithm 41."""
    w, m, length = list(polynomial), 0, 128
    while length >= 1:
        for start in range(0, N, 2 * length):
            m += 1
            zeta = ZETAS[m]
            for j in range(start, start + length):
                t = zeta * w[j + length] % Q
                w[j], w[j + length] = (w[j] + t) % Q, (w[j] - t) % Q
        length //= 2
    return w


def inverse_ntt(transformed: Polynomial) -> Polynomial:
    """Algorithm 42."""
    w, m, length = list(transformed), N, 1
    while length < N:
        for start in range(0, N, 2 * length):
            m -= 1
            zeta = -ZETAS[m]
            for j in range(start, start + length):
                a, b = w[j], w[j + length]
                w[j], w[j + length] = (a + b) % Q, zeta * (a - b) % Q
        length *= 2
    return [value * INVERSE_OF_N % Q for value in w]


# --- bytes to values and back -------------------------------------------------------------------------------------


def _unpack(data: bytes, bits: int) -> List[int]:
    """Algorithm 18: 256 numbers of so many bits."""
    number, mask = int.from_bytes(data, "little"), (1 << bits) - 1
    return [number >> bits * i & mask for i in range(N)]


def _pack(values: List[int], bits: int) -> bytes:
    """Algorithm 16."""
    number = 0
    for value in reversed(values):
        number = number << bits | value
    return number.to_bytes(N * bits // 8, "little")


def _unpack_hints(data: bytes) -> Optional[List[List[int]]]:
    """Algorithm 21: the places of the ones in every row, or None unless this is their only encoding."""
    rows, index = [], 0
    for i in range(ROWS):
        end = data[OMEGA + i]
        if end < index or end > OMEGA:
            return None
        row = list(data[index:end])
        if any(a >= b for a, b in zip(row, row[1:])):
            return None
        rows.append(row)
        index = end
    return None if any(data[index:OMEGA]) else rows


def _decode_signature(data: bytes) -> Optional[Tuple[bytes, List[Polynomial], List[List[int]]]]:
    """Algorithm 27: commitment hash, response with small signed coefficients, hints."""
    hints = _unpack_hints(data[CHALLENGE + COLUMNS * Z_BYTES :])
    if hints is None:
        return None
    z = []
    for i in range(COLUMNS):
        at = CHALLENGE + i * Z_BYTES
        z.append([GAMMA1 - value for value in _unpack(data[at : at + Z_BYTES], Z_BITS)])  # Algorithm 19
    return data[:CHALLENGE], z, hints


# --- sampling -----------------------------------------------------------------------------------------------------


def _uniform(seed: bytes) -> Polynomial:
    """Algorithm 30 with 14: coefficients below Q from three bytes each, others left out."""
    size = 1024
    while True:
        stream = hashlib.shake_128(seed).digest(size)
        triples = (stream[i] | stream[i + 1] << 8 | (stream[i + 2] & 127) << 16 for i in range(0, size - 2, 3))
        values = [value for value in triples if value < Q]
        if len(values) >= N:
            return values[:N]
        size *= 2


def _challenge(seed: bytes) -> Polynomial:
    """Algorithm 29: 39 coefficients 1 or -1, the others 0."""
    size = 512
    while True:
        stream = _shake256(seed, size)
        found = _place_signs(int.from_bytes(stream[:8], "little"), stream[8:])
        if found is not None:
            return found
        size *= 2


def _place_signs(signs: int, places: bytes) -> Optional[Polynomial]:
    """None if there are too few bytes."""
    c, at = [0] * N, 0
    for number, i in enumerate(range(N - TAU, N)):
        while at < len(places) and places[at] > i:
            at += 1
        if at == len(places):
            return None
        j = places[at]
        at += 1
        c[i] = c[j]
        c[j] = -1 if signs >> number & 1 else 1
    return c


# --- verification -------------------------------------------------------------------------------------------------


class _Key:
    """A public key, expanded (Algorithms 23 and 32)."""

    def __init__(self, data: bytes) -> None:
        rho = data[:SEED]
        self.matrix = [[_uniform(rho + bytes([s, r])) for s in range(COLUMNS)] for r in range(ROWS)]
        parts = [data[SEED + r * T1_BYTES : SEED + (r + 1) * T1_BYTES] for r in range(ROWS)]
        self.t1 = [ntt([value << D for value in _unpack(part, T1_BITS)]) for part in parts]
        self.tr = _shake256(data, 64)


@functools.lru_cache(maxsize=64)
def _expanded(data: bytes) -> _Key:
    return _Key(data)


def _use_hint(value: int, *, hint: bool) -> int:
    """Algorithms 36 and 40: the high bits of a value, corrected by the hint."""
    low = value % (2 * GAMMA2)
    if low > GAMMA2:
        low -= 2 * GAMMA2
    if value - low == Q - 1:
        high, low = 0, low - 1
    else:
        high = (value - low) // (2 * GAMMA2)
    if not hint:
        return high
    return (high + (1 if low > 0 else -1)) % STEPS


def _high_bits(row: Polynomial, ones: List[int]) -> bytes:
    """A row of Algorithm 28."""
    places = set(ones)
    return _pack([_use_hint(value, hint=i in places) for i, value in enumerate(row)], W1_BITS)


def _commitment_row(matrix_row: List[Polynomial], z: List[Polynomial], c: Polynomial, t1: Polynomial) -> Polynomial:
    """One row of A z - c t1, all transformed (line 9 of Algorithm 8)."""
    total = [-a * b for a, b in zip(c, t1)]
    for entry, column in zip(matrix_row, z):
        total = [value + a * b for value, a, b in zip(total, entry, column)]
    return [value % Q for value in total]


@functools.lru_cache(maxsize=1024)
def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Algorithms 3 and 8, with an empty context. Whatever is not exactly a valid signature is False."""
    if len(key) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    decoded = _decode_signature(signature)
    if decoded is None:
        return False
    commitment, z, hints = decoded
    if any(abs(value) >= GAMMA1 - BETA for row in z for value in row):
        return False
    public = _expanded(key)
    mu = _shake256(public.tr + b"\0\0" + message, 64)  # domain 0 (pure), context of length 0
    c = ntt(_challenge(commitment))
    z_hat = [ntt(row) for row in z]
    packed = b""
    for r in range(ROWS):
        row = _commitment_row(public.matrix[r], z_hat, c, public.t1[r])
        packed += _high_bits(inverse_ntt(row), hints[r])
    return _shake256(mu + packed, CHALLENGE) == commitment
