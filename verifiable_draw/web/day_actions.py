"""What the console's forms do on the day: enrolment, the big button, roll call, sources, publication."""

from __future__ import annotations

import asyncio
from typing import Any

from verifiable_draw import conduct, record
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.room import Room, read_cosignature, read_message
from verifiable_draw.web.bureau_device import BureauDevice
from verifiable_draw.web.console import Action, Sheet
from verifiable_draw.web.form_parts import session_of, upload
from verifiable_draw.web.pages import Memory
from verifiable_draw.web.public import Public

COSIGN_SECONDS = 8.0


class DayActions:
    """Steps of the ceremony that need a person's decision; what follows by itself is the autopilot's."""

    def __init__(self, memory: Memory, public: Public, bureau: BureauDevice) -> None:
        self.memory = memory
        self.public = public
        self.bureau = bureau

    def table(self) -> dict[str, Action]:
        """Name -> action."""
        return {
            "bureau_device": self.bureau_device,
            "enrol": self.enrol,
            "refuse": self.refuse,
            "new_code": self.new_code,
            "forgive": self.forgive,
            "header": self.header,
            "close_commits": self.close_commits,
            "call": self.call,
            "open": self.open,
            "digits": self.digits,
            "beacon": self.beacon,
            "message": self.message,
            "abort": self.abort,
            "allocate": self.allocate,
            "publish": self.publish,
            "republish": self.republish,
        }

    async def bureau_device(self, sheet: Sheet) -> str:
        """Let this machine take part for the bureau."""
        sheet.needs("operator")
        await self.bureau.enrol(session_of(sheet).id)
        return "day"

    async def enrol(self, sheet: Sheet) -> str:
        """Take a waiting observer in, under the role that the clerk saw."""
        sheet.needs("operator")
        session, key = session_of(sheet), sheet.field("key")
        row = await sheet.desk.read_front(lambda front: front.enrolment(session.id, key))
        if row is None:
            raise UsageError("web.no_request")
        role = sheet.field("role") or str(row["role"])
        taken = set(session.enrolled)
        name = next(f"{role}-{n}" for n in range(1, 400) if f"{role}-{n}" not in taken)
        await sheet.desk.enrol(session.id, key, name, str(row["client"]), role)
        return "day"

    async def refuse(self, sheet: Sheet) -> str:
        """Refuse a request."""
        sheet.needs("operator")
        session, key = session_of(sheet), sheet.field("key")
        await sheet.desk.at_front(lambda front: front.decide(session.id, key, "refused"))
        return "day"

    async def new_code(self, sheet: Sheet) -> str:
        """Show another code."""
        sheet.needs("operator")
        session = session_of(sheet)
        await sheet.desk.at_front(lambda front: front.new_code(session.id))
        return "day"

    async def forgive(self, sheet: Sheet) -> str:
        """Let devices go on that typed too many wrong codes."""
        sheet.needs("operator")
        self.public.tries.forgive()
        sheet.say("say.forgiven")
        return "day"

    async def header(self, sheet: Sheet) -> str:
        """Fix the header."""
        return await self._step(sheet, conduct.freeze_header)

    async def close_commits(self, sheet: Sheet) -> str:
        """Close the commitments; the groups follow by themselves."""
        return await self._step(sheet, conduct.close_commits)

    async def call(self, sheet: Sheet) -> str:
        """Call the roll."""
        sheet.needs("operator")
        sheet.desk.start_call()
        await sheet.desk.refresh()
        sheet.say("say.call")
        return "day"

    async def open(self, sheet: Sheet) -> str:
        """Open the reveals; everything up to the seed follows by itself."""
        return await self._step(sheet, conduct.open_reveals)

    async def digits(self, sheet: Sheet) -> str:
        """Show the public draw's digits for confirmation."""
        sheet.needs("operator")
        session, digits = session_of(sheet), sheet.field("digits")
        planned = session.plan.value["sources"]["public_draw"]
        if not planned:
            raise UsageError("source.not_planned")
        if session.digits or session.state not in ("FROZEN", "COMMITTING"):
            raise UsageError("source.too_late")
        if len(digits) != planned["length"] or not set(digits) <= set(planned["alphabet"]):
            raise DataError("source.digits", length=planned["length"], alphabet=planned["alphabet"])

        def keep(front: Any) -> None:  # noqa: ANN401 - Front
            front.forget_confirmations(session.id)
            front.set(f"digits {session.id}", digits)

        await sheet.desk.at_front(keep)
        return "day"

    async def beacon(self, sheet: Sheet) -> str:
        """Enter the published round of drand; its signature is typed, pasted, or scanned by a reader that types."""
        sheet.needs("operator")
        session = session_of(sheet)
        try:
            signature = bytes.fromhex("".join(sheet.field("signature").split()))
        except ValueError as error:
            raise DataError("beacon.form") from error
        entry = await sheet.desk.do(lambda room: conduct.enter_beacon(room, session.id, signature))
        sheet.say("say.entered", seq=entry.seq)
        return "day"

    async def message(self, sheet: Sheet) -> str:
        """Take in messages and cosignatures that came by stick."""
        sheet.needs("operator")
        _name, data = await upload(sheet, "file")
        for line in data.split(b"\n"):
            if line.startswith(b'{"line"'):
                size, cosignature = read_cosignature(line)
                await sheet.desk.cosign(size, cosignature)
            elif line:
                answer = await sheet.desk.take(read_message(line))
                sheet.say("say.entered", seq=answer.get("seq", 0))
        return "day"

    async def abort(self, sheet: Sheet) -> str:
        """Abort with a reason."""
        sheet.needs("operator")
        session, reason = session_of(sheet), sheet.field("reason")
        entry = await sheet.desk.do(lambda room: conduct.abort(room, session.id, reason))
        sheet.say("say.entered", seq=entry.seq)
        return "day"

    async def allocate(self, sheet: Sheet) -> str:
        """Draw the classes."""
        return await self._step(sheet, conduct.allocate)

    async def _step(self, sheet: Sheet, step: Any) -> str:  # noqa: ANN401 - a function of conduct
        sheet.needs("operator")
        session = session_of(sheet)
        entry = await sheet.desk.do(lambda room: step(room, session.id))
        sheet.say("say.entered", seq=entry.seq)
        return "day"

    async def publish(self, sheet: Sheet) -> str:
        """Publish; wait a little for devices to cosign the end of the ledger; have the verifier check the record."""
        sheet.needs("operator")
        session = session_of(sheet)
        await sheet.desk.do(lambda room: record.publish(room, session.id))
        loop = asyncio.get_running_loop()
        deadline = loop.time() + COSIGN_SECONDS
        while loop.time() < deadline:
            if await sheet.desk.read(_cosignatures) >= len(session.covered):
                break
            await asyncio.sleep(0.2)
        return await self.republish(sheet)

    async def republish(self, sheet: Sheet) -> str:
        """Build the record with all cosignatures, verify it, put it in the place of the one before."""
        sheet.needs("operator")
        session = session_of(sheet)
        files = await sheet.desk.do(lambda room: record.build(room, session.id, "result"))
        out = sheet.desk.record_zip(session.id).with_suffix("")
        code = await asyncio.to_thread(record.publish_files, files, out)
        self.memory.verdict = code
        await sheet.desk.refresh()
        sheet.say("say.published", code=code)
        return "day"


def _cosignatures(room: Room) -> int:
    note = room.store.note()
    return len(note.lines) - 1 if note else 0
