"""The deterministic random stream (spec/allocation.md A0)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from hashlib import sha256
from itertools import chain, count
from typing import TypeVar

T = TypeVar("T")

WORDS = 2**32
_eight = struct.Struct(">8I").unpack


def words(key: bytes) -> Iterator[int]:
    """Return the 32-bit words of stream(key): SHA-256(key, u64be(i)) as eight big-endian words each."""
    # No loop of ours between the words: the allocator takes millions of them.
    return chain.from_iterable(_eight(sha256(key + number.to_bytes(8, "big")).digest()) for number in count())


class Stream:
    """stream(key), read word by word; `below` and `shuffle` reject rather than fold, so nothing is biased."""

    __slots__ = ("word",)

    def __init__(self, key: bytes) -> None:
        self.word = words(key).__next__

    def below(self, n: int) -> int:
        """Return a uniform integer from 0 to n - 1, 1 <= n < 2^32; takes at least one word."""
        limit = WORDS - WORDS % n
        word = self.word()
        while word >= limit:
            word = self.word()
        return word % n

    def shuffle(self, items: list[T]) -> list[T]:
        """Return a uniformly shuffled copy: Fisher-Yates from the last index down."""
        shuffled = list(items)
        for i in range(len(shuffled) - 1, 0, -1):
            j = self.below(i + 1)
            shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
        return shuffled
