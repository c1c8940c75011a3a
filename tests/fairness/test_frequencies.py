"""Thousands of seeds: every student's class, every pair, and who is grouped with whom, against what is stated.

Each test states its error for the whole family (FAMILY_ERROR) by dividing it among its comparisons (Bonferroni).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations, product

import pytest

from tests.fairness.planted import no_shuffle, planted
from tests.fairness.statistics import FAMILY_ERROR, binomial_tail, chi_square, chi_square_tail
from tests.test_allocation import roster
from verifiable_draw.allocation.grouping import group, shape
from verifiable_draw.stream import Stream
from verifiable_draw.values import Groups, Roster, Unit

K = 3


def few_cells(units: Roster) -> Roster:
    """The same units known by sex alone: large cells, so that there are blocks beside a remainder of some size."""
    sexes = tuple(Unit(tuple({"sex": s["sex"]} for s in unit.students)) for unit in units.units)
    return replace(units, units=sexes, attributes=units.attributes[:1])


UNITS = few_cells(roster(3, 36, K, twins=2, apart=1))
SIZES = tuple(len(unit.students) for unit in UNITS.units)
Drawn = Sequence[tuple[int, ...]]


@cache
def groups() -> Groups:
    return group(UNITS, "d", bytes(32), 32)


@cache
def drawn(bias: str, runs: int) -> Drawn:
    with planted(bias) as allocate:
        return [allocate(groups(), K, SIZES, seed.to_bytes(32, "big")).classes for seed in range(runs)]


def classes_least(found: Drawn) -> float:
    """Smallest tail of any unit's class frequencies, times the number of units."""
    tails = []
    for unit in range(len(SIZES)):
        seen = Counter(classes[unit] for classes in found)
        tails.append(chi_square_tail(chi_square([seen[k] for k in range(1, K + 1)], [len(found) / K] * K), K - 1))
    return min(tails) * len(tails)


def published(a: int, b: int) -> float:
    """Pair probability as A20 states it, from the groups file alone."""
    known = groups()
    if any(a in block and b in block for block in known.blocks):
        return 0.0
    if a in known.remainder and b in known.remainder:
        return sum(any({a, b} <= set(bundle) for bundle in bundling) for bundling in known.bundlings) / 32
    return 1 / K


def pairs_least(found: Drawn) -> float:
    """Smallest tail of any pair's frequency, times the number of pairs."""
    tails = []
    for a, b in combinations(range(len(SIZES)), 2):
        hits = sum(classes[a] == classes[b] for classes in found)
        tails.append(binomial_tail(hits, len(found), published(a, b)))
    return min(tails) * len(tails)


def joint_least(found: Drawn) -> float:
    """Smallest tail of the joint classes of units of different blocks, times their number: independence, not only pairs."""
    firsts = [block[0] for block in groups().blocks]
    tails = []
    for a, b in combinations(firsts, 2):
        seen = Counter((classes[a], classes[b]) for classes in found)
        table = [seen[pair] for pair in product(range(1, K + 1), repeat=2)]
        tails.append(chi_square_tail(chi_square(table, [len(found) / K**2] * K**2), K**2 - 1))
    return min(tails) * len(tails)


@pytest.mark.parametrize("runs", [3_000, pytest.param(60_000, marks=pytest.mark.slow)])
def test_every_class_and_every_pair_as_published(runs: int) -> None:
    found = drawn("", runs)
    assert classes_least(found) > FAMILY_ERROR
    assert pairs_least(found) > FAMILY_ERROR
    assert joint_least(found) > FAMILY_ERROR
    drawn.cache_clear()


@pytest.mark.parametrize(
    ("bias", "seen_by"),
    [
        ("naive shuffle", classes_least),
        ("shuffle in which nobody stays", classes_least),
        ("no shuffle", classes_least),
        ("modulo", classes_least),
        ("unpermuted block", classes_least),
        ("unpermuted bundle", classes_least),
        ("one permutation for all blocks", pairs_least),
        ("one permutation for all blocks", joint_least),
        ("always the first bundling", pairs_least),
    ],
)
def test_frequencies_catch(bias: str, seen_by: object) -> None:
    assert callable(seen_by)
    assert seen_by(drawn(bias, 3_000)) < FAMILY_ERROR


def grouped(units: Roster, runs: int) -> list[Groups]:
    return [group(units, "d", seed.to_bytes(32, "little"), 1) for seed in range(runs)]


def remainder_least(units: Roster, found: Sequence[Groups]) -> float:
    """Units of a cell are all equally likely to stand in the remainder."""
    parts = shape(units)
    tails = []
    for cell, members in parts.free.items():
        rest = len(members) - units.classes * parts.blocks[cell]
        for unit in members:
            hits = sum(unit in known.remainder for known in found)
            tails.append(binomial_tail(hits, len(found), rest / len(members)))
    return min(tails) * len(tails)


def same_block_least(units: Roster, found: Sequence[Groups]) -> float:
    """Two units of a cell of n with b blocks share a block, and so never a class, with b K(K-1) / n(n-1)."""
    parts = shape(units)
    together: Counter[tuple[int, int]] = Counter()
    for known in found:
        for block in known.blocks:
            together.update(combinations(block, 2))
    tails = []
    for cell, members in parts.free.items():
        n, k = len(members), units.classes
        for pair in combinations(members, 2):
            p = parts.blocks[cell] * k * (k - 1) / (n * (n - 1))
            tails.append(binomial_tail(together[pair], len(found), p))
    return min(tails) * len(tails)


def test_units_of_a_cell_are_alike_to_the_grouping() -> None:
    units = few_cells(roster(8, 48, 3))
    found = grouped(units, 250)
    assert remainder_least(units, found) > FAMILY_ERROR
    assert same_block_least(units, found) > FAMILY_ERROR


def test_grouping_frequencies_catch_cells_that_are_not_shuffled(monkeypatch: pytest.MonkeyPatch) -> None:
    units = few_cells(roster(8, 48, 3))
    monkeypatch.setattr(Stream, "shuffle", no_shuffle)
    found = grouped(units, 60)
    assert remainder_least(units, found) < FAMILY_ERROR
    assert same_block_least(units, found) < FAMILY_ERROR


def companions_least(units: Roster, found: Sequence[Groups]) -> float:
    """Of two units that look alike, none is more often with a third one: exchange of the two changes no probability.

    For every such triple with the two in the remainder: of the bundlings in which exactly one of the two is with the
    third, it is either of them as often.
    """
    vectors = [tuple(tuple(sorted(student.items())) for student in unit.students) for unit in units.units]
    alone = {unit for pair in units.apart for unit in pair}
    alike = [
        (a, b)
        for a, b in combinations(range(len(vectors)), 2)
        if vectors[a] == vectors[b] and not {a, b} & alone
    ]
    where = [
        {unit: k for bundling in known.bundlings for k, bundle in enumerate(bundling) for unit in bundle} for known in found
    ]
    tails = []
    for (a, b), third in product(alike, range(len(vectors))):
        if third in {a, b}:
            continue
        with_a = sum(third in w and a in w and w[a] == w[third] and w.get(b) != w[third] for w in where)
        with_b = sum(third in w and b in w and w[b] == w[third] and w.get(a) != w[third] for w in where)
        if with_a + with_b:
            tails.append(binomial_tail(with_a, with_a + with_b, 0.5))
    return min(tails) * len(tails)


@pytest.mark.parametrize("runs", [200, pytest.param(1_500, marks=pytest.mark.slow)])
def test_the_walk_treats_alike_units_alike(runs: int) -> None:
    units = roster(21, 30, 3, twins=1, apart=1)
    assert companions_least(units, grouped(units, runs)) > FAMILY_ERROR


def test_companions_catch_a_remainder_that_is_dealt_by_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stream, "shuffle", no_shuffle)
    monkeypatch.setattr("verifiable_draw.allocation.walk.MIN_SWEEPS", 0)
    monkeypatch.setattr("verifiable_draw.allocation.walk.MAX_SWEEPS", 0)
    monkeypatch.setattr("verifiable_draw.allocation.walk.DESCENT_SWEEPS", 0)
    units = roster(21, 30, 3, twins=1)
    assert companions_least(units, grouped(units, 60)) < FAMILY_ERROR
