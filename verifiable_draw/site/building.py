"""Build the site: what is new is verified first and then written; what did not change stays as it is.

The same ledger, records and program give the same bytes, but for partial tiles of earlier builds, which L15 lets
stay. Nothing is written before every record has passed; pages
that lead to others are written last, so a crash leaves a site whose links hold, and the next run mends the rest.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ledger.canonical import encode
from ledger.checkpoint import parse_checkpoint
from ledger.entry import parse_entry
from verifiable_draw import export, record
from verifiable_draw.documents.kinds import PUBLIC
from verifiable_draw.documents.making import make
from verifiable_draw.documents.source import Source, read_source
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import stored_zip
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.site import families, pages, views, year
from verifiable_draw.site.families import NONE, Prover, Steps
from verifiable_draw.whitelist import PublicFile, PublicHash, PublicVerdict, Release

STAMPS = "build.json"
LEDGER = "ledger"
SHOWN = 10  # names of removed files that are said
VERIFIERS = "verifiers"
PAPERS = {"plan": "plan.html", "commitments": "commitments.html", "minutes": "minutes.html", "notary": "notary.html"}
"""Public documents of a whole session that are pages of the site too."""
DRAFT = {"window": 30, "squarings": 120_000_000}
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did: sessions made anew, all sessions, files written, names of files removed.

    `uncosigned`: sessions of which families see nothing yet, since their entries lack the policy's witnesses.
    """

    made: tuple[str, ...]
    sessions: int
    written: int
    removed: tuple[str, ...]
    uncosigned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A session to be made anew: its facts, where its entries stand, and its records with their verdicts."""

    source: Source
    steps: Steps
    records: Mapping[str, bytes]
    verdicts: tuple[PublicVerdict, ...]


class Folder:
    """The site's folder: writes what differs, remembers what belongs there, removes the rest."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kept: set[str] = set()
        self.written = 0

    def put(self, name: str, data: bytes) -> None:
        """Write a file unless it is there already with these bytes; whole or not at all, and never through a link."""
        self.kept.add(name)
        path = self.path / name
        try:
            if not path.is_symlink() and path.is_file() and path.read_bytes() == data:
                return
            self._clear(path.parent)
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.part")
            draft.unlink(missing_ok=True)
            draft.write_bytes(data)
            draft.replace(path)
        except OSError as error:
            raise UsageError("file.write_failed", path=str(path), detail=error.strerror or str(error)) from error
        self.written += 1

    def _clear(self, folder: Path) -> None:
        """Remove links that stand where a folder of the site belongs: what they lead to is not ours."""
        for one in (folder, *folder.parents):
            if one == self.path:
                return
            if one.is_symlink():
                one.unlink()

    def digest(self, folder: str) -> str:
        """Hash of every name and byte below a folder; links count as what they are not, files."""
        digest = hashlib.sha256()
        for name in sorted(one for one in self._names() if one.startswith(f"{folder}/")):
            path = self.path / name
            data = b"" if path.is_symlink() else path.read_bytes()
            digest.update(f"{name}\0{len(data)}\0{path.is_symlink()}\0".encode() + data)
        return digest.hexdigest()

    def put_all(self, folder: str, files: Iterable[tuple[str, bytes]]) -> None:
        """Write files below a folder."""
        for name, data in files:
            self.put(f"{folder}/{name}", data)

    def keep(self, folder: str) -> None:
        """Leave a whole folder as it is."""
        self.kept |= {name for name in self._names() if name.startswith(f"{folder}/")}

    def clean(self) -> tuple[str, ...]:
        """Remove what nobody put or kept, also what others laid there; returns the names."""
        stale = sorted(set(self._names()) - self.kept)
        for name in stale:
            path = self.path / name
            path.unlink()
            while path.parent != self.path and not any(path.parent.iterdir()):
                path = path.parent
                path.rmdir()
        return tuple(stale)

    def _names(self) -> Iterator[str]:
        for folder, folders, files in os.walk(self.path):
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            for name in (*files, *links):
                yield (Path(folder) / name).relative_to(self.path).as_posix()


def build(room: Room, out: Path, progress: Progress = lambda _what, _done, _all: None) -> Built:
    """Build or renew the site in a folder of its own.

    UsageError if the folder holds something else; DataError if a record does not verify: then nothing is written.
    """
    room.own()  # one at a time
    known = _stamps(room, out)
    folder = Folder(out)
    room.checkpoint()
    prover = Prover.of(room)
    entries = _entries(room)
    stamps = {name: _stamp(room, session, entries, prover) for name, session in room.view.sessions.items()}
    changed = [name for name in stamps if known.get(name) != [stamps[name], folder.digest(name)]]
    jobs = {}
    for done, name in enumerate(changed):
        progress("verify", done, len(changed))
        jobs[name] = _job(room, room.view.session(name), entries[name], prover)
    lists_and_years = list(year.files(room))  # shortlists are checked before anything is written
    # From here on the folder says whose it is, so that a build that stops can be taken up.
    folder.put(STAMPS, _stamp_file(room, {name: row for name, row in known.items() if name not in jobs}))
    for name in stamps:
        if name not in jobs:
            folder.keep(name)
    for done, (name, job) in enumerate(jobs.items()):
        progress("write", done, len(jobs))
        folder.put_all(name, _session(room, job, prover))
    exported = export.export(room, out / LEDGER)
    folder.keep(LEDGER)
    for name, data in (*lists_and_years, *_common(room)):
        folder.put(name, data)
    removed = folder.clean()
    folder.put(STAMPS, _stamp_file(room, {name: [stamps[name], folder.digest(name)] for name in stamps}))
    progress("write", len(jobs), len(jobs))
    uncosigned = tuple(name for name in stamps if not _cosigned(room.view.session(name), entries[name], prover))
    return Built(tuple(jobs), len(stamps), folder.written + exported.files, removed, uncosigned)


def first(names: Sequence[str]) -> str:
    """The first names of many, and how many there are."""
    rest = f" …（{len(names)}）" if len(names) > SHOWN else ""
    return "、".join(names[:SHOWN]) + rest


def _cosigned(session: Session, entries: list[tuple[int, str, str]], prover: Prover) -> bool:
    """Whether families' pages of a session hold; one without slips has none to look up."""
    steps = steps_of(session, entries)
    return not steps.frozen or all(map(prover.satisfied, steps.all()))


def _stamp_file(room: Room, rows: Mapping[str, list[str]]) -> bytes:
    """Of every session that is whole: what it was made of, and what it is."""
    return encode({"ledger": room.view.origin, "sessions": dict(rows)})


def _stamps(room: Room, out: Path) -> Mapping[str, list[str]]:
    """What an earlier build left in the folder; nothing that is not ours is touched."""
    path = out / STAMPS
    if path.is_file():
        try:
            value: Any = json.loads(path.read_bytes())
            if value["ledger"] == room.view.origin:
                return {str(name): list(row) for name, row in value["sessions"].items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            pass
        raise UsageError("site.not_ours", path=str(out))
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("site.not_ours", path=str(out))
    return {}


def _entries(room: Room) -> dict[str, list[tuple[int, str, str]]]:
    """Number, type and draw of every entry of each session, and of those that name it."""
    found: dict[str, list[tuple[int, str, str]]] = {name: [] for name in room.view.sessions}
    for entry in map(parse_entry, room.store.read()):
        message = entry.message
        name = message.session or str(message.body.get("session", ""))
        if name in found:
            found[name].append((entry.seq, message.type, str(message.body.get("draw", ""))))
    return found


def _stamp(room: Room, session: Session, entries: Mapping[str, list[tuple[int, str, str]]], prover: Prover) -> str:
    """What a session's folder depends on: the program, its entries, and the checkpoints that its proofs lead to."""
    steps = steps_of(session, entries[session.id])
    proofs = [[seq, *str(prover.note(seq)).split("\n")] for seq in steps.all()]
    facts = {"entries": [list(row) for row in entries[session.id]], "program": _program(), "proofs": proofs}
    lots = [dict(body) for body in room.view.lots]
    return hashlib.sha256(encode(facts | {"lots": lots, "office": _office(room)})).hexdigest()


def _office(room: Room) -> list[str]:
    row = views.office(room.view)
    return [row.bureau, row.origin, row.key, row.phone, row.email]


@cache
def _program() -> str:
    """Hash of everything of ours that pages are made with."""
    digest = hashlib.sha256()
    package = record.ROOT
    for name in ("verifiable_draw", "verifier", "ledger", "spec"):
        for path in sorted((package / name).rglob("*")):
            if path.suffix in (".py", ".html", ".css", ".js", ".json", ".md") and not _aside(path):
                digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _aside(path: Path) -> bool:
    return any(part in ("node_modules", "cases", "vectors", "__pycache__") for part in path.parts)


def steps_of(session: Session, entries: list[tuple[int, str, str]]) -> Steps:
    """Where the entries stand that families' pages prove; a draw whose freeze was voided since has none."""
    frozen = {draw: seq for seq, kind, draw in entries if kind == "roster.frozen"}
    counted = {draw: frozen[draw] for draw in session.plan.draws if session.draws[draw].frozen and draw in frozen}
    last = {kind: seq for seq, kind, _draw in entries}
    return Steps(last["plan"], counted, last.get("header", NONE), last.get("result", NONE))


def _job(room: Room, session: Session, entries: list[tuple[int, str, str]], prover: Prover) -> Job:
    """Make the records of a session and have them verified."""
    steps = steps_of(session, entries)
    records, verdicts = {}, []
    for phase in ("frozen", "result"):
        if session.header is None or (phase == "result" and session.published is None):
            continue
        size = 0
        if phase == "frozen":
            header = next(seq for seq, kind, _draw in entries if kind == "header")
            size = parse_checkpoint(prover.note(header).text).size
        files = record.build(room, session.id, phase, size)
        data = stored_zip(files)
        verdicts.append(_verdict(session, phase, files, data))
        records[f"record-{phase}.zip" if phase == "frozen" else "record.zip"] = data
    return Job(read_source(room, session.id), steps, records, tuple(verdicts))


def _verdict(session: Session, phase: str, files: Mapping[str, bytes], data: bytes) -> PublicVerdict:
    """The verifier's word on a record; DataError if it is refused."""
    with tempfile.TemporaryDirectory(prefix="vdraw-site-") as name:
        folder = Folder(Path(name))
        folder.put_all("record", files.items())
        code, said = record.verify(folder.path / "record", "--json")
    if code not in (0, 3):
        raise DataError("site.refused", session=session.id, phase=phase, code=code)
    value: Any = json.loads(said)
    sentences = pages.catalogue()
    reasons = tuple((one, *sentences[one]) for one in value["reasons"])
    covered = tuple((one["id"], one["role"], one["client"]) for one in value["covered"])
    return PublicVerdict(phase, code, reasons, covered, len(data), hashlib.sha256(data).hexdigest())


def _session(room: Room, job: Job, prover: Prover) -> Iterator[tuple[str, bytes]]:
    """Every file of a session's folder; its first page last."""
    session = job.source.session
    yield from job.records.items()
    yield from families.session_files(room, session, job.steps, prover)
    papers, _waiting = make(room, session.id)
    for paper in papers:
        if paper.document.audience == PUBLIC and paper.name in PAPERS:
            yield PAPERS[paper.name], paper.html
    drawn = session.frozen_header().draws if session.published is not None else ()
    for draw in drawn:
        page = views.draw_page(room, job.source, draw)
        yield f"draw-{draw.id}.html", pages.render("draw.html", page, 1)
    downloads = [PublicFile(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in job.records.items()]
    page = views.session_page(job.source, job.verdicts, downloads)
    values = {"papers": _papers(session), "drawn": {draw.id for draw in drawn}, "slips": bool(job.steps.frozen)}
    yield "index.html", pages.render("session.html", page, 1, **values)


def _papers(session: Session) -> list[tuple[str, str]]:
    """Text and file of the documents that a session has as pages."""
    ready = {"plan": True, "minutes": True, "commitments": session.header is not None}
    ready["notary"] = session.published is not None
    return [(name, PAPERS[name]) for name, there in ready.items() if there]


def _common(room: Room) -> Iterator[tuple[str, bytes]]:
    """Pages and files beside the sessions; the first page last."""
    verifiers = {name: copy() for name, copy in record.COPIES.items()}
    rows = [PublicFile(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in verifiers.items()]
    for name, data in verifiers.items():
        yield f"{VERIFIERS}/{name}", data
    office = views.office(room.view)
    yield "style.css", pages.style()
    head = room.store.note()
    size = parse_checkpoint(head.text).size if head else 0
    ledger = [PublicHash("size", "L8", str(size)), PublicHash("root", "L7", room.store.root_at(size).hex())]
    release = Release("site-ledger", {"offices": [office], "hashes": ledger})
    yield "ledger.html", pages.render("ledger.html", release, 0)
    check = Release("site-check", {"offices": [office], "files": rows, "sessions": views.sessions(room.view)})
    yield "check.html", pages.render("check.html", check, 0)
    yield "how.html", pages.render("how.html", views.explanation(room, room.view), 0, **_delay(room))
    covered, _rows = views.coverage(room.view)
    # For families one large way in: the last session with a result, a real one if there is one. Every one has slips.
    published = [one for one in views.sessions(room.view) if one.state == "PUBLISHED"]
    slips = sorted(published, key=lambda one: one.rehearsal)[:1]
    yield "index.html", pages.render("index.html", views.index(room.view), 0, year=covered, slips=slips)


def _delay(room: Room) -> dict[str, int]:
    """Δ in seconds and T in squarings of the last real session, or of a draft: rehearsals have short delays."""
    plans = [session.plan for session in room.view.sessions.values() if not session.plan.rehearsal]
    return {"window": plans[-1].window, "squarings": plans[-1].iterations} if plans else dict(DRAFT)
