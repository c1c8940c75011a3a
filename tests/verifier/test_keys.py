"""Keys that change, policies, timestamps: V11, V12, V14-V16, V57, V64 on whole records."""

from __future__ import annotations

import copy
import random

import pytest
from verifier import canonical, checks_evidence, engine, ledger

from builder import WITNESSES, Builder, cosignature, default_policy, public, vkey
from lies import at, earlier, put
from running import examine, failed, outcome
from test_checks_frozen import ALWAYS
from test_fuzz import places
from test_fuzz import replace as replaced

A, B = "1234567890", "1234567891"  # schools
NOTE = "ledger/checkpoints/%010d.note"
REGISTER = {"schools": [], "year": 2027}


def early(*steps, **changes):
    """Changes of a record whose ledger does these steps before the session's plan."""

    def run(builder):
        for step in steps:
            step(builder)

    return {"before:plan": run, **{name.replace("__", ":").replace("_", "."): value for name, value in changes.items()}}


def policy(*lines):
    return lambda b: b.policy(list(lines) or None)


def rotate(role, new, name=""):
    return lambda b: b.rotate(role, new, name)


def replace(role, new):
    return lambda b: b.replace(role, new)


def confirm(**how):
    return lambda b: b.confirm(**how)


def timestamp(**how):
    return lambda b: b.timestamp(**how)


def register(b):
    b.operator("register", REGISTER, session="")


def signed_by(who, name, step):
    """A step during which somebody signs with a key that is not theirs any more, or not yet."""

    def run(b):
        before = b.ledger.holders.get(name, name)
        b.ledger.holders[name] = who
        step(b)
        b.ledger.holders[name] = before

    return run


EVERYTHING = early(
    policy(),
    rotate("operator", "operator-2"),
    rotate("approver", "approver-2"),
    rotate("recovery", "recovery-2"),
    rotate("school", "school-2", A),
    lambda b: b.retire(B),
    lambda b: b.add_school(B, "school-3"),
    replace("approver", "approver-3"),
    confirm(),
    replace("operator", "operator-3"),
    confirm(),
    replace("recovery", "recovery-3"),
    confirm(),
    timestamp(),
    rotate("school", "school-4", B),
    policy(),
    timestamp(status=0),
)


def frozen(changes):
    return Builder(changes).build("header")


def test_everything_at_once():
    found = examine(frozen(EVERYTHING))
    assert failed(found) == ALWAYS, [one.detail for one in found.outcomes if one.failed]
    for name in ("V11", "V12", "V14", "V15", "V16", "V64"):
        assert outcome(found, name) == engine.PASS, name


def test_ledger_without_any_of_it():
    found = examine(frozen({}))
    for name in ("V15", "V16", "V64"):
        assert outcome(found, name) == engine.NOT_APPLICABLE, name


def test_result_of_a_ledger_with_everything(monkeypatch):
    monkeypatch.setattr(checks_evidence, "ITERATIONS_PER_SECOND", 1000)
    changes = {**EVERYTHING, "before:delay.done": rotate("operator", "operator-4")}
    built = Builder(changes).build()
    found = examine(built, built.trust(), None, built.sealed.values())
    assert failed(found) == set(), [one.detail for one in found.outcomes if one.failed]
    assert found.exit == 0
    assert outcome(found, "V64") == engine.PASS
    for who, names in (("operator", set()), ("operator-2", set()), ("operator-5", {"V57"}), ("approver-3", {"V57"})):
        trust = dict(built.trust(), operator=public(who))
        assert failed(examine(built, trust, None, built.sealed.values())) == names


def by_old_key(sig):
    """Both signatures of a rotation say their own key and are made by the old one."""
    sig["with"] = "operator"


def old_twice(entry):
    entry["sig"][1] = dict(entry["sig"][0])


W1 = "witness a " + vkey("witness.example", "w1")
W2 = "witness b " + vkey("w2.example", "w2")
PQ = "witness c " + vkey("pq.example", "pq-1", 6)
REPLACED = replace("approver", "approver-2")


def quorum(*lines):
    """A policy of these lines that w1 alone satisfies."""
    return policy(W1, *lines, "quorum a")


# what is changed, the checks that must fail besides ALWAYS
LIES = {
    # L12, who signed: V12
    "rotation signed only by the old key": (
        early(rotate("operator", "x"), entry__key_rotated=lambda e: e["sig"].pop()), {"V12"}),
    "rotation signed only by the new key": (
        early(rotate("operator", "x"), entry__key_rotated=lambda e: e["sig"].pop(0)), {"V12"}),
    "rotation signed twice by the old key": (early(rotate("operator", "x"), entry__key_rotated=old_twice), {"V12"}),
    "rotation with a false signature of the new key": (
        early(rotate("operator", "x"), sig__key_rotated=by_old_key), {"V12"}),
    "rotation by somebody else": (
        early(signed_by("x", "operator", rotate("operator", "y")), lambda b: b.ledger.give("operator", "y")), {"V12"}),
    "rotation of another school's key": (
        early(lambda b: b.add("key.rotated", {"id": B, "key": public("x"), "role": "school"},
                              ("school", A), ("school", B), session="", new="x"),
              lambda b: b.ledger.give(B, "x")), {"V12"}),
    "rotation to an unsound key": (
        early(rotate("recovery", "x"), body__key_rotated=put("key", "01" + "00" * 31)), {"V12"}),
    "rotation of a key that does not exist": (
        early(lambda b: b.retire(B), signed_by(B, B, rotate("school", "x", B)), lambda b: b.ledger.give(B, "x")),
        {"V12", "V15"}),
    "old key after a rotation": (
        early(rotate("operator", "operator-2"), signed_by("operator", "operator", register)), {"V12"}),
    "old key of a school after a rotation": (
        early(rotate("school", "x", A), before__roster_submitted=lambda b: b.ledger.give(A, A)), {"V12"}),
    "new key before the rotation": (early(signed_by("operator-2", "operator", register)), {"V12"}),
    "old key after a replacement": (
        early(policy(), REPLACED, confirm(), lambda b: b.ledger.give("approver", "approver")), {"V12"}),
    "replacement without the new key's signature": (
        early(policy(), REPLACED, confirm(), entry__key_replaced=lambda e: e["sig"].pop()), {"V12"}),
    "replacement by one office only": (
        early(policy(), REPLACED, confirm(), entry__key_replaced=lambda e: e["sig"].pop(1)), {"V12"}),
    "replacement in another order": (
        early(policy(), lambda b: b.add("key.replaced", {"document": "00" * 32, "id": "approver", "key": public("x"),
                                                         "reason": "r", "role": "approver"},
                                        ("recovery", "recovery"), ("operator", "operator"), ("approver", "approver"),
                                        session="", new="x"),
              lambda b: b.ledger.give("approver", "x"), confirm()), {"V12"}),
    "replacement for an id that is not the role": (
        early(policy(), REPLACED, confirm(), body__key_replaced=put("id", "recovery"),
              before__roster_submitted=lambda b: b.ledger.give("approver", "approver")), {"V12", "V15"}),
    "replacement for somebody who has no key": (
        early(policy(), lambda b: b.add("key.replaced", {"document": "00" * 32, "id": "x", "key": public("x"),
                                                         "reason": "r", "role": "approver"},
                                        ("operator", "operator"), ("recovery", "recovery"), ("approver", "x"),
                                        session="", new="x"), confirm()), {"V15"}),
    # retirement
    "key of a retired school": (early(lambda b: b.retire(A)), {"V12"}),
    "retirement of a key that is not in force": (
        early(rotate("school", "x", A), lambda b: b.retire(A, A), lambda b: b.add_school(A, "y")), {"V15"}),
    "retirement of a key that never was": (
        early(lambda b: b.retire(A, "z"), lambda b: b.add_school(A, "y")), {"V15"}),
    "retirement signed by the operator alone": (
        early(lambda b: b.retire(A), lambda b: b.add_school(A, "y"), entry__key_retired=lambda e: e["sig"].pop()),
        {"V12"}),
    "key for a school that has one": (early(lambda b: b.add_school(A, "y")), {"V12"}),
    # L5: never given again
    "rotation to the key of another office": (early(rotate("operator", "recovery")), {"V12"}),
    "rotation back": (early(rotate("operator", "x"), rotate("operator", "operator")), {"V12"}),
    "rotation to a witness's key": (early(quorum(), rotate("operator", "w1")), {"V12"}),
    "rotation to the key of a witness of an earlier policy": (
        early(quorum(W2), quorum(), rotate("operator", "w2")), {"V12"}),
    "replacement by a school's key": (early(policy(), replace("recovery", A), confirm()), {"V12"}),
    "the same school, the same key again": (early(lambda b: b.retire(A), lambda b: b.add_school(A, A)), {"V12"}),
    "another school, a retired key": (
        early(lambda b: b.retire(A), lambda b: b.add_school(A, "y"), lambda b: b.add_school("1234567892", A)), {"V12"}),
    "an observer's key for a school": (
        {"before:header": lambda b: b.add_school("1234567892", "o1")}, {"V12", "V21"}),
    "a school's key for an observer": (early(lambda b: b.add_school("1234567892", "o1")), {"V21"}),
    "a key that is no more in force for an observer": (
        early(rotate("recovery", "o1"), rotate("recovery", "x")), {"V21"}),
    "a witness's key for an observer": (early(quorum("witness o " + vkey("o.example", "o1"))), {"V21"}),
    "a ledger's key for an observer of another session": (
        {"before:plan": earlier, "file:header.json": put("draws", 0, "attempt", 2),
         "body:observer.enrolled": at(0, put("key", public("approver")))}, {"V12"}),
    # V15, confirmations
    "replacement without confirmation": (early(policy(), REPLACED), {"V15"}),
    "replacement in a ledger without a policy": (early(REPLACED, confirm()), {"V15"}),
    "late confirmation": (early(policy(), REPLACED, register, confirm()), {"V15"}),
    "late confirmation of the right checkpoint": (early(policy(), REPLACED, register, confirm(size=6)), {"V15"}),
    "confirmation of nothing": (early(policy(), confirm()), {"V15"}),
    "second confirmation": (early(policy(), REPLACED, confirm(), confirm()), {"V15"}),
    "confirmation by a stranger": (early(policy(), REPLACED, confirm(name="x.example", who="x")), {"V15"}),
    "confirmation by a stranger in a witness's name": (early(policy(), REPLACED, confirm(who="x")), {"V15"}),
    "confirmation in another witness's name": (early(policy(), REPLACED, confirm(name="pq.example")), {"V15"}),
    "confirmation by a witness of an earlier policy": (
        early(quorum(W2), quorum(), REPLACED, confirm(name="w2.example", who="w2")), {"V15"}),
    "confirmation by a witness of a later policy": (
        early(quorum(), REPLACED, confirm(name="w2.example", who="w2"), quorum(W2)), {"V15"}),
    "confirmation of the checkpoint before": (early(policy(), REPLACED, confirm(size=5)), {"V15"}),
    "confirmation at another time": (
        early(policy(), REPLACED, confirm(),
              body__key_confirmed=lambda b: b.update(cosignature="00" * 8 + b["cosignature"][16:])), {"V15"}),
    "confirmation by the old operator": (
        early(policy(), replace("operator", "x"), signed_by("operator", "operator", confirm())), {"V12"}),
    "policy between replacement and confirmation": (early(quorum(), REPLACED, quorum(), confirm()), {"V15"}),
    "policy of post-quantum witnesses alone": (
        early(policy(PQ, "quorum c"), REPLACED, confirm(name="pq.example")), {"V15"}),
    # policies: V15 (what L17 refuses line by line is in test_policy.py)
    "quorum none": (early(policy(W1, "quorum none")), {"V15"}),
    "quorum of nobody": (early(policy(W1, "quorum z")), {"V15"}),
    "group of more than its members": (early(policy(W1, "group g 2 a", "quorum g")), {"V15"}),
    "vkey with another keyID": (
        early(policy("witness a witness.example+00000000+" + W1.split("+", 2)[2], "quorum a")), {"V15"}),
    "one key twice": (early(policy(W1, "witness z " + vkey("z.example", "w1"), "quorum a")), {"V15"}),
    "log line": (early(policy("log " + vkey("draw.example/bureau", "operator", 1), W1, "quorum a")), {"V15"}),
    "key of an office for a witness": (early(quorum("witness z " + vkey("z.example", "recovery"))), {"V15"}),
    "key of a retired school for a witness": (
        early(lambda b: b.retire(A), lambda b: b.add_school(A, "y"), quorum("witness z " + vkey("z.example", A))),
        {"V15"}),
    "key of an observer for a witness": (
        {"before:header": quorum("witness z " + vkey("z.example", "o1"))}, {"V15", "V21"}),
    "policy signed by the operator alone": (early(policy(), entry__policy=lambda e: e["sig"].pop()), {"V12"}),
    # V64
    "policy that nobody follows": (early(policy(W2, "quorum b")), {"V64"}),
    "last policy that nobody follows": (early(policy(), policy(W2, "quorum b")), {"V64"}),
    "first policy that nobody followed": (early(policy(W2, "quorum b"), policy()), set()),
    "quorum of all with one missing": (early(policy(W1, W2, "group g all a b", "quorum g")), {"V64"}),
    "quorum of any with one missing": (early(policy(W1, W2, "group g any a b", "quorum g")), set()),
    # V16
    "timestamp of something else": (early(timestamp(digest=bytes(32))), {"V16"}),
    "timestamp of another size": (early(timestamp(), body__timestamp=put("size", 3)), {"V16"}),
    "timestamp of a size to come": (early(timestamp(), body__timestamp=put("size", 5)), {"V16"}),
    "timestamp of a size far away": (early(timestamp(), body__timestamp=put("size", 2**53 - 1)), {"V16"}),
    "timestamp of no entries": (early(timestamp(size=0)), {"V16"}),
    "timestamp of an earlier checkpoint": (early(timestamp(size=1)), set()),
    "timestamp that was rejected": (early(timestamp(status=2)), {"V16"}),
    "timestamp with bytes behind it": (early(timestamp(tail=b"\0")), {"V16"}),
    "timestamp that is none": (early(timestamp(), body__timestamp=put("response", "ff")), {"V16"}),
    # V03
    "role of a school replaced": (early(policy(), REPLACED, confirm(), body__key_replaced=put("role", "school")), {"V03"}),
    "observer's key rotated": (early(rotate("recovery", "x"), body__key_rotated=put("role", "observer")), {"V03"}),
    "retirement of an office": (early(lambda b: b.retire(B), body__key_retired=put("role", "approver")), {"V03"}),
    "retirement without reason": (early(lambda b: b.retire(B), body__key_retired=put("reason", "")), {"V03"}),
    "confirmation of 71 bytes": (
        early(policy(), REPLACED, confirm(), body__key_confirmed=put("cosignature", "00" * 71)), {"V03"}),
    "policy without lines": (early(policy(), body__policy=put("lines", [])), {"V03"}),
    "policy with a line of nothing": (early(policy(), body__policy=lambda b: b["lines"].append("")), set()),
    "policy with a line of 4,001 characters": (
        early(policy(), body__policy=lambda b: b["lines"].append("#" * 4001)), {"V03"}),
    "policy of 201 lines": (early(policy(), body__policy=lambda b: b["lines"].extend(["#"] * 200)), {"V03"}),
    "timestamp without response": (early(timestamp(), body__timestamp=put("response", "")), {"V03"}),
    "timestamp of 30,001 bytes": (early(timestamp(), body__timestamp=put("response", "00" * 30001)), {"V03"}),
    "timestamp of half a byte": (early(timestamp(), body__timestamp=put("response", "000")), {"V03"}),
    "policy in a session": (early(policy(), entry__policy=put("session", "2026-autumn")), {"V03"}),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_lie(name):
    changes, expected = LIES[name]
    found = examine(frozen(changes))
    assert failed(found) - ALWAYS == expected, [one.detail for one in found.outcomes if one.failed]
    assert not found.problem
    assert found.exit == (1 if expected - {"V64"} else 3)


def test_policy_that_cannot_be_read_is_satisfied_by_nothing():
    found = examine(frozen(LIES["quorum none"][0]))
    assert outcome(found, "V64") == engine.CANNOT


def test_policy_of_the_largest_size():
    """200 lines, of 4,000 characters where they fit."""
    built = frozen(early(policy(*default_policy(), *["#" * 200] * 180, "#" * 4000)))
    assert failed(examine(built)) == ALWAYS


# --- notes --------------------------------------------------------------------------------------------------------


def with_note(changes, size, cosigners=(), operator=""):
    built = frozen(changes)
    size = size or len(built.ledger.lines)
    built.files[NOTE % size] = built.ledger.note(size, tuple(cosigners), operator)
    built.reseal()
    return failed(examine(built)) - ALWAYS


ROTATED = early(rotate("operator", "operator-2"))  # entry 4, so the tree of size 4 is the last without it


@pytest.mark.parametrize(
    ("size", "operator", "names"),
    [
        (4, "operator", set()), (4, "operator-2", {"V11"}), (5, "operator", {"V11"}), (5, "operator-2", set()),
        (0, "operator", {"V11"}), (0, "operator-2", set()), (3, "approver", {"V11"}),
    ],
)  # fmt: skip
def test_checkpoint_is_signed_by_the_key_in_force_at_its_size(size, operator, names):
    """Size 0 stands for the whole ledger."""
    assert with_note(ROTATED, size, operator=operator) == names


def test_checkpoint_that_ends_with_a_replacement_is_signed_by_the_new_key():
    changes = early(policy(), replace("operator", "operator-2"), confirm())
    at_size = [entry["type"] for entry in frozen(changes).ledger.entries].index("key.replaced") + 1
    every = WITNESSES
    assert with_note(changes, at_size, every) == set()
    assert with_note(changes, at_size, every, "operator") == {"V11"}
    assert with_note(changes, at_size - 1, every, "operator") == set()


def test_ledger_that_ends_with_a_replacement():
    built = frozen(early(policy()))
    built.replace("approver", "approver-2")
    built.finish("frozen")
    assert failed(examine(built)) - ALWAYS == {"V15"}
    built.confirm()
    built.finish("frozen")
    assert failed(examine(built)) == ALWAYS


def broken(built, size, line):
    """One byte of a signature line altered; line 0 is the ledger's."""
    path = NOTE % size
    lines = built.files[path].split(b"\n")
    lines[4 + line] = lines[4 + line][:-12] + b"AAAAAAAA" + lines[4 + line][-4:]
    built.files[path] = b"\n".join(lines)
    built.reseal()
    return failed(examine(built)) - ALWAYS


def test_altered_lines_of_witnesses():
    for line in (1, 2):  # Ed25519, ML-DSA-44
        built = frozen(early(policy()))
        assert broken(built, len(built.ledger.lines), line) == {"V14", "V64"}
        built = frozen(early(policy()))
        built.files[NOTE % 5] = built.ledger.note(5, WITNESSES)
        assert broken(built, 5, line) == {"V14"}


def test_altered_line_of_a_witness_that_no_policy_names_is_ignored():
    built = frozen({})
    built.files[NOTE % 5] = built.ledger.note(5, WITNESSES)
    assert broken(built, 5, 2) == set()


def test_lines_of_a_policy_that_came_later_or_was_replaced_are_known():
    for changes in (early(policy(), quorum()), early(quorum(), policy())):
        built = frozen(changes)
        built.files[NOTE % 3] = built.ledger.note(3, WITNESSES)
        assert broken(built, 3, 2) == {"V14"}


@pytest.mark.parametrize("cosigners", [(), WITNESSES[:1], WITNESSES[1:], (("witness.example", "x"), WITNESSES[1]),
                                       (WITNESSES[0], ("pq.example", "pq-2")), (WITNESSES[0], ("other.example", "pq-1"))])  # fmt: skip
def test_quorum_that_is_not_there(cosigners):
    assert with_note(early(policy()), 0, cosigners) == {"V64"}


def test_quorum_on_a_checkpoint_before_the_header_or_in_two_halves():
    built = frozen(early(policy()))
    size = len(built.ledger.lines)
    built.files[NOTE % size] = built.ledger.note(size, WITNESSES[:1])
    built.files[NOTE % (size - 1)] = built.ledger.note(size - 1, WITNESSES)
    built.reseal()
    assert failed(examine(built)) - ALWAYS == {"V64"}
    built.operator("commits.closed", {"commitments": [], "digits": "", "hash": "00" * 32})
    built.files[NOTE % (size + 1)] = built.ledger.note(size + 1, WITNESSES[1:])
    built.write_ledger()
    built.reseal()
    assert "V64" in failed(examine(built))


def test_quorum_on_a_checkpoint_before_the_result():
    built = Builder(early(policy())).build()
    size = len(built.ledger.lines)
    assert outcome(examine(built), "V64") == engine.PASS
    built.files[NOTE % size] = built.ledger.note(size, WITNESSES[:1])
    built.files[NOTE % (size - 1)] = built.ledger.note(size - 1, WITNESSES)
    built.reseal()
    assert outcome(examine(built), "V64") == engine.FAIL


# --- the whole ledger ---------------------------------------------------------------------------------------------


def continued(*steps):
    """A record, and the ledger as it went on."""
    built, other = Builder(early(policy())).build(), Builder(early(policy())).build()
    assert built.ledger.lines == other.ledger.lines
    for step in steps:
        step(other)
    other.write_ledger()
    return examine(built, other.trust(), other.files["ledger/entries.jsonl"], built.sealed.values())


@pytest.fixture
def _short_delay(monkeypatch):
    monkeypatch.setattr(checks_evidence, "ITERATIONS_PER_SECOND", 1000)


@pytest.mark.usefixtures("_short_delay")
def test_trust_file_with_a_key_that_came_after_the_record():
    found = continued(rotate("operator", "operator-2"), REPLACED, confirm(), timestamp())
    assert failed(found) == set(), [one.detail for one in found.outcomes if one.failed]
    assert found.exit == 0


@pytest.mark.usefixtures("_short_delay")
@pytest.mark.parametrize(
    ("steps", "names"),
    [
        ((signed_by("x", "operator", rotate("operator", "y")), lambda b: b.ledger.give("operator", "y")), {"V80"}),
        ((REPLACED, register), {"V80"}),
        ((REPLACED,), {"V80"}),
        ((policy(W1, "quorum none"),), {"V80"}),
        ((rotate("operator", "w1"),), {"V80"}),
    ],
)
def test_whole_ledger_that_breaks_the_rules_of_keys_is_not_used(steps, names):
    found = continued(*steps)
    assert outcome(found, "V26") == engine.CANNOT
    assert failed(found) == names
    assert found.exit == 3


def test_cosignature_of_the_builder_is_that_of_the_specification():
    text = b"a.b\n5\n"
    assert ledger.cosignature_holds(text, bytes.fromhex(public("w1")), cosignature("w1", text))
    assert not ledger.cosignature_holds(text + b"x", bytes.fromhex(public("w1")), cosignature("w1", text))
    assert not ledger.cosignature_holds(text, bytes.fromhex(public("w1")), cosignature("w1", text) + b"x")


# --- any value ----------------------------------------------------------------------------------------------------


def altered(built, seed):
    """One member of the body or signatures of one of the new entries replaced, and the chain made anew."""
    draw = random.Random(seed)
    places_of_entries = [i for i, entry in enumerate(built.ledger.entries) if entry["type"].split(".")[0] in
                         ("key", "policy", "timestamp")]  # fmt: skip
    number = draw.choice(places_of_entries)
    entry = canonical.decode(built.ledger.lines[number])
    candidates = [place for place in places(entry) if place[:1] in (("body",), ("sig",), ("actor",))]
    replaced(entry, draw.choice(candidates), draw)
    before = built.ledger.lines[number]
    built.ledger.lines[number] = canonical.encode(entry)
    for i in range(number + 1, len(built.ledger.lines)):
        follower = canonical.decode(built.ledger.lines[i])
        follower["prev"] = ledger.leaf_hash(built.ledger.lines[i - 1]).hex()
        built.ledger.lines[i] = canonical.encode(follower)
    built.write_ledger()
    built.reseal()
    return built.ledger.lines[number] != before


def test_altered_values_of_the_new_entries():
    good = frozen(EVERYTHING)
    for seed in range(60):
        built = copy.deepcopy(good)
        if altered(built, seed):
            found = examine(built)
            assert not found.problem, (seed, found.problem)
            assert found.exit == 1, seed
