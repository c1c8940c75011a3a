"""ML-DSA-44 against the implementation of the cryptography package (FIPS 204)."""

from __future__ import annotations

import hashlib
import random

import pytest
from verifier import mldsa

from builder import pq_key, pq_public

MESSAGE = b"the checkpoint"
Z_END = mldsa.CHALLENGE + mldsa.COLUMNS * mldsa.Z_BYTES


def signed(name="pq", message=MESSAGE):
    return pq_public(name), message, pq_key(name).sign(message)


def flipped(data, bit):
    out = bytearray(data)
    out[bit // 8] ^= 1 << bit % 8
    return bytes(out)


@pytest.mark.parametrize("number", range(12))
def test_signatures_of_another_implementation(number):
    draw = random.Random(number)
    key, message, signature = signed("pq%d" % number, draw.randbytes(number * 50))
    assert mldsa.verify(key, message, signature)
    assert not mldsa.verify(key, message + b"\0", signature)
    assert not mldsa.verify(pq_public("another"), message, signature)


def test_many_signatures_by_one_key():
    """So that hints of all numbers and both signs of the low bits occur."""
    for number in range(60):
        key, message, signature = signed("pq", b"%d" % number)
        assert mldsa.verify(key, message, signature)


@pytest.mark.parametrize("part", ["key", "message", "signature"])
def test_flipped_bits(part):
    draw = random.Random(part)
    key, message, signature = signed()
    for _ in range(60):
        if part == "key":
            assert not mldsa.verify(flipped(key, draw.randrange(8 * len(key))), message, signature)
        elif part == "message":
            assert not mldsa.verify(key, flipped(message, draw.randrange(8 * len(message))), signature)
        else:
            assert not mldsa.verify(key, message, flipped(signature, draw.randrange(8 * len(signature))))


@pytest.mark.parametrize(
    "bit", [0, 255, 256, 8 * Z_END - 1, 8 * Z_END, 8 * (Z_END + 79), 8 * (Z_END + 80), 8 * 2420 - 1]
)
def test_flipped_bits_at_the_edges(bit):
    key, message, signature = signed()
    assert not mldsa.verify(key, message, flipped(signature, bit))


def test_wrong_lengths():
    key, message, signature = signed()
    assert (len(key), len(signature)) == (mldsa.KEY_BYTES, mldsa.SIGNATURE_BYTES) == (1312, 2420)
    for bad in (b"", signature[:-1], signature + b"\0", signature * 2):
        assert not mldsa.verify(key, message, bad)
    for bad in (b"", key[:-1], key + b"\0", key[:32]):
        assert not mldsa.verify(bad, message, signature)


def test_a_context_is_not_empty():
    key, message, _ = signed()
    assert not mldsa.verify(key, message, pq_key("pq").sign(message, b"context"))


# --- hints --------------------------------------------------------------------------------------------------------


def hints(*rows):
    """Algorithm 20, without looking at what is packed."""
    places = [place for row in rows for place in row]
    ends = [sum(len(row) for row in rows[: i + 1]) for i in range(len(rows))]
    return bytes(places) + bytes(mldsa.OMEGA - len(places)) + bytes(ends)


@pytest.mark.parametrize(
    "rows", [([], [], [], []), ([0], [], [255], []), ([1, 2, 3], [0, 255], [], [7]), (list(range(80)), [], [], []),
             ([], [], [], list(range(100, 180)))],
)  # fmt: skip
def test_good_hints(rows):
    assert mldsa._unpack_hints(hints(*rows)) == list(rows)


def with_byte(data, position, value):
    return data[:position] + bytes([value]) + data[position + 1 :]


@pytest.mark.parametrize(
    "data",
    [
        hints([3, 3], [], [], []),  # a place twice
        hints([4, 3], [], [], []),  # places that descend
        hints([], [0, 9, 5], [], []),
        with_byte(hints([1], [2], [3], [4]), mldsa.OMEGA + 1, 0),  # a number that descends
        with_byte(hints([1], [2], [3], [4]), mldsa.OMEGA + 3, 81),  # more than there can be
        with_byte(hints([1], [2], [3], [4]), mldsa.OMEGA + 0, 255),
        bytes(range(80)) + bytes([81] * 4),  # a number beyond the places, which would itself be a place
        with_byte(hints([1], [2], [3], [4]), mldsa.OMEGA - 1, 1),  # something behind the last
        with_byte(hints([], [], [], []), 0, 1),
        with_byte(hints([1], [2], [3], [4]), mldsa.OMEGA + 3, 3),  # the last left out and still there
    ],
)
def test_malformed_hints(data):
    assert len(data) == mldsa.OMEGA + mldsa.ROWS
    assert mldsa._unpack_hints(data) is None
    key, message, signature = signed()
    assert not mldsa.verify(key, message, signature[:Z_END] + data)


def test_another_encoding_of_the_same_hints_is_refused():
    """Two equal places, or two exchanged, would mean the same set of ones."""
    key, message, signature = signed()
    ends = signature[-4:]
    row = next(i for i in range(4) if ends[i] - (ends[i - 1] if i else 0) >= 2)
    at = Z_END + (ends[row - 1] if row else 0)
    exchanged = signature[:at] + signature[at : at + 2][::-1] + signature[at + 2 :]
    assert sorted(exchanged) == sorted(signature)
    assert exchanged != signature
    assert not mldsa.verify(key, message, exchanged)


def test_response_beyond_its_bound():
    """The first coefficient as large as it can be written: 2^17, which is above gamma1 - beta."""
    key, message, signature = signed()
    number = int.from_bytes(signature[32 : 32 + 576], "little")
    large = (number >> 18 << 18).to_bytes(576, "little")
    assert not mldsa.verify(key, message, signature[:32] + large + signature[32 + 576 :])


def test_bound_of_the_response(monkeypatch):
    """Not reached by good signatures, so the bound is moved to where one ends."""
    key, message, signature = signed()
    largest = max(abs(value) for row in mldsa._decode_signature(signature)[1] for value in row)
    assert largest < mldsa.GAMMA1 - mldsa.BETA
    assert mldsa.BETA == mldsa.TAU * 2
    for beta, kept in ((mldsa.GAMMA1 - largest, False), (mldsa.GAMMA1 - largest - 1, True)):
        monkeypatch.setattr(mldsa, "BETA", beta)
        assert mldsa.verify.__wrapped__(key, message, signature) is kept


STEP = 2 * mldsa.GAMMA2


@pytest.mark.parametrize(
    ("value", "high", "hinted"),
    [
        (0, 0, 43), (1, 0, 1), (mldsa.GAMMA2, 0, 1), (mldsa.GAMMA2 + 1, 1, 0), (5 * STEP, 5, 4), (5 * STEP + 1, 5, 6),
        (5 * STEP - 1, 5, 4), (43 * STEP, 43, 42), (43 * STEP + 1, 43, 0), (mldsa.Q - 1, 0, 43),
        (mldsa.Q - 1 - mldsa.GAMMA2, 43, 0), (mldsa.Q - mldsa.GAMMA2, 0, 43),
    ],
)  # fmt: skip
def test_hints_at_the_edges(value, high, hinted):
    """Algorithm 40, worked out by hand: low bits of 0 or less point down."""
    assert mldsa._use_hint(value, hint=False) == high
    assert mldsa._use_hint(value, hint=True) == hinted


def test_transform_and_back():
    draw = random.Random(5)
    a, b = ([draw.randrange(mldsa.Q) for _ in range(256)] for _ in range(2))
    assert mldsa.inverse_ntt(mldsa.ntt(a)) == a
    product = [0] * 256
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            sign = 1 if i + j < 256 else -1
            product[(i + j) % 256] = (product[(i + j) % 256] + sign * x * y) % mldsa.Q
    by_points = [x * y % mldsa.Q for x, y in zip(mldsa.ntt(a), mldsa.ntt(b))]
    assert mldsa.inverse_ntt(by_points) == product


def test_sampling():
    seed = hashlib.sha256(b"seed").digest()
    whole = mldsa._challenge(seed)
    assert (sum(map(abs, whole)), len(whole)) == (mldsa.TAU, 256)
    assert mldsa._place_signs(0, b"\xff" * 40) is None
    assert mldsa._place_signs(0, b"") is None
    short = mldsa._uniform(seed + b"\0\0")
    assert len(short) == 256
    assert max(short) < mldsa.Q
