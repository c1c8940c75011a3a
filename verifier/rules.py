"""Which values a plan and a header may hold (C3, C5, C6, E13), apart from their shape. Each rule is (kept, text)."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Tuple

from . import beacon, canonical, ed25519, schema

Rule = Tuple[bool, str]
MAX_ITERATIONS = 2**40
MAX_PLACES = 200
QUORUM_ROLES = tuple(role for role in schema.ROLES if role != "bureau")
COMMON = ("version", "origin", "bureau", "session", "title", "date", "year", "rehearsal", "bundlings", "quorum",
          "windows", "delay", "sources", "software", "year_key")  # fmt: skip


def common_rules(value: Dict[str, Any]) -> Iterator[Rule]:
    """What C3 says of the keys that plan and header share."""
    delay = value["delay"]
    yield 2000 <= value["year"] <= 2999, "year is not 2000-2999"
    yield 1 <= value["bundlings"] <= 256, "bundlings is not 1-256"
    yield value["windows"]["reveal"] >= 1, "windows.reveal is below 1"
    yield value["quorum"]["covered"] >= 1, "quorum.covered is below 1"
    yield all(role in QUORUM_ROLES for role in value["quorum"]["roles"]), "quorum.roles names an unknown role"
    yield all(n >= 1 for n in value["quorum"]["roles"].values()), "quorum.roles asks for none"
    yield delay["bits"] == 1024, "delay.bits is not 1024"
    yield delay["kind"] == "chiavdf-wesolowski", "delay.kind is unknown"
    yield 1 <= delay["segments"] <= 64, "delay.segments is not 1-64"
    if delay["segments"]:
        yield delay["iterations"] % delay["segments"] == 0, "delay.segments does not divide delay.iterations"
        yield delay["iterations"] // delay["segments"] >= 1000, "a segment of fewer than 1000 iterations"
    yield delay["iterations"] <= MAX_ITERATIONS, "delay.iterations is above 2^40"
    drand = value["sources"]["drand"]
    if drand:
        yield drand["chain"] in beacon.CHAINS, "sources.drand names an unknown chain"
        yield 1 <= drand["round"] <= beacon.MAX_ROUND, "sources.drand.round is not 1 to 2^32 - 1"
    draw = value["sources"]["public_draw"]
    if draw:
        yield is_alphabet(draw["alphabet"]), "the alphabet of the public draw"
        yield draw["confirmations"] >= 1, "sources.public_draw.confirmations is below 1"
        yield 1 <= draw["length"] <= 1000, "sources.public_draw.length is not 1-1000"


def is_alphabet(text: str) -> bool:
    return 2 <= len(text) <= 64 and len(set(text)) == len(text) and all("!" <= c <= "~" for c in text)


def draw_rules(draws: List[Dict[str, Any]]) -> Iterator[Rule]:
    """What C3 says of draws, in plan and header."""
    yield 1 <= len(draws) <= 300, "not 1-300 draws"
    yield schema.is_ascending([draw["id"] for draw in draws]), "draws are not sorted by id, or an id stands twice"
    keys = [(draw["school"], draw["grade"], draw["kind"], draw["batch"]) for draw in draws]
    yield len(set(keys)) == len(keys), "two draws of the same school, grade, kind and batch"
    for draw in draws:
        name = draw["id"]
        yield draw["kind"] in schema.KINDS, "%s: an unknown kind" % name
        yield draw["grade"] in (1, 7), "%s: grade is not 1 or 7" % name
        yield draw["batch"] == 1, "%s: a batch other than 1" % name


def plan_rules(plan: Dict[str, Any]) -> Iterator[Rule]:
    yield from common_rules(plan)
    yield from draw_rules(plan["draws"])
    values = {}
    divided = any(draw["kind"] == "classes" for draw in plan["draws"])
    yield bool(plan["attributes"]) or not divided, "no attributes"
    for attribute in plan["attributes"]:
        name, texts = attribute["id"], attribute["values"]
        yield name in schema.ATTRIBUTES, "attribute %s is unknown" % name
        yield name not in values, "attribute %s stands twice" % name
        yield len(texts) >= 2 and len(set(texts)) == len(texts), "values of attribute %s" % name
        values[name] = texts
    for draw in plan["draws"]:
        yield from _kind_rules(draw)
        for cap in draw["caps"]:
            yield cap["value"] in values.get(cap["attribute"], ()), "%s: a cap on an unknown value" % draw["id"]
    yield 1 <= plan["retention_years"] <= 100, "retention_years is not 1-100"
    recipients = plan["recipients"]
    yield len(recipients) == 2, "not two recipients"
    yield schema.is_ascending([one["id"] for one in recipients]), "recipients are not sorted by id"
    keys = [one[kind] for one in recipients for kind in ("sealing_key", "signing_key")]
    yield len(set(keys)) == len(keys), "two keys of the recipients are equal"
    for one in recipients:
        yield ed25519.is_sound_key(bytes.fromhex(one["signing_key"])), "%s: unsound signing key (E13)" % one["id"]


def _kind_rules(draw: Dict[str, Any]) -> Iterator[Rule]:
    """What the kind of a planned draw says of its numbers (C3)."""
    name, kind = draw["id"], draw["kind"]
    if kind in ("select", "order"):
        yield draw["classes"] == 0, "%s: classes is not 0" % name
    else:
        yield 2 <= draw["classes"] <= MAX_PLACES, "%s: classes is not 2-200" % name
    wanted = 1 <= draw["take"] <= MAX_PLACES if kind == "select" else draw["take"] == 0
    yield wanted, "%s: take is %d" % (name, draw["take"])
    yield kind == "classes" or not draw["caps"], "%s: caps of a draw that divides nothing" % name


def permutation_rules(draw: Dict[str, Any], take: int) -> Iterator[Rule]:
    """What C25 says of a header's draw of another kind than classes; `take` is the plan's."""
    name, frozen, n = draw["id"], draw["frozen"], draw["frozen"]["units"]
    yield draw["classes"] == n, "%s: %d places for %d units" % (name, draw["classes"], n)
    yield 2 <= n <= MAX_PLACES, "%s: units are not 2-200" % name
    yield (frozen["blocks"], frozen["remainder"]) == (1, 0), "%s: not one block of all units" % name
    kept = (frozen["constraints"]["apart"], frozen["constraints"]["caps"]) == (0, 0)
    yield kept, "%s: apart pairs or caps in a draw that divides nothing" % name
    persons = draw["kind"] == "teachers" or frozen["unit_sizes"] == [[1, n]]
    yield persons, "%s: units of several persons" % name
    yield take <= n, "%s: more to be chosen than there are" % name


def header_rules(header: Dict[str, Any]) -> Iterator[Rule]:
    yield from common_rules(header)
    yield from draw_rules(header["draws"])
    observers = header["observers"]
    yield 1 <= len(observers) <= 200, "not 1-200 observers"
    yield schema.is_ascending([one["id"] for one in observers]), "observers are not sorted by id"
    keys = {one["key"] for one in observers}
    yield len(keys) == len(observers), "two observers have one key"
    yield any(one["role"] == "bureau" for one in observers), "no observer of role bureau"
    for one in observers:
        yield ed25519.is_sound_key(bytes.fromhex(one["key"])), "observer %s: unsound key (E13)" % one["id"]
    for draw in header["draws"]:
        frozen, name = draw["frozen"], draw["id"]
        yield draw["attempt"] >= 1, "%s: attempt is below 1" % name
        yield frozen["draw"] == name, "%s: the frozen summary is of another draw" % name
        yield 2 <= draw["classes"] <= MAX_PLACES, "%s: classes is not 2-200" % name
        yield draw["classes"] <= frozen["units"], "%s: fewer units than classes" % name
        yield frozen["constraints"]["pins"] == 0, "%s: pins" % name


def is_entry_of(body: Dict[str, Any], header: Dict[str, Any], data: bytes) -> bool:
    """Whether the body of a `header` entry says what this header.json says (V21, V82)."""
    names = ("attempt", "batch", "grade", "id", "kind", "school")
    return bool(
        body["hash"] == header_hash(data).hex()
        and body["size"] == len(data)
        and all(body[name] == header[name] for name in ("year", "rehearsal"))
        and body["draws"] == [{name: draw[name] for name in names} for draw in header["draws"]]
    )


def header_hash(data: bytes) -> bytes:
    return canonical.tagged("header", data)


def plan_hash(data: bytes) -> bytes:
    return canonical.tagged("plan", data)
