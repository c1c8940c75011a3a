"""Evidence packs for a complaint: all that the record holds of what it is about, with proofs, for whoever asks.

The complainant's pack is public through and through. The inspector's adds what only inspectors get: the words, sealed
rosters, audit files. The same ledger gives the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ledger.canonical import VERSION, encode
from ledger.checkpoint import parse_checkpoint
from ledger.entry import Entry, parse_entry
from verifiable_draw import record
from verifiable_draw.documents.pages import environment
from verifiable_draw.documents.source import local_time
from verifiable_draw.files import stored_zip
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.site.families import Prover
from verifiable_draw.site.views import office
from verifiable_draw.texts import catalogue, text
from verifiable_draw.whitelist import PublicDraw, PublicEntry, PublicFile, Release, public_draws, public_session
from verifiable_draw.witnessing import policy_file
from verifiable_draw.year import acts
from verifiable_draw.year.book import Answered
from verifiable_draw.year.complaints import row_of
from verifiable_draw.year.shelves import INSPECTORS, PUBLIC, kept

COMPLAINANT, INSPECTOR = "complainant", "inspector"
AUDIENCES = (COMPLAINANT, INSPECTOR)
MANIFEST, PAGE = "manifest.json", "index.html"
VERIFIERS = ("verify.html", "verify.pyz")
Files = dict[str, bytes]

_SESSION = frozenset({"plan", "header", "seed", "result", "published", "aborted"})
"""Entries of a session that are of all its draws; those of one draw name it."""
_GRADE = frozenset({"filing.submitted", "teacher.replaced", "amendment.requested", "lots"})
_ANSWERS = {"filing.approved": "filing", "amendment.approved": "request", "complaint.decided": "complaint"}
"""Type of an answer -> field with the leaf hash of what it answers."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a complaint is about: year, school, grade (0: all of the school), and its draws by session."""

    complaint: Answered
    draws: Mapping[str, frozenset[str]]

    @property
    def year(self) -> int:
        """Year of the complaint."""
        return self.complaint.asked.year

    def of(self, school: str, grade: int) -> bool:
        """Whether it is about this school's grade."""
        body = self.complaint.asked.body
        return bool(school) and school == body["school"] and body["grade"] in (0, grade)


def scope_of(room: Room, number: str) -> Scope:
    """Find a complaint and the draws of its school and grade, rehearsals too; UsageError if there is no such number."""
    item = acts.complaint(room, number)
    found = Scope(room.view.book.complaints[item.leaf], {})
    draws = {}
    for session in room.view.sessions.values():
        own = frozenset(name for name, draw in session.plan.draws.items() if found.of(draw.school, draw.grade))
        if own and session.plan.year == item.year:
            draws[session.id] = own
    return Scope(found.complaint, draws)


def entries_of(room: Room, scope: Scope) -> list[Entry]:
    """Every entry of the ledger about what the complaint is about, and the complaint's own."""
    leaves = {scope.complaint.asked.leaf}
    found = []
    for entry in map(parse_entry, room.store.read()):
        kind, body = entry.message.type, entry.message.body
        answers = str(body.get(_ANSWERS.get(kind, ""), "")) if kind in _ANSWERS else ""
        if answers:
            mine = answers in leaves
        elif entry.message.session:
            mine = _of_session(entry, scope.draws.get(entry.message.session, frozenset()))
        elif kind in _GRADE:
            mine = body["year"] == scope.year and scope.of(body["school"], body["grade"])
            leaves |= {entry.leaf().hex()} if mine else set()
        else:
            mine = entry.seq == scope.complaint.asked.seq or (kind == "year" and body["year"] == scope.year)
        if mine:
            found.append(entry)
    return found


def _of_session(entry: Entry, draws: frozenset[str]) -> bool:
    body = entry.message.body
    if not draws or entry.message.type in _SESSION:
        return bool(draws)
    named = body["draws"] if entry.message.type == "annulled" else [body.get("draw")]
    return not draws.isdisjoint(named)


def content(room: Room, number: str, audience: str) -> tuple[Files, list[str]]:
    """All files of a pack but the ledger export, by path, and what an inspector's pack lacks because it is not here."""
    room.checkpoint()
    scope = scope_of(room, number)
    prover = Prover.of(room)
    entries = entries_of(room, scope)
    files: Files = {name: record.COPIES[name]() for name in VERIFIERS}
    files["policy"] = policy_file(room)
    for session in map(room.view.session, scope.draws):
        files |= _session_files(room, session, entries, prover)
    for entry in entries:
        files |= dict(_proof(room, entry, prover))
    files |= dict(_shortlists(room, entries))
    missing: list[str] = []
    if audience == INSPECTOR:
        for name, data in _for_inspectors(room, scope):
            if data is None:
                missing.append(name)
            else:
                files[name] = data
    files[PAGE] = _page(room, scope, entries, files, audience)
    return files, sorted(missing)


def _session_files(room: Room, session: Session, entries: list[Entry], prover: Prover) -> Files:
    """Plan and record of a session, the record as far as it has come."""
    files = {f"plans/{session.id}.json": session.plan.data}
    if session.published is not None:
        files[f"records/{session.id}.zip"] = stored_zip(record.build(room, session.id, "result"))
    elif session.header is not None:
        header = next(e.seq for e in entries if (e.message.session, e.message.type) == (session.id, "header"))
        size = parse_checkpoint(prover.note(header).text).size
        files[f"records/{session.id}-frozen.zip"] = stored_zip(record.build(room, session.id, "frozen", size))
    return files


def _proof(room: Room, entry: Entry, prover: Prover) -> Iterator[tuple[str, bytes]]:
    yield f"entries/{entry.seq}.json", next(room.store.read(entry.seq, entry.seq + 1))
    yield f"entries/{entry.seq}.tlog-proof", str(prover.proof(entry.seq)).encode()


def _shortlists(room: Room, entries: list[Entry]) -> Iterator[tuple[str, bytes]]:
    """The public lists of teachers (Y3) that the entries name, where this workspace has them."""
    for entry in entries:
        name = str(entry.message.body.get("shortlist", ""))
        data = kept(room, PUBLIC, name) if name else None
        if data is not None:
            yield f"shortlists/{name}.json", data


def _for_inspectors(room: Room, scope: Scope) -> Iterator[tuple[str, bytes | None]]:
    """Sealed rosters, words and their salt, audit files (Y5), hashes of films; None for what is not here."""
    said = room.private.complaint(scope.complaint.asked.body["text"])
    yield "private/words.txt", said[1].encode() if said else None
    yield "private/salt", said[0].hex().encode() + b"\n" if said else None
    for name, draws in scope.draws.items():
        progress = room.view.session(name).draws
        for draw in sorted(draws):
            if progress[draw].frozen is not None:
                yield f"sealed/{name}/{draw}.json", room.load(name, f"sealed/{draw}.json")
    for item in room.view.book.registrations:
        if item.year == scope.year:
            yield f"audits/{item.body['report']}.json", kept(room, INSPECTORS, item.body["report"])
    yield "films.json", encode(_films(room, scope))


def _films(room: Room, scope: Scope) -> list[dict[str, object]]:
    """Every film and other evidence of the sessions, as entered (L24)."""
    return [
        {"seq": entry.seq, **entry.message.body}
        for entry in map(parse_entry, room.store.read())
        if entry.message.type == "evidence" and entry.message.body["session"] in scope.draws
    ]


def _page(room: Room, scope: Scope, entries: list[Entry], files: Files, audience: str) -> bytes:
    """The page that says what this is and how to check it oneself."""
    sessions = [room.view.session(name) for name in scope.draws]
    draws: list[PublicDraw] = [row for one in sessions for row in public_draws(one) if row.id in scope.draws[one.id]]
    release = Release(
        "complaint-pack",
        {
            "offices": [office(room.view)],
            "complaints": [row_of(room.view, scope.complaint)],
            "sessions": [public_session(one, room.view.bureau, room.view.origin) for one in sessions],
            "draws": draws,
            "entries": [_entry_row(entry) for entry in entries],
            "files": [_file_row(name, files[name]) for name in sorted(files, key=_natural)],
        },
    )
    made = environment("verifiable_draw.year").get_template("pack.html")
    values = {"audience": audience, "words": entry_name, "file_words": file_words}
    return (made.render(**release.rows, **values).rstrip() + "\n").encode()


def _natural(name: str) -> list[tuple[int, str]]:
    """Orders names as people do: 4 before 18."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", name)]


def _entry_row(entry: Entry) -> PublicEntry:
    message = entry.message
    signers = tuple((one.actor.id, one.actor.role) for one in message.signatures)
    return PublicEntry(entry.seq, local_time(entry.time), message.type, signers, str(message.body.get("draw", "")), ())


def _file_row(name: str, data: bytes) -> PublicFile:
    return PublicFile(name, len(data), hashlib.sha256(data).hexdigest())


def entry_name(kind: str) -> str:
    """What an entry of a type is called."""
    return next(
        text(f"{table}.{kind}").zh for table in ("entry", "complaint.entry") if f"{table}.{kind}" in catalogue()
    )


def file_words(name: str) -> str:
    """What a file of the pack is, by its folder."""
    first, _, rest = name.partition("/")
    key = {"verify.html": "verifier", "verify.pyz": "verifier"}.get(name, first)
    if first == "records" and rest.endswith("-frozen.zip"):
        key = "frozen"
    if rest.endswith(".tlog-proof"):
        key = "proof"
    return text(f"complaint.file.{key}").zh


def manifest(room: Room, number: str, audience: str, rows: list[PublicFile], missing: list[str]) -> bytes:
    """What the pack is, every other file of it with its SHA-256, and what should be there and is not."""
    listed = [
        {"path": row.path, "sha256": row.sha256, "size": row.size} for row in sorted(rows, key=lambda row: row.path)
    ]
    value = {
        "audience": audience,
        "complaint": number,
        "files": listed,
        "missing": missing,
        "origin": room.view.origin,
        "version": VERSION,
    }
    return encode(value)
