"""drand: when a round is published, and whether a signature is that of a round (C26).

The one thing here that is not in plain integers: pairings on BLS12-381 are asked of py_arkworks_bls12381, if it is
installed. Without it nothing is said to be right.
"""

from __future__ import annotations

import hashlib
from typing import Any, Callable, Dict, NamedTuple, Optional

from . import canonical

TAG = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
MAX_ROUND = 2**32 - 1
EPOCH = canonical.seconds("1970-01-01T00:00:00Z")


class Chain(NamedTuple):
    key: str
    genesis: int  # POSIX time of round 1
    period: int


CHAINS: Dict[str, Chain] = {
    "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971": Chain(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
        "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
        1692803367,
        3,
    )
}
Check = Callable[[str, int, bytes], bool]


def published_at(drand: Dict[str, Any]) -> int:
    """When the planned round is published, in the seconds of `canonical.seconds`."""
    chain = CHAINS[drand["chain"]]
    return EPOCH + chain.genesis + (int(drand["round"]) - 1) * chain.period


def _pairings() -> Optional[Check]:
    """A check of a chain's key, round and signature; None if there is nothing to compute pairings with."""
    try:
        import py_arkworks_bls12381 as bls  # noqa: PLC0415 - it may be missing
    except ImportError:
        return None

    def holds(key: str, number: int, signature: bytes) -> bool:
        try:
            point = bls.G1Point.from_compressed_bytes(signature)
        except ValueError:
            return False
        if bytes(point.to_compressed_bytes()) != signature or point == bls.G1Point.identity():
            return False
        if not point.is_in_subgroup():
            return False
        hashed = bls.G1Point.hash_to_curve(hashlib.sha256(canonical.u64(number)).digest(), TAG)
        left = bls.GT.pairing(point, bls.G2Point())
        return bool(left == bls.GT.pairing(hashed, bls.G2Point.from_compressed_bytes(bytes.fromhex(key))))

    return holds


pairings = _pairings()


def can_check() -> bool:
    return pairings is not None


def holds(drand: Dict[str, Any], signature: bytes) -> bool:
    """Whether this is the signature of the planned round; ask `can_check` first."""
    return pairings is not None and pairings(CHAINS[drand["chain"]].key, drand["round"], signature)
