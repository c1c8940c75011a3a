"""V27-V63 and V70-V75: the ceremony, what was computed, whether it is proven, sealed rosters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from builder import public
from lies import put

from tests.conformance.cases_ledger import other_session
from tests.conformance.changes import (
    UNSOUND,
    ZERO,
    drop,
    exchange,
    hand_made,
    instead,
    secretly,
    swapped,
    uncovered,
    uneven,
    where,
)
from tests.conformance.session import Session
from tests.conformance.table import NOTE, Argument, Case, sealed
from verifier.canonical import decode, encode

# --- sealed rosters -----------------------------------------------------------------------------------------------


def first_sealed(change: Callable[[Any], None]) -> Callable[[Session], Mapping[str, Argument]]:
    """The sealed roster of the first draw is handed in changed."""

    def beside(built: Session) -> Mapping[str, Argument]:
        value = decode(built.sealed["d01"])
        change(value)
        return {"sealed": [encode(value), built.sealed["d02"]]}

    return beside


def line(number: int, **values: Any) -> Callable[[Any], None]:
    return lambda value: value["draws"][0]["certificate"][number].update(values)


def counted(more: int, row: int = 0) -> Callable[[Any], None]:
    """Counts of a row of the second draw's first attribute that differ in the first class."""

    def change(value: Any) -> None:
        value["draws"][1]["balance"][0]["rows"][row]["counts"][0] += more

    return change


def small(value: Any) -> None:
    """Move students of the first class from one row to the other until four are left."""
    rows = value["draws"][1]["balance"][0]["rows"]
    moved = rows[0]["counts"][0] - 4
    rows[0]["counts"][0] -= moved
    rows[1]["counts"][0] += moved


def exchanged(value: Any) -> None:
    first, second = value["draws"][1]["balance"][0]["rows"][:2]
    first["counts"] = [count - 1 for count in first["counts"]]
    second["counts"] = [count + 1 for count in second["counts"]]


def unplanned(value: Any) -> None:
    """The statement of a plan that publishes nothing, with the numbers of sex all the same."""
    for draw in value["draws"]:
        rows = [{"counts": [5] * 3, "values": [one]} for one in ("女", "男")]
        draw["balance"] = [{"attribute": "sex", "rows": rows}]


# --- checkpoints of the coverage ----------------------------------------------------------------------------------


def cosigned_late(built: Session) -> None:
    """The covered observers cosigned when the delay was done."""
    size = built.covered_size()
    del built.files[NOTE % size]
    built.cosign(size + 1, ["o1", "o2", "o3", "o4", "o5"])


def annulled(built: Session) -> None:
    body = {"document": ZERO, "draws": ["d01"], "reason": "凭证有误"}
    built.add("annulled", body, ("operator", "operator"), ("approver", "approver"))
    built.finish("result")


def flip(body: Any) -> None:
    body["seed"] = body["seed"][:-1] + ("1" if body["seed"][-1] == "0" else "0")


def witnessed_before(built: Session) -> None:
    """The witness cosigned a checkpoint that ends before the result."""
    size = len(built.ledger.lines)
    built.files[NOTE % size] = built.ledger.note(size)
    built.files[NOTE % 5] = built.ledger.note(5, (("witness.example", "w1"),))


IDENTITY = "04" + "00" * 99  # of the class group, as C21 writes it
WRONG = {"contribution": "", "salt": "", "status": "wrong"}

CASES: dict[str, Case] = {
    # --- V27 to V34 ---
    "commitments-reversed": Case(
        says="commits.closed lists the commitments in another order.",
        failing="V27",
        changes={"body:commits.closed": lambda body: body["commitments"].reverse()},
    ),
    "commitments-other-hash": Case(
        says="commits.closed has another hash.", failing="V27", changes={"body:commits.closed": put("hash", ZERO)}
    ),
    "digits-copied-wrongly": Case(
        says="sources.json has other digits than were drawn.",
        failing="V28",
        changes={"file:sources.json": put("public_draw", "271829")},
    ),
    "digits-too-few": Case(
        says="The public draw has five digits instead of six, and everything was computed from them.",
        failing="V28",
        changes={"body:source": put("digits", "27182")},
    ),
    "digits-confirmed-by-the-bureau": Case(
        says="The bureau's observer confirmed the public draw.",
        failing="V28",
        changes={"sig:source": where(lambda sig: sig.update({"id": "b1", "key": public("b1"), "with": "b1"}), id="o2")},
    ),
    "groups-other-hash": Case(
        says="groups.fixed has another hash.", failing="V30", changes={"body:groups.fixed": put("hash", ZERO)}
    ),
    "groups-other-size": Case(
        says="groups.fixed gives a file another size.", failing="V30", changes={"body:groups.fixed": put("groups", 0, "size", 1)}
    ),
    "attested-one-too-few": Case(
        says="reveals.opened leaves out one who attested.",
        failing="V32",
        changes={"body:reveals.opened": lambda body: body["attested"].pop()},
    ),
    "attested-another-hash": Case(
        says="An attestation of the groups names another hash.",
        failing="V32",
        changes={"before:attest.groups": instead("attest.groups", "o6", groups_hash=ZERO)},
    ),
    "opening-called-none": Case(
        says="One who committed and never opened is listed as if she had not committed.",
        failing="V33",
        changes={"body:reveals.closed": put("openings", 6, "status", "none")},
    ),
    "opening-other-hash": Case(
        says="reveals.closed has another hash.", failing="V33", changes={"body:reveals.closed": put("hash", ZERO)}
    ),
    "opening-suppressed": Case(
        says="The opening of an observer is listed as wrong though it is right, so she could attest nothing.",
        failing="V20 V33 V34",
        changes={"body:reveals.closed": put("openings", 1, WRONG)},
    ),
    "coverage-one-too-few": Case(
        says="coverage.closed leaves out a covered observer.",
        failing="V34",
        changes={"body:coverage.closed": lambda body: body["covered"].pop()},
    ),
    "coverage-one-too-many": Case(
        says="coverage.closed names one who never opened.",
        failing="V34",
        changes={"body:coverage.closed": lambda body: body["covered"].append("o6")},
    ),
    # --- V40 to V46 ---
    "delay-other-proof": Case(
        says="The delay's proof is the identity.",
        failing="V40",
        changes={"file:delay.json": put("segments", 0, "proof", IDENTITY)},
    ),
    "delay-other-output": Case(
        says="The delay's output is the identity, and the seed was computed from it.",
        failing="V40",
        changes={"file:delay.json": put("segments", 0, "y", IDENTITY)},
    ),
    "delay-one-segment-more": Case(
        says="The delay has a segment more than planned, and the same end.",
        failing="V40",
        changes={"file:delay.json": lambda value: value["segments"].append(value["segments"][0])},
    ),
    "delay-entry-other-proof": Case(
        says="delay.done has another proof than delay.json.",
        failing="V40",
        changes={"body:delay.done": put("segments", 0, "proof", IDENTITY)},
    ),
    "seed-other": Case(says="The seed's entry has another last digit.", failing="V42", changes={"body:seed": flip}),
    "list-exchanged": Case(
        says="Two children of different classes were exchanged.", failing="V43", changes={"file:draws/d01/result.json": exchange}
    ),
    "list-entry-other-size": Case(
        says="The entry of the result gives a file another size.",
        failing="V43",
        changes={"body:result": put("draws", 1, "size", 1)},
    ),
    "sizes-other": Case(
        says="The numbers of students by class stand in another order.",
        failing="V43 V44 V45",
        changes={"file:draws/d01/result.json": lambda value: value["counts"].reverse()},
    ),
    "statement-better-than-true": Case(
        says="The statement says the class sizes differ by nothing.",
        failing="V45",
        changes={"file:statement.json": line(0, reached=0, bound=0, proven=True)},
    ),
    "statement-without-a-draw": Case(
        says="The statement leaves out a draw.", failing="V45", changes={"file:statement.json": lambda value: value["draws"].pop()}
    ),
    "statement-small-number": Case(
        says="The statement tells of four students.", failing="V45", changes={"file:statement.json": small},
    ),
    "statement-numbers-do-not-add-up": Case(
        says="The statement counts a boy more than there are students.",
        failing="V45",
        changes={"file:statement.json": counted(1)},
    ),
    "statement-of-another-attribute": Case(
        says="The statement counts by an attribute that the plan does not publish.",
        failing="V45",
        changes={"file:plan.json": put("balance", []), "file:statement.json": unplanned},
    ),
    "published-other-number": Case(
        says="published counts one file.", failing="V46", changes={"body:published": put("files", 1)}
    ),
    "published-other-hash": Case(
        says="published has another hash.", failing="V46", changes={"body:published": put("files_hash", ZERO)}
    ),
    # --- V50 to V56, V61, V63 ---
    "covered-no-parent": Case(
        says="No parent attested the reveals, though the quorum asks for one.", failing="V50", changes=uncovered("o1", "o4")
    ),
    "covered-two-roles": Case(
        says="Three observers of only two roles are covered.", failing="V51", changes=uncovered("o3", "o5")
    ),
    "limit-bundlings": Case(
        says="The plan asks for 15 bundlings, of which A22 does not speak.",
        failing="V51",
        inapplicable="V54",
        changes={"file:plan.json": put("bundlings", 15)},
    ),
    "limit-window": Case(
        says="The window of reveals is 61 seconds.", failing="V51", changes={"file:plan.json": put("windows", "reveal", 61)}
    ),
    "limit-delay": Case(
        says="The delay is of 1,000 iterations.", failing="V51", changes={"file:plan.json": put("delay", "iterations", 1000)}
    ),
    "covered-bureau-devices": Case(
        says="All covered observers used devices of the bureau.", failing="V52", changes=uncovered("o1", "o2")
    ),
    "groups-unchecked": Case(
        says="No holder of the sealed rosters has checked the groups.",
        failing="V53",
        changes={"before:groups.checked": drop("groups.checked", "r1")},
    ),
    "groups-checked-others": Case(
        says="The holder of the sealed rosters checked other groups.",
        failing="V53",
        changes={"body:groups.checked": put("groups_hash", ZERO)},
    ),
    "groups-hand-made": Case(
        says="The remainder is divided the same way in every bundling.",
        failing="V54",
        changes={"file:draws/d02/groups.json": hand_made(16)},
    ),
    "groups-uneven": Case(
        says="In one bundling a bundle gives units to another.",
        failing="V44",
        changes={"file:draws/d02/groups.json": uneven},
    ),
    "rehearsal": Case(says="The session was a rehearsal.", failing="V55", changes={"file:plan.json": put("rehearsal", True)}),
    "abandoned-last-year": Case(
        says="A session of the same school and grade was opened the year before and never published.",
        failing="V56",
        changes={"before:plan": other_session(opened=True, year=2025)},
    ),
    "published-last-year": Case(
        says="A session of the same school and grade was published the year before.",
        changes={"before:plan": other_session(opened=True, year=2025, published=True)},
    ),
    "aborted-rehearsal-before": Case(
        says="A rehearsal of the same draw was aborted before.", changes={"before:plan": other_session(rehearsal=True)}
    ),
    "annulled": Case(says="The result of a draw was annulled.", failing="V61", after=annulled),
    "coverage-cosigned-by-two": Case(
        says="Two covered observers cosigned the coverage, and the bureau's.",
        failing="V63",
        changes={"cosigners": put(slice(None), ["b1", "o1", "o2"])},
    ),
    "coverage-cosigned-late": Case(
        says="The covered observers cosigned only when the delay was done.", failing="V63", after=cosigned_late
    ),
    "coverage-cosigned-by-three": Case(
        says="Three covered observers cosigned the coverage, as the quorum asks.",
        changes={"cosigners": put(slice(None), ["o1", "o2", "o3"])},
    ),
    # --- V57, V58 ---
    "trust-other-operator": Case(
        says="The trust file names another operator.", failing="V57", trust=put("operator", public("approver"))
    ),
    "trust-other-origin": Case(
        says="The trust file is of another ledger.", failing="V57", trust=put("origin", "other.example")
    ),
    "trust-other-root": Case(
        says="The trust file has another root.", failing="V57", trust=put("checkpoint", "root", ZERO)
    ),
    "trust-too-old": Case(
        says="The trusted checkpoint is older than the result.", failing="V57", trust=put("checkpoint", "size", 5)
    ),
    "trust-too-new": Case(
        says="The trusted checkpoint is of more entries than there are.",
        failing="V57",
        trust=put("checkpoint", "size", 1000),
    ),
    "trust-two-witnesses": Case(
        says="The trust file asks for two witnesses, and one cosigned.", failing="V57", trust=put("witnesses_required", 2)
    ),
    "trust-no-witness-required": Case(
        says="The trust file asks for no witness.", failing="V57", trust=put("witnesses_required", 0)
    ),
    "trust-unsound-witness": Case(
        says="The witness's key of the trust file is unsound.", failing="V57", trust=put("witnesses", 0, "key", UNSOUND)
    ),
    "trust-witness-before-the-result": Case(
        says="The witness cosigned only a checkpoint before the result.", failing="V57", after=witnessed_before
    ),
    "trust-other-observers": Case(
        says="The reader trusts the bureau's observer and one who is not covered.",
        failing="V58",
        trust=put("observers", [public("b1"), public("o6")]),
    ),
    # --- V70 to V75 ---
    "sealed-other-salt": Case(
        says="A sealed roster has another salt.", failing="V70", beside=first_sealed(put("salt", ZERO))
    ),
    "sealed-one-missing": Case(
        says="One of two sealed rosters was given.", failing="V70", beside=lambda built: {"sealed": [built.sealed["d01"]]}
    ),
    "sealed-not-readable": Case(
        says="A sealed roster has bytes behind it.",
        failing="V70",
        beside=lambda built: {"sealed": [built.sealed["d01"] + b"\n", built.sealed["d02"]]},
    ),
    "sealed-other-identity": Case(
        says="The sealed roster that the header commits to has another identity of one child.",
        failing="V71",
        changes={"sealed:d01": secretly(3, 0, "identity", ZERO)},
        beside=sealed,
    ),
    "sealed-other-constraints": Case(
        says="The header commits to other constraints than those of the sealed roster.",
        failing="V72",
        changes={"body:roster.frozen": where(put("constraints_root", ZERO), draw="d01")},
        beside=sealed,
    ),
    "sealed-other-nullifier": Case(
        says="The sealed roster that the header commits to has another nullifier of one child.",
        failing="V73",
        changes={"sealed:d01": secretly(3, 0, "nullifier", ZERO)},
        beside=sealed,
    ),
    "sealed-other-groups": Case(
        says="Two units of a bundling were exchanged, which is lawful but not by the rule.",
        failing="V74",
        changes={"file:draws/d02/groups.json": swapped},
        beside=sealed,
    ),
    "sealed-other-statement": Case(
        says="The statement says of one attribute that classes differ by nine.",
        failing="V75",
        changes={"file:statement.json": line(1, reached=9, bound=1, proven=False)},
        beside=sealed,
    ),
    "sealed-other-numbers": Case(
        says="The statement counts a boy as a girl, in every class.",
        failing="V75",
        changes={"file:statement.json": exchanged},
        beside=sealed,
    ),
    "unsealed-other-numbers": Case(
        says="The same, which nobody sees without the sealed rosters.", changes={"file:statement.json": exchanged}
    ),
    "unsealed-other-statement": Case(
        says="The same, which nobody sees without the sealed rosters.",
        changes={"file:statement.json": line(1, reached=9, bound=1, proven=False)},
    ),
}  # fmt: skip
