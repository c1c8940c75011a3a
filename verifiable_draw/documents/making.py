"""Which papers a session can have now, and their HTML."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.entry import Entry
from verifiable_draw import record
from verifiable_draw.documents import bureau, public
from verifiable_draw.documents.kinds import DOCUMENTS, DRAWN, FROZEN, ROSTERED, Document
from verifiable_draw.documents.pages import Frame, render
from verifiable_draw.documents.people import published
from verifiable_draw.documents.source import Source, body_of, read_source
from verifiable_draw.errors import UsageError
from verifiable_draw.header import HeaderDraw
from verifiable_draw.room import Room
from verifiable_draw.texts import text
from verifiable_draw.whitelist import Release

Progress = Callable[[str, int, int], None]
Content = Release | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Paper:
    """One document made: its file name without ending, and its HTML."""

    document: Document
    name: str
    html: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """What one document is of: a draw, an entry of lots, or, with neither, the whole session."""

    document: Document
    draw: str = ""
    lots: Entry | None = None

    @property
    def name(self) -> str:
        """File name without ending: by draw, or by school and grade for lots, which no draw has."""
        if self.lots is not None:
            body = body_of(self.lots)
            return f"{self.document.id}-{body['school']}-{body['grade']}-{self.lots.seq}"
        return f"{self.document.id}-{self.draw}" if self.draw else self.document.id


@dataclass(slots=True)
class Maker:
    """Makes the documents of one session. `copies`: how many numbered copies of a list for the school."""

    room: Room
    source: Source
    copies: int
    _files: Mapping[str, bytes] | None = None

    @property
    def files(self) -> Mapping[str, bytes]:
        """The public record's files, read once."""
        if self._files is None:
            self._files = record.build(self.room, self.source.session.id, "result")
        return self._files

    def paper(self, part: Part) -> Paper:
        """Make one document."""
        values = VIEWS[part.document.id](self, part)
        frame = Frame(public.session_row(self.source), part.document, self._subject(part), self._marks(part))
        return Paper(part.document, part.name, render(frame, values))

    def _subject(self, part: Part) -> str:
        """School and grade of a document that is of one."""
        draws = self.source.session.plan.draws
        if part.lots is not None:
            body = body_of(part.lots)
            key = (body["school"], body["grade"])
            item = next(item for item in draws.values() if (item.school, item.grade) == key)
        elif part.draw:
            item = draws[part.draw]
        else:
            return ""
        return f"{item.school_name}{text(f'doc.grade.{item.grade}').zh}"

    def _marks(self, part: Part) -> tuple[str, ...]:
        session = self.source.session
        header = {draw.id for draw in session.header.draws} if session.header else set()
        mine = {part.draw} if part.draw else header
        marks = {
            "rehearsal": session.plan.rehearsal,
            "annulled": bool(mine) and part.lots is None and mine <= session.annulled.keys(),
            "aborted": bool(session.aborted),
        }
        return tuple(mark for mark, holds in marks.items() if holds)


def _header_draw(source: Source, draw: str) -> HeaderDraw:
    return next(one for one in source.session.frozen_header().draws if one.id == draw)


def _public_list(maker: Maker, part: Part) -> Release:
    draw = _header_draw(maker.source, part.draw)
    rows = published(maker.room, maker.source.session, draw)
    return public.public_list(maker.source, part.draw, rows)


def _teachers(maker: Maker, part: Part) -> Mapping[str, Any]:
    if part.lots is not None:
        return bureau.lots(part.lots)
    return bureau.teachers(maker.room, maker.source, part.draw)


VIEWS: Mapping[str, Callable[[Maker, Part], Content]] = {
    "plan": lambda maker, _part: public.plan(maker.source),
    "roster": lambda maker, part: bureau.roster(maker.room, maker.source, part.draw),
    "commitments": lambda maker, _part: public.commitments(maker.source),
    "minutes": lambda maker, _part: public.minutes(maker.source),
    "class-list": lambda maker, part: bureau.class_list(maker.room, maker.source, part.draw, maker.copies),
    "public-list": _public_list,
    "teachers": _teachers,
    "signatures": lambda maker, _part: bureau.signatures(maker.source),
    "disc": lambda maker, _part: bureau.disc(maker.room, maker.source, maker.files),
    "incident": lambda maker, _part: bureau.incident(maker.source),
    "notary": lambda maker, _part: public.notary(maker.source, maker.files),
}
"""Document id -> its view."""


def possible(document: Document, source: Source) -> tuple[list[Part], str]:
    """Parts of a document that can be made now, and, if some cannot, what they wait for (text `doc.needs.<it>`, or "").

    A document of no draw of this session waits for `draws`: it will never be.
    """
    session = source.session
    parts = [Part(document, lots=entry) for entry in source.lots] if document.lots else []
    if not document.of:
        ready = {FROZEN: session.header is not None, DRAWN: session.published is not None}
        return ([Part(document)], "") if ready.get(document.needs, True) else ([], document.needs)
    wanted = [
        name for name, item in session.plan.draws.items()
        if item.kind in document.of and not session.draws[name].postponed
    ]  # fmt: skip
    if document.needs == ROSTERED:
        ready_draws = {name for name in wanted if session.draws[name].frozen is not None}
    else:
        ready_draws = set(wanted) if session.published is not None else set()
    parts += [Part(document, name) for name in wanted if name in ready_draws]
    if set(wanted) - ready_draws:
        return parts, document.needs
    return parts, "" if parts else "draws"


def plan_of(source: Source, only: Collection[str] = ()) -> tuple[list[Part], list[tuple[Document, str]]]:
    """Parts to make, and documents that (partly) cannot be made yet.

    `only`: documents, or single ones such as class-list-d03; () for all.
    UsageError names every document asked for that does not exist, or that nothing can be made of.
    """
    asked = {name: _document_of(name, source) for name in only}
    unknown = [name for name, document in asked.items() if document is None]
    if unknown:
        raise UsageError("documents.unknown", names="、".join(unknown), known=" ".join(DOCUMENTS))
    parts: list[Part] = []
    waiting: list[tuple[Document, str]] = []
    lacking: list[tuple[Document, str]] = []
    for document in DOCUMENTS.values():
        names = {name for name, one in asked.items() if one == document}
        if only and not names:
            continue
        found, need = possible(document, source)
        whole = not only or document.id in names
        chosen = found if whole else [part for part in found if part.name in names]
        parts += chosen
        if need and whole:
            waiting.append((document, need))
        if only and len(chosen) < (1 if whole else len(names)):
            lacking.append((document, need or document.needs))
    if lacking:
        said = [(d, text(f"doc.needs.{need}")) for d, need in lacking]
        raise UsageError(
            "documents.too_early",
            zh="；".join(f"{d.zh}：{needs.zh}" for d, needs in said),
            en="; ".join(f"{d.en}: {needs.en}" for d, needs in said),
        )
    return parts, waiting


def _document_of(name: str, source: Source) -> Document | None:
    """The document that a name asks for, whole or that of one draw or record of lots; None if there is none."""
    if name in DOCUMENTS:
        return DOCUMENTS[name]
    draws = source.session.plan.draws
    singles = {f"{one.id}-{draw}": one for one in DOCUMENTS.values() for draw in draws if draws[draw].kind in one.of}
    lots = {Part(one, lots=entry).name: one for one in DOCUMENTS.values() if one.lots for entry in source.lots}
    return (singles | lots).get(name)


def make(
    room: Room, session: str, only: Collection[str] = (), copies: int = 5, progress: Progress = lambda *_: None
) -> tuple[Iterator[Paper], list[tuple[Document, str]]]:
    """Make the documents that a session can have now, one after the other; and say what is not possible yet."""
    source = read_source(room, session)
    parts, waiting = plan_of(source, only)
    maker = Maker(room, source, copies)

    def papers() -> Iterator[Paper]:
        for done, part in enumerate(parts):
            progress(part.name, done, len(parts))
            yield maker.paper(part)

    return papers(), waiting
