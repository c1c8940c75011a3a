"""What was to be answered: complaints in their terms, and what earlier inspections entered (spec/year.md Y6, Y8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from ledger.canonical import EncodingError, decode
from verifiable_draw.errors import DataError
from verifiable_draw.inspection.finding import Finding, Place
from verifiable_draw.inspection.kinds import NOTE
from verifiable_draw.inspection.material import Material
from verifiable_draw.year.book import Item, day_of


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


def inspections(material: Material, year: int) -> Iterator[Finding]:
    """Inspections of the year that were entered: the report is there, and the entry lists what it found."""
    for item in material.view.book.inspections:
        if item.year != year:
            continue
        place = Place(year)
        try:
            data = material.report(item.body["report"])
            if data is None:
                yield Finding("inspection-missing", place, item.leaf, item.seq, {"seq": item.seq})
                continue
            same = _says(decode(data)) == _says({**item.body, "ledger": {"size": item.body["through"]}})
            same = same and len(data) == item.body["size"]
        except (DataError, EncodingError, KeyError, TypeError):
            same = False
        if not same:
            yield Finding("inspection-differs", place, item.leaf, item.seq, {"seq": item.seq})


def _says(value: Any) -> tuple[set[tuple[Any, ...]], int, int]:  # noqa: ANN401 - a report, or an entry as one
    """What the entry of an inspection and its report both say: findings that are no notes, year, size of the ledger."""
    rows = [one for one in value["findings"] if one["severity"] != NOTE]
    listed = {(one["id"], one["school"], one["severity"], one["type"]) for one in rows}
    return listed, value["year"], value["ledger"]["size"]
