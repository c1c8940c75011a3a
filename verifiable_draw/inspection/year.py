"""What was to be done in a year and what was: register, filings, teachers, moves, registration, complaints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from ledger.canonical import decode
from verifiable_draw.entries import CLASSES, TEACHERS
from verifiable_draw.errors import DataError, DrawError
from verifiable_draw.inspection.finding import Finding, Place
from verifiable_draw.inspection.material import Material
from verifiable_draw.inspection.sessions import Lists
from verifiable_draw.values import Attempt
from verifiable_draw.year.book import Grade, Item, day_of
from verifiable_draw.year.shortlist import Shortlist
from verifiable_draw.year.standing import OUTSIDE, Child, Misfit, counted, standing
from verifiable_draw.year.standing import Place as ChildPlace

AUDIT_KINDS = {"moved": "class-changed", "missing": "child-missing", "extra": "child-extra", "double": "child-double"}


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


def register(material: Material, year: int) -> Iterator[Finding]:
    """Every registered school and grade is drawn, exempt, or reported (S1)."""
    drawn = valid_draws(material, year, CLASSES)
    rehearsed = {
        key[1:3]
        for key, attempts in material.view.attempts.items()
        if (key[0], key[3]) == (year, CLASSES)
        and any(a.rehearsal and material.view.sessions[a.session].published is not None for a in attempts)
    }
    yield from _dropped(material, year)
    for item in material.view.registers.get(year, {"schools": []})["schools"]:
        grade = (item["school"], item["grade"])
        place = Place(year, *grade)
        values = {"name": item["name"], "grade": item["grade"], "year": year}
        if item["classes"] == 1:
            yield Finding("exempt", place, values=values)
        elif grade not in drawn:
            yield Finding("rehearsed-only" if grade in rehearsed else "not-drawn", place, values=values)


def _dropped(material: Material, year: int) -> Iterator[Finding]:
    """Grades that were to be drawn by an earlier register and not by the last one (Y1)."""
    known = material.view.book.registers.get(year)
    if not known:
        return
    *earlier, last = known
    asked = {(row["school"], row["grade"]) for row in last.body["schools"] if row["classes"] > 1}
    gone = {
        (row["school"], row["grade"]): (item, row)
        for item in earlier for row in item.body["schools"]
        if row["classes"] > 1 and (row["school"], row["grade"]) not in asked
    }  # fmt: skip
    for grade, (item, row) in sorted(gone.items()):
        values = {name: row[name] for name in ("name", "grade", "classes")} | {"seq": item.seq, "now": last.seq}
        yield Finding("register-dropped", Place(year, *grade), last.leaf, last.seq, values)


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
    """What was said of a year after its rules stood, or anew before: shown, whatever it changes (Y1)."""
    book = material.view.book
    for item in book.years.get(year, []):
        if item is not book.rules(year):
            values = {"seq": item.seq, "day": day_of(item.time)}
            yield Finding("rules-changed", Place(year), item.leaf, item.seq, values)


def filings(material: Material, year: int) -> Iterator[Finding]:
    """What schools filed before the draw, and what was drawn (S10). Nothing is asked of a year that nobody opened."""
    if year not in material.view.book.years:
        return
    for (school, grade), attempt in sorted(valid_draws(material, year, CLASSES).items()):
        place, session = Place(year, school, grade), material.view.sessions[attempt.session]
        known = [
            one for one in material.view.book.filings.get((year, school, grade), [])
            if one.asked.time <= session.header_time
        ]  # fmt: skip
        for one in material.view.book.filings.get((year, school, grade), [])[len(known) :]:
            yield Finding("filed-again", place, one.asked.leaf, one.asked.seq, {"seq": one.asked.seq})
        if not known:
            yield Finding("not-filed", place)
            continue
        filed = next((one for one in reversed(known) if one.answer and one.answer.time <= session.header_time), None)
        if filed is None:
            yield Finding("filing-open", place, entry=known[-1].asked.seq)
        asked = (filed or known[-1]).asked
        body = asked.body
        draw = next(d for d in session.frozen_header().draws if d.id == attempt.draw)
        if draw.frozen["students"] != body["students"]:
            values = {"filed": body["students"], "drawn": draw.frozen["students"]}
            yield Finding("students-differ", place, entry=asked.seq, values=values)
        if draw.classes != body["classes"]:
            values = {"filed": body["classes"], "drawn": draw.classes}
            yield Finding("classes-differ", place, entry=asked.seq, values=values)


# Teachers


def lots(material: Material, year: int) -> Iterator[Finding]:
    """Lots drawn by hand, each said to rest on its witnesses (ledger L23)."""
    for number, body in enumerate(material.view.lots):
        if body["year"] != year:
            continue
        values = {
            "year": year, "grade": body["grade"], "place": body["place"], "time": body["time"],
            "classes": len(body["rows"]), "witnesses": body["witnesses"], "document": body["document"],
            "rows": ", ".join(f"{of_class}:{lot}" for of_class, lot in body["rows"]),
        }  # fmt: skip
        place = Place(year, body["school"], body["grade"])
        yield Finding("lots", place, str(number), values=values)
        held = material.view.book.rules(year)
        if held and body["school"] in held.body["watched"] and not body["witnesses"].get("discipline"):
            yield Finding("discipline-missing", place, "lots")


def teachers(material: Material, year: int, lists: Lists) -> Iterator[Finding]:
    """Whether a class has the teacher that it got, or the one that an approved replacement put there (S4, S10)."""
    book = material.view.book
    if year not in book.years:
        return
    named = _named(material, year)
    for school, grade in sorted(valid_draws(material, year, CLASSES)):
        place = Place(year, school, grade)
        for item in book.replaced.get((year, school, grade), []):
            values = {"number": item.body["number"], "reason": item.body["reason"]}
            yield Finding("teacher-replaced", place, item.leaf, item.seq, values)
        shortlists, unfit = _shortlists(material, (year, school, grade))
        yield from unfit
        numbers = _numbers(material, year, (school, grade), lists, shortlists)
        if numbers is None:
            yield Finding("teachers-not-drawn", place)
            continue
        if unfit or not shortlists:
            continue  # who is expected cannot be said
        rows = shortlists[-1].teachers
        for of_class, names in sorted(named.get((school, grade), {}).items()):
            number = numbers.get(of_class, 0)
            expected = rows[number - 1].name if 1 <= number <= len(rows) else "—"
            if names != {expected}:
                yield Finding("teacher-differs", place, str(of_class), values={"number": of_class})


def _named(material: Material, year: int) -> dict[tuple[str, int], dict[int, set[str]]]:
    """School and grade -> class -> the teachers whom student registration names, from the last audit (Y5)."""
    found: dict[tuple[str, int], dict[int, set[str]]] = {}
    audits = [item for item in material.view.book.registrations if item.year == year]
    try:
        audit = material.audit(audits[-1].body["report"]) if audits else None
    except DataError:
        audit = None  # `registration` says so
    for row in audit["teachers"] if audit else ():
        found.setdefault((row["school"], row["grade"]), {}).setdefault(row["class"], set()).add(row["name"])
    return found


def _numbers(
    material: Material, year: int, grade: tuple[str, int], lists: Lists, shortlists: list[Shortlist]
) -> dict[int, int] | None:
    """Class -> number on the shortlist of the teacher that it got; None if teachers were not drawn."""
    by_hand = [body for body in material.view.lots if (body["year"], body["school"], body["grade"]) == (year, *grade)]
    attempt = valid_draws(material, year, TEACHERS).get(grade)
    if attempt is None:
        return dict(by_hand[-1]["rows"]) if by_hand else None
    drawn = lists.get((attempt.session, attempt.draw), {})
    numbers: dict[int, int] = {}
    # Whoever was drawn keeps the number, also when replaced: every list that was in force is looked through.
    for shortlist in shortlists:
        for number, row in enumerate(shortlist.teachers, 1):
            if row.nullifier in drawn:
                numbers[drawn[row.nullifier]] = number
    return numbers


def _shortlists(material: Material, grade: Grade) -> tuple[list[Shortlist], list[Finding]]:
    """Every shortlist that was in force, in order; and those that are gone, altered, or not as their entry says."""
    book, place = material.view.book, Place(*grade)
    filed = [one.asked for one in book.filings.get(grade, []) if one.answer]
    found: list[Shortlist] = []
    unfit = []
    for item in sorted((*filed, *book.replaced.get(grade, [])), key=lambda item: item.seq):
        try:
            shortlist = material.shortlist(str(item.body["shortlist"]))
        except DataError:
            shortlist = None
        if shortlist is None:
            unfit.append(Finding("shortlist-missing", place, item.leaf, item.seq, {"seq": item.seq}))
            continue
        if not _is_as_entered(shortlist, item, found):
            unfit.append(Finding("shortlist-differs", place, item.leaf, item.seq, {"seq": item.seq}))
        found.append(shortlist)
    return found, unfit


def _is_as_entered(shortlist: Shortlist, item: Item, before: list[Shortlist]) -> bool:
    """Whether a list is of the grade and number that its entry says, and a replacement changes that one row (Y3)."""
    if (shortlist.year, shortlist.school, shortlist.grade) != item.grade:
        return False
    if "number" not in item.body:
        return len(shortlist.teachers) == int(item.body["teachers"])
    try:
        return not before or before[-1].changed_row(shortlist) == int(item.body["number"])
    except DataError:
        return False


# Moves and registration


def children(
    material: Material, year: int, lists: Lists, before: Item | None = None
) -> tuple[dict[ChildPlace, Child], list[Misfit]]:
    """Where every child of the year stands, or stood `before` an entry, by draws that count and approved moves (Y4)."""
    placed = []
    for session, draw in counted(material.view, year):
        item = session.plan.draws[draw]
        if before is None or session.published_time <= before.time:
            placed.append((item.school, item.grade, lists.get((session.id, draw), {})))
    approvals = [
        pair for pair in material.view.book.approvals
        if pair[0].year == year and (before is None or pair[1].seq < before.seq)
    ]  # fmt: skip
    return standing(placed, approvals)


def amendments(material: Material, year: int, misfits: list[Misfit], *, known: bool) -> Iterator[Finding]:
    """Requests nobody approved, approvals that fit nobody, departures in the first term (S8, S16)."""
    book = material.view.book
    for answered in book.requests.values():
        request = answered.asked
        if request.year != year:
            continue
        _year, school, grade = request.grade
        place = Place(year, school, grade)
        leaving = sum(move[2] == OUTSIDE for move in request.body["moves"])
        if answered.answer is None:
            values = {"kind": request.body["kind"], "number": len(request.body["moves"])}
            yield Finding("request-open", place, request.leaf, request.seq, values)
        elif leaving and _in_term(material, year, day_of(answered.answer.time)):
            yield Finding("left-in-term", place, request.leaf, answered.answer.seq, {"number": leaving})
    for misfit in misfits if known else ():
        _year, school, grade = misfit.request.grade
        subject = f"{misfit.request.leaf[:16]}-{misfit.nullifier[:16]}"
        yield Finding("amendment-misfit", Place(year, school, grade), subject, misfit.approval.seq)


def _in_term(material: Material, year: int, day: date) -> bool:
    held = material.view.book.rules(year)
    if held is None:
        return False
    first, last = (date.fromisoformat(text) for text in held.body["term"])
    return first <= day <= last


def registration(material: Material, year: int, lists: Lists, *, known: bool) -> Iterator[Finding]:
    """The bureau's audit of student registration: there, as the ledger says, and what differs (S13, Y5).

    Whether it has the export right only another export can tell; that it is complete and has every child where it
    stood then is looked at here, if the class lists are `known`.
    """
    book = material.view.book
    audits = [item for item in book.registrations if item.year == year]
    if not audits:
        if year in book.years and valid_draws(material, year, CLASSES):
            yield Finding("not-audited", Place(year))
        return
    item = audits[-1]
    try:
        audit = material.audit(item.body["report"])
    except DataError as error:
        yield Finding("audit-differs", Place(year), entry=item.seq, values={"detail": error.text.zh.rstrip("。")})
        return
    if audit is None:
        yield Finding("audit-missing", Place(year), entry=item.seq)
        return
    if audit["schools"] != item.body["schools"]:
        yield Finding("audit-differs", Place(year), entry=item.seq, values={"detail": "numbers"})
    if known:
        then, _misfits = children(material, year, lists, item)
        yield from _against(year, audit, then, item)
    yield from differences(year, audit["rows"], item)


def _against(year: int, audit: Mapping[str, Any], then: Mapping[ChildPlace, Child], item: Item) -> Iterator[Finding]:
    """Every row of an audit beside where the child stood, and every child that has no row among the same ones."""
    rows = {(row["nullifier"], row["school"], row["grade"]): row for row in audit["rows"]}
    for place, row in rows.items():
        child = then.get(place, Child(OUTSIDE, OUTSIDE))
        if (row["drawn"], row["standing"]) != (child.drawn, child.standing):
            yield Finding("audit-differs", Place(year, *place[1:]), place[0], item.seq, {"detail": row["kind"]})
    # A child without a row is counted as the same: it stands where it was drawn, or its move was left out.
    rest = [(place, child) for place, child in then.items() if place not in rows]
    same = Counter(place[1:] for place, child in rest if child.standing == child.drawn)
    for place in (place for place, child in rest if child.standing != child.drawn):
        yield Finding("audit-differs", Place(year, *place[1:]), place[0], item.seq, {"detail": "amended"})
    for school in audit["schools"]:
        grade = (school["school"], school["grade"])
        if school["same"] != same[grade]:
            yield Finding("audit-differs", Place(year, *grade), "same", item.seq, {"detail": "same"})


def own_registration(material: Material, year: int) -> Iterator[Finding]:
    """The inspector's own export: what differs, and whether the bureau's audit of that very file says the same."""
    try:
        audit = material.own_audit(year)
    except DrawError as error:
        yield Finding("export-unreadable", Place(year), values={"detail": error.text.zh})
        return
    if audit is None:
        return
    value: Any = decode(audit.encode())
    entered = [item for item in material.view.book.registrations if item.year == year]
    item = entered[-1] if entered else None
    if item is not None and item.body["export"] == audit.export and item.body["schools"] != value["schools"]:
        yield Finding("audit-differs", Place(year), "export", item.seq, {"detail": "export"})
    yield from differences(year, value["rows"], None)


def differences(year: int, rows: list[Mapping[str, Any]], item: Item | None) -> Iterator[Finding]:
    """A finding for every child that is not where it stands, without its name."""
    for row in rows:
        if row["kind"] in AUDIT_KINDS:
            values = {"standing": row["standing"], "found": row["found"]}
            place = Place(year, row["school"], row["grade"])
            entry = item.seq if item else -1
            yield Finding(AUDIT_KINDS[row["kind"]], place, row["nullifier"], entry, values)


# Complaints


def complaints(material: Material, year: int, today: date) -> Iterator[Finding]:
    """Complaints not decided in time; `today` is the day in China of the ledger's last entry, or the inspection's."""
    for answered in material.view.book.complaints.values():
        item = answered.asked
        if item.year != year:
            continue
        due = date.fromisoformat(item.body["due"])
        place = Place(year, item.body["school"], item.body["grade"])
        subject, values = item.body["complaint"], {"complaint": item.body["complaint"], "due": item.body["due"]}
        longest = _longest(material, item)
        if longest is not None and due > longest:
            yield Finding("complaint-term", place, subject, item.seq, values | {"longest": longest})
            due = longest
        if answered.answer is None and today > due:
            yield Finding("complaint-open", place, subject, item.seq, values)
        elif answered.answer is not None and day_of(answered.answer.time) > due:
            yield Finding("complaint-late", place, subject, answered.answer.seq, values)


def _longest(material: Material, item: Item) -> date | None:
    """The last day that a complaint's term may have: it came on the day of its entry at the latest (Y6)."""
    held = material.view.book.rules(item.year)
    return day_of(item.time) + timedelta(days=held.body["complaint_days"]) if held else None
