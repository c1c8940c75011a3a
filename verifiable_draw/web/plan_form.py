"""The plan as a form: sensible defaults, and back from its fields to the plan's value (spec/ceremony.md C3)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from verifiable_draw import plan, plan_words
from verifiable_draw.entries import CLASSES
from verifiable_draw.errors import DataError
from verifiable_draw.schema import Problem
from verifiable_draw.sources import QUICKNET, round_after, round_time
from verifiable_draw.web.rules_form import Said, Typed, from_rules, sizes_of, to_rules
from verifiable_draw.web.rules_form import number as number_of

FieldOf = Callable[[str], str]
MILLION = 1_000_000
CONTACT = ("email", "phone", "site")
ROLES = ("discipline", "congress", "consultative", "parent", "notary", "other")


def from_plan(value: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of a plan, in the units that people think in."""
    public = value["sources"]["public_draw"]
    return {
        **{name: value[name] for name in ("title", "session", "date", "year", "rehearsal", "bundlings")},
        "draws": [{**draw, "ticked": True} for draw in value["draws"]],
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
        "contact": dict(value["contact"]),
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


class FormError(DataError):
    """A form of which something is wrong; `problems`: every sentence in Chinese and English."""

    def __init__(self, problems: Sequence[Said]) -> None:
        self.problems = list(dict.fromkeys(problems))
        zh, en = ("；".join(one[0] for one in self.problems), "; ".join(one[1] for one in self.problems))
        super().__init__("web.form_fields", number=len(self.problems), problems_zh=zh, problems=en)


def to_plan(draft: Mapping[str, Any], field: FieldOf) -> dict[str, Any]:
    """The plan of a filled form; `draft` gives what the form does not show. FormError names every bad field."""
    typed = Typed(field, {draw["id"]: f"{draw['school_name']} {draw['grade']}" for draw in draft["draws"]})
    value = _value(draft, typed)
    fresh = [one for one in _problems(value, draft) if plan_words.key_of(one[0]) not in typed.labels]
    found = [*typed.problems, *map(plan_words.said, fresh)]  # a field that cannot be read has been named already
    if found:
        raise FormError(found)
    return value


def _problems(value: Mapping[str, Any], draft: Mapping[str, Any]) -> list[Problem]:
    """Problems of single fields, and of rules between the others, which want the bad ones out of the way."""
    found = plan.problems(value)
    bad = {re.split(r"[.\[]", path)[0] for path, _expected in found}
    good = {**value, **{name: draft[name] for name in bad if name in draft}}
    more = [one for one in plan.problems(good) if re.split(r"[.\[]", one[0])[0] not in bad]
    return [*found, *more]


def _value(draft: Mapping[str, Any], field: Typed) -> dict[str, Any]:
    def number(name: str, low: int, high: int, label: str = "") -> int:
        return number_of(field, name, low, high, label)

    length = number("length", 0, 1000)
    public = {
        "alphabet": field("alphabet"),
        "confirmations": number("confirmations", 1, 200),
        "length": length,
    }
    roles = {role: number(f"role-{role}", 0, 200, "roles") for role in ROLES}
    iterations = _millions(field)
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
        "sources": {"drand": _drand(draft["sources"]["drand"], field), "public_draw": public if length else {}},
        "recipients": sorted((_recipient(field, i) for i in (1, 2)), key=lambda r: str(r.get("id"))),
        "retention_years": number("retention", 1, 100),
        "contact": {name: field(f"contact-{name}") for name in CONTACT},
        "screen": {"names": "masked" if field("names") == "masked" else "none"},
    }


def local_time(drand: Mapping[str, Any]) -> str:
    """When the planned round is published, as this machine's clock shows it; "" if none is planned."""
    return round_time(drand).astimezone().strftime("%Y-%m-%dT%H:%M") if drand else ""


def _drand(planned: Mapping[str, Any], field: Typed) -> dict[str, Any]:
    """The first round published at a local time or later; the planned one if its time is as the form showed it."""
    given = field("drand")
    if not given:
        return {}
    if given == local_time(planned):
        return dict(planned)
    try:
        moment = datetime.fromisoformat(given).astimezone(UTC)
    except ValueError:
        field.bad("drand", "2026-08-25 10:30")
        return {}
    return {"chain": QUICKNET, "round": round_after(moment)}


def _draws(draws: Any, field: Typed) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON of a draft
    """The draws that are ticked, with their numbers as typed."""
    return [{**draw, **sizes_of(draw, field)} for draw in draws if field(f"draw-{draw['id']}") == "yes"]


def _millions(field: Typed) -> int:
    """Squarings from a number of millions with at most six decimals; no float is made of it."""
    given = field("iterations")
    whole, _, part = given.partition(".")
    good = whole.isascii() and whole.isdigit() and len(whole) < 7 and (not part or (part.isdigit() and len(part) <= 6))
    if not good or not part.isascii():
        field.bad("iterations", "0.01–1000000")
        return MILLION
    return int(whole) * MILLION + int((part + "000000")[:6])


def _recipient(field: Typed, number: int) -> dict[str, Any]:
    try:
        value = json.loads(field(f"recipient-{number}"))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        field.bad("recipients", '{"id": …}', str(number))
        return {}
    return value


# Fields that the form shows under their own names.
_PLAIN = (
    "title", "session", "date", "covered", "reveal", "commit", "attest", "freeze_wait", "iterations", "bundlings",
    "length", "alphabet", "confirmations", "retention", "drand",
)  # fmt: skip


def as_typed(shown: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    """What `from_plan` shows, with every field as it was typed: nothing that a person wrote is lost by an error."""

    def ticked(name: str) -> bool:
        return fields.get(name) == "yes"

    rules = shown["rules"]
    columns = ("place", "values", "free", "merged")
    return {
        **shown,
        **{name: fields.get(name, shown[name]) for name in _PLAIN},
        "rehearsal": ticked("rehearsal"),
        "names": "masked" if fields.get("names") == "masked" else "none",
        "contact": {name: fields.get(f"contact-{name}", given) for name, given in shown["contact"].items()},
        "draws": [_draw_as_typed(draw, fields) for draw in shown["draws"]],
        "roles": {role: fields.get(f"role-{role}", number) for role, number in shown["roles"].items()},
        "recipients": [fields.get(f"recipient-{i}", "") for i in (1, 2)],
        "rules": {
            "attributes": [
                {"id": row["id"]} | {name: fields.get(f"{name}-{row['id']}", row[name]) for name in columns}
                for row in rules["attributes"]
            ],
            "crossed": [(a, b, name, ticked(name)) for a, b, name, _on in rules["crossed"]],
            "balance": [(name, ticked(f"balance-{name}")) for name, _on in rules["balance"]],
            "pins": [(reason, ticked(f"pin-{reason}")) for reason, _on in rules["pins"]],
            "same_names": fields.get("same_names", rules["same_names"]),
            "cap": fields.get("cap", rules["cap"]),
        },
    }


def _draw_as_typed(draw: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    name = draw["id"]
    found = {**draw, "ticked": fields.get(f"draw-{name}") == "yes"}
    found |= {key: fields.get(f"{key}-{name}", draw[key]) for key in ("classes", "take", "most", "batch")}
    for key, field in (("sizes", "sizes"), ("class_names", "names")):
        found[key] = [fields[f"{field}-{name}"]] if f"{field}-{name}" in fields else draw[key]
    return found
