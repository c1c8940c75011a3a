"""V90, V92: one child's slip (R11)."""

from __future__ import annotations

import itertools
from typing import Any, Dict, Iterator, NamedTuple

from . import canonical
from .context import Context
from .engine import NotApplicable, Tally, Unavailable, check

MAX_COMBINATIONS = 1 << 20


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
    if len(list(find(context))) != 1:
        raise Unavailable("the slip opens no child of this session")
    number = _combinations(context)
    if number > MAX_COMBINATIONS:
        raise Unavailable("%d combinations of attributes are too many to try" % number)
    tally.ok(bool(opened(context)), "the second code opens no attributes of the plan")


def _combinations(context: Context) -> int:
    number = 1
    for attribute in context.plan["attributes"]:
        number *= len(attribute["values"])
    return number


def opened(context: Context) -> Dict[str, str]:
    """The child's attributes, {} if the second code does not open them."""
    slip, attributes = context.slip, context.plan["attributes"]
    if not slip["attributes_salt"] or _combinations(context) > MAX_COMBINATIONS:
        return {}
    names, salt = [attribute["id"] for attribute in attributes], bytes.fromhex(slip["attributes_salt"])
    for values in itertools.product(*(attribute["values"] for attribute in attributes)):
        part = dict(zip(names, values))
        if canonical.tagged("attributes", salt, canonical.encode(part)).hex() == slip["attributes_hash"]:
            return part
    return {}
