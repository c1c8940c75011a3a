"""Streams, permuting, pair probabilities, the limit of overlaps (A0, A13-A23), and the grouping's cases by hand."""

from __future__ import annotations

import hashlib
import itertools
import math
import random

import pytest
from verifier import allocation, canonical, grouping


def test_words_are_the_hashes():
    key = b"k" * 32
    stream = allocation.Stream(key)
    words = [stream.word() for _ in range(20)]
    blocks = b"".join(hashlib.sha256(key + i.to_bytes(8, "big")).digest() for i in range(3))
    assert words == [int.from_bytes(blocks[i : i + 4], "big") for i in range(0, 80, 4)]


class Fixed(allocation.Stream):
    def __init__(self, words):
        self._words = iter(words)


def test_below_rejects_the_uneven_end():
    # 2^32 mod 3 = 1: only the largest word is refused
    assert Fixed([2**32 - 1, 2**32 - 2]).below(3) == (2**32 - 2) % 3
    assert Fixed([7]).below(1) == 0
    with pytest.raises(StopIteration):
        Fixed([]).below(1)
    assert Fixed([2**32 - 1]).below(2**31) == 2**31 - 1


def test_shuffle_from_the_last_down():
    assert Fixed([0, 0]).shuffle(["a", "b", "c"]) == ["b", "c", "a"]
    assert Fixed([2, 1]).shuffle(["a", "b", "c"]) == ["a", "b", "c"]
    assert Fixed([]).shuffle(["a"]) == ["a"]


GROUPS = {
    "barred": [],
    "blocks": [[0, 3], [1, 5]],
    "bundlings": [[[2, 6], [4]], [[2], [4, 6]], [[2, 4], [6]]],
    "draw": "d01",
    "pins": [],
    "remainder": [2, 4, 6],
    "version": canonical.VERSION,
}
SIZES = [1] * 7


def test_permuting_by_hand():
    seed = b"s" * 32
    stream = allocation.Stream(canonical.tagged("permuting", seed))
    expected = [0] * 7
    for block in GROUPS["blocks"]:
        p = [1, 2]
        j = stream.below(2)
        p[1], p[j] = p[j], p[1]
        expected[block[0]], expected[block[1]] = p
    picked = stream.below(3)
    p = [1, 2]
    j = stream.below(2)
    p[1], p[j] = p[j], p[1]
    for bundle, chosen in zip(GROUPS["bundlings"][picked], p):
        for unit in bundle:
            expected[unit] = chosen
    assert allocation.permute(seed, GROUPS, 7, 2) == (picked, expected, ())
    assert allocation.counts_by_class([1, 2, 1], [1, 2, 1], 3) == [2, 2, 0]


def test_good_groups():
    assert allocation.group_problems(GROUPS, SIZES, 2, 3) == []


@pytest.mark.parametrize(
    "change",
    [
        {"blocks": [[1, 5], [0, 3]]},
        {"blocks": [[3, 0], [1, 5]]},
        {"blocks": [[0, 3]]},
        {"blocks": [[0, 3], [1, 5, 6]]},
        {"blocks": [[0, 3], [1, 7]]},
        {"blocks": [[0, 3], []]},
        {"blocks": [[0, 0], [1, 5]]},
        {"remainder": [2, 4]},
        {"remainder": [4, 2, 6]},
        {"remainder": [2, 4, 6, 6]},
        {"bundlings": GROUPS["bundlings"][:2]},
        {"bundlings": [[[2, 6], [4], []], *GROUPS["bundlings"][1:]]},
        {"bundlings": [[[4], [2, 6]], *GROUPS["bundlings"][1:]]},
        {"bundlings": [[[6, 2], [4]], *GROUPS["bundlings"][1:]]},
        {"bundlings": [[[2, 6], [6]], *GROUPS["bundlings"][1:]]},
        {"bundlings": [[[2, 6], [0]], *GROUPS["bundlings"][1:]]},
        {"bundlings": [[[], [2, 4, 6]], *GROUPS["bundlings"][1:]]},
    ],
)
def test_bad_groups(change):
    assert allocation.group_problems({**GROUPS, **change}, SIZES, 2, 3)


def test_units_of_several_students():
    sizes = [2, *SIZES[1:]]
    assert "A15" in allocation.group_problems(GROUPS, sizes, 2, 3)[0]
    sizes = [1, 1, 2, 1, 1, 1, 1]
    assert allocation.group_problems(GROUPS, sizes, 2, 3) == []


def test_widest_spread():
    """A16: over all bundlings, not only the one drawn."""
    assert allocation.widest_spread(GROUPS, SIZES) == 1
    assert allocation.widest_spread(GROUPS, [1, 1, 2, 1, 1, 1, 1]) == allocation.allowed_spread([1, 2]) == 2
    assert allocation.widest_spread(GROUPS, [1, 1, 3, 1, 1, 1, 1]) == 3
    uneven = {**GROUPS, "bundlings": [*GROUPS["bundlings"][1:], [[2, 4, 6], []]]}
    assert allocation.widest_spread(uneven, SIZES) == 3


def random_bundlings(r, k, m, seed):
    draw = random.Random(seed)
    out = []
    for _ in range(m):
        units = list(range(r))
        draw.shuffle(units)
        out.append(sorted(sorted(units[i::k]) for i in range(k)))
    return out


@pytest.mark.parametrize(("r", "k", "m"), [(0, 3, 4), (1, 2, 3), (7, 3, 5), (40, 4, 17), (30, 30, 16)])
def test_pairs_and_overlap_against_counting(r, k, m):
    bundlings = random_bundlings(r, k, m, r)
    counts = [0] * (m + 1)
    for pair in itertools.combinations(range(r), 2):
        counts[sum(any(set(pair) <= set(bundle) for bundle in bundling) for bundling in bundlings)] += 1
    assert allocation.pair_counts(bundlings, range(r)) == counts
    largest = 0
    for one, other in itertools.combinations(bundlings, 2):
        largest = max(largest, max(len(set(a) & set(b)) for a in one for b in other))
    assert allocation.largest_overlap(bundlings, range(r)) == largest


@pytest.mark.parametrize(
    ("r", "k", "m"), [(0, 2, 16), (1, 2, 16), (5, 2, 1), (30, 3, 16), (100, 4, 32), (600, 60, 32), (90, 2, 256)]
)
def test_overlap_limit_against_the_definition(r, k, m):
    s = math.ceil(r / k)
    t = 2
    while True:
        tail = sum(math.comb(s, i) * math.comb(r - s, s - i) for i in range(t, s + 1))
        if k**2 * m * (m - 1) // 2 * 2**20 * tail <= math.comb(r, s):
            break
        t += 1
    t = max(t, math.ceil(s / 2) + 1)
    assert allocation.overlap_limit(r, k, m) == (t if t <= s else 0)


def one_fixed(r, k, m, seed):
    """Bundlings in which one class is made by hand and the others by chance."""
    s = -(-r // k)
    rest = random_bundlings(r - s, k - 1, m, seed)
    return [sorted([list(range(s)), *[[unit + s for unit in bundle] for bundle in row]]) for row in rest]


def problems_of(bundlings, r, k):
    m = len(bundlings)
    found = allocation.evidence({"bundlings": bundlings, "pins": [], "remainder": list(range(r))}, k)
    problems = allocation.evidence_problems(found, r, k, m)
    assert allocation.speaks_of(found, r, k, m) or not problems
    return problems


def test_hand_made_class_is_seen():
    """Large bundles: the overlap tells (A21), even if only two bundlings share a bundle."""
    honest = random_bundlings(120, 4, 16, 1)
    assert allocation.overlap_limit(120, 4, 16)
    assert problems_of(honest, 120, 4) == []
    fixed = one_fixed(120, 4, 16, 2)
    found = allocation.evidence({"bundlings": fixed, "pins": [], "remainder": list(range(120))}, 4)
    assert found.always == 435
    assert found.most == 4 * 435
    assert any("A21" in problem for problem in problems_of(fixed, 120, 4))
    assert any("A21" in problem for problem in problems_of(fixed[:2] + honest[2:], 120, 4))


@pytest.mark.parametrize(("r", "k"), [(12, 3), (13, 3), (12, 4), (24, 4), (30, 5), (18, 6), (40, 8), (90, 30)])
def test_honest_grouping_does_not_repeat(r, k):
    for seed in range(10):
        bundlings = random_bundlings(r, k, 16, 1000 * r + 10 * k + seed)
        assert problems_of(bundlings, r, k) == []
        found = allocation.evidence({"bundlings": bundlings, "pins": [], "remainder": range(r)}, k)
        assert allocation.speaks_of(found, r, k, 16)


@pytest.mark.parametrize(("r", "k"), [(12, 3), (13, 3), (12, 4), (24, 4), (30, 5), (18, 6), (40, 8), (90, 30)])
def test_one_division_in_most_bundlings_is_seen(r, k):
    """All classes of the remainder made by hand, in 14 of 16 bundlings."""
    bundlings = random_bundlings(r, k, 16, r)
    made = [bundlings[0]] * 14 + bundlings[14:]
    assert any("repeat" in problem for problem in problems_of(made, r, k))


@pytest.mark.parametrize(
    ("r", "k", "times"), [(30, 3, 16), (24, 4, 13), (40, 4, 14), (30, 5, 13), (24, 6, 13), (40, 8, 13)]
)
def test_one_class_in_most_bundlings_is_seen(r, k, times):
    """One class made by hand, the others by chance: its pairs tell, if there are more than three of them."""
    bundlings = one_fixed(r, k, times, r) + random_bundlings(r, k, 16 - times, r + 1)
    problems = problems_of(bundlings, r, k)
    assert problems
    assert any("pairs share a class" in problem for problem in problems)
    assert problems_of(random_bundlings(r, k, 16, r), r, k) == []


def made_evidence(pairs, most):
    return allocation.Evidence(pairs, most, 0, 0)


def test_repetition_by_hand():
    """M = 16, K = 3, r = 12: 20*3*11*S <= (30*9 + 3*3*11)*16*15*P, so S/(240 P) <= 369/660."""
    pairs = [0] * 17
    # P = 18 pairs: S may be 2415.27 at most
    pairs[12], pairs[6] = 18, 1  # 18*132 + 30 = 2406
    assert allocation.evidence_problems(made_evidence(pairs, 18), 12, 3, 16) == []
    pairs[4] = 1  # + 12: 2418
    assert len(allocation.evidence_problems(made_evidence(pairs, 18), 12, 3, 16)) == 1


@pytest.mark.parametrize(("r", "k", "m", "speaks"), [
    (12, 3, 16, True), (11, 3, 16, False), (12, 4, 16, True), (14, 5, 16, False), (15, 5, 16, True), (12, 3, 15, False),
    (12, 2, 16, False),
    (17, 6, 16, False), (18, 6, 16, True), (0, 2, 16, False),
])  # fmt: skip
def test_remainders_that_a22_speaks_of(r, k, m, speaks):
    """Below max(3K, 12) units or 16 bundlings nothing is said, however bad it looks."""
    pairs = [0] * m + [r * (r - 1) // 2]
    found = made_evidence(pairs, max(1, r))
    assert allocation.speaks_of(found, r, k, m) is speaks
    assert bool(allocation.evidence_problems(found, r, k, m)) is speaks


@pytest.mark.parametrize(("k", "m", "c", "seen"), [
    (6, 16, 12, False), (6, 16, 13, True), (6, 17, 12, False), (6, 17, 13, True), (7, 256, 192, False),
    (7, 256, 193, True), (2, 16, 16, False), (3, 16, 16, True),
])  # fmt: skip
def test_a_pair_in_more_than_three_quarters(k, m, c, seen):
    pairs = [1000] + [0] * m
    pairs[c] = 3
    assert not allocation.evidence_problems(made_evidence(pairs, 1000), 30, k, m)
    pairs[c] = 4
    assert bool(allocation.evidence_problems(made_evidence(pairs, 1000), 30, k, m)) is seen


# --- grouping -----------------------------------------------------------------------------------------------------


def roster(values, k, families=(), apart=(), caps=(), pins=()):
    """values: attribute value of every single unit; families: lists of values; pins: unit and class."""

    def student(value):
        return {"attributes": {"sex": value}}

    units = [[student(value)] for value in values] + [[student(value) for value in family] for family in families]
    return {
        "attributes": [{"free": [], "id": "sex", "merged": [], "values": ["f", "m"]}],
        "caps": list(caps),
        "classes": k,
        "constraints": {
            "apart": [list(pair) for pair in apart],
            "barred": [],
            "caps": list(caps),
            "pins": [[*pin, "court"] for pin in pins],
        },
        "crossed": [],
        "draw": "d01",
        "units": units,
    }


def test_cells_and_blocks(monkeypatch):
    monkeypatch.setattr(grouping, "SMALL_REMAINDER", 0)
    made = grouping.Roster(roster("ffmfmmff", 2))
    cells = grouping.cells_of(made)
    assert [cell.units for cell in cells] == [[0, 1, 3, 6, 7], [2, 4, 5]]
    assert grouping.block_numbers(made, cells) == [2, 1]


def test_apart_pairs_and_families_stand_in_the_remainder():
    made = grouping.Roster(roster("ffffmmmm", 2, families=["fm"], apart=[(0, 4)]))
    assert [cell.units for cell in grouping.cells_of(made)] == [[1, 2, 3], [5, 6, 7]]
    groups = grouping.compute(roster("ffffmmmm", 2, families=["fm"], apart=[(0, 4)]), b"g" * 32, 16)
    assert {0, 4, 8} <= set(groups["remainder"])
    for bundling in groups["bundlings"]:
        assert not any({0, 4} <= set(bundle) for bundle in bundling)


def test_release_gives_twins_company(monkeypatch):
    """Two girls in one unit and no other girl in the remainder: blocks of girls are given up, one after the other."""
    monkeypatch.setattr(grouping, "SMALL_REMAINDER", 0)
    made = grouping.Roster(roster("ffffffmm", 2, families=["ff"]))
    # at first 2 girls in the remainder, limit 1 < 3; then 4 -> 2 < 3; then 6 -> 3
    assert grouping.block_numbers(made, grouping.cells_of(made)) == [1, 1]


def test_groups_keep_the_public_rules_and_are_balanced():
    value = roster("ffmfmmffmfmmfmfmfmmfffm", 3, families=["ff", "fm"], apart=[(0, 2)],
                   caps=[{"attribute": "sex", "max": 9, "value": "f"}])  # fmt: skip
    groups = grouping.compute(value, b"g" * 32, 16)
    sizes = [len(unit) for unit in value["units"]]
    assert allocation.group_problems(groups, sizes, 3, 16) == []
    assert groups == grouping.compute(value, b"g" * 32, 16)
    assert groups != grouping.compute(value, b"h" * 32, 16)
    lines = grouping.certificate(value, groups)
    assert [line["feature"] for line in lines] == ["size", "sex=f", "sex=m"]
    assert all(line["reached"] <= 2 for line in lines)


def test_caps_that_cannot_be_kept(monkeypatch):
    monkeypatch.setattr(grouping, "ATTEMPTS", 2)
    value = roster("fffmmm", 2, caps=[{"attribute": "sex", "max": 1, "value": "f"}])
    with pytest.raises(grouping.GroupingError):
        grouping.compute(value, b"g" * 32, 1)


def test_no_remainder_at_all():
    groups = grouping.compute(roster("ffmm", 2), b"g" * 32, 2)
    assert groups["remainder"] == []
    assert groups["bundlings"] == [[[], []], [[], []]]
    assert allocation.group_problems(groups, [1] * 4, 2, 2) == []
    assert allocation.evidence(groups, 2) == ([0, 0, 0], 0, 0, 0, ())
    assert not allocation.speaks_of(allocation.evidence(groups, 2), 0, 2, 2)
