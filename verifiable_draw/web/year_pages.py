"""The pages of the year at the console: board, dates, one school's grade, complaints, registration, findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from verifiable_draw.entries import AMENDMENTS, CHANNELS, CLOSINGS, COMPLAINTS, OUTCOMES, TEACHER_REASONS
from verifiable_draw.errors import UsageError
from verifiable_draw.room import Room
from verifiable_draw.rosters.codes import DOCUMENT_TYPES
from verifiable_draw.spreadsheets import MEDIA_TYPE
from verifiable_draw.texts import text
from verifiable_draw.web import year_rows as rows
from verifiable_draw.web.console import Page, Sheet
from verifiable_draw.web.pages import Memory
from verifiable_draw.web.year_forms import Before
from verifiable_draw.year import at_bureau, complaints, packing, shortlist_file
from verifiable_draw.year.audit_views import SHOWN as KINDS
from verifiable_draw.year.book import Grade
from verifiable_draw.year.pack import AUDIENCES
from verifiable_draw.year.standing import counted, sizes
from verifiable_draw.year.status import DRAWN

Shown = tuple[str, dict[str, Any]]
LINES = 6
"""Lines for children of an empty request."""
DAYS = 30
"""Days for a complaint that the form proposes, as the county plan has them."""


class YearPages:
    """The pages by name."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def table(self) -> dict[str, Page]:
        """Name -> page."""
        return {
            "year": self.year,
            "year-dates": self.dates,
            "year-grade": self.grade,
            "year-complaints": self.complaints,
            "year-registration": self.registration,
            "year-findings": self.findings,
            "shortlist-template": self.template,
            "registration-workbook": self.workbook,
            "complaint-pack": self.pack,
        }

    async def year(self, sheet: Sheet) -> Shown:
        """The board."""
        show = sheet.request.query_params.get("show", "")

        def look(room: Room) -> dict[str, Any]:
            found = rows.overview(room, which_year(sheet, room))
            return found | {"shown": rows.shown(found["grades"], show)}

        return "year.html", await _with(sheet, look) | {"show": show}

    async def dates(self, sheet: Sheet) -> Shown:
        """What holds for a year, and the form that says so."""

        def look(room: Room) -> dict[str, Any]:
            year = which_year(sheet, room)
            opened, rules = room.view.book.years.get(year, []), room.view.book.rules(year)
            return {
                "all": [{"seq": item.seq, "time": item.time, **item.body} for item in opened],
                "holds": rules.seq if rules else None,
                "last": rules.body if rules else _usual(year),
                "schools": sorted(rows.names_of(room.view, year).items()),
            }

        return "year_dates.html", await _with(sheet, look)

    async def grade(self, sheet: Sheet) -> Shown:
        """One school's grade: filing, teachers, moves."""
        asked = sheet.request.query_params

        def look(room: Room) -> dict[str, Any]:
            year = which_year(sheet, room)
            place = grade_of(year, asked.get("which", ""))
            found = rows.grade_page(room, place) if place else None
            counted = _sizes(room, place, found) if place and found and asked.get("sizes") == "yes" else None
            return {"found": found, "sizes": counted, "known": rows.register_of(room.view, year)}

        return "year_grade.html", await _with(sheet, look) | {
            "which": asked.get("which", ""), "reasons_": TEACHER_REASONS, "kinds": AMENDMENTS, "lines": LINES,
            "documents": DOCUMENT_TYPES,
        }  # fmt: skip

    async def complaints(self, sheet: Sheet) -> Shown:
        """What came, what was answered, what is due."""

        def look(room: Room) -> dict[str, Any]:
            year = which_year(sheet, room)
            return {
                "states": complaints.states(room, year),
                "opened": bool(room.view.book.years.get(year)),
                "next": next_number(room, year),
                "known": rows.register_of(room.view, year),
                "today": complaints.today_of(room).isoformat(),
            }

        return "year_complaints.html", await _with(sheet, look) | {
            "channels": CHANNELS, "kinds": COMPLAINTS, "outcomes": OUTCOMES, "audiences": AUDIENCES,
        }  # fmt: skip

    async def registration(self, sheet: Sheet) -> Shown:
        """The registration audit: upload, problems, numbers."""

        def look(room: Room) -> dict[str, Any]:
            year = which_year(sheet, room)
            drawn = bool(counted(room.view, year))
            return {"numbers": rows.registration_rows(room.view, year), "drawn": drawn}

        return "year_registration.html", await _with(sheet, look) | {"audit": self.memory.audit, "kinds": KINDS}

    async def findings(self, sheet: Sheet) -> Shown:
        """Findings of inspections that are not closed."""
        return "year_findings.html", await _with(sheet, rows.inspections_page) | {"closings": CLOSINGS}

    async def template(self, _sheet: Sheet) -> Response:
        """An empty sheet for a shortlist of teachers."""
        return download("班主任名单.xlsx", shortlist_file.template())

    async def workbook(self, sheet: Sheet) -> Response:
        """Every child that differs in the last audit of this console, by name: for the operator only."""
        sheet.needs("operator")
        audit = self.memory.audit
        if audit is None or not audit.workbook:
            raise UsageError("web.nothing_there")
        return download(f"学籍核对-{audit.year}.xlsx", audit.workbook)

    async def pack(self, sheet: Sheet) -> Response:
        """A complaint's evidence: `of`, its number; `audience`. Inspectors' has the words and sealed rosters."""
        sheet.needs("operator")
        asked = sheet.request.query_params
        number, audience = asked.get("of", ""), asked.get("audience", "")
        if audience not in AUDIENCES:
            raise UsageError("web.nothing_there")
        data, _missing = await sheet.desk.read(lambda room: packing.zipped(room, number, audience))
        return download(f"证据包-{number}-{text(f'year.pack_{audience}').zh}.zip", data, "application/zip")


async def _with(sheet: Sheet, look: Callable[[Room], dict[str, Any]]) -> dict[str, Any]:
    """What a page of the year shows, with what all of them have."""

    def both(room: Room) -> dict[str, Any]:
        year = which_year(sheet, room)
        return {"year": year, "years": rows.years_of(room.view)} | look(room)

    return await sheet.desk.read(both) | {"before": Before(sheet.login.filled)}


def which_year(sheet: Sheet, room: Room) -> int:
    """The year that is asked for, else the last one that the ledger knows, else this one."""
    given = sheet.request.query_params.get("year", "")
    known = rows.years_of(room.view)
    if given.isascii() and given.isdigit() and int(given) in known:
        return int(given)
    return known[0] if known else complaints.today_of(room).year


def grade_of(year: int, which: str) -> Grade | None:
    """Year, school and grade of `9910000001-1`."""
    school, _, grade = which.partition("-")
    return (year, school, int(grade)) if grade in ("1", "7") else None


def _usual(year: int) -> dict[str, Any]:
    """Dates that the form proposes."""
    return {
        "complaint_days": DAYS, "draw_by": f"{year}-08-31", "late_dates": [],
        "term": [f"{year}-09-01", f"{year + 1}-01-20"], "watched": [],
    }  # fmt: skip


def _sizes(room: Room, place: Grade, found: dict[str, Any]) -> list[int] | None:
    """Children in every class now; None where nothing was drawn."""
    one = found["one"]
    if one.state != DRAWN:
        return None
    children = at_bureau.children(room, place[0])
    most = max((child.standing for (_n, *where), child in children.items() if tuple(where) == place[1:]), default=0)
    return sizes(children, place[1], place[2], max(most, one.classes))


def next_number(room: Room, year: int) -> str:
    """The number after the last one of this form in a year: 2026-014."""
    start = f"{year}-"
    used = [str(one.asked.body["complaint"]) for one in room.view.book.complaints.values()]
    tails = [name.removeprefix(start) for name in used if name.startswith(start)]
    return f"{start}{1 + max((int(tail) for tail in tails if tail.isdigit()), default=0):03d}"


def download(name: str, data: bytes, media_type: str = MEDIA_TYPE) -> Response:
    """A file to be saved, a workbook if nothing else is said, kept by no browser."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Cache-Control": "no-store"}
    return Response(data, media_type=media_type, headers=headers)
