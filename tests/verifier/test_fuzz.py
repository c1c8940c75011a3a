"""Values of the right shape and the wrong size, anywhere: never a crash, never a pass that should not be."""

from __future__ import annotations

import random

import pytest
from verifier import canonical, ledger

from running import examine, honest

NUMBERS = [0, 1, 2, 3, 7, 64, 255, 256, 2**31, 2**32, 2**53 - 1]


def places(value, path=()):
    """Every member of a value, by its path."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from places(value[index], (*path, index))
    yield path


def replace(value, path, draw):
    """Another value of the same kind at a path; True if it is another."""
    for step in path[:-1]:
        value = value[step]
    old = value[path[-1]]
    if isinstance(old, bool):
        new = not old
    elif isinstance(old, int):
        new = draw.choice(NUMBERS)
    elif isinstance(old, str):
        new = draw.choice(["", "0" * len(old), "f" * len(old), old[::-1], "b1", "d02", "o1"])
    elif isinstance(old, list):
        new = draw.choice([[], old[1:], old[:-1], old + old[:1], old[::-1], old * 2])
    else:
        new = {}
    value[path[-1]] = new
    return new != old


def altered(seed):
    """An honest record with one to three members of one file or entry replaced, chain and list of files made anew."""
    draw = random.Random(seed)
    built = honest()
    names = [path for path in sorted(built.files) if path.endswith(".json") and path != "RECORD.json"]
    changed = False
    if draw.random() < 0.5:
        path = draw.choice([*names, "header.json", "plan.json"])
        value = canonical.decode(built.files[path])
        for _ in range(draw.randrange(1, 4)):
            changed |= replace(value, draw.choice(list(places(value))[:-1]), draw)
        built.files[path] = canonical.encode(value)
        changed = built.files[path] != honest().files[path]
    else:
        number = draw.randrange(len(built.ledger.lines))
        entry = canonical.decode(built.ledger.lines[number])
        candidates = [place for place in places(entry) if place[:1] in (("body",), ("sig",), ("actor",), ("session",))]
        changed = replace(entry, draw.choice(candidates), draw)
        before = built.ledger.lines[number]
        built.ledger.lines[number] = canonical.encode(entry)
        changed = before != built.ledger.lines[number]
        for i in range(number + 1, len(built.ledger.lines)):
            follower = canonical.decode(built.ledger.lines[i])
            follower["prev"] = ledger.leaf_hash(built.ledger.lines[i - 1]).hex()
            built.ledger.lines[i] = canonical.encode(follower)
        built.write_ledger()
    try:
        built.reseal()
    except (canonical.EncodingError, KeyError, TypeError):
        pass  # units.json cannot be counted any more; RECORD.json is missing then
    return built, changed


@pytest.mark.parametrize("batch", range(3))
def test_altered_values(batch):
    for seed in range(batch * 8, batch * 8 + 8):
        built, changed = altered(seed)
        if "RECORD.json" not in built.files or not changed:
            continue
        found = examine(built, built.trust())
        assert not found.problem, (seed, found.problem)
        assert found.exit == 1, seed
