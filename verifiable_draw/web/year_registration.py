"""The registration audit at the console: files in, every problem at once, numbers out (spec/year.md Y5)."""

from __future__ import annotations

import asyncio
import functools
import tempfile
from pathlib import Path

from starlette.datastructures import UploadFile

from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.room import Room
from verifiable_draw.rosters.codes import EXPORT, Table
from verifiable_draw.rosters.mapping import read_mapping
from verifiable_draw.texts import text
from verifiable_draw.web.console import Action, Sheet
from verifiable_draw.web.form_parts import uploads
from verifiable_draw.web.pages import Audited, Memory
from verifiable_draw.year import audit_views, registration


class RegistrationActions:
    """The one form of the audit."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def table(self) -> dict[str, Action]:
        """Name -> action."""
        return {"check_registration": self.check}

    async def check(self, sheet: Sheet) -> str:
        """Compare an export with the draws and enter the numbers; with problems nothing is entered."""
        sheet.needs("operator")
        given = sheet.field("year")
        if not (given.isascii() and given.isdigit()):
            raise DataError("web.form_field", field=text("schools.year").zh, expected="2000–2999")
        year, table, anyway = int(given), await _table(sheet), sheet.field("anyway") == "yes"
        self.memory.audit = None
        known = await sheet.desk.read(lambda room: registration.gather(room, year))
        with tempfile.TemporaryDirectory(prefix="import-", dir=sheet.desk.folder) as folder:
            paths = await uploads(sheet, "files", Path(folder))
            if not paths:
                raise UsageError("web.form_field", field=text("year.f.export").zh, expected=".xlsx")
            export = await asyncio.to_thread(functools.partial(registration.read_files, known, paths, table))
        report = export.report
        self.memory.audit = Audited(year, report)
        if report.problems:
            return f"year-registration?year={year}"

        def enter(room: Room) -> tuple[int, bytes]:
            checked = registration.enter(room, known, export, anyway=anyway)
            people = registration.people(room, known)
            made = audit_views.workbook(checked.audit, room.view.book, known.divisions, known.schools, people)
            return checked.entry.seq, made

        seq, workbook = await sheet.desk.do(enter)
        self.memory.audit = Audited(year, report, workbook)
        sheet.say("say.entered", seq=seq)
        return f"year-registration?year={year}"


async def _table(sheet: Sheet) -> Table:
    """The columns of an export, with the titles of the mapping file if one was chosen."""
    file = sheet.form.get("mapping")
    if isinstance(file, UploadFile) and file.filename:
        return read_mapping(await file.read(), file.filename, EXPORT)
    return EXPORT

