"""V19, and V12 of the same entries: filings, replacements, amendments, complaints, inspections (year page)."""

from __future__ import annotations

from builder import fresh
from year_entries import CHILDREN, COMPLAINED, FILED, FINDINGS, INSPECTED, YEAR, A, B, Step, said, say

from tests.conformance.table import Case


def frozen(says: str, failing: str, *steps: Step) -> Case:
    """A record of phase frozen, which holds no result (V62); the steps are done before its header."""
    return Case(says=says, failing=f"{failing} V62", until="header", changes={"before:header": said(*steps)})


CASES: dict[str, Case] = {
    "year-entries": Case(
        says="Every type of entry of the year, and what may stand twice of them.",
        changes={"before:plan": YEAR[0], "before:published": said(*YEAR[1:])},
    ),
    "year-decision-twice": Case(
        says="A complaint was decided twice.",
        failing="V19",
        changes={"before:published": said(*COMPLAINED, say("complaint.decided", outcome="founded"))},
    ),
    "frozen-year-approval-of-nothing": frozen(
        "A filing was approved that nobody submitted.", "V19", say("filing.approved", filing=fresh("filing").hex())
    ),
    "frozen-year-approval-twice": frozen("A filing was approved twice.", "V19", *FILED, FILED[1]),
    "frozen-year-approval-of-the-former": frozen(
        "A filing was approved when the school had submitted another.", "V19", FILED[0], FILED[0], say("filing.approved", of=0)
    ),
    "frozen-year-school-for-another": frozen(
        "A school submitted the filing of another.", "V12", say("filing.submitted", ("school", B), school=A)
    ),
    "frozen-year-replaced-without-filing": frozen(
        "A teacher was replaced of a filing that was never approved.", "V19", FILED[0], say("teacher.replaced")
    ),
    "frozen-year-teacher-beyond": frozen(
        "The tenth of nine teachers was replaced.", "V19", *FILED, say("teacher.replaced", number=10)
    ),
    "frozen-year-late-dates-unsorted": frozen(
        "The dates of late draws are not sorted.", "V19", say("year", late_dates=["2026-10-15", "2026-09-15"])
    ),
    "frozen-year-term-backwards": frozen(
        "The term ends before it begins.", "V19", say("year", term=["2027-01-20", "2026-09-01"])
    ),
    "frozen-year-moves-unsorted": frozen(
        "The children of a request are not sorted.",
        "V19",
        say("amendment.requested", moves=[[CHILDREN[1], 1, 2], [CHILDREN[0], 2, 1]]),
    ),
    "frozen-year-leave-for-a-class": frozen(
        "A child that leaves is moved to a class.",
        "V19",
        say("amendment.requested", kind="leave", moves=[[CHILDREN[0], 1, 2]]),
    ),
    "frozen-year-closed-not-found": frozen(
        "A finding was closed that no inspection found.", "V19", INSPECTED[0], say("finding.closed", finding=FINDINGS[2])
    ),
}  # fmt: skip
