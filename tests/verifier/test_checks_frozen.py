"""Records of phase frozen: one lie at one place, and exactly the checks that must see it."""

from __future__ import annotations

import pytest
from verifier import canonical, ledger, rules, schema, shapes

from builder import ORIGIN, SESSION, Builder, fresh, key, public
from lies import at, earlier, put
from running import examine, failed, honest, outcome

ALWAYS = {"V57", "V62"}  # a frozen record without trust file is not anchored and has no result


def test_honest_record_is_consistent():
    found = examine(honest("header"))
    assert failed(found) == ALWAYS
    assert found.exit == 3
    assert outcome(found, "V40") == "NOT-APPLICABLE"
    assert outcome(found, "V70") == "NOT-APPLICABLE"


def second_session(builder: Builder) -> None:
    builder.operator("plan", {"hash": "00" * 32, "size": 1})


def early_seed(builder: Builder) -> None:
    builder.operator("seed", {"seed": "00" * 32})


def again(*kinds: str, submission: str = "77" * 32, draw: str = "d01"):
    """Steps of a draw's roster once more, after its last freeze, with another submission."""

    def change(builder: Builder) -> None:
        frozen = dict(builder.frozen[draw], submission=submission)
        body = {name: frozen[name] for name in ("draw", "students", "submission")}
        school = next(one["school"] for one in builder.plan_value["draws"] if one["id"] == draw)
        for kind in kinds:
            if kind == "roster.submitted":
                builder.add(kind, body, ("school", school))
            elif kind == "roster.approved":
                builder.add(kind, body, ("approver", "approver"))
            elif kind == "draw.postponed":
                builder.operator(kind, {"draw": draw, "reason": "test"})
            else:
                builder.operator(kind, frozen)
                builder.frozen[draw] = frozen

    return change


SUBMITTED, APPROVED, FROZEN = "roster.submitted", "roster.approved", "roster.frozen"


def before_header(*steps):
    """The changes after which these steps stand in the ledger between the last freeze and the enrolments."""

    def change(builder: Builder) -> None:
        for step in steps:
            step(builder)

    return {"before:observer.enrolled": change}


def left_out(draw: str):
    """A draw that is in the plan and not in header and record."""

    def change(header):
        header["draws"] = [one for one in header["draws"] if one["id"] != draw]

    def forget(builder):
        for path in [path for path in builder.files if path.startswith(f"draws/{draw}/")]:
            del builder.files[path]

    return {"file:header.json": change, "before:header": forget}


def crowd(number: int):
    """That many observers more, enrolled before the others."""

    def change(builder: Builder) -> None:
        for i in range(number):
            body = {"client": "kiosk", "id": "a%03d" % i, "key": public("a%03d" % i), "role": "other"}
            builder.operator("observer.enrolled", body)

    return {"before:observer.enrolled": change}


def without_the_last(header):
    header["observers"].pop()


def many_signatures(entry):
    entry["sig"] = entry["sig"] * 201


def attempt(number: int):
    return put("draws", 0, "attempt", number)


def swap_units(value):
    value["units"][0], value["units"][1] = value["units"][1], value["units"][0]


def double_nullifier(value):
    value["nullifiers"] = sorted([*value["nullifiers"][1:], shared_nullifier()])


def shared_nullifier() -> str:
    return fresh("nullifier", "d01", 3).hex()


def other_signer(name: str):
    return put("with", name)


# what is changed, the checks that must fail besides ALWAYS
LIES = [
    # V02: a file of another shape
    ({"file:plan.json": put("extra", 1)}, {"V02"}),
    ({"file:header.json": put("date", "2026-02-30")}, {"V02"}),
    ({"file:draws/d02/units.json": put("units", [[]])}, {"V02"}),
    # V03: an entry of another shape
    ({"entry:register": put("extra", 1)}, {"V03"}),
    ({"body:register": put("year", True)}, {"V03"}),
    ({"body:register": lambda body: body["schools"].append(body["schools"][0])}, {"V03"}),
    ({"entry:plan": put("session", "")}, {"V03"}),
    ({"entry:register": many_signatures}, {"V03"}),
    # V04
    ({"file:RECORD.json": put("counts", "students", 41)}, {"V04"}),
    ({"file:RECORD.json": put("counts", "entries", 1)}, {"V04"}),
    # V10
    ({"entry:plan": put("prev", "00" * 32)}, {"V10"}),
    ({"entry:plan": put("seq", 9)}, {"V10"}),
    ({"entry:header": put("time", "2026-08-25T00:00:01Z")}, {"V10", "V23"}),
    # V12
    ({"entry:plan": put("body", "size", 1)}, {"V12", "V22"}),
    ({"entry:register": put("body", "year", 2027)}, {"V12"}),
    ({"entry:plan": put("actor", "id", "approver")}, {"V12"}),
    ({"sig:plan": other_signer("approver")}, {"V12"}),
    ({"sig:roster.submitted": lambda sig: sig.update(key=public("approver"), **{"with": "approver"})}, {"V12"}),
    ({"body:key.added": at(0, put("key", "01" + "00" * 31))}, {"V12"}),
    ({"body:genesis": put("keys", 2, "key", public("approver"))}, {"V12"}),
    ({"body:genesis": put("keys", 2, "role", "approver")}, {"V12"}),
    ({"body:genesis": lambda body: body["keys"].pop()}, {"V12"}),
    # V13
    ({"sig:plan": put("size", 99)}, {"V13"}),
    ({"sig:plan": put("root", "00" * 32)}, {"V13"}),
    ({"sig:plan": put("size", 0)}, {"V13"}),
    # V20
    ({"before:header": second_session}, {"V20"}),
    ({"before:roster.submitted": early_seed}, {"V20"}),
    ({**crowd(195), "file:header.json": without_the_last}, {"V20"}),  # 201 enrolled, of which the last is refused
    # V21
    ({"file:header.json": put("title", "别的")}, {"V21"}),
    ({"file:header.json": put("windows", "reveal", 2)}, {"V21"}),
    ({"file:header.json": lambda value: value["observers"].pop()}, {"V21"}),
    ({"file:header.json": put("observers", 1, "client", "kiosk")}, {"V21"}),
    ({"file:header.json": put("draws", 0, "classes", 4)}, {"V21", "V24"}),
    ({"file:header.json": lambda value: value["draws"].pop(0)}, {"V01", "V04", "V21"}),
    ({"file:header.json": put("draws", 0, "frozen", "sealed_hash", "00" * 32)}, {"V21"}),
    ({"body:header": put("size", 1)}, {"V21"}),
    ({"body:header": put("hash", "00" * 32)}, {"V21"}),
    ({"body:header": put("draws", 0, "grade", 7)}, {"V21"}),
    ({"body:observer.enrolled": at(1, put("key", public("approver")))}, {"V21"}),
    ({"file:plan.json": put("delay", "segments", 3)}, {"V21", "V22"}),
    ({"file:plan.json": put("delay", "segments", 0)}, {"V21", "V22"}),
    ({"file:plan.json": put("draws", 0, "kind", "lots")}, {"V21", "V22"}),
    ({"file:plan.json": put("draws", 0, "batch", 2)}, {"V21", "V22"}),
    ({"file:plan.json": put("draws", 0, "batch", 0)}, {"V21", "V22"}),
    ({"file:header.json": put("draws", 0, "batch", 2)}, {"V21"}),
    # V22
    ({"file:plan.json": put("retention_years", 0)}, {"V22"}),
    ({"file:plan.json": lambda plan: plan["recipients"].reverse()}, {"V22"}),
    ({"file:plan.json": put("recipients", 1, "signing_key", public("r1"))}, {"V22"}),
    ({"file:plan.json": put("recipients", 1, "signing_key", "01" + "00" * 31)}, {"V22"}),
    ({"file:plan.json": put("draws", 0, "caps", 0, "value", "perhaps")}, {"V22"}),
    ({"body:plan": put("hash", "00" * 32)}, {"V22"}),
    # V23
    ({"body:roster.approved": at(0, put("students", 19))}, {"V23"}),
    ({"body:roster.submitted": at(0, put("submission", "00" * 32))}, {"V23"}),
    ({"body:roster.frozen": at(1, put("submission", "00" * 32))}, {"V23"}),
    ({"file:plan.json": put("windows", "roster_to_header", 3600)}, {"V23"}),
    (before_header(again(SUBMITTED)), {"V23"}),
    (before_header(again(SUBMITTED, APPROVED)), {"V23"}),
    (before_header(again(SUBMITTED, APPROVED, draw="d02")), {"V23"}),
    (before_header(again(SUBMITTED, APPROVED, submission=fresh("submission", "d01").hex())), {"V23"}),
    (before_header(again(SUBMITTED, FROZEN)), {"V23"}),
    (before_header(again(SUBMITTED, FROZEN, submission=fresh("submission", "d01").hex())), {"V23"}),
    (before_header(again(APPROVED)), {"V23"}),
    (before_header(again(FROZEN)), {"V23"}),
    (before_header(again(SUBMITTED, APPROVED, FROZEN)), set()),
    (before_header(again(SUBMITTED, APPROVED, FROZEN), again(SUBMITTED, submission="66" * 32)), {"V23"}),
    ({**before_header(again("draw.postponed", draw="d02")), **left_out("d02")}, set()),
    ({**before_header(again(SUBMITTED, "draw.postponed", draw="d02")), **left_out("d02")}, set()),
    ({**before_header(again("draw.postponed", SUBMITTED, draw="d02")), **left_out("d02")}, {"V23"}),
    # V24
    ({"file:draws/d01/units.json": swap_units}, {"V24"}),
    ({"file:draws/d01/units.json": put("units", 3, 0, 0, "00" * 32)}, {"V24"}),
    ({"file:draws/d01/units.json": put("units", 3, 0, 1, "00" * 32)}, {"V24"}),
    ({"file:draws/d01/units.json": put("units", 3, 0, "00" * 32)}, {"V02"}),  # a leaf, as it was once
    ({"body:roster.frozen": at(0, put("roster_root", "00" * 32))}, {"V24"}),
    ({"body:roster.frozen": at(0, put("unit_sizes", [[1, 20]]))}, {"V24"}),
    ({"body:roster.frozen": at(0, put("students", 21))}, {"V23", "V24", "V25"}),
    ({"body:roster.frozen": at(0, put("blocks", 99))}, {"V24"}),
    # V25
    ({"file:draws/d02/nullifiers.json": double_nullifier}, {"V25"}),
    ({"file:draws/d02/nullifiers.json": lambda value: value["nullifiers"].reverse()}, {"V25"}),
    ({"body:roster.frozen": at(0, put("nullifiers_root", "00" * 32))}, {"V25"}),
    # V26
    ({"file:header.json": attempt(2)}, {"V26"}),
    ({"before:plan": earlier}, {"V26"}),
    ({"before:plan": lambda b: earlier(b, aborted=False), "file:header.json": attempt(2)}, {"V26"}),
    ({"before:plan": earlier, "file:header.json": attempt(2)}, set()),
    ({"before:plan": lambda b: earlier(b, rehearsal=True)}, set()),
    # V55, V56
    ({"file:plan.json": put("rehearsal", True)}, {"V55"}),
    ({"before:plan": lambda b: earlier(b, opened=True), "file:header.json": attempt(2)}, {"V26", "V56"}),
    ({"before:plan": lambda b: earlier(b, opened=True, published=True, annulled=True), "file:header.json": attempt(2)},
     {"V56"}),
    # V56: a session of another year that was opened and left there; of another grade, school or kind of session
    ({"before:plan": lambda b: earlier(b, opened=True, year=2025)}, {"V56"}),
    ({"before:plan": lambda b: earlier(b, opened=True, year=2027)}, {"V56"}),
    ({"before:plan": lambda b: earlier(b, opened=True, year=2025, batch=2)}, {"V56"}),
    ({"before:plan": lambda b: earlier(b, opened=True, year=2025, published=True)}, set()),
    ({"before:plan": lambda b: earlier(b, opened=True, year=2025, published=True, annulled=True)}, set()),
    ({"before:plan": lambda b: earlier(b, year=2025)}, set()),
    ({"before:plan": lambda b: earlier(b, aborted=False, year=2025)}, set()),
    ({"before:plan": lambda b: earlier(b, opened=True, year=2025, rehearsal=True)}, set()),
    ({"before:plan": lambda b: earlier(b, opened=True, year=2025, grade=7)}, set()),
    ({"before:plan": lambda b: earlier(b, opened=True, year=2025, school="1234567891")}, set()),
    ({"before:plan": lambda b: earlier(b, opened=True, year=2025, school="1234567891", grade=7)}, {"V56"}),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(LIES)))
def test_lie(number):
    changes, expected = LIES[number]
    found = examine(Builder(changes).build("header"))
    assert failed(found) - ALWAYS == expected, [one.detail for one in found.outcomes if one.failed]
    evidence = {"V55", "V56"}
    assert found.exit == (1 if expected - evidence else 3)


def test_number_of_draws():
    row = {"batch": 1, "classes": 2, "grade": 1, "kind": "classes"}

    def kept(number):
        draws = [dict(row, id="d%03d" % i, school="%010d" % i) for i in range(number)]
        return all(good for good, _ in rules.draw_rules(draws))

    assert kept(1)
    assert kept(300)
    assert not kept(301)
    assert not kept(0)


def resealed(change):
    built = honest("header")
    change(built)
    built.reseal()
    return examine(built)


LAST = "ledger/checkpoints/%010d.note"


def last_note(built):
    return LAST % len(built.ledger.lines)


def test_missing_note():
    found = resealed(lambda built: built.files.pop(last_note(built)))
    assert failed(found) - ALWAYS == {"V11"}


def test_no_note_at_all():
    def change(built):
        built.files.pop(last_note(built))
        built.files.pop(LAST % 5)

    found = resealed(change)
    assert failed(found) - ALWAYS == {"V11"}
    assert outcome(found, "V14") == "CANNOT-CHECK"


def test_note_of_another_history():
    def change(built):
        other = honest("header").ledger
        other.lines[2] = other.lines[2].replace(b"2026", b"2025")
        built.files[LAST % 5] = other.note(5)

    assert failed(resealed(change)) - ALWAYS == {"V11"}


def test_note_by_another_name():
    def change(built):
        built.files[LAST % 6] = built.files.pop(LAST % 5)

    assert failed(resealed(change)) - ALWAYS == {"V11"}


def test_note_not_signed_by_the_operator():
    def change(built):
        note = built.files[LAST % 5]
        built.files[LAST % 5] = note[:-10] + (b"AAAA" if note[-10:-6] != b"AAAA" else b"BBBB") + note[-6:]

    assert failed(resealed(change)) - ALWAYS == {"V11"}


def test_broken_cosignature_of_an_observer():
    def change(built):
        path = last_note(built)
        lines = built.files[path].split(b"\n")
        lines[-2] = lines[-2][:-12] + b"AAAAAAAA" + lines[-2][-4:]
        built.files[path] = b"\n".join(lines)

    assert failed(resealed(change)) - ALWAYS == {"V14"}


def test_cosignature_of_a_stranger_is_ignored():
    def change(built):
        names = (("stranger.example", "x"), (f"{ORIGIN}/{SESSION}/o1", "stranger"))
        built.files[last_note(built)] = built.ledger.note(None, names)

    found = resealed(change)
    assert failed(found) == ALWAYS
    assert outcome(found, "V14") == "NOT-APPLICABLE"


@pytest.mark.parametrize(
    "change",
    [
        lambda files: files.pop("plan.json"),
        lambda files: files.update({"extra.txt": b"x"}),
        lambda files: files.update({"plan.json": files["plan.json"] + b" "}),
        lambda files: files.update({"SPEC.md": b"not listed"}),
        lambda files: files.update({"draws/d01/groups.json": b"{}"}),
    ],
)
def test_files_are_those_listed(change):
    built = honest("header")
    change(built.files)
    found = examine(built)
    assert "V01" in failed(found)
    assert found.exit == 1


@pytest.mark.parametrize("path", ["draws/d01/groups.json", "delay.json", "draws/d03/units.json", "x/plan.json"])
def test_listed_but_not_allowed(path):
    built = honest("header")
    built.files[path] = b"{}"
    rows = canonical.decode(built.files["RECORD.json"])
    import hashlib

    rows["files"].append({"path": path, "sha256": hashlib.sha256(b"{}").hexdigest(), "size": 2})
    rows["files"].sort(key=lambda row: row["path"])
    built.files["RECORD.json"] = canonical.encode(rows)
    assert "V01" in failed(examine(built))


def test_convenience_copies_may_be_there():
    def change(built):
        built.files["SPEC.md"] = b"words"

    assert failed(resealed(change)) == ALWAYS


def test_unsorted_list_of_files():
    built = honest("header")
    value = canonical.decode(built.files["RECORD.json"])
    value["files"].reverse()
    built.files["RECORD.json"] = canonical.encode(value)
    assert failed(examine(built)) - ALWAYS == {"V01"}


@pytest.mark.parametrize("number", range(0, 30, 3))
def test_dropped_doubled_swapped_and_cut_lines(number):
    plain = honest("header")
    for change in (
        lambda lines: lines.pop(number),
        lambda lines: lines.insert(number, lines[number]),
        lambda lines: lines.insert(number, lines.pop(number + 1)),
    ):
        built = honest("header")
        if number + 1 >= len(built.ledger.lines):
            continue
        change(built.ledger.lines)
        assert built.ledger.lines != plain.ledger.lines
        built.write_ledger()
        built.reseal()
        found = examine(built)
        assert failed(found) & {"V10", "V11", "V12"}
        assert found.exit == 1


def test_ledger_without_its_last_line_end():
    def change(built):
        built.files["ledger/entries.jsonl"] = built.files["ledger/entries.jsonl"][:-1]

    assert "V03" in failed(resealed(change))


def test_empty_ledger_is_not_a_pass():
    def change(built):
        built.files["ledger/entries.jsonl"] = b""

    found = resealed(change)
    assert "V03" in failed(found)
    assert outcome(found, "V12") == "CANNOT-CHECK"


def test_broken_header_lets_nothing_that_needs_it_pass():
    def change(built):
        built.files["header.json"] = b"{}"

    found = resealed(change)
    assert "V02" in failed(found)
    for name in ("V01", "V04", "V21", "V24", "V25", "V55", "V61"):
        assert outcome(found, name) == "CANNOT-CHECK", name


def test_entry_of_more_than_its_limit():
    with pytest.raises(canonical.EncodingError):
        ledger.parse_entry(b'"' + b"a" * 70000 + b'"')


def test_number_of_signatures():
    """L1. (So many do not fit into 65,535 bytes; the number is a rule of its own.)"""
    entry = canonical.decode(honest("header").ledger.lines[3])
    entry["sig"] = entry["sig"] * 200
    schema.check_entry(entry)
    entry["sig"].append(entry["sig"][0])
    with pytest.raises(shapes.ShapeError):
        schema.check_entry(entry)
    entry["sig"] = []
    with pytest.raises(shapes.ShapeError):
        schema.check_entry(entry)


def test_keys_of_tests_are_sound():
    assert bytes(key("operator").verify_key).hex() == public("operator")
