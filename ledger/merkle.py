"""The Merkle tree of RFC 6962 over entry bytes (spec/ledger.md L7)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(00, data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(01, left, right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The perfect subtrees of a growing tree: enough to know its root after every leaf, in O(log n) memory."""

    __slots__ = ("_stack", "size")

    def __init__(self) -> None:
        self.size = 0
        self._stack: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Append a leaf hash."""
        self.size += 1
        node, carry = leaf, self.size
        # One merge for every trailing zero bit of the new size: two perfect subtrees of equal size become one.
        while carry % 2 == 0:
            node = node_hash(self._stack.pop(), node)
            carry //= 2
        self._stack.append(node)

    def root(self) -> bytes:
        """Root hash of the leaves added so far."""
        if not self._stack:
            return EMPTY_ROOT
        node = self._stack[-1]
        for left in reversed(self._stack[:-1]):
            node = node_hash(left, node)
        return node


def root_hash(leaves: Iterable[bytes]) -> bytes:
    """Root hash of the given leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    return frontier.root()
