"""Pins, bars and late students by hand, and against a count of everything (A2-A5, A17, A18, A22, A25-A27, C25)."""

from __future__ import annotations

import copy
import itertools
import random
from fractions import Fraction

import pytest
from verifier import allocation, canonical, grouping, pinned, walk

from test_allocation import Fixed, made_evidence, random_bundlings, roster

K, LATE_SEED = 3, b"l" * 32
GROUPS = {
    "barred": [],
    "blocks": [[0, 3, 4], [1, 5, 8]],
    "bundlings": [[[2, 9], [6], [7]], [[2, 6, 7], [9], []]],
    "draw": "d01",
    "pins": [[1, 3], [2, 2], [5, 1]],
    "remainder": [2, 6, 7, 9],
    "version": canonical.VERSION,
}


@pytest.fixture
def _small_remainders(monkeypatch):
    """Blocks by hand, before A2 gives one of every cell back."""
    monkeypatch.setattr(grouping, "SMALL_REMAINDER", 0)


# --- form (A26, C25) ------------------------------------------------------------------------------------------------


def problems(change, kind="classes", n=10, k=K, m=2):
    groups = {**copy.deepcopy(GROUPS), **change}
    return allocation.group_problems(groups, [1] * n, k, m, kind)


def test_good_pins():
    assert problems({}) == []
    assert problems({"pins": []}) == []
    assert problems({"pins": [[2, 2], [9, 2]], "bundlings": [GROUPS["bundlings"][0]] * 2}) == []


@pytest.mark.parametrize("change", [
    {"pins": [[2, 2], [1, 3], [5, 1]]},  # not ascending
    {"pins": [[1, 2], [1, 3]]},  # one unit twice
    {"pins": [[1, 3], [1, 3]]},
    {"pins": [[1, 0]]},
    {"pins": [[1, 4]]},
    {"pins": [[10, 1]]},
    {"pins": [[1, 2**53 - 1]]},
    {"pins": [[2**53 - 1, 1]]},
    {"pins": [[1, 2], [8, 2]]},  # two of a block to one class
    {"pins": [[2, 1], [9, 2]]},  # two classes in the first bundle
    {"pins": [[2, 1], [6, 1]]},  # one class in two bundles of the first bundling
    {"barred": [[0, 1]]},
])  # fmt: skip
def test_bad_pins(change):
    assert problems(change)


def teachers(bars, k=5, n=None, kind="teachers", m=2):
    groups = grouping.whole("d01", k if n is None else n, m, None if n is None else k, bars)
    return allocation.group_problems(groups, [1] * (k if n is None else n), k, m, kind)


def test_good_bars():
    assert teachers([]) == []
    assert teachers([[0, 1], [0, 5], [3, 1], [4, 1], [4, 2]]) == []
    assert teachers([[0, 1], [1, 1], [2, 1], [3, 1]]) == []  # only the last team is left for class 1
    assert teachers([[0, 1], [1, 2]], k=2) == []


@pytest.mark.parametrize(("bars", "k"), [
    ([[0, 1], [0, 2], [0, 3]], 5),  # three of one team
    ([[i, c] for i in range(3) for c in (1, 2)], 5),  # six in all
    ([[i, 4] for i in range(5)], 5),  # a class that nobody may get
    ([[0, 1], [0, 2]], 2),  # a team that may get none
    ([[0, 2], [0, 1]], 5),
    ([[0, 1], [0, 1]], 5),
    ([[0, 0]], 5),
    ([[0, 6]], 5),
    ([[5, 1]], 5),
    ([[2**53 - 1, 1]], 5),
])  # fmt: skip
def test_bad_bars(bars, k):
    assert teachers(bars, k)


@pytest.mark.parametrize("kind", ["late", "select", "order", "audit"])
def test_bars_are_of_teachers(kind):
    assert teachers([], kind=kind) == []
    assert teachers([[0, 1]], kind=kind)


@pytest.mark.parametrize("kind", ["late", "teachers", "select", "order", "audit"])
def test_pins_are_of_students(kind):
    groups = grouping.whole("d01", 5, 2)
    assert allocation.group_problems(groups, [1] * 5, 5, 2, kind) == []
    for change in ({"pins": [[0, 1]]}, {"remainder": [4], "blocks": [[0, 1, 2, 3]]}, {"blocks": [[0, 1, 2, 4, 3]]},
                   {"blocks": []}, {"blocks": [[0, 1, 2, 3, 4], []]}, {"bundlings": groups["bundlings"][:1]},
                   {"bundlings": [[[]] * 5, [[]] * 4]}, {"bundlings": [[[]] * 5, [[]] * 6]}):  # fmt: skip
        assert allocation.group_problems({**groups, **change}, [1] * 5, 5, 2, kind)


def test_units_and_places():
    """K teams for K classes; late students are as many as they are, even none."""
    assert teachers([], k=5, n=4)
    for n in (0, 1, 9):
        assert teachers([], k=5, n=n, kind="late") == []


def possible(bars, k):
    return any(all(order[unit] != c for unit, c in bars) for order in itertools.permutations(range(1, k + 1)))


@pytest.mark.parametrize("k", [2, 3, 4])
def test_every_set_of_bars(k):
    """The two ways of being impossible (C25) are all there are within the bounds."""
    cells = [[unit, c] for unit in range(k) for c in range(1, k + 1)]
    for number in range(k + 2):
        for bars in itertools.combinations(cells, number):
            within = number <= k and all(sum(unit == i for unit, _ in bars) <= 2 for i in range(k))
            assert (not teachers(list(bars), k)) is (within and possible(bars, k)), bars


# --- permuting (A17, A18, A24) ------------------------------------------------------------------------------------


class Script(Fixed):
    """A stream whose below() gives these numbers; whoever asks is noted."""

    def __init__(self, numbers):
        self.numbers, self.asked = iter(numbers), []

    def below(self, n):
        self.asked.append(n)
        return next(self.numbers)


@pytest.fixture
def script(monkeypatch):
    def use(numbers):
        made = Script(numbers)
        monkeypatch.setattr(allocation, "Stream", lambda key: made)
        return made

    return use


def test_permuting_with_pins_by_hand(script):
    stream = script([2, 0, 0, 1])
    # block 0, 3, 4: [1, 2, 3], i = 2: j = 2; i = 1: j = 0 -> 2, 1, 3
    # block 1, 5, 8: 3 and 1 are given, 2 is left for unit 8, without a word
    # bundling 0 of two; unit 2 is pinned to 2, so {2, 9} gets 2; [1, 3] with j = 1 stays: 6 gets 1, 7 gets 3
    assert allocation.permute(b"", GROUPS, 10, 3) == (0, [2, 3, 2, 1, 3, 1, 1, 3, 2, 2], ())
    assert stream.asked == [3, 2, 2, 2]


def test_second_bundling_with_pins_by_hand(script):
    stream = script([2, 1, 1, 0])
    # block 0, 3, 4 stays 1, 2, 3; bundling 1; {2, 6, 7} gets 2; [1, 3] with j = 0: 3, 1 for {9} and the empty bundle
    assert allocation.permute(b"", GROUPS, 10, 3) == (1, [1, 3, 2, 2, 3, 1, 2, 2, 2, 3], ())
    assert stream.asked == [3, 2, 2, 2]


def test_bars_draw_the_whole_permutation_again(script):
    groups = grouping.whole("d01", 3, 4, None, [[1, 2]])
    stream = script([2, 1, 2, 0, 3, 2, 1])
    # 1, 2, 3 is refused; then j = 2, j = 0: 2, 1, 3; bundling 3 of 4; and three empty bundles are shuffled
    assert allocation.permute(b"", groups, 3, 3) == (3, [2, 1, 3], ())
    assert stream.asked == [3, 2, 3, 2, 4, 3, 2]


def test_bars_leave_a_uniform_permutation():
    bars = [[0, 1], [0, 2], [1, 1], [3, 4]]
    groups = grouping.whole("d01", 4, 1, None, bars)
    allowed = [p for p in itertools.permutations(range(1, 5)) if all(p[unit] != c for unit, c in bars)]
    found = dict.fromkeys(allowed, 0)
    for i in range(200 * len(allowed)):
        found[tuple(allocation.permute(b"%d" % i, groups, 4, 4).classes)] += 1
    assert len(found) == len(allowed)
    assert all(140 < number < 260 for number in found.values())


# --- late students (A25) --------------------------------------------------------------------------------------------


def late(script, numbers, sizes, before):
    stream = script(numbers)
    groups = grouping.whole("d01", len(sizes), 16, len(before))
    return allocation.place_late(LATE_SEED, groups, sizes, before), stream.asked


def test_late_by_hand(script):
    # order of three units: i = 2: j = 0 -> [2, 1, 0]; i = 1: j = 1 stays
    # unit 2: differences of 30, 31, 32 with one more: 31, 31, 32 -> 1; 30, 32, 32 -> 2; 30, 31, 33 -> 3: below(2) = 1
    # unit 1, two students, 30, 32, 32: 32, 32, 32 -> 0; 4; 4: forced, and a word is taken
    # unit 0: 32, 32, 32: all 1: below(3) = 2
    outcome, asked = late(script, [0, 1, 1, 0, 2, 5, 0, 0], [1, 2, 1], [30, 31, 32])
    assert outcome == (5, [3, 1, 2], (1,))
    assert asked == [3, 2, 2, 1, 3, 16, 3, 2]


def test_late_where_no_class_is_near_enough(script):
    """Classes that differ by 9: the smallest alone, or all that are as good."""
    outcome, asked = late(script, [0, 0, 0], [3], [20, 29])
    assert (outcome.classes, outcome.forced, asked) == ([1], (0,), [1, 16, 2])
    outcome, asked = late(script, [1, 0, 0, 0], [1], [25, 25, 34])
    # 26, 25, 34 -> 9; 25, 26, 34 -> 9; 35 - 25 = 10
    assert (outcome.classes, outcome.forced, asked) == ([2], (), [2, 16, 3, 2])


def test_nobody_is_late(script):
    outcome, asked = late(script, [0, 0], [], [25, 25])
    assert outcome == (0, [], ())
    assert asked == [16, 2]


def test_differences_against_the_definition():
    draw = random.Random(1)
    for _ in range(500):
        numbers = [draw.randint(0, 6) for _ in range(draw.randint(2, 6))]
        size = draw.randint(1, 4)
        made = []
        for c in range(len(numbers)):
            after = [number + size * (i == c) for i, number in enumerate(numbers)]
            made.append(max(after) - min(after))
        assert allocation._differences(numbers, size) == made


def test_late_students_keep_classes_near():
    for seed in range(40):
        groups = grouping.whole("d01", 9, 1, 4)
        outcome = allocation.place_late(b"%d" % seed, groups, [1] * 9, [40, 41, 42, 41])
        counts = allocation.counts_by_class(outcome.classes, [1] * 9, 4)
        assert allocation.spread([a + b for a, b in zip(counts, [40, 41, 42, 41])]) <= 2


# --- grouping (A2-A5) -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("girls", "boys", "k", "blocks"), [
    (40, 31, 40, [0, 0]),  # 31 are left: the block of girls is given back
    (40, 32, 40, [1, 0]),
    (40, 40, 40, [1, 1]),  # nobody is left
    (41, 80, 40, [0, 1]),
    (7, 3, 2, [2, 0]),
])  # fmt: skip
def test_a_small_remainder_gets_a_block_of_every_cell(girls, boys, k, blocks):
    made = grouping.Roster(roster("f" * girls + "m" * boys, k))
    assert grouping.block_numbers(made, grouping.cells_of(made)) == blocks


def shaped(*arguments, **more):
    made = grouping.Roster(roster(*arguments, **more))
    cells = grouping.cells_of(made)
    return made, cells, grouping.block_numbers(made, cells)


@pytest.mark.usefixtures("_small_remainders")
def test_blocks_of_a_cell_with_pins():
    """9 girls, K = 3, all pinned to class 1 but three: b * 3 <= 3 + min(6, b) allows one block."""
    _, cells, blocks = shaped("f" * 9, 3, pins=[(i, 1) for i in range(6)])
    assert grouping.most_blocks(cells[0], 3) == 1
    assert cells[0].pinned == {1: [0, 1, 2, 3, 4, 5]}
    assert cells[0].loose == [6, 7, 8]
    assert blocks == [0]  # five in one class: released, so that the remainder is 9 girls


@pytest.mark.usefixtures("_small_remainders")
def test_release_for_pins_of_one_class():
    """Two of the remainder pinned to class 1 are a lump, as twins are: of two girls 2 + 1 > ceil(T / 2)."""
    # cell f: 6 units, two pinned to 1: 3 blocks need 6 <= 4 + 2. Cell m: 3 units, all pinned to 1: b * 2 <= min(3, b).
    _, cells, blocks = shaped("ffffffmmm", 2, pins=[(0, 1), (1, 1), (6, 1), (7, 1), (8, 1)])
    assert [grouping.most_blocks(cell, 2) for cell in cells] == [3, 0]
    # The lump of three boys: 3 > ceil(3 / 2), size is tight; a block of girls goes: T = 5, ceiling 3, the lump still 3
    # boys (block pins are the first two); boys: 3 + 1 > ceil(3 / 2) but no block of boys is left.
    assert blocks == [2, 0]


@pytest.mark.usefixtures("_small_remainders")
def test_release_for_size_alone():
    """Ten girls in two blocks of five, and two boys who are twins: 2 > ceil(2 / 5), so a block is given back."""
    _, _, blocks = shaped("f" * 10, 5, families=["mm"])
    assert blocks == [1]  # T = 7, ceiling 2


@pytest.mark.usefixtures("_small_remainders")
def test_pinned_twins_are_no_lump_of_their_own():
    """They and another unit pinned to their class are one lump: three students."""
    made, cells, blocks = shaped("ffffffffmm", 2, families=["mm"], apart=[(8, 9)], pins=[(8, 2), (10, 2)])
    assert grouping._families(made) == []
    assert grouping._pinned_lumps(made, cells, blocks) == [(3, 0, 3)]
    made, *_ = shaped("ffffffffmm", 2, families=["mm"], apart=[(8, 9)])
    assert grouping._families(made) == [(2, 0, 2)]


@pytest.mark.usefixtures("_small_remainders")
def test_which_pinned_units_stand_in_blocks():
    """Of every class the first as many as there are blocks, one a block."""
    pins = [(1, 1), (3, 1), (4, 1), (5, 2), (7, 3)]
    value = roster("f" * 12, 3, pins=pins)
    _, _, blocks = shaped("f" * 12, 3, pins=pins)
    # b = 4: 12 <= 7 + 3 + 1 + 1; the lump of class 1 is empty then
    assert blocks == [4]
    groups = grouping.compute(value, b"g" * 32, 16)
    assert groups["remainder"] == []
    assert groups["pins"] == [list(pin) for pin in pins]
    by_unit = dict(pins)
    found = [sorted(by_unit[unit] for unit in block if unit in by_unit) for block in groups["blocks"]]
    assert sorted(found) == [[], [1], [1], [1, 2, 3]]
    assert {5, 7} < set(next(block for block in groups["blocks"] if 1 in block))  # the first of each class together
    assert allocation.group_problems(groups, [1] * 12, 3, 16) == []


def test_pinned_units_stand_still(monkeypatch):
    """They begin in the bundle of their class's place and are there at the end; blanks are made."""
    pins = [(0, 3), (1, 3), (5, 2)]
    value = roster("fmfmfm", 4, pins=pins)
    made, cells, blocks = shaped("fmfmfm", 4, pins=pins)
    assert blocks == [0, 0]
    frame = grouping.frame_of(made, range(6), cells, blocks)
    assert frame.fixed == [1, 1, None, None, None, 0]
    assert len(frame.vectors) == 6 + 4
    stream = Script([0, 0])  # of positions 2, 3, 4: i = 2: j = 0 -> 4, 3, 2; i = 1: j = 0 -> 3, 4, 2
    # sorted by vector: girls first, stably: 4, 2, 3; then blanks 6 to 9
    # bundle 0 holds 1 position, bundle 1 holds 2: 4 -> 2, 2 -> 3, 3 -> 0, 6 -> 2, 7 -> 3, 8 -> 0, 9 -> 1
    assert walk.Walk(frame, stream).home == [1, 1, 3, 0, 2, 0, 2, 3, 0, 1]
    assert stream.asked == [3, 2]
    groups = grouping.compute(value, b"g" * 32, 16)
    for bundling in groups["bundlings"]:
        assert sum({0, 1} <= set(bundle) for bundle in bundling) == 1
        assert not any({0, 5} <= set(bundle) for bundle in bundling)
    assert allocation.group_problems(groups, [1] * 6, 4, 16) == []


def test_without_pins_the_deal_goes_round():
    made, cells, blocks = shaped("fm" * 5, 20)
    frame = grouping.frame_of(made, range(10), cells, blocks)
    home = walk.Walk(frame, allocation.Stream(b"")).home
    order = allocation.Stream(b"").shuffle(list(range(10)))
    order.sort(key=lambda position: frame.vectors[position], reverse=True)
    assert [home[position] for position in order] == list(range(10))


def test_apart_and_pinned_together_cannot_be_grouped(monkeypatch):
    monkeypatch.setattr(grouping, "ATTEMPTS", 1)
    with pytest.raises(grouping.GroupingError):
        grouping.compute(roster("fmfm", 2, apart=[(0, 1)], pins=[(0, 1), (1, 1)]), b"g" * 32, 1)


# --- crossed and free values (A1, A8, A23) --------------------------------------------------------------------------


def two_attributes(students, k=2, free=(), crossed=True):
    attributes = [
        {"free": [], "id": "sex", "merged": [], "values": ["f", "m"]},
        {"free": list(free), "id": "ethnicity", "merged": [], "values": ["a", "b", "c"]},
    ]
    value = roster("", k)
    value["units"] = [[{"attributes": {"sex": s, "ethnicity": e}} for s, e in unit.split()] for unit in students]
    return dict(value, attributes=attributes, crossed=[["sex", "ethnicity"]] if crossed else [])


def test_vectors_of_crossed_and_free_values():
    made = grouping.Roster(two_attributes(["fa", "fb", "mc mb"], free=["b"]))
    names = ["sex=f", "sex=m", "ethnicity=a", "ethnicity=c", "sex*ethnicity=f*a", "sex*ethnicity=f*c",
             "sex*ethnicity=m*a", "sex*ethnicity=m*c"]  # fmt: skip
    assert [feature.name for feature in made.features] == names
    assert made.vectors == [(1, 1, 0, 1, 0, 1, 0, 0, 0), (1, 1, 0, 0, 0, 0, 0, 0, 0), (2, 0, 2, 0, 1, 0, 0, 0, 1)]
    # A = 3: 3, 3, 2, 2 and four times 1: W = 14; s = 2
    assert made.weights(2) == [57, 3, 3, 2, 2, 1, 1, 1, 1]
    assert grouping.frame_of(made, [0, 1], [], []).weights[0] == 29
    assert grouping.frame_of(made, [0, 2], [], []).weights[0] == 57
    assert grouping.frame_of(made, [], [], []).weights[0] == 29


@pytest.mark.usefixtures("_small_remainders")
def test_free_values_make_cells_of_their_own_in_the_plans_order():
    units = ["fc", "fb", "fb", "fa", "mb", "fc", "ma", "mb"]
    made = grouping.Roster(two_attributes(units, free=["b", "c"]))
    cells = grouping.cells_of(made)
    assert [cell.units for cell in cells] == [[3], [1, 2], [0, 5], [6], [4, 7]]
    assert cells[1].vector == cells[2].vector
    assert grouping.block_numbers(made, cells) == [0, 1, 1, 0, 1]


@pytest.mark.usefixtures("_small_remainders")
def test_release_by_a_crossed_pair():
    """Two twins who are girls of c: girls and c alone are common, both together are not."""
    units = ["fc fc", *["fa"] * 4, *["mc"] * 4, *["fc"] * 8]
    made = grouping.Roster(two_attributes(units))
    cells = grouping.cells_of(made)
    # Size: 2 > ceil(2 / 2) is tight, and of fa (2 blocks), fc (4) and mc (2) fc gives one: T = 4. Now sex=f: 2 + 1 >
    # ceil(4 / 2); of fa (2) and fc (3) fc gives another: T = 6, and 3 is not above 3. By then c and f*c have 6 too.
    assert grouping.block_numbers(made, cells) == [2, 2, 2]
    # Size: fa is the first of those with 5 blocks, then sex=f takes another of it, then c two of mc, which has 5.
    units = ["fc fc", *["fa"] * 10, *["mc"] * 10, "fc", "fc"]
    plain = grouping.Roster(two_attributes(units, crossed=False))
    assert grouping.block_numbers(plain, grouping.cells_of(plain)) == [3, 1, 3]
    # Crossed, f*c is tight too: 2 + 1 > ceil(2 / 2), and after the only block of fc 2 + 1 > ceil(4 / 2) still.
    crossed = grouping.Roster(two_attributes(units))
    assert grouping.block_numbers(crossed, grouping.cells_of(crossed)) == [3, 0, 3]


# --- pairs, and what pins do (A20-A22, A27) -----------------------------------------------------------------------


def test_evidence_leaves_pinned_units_out():
    found = allocation.evidence(GROUPS, K)
    # the remainder 2, 6, 7, 9 in two bundlings: 2-9 once, 2-6 2-7 6-7 once, 6-9 7-9 never
    assert found.pairs == [2, 4, 0]
    # without unit 2: 6-7 once, two pairs never; in one bundling at most one pair; at most one unit in common
    assert list(found.loose) == [2, 1, 0]
    assert (found.most, found.overlap) == (1, 1)
    assert found.always == 0


def test_pairs_of_pinned_units_do_not_speak_against_a_draw():
    """Two pinned to each of three classes are always together; of the others nothing is seen."""
    r, k, m = 30, 3, 16
    plain = random_bundlings(r, k, m, 4)
    pins = [[30 + i, 1 + i // 3] for i in range(9)]
    bundlings = [
        sorted(sorted([*bundle, *range(30 + 3 * j, 33 + 3 * j)]) for j, bundle in enumerate(one)) for one in plain
    ]
    groups = {"blocks": [], "bundlings": bundlings, "barred": [], "pins": pins, "remainder": list(range(39))}
    assert pinned.pin_problems(groups, k) == []
    found = allocation.evidence(groups, k)
    assert found.always == 12  # 9 pairs of pinned units, and unit 0, which this dealer puts into the first bundle
    assert found.loose[-1] == 0
    assert found.limit == allocation.overlap_limit(r, k, m)
    assert list(found.loose) == allocation.pair_counts(plain, range(r))
    assert allocation.evidence_problems(found, r, k, m) == []
    assert allocation.evidence_problems(found._replace(loose=()), r, k, m)


def test_a22_looks_at_the_others():
    pairs = [0] * 16 + [100]
    assert allocation.evidence_problems(made_evidence(pairs, 18), 12, 3, 16)
    assert not allocation.evidence_problems(made_evidence(pairs, 18)._replace(loose=[100] + [0] * 16), 12, 3, 16)


def test_effect_by_hand():
    """In the bundlings 2-9 | 6 | 7 and 2-6-7 | 9 | - unit 9 has class 2 with 1/2 and 1 and 3 with 1/4; so have 6, 7."""
    # Unit 8 gets class 2 for certain, to which unit 2 is pinned.
    assert pinned.effect(GROUPS, K) == (3, 4, Fraction(1), Fraction(1))
    # Now 5 and 8 get class 1 or 2: with unit 2 they are together with 1/2, with 6, 7 and 9 with (1/4 + 1/2) / 2, with
    # those of the first block with 1/3; unit 1, which is pinned to 3, is with 6 with 1/4.
    two = dict(GROUPS, pins=[[1, 3], [2, 2]])
    assert pinned.effect(two, K) == (2, 5, Fraction(1, 2), Fraction(1, 2))
    # Without the pin of unit 2 those of the remainder are not affected, and unit 1 is with any of them with 1/3.
    one = dict(GROUPS, pins=[[1, 3]])
    assert pinned.effect(one, K) == (1, 2, Fraction(1, 2), Fraction(1, 3))


def test_effect_where_pins_do_not_matter():
    """A pinned unit that meets everybody in every third bundling changes nobody's probabilities."""
    turns = [[[0, 1], [2], [3]], [[0, 2], [1], [3]], [[0, 3], [1], [2]]]
    groups = {"barred": [], "blocks": [], "bundlings": turns, "pins": [[0, 2]], "remainder": [0, 1, 2, 3]}
    assert pinned.effect(groups, 3) == (1, 0, Fraction(1, 3), Fraction(0))
    blocks = dict(groups, blocks=[[4, 5, 6]])
    assert pinned.effect(blocks, 3) == (1, 0, Fraction(1, 3), Fraction(1, 3))


def test_effect_where_there_is_nothing():
    nobody = {"barred": [], "blocks": [[0, 1]], "bundlings": [[[], []]], "pins": [], "remainder": []}
    assert pinned.effect(nobody, 2) == (0, 0, Fraction(1, 2), Fraction(1, 2))
    everybody = dict(nobody, pins=[[0, 1], [1, 2]])
    assert pinned.effect(everybody, 2) == (2, 0, 0, 0)
    assert pinned.effect(dict(nobody, pins=[[0, 2]]), 2) == (1, 1, 1, 0)  # one block, so no pair
    assert pinned.NOTHING == (0, 0, 0, 0)


def invented(draw, k, blocks, r, m, often):
    """Lawful groups with pins here and there."""
    units = list(range(k * blocks + r))
    draw.shuffle(units)
    rows, left = [sorted(units[k * i : k * i + k]) for i in range(blocks)], sorted(units[k * blocks :])
    pins = {}
    for row in rows:
        classes = draw.sample(range(1, k + 1), k)
        pins.update((unit, classes.pop()) for unit in row if draw.random() < often)
    classes = draw.sample(range(1, k + 1), draw.randint(1, k))
    pins.update((unit, draw.choice(classes)) for unit in left if draw.random() < often)
    used = sorted({pins[unit] for unit in left if unit in pins})
    bundlings = []
    for _ in range(m):
        bundles = [[] for _ in range(k)]
        for unit in left:
            bundles[used.index(pins[unit]) if unit in pins else draw.randrange(k)].append(unit)
        filled = sorted(bundle for bundle in bundles if bundle)
        bundlings.append(filled + [[] for _ in range(k - len(filled))])
    placed = [list(pin) for pin in sorted(pins.items())]
    return {"barred": [], "blocks": sorted(rows), "bundlings": bundlings, "pins": placed, "remainder": left}


def distributions(groups, k):
    """Place and probabilities of every unit, straight from A27."""
    given, m, out = dict(groups["pins"]), len(groups["bundlings"]), {}

    def certain(unit):
        return [Fraction(given[unit] == c) for c in range(1, k + 1)]

    def others(taken):
        return [Fraction(0) if c in taken else Fraction(1, k - len(taken)) for c in range(1, k + 1)]

    for number, block in enumerate(groups["blocks"]):
        taken = {given[unit] for unit in block if unit in given}
        for unit in block:
            out[unit] = number, certain(unit) if unit in given else others(taken)
    taken = {given[unit] for unit in groups["remainder"] if unit in given}
    for unit in groups["remainder"]:
        rows = []
        for bundling in groups["bundlings"]:
            bundle = next(bundle for bundle in bundling if unit in bundle)
            by = next((one for one in bundle if one in given), None)
            rows.append(others(taken) if by is None else certain(by))
        out[unit] = "remainder", [sum(column) / m for column in zip(*rows)]
    return out


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_effect_against_the_definition(k):
    draw = random.Random(k)
    for _ in range(150):
        blocks, r, m = draw.randint(0, 3), draw.randint(0, 6), draw.choice([1, 2, 3, 5, 6])
        groups = invented(draw, k, blocks, r, m, draw.choice([0.1, 0.3, 0.8]))
        n = k * blocks + r
        assert allocation.group_problems(groups, [1] * n, k, m) == []
        given, known = dict(groups["pins"]), distributions(groups, k)
        if not given:
            continue
        free = [unit for unit in known if unit not in given]
        affected = sum(any(p != Fraction(1, k) for p in known[unit][1]) for unit in free)
        single = max((max(known[unit][1]) for unit in free), default=0)
        pairs = [
            sum(a * b for a, b in zip(known[i][1], known[j][1]))
            for i, j in itertools.combinations(known, 2)
            if known[i][0] != known[j][0] and not (i in given and j in given)
        ]
        assert pinned.effect(groups, k) == (len(given), affected, single, max(pairs, default=0))


def test_effect_of_many_pins_in_many_blocks():
    """Nothing in it grows with pairs of blocks or of units: 9,000 units, a third of them pinned."""
    groups = invented(random.Random(1), 30, 280, 600, 16, 0.3)
    found = pinned.effect(groups, 30)
    assert found.pinned > 2000
    assert Fraction(1, 30) < found.pair <= found.single < 1
