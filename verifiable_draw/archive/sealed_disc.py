"""The private part of an archive: a session's rosters in one file, encrypted to the inspection's key or a passphrase.

The file is one line of canonical JSON, then chunks of libsodium's secretstream (XChaCha20-Poly1305), each but the last
CHUNK bytes of plaintext and AUTHENTIC more, so that neither order nor end can be changed:

{`key`: {`id`, `wrapped`} or {`kdf`, `nonce`, `salt`, `wrapped`}, `kind`: `sealed-archive`, `session`, `stream`,
`version`}

`wrapped` is the content key: in a libsodium sealed box to the `sealing_key` of `id`, or under ChaCha20-Poly1305 with
the key that scrypt makes of the passphrase, `session` being associated data. `stream` is secretstream's header; the
whole line is associated data of every chunk. The plaintext is a stored zip and always the same; the encrypted file is
another one every time, since content key, box and stream take fresh randomness: its disc is not reproducible.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nacl.bindings as sodium
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from ledger.canonical import VERSION, EncodingError, decode, encode
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read, stored_zip
from verifiable_draw.keyfile import KDF, stretch
from verifiable_draw.room import Room
from verifiable_draw.schema import either, hash32, hexadecimal, identifier, lines, one_of, record, text

FILE = "private.sealed"
CHUNK = 1 << 20
AUTHENTIC: int = sodium.crypto_secretstream_xchacha20poly1305_ABYTES
HEAD = 4096  # bytes at most of the first line
_MESSAGE: int = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL: int = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL

_TO_KEY = record({"id": identifier, "wrapped": hexadecimal(32 + 48)})
_TO_PASSPHRASE = record({"kdf": one_of(KDF), "nonce": hexadecimal(12), "salt": hash32, "wrapped": hexadecimal(32 + 16)})
_HEADER = record(
    {
        "key": either(_TO_KEY, _TO_PASSPHRASE),
        "kind": one_of("sealed-archive"),
        "session": identifier,
        "stream": hexadecimal(sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES),
        "version": one_of(VERSION),
    }
)
_RECIPIENT = record({"id": identifier, "name": text(), "sealing_key": hash32, "signing_key": hash32})

Randomness = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Inspector:
    """Whom the private part is for: id and X25519 key."""

    id: str
    sealing_key: bytes


def inspector(path: Path) -> Inspector:
    """The inspection's public key, as `vdraw key … recipient` prints it; DataError if the file is something else."""
    try:
        value: Any = json.loads(read(path))
    except ValueError as error:
        raise DataError("sealed_disc.key_file", path=str(path), detail=str(error)) from error
    problems = _RECIPIENT(value, "")
    if problems:
        raise DataError("sealed_disc.key_file", path=str(path), detail=lines(problems))
    return Inspector(value["id"], bytes.fromhex(value["sealing_key"]))


# What is sealed


def rosters(room: Room, session: str) -> bytes:
    """A stored zip of everything the private store holds of a session: rosters as submitted and as frozen.

    A row becomes a folder: what is bytes or a list of people a file of its own, the rest `row.json`.
    """
    files: dict[str, bytes] = {}
    for table, key in (("submission", "hash"), ("frozen", "root")):
        for row in room.private.database[table].rows_where("session = ?", [session]):
            folder = f"{table}/{row['draw']}/{row[key]}"
            small: dict[str, Any] = {}
            for name, value in row.items():
                if isinstance(value, bytes):
                    files[f"{folder}/{name}.json"] = value
                elif name == "students":
                    files[f"{folder}/{name}.json"] = str(value).encode()
                else:
                    small[name] = value
            files[f"{folder}/row.json"] = json.dumps(small, ensure_ascii=False, sort_keys=True).encode()
    if not files:
        raise UsageError("sealed_disc.nothing", session=session)
    return stored_zip(files)


# Encrypting


def seal(data: bytes, session: str, to: Inspector | str, randomness: Randomness) -> Iterator[bytes]:
    """The pieces of the encrypted file, for an inspector's key or a passphrase."""
    content_key = randomness(32)
    if isinstance(to, Inspector):
        key = {"id": to.id, "wrapped": SealedBox(PublicKey(to.sealing_key)).encrypt(content_key).hex()}
    else:
        salt, nonce = randomness(32), randomness(12)
        wrapped = ChaCha20Poly1305(stretch(to, salt)).encrypt(nonce, content_key, session.encode())
        key = {"kdf": KDF, "nonce": nonce.hex(), "salt": salt.hex(), "wrapped": wrapped.hex()}
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    stream = sodium.crypto_secretstream_xchacha20poly1305_init_push(state, content_key)
    head = encode(
        {"key": key, "kind": "sealed-archive", "session": session, "stream": stream.hex(), "version": VERSION}
    )
    yield head + b"\n"
    for start in range(0, max(len(data), 1), CHUNK):
        chunk = data[start : start + CHUNK]
        tag = _FINAL if start + CHUNK >= len(data) else _MESSAGE
        yield sodium.crypto_secretstream_xchacha20poly1305_push(state, chunk, head, tag)


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted file, not opened: its path, the session, whom it is for ("" for a passphrase)."""

    path: Path
    head: bytes
    value: dict[str, Any]

    @property
    def session(self) -> str:
        """The session's id."""
        return str(self.value["session"])

    @property
    def recipient(self) -> str:
        """Id of the key it is for, "" if it is under a passphrase."""
        return str(self.value["key"].get("id", ""))


def parse(path: Path) -> Sealed:
    """Read the first line strictly; DataError if this is no such file."""
    try:
        with path.open("rb") as file:
            head = file.readline(HEAD)
    except OSError as error:
        raise UsageError("file.read_failed", path=str(path), detail=error.strerror or str(error)) from error
    try:
        value: Any = decode(head.removesuffix(b"\n"))
    except EncodingError as error:
        raise DataError("sealed_disc.malformed", path=str(path), detail=str(error)) from error
    problems = _HEADER(value, "")
    if problems or not head.endswith(b"\n"):
        raise DataError("sealed_disc.malformed", path=str(path), detail=lines(problems))
    return Sealed(path, head[:-1], value)


def unseal(sealed: Sealed, key: PrivateKey | str) -> bytes:
    """The zip in a sealed file; UsageError for a wrong key or passphrase, DataError if the file is damaged."""
    stream = bytes.fromhex(sealed.value["stream"])
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, stream, _content_key(sealed, key))
    pieces: list[bytes] = []
    tag = _MESSAGE
    with sealed.path.open("rb") as file:
        file.seek(len(sealed.head) + 1)
        while chunk := file.read(CHUNK + AUTHENTIC):
            if tag == _FINAL:
                raise DataError("sealed_disc.damaged", path=str(sealed.path))
            try:
                piece, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, chunk, sealed.head)
            except (CryptoError, ValueError, TypeError) as error:
                raise DataError("sealed_disc.damaged", path=str(sealed.path)) from error
            pieces.append(piece)
    if tag != _FINAL:
        raise DataError("sealed_disc.damaged", path=str(sealed.path))
    return b"".join(pieces)


def _content_key(sealed: Sealed, key: PrivateKey | str) -> bytes:
    part = sealed.value["key"]
    wrapped = bytes.fromhex(part["wrapped"])
    if isinstance(key, str) == bool(sealed.recipient):
        raise UsageError("sealed_disc.other_way", path=str(sealed.path), id=sealed.recipient or "—")
    try:
        if not isinstance(key, str):
            return SealedBox(key).decrypt(wrapped)
        secret = stretch(key, bytes.fromhex(part["salt"]))
        return ChaCha20Poly1305(secret).decrypt(bytes.fromhex(part["nonce"]), wrapped, sealed.session.encode())
    except (InvalidTag, CryptoError) as error:
        raise UsageError("sealed_disc.not_opened", path=str(sealed.path)) from error
