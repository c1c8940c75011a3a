"""Key files: one JSON object each, readable by their owner only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nacl.public import PrivateKey

from ledger.canonical import EncodingError, decode, encode, short_code, tagged_hash
from ledger.entry import Actor
from ledger.keys import public_key
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.schema import hash32, identifier, lines, one_of, record

ROLES = ("operator", "approver", "recovery", "school", "recipient", "observer")
_SHAPE = record({"id": identifier, "role": one_of(*ROLES), "seed": hash32})


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
    def fingerprint(self) -> str:
        """Short code of the public key, for people to compare (E11)."""
        return short_code(self.public)


def create(path: Path, name: str, role: str, randomness: Callable[[int], bytes]) -> Key:
    """Make a key file; UsageError if there is a file already: keys are never overwritten."""
    if path.exists():
        raise UsageError("key.exists", path=str(path))
    key = Key(Actor(name, role), randomness(32))
    problems = _SHAPE({"id": name, "role": role, "seed": key.seed.hex()}, "")
    if problems:
        raise UsageError("key.malformed", detail=lines(problems))
    write_durable(path, encode({"id": name, "role": role, "seed": key.seed.hex()}), mode=0o600)
    return key


def load(path: Path) -> Key:
    """Read a key file strictly."""
    try:
        value: Any = decode(read(path))
    except EncodingError as error:
        raise DataError("key.malformed", detail=str(error)) from error
    problems = _SHAPE(value, "")
    if problems:
        raise DataError("key.malformed", detail=lines(problems))
    return Key(Actor(value["id"], value["role"]), bytes.fromhex(value["seed"]))
