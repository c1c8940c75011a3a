"""The tails against known values and against counting."""

from __future__ import annotations

from math import comb

import pytest

from tests.fairness.statistics import binomial_tail, chi_square_tail


# Quantiles as printed in any table of chi-square.
@pytest.mark.parametrize(
    ("x", "freedom", "tail"),
    [(3.841, 1, 0.05), (10.828, 1, 0.001), (5.991, 2, 0.05), (7.815, 3, 0.05), (18.307, 10, 0.05), (36.123, 11, 0.00016)],
)
def test_chi_square_tail(x: float, freedom: int, tail: float) -> None:
    assert chi_square_tail(x, freedom) == pytest.approx(tail, rel=0.02)


@pytest.mark.parametrize(("runs", "p"), [(20, 0.5), (30, 0.1), (40, 0.9)])
def test_binomial_bound_is_never_below_the_tail(runs: int, p: float) -> None:
    def mass(k: int) -> float:
        return comb(runs, k) * p**k * (1 - p) ** (runs - k)

    for hits in range(runs + 1):
        side = range(hits, runs + 1) if hits > runs * p else range(hits + 1)
        assert sum(map(mass, side)) <= binomial_tail(hits, runs, p)
    assert binomial_tail(1, 10, 0.0) == 0.0
    assert binomial_tail(9, 10, 1.0) == 0.0
    assert binomial_tail(0, 10, 0.0) == binomial_tail(10, 10, 1.0) == 1.0
