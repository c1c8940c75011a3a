"""What each form of the console does: one step of `conduct` each, then the page to show."""

from __future__ import annotations

import asyncio
import functools
import json
import tempfile
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from starlette.datastructures import UploadFile

from ledger.canonical import encode, format_time
from verifiable_draw import conduct, keyfile, record
from verifiable_draw.entries import CIVIC_ROLES, CLASSES, KINDS, TEACHERS
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import write_durable
from verifiable_draw.keyfile import Key
from verifiable_draw.register_file import read_register
from verifiable_draw.replay import Session
from verifiable_draw.room import Room, read_cosignature, read_message
from verifiable_draw.rosters import import_rosters
from verifiable_draw.rosters.people import import_people
from verifiable_draw.schema import origin as origin_shape
from verifiable_draw.texts import text
from verifiable_draw.web import plan_form
from verifiable_draw.web.bureau_device import BureauDevice
from verifiable_draw.web.console import Action, Sheet
from verifiable_draw.web.guard import Tries, address_of
from verifiable_draw.web.pages import Memory, new_plan, preview
from verifiable_draw.web.public import Public

COSIGN_SECONDS = 8.0
SHORTEST_PASSPHRASE = 8


class Actions:
    """The actions by name."""

    def __init__(self, memory: Memory, public: Public, bureau: BureauDevice) -> None:
        self.memory = memory
        self.public = public
        self.bureau = bureau
        self.tries = Tries(seconds=60.0)

    def table(self) -> dict[str, Action]:
        """Name -> action."""
        names = (
            "found", "sign_in", "sign_out", "register", "make_keys", "add_key", "check_plan", "publish_plan",
            "read_plan", "drop_plan", "choose", "import_files", "submit", "approve", "freeze", "preview", "postpone",
            "bureau_device", "enrol", "refuse", "new_code", "forgive", "header", "close_commits", "call", "open",
            "digits", "beacon", "message", "abort", "lots", "allocate", "publish", "republish",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    # Founding and signing in

    async def found(self, sheet: Sheet) -> str:
        """Found the ledger."""
        origin, bureau = sheet.field("origin"), sheet.field("bureau")
        if origin_shape(origin, ""):
            raise UsageError("init.origin", origin=origin)
        if not 1 <= len(bureau) <= 100:
            raise DataError("web.form_field", field=text("setup.bureau").zh, expected="1–100")
        given = {role: sheet.field(f"{role}-1") for role in ("operator", "approver", "recovery")}
        for role, passphrase in given.items():
            if passphrase != sheet.field(f"{role}-2") or len(passphrase) < SHORTEST_PASSPHRASE:
                raise UsageError("web.passphrases_differ", role=text(f"office.{role}").zh)
        if len(set(given.values())) < len(given):
            raise UsageError("web.passphrases_same")
        await sheet.desk.found(origin, bureau, given)
        sheet.login.roles.add("operator")
        sheet.gained = True
        return "schools"

    async def sign_in(self, sheet: Sheet) -> str:
        """Unlock an office's key."""
        role, who = sheet.field("role"), address_of(sheet.request)
        wait = self.tries.wait(who)
        if wait:
            raise UsageError("web.slow_down", seconds=int(wait) + 1)
        if role not in ("operator", "approver"):
            raise UsageError("web.no_role", role=role)
        try:
            await sheet.desk.unlock(role, sheet.field("passphrase"))
        except UsageError:
            self.tries.fail(who)
            raise
        sheet.login.roles.add(role)
        sheet.gained = True
        sheet.say("say.signed_in", role=text(f"office.{role}").zh)
        return "home" if role == "operator" else "rosters"

    async def sign_out(self, sheet: Sheet) -> str:
        """Forget this browser; the approver's key too."""
        if "approver" in sheet.login.roles:
            sheet.desk.approver = None
        sheet.ends = True
        return "sign-in"

    # Schools

    async def register(self, sheet: Sheet) -> str:
        """Enter the register."""
        sheet.needs("operator")
        name, data = await _upload(sheet, "file")
        year = sheet.field("year")
        if not (year.isascii() and year.isdigit() and len(year) == 4):
            raise DataError("web.form_field", field=text("schools.year").zh, expected="2000–2999")
        rows = await asyncio.to_thread(read_register, data, name)
        entry = await sheet.desk.do(lambda room: conduct.register(room, int(year), rows))
        sheet.say("say.entered", seq=entry.seq)
        return "schools"

    async def make_keys(self, sheet: Sheet) -> str:
        """Make a key for every school that must draw and has none."""
        approver = self._approver(sheet)
        passphrase = sheet.field("passphrase")
        if len(passphrase) < SHORTEST_PASSPHRASE or passphrase != sheet.field("again"):
            raise UsageError("web.passphrases_differ", role=text("schools.key").zh)
        folder = sheet.desk.folder / "schools"

        def work(room: Room) -> int:
            year = max(room.view.registers)
            wanted = sorted({s["school"] for s in room.view.registers[year]["schools"] if s["classes"] > 1})
            wanted = [code for code in wanted if ("school", code) not in room.view.keys]
            for code in wanted:
                path = folder / f"{code}.key"
                if path.exists():  # left by a run that was stopped
                    public = keyfile.public_of(path)
                else:
                    public = keyfile.create(path, code, "school", room.randomness, passphrase).public
                conduct.add_key(room, code, public, approver)
            return len(wanted)

        number = await sheet.desk.do(work)
        sheet.say("say.keys_made", number=number, path=str(folder))
        return "schools"

    async def add_key(self, sheet: Sheet) -> str:
        """Enter a key that a school made itself."""
        approver = self._approver(sheet)
        try:
            public = bytes.fromhex(sheet.field("public"))
        except ValueError as error:
            raise DataError("key.not_admissible") from error
        school = sheet.field("school")
        entry = await sheet.desk.do(lambda room: conduct.add_key(room, school, public, approver))
        sheet.say("say.entered", seq=entry.seq)
        return "schools"

    @staticmethod
    def _approver(sheet: Sheet) -> Key:
        sheet.needs("operator")
        if sheet.desk.approver is None:
            raise UsageError("web.no_role", role=text("office.approver").zh)
        return sheet.desk.approver

    # Plan

    async def check_plan(self, sheet: Sheet) -> str:
        """Keep the filled form as a draft, and check it."""
        sheet.needs("operator")
        value = plan_form.to_plan(await self._draft(sheet), sheet.field)
        await sheet.desk.at_front(lambda front: front.keep_draft("plan", value))
        return "plan?checked=yes"

    async def _draft(self, sheet: Sheet) -> dict[str, Any]:
        kept = await sheet.desk.read_front(lambda front: front.draft("plan"))
        kind = sheet.field("kind") or CLASSES
        fresh = await sheet.desk.read(lambda room: new_plan(room, sheet.desk.page, kind if kind in KINDS else CLASSES))
        # The form was made of the draft that was kept, if that is of this kind; its draws are those of the form.
        return {**fresh, **kept} if kept and plan_form.kind_of(kept) == kind else fresh

    async def read_plan(self, sheet: Sheet) -> str:
        """Take a plan file as the draft."""
        sheet.needs("operator")
        name, data = await _upload(sheet, "file")
        try:
            value = json.loads(data)
            plan_form.from_plan(value)
        except (ValueError, KeyError, TypeError) as error:
            raise DataError("file.malformed", name=name, detail=str(error)) from error
        await sheet.desk.at_front(lambda front: front.keep_draft("plan", value))
        return "plan?checked=yes"

    async def drop_plan(self, sheet: Sheet) -> str:
        """Forget the draft."""
        await sheet.desk.at_front(lambda front: front.keep_draft("plan", None))
        return "plan"

    async def publish_plan(self, sheet: Sheet) -> str:
        """Publish the draft as it was checked."""
        sheet.needs("operator")
        kept = await sheet.desk.read_front(lambda front: front.draft("plan"))
        if kept is None:
            raise UsageError("web.form_old")
        plan = await sheet.desk.do(lambda room: conduct.publish_plan(room, encode(kept)))

        def chosen(front: Any) -> None:  # noqa: ANN401 - Front
            front.keep_draft("plan", None)
            front.set("session", plan.session)

        await sheet.desk.at_front(chosen)
        sheet.say("say.done", what=text("ui.plan").zh)
        return "rosters"

    async def choose(self, sheet: Sheet) -> str:
        """Go on with another session of the ledger."""
        sheet.needs("operator")
        name = sheet.field("session")
        await sheet.desk.read(lambda room: room.view.session(name))
        await sheet.desk.at_front(lambda front: front.set("session", name))
        self.memory.preview, self.memory.verdict = {}, None
        return "home"

    # Rosters

    async def import_files(self, sheet: Sheet) -> str:
        """Import workbooks; every problem at once. The files are deleted again at once."""
        sheet.needs("operator")
        session = sheet.desk.session()
        with tempfile.TemporaryDirectory(prefix="import-", dir=sheet.desk.folder) as folder:
            paths = []
            for upload in sheet.form.getlist("files"):
                if isinstance(upload, UploadFile) and upload.filename:
                    path = Path(folder) / Path(upload.filename.replace("\\", "/")).name
                    path.write_bytes(await upload.read())
                    paths.append(path)
            if not paths:
                raise UsageError("web.form_field", field=text("rosters.drop").zh, expected=".xlsx")
            item = session.plan.draws.get(sheet.field("draw")) if session else None
            if item is None or item.divides:
                kind, report = CLASSES, await asyncio.to_thread(import_rosters, paths)
            else:
                kind = item.kind
                read = functools.partial(import_people, paths, item.school, item.grade, teams=kind == TEACHERS)
                report = await asyncio.to_thread(read)
        bad = sorted({problem.where.file for problem in report.problems})
        good = [student for student in report.students if student.where.file not in bad]

        def keep(room: Room) -> int:
            groups = [(key, list(rows)) for key, rows in groupby(good, key=lambda s: (s.school, s.grade))]
            for (school, grade), rows in groups:
                room.private.save_imported(school, grade, rows, kind)
            return len(groups)

        schools = await sheet.desk.do(keep)
        self.memory.report, self.memory.refused, self.memory.imported = report, bad, (len(good), schools)
        return "rosters"

    async def submit(self, sheet: Sheet) -> str:
        """A school submits its roster with its own key, which is not kept."""
        sheet.needs("operator")
        session, draw = _session(sheet), sheet.field("draw")
        item = session.plan.draws.get(draw)
        if item is None:
            raise UsageError("draw.unknown", draw=draw)
        key = await _school_key(sheet, item.school)
        entry = await sheet.desk.do(lambda room: conduct.submit(room, session.id, draw, key))
        sheet.say("say.entered", seq=entry.seq)
        return "rosters"

    async def approve(self, sheet: Sheet) -> str:
        """The approver approves one draw, or all that are submitted."""
        sheet.needs("approver")
        approver = self._approver_key(sheet)
        session, one = _session(sheet), sheet.field("draw")

        def work(room: Room) -> int:
            draws = room.view.session(session.id).draws
            waiting = [d for d, p in draws.items() if p.submission and not p.approved and not p.postponed]
            chosen = [one] if one else waiting
            for draw in chosen:
                conduct.approve(room, session.id, draw, approver)
            return len(chosen)

        sheet.say("say.approved", number=await sheet.desk.do(work))
        return "rosters"

    @staticmethod
    def _approver_key(sheet: Sheet) -> Key:
        if sheet.desk.approver is None:
            raise UsageError("web.no_role", role=text("office.approver").zh)
        return sheet.desk.approver

    async def freeze(self, sheet: Sheet) -> str:
        """Freeze one draw, or all that are approved."""
        sheet.needs("operator")
        session, one = _session(sheet), sheet.field("draw")
        chosen = [one] if one else [
            d for d, p in session.draws.items()
            if p.approved and not p.postponed and (p.frozen is None or p.frozen["submission"] != p.approved)
        ]  # fmt: skip
        for draw in chosen:  # one at a time, so that others get their turn in between
            await sheet.desk.do(functools.partial(conduct.freeze, session=session.id, draw=draw))
        sheet.say("say.frozen", number=len(chosen))
        self.memory.preview = {}
        return "rosters"

    async def preview(self, sheet: Sheet) -> str:
        """Compute what a freeze would give."""
        session, draw = _session(sheet), sheet.field("draw")
        self.memory.preview = {}
        self.memory.preview = await sheet.desk.read(lambda room: preview(room, session, draw))
        return "rosters"

    async def postpone(self, sheet: Sheet) -> str:
        """Leave a school to a later session."""
        sheet.needs("operator")
        session, draw, reason = _session(sheet), sheet.field("draw"), sheet.field("reason")
        entry = await sheet.desk.do(lambda room: conduct.postpone(room, session.id, draw, reason))
        sheet.say("say.entered", seq=entry.seq)
        return "rosters"

    # The day

    async def bureau_device(self, sheet: Sheet) -> str:
        """Let this machine take part for the bureau."""
        sheet.needs("operator")
        await self.bureau.enrol(_session(sheet).id)
        return "day"

    async def enrol(self, sheet: Sheet) -> str:
        """Take a waiting observer in, under the role that the clerk saw."""
        sheet.needs("operator")
        session, key = _session(sheet), sheet.field("key")
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
        session, key = _session(sheet), sheet.field("key")
        await sheet.desk.at_front(lambda front: front.decide(session.id, key, "refused"))
        return "day"

    async def new_code(self, sheet: Sheet) -> str:
        """Show another code."""
        sheet.needs("operator")
        session = _session(sheet)
        await sheet.desk.at_front(lambda front: front.new_code(session.id))
        return "day"

    async def forgive(self, sheet: Sheet) -> str:
        """Let devices go on that typed too many wrong codes."""
        sheet.needs("operator")
        self.public.tries.forgive()
        return "day"

    async def header(self, sheet: Sheet) -> str:
        """Fix the header."""
        return await self._step(sheet, conduct.freeze_header)

    async def close_commits(self, sheet: Sheet) -> str:
        """Close the commitments; the groups follow by themselves."""
        return await self._step(sheet, conduct.close_commits)

    async def open(self, sheet: Sheet) -> str:
        """Open the reveals; everything up to the seed follows by itself."""
        return await self._step(sheet, conduct.open_reveals)

    async def lots(self, sheet: Sheet) -> str:
        """Enter lots that were drawn by hand at a school, with the hash of the scanned form."""
        sheet.needs("operator")
        school, _, grade = sheet.field("which").partition("-")
        view = await sheet.desk.read(lambda room: room.view.registers)
        year = max(view)
        row = next((s for s in view[year]["schools"] if (s["school"], str(s["grade"])) == (school, grade)), None)
        if row is None:
            raise UsageError("web.nothing_there")
        numbers = [whole(sheet, f"lot-{n}", row["classes"], "lots.number") for n in range(1, row["classes"] + 1)]
        counts = {role: whole(sheet, f"witness-{role}", 1000, "lots.witnesses", least=0) for role in CIVIC_ROLES}
        time = format_time(_moment(sheet.field("time")))
        _name, scan = await _upload(sheet, "document")
        key = await _school_key(sheet, school)
        with tempfile.TemporaryDirectory(prefix="form-", dir=sheet.desk.folder) as folder:
            document = Path(folder) / "form"
            document.write_bytes(scan)
            enter = functools.partial(
                conduct.record_lots, school=key, document=document, year=year, grade=row["grade"],
                place=sheet.field("place"), time=time, numbers=numbers,
                witnesses={role: number for role, number in counts.items() if number},
            )  # fmt: skip
            entry = await sheet.desk.do(enter)
        sheet.say("say.entered", seq=entry.seq)
        return f"lots?which={school}-{grade}"

    async def allocate(self, sheet: Sheet) -> str:
        """Draw the classes."""
        return await self._step(sheet, conduct.allocate)

    async def _step(self, sheet: Sheet, step: Any) -> str:  # noqa: ANN401 - a function of conduct
        sheet.needs("operator")
        session = _session(sheet)
        entry = await sheet.desk.do(lambda room: step(room, session.id))
        sheet.say("say.entered", seq=entry.seq)
        return "day"

    async def call(self, sheet: Sheet) -> str:
        """Call the roll."""
        sheet.needs("operator")
        sheet.desk.start_call()
        await sheet.desk.refresh()
        sheet.say("say.call")
        return "day"

    async def digits(self, sheet: Sheet) -> str:
        """Show the public draw's digits for confirmation."""
        sheet.needs("operator")
        session, digits = _session(sheet), sheet.field("digits")
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
        session = _session(sheet)
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
        _name, data = await _upload(sheet, "file")
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
        session, reason = _session(sheet), sheet.field("reason")
        entry = await sheet.desk.do(lambda room: conduct.abort(room, session.id, reason))
        sheet.say("say.entered", seq=entry.seq)
        return "day"

    async def publish(self, sheet: Sheet) -> str:
        """Publish; wait a little for devices to cosign the end of the ledger; have the verifier check the record."""
        sheet.needs("operator")
        session = _session(sheet)
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
        session = _session(sheet)
        files = await sheet.desk.do(lambda room: record.build(room, session.id, "result"))
        out = sheet.desk.record_zip(session.id).with_suffix("")
        code = await asyncio.to_thread(record.publish_files, files, out)
        self.memory.verdict = code
        await sheet.desk.refresh()
        sheet.say("say.published", code=code)
        return "day"


def whole(sheet: Sheet, name: str, most: int, label: str, least: int = 1) -> int:
    """A whole number of a form."""
    given = sheet.field(name)
    if given.isascii() and given.isdigit() and len(given) < 6 and least <= int(given) <= most:
        return int(given)
    row = text(label)
    raise DataError("web.form_field", field=f"{row.zh} / {row.en}", expected=f"{least}–{most}")


def _moment(given: str) -> datetime:
    """A local time of a form."""
    try:
        return datetime.fromisoformat(given).astimezone(UTC)
    except ValueError as error:
        row = text("lots.time")
        raise DataError("web.form_field", field=f"{row.zh} / {row.en}", expected="2026-08-25 10:30") from error


async def _school_key(sheet: Sheet, school: str) -> Key:
    """A school's key: the file that its person brought, else that in `schools/`. It is not kept."""
    given, passphrase = sheet.form.get("key"), sheet.field("passphrase")
    with tempfile.TemporaryDirectory(prefix="key-", dir=sheet.desk.folder) as folder:
        path = sheet.desk.folder / "schools" / f"{school}.key"
        if isinstance(given, UploadFile) and given.filename:
            path = Path(folder) / "school.key"
            write_durable(path, await given.read(), mode=0o600)
        return await asyncio.to_thread(keyfile.load, path, lambda _path: passphrase)


def _cosignatures(room: Room) -> int:
    note = room.store.note()
    return len(note.lines) - 1 if note else 0


def _session(sheet: Sheet) -> Session:
    session = sheet.desk.session()
    if session is None:
        raise UsageError("step.no_session", session="—", known="—")
    return session


async def _upload(sheet: Sheet, name: str) -> tuple[str, bytes]:
    """Name and bytes of one uploaded file."""
    upload = sheet.form.get(name)
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise UsageError("web.form_field", field=name, expected="file")
    return Path(upload.filename).name, await upload.read()
