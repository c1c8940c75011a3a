"""What was to be done in a year and what was: register, filings, teachers, moves, registration, complaints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ledger.canonical import decode
from verifiable_draw.entries import CLASSES, TEACHERS
from verifiable_draw.errors import DataError, DrawError
from verifiable_draw.inspection.finding import Finding, Place
from verifiable_draw.inspection.material import Material
from verifiable_draw.inspection.sessions import Lists
from verifiable_draw.values import Attempt
from verifiable_draw.year import acts
from verifiable_draw.year.book import Item
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
    for item in material.view.registers.get(year, {"schools": []})["schools"]:
        grade = (item["school"], item["grade"])
        place = Place(year, *grade)
        values = {"name": item["name"], "grade": item["grade"], "year": year}
        if item["classes"] == 1:
            yield Finding("exempt", place, values=values)
        elif grade not in drawn:
            yield Finding("rehearsed-only" if grade in rehearsed else "not-drawn", place, values=values)


def filings(material: Material, year: int) -> Iterator[Finding]:
    """What schools filed: there, approved, and what was drawn (S10). Nothing is asked of a year that nobody opened."""
    if year not in material.view.book.years:
        return
    for (school, grade), attempt in sorted(valid_draws(material, year, CLASSES).items()):
        place = Place(year, school, grade)
        filed = material.view.book.filing((year, school, grade))
        if filed is None:
            yield Finding("not-filed", place)
            continue
        if filed.answer is None:
            yield Finding("filing-open", place, entry=filed.asked.seq)
        body = filed.asked.body
        draw = next(d for d in material.view.sessions[attempt.session].frozen_header().draws if d.id == attempt.draw)
        if draw.frozen["students"] != body["students"]:
            values = {"filed": body["students"], "drawn": draw.frozen["students"]}
            yield Finding("students-differ", place, entry=filed.asked.seq, values=values)
        if draw.classes != body["classes"]:
            values = {"filed": body["classes"], "drawn": draw.classes}
            yield Finding("classes-differ", place, entry=filed.asked.seq, values=values)


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
        opened = material.view.book.years.get(year)
        if opened and body["school"] in opened[-1].body["watched"] and not body["witnesses"].get("discipline"):
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
        numbers = _numbers(material, year, (school, grade), lists)
        if numbers is None:
            yield Finding("teachers-not-drawn", place)
            continue
        data = material.kept(book.shortlist((year, school, grade)))
        rows = Shortlist.parse(data).teachers if data else ()
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


def _numbers(material: Material, year: int, grade: tuple[str, int], lists: Lists) -> dict[int, int] | None:
    """Class -> number on the shortlist of the teacher that it got; None if teachers were not drawn."""
    by_hand = [body for body in material.view.lots if (body["year"], body["school"], body["grade"]) == (year, *grade)]
    attempt = valid_draws(material, year, TEACHERS).get(grade)
    if attempt is None:
        return dict(by_hand[-1]["rows"]) if by_hand else None
    drawn = lists.get((attempt.session, attempt.draw), {})
    numbers: dict[int, int] = {}
    for name in _shortlists(material, (year, *grade)):
        data = material.kept(name)
        for number, row in enumerate(Shortlist.parse(data).teachers if data else (), 1):
            if row.nullifier in drawn:
                numbers[drawn[row.nullifier]] = number
    return numbers


def _shortlists(material: Material, grade: tuple[int, str, int]) -> list[str]:
    """Every shortlist that was in force: whoever was drawn keeps the number, also when replaced."""
    book = material.view.book
    filed = [one.asked for one in book.filings.get(grade, []) if one.answer]
    return [str(item.body["shortlist"]) for item in (*filed, *book.replaced.get(grade, []))]


# Moves and registration


def children(material: Material, year: int, lists: Lists) -> tuple[dict[ChildPlace, Child], list[Misfit]]:
    """Where every child of the year stands, from draws that count and approved moves (Y4)."""
    placed = []
    for session, draw in counted(material.view, year):
        item = session.plan.draws[draw]
        placed.append((item.school, item.grade, lists.get((session.id, draw), {})))
    approvals = [pair for pair in material.view.book.approvals if pair[0].year == year]
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
        elif leaving and _in_term(material, year, acts.day_of(answered.answer.time)):
            yield Finding("left-in-term", place, request.leaf, answered.answer.seq, {"number": leaving})
    for misfit in misfits if known else ():
        _year, school, grade = misfit.request.grade
        subject = f"{misfit.request.leaf[:16]}-{misfit.nullifier[:16]}"
        yield Finding("amendment-misfit", Place(year, school, grade), subject, misfit.approval.seq)


def _in_term(material: Material, year: int, day: date) -> bool:
    opened = material.view.book.years.get(year)
    if not opened:
        return False
    first, last = (date.fromisoformat(text) for text in opened[-1].body["term"])
    return first <= day <= last


def registration(material: Material, year: int, now: Mapping[ChildPlace, Child], *, known: bool) -> Iterator[Finding]:
    """The bureau's audit of student registration: there, as the ledger says, and what differs (S13, Y5)."""
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
    if audit["schools"] != item.body["schools"] or not _counts(audit):
        yield Finding("audit-differs", Place(year), entry=item.seq, values={"detail": "numbers"})
    for row in audit["rows"]:
        place = (row["nullifier"], row["school"], row["grade"])
        child = now.get(place, Child(OUTSIDE, OUTSIDE))
        # What was approved after the audit moves a child that the audit has where it stood before.
        before = any(pair[1].seq >= audit["through"] and pair[1].leaf == child.reason for pair in book.approvals)
        if known and not before and (row["drawn"], row["standing"]) != (child.drawn, child.standing):
            values = {"detail": row["kind"]}
            yield Finding("audit-differs", Place(year, place[1], place[2]), row["nullifier"], item.seq, values)
    yield from differences(year, audit["rows"], item)


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


def _counts(audit: Mapping[str, Any]) -> bool:
    """Whether the numbers of an audit are those of its rows."""
    for school in audit["schools"]:
        rows = [row for row in audit["rows"] if (row["school"], row["grade"]) == (school["school"], school["grade"])]
        for kind in ("amended", "double", "extra", "missing", "moved"):
            if sum(row["kind"] == kind for row in rows) != school[kind]:
                return False
    listed = {(school["school"], school["grade"]) for school in audit["schools"]}
    return all((row["school"], row["grade"]) in listed for row in audit["rows"])


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
        if answered.answer is None and today > due:
            yield Finding("complaint-open", place, subject, item.seq, values)
        elif answered.answer is not None and acts.day_of(answered.answer.time) > due:
            yield Finding("complaint-late", place, subject, answered.answer.seq, values)
