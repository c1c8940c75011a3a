"""What the console prints and publishes: slips, papers of a session, the public site, discs.

All of it lies in folders of the workspace; what holds names is shown to the operator only and kept by no browser.
"""

from __future__ import annotations

import asyncio
import functools
import mimetypes
import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from verifiable_draw.archive import building as discs
from verifiable_draw.documents.kinds import DOCUMENTS
from verifiable_draw.documents.writing import write_documents
from verifiable_draw.errors import UsageError
from verifiable_draw.files import read
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.site import building as site
from verifiable_draw.slip_sheets import print_slips, reprint
from verifiable_draw.texts import text
from verifiable_draw.web.console import Action, Page, Sheet
from verifiable_draw.web.form_parts import session_of

# While phones wait for answers, nothing that takes minutes is begun.
BUSY = ("COMMITTING", "COMMITTED", "GROUPED", "REVEALING", "REVEALED", "COVERED")
PAPERS, SITE, DISCS = "papers", "site", "discs"
LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,23}")  # with the disc's part it is an id
SHOWN = (".html", ".pdf")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"


class PaperActions:
    """Forms and page of everything on paper, on the web and on discs."""

    def table(self) -> dict[str, Action]:
        """Name -> action."""
        return {
            "print_slips": self.print_slips,
            "print_again": self.print_again,
            "print_papers": self.print_papers,
            "build_site": self.build_site,
            "build_discs": self.build_discs,
            "drop_papers": self.drop_papers,
        }

    def pages(self) -> dict[str, Page]:
        """Name -> page."""
        return {"papers": self.papers, "paper": self.paper}

    async def papers(self, sheet: Sheet) -> tuple[str, dict[str, Any]]:
        """What can be printed and what was."""
        sheet.needs("operator")
        session = sheet.desk.session()
        if session is None:
            return "papers.html", {"session": None}
        folder = _folder(sheet, session)
        made = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix in SHOWN)
        frozen = [name for name in session.plan.draws if session.draws[name].frozen is not None]
        values = {
            "session": session,
            "frozen": [(name, session.plan.draws[name].school_name) for name in frozen],
            "made": [(name, *_title(name)) for name in made],
            "site": str(sheet.desk.folder / SITE) if (sheet.desk.folder / SITE / "index.html").is_file() else "",
            "discs": sorted(str(path) for path in (sheet.desk.folder / DISCS / session.id).glob("*/*.iso")),
        }
        return "papers.html", values

    async def paper(self, sheet: Sheet) -> Response:
        """One printed file, to look at and to print."""
        sheet.needs("operator")
        folder = _folder(sheet, session_of(sheet))
        name = sheet.request.query_params.get("file", "")
        path = (folder / name).resolve()
        if path.suffix not in SHOWN or not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise UsageError("web.nothing_there")
        headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": POLICY,
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(path.name)}",
        }
        return Response(read(path), media_type=mimetypes.types_map[path.suffix], headers=headers)

    async def print_slips(self, sheet: Sheet) -> str:
        """Slips and second codes of one draw, or of all that are frozen."""
        session = _free(sheet)
        draws = [sheet.field("draw")] if sheet.field("draw") else []
        out = _folder(sheet, session) / "slips"
        printed = await sheet.desk.do(lambda room: print_slips(room, session.id, draws, out))
        number = sum(int(one.entry.message.body["number"]) for one in printed)
        sheet.say("papers.slips_made", number=number, draws=len(printed))
        return "papers"

    async def print_again(self, sheet: Sheet) -> str:
        """One slip, for a family that lost it."""
        sheet.needs("operator")
        session, draw, who = session_of(sheet), sheet.field("draw"), sheet.field("who")
        out = _folder(sheet, session) / "slips"
        printed = await sheet.desk.do(lambda room: reprint(room, session.id, draw, who, out))
        sheet.say("papers.again_made", seq=printed.entry.seq)
        return "papers"

    async def print_papers(self, sheet: Sheet) -> str:
        """All documents that the session can have now."""
        session = _free(sheet)
        pdf = sheet.field("pdf") == "yes"
        work = functools.partial(write_documents, session=session.id, out=_folder(sheet, session), pdf=pdf)
        written = await sheet.desk.read(work)
        sheet.say("papers.made", number=len(written.paths), waiting=len(written.waiting))
        return "papers"

    async def build_site(self, sheet: Sheet) -> str:
        """The public site, in a folder that can be copied to any server or disc."""
        _free(sheet)
        out = sheet.desk.folder / SITE
        built = await sheet.desk.do(lambda room: site.build(room, out))
        sheet.say("site.built", "good", path=out, sessions=built.sessions, made=len(built.made),
                  written=built.written, removed=len(built.removed))  # fmt: skip
        if built.removed:
            sheet.say("site.removed", names=site.first(built.removed))
        if built.uncosigned:
            sheet.warn("site.uncosigned", sessions="、".join(built.uncosigned))
        return "papers"

    async def build_discs(self, sheet: Sheet) -> str:
        """The public disc and, with a passphrase, the sealed one; both are entered as evidence."""
        session = _free(sheet)
        passphrase, label = sheet.field("passphrase"), sheet.field("label")
        if not LABEL.fullmatch(label):
            raise UsageError("web.form_field", field=text("papers.label").zh, expected="disc-2")
        out = sheet.desk.folder / DISCS / session.id / label
        papers = _folder(sheet, session) / "public"

        def work(room: Room) -> list[discs.Disc]:
            documents = papers if papers.is_dir() else None
            made, _entries = discs.build_and_enter(
                room, session.id, out, label, documents=documents, inspector=passphrase or None
            )
            return made

        for disc in await sheet.desk.do(work):
            sheet.say("papers.disc_made", path=disc.path, code=disc.code)
        return "papers"


    async def drop_papers(self, sheet: Sheet) -> str:
        """Delete what was printed: papers with names are not kept."""
        sheet.needs("operator")
        folder = _folder(sheet, session_of(sheet))
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        sheet.say("papers.dropped")
        return "papers"


def _title(name: str) -> tuple[str, str, str]:
    """What a file is, in Chinese and English, and the draw or pseudonym it is of."""
    stem = Path(name).stem
    for kind in ("slips", "seconds"):
        if stem.startswith(f"{kind}-"):
            row = text("slip.title" if kind == "slips" else "slip.second_title")
            return row.zh, row.en, stem.removeprefix(f"{kind}-")
    known = max((one for one in DOCUMENTS if stem == one or stem.startswith(f"{one}-")), key=len, default="")
    if not known:
        return stem, stem, ""
    document = DOCUMENTS[known]
    return document.zh, document.en, stem.removeprefix(known).removeprefix("-")


def _folder(sheet: Sheet, session: Session) -> Path:
    return sheet.desk.folder / PAPERS / session.id


def _free(sheet: Sheet) -> Session:
    """The session, if this is the operator and no phone waits."""
    sheet.needs("operator")
    session = session_of(sheet)
    if session.state in BUSY:
        raise UsageError("papers.busy")
    return session
