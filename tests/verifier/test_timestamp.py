"""Timestamp responses, strictly (L20)."""

from __future__ import annotations

import hashlib
import random
import shutil
import subprocess

import pytest
from verifier import timestamp

import stamping
from stamping import NULL, number, oid, response, sequence, value

DIGEST = hashlib.sha256(b"checkpoint").digest()
GOOD = response(DIGEST)


def test_good_responses():
    for data in (
        GOOD,
        response(DIGEST, parameters=b""),
        response(DIGEST, after_imprint=number(1) + value(0x18, b"20260825000000.5Z") + sequence(number(1)) + value(1, b"\xff")),
        response(DIGEST, after_content=value(0x31, b"")),
        response(DIGEST, after_content=value(0xA0, bytes(70000)) + value(0x31, b"")),
    ):  # fmt: skip
        assert timestamp.imprint(data) == DIGEST


BAD = {
    "empty": b"",
    "trailing garbage": response(DIGEST, tail=b"\0"),
    "a second value": response(DIGEST, tail=NULL),
    "a third member": response(DIGEST, tail_inside=NULL),
    "granted with modifications": response(DIGEST, status=1),
    "rejected": response(DIGEST, status=2),
    "rejected without token": response(DIGEST, status=2, with_token=False),
    "waiting": response(DIGEST, status=3),
    "granted without token": response(DIGEST, with_token=False),
    "another hash": response(DIGEST, algorithm="2b0e03021a"),
    "another parameter": response(DIGEST, parameters=number(0)),
    "two parameters": response(DIGEST, parameters=NULL + NULL),
    "NULL with a content": response(DIGEST, parameters=value(0x05, b"\0")),
    "31 bytes": response(DIGEST[:-1]),
    "33 bytes": response(DIGEST + b"\0"),
    "not signed data": response(DIGEST, content_type="2a864886f70d010701"),
    "no timestamp": response(DIGEST, encapsulated_type="2a864886f70d010701"),
    "constructed octets": response(DIGEST, octets=0x24),
    "no serial number": response(DIGEST, after_imprint=b""),
    "not a sequence": value(0x31, GOOD[4:]),
    "status of two bytes": GOOD.replace(sequence(number(0)), sequence(value(2, b"\0\0")), 1),
    "negative status": response(DIGEST, status=255),
    "long length": b"\x30\x83\x00" + GOOD[2:4] + GOOD[4:],
    "endless length": b"\x30\x80" + GOOD[4:] + b"\0\0",
    "length beyond all": b"\x30\x84\xff\xff\xff\xff" + GOOD[4:],
    "length of nine bytes": b"\x30\x89" + b"\0" * 7 + GOOD[2:],
    "length cut off": b"\x30\x82\x01",
    "only a tag": b"\x30",
    "a large tag": b"\x3f\x01\x00",
}


def test_the_builder_writes_long_lengths():
    assert GOOD[:2] in (b"\x30\x81", b"\x30\x82")
    assert timestamp.values(value(4, bytes(300))) == [timestamp.Value(4, bytes(300))]


@pytest.mark.parametrize("name", BAD)
def test_refused(name):
    with pytest.raises(timestamp.TimestampError):
        timestamp.imprint(BAD[name])


def test_short_lengths_in_long_form():
    for data in (b"\x04\x81\x05hello", b"\x04\x82\x00\x85" + bytes(133)):
        with pytest.raises(timestamp.TimestampError):
            timestamp.values(data)


def test_cut_anywhere():
    for size in range(len(GOOD)):
        with pytest.raises(timestamp.TimestampError):
            timestamp.imprint(GOOD[:size])


def test_any_bytes_end_as_an_error_or_a_hash():
    draw = random.Random(1)
    for _ in range(3000):
        data = bytearray(GOOD)
        for _ in range(draw.randrange(1, 4)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        try:
            assert len(timestamp.imprint(bytes(data))) == 32
        except timestamp.TimestampError:
            pass


def test_deep_nesting_is_no_recursion():
    data = b""
    for _ in range(4000):
        data = sequence(data)
    with pytest.raises(timestamp.TimestampError):
        timestamp.imprint(data)


def test_objects_are_those_of_the_standards():
    assert oid(stamping.SHA_256)[2:] == timestamp.SHA_256
    assert (oid(stamping.TST_INFO)[2:], oid(stamping.SIGNED_DATA)[2:]) == (timestamp.TST_INFO, timestamp.SIGNED_DATA)


CONFIGURATION = """
[req]
distinguished_name = dn
x509_extensions = ext
prompt = no
[dn]
CN = test authority
[ext]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = tsa1
[tsa1]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
"""


def openssl(folder, *arguments):
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=True, timeout=60).stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_response_of_openssl(tmp_path):
    (tmp_path / "tsa.cnf").write_text(CONFIGURATION.format(folder=tmp_path))
    (tmp_path / "serial").write_text("01")
    (tmp_path / "text").write_bytes(b"checkpoint")
    openssl(tmp_path, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
            "-config", "tsa.cnf")  # fmt: skip
    for digest, flags in (("-sha256", ["-cert"]), ("-sha256", []), ("-sha512", [])):
        openssl(tmp_path, "ts", "-query", "-data", "text", digest, *flags, "-out", "query")
        openssl(tmp_path, "ts", "-reply", "-queryfile", "query", "-signer", "cert.pem", "-inkey", "key.pem",
                "-config", "tsa.cnf", "-section", "tsa1", "-out", "reply")  # fmt: skip
        data = (tmp_path / "reply").read_bytes()
        if digest == "-sha256":
            assert timestamp.imprint(data) == DIGEST
        else:
            with pytest.raises(timestamp.TimestampError):
                timestamp.imprint(data)
