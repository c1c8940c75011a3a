"""Class groups and Wesolowski's proof (C19-C22), against chiavdf's vectors and chiavdf itself."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from verifier import classgroup
from verifier.classgroup import DelayError, Form

SMALL_D = -classgroup.hash_prime(b"small", 64, (0, 1, 2, 63))


@pytest.fixture(scope="module")
def proofs(vectors):
    words = vectors("chiavdf_wesolowski.txt").split()
    return [words[i : i + 6] for i in range(0, len(words), 6)]


def test_published_proofs(proofs):
    assert len(proofs) == 20
    for challenge, bits, x, both, iterations, _ in proofs:
        d = classgroup.discriminant(bytes.fromhex(challenge), int(bits))
        encodings = [bytes.fromhex(text) for text in (x, both[:200], both[200:])]
        forms = [classgroup.decode_form(data, d) for data in encodings]
        assert [classgroup.encode_form(form) for form in forms] == encodings
        assert classgroup.verify_segment(d, *forms, int(iterations))
        assert not classgroup.verify_segment(d, *forms, int(iterations) + 1)


def test_every_flipped_bit_is_refused(proofs):
    challenge, _, x, both, iterations, _ = proofs[0]
    d = classgroup.discriminant(bytes.fromhex(challenge))
    start = classgroup.decode_form(bytes.fromhex(x), d)
    both = bytes.fromhex(both)
    y, proof = (classgroup.decode_form(part, d) for part in (both[:100], both[100:]))
    decoded = 0
    for bit in range(1600):
        bad = bytearray(both)
        bad[bit // 8] ^= 1 << bit % 8
        try:
            forms = [classgroup.decode_form(bytes(bad[i : i + 100]), d) for i in (0, 100)]
        except DelayError:
            continue
        decoded += 1
        assert forms != [y, proof]
        assert not classgroup.verify_segment(d, start, *forms, int(iterations))
    assert 1 <= decoded < 200  # the sign of b, and little else, leads to another form


def test_one_encoding_a_form(proofs):
    """chiavdf decodes leniently; of all encodings of a form only one may pass."""
    challenge, _, _, both, _, _ = proofs[0]
    d = classgroup.discriminant(bytes.fromhex(challenge))
    good = bytes.fromhex(both[:200])
    form = classgroup.decode_form(good, d)
    variants = [
        bytes([good[0] | 4 | 8]) + good[1:],
        b"\x0c" + bytes(99),
        b"\x04" + bytes(98) + b"\1",
        b"\x08" + good[1:],
    ]
    variants += [bytes([good[0] | flag]) + good[1:] for flag in (16, 32, 64, 128)]
    variants += [good[:99], good + b"\0", b"", bytes(100), b"\xff" * 100, b"\x00\xff" + bytes(98)]
    for data in variants:
        with pytest.raises(DelayError):
            classgroup.decode_form(data, d)
    a, b, c = form
    for other in (Form(a, b + 2 * a, a + b + c), Form(c, -b, a), Form(a, b - 2 * a, a - b + c)):
        try:
            data = classgroup.encode_form(other)
        except DelayError:
            continue
        if data != good:  # with g = 1 the encoding only holds b mod a, so these two are one
            with pytest.raises(DelayError):
                classgroup.decode_form(data, d)
    with pytest.raises(DelayError):
        classgroup.decode_form(good, classgroup.discriminant(b"\1" * 32))


def test_special_encodings(proofs):
    d = classgroup.discriminant(bytes.fromhex(proofs[0][0]))
    for form, first in ((classgroup.identity(d), 4), (classgroup.generator(d), 8)):
        data = bytes([first]) + bytes(99)
        assert classgroup.encode_form(form) == data
        assert classgroup.decode_form(data, d) == form


def test_fresh_proofs_of_chiavdf():
    chiavdf = pytest.importorskip("chiavdf")
    for seed, iterations in ((b"a" * 32, 1000), (b"b" * 32, 4321)):
        d = classgroup.discriminant(seed)
        assert int(chiavdf.create_discriminant(seed, 1024), 16) == d
        made = chiavdf.prove(seed, b"\x08" + bytes(99), 1024, iterations, "")
        x, y, proof = (classgroup.decode_form(data, d) for data in (b"\x08" + bytes(99), made[:100], made[100:200]))
        assert classgroup.verify_segment(d, x, y, proof, iterations)
        assert not classgroup.verify_segment(d, x, proof, y, iterations)
        slow, bound = x, classgroup.fourth_root(d)
        for _ in range(iterations):
            slow = classgroup.square(slow, bound)
        assert slow == y
        assert classgroup.verify_delay(seed, iterations, [(made[:100], made[100:200])]) == [""]
        problems = classgroup.verify_delay(seed, iterations * 2, [(made[:100], made[100:200])] * 2)
        assert problems[0] == ""
        assert problems[1] != ""


def plain_product(f: Form, g: Form, d: int) -> Form:
    """Composition as in Cohen, algorithm 5.4.7: slow and simple."""
    if f.a > g.a:
        f, g = g, f
    s = (f.b + g.b) // 2
    n = g.b - s
    common, y1, _ = classgroup._xgcd(g.a, f.a)
    d1, x2, y2 = classgroup._xgcd(s, common)
    v1, v2 = f.a // d1, g.a // d1
    r = (-y1 * y2 * n - x2 * g.c) % v1
    b = g.b + 2 * v2 * r
    a = v1 * v2
    return classgroup.reduce_form(a, b, (b * b - d) // (4 * a))


@pytest.mark.parametrize("bits", [32, 64, 128, 1024])
def test_composition(bits):
    draw = random.Random(bits)
    for _ in range(3 if bits < 1024 else 1):
        d = -classgroup.hash_prime(draw.randbytes(32), bits, (0, 1, 2, bits - 1))
        bound, one = classgroup.fourth_root(d), classgroup.identity(d)
        pool = [classgroup.generator(d), one]
        for _ in range(200):
            f, g = draw.choice(pool), draw.choice(pool)
            product = classgroup.multiply(f, g, d, bound)
            assert product == plain_product(f, g, d)
            assert classgroup.is_reduced(product)
            assert classgroup.square(f, bound) == plain_product(f, f, d)
            assert classgroup.multiply(f, classgroup.reduce_form(f.a, -f.b, f.c), d, bound) == one
            pool.append(product)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2000), st.integers(0, 2000))
def test_powers_multiply(n, m):
    x, bound = classgroup.generator(SMALL_D), classgroup.fourth_root(SMALL_D)
    y = classgroup.square(classgroup.square(x, bound), bound)
    expected = classgroup.identity(SMALL_D)
    for base, times in ((x, n), (y, m)):
        part = classgroup.identity(SMALL_D)
        for bit in bin(times)[2:]:
            part = classgroup.square(part, bound)
            if bit == "1":
                part = classgroup.multiply(part, base, SMALL_D, bound)
        expected = classgroup.multiply(expected, part, SMALL_D, bound)
    assert classgroup.power_product(x, n, y, m, SMALL_D) == expected


def test_primes():
    small = [n for n in range(5000) if classgroup.is_prime(n)]
    assert small == [n for n in range(2, 5000) if all(n % q for q in range(2, math.isqrt(n) + 1))]
    assert classgroup.is_prime(2**521 - 1)
    assert not classgroup.is_prime((2**61 - 1) * (2**89 - 1))
    assert not classgroup.is_prime(3825123056546413051)  # a strong pseudoprime to nine bases


@pytest.mark.parametrize("segments", [[], [(b"", b"")] * 3])
def test_segments_that_do_not_divide(segments):
    with pytest.raises(DelayError):
        classgroup.verify_delay(bytes(32), 1000, segments)


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=100, max_size=100))
def test_no_bytes_crash_the_decoder(data):
    d = -(2**1024 - 105)  # not prime: the decoder must not depend on it
    try:
        form = classgroup.decode_form(data, d)
    except DelayError:
        return
    assert classgroup.encode_form(form) == data
