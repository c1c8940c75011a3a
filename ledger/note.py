"""C2SP signed notes, checkpoints and cosignatures (spec/ledger.md L8-L10).

A note is a text whose last character is LF, an empty line, and signature lines `— name base64(keyID, signature)`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ledger.canonical import u64
from ledger.keys import SignatureError, public_key, sign, verify

ED25519 = 1
COSIGNATURE = 4
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
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

    def __str__(self) -> str:
        """The note as it is stored and sent."""
        return self.text + "\n" + "".join(f"{line}\n" for line in self.lines)


def parse_note(data: str) -> Note:
    """Read a note strictly; raises NoteError."""
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
class Checkpoint:
    """Origin, tree size and root hash."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note text of the checkpoint (L8)."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's text strictly; raises NoteError."""
    parts = text.split("\n")
    if len(parts) != 4 or parts[3] or not _SIZE.fullmatch(parts[1]):
        raise NoteError("not a checkpoint of three lines")
    root = b64_strict(parts[2])
    if len(root) != 32:
        raise NoteError("root hash is not 32 bytes")
    return Checkpoint(parts[0], int(parts[1]), root)


def sign_checkpoint(checkpoint: Checkpoint, seed: bytes) -> Note:
    """Sign a checkpoint as the ledger (L9)."""
    text = checkpoint.text()
    name = checkpoint.origin
    data = key_id(name, ED25519, public_key(seed)) + sign(seed, text.encode())
    return Note(text, (SignatureLine(name, data),))


def cosign(checkpoint: Checkpoint, name: str, seed: bytes, posix_time: int) -> SignatureLine:
    """Cosign a checkpoint at a time in seconds (L10)."""
    message = f"cosignature/v1\ntime {posix_time}\n{checkpoint.text()}".encode()
    return SignatureLine(name, key_id(name, COSIGNATURE, public_key(seed)) + u64(posix_time) + sign(seed, message))


def check_cosignature(line: SignatureLine, text: str, key: bytes) -> int:
    """Return the POSIX time of a cosignature by `key` under its name; raise NoteError if it is not valid."""
    data = line.data
    if len(data) != 76 or data[:4] != key_id(line.name, COSIGNATURE, key):
        raise NoteError("not a cosignature of this key")
    time = int.from_bytes(data[4:12], "big")
    try:
        verify(key, f"cosignature/v1\ntime {time}\n{text}".encode(), data[12:])
    except SignatureError as error:
        raise NoteError("cosignature does not verify") from error
    return time


def open_checkpoint(note: Note, origin: str, key: bytes) -> Checkpoint:
    """Return the checkpoint of a note that the ledger of `origin` signed with `key`; raise NoteError otherwise."""
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin:
        raise NoteError("checkpoint of another ledger")
    first = note.lines[0] if note.lines else None
    if first is None or first.name != origin or first.data[:4] != key_id(origin, ED25519, key):
        raise NoteError("not signed by the ledger")
    try:
        verify(key, note.text.encode(), first.data[4:])
    except SignatureError as error:
        raise NoteError("the ledger's signature does not verify") from error
    return checkpoint


def known_cosigners(note: Note, keys: Mapping[str, bytes]) -> dict[str, int]:
    """Return name -> POSIX time of the cosignatures by known keys; unknown lines are ignored, bad ones raise (L10)."""
    found = {}
    for line in note.lines[1:]:
        key = keys.get(line.name)
        if key is not None and line.data[:4] == key_id(line.name, COSIGNATURE, key):
            found[line.name] = check_cosignature(line, note.text, key)
    return found
