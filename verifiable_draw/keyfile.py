"""Key files: one JSON object each, readable by their owner only, encrypted under a passphrase.

The seed is sealed with ChaCha20-Poly1305 under a key that scrypt makes from the passphrase; everything that can be
read without it (id, role, public key) is authenticated too. A file without a passphrase holds the seed itself: for
rehearsals, and for machines that run unattended.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from nacl.public import PrivateKey

from ledger.canonical import EncodingError, decode, encode, short_code, tagged_hash
from ledger.entry import Actor
from ledger.keys import public_key
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.schema import hash32, hexadecimal, identifier, lines, one_of, record
from verifiable_draw.texts import text

ROLES = ("operator", "approver", "recovery", "school", "recipient", "observer", "witness")
# Cost of guessing a passphrase: 128 MiB and a third of a second a try (scrypt N, r, p).
COST = (2**17, 8, 1)
KDF = "scrypt-131072-8-1"
_PLAIN = record({"id": identifier, "role": one_of(*ROLES), "seed": hash32})
_SEALED = record(
    {
        "ciphertext": hexadecimal(48),
        "id": identifier,
        "kdf": one_of(KDF),
        "nonce": hexadecimal(12),
        "public": hash32,
        "role": one_of(*ROLES),
        "salt": hash32,
    }
)

# Asks for the passphrase of a file; called only if the file is encrypted.
Ask = Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class Key:
    """An actor and the 32-byte seed of its Ed25519 key."""

    actor: Actor
    seed: bytes

    @property
    def public(self) -> bytes:
        """Public key."""
        return public_key(self.seed)

    @property
    def sealing(self) -> PrivateKey:
        """X25519 key that sealed rosters are wrapped to; derived, so that one file is enough."""
        return PrivateKey(tagged_hash("sealing-key", self.seed))

    @property
    def ml_dsa_seed(self) -> bytes:
        """Seed of a witness's post-quantum key; derived, so that one file is enough."""
        return tagged_hash("ml-dsa-seed", self.seed)

    @property
    def fingerprint(self) -> str:
        """Short code of the public key, for people to compare (E11)."""
        return short_code(self.public)


def create(path: Path, name: str, role: str, randomness: Callable[[int], bytes], passphrase: str = "") -> Key:
    """Make a key file; UsageError if there is a file already: keys are never overwritten.

    With an empty passphrase the seed stands in the file as it is.
    """
    if path.exists():
        raise UsageError("key.exists", path=str(path))
    key = Key(Actor(name, role), randomness(32))
    plain = {"id": name, "role": role, "seed": key.seed.hex()}
    problems = _PLAIN(plain, "")
    if problems:
        raise UsageError("key.malformed", detail=lines(problems))
    value = _seal(key, passphrase, randomness(32), randomness(12)) if passphrase else plain
    write_durable(path, encode(value), mode=0o600)
    return key


def _open_fields(value: dict[str, Any]) -> bytes:
    """What of a file is not secret, to be authenticated with the seed."""
    return encode({name: item for name, item in value.items() if name != "ciphertext"})


def _seal(key: Key, passphrase: str, salt: bytes, nonce: bytes) -> dict[str, Any]:
    value = {
        "id": key.actor.id,
        "kdf": KDF,
        "nonce": nonce.hex(),
        "public": key.public.hex(),
        "role": key.actor.role,
        "salt": salt.hex(),
    }
    ciphertext = ChaCha20Poly1305(stretch(passphrase, salt)).encrypt(nonce, key.seed, _open_fields(value))
    return value | {"ciphertext": ciphertext.hex()}


@lru_cache(maxsize=64)
def stretch(passphrase: str, salt: bytes) -> bytes:
    """The 32-byte key that scrypt makes of a passphrase."""
    # Kept for the life of the process: a bureau's program loads the same few files again and again.
    n, r, p = COST
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase.encode())


def _read(path: Path) -> dict[str, Any]:
    try:
        value: Any = decode(read(path))
    except EncodingError as error:
        raise DataError("key.damaged", path=str(path)) from error
    sealed = isinstance(value, dict) and "ciphertext" in value
    problems = (_SEALED if sealed else _PLAIN)(value, "")
    if problems:
        raise DataError("key.damaged", path=str(path))
    return dict(value)


def public_of(path: Path) -> bytes:
    """The public key of a file, without its passphrase."""
    value = _read(path)
    return bytes.fromhex(value["public"]) if "public" in value else public_key(bytes.fromhex(value["seed"]))


def load(path: Path, ask: Ask | None = None) -> Key:
    """Read a key file strictly; `ask` gives the passphrase if it is encrypted (default: `ask_passphrase`)."""
    value = _read(path)
    actor = Actor(value["id"], value["role"])
    if "seed" in value:
        return Key(actor, bytes.fromhex(value["seed"]))
    passphrase = (ask or ask_passphrase)(path)
    secret = stretch(passphrase, bytes.fromhex(value["salt"]))
    try:
        seed = ChaCha20Poly1305(secret).decrypt(
            bytes.fromhex(value["nonce"]), bytes.fromhex(value["ciphertext"]), _open_fields(value)
        )
    except InvalidTag as error:
        raise UsageError("key.passphrase", path=str(path)) from error
    if public_key(seed).hex() != value["public"]:
        raise DataError("key.damaged", path=str(path))
    return Key(actor, seed)


def encrypt(path: Path, key: Key, passphrase: str, randomness: Callable[[int], bytes]) -> None:
    """Put a key's file under a new passphrase. A crash leaves the old file or the new one, whole."""
    write_durable(path, encode(_seal(key, passphrase, randomness(32), randomness(12))), mode=0o600)


@dataclass(frozen=True, slots=True)
class Asking:
    """A passphrase of one purpose: the variable for unattended programs, the question, what is said without either."""

    variable: str
    question: str
    nobody: str


KEYS = Asking("VDRAW_PASSPHRASE", "key.ask", "key.no_terminal")
ARCHIVE = Asking("VDRAW_ARCHIVE_PASSPHRASE", "archive.passphrase_ask", "archive.no_terminal")
"""Of the bureau's keys, and of a sealed disc: the inspection's, which must never be the operator's by accident."""


def ask_passphrase(path: Path, asking: Asking = KEYS) -> str:
    """The passphrase of a file: from the variable of its purpose, else from the person at the terminal."""
    found = os.environ.get(asking.variable)
    if found:
        return found
    if not sys.stdin.isatty():
        raise UsageError(asking.nobody, path=str(path))
    return getpass.getpass(_prompt(asking.question, path=path))


def new_passphrase(path: Path, asking: Asking = KEYS) -> str:
    """A new passphrase, asked twice; from the variable of its purpose if that is set."""
    first = ask_passphrase(path, asking)
    if not os.environ.get(asking.variable) and getpass.getpass(_prompt("key.ask_again")) != first:
        raise UsageError("key.passphrase_differs")
    if not first:
        raise UsageError("key.passphrase_empty")
    return first


def _prompt(key: str, **values: object) -> str:
    row = text(key, **values)
    return f"{row.zh} / {row.en} "
