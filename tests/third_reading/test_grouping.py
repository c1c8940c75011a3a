"""Grouping of the third reading: by the vectors, by examples worked by hand, and by properties of random rosters."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from itertools import chain, combinations, permutations, product
from pathlib import Path
from typing import Any

import pytest

from tests.third_reading import grouping
from tests.third_reading.grouping import Division, Remainder, Roster, UngroupableError, group, pin_report
from tests.third_reading.permuting import Stream, h

VECTORS = Path(__file__).parents[2] / "spec" / "vectors" / "allocation"
SEED = bytes(range(32))

SEX = {"id": "sex", "values": ["1", "2"], "free": [], "merged": []}
ETHNICITY = {"id": "ethnicity", "values": ["01", "06", "02"], "free": ["06"], "merged": []}
BOTH = [SEX, ETHNICITY]


def unit(*students: str) -> Any:
    """One student a text: sex, then ethnicity if given, as in "1 06"."""
    return [dict(zip(("sex", "ethnicity"), student.split(), strict=False)) for student in students]


def roster(units: list[Any], k: int, *, apart: Any = (), pins: Any = (), attributes: Any = (SEX,)) -> Roster:
    return Roster(list(attributes), [], units, k, list(apart), list(pins))


def in_the_remainder(n: int) -> tuple[list[Any], list[list[int]]]:
    """The first n units, all alike, and pairs apart that keep them from cells."""
    return [unit("1 01")] * n, [[i, i + 1] for i in range(n - 1)]


def numbers(made: Roster) -> list[int]:
    return list(made.blocks.values())


# --- A1 ------------------------------------------------------------------------------------------------------------


def test_features_leave_free_values_out_and_cross_the_others() -> None:
    made = Roster(BOTH, [["sex", "ethnicity"]], [unit("1 01"), unit("2 06", "2 02"), unit("1 06")], 2, [], [])
    one = [{"sex": "1"}, {"sex": "2"}, {"ethnicity": "01"}, {"ethnicity": "02"}]
    crossed = [{"sex": s, "ethnicity": e} for s in "12" for e in ("01", "02")]
    assert list(made.features) == [{}, *one, *crossed]
    assert made.vectors == [[1, 1, 0, 1, 0, 1, 0, 0, 0], [2, 0, 2, 0, 1, 0, 0, 0, 1], [1, 1, 0, 0, 0, 0, 0, 0, 0]]
    assert list(made.weights[1:]) == [3, 3, 2, 2, 1, 1, 1, 1]  # A8, with A = 3
    # W = 14. With the siblings of unit 1 in the remainder s = 2, without s = 1.
    assert Remainder(made, [0, 1, 2], []).weights == [57, 3, 3, 2, 2, 1, 1, 1, 1]
    assert Remainder(made, [0, 2], []).weights[0] == Remainder(made, [], []).weights[0] == 29


def test_cells_tell_free_values_apart_and_come_in_plan_order() -> None:
    texts = ["2 02", "1 06", "1 01", "2 02", "1 02", "1 01", "1 06"]
    made = roster([*map(unit, texts), unit("1 01", "1 01")], 2, apart=[[4, 5]], attributes=BOTH)
    assert list(made.cells.values()) == [[2], [1, 6], [0, 3]]
    assert made.outside() == [4, 5, 7]


# --- A2 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "k", "pins", "blocks"),
    [
        (11, 3, [], 3),
        (2, 3, [], 0),
        (7, 3, [[0, 1], [1, 1]], 2),  # 6 ≤ 5 + 2
        (7, 3, [[u, 2] for u in range(5)], 1),  # 3 ≤ 2 + 1, but 6 > 2 + 2
        (3, 3, [[0, 3], [1, 1], [2, 2]], 1),
        (4, 2, [[0, 1], [1, 1], [2, 1]], 1),
        (6, 3, [[u, 1] for u in range(6)], 0),
        (6, 2, [[0, 1], [1, 1], [2, 1], [3, 2], [4, 2], [5, 2]], 3),
    ],
)
def test_the_most_blocks_of_a_cell(n: int, k: int, pins: list[list[int]], blocks: int) -> None:
    made = roster([unit("1")] * n, k, pins=pins)
    assert made._most_blocks(list(range(n))) == blocks


@pytest.mark.parametrize(
    ("left", "blocks"), [(0, [2, 0, 1]), (2, [1, 0, 0]), (30, [1, 0, 0]), (31, [2, 0, 1]), (40, [2, 0, 1])]
)
def test_a_small_remainder_gets_a_block_of_every_cell(left: int, blocks: list[int]) -> None:
    """Beside those kept apart one unit is left, of the cell that makes no block; without any of them nothing is."""
    filler, apart = in_the_remainder(left)
    rest = [unit("1 06")] * bool(left)
    made = roster([*filler, *[unit("1 01")] * 4, *rest, *[unit("1 02")] * 2], 2, apart=apart, attributes=BOTH)
    assert numbers(made) == (blocks if left else [2, 1])


def test_pinned_units_of_blocks_are_the_first_of_their_class() -> None:
    made = roster([unit("1")] * 9, 3, pins=[[1, 2], [3, 2], [4, 2], [5, 1], [8, 3]])
    assert made.pinned_in_blocks(list(range(9)), 2) == [[5, 1, 8], [3]]
    blocks, left = made.cut(list(range(9)), 2, [7, 6, 2, 0])
    assert (blocks, left) == ([[5, 1, 8], [3, 7, 6]], [0, 2, 4])


# --- A3 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "blocks"),
    # Beside the twins ⌈(2 + left) / 3⌉ must be 3, so six more of their sex (3 by A2, 3 by A3), or all that there are.
    [(3, 0), (6, 0), (9, 1), (12, 2)],
)
def test_twins_take_blocks_back(n: int, blocks: int) -> None:
    assert numbers(roster([*[unit("1")] * n, unit("1", "1")], 3)) == [blocks]


def test_twins_take_a_block_for_their_number() -> None:
    # Of 40 classes there are 34 students in the remainder, whose ethnicity is free: only their number is a feature.
    units = [*[unit("1 01")] * 80, *[unit("2 06")] * 32, unit("1 06", "2 06")]
    made = Roster([ETHNICITY], [], units, 40, [], [])
    assert made.tight(list(range(80, 113))) == [0]  # 2 > ⌈34 / 40⌉
    assert numbers(made) == [1, 0]  # 2 = ⌈74 / 40⌉


def test_the_cell_with_the_most_blocks_gives_and_the_first_of_several() -> None:
    filler, apart = in_the_remainder(32)
    twins = unit("1 02", "1 02")
    units = [*filler, *[unit("2 02")] * 4, *[unit("2 01")] * 10, *[unit("1 02")] * 4, twins]
    made = roster(units, 2, apart=apart, attributes=BOTH)
    # 02: T = 2, 3 > 1: the cell 1 02 gives, the first of two blocks; T = 4, 3 > 2: now 2 02 has more; T = 6: 3 = 3.
    assert list(made.cells) == [(0, 2), (1, 0), (1, 2)]
    assert numbers(made) == [1, 5, 1]
    # Of twins of two sexes sex 2 comes first: T = 1, 2 > 1, and 2 01 has the most blocks of it; T = 3: 2 = 2. Then 02.
    made = roster([*units[:-1], unit("1 02", "2 02")], 2, apart=apart, attributes=BOTH)
    assert numbers(made) == [1, 4, 1]


def test_pinned_units_of_one_class_are_a_lump() -> None:
    filler, apart = in_the_remainder(34)
    filler[5] = filler[20] = unit("1 02")
    units = [*filler, *[unit("2 02")] * 6]
    assert numbers(roster(units, 2, apart=apart, attributes=BOTH)) == [3]
    assert numbers(roster(units, 2, apart=apart, attributes=BOTH, pins=[[5, 1], [20, 2]])) == [3]
    # Together two of 02, of which there are no others: until six are left, as beside twins.
    made = roster(units, 2, apart=apart, attributes=BOTH, pins=[[5, 1], [20, 1]])
    assert made.lumps(list(range(34))) == [[2, 2, 0, 0, 2]]
    assert numbers(made) == [1]


def test_what_a_block_gives_back_of_pinned_units() -> None:
    # One block, as 4 > 1 + 2; the remainder [1, 2] takes it back.
    made = roster([unit("1")] * 4, 2, pins=[[0, 1], [1, 1], [2, 1]])
    assert (made._most_blocks([0, 1, 2, 3]), numbers(made)) == (1, [0])
    assert numbers(roster([unit("1")] * 4, 2, pins=[[0, 1], [1, 2]])) == [2]


def test_a_pinned_pair_of_siblings_is_only_in_the_lump_of_its_class() -> None:
    units = [unit("1", "2"), unit("1"), unit("2"), unit("1", "1")]
    made = roster(units, 3, pins=[[0, 2], [1, 2]], apart=[[1, 2]])
    assert made.lumps([0, 1, 2, 3]) == [[2, 2, 0], [3, 2, 1]]
    assert made.lumps([1, 2]) == []


# --- A4 ------------------------------------------------------------------------------------------------------------


def test_blocks_are_filled_from_the_shuffled_cells_in_order() -> None:
    """Two cells on one stream: 7 of sex 1 (units 0, 2, 4 …) with pins, 5 of sex 2, K = 3; 32 others kept apart."""
    units = [unit("12"[i % 2]) for i in range(10)] + [unit("1")] * 34
    apart = [[i, i + 1] for i in range(12, 43)]
    made = roster(units, 3, pins=[[0, 2], [4, 2], [10, 3]], apart=apart)
    stream = Stream(h("blocks", SEED))
    a = stream.shuffle([2, 6, 8, 11])
    b = stream.shuffle([1, 3, 5, 7, 9])
    blocks, remainder = made.grouped(SEED)
    assert numbers(made) == [2, 1]
    assert blocks == sorted([sorted([0, 10, a[0]]), sorted([4, a[1], a[2]]), sorted(b[:3])])
    assert remainder == [*sorted([a[3], b[3], b[4]]), *range(12, 44)]


# --- A5 ------------------------------------------------------------------------------------------------------------


def remainder_of(units: list[Any], k: int, *, caps: Any = (), **options: Any) -> Remainder:
    made = roster(units, k, **options)
    return Remainder(made, made.grouped(SEED)[1], list(caps))


def test_the_start_without_pins_deals_round() -> None:
    remainder = remainder_of([unit("2 01"), unit("1 02"), unit("1 01"), unit("2 02"), unit("1 06")], 2, attributes=BOTH)
    # By vector, larger first: 1 01, 1 02, 1 06 (nothing of ethnicity), 2 01, 2 02.
    assert len(remainder.vectors) == 5
    assert Division(remainder, Stream(SEED)).bundle_of == [1, 1, 0, 0, 0]


def test_the_start_with_pins_fills_the_emptiest() -> None:
    units = [unit("2 02"), unit("1 01"), unit("1 06"), unit("1 02"), unit("2 01")]
    remainder = remainder_of(units, 3, pins=[[2, 3], [4, 1]], attributes=BOTH)
    assert len(remainder.vectors) == 8
    # Unit 4 (class 1) stands in bundle 0, unit 2 (class 3) in bundle 1. Of the others 1 (1 01) goes to bundle 2, the
    # only empty one, 3 (1 02) to bundle 0, 0 (2 02) to bundle 1; blanks 5, 6, 7 to bundles 2, 0, 1.
    assert Division(remainder, Stream(SEED)).bundle_of == [1, 2, 1, 0, 0, 2, 0, 1]


def test_equal_vectors_keep_the_shuffled_order() -> None:
    remainder = remainder_of([unit("1")] * 4, 5)
    order = Stream(SEED).shuffle([0, 1, 2, 3])
    assert Division(remainder, Stream(SEED)).bundle_of == [order.index(position) for position in range(4)]


def test_siblings_bring_blanks() -> None:
    remainder = remainder_of([unit("1", "1"), unit("1"), unit("1")], 2)
    assert remainder.vectors == [[2, 2, 0], [1, 1, 0], [1, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert Division(remainder, Stream(SEED)).bundle_of[0] == 0


# --- A7, A8 --------------------------------------------------------------------------------------------------------


def test_rules_and_energy_of_a_division() -> None:
    # Cells of one unit each but sex 2 with a block of two; K = 2. Remainder: 0, 1 apart; 2 twins.
    units = [unit("1"), unit("1"), unit("1", "2"), unit("2"), unit("2")]
    caps = [{"attribute": "sex", "max": m, "value": v} for v, m in (("1", 3), ("1", 2), ("2", 2))]
    made = roster(units, 2, apart=[[0, 1]])
    # T_0 = 4, limit 2; sex 1: T = 3, 1 + 1 ≤ 2; sex 2: T = 1, 1 + 1 > 1: the block goes; T_0 = 6, sex 2: 3.
    assert numbers(made) == [0]
    remainder = Remainder(made, made.grouped(SEED)[1], caps)
    assert (remainder.totals, remainder.caps, remainder.bound) == ([6, 3, 3], {1: 2, 2: 2}, 0)
    division = Division(remainder, Stream(SEED))
    division.bundle_of, division.counts = [0, 0, 0, 1, 1, 0, 1], [[4, 3, 1], [2, 0, 2]]
    # Apart together 1, three of sex 1 where two may be 1. W = 2, s = 2: size 9 × (1 + 1); sex 1: 1 × (1 + 1); sex 2: 0.
    assert division.score() == (2, 20)


def test_caps_are_less_the_blocks() -> None:
    filler, apart = in_the_remainder(32)
    units = [*filler, *[unit("1 01")] * 4, *[unit("1 02")] * 2]
    made = roster(units, 2, attributes=BOTH, apart=apart)
    caps = [{"attribute": "sex", "max": 3, "value": "1"}, {"attribute": "ethnicity", "max": 1, "value": "01"}]
    assert Remainder(made, list(range(32)), caps).caps == {1: 0, 3: -1}


def test_the_bound_counts_lumps() -> None:
    # Triplets of sex 1 and one of sex 2, K = 2: T = 4, 3, 1; limits 2, 2, 1; W = 2, s = 3: 13 × (3 − 2) + 1 × (3 − 2).
    assert remainder_of([unit("1", "1", "1"), unit("2")], 2).bound == 14
    # Three pinned to one class are as large a lump as triplets, of units of one student: 5 + 1.
    assert remainder_of([unit("1"), unit("1"), unit("1"), unit("2")], 2, pins=[[0, 2], [1, 2], [2, 2]]).bound == 6


def cost(remainder: Remainder, bundle_of: list[int], weights: list[int], rho: int, apart: Any, limits: Any) -> int:
    """A7 from the beginning, out of a division alone."""
    total, broken = 0, 0
    for j in range(remainder.k):
        inside = [i for i, bundle in enumerate(bundle_of) if bundle == j]
        for f, weight in enumerate(weights):
            c, t = sum(remainder.vectors[i][f] for i in inside), sum(v[f] for v in remainder.vectors)
            total += weight * max(0, c - -(-t // remainder.k), t // remainder.k - c)
        broken += sum({remainder.units.index(u) for u in pair} <= set(inside) for pair in apart)
        for f, limit in limits.items():
            broken += max(0, sum(remainder.vectors[i][f] for i in inside) - limit)
    return total + rho * broken


def test_the_change_of_a_swap_is_the_difference_of_the_costs() -> None:
    random_ = random.Random(7)
    for _ in range(30):
        units, k = [unit(*random_.choices("12", k=random_.choice([1, 1, 2]))) for _ in range(9)], 3
        apart, pins = [[0, 1], [0, 2], [4, 5]], [[3, 2]]
        made = roster(units, k, apart=apart, pins=pins)
        caps = [{"attribute": "sex", "max": 2, "value": "1"}, {"attribute": "sex", "max": 1, "value": "1"}]
        remainder = Remainder(made, made.grouped(SEED)[1], caps)
        division = Division(remainder, Stream(random_.randbytes(32)))
        of_sex_1 = sum(b for cell, b in made.blocks.items() if cell == (0,))
        limits = {1: 1 - of_sex_1}  # the smaller cap
        for _ in range(30):
            i, j = random_.sample(range(len(remainder.vectors)), 2)
            if division.bundle_of[i] == division.bundle_of[j]:
                continue
            weights, rho = random_.choice([([2, 1, 1], 3), ([2, 1, 1], 5)])
            before = cost(remainder, division.bundle_of, weights, rho, apart, limits)
            delta = division.change(i, j, weights, rho)
            division.swap(i, j)
            assert delta == cost(remainder, division.bundle_of, weights, rho, apart, limits) - before


# --- A9-A12 --------------------------------------------------------------------------------------------------------


def grouped(units: list[Any], k: int, *, m: int = 4, **options: Any) -> Any:
    given = {"apart": [], "pins": [], "caps": [], "grouping_seed": SEED.hex(), **options}
    return group([SEX], [], units, k, bundlings=m, **given)


def test_a_single_unit_of_the_remainder_is_not_walked() -> None:
    made = grouped([unit("1")], 2, m=3)  # fewer units than classes: no header says so, but the text holds
    assert (made["blocks"], made["bundlings"]) == ([], [[[0], []]] * 3)


def test_an_empty_remainder_has_empty_bundles() -> None:
    expected = {"barred": [], "blocks": [[0, 1, 2]], "bundlings": [[[], [], []]] * 4, "pins": [], "remainder": []}
    assert grouped([unit("1")] * 3, 3) == expected


def test_what_cannot_be_kept_is_said() -> None:
    with pytest.raises(UngroupableError, match="bundling 0"):
        grouped([unit("1")] * 3, 2, apart=[[0, 1], [0, 2], [1, 2]])
    with pytest.raises(UngroupableError):  # of the block each class has one already
        grouped([unit("1")] * 2, 2, caps=[{"attribute": "sex", "max": 0, "value": "1"}])
    with pytest.raises(UngroupableError):  # both are pinned to one class
        grouped([unit("1"), unit("2")], 2, apart=[[0, 1]], pins=[[0, 1], [1, 1]])


def test_pinned_units_that_must_be_apart_stand_in_their_bundles() -> None:
    made = grouped([unit("1"), unit("1"), unit("2"), unit("2")], 2, apart=[[0, 1]], pins=[[0, 2], [3, 1]])
    assert (made["pins"], made["blocks"]) == ([[0, 2], [3, 1]], [])
    assert made["bundlings"] == [[[0, 2], [1, 3]]] * 4


ATTRIBUTES = [
    SEX,
    {"id": "migrant", "values": ["0", "1"], "free": ["0"], "merged": []},
    {"id": "ethnicity", "values": ["01", "06", "02"], "free": [], "merged": []},
]


def random_roster(random_: random.Random) -> dict[str, Any]:
    def student() -> dict[str, str]:
        chances = {"sex": "12", "migrant": "00001", "ethnicity": ["01"] * 5 + ["06", "02"]}
        return {name: random_.choice(values) for name, values in chances.items()}

    k = random_.randrange(2, 5)
    n = random_.randrange(6 * k, 12 * k)
    units = [[student() for _ in range(random_.choice([1] * 12 + [2]))] for _ in range(n)]
    picked = random_.sample(range(n), random_.randrange(4))
    return {
        "units": units,
        "classes": k,
        "crossed": random_.choice([[], [["sex", "migrant"]], [["sex", "ethnicity"], ["migrant", "ethnicity"]]]),
        "apart": random_.choice([[], [sorted(random_.sample(sorted(set(range(n)) - set(picked)), 2))]]),
        "pins": sorted([u, random_.randrange(1, k + 1)] for u in picked),
        "grouping_seed": random_.randbytes(32).hex(),
        "bundlings": 2,
    }


def vector_of(unit: Any, crossed: Any) -> list[int]:
    """A1 once more, as a table of questions."""
    counts = [len(unit)]
    plain = {"sex": ["1", "2"], "migrant": ["1"], "ethnicity": ["01", "06", "02"]}
    for name, values in plain.items():
        counts += [[s[name] for s in unit].count(value) for value in values]
    for a, b in crossed:
        counts += [[(s[a], s[b]) for s in unit].count(pair) for pair in product(plain[a], plain[b])]
    return counts


@pytest.mark.parametrize("number", range(8))
def test_groups_of_random_rosters_keep_what_anyone_checks(number: int) -> None:
    given = random_roster(random.Random(number))
    made = group(ATTRIBUTES, caps=[], **given)
    k, units, pinned = given["classes"], given["units"], dict(given["pins"])
    blocks, remainder = made["blocks"], made["remainder"]
    assert sorted(chain(*blocks, remainder)) == list(range(len(units)))  # R6
    assert blocks == sorted(sorted(b) for b in blocks)
    for block in blocks:
        assert len(block) == k
        assert all(len(units[u]) == 1 for u in block)  # A15
        assert len({tuple(units[u][0].items()) for u in block}) == 1  # A1: alike, free values too
        classes = [pinned[u] for u in block if u in pinned]
        assert len(set(classes)) == len(classes)  # A26
    totals = [sum(column) for column in zip(*(vector_of(units[u], given["crossed"]) for u in remainder), strict=True)]
    for bundles in made["bundlings"]:
        full = [b for b in bundles if b]
        assert bundles == sorted(sorted(b) for b in full) + [[]] * (k - len(full))
        assert sorted(chain(*bundles)) == remainder
        sizes = [sum(len(units[u]) for u in b) for b in bundles]
        assert max(sizes) - min(sizes) <= 1  # A16, without lumps too large for it
        assert all(len({pinned[u] for u in b if u in pinned}) <= 1 for b in bundles)  # A26
        held = [{pinned[u] for u in b if u in pinned} for b in bundles]
        assert sum(map(len, held)) == len(set().union(*held))
        assert not any(set(pair) <= set(b) for pair in given["apart"] for b in bundles)
        for f, total in enumerate(totals[:6]):  # the attributes, crossed pairs following: nowhere far off
            counts = [sum(vector_of(units[u], given["crossed"])[f] for u in b) for b in bundles]
            assert all(total // k - 2 <= c <= -(-total // k) + 2 for c in counts)
    assert group(ATTRIBUTES, caps=[], **given) == made


# --- A25 -----------------------------------------------------------------------------------------------------------


def test_late_units_from_a_draw_seed() -> None:
    stream = Stream(h("permuting", SEED))
    first = stream.shuffle([0, 1])[0]
    chosen = stream.below(3) + 1  # from 10, 10, 10 every class leaves 1
    classes, forced = grouping.late(SEED.hex(), [10, 10, 10], [1, 1])
    assert (classes[first], forced) == (chosen, [])


# --- A27 -----------------------------------------------------------------------------------------------------------


def groups_of(blocks: Any, bundlings: Any, pins: Any) -> Any:
    return {"blocks": blocks, "bundlings": bundlings, "pins": pins, "remainder": sorted(chain(*bundlings[0]))}


BLOCKS = [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        # Units 1 and 2 share two classes; with a unit of the other block each class is 1/3, so all pairs are.
        (groups_of(BLOCKS, [[[], [], []]], [[0, 1]]), {"affected": 2, "class": [1, 2], "pair": [1, 3], "pinned": 1}),
        # Unit 7: half of the time with 6 in class 2, else in 1 or 3: 1/4, 1/2, 1/4. Units 1 and 6: 1/2.
        (
            groups_of(BLOCKS, [[[6], [7], []], [[6, 7], [], []]], [[0, 1], [6, 2]]),
            {"affected": 3, "class": [1, 2], "pair": [1, 2], "pinned": 2},
        ),
        # Both pinned are no pair; 1 and 4 have the classes 2, 3 and 1, 3 in common: 1/4; 1 and 3: 1/2.
        (
            groups_of(BLOCKS, [[[], [], []]], [[0, 1], [3, 2]]),
            {"affected": 4, "class": [1, 2], "pair": [1, 2], "pinned": 2},
        ),
        # Two pinned of three leave one class to the last.
        (
            groups_of(BLOCKS, [[[], [], []]], [[0, 1], [1, 2]]),
            {"affected": 1, "class": [1, 1], "pair": [1, 3], "pinned": 2},
        ),
        # Unit 2 has class 3 surely, and so has the pinned one of the remainder: not both are pinned.
        (
            groups_of([[0, 1, 2]], [[[3], [], []]], [[0, 1], [1, 2], [3, 3]]),
            {"affected": 1, "class": [1, 1], "pair": [1, 1], "pinned": 3},
        ),
        # Nothing pinned.
        (groups_of(BLOCKS, [[[], [], []]], []), {"affected": 0, "class": [1, 3], "pair": [1, 3], "pinned": 0}),
        # Nobody but pinned units.
        (
            groups_of([[0, 1]], [[[], []]], [[0, 2], [1, 1]]),
            {"affected": 0, "class": [0, 1], "pair": [0, 1], "pinned": 2},
        ),
        # One block and nothing else: no pair.
        (groups_of([[0, 1]], [[[], []]], [[0, 2]]), {"affected": 1, "class": [1, 1], "pair": [0, 1], "pinned": 1}),
        # Always with the pinned one in two of two bundlings; it leaves 1 to the other.
        (
            groups_of([], [[[0, 1], [2]], [[0, 1], [2]]], [[0, 2]]),
            {"affected": 2, "class": [1, 1], "pair": [0, 1], "pinned": 1},
        ),
        # By chance even: in one of two bundlings with the pinned one; not affected.
        (
            groups_of([], [[[0, 1], [2]], [[0, 2], [1]]], [[0, 2]]),
            {"affected": 0, "class": [1, 2], "pair": [0, 1], "pinned": 1},
        ),
    ],
)
def test_what_pins_do(groups: Any, expected: Any) -> None:
    assert pin_report(groups, len(groups["bundlings"][0])) == expected


def outcomes(groups: Any, k: int) -> list[dict[int, int]]:
    """Every outcome of A17 and A18, each as probable as any other: K is small."""
    pinned = dict(groups["pins"])

    def ways(parts: list[list[int]]) -> list[dict[int, int]]:
        """Parts of equal rank that share the classes 1 ... K, a part with a pinned unit having its class."""
        fixed = [next((pinned[u] for u in part if u in pinned), 0) for part in parts]
        result = []
        for p in permutations([c for c in range(1, k + 1) if c not in fixed]):
            rest = iter(p)
            numbers = [f or next(rest) for f in fixed]
            result.append({u: c for part, c in zip(parts, numbers, strict=True) for u in part})
        return result

    choices = [ways([[u] for u in block]) for block in groups["blocks"]]
    choices.append([way for bundles in groups["bundlings"] for way in ways(bundles)])
    return [{u: c for part in chosen for u, c in part.items()} for chosen in product(*choices)]


def test_what_pins_do_by_all_outcomes() -> None:
    random_ = random.Random(27)
    for _ in range(25):
        k = random_.choice([2, 3])
        blocks = [list(range(k)), list(range(k, 2 * k))]
        units = list(range(2 * k, 2 * k + random_.randrange(5)))
        pins = {random_.randrange(2 * k): random_.randrange(1, k + 1) for _ in range(random_.randrange(2))}
        pins |= {u: random_.randrange(1, k + 1) for u in random_.sample(units, min(len(units), random_.randrange(3)))}
        first = {c: j for j, c in enumerate(sorted({pins[u] for u in units if u in pins}))}
        bundlings = []
        for _ in range(3):
            bundles: list[list[int]] = [[] for _ in range(k)]
            for u in units:
                bundles[first[pins[u]] if u in pins else random_.randrange(k)].append(u)
            bundlings.append(bundles)
        groups = groups_of(blocks, bundlings, sorted(map(list, pins.items())))
        all_of_it, everyone = outcomes(groups, k), [u for u in range(2 * k + len(units)) if u not in pins]

        def share(outcome: Any, of: Any = all_of_it) -> Fraction:
            return Fraction(sum(map(outcome, of)), len(of))

        single = {(u, c): share(lambda o, u=u, c=c: o[u] == c) for u in everyone for c in range(1, k + 1)}
        place = {u: i for i, block in enumerate(blocks) for u in block}
        pairs = [
            share(lambda o, u=u, v=v: o[u] == o[v])
            for u, v in combinations(range(2 * k + len(units)), 2)
            if place.get(u) != place.get(v) and not {u, v} <= set(pins)
        ]
        largest, pair = max(single.values()), max(pairs)
        assert pin_report(groups, k) == {
            "affected": len({u for (u, _), p in single.items() if p != Fraction(1, k)}),
            "class": [largest.numerator, largest.denominator],
            "pair": [pair.numerator, pair.denominator],
            "pinned": len(pins),
        }


# --- Vectors -------------------------------------------------------------------------------------------------------

#: Those whose bundlings take all their attempts.
LONG = {"draw-bound-out-of-reach", "draw-second-attempts", "draw-size-of-siblings"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(path.stem, marks=[pytest.mark.slow] * (path.stem in LONG))
        for path in sorted(VECTORS.glob("draw*.json"))
    ],
)
def test_the_vectors_of_groups_and_pins(name: str) -> None:
    vector = json.loads((VECTORS / f"{name}.json").read_text())
    made = group(
        vector["attributes"],
        vector["crossed"],
        vector["units"],
        vector["classes"],
        apart=vector["apart"],
        pins=vector["pins"],
        caps=[{"attribute": a, "max": m, "value": v} for a, v, m in vector["caps"]],
        grouping_seed=vector["grouping_seed"],
        bundlings=vector["bundlings"],
    )
    assert {**made, "draw": "d01", "version": "verifiable-draw/v1"} == json.loads(vector["groups"])
    assert pin_report(made, vector["classes"]) == vector["pin_effects"]
    assert (len(made["blocks"]), len(made["remainder"])) == (vector["blocks"], vector["remainder"])
