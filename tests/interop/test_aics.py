"""Exported ledgers checked by aics-tlog, and checkpoints cosigned by a real HTTP witness, aics-witness."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger.canonical import encode
from ledger.checkpoint import Checkpoint, sign_checkpoint
from ledger.fork import parse_fork, prove
from ledger.note import parse_vkey
from ledger.witness import Request, WitnessError, make_request
from tests.interop.tools import aics
from tests.ledger.stories import policy, with_witness
from tests.simulator import ORIGIN, Simulator
from verifiable_draw import export as exporting
from verifiable_draw import restoring, witnessing
from verifiable_draw.errors import DataError

NAME = "witness.example/w1"


def tlog(*arguments: object) -> tuple[int, dict[str, Any]]:
    done = subprocess.run([aics("aics-tlog"), *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else {"error": done.stdout + done.stderr}


@dataclass
class Peer:
    """A running aics-witness."""

    folder: Path
    port: int
    vkey: str
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *arguments: object) -> str:
        return _command(self.folder, *arguments)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def start(self) -> None:
        self.process = _serve(self.folder, self.port)


def _command(folder: Path, *arguments: object) -> str:
    command = [aics("aics-witness"), "--config", str(folder / "witness.json"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:  # the option may stand behind the command
        command = [aics("aics-witness"), *map(str, arguments), "--config", str(folder / "witness.json")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _serve(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [aics("aics-witness"), "serve", "--config", str(folder / "witness.json"), "--listen", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        assert process.poll() is None, "aics-witness ended"
        time.sleep(0.05)
    raise AssertionError("aics-witness does not listen")


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    folder = tmp_path / "aics"
    folder.mkdir()
    vkey = next(word for word in _command(folder, "init", "--name", NAME).split() if word.startswith(f"{NAME}+"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Peer(folder, port, vkey, None)  # type: ignore[arg-type]
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.wait()


def introduce(story: Simulator, peer: Peer) -> None:
    """The ledger names the witness in its policy, the witness is told the ledger's key."""
    story.found()
    peer.command("add-log", "--origin", ORIGIN, "--vkey", witnessing.log_vkey(story.room))
    peer.start()
    named = policy(parse_vkey(peer.vkey), url=peer.url)
    witnessing.publish_policy(story.room, named, story.keys["approver"])


def test_tiles(story: Simulator, tmp_path: Path) -> None:
    witness = with_witness(story)
    story.run("plan", after="found")
    out = tmp_path / "public"
    exporting.export(story.room, out)
    old = tmp_path / "old.note"
    shutil.copy(out / "checkpoint", old)
    story.run("publish", after="plan")
    from tests.ledger.stories import ask  # noqa: PLC0415

    ask(story, witness)
    exporting.export(story.room, out)
    log, cosigner = str(witnessing.log_vkey(story.room)), str(witness.vkeys[0])
    code, report = tlog(
        "verify-checkpoint", "--tiles", out, "--log-key", log, "--witness-key", cosigner, "--quorum", 1
    )
    assert code == 0, report
    code, report = tlog("verify-consistency", "--tiles", out, "--log-key", log, "--old-checkpoint", old)
    assert code == 0, report
    for seq, entry in enumerate(story.room.store.read()):
        if seq % 9 == 0:
            got = tmp_path / "entry"
            code, report = tlog(
                "verify-inclusion", "--tiles", out, "--log-key", log, "--index", seq, "--entry-out", got
            )
            assert code == 0, report
            assert got.read_bytes() == entry
    bundle = max((out / "tile" / "entries").rglob("*.p/*"), key=lambda path: int(path.name))
    bundle.write_bytes(bundle.read_bytes().replace(b'"seq":0', b'"seq":1', 1))
    assert tlog("verify-inclusion", "--tiles", out, "--log-key", log, "--index", 0)[0] != 0


def test_witness_200_and_409(story: Simulator, peer: Peer) -> None:
    introduce(story, peer)
    assert [(o.cosignatures, o.problem) for o in witnessing.ask_all(story.room)] == [(1, "")]
    story.plan()
    assert [(o.cosignatures, o.problem) for o in witnessing.ask_all(story.room)] == [(1, "")]
    # Another program of ours had a later checkpoint cosigned; we begin from what we know and catch up by its 409.
    story.run("rosters", after="plan")
    link = witnessing.http_transport(peer.url, ORIGIN)
    old = story.room.store.last_cosigned(NAME)
    note = story.room.checkpoint()
    assert link.submit(make_request(note, story.room.store.nodes, old).encode()).status == 200
    story.run("enrol", after="rosters")
    assert link.submit(Request(old, (), story.room.checkpoint()).encode()).status == 409
    assert [(o.cosignatures, o.problem) for o in witnessing.ask_all(story.room)] == [(1, "")]
    # A new program that knows of no cosignature asks from 0.
    peer.stop()
    assert witnessing.ask_all(story.room)[0].problem
    peer.start()
    story.run("header", after="enrol")
    assert [(o.cosignatures, o.problem) for o in witnessing.ask_all(story.room)] == [(1, "")]
    policy_ = story.room.view.ring.policy
    assert policy_ is not None
    policy_.require(story.room.checkpoint())


def test_witness_422_bad_proof(story: Simulator, peer: Peer) -> None:
    """A wrong proof of an honest ledger is told from a fork by the witness's own checkpoint."""
    introduce(story, peer)
    witnessing.ask_all(story.room)
    story.plan()
    link = witnessing.http_transport(peer.url, ORIGIN)
    spoiled = lambda body: link.submit(body.replace(body.split(b"\n")[1], b"A" * 43 + b"=", 1))  # noqa: E731
    note, nodes = story.room.checkpoint(), story.room.store.nodes
    from ledger.witness import ForkFoundError, Transport, obtain  # noqa: PLC0415

    with pytest.raises(WitnessError, match="refuses a proof") as caught:
        obtain(
            note, nodes, story.room.store.last_cosigned(NAME), [parse_vkey(peer.vkey)],
            story.room.view.ring.operator_at, Transport(spoiled, link.latest),
        )  # fmt: skip
    assert not isinstance(caught.value, ForkFoundError)
    assert [(o.cosignatures, o.problem) for o in witnessing.ask_all(story.room)] == [(1, "")]


def test_witness_422_fork(story: Simulator, peer: Peer) -> None:
    """The witness cosigned another history under our key: we stop and keep the evidence."""
    introduce(story, peer)
    witnessing.ask_all(story.room)
    link = witnessing.http_transport(peer.url, ORIGIN)
    # A thief with the key appends an entry of his own.
    from ledger.merkle import consistency_proof, leaf_hash, nodes_of, root_hash  # noqa: PLC0415

    leaves = [*(leaf_hash(line) for line in story.room.store.read()), leaf_hash(encode({"forged": True}))]
    stolen = sign_checkpoint(Checkpoint(ORIGIN, len(leaves), root_hash(leaves)), story.keys["operator"].seed)
    proof = tuple(consistency_proof(nodes_of(leaves), len(leaves) - 1, len(leaves)))
    assert link.submit(Request(len(leaves) - 1, proof, stolen).encode()).status == 200
    story.plan()
    assert story.room.store.head.size == len(leaves)
    with pytest.raises(DataError) as caught:
        witnessing.ask_all(story.room)
    assert caught.value.key == "witness.fork"
    (evidence,) = (story.folder / "bureau" / "forks").iterdir()
    prove(parse_fork(evidence.read_bytes()), ORIGIN, story.keys["operator"].public)
    assert "evidence" in peer.command("status").lower() or json.loads(peer.command("evidence"))


def test_restored_backup_and_this_witness(story: Simulator, peer: Peer) -> None:
    introduce(story, peer)
    story.plan()
    witnessing.ask_all(story.room)
    shutil.rmtree(story.folder / "state")
    story.reopen()
    assert story.room.held == "store.copied"
    latest = witnessing.http_transport(peer.url, ORIGIN).latest()
    assert latest is not None
    from ledger.note import parse_note  # noqa: PLC0415

    restoring.release(story.room, parse_note(latest))
    assert not story.room.held


def test_environment_is_not_ours() -> None:
    """The programs we compare with run in an environment that does not hold this project."""
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('ledger') is not None)"
    python = str(Path(aics("aics-tlog")).parent / "python")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    assert subprocess.run([python, "-c", code], check=False, cwd="/", env=environment).returncode == 0
