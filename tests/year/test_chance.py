"""Pairs in a class against brute force, permutations against the exact value, and p values under the null (Y10)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, permutations, product

import pytest

from ledger.canonical import tagged_hash
from tests.fairness.statistics import FAMILY_ERROR, binomial_tail
from verifiable_draw.stream import Stream
from verifiable_draw.year import chance

STAFF, SCHOOL = chance.ATTRIBUTES
SEED = bytes(range(32))

# Units, class of each. Twins with one and two values that count, an empty class of singles, unequal classes.
TINY = {
    "staff": (STAFF, [["1"], ["0"], ["1"], ["1"], ["0"], ["0"], ["0"]], [1, 2, 1, 1, 2, 3, 3]),
    "all": (STAFF, [["1"]] * 6, [1, 1, 2, 2, 3, 3]),
    "none": (STAFF, [["0"]] * 5, [1, 1, 2, 2, 2]),
    "twins": (STAFF, [["1"], ["0"], ["1"], ["1", "1"], ["0", "0"], ["1", "0"], ["0"]], [1, 2, 1, 1, 2, 2, 2]),
    "schools": (SCHOOL, [["甲"], ["乙"], ["甲"], ["乙"], ["丙"], ["其他"], ["其他"]], [1, 2, 1, 2, 1, 2, 2]),
    "mixed": (SCHOOL, [["甲", "甲"], ["乙", "甲"], ["甲"], ["乙"], ["乙"], ["其他"]], [1, 2, 1, 2, 2, 1]),
    "sizes": (STAFF, [["1"], ["1"], ["1"], ["0"], ["0", "1"], ["1", "1"], ["0", "0", "1"]], [1, 2, 1, 2, 2, 1, 1]),
}


def counts(attribute: str, value: str) -> bool:
    return value == "1" if attribute == STAFF else value != "其他"


def pairs_of(attribute: str, units: Sequence[Sequence[str]], classes: Sequence[int]) -> int:
    """The specification's words: pairs of children of different units, same value that counts, same class."""
    return sum(
        a == b and counts(attribute, a)
        for (one, first), (other, second) in combinations(zip(units, classes, strict=True), 2)
        for a, b in product(one, other)
        if first == second
    )


def brute(attribute: str, units: Sequence[Sequence[str]], classes: Sequence[int]) -> Fraction:
    """Every way in which units of the same size change places."""
    seen = pairs_of(attribute, units, classes)
    sizes = sorted({len(unit) for unit in units})
    own = [[i for i, unit in enumerate(units) if len(unit) == size] for size in sizes]
    hits = ways = 0
    for orders in product(*(permutations(indices) for indices in own)):
        moved = list(classes)
        for indices, order in zip(own, orders, strict=True):
            for a, b in zip(indices, order, strict=True):
                moved[a] = classes[b]
        ways += 1
        hits += pairs_of(attribute, units, moved) >= seen
    return Fraction(hits, ways)


@pytest.mark.parametrize("name", TINY)
def test_exact_is_what_counting_gives(name: str) -> None:
    attribute, units, classes = TINY[name]
    found = chance.chance(attribute, units, classes, SEED)
    assert found == chance.Chance(attribute, pairs_of(attribute, units, classes), brute(attribute, units, classes), 0)


def test_exact_is_what_counting_gives_for_any_tiny_division() -> None:
    rng = random.Random(10)
    several = set()
    for _ in range(25):
        units = [[rng.choice("甲乙其")] for _ in range(rng.randint(3, 6))]
        units += [[rng.choice("甲乙"), rng.choice("甲乙")] for _ in range(rng.randint(0, 3))]
        classes = [rng.randint(1, 3) for _ in units]
        found = chance.chance(SCHOOL, [[v.replace("其", "其他") for v in unit] for unit in units], classes, SEED)
        expected = brute(SCHOOL, [[v.replace("其", "其他") for v in unit] for unit in units], classes)
        assert (found.p, found.permutations) == (expected, 0)
        several.add(found.p)
    assert len(several) > 10


@pytest.mark.parametrize("name", [name for name in TINY if name not in ("none", "all")])
def test_permutations_agree_with_the_exact_value(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    attribute, units, classes = TINY[name]
    exact = chance.chance(attribute, units, classes, SEED).p
    monkeypatch.setattr(chance, "TABLES", 0)
    monkeypatch.setattr(chance, "PERMUTATIONS", 4000)
    monkeypatch.setattr(chance, "HITS", 4001)
    found = chance.chance(attribute, units, classes, SEED)
    assert found.permutations == 4000
    hits = int(found.p * 4001) - 1
    assert binomial_tail(hits, 4000, float(exact)) > FAMILY_ERROR


def draw(rng: random.Random, marked: int, size: int, classes: int) -> tuple[list[list[str]], list[int]]:
    units = [["1"] for _ in range(marked)] + [["0"] for _ in range(size - marked)]
    numbers = [i % classes + 1 for i in range(size)]
    rng.shuffle(numbers)
    return units, numbers


def test_exact_p_values_of_fair_draws_are_what_they_say() -> None:
    """A p that can occur is reached, or undercut, exactly with that probability."""
    rng = random.Random(7)
    runs = 600
    found = Counter(chance.chance(STAFF, *draw(rng, 9, 40, 4), SEED).p for _ in range(runs))
    below = 0
    for p in sorted(found):
        below += found[p]
        assert binomial_tail(below, runs, float(p)) > FAMILY_ERROR
    assert len(found) > 5


def test_permuted_p_values_of_fair_draws_are_seldom_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chance, "TABLES", 0)
    monkeypatch.setattr(chance, "PERMUTATIONS", 199)
    monkeypatch.setattr(chance, "HITS", 20)
    rng = random.Random(8)
    runs = 250
    found = []
    for i in range(runs):
        units = [[f"{rng.randrange(12)}"] for _ in range(48)] + [["1", "1"], ["2", "3"]]
        classes = [n % 4 + 1 for n in range(50)]
        rng.shuffle(classes)
        found.append(chance.chance(SCHOOL, units, classes, i.to_bytes(32, "big")).p)
    for x in (0.02, 0.05, 0.1, 0.2, 0.5):
        share = sum(p <= x for p in found) / runs
        assert share <= x or binomial_tail(int(share * runs), runs, x) > FAMILY_ERROR
        assert share > x / 3  # and they do occur: the test has power


def test_clustered_schools_are_found_and_the_stream_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chance, "PERMUTATIONS", 2000)
    units = [[f"校{i // 10}"] for i in range(120)]
    fair = [i % 10 + 1 for i in range(120)]
    planted = [i // 12 + 1 for i in range(120)]
    assert chance.chance(SCHOOL, units, planted, SEED).p == Fraction(1, 2001)
    rng = random.Random(3)
    rng.shuffle(fair)
    one = chance.chance(SCHOOL, units, fair, SEED)
    assert one == chance.chance(SCHOOL, units, fair, SEED) != chance.chance(SCHOOL, units, fair, bytes(32))
    assert one.permutations == 100 / one.p < 2000


def test_the_stream_is_read_as_the_specification_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second reading of Y10, plain and slow."""
    monkeypatch.setattr(chance, "TABLES", 0)
    monkeypatch.setattr(chance, "PERMUTATIONS", 50)
    attribute, units, classes = TINY["sizes"]
    stream = Stream(tagged_hash("inspection", SEED, b"staff_child"))
    hits = 0
    for _ in range(50):
        moved = list(classes)
        for size in (1, 2, 3):
            own = [i for i, unit in enumerate(units) if len(unit) == size]
            for i, number in zip(own, stream.shuffle([classes[i] for i in own]), strict=True):
                moved[i] = number
        hits += pairs_of(attribute, units, moved) >= pairs_of(attribute, units, classes)
    assert chance.chance(attribute, units, classes, SEED).p == Fraction(1 + hits, 51)
    assert 0 < hits < 50


def test_holm() -> None:
    """By hand: 4 · 0.005, 3 · 0.01, 2 · 0.03, and 1 · 0.04, which may not be below the one before it."""
    values = [Fraction(n, 1000) for n in (10, 40, 30, 5)]
    assert chance.holm(values) == [Fraction(n, 100) for n in (3, 6, 6, 2)]
    assert chance.holm([Fraction(3, 4), Fraction(2, 3)]) == [1, 1]
    assert chance.holm([]) == []


def test_shown_rounds_up() -> None:
    assert chance.shown(Fraction(1, 100_001)) == "0.000010"
    assert chance.shown(Fraction(1, 10**30)) == "0.000001"
    assert chance.shown(Fraction(2, 3)) == "0.666667"
    assert chance.shown(Fraction(0)) == "0.000000"
    assert chance.shown(Fraction(1)) == "1.000000"
