"""An observer's program that attends a session by itself over the room's network (ceremony C7-C18, room N15-N16).

`step` looks at the room once and sends what is due. It can be killed anywhere: what the device is about to send is
durable there first, and what the ledger holds already is not sent again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from ledger.canonical import Json, tagged_hash, u64
from ledger.entry import Actor, Message
from ledger.keys import sign
from verifiable_draw import ceremony
from verifiable_draw.device import Device
from verifiable_draw.errors import UsageError
from verifiable_draw.keyfile import Key
from verifiable_draw.link import Link, LinkRefusedError
from verifiable_draw.packet import Packet
from verifiable_draw.recipient import check_groups
from verifiable_draw.replay import Session

# States in which a holder's check of the groups comes too late.
AFTER_GROUPS = (*ceremony.AFTER_OPENING, "ABORTED")
# States in which the newest checkpoint is cosigned, once each: groups attested, coverage fixed, record published.
COSIGN_IN = ("GROUPED", "COVERED", "PUBLISHED")
NOT_FOUND = 404  # N3


def enrolment(key: Key, link: Link, name: str, role: str, code: str, client: str = "command-line") -> dict[str, Any]:
    """Ask to be enrolled (N10); returns the server's answer."""
    state = link.state()
    parts = (str(state["origin"]), str(state["session"]))
    claim = tagged_hash("enrol", *(part.encode() for part in parts), key.public, client.encode(), role.encode())
    request: dict[str, Json] = {
        "client": client, "code": code, "key": key.public.hex(), "name": name,
        "proof": sign(key.seed, claim).hex(), "role": role,
    }  # fmt: skip
    answer: dict[str, Any] = link.post("enrol", request)
    return answer


def check_over(
    device: Device,
    link: Link,
    name: str,
    sealed: Mapping[str, bytes],
    told: Callable[[str], None] = lambda _state: None,
) -> bool:
    """A holder of the sealed rosters waits for the groups, recomputes them, and sends `groups.checked` (C12).

    `told` hears every new state. False if it was too late; UsageError if this room has no such session.
    """
    tick, last = None, ""
    while True:
        try:
            state = link.state(tick)
            tick = state["tick"]
            if state["session"] != name:
                _must_have(link, name, str(state["session"]))
            elif state["state"] != last:
                last = str(state["state"])
                told(last)
            if state["session"] == name and state["state"] == "GROUPED":
                link.post("messages", check_groups(device, link.packet(), name, sealed).json())
                return True
            if state["session"] == name and state["state"] in AFTER_GROUPS:
                return False
        except UsageError as error:
            if error.key not in ("link.gone", "link.refused"):
                raise
            tick = None
            time.sleep(0.3)


def _must_have(link: Link, name: str, now: str) -> None:
    """UsageError if the room's ledger has no session of this name; the room may come to a later one."""
    try:
        link.get(f"files/{name}/plan.json")
    except LinkRefusedError as error:
        if error.status != NOT_FOUND:
            raise
        raise UsageError("check.no_session", session=name, now=now or "—") from error


class Attendant:
    """A device and its way to the room. `choose(type)` may return False to leave out a step: a withholder, in tests."""

    def __init__(
        self,
        device: Device,
        link: Link,
        session: str,
        typed: str = "",
        choose: Callable[[str], bool] = lambda _type: True,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.device = device
        self.link = link
        self.name = session
        self.typed = typed
        self.choose = choose
        self.randomness = randomness
        self.cosigned: set[str] = set()
        self.answered_call = 0

    def step(self, state: dict[str, Any]) -> Session:
        """Check the room's newest packet, then send what is due. `state`: N5, used only to answer the roll call."""
        packet = self.link.packet()
        view = self.device.look(packet)
        session = view.session(self.name)
        me = next((o["id"] for o in session.enrolled.values() if o["key"] == self.device.key.public.hex()), "")
        if not me:
            return session
        self.device.key = Key(Actor(str(me), "observer"), self.device.key.seed)
        self._answer_call(state)
        if session.header is not None:
            self._due(packet, session)
        return session

    def _due(self, packet: Packet, session: Session) -> None:
        device, me, held = self.device, self.device.key.actor.id, self.device.memory(self.name)
        bureau = any(session.enrolled[name]["role"] == "bureau" for name in session.commitments)
        own_role = session.enrolled[me]["role"]
        if session.state in ("FROZEN", "COMMITTING") and me not in session.commitments:
            if bureau or own_role == "bureau":
                self._send("commitment", lambda: device.commit(packet, self.name, self.typed, self.randomness))
        elif session.state == "GROUPED" and me in session.commitments and me not in session.attested_groups:
            self._send("attest.groups", lambda: device.attest_groups(packet, self.name))
        elif session.state == "REVEALING" and me in session.attested and not session.openings.get(me):
            self._send("opening", lambda: device.reveal(packet, self.name))
        elif session.state == "REVEALED" and me in session.openings and me not in session.attested_reveals:
            self._send("attest.reveals", lambda: device.attest_reveals(packet, self.name))
        elif session.state in COSIGN_IN and "header" in held and session.state not in self.cosigned:
            self._cosign(packet, session)

    def _send(self, kind: str, make: Callable[[], Message]) -> None:
        if not self.choose(kind):
            return
        try:
            self.link.post("messages", make().json())
        except LinkRefusedError as refused:
            if refused.status not in (409, 503):  # too late, or not yet: the next look at the ledger tells
                raise

    def _cosign(self, packet: Packet, session: Session) -> None:
        if not self.choose("cosign"):
            return
        self.link.post("cosignatures", self.device.cosign(packet, self.name, int(time.time())))
        self.cosigned.add(session.state)

    def _answer_call(self, state: dict[str, Any]) -> None:
        call = state.get("call")
        number = call.get("number", 0) if isinstance(call, dict) else 0
        if type(number) is not int or not self.answered_call < number < 2**31 or not self.choose("present"):
            return
        me, seed = self.device.key.actor.id, self.device.key.seed
        claim = tagged_hash("present", self.device.origin.encode(), self.name.encode(), u64(number), me.encode())
        try:
            self.link.post(
                "present", {"id": me, "number": number, "session": self.name, "sig": sign(seed, claim).hex()}
            )
        except LinkRefusedError:
            return
        self.answered_call = number

    def attend(self, stop: Callable[[], bool], told: Callable[[Session], None] = lambda _s: None) -> None:
        """Look and send until the session ends or `stop` says so; a server that is gone is waited for."""
        tick = None
        while not stop():
            try:
                state = self.link.state(tick)
                tick = state["tick"]
                session = self.step(state)
            except UsageError as error:
                if error.key not in ("link.gone", "link.refused"):
                    raise
                tick = None
                time.sleep(0.3)
                continue
            told(session)
            if session.state in ("PUBLISHED", "ABORTED", "ANNULLED") and (
                session.state != "PUBLISHED" or "PUBLISHED" in self.cosigned or not self.choose("cosign")
            ):
                return
