"""groups.json and result.json: written, and read as strictly as any device must (spec R6, R7, A13-A16)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ledger.canonical import VERSION, EncodingError, decode, encode
from verifiable_draw.entries import CLASSES, number
from verifiable_draw.errors import DataError
from verifiable_draw.header import HeaderDraw
from verifiable_draw.schema import array, hash32, identifier, lines, one_of, record
from verifiable_draw.values import Allocation, Groups

_GROUPS = record(
    {
        "blocks": array(array(number, 1)),
        "bundlings": array(array(array(number)), 1, 256),
        "draw": identifier,
        "remainder": array(number),
        "version": one_of(VERSION),
    }
)
_RESULT = record(
    {
        "bundling": number,
        "classes": array(number, 1),
        "counts": array(number, 1),
        "draw": identifier,
        "draw_seed": hash32,
        "version": one_of(VERSION),
    }
)
_UNITS = record({"draw": identifier, "units": array(array(hash32, 1), 1)})


def encode_groups(groups: Groups) -> bytes:
    """Bytes of groups.json (R6)."""
    return encode(
        {
            "blocks": [list(block) for block in groups.blocks],
            "bundlings": [[list(bundle) for bundle in bundling] for bundling in groups.bundlings],
            "draw": groups.draw,
            "remainder": list(groups.remainder),
            "version": VERSION,
        }
    )


def encode_result(allocation: Allocation) -> bytes:
    """Bytes of result.json (R7)."""
    return encode(
        {
            "bundling": allocation.bundling,
            "classes": list(allocation.classes),
            "counts": list(allocation.counts),
            "draw": allocation.draw,
            "draw_seed": allocation.draw_seed.hex(),
            "version": VERSION,
        }
    )


@dataclass(frozen=True, slots=True)
class Units:
    """units.json: leaves per unit, in index order."""

    draw: str
    leaves: tuple[tuple[bytes, ...], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Students of every unit."""
        return tuple(map(len, self.leaves))


def _read(data: bytes, shape: Any, name: str) -> Any:  # noqa: ANN401 - JSON of a known shape
    try:
        value = decode(data)
    except EncodingError as error:
        raise DataError("file.malformed", name=name, detail=str(error)) from error
    problems = shape(value, "")
    if problems:
        raise DataError("file.malformed", name=name, detail=lines(problems))
    return value


def parse_units(data: bytes) -> Units:
    """Read units.json strictly; raises DataError."""
    value = _read(data, _UNITS, "units.json")
    return Units(value["draw"], tuple(tuple(bytes.fromhex(leaf) for leaf in unit) for unit in value["units"]))


def parse_groups(data: bytes, draw: HeaderDraw, bundlings: int, sizes: Sequence[int]) -> Groups:
    """Read groups.json and check all that anyone can check of it: A13-A16, or A24, against the header's draw."""
    value = _read(data, _GROUPS, "groups.json")
    groups = Groups(
        value["draw"],
        tuple(map(tuple, value["blocks"])),
        tuple(value["remainder"]),
        tuple(tuple(map(tuple, bundling)) for bundling in value["bundlings"]),
    )
    k = draw.classes
    spread = 2 if max(sizes) > 1 else 1
    facts = {
        "draw": groups.draw == draw.id,
        "A13 blocks": all(len(b) == k and _ascends(b) for b in groups.blocks)
        and _ascends([b[0] for b in groups.blocks]),
        "A13 remainder": _ascends(groups.remainder),
        "A13 bundlings": len(groups.bundlings) == bundlings
        and all(_canonical_bundling(bundling, groups.remainder, k) for bundling in groups.bundlings),
        "A13 partition": sorted([*(u for b in groups.blocks for u in b), *groups.remainder]) == list(range(len(sizes))),
        "A14": (len(groups.blocks), len(groups.remainder)) == (draw.frozen["blocks"], draw.frozen["remainder"]),
    }
    for name, good in facts.items():
        if not good:
            raise DataError("groups.malformed", draw=draw.id, what=name)
    if draw.kind != CLASSES:
        if groups.remainder or len(groups.blocks) != 1:
            raise DataError("groups.malformed", draw=draw.id, what="A24")
        return groups
    if any(sizes[unit] != 1 for block in groups.blocks for unit in block):
        raise DataError("groups.malformed", draw=draw.id, what="A15")
    for bundling in groups.bundlings:
        counts = [sum(sizes[unit] for unit in bundle) for bundle in bundling]
        if max(counts) - min(counts) > spread:
            raise DataError("groups.malformed", draw=draw.id, what="A16")
    return groups


def _ascends(items: Iterable[int]) -> bool:
    found = list(items)
    return all(a < b for a, b in pairwise(found))


def _canonical_bundling(bundling: Sequence[Sequence[int]], remainder: Sequence[int], k: int) -> bool:
    full = [bundle for bundle in bundling if bundle]
    return (
        len(bundling) == k
        and all(map(_ascends, bundling))
        and _ascends([bundle[0] for bundle in full])
        and not any(bundling[len(full) :])
        and sorted(unit for bundle in full for unit in bundle) == list(remainder)
    )


def parse_result(data: bytes) -> tuple[int, ...]:
    """Classes by unit index of result.json, read strictly; that they follow from the seed is for others to check."""
    return tuple(_read(data, _RESULT, "result.json")["classes"])
