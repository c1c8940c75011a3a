"""The Merkle tree of RFC 6962 over entry bytes, and its proofs (spec/ledger.md L7, L13, L14).

Pure: where hashes are stored is the caller's business. Proofs are made from a `Nodes` function that gives the hash of
any perfect subtree, and verified from hashes alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()

# (level, index) -> hash of the perfect subtree over entries [index * 2^level, (index + 1) * 2^level).
Nodes = Callable[[int, int], bytes]


class ProofError(ValueError):
    """A proof that does not prove what it is said to."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(00, data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(01, left, right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The perfect subtrees of a growing tree: enough to know its root after every leaf, in O(log n) memory."""

    __slots__ = ("_stack", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """An empty tree, or one of `size` with the hashes of its perfect subtrees from left to right."""
        self.size = size
        self._stack: list[bytes] = list(peaks)

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
        return fold(self._stack)


def fold(peaks: Sequence[bytes]) -> bytes:
    """Root hash over the perfect subtrees of a tree, given from left to right."""
    if not peaks:
        return EMPTY_ROOT
    node = peaks[-1]
    for left in reversed(peaks[:-1]):
        node = node_hash(left, node)
    return node


def root_hash(leaves: Iterable[bytes]) -> bytes:
    """Root hash of the given leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    return frontier.root()


def nodes_of(leaves: Sequence[bytes]) -> Nodes:
    """Nodes of a tree whose leaf hashes are all at hand."""
    levels: list[list[bytes]] = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(a, b) for a, b in zip(below[::2], below[1::2], strict=False)])
    return lambda level, index: levels[level][index]


# Making proofs


def _perfect(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """The perfect subtrees (level, index) that the range [begin, end) of a tree splits into, from left to right."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level


def _range(nodes: Nodes, begin: int, end: int) -> bytes:
    """Hash of the subtree over [begin, end), as RFC 6962 forms it; `begin` is where such a subtree can begin."""
    return fold([nodes(level, index) for level, index in _perfect(begin, end)])


def tree_root(nodes: Nodes, size: int) -> bytes:
    """Root hash of the first `size` entries."""
    return _range(nodes, 0, size)


def _split(size: int) -> int:
    """Largest power of two below `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """Hashes that lead from leaf `index` to the root of the first `size` entries (L13); ProofError if there is none."""
    if not 0 <= index < size:
        raise ProofError(f"no entry {index} in a tree of size {size} (L13)")
    proof, begin, end = [], 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            proof.append(_range(nodes, middle, end))
            end = middle
        else:
            proof.append(_range(nodes, begin, middle))
            begin = middle
    return proof[::-1]


def consistency_proof(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """Hashes that show that the tree of size `old` is the beginning of that of size `new` (L14)."""
    if not 0 <= old <= new:
        raise ProofError(f"a tree of size {old} is no beginning of one of size {new} (L14)")
    if old in (0, new):
        return []
    proof, begin, end = [], 0, new
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            proof.append(_range(nodes, middle, end))
            end = middle
        else:
            proof.append(_range(nodes, begin, middle))
            begin = middle
    # A subtree that begins at 0 is the old tree itself, whose root the reader has.
    return ([_range(nodes, begin, end)] if begin else []) + proof[::-1]


# Verifying proofs


def _hashes(proof: Sequence[bytes]) -> None:
    if any(len(item) != 32 for item in proof):
        raise ProofError("a hash of a proof is not 32 bytes")


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise ProofError unless `proof` shows `leaf` at `index` in the tree of `size` and `root` (L13)."""
    if not 0 <= index < size:
        raise ProofError(f"no entry {index} in a tree of size {size} (L13)")
    _hashes((leaf, root, *proof))
    node, last = index, size - 1
    digest = leaf
    for item in proof:
        if last == 0:
            raise ProofError("proof is too long (L13)")
        if node % 2 or node == last:
            digest = node_hash(item, digest)
            # At the right edge levels without a sibling are passed over.
            while node % 2 == 0:
                node, last = node >> 1, last >> 1
        else:
            digest = node_hash(digest, item)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("proof is too short (L13)")
    if digest != root:
        raise ProofError("proof leads to another root (L13)")


def consistency_roots(old: int, new: int, proof: Sequence[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """The roots of size `old` and `new` that a proof leads to; 0 < old < new.

    `old_root` is where the proof begins if `old` is a power of two, for such a proof leaves it out.
    """
    if not 0 < old < new:
        raise ProofError(f"sizes {old} and {new} have no proof with hashes (L14)")
    _hashes((old_root, *proof))
    rest = list(proof)
    if old & (old - 1) == 0:
        rest.insert(0, old_root)
    if not rest:
        raise ProofError("proof is too short (L14)")
    node, last = old - 1, new - 1
    while node % 2:
        node, last = node >> 1, last >> 1
    first = second = rest[0]
    for item in rest[1:]:
        if last == 0:
            raise ProofError("proof is too long (L14)")
        if node % 2 or node == last:
            first, second = node_hash(item, first), node_hash(item, second)
            while node % 2 == 0 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, item)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("proof is too short (L14)")
    return first, second


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise ProofError unless `proof` shows that the tree of `old` is the beginning of that of `new` (L14)."""
    if not 0 <= old <= new:
        raise ProofError(f"a tree of size {old} is no beginning of one of size {new} (L14)")
    if (old == 0 and old_root != EMPTY_ROOT) or (new == 0 and new_root != EMPTY_ROOT):
        raise ProofError("a tree of no entries has another root (L14)")
    if old in (0, new):
        if proof:
            raise ProofError("a proof that must be empty is not (L14)")
        if old == new and old_root != new_root:
            raise ProofError("two roots of one size (L14)")
        return
    if consistency_roots(old, new, proof, old_root) != (old_root, new_root):
        raise ProofError("proof leads to other roots (L14)")
