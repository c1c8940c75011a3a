"""Public randomness beacons: which round is published when, and whether a signature is that of a round (C26, C27).

The chains are constants of the specification, so that no record can name a key of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import ModuleType
from typing import Any

from ledger.canonical import u64
from verifiable_draw.errors import DataError, UsageError

bls: ModuleType | None
try:
    bls = import_module("py_arkworks_bls12381")
except ImportError:  # the extra `drand` is not installed
    bls = None

SIGNATURE_BYTES = 48
TAG = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
MAX_ROUND = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Chain:
    """A drand chain: public key (a compressed point of G2), POSIX time of round 1, seconds between rounds."""

    name: str
    key: bytes
    genesis: int
    period: int


QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
CHAINS: Mapping[str, Chain] = {
    QUICKNET: Chain(
        "quicknet",
        bytes.fromhex(
            "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
            "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
        ),
        1692803367,
        3,
    ),
}


def round_time(drand: Mapping[str, Any]) -> datetime:
    """When the planned round is published."""
    chain = CHAINS[drand["chain"]]
    return datetime.fromtimestamp(chain.genesis, UTC) + timedelta(seconds=(drand["round"] - 1) * chain.period)


def round_after(moment: datetime, chain: str = QUICKNET) -> int:
    """The first round that is published at this time or later; DataError if the chain does not reach so far."""
    known = CHAINS[chain]
    passed = moment - datetime.fromtimestamp(known.genesis, UTC)
    number = max(1, -(-passed // timedelta(seconds=known.period)) + 1)
    if number > MAX_ROUND:
        raise DataError("beacon.too_far")
    return number


def check_beacon(drand: Mapping[str, Any], signature: bytes) -> bytes:
    """Check the signature of the planned round and return its randomness.

    DataError if it is not the one right signature in its one encoding; UsageError if this machine cannot tell.
    """
    if bls is None:
        raise UsageError("beacon.no_bls")
    chain, number = CHAINS[drand["chain"]], int(drand["round"])
    try:
        point = bls.G1Point.from_compressed_bytes(signature)
    except ValueError as error:
        raise DataError("beacon.bad", round=number) from error
    canonical = bytes(point.to_compressed_bytes()) == signature
    if not canonical or not point.is_in_subgroup() or point == bls.G1Point.identity():
        raise DataError("beacon.bad", round=number)
    hashed = bls.G1Point.hash_to_curve(hashlib.sha256(u64(number)).digest(), TAG)
    key = bls.G2Point.from_compressed_bytes(chain.key)
    if not bls.GT.pairing_check([point, hashed], [-bls.G2Point(), key]):
        raise DataError("beacon.bad", round=number)
    return randomness(signature)


def randomness(signature: bytes) -> bytes:
    """The randomness of a round, from its signature (C26)."""
    return hashlib.sha256(signature).digest()
