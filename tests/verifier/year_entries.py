"""Entries of the year, by the specification: a good one of each type, and steps that add them to a ledger (L6, Y2).

A step is a function of the builder; `say` makes one. Also used by the conformance kit.
"""

from __future__ import annotations

import copy
from typing import Any, Callable, Dict, Tuple

from verifier import ledger

from builder import Signer, fresh

A, B = "1234567890", "1234567891"  # schools of the builder's ledger
DOCUMENT, FILE = "ab" * 32, "cd" * 32
CHILDREN = sorted(fresh("child", i).hex() for i in range(4))
FINDINGS = ["00000000000000%02x" % i for i in (10, 11, 12)]
Step = Callable[[Any], None]

SIGNERS: Dict[str, Tuple[str, ...]] = {
    "year": ("operator", "approver"),
    "filing.submitted": ("school",),
    "filing.approved": ("approver",),
    "teacher.replaced": ("school", "approver"),
    "amendment.requested": ("school",),
    "amendment.approved": ("approver",),
    "registration.checked": ("operator",),
    "complaint.received": ("operator",),
    "complaint.decided": ("approver",),
    "inspection": ("operator",),
    "finding.closed": ("operator", "approver"),
}
ANSWERS = {
    "filing.approved": ("filing", "filing.submitted"),
    "amendment.approved": ("request", "amendment.requested"),
    "complaint.decided": ("complaint", "complaint.received"),
}


def rows(**numbers: int) -> Dict[str, Any]:
    """A row of `registration.checked`."""
    row = {"amended": 1, "double": 0, "extra": 1, "grade": 1, "missing": 0, "moved": 2, "same": 31, "school": A}
    return {**row, **numbers}


def finding(name: str, **values: Any) -> Dict[str, Any]:
    """A row of `inspection`."""
    return {"id": name, "school": A, "severity": "open", "type": "moved", **values}


BODIES: Dict[str, Dict[str, Any]] = {  # without the leaf hash of what is answered
    "year": {
        "complaint_days": 15, "document": DOCUMENT, "draw_by": "2026-08-31",
        "late_dates": ["2026-09-15", "2026-10-15"], "term": ["2026-09-01", "2027-01-20"], "watched": [A, B], "year": 2026,
    },
    "filing.submitted": {
        "classes": 3, "document": DOCUMENT, "grade": 1, "school": A, "shortlist": FILE, "size": 900, "students": 36,
        "teachers": 9, "year": 2026,
    },
    "filing.approved": {},
    "teacher.replaced": {
        "document": DOCUMENT, "grade": 1, "number": 4, "reason": "absence", "school": A, "shortlist": FILE, "size": 900,
        "year": 2026,
    },
    "amendment.requested": {
        "document": DOCUMENT, "grade": 1, "kind": "class", "moves": [[CHILDREN[0], 1, 2], [CHILDREN[1], 3, 1]],
        "school": A, "year": 2026,
    },
    "amendment.approved": {"document": DOCUMENT},
    "registration.checked": {
        "export": DOCUMENT, "report": FILE, "schools": [rows(), rows(grade=7, same=30), rows(school=B)], "size": 700,
        "students": 105, "year": 2026,
    },
    "complaint.received": {
        "channel": "telephone", "complaint": "c-1", "due": "2026-09-16", "grade": 1, "kind": "class", "school": A,
        "text": DOCUMENT, "year": 2026,
    },
    "complaint.decided": {"document": DOCUMENT, "outcome": "partly"},
    "inspection": {
        "findings": [finding(FINDINGS[0]), finding(FINDINGS[1], severity="note", type="clustered", school="")],
        "report": FILE, "size": 4000, "through": 3, "year": 2026,
    },
    "finding.closed": {"document": DOCUMENT, "finding": FINDINGS[0], "outcome": "corrected"},
}  # fmt: skip


def leaf(built: Any, kind: str, number: int = -1) -> str:
    """The leaf hash of the entry of a type that stands at this place among its like."""
    there = [i for i, entry in enumerate(built.ledger.entries) if entry["type"] == kind]
    return ledger.leaf_hash(built.ledger.lines[there[number]]).hex()


def body_of(built: Any, kind: str, /, *, of: int = -1, **values: Any) -> Dict[str, Any]:
    """The good body with other values; an answer is one to the last entry that it could be, or to the n-th."""
    body = copy.deepcopy(BODIES[kind])
    if kind in ANSWERS and ANSWERS[kind][0] not in values:
        key, asked = ANSWERS[kind]
        body[key] = leaf(built, asked, of)
    return {**body, **values}


def say(kind: str, /, *by: Signer, of: int = -1, without: str = "", session: str = "", **values: Any) -> Step:
    """Adds an entry: `of` says which one it answers, `without` which key of the body is left out.

    It is signed by these, or else as L6 says.
    """

    def step(built: Any) -> None:
        body = body_of(built, kind, of=of, **values)
        school = body.get("school")
        who = by or tuple((role, school if role == "school" else role) for role in SIGNERS[kind])
        body.pop(without, None)
        built.ledger.add(kind, body, list(who), session)

    return step


def said(*steps: Step) -> Step:
    """All of these."""

    def run(built: Any) -> None:
        for step in steps:
            step(built)

    return run


FILED = (say("filing.submitted"), say("filing.approved"))
REQUESTED = (say("amendment.requested"), say("amendment.approved"))
COMPLAINED = (say("complaint.received"), say("complaint.decided"))
INSPECTED = (say("inspection"), say("finding.closed"))
YEAR = (  # every type, and what may happen twice
    say("year"),
    *FILED,
    say("teacher.replaced"),
    say("filing.submitted", teachers=12),
    say("teacher.replaced", reason="left", number=9),
    say("filing.approved"),
    say("teacher.replaced", reason="reassigned", number=12),
    say("filing.submitted", school=B, grade=7),
    say("filing.submitted", year=2027),
    say("filing.approved", of=-2),
    *REQUESTED,
    say("amendment.requested", kind="leave", moves=[[CHILDREN[2], 1, 0]]),
    say("amendment.requested", kind="enter", moves=[[CHILDREN[3], 0, 2]], school=B),
    say("amendment.approved"),
    say("amendment.approved", of=-2),
    say("amendment.requested", kind="restructure", moves=[[CHILDREN[0], 2, 200], [CHILDREN[1], 0, 1], [CHILDREN[2], 3, 0]]),
    say("registration.checked"),
    *COMPLAINED,
    say("complaint.received", complaint="c-2", school="", grade=0, channel="other", kind="fee"),
    say("complaint.received", complaint="c-3", due="2026-12-31"),
    say("complaint.decided", of=1, outcome="withdrawn"),
    *INSPECTED,
    say("inspection", findings=[finding(FINDINGS[1]), finding(FINDINGS[2], severity="violation")], through=20),
    say("finding.closed", finding=FINDINGS[1], outcome="sanctioned"),
    say("year", late_dates=[], watched=[], complaint_days=365, term=["2026-09-01", "2026-09-01"]),
    say("inspection", findings=[], through=0),
)  # fmt: skip
