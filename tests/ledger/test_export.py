"""Export for any file server, proofs of single entries, policy files (spec/ledger.md L15-L17)."""

from __future__ import annotations

import functools
import http.server
import threading
import urllib.request
from pathlib import Path

import pytest

from ledger.canonical import encode
from ledger.checkpoint import parse_checkpoint
from ledger.merkle import ProofError
from ledger.note import NoteError, VerifierKey, parse_note, parse_vkey
from ledger.policy import PolicyError, parse_policy
from ledger.proof import parse_entry_proof
from tests.ledger.stories import ask, make_witness, with_witness
from tests.simulator import Simulator
from verifiable_draw import export as exporting
from verifiable_draw import files, witnessing
from verifiable_draw.errors import DataError, UsageError


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_export_is_byte_identical_and_incremental(story: Simulator, tmp_path: Path) -> None:
    story.run("plan")
    first = exporting.export(story.room, tmp_path / "a")
    assert exporting.export(story.room, tmp_path / "b") == first
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert exporting.export(story.room, tmp_path / "a").files == 2  # policy and checkpoint
    story.run("publish", after="plan")
    exporting.export(story.room, tmp_path / "a")
    exporting.export(story.room, tmp_path / "fresh")
    grown, fresh = tree(tmp_path / "a"), tree(tmp_path / "fresh")
    assert fresh.items() <= grown.items()
    # What is more are widths of partial tiles that were published before, for readers of that checkpoint.
    assert all(".p/" in path for path in grown.keys() - fresh.keys())
    old = tree(tmp_path / "b")
    assert all(grown[path] == old[path] for path in old if path not in ("checkpoint", "policy"))


def test_export_interrupted_at_any_file(story: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was written when it was killed, the checkpoint is of tiles that are there; the next run completes it."""
    story.run("plan")
    exporting.export(story.room, tmp_path / "goal")
    goal = tree(tmp_path / "goal")
    for crash in range(len(goal)):
        out = tmp_path / f"crash-{crash}"
        left = [crash]

        def write(path: Path, data: bytes, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            files.write_durable(path, data)

        with monkeypatch.context() as patch:
            patch.setattr(exporting, "write_durable", write)
            with pytest.raises(KeyboardInterrupt):
                exporting.export(story.room, out)
        assert not (out / "checkpoint").exists()
        exporting.export(story.room, out)
        assert tree(out) == goal


def test_export_of_another_ledger_is_left_alone(story: Simulator, tmp_path: Path) -> None:
    other = Simulator(tmp_path / "other")
    other.clock.wait(5)
    other.run("rosters")
    exporting.export(other.room, tmp_path / "public")
    before = tree(tmp_path / "public")
    story.run("plan")
    with pytest.raises(DataError) as caught:
        exporting.export(story.room, tmp_path / "public")
    assert caught.value.key == "export.other"
    (tmp_path / "public" / "checkpoint").write_bytes(b"\xff")
    with pytest.raises(DataError):
        exporting.export(story.room, tmp_path / "public")
    del before["checkpoint"]
    assert before.items() <= tree(tmp_path / "public").items()
    other.room.close()


def test_any_file_server_carries_it(story: Simulator, tmp_path: Path) -> None:
    story.run("plan")
    exporting.export(story.room, tmp_path / "public")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "public"))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for path, data in tree(tmp_path / "public").items():
            with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/{path}") as answer:
                assert answer.read() == data
        server.shutdown()


# Proofs of single entries


def test_every_entry_is_proven_offline(story: Simulator) -> None:
    witness = with_witness(story)
    story.run("plan", after="found")
    ask(story, witness)
    cosigned = story.room.store.head.size
    story.run("rosters", after="plan")
    policy = witnessing.policy_file(story.room)
    for seq in range(story.room.store.head.size):
        proof, entry = exporting.prove(story.room, seq)
        if seq < cosigned:  # later entries are in no cosigned checkpoint yet
            assert exporting.check_proof(proof.encode(), entry, policy) == (seq, cosigned)
            assert str(parse_entry_proof(proof)) == proof
        else:
            with pytest.raises(DataError, match="quorum"):
                exporting.check_proof(proof.encode(), entry, policy)
    ask(story, witness)
    proof, entry = exporting.prove(story.room, cosigned)
    assert exporting.check_proof(proof.encode(), entry, policy)[0] == cosigned
    for seq in (-1, story.room.store.head.size):
        with pytest.raises(UsageError):
            exporting.prove(story.room, seq)


def test_altered_proof_or_entry(story: Simulator) -> None:
    witness = with_witness(story)
    proof, entry = exporting.prove(story.room, 3)
    policy = witnessing.policy_file(story.room)
    exporting.check_proof(proof.encode(), entry, policy)
    lines = proof.split("\n")
    altered = {
        "index": proof.replace("index 3", "index 2"),
        "leading zero": proof.replace("index 3", "index 03"),
        "no index": proof.replace("index 3\n", ""),
        "hash dropped": "\n".join([*lines[:2], *lines[3:]]),
        "hash doubled": "\n".join([*lines[:3], *lines[2:]]),
        "other format": proof.replace("@v1", "@v2"),
        "extra that is not base64": proof.replace("index 3", "extra ?\nindex 3"),
        "log's signature gone": "\n".join(line for line in lines if not line.startswith("— test-county")),
        "witness gone": "\n".join(line for line in lines if not line.startswith("— city")),
        "short hash": proof.replace(lines[2], lines[2][:-8] + "AAA="),
        "empty": "",
    }
    for name, text in altered.items():
        with pytest.raises(DataError):
            exporting.check_proof(text.encode(), entry, policy)
        assert text != proof, name
    with pytest.raises(DataError):
        exporting.check_proof(proof.encode(), entry + b" ", policy)
    with pytest.raises(DataError):
        exporting.check_proof(proof.encode(), entry, policy.replace(b"log ", b"# "))
    # Extra data are allowed and mean nothing.
    extra = proof.replace("index 3", "extra aGVsbG8=\nindex 3")
    exporting.check_proof(extra.encode(), entry, policy)
    assert parse_entry_proof(extra).extra == b"hello"
    with pytest.raises(ProofError):
        parse_entry_proof("\n\n")
    assert encode({}) != entry
    assert witness.name in proof


# Policies


@pytest.fixture
def keys(story: Simulator, tmp_path: Path) -> list[VerifierKey]:
    """A post-quantum and five Ed25519 keys of witnesses."""
    story.found()
    made = [make_witness(tmp_path / f"w{i}", story, name=f"w{i}.example/x") for i in range(5)]
    return [made[0].vkeys[1], *(witness.vkeys[0] for witness in made)]


def test_groups_and_thresholds(keys: list[VerifierKey]) -> None:
    lines = [
        "# two of three, and the city",
        *(f"witness\tx{i}  {key} " for i, key in enumerate(keys)),
        "",
        "group pair 2 x1 x2 x3",
        "group city any x0 x4",
        "  group all-of-it all pair city",
        "quorum all-of-it",
    ]
    policy = parse_policy(lines)
    for names, good in (
        ("x1 x2 x4", True), ("x1 x3 x0", True), ("x1 x2 x3 x4 x0", True), ("x1 x2", False), ("x1 x4", False),
        ("x0 x4", False), ("", False), ("x1 x2 x5", False), ("pair city", False),
    ):  # fmt: skip
        assert policy.satisfied_by(names.split() if names != "pair city" else []) is good


BAD = [
    [],
    ["quorum nobody"],
    ["quorum none", "quorum none"],
    ["witness none {0}", "quorum none"],
    ["witness a {0}", "witness a {1}", "quorum a"],
    ["witness a {0}", "witness b {0}", "quorum a"],
    ["witness a {0} url more", "quorum a"],
    ["witness a", "quorum none"],
    ["log {0}", "quorum none"],
    ["witness a {1}x", "quorum a"],
    ["group g any", "quorum none"],
    ["group g 1 a", "witness a {0}", "quorum g"],
    ["witness a {0}", "group g 0 a", "quorum g"],
    ["witness a {0}", "group g 2 a", "quorum g"],
    ["witness a {0}", "group g 01 a", "quorum g"],
    ["witness a {0}", "group g any a a", "quorum g"],
    ["witness a {0}", "group g any none", "quorum g"],
    ["witness a {0}", "group g any a", "group h any a", "quorum g"],
    ["witness a {0}", "group a any a", "quorum a"],
    ["witness a {0}", "unknown", "quorum a"],
    ["witness a\x01b {0}", "quorum none"],
]


@pytest.mark.parametrize("lines", BAD, ids=str)
def test_malformed_policies(lines: list[str], keys: list[VerifierKey]) -> None:
    with pytest.raises(PolicyError):
        parse_policy([line.format(*keys) for line in lines])


def test_vkeys_are_strict(keys: list[VerifierKey]) -> None:
    good = str(keys[1])
    assert parse_vkey(good) == keys[1]
    name, digits, data = good.split("+", 2)
    for bad in (
        "", name, f"{name}+{digits}", f"+{digits}+{data}", f"{name}+{digits.upper()}x+{data}", f"{name}+00000000+{data}",
        f"{name} x+{digits}+{data}", f"{name}é+{digits}+{data}", f"{name}+{digits}+{data}=", f"{name}+{digits}+AQ==",
        f"{name}+{digits}+", str(VerifierKey("x", 9, bytes(32))), str(VerifierKey("x", 4, bytes(32))),
    ):  # fmt: skip
        with pytest.raises(NoteError):
            parse_vkey(bad)


def test_published_checkpoint_is_the_last(story: Simulator, tmp_path: Path) -> None:
    story.run("plan")
    exporting.export(story.room, tmp_path / "public")
    note = parse_note((tmp_path / "public" / "checkpoint").read_text())
    assert parse_checkpoint(note.text).size == story.room.store.head.size
