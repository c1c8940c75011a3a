"""Tail probabilities that hold exactly or as upper bounds, so that a stated error is a real one."""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, exp, gamma, inf, log, sqrt

FAMILY_ERROR = 1e-6
"""With fresh seeds an honest draw fails a whole test at most this often. The seeds are fixed, so it never flickers."""


def chi_square(observed: Sequence[float], expected: Sequence[float]) -> float:
    return sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True))


def chi_square_tail(x: float, freedom: int) -> float:
    """P(X >= x) of chi-square with whole degrees of freedom, by its finite sums."""
    half = x / 2
    if freedom % 2 == 0:
        term = total = 1.0
        for i in range(1, freedom // 2):
            term *= half / i
            total += term
        return exp(-half) * total
    total = erfc(sqrt(half))
    for i in range(1, (freedom - 1) // 2 + 1):
        total += exp(-half) * half ** (i - 0.5) / gamma(i + 0.5)
    return total


def binomial_tail(hits: int, runs: int, p: float) -> float:
    """At least the two-sided tail of a binomial count as far out as `hits`: the Chernoff bound, 1 where it says nothing.

    Probabilities 0 and 1 allow no exception.
    """
    share = hits / runs
    if share == p:
        return 1.0

    def part(a: float, b: float) -> float:
        if a == 0:
            return 0.0
        return inf if b == 0 else a * log(a / b)

    divergence = part(share, p) + part(1 - share, 1 - p)
    return min(1.0, 2 * exp(-runs * divergence))
