"""Grouping and permuting: two implementations agree, rules hold, nothing depends on names or order, no class is favoured."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import verifier.allocation
import verifier.grouping
import verifier.pinned
from ledger.canonical import decode
from tests.third_reading import grouping
from verifiable_draw.allocation import balance
from verifiable_draw.allocation.grouping import group, shape, task_of
from verifiable_draw.allocation.groups_file import encode_groups, parse_groups
from verifiable_draw.allocation.permuting import allocate
from verifiable_draw.allocation.pins import effects
from verifiable_draw.errors import DataError
from verifiable_draw.header import HeaderDraw
from verifiable_draw.values import Attribute, Cap, Groups, Roster, Unit

ATTRIBUTES = (
    Attribute("sex", ("1", "2")),
    Attribute("migrant", ("0", "1")),
    Attribute("ethnicity", ("01", "06", "09", "其他")),
    Attribute("disability", ("0", "1")),
)


def roster(
    seed: int, students: int, classes: int, twins: int = 0, apart: int = 0, caps: tuple[Cap, ...] = (), pins: int = 0,
    crossed: tuple[tuple[str, str], ...] = (), free: tuple[str, ...] = (),
) -> Roster:  # fmt: skip
    rng = random.Random(seed)

    def student() -> dict[str, str]:
        return {
            "sex": rng.choice("12"),
            "migrant": rng.choices("01", [8, 2])[0],
            "ethnicity": rng.choices(("01", "06", "09", "其他"), [60, 20, 12, 8])[0],
            "disability": rng.choices("01", [98, 2])[0],
        }

    units = [
        Unit((first, student() | {"ethnicity": first["ethnicity"]})) for first in (student() for _ in range(twins))
    ]
    units += [Unit((student(),)) for _ in range(students - 2 * twins)]
    rng.shuffle(units)
    singles = [i for i, unit in enumerate(units) if unit.single]
    chosen = sorted(rng.sample(singles, 2 * apart))
    pairs = tuple(sorted((min(a, b), max(a, b)) for a, b in zip(chosen[::2], chosen[1::2], strict=True)))
    given = tuple((unit, rng.randint(1, classes)) for unit in sorted(rng.sample(range(len(units)), pins)))
    kept = {frozenset(pair) for pair in pairs}
    given = tuple(pin for pin in given if not any(frozenset((pin[0], unit)) in kept for unit, _ in given))
    attributes = tuple(
        Attribute(a.id, a.values, tuple(value for value in a.values if value in free)) for a in ATTRIBUTES
    )
    return Roster(tuple(units), classes, attributes, pairs, caps, crossed, given)


ROSTERS = st.builds(
    roster,
    seed=st.integers(0, 10**6),
    students=st.integers(24, 90),
    classes=st.integers(2, 6),
    twins=st.integers(0, 3),
    apart=st.integers(0, 2),
    pins=st.integers(0, 4),
    crossed=st.sampled_from([(), (("sex", "migrant"),), (("sex", "ethnicity"), ("migrant", "disability"))]),
    free=st.sampled_from([(), ("09",), ("其他", "06")]),
)


def sealed_json(units: Roster) -> dict[str, Any]:
    """What the verifier's grouping reads: the sealed roster's fields."""
    return {
        "attributes": [attribute.json() for attribute in units.attributes],
        "caps": [{"attribute": c.attribute, "max": c.limit, "value": c.value} for c in units.caps],
        "classes": units.classes,
        "constraints": {
            "apart": [list(p) for p in units.apart],
            "barred": [],
            "caps": [],
            "pins": [[*pin, "court"] for pin in units.pins],
            "together": [],
        },
        "crossed": [list(pair) for pair in units.crossed],
        "draw": "d1",
        "units": [[{"attributes": dict(s)} for s in unit.students] for unit in units.units],
    }


@settings(max_examples=25, deadline=None)
@given(units=ROSTERS, seed=st.binary(min_size=32, max_size=32))
def test_two_implementations_agree_bit_for_bit(units: Roster, seed: bytes) -> None:
    ours: Any = decode(encode_groups(group(units, "d1", seed, 3)))
    theirs = verifier.grouping.compute(sealed_json(units), seed, 3)
    assert ours == theirs | {"draw": "d1"}
    third = grouping.group(
        [attribute.json() for attribute in units.attributes], [list(pair) for pair in units.crossed],
        [[dict(student) for student in unit.students] for unit in units.units], units.classes,
        apart=[list(pair) for pair in units.apart], pins=[list(pin) for pin in units.pins], caps=[],
        grouping_seed=seed.hex(), bundlings=1,
    )  # fmt: skip
    assert [ours["blocks"], ours["remainder"], ours["bundlings"][:1]] == [
        third["blocks"], third["remainder"], third["bundlings"],
    ]  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(units=ROSTERS, seed=st.binary(min_size=32, max_size=32))
def test_groups_keep_every_rule(units: Roster, seed: bytes) -> None:
    groups = group(units, "d1", seed, 4)
    parts = shape(units)
    frozen = {
        "blocks": parts.number_of_blocks, "constraints": {"barred": 0, "pins": {"court": len(units.pins)} if units.pins else {}},
        "remainder": parts.rest,
    }  # fmt: skip
    sizes = [len(unit.students) for unit in units.units]
    assert parse_groups(encode_groups(groups), HeaderDraw("d1", units.classes, 1, frozen), 4, sizes) == groups
    for block in groups.blocks:
        assert len({tuple(sorted(units.units[i].students[0].items())) for i in block}) == 1
    for bundling in groups.bundlings:
        where = {unit: k for k, bundle in enumerate(bundling) for unit in bundle}
        assert all(where[a] != where[b] for a, b in units.apart)
    sizes = [len(unit.students) for unit in units.units]
    for number in range(4):
        classes = allocate(groups, units.classes, sizes, bytes([number]) * 32).classes
        assert all(classes[unit] == given for unit, given in units.pins)
        assert all(classes[a] != classes[b] for a, b in units.apart)


def test_caps_hold_over_blocks_and_bundles() -> None:
    free = roster(5, 120, 4)
    total = sum(s["migrant"] == "1" for unit in free.units for s in unit.students)
    limit = -(-total // 4)  # as tight as it can be
    units = roster(5, 120, 4, caps=(Cap("migrant", "1", limit),))
    groups = group(units, "d1", bytes(32), 16)
    sizes = [len(unit.students) for unit in units.units]
    for seed in range(20):
        classes = allocate(groups, 4, sizes, bytes([seed]) * 32).classes
        counts = Counter(
            number for unit, number in zip(units.units, classes, strict=True) if unit.students[0]["migrant"] == "1"
        )
        assert max(counts.values()) <= limit


@pytest.mark.parametrize("seed", range(6))
def test_balance_within_one(seed: int) -> None:
    units = roster(seed, 150 + 30 * seed, 3 + seed)
    lines = balance.certificate(units, group(units, "d1", bytes([seed]) * 32, 16))
    assert all(line.proven for line in lines), lines


def test_best_energy_of_blocks_that_siblings_need() -> None:
    """Without the release of A3 twin boys in a small remainder of girls cannot be balanced."""
    boy, girl = ({"sex": s, "migrant": "0", "ethnicity": "01", "disability": "0"} for s in "12")
    units = Roster(tuple([Unit((boy, boy))] + [Unit((boy,))] * 8 + [Unit((girl,))] * 10), 2, ATTRIBUTES)
    parts = shape(units)
    assert parts.number_of_blocks < 9
    lines = balance.certificate(units, group(units, "d1", bytes(32), 16))
    assert all(line.proven for line in lines)


def hand_made(groups: Groups, honest: int) -> Groups:
    """One division repeated in all bundlings but the last `honest`."""
    m = len(groups.bundlings)
    return Groups(
        groups.draw,
        groups.blocks,
        groups.remainder,
        (groups.bundlings[0],) * (m - honest) + groups.bundlings[m - honest :],
    )


@pytest.mark.parametrize(("seed", "students", "classes"), [(1, 300, 6), (2, 90, 3), (3, 400, 12)])
def test_hand_made_class_is_seen(seed: int, students: int, classes: int) -> None:
    groups = group(roster(seed, students, classes, twins=2), "d1", bytes(32), 32)
    assert balance.pairs(groups, classes).honest
    for honest in (0, 2, 6):
        assert not balance.pairs(hand_made(groups, honest), classes).honest


@settings(max_examples=10, deadline=None)
@given(units=ROSTERS, seed=st.binary(min_size=32, max_size=32))
def test_verifier_agrees_on_pairs(units: Roster, seed: bytes) -> None:
    groups = group(units, "d1", seed, 16)
    ours = balance.pairs(groups, units.classes)
    theirs = verifier.allocation.evidence(decode(encode_groups(groups)), units.classes)
    assert list(ours.histogram) == theirs.pairs
    assert (ours.overlap, ours.overlap_limit or 0, ours.most) == (theirs.overlap, theirs.limit, theirs.most)
    problems = verifier.allocation.evidence_problems(theirs, ours.remainder, units.classes, 16)
    assert ours.honest == (not problems)
    pins, other = effects(groups, units.classes), verifier.pinned.effect(decode(encode_groups(groups)), units.classes)
    third = grouping.pin_report(decode(encode_groups(groups)), units.classes)
    assert (pins.pinned, pins.affected, pins.most_class, pins.most_pair) == tuple(other)
    assert {
        "affected": pins.affected, "class": [*pins.most_class.as_integer_ratio()],
        "pair": [*pins.most_pair.as_integer_ratio()], "pinned": pins.pinned,
    } == third  # fmt: skip


def test_too_many_apart_names_the_smallest_set() -> None:
    units = roster(1, 30, 3)
    clique = Roster(units.units, 3, ATTRIBUTES, tuple((a, b) for a in range(4) for b in range(a + 1, 4)))
    with pytest.raises(DataError) as caught:
        group(clique, "d1", bytes(32), 2)
    assert caught.value.key == "grouping.too_many_apart"
    assert caught.value.values["number"] == 4


def test_task_of_a_remainder_counts_blocks_into_caps() -> None:
    units = roster(5, 120, 4, caps=(Cap("sex", "1", 20),))
    parts = shape(units)
    in_blocks = {i for cell, members in parts.free.items() for i in members[: 4 * parts.blocks[cell]]}
    rest = tuple(i for i in range(len(units.units)) if i not in in_blocks)
    share = sum(n for cell, n in parts.blocks.items() if cell[0] == "1")
    assert task_of(units, rest, parts.blocks).caps[1] == 20 - share
