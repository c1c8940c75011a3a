"""What a stranger on the room's network, and an observer who lies, can try; each ends here (docs/room.md, Attacks)."""

from __future__ import annotations

import asyncio
import json
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.canonical import encode, tagged_hash
from ledger.entry import Actor, Message, Seen
from ledger.keys import sign
from tests.simulator import seed_of
from tests.web.hall import Clerk, Hall, prepared
from verifiable_draw.keyfile import Key
from verifiable_draw.web import autopilot
from verifiable_draw.web.app import application
from verifiable_draw.web.console import OPEN_ACTIONS
from verifiable_draw.web.day_actions import DayActions
from verifiable_draw.web.desk import Desk
from verifiable_draw.web.office_actions import OfficeActions
from verifiable_draw.web.pages import Memory
from verifiable_draw.web.roster_actions import RosterActions

STRANGER = "192.168.1.66"
NAME = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A server in the state of enrolment, with its operator signed in."""
    hall = Hall(prepared(tmp_path_factory.mktemp("attacked"))).start()
    Clerk(hall).sign_in()
    yield hall
    hall.close()


def ask(hall: Hall, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    """One request as it is, without a cookie: status, body, headers in small letters."""
    request = urllib.request.Request(hall.base + path, body, headers)  # noqa: S310 - loopback
    opener = urllib.request.build_opener(NoRedirect)
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.read(), {k.lower(): v for k, v in answer.headers.items()}
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), {k.lower(): v for k, v in error.headers.items()}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def enrol_request(hall: Hall, code: str, name: str = "某人", role: str = "parent", who: str = "attacker") -> bytes:
    key = Key(Actor("observer", "observer"), seed_of(who))
    state = hall.get("state")
    claim = tagged_hash("enrol", state["origin"].encode(), state["session"].encode(), key.public, b"own-program", role.encode())
    return encode({"client": "own-program", "code": code, "key": key.public.hex(), "name": name,
                   "proof": sign(key.seed, claim).hex(), "role": role})  # fmt: skip


# A stranger and the console


class Remote:
    """The application as another machine sees it: ASGI with a client address that is not this machine's."""

    def __init__(self, folder: Path, password: str = "") -> None:
        self.desk = Desk(folder, b"<!doctype html>page", state=folder.parent / "state")
        self.app = application(self.desk, address="http://room", port=1, password=password)

    async def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, client: str = STRANGER) -> tuple[int, bytes]:
        """Status and body."""
        sent: list[Any] = []
        given = {"host": "127.0.0.1"} | (headers or {})
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "headers": [(k.encode(), v.encode()) for k, v in given.items()],
            "client": (client, 5555), "server": ("127.0.0.1", 80), "scheme": "http", "root_path": "",
        }  # fmt: skip
        incoming = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return incoming.pop(0) if incoming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:])


def remotely(folder: Path, work: Callable[[Remote], Any], password: str = "") -> Any:
    """Run work against an application on a folder."""

    async def run() -> Any:
        remote = Remote(folder, password)
        await remote.desk.open()
        try:
            return await work(remote)
        finally:
            await remote.desk.close()

    return asyncio.run(run())


CONSOLE = (
    "/console", "/console/sign-in", "/console/setup", "/console/day", "/console/panel", "/console/lists", "/console/ledger",
    "/console/template", "/screen", "/screen/data", "/screen/lists", "/screen/qr.svg", "/screen/texts",
)  # fmt: skip


def test_another_machine_has_no_console_and_no_screen(tmp_path: Path) -> None:
    simulator = prepared(tmp_path)

    async def work(remote: Remote) -> list[int]:
        found = [(await remote.ask("GET", path))[0] for path in CONSOLE]
        found += [(await remote.ask("POST", f"/console/do/{name}", b"x=1"))[0] for name in ("header", "sign_in", "abort", "found")]
        # What headers say of the address is not believed.
        found.append((await remote.ask("GET", "/console", headers={"x-forwarded-for": "127.0.0.1", "forwarded": "for=127.0.0.1"}))[0])
        return found

    assert set(remotely(simulator.folder / "bureau", work)) == {403}


def test_with_a_password_another_machine_must_know_it(tmp_path: Path) -> None:
    simulator = prepared(tmp_path)

    async def work(remote: Remote) -> list[int]:
        return [(await remote.ask("GET", "/console/day"))[0], (await remote.ask("POST", "/console/do/header", b""))[0],
                (await remote.ask("POST", "/console/password", b"password=guess",
                                  {"content-type": "application/x-www-form-urlencoded"}))[0]]  # fmt: skip

    assert remotely(simulator.folder / "bureau", work, "long and secret")[:2] == [401, 401]


def test_a_page_elsewhere_cannot_lead_the_clerks_browser_here(room: Hall) -> None:
    assert ask(room, "/console", Host="evil.example")[0] == 403
    assert ask(room, "/screen/data", Host=f"evil.example:{room.port}")[0] == 403


def test_a_form_without_its_token_does_nothing(room: Hall) -> None:
    clerk = Clerk(room).sign_in()
    before = room.get("state")["size"]
    data = urllib.parse.urlencode({"form": "guess", "reason": "forged"}).encode()
    clerk.opener.open(f"{room.base}/console/do/abort", data).close()
    assert room.get("state")["size"] == before
    assert room.state() == "ROSTERED"


def test_without_signing_in_nothing_can_be_seen_or_done(room: Hall) -> None:
    visitor = Clerk(room)
    assert 'name="passphrase"' in visitor.look("day")
    assert "/console/do/header" not in visitor.text
    visitor.press("header", "sign-in")
    assert room.state() == "ROSTERED"


ACTIONS = sorted(
    {**OfficeActions(Memory()).table(), **RosterActions(Memory()).table(), **DayActions(Memory(), None, None).table()}
)  # type: ignore[arg-type]


@pytest.mark.parametrize("action", [name for name in ACTIONS if name not in OPEN_ACTIONS])
def test_no_action_is_for_somebody_who_is_not_signed_in(room: Hall, action: str) -> None:
    size, state = room.get("state")["size"], room.get("state")["tick"]
    text = Clerk(room).press(action, "sign-in", draw="d1", reason="forged", session="s1", key="00" * 32, which="9910000001-1")
    assert 'name="passphrase"' in text
    assert (room.get("state")["size"], room.get("state")["tick"]) == (size, state)


def test_the_approver_signs_in_alone_and_can_only_approve(tmp_path: Path) -> None:
    hall = Hall(prepared(tmp_path)).start()
    try:
        approver = Clerk(hall).sign_in("approver")
        assert "审定全部" in approver.look("rosters")
        size = hall.get("state")["size"]
        for action in ACTIONS:
            if action not in (*OPEN_ACTIONS, "approve"):
                text = approver.press(action, "rosters", draw="d1", reason="forged", session="s1", which="9910000001-1")
                assert 'class="said bad" role="alert">' in text, action
        assert hall.get("state")["size"] == size
    finally:
        hall.close()


def test_the_cookie_changes_when_a_role_is_gained(room: Hall) -> None:
    clerk = Clerk(room)
    clerk.look("sign-in")
    before = {c.value for c in clerk.jar if c.name == "vdraw"}
    clerk.sign_in()
    cookies = [c for c in clerk.jar if c.name == "vdraw"]
    assert {c.value for c in cookies}.isdisjoint(before)
    assert all(c.has_nonstandard_attr("HttpOnly") and c.get_nonstandard_attr("SameSite") == "strict" for c in cookies)


def test_passphrases_cannot_be_guessed_fast(tmp_path: Path) -> None:
    hall = Hall(prepared(tmp_path)).start()
    try:
        (hall.folder / "keys" / "operator.key").unlink()
        clerk = Clerk(hall)
        for _ in range(10):
            clerk.sign_in(passphrase="guess")
        assert "口令错得太多" in clerk.press("sign_in", "sign-in", role="operator", passphrase="guess")
    finally:
        hall.close()


# A stranger and the public interface


def test_enrolment_needs_the_code_of_the_room_and_it_cannot_be_tried_out(tmp_path: Path) -> None:
    hall = Hall(prepared(tmp_path)).start()
    try:
        code = Clerk(hall).sign_in().code()
        wrong = f"{(int(code.replace('-', '')) + 1) % 10**8:08d}"
        found = [ask(hall, "/api/v1/enrol", enrol_request(hall, wrong))[0] for _ in range(12)]
        assert found == [403] * 10 + [429] * 2
        assert ask(hall, "/api/v1/enrol", enrol_request(hall, code))[0] == 429  # the right one too, for a while
        Clerk(hall).sign_in().press("forgive")
        assert ask(hall, "/api/v1/enrol", enrol_request(hall, code))[0] == 202
    finally:
        hall.close()


def test_the_code_and_names_are_in_no_public_answer(room: Hall) -> None:
    code = Clerk(room).sign_in().code()
    assert ask(room, "/api/v1/enrol", enrol_request(room, code, "王不公开", who="named"))[0] == 202
    public = [ask(room, path)[1] for path in ("/api/v1/state", "/api/v1/board", "/api/v1/checkpoint", "/observer",
              f"/api/v1/entries?from=0&to={room.get('state')['size']}", "/api/v1/files/s1/plan.json")]  # fmt: skip
    for answer in public:
        assert "王不公开".encode() not in answer
        assert code.encode() not in answer
        assert code.replace("-", "").encode() not in answer


def test_a_key_that_is_not_held_cannot_be_enrolled(room: Hall) -> None:
    value = json.loads(enrol_request(room, Clerk(room).sign_in().code(), who="victim"))
    value["role"] = "congress"  # the proof names another role
    status, body, _ = ask(room, "/api/v1/enrol", encode(value))
    assert (status, json.loads(body)["error"]["key"]) == (400, "web.bad_proof")


def test_a_name_is_text_wherever_it_is_shown(room: Hall) -> None:
    clerk = Clerk(room).sign_in()
    assert ask(room, "/api/v1/enrol", enrol_request(room, clerk.code(), NAME, who="script"))[0] == 202
    for page in ("day", "panel"):
        assert NAME not in clerk.look(page)
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in clerk.text
    key = Key(Actor("observer", "observer"), seed_of("script")).public.hex()
    clerk.press("refuse", key=key)


@pytest.mark.parametrize("path", [
    "/api/v1/files/s1/../../private.db", "/api/v1/files/s1/..%2f..%2fprivate.db", "/api/v1/files/s1/sealed/d1.json",
    "/api/v1/files/..%2fkeys/operator.key", "/api/v1/files/s1/draws/d1/result.json", "/api/v1/files/s1/draws/d1/units.json",
    "/api/v1/files/s1/header.json", "/api/v1/files/nobody/plan.json", "/api/v1/record/s1.zip", "/api/v1/record/..%2f..%2fx.zip",
    "/static/../front.py", "/static/..%2f..%2fdesk.db", "/api/v1/files/s1/plan.json%00", "/desk.db", "/private.db",
])  # fmt: skip
def test_no_file_but_what_the_ledger_made_public(room: Hall, path: str) -> None:
    assert ask(room, path)[0] in (400, 404)


@pytest.mark.parametrize(("path", "body", "status"), [
    ("/api/v1/messages", b"", 400), ("/api/v1/messages", b"{}", 400), ("/api/v1/messages", b"[" * 50_000, 400),
    ("/api/v1/messages", b" " * 70_000, 413), ("/api/v1/enrol", b"x" * 70_000, 413), ("/api/v1/enrol", b"null", 400),
    ("/api/v1/cosignatures", b'{"line":"x","size":1}', 400), ("/api/v1/present", b'{"id":1}', 400),
    ("/api/v1/entries?from=0&to=999999999", None, 400), ("/api/v1/entries?from=-1&to=2", None, 400),
    ("/api/v1/entries?from=5&to=2", None, 400), ("/api/v1/entries?from=%D9%A1&to=2", None, 400), ("/api/v1/entries", None, 400),
    ("/api/v1/enrol/" + "g" * 64, None, 400), ("/api/v1/nothing", None, 404),
])  # fmt: skip
def test_malformed_requests_get_an_error_and_change_nothing(room: Hall, path: str, body: bytes | None, status: int) -> None:
    size = room.get("state")["size"]
    assert ask(room, path, body)[0] == status
    assert room.get("state")["size"] == size


def test_only_observers_messages_come_over_the_network(room: Hall) -> None:
    key = Key(Actor("operator", "operator"), seed_of("operator operator"))
    origin = room.get("state")["origin"]
    message = Message("s1", "aborted", key.actor, {"reason": "forged"}).signed(key.seed, key.actor, origin, bytes(32), Seen())
    status, body, _ = ask(room, "/api/v1/messages", encode(message.json()))  # even with the operator's own key
    assert (status, json.loads(body)["error"]["key"]) == (403, "web.not_yours")


def test_nobody_acts_for_somebody_else(tmp_path: Path) -> None:
    simulator = prepared(tmp_path)
    hall = Hall(simulator).start()
    try:
        clerk = Clerk(hall).sign_in()
        hall.attend("p1", "parent", choose=lambda _kind: False)
        clerk.press("bureau_device")
        clerk.take_all()
        clerk.press("header")
        hall.reaches("COMMITTING")
        header = bytes.fromhex(hall.get("board")["header"]["hash"])
        origin = hall.get("state")["origin"]
        liar = Key(Actor("parent-1", "observer"), seed_of("liar"))
        body = {"commitment": "11" * 32}
        own = Message("s1", "commitment", liar.actor, body).signed(liar.seed, liar.actor, origin, header, Seen())
        status, answer, _ = ask(hall, "/api/v1/messages", encode(own.json()))
        assert (status, json.loads(answer)["error"]["key"]) == (400, "message.unknown_signer")
        real = Key(Actor("parent-1", "observer"), seed_of("hall p1"))
        good = Message("s1", "commitment", real.actor, body).signed(real.seed, real.actor, origin, header, Seen())
        changed = json.loads(encode(good.json())) | {"body": {"commitment": "22" * 32}}
        assert json.loads(ask(hall, "/api/v1/messages", encode(changed))[1])["error"]["key"] == "message.bad_signature"
        assert ask(hall, "/api/v1/messages", encode(good.json()))[0] == 200
        assert ask(hall, "/api/v1/messages", encode(good.json()))[0] == 200  # the same again is answered again
        other = Message("s1", "commitment", real.actor, {"commitment": "33" * 32})
        other = other.signed(real.seed, real.actor, origin, header, Seen())
        assert json.loads(ask(hall, "/api/v1/messages", encode(other.json()))[1])["error"]["key"] == "commit.second"
        early = Message("s1", "opening", real.actor, {"commits_closed_hash": "00" * 32, "contribution": "00" * 32,
                        "groups_hash": "00" * 32, "salt": "00" * 32}).signed(real.seed, real.actor, origin, header, Seen())  # fmt: skip
        assert ask(hall, "/api/v1/messages", encode(early.json()))[0] == 409
    finally:
        hall.close()


def test_too_many_requests_of_one_address_have_to_wait(tmp_path: Path) -> None:
    simulator = prepared(tmp_path)

    async def work(remote: Remote) -> tuple[list[int], int]:
        found = [(await remote.ask("GET", "/api/v1/checkpoint"))[0] for _ in range(260)]
        other = (await remote.ask("GET", "/api/v1/checkpoint", client="192.168.1.67"))[0]
        return found, other

    found, other = remotely(simulator.folder / "bureau", work)
    assert found[:150] == [200] * 150
    assert 429 in found
    assert other == 200  # nobody else is touched


def test_every_answer_carries_the_headers_that_keep_browsers_safe(room: Hall) -> None:
    clerk = Clerk(room).sign_in()
    for page in ("home", "schools", "plan", "rosters", "day", "results", "ledger", "sign-in"):
        with clerk.opener.open(f"{room.base}/console/{page}") as answer:
            headers, text = answer.headers, answer.read().decode()
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert " style=" not in text
        assert text.count("<script") == text.count('<script src="/static/')
    for path in ("/api/v1/state", "/api/v1/nothing"):
        assert ask(room, path)[2]["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in ask(room, "/console/sign-in")[2]


def test_a_slow_request_holds_nobody_up(room: Hall) -> None:
    with socket.create_connection(("127.0.0.1", room.port)) as slow:
        slow.sendall(b"POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{")
        begin = time.monotonic()
        assert room.get("state")["state"] == "ROSTERED"
        assert time.monotonic() - begin < 5


# What nobody planned


def test_a_bug_does_not_end_what_goes_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The autopilot meets an exception of no family of ours, says so, and goes on (the room waits for nothing else)."""
    simulator = prepared(tmp_path)
    monkeypatch.setattr(autopilot, "AFTER_TROUBLE", 0.05)

    async def work(remote: Remote) -> tuple[str, int]:
        pilot = autopilot.Autopilot(remote.desk)
        remote.desk.unlocked = True
        met: list[int] = []

        async def broken(_session: Any) -> None:
            met.append(1)
            if len(met) == 3:
                remote.desk.closing = True
            raise ZeroDivisionError

        monkeypatch.setitem(pilot._steps, "ROSTERED", broken)
        await asyncio.wait_for(pilot.run(), 20)
        return remote.desk.trouble.key if remote.desk.trouble else "", len(met)

    assert remotely(simulator.folder / "bureau", work) == ("web.unexpected", 3)


def test_workbooks_that_a_killed_server_left_are_gone_at_the_next_start(tmp_path: Path) -> None:
    simulator = prepared(tmp_path)
    left = simulator.folder / "bureau" / "import-abc"
    left.mkdir()
    (left / "roster.xlsx").write_bytes(b"names")

    async def nothing(_remote: Remote) -> None:
        return None

    remotely(simulator.folder / "bureau", nothing)
    assert not left.exists()
