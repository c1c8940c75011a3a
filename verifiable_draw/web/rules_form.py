"""The part of the plan's form on how classes are made: attributes, crossed pairs, pins, names, caps (C3, C28)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

from verifiable_draw.entries import (
    ATTRIBUTES,
    AUDIT,
    CLASSES,
    LATE,
    MAX_AUDIT,
    ORDER,
    PIN_REASONS,
    PUBLISHABLE,
    SAME_NAMES,
    SELECT,
    WITH_CLASSES,
)
from verifiable_draw.plan_draft import BALANCED
from verifiable_draw.texts import text

FieldOf = Callable[[str], str]
Json = dict[str, Any]
Said = tuple[str, str]  # a sentence in Chinese and in English
CAPPED = ("disability", "1")
"""What the form can cap: students with a disability in a class (P3)."""

_BETWEEN = re.compile(r"[\s,\uff0c\u3001;\uff1b]+")
_CROSSABLE = ("sex", "migrant", "ethnicity", "disability")


class Typed:
    """A filled form: its fields, and every problem met in reading them. `names`: schools by their draws' ids."""

    def __init__(self, field: FieldOf, names: Mapping[str, str] | None = None) -> None:
        self.field = field
        self.names = names or {}
        self.problems: list[Said] = []
        self.labels: set[str] = set()  # keys of the texts that name the bad fields

    def __call__(self, name: str) -> str:
        """A field's text, as any function of fields gives it."""
        return self.field(name)

    def bad(self, label: str, expected: str, what: str = "") -> None:
        """Keep a problem of a field, of which draw or part (`what`)."""
        row = text(f"plan.field.{label}")
        self.labels.add(f"plan.field.{label}")
        rest = f" {what}" if what else ""
        self.problems.append((f"{row.zh}{rest}：应为 {expected}", f"{row.en}{rest}: should be {expected}"))


def from_rules(value: Mapping[str, Any]) -> Json:
    """What the form shows of the rules of a plan."""
    used = {item["id"]: (place, item) for place, item in enumerate(value["attributes"], 1)}
    unused: Json = {"free": [], "merged": [], "values": []}
    rows = []
    for name in [*used, *(name for name in ATTRIBUTES if name not in used)]:
        place, item = used.get(name, (0, unused | {"values": BALANCED.get(name, [])}))
        merged = " ".join(f"{raw}={counts_as}" for raw, counts_as in item["merged"])
        rows.append(
            {"id": name, "place": place, "values": " ".join(item["values"]), "free": " ".join(item["free"]),
             "merged": merged}
        )  # fmt: skip
    crossed = [tuple(pair) for pair in value["crossed"]]
    known = {frozenset(pair) for pair in crossed}
    pairs = [*crossed, *(pair for pair in combinations(_CROSSABLE, 2) if frozenset(pair) not in known)]
    caps = value["draws"][0]["caps"] if value["draws"] else []
    return {
        "attributes": rows,
        "crossed": [(*pair, crossing(*pair), pair in crossed) for pair in pairs],
        "balance": [(name, name in value["balance"]) for name in PUBLISHABLE],
        "pins": [(reason, reason in value["pins"]) for reason in PIN_REASONS],
        "same_names": value["same_names"],
        "cap": next((cap["max"] for cap in caps if (cap["attribute"], cap["value"]) == CAPPED), ""),
    }


def to_rules(draft: Mapping[str, Any], field: Typed) -> Json:
    """The rules of a filled form; those of a plan without draws into classes stay as they are."""
    if not any(draw["kind"] == CLASSES for draw in draft["draws"]):
        return {}
    attributes = _attributes(field)
    names = [item["id"] for item in attributes]
    ticked = [pair for pair in combinations(names, 2) if field(crossing(*pair)) == "yes"]
    rule = field("same_names")
    return {
        "attributes": attributes,
        "balance": [name for name in names if name in PUBLISHABLE and field(f"balance-{name}") == "yes"],
        "crossed": [list(pair) for pair in ticked],
        "pins": [reason for reason in PIN_REASONS if field(f"pin-{reason}") == "yes"],
        "same_names": rule if rule in SAME_NAMES else SAME_NAMES[0],
    }


def crossing(first: str, second: str) -> str:
    """Name of the field of a crossed pair, whichever stands first."""
    return "cross-" + "-".join(sorted((first, second)))


def _attributes(field: Typed) -> list[Json]:
    rows = []
    for name in ATTRIBUTES:
        place = number(field, f"place-{name}", 0, 9, "place")
        if place:
            merged = [part.partition("=") for part in words(field(f"merged-{name}"))]
            if not all(raw and counts_as for raw, _, counts_as in merged):
                field.bad("merged", "08=01")
                merged = []
            item = {
                "free": words(field(f"free-{name}")),
                "id": name,
                "merged": [[raw, counts_as] for raw, _, counts_as in merged],
                "values": words(field(f"values-{name}")),
            }
            rows.append((place, item))
    return [item for _, item in sorted(rows, key=lambda row: row[0])]


def sizes_of(draw: Mapping[str, Any], field: Typed) -> Json:
    """What the draw's kind lets the form say: numbers and names of classes, how many are chosen, caps."""
    name, kind = draw["id"], draw["kind"]
    if kind in (SELECT, AUDIT):
        return {"take": number(field, f"take-{name}", 1, MAX_AUDIT if kind == AUDIT else 200, "draws")}
    if kind == ORDER:
        return {}
    found: Json = {"classes": number(field, f"classes-{name}", 0 if kind == CLASSES else 2, 200, "draws")}
    if kind in WITH_CLASSES:
        found["class_names"] = words(field(f"names-{name}"))
    if kind == LATE:
        sizes = words(field(f"sizes-{name}"))
        if not all(size.isascii() and size.isdigit() and len(size) <= 4 for size in sizes):
            field.bad("sizes", "41 42 42", field.names.get(name, ""))
            sizes = []
        return found | {"batch": number(field, f"batch-{name}", 1, 99, "batch"), "sizes": [int(size) for size in sizes]}
    if kind == CLASSES:
        found["most"] = number(field, f"most-{name}", 0, 200, "most")
        others = [cap for cap in draw["caps"] if (cap["attribute"], cap["value"]) != CAPPED]
        found["caps"] = others + _cap(field)
    return found


def _cap(field: Typed) -> list[Json]:
    """The cap of the form, none where it is left empty."""
    if not field("cap"):
        return []
    return [{"attribute": CAPPED[0], "max": number(field, "cap", 0, 200), "value": CAPPED[1]}]


def words(given: str) -> list[str]:
    """The words of a field, between which spaces, commas and enumeration commas stand."""
    return [word for word in _BETWEEN.split(given) if word]


def number(typed: Typed, name: str, low: int, high: int, label: str = "") -> int:
    """A whole number of a field; where it is none, the lowest, and the problem is kept."""
    given = typed(name)
    if given.isascii() and given.isdigit() and len(given) < 10 and low <= int(given) <= high:
        return int(given)
    typed.bad(label or name, f"{low}–{high}", typed.names.get(name.partition("-")[2], ""))
    return low
