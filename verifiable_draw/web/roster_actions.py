"""What the console's forms do with rosters: import, submit, approve, freeze, postpone."""

from __future__ import annotations

import asyncio
import functools
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response

from verifiable_draw import conduct, intake
from verifiable_draw.entries import AUDIT, CLASSES, LATE, TEACHERS
from verifiable_draw.errors import UsageError
from verifiable_draw.room import Room
from verifiable_draw.roster_template import roster_template
from verifiable_draw.rosters import ImportReport, import_people, import_rosters
from verifiable_draw.rosters.codes import PERSONS, STUDENTS, TEAMS, Table
from verifiable_draw.rosters.feedback import refused, returned_name, returned_workbook
from verifiable_draw.rosters.importing import labels_of
from verifiable_draw.rosters.mapping import read_mapping
from verifiable_draw.spreadsheets import MEDIA_TYPE
from verifiable_draw.texts import text
from verifiable_draw.web.console import Action, Page, Sheet
from verifiable_draw.web.form_parts import approver_of, school_key, session_of, uploads
from verifiable_draw.web.pages import Memory, preview_of

TABLES = {CLASSES: STUDENTS, LATE: STUDENTS, AUDIT: STUDENTS, TEACHERS: TEAMS}
"""Kind of draw -> columns of its workbooks; PERSONS for the rest."""


async def _table(sheet: Sheet, kind: str) -> Table:
    """The columns of a kind of draw, with the titles of the mapping file if one was chosen."""
    table = TABLES.get(kind, PERSONS)
    file = sheet.form.get("mapping")
    if isinstance(file, UploadFile) and file.filename:
        table = read_mapping(await file.read(), file.filename, table)
    return table


def _returned(paths: Sequence[Path], report: ImportReport, table: Table) -> Mapping[str, bytes]:
    """The coloured workbooks of the files with problems, by name."""
    bad = set(refused(report))
    return {
        returned_name(label): returned_workbook(path, label, report, table)
        for path, label in labels_of(paths).items()
        if label in bad
    }


class RosterActions:
    """Everything of rosters; each signature by whom it belongs to."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def table(self) -> dict[str, Action]:
        """Name -> action."""
        return {
            "import_files": self.import_files,
            "submit": self.submit,
            "approve": self.approve,
            "freeze": self.freeze,
            "preview": self.preview,
            "postpone": self.postpone,
        }

    def pages(self) -> dict[str, Page]:
        """Name -> download."""
        return {"returned": self.returned, "roster-template": self.template}

    async def returned(self, sheet: Sheet) -> Response:
        """A coloured workbook of the last import, with the children's data: for the operator only."""
        sheet.needs("operator")
        name = sheet.request.query_params.get("file", "")
        if name not in self.memory.returned:
            raise UsageError("web.nothing_there")
        return _download(name, self.memory.returned[name])

    async def template(self, sheet: Sheet) -> Response:
        """An empty roster for the plan, or for one draw of it."""
        session, draw = session_of(sheet), sheet.request.query_params.get("draw", "")
        data = await asyncio.to_thread(roster_template, session.plan, draw)
        return _download(f"名册-{draw or session.id}.xlsx", data)

    async def import_files(self, sheet: Sheet) -> str:
        """Import workbooks; every problem at once. The files are deleted again at once."""
        sheet.needs("operator")
        session = sheet.desk.session()
        item = session.plan.draws.get(sheet.field("draw")) if session else None
        kind = item.kind if item is not None else CLASSES
        known = await sheet.desk.read(lambda room: intake.known(room, session.id if session else ""))
        with tempfile.TemporaryDirectory(prefix="import-", dir=sheet.desk.folder) as folder:
            paths = await uploads(sheet, "files", Path(folder))
            if not paths:
                raise UsageError("web.form_field", field=text("rosters.drop").zh, expected=".xlsx")
            table = await _table(sheet, kind)
            if item is None or item.of_students:
                read = functools.partial(
                    import_rosters, paths, table=table, admissions=known.admissions, elsewhere=known.elsewhere,
                    expected=known.expected,
                    homophones=sheet.field("homophones") == "yes",
                )  # fmt: skip
            else:
                read = functools.partial(
                    import_people, paths, item.school, item.grade, teams=kind == TEACHERS, table=table
                )
            self.memory.report, self.memory.returned = None, {}
            report = await asyncio.to_thread(read)
            returned = await asyncio.to_thread(_returned, paths, report, table)
        kept = await sheet.desk.do(lambda room: intake.keep(room, report, known.year, kind))
        self.memory.report, self.memory.kept, self.memory.returned = report, kept, returned
        return "rosters"

    async def submit(self, sheet: Sheet) -> str:
        """A school submits its roster with its own key, which is not kept."""
        sheet.needs("operator")
        session, draw = session_of(sheet), sheet.field("draw")
        item = session.plan.draws.get(draw)
        if item is None:
            raise UsageError("draw.unknown", draw=draw)
        key = await school_key(sheet, item.school)
        entry = await sheet.desk.do(lambda room: conduct.submit(room, session.id, draw, key))
        sheet.say("say.entered", seq=entry.seq)
        return "rosters"

    async def approve(self, sheet: Sheet) -> str:
        """The approver approves one draw, or all that are submitted."""
        sheet.needs("approver")
        approver = approver_of(sheet)
        session, one = session_of(sheet), sheet.field("draw")

        def work(room: Room) -> int:
            draws = room.view.session(session.id).draws
            waiting = [d for d, p in draws.items() if p.submission and not p.approved and not p.postponed]
            chosen = [one] if one else waiting
            for draw in chosen:
                conduct.approve(room, session.id, draw, approver)
            return len(chosen)

        sheet.say("say.approved", number=await sheet.desk.do(work))
        return "rosters"

    async def freeze(self, sheet: Sheet) -> str:
        """Freeze one draw, or all that are approved."""
        sheet.needs("operator")
        session, one = session_of(sheet), sheet.field("draw")
        chosen = [one] if one else [
            d for d, p in session.draws.items()
            if p.approved and not p.postponed and (p.frozen is None or p.frozen["submission"] != p.approved)
        ]  # fmt: skip
        for draw in chosen:  # one at a time, so that others get their turn in between
            await sheet.desk.do(functools.partial(conduct.freeze, session=session.id, draw=draw))
        sheet.say("say.frozen", number=len(chosen))
        self.memory.preview = {}
        return "rosters"

    async def preview(self, sheet: Sheet) -> str:
        """Compute what a freeze would give."""
        sheet.needs("operator")
        session, draw = session_of(sheet), sheet.field("draw")
        self.memory.preview = {}
        self.memory.preview = await sheet.desk.read(lambda room: preview_of(room, session, draw))
        return "rosters"

    async def postpone(self, sheet: Sheet) -> str:
        """Leave a school to a later session."""
        sheet.needs("operator")
        session, draw, reason = session_of(sheet), sheet.field("draw"), sheet.field("reason")
        entry = await sheet.desk.do(lambda room: conduct.postpone(room, session.id, draw, reason))
        sheet.say("say.entered", seq=entry.seq)
        return "rosters"


def _download(name: str, data: bytes) -> Response:
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return Response(data, media_type=MEDIA_TYPE, headers=headers)
