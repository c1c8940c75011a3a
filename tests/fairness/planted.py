"""Parts of the draw with a bias, to be put in the place of the honest ones: what the tests must catch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from verifiable_draw import stream
from verifiable_draw.allocation import grouping, permuting
from verifiable_draw.stream import Stream
from verifiable_draw.values import Allocation, Groups

Allocate = Callable[..., Allocation]


def naive_shuffle(self: Stream, items: list[Any]) -> list[Any]:
    """Exchanges every element with any: n^n ways for n! orders."""
    shuffled = list(items)
    for i in range(len(shuffled)):
        j = self.below(len(shuffled))
        shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
    return shuffled


def sattolo_shuffle(self: Stream, items: list[Any]) -> list[Any]:
    """j = below(i) instead of below(i + 1): nobody ever stays, only cycles come out."""
    shuffled = list(items)
    for i in range(len(shuffled) - 1, 0, -1):
        j = self.below(i)
        shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
    return shuffled


def no_shuffle(self: Stream, items: list[Any]) -> list[Any]:
    return list(items)


def folded_below(self: Stream, n: int) -> int:
    """Modulo instead of rejection."""
    return self.word() % n


def small_folded_below(self: Stream, n: int) -> int:
    """Modulo of a word of three bits: the same mistake, large enough to count."""
    return self.word() % 8 % n


def unpermuted_block(groups: Groups, classes: int, sizes: Any, draw_seed: bytes) -> Allocation:
    """The first block gets classes in order."""
    honest = permuting.allocate(groups, classes, sizes, draw_seed)
    placed = list(honest.classes)
    for number, unit in enumerate(groups.blocks[0], start=1):
        placed[unit] = number
    return Allocation(groups.draw, draw_seed, honest.bundling, tuple(placed), honest.counts)


def unpermuted_bundle(groups: Groups, classes: int, sizes: Any, draw_seed: bytes) -> Allocation:
    """Bundles get classes by their index."""
    honest = permuting.allocate(groups, classes, sizes, draw_seed)
    placed = list(honest.classes)
    for number, bundle in enumerate(groups.bundlings[honest.bundling], start=1):
        for unit in bundle:
            placed[unit] = number
    return Allocation(groups.draw, draw_seed, honest.bundling, tuple(placed), honest.counts)


def one_permutation(groups: Groups, classes: int, sizes: Any, draw_seed: bytes) -> Allocation:
    """All blocks get the permutation of the first: every class stays uniform, pairs do not."""
    honest = permuting.allocate(groups, classes, sizes, draw_seed)
    placed = list(honest.classes)
    first = [placed[unit] for unit in groups.blocks[0]]
    for block in groups.blocks:
        for unit, number in zip(block, first, strict=True):
            placed[unit] = number
    return Allocation(groups.draw, draw_seed, honest.bundling, tuple(placed), honest.counts)


def first_bundling(groups: Groups, classes: int, sizes: Any, draw_seed: bytes) -> Allocation:
    """Always the first bundling: every class stays uniform, pairs of the remainder do not."""
    only = replace(groups, bundlings=groups.bundlings[:1])
    return permuting.allocate(only, classes, sizes, draw_seed)


ALLOCATIONS: dict[str, Allocate] = {
    "unpermuted block": unpermuted_block,
    "unpermuted bundle": unpermuted_bundle,
    "one permutation for all blocks": one_permutation,
    "always the first bundling": first_bundling,
}
STREAMS: dict[str, tuple[str, Callable[..., Any]]] = {
    "naive shuffle": ("shuffle", naive_shuffle),
    "shuffle in which nobody stays": ("shuffle", sattolo_shuffle),
    "no shuffle": ("shuffle", no_shuffle),
    "modulo": ("below", small_folded_below),
}


@contextmanager
def planted(name: str) -> Iterator[Allocate]:
    """Give the function that allocates, with the named bias; "" is the honest one."""
    with pytest.MonkeyPatch.context() as patch:
        if name in STREAMS:
            patch.setattr(stream.Stream, *STREAMS[name])
        yield ALLOCATIONS.get(name, permuting.allocate)


def cells_by_text(patch: pytest.MonkeyPatch) -> None:
    """Cells in the order of their values' text instead of the plan's: names would matter."""
    honest = grouping.shape

    def biased(roster: Any) -> grouping.Shape:
        found = honest(roster)
        return replace(found, free={cell: found.free[cell] for cell in sorted(found.free)})

    patch.setattr(grouping, "shape", biased)
