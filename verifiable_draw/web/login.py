"""Who sits at the console: a role, unlocked by the passphrase of its key; a cookie, and a token for every form."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "vdraw"
IDLE = 12 * 3600.0  # seconds: a day in the room, not a night


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that came back with an error: its texts as typed, and name and bytes of its files; no key, no passphrase.

    It can hold children's numbers: it lives in memory and ends with the login.
    """

    fields: Mapping[str, str]
    files: Mapping[str, tuple[str, bytes]]


@dataclass(slots=True)
class Login:
    """One browser: which roles it unlocked, its form token, what to say to it next."""

    token: str
    form_token: str
    roles: set[str] = field(default_factory=set)
    said: list[tuple[str, str, str]] = field(default_factory=list)  # kind, Chinese, English
    seen: float = 0.0
    filled: dict[str, Filled] = field(default_factory=dict)  # by the form's name


class Logins:
    """All browsers; kept in memory, so a restart asks for the passphrase again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._all: dict[str, Login] = {}

    def of(self, request: Request) -> Login | None:
        """The login of a request's cookie, or None."""
        now = self.clock()
        self._all = {token: one for token, one in self._all.items() if one.seen + IDLE > now}
        login = self._all.get(request.cookies.get(COOKIE, ""))
        if login is not None:
            login.seen = now
        return login

    def begin(self) -> Login:
        """A new browser, without any role yet."""
        login = Login(secrets.token_urlsafe(32), secrets.token_urlsafe(32), seen=self.clock())
        self._all[login.token] = login
        return login

    def renew(self, login: Login) -> Login:
        """The same browser under a new cookie, once it got a role: one planted before is worth nothing."""
        self._all.pop(login.token, None)
        fresh = self.begin()
        fresh.roles, fresh.said, fresh.filled = login.roles, login.said, login.filled
        return fresh

    def end(self, login: Login) -> None:
        """Forget a browser."""
        self._all.pop(login.token, None)

    def set_cookie(self, response: Response, login: Login) -> None:
        """Give the cookie: not for scripts, not for other sites."""
        response.set_cookie(COOKIE, login.token, httponly=True, samesite="strict", path="/console")


def right_form(login: Login, given: str) -> bool:
    """Whether a form came from a page of ours."""
    return hmac.compare_digest(login.form_token.encode(), given.encode())
