"""Every byte of a small record and of what stands beside it, altered one at a time.

Twice: as it is, and with RECORD.json made anew over the altered files, as a forger would. Nothing may be accepted that
is not the honest record; nothing may crash; and the failure must be that of a check that is there for this file.
"""

from __future__ import annotations

import functools
from typing import Any, Dict, Iterator, List, Set, Tuple

import pytest
from verifier import engine, ledger, report

from tests.tamper import small
from tests.tamper.judge import Table, beside, caught_by, check_sound, finding, is_worse, judge, remembering, substance

pytestmark = pytest.mark.no_cover  # tens of thousands of runs of the same lines
PHASES = {"frozen": "header", "result": "published"}
CHUNKS = {"frozen": 12, "result": 28}
EVERYDAY = 401  # every so many bytes
# Small differences are the likelier ones to keep the form: another digit, another letter.
MASKS = (0x01, 0x02, 0x04, 0x01, 0x08, 0x03, 0x10, 0x05, 0x20, 0x06, 0x40, 0x01, 0x80)

# Of which checks one at least must fail when a file is altered and RECORD.json agrees with it.
CATCHES = {
    "header.json": {"V02", "V21"},
    "plan.json": {"V02", "V22"},
    "delay.json": {"V02", "V40"},
    "sources.json": {"V02", "V28"},
    "statement.json": {"V02", "V46"},
    "units.json": {"V02", "V24"},
    "nullifiers.json": {"V02", "V25"},
    "groups.json": {"V02", "V30"},
    "result.json": {"V02", "V43"},
    "SPEC.md": {"V46"},
    "verify.html": {"V46"},
    "verify.pyz": {"V46"},
    "entries.jsonl": {"V03", "V10", "V11", "V12", "V13"},
    "RECORD.json": {"exit 2", "V01", "V04", "V22"},
    # a line of an unknown name or keyID is ignored (L10), so that only what asks for it fails
    "note": {"V11", "V14", "V57", "V63", "V64"},
}
UNNEEDED = {15: "/o1", 42: "/o1", 38: "/b1"}  # size of the checkpoint, end of the signer's name


@pytest.fixture(scope="module", autouse=True)
def _remembered() -> Iterator[None]:
    with remembering():
        yield


@functools.cache
def honest(until: str) -> Tuple[small.Small, Dict[str, Any], report.Report]:
    built = small.small(until, with_policy=True)
    given = beside(built)
    judged = judge(built.files, **given)
    found = finding(judged)
    assert (found.exit, found.reasons) == (engine.EXIT_NOT_PROVEN, {"V62" if until == "header" else "V51"})
    return built, given, judged


def altered(data: bytes, at: int) -> bytes:
    out = bytearray(data)
    out[at] ^= MASKS[at % len(MASKS)]
    return bytes(out)


def catches(path: str) -> Set[str]:
    return CATCHES[path.rsplit("/", 1)[-1].rsplit(".", 1)[-1] if path.endswith(".note") else path.rsplit("/", 1)[-1]]


def says_nothing(before: bytes, after: bytes) -> bool:
    """The one exemption: a cosignature that nothing asks for became a line of an unknown signer, which L10 ignores.

    These are an observer's of the last checkpoint, and the bureau's of that of the coverage (it counts for nothing).
    """
    old, new = ledger.parse_note(before), ledger.parse_note(after)
    odd = [place for place, (a, b) in enumerate(zip(old.lines, new.lines)) if a != b]
    same = old.text == new.text and len(old.lines) == len(new.lines) and len(odd) == 1
    line, other = old.lines[odd[0]], new.lines[odd[0]]
    return same and line.name.endswith(UNNEEDED[old.size]) and (line.name, line.key_id) != (other.name, other.key_id)


def places(until: str) -> List[Tuple[str, int]]:
    files = honest(until)[0].files
    return [(path, at) for path in sorted(files) for at in range(len(files[path]))]


def run(until: str, chosen: List[Tuple[str, int]], *, repaired: bool) -> None:
    """Judge the record with each of these bytes altered, and print what caught how many."""
    built, given, unaltered = honest(until)
    base, table, ignored = finding(unaltered), Table(), 0
    for path, at in chosen:
        if repaired and path == "RECORD.json":
            continue
        files = dict(built.files)
        files[path] = altered(files[path], at)
        if repaired:
            small.reseal(files)
        judged = judge(files, **given)
        found = finding(judged)
        check_sound(found, (path, at))
        caught = caught_by(found, base)
        table.count(path, caught)
        if is_worse(found, base):
            wanted = catches(path) if repaired or path == "RECORD.json" else {"V01"}
            assert caught & wanted, (path, at, caught)
        else:
            assert repaired, (path, at)
            assert path.endswith(".note"), (path, at)
            assert says_nothing(built.files[path], files[path]), (path, at)
            assert substance(judged) == substance(unaltered), (path, at)
            ignored += 1
    table.show()
    print("repaired" if repaired else "as it is", end="; ")
    print(f"ignored lines of unknown signers: {ignored}")


@pytest.mark.slow
@pytest.mark.parametrize(("phase", "chunk"), [(phase, chunk) for phase in PHASES for chunk in range(CHUNKS[phase])])
def test_every_byte(phase: str, chunk: int) -> None:
    until = PHASES[phase]
    chosen = places(until)[chunk :: CHUNKS[phase]]
    for repaired in (True, False):
        run(until, chosen, repaired=repaired)


@pytest.mark.parametrize("repaired", [True, False], ids=["repaired", "as it is"])
@pytest.mark.parametrize("phase", PHASES)
def test_some_bytes(phase: str, repaired: bool) -> None:
    until = PHASES[phase]
    run(until, places(until)[::EVERYDAY], repaired=repaired)
