"""What the forms of the year do: dates, filings, teachers, moves, complaints, registration, findings (spec/year.md)."""

from __future__ import annotations

import functools
from dataclasses import replace

from verifiable_draw.entries import AMENDMENTS, CHANNELS, CLOSINGS, COMPLAINTS, OUTCOMES, TEACHER_REASONS
from verifiable_draw.errors import UsageError
from verifiable_draw.room import Room
from verifiable_draw.schema import identifier
from verifiable_draw.web import year_rows as rows
from verifiable_draw.web.console import Action, Sheet
from verifiable_draw.web.form_parts import approver_of, school_key
from verifiable_draw.web.year_forms import Form, keeping, key_of
from verifiable_draw.web.year_moves import moves_in
from verifiable_draw.web.year_pages import grade_of
from verifiable_draw.year import acts, complaints, shortlist_file
from verifiable_draw.year.book import Grade
from verifiable_draw.year.moves import by_nullifier
from verifiable_draw.year.shelves import PUBLIC, kept
from verifiable_draw.year.shortlist import LONGEST, MOST_YEARS, Shortlist, Teacher

MOST_STUDENTS, MOST_CLASSES, MOST_DAYS = 9999, 200, 365
LONGEST_WORDS = 20_000
"""Characters of a complaint at the console."""


class YearActions:
    """The forms of the year; each signature by whom it belongs to."""

    def table(self) -> dict[str, Action]:
        """Name -> action."""
        kept = {
            "open_year": self.open_year,
            "file_grade": self.file_grade,
            "replace_teacher": self.replace_teacher,
            "request_moves": self.request_moves,
            "approve_moves": self.approve_moves,
            "receive_complaint": self.receive_complaint,
            "decide_complaint": self.decide_complaint,
            "close_finding": self.close_finding,
        }
        return {name: keeping(name, act) for name, act in kept.items()} | {
            "approve_filings": self.approve_filings,
            "drop_form": self.drop_form,
        }

    async def drop_form(self, sheet: Sheet) -> str:
        """Forget a form that came back: what was typed in it need not stay on the screen."""
        sheet.login.filled.pop(key_of(sheet.field("drop"), sheet.field("of")), None)
        return sheet.field("page") or "year"

    async def open_year(self, form: Form) -> str:
        """Enter what holds for a year; operator and approver sign."""
        sheet = form.sheet
        sheet.needs("operator")
        year = form.whole("year", 2000, 2999, "schools.year")
        _name, document = form.file("document", "year.f.plan")
        enter = functools.partial(
            acts.open_year, year=year, document=document, draw_by=form.day("draw_by", "status.draw_by"),
            term=(form.day("term_first", "year.f.term_first"), form.day("term_last", "year.f.term_last")),
            complaint_days=form.whole("complaint_days", 1, MOST_DAYS, "year.f.complaint_days"),
            late_dates=form.days("late_dates", "year.f.late_dates"),
            watched=[name.removeprefix("watch-") for name in form.filled.fields if name.startswith("watch-")],
        )  # fmt: skip
        form.check()
        approver = approver_of(sheet)
        entry = await sheet.desk.do(lambda room: enter(room, approver))
        holds = await sheet.desk.do(lambda room: acts.stands(room, year, entry))
        sheet.say("say.entered" if holds == entry.seq else "say.dates_kept", seq=entry.seq, holds=holds)
        return f"year?year={year}" if holds == entry.seq else f"year-dates?year={year}"

    async def file_grade(self, form: Form) -> str:
        """A school files its grade with its own key, which is not kept."""
        sheet = form.sheet
        sheet.needs("operator")
        year, school, grade = place_of(form)
        students = form.whole("students", 1, MOST_STUDENTS, "year.f.students")
        classes = form.whole("classes", 1, MOST_CLASSES, "schools.classes")
        name, workbook = form.file("shortlist", "year.f.shortlist")
        _name, document = form.file("document", "year.f.school_plan")
        form.check()
        read = shortlist_file.read_shortlist(workbook, name, year, school, grade)
        key = await school_key(sheet, school)

        def enter(room: Room) -> int:
            listed = shortlist_file.with_nullifiers(read, room)
            return acts.file_grade(room, key, listed, students=students, classes=classes, document=document).seq

        sheet.say("say.entered", seq=await sheet.desk.do(enter))
        return back(form)

    async def approve_filings(self, sheet: Sheet) -> str:
        """The approver approves one filing, or all that wait and fit the register."""
        sheet.needs("approver")
        approver, which = approver_of(sheet), sheet.field("of")
        year = sheet.field("year")

        def work(room: Room) -> int:
            waiting = rows.filings_waiting(room.view, int(year) if year.isdigit() else 0)
            fitting = [row for row in waiting if row["classes"] == row["registered"]]
            wanted = [row for row in waiting if row["which"] == which] if which else fitting
            # What was looked at is what is approved: a later filing of a school has another number.
            chosen = [row for row in wanted if str(row["seq"]) in sheet.field("seq").split()]
            if which and not wanted:
                raise UsageError("year.no_filing")
            if len(chosen) < len(wanted):
                raise UsageError("year.filed_again")
            for row in chosen:
                acts.approve_filing(room, approver, (int(year), row["school"], row["grade"]))
            return len(chosen)

        sheet.say("say.filings_approved", number=await sheet.desk.do(work))
        return sheet.field("page") or "year"

    async def replace_teacher(self, form: Form) -> str:
        """Put another teacher in the place of one: school and approver sign."""
        sheet = form.sheet
        sheet.needs("operator")
        place = place_of(form)
        number = form.whole("number", 1, 200, "year.f.number")
        teacher = Teacher(
            form.words("name", "year.f.name", 1, LONGEST),
            form.words("subject", "year.f.subject", 0, LONGEST),
            form.words("title", "year.f.title", 0, LONGEST),
            form.whole("years", 0, MOST_YEARS, "year.f.years"),
        )
        reason = form.one_of("reason", TEACHER_REASONS, "year.f.reason")
        _name, document = form.file("document", "year.f.paper")
        form.check()
        approver, key = approver_of(sheet), await school_key(sheet, place[1])

        def enter(room: Room) -> int:
            changed = _changed(room, place, number, teacher)
            return acts.replace_teacher(room, key, approver, changed, reason=reason, document=document).seq

        sheet.say("say.entered", seq=await sheet.desk.do(enter))
        return back(form)

    async def request_moves(self, form: Form) -> str:
        """A school asks to move children; their numbers become nullifiers here and are kept nowhere."""
        sheet = form.sheet
        sheet.needs("operator")
        place = place_of(form)
        kind = form.one_of("kind", AMENDMENTS, "year.f.kind")
        children = moves_in(form, kind)
        _name, document = form.file("document", "year.f.paper")
        form.check()
        key = await school_key(sheet, place[1])

        def enter(room: Room) -> int:
            moves = by_nullifier(room, place[0], children)
            return acts.request_amendment(room, key, place, kind, moves, document).seq

        sheet.say("say.entered", seq=await sheet.desk.do(enter))
        return back(form)

    async def approve_moves(self, form: Form) -> str:
        """The approver approves a request, named by its entry."""
        sheet = form.sheet
        sheet.needs("approver")
        approver = approver_of(sheet)
        _name, document = form.file("document", "year.f.decision")
        form.check()

        def enter(room: Room) -> int:
            asked = (one.asked for one in room.view.book.requests.values())
            leaf = next((item.leaf for item in asked if str(item.seq) == form.given("of")), "")
            if not leaf:
                raise UsageError("year.no_request")
            return acts.approve_amendment(room, approver, leaf, document).seq

        sheet.say("say.entered", seq=await sheet.desk.do(enter))
        return sheet.field("page") or "year"

    async def receive_complaint(self, form: Form) -> str:
        """Enter a complaint; its words stay in the private store."""
        sheet = form.sheet
        sheet.needs("operator")
        year = form.whole("year", 2000, 2999, "schools.year")
        number = form.given("number")
        if identifier(number, ""):
            form.bad("year.f.complaint", "form.id")
        channel = form.one_of("channel", CHANNELS, "year.f.channel")
        kind = form.one_of("kind", COMPLAINTS, "year.f.about")
        came = form.day("came", "year.f.came")
        said = form.words("words", "year.f.words", 1, LONGEST_WORDS)
        school, _, grade = form.given("which").partition("-")
        form.check()
        enter = functools.partial(
            complaints.receive, number=number, channel=channel, kind=kind, words=said, year=year, school=school,
            grade=int(grade or 0), came=came,
        )  # fmt: skip
        entry = await sheet.desk.do(enter)
        sheet.say("say.complaint", seq=entry.seq, number=number, due=entry.message.body["due"])
        return f"year-complaints?year={year}"

    async def decide_complaint(self, form: Form) -> str:
        """Enter what was answered; the approver signs."""
        sheet = form.sheet
        sheet.needs("approver")
        approver = approver_of(sheet)
        outcome = form.one_of("outcome", OUTCOMES, "year.f.outcome")
        _name, document = form.file("document", "year.f.reply")
        form.check()
        number = form.given("of")
        entry = await sheet.desk.do(lambda room: acts.decide_complaint(room, approver, number, outcome, document))
        sheet.say("say.entered", seq=entry.seq)
        return sheet.field("page") or "year-complaints"

    async def close_finding(self, form: Form) -> str:
        """Close a finding; operator and approver sign."""
        sheet = form.sheet
        sheet.needs("operator")
        outcome = form.one_of("outcome", CLOSINGS, "year.f.outcome")
        _name, document = form.file("document", "year.f.decision")
        form.check()
        approver, finding = approver_of(sheet), form.given("of")
        entry = await sheet.desk.do(lambda room: acts.close_finding(room, approver, finding, outcome, document))
        sheet.say("say.entered", seq=entry.seq)
        return "year-findings"


def place_of(form: Form) -> Grade:
    """Year, school and grade that a form is of; UsageError if it names none."""
    year = form.given("year")
    place = grade_of(int(year), form.given("of")) if year.isascii() and year.isdigit() else None
    if place is None:
        raise UsageError("web.form_old")
    return place


def back(form: Form) -> str:
    """The page of the grade that a form is of."""
    return f"year-grade?year={form.given('year')}&which={form.given('of')}"


def _changed(room: Room, place: Grade, number: int, teacher: Teacher) -> Shortlist:
    """The shortlist in force with one row new; UsageError if there is none, or no such row."""
    data = kept(room, PUBLIC, room.view.book.shortlist(place))
    if data is None:
        raise UsageError("year.no_filing")
    old = Shortlist.parse(data)
    if number > len(old.teachers):
        raise UsageError("year.teacher_number", number=number, teachers=len(old.teachers))
    # Only this row may change, though more people may have been imported since.
    (marked,) = shortlist_file.with_nullifiers(replace(old, teachers=(teacher,)), room).teachers
    return replace(old, teachers=(*old.teachers[: number - 1], marked, *old.teachers[number:]))
