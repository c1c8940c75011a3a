"""What each page of the console shows: the picture, and what only the clerk may see."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from starlette.responses import RedirectResponse, Response

from ledger.canonical import short_code
from verifiable_draw import conduct, delay, plan_words, verifier_file
from verifiable_draw.entries import CIVIC_ROLES, CLASSES, KINDS, TEACHERS
from verifiable_draw.intake import Kept
from verifiable_draw.plan import check, problems
from verifiable_draw.plan_conflicts import conflicts
from verifiable_draw.plan_draft import draft_here
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.rosters.student import ImportReport
from verifiable_draw.teams import spreads, teams_of
from verifiable_draw.texts import text
from verifiable_draw.web import plan_form, steps
from verifiable_draw.web.board import entry_line, roles
from verifiable_draw.web.console import Page, Sheet
from verifiable_draw.web.rules_form import Said

Shown = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Audited:
    """The last comparison with student registration: its report, and once it is entered a workbook with names."""

    year: int
    report: ImportReport
    workbook: bytes = b""


@dataclass(slots=True)
class Memory:
    """What the console remembers between pages, of no consequence: last import, preview and verdict."""

    report: ImportReport | None = None
    kept: Kept | None = None
    returned: Mapping[str, bytes] = field(default_factory=dict)  # private: until the next import or the sign-out
    preview: Mapping[str, Any] = field(default_factory=dict)
    verdict: int | None = None
    founding: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    audit: Audited | None = None  # private as `returned`


class Pages:
    """The pages by name."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def table(self) -> dict[str, Page]:
        """Name -> page."""
        return {
            "setup": self.setup,
            "sign-in": self.sign_in,
            "home": self.home,
            "schools": self.schools,
            "plan": self.plan,
            "rosters": self.rosters,
            "day": self.day,
            "panel": self.panel,
            "results": self.results,
            "ledger": self.ledger,
            "lots": self.lots,
        }

    async def setup(self, sheet: Sheet) -> Shown | Response:
        """The first page of an empty folder."""
        if sheet.desk.founded:
            return RedirectResponse("/console", 303)
        return "setup.html", {"typed": self.memory.founding}

    async def sign_in(self, sheet: Sheet) -> Shown:
        """Passphrases of the offices."""
        return "sign_in.html", {"signed": sorted(sheet.login.roles)}

    async def home(self, sheet: Sheet) -> Shown:
        """All sessions and what comes next."""
        return "home.html", await sheet.desk.read(_home)

    async def schools(self, sheet: Sheet) -> Shown:
        """The register and the schools' keys."""
        return "schools.html", await sheet.desk.read(_schools) | {"this_year": datetime.now(UTC).year}

    async def plan(self, sheet: Sheet) -> Shown:
        """The published plan, or the form of the next one."""
        asked = sheet.request.query_params
        kept, typed = await sheet.desk.read_front(lambda front: (front.draft("plan"), front.draft("plan-typed")))
        session = sheet.desk.session()
        if session is not None and asked.get("new") != "yes" and not kept:
            millions = plan_form.in_millions(session.plan.iterations)
            code = short_code(session.plan.hash)
            return "plan_published.html", {"plan": session.plan.value, "code": code, "millions": millions}
        kind = asked.get("kind", "")
        if kind not in KINDS:
            kind = plan_form.kind_of(kept) if kept else CLASSES
        if kept is None or plan_form.kind_of(kept) != kind:
            kept, typed = await sheet.desk.read(lambda room: new_plan(room, sheet.desk.page, kind)), None
        shown = plan_form.from_plan(kept)
        values: dict[str, Any] = {
            "form": plan_form.as_typed(shown, typed) if typed else shown,
            "facts": None,
            "problems": [],
            "year": kept["year"],
            "kinds": KINDS,
        }
        if asked.get("checked") == "yes":
            values["facts"], values["problems"] = await self._checked(sheet, kept, typed)
        return "plan.html", values

    async def _checked(
        self, sheet: Sheet, kept: Mapping[str, Any], typed: Mapping[str, str] | None
    ) -> tuple[dict[str, Any] | None, list[Said]]:
        """What a plan amounts to, or everything that is wrong with it, as a plan and for this ledger."""
        try:
            value = plan_form.to_plan(kept, lambda name: typed.get(name, "")) if typed else kept
        except plan_form.FormError as error:
            return None, error.problems
        found = [plan_words.said(problem) for problem in problems(value)]
        if not found:
            against = await sheet.desk.read(lambda room: conflicts(room, check(value)))
            found = [(f"{row.zh}{row.hint_zh}", f"{row.en} {row.hint_en}") for row in (error.text for error in against)]
        return (None, found) if found else (plan_facts(value), [])

    async def rosters(self, sheet: Sheet) -> Shown:
        """Import, and where every draw's roster stands."""
        session = sheet.desk.session()
        values: dict[str, Any] = {"rows": [], "memory": self.memory}
        if session is not None:
            values["rows"] = await sheet.desk.read(lambda room: roster_rows(room, session))
            values["notice"] = steps.notice(session, sheet.desk.clock())[1]
            values["notice_hours"] = -(-session.plan.value["windows"]["roster_to_header"] // 3600)
        return "rosters.html", values

    async def day(self, sheet: Sheet) -> Shown:
        """The ceremony."""
        return "day.html", await self._day(sheet)

    async def panel(self, sheet: Sheet) -> Shown:
        """The part of the ceremony's page that changes by itself."""
        return "panel.html", await self._day(sheet) | {"page": "day"}

    async def _day(self, sheet: Sheet) -> dict[str, Any]:
        desk, session = sheet.desk, sheet.desk.session()
        if session is None:
            return {"session": None}
        code = await desk.read_front(lambda front: front.code(session.id))
        requests = await desk.read_front(lambda front: front.enrolments(session.id))
        next_one = steps.next_step(session, desk.clock())
        return {
            "session": session,
            "next": next_one,
            "waits": next_one.values if next_one else {},
            "abortable": session.state in steps.ABORTABLE,
            "missing": steps.missing_roles(session),
            "code": f"{code[:4]}-{code[4:]}",
            "address": self.memory.address,
            "requests": [row for row in requests if row["status"] == "waiting"],
            "names": {row["id"]: row["name"] for row in requests if row["id"]},
            "roles": roles(session),
            "trouble": desk.trouble,
            "unlocked": desk.unlocked,
            "seconds_left": _left(desk),
            "verdict": self.memory.verdict,
            "calling": desk.call.ends is not None,
            "called": desk.call.number > 0,
        }

    async def results(self, sheet: Sheet) -> Shown:
        """Downloads."""
        return "results.html", {"session": sheet.desk.session(), "verdict": self.memory.verdict}

    async def lots(self, sheet: Sheet) -> Shown:
        """The form for lots drawn by hand: to print, to sign, and to enter."""
        known = await sheet.desk.read(_schools)
        schools = [row for row in known["rows"] if row["classes"] > 1]
        which = sheet.request.query_params.get("which", "")
        chosen = next((row for row in schools if f"{row['school']}-{row['grade']}" == which), None)
        return "lots.html", {"schools": schools, "chosen": chosen, "year": known["year"], "roles": CIVIC_ROLES}

    async def ledger(self, sheet: Sheet) -> Shown:
        """Every entry in order, newest first."""
        return "ledger.html", {"rows": [entry_line(entry) for entry in reversed(sheet.desk.entries())]}


def _left(desk: Any) -> int | None:  # noqa: ANN401 - Desk
    closes = desk.snapshot.closes
    return max(0, round((closes - desk.clock()).total_seconds())) if closes else None


def _home(room: Room) -> dict[str, Any]:
    view = room.view
    drawn = {
        (session.plan.year, draw.school, draw.grade)
        for session in view.sessions.values()
        if session.published and not session.plan.rehearsal
        for draw in session.plan.draws.values()
        if not session.draws[draw.id].postponed and draw.id not in session.annulled
    }
    registers = []
    for year, register in sorted(view.registers.items(), reverse=True):
        must = [s for s in register["schools"] if s["classes"] > 1]
        open_ones = [s for s in must if (year, s["school"], s["grade"]) not in drawn]
        registers.append({"year": year, "must": len(must), "open": len(open_ones), "all": len(register["schools"])})
    sessions = [
        {"id": s.id, "title": s.plan.value["title"], "state": s.state, "rehearsal": s.plan.rehearsal,
         "date": s.plan.value["date"], "draws": len(s.draws)}
        for s in reversed(view.sessions.values())
    ]  # fmt: skip
    return {"sessions": sessions, "registers": registers, "code": short_code(view.ring.operator_at(0))}


def _schools(room: Room) -> dict[str, Any]:
    keys = {name for role, name in room.view.keys if role == "school"}
    year, register = max(room.view.registers.items(), default=(0, {"schools": []}))
    rows = [{**school, "has_key": school["school"] in keys} for school in register["schools"]]
    return {"year": year, "rows": rows, "without_key": sum(not r["has_key"] for r in rows if r["classes"] > 1)}


def new_plan(room: Room, page: bytes, kind: str = CLASSES) -> dict[str, Any]:
    """A draft for the latest year of the register, all draws of one kind."""
    year = max(room.view.registers, default=datetime.now(UTC).year)
    number = 1 + sum(session.plan.year == year for session in room.view.sessions.values())
    today = datetime.now(UTC).date().isoformat()
    made = draft_here(room, f"{year}-{number:02d}", year, today, conduct.year_key(room, year).commitment, kind)
    if kind != CLASSES:
        made["title"] = f"{year}年{text(f'kind.{kind}').zh}"
    made["software"] |= {
        "page": hashlib.sha256(page).hexdigest() if page else "",
        "verifier": hashlib.sha256(verifier_file.build()).hexdigest(),
        "version": version("verifiable-draw"),
    }
    last = next(reversed(room.view.sessions.values()), None)
    if last is not None:  # the holders are the same as a rule
        made["recipients"] = list(last.plan.value["recipients"])
    return made


def plan_facts(value: Mapping[str, Any]) -> dict[str, Any]:
    """Check a plan: time of the delay on this machine, margin, what keeps a session of it from being proven."""
    checked = check(value)
    rate = delay.measure()
    seconds = checked.iterations // max(rate, 1)
    margin = checked.iterations * 10 // (checked.window * delay.FASTEST_HARDWARE)
    return {
        "code": short_code(checked.hash),
        "draws": len(checked.draws),
        "rate": rate,
        "minutes": seconds // 60,
        "seconds": seconds % 60,
        "margin": f"{margin // 10}.{margin % 10}",
        "limits": checked.limits(),
        "warnings": checked.warnings(),
    }


def roster_rows(room: Room, session: Session) -> list[dict[str, Any]]:
    """One row a draw: imported, submitted, approved, frozen, postponed."""
    rows = []
    for name, progress in session.draws.items():
        item = session.plan.draws[name]
        imported = room.private.imported(item.school, item.grade, item.kind)
        submitted = room.private.submission(progress.submission) if progress.submission else []
        frozen = progress.frozen
        stale = frozen is not None and frozen["submission"] != progress.approved
        open_one = not progress.postponed and session.state in ("PLANNED", "ROSTERED")
        rows.append(
            {
                "said": f"{item.school_name} {item.grade} ({progress.students})",
                "to_approve": open_one and bool(progress.submission) and not progress.approved,
                "to_freeze": open_one and bool(progress.approved) and (frozen is None or stale),
                "id": name,
                "school": item.school,
                "school_name": item.school_name,
                "grade": item.grade,
                "kind": item.kind,
                "classes": item.classes,
                "take": item.take,
                "imported": len(imported or ()),
                "submitted": progress.students if progress.submission else 0,
                "newer": bool(imported and progress.submission) and imported != submitted,
                "approved": bool(progress.approved),
                "frozen": frozen,
                "stale": stale,
                "postponed": progress.postponed,
                "rare": conduct.rare_values(room, session.id, name) if frozen else [],
            }
        )
    return rows


def preview_of(room: Room, session: Session, draw: str) -> dict[str, Any]:
    """What freezing a draw would give; DataError explains a conflict."""
    found, item = conduct.preview(room, session.id, draw), session.plan.draws[draw]
    people = room.private.submission(session.draws[draw].approved or session.draws[draw].submission)
    teams = teams_of(("", person) for person in people) if item.kind == TEACHERS else ()
    return {"found": found, "name": item.school_name, "teams": teams, "spreads": spreads(teams)}
