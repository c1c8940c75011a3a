"""What freezing a roster would give, in numbers, before anybody is bound by it (P2, P3, S3; spec/allocation.md).

For the bureau: it tells of attributes, so nothing of it is published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verifiable_draw import freeze
from verifiable_draw.allocation import balance
from verifiable_draw.allocation.bounds import bounds
from verifiable_draw.allocation.grouping import group, label
from verifiable_draw.allocation.pins import Effects, effects
from verifiable_draw.feature_names import feature_name
from verifiable_draw.freeze import YearKey
from verifiable_draw.plan import UNITS_A_PIN, Plan
from verifiable_draw.rosters import Student
from verifiable_draw.sealed import parse_sealed
from verifiable_draw.texts import Text, text
from verifiable_draw.values import Groups, Roster


@dataclass(frozen=True, slots=True)
class Line:
    """Balance of one feature: the spread of a trial, the least that is possible and why, students in all."""

    feature: str
    total: int
    reached: int
    bound: int
    reason: str

    @property
    def proven(self) -> bool:
        """Whether no division is better."""
        return self.reached == self.bound


@dataclass(frozen=True, slots=True)
class Preview:
    """A trial of one draw with a throwaway seed.

    `together`: of the pairs of the remainder, the share of bundlings in which the most frequent one is together.
    `rare`: values that at most K students have; balancing them separates these children.
    """

    draw: str
    students: int
    units: int
    classes: int
    blocks: int
    remainder: int
    apart: int
    pins: dict[str, int]
    lines: tuple[Line, ...]
    together: Fraction
    always: int
    effects: Effects | None
    rare: tuple[str, ...]

    @property
    def remainder_percent(self) -> int:
        """Units of the remainder among all, rounded up."""
        return -(-100 * self.remainder // self.units)

    @property
    def too_many_pins(self) -> bool:
        """Whether no session with so many pins can be proven fair (V51)."""
        return sum(self.pins.values()) > -(-self.units // UNITS_A_PIN)


def preview(
    plan: Plan, draw: str, students: Sequence[Student], year_key: YearKey, randomness: Callable[[int], bytes]
) -> Preview:
    """Freeze and group on trial; DataError explains what cannot be kept."""
    frozen = freeze.freeze(plan, draw, students, "00" * 32, year_key, randomness)
    roster = parse_sealed(frozen.sealed).roster
    divides = plan.draws[draw].divides
    groups = group(roster, draw, randomness(32), int(plan.value["bundlings"]) if divides else 1)
    pairs = balance.pairs(groups, roster.classes)
    together = max((c for c, number in enumerate(pairs.histogram) if number), default=0)
    summary = frozen.summary
    return Preview(
        draw=draw,
        students=roster.students,
        units=len(roster.units),
        classes=roster.classes,
        blocks=summary["blocks"],
        remainder=summary["remainder"],
        apart=summary["constraints"]["apart"],
        pins=dict(summary["constraints"]["pins"]),
        lines=_lines(roster, groups) if divides else (),
        together=Fraction(together, len(groups.bundlings)),
        always=pairs.histogram[-1],
        effects=effects(groups, roster.classes) if roster.pins else None,
        rare=rare(roster),
    )


def preview_json(found: Preview) -> dict[str, Any]:
    """A preview for programs; fractions as [numerator, denominator]."""
    effect = found.effects
    return {
        "always": found.always,
        "apart": found.apart,
        "balance": [
            {"bound": line.bound, "feature": line.feature, "proven": line.proven, "reached": line.reached,
             "reason": line.reason, "students": line.total}
            for line in found.lines
        ],
        "blocks": found.blocks,
        "classes": found.classes,
        "draw": found.draw,
        "pins": {
            "affected": effect.affected if effect else 0,
            "class": list(effect.most_class.as_integer_ratio()) if effect else [1, found.classes],
            "pair": list(effect.most_pair.as_integer_ratio()) if effect else [1, found.classes],
            "reasons": found.pins,
            "too_many": found.too_many_pins,
        },
        "rare": list(found.rare),
        "remainder": found.remainder,
        "students": found.students,
        "together": list(found.together.as_integer_ratio()),
        "units": found.units,
    }  # fmt: skip


def preview_lines(found: Preview) -> Iterator[Text]:
    """A preview in sentences."""
    yield text("preview.numbers", draw=found.draw, students=found.students, units=found.units, classes=found.classes,
               blocks=found.blocks, remainder=found.remainder)  # fmt: skip
    if not found.lines:
        return
    yield text("rosters.share", percent=found.remainder_percent, together=found.together, always=found.always)
    if found.apart:
        yield text("rosters.apart", apart=found.apart)
    if found.effects:
        reasons = [(text(f"pin.{reason}"), number) for reason, number in found.pins.items()]
        yield text(
            "preview.pinned",
            pinned=found.effects.pinned,
            reasons_zh="、".join(f"{row.zh} {number}" for row, number in reasons),
            reasons_en=", ".join(f"{row.en} {number}" for row, number in reasons),
            affected=found.effects.affected,
            class_=found.effects.most_class,
            even=f"1/{found.classes}",
        )
    if found.too_many_pins:
        yield text("rosters.too_many_pins")
    if found.rare:
        names = {lang: "、".join(feature_name(one, lang) for one in found.rare) for lang in ("zh", "en")}
        yield text("preview.rare", values_zh=names["zh"], values_en=names["en"])
    for line in found.lines:
        yield text(
            "preview.line", feature_zh=feature_name(line.feature), feature_en=feature_name(line.feature, "en"),
            total=line.total, reached=line.reached, bound=line.bound,
            why_zh=text(f"balance.{line.reason}").zh, why_en=text(f"balance.{line.reason}").en,
            proven_zh=text(PROVEN[line.proven]).zh, proven_en=text(PROVEN[line.proven]).en,
        )  # fmt: skip


PROVEN = {True: "balance.proven", False: "balance.unproven"}


def _lines(roster: Roster, groups: Groups) -> tuple[Line, ...]:
    reached = balance.certificate(roster, groups)
    totals = balance.totals(roster)
    return tuple(
        Line(bound.feature, total, line.reached, bound.spread, bound.reason)
        for bound, line, total in zip(bounds(roster), reached, totals, strict=True)
    )


def rare(roster: Roster) -> tuple[str, ...]:
    """Balanced values that at most K students have: each of these children is alone of them in a class (A23)."""
    counts = Counter((a, v) for unit in roster.units for student in unit.students for a, v in student.items())
    balanced = {attribute.id: attribute.balanced for attribute in roster.attributes}
    found = sorted((a, v) for (a, v), number in counts.items() if number <= roster.classes and v in balanced[a])
    return tuple(label(((attribute, value),)) for attribute, value in found)
