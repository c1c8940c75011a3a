"""What the third reading checks of groups before it permutes: every rule by a small draw made by hand."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
VERSION = "verifiable-draw/v1"


@pytest.fixture(scope="module")
def replay() -> Any:
    """The program as a module; its own modules stand beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HERE))
        yield importlib.import_module("replay")
        for name in ("replay", "reading", "permuting", "delay"):
            sys.modules.pop(name, None)


def frozen(blocks: int, remainder: int, *, pins: Any = None, barred: int = 0) -> Any:
    return {"blocks": blocks, "constraints": {"barred": barred, "pins": pins or {}}, "remainder": remainder}


def draw(kind: str, classes: Any, summary: Any) -> Any:
    return {"classes": classes, "frozen": summary, "id": "d01", "kind": kind}


def groups(blocks: Any, bundlings: Any, *, pins: Any = (), barred: Any = ()) -> Any:
    remainder = sorted(unit for bundle in bundlings[0] for unit in bundle)
    made = {"barred": list(barred), "blocks": blocks, "bundlings": bundlings, "pins": list(pins)}
    return {**made, "draw": "d01", "remainder": remainder, "version": VERSION}


#: Two blocks of three, five left; 1 and 2 pinned to different classes in one block, 6 and 8 to one, 9 to another.
PINS = [[1, 1], [2, 3], [6, 2], [8, 2], [9, 3]]
CLASSES = (
    draw("classes", 3, frozen(2, 5, pins={"court": 1, "protection": 4})),
    groups([[0, 1, 2], [3, 4, 5]], [[[6, 8], [7], [9, 10]], [[6, 8], [7, 9], [10]]], pins=PINS),
    [1] * 11,
)
#: Four teams, the third of two members.
TEACHERS = (
    draw("teachers", 4, frozen(1, 0, barred=3)),
    groups([[0, 1, 2, 3]], [[[], [], [], []]] * 2, barred=[[0, 1], [0, 4], [2, 4]]),
    [1, 1, 2, 1],
)
LATE = (draw("late", 3, frozen(1, 0)), groups([[0, 1]], [[[], [], []]] * 2), [1, 2])
AUDIT = (draw("audit", 5, frozen(1, 0)), groups([[0, 1, 2, 3, 4]], [[[]] * 5] * 2), [1, 1, 2, 1, 1])


def found(replay: Any, case: Any, m: Any = 2) -> str:
    """The report's lines."""
    of_draw, of_groups, sizes = case
    report = replay.Report(None)
    try:
        replay.check_numbers(report, of_draw, m, len(sizes))
        replay.check_groups(report, of_groups, of_draw, m, sizes)
    except replay.DiffersError:
        assert report.lines
    return "".join(report.lines)


@pytest.mark.parametrize("case", [CLASSES, TEACHERS, LATE, AUDIT], ids=["classes", "teachers", "late", "audit"])
def test_what_is_right_passes(replay: Any, case: Any) -> None:
    assert found(replay, case) == ""


def put(*keys: Any, value: Any) -> Callable[[Any], None]:
    def change(target: Any) -> None:
        for key in keys[:-1]:
            target = target[key]
        target[keys[-1]] = value

    return change


def exchange(case: Any, changes: dict[tuple[Any, ...], Any]) -> Any:
    altered = deepcopy(list(case))
    for keys, value in changes.items():
        put(*keys, value=value)(altered)
    return altered


G, D = 1, 0
COUNT = (D, "frozen", "constraints")
WRONG: dict[str, tuple[Any, dict[tuple[Any, ...], Any], str]] = {
    "a pin less than counted": (CLASSES, {(G, "pins"): PINS[1:]}, "[A26] 指定数"),
    "a pin more than counted": (CLASSES, {(*COUNT, "pins"): {"court": 4}}, "[A26] 指定数"),
    "a boolean number of pins": (CLASSES, {(*COUNT, "pins"): {"court": True, "protection": 4}}, "[C4] 各理由"),
    "no pin of a reason": (CLASSES, {(*COUNT, "pins"): {"court": 0, "protection": 5}}, "[C4] 各理由"),
    "a unit pinned twice": (CLASSES, {(G, "pins"): [[1, 1], [2, 3], [6, 2], [8, 2], [8, 3]]}, "[A26] 指定的单元"),
    "class beyond K": (CLASSES, {(G, "pins", 4): [9, 4]}, "[R6] 指定"),
    "class 0": (CLASSES, {(G, "pins", 0): [1, 0]}, "[R6] 指定"),
    "a boolean for a class": (CLASSES, {(G, "pins", 0): [1, True]}, "[R6] 指定"),
    "a boolean for a unit": (CLASSES, {(G, "pins", 0): [True, 1]}, "[R6] 指定"),
    "a unit that is not there": (CLASSES, {(G, "pins", 4): [11, 3]}, "[R6] 指定"),
    "a negative unit": (CLASSES, {(G, "pins", 0): [-1, 3]}, "[R6] 指定"),
    "three in a pin": (CLASSES, {(G, "pins", 0): [1, 1, 1]}, "[R6] 指定"),
    "pins out of order": (CLASSES, {(G, "pins", 0): [2, 3], (G, "pins", 1): [1, 1]}, "[R6] 指定 pin 次序"),
    "a pin twice": (CLASSES, {(G, "pins", 1): [1, 1]}, "[R6] 指定 pin 次序"),
    "two of a block to one class": (CLASSES, {(G, "pins", 1): [2, 1]}, "[A26] 块 0"),
    "two classes in a bundle": (CLASSES, {(G, "bundlings", 1): [[6, 8, 9], [7], [10]]}, "[A16]"),
    "a bundle of two classes": (CLASSES, {(G, "bundlings", 1): [[6, 9], [7, 8], [10]]}, "[A26] 分法 1"),
    "one class in two bundles": (CLASSES, {(G, "bundlings", 0): [[6], [7, 8], [9, 10]]}, "[A26] 分法 0"),
    "bars of classes": (CLASSES, {(G, "barred"): [[0, 1]], (*COUNT, "barred"): 1}, "[C25] 回避"),
    "bars that are not counted": (CLASSES, {(G, "barred"): [[0, 1]]}, "[A26] 回避数"),
    "pins of teachers": (TEACHERS, {(G, "pins"): [[0, 1]], (*COUNT, "pins"): {"court": 1}}, "[C25] 指定"),
    "pins of an audit": (AUDIT, {(G, "pins"): [[0, 1]], (*COUNT, "pins"): {"court": 1}}, "[C25] 指定"),
    "a bar more than counted": (TEACHERS, {(*COUNT, "barred"): 2}, "[A26] 回避数"),
    "a boolean number of bars": (
        TEACHERS,
        {(G, "barred"): [[0, 1]], (*COUNT, "barred"): True},
        "[A26] 回避数",
    ),
    "three bars of a team": (TEACHERS, {(G, "barred"): [[0, 1], [0, 2], [0, 4]]}, "[C25] 每队至多两条"),
    "more bars than teams": (
        TEACHERS,
        {(G, "barred"): [[0, 1], [0, 2], [1, 1], [1, 2], [2, 1]], (*COUNT, "barred"): 5},
        "[C25] 回避至多 K 条",
    ),
    "bars that nothing keeps": (
        TEACHERS,
        {(G, "barred"): [[0, 2], [1, 2], [2, 2], [3, 2]], (*COUNT, "barred"): 4},
        "[C25] 回避可以满足",
    ),
    "a bar twice": (TEACHERS, {(G, "barred"): [[0, 1], [0, 1], [2, 4]]}, "[R6] 回避 bar 次序"),
    "bars of a late draw": (LATE, {(G, "barred"): [[0, 1]], (*COUNT, "barred"): 1}, "[C25] 回避"),
    "late units in two blocks": (LATE, {(G, "blocks"): [[0], [1]], (D, "frozen", "blocks"): 2}, "[A13]"),
    "a late remainder": (
        LATE,
        {(G, "blocks"): [], (G, "remainder"): [0, 1], (D, "frozen"): frozen(0, 2)},
        "[A24]",
    ),
    "teams fewer than classes": (TEACHERS, {(D, "classes"): 5}, "[C25] 班数等于单位数"),
    "one class": (LATE, {(D, "classes"): 1}, "[C25] 班数"),
    "a boolean number of classes": (LATE, {(D, "classes"): True}, "[C25] 班数"),
    "too many classes": (CLASSES, {(D, "classes"): 201}, "[C25] 班数"),
    "a huge number of classes": (LATE, {(D, "classes"): 1 << 52}, "[C25] 班数"),
    "a block too short": (AUDIT, {(G, "blocks"): [[0, 1], [2, 3, 4]]}, "[A13]"),
    "siblings in a block": (CLASSES, {(2, 0): 2}, "[A15]"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named(replay: Any, what: str) -> None:
    case, changes, line = WRONG[what]
    assert f"不一致 differs {line}" in found(replay, exchange(case, changes))


@pytest.mark.parametrize("m", [0, 257, True, "2", 1 << 52])
def test_a_number_of_bundlings_that_cannot_be(replay: Any, m: Any) -> None:
    assert "[C3] 分法数" in found(replay, LATE, m)


def test_an_unknown_kind_is_unreadable(replay: Any) -> None:
    with pytest.raises(replay.UnreadableError):
        found(replay, exchange(LATE, {(D, "kind"): "lots"}))


def test_an_audit_of_many_units(replay: Any) -> None:
    """20,000 positions: all of it is linear in them, the lists as well."""
    k = 20_000
    case = (draw("audit", k, frozen(1, 0)), groups([list(range(k))], [[[]] * k] * 2), [1] * k)
    assert found(replay, case) == ""
    done = replay.allocate(None, None, *case, bytes(32))
    assert sorted(done.classes) == list(range(1, k + 1))
    counts, about = [1] * k, {"grade": 1, "school": "5201010001"}
    expected = {"classes": done.classes, "counts": counts, "draw_seed": "00", "forced": done.forced}
    text = replay.class_lists({**case[0], **about}, expected)
    assert f"第 {done.classes[7]} 位 position {done.classes[7]}：1 名学生 students；单元 units：7\n" in text
    too_many = exchange(case, {(D, "classes"): k + 1})
    assert "[C25] 班数" in found(replay, too_many)


class Plan:
    """A record that has nothing but a plan."""

    def __init__(self, sizes: Any) -> None:
        self.plan = {"draws": [{"id": "d00", "sizes": []}, {"id": "d01", "sizes": sizes}]}

    def json(self, path: str) -> Any:
        assert path == "plan.json"
        return self.plan


def test_a_late_draw_begins_with_the_sizes_of_the_plan(replay: Any) -> None:
    report = replay.Report(None)
    done = replay.allocate(Plan([30, 10, 30]), report, *LATE, bytes(32))
    assert (done.classes, done.forced, report.lines) == ([2, 2], [0, 1], [])
    text = replay.class_lists(
        {**LATE[0], "grade": 1, "school": "5201010001"},
        {"classes": done.classes, "counts": [0, 3, 0], "draw_seed": "00", "forced": done.forced},
    )
    assert "2 班 class 2：3 名学生 students；单元 units：0 1\n" in text
    assert "别无选择的单元 forced units：0 1\n" in text


@pytest.mark.parametrize("sizes", [[30, 10], [30, 10, 30, 1], [30, 10, True], [30, 10, 1001], [30, 10, -1]])
def test_sizes_that_cannot_be(replay: Any, sizes: Any) -> None:
    report = replay.Report(None)
    with pytest.raises(replay.DiffersError):
        replay.allocate(Plan(sizes), report, *LATE, bytes(32))
    assert report.lines[0].startswith("不一致 differs [C28]")


def test_pinned_units_get_their_classes(replay: Any) -> None:
    done = replay.allocate(None, None, *CLASSES, bytes(32))
    assert all(done.classes[unit] == number for unit, number in PINS)
    assert done.classes[0] == 2  # 1 and 3 of its block are taken
