"""Entries of the year around the draw: every field's form (V03), who signs (V12), what answers what (V19)."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple, Set, Tuple

import pytest
from verifier import checks, schema

from builder import Builder
from running import examine, failed, honest, outcome
from year_entries import (
    ANSWERS,
    BODIES,
    CHILDREN,
    COMPLAINED,
    FILED,
    FINDINGS,
    INSPECTED,
    REQUESTED,
    SIGNERS,
    YEAR,
    A,
    B,
    Step,
    body_of,
    finding,
    leaf,
    rows,
    say,
)

checks.load()
ALWAYS = {"V57", "V62"}  # of a frozen record without trust file
SESSION = "2026-autumn"
NULLIFIERS = ["%064x" % i for i in range(401)]
NOBODY = "99" * 32
BEFORE: Dict[str, Tuple[Step, ...]] = {  # what must stand before a good entry of a type
    "filing.approved": FILED[:1],
    "teacher.replaced": FILED,
    "amendment.approved": REQUESTED[:1],
    "complaint.decided": COMPLAINED[:1],
    "finding.closed": INSPECTED[:1],
}


class Written(NamedTuple):
    """A frozen record whose ledger goes on with these steps, and the check that must fail, "" if none."""

    name: str
    fails: str
    steps: Tuple[Step, ...]


def written(steps: Tuple[Step, ...]) -> Builder:
    built = honest("header")
    for step in steps:
        step(built)
    built.finish("frozen")
    return built


# --- forms (V03) --------------------------------------------------------------------------------------------------

HASH = ["AB" * 32, "ab" * 31, "ab" * 33, "", 0]
COUNT = [-1, True, "1", []]
DATE = ["2026-02-29", "2026-9-01", "2026-09-01T00:00:00Z", "0000-01-01", "", 20260901]
NO_SCHOOL = ["123456789", "12345678901", "123456789a", 1234567890]
SCHOOL = [*NO_SCHOOL, ""]
ID = ["", "C", "c" * 33, "-c", 1]
WORD = ["gossip", "", 1]
FINDING = ["ab" * 7, "ab" * 9, "AB" * 8, "", 1]
LIST = [{}, ""]
FORMS: Dict[str, Dict[str, List[Any]]] = {
    "year": {
        "complaint_days": COUNT, "document": HASH, "draw_by": DATE,
        "late_dates": [*LIST, *([one] for one in DATE), ["2026-10-%02d" % (i + 1) for i in range(21)]],
        "term": [*LIST, [], ["2026-09-01"], ["2026-09-01"] * 3, *(["2026-09-01", one] for one in DATE)],
        "watched": [*LIST, *([one] for one in SCHOOL), ["%010d" % i for i in range(401)]], "year": COUNT,
    },
    "filing.submitted": {
        "classes": COUNT, "document": HASH, "grade": COUNT, "school": SCHOOL, "shortlist": HASH, "size": COUNT,
        "students": COUNT, "teachers": COUNT, "year": COUNT,
    },
    "filing.approved": {"filing": HASH},
    "teacher.replaced": {
        "document": HASH, "grade": COUNT, "number": COUNT, "reason": WORD, "school": SCHOOL, "shortlist": HASH,
        "size": COUNT, "year": COUNT,
    },
    "amendment.requested": {
        "document": HASH, "grade": COUNT, "kind": WORD, "school": SCHOOL, "year": COUNT,
        "moves": [
            *LIST, [], [[]], [{}], [[CHILDREN[0], 1]], [[CHILDREN[0], 1, 2, 3]], *([[one, 1, 2]] for one in HASH),
            *([[CHILDREN[0], one, 2]] for one in COUNT), *([[CHILDREN[0], 1, one]] for one in COUNT),
            [[one, 1, 2] for one in NULLIFIERS],
        ],
    },
    "amendment.approved": {"document": HASH, "request": HASH},
    "registration.checked": {
        "export": HASH, "report": HASH, "size": COUNT, "students": COUNT, "year": COUNT,
        "schools": [
            *LIST, [], [[]], [dict(rows(), other=0)], *([rows(school=one)] for one in SCHOOL),
            *([rows(**{key: one})] for key in rows() if key != "school" for one in COUNT),
            *([{key: one for key, one in rows().items() if key != left}] for left in rows()),
            [rows(grade=i) for i in range(401)],
        ],
    },
    "complaint.received": {
        "channel": WORD, "complaint": ID, "due": DATE, "grade": COUNT, "kind": WORD, "school": NO_SCHOOL, "text": HASH,
        "year": COUNT,
    },
    "complaint.decided": {"complaint": HASH, "document": HASH, "outcome": WORD},
    "inspection": {
        "report": HASH, "size": COUNT, "through": COUNT, "year": COUNT,
        "findings": [
            *LIST, [[]], [dict(finding(FINDINGS[0]), other=0)], *([finding(one)] for one in FINDING),
            *([finding(FINDINGS[0], school=one)] for one in NO_SCHOOL),
            *([finding(FINDINGS[0], severity=one)] for one in WORD), *([finding(FINDINGS[0], type=one)] for one in ID),
            *([{key: one for key, one in finding(FINDINGS[0]).items() if key != left}] for left in finding("")),
            [finding("%016x" % i) for i in range(401)],
        ],
    },
    "finding.closed": {"document": HASH, "finding": FINDING, "outcome": WORD},
}  # fmt: skip
WORDS = {
    ("teacher.replaced", "reason"): ("absence", "left", "reassigned", "other"),
    ("complaint.received", "channel"): ("telephone", "mail", "visit", "letter", "other"),
    ("complaint.received", "kind"): ("procedure", "class", "teacher", "transfer", "fee", "other"),
    ("complaint.decided", "outcome"): ("founded", "partly", "unfounded", "withdrawn"),
    ("finding.closed", "outcome"): ("corrected", "sanctioned", "unfounded", "expired"),
}


def forms() -> Iterator[Written]:
    """Every field missing or of another form, every type with a key too many or with a session."""
    for kind, keys in FORMS.items():
        before = BEFORE.get(kind, ())
        yield Written(f"{kind}: key too many", "V03", (*before, say(kind, other=0)))
        yield Written(f"{kind}: in a session", "V03", (*before, say(kind, session=SESSION)))
        for key, values in keys.items():
            yield Written(f"{kind}: no {key}", "V03", (*before, say(kind, without=key)))
            for i, value in enumerate(values):
                yield Written(f"{kind}: {key} {i}", "V03", (*before, say(kind, *unfit(kind), **{key: value})))


def unfit(kind: str) -> Tuple[Tuple[str, str], ...]:
    """Signers of an entry whose school may be no school."""
    return tuple((role, A if role == "school" else role) for role in SIGNERS[kind])


def good() -> Iterator[Written]:
    yield Written("everything", "", YEAR)
    for kind in SIGNERS:
        yield Written(f"{kind} alone", "", (*BEFORE.get(kind, ()), say(kind)))
    for (kind, key), words in WORDS.items():
        for word in words:
            yield Written(f"{kind}: {key} {word}", "", (*BEFORE.get(kind, ()), say(kind, **{key: word})))
    months = ["2026-10-%02d" % (i + 1) for i in range(20)]
    yield Written("year: limits", "", (say("year", late_dates=months, watched=["%010d" % i for i in range(400)], complaint_days=1),))
    yield Written("moves: limits", "", (say("amendment.requested", moves=[[one, 1, 200] for one in NULLIFIERS[1:]]),))
    yield Written("schools: limits", "", (say("registration.checked", schools=[rows(grade=i) for i in range(400)]),))
    yield Written("findings: limits", "", (say("inspection", findings=[finding("%016x" % i) for i in range(400)]),))
    yield Written("filing: limits", "", (say("filing.submitted", classes=1, teachers=1), say("filing.submitted", classes=200, teachers=200), say("filing.approved"), say("teacher.replaced", number=200)))  # fmt: skip


# --- signers (V12) ------------------------------------------------------------------------------------------------


def signers() -> Iterator[Written]:
    """Every type without one of its signers, in another order, signed by another office or another school."""
    for kind in SIGNERS:
        before, right = BEFORE.get(kind, ()), unfit(kind)
        others = {("approver", "approver"), ("operator", "operator"), ("recovery", "recovery"), ("school", A)} - set(right)
        for other in sorted(others):
            yield Written(f"{kind}: by {other[0]}", "V12", (*before, say(kind, other, *right[1:])))
            yield Written(f"{kind}: also by {other[0]}", "V12", (*before, say(kind, *right, other)))
        if len(right) > 1:
            yield Written(f"{kind}: other order", "V12", (*before, say(kind, *right[::-1])))
            yield Written(f"{kind}: one alone", "V12", (*before, say(kind, right[0])))
        if right[0][0] == "school":
            yield Written(f"{kind}: by another school", "V12", (*before, say(kind, ("school", B), *right[1:])))


# --- what answers what, ranges and orders (V19) -------------------------------------------------------------------


def broken(name: str, *steps: Step) -> Written:
    return Written(name, "V19", steps)


def request(**values: Any) -> Step:
    return say("amendment.requested", **values)


def move(kind: str, start: int, end: int) -> Written:
    name = f"a move of kind {kind} from {start} to {end}"
    return broken(name, request(kind=kind, moves=[[CHILDREN[0], start, end]]))


def the_last(kind: str) -> Step:
    """An answer to the entry that stands last, whatever its type."""
    key, _ = ANSWERS[kind]
    return lambda built: say(kind, **{key: leaf(built, built.ledger.entries[-1]["type"])})(built)


RULES = [
    # ranges and orders of `year`
    broken("no days for complaints", say("year", complaint_days=0)),
    broken("too many days for complaints", say("year", complaint_days=366)),
    broken("late dates unsorted", say("year", late_dates=["2026-10-15", "2026-09-15"])),
    broken("late date twice", say("year", late_dates=["2026-09-15", "2026-09-15"])),
    broken("watched unsorted", say("year", watched=[B, A])),
    broken("watched twice", say("year", watched=[A, A])),
    broken("term backwards", say("year", term=["2027-01-20", "2026-09-01"])),
    # filings
    broken("filing without classes", say("filing.submitted", classes=0)),
    broken("filing of too many classes", say("filing.submitted", classes=201)),
    broken("filing without teachers", say("filing.submitted", teachers=0)),
    broken("filing of too many teachers", say("filing.submitted", teachers=201)),
    broken("approval of nothing", say("filing.approved", filing=NOBODY)),
    broken("approval of another type", FILED[0], REQUESTED[0], the_last("filing.approved")),
    broken("approval twice", *FILED, say("filing.approved")),
    broken("approval of a replaced filing", FILED[0], FILED[0], say("filing.approved", of=0)),
    broken("approval of a replaced filing after the last", FILED[0], *FILED, say("filing.approved", of=0)),
    broken("approval again of a replaced filing", *FILED, FILED[0], say("filing.approved", of=0)),
    # replacements
    broken("teacher replaced without a filing", say("teacher.replaced")),
    broken("teacher replaced without an approval", FILED[0], say("teacher.replaced")),
    broken("teacher replaced before the approval", FILED[0], say("teacher.replaced"), FILED[1]),
    broken("teacher replaced of another grade", *FILED, say("teacher.replaced", grade=2)),
    broken("teacher replaced of another year", *FILED, say("teacher.replaced", year=2027)),
    broken("teacher replaced of another school", *FILED, say("teacher.replaced", school=B)),
    broken("teacher beyond the list", *FILED, say("teacher.replaced", number=10)),
    broken("teacher of no number", *FILED, say("teacher.replaced", number=0)),
    broken("teacher beyond the limit", *FILED, say("teacher.replaced", number=201)),
    broken("teacher of a list that is not approved", *FILED, say("filing.submitted", teachers=12), say("teacher.replaced", number=12)),
    broken("teacher of a list that was replaced", *FILED, say("filing.submitted", teachers=3), say("filing.approved"), say("teacher.replaced")),
    # amendments
    broken("moves unsorted", request(moves=[[CHILDREN[1], 1, 2], [CHILDREN[0], 1, 2]])),
    broken("child moved twice in one request", request(kind="restructure", moves=[[CHILDREN[0], 1, 2], [CHILDREN[0], 2, 3]])),
    broken("move beyond the classes", request(moves=[[CHILDREN[0], 1, 201]])),
    broken("move from beyond the classes", request(kind="restructure", moves=[[CHILDREN[0], 201, 0]])),
    broken("second move nowhere", request(kind="restructure", moves=[[CHILDREN[0], 1, 2], [CHILDREN[1], 2, 2]])),
    move("class", 2, 2), move("class", 0, 2), move("class", 2, 0), move("leave", 1, 2), move("leave", 0, 0),
    move("leave", 0, 2), move("enter", 1, 2), move("enter", 0, 0), move("enter", 1, 0), move("restructure", 0, 0),
    broken("amendment of nothing", say("amendment.approved", request=NOBODY)),
    broken("amendment of another type", REQUESTED[0], COMPLAINED[0], the_last("amendment.approved")),
    broken("amendment approved twice", *REQUESTED, say("amendment.approved")),
    broken("amendment approved twice, with others between", *REQUESTED, *REQUESTED, say("amendment.approved", of=0)),
    # audits
    broken("audit unsorted by school", say("registration.checked", schools=[rows(school=B), rows()])),
    broken("audit unsorted by grade", say("registration.checked", schools=[rows(grade=10), rows(grade=9)])),
    broken("audit of a grade twice", say("registration.checked", schools=[rows(), rows(same=3)])),
    # complaints
    broken("complaint's id twice", COMPLAINED[0], say("complaint.received", kind="fee", year=2027)),
    broken("complaint's id again after the decision", *COMPLAINED, COMPLAINED[0]),
    broken("decision of nothing", say("complaint.decided", complaint=NOBODY)),
    broken("decision of another type", COMPLAINED[0], REQUESTED[0], the_last("complaint.decided")),
    broken("decision twice", *COMPLAINED, say("complaint.decided", outcome="founded")),
    # inspections
    broken("findings unsorted", say("inspection", findings=[finding(FINDINGS[1]), finding(FINDINGS[0])])),
    broken("finding twice", say("inspection", findings=[finding(FINDINGS[0]), finding(FINDINGS[0], type="other")])),
    broken("inspection of the future", say("inspection", through=99)),
    broken("finding that nobody found", say("finding.closed")),
    broken("finding of another id", INSPECTED[0], say("finding.closed", finding=FINDINGS[2])),
    broken("finding closed before it is found", INSPECTED[1], INSPECTED[0]),
    broken("finding closed twice", *INSPECTED, say("finding.closed", outcome="expired")),
    broken("finding closed twice, found again between", *INSPECTED, *INSPECTED),
]  # fmt: skip


def at_its_end(more: int) -> Step:
    """An inspection through so many entries more than there are before it."""
    return lambda built: say("inspection", through=len(built.ledger.entries) + more)(built)


THROUGH = [
    Written("inspection of all there is", "", (at_its_end(0),)),
    broken("inspection of itself", at_its_end(1)),
    Written("finding found again", "", (*INSPECTED, INSPECTED[0])),
    Written("finding of two inspections", "", (INSPECTED[0], *INSPECTED)),
    Written("complaints of two years", "", (*COMPLAINED, say("complaint.received", complaint="c-2", year=2027))),
]
LEDGERS = [*good(), *forms(), *signers(), *RULES, *THROUGH]


def test_tables_are_complete():
    assert set(FORMS) == set(SIGNERS) == set(BODIES) == set(schema.schema_year.BODIES)
    built = written(YEAR)
    for kind, keys in FORMS.items():
        assert set(keys) == set(body_of(built, kind)), kind
    assert {entry["type"] for entry in built.ledger.entries} >= set(SIGNERS)
    assert len({one.name for one in LEDGERS}) == len(LEDGERS)
    assert {one.fails for one in LEDGERS} == {"", "V03", "V12", "V19"}


@pytest.mark.parametrize("one", LEDGERS, ids=lambda one: one.name)
def test_ledger(one):
    found = examine(written(one.steps))
    expected: Set[str] = {one.fails} - {""}
    assert failed(found) - ALWAYS == expected, [row.detail for row in found.outcomes if row.failed]
    if not one.fails:
        assert outcome(found, "V19") == "PASS"


def test_ledger_without_entries_of_the_year():
    assert outcome(examine(honest("header")), "V19") == "NOT-APPLICABLE"
