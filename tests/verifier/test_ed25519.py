"""Ed25519 by E12 and E13, against third-party vectors and libsodium."""

from __future__ import annotations

import hashlib
import json
import random

import nacl.exceptions
import nacl.signing
import pytest
from verifier import ed25519


def test_cctv_accepts_what_libsodium_accepts(vectors):
    cases = json.loads(vectors("cctv_ed25519vectors.json"))
    matrix = {row["number"]: row["libsodium"] for row in json.loads(vectors("cctv_accept_matrix.json"))}
    accepted = 0
    for case in cases:
        verdict = ed25519.verify(bytes.fromhex(case["key"]), case["msg"].encode(), bytes.fromhex(case["sig"]))
        assert verdict == matrix[case["number"]], case["number"]
        accepted += verdict
    assert (len(cases), accepted) == (914, 43)


def test_wycheproof(vectors):
    seen = set()
    for group in json.loads(vectors("wycheproof_ed25519.json"))["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            verdict = ed25519.verify(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            assert verdict == (case["result"] == "valid"), case["tcId"]
            seen.add(verdict)
    assert seen == {True, False}


def test_random_signatures_and_flipped_bits():
    draw = random.Random(1)
    for i in range(40):
        key = nacl.signing.SigningKey(hashlib.sha256(b"%d" % i).digest())
        message = draw.randbytes(draw.randrange(100))
        signature = key.sign(message).signature
        public = bytes(key.verify_key)
        assert ed25519.is_sound_key(public)
        assert ed25519.verify(public, message, signature)
        assert not ed25519.verify(public, message + b"x", signature)
        bit = draw.randrange(512)
        bad = bytearray(signature)
        bad[bit // 8] ^= 1 << bit % 8
        assert not ed25519.verify(public, message, bytes(bad))
        bad_key = bytearray(public)
        bad_key[draw.randrange(32)] ^= 4
        assert ed25519.verify(bytes(bad_key), message, signature) == _sodium(bytes(bad_key), message, signature)


def _sodium(key, message, signature):
    try:
        nacl.signing.VerifyKey(key).verify(message, signature)
    except (nacl.exceptions.BadSignatureError, ValueError):
        return False
    return True


def small_order_points():
    """All eight, by multiplying a point by L."""
    table = ed25519._table
    found = set()
    for y in range(2, 60):
        point = ed25519.decode_point(y.to_bytes(32, "little"))
        if point is not None:
            found.add(ed25519.encode_point(ed25519._accumulate(ed25519.IDENTITY, table(point), ed25519.L)))
    return found


def test_small_and_mixed_order_keys_are_refused():
    small = small_order_points()
    assert len(small) == 8
    good = ed25519.decode_point(bytes(nacl.signing.SigningKey(bytes(32)).verify_key))
    for data in small:
        assert not ed25519.is_sound_key(data)
        with pytest.raises(ed25519.KeyError25519):
            ed25519.Key(data)
        point = ed25519.decode_point(data)
        mixed = ed25519.encode_point(ed25519._add(good, point))
        is_identity = data == (1).to_bytes(32, "little")
        assert ed25519.is_sound_key(mixed) == is_identity


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33), (ed25519.P + 3).to_bytes(32, "little"), b"\xff" * 32,
                                  (1 | 1 << 255).to_bytes(32, "little")])  # fmt: skip
def test_encodings_that_are_no_points(data):
    assert ed25519.decode_point(data) is None
    assert not ed25519.verify(data, b"", bytes(64))


def test_s_must_be_below_l():
    key = nacl.signing.SigningKey(bytes(32))
    signature = key.sign(b"m").signature
    s = int.from_bytes(signature[32:], "little") + ed25519.L
    assert not ed25519.verify(bytes(key.verify_key), b"m", signature[:32] + s.to_bytes(32, "little"))
    assert not ed25519.verify(bytes(key.verify_key), b"m", signature[:-1])
