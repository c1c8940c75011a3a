"""drand: real published rounds, good and bad; a session that waits for one, and every way to get it wrong (C26, C27)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import verifier.beacon
from conformance.cases import command_line, read_kit
from conformance.run import Ran, compare
from tests.conformance.kit import KIT
from tests.simulator import ROOT, Simulator
from tests.test_session import refused
from verifiable_draw import conduct, plan, record, seed, sources
from verifiable_draw.cli import main
from verifiable_draw.errors import DataError, UsageError
from verifier import cli, report

VECTOR = json.loads((ROOT / "spec" / "vectors" / "ceremony" / "beacon.json").read_text())
THIRD_PARTY = ROOT.parent / "shared" / "vectors" / "drand_quicknet.json"
ROUND = 20791007  # published at 2025-08-14T12:59:45Z
SIGNATURE = next(row["signature"] for row in VECTOR["beacons"] if row["round"] == ROUND)
DRAND = {"chain": sources.QUICKNET, "round": ROUND}
BEFORE = datetime(2025, 8, 14, 9, 0, 0, tzinfo=UTC)

# --- signatures ---------------------------------------------------------------------------------------------------


def published() -> list[tuple[int, str, bool]]:
    """The vector's rounds and, where it is at hand, the whole third-party file."""
    rows = [(row["round"], row["signature"], True) for row in VECTOR["beacons"]]
    rows += [(1000, signature, False) for signature in VECTOR["refused_of_round_1000"].values()]
    if THIRD_PARTY.is_file():
        rows += [(row["round"], row["signature"], row["valid"]) for row in json.loads(THIRD_PARTY.read_text())["beacons"]]
    return rows


@pytest.mark.parametrize("row", published(), ids=lambda row: f"{row[0]}-{row[1][:8]}-{len(row[1])}-{row[2]}")
def test_published_rounds(row: tuple[int, str, bool]) -> None:
    number, signature, good = row
    drand = {"chain": sources.QUICKNET, "round": number}
    if good:
        found = sources.check_beacon(drand, bytes.fromhex(signature))
        assert found == hashlib.sha256(bytes.fromhex(signature)).digest()
    elif number < 2**64:
        with pytest.raises(DataError) as caught:
            sources.check_beacon(drand, bytes.fromhex(signature))
        assert caught.value.key == "beacon.bad"
    assert verifier.beacon.can_check()
    if number < 2**64:
        assert verifier.beacon.holds(drand, bytes.fromhex(signature)) == good


def test_every_bit_of_a_signature_counts() -> None:
    data = bytes.fromhex(SIGNATURE)
    for bit in range(0, 384, 7):
        other = bytearray(data)
        other[bit // 8] ^= 0x80 >> bit % 8
        with pytest.raises(DataError):
            sources.check_beacon(DRAND, bytes(other))
        assert not verifier.beacon.holds(DRAND, bytes(other))


def test_both_programs_have_the_constants_of_the_specification() -> None:
    page = (ROOT / "spec" / "ceremony.md").read_text()
    ours, theirs = sources.CHAINS[sources.QUICKNET], verifier.beacon.CHAINS[sources.QUICKNET]
    assert (ours.key.hex(), ours.genesis, ours.period) == theirs
    assert all(f"{fact}" in page for fact in (sources.QUICKNET, theirs.key, theirs.genesis, sources.TAG.decode()))
    script = (ROOT / "verifier" / "web" / "src" / "shapes.js").read_text()
    assert f'"{sources.QUICKNET}": {{ genesis: {ours.genesis}, period: {ours.period} }}' in script


def test_times_of_rounds() -> None:
    for row in VECTOR["beacons"]:
        moment = sources.round_time({"chain": sources.QUICKNET, "round": row["round"]})
        assert moment.strftime("%Y-%m-%dT%H:%M:%SZ") == row["time"]
        assert sources.round_after(moment) == row["round"]
        assert sources.round_after(moment - timedelta(seconds=1)) == row["round"]
        assert sources.round_after(moment + timedelta(seconds=1)) == row["round"] + 1
    assert sources.round_after(datetime(2000, 1, 1, tzinfo=UTC)) == 1
    with pytest.raises(DataError):
        sources.round_after(datetime(2999, 1, 1, tzinfo=UTC))


# --- a session ----------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Simulator]:
    """A story that plans a round which comes an hour after its header."""
    simulator = Simulator(tmp_path, plan={"sources": {"drand": DRAND, "public_draw": {}}})
    simulator.clock.now = BEFORE
    yield simulator
    simulator.room.close()


def test_session_waits_for_its_round(waiting: Simulator, verify: Any) -> None:
    waiting.run("delay")
    refused(waiting, "beacon.missing", waiting.seed)
    other = bytes.fromhex(VECTOR["beacons"][0]["signature"])
    refused(waiting, "beacon.bad", lambda: conduct.enter_beacon(waiting.room, "s1", other))
    refused(waiting, "beacon.bad", lambda: conduct.enter_beacon(waiting.room, "s1", bytes(48)))
    body = {"round": ROUND + 1, "signature": SIGNATURE}
    refused(waiting, "beacon.other_round", lambda: waiting.room.operate("s1", "beacon", body))
    conduct.enter_beacon(waiting.room, "s1", bytes.fromhex(SIGNATURE))
    assert waiting.session.state == "DELAYED"
    refused(waiting, "beacon.second", lambda: conduct.enter_beacon(waiting.room, "s1", bytes.fromhex(SIGNATURE)))
    waiting.run(after="delay")
    refused(waiting, "step.not_allowed", lambda: conduct.enter_beacon(waiting.room, "s1", bytes.fromhex(SIGNATURE)))
    code, found = verify(waiting.files(), waiting.trust())
    assert (code, found["reasons"]) == (3, ["V51", "V55"])
    outcome = {check["id"]: check["outcome"] for check in found["checks"]}
    assert (outcome["V41"], outcome["V65"]) == ("PASS", "PASS")
    assert json.loads(waiting.files()["sources.json"])["beacon"] == {"round": ROUND, "signature": SIGNATURE}


def test_seed_hangs_on_the_beacon(waiting: Simulator) -> None:
    waiting.run("delay")
    conduct.enter_beacon(waiting.room, "s1", bytes.fromhex(SIGNATURE))
    waiting.seed()
    y = bytes.fromhex(waiting.session.delay[-1]["y"])
    assert waiting.session.seed != seed.session_seed(*waiting.session.hashes(), y).hex()
    known = sources.randomness(bytes.fromhex(SIGNATURE))
    assert waiting.session.seed == seed.session_seed(*waiting.session.hashes(), y, known).hex()


def test_header_is_refused_when_the_round_is_near(waiting: Simulator) -> None:
    waiting.run("enrol")
    waiting.clock.now = sources.round_time(DRAND) - timedelta(seconds=3600 + 1)
    refused(waiting, "beacon.too_near", waiting.header)
    conduct.abort(waiting.room, "s1", "信标太近")


def test_reveals_are_not_opened_when_the_round_is_near_and_abort_is_possible(waiting: Simulator) -> None:
    waiting.run("attest")
    waiting.clock.now = sources.round_time(DRAND) - timedelta(seconds=1)
    refused(waiting, "beacon.too_near", waiting.open)
    conduct.abort(waiting.room, "s1", "信标太近")
    assert waiting.session.state == "ABORTED"


def test_reveals_are_opened_at_twice_the_window(waiting: Simulator) -> None:
    waiting.run("attest")
    waiting.clock.now = sources.round_time(DRAND) - timedelta(seconds=2)
    waiting.open()
    assert waiting.session.state == "REVEALING"


def test_closed_too_late_goes_on_and_is_not_proven(waiting: Simulator, verify: Any) -> None:
    """After the opening there is only forward; the verifier says that it is not proven."""
    waiting.run("reveal")
    waiting.clock.now = sources.round_time(DRAND)
    waiting.run("delay", after="reveal", attest_reveals=lambda: None, cosign_coverage=lambda: None)
    conduct.enter_beacon(waiting.room, "s1", bytes.fromhex(SIGNATURE))
    waiting.run(after="delay", publish=lambda: record.publish(waiting.room, "s1", copies=False))
    code, found = verify(waiting.files(), waiting.trust())
    assert code == 3
    assert "V65" in found["reasons"]


def test_beacon_that_was_not_planned(story: Simulator) -> None:
    story.run("delay")
    refused(story, "beacon.not_planned", lambda: conduct.enter_beacon(story.room, "s1", bytes.fromhex(SIGNATURE)))
    body = {"round": ROUND, "signature": SIGNATURE}
    refused(story, "beacon.not_planned", lambda: story.room.operate("s1", "beacon", body))


def test_without_the_library_nothing_is_entered(waiting: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting.run("delay")
    monkeypatch.setattr(sources, "bls", None)
    refused(waiting, "beacon.no_bls", lambda: conduct.enter_beacon(waiting.room, "s1", bytes.fromhex(SIGNATURE)))
    with pytest.raises(UsageError):
        sources.check_beacon(DRAND, bytes.fromhex(SIGNATURE))


@pytest.mark.parametrize(
    "drand",
    [{"chain": "00" * 32, "round": 1}, {"chain": sources.QUICKNET, "round": 0}, {"chain": sources.QUICKNET, "round": 2**32},
     {"chain": sources.QUICKNET}],
)  # fmt: skip
def test_plans_that_are_refused(tmp_path: Path, drand: dict[str, Any]) -> None:
    story = Simulator(tmp_path, plan={"sources": {"drand": drand, "public_draw": {}}}).run("found")
    with pytest.raises(DataError) as caught:
        plan.check(story.plan_value())
    assert "sources.drand" in caught.value.text.en
    story.room.close()


# --- verifiers without BLS12-381 (K7) -----------------------------------------------------------------------------


def judged(name: str, folder: Path) -> tuple[int, bytes]:
    options = cli.parser().parse_args(command_line(KIT, name, folder))
    found = cli.verify(options.path, **{one: getattr(options, one) for one in cli.BESIDE})
    return found.exit, report.as_json(found).encode()


@pytest.mark.parametrize("name", ["drand", "drand-other-signature", "drand-too-late", "drand-twice", "drand-other-round"])
def test_verifier_without_the_library_never_says_proven(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier.beacon, "pairings", None)
    code, printed = judged(name, tmp_path)
    outcome = {check["id"]: check["outcome"] for check in json.loads(printed)["checks"]}
    assert code != 0
    assert outcome["V41"] == ("FAIL" if name == "drand-other-round" else "CANNOT-CHECK")
    assert not compare(KIT, KIT.cases[name], Ran(code, printed, "")).problems


def test_kit_asks_for_all_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot judge the beacon must still judge everything else, and must not say "proven"."""
    monkeypatch.setattr(verifier.beacon, "pairings", None)
    kit = read_kit(ROOT / "spec")
    code, printed = judged("drand", tmp_path)
    value = json.loads(printed)
    assert compare(kit, kit.cases["drand"], Ran(0, printed, "")).problems
    value.update(exit=0, verdict="proven")
    assert compare(kit, kit.cases["drand"], Ran(0, json.dumps(value).encode(), "")).problems
    value = json.loads(printed)
    next(check for check in value["checks"] if check["id"] == "V42")["outcome"] = "FAIL"
    assert compare(kit, kit.cases["drand"], Ran(code, json.dumps(value).encode(), "")).problems
    assert compare(kit, kit.cases["honest"], Ran(code, printed, "")).problems


# --- the command line ---------------------------------------------------------------------------------------------


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_commands(
    waiting: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VDRAW_STATE", str(tmp_path / "state"))
    waiting.run("delay")
    waiting.room.close()
    room = tmp_path / "bureau"
    assert run("beacon", SIGNATURE[:-2], "--room", room) == 1
    assert "96 位十六进制" in capsys.readouterr().err
    assert run("beacon", f"{SIGNATURE[:48].upper()} {SIGNATURE[48:]}", "--room", room) == 0
    assert run("seed", "--room", room) == 0
    path = tmp_path / "plan.json"
    assert run("plan", "new", path, "s2", 2026, "--drand", "2025-08-14T12:59:43Z", "--room", room) == 0
    value = json.loads(path.read_text())
    assert value["sources"]["drand"] == DRAND
    assert run("plan", "new", path, "s2", 2026, "--drand", "noon", "--room", room) == 2
    capsys.readouterr()
    path.write_text(json.dumps({**value, "recipients": waiting_recipients(waiting)}))
    assert run("plan", "check", path) == 0
    assert str(ROUND) in capsys.readouterr().out
    waiting.room = waiting.another()


def waiting_recipients(story: Simulator) -> list[dict[str, str]]:
    return [
        {"id": name, "name": name, "sealing_key": bytes(key.sealing.public_key).hex(), "signing_key": key.public.hex()}
        for name, key in story.holders.items()
    ]
