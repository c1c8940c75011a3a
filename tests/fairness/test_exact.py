"""Tiny instances: the draw followed through every outcome of every `below`, so probabilities are exact fractions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations, product
from math import factorial

import pytest

from tests.fairness.planted import folded_below, naive_shuffle, no_shuffle, planted, sattolo_shuffle
from verifiable_draw.stream import WORDS, Stream
from verifiable_draw.values import Allocation, Groups

# Three classes; two blocks, a remainder with a unit of two students, four unlike bundlings, an empty bundle too.
GROUPS = Groups(
    "d",
    ((0, 1, 2), (3, 4, 5)),
    (6, 7, 8),
    (((6,), (7,), (8,)), ((6, 7), (8,), ()), ((6,), (7, 8), ()), ((6,), (7,), (8,))),
)
SIZES = (1, 1, 1, 1, 1, 1, 1, 1, 2)
# For the bias with the most outcomes: one block, and two units alone.
SMALL = Groups("d", ((0, 1, 2),), (3, 4), (((3,), (4,), ()), ((3, 4), (), ())))
CLASSES = 3


class _ExhaustedError(Exception):
    """A prefix of choices was used up: the next choice has this many branches."""

    def __init__(self, branches: int) -> None:
        self.branches = branches


def outcomes(run: Callable[[], object]) -> Iterator[tuple[Fraction, object]]:
    """Run with every sequence of answers of `below`, each equally likely among its branches."""
    waiting: list[tuple[tuple[int, ...], Fraction]] = [((), Fraction(1))]
    with pytest.MonkeyPatch.context() as patch:
        while waiting:
            prefix, weight = waiting.pop()
            answers = iter(prefix)

            def below(self: Stream, n: int, answers: Iterator[int] = answers) -> int:
                for answer in answers:
                    return answer
                raise _ExhaustedError(n)

            patch.setattr(Stream, "below", below)
            try:
                yield weight, run()
            except _ExhaustedError as found:
                waiting += [((*prefix, i), weight / found.branches) for i in range(found.branches)]


Distribution = list[tuple[Fraction, tuple[int, ...]]]


def distribution(bias: str, groups: Groups = GROUPS) -> Distribution:
    with planted(bias) as allocate:

        def run() -> Allocation:
            return allocate(groups, CLASSES, SIZES[: CLASSES * len(groups.blocks) + len(groups.remainder)], bytes(32))

        return [(weight, found.classes) for weight, found in outcomes(run)]


def uniform_class_problems(found: Distribution) -> list[int]:
    """Units whose class is not exactly uniform."""
    wrong = []
    for unit in range(len(found[0][1])):
        share: Counter[int] = Counter()
        for weight, classes in found:
            share[classes[unit]] += weight
        if any(share[k] != Fraction(1, CLASSES) for k in range(1, CLASSES + 1)):
            wrong.append(unit)
    return wrong


def published(a: int, b: int) -> Fraction:
    """Pair probability as A20 states it."""
    if any(a in block and b in block for block in GROUPS.blocks):
        return Fraction(0)
    if a in GROUPS.remainder and b in GROUPS.remainder:
        shared = sum(any(a in bundle and b in bundle for bundle in bundling) for bundling in GROUPS.bundlings)
        return Fraction(shared, len(GROUPS.bundlings))
    return Fraction(1, CLASSES)


def pair_problems(found: Distribution) -> list[tuple[int, int]]:
    """Pairs that share a class with another probability than the published one."""
    wrong = []
    for a, b in combinations(range(len(SIZES)), 2):
        if sum(weight for weight, classes in found if classes[a] == classes[b]) != published(a, b):
            wrong.append((a, b))
    return wrong


def test_every_probability_is_exactly_what_is_published() -> None:
    found = distribution("")
    assert sum(weight for weight, _ in found) == 1
    assert len(found) == factorial(3) ** 3 * len(GROUPS.bundlings)
    assert not uniform_class_problems(found)
    assert not pair_problems(found)


def test_blocks_are_independent_exactly() -> None:
    """The joint permutation of both blocks takes each of its 36 values with the same probability."""
    share: Counter[tuple[int, ...]] = Counter()
    for weight, classes in distribution(""):
        share[classes[:6]] += weight
    assert set(share.values()) == {Fraction(1, 36)}


@pytest.mark.parametrize(
    ("bias", "classes_show_it", "pairs_show_it"),
    [
        ("shuffle in which nobody stays", True, True),
        ("no shuffle", True, True),
        ("unpermuted block", True, False),
        ("unpermuted bundle", True, False),
        ("one permutation for all blocks", False, True),
        ("always the first bundling", False, True),
    ],
)
def test_exact_test_catches(bias: str, classes_show_it: bool, pairs_show_it: bool) -> None:
    found = distribution(bias)
    assert bool(uniform_class_problems(found)) is classes_show_it
    assert pairs_show_it <= bool(pair_problems(found))


def test_exact_test_catches_a_naive_shuffle() -> None:
    assert not uniform_class_problems(distribution("", SMALL))
    assert uniform_class_problems(distribution("naive shuffle", SMALL))


def shuffle_counts(n: int) -> set[Fraction]:
    share: Counter[tuple[int, ...]] = Counter()
    for weight, order in outcomes(lambda: tuple(Stream(bytes(32)).shuffle(list(range(n))))):
        share[order] += weight
    assert sum(share.values()) == 1
    return {share[order] for order in share} | ({Fraction(0)} if len(share) < factorial(n) else set())


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_every_order_comes_out_of_shuffle_equally_often(n: int) -> None:
    assert shuffle_counts(n) == {Fraction(1, factorial(n))}


@pytest.mark.parametrize("biased", [naive_shuffle, sattolo_shuffle, no_shuffle])
def test_shuffle_test_catches(biased: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stream, "shuffle", biased)
    assert shuffle_counts(4) != {Fraction(1, 24)}


class _Scripted(Stream):
    """A stream of given words."""

    __slots__ = ()

    def __init__(self, *words: int) -> None:
        self.word = iter(words).__next__


def below_is_uniform(patch: pytest.MonkeyPatch, below: Callable[[Stream, int], int], bits: int, n: int) -> bool:
    """With words of few bits: of all pairs of words, those whose first is taken give every result equally often."""
    patch.setattr("verifiable_draw.stream.WORDS", 2**bits)
    found: Counter[int] = Counter()
    for first, second in product(range(2**bits), repeat=2):
        try:
            found[below(_Scripted(first, second), n)] += 1
        except StopIteration:
            continue  # both refused: a third would be asked, by the same rule
    return set(found) == set(range(n)) and len(set(found.values())) == 1


@pytest.mark.parametrize("n", range(1, 17))
def test_below_is_exactly_uniform(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert below_is_uniform(monkeypatch, Stream.below, 4, n)


@pytest.mark.parametrize("n", [3, 5, 6, 7, 9, 15])
def test_modulo_instead_of_rejection_is_caught(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not below_is_uniform(monkeypatch, folded_below, 4, n)


@pytest.mark.parametrize("n", [3, 5, 6, 7, 10, 24, 1000, 2**31 + 1, 2**32 - 1])
def test_words_that_would_favour_are_refused(n: int) -> None:
    """At 32 bits the bias of modulo is too small to count, so the border is looked at: exactly n * k words count."""
    limit = WORDS - WORDS % n
    assert limit % n == 0
    for refused in (limit, WORDS - 1):
        assert Stream.below(_Scripted(refused, 1), n) == 1
    assert Stream.below(_Scripted(limit - 1, 0), n) == (limit - 1) % n
    with pytest.raises(StopIteration):  # what folds would answer at once
        Stream.below(_Scripted(limit), n)
    assert folded_below(_Scripted(limit), n) == 0
