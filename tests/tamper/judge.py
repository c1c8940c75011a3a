"""The Python verifier's judgement of records in memory, fast: what is pure and slow is computed once (`remembering`).

`store` holds by name what stands on a reader's disc: a folder as a dictionary of files, a zip or any other file as
bytes. The verifier's own command line code reads from it, so arguments are treated as they are there.
"""

from __future__ import annotations

import contextlib
import functools
import json
from typing import Any, Callable, Dict, Iterator, NamedTuple, Set, Union

import pytest
from verifier import canonical, checks, classgroup, cli, ed25519, engine, grouping, ledger, record, report

from tests.tamper.small import Small

Folder = Dict[str, bytes]
Given = Union[Folder, bytes]  # noqa: UP007 - a value, not an annotation
checks.load()


def _load(store: Dict[str, Given], path: str) -> record.Files:
    found = store[path]
    if isinstance(found, bytes):
        return record.parse_zip(found)
    if "RECORD.json" not in found:
        raise record.RecordError("RECORD.json is missing")
    files = record.Files()
    for name, data in found.items():
        if record.NAMES.fullmatch(name):
            files.data[name] = data
        else:
            files.foreign(name)
    return files


def judge(given: Given, **beside: Any) -> report.Report:
    """The report on a folder or zip. `beside`: trust, since, ledger, others, slip, sealed, as they are on the disc."""
    store: Dict[str, Given] = {"record": given}
    names: Dict[str, Any] = {}
    for option, value in beside.items():
        if value is None:
            continue
        several = option in ("others", "sealed")
        rows = {f"{option} {i}": one for i, one in enumerate(value if several else [value])}
        store.update(rows)
        names[option] = list(rows) if several else option + " 0"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "load", functools.partial(_load, store))
        patch.setattr(record, "read_file", store.__getitem__)
        return cli.verify("record", **names)


def beside(built: Small) -> Dict[str, Any]:
    """What a reader of a record holds who holds everything about it."""
    return {
        "trust": canonical.encode(built.trust()),
        "slip": built.slip(),
        "sealed": [built.sealed[name] for name in sorted(built.sealed)],
    }


# --- what was found -----------------------------------------------------------------------------------------------


class Finding(NamedTuple):
    exit: int
    failing: Set[str]
    reasons: Set[str]
    problem: str


def finding(found: report.Report) -> Finding:
    failing = {one.check.id for one in found.outcomes if one.outcome == engine.FAIL}
    return Finding(found.exit, failing, set(engine.reasons(found.outcomes)), found.problem)


def substance(found: report.Report) -> Dict[str, Any]:
    """What V5 determines of a report: all but words, times and how many items a check counted."""
    value: Dict[str, Any] = json.loads(report.as_json(found))
    rows = value.pop("checks")
    return {**value, "checks": {row["id"]: row["outcome"] for row in rows}}


def is_worse(found: Finding, honest: Finding) -> bool:
    """Whether a reader is told that something is wrong that was right before."""
    if found.exit != honest.exit:
        return found.exit in (engine.EXIT_INCONSISTENT, engine.EXIT_UNDECIDED)
    return found.reasons > honest.reasons


# --- memory -------------------------------------------------------------------------------------------------------


def _by_bytes(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Groups by the bytes of the sealed roster; always a value of one's own."""

    @functools.lru_cache(maxsize=500)
    def remembered(sealed: bytes, seed: bytes, bundlings: int) -> bytes:
        return canonical.encode(compute(canonical.decode(sealed), seed, bundlings))

    return lambda sealed, seed, m: canonical.decode(remembered(canonical.encode(sealed), seed, m))


REMEMBERED = [
    (canonical, "decode", functools.lru_cache(maxsize=2000)),
    (ledger, "parse_entry", functools.lru_cache(maxsize=2000)),
    (ed25519, "verify", functools.lru_cache(maxsize=50_000)),
    (classgroup, "hash_prime", functools.lru_cache(maxsize=2000)),
    (classgroup, "verify_segment", functools.lru_cache(maxsize=2000)),
    (grouping, "compute", _by_bytes),
]
PURE = [getattr(module, name) for module, name, _ in REMEMBERED]


@contextlib.contextmanager
def remembering() -> Iterator[None]:
    """Pure functions give again what they gave for the same arguments. ML-DSA and sound keys remember by themselves."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, memory in REMEMBERED:
            patch.setattr(module, name, memory(getattr(module, name)))
        yield


@contextlib.contextmanager
def forgetting() -> Iterator[None]:
    """The functions as they are, within `remembering`."""
    with pytest.MonkeyPatch.context() as patch:
        for (module, name, _), function in zip(REMEMBERED, PURE):
            patch.setattr(module, name, function)
        yield


# --- tables -------------------------------------------------------------------------------------------------------


class Table:
    """File by file, how many mutants there were and which checks failed on how many of them."""

    def __init__(self) -> None:
        self.rows: Dict[str, Dict[str, int]] = {}

    def count(self, row: str, caught: Set[str]) -> None:
        counts = self.rows.setdefault(row, {})
        for name in ("mutants", *sorted(caught)):
            counts[name] = counts.get(name, 0) + 1

    def show(self) -> None:
        for row, counts in sorted(self.rows.items()):
            print(f"{row}: {', '.join(f'{name} {number}' for name, number in counts.items())}")


def caught_by(found: Finding, honest: Finding) -> Set[str]:
    """The checks that failed and did not fail on the honest record; exit code 2 stands for what cannot be read."""
    if found.exit == engine.EXIT_UNDECIDED:
        return {"exit 2"}
    return found.failing - honest.failing or {name + " (cannot)" for name in found.reasons - honest.reasons}


def check_sound(found: Finding, at: Any) -> None:
    assert "internal error" not in found.problem, (at, found.problem)
