"""The exact shape of every file and entry body: keys, types and text forms (E5, E7-E9).

A shape is a function that raises ShapeError for a value that does not fit. Shapes are strict so that every later
check may index into values without looking; which *values* are allowed is said by the checks (`rules.py`, `checks_*`).
"""

from __future__ import annotations

from typing import Any, Dict

from . import schema_year
from .shapes import (
    Shape,
    ShapeError,
    arr,
    boolean,
    cosignature72,
    date,
    either,
    empty,
    form100,
    hash32,
    identifier,
    is_ascending,
    mapping,
    no_or_hash32,
    no_or_identifier,
    no_or_secret16,
    number,
    obj,
    one_of,
    origin,
    response,
    row,
    school,
    secret16,
    sig64,
    signature48,
    text,
    time,
    version,
)

ROLES = ("bureau", "discipline", "congress", "consultative", "parent", "notary", "other")
CLIENTS = ("bureau-page", "own-page", "command-line", "own-program", "kiosk")
OWN_CLIENTS = ("own-page", "command-line", "own-program")
KINDS = ("classes", "late", "teachers", "select", "order", "audit")
ONCE_A_YEAR = ("classes", "late")  # kinds of which a child stands in one draw (R5)
REASONS = ("accessibility", "resource_room", "protection", "court")  # of pins
SAME_NAMES = ("ignore", "apart", "sound")
ATTRIBUTES = ("sex", "migrant", "ethnicity", "disability", "staff_child", "primary_school")
OFFICES = ("operator", "approver", "recovery")
EVIDENCE = ("video", "audio", "photo", "scan", "disc", "other")
SIGNER_ROLES = (*OFFICES, "school", "recipient", "observer")

SUMMARY = {
    "blocks": number,
    "constraints": obj(apart=number, barred=number, caps=number, pins=mapping(number), together=number),
    "constraints_root": hash32,
    "draw": identifier,
    "nullifiers_root": hash32,
    "remainder": number,
    "roster_root": hash32,
    "sealed_hash": hash32,
    "students": number,
    "submission": hash32,
    "unit_sizes": arr(row(number, number)),
    "units": number,
}
OBSERVER = obj(client=one_of(*CLIENTS), id=identifier, key=hash32, role=one_of(*ROLES))
FILE_OF_DRAW = obj(draw=identifier, sha256=hash32, size=number)
SEGMENT = obj(proof=form100, y=form100)
CAP = obj(attribute=text(), max=number, value=text())
ATTRIBUTE = obj(free=arr(text()), id=text(), merged=arr(arr(text(), 2, 2)), values=arr(text()))
CROSSED = arr(row(text(), text()))
PLACED = arr(row(number, number))  # unit and class
REASON = text(1, 200)
BEACON = obj(round=number, signature=signature48)

BODIES: Dict[str, Shape] = {
    "genesis": obj(
        bureau=text(),
        keys=arr(obj(id=identifier, key=hash32, role=one_of(*SIGNER_ROLES))),
        origin=origin,
        predecessor=either(empty, obj(origin=origin, root=hash32, size=number)),
        version=version,
    ),
    "key.added": obj(id=school, key=hash32, role=one_of("school")),
    "key.rotated": obj(id=identifier, key=hash32, role=one_of(*OFFICES, "school")),
    "key.retired": obj(id=school, key=hash32, reason=REASON, role=one_of("school")),
    "key.replaced": obj(document=hash32, id=identifier, key=hash32, reason=REASON, role=one_of(*OFFICES)),
    "key.confirmed": obj(cosignature=cosignature72, name=text()),
    "policy": obj(lines=arr(text(0, 4000), low=1, high=200)),
    "timestamp": obj(response=response, size=number),
    "register": obj(year=number, schools=arr(obj(classes=number, grade=number, name=text(), school=school))),
    "lots": obj(
        document=hash32,
        grade=number,
        kind=one_of("teachers"),
        place=text(1, 200),
        rows=arr(row(number, number), low=2, high=200),
        school=school,
        time=time,
        witnesses=mapping(number),
        year=number,
    ),
    "slips": obj(draw=identifier, number=number, reprint=boolean, session=identifier),
    "evidence": obj(kind=one_of(*EVIDENCE), label=identifier, session=identifier, sha256=hash32, size=number),
    "plan": obj(hash=hash32, size=number),
    "roster.submitted": obj(draw=identifier, students=number, submission=hash32),
    "roster.approved": obj(draw=identifier, students=number, submission=hash32),
    "roster.frozen": obj(**SUMMARY),
    "draw.postponed": obj(draw=identifier, reason=REASON),
    "observer.enrolled": OBSERVER,
    "header": obj(
        draws=arr(obj(attempt=number, batch=number, grade=number, id=identifier, kind=text(), school=school)),
        hash=hash32,
        rehearsal=boolean,
        size=number,
        year=number,
    ),
    "commitment": obj(commitment=hash32),
    "source": obj(digits=text(), kind=one_of("public-draw")),
    "commits.closed": obj(commitments=arr(no_or_hash32), digits=text(), hash=hash32),
    "groups.fixed": obj(groups=arr(FILE_OF_DRAW), hash=hash32),
    "groups.checked": obj(
        commits_closed_hash=hash32,
        constraints_roots=arr(hash32),
        groups_hash=hash32,
        header_hash=hash32,
        nullifiers_roots=arr(hash32),
        sealed_hashes=arr(hash32),
    ),
    "attest.groups": obj(commits_closed_hash=hash32, groups_hash=hash32),
    "reveals.opened": obj(attested=arr(identifier)),
    "opening": obj(commits_closed_hash=hash32, contribution=hash32, groups_hash=hash32, salt=hash32),
    "reveals.closed": obj(
        hash=hash32,
        openings=arr(
            obj(
                contribution=no_or_hash32,
                salt=no_or_hash32,
                status=one_of("received", "wrong", "missing", "none"),
            )
        ),
    ),
    "attest.reveals": obj(reveals_closed_hash=hash32),
    "coverage.closed": obj(covered=arr(identifier)),
    "delay.done": obj(segments=arr(SEGMENT)),
    "beacon": BEACON,
    "seed": obj(seed=hash32),
    "result": obj(draws=arr(FILE_OF_DRAW)),
    "published": obj(files=number, files_hash=hash32),
    "aborted": obj(reason=REASON),
    "annulled": obj(document=hash32, draws=arr(identifier, low=1), reason=REASON),
    **schema_year.BODIES,
}
WITHOUT_SESSION = (
    "genesis",
    "key.added",
    "key.rotated",
    "key.retired",
    "key.replaced",
    "key.confirmed",
    "policy",
    "timestamp",
    "register",
    "lots",
    "slips",
    "evidence",
    *schema_year.BODIES,
)


def _anything(value: Any, at: str) -> None:
    """For what `BODIES` says more exactly."""
    del value, at


SIGNATURE = obj(id=identifier, key=hash32, role=one_of(*SIGNER_ROLES), root=hash32, sig=sig64, size=number)
ENTRY = obj(
    actor=obj(id=identifier, role=one_of(*SIGNER_ROLES)),
    body=mapping(_anything),
    prev=hash32,
    seq=number,
    session=no_or_identifier,
    sig=arr(SIGNATURE, low=1, high=200),
    time=time,
    type=one_of(*BODIES),
)

PLAN_COMMON = {
    "bundlings": number,
    "bureau": text(),
    "date": date,
    "delay": obj(bits=number, iterations=number, kind=text(), segments=number),
    "origin": origin,
    "quorum": obj(covered=number, roles=mapping(number)),
    "rehearsal": boolean,
    "session": identifier,
    "software": obj(page=no_or_hash32, source=text(), verifier=no_or_hash32, version=text()),
    "sources": obj(
        drand=either(empty, obj(chain=hash32, round=number)),
        public_draw=either(empty, obj(alphabet=text(), confirmations=number, length=number)),
    ),
    "title": text(),
    "version": version,
    "windows": obj(attest=number, commit=number, reveal=number, roster_to_header=number),
    "year": number,
    "year_key": hash32,
}
RECIPIENT = obj(id=identifier, name=text(), sealing_key=hash32, signing_key=hash32)
PLAN = obj(
    attributes=arr(ATTRIBUTE),
    balance=arr(text()),
    contact=obj(email=text(), phone=text(), site=text()),
    crossed=CROSSED,
    draws=arr(
        obj(
            batch=number,
            caps=arr(CAP),
            class_names=arr(text()),
            classes=number,
            grade=number,
            id=identifier,
            kind=text(),
            most=number,
            school=school,
            school_name=text(),
            sizes=arr(number),
            take=number,
        )
    ),
    pins=arr(text()),
    recipients=arr(RECIPIENT),
    retention_years=number,
    same_names=text(),
    screen=obj(names=one_of("none", "masked")),
    **PLAN_COMMON,
)
HEADER = obj(
    draws=arr(
        obj(
            attempt=number,
            batch=number,
            classes=number,
            frozen=obj(**SUMMARY),
            grade=number,
            id=identifier,
            kind=text(),
            school=school,
        )
    ),
    observers=arr(OBSERVER),
    plan=hash32,
    **PLAN_COMMON,
)
RECORD = obj(
    counts=obj(draws=number, entries=number, observers=number, students=number, units=number),
    files=arr(obj(path=text(), sha256=hash32, size=number)),
    phase=one_of("frozen", "result"),
    session=identifier,
    version=version,
)
INDICES = arr(number)
BALANCE = arr(obj(attribute=text(), rows=arr(obj(counts=arr(number), values=arr(text())))))  # A28
CERTIFICATE = arr(obj(bound=number, feature=text(), proven=boolean, reached=number))
STATEMENT = obj(draws=arr(obj(balance=BALANCE, certificate=CERTIFICATE, draw=identifier)), version=version)
PAIR = row(hash32, hash32)  # a student's identity and attributes (R4)
FILES: Dict[str, Shape] = {
    "header.json": HEADER,
    "plan.json": PLAN,
    "delay.json": obj(segments=arr(SEGMENT), version=version),
    "sources.json": obj(beacon=either(empty, BEACON), public_draw=text(), version=version),
    "statement.json": STATEMENT,
    "units.json": obj(draw=identifier, units=arr(arr(PAIR, low=1))),
    "nullifiers.json": obj(draw=identifier, nullifiers=arr(hash32)),
    "groups.json": obj(
        barred=PLACED,
        blocks=arr(INDICES),
        bundlings=arr(arr(INDICES)),
        draw=identifier,
        pins=PLACED,
        remainder=INDICES,
        version=version,
    ),
    "result.json": obj(
        bundling=number,
        classes=INDICES,
        counts=INDICES,
        draw=identifier,
        draw_seed=hash32,
        forced=INDICES,
        version=version,
    ),
}
TRUST = obj(
    checkpoint=obj(root=hash32, size=number),
    observers=arr(hash32),
    operator=hash32,
    origin=origin,
    version=version,
    witnesses=arr(obj(key=hash32, name=text())),
    witnesses_required=number,
)
DOCUMENT_TYPES = (*"123456789", "A", "B", "G", "Z")
SLIP = obj(
    document_number=text(),
    document_type=one_of(*DOCUMENT_TYPES),
    name=text(),
    second=no_or_secret16,
    secret=secret16,
    session=identifier,
    version=version,
)
FORK = obj(notes=arr(arr(text()), low=2, high=2), proof=arr(hash32), root=hash32, version=version)
CONSTRAINTS = obj(
    apart=arr(row(number, number)),
    barred=PLACED,
    caps=arr(CAP),
    pins=arr(row(number, number, text())),
    together=INDICES,
)
SEALED = obj(
    attributes=arr(ATTRIBUTE),
    caps=arr(CAP),
    classes=number,
    constraints=_anything,  # V72's (CONSTRAINTS)
    constraints_salt=hash32,
    crossed=CROSSED,
    draw=identifier,
    salt=hash32,
    session=identifier,
    units=arr(arr(obj(attributes=mapping(text()), attributes_salt=hash32, identity=hash32, nullifier=hash32), low=1)),
    version=version,
    year_key=hash32,
    year_key_salt=hash32,
)


def check_entry(entry: Any) -> None:
    """L1, L6 and all field types of one entry. ShapeError if it does not fit."""
    ENTRY(entry, "entry")
    BODIES[entry["type"]](entry["body"], "body")
    if (entry["session"] == "") != (entry["type"] in WITHOUT_SESSION):
        raise ShapeError("session of a %s entry" % entry["type"])
    if entry["type"] == "register":
        rows = [(row["school"], row["grade"]) for row in entry["body"]["schools"]]
        if not is_ascending(rows):
            raise ShapeError("body.schools is not sorted or holds a pair twice")
    if entry["type"] == "lots":
        _check_lots(entry["body"])
    if entry["type"] == "annulled" and not is_ascending(entry["body"]["draws"]):
        raise ShapeError("body.draws is not sorted")


def _check_lots(body: Any) -> None:
    """L23: classes in order, every lot once, witnesses of known roles."""
    numbers = list(range(1, len(body["rows"]) + 1))
    if [row[0] for row in body["rows"]] != numbers or sorted(row[1] for row in body["rows"]) != numbers:
        raise ShapeError("body.rows is not one lot a class")
    if not set(body["witnesses"]) <= set(ROLES):
        raise ShapeError("body.witnesses names an unknown role")
