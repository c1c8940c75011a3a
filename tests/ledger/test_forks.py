"""Two histories of one ledger: seen by devices, proven by a file that anybody can check (spec/ledger.md L19)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.canonical import EncodingError, encode
from ledger.fork import find, parse_fork, prove
from ledger.merkle import ProofError, leaf_hash, nodes_of
from ledger.note import NoteError
from tests.simulator import ORIGIN, ROOT, Simulator, seed_of
from verifiable_draw import equivocation, packet, witnessing
from verifiable_draw import export as exporting
from verifiable_draw.cli import main
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.keyfile import Key


@pytest.fixture
def liars(story: Simulator, tmp_path: Path) -> Iterator[tuple[Simulator, Simulator]]:
    """One bureau, one set of keys, two ledgers that part after the schools were entered."""
    other = Simulator(tmp_path / "other")
    story.found()
    other.found()
    other.clock.wait(1)
    for one in (story, other):
        one.run("header", after="found")
    yield story, other
    other.room.close()


def test_one_observer_is_shown_both(liars: tuple[Simulator, Simulator]) -> None:
    story, other = liars
    device = story.devices["p1"]
    device.look(story.packet())
    device = story.device(device.key)  # its memory is on the disc
    with pytest.raises(DataError) as caught:
        device.look(other.packet())
    assert caught.value.key == "device.fork"
    (evidence,) = (story.folder / "devices").glob("*.fork-*.json")
    first, second = prove(parse_fork(evidence.read_bytes()), ORIGIN, story.keys["operator"].public)
    assert first.size == second.size
    device.look(story.packet())  # the history it knows is still good


@pytest.mark.parametrize("ahead", [True, False])
def test_histories_of_different_length(liars: tuple[Simulator, Simulator], *, ahead: bool) -> None:
    """Caught also if the other history is longer, or shorter, than the one seen."""
    story, other = liars
    (other if ahead else story).run("commit", after="header")
    device = story.devices["p2"]
    device.look(story.packet())
    with pytest.raises(DataError) as caught:
        device.look(other.packet())
    assert caught.value.key == "device.fork"
    (evidence,) = (story.folder / "devices").glob("*.fork-*.json")
    first, second = prove(parse_fork(evidence.read_bytes()), ORIGIN, story.keys["operator"].public)
    assert first.size < second.size


def test_two_observers_compare(liars: tuple[Simulator, Simulator]) -> None:
    """Each was shown one history only; a note passed from phone to phone is enough."""
    story, other = liars
    mine, theirs = story.devices["p1"], other.devices["p2"]
    mine.look(story.packet())
    theirs.look(other.packet())
    assert theirs.note is not None
    with pytest.raises(DataError) as caught:
        mine.compare(theirs.note)
    assert caught.value.key == "device.fork"
    honest = story.devices["p3"]
    honest.look(story.packet())
    assert honest.note is not None
    assert mine.compare(honest.note) == mine.seen.size
    story.run("commit", after="header")
    honest.look(story.packet())
    with pytest.raises(UsageError) as newer:
        mine.compare(honest.note)
    assert newer.value.key == "device.newer"


def test_entries_of_one_history_do_not_enter_the_other(liars: tuple[Simulator, Simulator]) -> None:
    """What an observer signed on top of one history is no entry of another (L4)."""
    story, other = liars
    story.run("commit", after="header")
    taken = other.packet()
    message = other.devices["b1"].commit(taken, "s1", "", bytes)
    with pytest.raises(DataError) as caught:
        story.accept([message])
    assert caught.value.key == "message.other_history"


def test_older_packet_is_no_fork(story: Simulator, tmp_path: Path) -> None:
    story.run("rosters")
    packet.write(story.room, tmp_path / "old")
    story.run("header", after="rosters")
    device = story.devices["p1"]
    device.look(story.packet())
    with pytest.raises(DataError) as caught:
        device.look(packet.open_packet(tmp_path / "old"))
    assert caught.value.key == "device.older"
    assert not list((story.folder / "devices").glob("*.fork-*"))


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    return int(end.value.code or 0)


def verifier(evidence: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "verifier", "--fork", str(evidence), "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}


def test_command_finds_and_the_verifier_confirms(liars: tuple[Simulator, Simulator], tmp_path: Path) -> None:
    story, other = liars
    other.run("commit", after="header")
    packet.write(story.room, tmp_path / "a")
    exporting.export(other.room, tmp_path / "b")
    evidence = tmp_path / "fork.json"
    key = story.keys["operator"].public.hex()
    note = tmp_path / "a" / "ledger" / "checkpoint.note"
    assert run("ledger", "prove-equivocation", tmp_path / "a", tmp_path / "b", "--key", key, "--out", evidence) == 0
    assert run("ledger", "prove-equivocation", tmp_path / "a", tmp_path / "b") == 2  # the key is the reader's
    first = evidence.read_bytes()
    assert run("ledger", "prove-equivocation", tmp_path / "b", note, "--key", key, "--out", evidence) == 0
    assert evidence.read_bytes() == first
    assert run("ledger", "prove-equivocation", evidence, "--key", key) == 0
    assert run("ledger", "prove-equivocation", evidence) == 2
    assert run("ledger", "prove-equivocation", evidence, "--key", story.keys["approver"].public.hex()) == 1
    assert run("ledger", "prove-equivocation", evidence, "--key", "00" * 32) == 2
    vkey = str(witnessing.log_vkey(story.room))
    assert run("ledger", "prove-equivocation", evidence, "--key", vkey) == 0
    assert run("ledger", "prove-equivocation", evidence, "--key", "xy") == 2
    code, report = verifier(evidence, "--key", key)
    assert (code, report["proven"], report["origin"]) == (0, True, ORIGIN)
    assert verifier(evidence, "--key", story.keys["approver"].public.hex())[0] == 1
    assert verifier(evidence, "--key", vkey)[0] == 0
    assert verifier(evidence, "--key", vkey.replace("+", "+00", 1))[0] == 2
    assert verifier(note, "--key", key)[0] == 2


def test_command_does_not_accuse_the_honest(story: Simulator, tmp_path: Path) -> None:
    story.run("plan")
    packet.write(story.room, tmp_path / "old")
    story.run("rosters", after="plan")
    packet.write(story.room, tmp_path / "new")
    accuse = lambda *paths: run("ledger", "prove-equivocation", *paths, "--key", story.keys["operator"].public.hex())  # noqa: E731
    assert accuse(tmp_path / "old", tmp_path / "new") == 1
    assert accuse(tmp_path / "new", tmp_path / "new") == 1
    notes = [tmp_path / name / "ledger" / "checkpoint.note" for name in ("old", "new")]
    assert accuse(*notes) == 2
    assert accuse(tmp_path / "nothing", tmp_path / "new") in (1, 2)
    # A stranger's ledger of the same origin is no history of this one.
    stranger = Simulator(tmp_path / "stranger")
    for role in ("operator", "approver", "recovery"):
        stranger.keys[role] = Key(stranger.keys[role].actor, seed_of(f"stranger {role}"))
        path = stranger.folder / "bureau" / "keys" / f"{role}.key"
        path.write_bytes(encode({"id": role, "role": role, "seed": stranger.keys[role].seed.hex()}))
    stranger.run("plan")
    packet.write(stranger.room, tmp_path / "theirs")
    stranger.room.close()
    assert accuse(tmp_path / "new", tmp_path / "theirs") == 1
    assert accuse(tmp_path / "theirs", tmp_path / "new") == 1
    # A packet whose entries are not those of its checkpoint accuses nobody.
    entries = tmp_path / "old" / "ledger" / "entries.jsonl"
    entries.write_bytes(entries.read_bytes().replace(b"2026-08", b"2026-09", 1))
    assert accuse(tmp_path / "old", tmp_path / "new") == 1


MUTATIONS: dict[str, Any] = {
    "another root": lambda v: v | {"root": "00" * 32},
    "the first note's own root": lambda v: v | {"root": v["own"]},
    "no proof": lambda v: v | {"proof": []},
    "longer proof": lambda v: v | {"proof": [*v["proof"], "00" * 32]},
    "notes exchanged": lambda v: v | {"notes": v["notes"][::-1]},
    "one note twice": lambda v: v | {"notes": [v["notes"][1]] * 2, "proof": []},
    "altered signature": lambda v: v | {"notes": [[*v["notes"][0][:-1], v["notes"][0][-1][:-8] + "AAAAAAA="], v["notes"][1]]},
    "another size": lambda v: v | {"notes": [[v["notes"][0][0], "7", *v["notes"][0][2:]], v["notes"][1]]},
    "three notes": lambda v: v | {"notes": [*v["notes"], v["notes"][0]]},
    "a text for a note": lambda v: v | {"notes": ["a", "b"]},
    "another version": lambda v: v | {"version": "verifiable-draw/v2"},
    "unknown key": lambda v: v | {"more": 1},
    "short hash": lambda v: v | {"proof": ["00"]},
}  # fmt: skip


@pytest.mark.parametrize("name", MUTATIONS)
def test_altered_evidence_proves_nothing(name: str, liars: tuple[Simulator, Simulator], tmp_path: Path) -> None:
    story, other = liars
    other.run("commit", after="header")
    key = story.keys["operator"].public
    mine, longer = story.room.checkpoint(), other.room.checkpoint()
    fork = find(mine, longer, nodes_of([leaf_hash(line) for line in other.room.store.read()]))
    assert fork is not None
    prove(fork, ORIGIN, key)
    value = json.loads(fork.encode())
    value["own"] = story.room.store.head.root.hex()
    altered = MUTATIONS[name](value)
    del altered["own"]
    data = encode(altered)
    with pytest.raises((ProofError, NoteError, EncodingError)):
        prove(parse_fork(data), ORIGIN, key)
    (tmp_path / "altered.json").write_bytes(data)
    assert verifier(tmp_path / "altered.json", "--key", key.hex())[0] in (1, 2)
    with pytest.raises(DataError):
        equivocation.confirm(equivocation.read_fork(tmp_path / "altered.json"), [key])
