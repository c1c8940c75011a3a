"""Tree, entries, notes (L1-L10)."""

from __future__ import annotations

import base64
import hashlib

import pytest
from verifier import canonical, ledger, schema
from verifier.checks_ledger import SIGNERS

from builder import ORIGIN, public
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
        except (canonical.EncodingError, schema.ShapeError):
            continue
        assert canonical.encode(entry) == bad
        assert ledger.leaf_hash(bad) != ledger.leaf_hash(line)
