"""groups.json and result.json: written, and read as strictly as any device must (spec R6, R7, A13-A16)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ledger.canonical import VERSION, encode, tagged_hash
from verifiable_draw.allocation.bars import possible
from verifiable_draw.entries import CLASSES, LATE, TEACHERS, number
from verifiable_draw.errors import DataError
from verifiable_draw.header import HeaderDraw
from verifiable_draw.schema import array, exactly, hash32, identifier, one_of, record, strict
from verifiable_draw.values import Allocation, Groups

_placed = array(exactly(number, number))
_GROUPS = record(
    {
        "barred": _placed,
        "blocks": array(array(number, 1)),
        "bundlings": array(array(array(number)), 1, 256),
        "draw": identifier,
        "pins": _placed,
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
        "forced": array(number),
        "version": one_of(VERSION),
    }
)
_UNITS = record({"draw": identifier, "units": array(array(exactly(hash32, hash32), 1), 1)})


def encode_groups(groups: Groups) -> bytes:
    """Bytes of groups.json (R6)."""
    return encode(
        {
            "barred": [list(bar) for bar in groups.barred],
            "blocks": [list(block) for block in groups.blocks],
            "bundlings": [[list(bundle) for bundle in bundling] for bundling in groups.bundlings],
            "draw": groups.draw,
            "pins": [list(pin) for pin in groups.pins],
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
            "forced": list(allocation.forced),
            "version": VERSION,
        }
    )


@dataclass(frozen=True, slots=True)
class Units:
    """units.json: identity hash and attributes hash of every student, per unit, in index order (R4)."""

    draw: str
    students: tuple[tuple[tuple[bytes, bytes], ...], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Students of every unit."""
        return tuple(map(len, self.students))

    @property
    def leaves(self) -> tuple[tuple[bytes, ...], ...]:
        """Leaves per unit, as the file has them."""
        return tuple(tuple(tagged_hash("leaf", *student) for student in unit) for unit in self.students)


def parse_units(data: bytes) -> Units:
    """Read units.json strictly; raises DataError."""
    value = strict(data, _UNITS, "file.malformed", name="units.json")
    students = tuple(tuple((bytes.fromhex(a), bytes.fromhex(b)) for a, b in unit) for unit in value["units"])
    return Units(value["draw"], students)


def parse_groups(data: bytes, draw: HeaderDraw, bundlings: int, sizes: Sequence[int]) -> Groups:
    """Read groups.json and check all that anyone can check of it: A13-A16, or A24, against the header's draw."""
    value = strict(data, _GROUPS, "file.malformed", name="groups.json")
    groups = Groups(
        value["draw"],
        tuple(map(tuple, value["blocks"])),
        tuple(value["remainder"]),
        tuple(tuple(map(tuple, bundling)) for bundling in value["bundlings"]),
        tuple((unit, number) for unit, number in value["pins"]),
        tuple((unit, number) for unit, number in value["barred"]),
    )
    k = draw.classes
    block = len(sizes) if draw.kind == LATE else k
    spread = 2 if max(sizes) > 1 else 1
    facts = {
        "draw": groups.draw == draw.id,
        "A13 blocks": all(len(b) == block and _ascends(b) for b in groups.blocks)
        and _ascends([b[0] for b in groups.blocks]),
        "A13 remainder": _ascends(groups.remainder),
        "A13 bundlings": len(groups.bundlings) == bundlings
        and all(_canonical_bundling(bundling, groups.remainder, k) for bundling in groups.bundlings),
        "A13 partition": sorted([*(u for b in groups.blocks for u in b), *groups.remainder]) == list(range(len(sizes))),
        "A26 pins": _pins_fit(groups, draw, len(sizes)),
        "A26 bars": _bars_fit(groups, draw, len(sizes)),
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


def _pins_fit(groups: Groups, draw: HeaderDraw, units: int) -> bool:
    """As many pins as the header counts, none against another in a block or a bundle (A26)."""
    pins = dict(groups.pins)
    if not pins:
        return not groups.pins and not draw.frozen["constraints"]["pins"]
    good = (
        draw.kind == CLASSES
        and len(pins) == sum(draw.frozen["constraints"]["pins"].values())
        and _ascends([unit for unit, _ in groups.pins])
        and all(unit < units and 1 <= number <= draw.classes for unit, number in groups.pins)
    )
    in_blocks = [[pins[unit] for unit in block if unit in pins] for block in groups.blocks]
    outside = {pins[unit] for unit in groups.remainder if unit in pins}
    in_bundles = [[{pins[u] for u in bundle if u in pins} for bundle in b] for b in groups.bundlings]
    return (
        good
        and all(len(set(numbers)) == len(numbers) for numbers in in_blocks)
        and all(
            all(len(numbers) <= 1 for numbers in b) and sum(map(len, b)) == len(outside) for b in in_bundles
        )
    )


def _bars_fit(groups: Groups, draw: HeaderDraw, units: int) -> bool:
    """As many bars as the header counts, within the bounds of C25."""
    return (
        len(groups.barred) == draw.frozen["constraints"]["barred"]
        and (draw.kind == TEACHERS or not groups.barred)
        and list(groups.barred) == sorted(set(groups.barred))
        and possible(groups.barred, units, draw.classes)
    )


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
    return tuple(strict(data, _RESULT, "file.malformed", name="result.json")["classes"])
