"""Pins and bars: what groups may say of them, and what pins do to everybody else (allocation, A26, A27; C25).

A pin is a pair of unit and class, and so is a bar. Probabilities are exact fractions.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any, Dict, FrozenSet, Iterator, List, NamedTuple, Tuple

MAX_BARS = 2  # of one team

Classes = FrozenSet[int]
Shares = Tuple[int, ...]  # of a unit: bundlings in which its bundle has the class, by the remainder's pinned classes


def loose(groups: Dict[str, Any]) -> List[int]:
    """The units of the remainder that are not pinned, ascending."""
    given = {unit for unit, _ in groups["pins"]}
    return [unit for unit in groups["remainder"] if unit not in given]


def barred_classes(groups: Dict[str, Any]) -> Dict[int, List[int]]:
    """The classes that a team must not get, by team."""
    out: Dict[int, List[int]] = {}
    for unit, number in groups["barred"]:
        out.setdefault(unit, []).append(number)
    return out


# --- form (A26) ---------------------------------------------------------------------------------------------------


def are_sound(placed: List[List[int]], n: int, k: int) -> bool:
    """Whether pins or bars ascend and are of units and classes that there are (R6)."""
    ascends = all(a < b for a, b in zip(placed, placed[1:]))
    return ascends and all(unit < n and 1 <= number <= k for unit, number in placed)


def pin_problems(groups: Dict[str, Any], k: int) -> List[str]:
    """A26 for kind classes; blocks and bundlings keep R6."""
    n = k * len(groups["blocks"]) + len(groups["remainder"])
    problems = ["bars in a draw of students (C25)"] if groups["barred"] else []
    pins = groups["pins"]
    given = dict(pins)
    if not are_sound(pins, n, k) or len(given) != len(pins):
        return [*problems, "pins are not ascending pairs of different units and classes (R6, A26)"]
    if not given:
        return problems
    for block in groups["blocks"]:
        found = [given[unit] for unit in block if unit in given]
        if len(set(found)) != len(found):
            problems.append("two units of a block are pinned to one class (A26)")
    for number, bundling in enumerate(groups["bundlings"]):
        by_bundle = [{given[unit] for unit in bundle if unit in given} for bundle in bundling]
        found = [one for classes in by_bundle for one in classes]
        if any(len(classes) > 1 for classes in by_bundle) or len(set(found)) != len(found):
            problems.append("bundling %d: pinned units do not stand by class (A26)" % number)
    return problems


def bar_problems(groups: Dict[str, Any], k: int, kind: str) -> List[str]:
    """A26 and C25 for the other kinds, of K units: no pins; at most two bars a team, K in all, and room for everybody.

    Some permutation keeps them all unless s teams are barred from t classes each with s + t = K + 1 (Hall); then there
    are s * t >= K bars, and as there are at most K, one of s and t is 1: a team without class, or a class without team.
    """
    problems = ["pins in a draw that divides nothing (C25)"] if groups["pins"] else []
    bars = groups["barred"]
    if kind != "teachers":
        return [*problems, "bars in a draw of no teachers (C25)"] if bars else problems
    if not are_sound(bars, k, k):
        return [*problems, "bars are not ascending pairs of units and classes (R6)"]
    by_team, by_class = Counter(unit for unit, _ in bars), Counter(number for _, number in bars)
    if len(bars) > k or any(number > MAX_BARS for number in by_team.values()):
        problems.append("more than two bars of a team, or than K in all (C25)")
    elif k in by_team.values() or k in by_class.values():
        problems.append("no permutation keeps all bars (C25)")
    return problems


# --- what pins do (A27) -------------------------------------------------------------------------------------------


class Effect(NamedTuple):
    """single: of a unit that is not pinned for a class; pair: of two units of which one at least is not pinned."""

    pinned: int
    affected: int
    single: Fraction
    pair: Fraction


NOTHING = Effect(0, 0, Fraction(0), Fraction(0))


class _Remainder(NamedTuple):
    """Its pinned classes, and how many units that are not pinned have which shares; of M bundlings and K classes."""

    classes: List[int]
    shares: Dict[Shares, int]
    m: int
    k: int

    @property
    def open(self) -> int:
        """Classes to which no unit of the remainder is pinned."""
        return self.k - len(self.classes)

    def singles(self) -> Iterator[Fraction]:
        """The largest probabilities of units for a class."""
        for shares in self.shares:
            yield Fraction(max(shares, default=0), self.m)
            if self.open:
                yield Fraction(self.m - sum(shares), self.m * self.open)

    def within(self, allowed: Classes) -> Fraction:
        """The largest probability of a unit for any of these classes."""
        inside = [place for place, number in enumerate(self.classes) if number in allowed]
        others = len(allowed) - len(inside)
        scale = max(1, self.open)  # if it is 0, no unit is ever in a bundle without a pinned one
        largest = max(
            sum(shares[place] for place in inside) * scale + (self.m - sum(shares)) * others for shares in self.shares
        )
        return Fraction(largest, self.m * scale)


def effect(groups: Dict[str, Any], k: int) -> Effect:
    """A27, of groups that keep R6 and A26. Units with equal distributions are looked at once."""
    given = dict(groups["pins"])
    if not given:
        return Effect(0, 0, Fraction(1, k), Fraction(1, k))
    blocks = Counter(frozenset(given[unit] for unit in block if unit in given) for block in groups["blocks"])
    rest = _remainder(groups, given, k)
    affected = sum((k - len(taken)) * number for taken, number in blocks.items() if taken)
    affected += sum(number for shares, number in rest.shares.items() if any(a * k != rest.m for a in shares))
    singles = [Fraction(1, k - len(taken)) for taken in blocks if len(taken) < k]
    return Effect(
        len(given),
        affected,
        max([*singles, *rest.singles()], default=Fraction(0)),
        max(_pairs(blocks, rest, k), default=Fraction(0)),
    )


def _remainder(groups: Dict[str, Any], given: Dict[int, int], k: int) -> _Remainder:
    classes = sorted({given[unit] for unit in groups["remainder"] if unit in given})
    place = {number: i for i, number in enumerate(classes)}
    shares = {unit: [0] * len(classes) for unit in loose(groups)}
    for bundling in groups["bundlings"] if classes else ():
        for bundle in bundling:
            number = next((given[unit] for unit in bundle if unit in given), None)
            if number is not None:
                for unit in bundle:
                    if unit not in given:
                        shares[unit][place[number]] += 1
    return _Remainder(classes, Counter(map(tuple, shares.values())), len(groups["bundlings"]), k)


def _pairs(blocks: Dict[Classes, int], rest: _Remainder, k: int) -> Iterator[Fraction]:
    """Probabilities that two units share a class, the largest among them. A block is known by its pinned classes.

    Whoever is not pinned in a block with room for w classes shares one with anybody elsewhere with probability 1/w at
    most, which a unit pinned elsewhere to one of the w reaches. So others count only where there is none.
    """
    in_blocks: Classes = frozenset().union(*blocks)
    everywhere = in_blocks | set(rest.classes)
    for taken, number in blocks.items():
        room = k - len(taken)
        if room and (taken != everywhere or number > 1):
            yield Fraction(1, room)
        elif room and rest.shares:
            yield rest.within(frozenset(range(1, k + 1)) - taken) * Fraction(1, room)
    if rest.shares:
        for chosen in in_blocks:
            yield rest.within(frozenset((chosen,)))
