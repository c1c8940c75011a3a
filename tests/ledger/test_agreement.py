"""The independent verifier reads what the bureau's program writes: keys, policies, witnesses, timestamps, forgeries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import verifier.ledger
import verifier.policy
from ledger.audit import CHUNK, Audit, first_bad
from ledger.entry import Actor, Entry, Message, Seen
from ledger.keys import public_key
from ledger.merkle import ProofError, verify_consistency
from ledger.policy import PolicyError, parse_policy
from tests.conftest import Verdict, outcomes
from tests.ledger.stories import ask, make_witness, with_witness
from tests.ledger.test_export import BAD
from tests.ledger.test_keys import confirmation, lose_operator, rotate
from tests.ledger.test_merkle import VECTOR
from tests.ledger.test_timestamps import Authority
from tests.simulator import Simulator, seed_of
from verifiable_draw import custody, timestamps, witnessing
from verifiable_draw.errors import DataError
from verifiable_draw.replay import replay

Verify = Callable[..., Verdict]


def checks(report: dict[str, Any]) -> dict[str, str]:
    return {check["id"]: check["outcome"] for check in report["checks"]}


def test_a_ledger_with_everything(story: Simulator, verify: Verify, tmp_path: Path) -> None:
    """Policy, rotation, replacement confirmed by a witness, retired school key, timestamp: all of it is verified."""
    witness = with_witness(story)
    rotate(story, "recovery")
    rotate(story)
    witness.add_log(str(witnessing.log_vkey(story.room)))
    story.keys["operator"], story.keys["recovery"] = story.room.key("operator"), story.room.key("recovery")
    story.run("plan", after="found")
    for path in (story.folder / "bureau" / "keys").glob("operator*.key"):
        path.rename(story.folder / path.name)
    story.folder.joinpath("operator.key").rename(story.folder / "bureau" / "keys" / "operator.key")
    lose_operator(story)
    witness.add_log(str(witnessing.log_vkey(story.room)))
    custody.confirm(story.room, confirmation(story, witness))
    authority = Authority(tmp_path / "authority")
    text = story.room.checkpoint().text.encode()
    (tmp_path / "q").write_bytes(timestamps.request(text))
    response = authority.answer(tmp_path / "q", tmp_path / "r").read_bytes()
    size = story.room.store.head.size
    story.room.operate("", "timestamp", {"response": response.hex(), "size": size})
    story.run(after="plan")
    code, report = verify(story.files(), story.trust() | {"operator": story.room.key("operator").public.hex()})
    outcome = checks(report)
    assert code == 3, report
    assert set(outcomes(report, "FAIL")) == {"V51", "V55", "V64"}  # no witness has seen the result yet
    assert {outcome[name] for name in ("V10", "V11", "V12", "V13", "V14", "V15", "V16", "V57")} == {"PASS"}


def test_policy_satisfied_only_when_witnessed(story: Simulator, verify: Verify) -> None:
    witness = with_witness(story)
    story.run(after="found")
    before = checks(verify(story.files(), story.trust())[1])
    assert (before["V14"], before["V64"]) == ("PASS", "FAIL")
    ask(story, witness)
    after = checks(verify(story.files(), story.trust())[1])
    assert (after["V14"], after["V64"]) == ("PASS", "PASS")


def test_altered_post_quantum_line_is_seen(story: Simulator, verify: Verify) -> None:
    witness = with_witness(story)
    story.run(after="found")
    ask(story, witness)
    files = story.files()
    path = max(name for name in files if name.endswith(".note"))
    lines = files[path].split(b"\n")
    (at,) = [i for i, line in enumerate(lines) if len(line) > 2000]
    lines[at] = lines[at][:900] + (b"A" if lines[at][900:901] != b"A" else b"B") + lines[at][901:]
    altered = dict(files) | {path: b"\n".join(lines)}
    assert checks(verify(altered)[1])["V14"] == "FAIL"


@pytest.mark.parametrize("lines", BAD, ids=str)
def test_policies_are_refused_by_both(lines: list[str], story: Simulator, tmp_path: Path) -> None:
    story.found()
    witness = make_witness(tmp_path / "w", story)
    filled = [line.format(*(witness.vkeys[::-1])) for line in lines]
    with pytest.raises(PolicyError):
        parse_policy(filled)
    with pytest.raises(verifier.policy.PolicyError):
        verifier.policy.parse(filled)


def test_proof_vectors_are_judged_alike() -> None:
    for case in VECTOR["cases"]:
        if case["kind"] == "consistency":
            arguments = (
                case["index"], bytes.fromhex(case["first"]), case["size"], bytes.fromhex(case["root"]),
                [bytes.fromhex(item) for item in case["proof"]],
            )  # fmt: skip
            try:
                verify_consistency(*arguments)
            except ProofError:
                ours = False
            else:
                ours = True
            theirs = verifier.ledger.is_consistent(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4])
            assert ours == theirs == case["holds"], case["name"]


# Signatures checked later, on all cores


def test_forged_entry_is_named(story: Simulator) -> None:
    """However many signatures are checked at once, the first forged entry is the one that is named."""
    story.run("rosters")
    lines = list(story.room.store.read())
    for seq in (1, len(lines) - 1):
        entry = lines[seq]
        at = entry.index(b'"sig":"') + 7
        digit = b"0" if entry[at : at + 1] != b"0" else b"1"
        forged = [*lines[:seq], entry[:at] + digit + entry[at + 1 :]]
        with pytest.raises(DataError) as caught:
            replay(forged, story.room.load)
        assert caught.value.key == "ledger.entry"
        assert caught.value.values["seq"] == seq
        assert "签名" in str(caught.value)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("bad", [None, 0, CHUNK, 2 * CHUNK + 7])
def test_audit_over_chunks(workers: int, bad: int | None) -> None:
    seed, actor = seed_of("audit"), Actor("a", "operator")
    message = Message("", "test", actor, {}).signed(seed, actor, "o", bytes(32), Seen())
    (claim,) = message.claims("o", bytes(32))
    audit = Audit(workers)
    for number in range(2 * CHUNK + 10):
        key, digest, _signature = claim
        audit.add(number, [(key, digest, bytes(64)) if number == bad else claim])
        assert key == public_key(seed)
    assert audit.finish() == bad
    assert first_bad([(3, claim)]) is None
    assert Entry(0, bytes(32), "2026-08-20T01:00:00Z", message).leaf()
