"""Canonical JSON, hashes and text forms (E1-E11)."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from verifier import canonical, characters

REFUSED = {
    "null": b"null",
    "fraction": b"1.0",
    "exponent": b"1e3",
    "huge exponent": b"1e400",
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "minus zero": b"-0",
    "leading zero": b"01",
    "plus": b"+5",
    "2^53": b"9007199254740992",
    "-2^53": b"-9007199254740992",
    "million digits": b"1" * 1_000_000,
    "white space": b'{"a": 1}',
    "leading space": b" 1",
    "trailing LF": b"1\n",
    "trailing garbage": b"{}x",
    "two values": b"{}{}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "empty": b"",
    "unsorted": b'{"b":1,"a":2}',
    "duplicate": b'{"a":1,"a":1}',
    "escaped letter": b'"\\u0061"',
    "escaped slash": b'"\\/"',
    "escaped LF": b'"\\n"',
    "raw LF": b'"\n"',
    "DEL": b'"\x7f"',
    "escaped surrogate": b'"\\ud800"',
    "raw surrogate": b'"\xed\xa0\x80"',
    "surrogate pair": b'"\\ud83d\\ude00"',
    "not UTF-8": b'"\xff"',
    "overlong": b'"\xc0\xaf"',
    "not NFC": '"e\u0301"'.encode(),
    "not NFC, Hangul": '"\u1100\u1161"'.encode(),
    "key with a space": b'{"a b":1}',
    "key not ASCII": '{"é":1}'.encode(),
    "empty key": b'{"":1}',
    "long key": b'{"' + b"a" * 65 + b'":1}',
    "17 levels": b"[" * 17 + b"]" * 17,
    "100,000 levels": b"[" * 100_000 + b"]" * 100_000,
    "unclosed": b"[" * 100_000,
    "single quotes": b"{'a':1}",
    "comment": b"1//",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    with pytest.raises(canonical.EncodingError):
        canonical.decode(REFUSED[name])


@pytest.mark.parametrize(
    "data",
    [
        b"{}", b"[]", b'""', b"0", b"-1", b"true", b"false", b"9007199254740991", b"[" * 16 + b"]" * 16,
        '{"a":"阳光","b":[1,true]}'.encode(), b'"\\"\\\\"', '"\u2028é😀"'.encode(), b'{"' + b"a" * 64 + b'":1}', b'"/"',
    ],
)  # fmt: skip
def test_accepted(data):
    assert canonical.encode(canonical.decode(data)) == data


def test_example_of_the_page():
    value = {"b": [1, True], "a": "阳光"}
    assert len(canonical.encode(value)) == 27
    direct = hashlib.sha256(
        b"verifiable-draw/v1/leaf" + (bytes(7) + b"\x20" + bytes(32)) + bytes(7) + b"\x20" + b"\x11" * 32
    )
    assert canonical.tagged("leaf", bytes(32), b"\x11" * 32) == direct.digest()


TEXTS = st.text(
    alphabet=st.characters(min_codepoint=32, max_codepoint=0x2FFF, blacklist_categories=("Cs", "Cn")), max_size=8
)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc!~", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_what_is_accepted_comes_back(value):
    data = canonical.encode(value)
    try:
        assert canonical.decode(data) == value
    except canonical.EncodingError:
        text = json.dumps(value, ensure_ascii=False)
        assert "\x7f" in text or not _is_nfc(value) or not all(map(characters.is_allowed, text))


def _is_nfc(value):
    import unicodedata

    text = json.dumps(value, ensure_ascii=False)
    return unicodedata.normalize("NFC", text) == text


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_refused_or_come_back(data):
    try:
        value = canonical.decode(data)
    except canonical.EncodingError:
        return
    assert canonical.encode(value) == data


def test_lines():
    assert canonical.split_lines(b"") == []
    assert canonical.split_lines(b"1\n2\n") == [b"1", b"2"]
    assert canonical.split_lines(b"\n") == [b""]
    with pytest.raises(canonical.EncodingError):
        canonical.split_lines(b"1\n2")


def test_short_code():
    assert canonical.short_code(bytes(32)) == "0000-0000-0000-0000"
    assert canonical.short_code(b"\xff" * 32) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    assert canonical.short_code(bytes([0b00001000, 0b01000010] + [0] * 30)) == "1110-0000-0000-0000"


@pytest.mark.parametrize("text", ["2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z", "2026-1-01T00:00:00Z",
                                  "2026-01-01T00:00:00", "2026-01-01t00:00:00Z", "٢٠٢٦-01-01T00:00:00Z", "0000-01-01T00:00:00Z",
                                  "2026-01-01T00:00:00Z\n", 5])  # fmt: skip
def test_times_that_do_not_exist(text):
    assert not canonical.is_time(text)


def test_times_and_dates():
    assert canonical.seconds("2026-01-02T00:00:05Z") - canonical.seconds("2026-01-01T23:59:59Z") == 6
    assert canonical.is_date("2024-02-29")
    assert not canonical.is_date("2026-02-29")
    assert not canonical.is_date("2026-02-01T")


def test_hexadecimal():
    assert canonical.is_hex("00ff", 2)
    assert not canonical.is_hex("00FF", 2)
    assert not canonical.is_hex("00f", 2)
    assert not canonical.is_hex(5, 2)
