"""Student registration against the classes: the bureau's audits, and the inspectors' own export (spec/year.md Y5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledger.canonical import decode, encode
from verifiable_draw.entries import CLASSES
from verifiable_draw.errors import DataError, DrawError
from verifiable_draw.inspection.children import children
from verifiable_draw.inspection.finding import Finding, Place
from verifiable_draw.inspection.material import Material
from verifiable_draw.inspection.register import valid_draws
from verifiable_draw.inspection.sessions import Lists
from verifiable_draw.inspection.teachers import named_otherwise
from verifiable_draw.year.audit import Audit
from verifiable_draw.year.book import Item
from verifiable_draw.year.standing import OUTSIDE, Child
from verifiable_draw.year.standing import Place as ChildPlace

KINDS = {"moved": "class-changed", "missing": "child-missing", "extra": "child-extra", "double": "child-double"}
SHOWN, LONGEST = 5, 800  # problems and characters of an export's refusal that a finding has
SAID_TWICE = ("export", "schools", "students")  # fields that the entry and its file both have


def registration(material: Material, year: int, lists: Lists, *, sure: bool) -> Iterator[Finding]:
    """The bureau's audits of student registration: there, as the ledger says, and what differs (S13, Y5).

    Whether an audit has the export right only another export can tell; that it is complete and has every child where
    it stood then is looked at here, if the class lists are `sure`. The last audit that can be read says what differs;
    what an earlier one said and that one does not is to be answered.
    """
    book = material.view.book
    items = [item for item in book.registrations if item.year == year]
    if not items:
        if year in book.years and valid_draws(material, year, CLASSES):
            yield Finding("not-audited", Place(year))
        return
    said: list[tuple[Item, Mapping[str, Any], list[Finding]]] = []
    for item in items:
        try:
            audit = material.audit(item.body["report"])
        except DataError as error:
            values = {"detail": error.text.zh.rstrip("。")}
            yield Finding("audit-differs", Place(year), _subject(item, items), item.seq, values)
            continue
        if audit is None:
            yield Finding("audit-missing", Place(year), _subject(item, items), item.seq)
            continue
        same = all(audit[name] == item.body[name] for name in SAID_TWICE) and audit["year"] == year
        if not same or len(encode(audit)) != item.body["size"]:
            yield Finding("audit-differs", Place(year), _subject(item, items), item.seq, {"detail": "numbers"})
        if sure:
            then, _misfits = children(material, year, lists, item.seq)
            yield from _against(year, audit, then, item)
        said.append((item, audit, list(differences(year, audit["rows"], item))))
    if said:
        # The last one that can be read: a file that is lost hides nothing that an earlier one has found.
        item, audit, found = said[-1]
        yield from found
        yield from named_otherwise(material, year, lists, audit["teachers"], item.seq)
        yield from _corrected(year, [(item, {one.id for one in found}) for item, _audit, found in said])


def _subject(item: Item, items: Sequence[Item]) -> str:
    """The last audit of a year is the year's; earlier ones are known by their leaf."""
    return "" if item is items[-1] else item.leaf


def _corrected(year: int, said: Sequence[tuple[Item, set[str]]]) -> Iterator[Finding]:
    """Children with whom an earlier audit found something wrong and the last one nothing: corrected, or hidden."""
    for item, ids in said[:-1]:
        gone = ids - said[-1][1]
        if gone:
            values = {"number": len(gone), "seq": item.seq, "now": said[-1][0].seq}
            yield Finding("audit-corrected", Place(year), item.leaf, item.seq, values)


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


def own_registration(material: Material, year: int, lists: Lists, *, sure: bool) -> Iterator[Finding]:
    """The inspectors' own export: what differs, and whether the bureau's audit of that very file says the same."""
    if not material.exports or not valid_draws(material, year, CLASSES):
        return
    if not sure:
        yield Finding("export-not-compared", Place(year))
        return
    try:
        audit = material.own_audit(year)
    except DrawError as error:
        values = {"detail": _one_line(error.text.zh), "detail_en": _one_line(error.text.en)}
        yield Finding("export-unreadable", Place(year), values=values)
        return
    if audit is None:
        return
    value: Any = decode(audit.encode())
    entered = [item for item in material.view.book.registrations if item.year == year]
    item = entered[-1] if entered else None
    if item is not None and item.body["export"] == audit.export and item.body["schools"] != value["schools"]:
        yield Finding("audit-differs", Place(year), "export", item.seq, {"detail": "export"})
    absent = _absent(audit)
    for school, grade in sorted(absent):
        yield Finding("export-without", Place(year, school, grade))
    rows = [row for row in value["rows"] if (row["school"], row["grade"]) not in absent]
    yield from differences(year, rows, None)
    yield from named_otherwise(material, year, lists, value["teachers"], absent=absent)


def _absent(audit: Audit) -> set[tuple[str, int]]:
    """Schools' grades of which the export has no child at all: it was not of the whole county."""
    there = {(row.school, row.grade) for row in audit.rows if row.found}
    return {(row.school, row.grade) for row in audit.rows} - there


def _one_line(words: str) -> str:
    """The beginning of a list of problems: all of them are read by whoever mends the export, not in a report."""
    parts = [part.strip(" ·") for part in words.splitlines() if part.strip()]
    line = "；".join(parts[:SHOWN])
    return f"{line[:LONGEST]}{'……' if len(parts) > SHOWN or len(line) > LONGEST else ''}"


def differences(year: int, rows: Sequence[Mapping[str, Any]], item: Item | None) -> Iterator[Finding]:
    """A finding for every child that is not where it stands, without its name."""
    for row in rows:
        if row["kind"] in KINDS:
            values = {"standing": row["standing"], "found": row["found"]}
            place = Place(year, row["school"], row["grade"])
            entry = item.seq if item else -1
            yield Finding(KINDS[row["kind"]], place, row["nullifier"], entry, values)
