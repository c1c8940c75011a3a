"""The hashes that hang together, from commitments to draw seeds (spec/ceremony.md C7-C11, C16, C19, C23)."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.canonical import tagged_hash


def plan_hash(data: bytes) -> bytes:
    """Hash of the plan's canonical bytes (C3)."""
    return tagged_hash("plan", data)


def header_hash(data: bytes) -> bytes:
    """Hash of the header's canonical bytes (C6)."""
    return tagged_hash("header", data)


def commitment(header: bytes, observer: str, key: bytes, contribution: bytes, salt: bytes) -> bytes:
    """Commit to a contribution, bound to header hash, observer and key (C7)."""
    return tagged_hash("commit", header, observer.encode(), key, contribution, salt)


def commits_closed_hash(commitments: Sequence[bytes], digits: str) -> bytes:
    """Hash of the commitments in header order, b"" for none, and the public draw's digits (C10)."""
    return tagged_hash("commits.closed", *commitments, digits.encode())


def grouping_seed(header: bytes, commits_closed: bytes, draw: str) -> bytes:
    """Seed of the blocks and bundlings of one draw (C11)."""
    return tagged_hash("grouping", header, commits_closed, draw.encode())


def groups_hash(files: Sequence[bytes]) -> bytes:
    """Hash over the SHA-256 of every groups file in header order (C11)."""
    return tagged_hash("groups", *files)


def reveals_closed_hash(openings: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Hash over contribution and salt in header order, two b"" for none (C16)."""
    return tagged_hash("reveals.closed", *(field for opening in openings for field in opening))


def delay_challenge(header: bytes, commits_closed: bytes, groups: bytes, reveals_closed: bytes) -> bytes:
    """Challenge from which the discriminant is derived (C19)."""
    return tagged_hash("delay", header, commits_closed, groups, reveals_closed)


def session_seed(
    header: bytes, commits_closed: bytes, groups: bytes, reveals_closed: bytes, y: bytes, randomness: bytes = b""
) -> bytes:
    """The seed: everything before, the delay's output in its only encoding, and a planned beacon's randomness (C23)."""
    return tagged_hash("seed", header, commits_closed, groups, reveals_closed, y, randomness)


def draw_seed(seed: bytes, draw: str) -> bytes:
    """Seed of one draw (C23)."""
    return tagged_hash("draw", seed, draw.encode())
