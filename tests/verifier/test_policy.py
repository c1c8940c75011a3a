"""Policies line by line (L17)."""

from __future__ import annotations

import base64
import itertools

import pytest
from verifier import ledger, policy

from builder import default_policy, pq_public, public, vkey

W = {name: vkey("%s.example" % name, name) for name in ("a", "b", "c", "d")}


def witness(name):
    return "witness %s %s" % (name, W[name])


ABC = [witness("a"), witness("b"), witness("c")]


def signers(*names):
    return [("%s.example" % name, bytes.fromhex(public(name))) for name in names]


def satisfied(lines, *names):
    return policy.parse(lines).is_satisfied(signers(*names))


def test_default_policy():
    made = policy.parse(default_policy())
    assert list(made.witnesses) == ["w1", "w2"]
    assert [one.is_ed25519 for one in made.witnesses.values()] == [True, False]
    both = [("witness.example", bytes.fromhex(public("w1"))), ("pq.example", pq_public("pq-1"))]
    assert made.is_satisfied(both)
    assert not made.is_satisfied(both[:1])
    assert not made.is_satisfied(both[1:])
    assert not made.is_satisfied([(both[1][0], both[0][1]), (both[0][0], both[1][1])])


@pytest.mark.parametrize(("needed", "least"), [("any", 1), ("all", 3), ("1", 1), ("2", 2), ("3", 3)])
def test_group_of_three(needed, least):
    lines = [*ABC, "group g %s a b c" % needed, "quorum g"]
    for size in range(4):
        for names in itertools.combinations("abc", size):
            assert satisfied(lines, *names) == (size >= least)
    assert satisfied(lines, "d") is False


def test_group_of_groups():
    lines = [*ABC, witness("d"), "group g any a b", "group h 2 g c d", "quorum h"]
    assert satisfied(lines, "a", "c")
    assert satisfied(lines, "c", "d")
    assert not satisfied(lines, "a", "b")
    assert not satisfied(lines, "d")


def test_quorum_of_one_witness_and_lines_that_say_nothing():
    lines = ["", "   ", "#", "# quorum none", " # x", "  witness   a\t%s  " % W["a"], "quorum a", "group g any a"]
    assert satisfied(lines, "a")
    assert not satisfied(lines, "b")


def test_a_witness_with_two_kinds_of_key():
    lines = [witness("a"), "witness b " + vkey("a.example", "pq-1", 6), "group g all a b", "quorum g"]
    assert policy.parse(lines).is_satisfied([*signers("a"), ("a.example", pq_public("pq-1"))])
    assert not satisfied(lines, "a")


def test_largest_numbers():
    lines = ["witness w%d %s" % (i, vkey("w.example", "many%d" % i)) for i in range(32)]
    lines += ["group g%d any w%d" % (i, i) for i in range(31)]
    lines += ["group all all " + " ".join("g%d" % i for i in range(31)), "quorum all"]
    assert policy.parse(lines).groups["all"].needed == 31


UNSOUND = "01" + "00" * 31


def raw_vkey(name, data, kind, key_id=None):
    key_id = ledger.key_id(name, data, kind).hex() if key_id is None else key_id
    return "%s+%s+%s" % (name, key_id, base64.b64encode(bytes([kind]) + data).decode())


A = bytes.fromhex(public("a"))
BAD = {
    "no quorum": [witness("a")],
    "nothing": [],
    "quorum none": [witness("a"), "quorum none"],
    "quorum none alone": ["quorum none"],
    "two quorums": [witness("a"), "quorum a", "quorum a"],
    "quorum of nobody": [witness("a"), "quorum b"],
    "quorum above its name": ["quorum a", witness("a")],
    "quorum of two": [*ABC, "quorum a b"],
    "quorum without name": [witness("a"), "quorum"],
    "log line": ["log " + raw_vkey("draw.example/bureau", A, 1), witness("b"), "quorum b"],
    "unknown line": [witness("a"), "quorum a", "witnesses b"],
    "keyword in capitals": [witness("a"), "Quorum a"],
    "two witnesses of one name": [witness("a"), "witness a " + W["b"], "quorum a"],
    "group with the name of a witness": [*ABC, "group a any b c", "quorum a"],
    "witness with the name of a group": [witness("a"), "group b any a", "witness b " + W["b"], "quorum b"],
    "witness none": ["witness none " + W["a"], "quorum none"],
    "group none": [witness("a"), "group none any a", "quorum none"],
    "witness without key": ["witness a", "quorum a"],
    "witness with too many items": [witness("a") + " https://a https://b", "quorum a"],
    "group without members": [witness("a"), "group g any", "quorum a"],
    "group of an unknown": [witness("a"), "group g any a b", "quorum g"],
    "group of itself": [witness("a"), "group g any a g", "quorum g"],
    "group of none": [witness("a"), "group g any a none", "quorum g"],
    "member twice": [*ABC, "group g 2 a a b", "quorum g"],
    "member of two groups": [*ABC, "group g any a b", "group h any a c", "quorum h"],
    "group of zero": [*ABC, "group g 0 a b", "quorum g"],
    "group of more than members": [*ABC, "group g 3 a b", "quorum g"],
    "group of -1": [*ABC, "group g -1 a b", "quorum g"],
    "group of +1": [*ABC, "group g +1 a b", "quorum g"],
    "group of 01": [*ABC, "group g 01 a b", "quorum g"],
    "group of a half": [*ABC, "group g 1.5 a b", "quorum g"],
    "group of an arabic digit": [*ABC, "group g \u0662 a b", "quorum g"],
    "group of most": [*ABC, "group g most a b", "quorum g"],
    "key twice": [witness("a"), "witness b " + W["a"], "quorum a"],
    "key twice by another name": [witness("a"), "witness b " + vkey("other.example", "a"), "quorum a"],
    "33 witnesses": ["witness w%d %s" % (i, vkey("w.example", "many%d" % i)) for i in range(33)] + ["quorum w1"],
    "33 groups": [witness("a"), "group g0 any a"] + ["group g%d any g%d" % (i, i - 1) for i in range(1, 33)] + ["quorum a"],
    "ideographic space": ["witness\u3000a\u3000" + W["a"], "quorum a"],
}  # fmt: skip

BAD_KEYS = {
    "of type 1": raw_vkey("a.example", A, 1),
    "of type 5": raw_vkey("a.example", A, 5),
    "of type 6 and 32 bytes": raw_vkey("a.example", A, 6),
    "of type 4 and 1,312 bytes": raw_vkey("a.example", pq_public("pq-1"), 4),
    "of 31 bytes": raw_vkey("a.example", A[:-1], 4),
    "of 33 bytes": raw_vkey("a.example", A + b"\0", 4),
    "of 1,311 bytes": raw_vkey("a.example", pq_public("pq-1")[:-1], 6),
    "of no bytes": "a.example+%s+" % ledger.key_id("a.example", b"", 4).hex(),
    "unsound": raw_vkey("a.example", bytes.fromhex(UNSOUND), 4),
    "no point": raw_vkey("a.example", b"\xff" * 32, 4),
    "by another keyID": raw_vkey("a.example", A, 4, "00000000"),
    "with the keyID of another name": raw_vkey("a.example", A, 4, ledger.key_id("b.example", A, 4).hex()),
    "with the keyID of another type": raw_vkey("a.example", A, 4, ledger.key_id("a.example", A, 1).hex()),
    "with a keyID in capitals": raw_vkey("a.example", A, 4, ledger.key_id("a.example", A, 4).hex().upper()),
    "with a short keyID": raw_vkey("a.example", A, 4, ledger.key_id("a.example", A, 4).hex()[:-1]),
    "without name": raw_vkey("", A, 4),
    "with a name outside ASCII": raw_vkey("见证.example", A, 4),
    "without plus": raw_vkey("a.example", A, 4).replace("+", "-", 1),
    "without padding": raw_vkey("a.example", pq_public("pq-1"), 6).rstrip("="),
    "with base64 that is not canonical": raw_vkey("a.example", b"\xfb" * 31, 4)[:-1] + "x",
    "not base64": "a.example+%s+!!!!" % ledger.key_id("a.example", A, 4).hex(),
    "with more behind": raw_vkey("a.example", A, 4) + "+x",
}


def test_there_is_a_key_id_with_letters():
    """So that the one in capitals is another text."""
    assert BAD_KEYS["with a keyID in capitals"] != raw_vkey("a.example", A, 4)


@pytest.mark.parametrize("name", BAD)
def test_policy_that_is_refused(name):
    with pytest.raises(policy.PolicyError):
        policy.parse(BAD[name])


@pytest.mark.parametrize("name", BAD_KEYS)
def test_key_that_is_refused(name):
    assert policy.parse_vkey(raw_vkey("a.example", A, 4)).key == A
    with pytest.raises(policy.PolicyError):
        policy.parse(["witness a " + BAD_KEYS[name], "quorum a"])
