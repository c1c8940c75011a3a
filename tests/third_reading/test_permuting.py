"""Permuting of the third reading: streams by the vectors, the rest by examples worked by hand."""

from __future__ import annotations

import json
import random
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.third_reading.permuting import (
    Stream,
    drawn,
    keepable,
    permute_barred,
    permute_blocks,
    permute_bundles,
    place_late,
)

VECTORS = Path(__file__).parents[2] / "spec" / "vectors" / "allocation"
SEED = bytes(range(32))


class Scripted(Stream):
    """Shuffles and picks that the example names; nothing may be left over."""

    def __init__(self, *, shuffles: list[list[int]] = [], picks: list[tuple[int, int]] = []) -> None:  # noqa: B006 — only read
        self.shuffles, self.picks = list(shuffles), list(picks)

    def below(self, n: int) -> int:
        expected, pick = self.picks.pop(0)
        assert n == expected
        return pick

    def shuffle(self, items: list[int]) -> list[int]:
        order = self.shuffles.pop(0)
        assert sorted(order) == items, "only an ascending list is shuffled"
        return order

    def used_up(self) -> bool:
        return not self.shuffles and not self.picks


def test_the_stream() -> None:
    vector = json.loads((VECTORS / "stream.json").read_text())
    key = bytes.fromhex(vector["key"])
    stream = Stream(key)
    assert [stream.word() for _ in vector["first_words"]] == vector["first_words"]
    stream = Stream(key)
    assert [[n, stream.below(n)] for n, _ in vector["below"]] == vector["below"]
    assert Stream(key).shuffle(list(range(len(vector["shuffle"])))) == vector["shuffle"]


def test_units_of_blocks_get_the_classes_that_pins_leave() -> None:
    # Block 0 without pins; in block 1 unit 5 is pinned to class 2; block 2 is pinned whole.
    blocks, pinned = [[0, 3, 4], [1, 5, 6], [2, 7, 8]], {5: 2, 2: 3, 7: 1, 8: 2}
    stream = Scripted(shuffles=[[3, 1, 2], [3, 1], []])
    assert permute_blocks(stream, blocks, pinned, 3) == {0: 3, 3: 1, 4: 2, 5: 2, 1: 3, 6: 1, 2: 3, 7: 1, 8: 2}
    assert stream.used_up()


def test_bundles_with_pinned_units_get_their_class() -> None:
    # Classes 2 and 4 are those of bundles 1 and 0; the others, the empty one too, share 1 and 3 in file order.
    stream = Scripted(shuffles=[[3, 1]])
    classes = permute_bundles(stream, [[0, 9], [1, 2], [5], []], {9: 4, 1: 2}, 4)
    assert (classes, stream.used_up()) == ({0: 4, 9: 4, 1: 2, 2: 2, 5: 3}, True)
    assert permute_bundles(Scripted(shuffles=[[]]), [[0], [1]], {0: 2, 1: 1}, 2) == {0: 2, 1: 1}
    assert permute_bundles(Scripted(shuffles=[[2, 1]]), [[], []], {}, 2) == {}


def test_a_barred_permutation_is_drawn_again_whole() -> None:
    stream = Scripted(shuffles=[[1, 2, 3], [3, 2, 1], [2, 3, 1]])
    assert permute_barred(stream, [0, 1, 2], [[0, 1], [1, 2]], 3) == {0: 2, 1: 3, 2: 1}
    assert stream.used_up()


@pytest.mark.parametrize(
    ("sizes", "units", "picks", "classes", "forced"),
    [
        # 41 or 42 in class 2 leaves 40 … 42; then class 1 alone keeps within 2, also for the two siblings.
        ([40, 41, 42], [1, 1, 2], [(2, 1), (1, 0), (1, 0)], {0: 2, 1: 1, 2: 1}, [1, 2]),
        # Farther apart than 2: only what comes nearest, 9.
        ([30, 40], [1], [(1, 0)], {0: 1}, [0]),
        # Two that come equally near.
        ([30, 40, 30], [1], [(2, 1)], {0: 3}, []),
        # Siblings into equal classes: a difference of 3 is the least.
        ([20, 20], [3], [(2, 0)], {0: 1}, []),
        # Differences 1, 2, 1, all lawful; then from 10, 12, 10: 2, 3, 2.
        ([10, 11, 10], [1, 1], [(3, 1), (2, 1)], {0: 2, 1: 3}, []),
        # Classes that do not exist yet.
        ([0, 0], [1, 1, 1], [(2, 0), (2, 0), (1, 0)], {0: 1, 1: 1, 2: 2}, [2]),
    ],
)
def test_late_placing(
    sizes: list[int], units: list[int], picks: list[tuple[int, int]], classes: dict[int, int], forced: list[int]
) -> None:
    before, stream = list(sizes), Scripted(shuffles=[list(range(len(units)))], picks=picks)
    assert place_late(stream, sizes, units) == (classes, forced)
    assert stream.used_up()
    assert sizes == before


def test_late_units_come_in_the_order_drawn() -> None:
    stream = Scripted(shuffles=[[1, 0]], picks=[(1, 0), (2, 1)])
    assert place_late(stream, [5, 7], [1, 1]) == ({1: 1, 0: 2}, [1])


def test_late_placing_by_the_text_on_random_sizes() -> None:
    """d_c as its sentence says, from all classes anew; and classes within 2 stay so under single students."""
    random_ = random.Random(25)
    for _ in range(200):
        k = random_.randrange(2, 7)
        sizes = [random_.randrange(3) + random_.choice([20, 20, 24]) for _ in range(k)]
        units = [random_.choice([1, 1, 1, 2, 3]) for _ in range(random_.randrange(1, 12))]
        key = random_.randbytes(32)
        stream, students, expected, forced = Stream(key), list(sizes), {}, []
        for unit in stream.shuffle(list(range(len(units)))):
            spreads = []
            for c in range(k):
                put = [n + units[unit] * (i == c) for i, n in enumerate(students)]
                spreads.append(max(put) - min(put))
            allowed = [c for c in range(k) if spreads[c] <= max(2, min(spreads))]
            chosen = allowed[stream.below(len(allowed))]
            expected[unit] = chosen + 1
            students[chosen] += units[unit]
            forced += [unit] if len(allowed) == 1 else []
        assert place_late(Stream(key), sizes, units) == (expected, sorted(forced))
        if max(sizes) - min(sizes) <= 2 and set(units) == {1}:
            assert max(students) - min(students) <= 2


def test_one_stream_serves_the_whole_draw() -> None:
    """A17, then A18, each taking up where the last left off; a late draw picks a bundling too."""
    empty = [[[], [], []]] * 7
    plain = drawn(SEED, 3, [[0, 1, 2]], empty, pins=[], barred=[])
    assert sorted(plain.classes) == [1, 2, 3]
    barred = [[unit, number] for unit, number in enumerate(plain.classes) if unit < 2]
    again = drawn(SEED, 3, [[0, 1, 2]], empty, pins=[], barred=barred)
    assert all(again.classes[unit] != number for unit, number in barred)
    late = drawn(SEED, 3, [[0, 1, 2]], empty, pins=[], barred=[], late=([9, 9, 9], [1, 1, 1]))
    assert len(late.classes) == 3
    assert 0 <= late.bundling < 7
    pinned = drawn(SEED, 3, [[0, 1, 2]], empty, pins=[[1, 3]], barred=[])
    assert pinned.classes[1] == 3
    assert sorted(pinned.classes) == [1, 2, 3]


def test_bars_that_can_be_kept() -> None:
    assert keepable([], 2)
    assert keepable([[0, 1], [1, 2]], 2)
    assert not keepable([[0, 1], [1, 1]], 2)
    assert not keepable([[0, 1], [0, 2]], 2)
    assert keepable([[0, 1], [0, 2], [1, 3]], 3)
    assert not keepable([[0, 1], [1, 1], [2, 1]], 3)
    # Nobody but the last team may have class 1 of 200; every team but that is barred from it.
    assert keepable([[team, 1] for team in range(199)], 200)
    assert not keepable([[team, 1] for team in range(200)], 200)


def test_bars_that_can_be_kept_by_trying_all_permutations() -> None:
    random_ = random.Random(24)
    for _ in range(300):
        k = random_.randrange(2, 6)
        all_pairs = [[team, number] for team in range(k) for number in range(1, k + 1)]
        bars = random_.sample(all_pairs, random_.randrange(k * k))
        kept = any(all(p[team] != number for team, number in bars) for p in permutations(range(1, k + 1)))
        assert keepable(bars, k) == kept


def result(draw_seed: str, classes: int, groups: Any, sizes: list[int], late: Any = None) -> Any:
    """R7, from the groups of a vector."""
    pins, barred = groups["pins"], groups["barred"]
    seed, blocks, bundlings = bytes.fromhex(draw_seed), groups["blocks"], groups["bundlings"]
    done = drawn(seed, classes, blocks, bundlings, pins=pins, barred=barred, late=late)
    counts = [sum(s for s, c in zip(sizes, done.classes, strict=True) if c == number + 1) for number in range(classes)]
    return {
        "bundling": done.bundling,
        "classes": done.classes,
        "counts": counts,
        "draw": "d01",
        "draw_seed": draw_seed,
        "forced": done.forced,
        "version": "verifiable-draw/v1",
    }


@pytest.mark.parametrize("name", sorted(path.stem for path in VECTORS.glob("draw*.json")))
def test_the_vectors_of_classes(name: str) -> None:
    vector = json.loads((VECTORS / f"{name}.json").read_text())
    groups, sizes = json.loads(vector["groups"]), list(map(len, vector["units"]))
    assert result(vector["draw_seed"], vector["classes"], groups, sizes) == json.loads(vector["result"])


def test_the_vectors_of_other_kinds() -> None:
    for name in ("one-permutation", "barred"):
        vector = json.loads((VECTORS / f"{name}.json").read_text())
        groups = json.loads(vector["groups"])
        results = vector.get("results") or [vector["result"]]
        seeds = vector.get("draw_seeds") or [vector["draw_seed"]]
        assert keepable(groups["barred"], vector["units"])
        for seed, stated in zip(seeds, results, strict=True):
            assert result(seed, vector["units"], groups, vector["sizes"]) == json.loads(stated)


def test_the_vectors_of_late_draws() -> None:
    rows = json.loads((VECTORS / "late.json").read_text())["rows"]
    for row in rows:
        groups, late = json.loads(row["groups"]), (row["present"], row["sizes"])
        assert result(row["draw_seed"], len(row["present"]), groups, row["sizes"], late) == json.loads(row["result"])
    assert rows
