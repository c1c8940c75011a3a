"""The shape of every entry type's body (spec/ledger.md L6), and of files that entries name."""

from __future__ import annotations

from ledger.canonical import VERSION
from verifiable_draw.ceremony import OFFICES
from verifiable_draw.schema import (
    Shape,
    array,
    boolean,
    date,
    either,
    empty,
    exactly,
    hash32,
    hexadecimal,
    hexadecimal_up_to,
    identifier,
    integer,
    mapping,
    matching,
    moment,
    one_of,
    origin,
    record,
    school,
    text,
)
from verifiable_draw.sources import CHAINS, MAX_ROUND, SIGNATURE_BYTES

CIVIC_ROLES = ("bureau", "discipline", "congress", "consultative", "parent", "notary", "other")
CLIENTS = ("bureau-page", "own-page", "command-line", "own-program", "kiosk")
OWN_CLIENTS = ("own-page", "command-line", "own-program")
ATTRIBUTES = ("sex", "migrant", "ethnicity", "disability", "staff_child", "primary_school")
PUBLISHABLE = tuple(name for name in ATTRIBUTES if name != "disability")  # numbers per class (C3, A28)
# Kinds of draws (C25); all but `classes` are drawn in one go.
CLASSES, LATE, TEACHERS, SELECT, ORDER, AUDIT = KINDS = ("classes", "late", "teachers", "select", "order", "audit")
INTO_CLASSES = (CLASSES, LATE)  # a child stands in one of these a year (R5)
WITH_CLASSES = (CLASSES, LATE, TEACHERS)  # K is a number of classes
PIN_REASONS = ("accessibility", "resource_room", "protection", "court")
SAME_NAMES = ("ignore", "apart", "sound")
MAX_CLASSES, MAX_AUDIT = 200, 20_000
EVIDENCE = ("video", "audio", "photo", "scan", "disc", "other")
TEACHER_REASONS = ("absence", "left", "reassigned", "other")
AMENDMENTS = ("class", "leave", "enter", "restructure")
CHANNELS = ("telephone", "mail", "visit", "letter", "other")
COMPLAINTS = ("procedure", "class", "teacher", "transfer", "fee", "other")
OUTCOMES = ("founded", "partly", "unfounded", "withdrawn")
CLOSINGS = ("corrected", "sanctioned", "unfounded", "expired")
SEVERITIES = ("violation", "open", "note")
STATUSES = ("received", "wrong", "missing", "none")

number = integer(0, 2**53 - 1)
positive = integer(1, 2**53 - 1)
grade = one_of(1, 7)
year = integer(2000, 2999)
hash_or_nothing = either(one_of(""), hash32)
reason = text(1, 200)
ids = array(identifier, 0, 200)
address = matching(r"(?=.{1,100}$)https?://[A-Za-z0-9._~:/%-]+/", "address http://…/ or https://…/, at most 100 long")

caps = array(record({"attribute": one_of(*ATTRIBUTES), "max": integer(0, 1000), "value": text(1, 64)}), 0, 20)
attributes = array(
    record(
        {
            "free": array(text(1, 64), 0, 99),
            "id": one_of(*ATTRIBUTES),
            "merged": array(exactly(text(1, 64), text(1, 64)), 0, 200),
            "values": array(text(1, 64), 2, 100),
        }
    ),
    0,
    6,
)
crossed = array(exactly(one_of(*ATTRIBUTES), one_of(*ATTRIBUTES)), 0, 6)
delay = record(
    {
        "bits": one_of(1024),
        "iterations": integer(1000, 2**40),
        "kind": one_of("chiavdf-wesolowski"),
        "segments": integer(1, 64),
    }
)
public_draw = record(
    {
        "alphabet": matching(r"[\x21-\x7e]{2,64}", "2..64 printable ASCII characters"),
        "confirmations": integer(1, 200),
        "length": integer(1, 1000),
    }
)
drand = record({"chain": one_of(*CHAINS), "round": integer(1, MAX_ROUND)})
quorum = record({"covered": integer(1, 200), "roles": mapping(one_of(*CIVIC_ROLES[1:]), integer(1, 200))})
seconds = integer(0, 10 * 365 * 86400)
windows = record({"attest": seconds, "commit": seconds, "reveal": integer(1, 86400), "roster_to_header": seconds})
software = record(
    {"page": hash_or_nothing, "source": text(0, 200), "verifier": hash_or_nothing, "version": text(0, 64)}
)

# Fields that plan and header share (C3, C6).
COMMON: dict[str, Shape] = {
    "version": one_of(VERSION),
    "origin": origin,
    "bureau": text(),
    "session": identifier,
    "title": text(),
    "date": date,
    "year": year,
    "rehearsal": boolean,
    "bundlings": integer(1, 256),
    "quorum": quorum,
    "windows": windows,
    "delay": delay,
    "sources": record({"drand": either(empty, drand), "public_draw": either(empty, public_draw)}),
    "software": software,
    "year_key": hash32,
}

PLAN = record(
    COMMON
    | {
        "draws": array(
            record(
                {
                    "id": identifier,
                    "kind": one_of(*KINDS),
                    "school": school,
                    "school_name": text(),
                    "grade": grade,
                    "batch": integer(1, 99),
                    "classes": either(one_of(0), integer(2, MAX_CLASSES)),
                    "most": either(one_of(0), integer(2, 200)),
                    "class_names": array(text(1, 20), 0, MAX_CLASSES),
                    "sizes": array(integer(0, 1000), 0, MAX_CLASSES),
                    "take": integer(0, MAX_AUDIT),
                    "caps": caps,
                }
            ),
            1,
            300,
        ),
        "attributes": attributes,
        "crossed": crossed,
        "balance": array(one_of(*PUBLISHABLE), 0, len(PUBLISHABLE)),
        "contact": record({"email": text(0, 100), "phone": text(0, 100), "site": either(one_of(""), address)}),
        "pins": array(one_of(*PIN_REASONS), 0, len(PIN_REASONS)),
        "same_names": one_of(*SAME_NAMES),
        "recipients": exactly(
            *2 * [record({"id": identifier, "name": text(), "sealing_key": hash32, "signing_key": hash32})]
        ),
        "retention_years": integer(1, 100),
        "screen": record({"names": one_of("none", "masked")}),
    }
)

FROZEN_SUMMARY: dict[str, Shape] = {
    "blocks": number,
    "constraints": record(
        {
            "apart": number,
            "barred": number,
            "caps": number,
            "pins": mapping(one_of(*PIN_REASONS), positive),
            "together": number,
        }
    ),
    "constraints_root": hash32,
    "draw": identifier,
    "nullifiers_root": hash32,
    "remainder": number,
    "roster_root": hash32,
    "sealed_hash": hash32,
    "students": positive,
    "submission": hash32,
    "unit_sizes": array(exactly(positive, positive), 1),
    "units": positive,
}

OBSERVER_FIELDS: dict[str, Shape] = {
    "client": one_of(*CLIENTS),
    "id": identifier,
    "key": hash32,
    "role": one_of(*CIVIC_ROLES),
}

_DRAW_KEY: dict[str, Shape] = {
    "attempt": integer(1, 10_000),
    "batch": integer(1, 99),
    "grade": grade,
    "id": identifier,
    "kind": one_of(*KINDS),
    "school": school,
}

HEADER = record(
    COMMON
    | {
        "plan": hash32,
        "draws": array(
            record(_DRAW_KEY | {"classes": integer(2, MAX_AUDIT), "frozen": record(FROZEN_SUMMARY)}), 1, 400
        ),
        "observers": array(record(OBSERVER_FIELDS), 1, 200),
    }
)

_FILES = array(record({"draw": identifier, "sha256": hash32, "size": positive}), 1, 400)
_HASHES = array(hash32, 1, 400)
_SUBMISSION = record({"draw": identifier, "students": positive, "submission": hash32})
_FILED: dict[str, Shape] = {"grade": grade, "school": school, "year": year}
_SHORTLIST: dict[str, Shape] = {"document": hash32, "shortlist": hash32, "size": positive}
_CLASS_OR_OUTSIDE = integer(0, MAX_CLASSES)
_SCHOOL_OR_NONE = either(one_of(""), school)
_AUDITED = record(
    {"grade": grade, "school": school}
    | dict.fromkeys(("amended", "double", "extra", "missing", "moved", "same"), number)
)
_FINDING = record(
    {"id": hexadecimal(8), "school": _SCHOOL_OR_NONE, "severity": one_of(*SEVERITIES), "type": identifier}
)
_GENESIS_KEY = record({"id": identifier, "key": hash32, "role": one_of(*OFFICES)})

_OFFICE_KEY: dict[str, Shape] = {"id": identifier, "key": hash32, "role": one_of(*OFFICES)}

BODIES: dict[str, Shape] = {
    "genesis": record(
        {
            "bureau": text(),
            "keys": array(_GENESIS_KEY, 3, 3),
            "origin": origin,
            "predecessor": either(empty, record({"origin": origin, "root": hash32, "size": positive})),
            "version": one_of(VERSION),
        }
    ),
    "key.added": record({"id": school, "key": hash32, "role": one_of("school")}),
    "key.rotated": either(record(_OFFICE_KEY), record({"id": school, "key": hash32, "role": one_of("school")})),
    "key.retired": record({"id": school, "key": hash32, "reason": reason, "role": one_of("school")}),
    "key.replaced": record(_OFFICE_KEY | {"document": hash32, "reason": reason}),
    "key.confirmed": record({"cosignature": hexadecimal(72), "name": text(1, 255)}),
    "policy": record({"lines": array(text(0, 4000), 1, 200)}),
    "timestamp": record({"response": hexadecimal_up_to(30_000), "size": positive}),
    "register": record(
        {
            "schools": array(
                record({"classes": integer(1, 200), "grade": grade, "name": text(), "school": school}), 1, 400
            ),
            "year": year,
        }
    ),
    "lots": record(
        {
            "document": hash32,
            "grade": grade,
            "kind": one_of(TEACHERS),
            "place": text(1, 200),
            "rows": array(exactly(integer(1, 200), integer(1, 200)), 2, 200),
            "school": school,
            "time": moment,
            "witnesses": mapping(one_of(*CIVIC_ROLES), integer(1, 1000)),
            "year": year,
        }
    ),
    "slips": record({"draw": identifier, "number": positive, "reprint": boolean, "session": identifier}),
    "evidence": record(
        {
            "kind": one_of(*EVIDENCE),
            "label": identifier,
            "session": identifier,
            "sha256": hash32,
            "size": number,
        }
    ),
    "year": record(
        {
            "complaint_days": integer(1, 365),
            "document": hash32,
            "draw_by": date,
            "late_dates": array(date, 0, 20),
            "term": exactly(date, date),
            "watched": array(school, 0, 400),
            "year": year,
        }
    ),
    "filing.submitted": record(
        _FILED
        | _SHORTLIST
        | {"classes": integer(1, MAX_CLASSES), "students": positive, "teachers": integer(1, 200)}
    ),
    "filing.approved": record({"filing": hash32}),
    "teacher.replaced": record(
        _FILED | _SHORTLIST | {"number": integer(1, 200), "reason": one_of(*TEACHER_REASONS)}
    ),
    "amendment.requested": record(
        _FILED
        | {
            "document": hash32,
            "kind": one_of(*AMENDMENTS),
            "moves": array(exactly(hash32, _CLASS_OR_OUTSIDE, _CLASS_OR_OUTSIDE), 1, 400),
        }
    ),
    "amendment.approved": record({"document": hash32, "request": hash32}),
    "registration.checked": record(
        {
            "export": hash32,
            "report": hash32,
            "schools": array(_AUDITED, 1, 400),
            "size": positive,
            "students": number,
            "year": year,
        }
    ),
    "complaint.received": record(
        {
            "channel": one_of(*CHANNELS),
            "complaint": identifier,
            "due": date,
            "grade": one_of(0, 1, 7),
            "kind": one_of(*COMPLAINTS),
            "school": _SCHOOL_OR_NONE,
            "text": hash32,
            "year": year,
        }
    ),
    "complaint.decided": record({"complaint": hash32, "document": hash32, "outcome": one_of(*OUTCOMES)}),
    "inspection": record(
        {
            "findings": array(_FINDING, 0, 400),
            "report": hash32,
            "size": positive,
            "through": number,
            "year": year,
        }
    ),
    "finding.closed": record({"document": hash32, "finding": hexadecimal(8), "outcome": one_of(*CLOSINGS)}),
    "plan": record({"hash": hash32, "size": positive}),
    "roster.submitted": _SUBMISSION,
    "roster.approved": _SUBMISSION,
    "roster.frozen": record(FROZEN_SUMMARY),
    "draw.postponed": record({"draw": identifier, "reason": reason}),
    "observer.enrolled": record(OBSERVER_FIELDS),
    "header": record(
        {
            "draws": array(record(_DRAW_KEY), 1, 400),
            "hash": hash32,
            "rehearsal": boolean,
            "size": positive,
            "year": year,
        }
    ),
    "commitment": record({"commitment": hash32}),
    "source": record({"digits": text(1, 1000), "kind": one_of("public-draw")}),
    "commits.closed": record({"commitments": array(hash_or_nothing, 1, 200), "digits": text(0, 1000), "hash": hash32}),
    "groups.fixed": record({"groups": _FILES, "hash": hash32}),
    "groups.checked": record(
        {
            "commits_closed_hash": hash32,
            "constraints_roots": _HASHES,
            "groups_hash": hash32,
            "header_hash": hash32,
            "nullifiers_roots": _HASHES,
            "sealed_hashes": _HASHES,
        }
    ),
    "attest.groups": record({"commits_closed_hash": hash32, "groups_hash": hash32}),
    "reveals.opened": record({"attested": ids}),
    "opening": record({"commits_closed_hash": hash32, "contribution": hash32, "groups_hash": hash32, "salt": hash32}),
    "reveals.closed": record(
        {
            "hash": hash32,
            "openings": array(
                record({"contribution": hash_or_nothing, "salt": hash_or_nothing, "status": one_of(*STATUSES)}), 1, 200
            ),
        }
    ),
    "attest.reveals": record({"reveals_closed_hash": hash32}),
    "coverage.closed": record({"covered": ids}),
    "delay.done": record({"segments": array(record({"proof": hexadecimal(100), "y": hexadecimal(100)}), 1, 64)}),
    "beacon": record({"round": positive, "signature": hexadecimal(SIGNATURE_BYTES)}),
    "seed": record({"seed": hash32}),
    "result": record({"draws": _FILES}),
    "published": record({"files": positive, "files_hash": hash32}),
    "aborted": record({"reason": reason}),
    "annulled": record({"document": hash32, "draws": array(identifier, 1, 400), "reason": reason}),
}
