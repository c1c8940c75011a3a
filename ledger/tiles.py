"""Tiles and entry bundles of C2SP tlog-tiles: 256 hashes or entries a file (spec/ledger.md L15). Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ledger.merkle import Nodes, fold

WIDTH = 256
CHECKPOINT = "checkpoint"

# (level, number) -> hashes of that tile, at least as many as the tree in question has there.
TileReader = Callable[[int, int], bytes]


class TileError(ValueError):
    """A tile or entry bundle that is not what its place in the tree demands."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Place of a tile or, with level -1, of an entry bundle; `width` 1 to 256."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Path below the ledger's prefix."""
        groups = [f"{self.number % 1000:03d}"]
        rest = self.number // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level < 0 else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"

    @property
    def start(self) -> int:
        """Number of its first hash at its level (or first entry)."""
        return self.number * WIDTH


def tiles_of(size: int, old: int = 0) -> Iterator[Tile]:
    """All bundles and tiles of a tree of `size` that differ from those of the tree of `old` entries."""
    for level in range(-1, 8):
        shift = 8 * max(level, 0)
        now, before = size >> shift, old >> shift
        if now == 0:
            return
        for number in range(before // WIDTH, now // WIDTH):
            yield Tile(level, number)
        if now % WIDTH and now != before:
            yield Tile(level, now // WIDTH, now % WIDTH)


def bundle(entries: Iterable[bytes]) -> bytes:
    """Entry bundle: u16 big-endian length and bytes of every entry."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def split_bundle(data: bytes, width: int) -> list[bytes]:
    """The `width` entries of a bundle, strictly; raises TileError."""
    entries, at = [], 0
    for _ in range(width):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise TileError("entry bundle is cut off (L15)")
        entries.append(data[at + 2 : end])
        at = end
    if at != len(data):
        raise TileError("entry bundle goes on after its last entry (L15)")
    return entries


def subtree_root(hashes: Sequence[bytes]) -> bytes:
    """Root over a power of two of hashes."""
    sha = hashlib.sha256
    level = hashes
    while len(level) > 1:
        level = [sha(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def split_tile(data: bytes) -> list[bytes]:
    """The hashes of a tile."""
    if len(data) % 32 or not 0 < len(data) <= 32 * WIDTH:
        raise TileError("tile is not 1 to 256 hashes (L15)")
    return [data[i : i + 32] for i in range(0, len(data), 32)]


def nodes_of_tiles(read: TileReader) -> Nodes:
    """Nodes of a tree whose tiles `read` gives; every tile is read once."""
    cache: dict[tuple[int, int], list[bytes]] = {}

    def nodes(level: int, index: int) -> bytes:
        tile_level, inside = divmod(level, 8)
        first = index << inside
        place = tile_level, first // WIDTH
        if place not in cache:
            cache[place] = split_tile(read(*place))
        start, count = first % WIDTH, 1 << inside
        hashes = cache[place][start : start + count]
        if len(hashes) != count:
            raise TileError(f"tile {Tile(*place).path} is too narrow (L15)")
        return subtree_root(hashes)

    return nodes


class Edge:
    """The right edge of a growing tree: its perfect subtrees, and the hashes that fill no tile yet, by tile level."""

    __slots__ = ("_peaks", "levels", "size")

    def __init__(self) -> None:
        self.size = 0
        self.levels: list[list[bytes]] = [[]]
        self._peaks: list[bytes] = []

    def extend(self, leaves: Sequence[bytes]) -> list[tuple[Tile, bytes]]:
        """Append leaf hashes; returns the tiles that are full now, with their hashes."""
        full: list[tuple[Tile, bytes]] = []
        at = 0
        while at < len(leaves):
            # A whole tile is hashed level by level, which is faster than leaf by leaf.
            count = WIDTH if not self.levels[0] and len(leaves) - at >= WIDTH else 1
            chunk = list(leaves[at : at + count])
            self.levels[0] += chunk
            self.size += count
            self._merge(subtree_root(chunk), count.bit_length() - 1, full)
            at += count
        return full

    def _merge(self, node: bytes, height: int, full: list[tuple[Tile, bytes]]) -> None:
        """Take a perfect subtree at the end: two of equal height become one; every eighth height fills a tile."""
        while True:
            if height % 8 == 0 and height:
                level = height // 8
                hashes = self.levels[level - 1]
                full.append((Tile(level - 1, (self.size >> height) - 1), b"".join(hashes)))
                self.levels[level - 1] = []
                if level == len(self.levels):
                    self.levels.append([])
                self.levels[level].append(node)
            if self.size >> height & 1:
                break
            node = hashlib.sha256(b"\x01" + self._peaks.pop() + node).digest()
            height += 1
        self._peaks.append(node)

    def copy(self) -> Edge:
        """An edge that can grow by itself."""
        other = Edge()
        other.size, other.levels, other._peaks = self.size, [list(level) for level in self.levels], list(self._peaks)
        return other

    def root(self) -> bytes:
        """Root hash of the leaves added so far."""
        return fold(self._peaks)
