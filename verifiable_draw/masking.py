"""A name as the room's screen may show it: enough for a family to find it, not the whole of it."""

from __future__ import annotations

MIDDLE_DOT = "·"


def masked(name: str) -> str:
    """`张明` → `张*`, `欧阳小明` → `欧**明`; of names in several words or parts each is masked by itself."""
    for mark in (MIDDLE_DOT, " "):
        if mark in name:
            return mark.join(masked(part) for part in name.split(mark))
    if len(name) <= 1:
        return "*"
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]
