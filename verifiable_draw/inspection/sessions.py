"""A year's sessions as the ledger tells them: who took part, what was postponed, annulled, drawn again, filmed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from verifiable_draw import ceremony, record
from verifiable_draw.entries import CLASSES, LATE, TEACHERS
from verifiable_draw.errors import DrawError
from verifiable_draw.inspection.finding import Finding, Place
from verifiable_draw.inspection.material import Material
from verifiable_draw.plan import MIN_COVERED, MIN_ROLES
from verifiable_draw.replay import Session

Lists = Mapping[tuple[str, str], Mapping[str, int]]
"""(session, draw) -> nullifier -> class drawn."""

# Who supervises the division of students (county plan 二（四）); the bureau's own people are there anyway.
ROLES = {CLASSES: ("congress", "consultative", "discipline", "parent"), LATE: ("parent",), TEACHERS: ("parent",)}


def look(material: Material, session: Session) -> Iterator[Finding]:
    """Everything but the draws' files."""
    place = Place(session.plan.value["year"], session=session.id)
    if session.plan.rehearsal:
        yield Finding("rehearsal", place)
    if session.aborted:
        yield Finding("aborted", place, values={"reason": session.aborted})
    for draw, progress in session.draws.items():
        if progress.postponed:
            values = {"draw": draw, "reason": progress.postponed}
            yield Finding("postponed", of_draw(session, draw), draw, values=values)
    for draw, reason in session.annulled.items():
        yield Finding("annulled", of_draw(session, draw), draw, session.last_seq, {"draw": draw, "reason": reason})
    if session.header is None or session.aborted:
        return
    yield from _again(material, session)
    yield from _observers(session, place)
    if session.published is not None and not session.plan.rehearsal:
        yield from _roles(material, session, place)
        yield from _pins(material, session)
        yield from _kept(material, session, place)
        if material.file(session, "statement.json") is None:
            yield Finding("record-missing", place, values={"draw": "—", "files": "statement.json"})


def as_published(material: Material, known: Sequence[Session]) -> Iterator[Finding]:
    """Whether the record's files are those that `published` names, all of them together (C24)."""
    for session in known:
        if session.published is None or material.file(session, "statement.json") is None:
            continue
        try:
            same = record.as_published(material.room, session)
        except (DrawError, OSError):
            same = False
        if not same:
            yield Finding("record-differs", Place(session.plan.value["year"], session=session.id))


def of_draw(session: Session, draw: str) -> Place:
    """The place of a draw: its school and grade."""
    item = session.plan.draws[draw]
    return Place(session.plan.value["year"], item.school, item.grade, session.id)


def _again(material: Material, session: Session) -> Iterator[Finding]:
    """A draw that was held once before, to the end, and annulled: the reason wants a look."""
    for draw in session.frozen_header().draws:
        for attempt in material.view.attempts.get(session.plan.draw_key(draw.id), []):
            earlier = material.view.sessions[attempt.session]
            before = attempt.rehearsal == session.plan.rehearsal and attempt.number < draw.attempt
            if before and attempt.draw in earlier.annulled:
                values = {"draw": draw.id, "earlier": earlier.id, "reason": earlier.annulled[attempt.draw]}
                yield Finding("redrawn", of_draw(session, draw.id), draw.id, values=values)


def _observers(session: Session, place: Place) -> Iterator[Finding]:
    """Who withheld, whose opening was wrong, whether the quorum was covered."""
    if ceremony.STATES.index(session.state) < ceremony.STATES.index("COVERED"):
        yield Finding("unfinished", place, values={"state": session.state})
        return
    received = {name for name, *_ in session.received}
    for observer in session.frozen_header().observers:
        values = {"id": observer.id, "role": observer.role}
        if observer.id in session.wrong:
            yield Finding("wrong-opening", place, observer.id, values=values)
        elif observer.id in session.commitments and observer.id not in received:
            yield Finding("missing-opening", place, observer.id, values=values)
    roles = covered_roles(session)
    quorum = session.plan.value["quorum"]
    number = sum(roles.values())
    enough = number >= max(quorum["covered"], MIN_COVERED) and len(roles) >= MIN_ROLES
    if not enough or any(roles[role] < wanted for role, wanted in quorum["roles"].items()):
        yield Finding("coverage", place, values={"number": number})
    if not session.checked:
        yield Finding("unchecked-groups", place)
    if session.published is None:
        yield Finding("unfinished", place, values={"state": session.state})


def covered_roles(session: Session) -> Counter[str]:
    """Number of covered observers by role, the bureau's not counted."""
    observers = session.frozen_header().observers
    return Counter(one.role for one in observers if one.id in session.covered and one.role != "bureau")


def _roles(material: Material, session: Session, place: Place) -> Iterator[Finding]:
    """Every role that the county plan names took part, and discipline inspection where the year says so (S6, S12)."""
    roles = covered_roles(session)
    kinds = {draw.kind for draw in session.frozen_header().draws}
    for role in sorted({role for kind in kinds for role in ROLES.get(kind, ())}):
        if not roles[role]:
            yield Finding("role-missing", place, role, values={"role": role})
    rules = material.view.book.rules(place.year)
    watched = set(rules.body["watched"]) if rules else set()
    for draw in session.frozen_header().draws:
        if draw.kind == TEACHERS and session.plan.draws[draw.id].school in watched and not roles["discipline"]:
            yield Finding("discipline-missing", of_draw(session, draw.id), draw.id)


def _pins(material: Material, session: Session) -> Iterator[Finding]:
    """Pins stand on papers: a scan of them is entered before the header, labelled `pins-` and the draw (Y7)."""
    labels = {
        item.body["label"] for item in material.view.book.evidence
        if item.body["session"] == session.id and item.body["size"] and item.seq < session.header_seq
    }  # fmt: skip
    for draw in session.frozen_header().draws:
        pins: Mapping[str, int] = draw.frozen["constraints"]["pins"]
        if pins and f"pins-{draw.id}" not in labels:
            values = {"draw": draw.id, "number": sum(pins.values()), "reasons": "、".join(sorted(pins))}
            yield Finding("pins-unsupported", of_draw(session, draw.id), draw.id, values=values)


def _kept(material: Material, session: Session, place: Place) -> Iterator[Finding]:
    """A film and a disc are entered (四（三）); and, where films are at hand, they are the ones that were entered."""
    entered = [one for one in material.view.evidence if one["session"] == session.id]
    kinds = {one["kind"] for one in entered}
    if "video" not in kinds:
        yield Finding("no-film", place)
    if "disc" not in kinds:
        yield Finding("no-disc", place)


def films(material: Material, year: int) -> Iterator[Finding]:
    """Films and scans at hand against the entries: by size, then by hash."""
    if not material.films:
        return
    files = {path: path.stat().st_size for path in material.film_files()}
    names = {session.id for session in material.sessions(year)}
    for one in material.view.evidence:
        if one["session"] not in names or one["kind"] == "disc":
            continue
        place = Place(year, session=one["session"])
        alike = [path for path, size in files.items() if size == one["size"]]
        if any(_sha256(path) == one["sha256"] for path in alike):
            continue
        named = [path for path in files if path.stem == one["label"] and one["session"] in path.parts]
        values = {"label": one["label"], "kind": one["kind"]}
        yield Finding("film-differs" if named else "film-missing", place, one["label"], values=values)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
