"""What an inspection can find: severity, and where the county plan asks for it (spec/findings.json)."""

from __future__ import annotations

from dataclasses import dataclass

VIOLATION, OPEN, NOTE = SEVERITIES = ("violation", "open", "note")

# Places in the county plan.
ALL, BALANCED, RANDOM, PUBLIC, STABLE = "二（一）", "二（二）", "二（三）", "二（四）", "二（五）"
FILING, DRAWING, TEACHERS, REGISTRATION = "四（二）", "四（三）", "四（四）", "四（五）"
SUPERVISION, ACCOUNT = "五（三）", "五（四）"


@dataclass(frozen=True, slots=True)
class Kind:
    """How grave a type of finding is, and the place in the county plan."""

    severity: str
    plan: str


KINDS: dict[str, Kind] = {
    # The ledger
    "ledger-broken": Kind(VIOLATION, SUPERVISION),
    "ledger-shorter": Kind(VIOLATION, SUPERVISION),
    "ledger-other": Kind(VIOLATION, SUPERVISION),
    "checkpoint": Kind(VIOLATION, SUPERVISION),
    "kept-unsigned": Kind(OPEN, SUPERVISION),
    "kept-other-key": Kind(OPEN, SUPERVISION),
    "fork": Kind(VIOLATION, SUPERVISION),
    "fork-unproven": Kind(OPEN, SUPERVISION),
    "time-set-back": Kind(OPEN, SUPERVISION),
    "policy-changed": Kind(OPEN, PUBLIC),
    "entries-unwitnessed": Kind(OPEN, PUBLIC),
    "predecessor": Kind(NOTE, SUPERVISION),
    "no-cosignatures": Kind(OPEN, PUBLIC),
    "no-policy": Kind(OPEN, PUBLIC),
    "unconfirmed-key": Kind(OPEN, SUPERVISION),
    "not-witnessed": Kind(OPEN, PUBLIC),
    # Discs and films
    "archive-unreadable": Kind(OPEN, DRAWING),
    "archive-damaged": Kind(OPEN, DRAWING),
    "archive-differs": Kind(VIOLATION, DRAWING),
    "no-disc": Kind(OPEN, DRAWING),
    "disc-missing": Kind(OPEN, DRAWING),
    "no-film": Kind(OPEN, DRAWING),
    "film-missing": Kind(OPEN, DRAWING),
    "film-differs": Kind(VIOLATION, DRAWING),
    # Sessions
    "rehearsal": Kind(NOTE, DRAWING),
    "aborted": Kind(NOTE, RANDOM),
    "postponed": Kind(OPEN, ALL),
    "annulled": Kind(OPEN, RANDOM),
    "redrawn": Kind(OPEN, RANDOM),
    "unfinished": Kind(OPEN, DRAWING),
    "wrong-opening": Kind(NOTE, PUBLIC),
    "missing-opening": Kind(NOTE, PUBLIC),
    "coverage": Kind(OPEN, PUBLIC),
    "role-missing": Kind(VIOLATION, PUBLIC),
    "discipline-missing": Kind(VIOLATION, TEACHERS),
    "unchecked-groups": Kind(OPEN, DRAWING),
    "pins-unsupported": Kind(VIOLATION, RANDOM),
    # Records
    "record-missing": Kind(VIOLATION, DRAWING),
    "record-differs": Kind(VIOLATION, DRAWING),
    "not-opened": Kind(OPEN, DRAWING),
    "no-sealed": Kind(OPEN, DRAWING),
    "draw": Kind(VIOLATION, DRAWING),
    "file": Kind(VIOLATION, DRAWING),
    "groups": Kind(VIOLATION, RANDOM),
    "result": Kind(VIOLATION, RANDOM),
    "statement": Kind(VIOLATION, PUBLIC),
    "drawn-twice": Kind(VIOLATION, RANDOM),
    "overlap": Kind(OPEN, RANDOM),
    "balance": Kind(NOTE, BALANCED),
    "clustered": Kind(NOTE, RANDOM),
    # Register and filings
    "exempt": Kind(NOTE, ALL),
    "register-differs": Kind(OPEN, FILING),
    "register-dropped": Kind(OPEN, ALL),
    "not-drawn": Kind(OPEN, ALL),
    "rehearsed-only": Kind(OPEN, ALL),
    "drawn-late": Kind(OPEN, DRAWING),
    "year-not-opened": Kind(OPEN, PUBLIC),
    "year-late": Kind(OPEN, PUBLIC),
    "year-key": Kind(VIOLATION, RANDOM),
    "rules-changed": Kind(OPEN, PUBLIC),
    "not-filed": Kind(OPEN, FILING),
    "filing-open": Kind(OPEN, FILING),
    "filed-again": Kind(OPEN, FILING),
    "students-differ": Kind(OPEN, FILING),
    "classes-differ": Kind(OPEN, FILING),
    # Teachers
    "lots": Kind(NOTE, TEACHERS),
    "lots-early": Kind(OPEN, TEACHERS),
    "lots-again": Kind(OPEN, TEACHERS),
    "lots-differ": Kind(OPEN, TEACHERS),
    "teachers-not-drawn": Kind(OPEN, TEACHERS),
    "shortlist-missing": Kind(OPEN, FILING),
    "shortlist-differs": Kind(VIOLATION, FILING),
    "teacher-differs": Kind(VIOLATION, TEACHERS),
    "teacher-replaced": Kind(NOTE, FILING),
    "teacher-returned": Kind(OPEN, TEACHERS),
    "teachers-unnamed": Kind(OPEN, TEACHERS),
    # Late students, amendments, registration
    "late-date": Kind(OPEN, DRAWING),
    "late-sizes": Kind(VIOLATION, RANDOM),
    "request-open": Kind(OPEN, STABLE),
    "amendment-misfit": Kind(VIOLATION, STABLE),
    "amended": Kind(NOTE, STABLE),
    "class-not-drawn": Kind(OPEN, STABLE),
    "entered-unplaced": Kind(OPEN, RANDOM),
    "left-in-term": Kind(NOTE, SUPERVISION),
    "not-audited": Kind(OPEN, REGISTRATION),
    "export-not-compared": Kind(OPEN, REGISTRATION),
    "export-without": Kind(OPEN, REGISTRATION),
    "export-unreadable": Kind(OPEN, REGISTRATION),
    "audit-missing": Kind(OPEN, REGISTRATION),
    "audit-corrected": Kind(OPEN, REGISTRATION),
    "audit-differs": Kind(VIOLATION, REGISTRATION),
    "class-changed": Kind(VIOLATION, STABLE),
    "child-missing": Kind(VIOLATION, SUPERVISION),
    "child-extra": Kind(VIOLATION, ALL),
    "child-double": Kind(VIOLATION, REGISTRATION),
    # Complaints
    "complaint-open": Kind(VIOLATION, ACCOUNT),
    "complaint-term": Kind(OPEN, ACCOUNT),
    "complaint-late": Kind(OPEN, ACCOUNT),
    # Earlier inspections
    "inspection-missing": Kind(OPEN, SUPERVISION),
    "inspection-differs": Kind(VIOLATION, SUPERVISION),
}
