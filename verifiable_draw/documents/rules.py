"""The rules of a plan in words, for the draw plan that is put up (S7, S9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.canonical import format_time
from verifiable_draw.documents.source import local_time
from verifiable_draw.feature_names import attribute_name, value_name
from verifiable_draw.plan import Plan
from verifiable_draw.sources import round_time
from verifiable_draw.texts import text
from verifiable_draw.whitelist import PublicRule

UNITS = (("hours", 3600), ("minutes", 60), ("seconds", 1))

Said = Iterator[tuple[str, str]]
"""What a rule is about, and what it says."""


def rules(plan: Plan) -> list[PublicRule]:
    """Every rule of the plan but the draws themselves, section by section."""
    return [
        PublicRule(section, name, value)
        for section, said in SECTIONS.items()
        for name, value in said(plan)
        if value
    ]


def _says(key: str, /, **values: object) -> str:
    return text(f"doc.rule.{key}", **values).zh


def _balance(plan: Plan) -> Said:
    """What is balanced, and who is kept together or apart."""
    for number, attribute in enumerate(plan.value["attributes"], 1):
        yield _says("attribute", number=number), _attribute(attribute)
    crossed = ("、".join(f"{attribute_name(a)} × {attribute_name(b)}" for a, b in plan.crossed)) or _says("none")
    yield _says("crossed"), crossed
    caps = [
        _says("cap", draw=draw["id"], name=attribute_name(cap["attribute"]), most=cap["max"],
              value=value_name(cap["attribute"], cap["value"]))
        for draw in plan.value["draws"] for cap in draw["caps"]
    ]  # fmt: skip
    yield _says("caps"), "；".join(caps) or _says("none")
    yield _says("same_names"), _says(f"same_names.{plan.value['same_names']}")
    pins = "、".join(text(f"pin.{reason}").zh for reason in plan.value["pins"])
    yield _says("pins"), _says("pins_for", reasons=pins) if pins else _says("no_pins")


def _attribute(attribute: Mapping[str, Any]) -> str:
    name = attribute["id"]
    values = [value_name(name, value) for value in attribute["values"] if value not in attribute["free"]]
    free = [value_name(name, value) for value in attribute["free"]]
    said = _says("values", name=attribute_name(name), values="、".join(values))
    if free:
        said += _says("free", values="、".join(free))
    if attribute["merged"]:
        merged = (f"{value_name(name, raw)}→{value_name(name, as_)}" for raw, as_ in attribute["merged"])
        said += _says("merged", values="、".join(merged))
    return said


def _randomness(plan: Plan) -> Said:
    """Who makes the randomness, and how."""
    value = plan.value
    roles = "、".join(f"{text(f'role.{role}').zh} {number}" for role, number in value["quorum"]["roles"].items())
    yield _says("quorum"), _says("quorum_is", covered=value["quorum"]["covered"], roles=roles or _says("none"))
    windows = {name: _duration(seconds) for name, seconds in value["windows"].items()}
    yield _says("windows"), _says("windows_are", **windows)
    yield _says("bundlings"), _says("bundlings_are", number=value["bundlings"])
    yield _says("delay"), _says("delay_is", iterations=plan.iterations, segments=plan.segments)
    draw, drand = value["sources"]["public_draw"], value["sources"]["drand"]
    yield _says("public_draw"), _says("public_draw_is", **draw) if draw else _says("not_used")
    if drand:
        time = local_time(format_time(round_time(drand)))
        yield _says("drand"), _says("drand_is", round=drand["round"], time=time)
    else:
        yield _says("drand"), _says("not_used")


def _duration(seconds: int) -> str:
    """Seconds in the largest unit that says them in a whole number."""
    unit, number = next((unit, seconds // size) for unit, size in UNITS if seconds % size == 0)
    return _says(unit, number=number)


def _publicity(plan: Plan) -> Said:
    """What is shown, kept and by whom, and whom to ask."""
    value = plan.value
    yield _says("names"), _says(f"names.{value['screen']['names']}")
    yield _says("recipients"), "、".join(one["name"] for one in value["recipients"])
    yield _says("retention"), _says("years", number=value["retention_years"])
    yield _says("software"), " ".join(filter(None, (value["software"]["version"], value["software"]["source"])))
    for name, contact in value.get("contact", {}).items():
        yield _says(f"contact.{name}"), contact


SECTIONS = {"balance": _balance, "randomness": _randomness, "publicity": _publicity}
"""Section (text `doc.section.<name>`) -> its rules."""
