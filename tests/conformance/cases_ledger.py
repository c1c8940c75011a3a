"""V10-V26: chain, checkpoints, signatures, keys, policies, timestamps, sessions, rosters (ledger and ceremony pages)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from builder import ORIGIN, SESSION, WITNESSES, public, vkey
from lies import earlier, put

from tests.conformance.changes import UNSOUND, ZERO, Change, where
from tests.conformance.session import Files, Session
from tests.conformance.table import NOTE, Case, Changes, honest
from verifier.canonical import decode, encode

A, B = "1234567890", "1234567891"  # schools
FIRST = NOTE % 5
Step = Callable[[Any], None]

# --- steps before the plan ----------------------------------------------------------------------------------------


def early(*steps: Step, more: Changes | None = None) -> Changes:
    """The ledger does these steps before the session's plan."""

    def run(built: Session) -> None:
        for step in steps:
            step(built)

    return {"before:plan": run, **(more or {})}


def policy(*lines: str) -> Step:
    return lambda built: built.policy(list(lines) or None)


def rotate(role: str, new: str, name: str = "") -> Step:
    return lambda built: built.rotate(role, new, name)


def replace(role: str, new: str) -> Step:
    return lambda built: built.replace(role, new)


def confirm(**how: Any) -> Step:
    return lambda built: built.confirm(**how)


def timestamp(**how: Any) -> Step:
    return lambda built: built.timestamp(**how)


def retire(school: str, key_name: str = "") -> Step:
    return lambda built: built.retire(school, key_name)


def add_school(school: str, new: str) -> Step:
    return lambda built: built.add_school(school, new)


def give(name: str, who: str) -> Step:
    return lambda built: built.ledger.give(name, who)


def register(built: Session) -> None:
    built.operator("register", {"schools": [], "year": 2027}, session="")


def signed_by(who: str, name: str, step: Step) -> Step:
    """A step during which somebody signs with a key that is not theirs any more, or not yet."""

    def run(built: Session) -> None:
        before = built.ledger.holders.get(name, name)
        built.ledger.holders[name] = who
        step(built)
        built.ledger.holders[name] = before

    return run


W1 = "witness a " + vkey("witness.example", "w1")
W2 = "witness b " + vkey("w2.example", "w2")
PQ = "witness c " + vkey("pq.example", "pq-1", 6)
REPLACED = replace("approver", "approver-2")
LONG_LIFE: tuple[Step, ...] = (  # everything that can happen to the keys of a ledger, by the rules
    policy(),
    rotate("operator", "operator-2"),
    rotate("approver", "approver-2"),
    rotate("recovery", "recovery-2"),
    rotate("school", "school-2", A),
    retire(B),
    add_school(B, "school-3"),
    replace("approver", "approver-3"),
    confirm(),
    replace("operator", "operator-3"),
    confirm(),
    replace("recovery", "recovery-3"),
    confirm(),
    timestamp(),
    rotate("school", "school-4", B),
    policy(),
    timestamp(),
)


LONG_LIFE_CHANGES = early(*LONG_LIFE, more={"before:delay.done": rotate("operator", "operator-4")})


# --- notes --------------------------------------------------------------------------------------------------------


def broken(data: bytes, line: int) -> bytes:
    """A signature line altered in its twelfth byte, which in a cosignature is the last of the time (L10, L21).

    Line 0 is the ledger's. The signatures themselves stay, so that a post-quantum one is found again in the kit.
    """
    lines = data.split(b"\n")
    start, encoded = lines[4 + line].rsplit(b" ", 1)
    raw = bytearray(base64.b64decode(encoded))
    raw[11] ^= 1
    lines[4 + line] = start + b" " + base64.b64encode(raw)
    return b"\n".join(lines)


def first_note(*cosigners: tuple[str, str], operator: str = "", altered: int | None = None) -> Step:
    """The checkpoint of 5 entries with these cosigners, and perhaps one of its lines altered."""

    def after(built: Session) -> None:
        data = built.ledger.note(5, cosigners, operator)
        built.files[FIRST] = data if altered is None else broken(data, altered)

    return after


def another_history(built: Session) -> None:
    """The operator signed a checkpoint of 5 entries that are not these."""
    other = honest("header").ledger
    other.lines[2] = other.lines[2].replace(b"2026", b"2025")
    built.files[FIRST] = other.note(5)


def another_name(built: Session) -> None:
    built.files[NOTE % 6] = built.files.pop(FIRST)


def last_note_missing(built: Session) -> None:
    del built.files[NOTE % len(built.ledger.lines)]


def after_the_end(built: Session) -> None:
    register(built)
    built.finish("result")


# --- rosters and sessions -----------------------------------------------------------------------------------------


def submitted_again(built: Session) -> None:
    """A roster is submitted and approved once more after its freeze."""
    body = {"draw": "d01", "students": built.frozen["d01"]["students"], "submission": "77" * 32}
    built.add("roster.submitted", body, ("school", A))
    built.add("roster.approved", body, ("approver", "approver"))


def units_exchanged(files: Files) -> None:
    """The first two units of the first draw exchanged."""
    value = decode(files["draws/d01/units.json"])
    value["units"][:2] = reversed(value["units"][:2])
    files["draws/d01/units.json"] = encode(value)


def foreign_nullifier(files: Files) -> None:
    """A number of the first draw stands in the second one's file."""
    first, second = (decode(files[f"draws/d0{i}/nullifiers.json"]) for i in (1, 2))
    second["nullifiers"] = sorted([*second["nullifiers"][1:], first["nullifiers"][3]])
    files["draws/d02/nullifiers.json"] = encode(second)


def entered_twice(value: Any) -> None:
    """A child of the first draw stands in the second one's nullifiers, and everything else follows from that."""
    number = decode(honest("header").files["draws/d01/nullifiers.json"])["nullifiers"][3]
    value["nullifiers"] = sorted([*value["nullifiers"][1:], number])


def other_session(**how: Any) -> Callable[[Any], None]:
    return lambda built: earlier(built, **how)


def second_genesis(built: Session) -> None:
    built.operator("genesis", built.ledger.entries[0]["body"], session="")


def other_schools_key(built: Session) -> None:
    body = {"id": B, "key": public("x"), "role": "school"}
    built.add("key.rotated", body, ("school", A), ("school", B), session="", new="x")


def second_plan(built: Session) -> None:
    built.operator("plan", {"hash": ZERO, "size": 1})


def abort(built: Session) -> None:
    built.operator("aborted", {"reason": "it did not suit"})


def second_opening(built: Session) -> None:
    hashes = {"commits_closed_hash": built.closed.hex(), "groups_hash": built.groups_hash.hex()}
    built.ledger.add("opening", dict(contribution=ZERO, salt=ZERO, **hashes), [("observer", "o1")])


def bureau_last(built: Session) -> None:
    """The bureau commits when the others have, whose commitments are refused by that (C7)."""
    built.openers = (*built.openers[1:], "b1")
    built.ledger.changes["before:source"] = lambda one: setattr(one, "openers", type(one).openers)


def other_key(who: str) -> Change:
    """Signed with the key of somebody else, who does not say so."""
    return put("with", who)


# --- lots drawn by hand -------------------------------------------------------------------------------------------

LOTS = {
    "document": ZERO, "grade": 1, "kind": "teachers", "place": "礼堂", "rows": [[1, 3], [2, 1], [3, 2]],
    "school": "1234567890", "time": "2026-08-24T02:00:00Z", "witnesses": {"discipline": 1, "parent": 5}, "year": 2026,
}  # fmt: skip


def lots(*signers: str, **values: Any) -> Callable[[Any], None]:
    """An entry of lots before the session, signed by these."""

    def step(built: Any) -> None:
        who = [("operator", name) if name == "operator" else ("school", name) for name in signers]
        built.ledger.add("lots", {**LOTS, **values}, who, "")

    return step


def said(what: str, **values: Any) -> Callable[[Any], None]:
    """An entry of slips or evidence, signed by the operator."""
    bodies: dict[str, dict[str, Any]] = {
        "slips": {"draw": "d01", "number": 3, "reprint": False, "session": SESSION},
        "evidence": {"kind": "video", "label": "camera-1", "session": SESSION, "sha256": ZERO, "size": 0},
    }
    return lambda built: built.ledger.add(what, {**bodies[what], **values}, [("operator", "operator")], "")


def both(*steps: Callable[[Any], None]) -> Callable[[Any], None]:
    def step(built: Any) -> None:
        for one in steps:
            one(built)

    return step


RESULT: dict[str, Case] = {
    "slips-and-evidence": Case(
        says="Slips were printed, some again, and two films are entered.",
        changes={
            "before:header": both(said("slips"), said("slips", number=1, reprint=True)),
            "before:published": both(said("evidence"), said("evidence", label="camera-2", sha256="11" * 32, size=7)),
        },
    ),
    "lots": Case(
        says="Lots that teachers of a school drew by hand are recorded.",
        changes={"before:plan": lots("1234567890", "operator")},
    ),
    "evidence-label-twice": Case(
        says="Two films have one label.",
        failing="V18",
        changes={"before:published": both(said("evidence"), said("evidence", size=9))},
    ),
    # --- V10, V11 ---
    "chain-broken": Case(
        says="The plan's entry names another entry before it.", failing="V10", changes={"entry:plan": put("prev", ZERO)}
    ),
    "checkpoint-of-another-history": Case(
        says="The operator signed a checkpoint of 5 entries that are not these.", failing="V11", after=another_history
    ),
    "checkpoint-other-name": Case(
        says="The file of a checkpoint is named after another size.", failing="V11", after=another_name
    ),
    "checkpoint-not-signed": Case(
        says="A checkpoint is not signed by the operator.", failing="V11", after=first_note(altered=0)
    ),
    "checkpoint-signed-by-another": Case(
        says="A checkpoint is signed by the approver.", failing="V11", after=first_note(operator="approver")
    ),
    "checkpoint-last-missing": Case(
        says="No checkpoint covers all entries, so none is cosigned by a witness.",
        failing="V11 V57",
        after=last_note_missing,
    ),
    # --- V12, V13 ---
    "signature-of-other-body": Case(
        says="The register was changed after it had been signed.",
        failing="V12",
        changes={"entry:register": put("body", "year", 2027)},
    ),
    "key-unsound": Case(
        says="A school's key has a torsion part; the school then signs with a good one.",
        failing="V12",
        changes=early(add_school("1234567892", "x"), more={"body:key.added": where(put("key", UNSOUND), id="1234567892")}),
    ),
    "seen-other-root": Case(
        says="Who signed the plan had seen another ledger.", failing="V13", changes={"sig:plan": put("root", ZERO)}
    ),
    # --- V14, V15, V16, V64 ---
    "cosignature-broken": Case(
        says="An observer's cosignature of an early checkpoint does not hold.",
        failing="V14",
        after=first_note((f"{ORIGIN}/{SESSION}/o1", "o1"), altered=1),
    ),
    "long-life": Case(
        says="A ledger with rotated, retired and replaced keys, policies, post-quantum witness and timestamps.",
        changes=LONG_LIFE_CHANGES,
    ),
    "post-quantum-broken": Case(
        says="A witness's post-quantum line on an early checkpoint does not hold.",
        failing="V14",
        changes=early(policy()),
        after=first_note(WITNESSES[1], altered=1),
    ),
    "policy-without-quorum": Case(
        says="A policy has the quorum none.", failing="V15", changes=early(policy(W1, "quorum none"))
    ),
    "timestamp-of-something-else": Case(
        says="A timestamp is of something else than a checkpoint.",
        failing="V16",
        changes=early(timestamp(digest=bytes(32))),
    ),
    "policy-not-followed": Case(
        says="The policy in force asks for a witness that cosigned nothing.",
        failing="V64",
        changes=early(policy(W2, "quorum b")),
    ),
    "policy-without-the-post-quantum-line": Case(
        says="The policy asks for a post-quantum witness too, whose line is missing.",
        failing="V64",
        changes=early(policy(), lambda built: setattr(built, "witnesses", WITNESSES[:1])),
    ),
    # --- V20 to V26 ---
    "state-abort-after-opening": Case(
        says="The session was aborted after the first reveals.", failing="V20", changes={"before:reveals.closed": abort}
    ),
    "state-second-opening": Case(
        says="An observer opened twice.", failing="V20", changes={"before:reveals.closed": second_opening}
    ),
    "state-bureau-commits-last": Case(
        says="The bureau commits after five others, whose commitments therefore count for nothing.",
        failing="V20 V27 V32 V33 V34 V40 V42 V43 V50 V51 V52 V53 V58 V63",
        changes={"before:header": bureau_last},
    ),
    "state-after-published": Case(
        says="The ledger of the record goes on after its result.", failing="V20", after=after_the_end
    ),
    "header-entry-other-size": Case(
        says="The header's entry gives another number of bytes.", failing="V21", changes={"body:header": put("size", 1)}
    ),
    "header-other-title": Case(
        says="The header has another title than the plan.", failing="V21", changes={"file:header.json": put("title", "别的")}
    ),
    "plan-other-hash": Case(
        says="The plan's entry has another hash.", failing="V22", changes={"body:plan": put("hash", ZERO)}
    ),
    "roster-approved-otherwise": Case(
        says="A roster was approved with a student less than submitted.",
        failing="V23",
        changes={"body:roster.approved": where(put("students", 19), draw="d01")},
    ),
    "roster-exchanged": Case(
        says="Two units of units.json are exchanged.",
        failing="V24",
        changes={"files": units_exchanged},
    ),
    "nullifiers-other": Case(
        says="nullifiers.json of a draw holds a number of the other.",
        failing="V25",
        changes={"files": foreign_nullifier},
    ),
    "child-entered-twice": Case(
        says="A child of one draw was entered in the other too, and everything was computed from that.",
        failing="V25",
        changes={"file:draws/d02/nullifiers.json": entered_twice},
    ),
    "attempt-uncounted": Case(
        says="An earlier, aborted session had the same draw, and this one says it is the first attempt.",
        failing="V26",
        changes={"before:plan": earlier},
    ),
}  # fmt: skip

# --- more of the same, in short ledgers of phase frozen -----------------------------------------------------------


def frozen(says: str, failing: str, changes: Changes, **more: Any) -> Case:
    """A record of phase frozen, which holds no result (V62)."""
    return Case(says=says, failing=f"{failing} V62".strip(), until="header", changes=changes, **more)


def stranger(kind: str, who: str) -> Changes:
    """An entry of a type is signed by somebody whose key it is not, as if it were."""
    return {f"sig:{kind}": lambda sig: sig.update({"key": public(who), "with": who})}


FROZEN: dict[str, Case] = {
    "frozen-lots-of-another-school": Case(
        says="Lots are signed by another school than they are of.",
        failing="V12 V62",
        until="header",
        changes={"before:plan": lots("1234567891", "operator")},
    ),
    "frozen-lots-without-the-school": Case(
        says="Lots are signed by the operator alone.",
        failing="V12 V62",
        until="header",
        changes={"before:plan": lots("operator")},
    ),
    "frozen-lots-in-another-order": Case(
        says="Lots are signed by the operator first.",
        failing="V12 V62",
        until="header",
        changes={"before:plan": lots("operator", "1234567890")},
    ),
    "frozen-slips-before-the-freeze": frozen(
        "Slips were printed of a roster that was not frozen yet.", "V18", {"before:roster.frozen": said("slips")}
    ),
    "frozen-slips-of-no-draw": frozen(
        "Slips were printed of a draw that does not exist.", "V18", {"before:header": said("slips", draw="d09")}
    ),
    "frozen-evidence-before-the-plan": frozen(
        "A film is of a session that has no plan yet.", "V18", {"before:plan": said("evidence")}
    ),
    "frozen-evidence-label-twice": frozen(
        "Two films have one label.", "V18", {"before:header": both(said("evidence"), said("evidence", size=9))}
    ),
    "frozen-evidence-unknown-kind": frozen(
        "A piece of evidence is of a kind that does not exist.", "V03", {"before:header": said("evidence", kind="gossip")}
    ),
    "frozen-lots-number-twice": Case(
        says="Two classes drew the same lot.",
        failing="V03 V62",
        until="header",
        changes={"before:plan": lots("1234567890", "operator", rows=[[1, 1], [2, 1], [3, 2]])},
    ),
    "frozen-lots-unknown-role": Case(
        says="Lots were drawn before a witness of a role that does not exist.",
        failing="V03 V62",
        until="header",
        changes={"before:plan": lots("1234567890", "operator", witnesses={"passer-by": 1})},
    ),
    "frozen-chain-other-number": frozen(
        "The plan's entry has another number.", "V10", {"entry:plan": put("seq", 9)}
    ),
    "frozen-chain-back-in-time": frozen(
        "The plan's entry is older than those before it.", "V10", {"entry:plan": put("time", "2026-08-25T00:00:01Z")}
    ),
    "frozen-seen-too-much": frozen(
        "Who signed the plan had seen more entries than there were.", "V13", {"sig:plan": put("size", 99)}
    ),
    "frozen-key-after-rotation": frozen(
        "The operator signs with a key that is no more in force.", "V12", early(rotate("operator", "operator-2"), signed_by("operator", "operator", register))
    ),
    "frozen-rotation-without-the-new-key": frozen(
        "A rotation is signed by the key in force alone.", "V12", early(rotate("recovery", "x"), more={"entry:key.rotated": lambda entry: entry["sig"].pop()})
    ),
    "frozen-timestamp-rejected": frozen(
        "The authority rejected the request for a timestamp.", "V16", early(timestamp(status=2))
    ),
    "frozen-state-second-plan": frozen(
        "The session has a second plan.", "V20", {"before:header": second_plan}
    ),
    "frozen-replacement-unconfirmed": frozen(
        "A key was replaced and no witness confirmed it.", "V15", early(policy(W1, "quorum a"), REPLACED)
    ),
    "frozen-signature-by-another": frozen(
        "The plan's signature is by the approver's key.", "V12", {"sig:plan": other_key("approver")}
    ),
    "frozen-second-genesis": frozen("A second genesis stands in the ledger.", "V10", {"before:plan": second_genesis}),
    "frozen-approver-submits": frozen(
        "A roster was submitted with the approver's key.", "V12", stranger("roster.submitted", "approver")
    ),
    "frozen-two-offices-one-key": frozen(
        "Genesis gives recovery the approver's key.", "V12", {"body:genesis": put("keys", 2, "key", public("approver"))}
    ),
    "frozen-key-of-another-school": frozen(
        "A school rotates another school's key.",
        "V12",
        early(other_schools_key, lambda built: built.ledger.give(B, "x")),
    ),
    "frozen-key-given-back": frozen(
        "The operator returns to a key it had before.", "V12", early(rotate("operator", "x"), rotate("operator", "operator"))
    ),
    "frozen-key-of-a-witness": frozen(
        "The operator's new key is that of a witness.", "V12", early(policy(W1, "quorum a"), rotate("operator", "w1")),
    ),
    "frozen-key-of-a-retired-school": frozen("A school submits with a retired key.", "V12", early(retire(A))),
    "frozen-replacement-by-one-office": frozen(
        "A replacement is signed by one office and the new key.",
        "V12",
        early(policy(W1, "quorum a"), REPLACED, confirm(), more={"entry:key.replaced": lambda entry: entry["sig"].pop(1)}),
    ),
    "frozen-observer-of-the-ledger": frozen(
        "An observer has the approver's key.",
        "V21",
        {"body:observer.enrolled": where(put("key", public("approver")), id="o1")},
    ),
    "frozen-confirmed-by-a-stranger": frozen(
        "A replacement is confirmed by no witness.",
        "V15",
        early(policy(W1, "quorum a"), REPLACED, confirm(name="x.example", who="x")),
    ),
    "frozen-confirmed-late": frozen(
        "Another entry stands between replacement and confirmation.",
        "V15",
        early(policy(W1, "quorum a"), REPLACED, register, confirm()),
    ),
    "frozen-retired-another-key": frozen(
        "A key was retired that was not in force.", "V15", early(rotate("school", "x", A), retire(A, A), add_school(A, "y"))
    ),
    "frozen-policy-with-another-key-id": frozen(
        "A policy has a key with another keyID.",
        "V15",
        early(policy("witness a witness.example+00000000+" + W1.split("+", 2)[2], "quorum a")),
    ),
    "frozen-policy-of-a-school": frozen(
        "A witness has a school's key.", "V15", early(policy(W1, "witness z " + vkey("z.example", A), "quorum a"))
    ),
    "frozen-timestamp-of-the-future": frozen(
        "A timestamp is of more entries than there were.", "V16", early(timestamp(), more={"body:timestamp": put("size", 5)})
    ),
    "frozen-plan-unsound-recipient": frozen(
        "A recipient's key is unsound.", "V22", {"file:plan.json": put("recipients", 1, "signing_key", UNSOUND)}
    ),
    "frozen-plan-three-segments": frozen(
        "The number of segments does not divide that of iterations.",
        "V21 V22",
        {"file:plan.json": put("delay", "segments", 3)},
    ),
    "frozen-header-too-early": frozen(
        "The header came sooner after the last freeze than planned.",
        "V23",
        {"file:plan.json": put("windows", "roster_to_header", 3600)},
    ),
    "frozen-submitted-again": frozen(
        "A roster was submitted and approved once more after its freeze.",
        "V23",
        {"before:observer.enrolled": submitted_again},
    ),
    "frozen-other-root": frozen(
        "The frozen summary has another root than the roster.",
        "V24",
        {"body:roster.frozen": where(put("roster_root", ZERO), draw="d01")},
    ),
    "frozen-second-attempt": frozen(
        "An earlier session of the same draw was aborted, and this one says it is the second attempt.",
        "",
        {"before:plan": earlier, "file:header.json": put("draws", 0, "attempt", 2)},
    ),
    "frozen-attempt-not-over": frozen(
        "The second attempt began when the first was not over.",
        "V26",
        {"before:plan": other_session(aborted=False), "file:header.json": put("draws", 0, "attempt", 2)},
    ),
    "frozen-policy-not-followed": frozen("Nobody follows the policy in force.", "V64", early(policy(W2, "quorum b"))),
}  # fmt: skip

CASES = RESULT | FROZEN
