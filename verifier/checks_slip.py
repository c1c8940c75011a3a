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


@check("V90")
def opens_a_leaf(context: Context, tally: Tally) -> None:
    places = list(find(context))
    tally.ok(len(places) == 1, "the slip opens no child of this session")


def find(context: Context) -> Iterator[Place]:
    """Every leaf that the slip opens; its school, grade and nullifier are tried, since they are public."""
    slip, header = context.slip, context.sound_header
    for draw in header["draws"]:
        leaves = {leaf: unit for unit, members in enumerate(context.units(draw)) for leaf in members}
        nullifiers = context.value("draws/%s/nullifiers.json" % draw["id"])["nullifiers"]
        if slip["session"] != context.session_id:
            continue
        for nullifier in nullifiers:
            leaf = _leaf(slip, draw, header["year"], nullifier)
            if leaf in leaves:
                yield Place(draw, leaves[leaf])


def _leaf(slip: Dict[str, Any], draw: Dict[str, Any], year: int, nullifier: str) -> str:
    """R4."""
    identity = {name: slip[name] for name in ("document_number", "document_type", "name")}
    identity.update(grade=draw["grade"], nullifier=nullifier, school=draw["school"], year=year)
    opened = canonical.tagged("identity", bytes.fromhex(slip["salt"]), canonical.encode(identity))
    return canonical.tagged("leaf", opened, bytes.fromhex(slip["attributes_hash"])).hex()


@check("V92")
def opens_attributes(context: Context, tally: Tally) -> None:
    if not context.slip["attributes_salt"]:
        raise NotApplicable("the slip has no second code")
    places = list(find(context))
    if len(places) != 1:
        raise Unavailable("the slip opens no child of this session")
    attributes = _attributes(context, places[0])
    if not _few(attributes):
        raise Unavailable("there are too many combinations of attributes to try")
    tally.ok(_part(context.slip, attributes) is not None, "the second code opens no attributes of the plan")


def _attributes(context: Context, place: Place) -> Attributes:
    """The attributes that a leaf of this draw has (R4)."""
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
    return _part(context.slip, _attributes(context, place)) or {}


def _part(slip: Dict[str, Any], attributes: Attributes) -> Optional[Dict[str, str]]:
    """The attribute part that the second code opens; None if there is none, or no second code."""
    if not slip["attributes_salt"] or not _few(attributes):
        return None
    names, salt = [attribute["id"] for attribute in attributes], bytes.fromhex(slip["attributes_salt"])
    for values in itertools.product(*(attribute["values"] for attribute in attributes)):
        part = dict(zip(names, values))
        if canonical.tagged("attributes", salt, canonical.encode(part)).hex() == slip["attributes_hash"]:
            return part
    return None
