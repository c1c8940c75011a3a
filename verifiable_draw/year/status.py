"""Where every registered school and grade of a year stands: exempt, due, drawn, postponed, missing (S1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from verifiable_draw.entries import CLASSES, LATE, TEACHERS
from verifiable_draw.replay import View
from verifiable_draw.texts import Text, text
from verifiable_draw.year.book import Book

EXEMPT, DRAWN, POSTPONED, REHEARSED, DUE, MISSING = STATES = (
    "exempt", "drawn", "postponed", "rehearsed", "due", "missing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GradeStatus:
    """One school's grade: its draw, the session that counts, filing, teachers, late draws, what is not answered."""

    school: str
    name: str
    grade: int
    classes: int
    state: str
    session: str
    filing: str
    """`""`, `submitted` or `approved`."""
    teachers: bool
    late: int
    requests: int
    complaints: int


@dataclass(frozen=True, slots=True)
class YearStatus:
    """All grades of the register, and how many are in which state."""

    year: int
    draw_by: str
    grades: tuple[GradeStatus, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Grades by state, in the order of STATES."""
        found = Counter(one.state for one in self.grades)
        return {state: found[state] for state in STATES}


def of_year(view: View, year: int, today: date | None = None) -> YearStatus:
    """Where a year stands. `today` makes what is due missing after the day it was due; never if not given."""
    rules = view.book.rules(year)
    draw_by = str(rules.body["draw_by"]) if rules else ""
    over = bool(draw_by and today and today.isoformat() > draw_by)
    register = view.registers.get(year, {"schools": []})["schools"]
    return YearStatus(year, draw_by, tuple(_grade(view, year, row, over=over) for row in register))


def _grade(view: View, year: int, row: dict[str, object], *, over: bool) -> GradeStatus:
    school, grade, classes = str(row["school"]), int(str(row["grade"])), int(str(row["classes"]))
    drawn = _valid(view, (year, school, grade), CLASSES)
    if classes == 1:
        state = EXEMPT
    elif drawn:
        state = DRAWN
    elif _postponed(view, year, school, grade):
        state = POSTPONED
    elif over:
        state = MISSING
    else:
        state = REHEARSED if _valid(view, (year, school, grade), CLASSES, rehearsal=True) else DUE
    filed = view.book.filing((year, school, grade))
    lots = any((body["year"], body["school"], body["grade"]) == (year, school, grade) for body in view.lots)
    requests = [
        one for one in view.book.requests.values() if one.asked.grade == (year, school, grade) and one.answer is None
    ]
    complaints = [
        one
        for one in view.book.complaints.values()
        if (one.asked.year, one.asked.body["school"], one.asked.body["grade"]) == (year, school, grade)
        and one.answer is None
    ]
    return GradeStatus(
        school, str(row["name"]), grade, classes, state, drawn[-1] if drawn else "",
        "" if filed is None else "approved" if filed.answer else "submitted",
        lots or bool(_valid(view, (year, school, grade), TEACHERS)),
        len(_valid(view, (year, school, grade), LATE)), len(requests), len(complaints),
    )  # fmt: skip


def _valid(view: View, place: tuple[int, str, int], kind: str, *, rehearsal: bool = False) -> list[str]:
    """Sessions whose draw of that kind counts."""
    found = []
    for (*key, of_kind, _batch), attempts in view.attempts.items():
        for attempt in attempts if (tuple(key), of_kind) == (place, kind) else ():
            session = view.sessions[attempt.session]
            if (
                session.published is not None
                and attempt.draw not in session.annulled
                and attempt.rehearsal == rehearsal
            ):
                found.append(session.id)
    return found


def _postponed(view: View, year: int, school: str, grade: int) -> bool:
    return any(
        progress.postponed and (session.plan.draws[draw].school, session.plan.draws[draw].grade) == (school, grade)
        for session in view.sessions.values()
        if session.plan.value["year"] == year and not session.plan.rehearsal
        for draw, progress in session.draws.items()
    )


def plain(status: YearStatus) -> str:
    """The table as text, Chinese first."""
    lines = [f"{status.year}" + (f"  {text('status.draw_by').zh} {status.draw_by}" if status.draw_by else "")]
    lines.append("  ".join(f"{text(f'status.{state}').zh} {number}" for state, number in status.counts.items()))
    lines += [_line(one) for one in ordered(status.grades)]
    return "\n".join(lines)


def waiting(view: View, year: int) -> list[str]:
    """A line in both languages for all that somebody has to approve, decide or close, with its entry's number."""
    return [f"{row.zh}\n  {row.en}" for row in dict.fromkeys(_waiting(view.book, year))]


def _waiting(book: Book, year: int) -> Iterator[Text]:
    for (of_year, _school, _grade), filings in sorted(book.filings.items()):
        if of_year == year and filings[-1].answer is None:
            yield text("year.waiting.filing", seq=filings[-1].asked.seq, **filings[-1].asked.body)
    for one in book.requests.values():
        if one.asked.year == year and one.answer is None:
            kind, body = text(f"registration.request.{one.asked.body['kind']}"), one.asked.body
            yield text(
                "year.waiting.request", seq=one.asked.seq, school=body["school"], grade=body["grade"],
                kind=kind.zh, kind_en=kind.en, number=len(body["moves"]),
            )  # fmt: skip
    for one in book.complaints.values():
        if one.asked.year == year and one.answer is None:
            yield text("year.waiting.complaint", seq=one.asked.seq, **one.asked.body)
    for item in book.inspections:
        for finding in item.body["findings"] if item.year == year else ():
            if finding["id"] not in book.closed:
                words = text(f"paper.severity.{finding['severity']}")
                yield text(
                    "year.waiting.finding", id=finding["id"], seq=item.seq, school=finding["school"] or "—",
                    severity=words.zh, severity_en=words.en,
                )  # fmt: skip


def ordered(grades: Sequence[GradeStatus]) -> list[GradeStatus]:
    """Grades, those first that want doing first."""
    order = {state: number for number, state in enumerate((MISSING, REHEARSED, DUE, POSTPONED, DRAWN, EXEMPT))}
    return sorted(grades, key=lambda one: (order[one.state], one.school, one.grade))


def _line(one: GradeStatus) -> str:
    parts = [f"{text(f'status.{one.state}').zh}", one.school, str(one.grade), one.name]
    if one.session:
        parts.append(one.session)
    if one.filing:
        parts.append(text(f"status.filing_{one.filing}").zh)
    for name, number in (("late", one.late), ("requests", one.requests), ("complaints", one.complaints)):
        if number:
            parts.append(f"{text(f'status.{name}').zh} {number}")
    if one.teachers:
        parts.append(text("status.teachers").zh)
    return "  ".join(parts)
