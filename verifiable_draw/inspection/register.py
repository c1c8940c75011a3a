"""What was to be drawn in a year and how it was prepared: register, rules, filings (spec/year.md Y1-Y3, Y7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from verifiable_draw.entries import CLASSES
from verifiable_draw.inspection.finding import Finding, Place
from verifiable_draw.inspection.material import Material
from verifiable_draw.replay import Session
from verifiable_draw.values import Attempt
from verifiable_draw.year.book import HOLDS_FROM, Item, day_of


def valid_draws(material: Material, year: int, kind: str) -> dict[tuple[str, int], Attempt]:
    """School and grade -> the draw of that kind that counts."""
    found = {}
    for (of_year, school, grade, of_kind, _batch), attempts in material.view.attempts.items():
        for attempt in attempts:
            session = material.view.sessions[attempt.session]
            valid = session.published is not None and attempt.draw not in session.annulled and not attempt.rehearsal
            if (of_year, of_kind) == (year, kind) and valid:
                found[school, grade] = attempt
    return found


def classes_drawn(material: Material, year: int) -> dict[tuple[str, int], int]:
    """School and grade -> number of classes, of the draw that counts."""
    return {
        grade: next(draw.classes for draw in header.draws if draw.id == attempt.draw)
        for grade, attempt in valid_draws(material, year, CLASSES).items()
        if (header := material.view.sessions[attempt.session].frozen_header())
    }


def register(material: Material, year: int) -> Iterator[Finding]:
    """Every registered school and grade is drawn, exempt, or reported (S1)."""
    drawn = valid_draws(material, year, CLASSES)
    rehearsed = {
        key[1:3]
        for key, attempts in material.view.attempts.items()
        if (key[0], key[3]) == (year, CLASSES)
        and any(a.rehearsal and material.view.sessions[a.session].published is not None for a in attempts)
    }
    yield from _changed(material, year)
    for item in material.view.registers.get(year, {"schools": []})["schools"]:
        grade = (item["school"], item["grade"])
        place = Place(year, *grade)
        values = {"name": item["name"], "grade": item["grade"], "year": year}
        if item["classes"] == 1:
            yield Finding("exempt", place, values=values)
        elif grade not in drawn:
            yield Finding("rehearsed-only" if grade in rehearsed else "not-drawn", place, values=values)


def _changed(material: Material, year: int) -> Iterator[Finding]:
    """Grades that an earlier register asked for and the last does not, and those drawn otherwise than it says (Y7)."""
    known = material.view.book.registers.get(year)
    if not known:
        return
    *earlier, last = known
    asked = {(row["school"], row["grade"]): row["classes"] for row in last.body["schools"]}
    gone = {
        (row["school"], row["grade"]): (item, row)
        for item in earlier for row in item.body["schools"]
        if row["classes"] > 1 and asked.get((row["school"], row["grade"]), 0) <= 1
    }  # fmt: skip
    for grade, (item, row) in sorted(gone.items()):
        values = {name: row[name] for name in ("name", "grade", "classes")} | {"seq": item.seq, "now": last.seq}
        yield Finding("register-dropped", Place(year, *grade), last.leaf, last.seq, values)
    for grade, number in sorted(classes_drawn(material, year).items()):
        filed = material.view.book.approved_filing((year, *grade))
        explained = grade in gone or (grade in asked and filed is not None and filed.body["classes"] == number)
        if asked.get(grade, 0) != number and not explained:
            values = {"classes": asked.get(grade, 0), "drawn": number, "seq": last.seq}
            yield Finding("register-differs", Place(year, *grade), entry=last.seq, values=values)


def due(material: Material, year: int) -> Iterator[Finding]:
    """Draws of classes whose result came after the day that the year's rules name (Y1)."""
    held = material.view.book.rules(year)
    if held is None:
        return
    for (school, grade), attempt in sorted(valid_draws(material, year, CLASSES).items()):
        session = material.view.sessions[attempt.session]
        day = day_of(session.published_time)
        if day > date.fromisoformat(held.body["draw_by"]):
            values = {"day": day, "due": held.body["draw_by"]}
            yield Finding("drawn-late", Place(year, school, grade, session.id), attempt.draw, values=values)


def rules(material: Material, year: int) -> Iterator[Finding]:
    """What holds for the year: said in time, once, and by plans that know children by one key (Y1)."""
    book = material.view.book
    known = book.years.get(year, [])
    held = [
        session for session in material.sessions(year)
        if session.header is not None and not session.aborted and not session.plan.rehearsal
    ]  # fmt: skip
    if not known and held:
        yield Finding("year-not-opened", Place(year))
    first = min((session.header_seq for session in held), default=None)
    if known and (
        day_of(known[0].time) >= date(year, *HOLDS_FROM) or (first is not None and known[0].seq > first)
    ):
        values = {"day": day_of(known[0].time), "seq": known[0].seq}
        yield Finding("year-late", Place(year), entry=known[0].seq, values=values)
    for item in known:
        if item is not book.rules(year):
            values = {"seq": item.seq, "day": day_of(item.time)}
            yield Finding("rules-changed", Place(year), item.leaf, item.seq, values)
    if len({session.plan.value["year_key"] for session in held}) > 1:
        yield Finding("year-key", Place(year), values={"sessions": "、".join(session.id for session in held)})


def filings(material: Material, year: int) -> Iterator[Finding]:
    """What schools filed before the draw, and what was drawn (S10). Nothing is asked of a year that nobody opened."""
    if year not in material.view.book.years:
        return
    for (school, grade), attempt in sorted(valid_draws(material, year, CLASSES).items()):
        place, session = Place(year, school, grade), material.view.sessions[attempt.session]
        filed: Item | None = None
        waiting: Item | None = None
        for one in material.view.book.filings.get((year, school, grade), []):
            # By their numbers: entries of one second have an order too.
            if one.asked.seq > session.header_seq or (filed and one.answer and one.answer.seq > session.header_seq):
                yield Finding("filed-again", place, one.asked.leaf, one.asked.seq, {"seq": one.asked.seq})
            elif one.answer is not None and one.answer.seq < session.header_seq:
                filed, waiting = one.asked, None
            else:
                waiting = one.asked
        if filed is None and waiting is None:
            yield Finding("not-filed", place)
            continue
        if filed is None:
            yield Finding("filing-open", place, entry=waiting.seq if waiting else -1)
        yield from _as_filed(filed or waiting, attempt.draw, session, place)


def _as_filed(asked: Item | None, draw: str, session: Session, place: Place) -> Iterator[Finding]:
    """Children and classes drawn beside those that were filed."""
    if asked is None:
        return
    drawn = next(one for one in session.frozen_header().draws if one.id == draw)
    for kind, number in (("students", drawn.frozen["students"]), ("classes", drawn.classes)):
        if asked.body[kind] != number:
            values = {"filed": asked.body[kind], "drawn": number}
            yield Finding(f"{kind}-differ", place, entry=asked.seq, values=values)
