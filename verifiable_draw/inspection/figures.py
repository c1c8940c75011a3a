"""What a year's report adds up to: grades, draws, spreads, observers, times (for the paper; spec/year.md Y9).

A *report* is the decoded report file. Counted are draws that count: published, not annulled, no rehearsal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ledger.canonical import parse_time
from verifiable_draw.entries import CLASSES, LATE
from verifiable_draw.inspection.kinds import NOTE, OPEN, VIOLATION

Report = Mapping[str, Any]
ROLES = ("discipline", "congress", "consultative", "parent", "notary", "other")
FEW = 2  # a spread or a number of observers from which on they are counted together
LEVELS = (Fraction(1, 100), Fraction(1, 20), Fraction(1, 10))


@dataclass(frozen=True, slots=True)
class Year:
    """Numbers of one year. `even`: draws none of whose features differs by more than 1, of `measured` draws.

    `covered`: observers covered in all sessions together; `least`: in the one with the fewest.
    """

    year: int
    due: int
    drawn: int
    missing: int
    exempt: int
    draws: int
    students: int
    late: int
    sessions: int
    covered: int
    least: int
    even: int
    measured: int
    widest: int
    violations: int
    open: int
    notes: int


@dataclass(frozen=True, slots=True)
class Spread:
    """One feature, or all features of an attribute, over the draws: how many spread by 0, by 1, by more; the widest."""

    name: str
    counts: tuple[int, int, int]
    widest: int
    where: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Test:
    """One p value of the year with the draw that it is of (Y10)."""

    draw: Mapping[str, Any]
    attribute: str
    pairs: int
    p: str
    adjusted: str


def of_year(report: Report) -> Year:
    """Everything that is counted, of one report."""
    register, severities = report["summary"]["register"], report["summary"]["severities"]
    due = [row for row in register if row["classes"] > 1]
    drawn = sum(row["drawn"] for row in due)
    rows, sessions = counted(report), held(report)
    worst = [max(spread for _name, spread in row["spreads"]) for row in rows if row["spreads"]]
    present = [sum(one["covered"].values()) for one in sessions]
    return Year(
        report["year"], len(due), drawn, len(due) - drawn, len(register) - len(due), len(rows),
        sum(row["students"] for row in rows if row["kind"] == CLASSES),
        sum(row["students"] for row in rows if row["kind"] == LATE),
        len(sessions), sum(present), min(present, default=0), sum(one < FEW for one in worst), len(worst),
        max(worst, default=0), severities[VIOLATION], severities[OPEN], severities[NOTE],
    )  # fmt: skip


def counted(report: Report) -> list[Mapping[str, Any]]:
    """Draws that count."""
    good = {
        one["session"]: one["annulled"]
        for one in report["summary"]["sessions"]
        if one["times"]["published"] and not one["rehearsal"]
    }
    return [row for row in report["summary"]["draws"] if row["draw"] not in good.get(row["session"], {row["draw"]})]


def held(report: Report) -> list[Mapping[str, Any]]:
    """Sessions that were no rehearsal and went as far as their observers."""
    rows = report["summary"]["sessions"]
    return [one for one in rows if one["times"]["header"] and not one["rehearsal"] and not one["aborted"]]


# Balance


def by_feature(report: Report) -> list[Spread]:
    """The spread of every feature, widest first."""
    found: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
    for row in counted(report):
        for name, spread in row["spreads"]:
            found.setdefault(name, []).append((spread, row))
    return _ordered(found)


def by_attribute(report: Report) -> list[Spread]:
    """The same of every attribute: of a draw the value that differs most."""
    found: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
    for row in counted(report):
        worst: Counter[str] = Counter()
        for name, spread in row["spreads"]:
            attribute = name.partition("=")[0]
            worst[attribute] = max(worst[attribute], spread)
        for attribute, spread in worst.items():
            found.setdefault(attribute, []).append((spread, row))
    return _ordered(found)


def _ordered(found: Mapping[str, Sequence[tuple[int, Mapping[str, Any]]]]) -> list[Spread]:
    rows = []
    for name, several in found.items():
        widest = max(spread for spread, _row in several)
        counts = _few([spread for spread, _row in several])
        rows.append(Spread(name, counts, widest, [row for spread, row in several if spread == widest]))
    return sorted(rows, key=lambda one: (-one.widest, -one.counts[2], one.name != "size", one.name))


def _few(numbers: Sequence[int]) -> tuple[int, int, int]:
    """How many are 0, 1, more."""
    return sum(n == 0 for n in numbers), sum(n == 1 for n in numbers), sum(n >= FEW for n in numbers)


# Observers and times


def coverage(sessions: Sequence[Mapping[str, Any]]) -> list[tuple[str, tuple[int, int, int]]]:
    """Of every role: in how many sessions nobody was covered, one person, more."""
    return [(role, _few([one["covered"].get(role, 0) for one in sessions])) for role in ROLES]


def seconds(begun: str, ended: str) -> int:
    """Between two times of entries; −1 if one of them is not there."""
    return int((parse_time(ended) - parse_time(begun)).total_seconds()) if begun and ended else -1


# Chance


def tests(report: Report) -> list[Test]:
    """The year's p values, smallest first."""
    rows = [
        Test(row, one["attribute"], one["pairs"], one["p"], one["adjusted"])
        for row in report["statistics"]
        for one in row["chances"]
    ]
    return sorted(rows, key=lambda one: (Fraction(one.p), one.draw["school"], one.draw["grade"], one.attribute))


def small(rows: Sequence[Test]) -> list[tuple[str, int, int]]:
    """Of every level: its name, how many p values are below it, and how many chance alone would give at most."""
    return [
        (str(level), sum(Fraction(one.p) < level for one in rows), -(-len(rows) * level // 1))  # rounded up
        for level in LEVELS
    ]
