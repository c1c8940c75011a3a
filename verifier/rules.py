"""Which values a plan and a header may hold (C3, C5, C6, E13), apart from their shape. Each rule is (kept, text)."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Tuple

from . import beacon, canonical, ed25519, schema, shapes

Rule = Tuple[bool, str]
MAX_ITERATIONS = 2**40
MAX_PLACES = 200
MAX_AUDITED = 20_000  # places of an audit, and `take`
MAX_BEFORE = 1000  # students of a class before a late draw
MAX_BATCH = 99
MAX_VALUES, MAX_MERGED, MAX_CAPS, MAX_CROSSED = 100, 200, 20, 6
MAX_NAME = 20  # characters of a class's name
MAX_CONTACT = 100  # characters of each text of `contact`
SITE = re.compile(r"https?://[A-Za-z0-9._~:/%-]+/")
UNCOUNTED = "disability"  # numbers per class are never published of it
DIVIDED = ("classes", "late", "teachers")  # kinds whose plan says how many classes there are
POSITIONS = ("select", "order", "audit")  # kinds whose numbers are positions
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
    yield shapes.is_ascending([draw["id"] for draw in draws]), "draws are not sorted by id, or an id stands twice"
    keys = [(draw["school"], draw["grade"], draw["kind"], draw["batch"]) for draw in draws]
    yield len(set(keys)) == len(keys), "two draws of the same school, grade, kind and batch"
    for draw in draws:
        name = draw["id"]
        yield draw["kind"] in schema.KINDS, "%s: an unknown kind" % name
        yield draw["grade"] in (1, 7), "%s: grade is not 1 or 7" % name
        last = MAX_BATCH if draw["kind"] == "late" else 1
        yield 1 <= draw["batch"] <= last, "%s: batch is not 1-%d" % (name, last)


def plan_rules(plan: Dict[str, Any]) -> Iterator[Rule]:
    yield from common_rules(plan)
    yield from draw_rules(plan["draws"])
    divided = any(draw["kind"] == "classes" for draw in plan["draws"])
    yield bool(plan["attributes"]) or not divided, "no attributes"
    yield from attribute_rules(plan["attributes"], plan["crossed"])
    yield plan["pins"] == [one for one in schema.REASONS if one in plan["pins"]], "pins is not reasons in their order"
    yield plan["same_names"] in schema.SAME_NAMES, "same_names is unknown"
    values = {one["id"]: set(one["values"]) - set(one["free"]) for one in plan["attributes"]}
    for draw in plan["draws"]:
        yield from _number_rules(draw)
        for cap in draw["caps"]:
            yield cap["value"] in values.get(cap["attribute"], ()), "%s: a cap on an unknown or free value" % draw["id"]
    yield 1 <= plan["retention_years"] <= 100, "retention_years is not 1-100"
    counted = [one["id"] for one in plan["attributes"] if one["id"] in plan["balance"] and one["id"] != UNCOUNTED]
    yield plan["balance"] == counted, "balance is not attributes in their order, without disability"
    contact = plan["contact"]
    yield all(len(value) <= MAX_CONTACT for value in contact.values()), "a text of contact is too long"
    yield contact["site"] == "" or SITE.fullmatch(contact["site"]) is not None, "contact.site is no address"
    recipients = plan["recipients"]
    yield len(recipients) == 2, "not two recipients"
    yield shapes.is_ascending([one["id"] for one in recipients]), "recipients are not sorted by id"
    keys = [one[kind] for one in recipients for kind in ("sealing_key", "signing_key")]
    yield len(set(keys)) == len(keys), "two keys of the recipients are equal"
    for one in recipients:
        yield ed25519.is_sound_key(bytes.fromhex(one["signing_key"])), "%s: unsound signing key (E13)" % one["id"]


def attribute_rules(attributes: List[Dict[str, Any]], crossed: List[List[str]]) -> Iterator[Rule]:
    """What C3 says of attributes and crossed pairs, in a plan or a sealed roster (R8)."""
    names = [one["id"] for one in attributes]
    yield len(set(names)) == len(names), "an attribute stands twice"
    for one in attributes:
        name, texts, known = one["id"], one["values"], set(one["values"])
        yield name in schema.ATTRIBUTES, "attribute %s is unknown" % name
        yield 2 <= len(texts) <= MAX_VALUES and len(known) == len(texts), "values of attribute %s" % name
        free = set(one["free"])
        ordered = one["free"] == [value for value in texts if value in free] and len(free) < len(known)
        yield ordered, "free values of attribute %s" % name
        merged = dict(one["merged"])
        fits = len(one["merged"]) == len(merged) <= MAX_MERGED and known.isdisjoint(merged)
        fits = fits and known.issuperset(merged.values())
        yield fits, "merged values of attribute %s" % name
    place = {name: i for i, name in enumerate(names)}
    yield len(crossed) <= MAX_CROSSED, "more than %d crossed pairs" % MAX_CROSSED
    yield len(set(map(tuple, crossed))) == len(crossed), "a crossed pair stands twice"
    for first, second in crossed:
        known_pair = first in place and second in place and place[first] < place[second]
        yield known_pair, "crossed: %s and %s are no two attributes in order" % (first, second)


def _number_rules(draw: Dict[str, Any]) -> Iterator[Rule]:
    """C28, and what the kind of a planned draw says of its numbers (C25)."""
    name, kind, k, most = draw["id"], draw["kind"], draw["classes"], draw["most"]
    if kind in POSITIONS:
        yield k == 0, "%s: classes is not 0" % name
    else:
        # Of an unknown kind, which draw_rules refuses, as much is asked as of any draw into classes.
        follows = kind == "classes" and k == 0 and most > 0
        yield follows or 2 <= k <= MAX_PLACES, "%s: classes is not 2-200" % name
    yield most == 0 or (kind == "classes" and 2 <= most <= MAX_PLACES), "%s: most is %d" % (name, most)
    names = draw["class_names"]
    named = kind in DIVIDED and k != 0 and len(names) == k == len(set(names))
    named = named and all(1 <= len(one) <= MAX_NAME for one in names)
    yield named or not names, "%s: class_names are not K different texts of 1-%d characters" % (name, MAX_NAME)
    sizes = draw["sizes"]
    fits = len(sizes) == k and all(size <= MAX_BEFORE for size in sizes) if kind == "late" else not sizes
    yield fits, "%s: sizes are not those of K classes" % name
    highest = {"select": MAX_PLACES, "audit": MAX_AUDITED}.get(kind, 0)
    yield min(1, highest) <= draw["take"] <= highest, "%s: take is %d" % (name, draw["take"])
    yield len(draw["caps"]) <= (MAX_CAPS if kind == "classes" else 0), "%s: %d caps" % (name, len(draw["caps"]))


def places(planned: Dict[str, Any], frozen: Dict[str, Any]) -> int:
    """K of the header (C25, C28) by plan and frozen summary, 0 if the plan says nothing."""
    if planned["kind"] not in DIVIDED:
        return int(frozen["units"])
    if planned["kind"] == "classes" and planned["classes"] == 0 and planned["most"]:
        return max(2, -(-int(frozen["students"]) // int(planned["most"])))
    return int(planned["classes"])


def kind_rules(draw: Dict[str, Any], planned: Dict[str, Any], reasons: List[str]) -> Iterator[Rule]:
    """What C25, C28 and C29 say of a header's draw; `planned` is its row of the plan, `reasons` are the plan's pins."""
    name, kind, frozen, n = draw["id"], draw["kind"], draw["frozen"], draw["frozen"]["units"]
    found = frozen["constraints"]
    yield draw["classes"] == places(planned, frozen), "%s: another number of classes than planned" % name
    yield found["barred"] <= (n if kind == "teachers" else 0), "%s: %d bars" % (name, found["barred"])
    if kind == "classes":
        most = planned["most"]
        yield not most or frozen["students"] <= draw["classes"] * most, "%s: more than %d a class" % (name, most)
        yield set(found["pins"]) <= set(reasons), "%s: a pin for a reason that is not the plan's" % name
        return
    yield (frozen["blocks"], frozen["remainder"]) == (1, 0), "%s: not one block of all units" % name
    kept = (found["apart"], found["caps"], found["pins"]) == (0, 0, {})
    yield kept, "%s: apart pairs, caps or pins in a draw that divides nothing" % name
    if kind == "late":
        return
    yield draw["classes"] == n, "%s: %d places for %d units" % (name, draw["classes"], n)
    alone = kind not in ("select", "order") or (frozen["unit_sizes"], found["together"]) == ([[1, n]], 0)
    yield alone, "%s: units of several persons" % name
    yield planned["take"] <= n, "%s: more to be chosen than there are" % name


def header_rules(header: Dict[str, Any]) -> Iterator[Rule]:
    yield from common_rules(header)
    yield from draw_rules(header["draws"])
    observers = header["observers"]
    yield 1 <= len(observers) <= 200, "not 1-200 observers"
    yield shapes.is_ascending([one["id"] for one in observers]), "observers are not sorted by id"
    keys = {one["key"] for one in observers}
    yield len(keys) == len(observers), "two observers have one key"
    yield any(one["role"] == "bureau" for one in observers), "no observer of role bureau"
    for one in observers:
        yield ed25519.is_sound_key(bytes.fromhex(one["key"])), "observer %s: unsound key (E13)" % one["id"]
    for draw in header["draws"]:
        frozen, name = draw["frozen"], draw["id"]
        yield draw["attempt"] >= 1, "%s: attempt is below 1" % name
        yield frozen["draw"] == name, "%s: the frozen summary is of another draw" % name
        highest = MAX_AUDITED if draw["kind"] == "audit" else MAX_PLACES
        yield 2 <= draw["classes"] <= highest, "%s: classes is not 2-%d" % (name, highest)
        # A batch of late students may be smaller than the number of classes.
        yield draw["kind"] == "late" or draw["classes"] <= frozen["units"], "%s: fewer units than classes" % name
        yield all(number >= 1 for number in frozen["constraints"]["pins"].values()), "%s: a reason without pin" % name


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
