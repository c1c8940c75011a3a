"""Bytes of the zip around a record, and of what the reader gives beside it, altered one at a time."""

from __future__ import annotations

import functools
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Set

import pytest
from verifier import canonical, engine, report

from tests.tamper import small
from tests.tamper.judge import Table, beside, caught_by, check_sound, finding, forgetting, is_worse, judge, remembering
from tests.tamper.test_every_byte import altered

pytestmark = pytest.mark.no_cover
CONTENT_STEP = 97  # of the files inside a zip only every so many bytes are altered here
EVERYDAY = 23
CHUNKS = 4


class Target(NamedTuple):
    """Bytes that a reader holds, how the verifier is given them, and which checks one at least must fail."""

    data: bytes
    give: Callable[[bytes], Dict[str, Any]]
    catches: Set[str]
    step: int = 1
    start: int = 0


@pytest.fixture(scope="module", autouse=True)
def _remembered() -> Iterator[None]:
    with remembering():
        yield


@functools.cache
def published() -> small.Small:
    return small.small(with_policy=True)


@functools.cache
def frozen() -> small.Small:
    return small.small("header", with_policy=True)


def _as_argument(name: str, built: small.Small, **more: Any) -> Callable[[bytes], Dict[str, Any]]:
    several = name in ("sealed", "others")
    return lambda data: {"given": built.files, **beside(built), **more, name: [data] if several else data}


def _of_zip(data: bytes) -> Dict[str, Any]:
    return {"given": data, **beside(published())}


@functools.cache
def targets() -> Dict[str, Target]:
    result, before = published(), frozen()
    given, whole = beside(result), result.files["ledger/entries.jsonl"]
    known = len(before.files["ledger/entries.jsonl"])
    later = canonical.encode(result.trust())  # of the whole ledger, for a record that ends before
    return {
        "zip": Target(small.as_zip(result.files), _of_zip, {"V01", "exit 2"}),
        "trust": Target(given["trust"], _as_argument("trust", result), {"exit 2", "V57", "V58", "V14"}),
        "slip": Target(given["slip"], _as_argument("slip", result), {"exit 2", "V90", "V92"}),
        "sealed": Target(given["sealed"][0], _as_argument("sealed", before), {"V70"}),
        "sealed, with groups": Target(given["sealed"][0], _as_argument("sealed", result), {"V70"}, 19),
        "ledger": Target(whole, _as_argument("ledger", before, trust=later), {"V80", "V57"}, 13),
        "ledger, new part": Target(whole, _as_argument("ledger", before, trust=later), {"V80", "V57"}, 11, known),
        "since": Target(small.as_zip(before.files), _as_argument("since", result), {"exit 2", "V17"}, 17),
    }


def places(name: str) -> List[int]:
    """Positions to alter: of a zip all that are no file's content, and some that are."""
    target = targets()[name]
    every = range(target.start, len(target.data), target.step)
    if name != "zip":
        return list(every)
    inside: Set[int] = set()
    for data in published().files.values():
        begin = target.data.index(data)
        inside.update(range(begin, begin + len(data)))
    return [at for at in every if at not in inside or at % CONTENT_STEP == 0]


@functools.cache
def unaltered(name: str) -> report.Report:
    target = targets()[name]
    found = judge(**target.give(target.data))
    assert found.exit == engine.EXIT_NOT_PROVEN
    assert len(engine.reasons(found.outcomes)) <= 2  # the short delay or the missing result, and the register
    return found


def run(name: str, chosen: List[int]) -> None:
    target, base, table = targets()[name], finding(unaltered(name)), Table()
    for at in chosen:
        found = finding(judge(**target.give(altered(target.data, at))))
        check_sound(found, (name, at))
        caught = caught_by(found, base)
        table.count(name, caught)
        assert is_worse(found, base), (name, at)
        assert caught & target.catches, (name, at, caught)
    table.show()


NAMES = ("zip", "trust", "slip", "sealed", "sealed, with groups", "ledger", "ledger, new part", "since")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_byte(name: str, chunk: int) -> None:
    run(name, places(name)[chunk::CHUNKS])


@pytest.mark.parametrize("name", NAMES)
def test_some_bytes(name: str) -> None:
    run(name, places(name)[::EVERYDAY])


# --- memory -------------------------------------------------------------------------------------------------------

SAMPLE = 1607


def test_memory_changes_nothing() -> None:
    """The same reports on some mutants, but for times, from functions that remember and from those that do not."""
    built, given = published(), beside(published())
    mutants: List[Dict[str, bytes]] = [built.files]
    for path in sorted(built.files):
        for at in range(0, len(built.files[path]) if path != "RECORD.json" else 0, SAMPLE):
            mutants.append(dict(built.files, **{path: altered(built.files[path], at)}))
            small.reseal(mutants[-1])
    for number, files in enumerate(mutants):
        with forgetting():
            fresh = report.as_json(judge(files, **given))
        assert report.as_json(judge(files, **given)) == fresh, number
