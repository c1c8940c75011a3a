"""What the console's forms do in the weeks before: ledger, offices, schools, lots by hand, plan."""

from __future__ import annotations

import asyncio
import functools
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ledger.canonical import encode, format_time
from ledger.entry import Entry
from verifiable_draw import conduct, intake, keyfile
from verifiable_draw.entries import CIVIC_ROLES, CLASSES, KINDS
from verifiable_draw.errors import DataError, DrawError, UsageError
from verifiable_draw.plan import Plan, check
from verifiable_draw.plan_conflicts import refuse
from verifiable_draw.register_file import read_register
from verifiable_draw.room import Room
from verifiable_draw.schema import origin as origin_shape
from verifiable_draw.texts import text
from verifiable_draw.web import plan_form
from verifiable_draw.web.console import Action, Sheet
from verifiable_draw.web.form_parts import approver_of, moment, school_key, upload, whole
from verifiable_draw.web.front import Front
from verifiable_draw.web.guard import Tries, address_of
from verifiable_draw.web.pages import Memory, new_plan

SHORTEST_PASSPHRASE = 8
LONGEST_NAME = 100


class OfficeActions:
    """Founding, signing in, schools, plan."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.tries = Tries(seconds=60.0)

    def table(self) -> dict[str, Action]:
        """Name -> action."""
        return {
            "found": self.found,
            "sign_in": self.sign_in,
            "sign_out": self.sign_out,
            "register": self.register,
            "make_keys": self.make_keys,
            "add_key": self.add_key,
            "lots": self.lots,
            "check_plan": self.check_plan,
            "read_plan": self.read_plan,
            "drop_plan": self.drop_plan,
            "publish_plan": self.publish_plan,
            "choose": self.choose,
        }

    async def found(self, sheet: Sheet) -> str:
        """Found the ledger."""
        origin, bureau = sheet.field("origin"), sheet.field("bureau")
        self.memory.founding = {"bureau": bureau, "origin": origin}  # shown again; passphrases are not
        given = {role: sheet.field(f"{role}-1") for role in ("operator", "approver", "recovery")}
        wrong = _founding_problems(sheet, origin, bureau, given)
        for error in wrong[:-1]:
            sheet.say_error(error)
        if wrong:
            raise wrong[-1]
        await sheet.desk.found(origin, bureau, given)
        self.memory.founding = {}
        sheet.login.roles.add("operator")
        sheet.gained = True
        sheet.say("say.founded", origin=origin, path=str(sheet.desk.folder / "keys"))
        return "schools"

    async def sign_in(self, sheet: Sheet) -> str:
        """Unlock an office's key."""
        role, who = sheet.field("role"), address_of(sheet.request)
        wait = self.tries.wait(who)
        if wait:
            raise UsageError("web.slow_sign_in", seconds=int(wait) + 1)
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
        if "operator" in sheet.login.roles:
            self.memory.returned, self.memory.audit = {}, None
        sheet.ends = True
        return "sign-in"

    async def register(self, sheet: Sheet) -> str:
        """Enter the register."""
        sheet.needs("operator")
        name, data = await upload(sheet, "file")
        year = sheet.field("year")
        if not (year.isascii() and year.isdigit() and len(year) == 4):
            raise DataError("web.form_field", field=text("schools.year").zh, expected="2000–2999")
        register = await asyncio.to_thread(read_register, data, name)

        def enter(room: Room) -> Entry:
            known = room.view.registers.get(int(year))
            same = known and sorted(known["schools"], key=encode) == sorted(register.rows, key=encode)
            if same and not register.admissions:
                raise UsageError("register.same", year=year)
            return intake.enter_register(room, int(year), register)

        entry = await sheet.desk.do(enter)
        sheet.say("say.entered", seq=entry.seq)
        return "schools"

    async def make_keys(self, sheet: Sheet) -> str:
        """Make a key for every school that must draw and has none."""
        sheet.needs("operator")
        approver = approver_of(sheet)
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
        sheet.needs("operator")
        approver = approver_of(sheet)
        try:
            public = bytes.fromhex(sheet.field("public"))
        except ValueError as error:
            raise DataError("key.not_admissible") from error
        school = sheet.field("school")
        entry = await sheet.desk.do(lambda room: conduct.add_key(room, school, public, approver))
        sheet.say("say.entered", seq=entry.seq)
        return "schools"

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
        time = format_time(moment(sheet.field("time")))
        _name, scan = await upload(sheet, "document")
        key = await school_key(sheet, school)
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

    async def check_plan(self, sheet: Sheet) -> str:
        """Keep the form as it was filled; the page says what is wrong with it, or what it amounts to."""
        sheet.needs("operator")
        base, fields = await self._draft(sheet), typed_in(sheet)

        def keep(front: Front) -> None:
            front.keep_draft("plan", base)
            front.keep_draft("plan-typed", fields)

        await sheet.desk.at_front(keep)
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
        name, data = await upload(sheet, "file")
        try:
            value = json.loads(data)
            plan_form.from_plan(value)
        except (ValueError, KeyError, TypeError) as error:
            raise DataError("file.malformed", name=name, detail=str(error)) from error

        def keep(front: Front) -> None:
            front.keep_draft("plan", value)
            front.keep_draft("plan-typed", None)

        await sheet.desk.at_front(keep)
        return "plan?checked=yes"

    async def drop_plan(self, sheet: Sheet) -> str:
        """Forget the draft."""
        sheet.needs("operator")
        await sheet.desk.at_front(_forget_plan)
        return "plan"

    async def publish_plan(self, sheet: Sheet) -> str:
        """Publish the form if it is what was checked; what was changed since is checked first."""
        sheet.needs("operator")
        kept, typed = await sheet.desk.read_front(lambda front: (front.draft("plan"), front.draft("plan-typed")))
        if kept is None or not sheet.field("title"):
            raise UsageError("web.form_old")
        checked = plan_form.to_plan(kept, lambda name: typed.get(name, "")) if typed else kept
        if typed_in(sheet) != typed and _read_or_none(kept, sheet) != checked:
            sheet.say("plan.changed", "bad")
            return await self.check_plan(sheet)

        def publish(room: Room) -> Plan:
            plan = check(checked)
            refuse(room, plan)
            return conduct.publish_plan(room, plan.data)

        plan = await sheet.desk.do(publish)

        def chosen(front: Front) -> None:
            _forget_plan(front)
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


def _founding_problems(sheet: Sheet, origin: str, bureau: str, given: Mapping[str, str]) -> list[DrawError]:
    """Everything that is wrong with the founding form."""
    found: list[DrawError] = []
    if not 1 <= len(bureau) <= LONGEST_NAME:
        found.append(DataError("web.form_field", field=text("setup.bureau").zh, expected=f"1–{LONGEST_NAME}"))
    if origin_shape(origin, ""):
        found.append(UsageError("init.origin", origin=origin))
    for role, passphrase in given.items():
        if passphrase != sheet.field(f"{role}-2") or len(passphrase) < SHORTEST_PASSPHRASE:
            found.append(UsageError("web.passphrases_differ", role=text(f"office.{role}").zh))
    if len(set(given.values())) < len(given):
        found.append(UsageError("web.passphrases_same"))
    return found


def typed_in(sheet: Sheet) -> dict[str, str]:
    """The fields of a form as they were typed, but for those that every form has."""
    names = [name for name, value in sheet.form.multi_items() if isinstance(value, str)]
    return {name: sheet.field(name) for name in names if name not in ("form", "page")}


def _read_or_none(base: dict[str, Any], sheet: Sheet) -> dict[str, Any] | None:
    try:
        return plan_form.to_plan(base, sheet.field)
    except DataError:
        return None


def _forget_plan(front: Front) -> None:
    front.keep_draft("plan", None)
    front.keep_draft("plan-typed", None)
