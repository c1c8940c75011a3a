"""The report of an inspection: the file whose hash is entered, and its sentences (spec/year.md Y9)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ledger.canonical import decode, encode
from ledger.entry import Entry
from verifiable_draw.entries import BODIES, CLASSES
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.inspection.finding import Finding
from verifiable_draw.inspection.kinds import NOTE, SEVERITIES
from verifiable_draw.inspection.running import Inspection
from verifiable_draw.replay import View
from verifiable_draw.room import Room
from verifiable_draw.schema import lines
from verifiable_draw.texts import text
from verifiable_draw.year.shelves import INSPECTORS, keep
from verifiable_draw.year.standing import counted

STAYS = 3  # years that a finding stays (S18)
MOST = 400  # findings that an entry lists
ANY_YEAR = 0


def of_year(inspection: Inspection, year: int) -> list[Finding]:
    """Findings of a year, and those of the ledger as a whole."""
    return [one for one in inspection.findings if one.place.year in (year, ANY_YEAR)]


def earlier(view: View, year: int, now: list[Finding]) -> list[dict[str, Any]]:
    """Findings of inspections before that nobody closed, for three years, and that are not found anew (Y8)."""
    found: dict[str, dict[str, Any]] = {}
    again = {one.id for one in now}
    for item in view.book.inspections:
        if not year - STAYS <= item.year <= year:
            continue
        for row in item.body["findings"]:
            if row["id"] not in view.book.closed and row["id"] not in again and row["severity"] != NOTE:
                found[row["id"]] = {"entry": item.seq, "year": item.year, **row}
    return [found[name] for name in sorted(found)]


def report_file(inspection: Inspection, view: View, year: int) -> bytes:
    """Canonical bytes of the report of one year."""
    if year not in inspection.years:
        raise UsageError("inspect.other_year", year=year)
    now = of_year(inspection, year)
    rows = [one for one in inspection.draws if one["year"] == year]
    value = {
        "findings": [one.json(number) | {"closed": _closed(view, one)} for number, one in enumerate(now, 1)],
        "ledger": {"origin": inspection.origin, "root": inspection.root, "size": inspection.entries},
        "standing": earlier(view, year, now),
        "statistics": [row for row in rows if row["chances"]],
        "summary": _summary(inspection, view, year, now, rows),
        "year": year,
    }
    return encode(value)


def _closed(view: View, finding: Finding) -> int:
    """Number of the entry that closed a finding which is found again; −1 if none did."""
    item = view.book.closed.get(finding.id)
    return item.seq if item else -1


def _register(view: View, year: int) -> list[dict[str, Any]]:
    """Every grade of the year's register, and whether a draw of it counts."""
    drawn = {
        (item.school, item.grade)
        for session, draw in counted(view, year)
        if (item := session.plan.draws[draw]).kind == CLASSES
    }
    rows = view.registers.get(year, {"schools": []})["schools"]
    return [{**row, "drawn": (row["school"], row["grade"]) in drawn} for row in rows]


def _summary(
    inspection: Inspection, view: View, year: int, now: list[Finding], rows: list[dict[str, Any]]
) -> dict[str, Any]:
    counts = Counter(one.severity for one in now)
    return {
        "bureau": view.bureau,
        "checkpoints": inspection.figures.checkpoints,
        "cosignatures": inspection.figures.cosignatures,
        "day": inspection.day.isoformat(),
        "draws": rows,
        "material": brought(inspection, rows),
        "register": _register(view, year),
        "sessions": [one for one in inspection.sessions if one["year"] == year],
        "severities": {name: counts[name] for name in SEVERITIES},
        "signatures": inspection.signatures,
        "time": view.time,
        "types": dict(sorted(Counter(one.type for one in now).items())),
    }


def brought(inspection: Inspection, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What the inspectors had, and of how many of these draws they could open the sealed roster."""
    return {**inspection.brought, "draws": len(rows), "opened": sum(bool(row["opened"]) for row in rows)}


def enter(room: Room, inspection: Inspection, year: int, data: bytes) -> Entry:
    """Keep a year's report `data` and enter it as it stands there; UsageError if it lists more than an entry can.

    Notes are in the report and not in the entry: nobody has to close them. The ledger may have gone on meanwhile; the
    entry says how far it was read.
    """
    if room.store.root_at(inspection.entries).hex() != inspection.root:
        raise UsageError("inspect.moved")
    value: Any = decode(data)
    ledger = {"origin": inspection.origin, "root": inspection.root, "size": inspection.entries}
    if (value["ledger"], value["year"]) != (ledger, year):
        raise UsageError("inspect.moved")
    listed = {one["id"]: one for one in value["findings"] if one["severity"] != NOTE}
    if len(listed) > MOST:
        raise UsageError("inspection.too_many", number=len(listed))
    body = {
        "findings": [
            {"id": name, "school": one["school"], "severity": one["severity"], "type": one["type"]}
            for name, one in sorted(listed.items())
        ],
        "report": keep(room, INSPECTORS, data),
        "size": len(data),
        "through": inspection.entries,
        "year": year,
    }
    problems = BODIES["inspection"](body, "")
    if problems:
        raise DataError("entry.malformed", detail=lines(problems))
    return room.operate("", "inspection", body)


def sha256(data: bytes) -> str:
    """Of a report, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def plain(inspection: Inspection) -> str:
    """Everything as text, Chinese first."""
    head = text(
        "inspection.head", origin=inspection.origin, entries=inspection.entries, signatures=inspection.signatures,
        checkpoints=inspection.figures.checkpoints, cosignatures=inspection.figures.cosignatures,
    )  # fmt: skip
    material = text("inspection.brought", day=inspection.day, **brought(inspection, inspection.draws))
    out = [head.zh, head.en, material.zh, material.en, ""]
    for one in inspection.sessions:
        kinds = one["kinds"]
        row = text(
            "inspection.session", session=one["session"], state=one["state"], draws=one["draws"],
            covered=sum(one["covered"].values()), rehearsal="（演练 rehearsal）" if one["rehearsal"] else "",
            kinds="，".join(f"{text(f'kind.{kind}').zh} {n}" for kind, n in kinds.items()) or "—",
            kinds_en=", ".join(f"{text(f'kind.{kind}').en} {n}" for kind, n in kinds.items()) or "—",
        )  # fmt: skip
        out += [row.zh, row.en]
    for severity in SEVERITIES:
        rows = [one for one in inspection.findings if one.severity == severity]
        title = text(f"inspection.{severity}", number=len(rows))
        out += ["", f"{title.zh} / {title.en}"]
        for finding in rows:
            place = finding.place
            where = " ".join(str(part) for part in (place.year, place.session, place.school, place.grade) if part)
            out += [
                f"  [{finding.type}] [{where}] {finding.words.zh}",
                f"      {finding.words.en}",
                f"      {finding.kind.plan}  id {finding.id}",
            ]
    return "\n".join(out) + "\n"
