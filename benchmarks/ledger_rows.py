"""The ledger's figures, each beside a probe of the same run or beside pymerkle's SQLite tree.

The probe of a synced write is interleaved with the appends, for a disc's speed changes from second to second.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pymerkle

from ledger.audit import Audit
from ledger.entry import Actor, Message, Seen, parse_entry
from ledger.merkle import consistency_proof, inclusion_proof, leaf_hash, verify_inclusion
from ledger.store import Store

ORIGIN, SEED, TIME = "benchmark.example/ledger", bytes(range(32)), "2026-08-20T01:00:00Z"
ACTOR = Actor("operator", "operator")
BATCH = 100
# name, seconds for all, number, goal, note
Row = tuple[str, float, int, str, str]


def signed(number: int, seen: Seen) -> Message:
    """A message of the size of an ordinary entry, with one signature."""
    body = {"commitment": number.to_bytes(32, "big").hex()}
    return Message("2026-autumn", "commitment", ACTOR, body).signed(SEED, ACTOR, ORIGIN, bytes(32), seen)


def clock(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def with_probe(folder: Path, number: int, work: Callable[[int], object]) -> tuple[float, float]:
    """Seconds for `number` synced writes of a page, and for as many calls of `work`, one after the other in turn."""
    probe = os.open(folder / "probe", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    page, synced, worked = bytes(4096 + 24), 0.0, 0.0
    for n in range(number):
        synced += clock(lambda: (os.write(probe, page), os.fsync(probe)))
        worked += clock(lambda n=n: work(n))  # type: ignore[misc]
    os.close(probe)
    return synced, worked


def one_at_a_time(folder: Path, number: int) -> Iterator[Row]:
    """One entry a transaction; pymerkle likewise, at its own settings. Each beside a probe of its own."""
    store = Store.create(folder / "single.db")
    messages = [signed(n, Seen()) for n in range(number)]
    synced, spent = with_probe(folder, number, lambda n: store.append(store.head, TIME, [messages[n]]))
    yield "synced writes of 4 KiB, the probe", synced, number, "", ""
    yield "appends, one a transaction, durable", spent, number, "0.8 of the probe", f"{synced / spent:.2f} of the probe"
    store.close()
    tree = pymerkle.SqliteTree(str(folder / "peer-single.db"))
    entries = [os.urandom(640) for _ in range(number)]
    synced, peer_spent = with_probe(folder, number, lambda n: tree.append_entry(entries[n]))
    note = f"rollback journal; {synced / peer_spent:.2f} of its probe"
    yield "pymerkle, append one by one", peer_spent, number, "", note
    tree.close()


def batches(folder: Path, number: int) -> Iterator[Row]:
    """Signing, encoding, hashing and storing, 100 entries a transaction; leaves a ledger for the other figures."""
    store = Store.create(folder / "ledger.db")
    spent = 0.0
    for first in range(0, number, BATCH):
        seen = Seen(first, store.head.root) if first else Seen()
        spent += clock(
            lambda first=first, seen=seen: store.append(  # type: ignore[misc]
                store.head, TIME, [signed(n, seen) for n in range(first, first + BATCH)]
            )
        )
    store.checkpoint(ORIGIN, SEED)
    store.close()
    yield "signed entries, 100 a transaction", spent, number, "8,000/s", "signing included"


def reading(folder: Path, number: int) -> Iterator[Row]:
    """Hashing everything anew, checking every signature, proving."""
    begin = time.perf_counter()
    store = Store.open(folder / "ledger.db")
    yield "chain and tree hashed anew (Store.open)", time.perf_counter() - begin, number, "200,000/s", ""
    some = min(number, 60_000)
    entries = list(store.read(0, some))
    for workers in dict.fromkeys((1, os.cpu_count() or 1)):
        spent = clock(lambda workers=workers: audit(entries, workers))  # type: ignore[misc]
        goal = "9,000/s" if workers == 1 else "scales"
        yield f"entries parsed, hashed, signature checked, {workers} core(s)", spent, some, goal, ""
    root = store.head.root
    places = [i * 7919 % number for i in range(200)]
    proofs: list[list[bytes]] = []
    spent = clock(lambda: proofs.extend(inclusion_proof(store.nodes, place, number) for place in places))
    each = f"{spent / len(places) * 1e3:.2f} ms each"
    yield f"inclusion proof out of {number:,} entries", spent, len(places), "under 5 ms", each
    leaves = [leaf_hash(next(store.read(place, place + 1))) for place in places]
    together = list(zip(leaves, places, proofs, strict=True))
    spent = clock(lambda: [verify_inclusion(leaf, at, number, proof, root) for leaf, at, proof in together])
    yield "inclusion proof verified", spent, len(places), "", ""
    spent = clock(lambda: [consistency_proof(store.nodes, place + 1, number) for place in places])
    yield "consistency proof", spent, len(places), "", f"{spent / len(places) * 1e3:.2f} ms each"
    store.close()


def audit(entries: list[bytes], workers: int) -> None:
    """What a replay does with signatures."""
    found = Audit(workers)
    for seq, data in enumerate(entries):
        found.add(seq, parse_entry(data).message.claims(ORIGIN, bytes(32)))
        leaf_hash(data)
    if found.finish() is not None:
        raise SystemExit("a signature does not verify")


def peer(folder: Path, number: int) -> Iterator[Row]:
    """The SQLite tree of pymerkle, on fewer entries: it keeps leaves only, and hashes the tree for every proof."""
    tree = pymerkle.SqliteTree(str(folder / "peer.db"))
    entries = [os.urandom(640) for _ in range(number)]
    spent = clock(lambda: tree.append_entries(entries, chunksize=10_000))
    yield "pymerkle: append unsigned in bulk", spent, number, "", "chunks of 10,000"
    some = [1 + i * 7919 % number for i in range(20)]
    spent = clock(lambda: [tree.prove_inclusion(place) for place in some])
    yield f"pymerkle: inclusion proof out of {number:,}", spent, len(some), "", f"{spent / len(some) * 1e3:.2f} ms each"
    proof, root, leaf = tree.prove_inclusion(some[0]), tree.get_state(), tree.get_leaf(some[0])
    spent = clock(lambda: [pymerkle.verify_inclusion(leaf, root, proof) for _ in range(200)])
    yield "pymerkle: inclusion proof verified", spent, 200, "", ""
    tree.close()


def rows(*, quick: bool) -> Iterator[Row]:
    """All of the ledger's rows; `quick` takes a tenth."""
    part = 10 if quick else 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from one_at_a_time(folder, 4000 // part)
        yield from batches(folder, 1_000_000 // part)
        yield from reading(folder, 1_000_000 // part)
        yield from peer(folder, 100_000 // part)
