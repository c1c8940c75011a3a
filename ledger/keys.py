"""Ed25519 under one rule: libsodium's for signatures, and torsion-free keys (spec/encoding.md E12, E13)."""

from __future__ import annotations

from functools import lru_cache

from nacl.bindings import crypto_core_ed25519_is_valid_point
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey


class SignatureError(ValueError):
    """A signature that does not verify, or a key that may not stand in a ledger."""


def check_key(key: bytes) -> bytes:
    """Return `key` (32 bytes) if it is canonical, of the prime-order group and not the identity; else raise."""
    if len(key) != 32 or not crypto_core_ed25519_is_valid_point(key):
        raise SignatureError("not a torsion-free Ed25519 key (E13)")
    return key


def verify(key: bytes, message: bytes, signature: bytes) -> None:
    """Raise SignatureError unless `signature` (64 bytes) of `message` by `key` is valid by E12."""
    try:
        VerifyKey(key).verify(message, signature)
    except (BadSignatureError, ValueError, TypeError) as error:
        raise SignatureError("signature does not verify (E12)") from error


@lru_cache(maxsize=16)
def _signing_key(seed: bytes) -> SigningKey:
    # Deriving the public key costs as much as a signature.
    return SigningKey(seed)


def sign(seed: bytes, message: bytes) -> bytes:
    """Sign `message` with the key of the 32-byte `seed`: 64 bytes."""
    return _signing_key(seed).sign(message).signature


def public_key(seed: bytes) -> bytes:
    """Public key of a 32-byte seed."""
    return bytes(_signing_key(seed).verify_key)
