"""C2SP signed notes and verifier keys (spec/ledger.md L8, L17).

A note is a text whose last character is LF, an empty line, and signature lines `— name base64(keyID, signature)`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from ledger.keys import SignatureError, check_key

# Signature types of C2SP notes.
ED25519 = 1
COSIGNATURE = 4
ML_DSA_44 = 6
KEY_SIZES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312}
_NAME = re.compile(r"[^\s+]+")
_KEY_NAME = re.compile(r"[\x21-\x2a\x2c-\x7e]{1,255}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE = re.compile(r"— (\S+) (\S+)")


class NoteError(ValueError):
    """A note that is malformed, or not signed as it must be."""


def b64_strict(text: str) -> bytes:
    """Decode standard base64 with padding, refusing every spelling but the canonical one."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise NoteError("base64 is not canonical")
    return data


def key_id(name: str, kind: int, key: bytes) -> bytes:
    """First four bytes of SHA-256(name, LF, type, key)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature line: key name and key ID with signature."""

    name: str
    data: bytes

    def __str__(self) -> str:
        """The line without its LF."""
        return f"— {self.name} {base64.b64encode(self.data).decode()}"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signature lines."""

    text: str
    lines: tuple[SignatureLine, ...]

    def alone(self) -> Note:
        """The note with its first signature only: the ledger's, as evidence and memories keep it."""
        return Note(self.text, self.lines[:1])

    def __str__(self) -> str:
        """The note as it is stored and sent."""
        return self.text + "\n" + "".join(f"{line}\n" for line in self.lines)


def parse_note(data: str) -> Note:
    """Read a note strictly; raises NoteError."""
    if _CONTROL.search(data):
        raise NoteError("control character in a note")
    text, separator, rest = data.rpartition("\n\n")
    if not separator or not text or not rest.endswith("\n"):
        raise NoteError("not a signed note")
    lines = []
    for line in rest[:-1].split("\n"):
        match = _LINE.fullmatch(line)
        if not match or not _NAME.fullmatch(match[1]):
            raise NoteError("malformed signature line")
        signature = b64_strict(match[2])
        if len(signature) < 5:
            raise NoteError("signature line too short")
        lines.append(SignatureLine(match[1], signature))
    return Note(text + "\n", tuple(lines))


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A name, a signature type and a public key: what a reader is configured with."""

    name: str
    kind: int
    key: bytes

    @property
    def id(self) -> bytes:
        """Key ID, four bytes."""
        return key_id(self.name, self.kind, self.key)

    def __str__(self) -> str:
        """The vkey (L17)."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.key).decode()}"


def parse_vkey(text: str) -> VerifierKey:
    """Read a vkey strictly; raises NoteError."""
    name, _, rest = text.partition("+")
    digits, _, encoded = rest.partition("+")
    data = b64_strict(encoded)
    if not _KEY_NAME.fullmatch(name) or not data or KEY_SIZES.get(data[0]) != len(data) - 1:
        raise NoteError("not a verifier key name+id+key (L17)")
    found = VerifierKey(name, data[0], data[1:])
    if digits != found.id.hex():
        raise NoteError("key ID of a verifier key does not fit (L17)")
    if found.kind != ML_DSA_44:
        try:
            check_key(found.key)
        except SignatureError as error:
            raise NoteError(str(error)) from error
    return found

