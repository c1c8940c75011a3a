"""What an inspector has: a ledger with the files it names, a holder's key, and what outsiders kept (spec/year.md Y7).

The bureau's private database is not among it: sealed rosters are opened with the key of a holder, not of the bureau.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verifiable_draw.errors import UsageError
from verifiable_draw.files import read
from verifiable_draw.header import HeaderDraw
from verifiable_draw.keyfile import Key
from verifiable_draw.replay import Session, View
from verifiable_draw.room import Room
from verifiable_draw.sealed import unseal
from verifiable_draw.texts import text
from verifiable_draw.year import registration
from verifiable_draw.year.audit import Audit, parse_audit
from verifiable_draw.year.shelves import INSPECTORS, PUBLIC, kept
from verifiable_draw.year.shortlist import Shortlist


@dataclass(frozen=True, slots=True)
class Material:
    """An open ledger and what stands beside it.

    `checkpoints`: notes that witnesses and observers kept; `discs`: images, devices or folders of archives; `films`:
    folders of the films and scans that entries name; `exports`: of student registration, as the inspector got them.
    """

    room: Room
    holder: Key | None = None
    checkpoints: Sequence[Path] = ()
    discs: Sequence[Path] = ()
    films: Sequence[Path] = ()
    exports: Sequence[Path] = ()

    @property
    def view(self) -> View:
        """Everything the ledger says."""
        return self.room.view

    def sessions(self, year: int) -> list[Session]:
        """Sessions of a year, in the ledger's order."""
        return [session for session in self.view.sessions.values() if session.plan.value["year"] == year]

    def years(self) -> list[int]:
        """Years of which the ledger says anything."""
        book = self.view.book
        found = {session.plan.value["year"] for session in self.view.sessions.values()}
        grades = {grade[0] for grade in (*book.filings, *book.replaced)}
        requests = {one.asked.year for one in (*book.requests.values(), *book.complaints.values())}
        items = {item.year for item in (*book.registrations, *book.lots)}
        return sorted(found | set(book.registers) | set(book.years) | grades | requests | items)

    def sealed(self, session: Session, draw: str) -> bytes | None:
        """Plaintext of a draw's sealed roster; None without a key or a file. DataError if it does not open."""
        data = self.file(session, f"sealed/{draw}.json")
        if self.holder is None or data is None or not self.opens(session):
            return None
        return unseal(data, self.holder.actor.id, bytes(self.holder.sealing))

    def opens(self, session: Session) -> bool:
        """Whether the key that is at hand is one of those that the session's rosters are sealed for."""
        if self.holder is None:
            return False
        mine = (self.holder.actor.id, bytes(self.holder.sealing.public_key).hex())
        return mine in {(one["id"], one["sealing_key"]) for one in session.plan.value["recipients"]}

    def file(self, session: Session, name: str) -> bytes | None:
        """A file of a session's record; None if it is not there, or nothing that can be read."""
        try:
            return self.room.load(session.id, name)
        except UsageError:
            return None

    def shortlist(self, name: str) -> Shortlist | None:
        """A shortlist by its SHA-256; None if it is not there, DataError if it is another or not of its form."""
        data = kept(self.room, PUBLIC, name) if name else None
        return Shortlist.parse(data) if data is not None else None

    def audit(self, name: str) -> Mapping[str, Any] | None:
        """An audit file by its SHA-256; None if it is not there, DataError if it is another or not of its form."""
        data = kept(self.room, INSPECTORS, name)
        return parse_audit(data) if data is not None else None

    def report(self, name: str) -> bytes | None:
        """The report of an inspection by its SHA-256; None if it is not there, DataError if it is another."""
        return kept(self.room, INSPECTORS, name)

    def own_audit(self, year: int) -> Audit | None:
        """The audit of the exports that the inspector brought, from sealed rosters; None without exports or key.

        DataError if an export has problems.
        """
        if not self.exports or self.holder is None:
            return None

        def sealed_of(session: Session, draw: HeaderDraw) -> bytes:
            data = self.sealed(session, draw.id)
            if data is None:
                raise UsageError("file.missing", name=f"sealed/{draw.id}.json", session=session.id)
            return data

        known = registration.gather_from(self.room, year, sealed_of)
        return registration.compared(known, registration.read_files(known, self.exports))

    def film_files(self) -> Iterator[Path]:
        """Every file below the folders of films."""
        for folder in self.films:
            if not folder.exists():
                raise UsageError("file.read_failed", path=str(folder), detail=text("file.no_file").zh)
            yield from sorted(path for path in folder.rglob("*") if path.is_file())

    def notes(self) -> Iterator[tuple[Path, bytes]]:
        """Every checkpoint that outsiders kept."""
        for path in self.checkpoints:
            if not path.is_file():
                raise UsageError("file.read_failed", path=str(path), detail=text("file.no_file").zh)
            yield path, read(path)
