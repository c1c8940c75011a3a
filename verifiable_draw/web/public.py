"""What anybody in the room's network may ask and send: spec/room.md."""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ledger.canonical import tagged_hash, u64
from ledger.keys import SignatureError, check_key, verify
from verifiable_draw.entries import CIVIC_ROLES, CLIENTS
from verifiable_draw.errors import DataError, DrawError, UsageError
from verifiable_draw.room import Room, read_cosignature, read_message
from verifiable_draw.schema import hash32, hexadecimal, identifier, integer, one_of, record, strict, text
from verifiable_draw.web.board import observers
from verifiable_draw.web.desk import Desk, Snapshot
from verifiable_draw.web.guard import Handler, Tries, address_of, body_of, error_answer

MOST_ENTRIES = 4 * 1024 * 1024  # bytes
LONGEST_WAIT = 20.0  # seconds
FILE = re.compile(r"(?:plan|header)\.json|draws/([a-z0-9][a-z0-9-]{0,31})/(units|nullifiers|groups|result)\.json")
ENROL = record(
    {
        "client": one_of(*CLIENTS),
        "code": text(1, 20),
        "key": hash32,
        "name": text(1, 40),
        "proof": hexadecimal(64),
        "role": one_of(*CIVIC_ROLES),
    }
)
PRESENT = record({"id": identifier, "number": integer(0, 2**31), "session": identifier, "sig": hexadecimal(64)})


class Public:
    """The handlers of /api/v1."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.tries = Tries()

    def routes(self) -> list[BaseRoute]:
        """The table of paths."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "state", self.state),
            ("GET", "board", self.board),
            ("GET", "checkpoint", self.checkpoint),
            ("GET", "entries", self.entries),
            ("GET", "files/{session}/{path:path}", self.file),
            ("GET", "record/{session}.zip", self.record),
            ("POST", "messages", self.message),
            ("POST", "cosignatures", self.cosignature),
            ("POST", "enrol", self.enrol),
            ("GET", "enrol/{key}", self.enrolment),
            ("POST", "present", self.present),
        ]
        return [Route(f"/api/v1/{path}", answering(handler), methods=[method]) for method, path, handler in table]

    # State

    async def after(self, request: Request) -> Snapshot:
        """The picture, once it differs from `?after=`."""
        after = request.query_params.get("after", "")
        if after.isascii() and after.isdigit() and len(after) < 16:
            await self.desk.next_tick(int(after), LONGEST_WAIT)
        return self.desk.snapshot

    def now(self, snapshot: Snapshot) -> dict[str, Any]:
        """N5 of a picture, with the numbers of seconds as they are now."""
        left = seconds_left(self.desk, snapshot)
        state: dict[str, Any] = {**snapshot.state, "tick": snapshot.tick, "seconds_left": left}
        if state["call"] and snapshot.call_ends:
            state["call"] = {**state["call"], "seconds_left": until(self.desk, snapshot.call_ends)}
        return state

    async def state(self, request: Request) -> Response:
        """N5."""
        return JSONResponse(self.now(await self.after(request)))

    async def board(self, request: Request) -> Response:
        """N6."""
        snapshot = await self.after(request)
        return JSONResponse({**self.now(snapshot), **snapshot.board})

    # Ledger and files

    async def checkpoint(self, _request: Request) -> Response:
        """N7."""
        return Response(self.desk.snapshot.note or nothing(), media_type="text/plain; charset=utf-8")

    async def entries(self, request: Request) -> Response:
        """N7: lines from A up to B, as many as fit."""
        snapshot = self.desk.snapshot
        first, end = (whole(request.query_params.get(name)) for name in ("from", "to"))
        if not first <= end <= snapshot.size:
            raise DataError("web.malformed", detail="from, to")
        picked: list[bytes] = []
        size = 0
        for line in snapshot.lines[first:end]:
            size += len(line) + 1
            if picked and size > MOST_ENTRIES:
                break
            picked.append(line)
        return Response(b"".join(line + b"\n" for line in picked), media_type="application/jsonl")

    async def file(self, request: Request) -> Response:
        """N8: only what an entry of the ledger names."""
        session, path = request.path_params["session"], request.path_params["path"]
        match = FILE.fullmatch(path)
        data = None
        if match:
            data = await self.desk.read(lambda room: public_file(room, session, path, match[1], match[2]))
        return Response(data if data is not None else nothing(), media_type="application/json")

    async def record(self, request: Request) -> Response:
        """N8: the published record."""
        path = self.desk.record_zip(request.path_params["session"])
        known = identifier(request.path_params["session"], "") == [] and path.is_file()
        return Response(path.read_bytes() if known else nothing(), media_type="application/zip")

    # What devices send

    async def message(self, request: Request) -> Response:
        """N9."""
        return JSONResponse(await self.desk.take(read_message(await body_of(request))))

    async def cosignature(self, request: Request) -> Response:
        """N9."""
        size, line = read_cosignature(await body_of(request))
        return JSONResponse({"new": await self.desk.cosign(size, line)})

    async def enrol(self, request: Request) -> Response:
        """N10: the code proves presence, the signature that the key is there."""
        who = address_of(request)
        wait = self.tries.wait(who)
        if wait:
            raise UsageError("web.slow_down", seconds=int(wait) + 1)
        value = await value_of(request, ENROL)
        snapshot = self.desk.snapshot
        session = str(snapshot.state["session"])
        if not snapshot.state["enrolling"] or not session:
            raise UsageError("web.not_enrolling")
        code = await self.desk.read_front(lambda front: front.code(session))
        given = value["code"].replace("-", "").replace(" ", "")
        if not hmac.compare_digest(code.encode(), given.encode()):
            self.tries.fail(who)
            raise UsageError("web.wrong_code")
        key = bytes.fromhex(value["key"])
        claim = tagged_hash(
            "enrol", str(snapshot.state["origin"]).encode(), session.encode(), key, value["client"].encode(),
            value["role"].encode(),
        )  # fmt: skip
        signed_by(key, claim, value["proof"])
        row = await self.desk.at_front(lambda front: front.ask(session, value))
        return JSONResponse({"status": row["status"], "id": row["id"]}, 202)

    async def enrolment(self, request: Request) -> Response:
        """N10: how a request stands."""
        key, session = request.path_params["key"], str(self.desk.snapshot.state["session"])
        if hash32(key, ""):
            raise DataError("web.malformed", detail="key")
        row = await self.desk.read_front(lambda front: front.enrolment(session, key))
        known = self.desk.session()
        enrolled = {str(one["key"]): str(one["id"]) for one in known.enrolled.values()} if known else {}
        if key in enrolled:  # by the console, a file or the command line: what counts is the ledger
            return JSONResponse({"status": "enrolled", "id": enrolled[key]})
        return JSONResponse({"status": row["status"] if row else "unknown", "id": ""})

    async def present(self, request: Request) -> Response:
        """N12."""
        value = await value_of(request, PRESENT)
        session = self.desk.session()
        call = self.desk.call
        if session is None or session.id != value["session"] or call.ends is None or call.number != value["number"]:
            raise UsageError("web.no_call")
        key = next((bytes.fromhex(o["key"]) for o in observers(session) if o["id"] == value["id"]), None)
        if key is None:
            raise DataError("device.not_enrolled", id=value["id"])
        origin = str(self.desk.snapshot.state["origin"]).encode()
        claim = tagged_hash("present", origin, session.id.encode(), u64(value["number"]), value["id"].encode())
        signed_by(key, claim, value["sig"])
        self.desk.tapped(value["id"])
        await self.desk.refresh()
        return JSONResponse({"present": True})


def answering(handler: Handler) -> Handler:
    """A handler whose errors are answered in the form of N3."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except DrawError as error:
            return error_answer(error, float(str(error.values.get("seconds", 0))) if "slow" in error.key else 0.0)

    return answer


def nothing() -> bytes:
    """Instead of something that is not there."""
    raise UsageError("web.nothing_there")


def whole(value: str | None) -> int:
    """A number of entries in a query."""
    if not value or not (value.isascii() and value.isdigit()) or len(value) > 15:
        raise DataError("web.malformed", detail="from, to")
    return int(value)


async def value_of(request: Request, shape: Any) -> dict[str, Any]:  # noqa: ANN401 - a Shape
    """The body as a value of a shape."""
    return dict(strict((await body_of(request)).removesuffix(b"\n"), shape, "web.malformed"))


def signed_by(key: bytes, claim: bytes, signature: str) -> None:
    """Raise DataError unless the signature of the claim is the key's (E12)."""
    try:
        check_key(key)
        verify(key, claim, bytes.fromhex(signature))
    except SignatureError as error:
        raise DataError("web.bad_proof") from error


def until(desk: Desk, moment: datetime) -> int:
    """Whole seconds until a moment, never negative."""
    return max(0, round((moment - desk.clock()).total_seconds()))


def seconds_left(desk: Desk, snapshot: Snapshot) -> int | None:
    """Until the bureau closes what is open; None if nothing is."""
    return until(desk, snapshot.closes) if snapshot.closes else None


def public_file(room: Room, session: str, path: str, draw: str | None, kind: str | None) -> bytes | None:
    """A session's file, if an entry of the ledger names it already."""
    known = room.view.sessions.get(session)
    if known is None:
        return None
    if draw is not None:
        named = {
            "units": known.header is not None,
            "nullifiers": known.header is not None,
            "groups": draw in known.groups,
            "result": draw in known.results,
        }
        in_header = known.header is not None and any(one.id == draw for one in known.header.draws)
        if not in_header or not named[str(kind)]:
            return None
    elif path == "header.json" and known.header is None:
        return None
    return room.load(session, path)
