"""V70-V75: inspection with the sealed rosters (R8, R9, A1-A12, A23)."""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any, Dict, Iterator, List, Tuple

from . import balance, canonical, grouping, pinned, rules, schema, shapes
from .checks_result import stated_counts
from .context import Context
from .engine import Tally, Unavailable, check

Sealed = Dict[str, Any]


@functools.lru_cache(maxsize=1)
def _parsed(context: Context) -> Tuple[Dict[str, Tuple[bytes, Sealed]], List[str]]:
    """Sealed rosters by draw, and what is wrong with those that cannot be read."""
    found: Dict[str, Tuple[bytes, Sealed]] = {}
    problems = []
    for number, data in enumerate(context.sealed_bytes):
        try:
            value = canonical.decode(data)
            shapes.check_shape(value, schema.SEALED, "sealed")
        except (canonical.EncodingError, shapes.ShapeError) as error:
            problems.append("sealed file %d: %s" % (number + 1, error))
            continue
        if value["draw"] in found:
            problems.append("sealed file %d: a second one of %s" % (number + 1, value["draw"]))
        found.setdefault(value["draw"], (data, value))
    return found, problems


def sealed_of(context: Context) -> Iterator[Tuple[Dict[str, Any], Sealed]]:
    """Every draw of the header with its sealed roster; Unavailable if one is missing."""
    found, _ = _parsed(context)
    for draw in context.draws:
        if draw["id"] not in found:
            raise Unavailable("no sealed roster of %s" % draw["id"])
        yield draw, found[draw["id"]][1]


@check("V70")
def sealed_hashes(context: Context, tally: Tally) -> None:
    """R8, and that the roster was sealed under the plan's rules."""
    found, problems = _parsed(context)
    for problem in problems:
        tally.fail(problem)
    draws = {draw["id"]: draw for draw in context.draws}
    for name in sorted(set(found) - set(draws)):
        tally.fail("a sealed roster of %s, which the header does not have" % name)
    caps = {draw["id"]: draw["caps"] for draw in context.plan["draws"]}
    for name, draw in draws.items():
        if name not in found:
            tally.fail("no sealed roster of %s" % name)
            continue
        data, sealed = found[name]
        same = canonical.tagged("sealed-roster", data).hex() == draw["frozen"]["sealed_hash"]
        tally.ok(same, "%s: the sealed roster has another hash" % name)
        stated = (sealed["attributes"], sealed["crossed"], sealed["caps"], sealed["classes"], sealed["session"])
        divided = draw["kind"] == "classes"
        attributes, crossed = (context.plan[key] if divided else [] for key in ("attributes", "crossed"))
        plan = (attributes, crossed, caps.get(name), draw["classes"], context.session_id)
        tally.ok(stated == plan, "%s: attributes, crossed, caps, classes or session are not the plan's" % name)


@check("V71")
def leaves(context: Context, tally: Tally) -> None:
    """R4."""
    for draw, sealed in sealed_of(context):
        tally.ok(_are_the_plans(sealed), "%s: a student's attributes are not the plan's" % draw["id"])
        units = context.units(draw)
        tally.ok(len(units) == len(sealed["units"]), "%s: another number of units" % draw["id"])
        for index, (unit, stated) in enumerate(zip(sealed["units"], units)):
            made = [_pair(student) for student in unit]
            tally.ok(made == stated, "%s: the students of unit %d" % (draw["id"], index))


def _pair(student: Dict[str, Any]) -> List[str]:
    salt = bytes.fromhex(student["attributes_salt"])
    return [student["identity"], canonical.tagged("attributes", salt, canonical.encode(student["attributes"])).hex()]


@check("V72")
def constraints(context: Context, tally: Tally) -> None:
    """R9, R8, C29."""
    for draw, sealed in sealed_of(context):
        name, frozen, value = draw["id"], draw["frozen"], sealed["constraints"]
        salt = bytes.fromhex(sealed["constraints_salt"])
        root = canonical.tagged("constraints", salt, canonical.encode(value)).hex()
        tally.ok(root == frozen["constraints_root"], "%s: another constraints root" % name)
        problem = _shape_problem(value)
        if not tally.ok(not problem, "%s: %s" % (name, problem)):
            continue
        numbers: Dict[str, Any] = {kind: len(value[kind]) for kind in ("apart", "barred", "caps", "together")}
        numbers["pins"] = dict(Counter(reason for _, _, reason in value["pins"]))
        tally.ok(numbers == frozen["constraints"], "%s: other numbers of constraints" % name)
        known = set(numbers["pins"]) <= set(context.plan["pins"])
        tally.ok(known, "%s: a pin for a reason that is not the plan's" % name)
        families = [index for index, unit in enumerate(sealed["units"]) if len(unit) > 1]
        tally.ok(value["together"] == families, "%s: together does not list the units of several" % name)
        tally.ok(value["caps"] == sealed["caps"], "%s: other caps than the draw's" % name)
        tally.ok(_are_sound(sealed), "%s: apart pairs, pins or bars do not ascend, or are of no unit or class" % name)
        path = "draws/%s/groups.json" % name
        if path in context.files.data:
            stated = context.value(path)
            same = (_pins(sealed), value["barred"]) == (stated["pins"], stated["barred"])
            tally.ok(same, "%s: other pins or bars than in groups.json" % name)


def _shape_problem(constraints: Any) -> str:
    """Why constraints are not of the shape of R8, "" if they are."""
    try:
        shapes.check_shape(constraints, schema.CONSTRAINTS, "constraints")
    except shapes.ShapeError as error:
        return str(error)
    return ""


def _pins(sealed: Sealed) -> List[List[int]]:
    """As in R6, without reasons."""
    return [[unit, number] for unit, number, _ in sealed["constraints"]["pins"]]


def _are_sound(sealed: Sealed) -> bool:
    """Whether apart pairs, pins and bars are in order and of units and classes that there are; a unit has one pin."""
    value, n, k = sealed["constraints"], len(sealed["units"]), sealed["classes"]
    pairs, pins = value["apart"], _pins(sealed)
    apart = shapes.is_ascending(pairs) and all(i < j < n for i, j in pairs)
    placed = pinned.are_sound(pins, n, k) and pinned.are_sound(value["barred"], n, k)
    return apart and placed and len({unit for unit, _ in pins}) == len(pins)


@check("V73")
def nullifiers(context: Context, tally: Tally) -> None:
    """R5 and the year key. That a nullifier is of its child needs the document number, which is not sealed here."""
    for draw, sealed in sealed_of(context):
        name = draw["id"]
        made = sorted(student["nullifier"] for unit in sealed["units"] for student in unit)
        stated = context.value("draws/%s/nullifiers.json" % name)["nullifiers"]
        tally.ok(made == stated, "%s: other nullifiers" % name)
        parts = (bytes.fromhex(sealed["year_key_salt"]), bytes.fromhex(sealed["year_key"]))
        same = canonical.tagged("year-key", *parts).hex() == context.header["year_key"]
        tally.ok(same, "%s: another year key" % name)


def _are_the_plans(sealed: Sealed) -> bool:
    """Whether every student has exactly the attributes of the plan, with its values (R4)."""
    values = {attribute["id"]: attribute["values"] for attribute in sealed["attributes"]}
    return all(
        set(student["attributes"]) == set(values)
        and all(value in values[name] for name, value in student["attributes"].items())
        for unit in sealed["units"]
        for student in unit
    )


def groupable(sealed: Sealed, draw: Dict[str, Any]) -> Sealed:
    """A sealed roster whose values the grouping can use."""
    problem = _shape_problem(sealed["constraints"])
    broken = [text for kept, text in rules.attribute_rules(sealed["attributes"], sealed["crossed"]) if not kept]
    if problem or broken:
        raise Unavailable("%s: %s" % (draw["id"], problem or broken[0]))
    if not _are_the_plans(sealed):
        raise Unavailable("%s: a student's attributes are not the plan's" % draw["id"])
    if not _are_sound(sealed) or sealed["classes"] != draw["classes"]:
        raise Unavailable("%s: the constraints are not sound" % draw["id"])
    return sealed


@check("V74")
def groups(context: Context, tally: Tally) -> None:
    """A1-A12, A24."""
    for draw, sealed in sealed_of(context):
        name = draw["id"]
        bundlings = context.sound_header["bundlings"]
        seed = canonical.tagged("grouping", context.header_hash, context.commits_closed_hash, name.encode())
        stated = context.bytes_of("draws/%s/groups.json" % name)
        try:
            if draw["kind"] == "classes":
                made = grouping.compute(groupable(sealed, draw), seed, bundlings)
            else:
                sound = groupable(sealed, draw)
                k = draw["classes"] if draw["kind"] == "late" else None
                made = grouping.whole(name, len(context.units(draw)), bundlings, k, sound["constraints"]["barred"])
        except grouping.GroupingError as error:
            tally.fail("%s: %s" % (name, error))
            continue
        tally.ok(canonical.encode(made) == stated, "%s: the rule gives other groups" % name)
        numbers = (len(made["blocks"]), len(made["remainder"]))
        frozen = (draw["frozen"]["blocks"], draw["frozen"]["remainder"])
        tally.ok(numbers == frozen, "%s: the rule gives other numbers of blocks and remainder" % name)


@check("V75")
def statement(context: Context, tally: Tally) -> None:
    """A23 and A28."""
    rows = {row["draw"]: row for row in context.value("statement.json")["draws"]}
    for draw, sealed in sealed_of(context):
        name, found = draw["id"], context.groups(draw)
        if len(sealed["units"]) != len(context.units(draw)):
            raise Unavailable("%s: the sealed roster has another number of units" % name)
        row: Dict[str, Any] = rows.get(name, {})
        divided = draw["kind"] == "classes"
        made = grouping.certificate(groupable(sealed, draw), found) if divided else []
        tally.ok(row.get("certificate") == made, "%s: another certificate" % name)
        counted = _balance(context, draw, sealed) if divided and context.plan["balance"] else []
        tally.ok(row.get("balance") == counted, "%s: other numbers per class" % name)


def _balance(context: Context, draw: Dict[str, Any], sealed: Sealed) -> List[Dict[str, Any]]:
    """A28, of the class list as published."""
    stated_counts(context, draw)  # or there is no class for every unit
    classes = context.value("draws/%s/result.json" % draw["id"])["classes"]
    students = [
        (number, student["attributes"]) for number, unit in zip(classes, sealed["units"]) for student in unit
    ]
    chosen = [one for one in sealed["attributes"] if one["id"] in context.plan["balance"]]
    return balance.compute(chosen, students, draw["classes"])
