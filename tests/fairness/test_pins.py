"""What pins do to everybody else, counted over seeds against the exact chances of A27, which the third reading states."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from ledger.canonical import decode
from tests.fairness.planted import planted
from tests.fairness.statistics import FAMILY_ERROR, binomial_tail
from tests.test_allocation import roster
from tests.third_reading.grouping import distributions
from verifiable_draw.allocation.grouping import group
from verifiable_draw.allocation.groups_file import encode_groups
from verifiable_draw.values import Groups

K = 3
UNITS = roster(5, 60, K, twins=1, apart=1, pins=4)
SIZES = tuple(len(unit.students) for unit in UNITS.units)


@cache
def groups() -> Groups:
    return group(UNITS, "d", bytes(32), 16)


def in_order(known: Groups) -> list[int]:
    """Units as `distributions` lists them: of blocks first, of each part the pinned ones first."""
    pins = dict(known.pins)
    inside = [unit for block in known.blocks for unit in block]
    listed = [unit for unit in inside if unit in pins] + [unit for unit in inside if unit not in pins]
    return listed + sorted(known.remainder, key=lambda unit: (unit not in pins, unit))


def least(bias: str, runs: int) -> float:
    """Smallest tail of any unit's frequency in any class, times the number of comparisons."""
    seen: Counter[tuple[int, int]] = Counter()
    with planted(bias) as allocate:
        for seed in range(runs):
            seen.update(enumerate(allocate(groups(), K, SIZES, seed.to_bytes(32, "big")).classes))
    stated = zip(in_order(groups()), distributions(decode(encode_groups(groups())), K), strict=True)
    chances = [(unit, c, p) for unit, placed in stated for c, p in enumerate(placed.distribution, 1)]
    certain = [(unit, c, p) for unit, c, p in chances if p in (0, 1)]
    if any(seen[unit, c] != runs * p for unit, c, p in certain):
        return 0.0
    open_ones = [(seen[unit, c], float(p)) for unit, c, p in chances if 0 < p < 1]
    return min(binomial_tail(hits, runs, p) for hits, p in open_ones) * len(open_ones)


def test_there_are_pins_in_blocks_and_in_the_remainder_and_units_that_they_affect() -> None:
    known = groups()
    inside = {unit for block in known.blocks for unit in block}
    pinned = {unit for unit, _ in known.pins}
    assert pinned & inside
    assert pinned & set(known.remainder)
    assert any(p not in (0, 1) and p * K != 1 for placed in distributions(decode(encode_groups(known)), K) for p in placed.distribution)


@pytest.mark.parametrize("runs", [2_000, pytest.param(40_000, marks=pytest.mark.slow)])
def test_every_class_as_stated(runs: int) -> None:
    assert least("", runs) > FAMILY_ERROR


@pytest.mark.parametrize("bias", ["no shuffle", "naive shuffle", "always the first bundling"])
def test_frequencies_catch(bias: str) -> None:
    assert least(bias, 4_000) < FAMILY_ERROR
