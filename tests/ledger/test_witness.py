"""Witnesses by the tlog-witness rules, both sides (spec/ledger.md L18), and post-quantum lines (L21)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from ledger import witness as protocol
from ledger.checkpoint import Checkpoint, check_cosignature, cosign_ml_dsa, parse_checkpoint, sign_checkpoint
from ledger.fork import parse_fork, prove
from ledger.keys import public_key
from ledger.merkle import EMPTY_ROOT, Nodes, consistency_proof, leaf_hash, nodes_of, tree_root
from ledger.note import ML_DSA_44, Note, NoteError, VerifierKey, parse_note, parse_vkey
from ledger.witness import Answer, Request, WitnessAheadError, WitnessError, parse_request
from ledger.witness_store import WitnessStore
from tests.ledger.stories import WITNESS, ask, make_witness, policy, with_witness
from tests.simulator import ORIGIN, Simulator, seed_of
from verifiable_draw import witnessing
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.witness_server import Witness, application

SEED, STRANGER = seed_of("log"), seed_of("stranger")
LOG = public_key(SEED)
NOW = 1_787_620_000


def log(_size: int) -> bytes:
    """The ledger's key at any size."""
    return LOG


def tree(size: int, name: str = "a") -> Nodes:
    return nodes_of([leaf_hash(f"{name if i >= 3 else 'a'} {i}".encode()) for i in range(size)])


def note(size: int, name: str = "a", seed: bytes = SEED, origin: str = ORIGIN) -> Note:
    return sign_checkpoint(Checkpoint(origin, size, tree_root(tree(size, name), size)), seed)


def body(old: int, size: int, name: str = "a", **how: object) -> bytes:
    proof = tuple(consistency_proof(tree(size, name), old, size)) if old <= size else ()
    return Request(old, proof, note(size, name, **how)).encode()  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WitnessStore]:
    made = WitnessStore.create(tmp_path / "witness.db")
    yield made
    made.close()


def add(store: WitnessStore, data: bytes, now: int = NOW) -> Answer:
    return store.add(data, {ORIGIN: [LOG]}, lambda c, t: [cosign_ml_dsa(c, WITNESS, SEED, t)], now)


def test_rules_in_order(store: WitnessStore) -> None:
    assert add(store, body(0, 5)).status == 200
    assert add(store, body(5, 5)).status == 200
    assert add(store, body(5, 8)).status == 200
    cases = [
        (b"", 400),
        (b"old 05\n\n" + str(note(8)).encode(), 400),
        (b"old -1\n\n" + str(note(8)).encode(), 400),
        (b"new 8\n\n" + str(note(8)).encode(), 400),
        (b"old 8\nAAAA\n\n" + str(note(9)).encode(), 400),
        (b"old 8\n" + b"A" * 43 + b"=\n" * 64 + b"\n" + str(note(9)).encode(), 400),
        (b"old 9\n\n" + str(note(8)).encode(), 400),
        (body(8, 9) + b"x", 400),
        (body(8, 9, origin="other.example/ledger"), 404),
        (body(8, 9, seed=STRANGER), 403),
        (body(5, 9), 409),
        (body(0, 9), 409),
        (body(8, 9, "b"), 422),
        (Request(8, (), note(9)).encode(), 422),
        (Request(8, (bytes(32),), note(8)).encode(), 422),
        (body(8, 8, "b"), 422),
    ]
    for data, status in cases:
        assert add(store, data).status == status, data
    conflict = add(store, body(5, 9))
    assert (conflict.body, conflict.type) == (b"8\n", "text/x.tlog.size")
    # Kept once each, with the ledger's line only; what was cosigned already is no evidence of anything.
    assert len(store.refused()) == 3
    add(store, body(8, 9, "b").replace(b"\n\n\xe2", b"\n\n\xe2", 1) + "— junk AAAAAAAA\n".encode())
    assert [len(note.lines) for _, note in store.refused()] == [1, 1, 1]
    latest = store.checkpoint(ORIGIN)
    assert latest is not None
    assert latest.size == 8


def test_empty_tree(store: WitnessStore) -> None:
    bad = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), SEED)
    assert add(store, Request(0, (), bad).encode()).status == 422
    good = sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), SEED)
    assert add(store, Request(0, (), good).encode()).status == 200
    assert add(store, Request(0, (bytes(32),), note(2)).encode()).status == 422
    assert add(store, body(0, 2)).status == 200


def test_time_never_goes_back(store: WitnessStore) -> None:
    assert add(store, body(0, 5), NOW).status == 200
    assert add(store, body(5, 6), NOW - 1).status == 503
    assert add(store, body(5, 6), NOW).status == 200


def test_witness_remembers_over_a_restart(tmp_path: Path) -> None:
    store = WitnessStore.create(tmp_path / "w.db")
    add(store, body(0, 5))
    store.close()
    store = WitnessStore.open(tmp_path / "w.db")
    assert add(store, body(0, 8)).status == 409
    assert add(store, body(5, 8, "b")).status == 422
    store.close()


def test_requests_round_trip() -> None:
    data = body(5, 8)
    assert parse_request(data).encode() == data


# The ledger's side


def test_catching_up(story: Simulator) -> None:
    """A witness that saw an older checkpoint, or another than we believe, is brought up to date with two requests."""
    witness = with_witness(story)
    first = story.room.store.head.size
    story.run("rosters", after="found")
    sent: list[bytes] = []
    assert [o.cosignatures for o in ask(story, witness, sent)] == [2]
    assert len(sent) == 1
    assert sent[0].startswith(f"old {first}\n".encode())
    # Another program had it cosigned in between, and we do not know of it.
    story.run("enrol", after="rosters")
    witness.add(witnessing.request_file(story.room))
    story.clock.wait(1)
    story.run("header", after="enrol")
    sent.clear()
    assert [o.cosignatures for o in ask(story, witness, sent)] == [2]
    assert len(sent) == 2
    # Asked again for the same checkpoint nothing is new.
    assert [o.cosignatures for o in ask(story, witness)] == [0]


def test_witness_ahead_means_lost_entries(story: Simulator) -> None:
    """It is remembered, so nothing more is signed until the entries are back (L22)."""
    witness = with_witness(story)
    with pytest.raises(WitnessAheadError):
        protocol.obtain(note(9), tree(9), 0, witness.vkeys, log, saying((409, b"12\n"), latest=str(note(12))))
    with pytest.raises(WitnessError, match="not sign"):  # a stranger's note holds nobody up
        protocol.obtain(
            note(9), tree(9), 0, witness.vkeys, log, saying((409, b"12\n"), latest=str(note(12, seed=STRANGER)))
        )
    story.plan()
    lost = sign_checkpoint(Checkpoint(ORIGIN, 50, bytes(32)), story.keys["operator"].seed)
    with pytest.raises(UsageError) as caught:
        witnessing.ask_all(story.room, lambda _url, _origin: saying((409, b"50\n"), latest=str(lost)))
    assert caught.value.key == "witness.ahead"
    assert story.room.held == "store.older"


def saying(*answers: tuple[int, bytes], latest: str | None = None) -> protocol.Transport:
    """A witness that answers what it is told to."""
    left = list(answers)
    return protocol.Transport(lambda _body: Answer(*left.pop(0)), lambda: latest)


@pytest.mark.parametrize(
    "answers",
    [
        [(409, b"x\n")], [(409, b"0\n")], [(409, b"")], [(409, b"3\n"), (409, b"4\n")], [(500, b"down")], [(404, b"")],
        [(403, b"")], [(200, b"")], [(200, b"nonsense")], [(200, "— x AAAAAAAA\n".encode())], [(422, b"no")],
    ],
)  # fmt: skip
def test_unruly_witness_is_an_error_not_a_cosignature(answers: list[tuple[int, bytes]]) -> None:
    with pytest.raises(WitnessError):
        protocol.obtain(note(10), tree(10), 0, [VerifierKey(WITNESS, 4, public_key(STRANGER))], log, saying(*answers))


def test_bad_proof_of_ours_is_told_from_a_fork() -> None:
    """422: if the witness's checkpoint extends to ours the proof was wrong, if not there are two histories (L18)."""
    keys = [VerifierKey(WITNESS, 4, public_key(STRANGER))]
    with pytest.raises(WitnessError, match="refuses a proof") as caught:
        protocol.obtain(note(10), tree(10), 5, keys, log, saying((422, b""), latest=str(note(5))))
    assert not isinstance(caught.value, protocol.ForkFoundError)
    for size in (4, 5, 8, 10):
        with pytest.raises(protocol.ForkFoundError) as forked:
            protocol.obtain(note(10), tree(10), 0, keys, log, saying((422, b""), latest=str(note(size, "b"))))
        # Witnesses of version 1.0 answer 409 with the size that was named.
        with pytest.raises(protocol.ForkFoundError):
            protocol.obtain(note(10), tree(10), 10, keys, log, saying((409, b"10\n"), latest=str(note(size, "b"))))
        first, second = prove(parse_fork(forked.value.fork.encode()), ORIGIN, LOG)
        assert (first.size, second.size) == (size, 10)
    with pytest.raises(WitnessError, match="not sign"):
        protocol.obtain(note(10), tree(10), 0, keys, log, saying((422, b""), latest=str(note(5, "b", STRANGER))))


def test_fork_stops_the_ledger(story: Simulator, tmp_path: Path) -> None:
    """A thief with the operator's key showed the witness another history: we stop, and the evidence is a file."""
    witness = with_witness(story)
    thief = Simulator(tmp_path / "thief")
    thief.found()
    witnessing.publish_policy(thief.room, policy(*witness.vkeys, url="http://witness.invalid"), thief.keys["approver"])
    thief.clock.wait(5)
    thief.plan()
    assert witness.add(witnessing.request_file(thief.room, story.room.store.head.size)).status == 200
    story.clock.wait(60)
    story.plan()
    assert story.room.store.head.size == thief.room.store.head.size
    with pytest.raises(DataError) as caught:
        ask(story, witness)
    assert caught.value.key == "witness.fork"
    (evidence,) = (story.folder / "bureau" / "forks").iterdir()
    first, second = prove(parse_fork(evidence.read_bytes()), ORIGIN, story.keys["operator"].public)
    assert first.root != second.root
    with pytest.raises(UsageError) as stopped:
        story.reopen()
        story.run("rosters", after="plan")
    assert stopped.value.key == "store.fork_found"
    thief.room.close()


def test_on_a_stick(story: Simulator) -> None:
    witness = with_witness(story)
    story.run("plan", after="found")
    answer = witness.add(witnessing.request_file(story.room))
    assert answer.status == 200
    assert witnessing.take_answer(story.room, answer.body) == 2
    assert witnessing.take_answer(story.room, answer.body) == 0
    for bad in (b"", b"\xff", b"nothing\n", "— x AAAAAAAA\n".encode()):
        with pytest.raises(DataError):
            witnessing.take_answer(story.room, bad)


# Over HTTP


class Server:
    """Our endpoint on a loopback port, in a thread of its own, until closed."""

    def __init__(self, folder: Path, prefix: str = "") -> None:
        self._ready = threading.Event()
        self._folder, self._prefix = folder, prefix
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        until = time.monotonic() + 10
        while not self._server.started and time.monotonic() < until:
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def _run(self) -> None:
        witness = Witness.open(self._folder)
        config = uvicorn.Config(application(witness, self._prefix), port=0, log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        self._ready.set()
        self._server.run()
        witness.store.close()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)


def test_over_http(story: Simulator) -> None:
    witness = make_witness(story.folder / "witness", story) if not story.found() else None
    assert witness is not None
    server = Server(story.folder / "witness", "/v1")
    try:
        address = f"http://127.0.0.1:{server.port}/v1"
        witnessing.publish_policy(story.room, policy(*witness.vkeys, url=address), story.keys["approver"])
        assert [o.cosignatures for o in witnessing.ask_all(story.room)] == [2]
        story.plan()
        assert [o.cosignatures for o in witnessing.ask_all(story.room)] == [2]
        link = witnessing.http_transport(address, ORIGIN)
        latest = link.latest()
        assert latest is not None
        assert parse_checkpoint(parse_note(latest).text).size == story.room.store.head.size
        assert witnessing.http_transport(address, "other.example/l").latest() is None
        assert link.submit(b"x" * (protocol.MAX_REQUEST + 1)).status == 413
        assert link.submit(b"nonsense").status == 400
    finally:
        server.close()
    assert "127.0.0.1" in witnessing.ask_all(story.room)[0].problem  # nobody there any more


def test_addresses(story: Simulator) -> None:
    for url in ("ftp://x", "witness.example", "http://"):
        with pytest.raises(UsageError):
            witnessing.http_transport(url, ORIGIN)
    story.found()
    with pytest.raises(UsageError) as caught:
        witnessing.ask_all(story.room)
    assert caught.value.key == "policy.none"


# Post-quantum lines


def test_post_quantum_line(story: Simulator) -> None:
    witness = with_witness(story)
    note = story.room.store.note()
    assert note is not None
    classic, quantum = sorted(witness.vkeys, key=lambda key: key.kind)
    assert (quantum.kind, len(quantum.key)) == (ML_DSA_44, 1312)
    assert parse_vkey(str(quantum)) == quantum
    (line,) = [line for line in note.lines if line.data[:4] == quantum.id]
    assert check_cosignature(line, note.text, quantum) == int(story.clock.now.timestamp())
    for at in (4, 11, 12, 1000, len(line.data) - 1):
        altered = bytearray(line.data)
        altered[at] ^= 1
        with pytest.raises(NoteError):
            check_cosignature(type(line)(line.name, bytes(altered)), note.text, quantum)
    with pytest.raises(NoteError):
        check_cosignature(line, note.text, classic)
    # A reader that knows only the Ed25519 key passes the line over.
    from ledger.checkpoint import cosigners  # noqa: PLC0415

    assert list(cosigners(note, [classic])) == [classic]
    assert set(cosigners(note, [classic, quantum])) == {classic, quantum}


def test_transport_is_not_asked_twice_for_nothing() -> None:
    calls: list[bytes] = []
    witness_keys = [VerifierKey(WITNESS, 4, public_key(STRANGER))]

    def submit(data: bytes) -> Answer:
        calls.append(data)
        return Answer(409, b"5\n")

    with pytest.raises(WitnessError):
        protocol.obtain(note(10), tree(10), 0, witness_keys, log, protocol.Transport(submit, lambda: None))
    assert len(calls) == 2


