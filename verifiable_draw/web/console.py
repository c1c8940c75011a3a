"""The clerk's console: pages and forms, on this machine only unless a password was set; every form is a step.

A page is made from the picture and the room as they are; an action is a POST that ends with a redirect, so a reload
repeats nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ledger.canonical import parse_time
from verifiable_draw.errors import DrawError, UsageError
from verifiable_draw.feature_names import attribute_name, feature_name, meanings
from verifiable_draw.texts import catalogue, text
from verifiable_draw.web.desk import Desk
from verifiable_draw.web.guard import (
    MAX_UPLOAD,
    Handler,
    Tries,
    address_of,
    asks_this_machine,
    is_local,
    plain_error,
)
from verifiable_draw.web.login import Login, Logins, right_form
from verifiable_draw.year.book import CHINA

LANGUAGES = ("zh", "en")
OFFICES = {"operator", "approver"}
OPEN_ACTIONS = ("found", "sign_in", "sign_out")  # all others are for somebody who is signed in


@dataclass(slots=True)
class Sheet:
    """What an action or a page gets: the request's login, its form, and how to say something to the person."""

    desk: Desk
    login: Login
    form: FormData
    request: Request
    gained: bool = False  # a role: the browser then gets another cookie
    ends: bool = False  # the login

    def field(self, name: str) -> str:
        """A text field of the form, without spaces around it."""
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def say(self, key: str, kind: str = "good", /, **values: object) -> None:
        """Say a sentence on the next page."""
        row = text(key, **values)
        self.login.said.append((kind, row.zh, row.en))

    def warn(self, key: str, /, **values: object) -> None:
        """Say a sentence of warning and what to do, on the next page."""
        row = text(key, **values)
        self.login.said.append(("bad", f"{row.zh}{row.hint_zh}", f"{row.en} {row.hint_en}"))

    def say_error(self, error: DrawError) -> None:
        """Say what is wrong and what to do, on the next page."""
        self.login.said.append(("bad", _sentence(error, "zh"), _sentence(error, "en")))

    def needs(self, role: str) -> None:
        """Raise unless the office is signed in here."""
        if role not in self.login.roles:
            raise UsageError("web.no_role", role=text(f"office.{role}").zh)


Action = Callable[[Sheet], Awaitable[str]]  # returns the page to go to next
Page = Callable[[Sheet], Awaitable[tuple[str, dict[str, Any]] | Response]]  # template and what it shows, or a file


class Console:
    """Frame of the console: who may come in, language, forms, errors."""

    def __init__(
        self, desk: Desk, pages: Mapping[str, Page], actions: Mapping[str, Action], password: str = ""
    ) -> None:
        self.desk = desk
        self.pages = pages
        self.actions = actions
        self.password = password
        self.logins = Logins()
        self.tries = Tries(seconds=60.0)
        self.environment = environment()

    def routes(self) -> list[BaseRoute]:
        """The table of paths."""
        return [
            Route("/console", self._guarded(self._home), methods=["GET"]),
            Route("/console/language", self._guarded(self._language), methods=["POST"]),
            Route("/console/password", self._password, methods=["POST"]),
            Route("/console/do/{action}", self._guarded(self._act), methods=["POST"]),
            Route("/console/{page}", self._guarded(self._show), methods=["GET"]),
        ]

    # Coming in

    def _guarded(self, handler: Callable[[Request, Login], Awaitable[Response]]) -> Handler:
        async def answer(request: Request) -> Response:
            local = is_local(address_of(request))
            if (not local and not self.password) or (local and not asks_this_machine(request)):
                return plain_error("web.not_local", 403)
            login = self.logins.of(request)
            if login is None:
                login = self.logins.begin()
            request.state.login = login
            if not local and "remote" not in login.roles:
                response = self._render(request, login, "password.html", {}, 401)
            else:
                response = await handler(request, login)
            self.logins.set_cookie(response, request.state.login)
            return response

        return answer

    async def _password(self, request: Request) -> Response:
        who = address_of(request)
        login = self.logins.of(request)
        if not self.password or login is None or self.tries.wait(who):
            return plain_error("web.not_local", 403)
        form = await request.form(max_files=0, max_fields=4)
        right = hmac.compare_digest(str(form.get("password", "")).encode(), self.password.encode())
        if not right or not right_form(login, str(form.get("form", ""))):
            self.tries.fail(who)
            return self._render(request, login, "password.html", {}, 401)
        login = self.logins.renew(login)
        login.roles.add("remote")
        response = RedirectResponse("/console", 303)
        self.logins.set_cookie(response, login)
        return response

    # Pages

    async def _home(self, request: Request, login: Login) -> Response:
        return await self._page(request, login, "home" if self.desk.founded else "setup")

    async def _show(self, request: Request, login: Login) -> Response:
        return await self._page(request, login, request.path_params["page"])

    async def _page(self, request: Request, login: Login, name: str) -> Response:
        page = self.pages.get(name)
        if page is None:
            return plain_error("web.nothing_there", 404)
        if not self.desk.founded and name != "setup":
            return RedirectResponse("/console", 303)
        if self.desk.founded and not login.roles & OFFICES and name not in ("sign-in", "panel"):
            return RedirectResponse("/console/sign-in", 303)
        try:
            answer = await page(Sheet(self.desk, login, FormData(), request))
        except DrawError as error:
            login.said.append(("bad", _sentence(error, "zh"), _sentence(error, "en")))
            return self._render(request, login, "base.html", {}, 409)
        if isinstance(answer, Response):
            return answer
        template, values = answer
        return self._render(request, login, template, {"page": name, **values})

    def _render(
        self, request: Request, login: Login, template: str, values: dict[str, Any], status: int = 200
    ) -> Response:
        language = request.cookies.get("language", "zh")
        language = language if language in LANGUAGES else "zh"
        said, login.said = login.said, []
        known = {
            "desk": self.desk,
            "state": self.desk.snapshot.state,
            "board": self.desk.snapshot.board,
            "tick": self.desk.snapshot.tick,
            "login": login,
            "said": [(kind, zh if language == "zh" else en) for kind, zh, en in said],
            "language": language,
            "t": lambda key, **filled: said_in(language, key, **filled),
            "hint": lambda key: hint_in(language, key),
            "attribute": lambda name: attribute_name(name, language),
            "meanings": lambda name, values: meanings(name, values.split(), language),
            "features": lambda names: "、".join(feature_name(name, language) for name in names),
            "reasons": lambda pins: "、".join(f"{said_in(language, f'pin.{name}')} {n}" for name, n in pins.items()),
            "local": lambda time: parse_time(time).astimezone().strftime("%m-%d %H:%M:%S"),
            # Of the year, whose days are China's wherever the machine believes to be (Y6).
            "china": lambda time: parse_time(time).astimezone(CHINA).strftime("%Y-%m-%d %H:%M"),
            "actor": lambda name: said_in(language, f"office.{name}") if f"office.{name}" in catalogue() else name,
            "finding": lambda name: finding_name(name, language),
            "page": "",
        }
        html = self.environment.get_template(template).render(known | values)
        return HTMLResponse(html, status)

    # Actions

    async def _language(self, request: Request, _login: Login) -> Response:
        page = request.query_params.get("page", "")
        known = page in self.pages and page != "home"
        response = RedirectResponse(f"/console/{page}" if known else "/console", 303)
        now = request.cookies.get("language", "zh")
        response.set_cookie("language", "en" if now == "zh" else "zh", samesite="strict", path="/")
        return response

    async def _act(self, request: Request, login: Login) -> Response:
        action = self.actions.get(request.path_params["action"])
        length = request.headers.get("content-length", "0")
        if action is None:
            return plain_error("web.nothing_there", 404)
        if not length.isdigit() or int(length) > MAX_UPLOAD:
            return plain_error("web.form_old", 413)
        async with request.form(max_files=500, max_fields=3000) as form:
            sheet = Sheet(self.desk, login, form, request)
            if not right_form(login, sheet.field("form")):
                sheet.say("web.form_old", "bad")
                return RedirectResponse("/console", 303)
            if request.path_params["action"] not in OPEN_ACTIONS and not login.roles & OFFICES:
                return RedirectResponse("/console/sign-in", 303)
            try:
                goes_to = await action(sheet)
            except DrawError as error:
                sheet.say_error(error)
                goes_to = sheet.field("page") or "home"
        if sheet.ends:
            self.logins.end(login)
            request.state.login = self.logins.begin()
        elif sheet.gained:
            request.state.login = self.logins.renew(login)
        known = goes_to.partition("?")[0] in self.pages and goes_to != "home"
        return RedirectResponse(f"/console/{goes_to}" if known else "/console", 303)


def _sentence(error: DrawError, language: str) -> str:
    row = error.text
    zh, en = f"{row.zh}{row.hint_zh}", f"{row.en} {row.hint_en}"
    return zh if language == "zh" else en


def said_in(language: str, key: str, /, **values: object) -> str:
    """A sentence of the catalogue in one language."""
    row = text(key, **values)
    return row.zh if language == "zh" else row.en


def finding_name(name: str, language: str) -> str:
    """What a type of finding is called; a type that this program does not know goes by its own name."""
    row = catalogue().get(f"finding.name.{name}")
    return (row[0] if language == "zh" else row[1]) if row else name


def hint_in(language: str, key: str) -> str:
    """A row's hint in one language, "" if it has none or does not exist."""
    row = catalogue().get(key)
    return (row[2] if language == "zh" else row[3]) if row else ""


def environment() -> Environment:
    """The templates: everything escaped, nothing undefined passed over."""
    return Environment(
        loader=PackageLoader("verifiable_draw.web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
