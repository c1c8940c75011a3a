"""The inspector's replay: every session of a ledger, from the first entry on, with findings (K8, S15, S18)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.canonical import EncodingError, decode
from ledger.checkpoint import cosigners, open_checkpoint, parse_checkpoint
from ledger.entry import parse_entry
from ledger.note import NoteError
from verifiable_draw import ceremony, seed
from verifiable_draw.allocation.balance import certificate, pairs
from verifiable_draw.allocation.groups_file import encode_result, parse_groups, parse_result, parse_units
from verifiable_draw.allocation.permuting import allocate
from verifiable_draw.conduct import compute_groups, statement_of
from verifiable_draw.entries import CLASSES
from verifiable_draw.errors import DrawError, UsageError
from verifiable_draw.keyfile import Key
from verifiable_draw.plan import MIN_COVERED, MIN_ROLES
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.sealed import check_sealed, parse_sealed, unseal
from verifiable_draw.texts import text

SEVERITIES = ("violation", "open", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """An irregularity: how grave, which session and school, and the sentence in both languages."""

    severity: str
    key: str
    session: str
    school: str
    zh: str
    en: str

    def json(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was replayed, and what was found."""

    origin: str
    entries: int
    signatures: int
    checkpoints: int
    cosignatures: int
    sessions: tuple[dict[str, Any], ...]
    findings: tuple[Finding, ...]

    @property
    def violations(self) -> int:
        """Number of findings that prove something wrong."""
        return sum(f.severity == "violation" for f in self.findings)

    def json(self) -> dict[str, Any]:
        """The whole inspection as a JSON object."""
        return {
            "checkpoints": self.checkpoints,
            "cosignatures": self.cosignatures,
            "entries": self.entries,
            "findings": [f.json() for f in self.findings],
            "origin": self.origin,
            "sessions": list(self.sessions),
            "signatures": self.signatures,
        }


def _finding(severity: str, key: str, session: str = "", school: str = "", /, **values: object) -> Finding:
    row = text(f"finding.{key}", **values)
    return Finding(severity, key, session, school, row.zh, row.en)


def inspect(
    folder: Path, recipient: Key | None = None, progress: Callable[[str], None] = lambda _what: None
) -> Inspection:
    """Replay the ledger of a workspace. Opening it checks chain, tree, every signature and every rule of the protocol.

    Sealed rosters are opened with the key of `recipient` where one is given, else taken from the bureau's private
    store if that lies beside the ledger.
    """
    room = Room.open(folder)
    if not room.view.size:
        room.close()
        raise UsageError("step.genesis_first")
    try:
        findings: list[Finding] = []
        checkpoints, cosignatures = _checkpoints(room, findings)
        sessions = []
        for session in room.view.sessions.values():
            progress(session.id)
            findings += _session(room, session, recipient)
            sessions.append(_summary(session))
        findings += _register(room)
        findings += _lots(room)
        order = {name: i for i, name in enumerate(SEVERITIES)}
        return Inspection(
            room.view.origin, room.view.size, room.view.signatures, checkpoints, cosignatures,
            tuple(sessions), tuple(sorted(findings, key=lambda f: (order[f.severity], f.session, f.school, f.key))),
        )  # fmt: skip
    finally:
        room.close()


def _checkpoints(room: Room, findings: list[Finding]) -> tuple[int, int]:
    """Signature and root of every checkpoint; every cosignature by an enrolled observer or a witness of a policy."""
    keys = room.view.cosigners()
    number = cosigned = 0
    for note in room.store.notes():
        number += 1
        try:
            checkpoint = parse_checkpoint(note.text)
            open_checkpoint(note, room.view.origin, room.view.ring.operator_at(checkpoint.size))
            cosigned += len(cosigners(note, keys))
            if room.store.root_at(checkpoint.size) != checkpoint.root:
                findings.append(_finding("violation", "checkpoint", detail="root"))
        except NoteError as error:
            findings.append(_finding("violation", "checkpoint", detail=str(error)))
    if not cosigned:
        findings.append(_finding("open", "no_cosignatures"))
    findings += _witnesses(room)
    for path in sorted((room.folder / "forks").rglob("*.json")):
        findings.append(_finding("violation", "fork", path=path.name))
    predecessor = parse_entry(next(room.store.read())).message.body["predecessor"]
    if predecessor:
        findings.append(_finding("note", "predecessor", origin=predecessor["origin"], size=predecessor["size"]))
    return number, cosigned


def _witnesses(room: Room) -> Iterator[Finding]:
    """Whether every published session stands in a checkpoint that the policy's witnesses cosigned (L17)."""
    policy = room.view.ring.policy
    if policy is None:
        yield _finding("open", "no_policy")
        return
    if room.view.ring.unconfirmed:
        yield _finding("open", "unconfirmed_key", role=room.view.ring.unconfirmed)
    witnessed = 0
    for note in room.store.notes():
        try:
            if policy.satisfied_by(policy.cosigned(note)):
                witnessed = parse_checkpoint(note.text).size
        except NoteError:
            continue  # a violation that _checkpoints names
    for session in room.view.sessions.values():
        if session.published is not None and session.last_seq >= witnessed:
            yield _finding("open", "not_witnessed", session.id)


def _summary(session: Session) -> dict[str, Any]:
    return {
        "aborted": session.aborted,
        "annulled": dict(session.annulled),
        "covered": list(session.covered),
        "draws": len(session.header.draws) if session.header else 0,
        "kinds": dict(Counter(draw.kind for draw in session.header.draws)) if session.header else {},
        "postponed": {name: p.postponed for name, p in session.draws.items() if p.postponed},
        "rehearsal": session.plan.rehearsal,
        "session": session.id,
        "state": session.state,
        "title": session.plan.value["title"],
    }


def _session(room: Room, session: Session, recipient: Key | None) -> Iterator[Finding]:
    name = session.id
    if session.plan.rehearsal:
        yield _finding("note", "rehearsal", name)
    if session.aborted:
        yield _finding("note", "aborted", name, reason=session.aborted)
    for draw, progress in session.draws.items():
        if progress.postponed:
            school = session.plan.draws[draw].school
            yield _finding("open", "postponed", name, school, draw=draw, reason=progress.postponed)
    for draw, reason in session.annulled.items():
        yield _finding("open", "annulled", name, session.plan.draws[draw].school, draw=draw, reason=reason)
    if session.header is None or session.aborted:
        return
    yield from _observers(session)
    if session.groups:
        yield from _draws(room, session, recipient)


def _observers(session: Session) -> Iterator[Finding]:
    """Who withheld, whose opening was wrong, whether the quorum was covered."""
    if ceremony.STATES.index(session.state) < ceremony.STATES.index("COVERED"):
        yield _finding("open", "unfinished", session.id, state=session.state)
        return
    header = session.frozen_header()
    received = {name for name, *_ in session.received}
    for observer in header.observers:
        if observer.id in session.wrong:
            yield _finding("note", "wrong_opening", session.id, id=observer.id, role=observer.role)
        elif observer.id in session.commitments and observer.id not in received:
            yield _finding("note", "missing_opening", session.id, id=observer.id, role=observer.role)
    covered = [o for o in header.observers if o.id in session.covered and o.role != "bureau"]
    quorum = session.plan.value["quorum"]
    roles = [o.role for o in covered]
    enough = len(covered) >= max(quorum["covered"], MIN_COVERED) and len(set(roles)) >= MIN_ROLES
    if not enough or any(roles.count(role) < number for role, number in quorum["roles"].items()):
        yield _finding("open", "coverage", session.id, number=len(covered))
    if not session.checked:
        yield _finding("open", "unchecked_groups", session.id)
    if session.published is None:
        yield _finding("open", "unfinished", session.id, state=session.state)


def _draws(room: Room, session: Session, recipient: Key | None) -> Iterator[Finding]:
    """Every draw's files against the ledger, and, with the sealed rosters, attributes, groups, balance."""
    header = session.frozen_header()
    sealed: dict[str, bytes] = {}
    for draw in header.draws:
        school = session.plan.draws[draw.id].school
        try:
            yield from _public_draw(room, session, draw.id)
            data = _sealed(room, session, draw.id, draw.frozen["roster_root"], recipient)
            if data is None:
                yield _finding("open", "no_sealed", session.id, school, draw=draw.id)
                continue
            files = [room.file(session, f"draws/{draw.id}/{kind}.json") for kind in ("units", "nullifiers")]
            check_sealed(parse_sealed(data), session.plan, draw.id, draw.frozen, *files)
            sealed[draw.id] = data
        except (DrawError, EncodingError) as error:
            detail = error.text.zh if isinstance(error, DrawError) else str(error)
            yield _finding("violation", "draw", session.id, school, draw=draw.id, detail=detail)
    commits = bytes.fromhex(session.commits_closed)
    tasks = [
        (data, draw, seed.grouping_seed(header.hash, commits, draw), header.bundlings) for draw, data in sealed.items()
    ]
    for (data, name, _key, _m), groups in zip(tasks, compute_groups(tasks), strict=True):
        school = session.plan.draws[name].school
        if groups != room.load(session.id, f"draws/{name}/groups.json"):
            yield _finding("violation", "groups", session.id, school, draw=name)
            continue
        yield from _balance(room, session, name, data, groups)


def _sealed(room: Room, session: Session, draw: str, root: str, recipient: Key | None) -> bytes | None:
    if recipient is not None:
        data = room.load(session.id, f"sealed/{draw}.json")
        return unseal(data, recipient.actor.id, bytes(recipient.sealing)) if data is not None else None
    if not (room.folder / "private.db").is_file():
        return None
    try:
        return room.private.sealed(root)
    except UsageError:
        return None


def _public_draw(room: Room, session: Session, name: str) -> Iterator[Finding]:
    """Groups and result of one draw, replayed from public data."""
    header = session.frozen_header()
    draw = next(d for d in header.draws if d.id == name)
    units = parse_units(room.file(session, f"draws/{name}/units.json"))
    data = room.file(session, f"draws/{name}/groups.json")
    school = session.plan.draws[name].school
    if hashlib.sha256(data).hexdigest() != session.groups[name]["sha256"]:
        yield _finding("violation", "file", session.id, school, draw=name, file="groups.json")
        return
    groups = parse_groups(data, draw, header.bundlings, units.sizes)
    found = pairs(groups, draw.classes)
    if not found.honest:
        yield _finding("open", "overlap", session.id, school, draw=name, overlap=found.overlap)
    if session.results:
        result = room.file(session, f"draws/{name}/result.json")
        replayed = encode_result(
            allocate(
                groups,
                draw.classes,
                units.sizes,
                seed.draw_seed(bytes.fromhex(session.seed), name),
                session.plan.draws[name].sizes,
            )
        )
        listed = session.results[name]["sha256"]
        if result != replayed or hashlib.sha256(result).hexdigest() != listed:
            yield _finding("violation", "result", session.id, school, draw=name)


def _balance(room: Room, session: Session, name: str, sealed: bytes, groups: bytes) -> Iterator[Finding]:
    """The balance statement recomputed; what is more than one apart is named."""
    header = session.frozen_header()
    draw = next(d for d in header.draws if d.id == name)
    roster = parse_sealed(sealed).roster
    sizes = [len(unit.students) for unit in roster.units]
    parsed = parse_groups(groups, draw, header.bundlings, sizes)
    lines = certificate(roster, parsed) if draw.kind == CLASSES else ()
    school = session.plan.draws[name].school
    for line in lines:
        if line.reached > 1:
            yield _finding("note", "balance", session.id, school, draw=name, feature=line.feature, spread=line.reached)
    data = room.load(session.id, "statement.json")
    if data is not None:
        statement: Any = decode(data)
        stated = next((d for d in statement["draws"] if d["draw"] == name), None)
        classes = parse_result(room.file(session, f"draws/{name}/result.json"))
        if stated != statement_of(session.plan, draw, roster, parsed, classes):
            yield _finding("violation", "statement", session.id, school, draw=name)


def _register(room: Room) -> Iterator[Finding]:
    """Every registered school and grade is drawn, exempt, or reported (S1)."""
    valid = {
        key
        for key, attempts in room.view.attempts.items()
        for a in attempts
        if (s := room.view.sessions[a.session])
        and s.published is not None
        and a.draw not in s.annulled
        and not a.rehearsal
    }
    rehearsed = {
        key for key, attempts in room.view.attempts.items() for a in attempts
        if a.rehearsal and room.view.sessions[a.session].published is not None
    }  # fmt: skip
    for year, body in sorted(room.view.registers.items()):
        for item in body["schools"]:
            key = (year, item["school"], item["grade"], CLASSES, 1)
            values = {"name": item["name"], "grade": item["grade"], "year": year}
            if item["classes"] == 1:
                yield _finding("note", "exempt", "", item["school"], **values)
            elif key not in valid:
                yield _finding(
                    "open", "rehearsed_only" if key in rehearsed else "not_drawn", "", item["school"], **values
                )


def _lots(room: Room) -> Iterator[Finding]:
    """Lots drawn by hand, each said to rest on its witnesses (L23)."""
    for body in room.view.lots:
        witnesses = ", ".join(f"{role} {number}" for role, number in body["witnesses"].items()) or "—"
        yield _finding(
            "note", "lots", "", body["school"], year=body["year"], grade=body["grade"], place=body["place"],
            time=body["time"], classes=len(body["rows"]), witnesses=witnesses, document=body["document"],
            rows=", ".join(f"{number}:{lot}" for number, lot in body["rows"]),
        )  # fmt: skip


def report(inspection: Inspection) -> str:
    """The findings report as text, Chinese first."""
    head = text(
        "inspection.head", origin=inspection.origin, entries=inspection.entries, signatures=inspection.signatures,
        checkpoints=inspection.checkpoints, cosignatures=inspection.cosignatures,
    )  # fmt: skip
    lines = [head.zh, head.en, ""]
    for s in inspection.sessions:
        row = text(
            "inspection.session", session=s["session"], state=s["state"], draws=s["draws"],
            covered=len(s["covered"]), rehearsal="（演练 rehearsal）" if s["rehearsal"] else "",
            kinds="，".join(f"{text(f'kind.{kind}').zh} {n}" for kind, n in s["kinds"].items()) or "—",
            kinds_en=", ".join(f"{text(f'kind.{kind}').en} {n}" for kind, n in s["kinds"].items()) or "—",
        )  # fmt: skip
        lines += [row.zh, row.en]
    for severity in SEVERITIES:
        rows = [f for f in inspection.findings if f.severity == severity]
        title = text(f"inspection.{severity}", number=len(rows))
        lines += ["", f"{title.zh} / {title.en}"]
        for f in rows:
            where = " ".join(part for part in (f.session, f.school) if part)
            lines += [f"  [{where}] {f.zh}", f"      {f.en}"]
    return "\n".join(lines) + "\n"
