"""Checkpoints of a ledger and cosignatures of witnesses (spec/ledger.md L8-L10, L21)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from ledger.canonical import u64
from ledger.keys import SignatureError, public_key, sign, verify
from ledger.note import COSIGNATURE, ED25519, ML_DSA_44, Note, NoteError, SignatureLine, VerifierKey, b64_strict, key_id

SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
# Length of a line's data: key ID, time, signature.
_LENGTHS = {COSIGNATURE: 4 + 8 + 64, ML_DSA_44: 4 + 8 + 2420}


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
    if len(parts) != 4 or parts[3] or not parts[0] or not SIZE.fullmatch(parts[1]):
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


def open_checkpoint(note: Note, origin: str, *keys: bytes) -> Checkpoint:
    """Return the checkpoint of a note that the ledger of `origin` signed with one of `keys`; raise NoteError."""
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin:
        raise NoteError("checkpoint of another ledger")
    first = note.lines[0] if note.lines else None
    for key in keys:
        if first is not None and first.name == origin and first.data[:4] == key_id(origin, ED25519, key):
            try:
                verify(key, note.text.encode(), first.data[4:])
            except SignatureError as error:
                raise NoteError("the ledger's signature does not verify") from error
            return checkpoint
    raise NoteError("not signed by the ledger")


# Cosignatures


def cosignature_message(time: int, text: str) -> bytes:
    """What an Ed25519 cosignature signs (L10)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def subtree_message(name: str, time: int, checkpoint: Checkpoint) -> bytes:
    """What a post-quantum cosignature signs (L21)."""
    names = [bytes([len(part)]) + part for part in (name.encode(), checkpoint.origin.encode())]
    return b"subtree/v1\n\0" + names[0] + u64(time) + names[1] + u64(0) + u64(checkpoint.size) + checkpoint.root


def cosign(checkpoint: Checkpoint, name: str, seed: bytes, posix_time: int) -> SignatureLine:
    """Cosign a checkpoint at a time in seconds (L10)."""
    signature = sign(seed, cosignature_message(posix_time, checkpoint.text()))
    return SignatureLine(name, key_id(name, COSIGNATURE, public_key(seed)) + u64(posix_time) + signature)


def cosign_ml_dsa(checkpoint: Checkpoint, name: str, seed: bytes, posix_time: int) -> SignatureLine:
    """Cosign a checkpoint with the ML-DSA-44 key of a 32-byte seed (L21). Randomised: no two lines are alike."""
    key = MLDSA44PrivateKey.from_seed_bytes(seed)
    signature = key.sign(subtree_message(name, posix_time, checkpoint))
    return SignatureLine(name, key_id(name, ML_DSA_44, ml_dsa_public_key(seed)) + u64(posix_time) + signature)


def ml_dsa_public_key(seed: bytes) -> bytes:
    """The 1,312-byte public key of a 32-byte seed."""
    return MLDSA44PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()


def check_cosignature(line: SignatureLine, text: str, key: VerifierKey) -> int:
    """Return the POSIX time of a cosignature by `key`; raise NoteError if it is none or not valid (L10, L21)."""
    data = line.data
    if line.name != key.name or data[:4] != key.id or len(data) != _LENGTHS.get(key.kind):
        raise NoteError("not a cosignature of this key")
    time, signature = int.from_bytes(data[4:12], "big"), data[12:]
    try:
        if key.kind == COSIGNATURE:
            verify(key.key, cosignature_message(time, text), signature)
        else:
            message = subtree_message(key.name, time, parse_checkpoint(text))
            MLDSA44PublicKey.from_public_bytes(key.key).verify(signature, message)
    except (SignatureError, InvalidSignature) as error:
        raise NoteError("cosignature does not verify") from error
    return time


def cosigners(note: Note, keys: Iterable[VerifierKey]) -> dict[VerifierKey, int]:
    """Known key -> POSIX time of its cosignature; unknown lines are ignored, bad ones raise NoteError (L10)."""
    known = {(key.name, key.id): key for key in keys}
    found = {}
    for line in note.lines[1:]:
        key = known.get((line.name, line.data[:4]))
        if key is not None:
            found[key] = check_cosignature(line, note.text, key)
    return found
