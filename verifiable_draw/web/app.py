"""The application put together: desk, autopilot, public interface, console, screen."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from verifiable_draw import conduct, register_file
from verifiable_draw.errors import UsageError
from verifiable_draw.lists import write_lists
from verifiable_draw.web.autopilot import Autopilot
from verifiable_draw.web.bureau_device import BureauDevice
from verifiable_draw.web.console import Console, Sheet
from verifiable_draw.web.day_actions import DayActions
from verifiable_draw.web.desk import Desk
from verifiable_draw.web.guard import Guard, address_of, is_local, plain_error
from verifiable_draw.web.office_actions import OfficeActions
from verifiable_draw.web.pages import Memory, Pages
from verifiable_draw.web.paper_actions import PaperActions
from verifiable_draw.web.public import Public
from verifiable_draw.web.roster_actions import RosterActions
from verifiable_draw.web.screen import Screen
from verifiable_draw.web.year_actions import YearActions
from verifiable_draw.web.year_pages import YearPages
from verifiable_draw.web.year_registration import RegistrationActions

STATIC = Path(__file__).parent / "static"


def application(desk: Desk, *, address: str, port: int, password: str = "") -> Guard:
    """The ASGI application. `address`: what observers' phones open, without the path."""
    memory = Memory(address=address)
    public = Public(desk)
    bureau = BureauDevice(desk, port)
    rosters = RosterActions(memory)
    papers = PaperActions()
    pages = Pages(memory).table() | rosters.pages() | papers.pages() | YearPages(memory).table()
    pages |= {"lists": _lists, "template": _template}
    day = DayActions(memory, public, bureau).table()
    year = YearActions().table() | RegistrationActions(memory).table()
    actions = OfficeActions(memory).table() | rosters.table() | papers.table() | day | year
    console = Console(desk, pages, actions, password)
    screen = Screen(desk, public, memory, console.environment)

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        await desk.open()
        work = [asyncio.create_task(Autopilot(desk).run()), asyncio.create_task(_wake(desk, bureau))]
        try:
            yield
        finally:
            desk.closing = True
            await asyncio.gather(*work, return_exceptions=True)
            await desk.close()

    async def observer(_request: Request) -> Response:
        if not desk.page:
            return plain_error("web.no_page", 404)
        return HTMLResponse(desk.page, headers={"Content-Security-Policy": "frame-ancestors 'none'"})

    async def root(request: Request) -> Response:
        return RedirectResponse("/console" if is_local(address_of(request)) else "/observer")

    app = Starlette(
        routes=[
            Route("/", root),
            Route("/observer", observer, methods=["GET"]),
            *public.routes(),
            *screen.routes(),
            *console.routes(),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        lifespan=life,
    )
    return Guard(app)


async def _wake(desk: Desk, bureau: BureauDevice) -> None:
    """After a restart the bureau's device goes on as soon as the operator has signed in."""
    while not desk.closing:
        session = desk.session()
        if desk.unlocked and session is not None and session.state not in ("PUBLISHED", "ABORTED", "ANNULLED"):
            bureau.attend(session.id)
        await asyncio.sleep(1)


async def _lists(sheet: Sheet) -> Response:
    """The schools' class lists as one zip; with names, for the bureau only."""
    sheet.needs("operator")
    session = sheet.desk.session()
    if session is None:
        raise UsageError("web.nothing_there")

    def work(room: Any) -> Path:  # noqa: ANN401 - Room
        folder: Path = room.folder / "lists" / session.id
        write_lists(folder, session, conduct.class_lists(room, session.id))
        return folder

    folder = await sheet.desk.read(work)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("*.xlsx")):
            archive.write(path, path.name)
    headers = {"Content-Disposition": f'attachment; filename="lists-{session.id}.zip"'}
    return Response(out.getvalue(), media_type="application/zip", headers=headers)


async def _template(_sheet: Sheet) -> Response:
    """An empty register."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    headers = {"Content-Disposition": 'attachment; filename="register.xlsx"'}
    return Response(register_file.template(), media_type=kind, headers=headers)
