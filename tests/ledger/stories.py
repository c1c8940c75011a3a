"""What the tests of the ledger share: a policy with a witness, and a witness's folder."""

from __future__ import annotations

from pathlib import Path

from ledger.note import VerifierKey
from ledger.witness import Answer, Transport
from tests.simulator import Counter, Simulator
from verifiable_draw import witnessing
from verifiable_draw.witness_server import Witness

WITNESS = "city.example/witness"


def make_witness(folder: Path, story: Simulator, *, post_quantum: bool = True, name: str = WITNESS) -> Witness:
    """A witness that trusts the story's ledger, with the story's clock."""
    Witness.create(folder, name, Counter(name), "")
    witness = Witness.open(folder, post_quantum=post_quantum)
    witness.clock = story.clock.timestamp
    witness.add_log(str(witnessing.log_vkey(story.room)))
    return witness


def policy(*keys: VerifierKey, url: str = "") -> bytes:
    """A policy whose quorum is the first key's witness; the others are known too."""
    lines = [f"witness w{i} {key} {url}".rstrip() for i, key in enumerate(keys)]
    return "\n".join([*lines, "quorum w0", ""]).encode()


def transport(witness: Witness, sent: list[bytes] | None = None) -> Transport:
    """A witness reached without a network."""

    def submit(body: bytes) -> Answer:
        if sent is not None:
            sent.append(body)
        return witness.add(body)

    def latest() -> str | None:
        found = [witness.store.latest(origin) for origin in witness.store.origins()]
        return str(found[0]) if found else None

    return Transport(submit, latest)


def with_witness(story: Simulator, *, post_quantum: bool = True) -> Witness:
    """Found the ledger, name a witness in its policy and have the first checkpoint cosigned."""
    story.found()
    witness = make_witness(story.folder / "witness", story, post_quantum=post_quantum)
    witnessing.publish_policy(story.room, policy(*witness.vkeys, url="http://witness.invalid"), story.keys["approver"])
    ask(story, witness)
    return witness


def ask(story: Simulator, witness: Witness, sent: list[bytes] | None = None) -> list[witnessing.Outcome]:
    """Have the present checkpoint cosigned."""
    return witnessing.ask_all(story.room, lambda _url, _origin: transport(witness, sent))
