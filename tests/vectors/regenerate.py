"""The vectors under spec/vectors: `make vectors` writes them and the conformance kit, tests compare them.

One case a file: `rule`, `input`, intermediate values and `output`, made by the code that the specification governs.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any
from unittest import mock

import chiavdf
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from ledger import checkpoint as checkpoints
from ledger import fork, merkle, note, proof, tiles
from ledger.canonical import VERSION, encode, format_time, short_code, tagged_hash, u64
from ledger.entry import Actor, Entry, Message, Seen
from ledger.keys import public_key, sign
from ledger.merkle import leaf_hash, root_hash
from tests.conformance import build as kit
from tests.simulator import ROOT, seed_of
from tests.tamper import edges as signature_edges
from verifiable_draw import classgroup, delay, seed, sources
from verifiable_draw.allocation import balance
from verifiable_draw.allocation.grouping import group, shape
from verifiable_draw.allocation.groups_file import encode_groups, encode_result
from verifiable_draw.allocation.permuting import allocate
from verifiable_draw.allocation.pins import effects
from verifiable_draw.freeze import nullifier, roster_root, unit_hash
from verifiable_draw.rosters import Student, Where
from verifiable_draw.stream import Stream
from verifiable_draw.values import Attribute, Cap, Roster, Unit
from verifiable_draw.words import words

VECTORS = ROOT / "spec" / "vectors"
Case = tuple[str, dict[str, Any]]


def h(number: int) -> bytes:
    """32 bytes to fill in for a hash."""
    return hashlib.sha256(bytes([number])).digest()


def encoding() -> Iterator[Case]:
    value = {"b": [1, True, -(2**53) + 1], "a": '阳光 "\\/', "Z": {}}
    yield "encoding/canonical", {"rule": "E2", "input": value, "output": encode(value).hex()}
    yield "encoding/tagged-hash", {
        "rule": "E10", "use": "leaf", "fields": [bytes(32).hex(), (b"\x11" * 32).hex()],
        "preimage": (b"verifiable-draw/v1/leaf" + u64(32) + bytes(32) + u64(32) + b"\x11" * 32).hex(),
        "output": tagged_hash("leaf", bytes(32), b"\x11" * 32).hex(),
    }  # fmt: skip
    yield "encoding/empty-fields", {
        "rule": "E10", "use": "reveals.closed", "fields": ["", ""],
        "output": tagged_hash("reveals.closed", b"", b"").hex(),
    }  # fmt: skip
    yield "encoding/short-code", {"rule": "E11", "input": h(1).hex(), "output": short_code(h(1))}
    pairs = words(h(1))
    yield "room/words", {"rule": "N13", "input": h(1).hex(), "zh": [zh for zh, _ in pairs], "en": [en for _, en in pairs]}
    key = seed_of("vector")
    yield "encoding/ed25519", signature_edges.cases()
    yield "encoding/signature", {
        "rule": "E12", "seed": key.hex(), "key": public_key(key).hex(), "message": h(2).hex(),
        "signature": sign(key, h(2)).hex(),
    }  # fmt: skip


def ledger() -> Iterator[Case]:
    key, actor, origin = seed_of("vector"), Actor("p1", "observer"), "county.example/ledger"
    message = Message("2026-autumn", "commitment", actor, {"commitment": h(3).hex()})
    seen = Seen(39, h(4))
    digest = message.digest(actor, origin, h(5), seen)
    entry = Entry(41, h(6), "2026-08-25T01:12:44Z", message.signed(key, actor, origin, h(5), seen))
    yield "ledger/entry", {
        "rule": "L3", "origin": origin, "header_hash": h(5).hex(), "seed": key.hex(), "signed": digest.hex(),
        "entry": entry.encode().decode(), "leaf": entry.leaf().hex(),
    }  # fmt: skip
    leaves = [leaf_hash(bytes([i])) for i in range(9)]
    yield "ledger/roots", {
        "rule": "L7", "entries": [bytes([i]).hex() for i in range(9)],
        "roots": [root_hash(leaves[:n]).hex() for n in range(10)],
    }  # fmt: skip
    checkpoint = checkpoints.Checkpoint(origin, 41, h(7))
    signed = checkpoints.sign_checkpoint(checkpoint, key)
    line = checkpoints.cosign(checkpoint, f"{origin}/2026-autumn/p1", seed_of("cosigner"), 1787620364)
    yield "ledger/checkpoint", {
        "rule": "L8-L10", "origin": origin, "size": 41, "root": h(7).hex(), "seed": key.hex(),
        "key_id": note.key_id(origin, note.ED25519, public_key(key)).hex(),
        "cosigner": {"name": line.name, "seed": seed_of("cosigner").hex(), "time": 1787620364},
        "note": str(note.Note(signed.text, (*signed.lines, line))),
    }  # fmt: skip


def _proof(name: str, holds: bool, kind: str, index: int, size: int, first: bytes, root: bytes, proof: list[bytes]) -> dict[str, Any]:
    return {"name": name, "holds": holds, "kind": kind, "index": index, "size": size, "first": first.hex(),
            "root": root.hex(), "proof": [item.hex() for item in proof]}  # fmt: skip


def proofs() -> Iterator[Case]:
    """L13, L14: for inclusion `first` is the leaf hash, for consistency `index` and `first` are the old size and root."""
    leaves = [leaf_hash(bytes([i])) for i in range(9)]
    nodes = merkle.nodes_of(leaves)
    root = [root_hash(leaves[:n]) for n in range(10)]
    inclusion = lambda index, size: merkle.inclusion_proof(nodes, index, size)  # noqa: E731
    consistency = lambda old, new: merkle.consistency_proof(nodes, old, new)  # noqa: E731
    inside, between = inclusion(5, 9), consistency(5, 9)
    rows = [
        ("size 1", True, "inclusion", 0, 1, leaves[0], root[1], []),
        ("size 1 with a hash", False, "inclusion", 0, 1, leaves[0], root[1], [leaves[0]]),
        ("size 1, another leaf", False, "inclusion", 0, 1, leaves[1], root[1], []),
        ("size 0", False, "inclusion", 0, 0, leaves[0], root[0], []),
        ("index is the size", False, "inclusion", 9, 9, leaves[8], root[9], inclusion(8, 9)),
        ("first leaf", True, "inclusion", 0, 9, leaves[0], root[9], inclusion(0, 9)),
        ("last leaf, right edge", True, "inclusion", 8, 9, leaves[8], root[9], inclusion(8, 9)),
        ("inside", True, "inclusion", 5, 9, leaves[5], root[9], inside),
        ("another index", False, "inclusion", 4, 9, leaves[5], root[9], inside),
        ("another size", False, "inclusion", 5, 8, leaves[5], root[9], inside),
        ("truncated", False, "inclusion", 5, 9, leaves[5], root[9], inside[:-1]),
        ("truncated to where it stops being a subtree", False, "inclusion", 5, 9, leaves[5], root[8], inside[:-1]),
        ("over-long", False, "inclusion", 5, 9, leaves[5], root[9], [*inside, leaves[0]]),
        ("empty", False, "inclusion", 5, 9, leaves[5], root[9], []),
        ("order of hashes", False, "inclusion", 5, 9, leaves[5], root[9], inside[::-1]),
        ("hash of 31 bytes", False, "inclusion", 5, 9, leaves[5], root[9], [inside[0][:31], *inside[1:]]),
        ("empty hash", False, "inclusion", 5, 9, leaves[5], root[9], [b"", *inside[1:]]),
        ("0 to 0", True, "consistency", 0, 0, root[0], root[0], []),
        ("0 to 0, another root", False, "consistency", 0, 0, leaves[0], leaves[0], []),
        ("0 to 9", True, "consistency", 0, 9, root[0], root[9], []),
        ("0 to 9 with a hash", False, "consistency", 0, 9, root[0], root[9], [leaves[0]]),
        ("0 to 9, another empty root", False, "consistency", 0, 9, bytes(32), root[9], []),
        ("1 to 1", True, "consistency", 1, 1, root[1], root[1], []),
        ("9 to 9", True, "consistency", 9, 9, root[9], root[9], []),
        ("9 to 9 with a hash", False, "consistency", 9, 9, root[9], root[9], [leaves[0]]),
        ("9 to 9, two roots", False, "consistency", 9, 9, root[8], root[9], []),
        ("9 to 5", False, "consistency", 9, 5, root[9], root[5], between),
        ("1 to 2", True, "consistency", 1, 2, root[1], root[2], consistency(1, 2)),
        ("5 to 9", True, "consistency", 5, 9, root[5], root[9], between),
        ("power of two: 8 to 9", True, "consistency", 8, 9, root[8], root[9], consistency(8, 9)),
        ("power of two with its own root first", False, "consistency", 8, 9, root[8], root[9], [root[8], *consistency(8, 9)]),
        ("5 to 9, another old root", False, "consistency", 5, 9, root[4], root[9], between),
        ("5 to 9, another new root", False, "consistency", 5, 9, root[5], root[8], between),
        ("5 to 9, truncated", False, "consistency", 5, 9, root[5], root[9], between[:-1]),
        ("5 to 9, over-long", False, "consistency", 5, 9, root[5], root[9], [*between, leaves[0]]),
        ("5 to 9, empty", False, "consistency", 5, 9, root[5], root[9], []),
        ("5 to 9, empty hash", False, "consistency", 5, 9, root[5], root[9], [b"", *between[1:]]),
    ]  # fmt: skip
    yield "ledger/proofs", {"rule": "L13, L14", "entries": [bytes([i]).hex() for i in range(9)], "cases": [_proof(*row) for row in rows]}


def transparency() -> Iterator[Case]:
    """Tiles, a proof file, a policy, evidence of a fork, and lines of a witness."""
    key, origin = seed_of("vector"), "county.example/ledger"
    data = [bytes([i]) * (i + 1) for i in range(9)]
    leaves = [leaf_hash(item) for item in data]
    nodes = merkle.nodes_of(leaves)
    checkpoint = checkpoints.Checkpoint(origin, 9, root_hash(leaves))
    signed = checkpoints.sign_checkpoint(checkpoint, key)
    found = list(tiles.tiles_of(9))
    yield "ledger/tiles", {
        "rule": "L15", "entries": [item.hex() for item in data],
        "files": {found[0].path: tiles.bundle(data).hex(), found[1].path: b"".join(leaves).hex()},
        "paths": {str(n): tiles.Tile(0, n).path for n in (0, 999, 1000, 1_234_067)},
        "of_70000": [tile.path for tile in tiles.tiles_of(70_000, 69_888)],
    }  # fmt: skip
    name, cosigner = "city.example/witness", seed_of("cosigner")
    witness = note.VerifierKey(name, note.COSIGNATURE, public_key(cosigner))
    line = checkpoints.cosign(checkpoint, name, cosigner, 1787620364)
    cosigned = note.Note(signed.text, (*signed.lines, line))
    entry_proof = proof.EntryProof(5, tuple(merkle.inclusion_proof(nodes, 5, 9)), cosigned)
    log = note.VerifierKey(origin, note.ED25519, public_key(key))
    yield "ledger/proof-file", {
        "rule": "L16", "entry": data[5].hex(), "policy": [f"log {log}", f"witness city {witness}", "quorum city"],
        "file": str(entry_proof),
    }  # fmt: skip
    other = [*leaves[:4], leaf_hash(b"other")]
    first = checkpoints.sign_checkpoint(checkpoints.Checkpoint(origin, 5, root_hash(other)), key)
    evidence = fork.find(first, signed, nodes)
    assert evidence is not None
    yield "ledger/fork", {
        "rule": "L19", "origin": origin, "key": public_key(key).hex(), "proven": evidence.encode().decode(),
        "no_fork": fork.Fork(checkpoints.sign_checkpoint(checkpoints.Checkpoint(origin, 5, root_hash(leaves[:5])), key),
                             signed, evidence.root, evidence.proof).encode().decode(),
    }  # fmt: skip
    quantum = note.VerifierKey(name, note.ML_DSA_44, checkpoints.ml_dsa_public_key(cosigner))
    yield "ledger/ml-dsa-44", {
        "rule": "L21", "seed": cosigner.hex(), "name": name, "vkey": str(quantum), "key_id": quantum.id.hex(),
        "time": 1787620364, "checkpoint": checkpoint.text(),
        "message": checkpoints.subtree_message(name, 1787620364, checkpoint).hex(),
        "line": _kept_line(checkpoint, quantum, cosigner),
    }  # fmt: skip


def _kept_line(checkpoint: checkpoints.Checkpoint, key: note.VerifierKey, seed: bytes) -> str:
    """The line of the file that is there, if it is still valid: signing is randomised, and vectors do not change."""
    try:
        kept = json.loads((VECTORS / "ledger" / "ml-dsa-44.json").read_text())["line"]
        checkpoints.check_cosignature(note.parse_note(f"x\n\n{kept}\n").lines[0], checkpoint.text(), key)
    except (OSError, ValueError, KeyError):
        return str(checkpoints.cosign_ml_dsa(checkpoint, key.name, seed, 1787620364))
    return str(kept)


BEACONS = (  # of quicknet, as published: round, signature
    (1, "b55e7cb2d5c613ee0b2e28d6750aabbb78c39dcc96bd9d38c2c2e12198df95571de8e8e402a0cc48871c7089a2b3af4b"),
    (255, "ac47b96c2937201d0fb2f108f1f0e3a05279d310906a3b01c8b09388e4aa2e9c5de30db4d78e358c2ee480d233047111"),
    (1000, "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39"),
    (65535, "95aa0afea5aa88f59fe34facebcb08770ac01d38840a8c16e841c6027a293a3c90dbcaf010a8fb19b306b9ff6c46eaf9"),
    (16777215, "84efb467b2b9f3578c169393d8bd5ccfd17da400a975325282b2955eb10adac747904c3aafd152e48e19d23f8d416f0f"),
    (20791007, "8d2c8bbc37170dbacc5e280a21d4e195cff5f32a19fd6a58633fa4e4670478b5fb39bc13dd8f8c4372c5a76191198ac5"),
    (123, "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92"),
)
NO_BEACONS = {  # of round 1000
    "infinity": "c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "infinity bit set": "f44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e39",
    "all zero": "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "x=p": "9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
    "order-3 point (0,2)": "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "off curve x=1": "800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
    "lsb flip": "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125e342b73a8dd2bacbe47e4b6b63ed5e38",
    "G1 generator": "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
}


def ceremony() -> Iterator[Case]:
    key = public_key(seed_of("vector"))
    committed = seed.commitment(h(10), "p1", key, h(11), h(12))
    yield "ceremony/commitment", {
        "rule": "C7", "header_hash": h(10).hex(), "id": "p1", "key": key.hex(), "contribution": h(11).hex(),
        "salt": h(12).hex(), "output": committed.hex(),
    }  # fmt: skip
    closed = seed.commits_closed_hash([committed, b"", h(13)], "0465")
    groups = seed.groups_hash([h(14), h(15)])
    revealed = seed.reveals_closed_hash([(h(11), h(12)), (b"", b""), (h(16), h(17))])
    challenge = seed.delay_challenge(h(10), closed, groups, revealed)
    y = classgroup.encode(classgroup.generator(delay.discriminant(challenge)))
    whole = seed.session_seed(h(10), closed, groups, revealed, y)
    yield "ceremony/seed", {
        "rule": "C10, C11, C16, C19, C23", "header_hash": h(10).hex(),
        "commitments": [committed.hex(), "", h(13).hex()], "digits": "0465", "commits_closed_hash": closed.hex(),
        "draw": "d01", "grouping_seed": seed.grouping_seed(h(10), closed, "d01").hex(),
        "groups_files": [h(14).hex(), h(15).hex()], "groups_hash": groups.hex(),
        "openings": [[h(11).hex(), h(12).hex()], ["", ""], [h(16).hex(), h(17).hex()]],
        "reveals_closed_hash": revealed.hex(), "challenge": challenge.hex(), "y": y.hex(), "seed": whole.hex(),
        "draw_seed": seed.draw_seed(whole, "d01").hex(),
    }  # fmt: skip
    known = sources.CHAINS[sources.QUICKNET]
    rows = [
        {"round": number, "time": format_time(sources.round_time({"chain": sources.QUICKNET, "round": number})),
         "signature": signature,
         "randomness": sources.check_beacon({"chain": sources.QUICKNET, "round": number}, bytes.fromhex(signature)).hex()}
        for number, signature in BEACONS
    ]  # fmt: skip
    with_beacon = seed.session_seed(h(10), closed, groups, revealed, y, bytes.fromhex(rows[0]["randomness"]))
    yield "ceremony/beacon", {
        "rule": "C23, C26, C27", "chain": sources.QUICKNET, "key": known.key.hex(), "genesis": known.genesis,
        "period": known.period, "tag": sources.TAG.decode(), "beacons": rows, "refused_of_round_1000": NO_BEACONS,
        "seed_as_in_seed_json_with_the_first": with_beacon.hex(),
    }  # fmt: skip


# Challenges and numbers of squarings whose y has the cofactor one step beyond the first that would do.
BEYOND = (
    (bytes.fromhex("c8c031bbb68f25a1572cf3efb42b3e4a1073e6294274339798aba46df16f89bc"), 4),
    (hashlib.sha256(b"x20").digest(), 9), (hashlib.sha256(b"x73").digest(), 3), (hashlib.sha256(b"x132").digest(), 6),
    (hashlib.sha256(b"x216").digest(), 10), (hashlib.sha256(b"x362").digest(), 9), (hashlib.sha256(b"x368").digest(), 9),
)  # fmt: skip


def first_row(challenge: bytes, segments: int) -> dict[str, Any]:
    """Of the last segment's y and proof the one whose cofactor is not the first that is small enough."""
    d, x = delay.discriminant(challenge), delay.start(challenge)
    for _ in range(segments):
        begun, blob = x, chiavdf.prove(challenge, x, 1024, 1000, "")
        x = blob[:100]
    for data in (blob[:100], blob[100:200]):
        form = classgroup.decode(data, d)
        other = with_first_cofactor(form)
        if other != data:
            return {
                "challenge": challenge.hex(), "minus_d": f"{-d:x}", "a": f"{form.a:x}", "b": f"{form.b:x}",
                "encoding": data.hex(), "refused": other.hex(),
                "segment": {"iterations": 1000, "proof": blob[100:200].hex(), "x": begun.hex(), "y": blob[:100].hex()},
            }  # fmt: skip
    raise AssertionError(challenge.hex())


def with_first_cofactor(form: classgroup.Form) -> bytes:
    """The encoding with the cofactor of the first remainder that is not larger than the root of a."""
    r0, r1, t0, t1 = form.a, abs(form.b), 0, 1
    while r1 > math.isqrt(form.a):
        q = r0 // r1
        r0, r1, t0, t1 = r1, r0 - q * r1, t1, t0 - q * t1
    with mock.patch.object(classgroup, "_cofactor", return_value=t1):
        return classgroup.encode(form)


def delays() -> Iterator[Case]:
    challenge = h(20)
    d = delay.discriminant(challenge)
    x = delay.start(challenge)
    first = chiavdf.prove(challenge, x, 1024, 2000, "")
    second = chiavdf.prove(challenge, first[:100], 1024, 2000, "")
    segments = [delay.Segment(part[:100], part[100:200]) for part in (first, second)]
    delay.verify(challenge, segments, 4000, 2)
    forms = [classgroup.decode(data, d) for segment in segments for data in (segment.y, segment.proof)]
    yield "delay/chain", {
        "rule": "C19-C22", "challenge": challenge.hex(), "minus_d": f"{-d:x}", "x": x.hex(), "iterations": 4000,
        "segments": [segment.json() for segment in segments],
        "forms": [{"a": f"{form.a:x}", "b": f"{form.b:x}"} for form in forms],
    }  # fmt: skip
    yield "delay/cofactor", {"rule": "C21", "rows": [first_row(*beyond) for beyond in BEYOND]}
    flipped = bytearray(segments[0].proof)
    flipped[40] ^= 1
    yield "delay/refused", {
        "rule": "C21", "challenge": challenge.hex(),
        "encodings": {
            "one bit flipped": bytes(flipped).hex(),
            "generator flag with garbage": (b"\x08" + bytes(98) + b"\x01").hex(),
            "both flags": (b"\x0c" + bytes(99)).hex(),
            "too short": segments[0].y[:99].hex(),
            "unused flag bit": (bytes([segments[0].y[0] | 0x10]) + segments[0].y[1:]).hex(),
        },
    }  # fmt: skip


ATTRIBUTES = (
    Attribute("sex", ("1", "2")),
    Attribute("migrant", ("0", "1")),
    Attribute("ethnicity", ("01", "06", "其他")),
)


def student(name: str) -> dict[str, str]:
    """Attributes of a generated student."""
    values = hashlib.sha256(f"student {name}".encode()).digest()
    ethnicity = "01" if values[2] < 150 else "06" if values[2] < 215 else "其他"
    return {"sex": "12"[values[0] & 1], "migrant": "01"[values[1] < 50], "ethnicity": ethnicity}


def roster() -> Roster:
    """47 students in 45 units: two pairs of siblings, one pair apart, one cap."""
    units = [Unit((student(str(i)),)) for i in range(43)]
    units[7:7] = [Unit((student("100"), student("101") | {"ethnicity": student("100")["ethnicity"]}))]
    units[20:20] = [Unit((student("102"), student("103")))]
    return Roster(tuple(units), 4, ATTRIBUTES, ((3, 30),), (Cap("migrant", "1", 4),))


def twins(number: int, size: int, ethnicity: str) -> list[Unit]:
    """Units of `size` students alike."""
    return [Unit((student(f"{size} {i}") | {"ethnicity": ethnicity},) * size) for i in range(number)]


def edges() -> dict[str, Roster]:
    """Rosters whose grouping takes the rarer turns of A1-A12."""
    alike, singles = Unit((student("0"),)), [Unit((student(f"single {i}"),)) for i in range(50)]
    triples, pairs = twins(2, 3, "06"), twins(5, 2, "其他")
    apart = ((0, 1), (0, 2), (1, 2), (4, 9))
    caps = (Cap("ethnicity", "其他", 4), Cap("ethnicity", "其他", 3), Cap("migrant", "1", 4))
    return {
        "nothing-left": Roster((alike,) * 12, 3, ATTRIBUTES),
        "one-left": Roster((alike,) * 13, 3, ATTRIBUTES),
        "fewer-left-than-classes": Roster((alike,) * 23, 5, ATTRIBUTES),
        "no-siblings": Roster(tuple(singles[:41]), 3, ATTRIBUTES),
        "second-attempts": Roster((*singles[:21], *triples), 3, ATTRIBUTES),
        "bound-out-of-reach": Roster((*singles[:11], *pairs[:4], triples[0]), 3, ATTRIBUTES),
        "caps-and-apart": Roster(tuple(singles), 6, ATTRIBUTES, apart, caps),
        "size-of-siblings": Roster((*[alike] * 10, *twins(1, 2, "01")), 5, ATTRIBUTES),
        "crossed-and-free": Roster(
            tuple(singles), 4, (*ATTRIBUTES[:2], Attribute("ethnicity", ("01", "06", "其他"), ("06",))), (), (),
            (("sex", "migrant"), ("migrant", "ethnicity")),
        ),
        "pins": Roster(tuple(singles), 4, ATTRIBUTES, ((0, 1),), (), (), ((0, 2), (3, 1), (8, 1), (21, 4))),
        "pins-beyond-blocks": Roster((alike,) * 17, 4, ATTRIBUTES, (), (), (), tuple((i, 3) for i in range(0, 10, 2))),
        "pins-of-siblings": Roster(
            (*singles[:30], *pairs[:2]), 3, ATTRIBUTES, ((4, 30),), (Cap("migrant", "1", 5),), (("sex", "ethnicity"),),
            ((1, 2), (4, 3), (6, 2), (30, 2), (31, 1)),
        ),
    }


def fraction(value: Fraction) -> list[int]:
    """Numerator and denominator in lowest terms."""
    return [value.numerator, value.denominator]


def drawn(units: Roster, seed: int) -> dict[str, Any]:
    """A whole draw: grouping by h(seed), permuting by h(seed + 1)."""
    parts = shape(units)
    groups = group(units, "d01", h(seed), 16)
    outcome = allocate(groups, units.classes, [len(unit.students) for unit in units.units], h(seed + 1))
    found = balance.pairs(groups, units.classes)
    pinned = effects(groups, units.classes)
    return {
        "rule": "A1-A27", "classes": units.classes, "attributes": [attribute.json() for attribute in units.attributes],
        "crossed": [list(pair) for pair in units.crossed], "pins": [list(pin) for pin in units.pins],
        "units": [[dict(student) for student in unit.students] for unit in units.units],
        "apart": [list(pair) for pair in units.apart], "caps": [[c.attribute, c.value, c.limit] for c in units.caps],
        "blocks": parts.number_of_blocks, "remainder": parts.rest, "grouping_seed": h(seed).hex(), "bundlings": 16,
        "groups": encode_groups(groups).decode(), "draw_seed": h(seed + 1).hex(), "result": encode_result(outcome).decode(),
        "pairs": list(found.histogram), "overlap": found.overlap, "overlap_limit": found.overlap_limit or 0, "honest": found.honest,
        "pin_effects": {
            "affected": pinned.affected, "class": fraction(pinned.most_class), "pair": fraction(pinned.most_pair),
            "pinned": pinned.pinned,
        },
        "certificate": [[line.feature, line.reached, line.bound] for line in balance.certificate(units, groups)],
    }  # fmt: skip


LATE = (
    ((41, 42, 42), (1, 1, 1, 1, 1, 1, 1)),
    ((41, 43, 42), (1,)),
    ((40, 42, 42), (1, 1)),
    ((38, 44, 44, 43), (1, 1, 1)),
    ((40, 41, 40), (2, 1, 3)),
    ((30, 30), (1,)),
    ((50,) * 12, (1,) * 9 + (2,)),
)
"""Students of every class before a draw of late students, and of every unit that comes."""


def late(present: tuple[int, ...], sizes: tuple[int, ...]) -> dict[str, Any]:
    """One draw of late students."""
    key = h(sum(present) % 89 + len(sizes))
    roster = Roster(tuple(Unit(({},) * size) for size in sizes), len(present), ())
    groups = group(roster, "d01", h(34), 16)
    return {
        "present": list(present), "sizes": list(sizes), "bundlings": 16, "groups": encode_groups(groups).decode(),
        "draw_seed": key.hex(), "result": encode_result(allocate(groups, len(present), sizes, key, present)).decode(),
    }  # fmt: skip


def allocation() -> Iterator[Case]:
    stream = Stream(h(30))
    yield "allocation/stream", {
        "rule": "A0", "key": h(30).hex(),
        "first_words": [word for s in [Stream(h(30))] for word in (s.word() for _ in range(10))],
        "below": [[n, stream.below(n)] for n in (1, 2, 3, 10, 1000, 2**31 + 1, 2**32 - 1)],
        "shuffle": Stream(h(30)).shuffle(list(range(12))),
    }  # fmt: skip
    yield "allocation/draw", drawn(roster(), 31)
    for number, (name, units) in enumerate(edges().items()):
        yield f"allocation/draw-{name}", drawn(units, 50 + 2 * number)
    team, alone = Unit(({}, {})), Unit(({},))
    teams = Roster((alone, alone, team, alone, alone), 5, ())
    whole = group(teams, "d01", h(31), 16)
    outcome = allocate(whole, 5, [len(unit.students) for unit in teams.units], h(32))
    yield "allocation/one-permutation", {
        "rule": "A24, A17-A18", "units": 5, "sizes": [1, 1, 2, 1, 1], "bundlings": 16, "grouping_seed": h(31).hex(),
        "groups": encode_groups(whole).decode(), "draw_seed": h(32).hex(), "result": encode_result(outcome).decode(),
        "pairs": list(balance.pairs(whole, 5).histogram),
    }  # fmt: skip
    barred = ((0, 3), (2, 1), (2, 3), (4, 5))
    whole = group(Roster((alone, alone, team, alone, alone), 5, (), barred=barred), "d01", h(33), 16)
    outcomes = [encode_result(allocate(whole, 5, [1, 1, 2, 1, 1], h(seed))).decode() for seed in range(200, 208)]
    yield "allocation/barred", {
        "rule": "A24, A17-A18", "units": 5, "sizes": [1, 1, 2, 1, 1], "bundlings": 16,
        "groups": encode_groups(whole).decode(), "draw_seeds": [h(seed).hex() for seed in range(200, 208)],
        "results": outcomes,
    }  # fmt: skip
    yield "allocation/late", {"rule": "A25, A18", "rows": [late(*row) for row in LATE]}
    yield "allocation/overlap-limits", {
        "rule": "A21",
        "limits": [
            [r, k, m, balance.overlap_limit(r, k, m) or 0]
            for r, k, m in ((0, 2, 16), (5, 2, 16), (60, 6, 32), (336, 24, 32), (40, 4, 32), (600, 60, 32), (120, 2, 256))
        ],
    }  # fmt: skip


def records() -> Iterator[Case]:
    student = Student(
        "9910000001", 1, "测试·生成", "1", "1", "990101202001011230", "", "01", False, False, "", "", False, "",
        where=Where("a.xlsx", "s", 2),
    )  # fmt: skip
    mark = nullifier(h(40), student)
    identity = {
        "document_number": student.document_number, "document_type": "1", "grade": 1, "name": student.name,
        "nullifier": mark.hex(), "school": student.school, "year": 2026,
    }  # fmt: skip
    attributes = {"sex": "1", "migrant": "0"}
    secret, second = h(41)[:16], h(42)[:16]
    identity_salt = tagged_hash("slip-identity", secret)
    attributes_salt = tagged_hash("slip-attributes", secret, second)
    identity_hash = tagged_hash("identity", identity_salt, encode(identity))
    attributes_hash = tagged_hash("attributes", attributes_salt, encode(attributes))
    leaf = tagged_hash("leaf", identity_hash, attributes_hash)
    units = [unit_hash([leaf]), unit_hash([leaf, h(43)])]
    yield "record/leaf", {
        "rule": "R4, R5, R12", "year_key": h(40).hex(), "identity": identity, "secret": secret.hex(), "second": second.hex(),
        "identity_salt": identity_salt.hex(), "identity_hash": identity_hash.hex(), "attributes": attributes,
        "attributes_salt": attributes_salt.hex(), "attributes_hash": attributes_hash.hex(),
        "leaf": leaf.hex(), "other_leaf": h(43).hex(), "units": [unit.hex() for unit in units],
        "roster_root": roster_root(sorted(units)).hex(),
    }  # fmt: skip
    slip = {
        "document_number": student.document_number, "document_type": "1", "name": student.name,
        "second": second.hex(), "secret": secret.hex(), "session": "s1", "version": VERSION,
    }  # fmt: skip
    yield "record/slip", {
        "rule": "R11, R12", "slip": encode(slip).decode(), "code": slip_lines(secret, 0), "second_code": slip_lines(second, 2),
        "draw": "d01", "link": "#slip=" + "".join(slip_lines(secret, 0)).replace("-", "") + "&draw=d01",
        "pseudonym": short_code(tagged_hash("slip-pseudonym", secret)),
    }  # fmt: skip
    yield "record/envelope", {
        "rule": "R12-R14", "secret": secret.hex(),
        "phases": [envelope(secret, phase, mark.hex(), number) for phase, number in (("frozen", 0), ("result", 3))],
    }  # fmt: skip


def envelope(secret: bytes, phase: str, mark: str, number: int) -> dict[str, str]:
    """R13, step by step."""
    key, address = (tagged_hash(use, secret, phase.encode()) for use in ("slip-key", "slip-address"))
    value = {"class": number, "draw": "d01", "member": 0, "nullifier": mark, "unit": 7}
    plaintext = encode(value).ljust(192, b"\n")
    nonce = tagged_hash("slip-nonce", key, plaintext)[:12]
    return {
        "phase": phase, "address": address.hex(), "key": key.hex(), "plaintext": plaintext.decode(), "nonce": nonce.hex(),
        "envelope": (nonce + ChaCha20Poly1305(key).encrypt(nonce, plaintext, address)).hex(),
    }  # fmt: skip


def slip_lines(data: bytes, first: int) -> list[str]:
    """R12: eight bytes a line with two check bytes, written as E11 writes ten bytes."""
    parts = [data[at : at + 8] for at in range(0, len(data), 8)]
    return [short_code(part + tagged_hash("slip-line", u64(first + i), part)[:2]) for i, part in enumerate(parts)]


def build() -> dict[str, bytes]:
    """Every vector file by path below spec/vectors."""
    cases = [*encoding(), *ledger(), *proofs(), *transparency(), *ceremony(), *delays(), *allocation(), *records()]
    files = {f"{name}.json": json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n" for name, value in cases}
    return files | {"encoding/characters.json": (ROOT / "ledger" / "characters.json").read_bytes()}


def main() -> None:
    for name, data in build().items():
        (VECTORS / name).parent.mkdir(parents=True, exist_ok=True)
        (VECTORS / name).write_bytes(data)
        sys.stdout.write(f"{name}\n")
    kit.write()


if __name__ == "__main__":
    main()
