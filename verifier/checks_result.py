"""V40-V46: delay, seed, class lists, class sizes, statement, published files."""

from __future__ import annotations

import hashlib
from typing import Any, Dict, List

from . import allocation, balance, beacon, canonical, classgroup, grouping, rules
from .context import Context
from .engine import NotApplicable, Tally, Unavailable, check


@check("V40")
def delay(context: Context, tally: Tally) -> None:
    """C19-C22. T, n, D and x0 never come from the record's delay file."""
    segments = context.value("delay.json")["segments"]
    stated = context.entry("delay.done")["body"]["segments"]
    tally.ok(segments == stated, "delay.json is not what delay.done holds")
    planned = context.sound_header["delay"]
    if not tally.ok(len(segments) == planned["segments"], "%d segments" % len(segments)):
        return
    pairs = [(bytes.fromhex(one["y"]), bytes.fromhex(one["proof"])) for one in segments]
    for number, problem in enumerate(classgroup.verify_delay(context.challenge, planned["iterations"], pairs)):
        tally.ok(not problem, "segment %d: %s" % (number + 1, problem))


@check("V41")
def public_beacon(context: Context, tally: Tally) -> None:
    """C26."""
    planned, entries = context.drand, context.session.all("beacon")
    copied = context.value("sources.json")["beacon"]
    if not planned and not entries and not copied:
        raise NotApplicable("no beacon is planned")
    tally.ok(len(entries) == (1 if planned else 0), "%d beacon entries" % len(entries))
    body = entries[0]["body"] if entries else {}
    tally.ok(copied == body, "sources.json has another beacon than the ledger")
    if not planned or not entries:
        return
    tally.ok(body["round"] == planned["round"], "round %d, not %d" % (body["round"], planned["round"]))
    if not beacon.can_check():
        raise Unavailable("py_arkworks_bls12381, which checks the signature of a beacon, is not installed")
    good = beacon.holds(planned, bytes.fromhex(body["signature"]))
    tally.ok(good, "not the signature of round %d" % planned["round"])


@check("V42")
def seed(context: Context, tally: Tally) -> None:
    """C23."""
    stated = context.entry("seed")["body"]["seed"]
    tally.ok(stated == context.seed.hex(), "the seed entry is not the seed")


@check("V43")
def class_lists(context: Context, tally: Tally) -> None:
    """A17-A19, A24, A25, R7 and the files named by `result` (C24)."""
    rows = []
    for draw in context.draws:
        name = draw["id"]
        path = "draws/%s/result.json" % name
        data = context.bytes_of(path)
        rows.append({"draw": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})
        tally.ok(data == canonical.encode(expected_result(context, draw)), "%s is not what the seed gives" % path)
    stated = context.entry("result")["body"]["draws"]
    tally.ok(stated == rows, "the result entry lists other files")


def expected_result(context: Context, draw: Dict[str, Any]) -> Dict[str, Any]:
    """result.json as it must be."""
    sizes, k = context.sizes(draw), draw["classes"]
    draw_seed = canonical.tagged("draw", context.seed, draw["id"].encode())
    outcome = _outcome(context, draw, draw_seed)
    return {
        "bundling": outcome.bundling,
        "classes": outcome.classes,
        "counts": allocation.counts_by_class(outcome.classes, sizes, k),
        "draw": draw["id"],
        "draw_seed": draw_seed.hex(),
        "forced": list(outcome.forced),
        "version": canonical.VERSION,
    }


def _outcome(context: Context, draw: Dict[str, Any], draw_seed: bytes) -> allocation.Outcome:
    groups, sizes, k = context.groups(draw), context.sizes(draw), draw["classes"]
    if draw["kind"] != "late":
        return allocation.permute(draw_seed, groups, len(sizes), k)
    before = context.planned(draw)["sizes"]
    if len(before) != k:
        raise Unavailable("%s: the plan does not have the sizes of K classes" % draw["id"])
    return allocation.place_late(draw_seed, groups, sizes, before)


@check("V44")
def class_sizes(context: Context, tally: Tally) -> None:
    """A16 of every bundling, and A19 of the one drawn."""
    for draw in context.draws:
        name, k = draw["id"], draw["classes"]
        counts = stated_counts(context, draw)
        stated = context.value("draws/%s/result.json" % name)["counts"]
        tally.ok(stated == counts, "%s: counts are not those of the classes" % name)
        if draw["kind"] != "classes":
            continue
        allowed = allocation.allowed_spread(context.sizes(draw))
        widest = allocation.widest_spread(context.groups(draw), context.sizes(draw))
        tally.ok(widest <= allowed, "%s: bundles differ by %d students, %d allowed" % (name, widest, allowed))
        found = allocation.spread(counts)
        tally.ok(found <= allowed, "%s: %d classes differ by %d students, %d allowed" % (name, k, found, allowed))


def stated_counts(context: Context, draw: Dict[str, Any]) -> List[int]:
    """Students per class by the class list as published, whether or not it follows from the seed."""
    sizes, k = context.sizes(draw), draw["classes"]
    classes = context.value("draws/%s/result.json" % draw["id"])["classes"]
    if len(classes) != len(sizes) or not all(1 <= chosen <= k for chosen in classes):
        raise Unavailable("%s: the class list does not give every unit a class" % draw["id"])
    return allocation.counts_by_class(classes, sizes, k)


@check("V45")
def statement(context: Context, tally: Tally) -> None:
    """A23 and A28, as far as they can be seen without the sealed rosters."""
    rows = context.value("statement.json")["draws"]
    features = _features(context)
    same = [row["draw"] for row in rows] == [draw["id"] for draw in context.draws]
    if not tally.ok(same, "the statement is not of the draws of the header"):
        return
    for draw, row in zip(context.draws, rows):
        name, lines = draw["id"], row["certificate"]
        if draw["kind"] != "classes":
            tally.ok(not lines, "%s: a certificate of a draw that divides nothing" % name)
            tally.ok(not row["balance"], "%s: numbers per class of a draw that divides nothing" % name)
            continue
        _numbers_per_class(context, draw, row["balance"], tally)
        if not tally.ok([line["feature"] for line in lines] == features, "%s: other features than planned" % name):
            continue
        for line in lines:
            formed = line["bound"] in (0, 1) and line["reached"] >= line["bound"]
            formed = formed and line["proven"] == (line["reached"] == line["bound"])
            tally.ok(formed, "%s: the line of %s contradicts itself" % (name, line["feature"]))
        size = lines[0]
        uneven = 0 if sum(context.sizes(draw)) % draw["classes"] == 0 else 1
        tally.ok(size["bound"] == uneven, "%s: another bound of size" % name)
        sizes = context.sizes(draw)
        found = max(
            allocation.spread([sum(sizes[unit] for unit in bundle) for bundle in bundling])
            for bundling in context.groups(draw)["bundlings"]
        )
        tally.ok(size["reached"] == found, "%s: classes differ by %d, %d stated" % (name, found, size["reached"]))


def _numbers_per_class(context: Context, draw: Dict[str, Any], rows: List[Dict[str, Any]], tally: Tally) -> None:
    """What anyone sees of A28."""
    values = {one["id"]: one["values"] for one in context.plan["attributes"]}
    planned = [(name, values[name]) for name in context.plan["balance"] if name in values]
    if not rows:
        return
    counts = context.value("draws/%s/result.json" % draw["id"])["counts"]
    for problem in balance.problems(rows, planned, counts, draw["classes"]):
        tally.fail("%s: %s" % (draw["id"], problem))


def _features(context: Context) -> List[str]:
    """Names of the features of the plan (A23)."""
    attributes, crossed = context.plan["attributes"], context.plan["crossed"]
    broken = [text for kept, text in rules.attribute_rules(attributes, crossed) if not kept]
    if broken:
        raise Unavailable("plan.json breaks its rules: %s" % broken[0])
    return ["size"] + [feature.name for feature in grouping.features_of(attributes, crossed)]


@check("V46")
def published_files(context: Context, tally: Tally) -> None:
    """C24."""
    rows = []
    for path in sorted(context.files.data):
        if path != "RECORD.json" and not path.startswith("ledger/"):
            data = context.files.data[path]
            rows.append([path, hashlib.sha256(data).hexdigest(), len(data)])
    body = context.entry("published")["body"]
    tally.ok(body["files"] == len(rows), "%d files, %d published" % (len(rows), body["files"]))
    found = canonical.tagged("record", canonical.encode(rows)).hex()
    tally.ok(body["files_hash"] == found, "published has another hash of all files")
