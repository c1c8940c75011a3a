"""Forgeries of a whole part at a time: entries, notes and files dropped, doubled, exchanged; history signed anew.

What is expected stands beside each: the exit code, and checks that must be among the failing ones. RECORD.json always
agrees with the files, counts included, as a forger would see to.
"""

from __future__ import annotations

import functools
import json
from typing import Any, Callable, Dict, Iterator, List, Optional, Set

import builder
import pytest
from builder import fresh
from verifier import canonical, engine

from tests.tamper import small
from tests.tamper.judge import (
    Finding,
    beside,
    check_sound,
    finding,
    forgetting,
    is_worse,
    judge,
    remembering,
    substance,
)
from tests.tamper.mutants import ENTRIES, HOLDERS, OPERATORS, entries_of, renote, resign, rewrite

pytestmark = pytest.mark.no_cover
Files = Dict[str, bytes]
LAST_NOTE, COVERAGE_NOTE, STALE_NOTE = ("ledger/checkpoints/%010d.note" % size for size in (42, 38, 5))
COUNT = 42


@pytest.fixture(scope="module", autouse=True)
def _remembered() -> Iterator[None]:
    with remembering():
        yield


@functools.cache
def rich() -> small.Small:
    return small.small(with_policy=True)


@functools.cache
def plain() -> small.Small:
    return small.small()


@functools.cache
def spring() -> small.Small:
    return small.small(session=small.OTHER_SESSION, with_policy=True)


@functools.cache
def honest() -> Finding:
    return finding(judge(rich().files, **beside(rich())))


def files_of(built: small.Small) -> Files:
    return dict(built.files)


def judged(files: Files, *, repaired: bool = True, **given: Any) -> Finding:
    if repaired and "RECORD.json" in files:
        record = json.loads(files["RECORD.json"])
        record["counts"]["entries"] = files.get(ENTRIES, b"").count(b"\n")
        files["RECORD.json"] = canonical.encode(record)
        small.reseal(files)
    found = finding(judge(files, **{**beside(rich()), **given}))
    check_sound(found, sorted(files))
    return found


def expect(found: Finding, exit_code: int, failing: Set[str], at: Any = "") -> None:
    assert (found.exit, failing - found.failing) == (exit_code, set()), (at, found)
    assert is_worse(found, honest()), (at, found)


# --- lines of the ledger ------------------------------------------------------------------------------------------


def _swap(lines: List[bytes], at: int) -> List[bytes]:
    return [*lines[:at], *lines[at : at + 2][::-1], *lines[at + 2 :]]


LINES: Dict[str, Callable[[List[bytes], int], List[bytes]]] = {
    "dropped": lambda lines, at: lines[:at] + lines[at + 1 :],
    "doubled": lambda lines, at: [*lines[: at + 1], *lines[at:]],
    "swapped with the next": _swap,
    "moved to the end": lambda lines, at: [*lines[:at], *lines[at + 1 :], lines[at]],
    "first": lambda lines, at: [lines[at], *lines[:at], *lines[at + 1 :]],
    "cut off": lambda lines, at: lines[:at],
}
SAME = {("swapped with the next", COUNT - 1), ("moved to the end", COUNT - 1), ("first", 0)}


@pytest.mark.parametrize("kind", LINES)
def test_lines(kind: str) -> None:
    lines = rich().files[ENTRIES].splitlines(keepends=True)
    assert len(lines) == COUNT
    for at in range(COUNT):
        if (kind, at) in SAME:
            continue
        altered = dict(rich().files, **{ENTRIES: b"".join(LINES[kind](lines, at))})
        expect(judged(altered), 1, _wanted(kind, at), (kind, at))


def _wanted(kind: str, at: int) -> Set[str]:
    ends = kind == "cut off" or (kind == "dropped" and at == COUNT - 1)
    if ends:
        return {"V11", "V20"} if at else {"V03"}
    # a ledger that does not begin with genesis has no keys to look at anything with
    no_genesis = kind == "first" or (at == 0 and kind != "doubled")
    return {"V10"} if no_genesis else {"V10", "V11"}


def test_cut_within_a_line() -> None:
    data = rich().files[ENTRIES]
    for at in range(1, len(data), 997):
        whole = data[at - 1 : at] == b"\n"
        expect(judged(dict(rich().files, **{ENTRIES: data[:at]})), 1, {"V11"} if whole else {"V03"}, at)


# --- history signed anew by the operator --------------------------------------------------------------------------


@pytest.mark.parametrize("cosignatures", ["kept", "dropped"])
def test_history_signed_anew(cosignatures: str) -> None:
    """From entry k on the operator makes everything anew that it can: an entry says another time (its own word).

    Signers that come later had seen the true history; who cosigned the checkpoints did too; and what is left after
    them, the reader's own checkpoint shows.
    """
    others = [at for at, entry in enumerate(entries_of(rich().files)) if _foreign(entry)]
    for at in range(COUNT):
        files = files_of(rich())
        entries = entries_of(files)
        entries[at]["time"] = entries[at]["time"][:-2] + "5Z"
        rewrite(files, entries, at, "operator")
        if cosignatures == "dropped":
            _without_cosignatures(files)
        found = judged(files)
        seen = {"V13"} if any(other > at for other in others) else set()
        signed = {"V14"} if cosignatures == "kept" else set()
        rest = {"V57", "V64"} | ({"V63"} if at < 38 else set())
        expect(found, 1 if seen | signed else 3, seen | signed | rest, (at, cosignatures))


def _foreign(entry: Dict[str, Any]) -> bool:
    return any(sig["role"] != "operator" for sig in entry["sig"])


def _without_cosignatures(files: Files) -> None:
    for path in [path for path in files if path.endswith(".note")]:
        files[path] = b"".join(files[path].splitlines(keepends=True)[:5])


def test_anchor_alone_is_between_a_new_end_and_the_reader() -> None:
    """Without a policy, and after the last observer has signed, the trust file is all that tells; so without it
    nothing is ever proven."""
    files = files_of(plain())
    entries = entries_of(files)
    entries[-1]["time"] = entries[-1]["time"][:-2] + "5Z"
    rewrite(files, entries, len(entries) - 1, "operator")
    _without_last_cosignatures(files)
    small.reseal(files)
    trust = canonical.encode(plain().trust())
    assert finding(judge(files, trust=trust)).reasons == {"V51", "V57"}
    alone = finding(judge(files))
    assert (alone.exit, alone.reasons) == (3, {"V51", "V57", "V58"})
    assert finding(judge(plain().files)).reasons == alone.reasons


def _without_last_cosignatures(files: Files) -> None:
    path = max(path for path in files if path.endswith(".note"))
    files[path] = b"".join(files[path].splitlines(keepends=True)[:5])


@pytest.mark.parametrize("at", range(6, COUNT))
def test_history_cut_and_ended_anew(at: int) -> None:
    """The ledger ends earlier, with a checkpoint of its own; whatever a record must have is missing."""
    files = files_of(rich())
    rewrite(files, entries_of(files)[:at], at, "operator")
    found = judged(files)
    expect(found, 1, {"V20"}, at)
    assert {"V57", "V64"} <= found.reasons


# --- lies that everything after follows from ----------------------------------------------------------------------


def _exchange_students(value: Dict[str, Any]) -> None:
    classes = value["classes"]
    one, two = classes.index(1), classes.index(2)
    classes[one], classes[two] = 2, 1


def _another_delay(value: Dict[str, Any]) -> None:
    value["segments"] = builder.evaluate(fresh("another challenge"), builder.ITERATIONS, 1)


def _another_contribution(body: Dict[str, Any]) -> None:
    body["contribution"] = fresh("chosen later").hex()


def _first(name: str) -> Callable[[Any], None]:
    """Changes what a type's first entry says, once."""
    done: List[str] = []

    def change(body: Dict[str, Any]) -> None:
        if not done:
            done.append(name)
            body[name] = fresh("another").hex()

    return change


LIES = {
    "two students exchanged": ({"file:draws/d01/result.json": _exchange_students}, {"V43"}),
    "another seed": ({"body:seed": lambda body: body.update(seed=fresh("seed").hex())}, {"V42"}),
    "another delay": ({"file:delay.json": _another_delay}, {"V40"}),
    "a contribution chosen later": ({"body:opening": _first("contribution")}, {"V33"}),
    "a commitment replaced": ({"body:commitment": _first("commitment")}, {"V33"}),
    "other digits": ({"body:commits.closed": lambda body: body.update(digits="314159")}, {"V28"}),
    "one covered less": ({"body:coverage.closed": lambda body: body["covered"].pop()}, {"V34"}),
    "one attested less": ({"body:reveals.opened": lambda body: body["attested"].pop()}, {"V32"}),
    "another bundling": ({"file:draws/d01/groups.json": lambda value: value["bundlings"][0][0].reverse()}, {"V30"}),
    "another class size": ({"file:draws/d01/result.json": lambda value: value["counts"].reverse()}, set()),
    "an even statement": ({"file:statement.json": lambda value: value["draws"].clear()}, {"V45"}),
    "another caps value": ({"sealed:d01": lambda value: value["caps"][0].update(max=1)}, {"V70"}),
    "a child twice": (
        {"file:draws/d01/nullifiers.json": lambda value: value["nullifiers"].__setitem__(1, value["nullifiers"][0])},
        {"V25"},
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_lie_that_everybody_signs(name: str) -> None:
    """Even if all signers agree."""
    changes, wanted = LIES[name]
    built = small.Small(changes, with_policy=True)
    with forgetting():  # a change must not reach what is remembered
        built.build()
    found = finding(judge(built.files, **beside(built)))
    check_sound(found, name)
    if wanted:
        expect(found, 1, wanted, name)
    else:
        assert found == honest()  # both classes have three children: the same counts


def test_redraw() -> None:
    """The bureau opens another contribution of its own and computes everything anew; nobody else signs that."""
    late = small.Small({"sig:opening": _by("b1"), "sig:attest.reveals": _by("b1"), "sig:attest.groups": _by("b1")})
    with forgetting():
        late.build()
    found = finding(judge(late.files, **{**beside(late), "trust": beside(plain())["trust"]}))
    assert (found.exit, {"V12"} <= found.failing) == (1, True)


def _by(who: str) -> Callable[[Any], None]:
    return lambda sig: sig.update({"with": who})


@pytest.mark.parametrize("kind", ["commitment", "opening", "attest.groups", "attest.reveals"])
@pytest.mark.parametrize("repair", ["none", "chain", "operator"])
def test_entry_of_another_session(kind: str, repair: str) -> None:
    files, foreign = files_of(rich()), entries_of(spring().files)
    entries = entries_of(files)
    at = next(i for i, entry in enumerate(entries) if entry["type"] == kind)
    entries[at] = {**next(entry for entry in foreign if entry["type"] == kind), "session": builder.SESSION}
    rewrite(files, entries, at, repair)
    expect(judged(files), 1, {"V12"}, (kind, repair))


def test_whole_history_signed_by_all() -> None:
    """If every key is the forger's, what remains is what the reader holds: the trust file."""
    files = files_of(rich())
    entries = entries_of(files)
    entries[6]["time"] = entries[6]["time"][:-2] + "5Z"
    lines = resign(entries, 6, HOLDERS)
    files[ENTRIES] = b"".join(line + b"\n" for line in lines)
    renote(files, lines, everybody=True)
    found = judged(files)
    assert (found.exit, found.reasons) == (3, {"V51", "V57"})


# --- notes and files ----------------------------------------------------------------------------------------------


def _only_stale(files: Files) -> None:
    del files[LAST_NOTE], files[COVERAGE_NOTE]


def _of_another_ledger(files: Files) -> None:
    files[LAST_NOTE] = files[LAST_NOTE].replace(b"draw.example", b"draw.exampel")


def _another_name(files: Files) -> None:
    files["ledger/checkpoints/0000000041.note"] = files.pop(LAST_NOTE)


def _by_old_operator(files: Files) -> None:
    files[LAST_NOTE] = rich().ledger.note(COUNT, builder.WITNESSES, operator="operator")


NOTES = {
    "last one dropped": (lambda files: files.pop(LAST_NOTE), 1, {"V11", "V57", "V64"}),
    "that of the coverage dropped": (lambda files: files.pop(COVERAGE_NOTE), 3, {"V63"}),
    "only a stale one": (_only_stale, 1, {"V11", "V57", "V63", "V64"}),
    "of another ledger": (_of_another_ledger, 1, {"V11", "V57", "V64"}),
    "of another session": (lambda files: files.update({LAST_NOTE: spring().files[LAST_NOTE]}), 1, {"V11", "V57"}),
    "under another name": (_another_name, 1, {"V11"}),
    "by a key no longer in force": (_by_old_operator, 1, {"V11"}),
    "empty": (lambda files: files.update({LAST_NOTE: b""}), 1, {"V11"}),
    "a thousand lines": (
        lambda files: files.update({STALE_NOTE: files[STALE_NOTE] + 1001 * b"\xe2\x80\x94 x AAAAAAA=\n"}),
        1,
        {"V11"},
    ),
}


@pytest.mark.parametrize("name", NOTES)
def test_notes(name: str) -> None:
    change, exit_code, wanted = NOTES[name]
    files = files_of(rich())
    change(files)
    expect(judged(files), exit_code, wanted, name)


def test_note_that_nothing_needs() -> None:
    """A record without an earlier checkpoint is a record too, and says the same."""
    files = files_of(rich())
    del files[STALE_NOTE]
    small.reseal(files)
    assert substance(judge(files, **beside(rich()))) == substance(judge(rich().files, **beside(rich())))


PATHS = sorted(plain().files)
DOUBLES = ("draws/d02/units.json", "draws/d01/units2.json", "Header.json", "header.json ", "ledger/entries.json", "x")


@pytest.mark.parametrize("path", PATHS)
def test_files(path: str) -> None:
    """Each dropped, doubled under other names, exchanged with every other file and with that of another session."""
    trust, slip, sealed = (beside(plain())[name] for name in ("trust", "slip", "sealed"))
    given = {"trust": trust, "slip": slip, "sealed": sealed}
    base = finding(judge(plain().files, **given))
    note = path.endswith(".note")

    def check(files: Files, exits: Set[int], wanted: Optional[Set[str]] = None, *, same: bool = False) -> None:
        found = judged(files, **given)
        assert found.exit in exits, found
        assert (wanted or set()) <= found.failing, found
        assert same or is_worse(found, base), found

    dropped = {name: data for name, data in plain().files.items() if name != path}
    copy = path in small.COPIES
    check(dropped, {2} if path == "RECORD.json" else {1, 3} if note else {1}, {"V46"} if copy else None, same=note)
    for double in DOUBLES:
        check(dict(plain().files, **{double: plain().files[path]}), {1}, {"V01"})
    for other in PATHS:
        if plain().files[other] != plain().files[path] and other != "RECORD.json" and path != "RECORD.json":
            exchanged = dict(plain().files, **{path: plain().files[other], other: plain().files[path]})
            check(exchanged, {1})
    foreign = small.small(session=small.OTHER_SESSION).files[path]
    if foreign != plain().files[path]:
        exits = {1, 2} if path == "RECORD.json" else {1}
        check(dict(plain().files, **{path: foreign}), exits)


@pytest.mark.parametrize("name", ["units", "nullifiers", "groups", "result"])
def test_files_of_another_draw(name: str) -> None:
    from running import honest as two_draws

    built = two_draws()
    one, two = (f"draws/d0{i}/{name}.json" for i in (1, 2))
    files = dict(built.files, **{one: built.files[two], two: built.files[one]})
    small.reseal(files)
    wanted = {"units": "V24", "nullifiers": "V25", "groups": "V30", "result": "V43"}[name]
    found = finding(judge(files, trust=canonical.encode(built.trust())))
    assert (found.exit, {wanted, "V46"} <= found.failing) == (engine.EXIT_INCONSISTENT, True), found


def test_operators_keys_are_needed() -> None:
    """The repair of these tests is that of who holds the keys: from the true entries it makes the true record."""
    files = files_of(rich())
    rewrite(files, entries_of(files), COUNT, "chain")
    assert files == rich().files
    assert resign(entries_of(files), 0, OPERATORS)[:1] == rich().ledger.lines[:1]
