"""Where a generated county lies: rough shares of ethnicities by the census of 2020, and of migrant children."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verifiable_draw.errors import UsageError


@dataclass(frozen=True, slots=True)
class Region:
    """Per mille of all children by ethnicity, around which a school's own shares scatter; migrants from low to high."""

    title: str
    shares: Mapping[str, int]
    migrants: tuple[float, float]


def _shares(text: str) -> dict[str, int]:
    """Read "01 600, 06 130": code or name of an ethnicity and its share."""
    return {name: int(share) for name, share in (part.split() for part in text.split(","))}


REGIONS = {
    "guizhou": Region(
        "贵州",
        _shares(
            "01 600, 06 130, 09 80, 12 45, 15 35, 07 30, 37 22, 25 15, 03 10, 14 9, 穿青人 10, 13 4, 08 3, 11 2, 36 2, "
            "02 1, 04 1, 05 1, 其他 1"
        ),
        (0.05, 0.40),
    ),
    "yunnan": Region(
        "云南",
        _shares(
            "01 669, 07 107, 16 35, 14 34, 06 27, 18 27, 08 26, 03 15, 20 15, 24 11, 21 9, 27 7, 13 5, 28 3, 04 3, "
            "34 3, 09 1, 40 1, 39 1, 56 1"
        ),
        (0.05, 0.25),
    ),
    "guangxi": Region(
        "广西",
        _shares("01 625, 08 314, 13 34, 06 11, 12 8, 32 4, 36 2, 03 1, 49 1"),
        (0.05, 0.30),
    ),
    "zhejiang": Region(
        "浙江",
        _shares("01 960, 06 9, 15 7, 09 5, 12 4, 22 4, 07 3, 03 2, 08 2, 其他 4"),
        (0.20, 0.40),
    ),
}
"""Name of a region -> its shares."""


def region_of(name: str) -> Region:
    """Return a region; UsageError for an unknown name."""
    if name not in REGIONS:
        raise UsageError("roster.county_region", name=name, names="、".join(REGIONS))
    return REGIONS[name]
