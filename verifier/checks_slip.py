"""V90, V92: one child's slip (R11)."""

from __future__ import annotations

import functools
import itertools
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from . import canonical
from .context import Context
from .engine import NotApplicable, Tally, Unavailable, check

Attributes = List[Dict[str, Any]]
MAX_COMBINATIONS = 1 << 20
MAX_HASHED = 1 << 24  # bytes of values in all combinations


class Place(NamedTuple):
    """Where a slip's child stands in the record."""

    draw: Dict[str, Any]
    unit: int
    attributes_hash: str


@check("V90")
def opens_a_student(context: Context, tally: Tally) -> None:
    places = list(find(context))
    tally.ok(len(places) == 1, "the slip opens no child of this session")


def find(context: Context) -> Iterator[Place]:
    """Every student whom the slip opens; school, grade and nullifier are tried, since they are public."""
    slip, header = context.slip, context.sound_header
    for draw in header["draws"]:
        pairs = ((unit, pair) for unit, members in enumerate(context.units(draw)) for pair in members)
        places = {identity: Place(draw, unit, attributes) for unit, (identity, attributes) in pairs}
        nullifiers = context.value("draws/%s/nullifiers.json" % draw["id"])["nullifiers"]
        if slip["session"] != context.session_id:
            continue
        for nullifier in nullifiers:
            identity = _identity(slip, draw, header["year"], nullifier)
            if identity in places:
                yield places[identity]


def _identity(slip: Dict[str, Any], draw: Dict[str, Any], year: int, nullifier: str) -> str:
    """The identity hash of R4, with the salt of R12."""
    identity = {name: slip[name] for name in ("document_number", "document_type", "name")}
    identity.update(grade=draw["grade"], nullifier=nullifier, school=draw["school"], year=year)
    salt = canonical.tagged("slip-identity", bytes.fromhex(slip["secret"]))
    return canonical.tagged("identity", salt, canonical.encode(identity)).hex()


@check("V92")
def opens_attributes(context: Context, tally: Tally) -> None:
    if not context.slip["second"]:
        raise NotApplicable("the slip has no second code")
    places = list(find(context))
    if len(places) != 1:
        raise Unavailable("the slip opens no child of this session")
    attributes = _attributes(context, places[0])
    if not _few(attributes):
        raise Unavailable("there are too many combinations of attributes to try")
    tally.ok(_part(context.slip, places[0], attributes) is not None, "the second code opens no attributes of the plan")


def _attributes(context: Context, place: Place) -> Attributes:
    """The attributes that a student of this draw has (R4)."""
    return list(context.plan["attributes"]) if place.draw["kind"] == "classes" else []


def _few(attributes: Attributes) -> bool:
    """Whether all combinations can be tried in reasonable time (V92)."""
    number, longest = 1, 0
    for attribute in attributes:
        number *= len(attribute["values"])
        longest += max((len(value.encode()) for value in attribute["values"]), default=0)
    return number <= MAX_COMBINATIONS and number * longest <= MAX_HASHED


@functools.lru_cache(maxsize=1)
def opened(context: Context) -> Dict[str, str]:
    """The child's attributes, {} if the second code does not open them."""
    place = next(find(context))
    return _part(context.slip, place, _attributes(context, place)) or {}


def _part(slip: Dict[str, Any], place: Place, attributes: Attributes) -> Optional[Dict[str, str]]:
    """The attribute part that the second code opens; None if there is none, or no second code."""
    if not slip["second"] or not _few(attributes):
        return None
    names = [attribute["id"] for attribute in attributes]
    salt = canonical.tagged("slip-attributes", bytes.fromhex(slip["secret"]), bytes.fromhex(slip["second"]))
    for values in itertools.product(*(attribute["values"] for attribute in attributes)):
        part = dict(zip(names, values))
        if canonical.tagged("attributes", salt, canonical.encode(part)).hex() == place.attributes_hash:
            return part
    return None
