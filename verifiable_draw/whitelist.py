"""The export whitelist: which fields may leave the bureau, and in which kind of public document (S17).

A public document or page takes its rows from here and nowhere else. A row is a frozen dataclass: what has no field
cannot leak. `Release` is the gate: it takes only rows of the classes that `WHITELIST` names for its kind. Only one
class speaks of children, `PublicStudent`, and only `public_students` makes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from verifiable_draw.errors import InternalError
from verifiable_draw.masking import masked
from verifiable_draw.plan import PlanDraw
from verifiable_draw.replay import Session
from verifiable_draw.whitelist_year import (
    PublicChecked,
    PublicComplaints,
    PublicFindings,
    PublicGrade,
    PublicInspection,
    PublicMoves,
    PublicShortlist,
    PublicTeacher,
    PublicYear,
)


@dataclass(frozen=True, slots=True)
class PublicStudent:
    """One student of a public class list: the class, and what only the family can tell for theirs (spec R12).

    `masked_name` is "" unless the plan's `screen.names` is `masked`. No sex, number, attribute, school number or place
    in the roster.
    """

    class_number: int
    class_name: str
    pseudonym: str
    masked_name: str


@dataclass(frozen=True, slots=True)
class PublicDraw:
    """What plan, header and ledger say of one draw; numbers are 0 and hashes "" while not known."""

    id: str
    kind: str
    school: str
    school_name: str
    grade: int
    batch: int
    classes: int
    take: int
    attempt: int
    students: int
    units: int
    roster_root: str
    groups: str
    result: str
    postponed: str
    annulled: str


@dataclass(frozen=True, slots=True)
class PublicNumbers:
    """Students of every class 1 … K that have one of the values: a row of the record's `balance` (A28)."""

    draw: str
    attribute: str
    values: tuple[str, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PublicBalance:
    """A line of the record's certificate (A23): largest difference between classes, and whether it is the best."""

    draw: str
    feature: str
    reached: int
    proven: bool


@dataclass(frozen=True, slots=True)
class PublicObserver:
    """What the ledger says of one observer: no name, which the ledger does not have either.

    `committed` is the time of the commitment; `opening` a status of C16, "" before the close.
    """

    id: str
    role: str
    client: str
    key: str
    commitment: str
    committed: str
    attested: bool
    opening: str
    covered: bool


@dataclass(frozen=True, slots=True)
class PublicEntry:
    """One entry of the ledger: signers as (id, role), `facts` as (what, value)."""

    seq: int
    time: str
    type: str
    signers: tuple[tuple[str, str], ...]
    draw: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PublicRule:
    """One rule of the plan in words: section, what it is about, what it says."""

    section: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class PublicHash:
    """A value that people compare: what it is, how it comes about, its hexadecimal digits or text."""

    name: str
    formula: str
    value: str


@dataclass(frozen=True, slots=True)
class PublicFile:
    """One file of the public record."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PublicVerdict:
    """What the verifier said of a record without a trust file: exit code, and checks that failed or could not be done.

    `reasons`: (id, Chinese, English); `covered`: (id, role, client) of covered observers.
    """

    phase: str
    exit: int
    reasons: tuple[tuple[str, str, str], ...]
    covered: tuple[tuple[str, str, str], ...]
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PublicSchool:
    """One row of the year's register, and what became of it: drawn, exempt, postponed or open (V81)."""

    name: str
    grade: int
    classes: int
    state: str
    session: str


@dataclass(frozen=True, slots=True)
class PublicOffice:
    """Whom to ask and to complain to, and the ledger's key that signs: from plan and ledger."""

    bureau: str
    origin: str
    key: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class PublicSize:
    """Students that a class of a draw got, and what the class is called: from the record's result."""

    number: int
    name: str
    students: int


@dataclass(frozen=True, slots=True)
class PublicGroups:
    """How a draw's units were grouped, in numbers; `block`: classes (from 0) that the units of the first block got."""

    blocks: int
    remainder: int
    bundlings: int
    picked: int
    block: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PublicComplaint:
    """What the ledger says of a complaint, and no word of it: days are those in China, `decided` "" while open."""

    number: str
    received: str
    channel: str
    kind: str
    school: str
    school_name: str
    grade: int
    due: str
    decided: str
    outcome: str
    late: bool


@dataclass(frozen=True, slots=True)
class PublicSession:
    """The session itself, as every page names it; `state` is that of the ceremony's table."""

    id: str
    title: str
    bureau: str
    origin: str
    date: str
    year: int
    rehearsal: bool
    state: str
    plan_hash: str
    header_hash: str
    result_hash: str


@dataclass(frozen=True, slots=True)
class PublicAudit:
    """What `registration.checked` says of a whole year, and the entry itself (year Y5)."""

    bureau: str
    origin: str
    year: int
    students: int
    through: int
    seq: int
    time: str
    report: str
    export: str


@dataclass(frozen=True, slots=True)
class PublicRegistration:
    """Numbers of one school's grade in `registration.checked`."""

    school: str
    school_name: str
    grade: int
    same: int
    amended: int
    moved: int
    missing: int
    extra: int
    double: int


Row = (
    PublicStudent | PublicDraw | PublicNumbers | PublicBalance | PublicObserver | PublicEntry | PublicRule | PublicHash
    | PublicFile | PublicSession | PublicVerdict | PublicSchool | PublicOffice | PublicSize | PublicGroups
    | PublicAudit | PublicRegistration | PublicComplaint | PublicYear | PublicGrade | PublicShortlist | PublicTeacher
    | PublicMoves | PublicComplaints | PublicChecked | PublicInspection | PublicFindings
)  # fmt: skip

WHITELIST: Mapping[str, frozenset[type]] = MappingProxyType(
    {
        "plan": frozenset({PublicSession, PublicDraw, PublicRule, PublicHash}),
        "commitments": frozenset({PublicSession, PublicObserver, PublicHash}),
        "minutes": frozenset({PublicSession, PublicEntry, PublicObserver, PublicDraw, PublicBalance, PublicHash}),
        "public-list": frozenset({PublicSession, PublicDraw, PublicNumbers, PublicStudent}),
        "notary": frozenset({PublicSession, PublicDraw, PublicObserver, PublicHash, PublicFile}),
        "complaint-register": frozenset({PublicOffice, PublicComplaint}),
        "complaint-pack": frozenset(
            {PublicOffice, PublicComplaint, PublicSession, PublicDraw, PublicEntry, PublicFile, PublicHash}
        ),
        "site-index": frozenset({PublicSession, PublicOffice, PublicSchool}),
        "site-how": frozenset({PublicSession, PublicDraw, PublicOffice, PublicSize, PublicGroups}),
        "site-check": frozenset({PublicOffice, PublicFile, PublicSession}),
        "site-ledger": frozenset({PublicOffice, PublicHash}),
        "site-session": frozenset(
            {
                PublicSession, PublicDraw, PublicObserver, PublicHash, PublicOffice, PublicVerdict, PublicEntry,
                PublicFile,
            }
        ),
        "site-draw": frozenset(
            {
                PublicSession, PublicDraw, PublicNumbers, PublicBalance, PublicStudent, PublicOffice, PublicSize,
                PublicGroups,
            }
        ),
        "site-year": frozenset(
            {
                PublicOffice, PublicYear, PublicGrade, PublicShortlist, PublicTeacher, PublicMoves, PublicComplaints,
                PublicChecked, PublicRegistration, PublicInspection, PublicFindings,
            }
        ),
        "year-registration": frozenset({PublicAudit, PublicRegistration}),
    }
)
"""Kind of public document, or of page of the site or of the year -> classes of the rows that it may hold."""


def allowed_fields(kind: str) -> list[str]:
    """Every field that may leave in a document of this kind, as `Class.field`, for people to read and tests to fix."""
    return sorted(f"{row.__name__}.{field.name}" for row in WHITELIST[kind] for field in fields(row))


class Release:
    """Rows that may leave in a public document of one kind, by name; InternalError for anything else."""

    __slots__ = ("kind", "rows")

    def __init__(self, kind: str, rows: Mapping[str, Iterable[Row]]) -> None:
        self.kind = kind
        self.rows = MappingProxyType({name: tuple(several) for name, several in rows.items()})
        for several in self.rows.values():
            for row in several:
                # The very class: a subclass could bring fields that nobody looked at.
                if type(row) not in WHITELIST[kind] or not all(
                    _plain(getattr(row, field.name)) for field in fields(row)
                ):
                    raise InternalError("documents.not_whitelisted", kind=kind, row=type(row).__name__)


def _plain(value: Any) -> bool:  # noqa: ANN401 - any value at all is judged
    """Whether a field holds texts, numbers, or tuples of them."""
    return type(value) in (str, int, bool) or (type(value) is tuple and all(map(_plain, value)))


def public_students(session: Session, item: PlanDraw, people: Iterable[tuple[int, str, str]]) -> list[PublicStudent]:
    """Rows of a public class list, by class and pseudonym, from (class, name, pseudonym).

    The order tells nothing: pseudonyms are random, and the roster's order and the unit's index are not looked at.
    """
    shows = session.plan.value["screen"]["names"] == "masked"
    rows = (
        PublicStudent(number, class_title(item, number), pseudonym, masked(name) if shows else "")
        for number, name, pseudonym in people
    )
    return sorted(rows, key=lambda row: (row.class_number, row.pseudonym))


def class_title(item: PlanDraw, number: int) -> str:
    """What a class is called on lists."""
    return item.class_name(number) if item.class_names else f"{number}班"


def public_session(session: Session, bureau: str, origin: str) -> PublicSession:
    """The session as every page names it."""
    plan = session.plan
    return PublicSession(
        id=session.id,
        title=str(plan.value["title"]),
        bureau=bureau,
        origin=origin,
        date=str(plan.value["date"]),
        year=plan.year,
        rehearsal=plan.rehearsal,
        state=session.state,
        plan_hash=plan.hash.hex(),
        header_hash=session.header.hash.hex() if session.header else "",
        result_hash=str(session.published["files_hash"]) if session.published else "",
    )


def public_draws(session: Session) -> list[PublicDraw]:
    """Every draw of the plan, in its order, as far as the ledger has come."""
    attempts = {draw.id: draw.attempt for draw in session.header.draws} if session.header else {}
    return [_public_draw(session, item, attempts.get(name, 0)) for name, item in session.plan.draws.items()]


def _public_draw(session: Session, item: PlanDraw, attempt: int) -> PublicDraw:
    progress = session.draws[item.id]
    frozen: Mapping[str, Any] = progress.frozen or {}
    places = item.places(frozen["units"], frozen["students"]) if frozen else item.classes
    return PublicDraw(
        id=item.id,
        kind=item.kind,
        school=item.school,
        school_name=item.school_name,
        grade=item.grade,
        batch=item.batch,
        classes=places,
        take=item.take,
        attempt=attempt,
        students=frozen.get("students", 0),
        units=frozen.get("units", 0),
        roster_root=frozen.get("roster_root", ""),
        groups=_file(session.groups, item.id),
        result=_file(session.results, item.id),
        postponed=progress.postponed,
        annulled=session.annulled.get(item.id, ""),
    )


def _file(files: Mapping[str, Mapping[str, Any]], draw: str) -> str:
    return str(files[draw]["sha256"]) if draw in files else ""


def public_observers(session: Session, times: Mapping[str, str]) -> list[PublicObserver]:
    """Everybody enrolled, by id; `times`: when each committed."""
    rows: Sequence[Mapping[str, Any]] = sorted(session.enrolled.values(), key=lambda one: str(one["id"]))
    return [
        PublicObserver(
            id=str(one["id"]),
            role=str(one["role"]),
            client=str(one["client"]),
            key=str(one["key"]),
            commitment=session.commitments.get(str(one["id"]), ""),
            committed=times.get(str(one["id"]), ""),
            attested=str(one["id"]) in session.attested_groups,
            opening=_status(session, str(one["id"])),
            covered=str(one["id"]) in session.covered,
        )
        for one in rows
    ]


def _status(session: Session, name: str) -> str:
    """The status of C16; "" before the close."""
    if not session.reveals_closed:
        return ""
    if name in session.openings:
        return "received"
    if name in session.wrong:
        return "wrong"
    return "missing" if name in session.commitments else "none"


def public_numbers(statement: Mapping[str, Any], draw: str) -> list[PublicNumbers]:
    """Numbers per class of a draw, as far as the record has them: from `statement.json` and nowhere else (A28)."""
    rows: Sequence[Mapping[str, Any]] = statement["draws"]
    return [
        PublicNumbers(draw, one["attribute"], tuple(row["values"]), tuple(row["counts"]))
        for item in rows
        if item["draw"] == draw
        for one in item["balance"]
        for row in one["rows"]
    ]


def public_balance(statement: Mapping[str, Any]) -> list[PublicBalance]:
    """The certificates of all draws (A23)."""
    rows: Sequence[Mapping[str, Any]] = statement["draws"]
    return [
        PublicBalance(item["draw"], line["feature"], line["reached"], line["proven"])
        for item in rows
        for line in item["certificate"]
    ]
