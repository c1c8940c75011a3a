"""Which teacher got which class: lots, draws, replacements, and whom student registration names (spec/year.md Y7)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ledger.canonical import parse_time, short_code
from verifiable_draw.entries import CLASSES, TEACHERS
from verifiable_draw.errors import DataError
from verifiable_draw.inspection.finding import Finding, Place
from verifiable_draw.inspection.material import Material
from verifiable_draw.inspection.register import classes_drawn, valid_draws
from verifiable_draw.inspection.sessions import Lists
from verifiable_draw.year.book import CHINA, Grade, Item
from verifiable_draw.year.shortlist import Shortlist, folded
from verifiable_draw.year.standing import NEVER

Named = Mapping[tuple[str, int], Mapping[int, set[str]]]
"""School and grade -> class -> the teachers whom an export of student registration names."""
InForce = tuple[Item, Shortlist]
"""An approved filing or a replacement, and the list that it brought."""


def lots(material: Material, year: int) -> Iterator[Finding]:
    """Lots drawn by hand, each said to rest on its witnesses (ledger L23); once, of as many classes, from a list."""
    drawn = classes_drawn(material, year)
    seen: set[tuple[str, int]] = set()
    for number, item in enumerate(material.view.book.lots):
        body = item.body
        if body["year"] != year:
            continue
        values = {
            "year": year, "grade": body["grade"], "place": body["place"],
            "time": parse_time(body["time"]).astimezone(CHINA).strftime("%Y-%m-%d %H:%M"),
            "classes": len(body["rows"]), "witnesses": body["witnesses"],
            "code": short_code(bytes.fromhex(body["document"])),
            "rows": ", ".join(f"{of_class}:{lot}" for of_class, lot in body["rows"]),
        }  # fmt: skip
        grade = (body["school"], body["grade"])
        place = Place(year, *grade)
        yield Finding("lots", place, str(number), item.seq, values)
        held = material.view.book.rules(year)
        if held and body["school"] in held.body["watched"] and not body["witnesses"].get("discipline"):
            yield Finding("discipline-missing", place, "lots")
        if grade in seen:
            yield Finding("lots-again", place, item.leaf, item.seq, {"seq": item.seq})
        seen.add(grade)
        approved = [one.answer.seq for one in material.view.book.filings.get((year, *grade), []) if one.answer]
        if approved and item.seq < min(approved):
            yield Finding("lots-early", place, item.leaf, item.seq, {"seq": item.seq})
        if drawn.get(grade, len(body["rows"])) != len(body["rows"]):
            values = {"classes": len(body["rows"]), "drawn": drawn[grade]}
            yield Finding("lots-differ", place, item.leaf, item.seq, values)


def teachers(material: Material, year: int, lists: Lists) -> Iterator[Finding]:
    """Whether every grade's teachers were drawn, from lists that are as entered, and who was replaced (S4, S10)."""
    book = material.view.book
    if year not in book.years:
        return
    for grade in sorted(valid_draws(material, year, CLASSES)):
        place = Place(year, *grade)
        for item in book.replaced.get((year, *grade), []):
            values = {"number": item.body["number"], "reason": item.body["reason"]}
            yield Finding("teacher-replaced", place, item.leaf, item.seq, values)
        in_force, unfit = _in_force(material, (year, *grade))
        yield from unfit
        yield from _returned(in_force, place)
        if _numbers(material, year, grade, lists, in_force) is None:
            yield Finding("teachers-not-drawn", place)


def named_otherwise(
    material: Material,
    year: int,
    lists: Lists,
    named: Sequence[Mapping[str, Any]],
    before: int = NEVER,
    absent: Collection[tuple[str, int]] = (),
) -> Iterator[Finding]:
    """Teachers whom an export names, beside those whom the classes got by what the ledger said `before` an entry.

    `absent`: grades that the export does not have.
    """
    if year not in material.view.book.years:
        return
    found = _by_class(named)
    unnamed = 0
    for grade in sorted(valid_draws(material, year, CLASSES).keys() - set(absent)):
        in_force, unfit = _in_force(material, (year, *grade))
        numbers = _numbers(material, year, grade, lists, in_force)
        then = [shortlist for item, shortlist in in_force if item.seq < before]
        if numbers is None or unfit or not then:
            continue  # who is expected cannot be said
        rows, classes = then[-1].teachers, found.get(grade, {})
        unnamed += len(numbers.keys() - classes.keys())
        for of_class, names in sorted(classes.items()):
            number = numbers.get(of_class, 0)
            expected = rows[number - 1].name if 1 <= number <= len(rows) else "—"
            if {folded(name) for name in names} != {folded(expected)}:
                yield Finding("teacher-differs", Place(year, *grade), str(of_class), values={"number": of_class})
    if unnamed:
        yield Finding("teachers-unnamed", Place(year), values={"number": unnamed})


def _by_class(rows: Sequence[Mapping[str, Any]]) -> Named:
    found: dict[tuple[str, int], dict[int, set[str]]] = {}
    for row in rows:
        found.setdefault((row["school"], row["grade"]), {}).setdefault(row["class"], set()).add(row["name"])
    return found


def _numbers(
    material: Material, year: int, grade: tuple[str, int], lists: Lists, in_force: Sequence[InForce]
) -> dict[int, int] | None:
    """Class -> number on the shortlist of the teacher that it got; None if teachers were not drawn."""
    by_hand = [body for body in material.view.lots if (body["year"], body["school"], body["grade"]) == (year, *grade)]
    attempt = valid_draws(material, year, TEACHERS).get(grade)
    if attempt is None:
        return dict(by_hand[-1]["rows"]) if by_hand else None
    drawn = lists.get((attempt.session, attempt.draw), {})
    numbers: dict[int, int] = {}
    # Whoever was drawn keeps the number, also when replaced: every list that was in force is looked through.
    for _item, shortlist in in_force:
        for number, row in enumerate(shortlist.teachers, 1):
            if row.nullifier in drawn:
                numbers[drawn[row.nullifier]] = number
    return numbers


def _in_force(material: Material, grade: Grade) -> tuple[list[InForce], list[Finding]]:
    """Every shortlist that was in force, in order; and those that are gone, altered, or not as their entry says."""
    book, place = material.view.book, Place(*grade)
    filed = [one.asked for one in book.filings.get(grade, []) if one.answer]
    found: list[InForce] = []
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
        found.append((item, shortlist))
    return found, unfit


def _is_as_entered(shortlist: Shortlist, item: Item, before: Sequence[InForce]) -> bool:
    """Whether a list is of the grade and number that its entry says, and a replacement changes that one row (Y3)."""
    if (shortlist.year, shortlist.school, shortlist.grade) != item.grade:
        return False
    if "number" not in item.body:
        return len(shortlist.teachers) == int(item.body["teachers"])
    try:
        return not before or before[-1][1].changed_row(shortlist) == int(item.body["number"])
    except DataError:
        return False


def _returned(in_force: Sequence[InForce], place: Place) -> Iterator[Finding]:
    """A replacement by somebody who stood on the list before under another number: so two can change classes."""
    stood: dict[str, int] = {}
    for item, shortlist in in_force:
        if "number" not in item.body:
            stood = {}  # a new filing before the draw gives everybody a number anew
        for number, row in enumerate(shortlist.teachers, 1):
            if stood.setdefault(folded(row.name), number) != number:
                values = {"seq": item.seq, "number": number, "before": stood[folded(row.name)]}
                yield Finding("teacher-returned", place, item.leaf, item.seq, values)
                stood[folded(row.name)] = number
