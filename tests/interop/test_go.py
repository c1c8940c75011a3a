"""Exported ledgers and proofs of ours, checked by Go's golang.org/x/mod sumdb/note and sumdb/tlog."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ledger.entry import Actor, Message, Seen
from ledger.keys import public_key
from ledger.merkle import (
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    nodes_of,
    root_hash,
    verify_consistency,
    verify_inclusion,
)
from ledger.note import COSIGNATURE, ED25519, Note, VerifierKey
from ledger.store import Store
from tests.interop.conftest import Go
from tests.ledger.stories import ask, with_witness
from tests.ledger.test_keys import rotate
from tests.simulator import ORIGIN, Simulator, seed_of
from verifiable_draw import export as exporting
from verifiable_draw import witnessing


def test_exported_ledger(story: Simulator, tmp_path: Path, go: Go) -> None:
    """A whole session: checkpoint, observers' and witness's cosignatures, every entry, consistency from every size."""
    witness = with_witness(story)
    story.run(after="found")
    ask(story, witness)
    out = tmp_path / "public"
    exporting.export(story.room, out)
    observers = [key for key in story.room.view.cosigners("s1") if "/s1/" in key.name]
    vkeys = [witnessing.log_vkey(story.room), witness.vkeys[0], *observers]
    code, report = go("tiles", out, *vkeys)
    assert code == 0, report
    size = story.room.store.head.size
    assert (report["origin"], report["size"], report["entries"]) == (ORIGIN, size, size)
    assert report["consistent"] == size - 1
    # The story's observers d1 and p1 cosigned the end; the post-quantum line is unknown to Go and passed over.
    assert report["signers"] == [ORIGIN, witness.name, f"{ORIGIN}/s1/d1", f"{ORIGIN}/s1/p1"]
    assert report["unknown"] == 1


def test_rotated_key_under_one_origin(story: Simulator, tmp_path: Path, go: Go) -> None:
    story.run("plan")
    before = witnessing.log_vkey(story.room)
    exporting.export(story.room, tmp_path / "before")
    rotate(story)
    after = witnessing.log_vkey(story.room)
    exporting.export(story.room, tmp_path / "after")
    assert go("tiles", tmp_path / "before", before, after)[0] == 0
    assert go("tiles", tmp_path / "after", before, after)[0] == 0
    assert go("tiles", tmp_path / "after", before)[0] == 1


class Bare:
    """What `export` asks of a room, without a ceremony."""

    def __init__(self, store: Store, seed: bytes) -> None:
        self.store, self.seed = store, seed
        self.view = SimpleNamespace(
            origin=ORIGIN,
            size=1,
            keys={("operator", "operator"): public_key(seed)},
            ring=SimpleNamespace(policy_lines=("quorum none",)),
        )

    def checkpoint(self) -> Note:
        return self.store.checkpoint(ORIGIN, self.seed)


def test_large_ledger_with_partial_tiles(story: Simulator, tmp_path: Path, go: Go) -> None:
    """600 entries: two full tiles, a partial one, and a tile of the level above; exported in three steps."""
    del story
    seed, out = seed_of("large"), tmp_path / "public"
    store = Store.create(tmp_path / "ledger.db")

    actor = Actor("a", "b")
    message = Message("", "test", actor, {"n": 1}).signed(seed, actor, ORIGIN, bytes(32), Seen())
    for number in (5, 251, 344):
        store.append(store.head, "2026-08-20T01:00:00Z", [message] * number)
        exporting.export(Bare(store, seed), out)  # type: ignore[arg-type]
    code, report = go("tiles", out, VerifierKey(ORIGIN, ED25519, public_key(seed)))
    assert code == 0, report
    assert (report["size"], report["consistent"], report["tiles"]) == (600, 599, 4)
    store.close()


def test_go_notices_what_is_altered(story: Simulator, tmp_path: Path, go: Go) -> None:
    """So that the agreement above is worth something."""
    story.run("plan")
    out = tmp_path / "public"
    exporting.export(story.room, out)
    vkey = witnessing.log_vkey(story.room)
    assert go("tiles", out, vkey)[0] == 0
    for path in sorted(p for p in out.rglob("*") if p.is_file() and p.name != "policy"):
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(out, copy)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        (copy / path.relative_to(out)).write_bytes(data)
        assert go("tiles", copy, vkey)[0] == 1, path
    assert go("tiles", out, VerifierKey(ORIGIN, COSIGNATURE, public_key(seed_of("x"))))[0] == 1


def _altered(rng: random.Random, change: str, proof: Proof) -> Proof:
    """One thing of a proof changed, or nothing."""
    hashes = list(proof.hashes)
    first = 0 if proof.kind == "inclusion" else 1
    if change == "drop" and hashes:
        hashes.pop(rng.randrange(len(hashes)))
    elif change == "add":
        hashes.insert(rng.randint(0, len(hashes)), rng.choice([*LEAVES, proof.root, proof.leaf]))
    elif change == "flip" and hashes:
        hashes[rng.randrange(len(hashes))] = rng.randbytes(32)
    elif change == "swap":
        rng.shuffle(hashes)
    fields: dict[str, Any] = {
        "index": lambda: {"index": rng.randint(first, proof.size)},
        "size": lambda: {"size": rng.randint(max(1, proof.index), len(LEAVES))},
        "leaf": lambda: {"leaf": rng.choice(LEAVES)},
        "root": lambda: {"root": root_hash(LEAVES[: rng.randint(1, len(LEAVES))])},
    }.get(change, dict)()
    return replace(proof, hashes=hashes, **fields)


LEAVES = [leaf_hash(bytes([i])) for i in range(70)]


@dataclass(frozen=True)
class Proof:
    """What check.go reads: for consistency `index` and `leaf` are the old size and root."""

    kind: str
    index: int
    size: int
    leaf: bytes
    root: bytes
    hashes: list[bytes]

    def holds(self) -> bool:
        try:
            if self.kind == "inclusion":
                verify_inclusion(self.leaf, self.index, self.size, self.hashes, self.root)
            else:
                verify_consistency(self.index, self.leaf, self.size, self.root, self.hashes)
        except ProofError:
            return False
        return True

    def line(self) -> str:
        return json.dumps({"Kind": self.kind, "Index": self.index, "Size": self.size, "Leaf": self.leaf.hex(),
                           "Root": self.root.hex(), "Hashes": [item.hex() for item in self.hashes]})  # fmt: skip


def test_proofs_ours_and_altered(tmp_path: Path, go: Go) -> None:
    """Thousands of proofs, good and bad: our verdict is Go's."""
    rng, nodes = random.Random(7), nodes_of(LEAVES)
    proofs = []
    for _ in range(4000):
        size = rng.randint(1, len(LEAVES))
        if rng.random() < 0.5:
            index = rng.randint(0, size - 1)
            made = Proof("inclusion", index, size, LEAVES[index], root_hash(LEAVES[:size]), inclusion_proof(nodes, index, size))
        else:
            old = rng.randint(1, size)
            roots = root_hash(LEAVES[:old]), root_hash(LEAVES[:size])
            made = Proof("consistency", old, size, *roots, consistency_proof(nodes, old, size))
        change = rng.choice(("", "", "drop", "add", "flip", "swap", "index", "size", "leaf", "root"))
        proofs.append(_altered(rng, change, made))
    (tmp_path / "proofs").write_text("".join(f"{proof.line()}\n" for proof in proofs))
    code, report = go("proofs", tmp_path / "proofs")
    assert code == 0, report
    ours = [proof.holds() for proof in proofs]
    differ = [proof for proof, a, b in zip(proofs, ours, report["verdicts"], strict=True) if a != b]
    assert not differ, differ[:3]
    assert 1000 < sum(ours) < 3000
