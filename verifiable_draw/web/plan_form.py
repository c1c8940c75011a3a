"""The plan as a form: sensible defaults, and back from its fields to the plan's value (spec/ceremony.md C3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from verifiable_draw.entries import CLASSES
from verifiable_draw.errors import DataError
from verifiable_draw.sources import QUICKNET, round_after, round_time
from verifiable_draw.texts import text
from verifiable_draw.web.rules_form import from_rules, sizes_of, to_rules
from verifiable_draw.web.rules_form import number as number_of

FieldOf = Callable[[str], str]
MILLION = 1_000_000
ROLES = ("discipline", "congress", "consultative", "parent", "notary", "other")


def from_plan(value: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of a plan, in the units that people think in."""
    public = value["sources"]["public_draw"]
    return {
        **{name: value[name] for name in ("title", "session", "date", "year", "rehearsal", "draws", "bundlings")},
        "covered": value["quorum"]["covered"],
        "roles": {role: value["quorum"]["roles"].get(role, 0) for role in ROLES},
        "reveal": value["windows"]["reveal"],
        "commit": value["windows"]["commit"] // 60,
        "attest": value["windows"]["attest"] // 60,
        "freeze_wait": value["windows"]["roster_to_header"] // 3600,
        "iterations": in_millions(value["delay"]["iterations"]),
        "length": public.get("length", 0),
        "alphabet": public.get("alphabet", "0123456789"),
        "confirmations": public.get("confirmations", 2),
        "recipients": [json.dumps(one, ensure_ascii=False) for one in value["recipients"]],
        "retention": value["retention_years"],
        "names": value["screen"]["names"],
        "drand": local_time(value["sources"]["drand"]),
        "rules": from_rules(value),
    }


def kind_of(value: Mapping[str, Any]) -> str:
    """The kind of a plan's draws: that of the first, as the form shows it."""
    return str(value["draws"][0]["kind"]) if value["draws"] else CLASSES


def in_millions(number: int) -> str:
    """`120000000` → `120`, `8000` → `0.008`."""
    whole, rest = divmod(number, MILLION)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def to_plan(draft: Mapping[str, Any], field: FieldOf) -> dict[str, Any]:
    """The plan of a filled form; `draft` gives what the form does not show. DataError names the first bad field."""

    def number(name: str, low: int, high: int, label: str = "") -> int:
        return number_of(field, name, low, high, label)

    length = number("length", 0, 1000)
    public = {
        "alphabet": field("alphabet"),
        "confirmations": number("confirmations", 1, 200),
        "length": length,
    }
    roles = {role: number(f"role-{role}", 0, 200, "roles") for role in ROLES}
    iterations = _millions(field("iterations"))
    segments = draft["delay"]["segments"]
    return {
        **draft,
        **to_rules(draft, field),
        "title": field("title"),
        "session": field("session"),
        "date": field("date"),
        "rehearsal": field("rehearsal") == "yes",
        "draws": _draws(draft["draws"], field),
        "bundlings": number("bundlings", 1, 256),
        "quorum": {
            "covered": number("covered", 1, 200),
            "roles": {role: count for role, count in sorted(roles.items()) if count},
        },
        "windows": {
            "attest": number("attest", 0, 100_000) * 60,
            "commit": number("commit", 0, 100_000) * 60,
            "reveal": number("reveal", 1, 86_400),
            "roster_to_header": number("freeze_wait", 0, 80_000) * 3600,
        },
        "delay": {**draft["delay"], "iterations": iterations - iterations % segments},
        "sources": {"drand": _drand(field("drand")), "public_draw": public if length else {}},
        "recipients": sorted((_recipient(field(f"recipient-{i}"), i) for i in (1, 2)), key=lambda r: str(r["id"])),
        "retention_years": number("retention", 1, 100),
        "screen": {"names": "masked" if field("names") == "masked" else "none"},
    }


def local_time(drand: Mapping[str, Any]) -> str:
    """When the planned round is published, as this machine's clock shows it; "" if none is planned."""
    return round_time(drand).astimezone().strftime("%Y-%m-%dT%H:%M") if drand else ""


def _drand(given: str) -> dict[str, Any]:
    """The first round published at a local time or later."""
    if not given:
        return {}
    try:
        moment = datetime.fromisoformat(given).astimezone(UTC)
    except ValueError as error:
        row = text("plan.field.drand")
        raise DataError("web.form_field", field=f"{row.zh} / {row.en}", expected="2026-08-25 10:30") from error
    return {"chain": QUICKNET, "round": round_after(moment)}


def _draws(draws: Any, field: FieldOf) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON of a draft
    """The draws that are ticked, with their numbers as typed."""
    return [{**draw, **sizes_of(draw, field)} for draw in draws if field(f"draw-{draw['id']}") == "yes"]


def _millions(given: str) -> int:
    """Squarings from a number of millions with at most three decimals; no float is made of it."""
    whole, _, part = given.partition(".")
    good = whole.isascii() and whole.isdigit() and len(whole) < 7 and (not part or (part.isdigit() and len(part) <= 6))
    if not good or not part.isascii():
        row = text("plan.field.iterations")
        raise DataError("web.form_field", field=f"{row.zh} / {row.en}", expected="0.01–1000000")
    return int(whole) * MILLION + int((part + "000000")[:6])


def _recipient(line: str, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        row = text("plan.field.recipients")
        raise DataError("web.form_field", field=f"{row.zh} {number} / {row.en} {number}", expected='{"id": …}')
    return value
