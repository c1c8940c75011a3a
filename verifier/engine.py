"""Running the catalogue: outcomes, tallies and the verdict (V1-V3, V6, V7).

A check function takes the context and a tally. It ends in one of these ways:

- it returns: PASS if it counted items and none failed, FAIL if one failed, CANNOT-CHECK if it counted none;
- it raises Unavailable: an input is missing or broken because another check failed (CANNOT-CHECK);
- it raises NotApplicable: there is nothing of the kind in this session;
- it raises anything else: an error of the verifier itself, never a pass (exit code 2).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Callable, Dict, List, NamedTuple

from .catalogue import CATALOGUE, Check

if TYPE_CHECKING:
    from .context import Context

PASS, FAIL, CANNOT, NOT_APPLICABLE = "PASS", "FAIL", "CANNOT-CHECK", "NOT-APPLICABLE"
SHOWN = 5  # details kept of one check
EXIT_PROVEN, EXIT_INCONSISTENT, EXIT_UNDECIDED, EXIT_NOT_PROVEN = 0, 1, 2, 3
VERDICTS = {
    EXIT_PROVEN: "proven",
    EXIT_INCONSISTENT: "inconsistent",
    EXIT_UNDECIDED: "undecided",
    EXIT_NOT_PROVEN: "not-proven",
}


class Unavailable(Exception):
    """An input of a check is missing or broken, which is the failure of another check."""


class NotApplicable(Exception):
    """The session has nothing that the check looks at."""


class Tally:
    """Items and failures of one check."""

    def __init__(self) -> None:
        self.items = 0
        self.failed = 0
        self.details: List[str] = []

    def ok(self, kept: bool, problem: str) -> bool:  # noqa: FBT001 - the two always stand together
        """Count one item; `problem` says what is wrong if it is not kept."""
        self.items += 1
        if not kept:
            self.failed += 1
            if len(self.details) < SHOWN:
                self.details.append(problem)
        return kept

    def fail(self, problem: str) -> None:
        self.ok(kept=False, problem=problem)

    def good(self, items: int = 1) -> None:
        """Count items that were found good."""
        self.items += items


class Outcome(NamedTuple):
    check: Check
    outcome: str
    items: int
    failed: int
    detail: str
    milliseconds: int


CheckFunction = Callable[["Context", Tally], None]
REGISTRY: Dict[str, CheckFunction] = {}


def check(name: str) -> Callable[[CheckFunction], CheckFunction]:
    def register(function: CheckFunction) -> CheckFunction:
        if name in REGISTRY:
            raise AssertionError("check %s is registered twice" % name)
        REGISTRY[name] = function
        return function

    return register


def run_check(entry: Check, context: Context) -> Outcome:
    """One check of the catalogue. An internal error is noted in the context."""
    start = time.perf_counter()
    tally = Tally()
    outcome, detail = CANNOT, ""
    if not context.given.has(entry.option):
        outcome, detail = NOT_APPLICABLE, "needs --%s" % entry.option
    elif entry.phase == "result" and context.phase == "frozen":
        outcome, detail = NOT_APPLICABLE, "the record is of phase frozen"
    else:
        try:
            REGISTRY[entry.id](context, tally)
            outcome = PASS if tally.items and not tally.failed else CANNOT
            detail = "" if tally.items else "nothing to check"
        except Unavailable as error:
            detail = str(error)
        except NotApplicable as error:
            outcome, detail = NOT_APPLICABLE, str(error)
        except Exception as error:  # noqa: BLE001 - V6: whatever goes wrong must end as exit code 2, not as a crash
            detail = "internal error: %s: %s" % (type(error).__name__, error)
            context.internal_errors.append("%s: %s" % (entry.id, detail))
    if tally.failed:
        outcome, detail = FAIL, "; ".join(tally.details)
    milliseconds = int((time.perf_counter() - start) * 1000)
    return Outcome(entry, outcome, tally.items, tally.failed, detail, milliseconds)


def run_all(context: Context) -> List[Outcome]:
    return [run_check(entry, context) for entry in CATALOGUE]


def exit_code(outcomes: List[Outcome], internal_errors: List[str]) -> int:
    """V3, with V6."""
    if internal_errors or not outcomes:
        return EXIT_UNDECIDED
    if any(one.outcome == FAIL and one.check.convicts for one in outcomes):
        return EXIT_INCONSISTENT
    if any(one.outcome in (FAIL, CANNOT) for one in outcomes):
        return EXIT_NOT_PROVEN
    return EXIT_PROVEN


def reasons(outcomes: List[Outcome]) -> List[str]:
    """Ids of what stands in the way of exit code 0."""
    return [one.check.id for one in outcomes if one.outcome in (FAIL, CANNOT)]
