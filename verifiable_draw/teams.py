"""How even teams of teachers are: years of service, subjects, titles (S4). A report, never a rule: lots decide.

Computed from the bureau's private roster; it names nobody but by team.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verifiable_draw.rosters import Student


@dataclass(frozen=True, slots=True)
class Team:
    """One team; `years`: of those whose service is known, in all. `class_`: what it drew, "" before the draw."""

    name: str
    class_: str
    members: int
    known: int
    years: int
    subjects: tuple[str, ...]
    ranks: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """The largest and the smallest of the teams in one respect: members, years, or teachers of a title."""

    what: str
    least: int
    most: int


def teams_of(people: Iterable[tuple[str, Student]]) -> tuple[Team, ...]:
    """Teams from (class drawn or "", teacher), in the order of class and name; a teacher without team is one alone."""
    groups: dict[tuple[str, str], list[Student]] = {}
    for number, (class_, person) in enumerate(people):
        name = person.twin_group or f"{person.name}#{number}"
        groups.setdefault((class_, name), []).append(person)
    return tuple(_team(class_, name, members) for (class_, name), members in sorted(groups.items(), key=_place))


def _place(item: tuple[tuple[str, str], Sequence[Student]]) -> tuple[int, str, str]:
    class_, name = item[0]
    return len(class_), class_, name


def _team(class_: str, name: str, members: Sequence[Student]) -> Team:
    facts = [person.teaching for person in members if person.teaching]
    served = [int(years) for years, _, _ in facts if years]
    ranks = Counter(rank for _, _, rank in facts if rank)
    return Team(
        name=name.partition("#")[0],
        class_=class_,
        members=len(members),
        known=len(served),
        years=sum(served),
        subjects=tuple(sorted({subject for _, subject, _ in facts if subject})),
        ranks=tuple(sorted(ranks.items())),
    )


def spreads(teams: Sequence[Team]) -> tuple[Spread, ...]:
    """How far teams differ: members, years of service, and for every title the number of its holders."""
    if not teams:
        return ()
    titles = sorted({rank for team in teams for rank, _ in team.ranks})
    columns = {"members": [team.members for team in teams], "years": [team.years for team in teams]} | {
        title: [dict(team.ranks).get(title, 0) for team in teams] for title in titles
    }
    return tuple(Spread(what, min(column), max(column)) for what, column in columns.items())
