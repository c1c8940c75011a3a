"""The bodies of the entries of the year around the draw (L6, Y1-Y9). Ranges and orders are V19's."""

from __future__ import annotations

from typing import Dict

from .shapes import (
    Shape,
    arr,
    date,
    finding8,
    hash32,
    identifier,
    no_or_school,
    number,
    obj,
    one_of,
    row,
    school,
)

CHANNELS = ("telephone", "mail", "visit", "letter", "other")
COMPLAINTS = ("procedure", "class", "teacher", "transfer", "fee", "other")
DECISIONS = ("founded", "partly", "unfounded", "withdrawn")
REPLACEMENTS = ("absence", "left", "reassigned", "other")
REQUESTS = ("class", "leave", "enter", "restructure")  # Y4
SEVERITIES = ("violation", "open", "note")  # Y7
CLOSINGS = ("corrected", "sanctioned", "unfounded", "expired")

BODIES: Dict[str, Shape] = {
    "year": obj(
        complaint_days=number,
        document=hash32,
        draw_by=date,
        late_dates=arr(date, high=20),
        term=row(date, date),
        watched=arr(school, high=400),
        year=number,
    ),
    "filing.submitted": obj(
        classes=number,
        document=hash32,
        grade=number,
        school=school,
        shortlist=hash32,
        size=number,
        students=number,
        teachers=number,
        year=number,
    ),
    "filing.approved": obj(filing=hash32),
    "teacher.replaced": obj(
        document=hash32,
        grade=number,
        number=number,
        reason=one_of(*REPLACEMENTS),
        school=school,
        shortlist=hash32,
        size=number,
        year=number,
    ),
    "amendment.requested": obj(
        document=hash32,
        grade=number,
        kind=one_of(*REQUESTS),
        moves=arr(row(hash32, number, number), low=1, high=400),  # nullifier, from, to
        school=school,
        year=number,
    ),
    "amendment.approved": obj(document=hash32, request=hash32),
    "registration.checked": obj(
        export=hash32,
        report=hash32,
        schools=arr(
            obj(
                amended=number,
                double=number,
                extra=number,
                grade=number,
                missing=number,
                moved=number,
                same=number,
                school=school,
            ),
            low=1,
            high=400,
        ),
        size=number,
        students=number,
        year=number,
    ),
    "complaint.received": obj(
        channel=one_of(*CHANNELS),
        complaint=identifier,
        due=date,
        grade=number,
        kind=one_of(*COMPLAINTS),
        school=no_or_school,
        text=hash32,
        year=number,
    ),
    "complaint.decided": obj(complaint=hash32, document=hash32, outcome=one_of(*DECISIONS)),
    "inspection": obj(
        findings=arr(obj(id=finding8, school=no_or_school, severity=one_of(*SEVERITIES), type=identifier), high=400),
        report=hash32,
        size=number,
        through=number,
        year=number,
    ),
    "finding.closed": obj(document=hash32, finding=finding8, outcome=one_of(*CLOSINGS)),
}
