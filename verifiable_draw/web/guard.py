"""Who may come in, how much and how often; what every answer carries (spec/room.md N1-N3, N11)."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from verifiable_draw.errors import DrawError, UsageError
from verifiable_draw.texts import text

MAX_BODY = 65_535
MAX_UPLOAD = 64 * 1024 * 1024
MAX_ADDRESSES = 4096

# Pages of ours: nothing but our own files, and no frame around them.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Allow-Private-Network": "true",
    "Access-Control-Expose-Headers": "retry-after",
    "Access-Control-Max-Age": "600",
}


def is_local(host: str) -> bool:
    """Whether an address is this machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def address_of(request: Request) -> str:
    """The address that a request came from; nothing that a header says."""
    return request.client.host if request.client else ""


def asks_this_machine(request: Request) -> bool:
    """Whether the request names this machine: a page elsewhere cannot lead a browser here by a name of its own."""
    return (request.url.hostname or "") in ("127.0.0.1", "localhost", "::1")


@dataclass(slots=True)
class Bucket:
    """Allows `rate` things a second on average and `burst` at once, per address."""

    rate: float
    burst: int
    clock: Callable[[], float] = time.monotonic
    _levels: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, who: str, cost: float = 1.0) -> float:
        """0.0 if `who` may go on, else the seconds to wait."""
        now = self.clock()
        level, then = self._levels.pop(who, (float(self.burst), now))
        level = min(float(self.burst), level + (now - then) * self.rate)
        allowed = level >= cost
        self._levels[who] = (level - cost if allowed else level, now)
        while len(self._levels) > MAX_ADDRESSES:
            self._levels.popitem(last=False)
        return 0.0 if allowed else (cost - level) / self.rate


@dataclass(slots=True)
class Tries:
    """Wrong codes and passphrases: after `most` within `seconds`, nothing for as long (N11)."""

    most: int = 10
    seconds: float = 600.0
    clock: Callable[[], float] = time.monotonic
    _failed: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def wait(self, who: str) -> float:
        """Seconds that `who` has to wait; 0.0 if it may try."""
        failed = self._failed.get(who)
        if not failed or len(failed) < self.most:
            return 0.0
        return max(0.0, failed[-1] + self.seconds - self.clock())

    def fail(self, who: str) -> None:
        """Count a wrong one."""
        now = self.clock()
        failed = self._failed.setdefault(who, deque(maxlen=self.most))
        while failed and failed[0] < now - self.seconds:
            failed.popleft()
        failed.append(now)
        self._failed.move_to_end(who)
        while len(self._failed) > MAX_ADDRESSES:
            self._failed.popitem(last=False)

    def forgive(self, who: str = "") -> None:
        """Let somebody, or everybody, go on."""
        if who:
            self._failed.pop(who, None)
        else:
            self._failed.clear()


async def body_of(request: Request, most: int = MAX_BODY) -> bytes:
    """The body, at most `most` bytes; UsageError `web.too_large`."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            raise UsageError("web.too_large", kilobytes=most // 1024)
    return bytes(data)


# Kinds of errors that have a status of their own; the others are 400 (data) and 409 (order).
STATUS = {
    "web.locked": 503, "web.too_large": 413, "web.wrong_code": 403, "web.not_yours": 403, "web.slow_down": 429,
    "web.nothing_there": 404, "web.not_local": 403, "web.no_request": 404,
}  # fmt: skip


def error_answer(error: DrawError, retry_after: float = 0.0) -> Response:
    """An error in the form of N3."""
    row = error.text
    status = STATUS.get(error.key, 409 if isinstance(error, UsageError) else 400)
    body = {"key": error.key, "zh": row.zh, "en": row.en, "hint_zh": row.hint_zh, "hint_en": row.hint_en}
    headers = {"Retry-After": str(int(retry_after) + 1)} if retry_after else {}
    return JSONResponse({"error": body}, status, headers=headers)


class Guard:
    """ASGI middleware: rates, sizes of headers, the headers of every answer, and no trace of an error's inside."""

    def __init__(self, app: ASGIApp, bucket: Bucket | None = None) -> None:
        self.app = app
        self.bucket = bucket or Bucket(rate=40, burst=200)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        public = scope["path"].startswith("/api/")
        who = address_of(request)
        wait = 0.0 if is_local(who) else self.bucket.take(who)
        extra = (CORS if public else {"Content-Security-Policy": POLICY, "X-Frame-Options": "DENY"}) | HEADERS
        if scope["path"].startswith(("/console", "/screen")):  # browsers heed it only where pages are trustworthy
            extra["Cross-Origin-Opener-Policy"] = "same-origin"
        if public:
            extra["Cross-Origin-Resource-Policy"] = "cross-origin"

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                own = [(k.lower().encode(), v.encode()) for k, v in extra.items() if k.lower().encode() not in given]
                message["headers"] = [*message["headers"], *own]
                if b"cache-control" not in given:
                    message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        if wait:
            answer: Response = error_answer(UsageError("web.slow_down", seconds=int(wait) + 1), wait)
            await answer(scope, receive, send_on)
            return
        if public and scope["method"] == "OPTIONS":
            await Response(status_code=204)(scope, receive, send_on)
            return
        await self.app(scope, receive, send_on)


Handler = Callable[[Request], Awaitable[Response]]


def plain_error(key: str, status: int) -> Response:
    """A page of one sentence, for what is refused before any page is made."""
    row = text(key)
    return Response(f"{row.zh}\n{row.en}\n", status, media_type="text/plain; charset=utf-8")
