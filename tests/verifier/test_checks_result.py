"""Records of phase result, with trust file and sealed rosters: the way to exit code 0 and everything that blocks it."""

from __future__ import annotations

import base64
import hashlib

import pytest
from verifier import canonical, checks_evidence, engine, grouping

from builder import ORIGIN, SESSION, Builder, fresh, public
from lies import at, earlier, put
from running import examine, failed, honest, outcome


@pytest.fixture(autouse=True)
def _short_delay(monkeypatch):
    """A real delay of four million squarings a second of window cannot be evaluated in a test."""
    monkeypatch.setattr(checks_evidence, "ITERATIONS_PER_SECOND", 1000)


NOTHING_THERE = [
    "V15",
    "V16",
    "V17",
    "V18",
    "V19",
    "V41",
    "V64",
    "V65",
    "V80",
    "V81",
    "V82",
    "V90",
    "V92",
]  # no beacon; and the ledger has no changed key, policy or timestamp


def everything(built):
    return examine(built, built.trust(), None, built.sealed.values())


def outside(built):
    """What one sees who has a trust file and no sealed roster."""
    return examine(built, built.trust())


def test_honest_record_is_proven():
    found = everything(honest())
    assert failed(found) == set()
    assert found.exit == 0
    assert [one["id"] for one in found.covered] == ["b1", "o1", "o2", "o3"]
    assert {one.outcome for one in found.outcomes} == {engine.PASS, engine.NOT_APPLICABLE}
    assert [one.check.id for one in found.outcomes if one.outcome == engine.NOT_APPLICABLE] == NOTHING_THERE
    assert all(one.items for one in found.outcomes if one.outcome == engine.PASS)
    assert [row["draw"] for row in found.draws] == ["d01", "d02"]


def test_without_trust_it_is_not_proven():
    found = examine(honest())
    assert failed(found) == {"V57", "V58"}
    assert found.exit == 3


def test_real_limit_of_the_delay(monkeypatch):
    monkeypatch.setattr(checks_evidence, "ITERATIONS_PER_SECOND", 4_000_000)
    found = everything(honest())
    assert failed(found) == {"V51"}
    assert found.exit == 3


def drop(kind, who):
    """No entry of a type by one observer: whatever it would be is left out of the chain."""

    def change(builder):
        plain = builder.ledger.add

        def add(name, body, signers, session=SESSION):
            if not (name == kind and signers[0][1] == who):
                plain(name, body, signers, session)

        builder.ledger.add = add

    return change


def flip_last(text):
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def exchange(value):
    """Two units of different classes exchange them, so that the counts stay right."""
    classes = value["classes"]
    other = next(i for i, chosen in enumerate(classes) if chosen != classes[0] and i)
    classes[0], classes[other] = classes[other], classes[0]


def one_bundling(value):
    value["bundlings"] = [value["bundlings"][0]] * len(value["bundlings"])


def swap_in_bundles(value):
    """Exchange two single units of a bundling: still lawful groups, but not those of the rule."""
    bundling = value["bundlings"][0]
    bundling[0], bundling[1] = sorted([bundling[1][0], *bundling[0][1:]]), sorted([bundling[0][0], *bundling[1][1:]])
    bundling.sort()


def no_public_draw(plan):
    plan["sources"]["public_draw"] = {}


def no_own_clients(body):
    body["client"] = "kiosk"


def only(name):
    return put(slice(None), [name])


def unbalanced(value):
    first, second = value["bundlings"][0][0], value["bundlings"][0][1]
    first.extend(second[1:])
    first.sort()
    del second[1:]


# what is changed, the checks that must fail
LIES = [
    ({"body:commits.closed": lambda body: body["commitments"].reverse()}, {"V27"}),
    ({"body:commits.closed": put("hash", "00" * 32)}, {"V27"}),
    ({"body:commits.closed": put("digits", "271829")}, {"V28"}),
    ({"file:sources.json": put("public_draw", "271829")}, {"V28"}),
    ({"body:source": put("digits", "27182")}, {"V28"}),
    ({"body:source": put("digits", "27182x")}, {"V28"}),
    ({"file:plan.json": put("sources", "public_draw", "confirmations", 3)}, {"V12", "V28"}),
    ({"sig:source": lambda sig: sig.update(id="b1", key=public("b1"), **{"with": "b1"}) if sig["id"] == "o2" else None},
     {"V28"}),
    ({"file:draws/d01/groups.json": lambda value: value["blocks"].reverse()}, {"V30", "V74"}),
    ({"file:draws/d01/groups.json": lambda value: value["bundlings"].pop()}, {"V30", "V74"}),
    ({"file:draws/d01/groups.json": unbalanced}, {"V44", "V74"}),
    ({"file:draws/d01/groups.json": put("draw", "d02")}, {"V30", "V74"}),
    ({"body:groups.fixed": put("groups", 0, "size", 1)}, {"V30"}),
    ({"body:groups.fixed": put("hash", "00" * 32)}, {"V30"}),
    ({"body:attest.groups": at(2, put("groups_hash", "00" * 32))}, {"V32"}),
    ({"body:reveals.opened": lambda body: body["attested"].pop()}, {"V32"}),
    ({"file:plan.json": put("quorum", "roles", "other", 2)}, {"V32", "V50"}),
    ({"body:reveals.closed": put("openings", 4, "status", "none")}, {"V33"}),
    ({"body:reveals.closed": put("openings", 0, {"contribution": "", "salt": "", "status": "wrong"})},
     {"V20", "V33", "V34"}),
    ({"body:reveals.closed": put("hash", "00" * 32)}, {"V33"}),
    ({"body:reveals.closed": lambda body: body["openings"].pop()}, {"V33"}),
    ({"body:attest.reveals": at(1, put("reveals_closed_hash", "00" * 32))}, {"V34"}),
    ({"body:coverage.closed": lambda body: body["covered"].pop()}, {"V34"}),
    ({"body:coverage.closed": lambda body: body["covered"].append("o4")}, {"V34"}),
    ({"file:delay.json": put("segments", 0, "proof", "08" + "00" * 99)}, {"V40"}),
    ({"file:delay.json": put("segments", 0, "y", "08" + "00" * 99)}, {"V40"}),
    ({"file:delay.json": put("segments", 0, "y", "ff" * 100)}, {"V40"}),
    ({"file:delay.json": lambda value: value["segments"].append(value["segments"][0])}, {"V40"}),
    ({"body:delay.done": put("segments", 0, "proof", "04" + "00" * 99)}, {"V40"}),
    ({"body:seed": lambda body: body.update(seed=flip_last(body["seed"]))}, {"V42"}),
    ({"file:draws/d01/result.json": exchange}, {"V43"}),
    ({"file:draws/d01/result.json": put("classes", 0, 9)}, {"V43"}),
    ({"file:draws/d01/result.json": put("bundling", 99)}, {"V43"}),
    ({"file:draws/d01/result.json": lambda value: value["counts"].append(value["counts"].pop(0))},
     {"V43", "V44", "V45"}),
    ({"body:result": put("draws", 1, "size", 1)}, {"V43"}),
    ({"file:statement.json": lambda value: value["draws"].pop()}, {"V45", "V75"}),
    ({"file:statement.json": put("draws", 0, "certificate", 0, "reached", 0)}, {"V45", "V75"}),
    ({"file:statement.json": put("draws", 0, "certificate", 1, "feature", "sex=x")}, {"V45", "V75"}),
    ({"body:published": put("files", 1)}, {"V46"}),
    ({"body:published": put("files_hash", "00" * 32)}, {"V46"}),
    ({"file:plan.json": put("quorum", "covered", 4)}, {"V50", "V63"}),
    ({"file:plan.json": put("windows", "reveal", 61)}, {"V51"}),
    ({"file:plan.json": put("bundlings", 15)}, {"V51"}),
    ({"body:observer.enrolled": no_own_clients}, {"V52"}),
    ({"body:groups.checked": put("groups_hash", "00" * 32)}, {"V53"}),
    ({"body:groups.checked": lambda body: body["sealed_hashes"].reverse()}, {"V53"}),
    ({"file:draws/d02/groups.json": one_bundling}, {"V54", "V74"}),
    ({"cosigners": lambda names: names.remove("o3")}, {"V63"}),  # b1, of role bureau, is the third
    ({"cosigners": lambda names: names.clear()}, {"V63"}),
    ({"cosigners": only("o1"), "file:plan.json": put("quorum", "covered", 1)}, set()),
    ({"cosigners": only("b1"), "file:plan.json": put("quorum", "covered", 1)}, {"V63"}),
    ({"cosigners": lambda names: names.remove("b1")}, set()),
    ({"cosigners": put(3, "o4")}, {"V63"}),  # committed and not covered
    ({"cosigners": put(3, "o2")}, {"V63"}),  # one observer twice
    ({"cosigners": put(3, "w1")}, {"V63"}),  # a witness is no observer
    ({"file:draws/d01/groups.json": swap_in_bundles}, None),
    ({"file:plan.json": put("rehearsal", True)}, {"V55"}),
    ({"file:plan.json": no_public_draw}, set()),
    ({"before:attest.groups": drop("attest.groups", "o1")}, None),
    ({"before:attest.reveals": drop("attest.reveals", "o3")}, None),
    ({"before:groups.checked": drop("groups.checked", "r1")}, {"V53"}),
    ({"before:opening": drop("opening", "o3")}, None),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(LIES)))
def test_lie(number):
    changes, expected = LIES[number]
    found = everything(Builder(changes).build())
    seen = failed(found)
    if expected is None:  # several checks, which the tests below name
        assert seen
    else:
        assert seen == expected, [one.detail for one in found.outcomes if one.failed]
    not_evidence = {one.check.id for one in found.outcomes if one.check.category != "evidence"}
    assert found.exit == (1 if seen & not_evidence else 3 if seen else 0)
    assert not found.problem


# --- what anyone sees without the sealed rosters ------------------------------------------------------------------


def sized(**values):
    return lambda value: value["draws"][0]["certificate"][0].update(values)


def line(number, **values):
    return lambda value: value["draws"][0]["certificate"][number].update(values)


def hand_made(times):
    """The first division of the remainder in so many of the 16 bundlings."""

    def change(value):
        value["bundlings"][:times] = [value["bundlings"][0]] * times

    return change


def nothing_apart(sealed):
    sealed["constraints"]["apart"] = []


PUBLIC_LIES = [
    # V45: sizes can be counted by anyone, the rest only compared with its bound
    ({"file:statement.json": sized(reached=2, proven=False)}, {"V45"}),
    ({"file:statement.json": sized(reached=0, proven=False)}, {"V45"}),
    ({"file:statement.json": sized(reached=1, bound=1, proven=False)}, {"V45"}),
    ({"file:statement.json": sized(reached=0, bound=0, proven=True)}, {"V45"}),
    ({"file:statement.json": line(1, bound=1, reached=0, proven=False)}, {"V45"}),
    ({"file:statement.json": line(1, bound=1, reached=0, proven=True)}, {"V45"}),
    ({"file:statement.json": line(1, bound=2, reached=2, proven=True)}, {"V45"}),
    ({"file:statement.json": line(1, bound=1, reached=9, proven=False)}, set()),  # V75, with the sealed roster
    # V54
    ({"file:draws/d02/groups.json": hand_made(16)}, {"V54"}),
    ({"file:draws/d02/groups.json": hand_made(15)}, {"V54"}),
    ({"file:draws/d02/groups.json": hand_made(3)}, set()),
    ({"file:draws/d01/groups.json": hand_made(16)}, {"V54"}),
]


@pytest.mark.parametrize("number", range(len(PUBLIC_LIES)))
def test_lie_without_sealed_rosters(number):
    changes, expected = PUBLIC_LIES[number]
    found = outside(Builder(changes).build())
    assert failed(found) == expected, [one.detail for one in found.outcomes if one.failed]
    assert found.exit == (1 if "V45" in expected else 3 if expected else 0)


def test_honest_size_is_the_worst_bundling():
    built = honest()
    sizes = [len(unit) for unit in canonical.decode(built.files["draws/d01/units.json"])["units"]]
    bundlings = canonical.decode(built.files["draws/d01/groups.json"])["bundlings"]
    counts = [[sum(sizes[unit] for unit in bundle) for bundle in bundling] for bundling in bundlings]
    line = canonical.decode(built.files["statement.json"])["draws"][0]["certificate"][0]
    assert line["reached"] == max(max(row) - min(row) for row in counts) == 1  # so that the lies above are lies


def test_remainders_that_are_too_small_to_tell(monkeypatch):
    monkeypatch.setattr(grouping, "SMALL_REMAINDER", 0)  # else A2 gives blocks back
    found = everything(Builder({"sealed:d02": nothing_apart}).build())
    assert failed(found) == set()
    assert outcome(found, "V54") == engine.NOT_APPLICABLE
    assert found.exit == 0
    assert outcome(everything(honest()), "V54") == engine.PASS


# --- coverage in time (V63) ---------------------------------------------------------------------------------------


def covered_notes(*notes, changes=None):
    """An honest record whose coverage was cosigned by these notes: (entries after coverage.closed, names)."""
    built = Builder({**(changes or {}), "cosigners": lambda names: names.clear()}).build() if changes else honest()
    size = built.covered_size()
    built.files.pop("ledger/checkpoints/%010d.note" % size)
    for later, names in notes:
        built.cosign(size + later, names)
    built.reseal()
    return built


def one_entry_more(builder):
    builder.operator("register", {"schools": [], "year": 2027}, session="")


def test_coverage_without_a_note():
    assert failed(everything(covered_notes())) == {"V63"}


@pytest.mark.parametrize(("later", "names"), [(-1, {"V63"}), (0, set()), (1, {"V63"})])
def test_note_must_hold_the_coverage_and_not_the_delay(later, names):
    found = everything(covered_notes((later, ["o1", "o2", "o3"])))
    assert failed(found) == names
    assert found.exit == (3 if names else 0)


@pytest.mark.parametrize(
    ("notes", "names"),
    [
        ([(0, ["o1"]), (1, ["o2", "o3"])], set()),
        ([(1, ["o1", "o2", "o3"])], set()),
        ([(0, ["o1", "o2"]), (1, ["o1", "o2"])], {"V63"}),
        ([(0, ["o1", "o2"]), (2, ["o3"])], {"V63"}),
    ],
)
def test_cosignatures_of_several_notes_are_counted_once_each(notes, names):
    built = covered_notes(*notes, changes={"before:delay.done": one_entry_more})
    assert failed(everything(built)) == names


def test_coverage_note_that_the_operator_did_not_sign():
    built = honest()
    path = "ledger/checkpoints/%010d.note" % built.covered_size()
    lines = built.files[path].split(b"\n")
    lines[4] = lines[4][:-12] + b"AAAAAAAA" + lines[4][-4:]
    built.files[path] = b"\n".join(lines)
    built.reseal()
    assert failed(everything(built)) == {"V11", "V63"}


def test_coverage_note_with_a_cosignature_that_does_not_hold():
    built = honest()
    path = "ledger/checkpoints/%010d.note" % built.covered_size()
    lines = built.files[path].split(b"\n")
    lines[5] = lines[5][:-12] + b"AAAAAAAA" + lines[5][-4:]  # the bureau's: a broken line makes the note invalid (L10)
    built.files[path] = b"\n".join(lines)
    built.reseal()
    assert failed(everything(built)) == {"V14", "V63"}


def test_coverage_cosigned_with_a_key_that_was_not_enrolled():
    built = honest()
    size = built.covered_size()
    names = [(f"{ORIGIN}/{SESSION}/{name}", who) for name, who in (("o1", "o1"), ("o2", "o2"), ("o3", "stranger"))]
    built.files["ledger/checkpoints/%010d.note" % size] = built.ledger.note(size, tuple(names))
    built.reseal()
    assert failed(everything(built)) == {"V63"}


def test_coverage_cosigned_in_another_session():
    built = honest()
    size = built.covered_size()
    names = [(f"{ORIGIN}/2026-summer/{name}", name) for name in ("o1", "o2", "o3")]
    built.files["ledger/checkpoints/%010d.note" % size] = built.ledger.note(size, tuple(names))
    built.reseal()
    assert failed(everything(built)) == {"V63"}


def test_coverage_note_beyond_the_ledger_is_no_crash():
    """delay.done claims a place far behind, and a checkpoint more entries than there are."""
    built = Builder({"entry:delay.done": put("seq", 10**9)}).build()
    root = base64.b64encode(bytes(32))
    note = built.ledger.note()
    for size in (1000, 10**8):
        built.files["ledger/checkpoints/%010d.note" % size] = (
            ORIGIN.encode() + b"\n%d\n" % size + root + b"\n\n" + note.split(b"\n\n")[1]
        )
    built.reseal()
    found = everything(built)
    assert not found.problem
    assert found.exit == 1
    assert {"V10", "V11"} <= failed(found)


def test_attestation_that_was_never_made():
    found = everything(Builder({"before:attest.groups": drop("attest.groups", "o1")}).build())
    assert {"V32", "V33", "V34"} <= failed(found)
    assert "o1" not in [one["id"] for one in found.covered]


def test_second_opening_is_refused():
    def again(builder):
        hashes = {"commits_closed_hash": builder.closed.hex(), "groups_hash": builder.groups_hash.hex()}
        body = dict(contribution="00" * 32, salt="00" * 32, **hashes)
        builder.ledger.add("opening", body, [("observer", "o1")])

    assert failed(everything(Builder({"before:reveals.closed": again}).build())) == {"V20"}


def test_wrong_opening_must_be_called_wrong():
    def lie(body):
        if body["salt"] == fresh("salt", "o3").hex():
            body["salt"] = "00" * 32

    found = everything(Builder({"body:opening": lie}).build())
    assert "V33" in failed(found)
    assert "o3" not in [one["id"] for one in found.covered]


def test_abort_after_reveals_were_opened_is_refused():
    def abort(builder):
        builder.ledger.add("aborted", {"reason": "it did not suit"}, [("operator", "operator")])

    assert "V20" in failed(everything(Builder({"before:reveals.closed": abort}).build()))


def test_entries_after_published():
    def change(builder):
        builder.operator("register", {"schools": [], "year": 2027}, session="")
        builder.finish("result")

    built = honest()
    change(built)
    assert failed(everything(built)) == {"V20"}


def annulled(built):
    body = {"document": "00" * 32, "draws": ["d01"], "reason": "test"}
    built.add("annulled", body, ("operator", "operator"), ("approver", "approver"))


def test_annulled_in_the_record():
    built = honest()
    annulled(built)
    built.finish("result")
    found = everything(built)
    assert failed(found) == {"V61"}
    assert found.exit == 3


def test_annulled_twice():
    built = honest()
    annulled(built)
    annulled(built)
    built.finish("result")
    assert failed(everything(built)) == {"V20", "V61"}


def test_two_draws_annulled_one_after_the_other():
    built = honest()
    annulled(built)
    body = {"document": "00" * 32, "draws": ["d02"], "reason": "test"}
    built.add("annulled", body, ("operator", "operator"), ("approver", "approver"))
    built.finish("result")
    assert failed(everything(built)) == {"V61"}


def longer(built):
    built.write_ledger()
    return built.files["ledger/entries.jsonl"]


def test_annulled_in_the_whole_ledger():
    built, other = honest(), honest()
    annulled(other)
    found = examine(built, other.trust(), longer(other), built.sealed.values())
    assert failed(found) == {"V61", "V81"}  # and the grade has no draw now
    assert [one["outcome"] for one in found.attempts] == ["annulled", "published"]


def test_second_draw_in_the_whole_ledger():
    built, other = honest(), honest()
    header = built.ledger.entries[[e["type"] for e in built.ledger.entries].index("header")]["body"]
    other.ledger.changes["body:header"] = lambda body: body["draws"][0].update(attempt=2)
    earlier(other)
    found = examine(built, other.trust(), longer(other), built.sealed.values())
    assert failed(found) == {"V26"}
    assert header["draws"][0]["attempt"] == 1
    assert found.exit == 1


def test_opened_and_left_in_the_whole_ledger():
    """A session of the next year that nobody ever published speaks against this one."""
    for published, names in ((False, {"V56"}), (True, set())):
        built, other = honest(), honest()
        earlier(other, opened=True, year=2027, published=published)
        found = examine(built, other.trust(), longer(other), built.sealed.values())
        assert failed(found) == names


def test_forged_whole_ledger_is_not_used():
    built, other = honest(), honest()
    other.ledger.changes["entry:annulled"] = put("body", "reason", "changed after signing")
    annulled(other)
    found = examine(built, other.trust(), longer(other), built.sealed.values())
    assert outcome(found, "V26") == "CANNOT-CHECK"
    assert found.exit == 3


def test_whole_ledger_of_another_history():
    built = honest()
    other = Builder({"body:register": put("year", 2027)}).build("header")
    found = examine(built, built.trust(), longer(other), built.sealed.values())
    assert failed(found) == {"V80"}
    assert outcome(found, "V26") == outcome(found, "V57") == outcome(found, "V61") == "CANNOT-CHECK"


def test_earlier_attempt_that_was_revealed():
    changes = {"before:plan": lambda b: earlier(b, opened=True), "file:header.json": put("draws", 0, "attempt", 2)}
    found = everything(Builder(changes).build())
    assert failed(found) == {"V26", "V56"}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (put("operator", public("approver")), {"V57"}),
        (put("origin", "other.example"), {"V57"}),
        (put("checkpoint", "root", "00" * 32), {"V57"}),
        (put("checkpoint", "size", 5), {"V57"}),
        (put("checkpoint", "size", 10**6), {"V57"}),
        (put("witnesses_required", 2), {"V57"}),
        (put("witnesses_required", 0), {"V57"}),
        (put("witnesses", []), {"V57"}),
        (put("witnesses", 0, "key", public("w2")), {"V57"}),
        (put("witnesses", 0, "key", "01" + "00" * 31), {"V57"}),
        (put("observers", []), {"V58"}),
        (put("observers", [public("b1"), public("o4")]), {"V58"}),
    ],
)
def test_trust_file_that_contradicts(change, names):
    built = honest()
    trust = built.trust()
    change(trust)
    found = examine(built, trust, None, built.sealed.values())
    assert failed(found) == names
    assert found.exit == 3


def test_one_witness_under_two_notes_counts_once():
    built = honest()
    trust = built.trust()
    trust["witnesses_required"] = 2
    assert failed(examine(built, trust, None, built.sealed.values())) == {"V57"}


def test_witness_of_a_checkpoint_before_published_does_not_count():
    built = honest()
    size = len(built.ledger.lines)
    built.files["ledger/checkpoints/%010d.note" % size] = built.ledger.note()
    built.files["ledger/checkpoints/%010d.note" % 5] = built.ledger.note(5, (("witness.example", "w1"),))
    built.reseal()
    assert failed(everything(built)) == {"V57"}


def test_note_with_a_broken_observer_line_is_no_witness():
    built = honest()
    size = len(built.ledger.lines)
    path = "ledger/checkpoints/%010d.note" % size
    names = (("witness.example", "w1"), (f"{ORIGIN}/{SESSION}/o1", "o1"))
    lines = built.ledger.note(None, names).split(b"\n")
    lines[-2] = lines[-2][:-12] + b"AAAAAAAA" + lines[-2][-4:]
    built.files[path] = b"\n".join(lines)
    built.reseal()
    assert failed(everything(built)) == {"V14", "V57"}


# --- sealed rosters -----------------------------------------------------------------------------------------------


def with_sealed(change):
    """The honest record, with another sealed roster of d01 handed in."""
    built = honest()
    value = canonical.decode(built.sealed["d01"])
    change(value)
    built.sealed["d01"] = canonical.encode(value)
    return everything(built)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (put("salt", "00" * 32), {"V70"}),
        (put("classes", 2), {"V70"}),
        (put("units", 3, 0, "identity", "00" * 32), {"V70", "V71"}),
        (put("units", 3, 0, "attributes", "sex", "x"), {"V70", "V71"}),
        (put("units", 3, 0, "nullifier", "00" * 32), {"V70", "V73"}),
        (put("constraints", "apart", []), {"V70", "V72"}),
        (put("constraints", "apart", [[5, 5]]), {"V70", "V72"}),
        (put("constraints_salt", "00" * 32), {"V70", "V72"}),
        (put("year_key", "00" * 32), {"V70", "V73"}),
        (put("extra", 1), {"V70"}),
        (lambda value: value["units"].pop(), {"V70", "V71", "V73"}),
    ],
)
def test_sealed_roster_that_is_another(change, names):
    found = with_sealed(change)
    assert names <= failed(found) <= names | {"V72", "V74", "V75"}
    assert found.exit == 1
    assert not found.problem


def test_sealed_roster_missing_or_twice():
    built = honest()
    found = examine(built, built.trust(), None, [built.sealed["d01"]])
    assert failed(found) == {"V70"}
    assert outcome(found, "V71") == "CANNOT-CHECK"
    twice = [built.sealed["d01"], built.sealed["d01"], built.sealed["d02"]]
    assert failed(examine(built, built.trust(), None, twice)) == {"V70"}


def test_no_sealed_roster_at_all_is_not_a_pass():
    found = examine(honest(), None, None, [])
    assert "V70" in failed(found)


# --- every file, byte by byte -------------------------------------------------------------------------------------


def paths():
    return sorted(honest().files)


@pytest.mark.parametrize("path", paths())
def test_flipped_bytes_are_seen(path):
    """With RECORD.json made anew over the altered file, so that more than V01 must see it."""
    plain = honest()
    data = plain.files[path]
    picked = [int.from_bytes(hashlib.sha256(b"%d" % i).digest()[:4], "big") % len(data) for i in range(1)]
    for position in picked:
        built = honest()
        built.files[path] = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
        if path == "RECORD.json":
            continue
        try:
            built.reseal()
        except (canonical.EncodingError, KeyError):
            continue  # units.json that cannot be counted
        found = everything(built)
        assert failed(found), (path, position)
        assert not found.problem, found.problem
        assert found.exit == (1 if not path.endswith(".note") else found.exit), (path, position)
        assert found.exit in (1, 3)
