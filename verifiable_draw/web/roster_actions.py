"""What the console's forms do with rosters: import, submit, approve, freeze, postpone."""

from __future__ import annotations

import asyncio
import functools
import tempfile
from itertools import groupby
from pathlib import Path

from starlette.datastructures import UploadFile

from verifiable_draw import conduct
from verifiable_draw.entries import CLASSES, TEACHERS
from verifiable_draw.errors import UsageError
from verifiable_draw.room import Room
from verifiable_draw.rosters import import_rosters
from verifiable_draw.rosters.people import import_people
from verifiable_draw.texts import text
from verifiable_draw.web.console import Action, Sheet
from verifiable_draw.web.form_parts import approver_of, school_key, session_of
from verifiable_draw.web.pages import Memory, preview_of


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

    async def import_files(self, sheet: Sheet) -> str:
        """Import workbooks; every problem at once. The files are deleted again at once."""
        sheet.needs("operator")
        session = sheet.desk.session()
        with tempfile.TemporaryDirectory(prefix="import-", dir=sheet.desk.folder) as folder:
            paths = []
            for upload in sheet.form.getlist("files"):
                if isinstance(upload, UploadFile) and upload.filename:
                    path = Path(folder) / Path(upload.filename.replace("\\", "/")).name
                    path.write_bytes(await upload.read())
                    paths.append(path)
            if not paths:
                raise UsageError("web.form_field", field=text("rosters.drop").zh, expected=".xlsx")
            item = session.plan.draws.get(sheet.field("draw")) if session else None
            if item is None or item.of_students:
                kind = CLASSES if item is None else item.kind
                report = await asyncio.to_thread(import_rosters, paths)
            else:
                kind = item.kind
                read = functools.partial(import_people, paths, item.school, item.grade, teams=kind == TEACHERS)
                report = await asyncio.to_thread(read)
        bad = sorted({problem.where.file for problem in report.problems})
        good = [student for student in report.students if student.where.file not in bad]

        def keep(room: Room) -> int:
            groups = [(key, list(rows)) for key, rows in groupby(good, key=lambda s: (s.school, s.grade))]
            for (school, grade), rows in groups:
                room.private.save_imported(school, grade, rows, kind)
            return len(groups)

        schools = await sheet.desk.do(keep)
        self.memory.report, self.memory.refused, self.memory.imported = report, bad, (len(good), schools)
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
