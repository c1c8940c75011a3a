"""The projector: what goes on, for everyone in the room.

On this machine only, since it shows the room's code and, if the plan allows it, masked names (P16). Everything else on
it is what `board` publishes.
"""

from __future__ import annotations

import io
from typing import Any

import segno
from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from verifiable_draw import conduct
from verifiable_draw.lists import meaning
from verifiable_draw.masking import masked
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.texts import catalogue
from verifiable_draw.web.console import hint_in, said_in
from verifiable_draw.web.desk import Desk
from verifiable_draw.web.guard import Handler, address_of, asks_this_machine, is_local, plain_error
from verifiable_draw.web.pages import Memory
from verifiable_draw.web.public import Public

WORDS = (
    "ui.", "screen.", "day.code", "day.seconds_left", "role.", "client.", "state.", "entry.", "meanwhile.", "kind.",
)  # fmt: skip
SHOWN = ("ALLOCATED", "PUBLISHED", "ANNULLED")


class Screen:
    """The screen's page and its data."""

    def __init__(self, desk: Desk, public: Public, memory: Memory, templates: Environment) -> None:
        self.desk = desk
        self.public = public
        self.memory = memory
        self.templates = templates

    def routes(self) -> list[BaseRoute]:
        """The table of paths."""
        return [
            Route("/screen", self._local(self.page), methods=["GET"]),
            Route("/screen/data", self._local(self.data), methods=["GET"]),
            Route("/screen/lists", self._local(self.lists), methods=["GET"]),
            Route("/screen/qr.svg", self._local(self.qr), methods=["GET"]),
            Route("/screen/texts", self._local(self.texts), methods=["GET"]),
        ]

    @staticmethod
    def _local(handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            if not is_local(address_of(request)) or not asks_this_machine(request):
                return plain_error("web.not_local", 403)
            return await handler(request)

        return answer

    async def page(self, request: Request) -> Response:
        """The page; its script does the rest."""
        language = "en" if request.query_params.get("language") == "en" else "zh"
        words = {
            "t": lambda key, **filled: said_in(language, key, **filled),
            "hint": lambda key: hint_in(language, key),
            "language": language,
        }
        return HTMLResponse(self.templates.get_template("screen.html").render(words))

    async def data(self, request: Request) -> Response:
        """N6 and the room's code and address."""
        snapshot = await self.public.after(request)
        value: dict[str, Any] = {**self.public.now(snapshot), **snapshot.board}
        session = str(value["session"])
        if value["enrolling"] and session:
            code = await self.desk.read_front(lambda front: front.code(session))
            value |= {"code": f"{code[:4]}-{code[4:]}", "address": self.memory.address}
        return JSONResponse(value)

    async def lists(self, _request: Request) -> Response:
        """Class lists by draw, with masked names if the plan says so; nothing before the ledger holds them."""
        session = self.desk.session()
        if session is None or session.state not in SHOWN:
            return JSONResponse({"draws": []})
        return JSONResponse({"draws": await self.desk.read(lambda room: lists_of(room, session))})

    async def qr(self, _request: Request) -> Response:
        """QR code of the observers' address with the room's code."""
        session = str(self.desk.snapshot.state["session"])
        if not session:
            return plain_error("web.nothing_there", 404)
        code = await self.desk.read_front(lambda front: front.code(session))
        out = io.BytesIO()
        made = segno.make(f"{self.memory.address}/observer#code={code}", error="m")
        made.save(out, kind="svg", scale=8, border=2, xmldecl=False, svgns=True)
        return Response(out.getvalue(), media_type="image/svg+xml")

    async def texts(self, _request: Request) -> Response:
        """The words that the script needs, in both languages."""
        rows = {key: [row[0], row[1]] for key, row in catalogue().items() if key.startswith(WORDS)}
        return JSONResponse(rows)


def lists_of(room: Room, session: Session) -> list[dict[str, Any]]:
    """Every draw's lists: what the number drawn means, and masked names if the plan lets the screen show them."""
    names = session.plan.value["screen"]["names"] == "masked"
    found = []
    for draw, rows in conduct.class_lists(room, session.id).items():
        item = session.plan.draws[draw]
        lists: dict[str, list[str]] = {}
        for number, person in rows:
            lists.setdefault(meaning(item, number), []).append(masked(person.name) if names else "")
        found.append(
            {
                "id": draw,
                "school_name": item.school_name,
                "grade": item.grade,
                "kind": item.kind,
                "lists": [
                    # Within a class in the order of the masked names: that of the roster is nobody's business.
                    {"title": title, "number": len(people), "names": sorted(people) if names else []}
                    for title, people in lists.items()
                ],
            }
        )
    return found
