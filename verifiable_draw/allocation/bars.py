"""Bars of a teacher draw: which teams must not get which class, and whether a permutation keeps them all (C25)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

BARS_A_TEAM = 2


def possible(barred: Sequence[tuple[int, int]], teams: int, classes: int) -> bool:
    """Whether bars (team, class) keep the bounds of C25 and leave a permutation of the classes over the teams."""
    if not barred:
        return True
    within = all(team < teams and 1 <= number <= classes for team, number in barred)
    a_team = Counter(team for team, _ in barred)
    if not within or len(barred) > classes or max(a_team.values()) > BARS_A_TEAM or teams != classes:
        return False
    banned = set(barred)
    holder: dict[int, int] = {}

    def seat(team: int, seen: set[int]) -> bool:
        """Find the team a class, moving others on an augmenting path."""
        for number in range(1, classes + 1):
            if (team, number) in banned or number in seen:
                continue
            seen.add(number)
            if number not in holder or seat(holder[number], seen):
                holder[number] = team
                return True
        return False

    # Whoever is barred from something first: the others take what is left.
    return all(seat(team, set()) for team in sorted(range(teams), key=lambda team: -a_team[team]))
