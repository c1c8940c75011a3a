"""Tree, entries, notes (L1-L10)."""

from __future__ import annotations

import base64
import hashlib

import pytest
from verifier import canonical, ledger, schema, shapes
from verifier.checks_ledger import SIGNERS

from builder import ORIGIN, pq_public, public
from running import honest


def recursive_root(leaves):
    """RFC 6962, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + recursive_root(leaves[:split]) + recursive_root(leaves[split:])).digest()


def test_roots_of_all_prefixes():
    leaves = [ledger.leaf_hash(b"%d" % i) for i in range(70)]
    tree = ledger.Tree(leaves)
    assert len(tree) == 70
    for size in range(71):
        assert tree.root(size) == ledger.tree_root(leaves[:size]) == recursive_root(leaves[:size])


def test_known_root():
    """The empty tree and the tree of one empty leaf, as published for RFC 6962."""
    assert ledger.tree_root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    one = ledger.tree_root([ledger.leaf_hash(b"")])
    assert one.hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def good_note():
    return honest("header").ledger.note(5, (("witness.example", "w1"),))


def test_good_note():
    built = honest("header").ledger
    note = ledger.parse_note(good_note())
    assert (note.origin, note.size, note.root) == (ORIGIN, 5, built.root(5))
    assert ledger.is_signed_by_ledger(note, ORIGIN, bytes.fromhex(public("operator")))
    assert not ledger.is_signed_by_ledger(note, ORIGIN, bytes.fromhex(public("approver")))
    assert not ledger.is_signed_by_ledger(note, "other.example", bytes.fromhex(public("operator")))
    known = [("witness.example", bytes.fromhex(public("w1")))]
    assert [valid for _, _, valid in ledger.cosignatures(note, known)] == [True]
    assert ledger.cosignatures(note, [("witness.example", bytes.fromhex(public("w2")))]) == []
    assert ledger.cosignatures(note, []) == []


def test_cosignature_over_another_time_does_not_hold():
    note = ledger.parse_note(good_note())
    line = note.lines[1]
    moved = line._replace(signature=b"\0" * 8 + line.signature[8:])
    known = [("witness.example", bytes.fromhex(public("w1")))]
    assert [valid for _, _, valid in ledger.cosignatures(note._replace(lines=[note.lines[0], moved]), known)] == [False]


def test_first_line_must_be_the_ledgers():
    note = ledger.parse_note(good_note())
    turned = note._replace(lines=list(reversed(note.lines)))
    assert not ledger.is_signed_by_ledger(turned, ORIGIN, bytes.fromhex(public("operator")))


ROOT = base64.b64encode(bytes(32))
LINE = "— a ".encode() + base64.b64encode(bytes(68)) + b"\n"
START = b"a.b\n5\n" + ROOT + b"\n\n"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"a.b\n5\n" + ROOT + b"\n", START, START + LINE[:-1], START + LINE + b"\n", START + b"\n" + LINE,
        b"a.b\n05\n" + ROOT + b"\n\n" + LINE, b"a.b\n+5\n" + ROOT + b"\n\n" + LINE, b"a.b\n-1\n" + ROOT + b"\n\n" + LINE,
        b"a.b\n\xd9\xa5\n" + ROOT + b"\n\n" + LINE, b"a.b\n5\n" + ROOT + b"\nextension\n\n" + LINE,
        b"A.b\n5\n" + ROOT + b"\n\n" + LINE, b"a.b\n5\n" + ROOT[:-4] + b"\n\n" + LINE,
        b"a.b\n5\n" + ROOT[:-2] + b"B=\n\n" + LINE, b"a.b\n5\n" + ROOT[:-1] + b"\n\n" + LINE,
        START + LINE.replace("—".encode(), b"-"), START + LINE.replace(b" a ", b"  a "), START + LINE.replace(b" a ", b" a  "),
        START + LINE.replace(b" a ", b" a\r "), START + "— a AAA=\n".encode(), START + "— a !!!!\n".encode(),
        START + LINE.replace(b"\n", b"\r\n"), START + b"\xff" + LINE, START + LINE * 1001,
    ],
)  # fmt: skip
def test_notes_that_are_refused(data):
    assert ledger.parse_note(START + LINE).size == 5
    with pytest.raises(ledger.NoteError):
        ledger.parse_note(data)


def test_every_type_has_a_body_and_signers():
    assert set(schema.BODIES) == set(SIGNERS) | {"source"}


def test_every_flipped_bit_of_an_entry_is_seen():
    """By its form, or by its leaf hash."""
    line = honest("header").ledger.lines[5]
    for position in range(0, len(line), 7):
        bad = line[:position] + bytes([line[position] ^ 1]) + line[position + 1 :]
        try:
            entry = ledger.parse_entry(bad)
        except (canonical.EncodingError, shapes.ShapeError):
            continue
        assert canonical.encode(entry) == bad
        assert ledger.leaf_hash(bad) != ledger.leaf_hash(line)


# --- consistency (L14) --------------------------------------------------------------------------------------------


def consistency(leaves, old):
    """RFC 9162, 2.1.4.1, word for word."""

    def subproof(m, leaves, whole):
        if m == len(leaves):
            return [] if whole else [recursive_root(leaves)]
        split = 1
        while split * 2 < len(leaves):
            split *= 2
        if m <= split:
            return [*subproof(m, leaves[:split], whole), recursive_root(leaves[split:])]
        return [*subproof(m - split, leaves[split:], False), recursive_root(leaves[:split])]

    return subproof(old, leaves, True) if 0 < old < len(leaves) else []


LEAVES = [ledger.leaf_hash(b"%d" % i) for i in range(33)]
ROOTS = [recursive_root(LEAVES[:size]) for size in range(34)]


def test_consistency_of_all_sizes():
    for new in range(34):
        for old in range(new + 1):
            proof = consistency(LEAVES[:new], old)
            assert ledger.is_consistent(old, ROOTS[old], new, ROOTS[new], proof), (old, new)


def test_consistency_proofs_that_are_refused():
    other = ledger.leaf_hash(b"other")
    for new in range(1, 20):
        for old in range(new + 1):
            proof = consistency(LEAVES[:new], old)
            good = (old, ROOTS[old], new, ROOTS[new])
            assert not ledger.is_consistent(*good, [*proof, other])
            assert not ledger.is_consistent(*good, [other, *proof])
            assert not ledger.is_consistent(old, other, new, ROOTS[new], proof)
            if old:
                assert not ledger.is_consistent(old, ROOTS[old], new, other, proof)
            for i in range(len(proof)):
                assert not ledger.is_consistent(*good, proof[:i] + proof[i + 1 :])
                assert not ledger.is_consistent(*good, [*proof[:i], other, *proof[i + 1 :]])
            if old < new:
                assert not ledger.is_consistent(new, ROOTS[new], old, ROOTS[old], proof)


def test_wrong_sizes_with_a_good_proof():
    """A root does not say its size, so only sizes that need as many hashes can be mistaken for the signed ones."""
    proof = consistency(LEAVES[:13], 6)
    for old in range(14):
        for new in range(14):
            fits = ledger.is_consistent(old, ROOTS[6], new, ROOTS[13], proof)
            assert not fits or len(consistency(LEAVES[:new], old)) == len(proof)


def test_empty_tree_has_one_root():
    assert ledger.is_consistent(0, ROOTS[0], 0, ROOTS[0], [])
    assert ledger.is_consistent(0, ROOTS[0], 5, ROOTS[5], [])
    assert not ledger.is_consistent(0, bytes(32), 5, ROOTS[5], [])
    assert not ledger.is_consistent(0, bytes(32), 0, bytes(32), [])
    assert not ledger.is_consistent(0, ROOTS[0], 5, ROOTS[5], [ROOTS[5]])


# --- post-quantum lines (L21) -------------------------------------------------------------------------------------

PQ = ("pq.example", "pq-1")


def pq_note(size=5):
    return ledger.parse_note(honest("header").ledger.note(size, (PQ,)))


def test_post_quantum_line():
    note, known = pq_note(), [(PQ[0], pq_public(PQ[1]))]
    assert ledger.cosignatures(note, known) == [(PQ[0], pq_public(PQ[1]), True)]
    assert ledger.cosignatures(note, [("other.example", pq_public(PQ[1]))]) == []
    assert ledger.cosignatures(note, [(PQ[0], pq_public("pq-2"))]) == []


@pytest.mark.parametrize("position", [0, 7, 8, 1000, 2427])
def test_altered_post_quantum_line(position):
    note, known = pq_note(), [(PQ[0], pq_public(PQ[1]))]
    line = note.lines[1]
    data = line.signature[:position] + bytes([line.signature[position] ^ 1]) + line.signature[position + 1 :]
    altered = note._replace(lines=[note.lines[0], line._replace(signature=data)])
    assert ledger.cosignatures(altered, known) == [(PQ[0], pq_public(PQ[1]), False)]


def test_post_quantum_line_of_another_length_size_or_root():
    note, known = pq_note(), [(PQ[0], pq_public(PQ[1]))]
    line = note.lines[1]
    for signature in (line.signature[:-1], line.signature + b"\0", line.signature[:72]):
        cut = note._replace(lines=[note.lines[0], line._replace(signature=signature)])
        assert not ledger.cosignatures(cut, known)[0][2]
    for other in (note._replace(size=6), note._replace(root=bytes(32)), note._replace(origin="other.example")):
        assert not ledger.cosignatures(other, known)[0][2]


def test_post_quantum_name_that_has_no_length_byte():
    name = "a" * 256
    key = pq_public("pq-1")
    line = ledger.SignatureLine(name, ledger.key_id(name, key, 6), bytes(2428))
    note = pq_note()
    assert ledger.cosignatures(note._replace(lines=[note.lines[0], line]), [(name, key)]) == [(name, key, False)]


def test_two_keys_of_one_name_with_the_same_id(monkeypatch):
    """A keyID is 4 bytes; whoever finds a second key for it must not spoil the first one's lines."""
    monkeypatch.setattr(ledger, "key_id", lambda name, key, kind: b"same")
    note = ledger.parse_note(honest("header").ledger.note(5, (("witness.example", "w1"),)))
    lines = [note.lines[0], note.lines[1]._replace(key_id=b"same")]
    known = [("witness.example", bytes.fromhex(public(who))) for who in ("w2", "w1", "w3")]
    assert ledger.cosignatures(note._replace(lines=lines), known) == [(*known[1], True)]


def test_size_of_a_note_beyond_what_exists():
    assert ledger.parse_note(START.replace(b"5", b"%d" % (2**53 - 1)) + LINE).size == 2**53 - 1
    with pytest.raises(ledger.NoteError):
        ledger.parse_note(START.replace(b"5", b"%d" % 2**53) + LINE)
