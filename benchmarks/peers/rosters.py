"""The rosters on which methods are compared: a fixed grid of 696 mixed ones, and the large ones of the figures."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from verifiable_draw.values import Attribute, Roster, Unit

STUDENTS = (60, 90, 120, 180, 240, 300, 480, 720, 960, 1200)
CLASSES = (2, 3, 4, 6, 8, 12, 16, 20, 24)
CLASS_SIZES = range(7, 81)  # 58 of the 90 combinations of STUDENTS and CLASSES
ETHNICITIES = {2: (70, 30), 4: (60, 20, 12, 8), 8: (50, 18, 10, 8, 6, 4, 3, 1)}
"""Number of values -> their shares in percent."""
SHARES = {"sex": (52, 48), "migrant": (80, 20), "disability": (98, 2)}


@dataclass(frozen=True)
class Case:
    """One roster: students, classes, values of ethnicity, sibling pairs kept together, pairs kept apart."""

    students: int
    classes: int
    ethnicities: int
    twins: int
    apart: int

    @property
    def name(self) -> str:
        """Short and unique: N/K, values of ethnicity, twins, apart pairs."""
        return f"{self.students}/{self.classes} e{self.ethnicities} t{self.twins} a{self.apart}"

    @property
    def grouping_seed(self) -> bytes:
        """32 bytes of the case's own."""
        return random.Random(f"seed {self.name}").randbytes(32)

    @cached_property
    def roster(self) -> Roster:
        """The roster, the same on every machine."""
        rng = random.Random(self.name)
        shares = {
            "sex": SHARES["sex"],
            "migrant": SHARES["migrant"],
            "ethnicity": ETHNICITIES[self.ethnicities],
            "disability": SHARES["disability"],
        }
        attributes = tuple(Attribute(name, tuple(map(str, range(len(share))))) for name, share in shares.items())

        def student() -> dict[str, str]:
            return {a.id: rng.choices(a.values, shares[a.id])[0] for a in attributes}

        units = []
        for _ in range(self.twins):
            first = student()
            # Siblings share what a family has in common.
            units.append(Unit((first, student() | {key: first[key] for key in ("migrant", "ethnicity")})))
        units += [Unit((student(),)) for _ in range(self.students - 2 * self.twins)]
        rng.shuffle(units)
        singles = [i for i, unit in enumerate(units) if unit.single]
        chosen = rng.sample(singles, 2 * self.apart)
        pairs = sorted((min(pair), max(pair)) for pair in zip(chosen[::2], chosen[1::2], strict=True))
        return Roster(tuple(units), self.classes, attributes, tuple(pairs))


def mixed() -> list[Case]:
    """The 696 mixed rosters, in an order in which any first part of the list is mixed too."""
    sizes = [(n, k) for n, k in product(STUDENTS, CLASSES) if n // k in CLASS_SIZES]
    cases = [
        Case(n, k, e, twins, apart)
        for (n, k), e in product(sizes, ETHNICITIES)
        for twins in (0, max(1, n // 60))
        for apart in (0, max(1, n // 100))
    ]
    return random.Random("order").sample(cases, len(cases))


LARGE = (Case(300, 6, 4, 3, 2), Case(1200, 24, 4, 8, 2), Case(10_000, 200, 4, 80, 20))
"""The sizes of the figures."""
