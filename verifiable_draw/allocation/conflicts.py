"""Constraints that no division can keep, explained by a smallest conflicting set before the ceremony.

Every kind of conflict has a finder that returns its smallest set; of all that are found the one with the fewest
units is told. Caps are looked at one by one and together with pins; that caps and pairs apart only contradict each
other together is found by nobody here, and said of a grouping that failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from verifiable_draw.errors import DataError
from verifiable_draw.values import Roster, Unit

MAX_STEPS = 20_000
MAX_UNITS = 200
"""Of the search for a placing of units apart, where it takes one at all; nobody waits for one that is not over."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A set of units whose constraints cannot all hold: the text that says why, its values, and who they are."""

    key: str
    values: Mapping[str, object]
    units: tuple[int, ...]


def explain(roster: Roster, who: Callable[[int], str] = lambda unit: f"#{unit}") -> None:
    """Raise DataError naming a smallest conflicting set; return if none is found. `who` names a unit by its index."""
    conflict = find_conflict(roster)
    if conflict is not None:
        listed = "、".join(who(unit) for unit in conflict.units)
        raise DataError(conflict.key, who=listed, **conflict.values)


def find_conflict(roster: Roster) -> Conflict | None:
    """The conflict with the fewest units, None if none is found."""
    found = [conflict for finder in FINDERS for conflict in finder(roster)]
    return min(found, key=lambda conflict: len(conflict.units), default=None)


def _too_few_units(roster: Roster) -> Iterator[Conflict]:
    number = len(roster.units)
    if roster.classes > number:
        yield Conflict("grouping.too_few_units", {"units": number, "classes": roster.classes}, ())


def _pinned_together(roster: Roster) -> Iterator[Conflict]:
    """Two units that must be apart, pinned to one class."""
    pins = dict(roster.pins)
    for a, b in roster.apart:
        if a in pins and pins[a] == pins.get(b):
            yield Conflict("grouping.pins_apart", {"class_": pins[a]}, (a, b))


def _pinned_too_many(roster: Roster) -> Iterator[Conflict]:
    """More students pinned to a class than it may have."""
    room = -(-roster.students // roster.classes) + any(not unit.single for unit in roster.units)
    for number, units in _by_class(roster).items():
        fewest = _fewest_over(units, room, lambda unit: len(roster.units[unit].students))
        if fewest:
            yield Conflict("grouping.pins_too_many", {"class_": number, "number": len(fewest), "room": room}, fewest)


def _caps(roster: Roster) -> Iterator[Conflict]:
    """A value with more students than all caps admit, siblings over a cap, pins over a cap."""
    for cap in roster.caps:

        def count(unit: int, attribute: str = cap.attribute, value: str = cap.value) -> int:
            return _count(roster.units[unit], attribute, value)

        said = {"attribute": cap.attribute, "value": cap.value, "limit": cap.limit}
        having = [unit for unit in range(len(roster.units)) if count(unit)]
        total = sum(map(count, having))
        if total > cap.limit * roster.classes:
            fewest = _fewest_over(having, cap.limit * roster.classes, count)
            yield Conflict("grouping.cap_too_small", said | {"number": total, "classes": roster.classes}, fewest)
        for unit in having:
            if count(unit) > cap.limit and not roster.units[unit].single:
                yield Conflict("grouping.cap_splits_siblings", said, (unit,))
        for number, units in _by_class(roster).items():
            over = _fewest_over(units, cap.limit, count)
            if over:
                yield Conflict("grouping.pins_over_cap", said | {"class_": number, "number": len(over)}, over)


def _count(unit: Unit, attribute: str, value: str) -> int:
    return sum(student[attribute] == value for student in unit.students)


def _by_class(roster: Roster) -> dict[int, list[int]]:
    units: dict[int, list[int]] = {}
    for unit, number in roster.pins:
        units.setdefault(number, []).append(unit)
    return units


def _fewest_over(units: list[int], limit: int, count: Callable[[int], int]) -> tuple[int, ...]:
    """The fewest of these units whose counts exceed the limit; () if all together do not."""
    total, chosen = 0, []
    for unit in sorted(units, key=lambda unit: (-count(unit), unit)):
        if total > limit:
            break
        total += count(unit)
        chosen.append(unit)
    return tuple(sorted(chosen)) if total > limit else ()


def _too_many_apart(roster: Roster) -> Iterator[Conflict]:
    """More units pairwise apart than there are classes."""
    neighbours = _neighbours(roster.apart)
    for first in sorted(neighbours):
        near = sorted(n for n in neighbours[first] if n > first)
        for rest in _cliques(near, neighbours, roster.classes):
            clique = (first, *rest)
            values = {"number": len(clique), "classes": roster.classes}
            yield Conflict("grouping.too_many_apart", values, clique)
            return


def _neighbours(pairs: tuple[tuple[int, int], ...]) -> dict[int, set[int]]:
    neighbours: dict[int, set[int]] = {}
    for a, b in pairs:
        neighbours.setdefault(a, set()).add(b)
        neighbours.setdefault(b, set()).add(a)
    return neighbours


def _cliques(candidates: list[int], neighbours: dict[int, set[int]], size: int) -> Iterator[tuple[int, ...]]:
    """Yield the sets of `size` candidates that are pairwise apart. Apart graphs are small families."""
    if size == 2:
        yield from ((a, b) for a, b in combinations(candidates, 2) if b in neighbours[a])
        return
    for i, first in enumerate(candidates):
        near = [c for c in candidates[i + 1 :] if c in neighbours[first]]
        if len(near) >= size - 1:
            for rest in _cliques(near, neighbours, size - 1):
                yield first, *rest


def _apart_and_pinned(roster: Roster) -> Iterator[Conflict]:
    """Pairs apart and pins that no placing of one family keeps: thinned out until every one left is needed."""
    pins = dict(roster.pins)
    for family in map(frozenset, _families(roster.apart)):
        pairs = [pair for pair in roster.apart if pair[0] in family]
        rules: list[tuple[int, ...]] = [*pairs, *((unit,) for unit in sorted(family) if unit in pins)]
        if _can_be_placed(rules, pins, roster.classes):
            continue
        for rule in list(rules):
            without = [other for other in rules if other != rule]
            if not _can_be_placed(without, pins, roster.classes):
                rules = without
        units = tuple(sorted({unit for rule in rules for unit in rule}))
        values = {
            "pairs": sum(len(rule) == 2 for rule in rules),
            "pins": sum(len(rule) == 1 for rule in rules),
            "classes": roster.classes,
        }
        yield Conflict("grouping.apart_and_pins", values, units)


def _families(pairs: tuple[tuple[int, int], ...]) -> list[list[int]]:
    """Connected sets of units kept apart, ascending."""
    neighbours, seen, families = _neighbours(pairs), set[int](), []
    for first in sorted(neighbours):
        if first in seen:
            continue
        family, waiting = [], [first]
        seen.add(first)
        while waiting:
            unit = waiting.pop()
            family.append(unit)
            fresh = neighbours[unit] - seen
            seen |= fresh
            waiting += fresh
        families.append(sorted(family))
    return families


def _can_be_placed(rules: list[tuple[int, ...]], pins: Mapping[int, int], classes: int) -> bool:
    """Whether classes can be given to the units so that every rule holds: a pair apart, or a single unit its pin."""
    neighbours = _neighbours(tuple((rule[0], rule[1]) for rule in rules if len(rule) == 2))
    placed = {rule[0]: pins[rule[0]] for rule in rules if len(rule) == 1}
    if any(placed[a] == placed.get(b) for a in placed for b in neighbours.get(a, ())):
        return False
    hard = _hard(neighbours, placed, classes)
    steps = 0

    def place(waiting: list[int]) -> bool:
        """Give the unit with the fewest classes left one of them, and go on."""
        nonlocal steps
        steps += 1
        if not waiting or steps > MAX_STEPS:
            return True
        closed = {unit: {placed[n] for n in neighbours[unit] if n in placed} for unit in waiting}
        unit = max(waiting, key=lambda u: (len(closed[u]), len(neighbours[u]), -u))
        used = set(placed.values())
        # Classes that nobody has yet are alike: trying one of them is enough.
        fresh = next((number for number in range(1, classes + 1) if number not in used), None)
        for number in sorted(used | ({fresh} if fresh else set())):
            if number not in closed[unit]:
                placed[unit] = number
                if place([other for other in waiting if other != unit]):
                    return True
                del placed[unit]
        return False

    return len(hard) > MAX_UNITS or place(hard)


def _hard(neighbours: Mapping[int, set[int]], placed: Mapping[int, int], classes: int) -> list[int]:
    """Units that are not pinned and may be left without a class.

    One that is apart from fewer units than there are classes finds a class whatever the others get, so it may be
    placed last; without it others become as easy.
    """
    degrees = {unit: len(near) for unit, near in neighbours.items() if unit not in placed}
    easy = [unit for unit, degree in degrees.items() if degree < classes]
    while easy:
        unit = easy.pop()
        del degrees[unit]
        for near in neighbours[unit] & degrees.keys():
            degrees[near] -= 1
            if degrees[near] == classes - 1:
                easy.append(near)
    return sorted(degrees)


FINDERS = (_too_few_units, _pinned_together, _pinned_too_many, _caps, _too_many_apart, _apart_and_pinned)
