"""How seldom chance puts as many children of the same value together as a draw did (spec/year.md Y10). Pure.

Units move as wholes and change places with units of the same size: classes keep their sizes, and siblings, who are
together by wish, prove nothing. All numbers are whole or fractions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, product
from math import comb, prod
from operator import add

from ledger.canonical import tagged_hash
from verifiable_draw.freeze import OTHER
from verifiable_draw.stream import Stream

ATTRIBUTES = ("staff_child", "primary_school")
PERMUTATIONS = 100_000
HITS = 100
"""The permutations end with this hit: a large p need not be known well (Besag and Clifford, Biometrika 1991)."""
TABLES = 300_000_000
"""Up to here p is exact: K · (pairs + 1) · Π (n + 1)², over the kinds of units that count, of which there are n."""
PLACES = 6
_UNKNOWN = ("", OTHER)

Kind = tuple[int, tuple[str, ...]]
"""A unit as the test sees it: its size, and the values of its children that count, sorted."""


@dataclass(frozen=True, slots=True)
class Chance:
    """Pairs of children of different units and the same value in one class; p; permutations drawn, 0 if p is exact."""

    attribute: str
    pairs: int
    p: Fraction
    permutations: int


def chance(attribute: str, units: Sequence[Sequence[str]], classes: Sequence[int], draw_seed: bytes) -> Chance:
    """Test one attribute of a draw: `units` has the values of every unit's children, `classes` its class."""
    kinds = [(len(unit), tuple(sorted(value for value in unit if _counts(attribute, value)))) for unit in units]
    pairs = observed(kinds, classes)
    if _tables(kinds, classes, pairs) <= TABLES:
        return Chance(attribute, pairs, exact(kinds, classes, pairs), 0)
    stream = Stream(tagged_hash("inspection", draw_seed, attribute.encode()))
    return Chance(attribute, pairs, *permuted(kinds, classes, pairs, stream))


def _counts(attribute: str, value: str) -> bool:
    """Whether children of this value make pairs: of what is unknown nobody can say that it is the same."""
    return value == "1" if attribute == "staff_child" else value not in _UNKNOWN


def _together(values: Sequence[object]) -> int:
    """Pairs of equal ones."""
    return sum(comb(number, 2) for number in Counter(values).values())


def observed(kinds: Sequence[Kind], classes: Sequence[int]) -> int:
    """Pairs of a division; those inside of units are left out, for they are the same in every division."""
    children = [(number, v) for (_, values), number in zip(kinds, classes, strict=True) for v in values]
    return _together(children) - _inside(kinds)


def _inside(kinds: Sequence[Kind]) -> int:
    return sum(_together(values) for _size, values in kinds)


def _tables(kinds: Sequence[Kind], classes: Sequence[int], pairs: int) -> int:
    """A bound on what counting the distribution out costs; at TABLES it takes some ten seconds."""
    numbers = Counter(kind for kind in kinds if kind[1])
    return len(set(classes)) * (pairs + 1) * prod(number + 1 for number in numbers.values()) ** 2


def exact(kinds: Sequence[Kind], classes: Sequence[int], pairs: int) -> Fraction:
    """Probability of at least so many pairs: divisions with fewer are counted, one class after the other."""
    numbers = Counter(kind for kind in kinds if kind[1])
    limit = pairs + _inside(kinds)
    # What is left of every kind → pairs so far → ways. Pairs never get fewer, so those at the limit are dropped.
    states: dict[tuple[int, ...], dict[int, int]] = {tuple(numbers.values()): {0: 1}}
    slots = _slots(kinds, classes)
    for places in slots.values():
        choices = list(_choices(numbers, places, limit))
        after: dict[tuple[int, ...], dict[int, int]] = {}
        for left, ways in states.items():
            for taken, more, times in choices:
                if any(a < b for a, b in zip(left, taken, strict=True)):
                    continue
                row = after.setdefault(tuple(a - b for a, b in zip(left, taken, strict=True)), {})
                for so_far, number in ways.items():
                    if so_far + more < limit:
                        row[so_far + more] = row.get(so_far + more, 0) + number * times
        states = after
    fewer = sum(states.get((0,) * len(numbers), {}).values())
    return 1 - Fraction(fewer, _ways(numbers.items(), Counter(size for size, _ in kinds)))


def _slots(kinds: Sequence[Kind], classes: Sequence[int]) -> dict[int, Counter[int]]:
    """Class → size of unit → how many units of this size the class has."""
    slots: dict[int, Counter[int]] = {}
    for (size, _values), number in zip(kinds, classes, strict=True):
        slots.setdefault(number, Counter())[size] += 1
    return dict(sorted(slots.items()))


def _choices(
    numbers: Mapping[Kind, int], places: Mapping[int, int], limit: int
) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """Units of every kind that a class may get, with pairs below the limit: numbers, pairs, ways to place them."""
    ranges = [range(_most(kind, min(number, places.get(kind[0], 0)), limit) + 1) for kind, number in numbers.items()]
    for taken in product(*ranges):
        values: Counter[str] = Counter()
        for (_size, inside), number in zip(numbers, taken, strict=True):
            for value in inside:
                values[value] += number
        pairs = sum(comb(number, 2) for number in values.values())
        ways = _ways(zip(numbers, taken, strict=True), places)
        if ways and pairs < limit:
            yield taken, pairs, ways


def _most(kind: Kind, number: int, limit: int) -> int:
    """The most units of a kind, up to `number`, that have fewer pairs than the limit by themselves."""
    return next((n - 1 for n in range(1, number + 1) if _together(kind[1] * n) >= limit), number)


def _ways(numbers: Iterable[tuple[Kind, int]], places: Mapping[int, int]) -> int:
    """In how many ways so many units of every kind can stand on the places for units of their sizes."""
    left, ways = dict(places), 1
    for (size, _values), number in numbers:
        here = left.get(size, 0)
        ways *= comb(here, number)  # 0 if there are too few
        left[size] = max(here - number, 0)
    return ways


def permuted(kinds: Sequence[Kind], classes: Sequence[int], pairs: int, stream: Stream) -> tuple[Fraction, int]:
    """Find p by permutations from the stream, and how many: up to the hit number HITS, else all of them."""
    limit = pairs + _inside(kinds)
    shuffles = _shuffles(kinds, classes)
    hits = 0
    for number in range(1, PERMUTATIONS + 1):
        cells = Counter(chain.from_iterable(_dealt(*one, stream) for one in shuffles))
        hits += sum(n * (n - 1) for n in cells.values()) // 2 >= limit
        if hits == HITS:
            return Fraction(hits, number), number
    return Fraction(1 + hits, 1 + PERMUTATIONS), PERMUTATIONS


def _shuffles(kinds: Sequence[Kind], classes: Sequence[int]) -> list[tuple[list[int], list[int], list[int]]]:
    """For every size of units: classes, times the number of values; unit and value of every child that counts."""
    known = {value: i for i, value in enumerate(sorted({value for _, values in kinds for value in values}))}
    shuffles = []
    for size in sorted({size for size, _ in kinds}):
        own = [(values, number) for (of, values), number in zip(kinds, classes, strict=True) if of == size]
        where = [i for i, (values, _) in enumerate(own) for _value in values]
        what = [known[value] for values, _ in own for value in values]
        if what:
            shuffles.append(([number * len(known) for _, number in own], where, what))
    return shuffles


def _dealt(places: list[int], where: Sequence[int], what: Sequence[int], stream: Stream) -> Iterator[int]:
    """Class and value, as one number, of every child that counts, after the units have changed places."""
    return map(add, map(stream.shuffle(places).__getitem__, where), what)


def holm(values: Sequence[Fraction]) -> list[Fraction]:
    """Holm's adjustment, in the order given: below x are those that a test of the whole family at x rejects."""
    order = sorted(range(len(values)), key=values.__getitem__)
    adjusted = [Fraction(0)] * len(values)
    largest = Fraction(0)
    for rank, index in enumerate(order):
        largest = max(largest, min(Fraction(1), (len(values) - rank) * values[index]))
        adjusted[index] = largest
    return adjusted


def shown(p: Fraction) -> str:
    """A probability with six decimals, rounded up: never less than it is, and 0 only for 0."""
    millionths = -(-p.numerator * 10**PLACES // p.denominator)
    return f"{millionths // 10**PLACES}.{millionths % 10**PLACES:0{PLACES}d}"
