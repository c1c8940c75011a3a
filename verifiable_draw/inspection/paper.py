"""The inspection's report on paper: what inspectors hand in, made of the report file alone (spec/year.md Y7-Y10).

The report file counts; the paper says the same for people, with the years before beside it. No subject of a finding is
printed: some are nullifiers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from ledger.canonical import EncodingError, decode
from verifiable_draw.documents.pages import environment as base_environment
from verifiable_draw.documents.pdf import write_pdf
from verifiable_draw.documents.source import local_time
from verifiable_draw.errors import DataError
from verifiable_draw.feature_names import attribute_name, feature_name
from verifiable_draw.files import write_durable
from verifiable_draw.inspection import figures, kinds, pictures
from verifiable_draw.inspection.figures import Report, Year
from verifiable_draw.inspection.kinds import KINDS, NOTE, SEVERITIES
from verifiable_draw.inspection.report import report_file
from verifiable_draw.inspection.running import Inspection
from verifiable_draw.room import Room
from verifiable_draw.site.pages import two
from verifiable_draw.texts import catalogue, text
from verifiable_draw.year.shelves import INSPECTORS, kept

PLACES = {
    kinds.ALL: "all",
    kinds.BALANCED: "balanced",
    kinds.RANDOM: "random",
    kinds.PUBLIC: "public",
    kinds.STABLE: "stable",
    kinds.FILING: "filing",
    kinds.DRAWING: "drawing",
    kinds.TEACHERS: "teachers",
    kinds.REGISTRATION: "registration",
    kinds.SUPERVISION: "supervision",
    kinds.ACCOUNT: "account",
}
"""Places in the county plan -> the texts `paper.place.*`."""
GRAVEST = 6  # kinds of findings that the summary names: more and it is not one page
LONGEST = 12  # sessions in the picture of times
SMALLEST = 20  # p values in the table
NAMED = 3  # schools named beside the widest spread
TRENDS = ("draws", "students", "late", "missing", "violations", "open", "covered", "least", "even", "widest")
_HASH = re.compile(r"[0-9a-f]{64}")
_SHOWN = 16  # digits of a nullifier that a sentence may have


@dataclass(frozen=True, slots=True)
class Row:
    """A finding as it is printed."""

    number: int
    id: str
    severity: str
    type: str
    place: str
    school: str
    name: str
    grade: int
    session: str
    year: int
    entry: int
    closed: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Gravest:
    """All findings of a type: the first one, and the numbers of all."""

    first: Row
    numbers: Sequence[int]


def render(data: bytes, before: Sequence[Report] = ()) -> bytes:
    """HTML of a report file; `before`: reports of other years, and earlier ones of this, oldest first."""
    report: Any = decode(data)
    names = _names([*before, report])
    rows = [_row(one, names) for one in report["findings"]]
    years = _years([*before, report], report["year"])
    page = (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            digest=hashlib.sha256(data).hexdigest(),
            now=years[-1],
            groups=[(severity, [row for row in rows if row.severity == severity]) for severity in SEVERITIES],
            gravest=_gravest(rows),
            most=GRAVEST,
            places=_places(rows),
            standing=_standing(report, before, names),
            features=figures.by_feature(report),
            sessions=report["summary"]["sessions"],
            tests=figures.tests(report),
            smallest=SMALLEST,
            named=NAMED,
            trends=[(name, [(one.year, *_trend(one, name)) for one in years]) for name in TRENDS],
            annex=list(_annex(report, rows)),
            **_pictures(report, years),
        )
    )
    return (page.rstrip() + "\n").encode()


def write(room: Room, inspection: Inspection, year: int, out: Path, *, pdf: bool = True) -> list[Path]:
    """Write a year's report as HTML and, if asked for, PDF beside its file; UsageError if this machine makes no PDF."""
    data = report_file(inspection, room.view, year)
    html = render(data, before(room, inspection, year))
    paths = [out / f"{year}.html"]
    write_durable(paths[0], html)
    if pdf:
        made = write_pdf(html, local_time(room.view.time)[:10])
        paths.append(out / f"{year}.pdf")
        write_durable(paths[-1], made)
    return paths


def before(room: Room, inspection: Inspection, year: int) -> list[Report]:
    """Reports that the ledger names, of this year and before, and what this inspection says of the years before."""
    found: list[Report] = []
    for item in room.view.book.inspections:
        data = _kept(room, item.body["report"]) if item.year <= year else None
        if data is not None:
            found += _readable(data)
    again = [decode(report_file(inspection, room.view, one)) for one in inspection.years if one < year]
    return [*found, *again]


def _kept(room: Room, name: str) -> bytes | None:
    """An earlier report; None if it is not here, or not what was entered."""
    try:
        return kept(room, INSPECTORS, name)
    except DataError:
        return None


def _readable(data: bytes) -> Iterator[Report]:
    """A report that has all that is counted: one of an older form is left out, its findings stand in the ledger."""
    try:
        value: Any = decode(data)
        figures.of_year(value)
    except (EncodingError, KeyError, TypeError):
        return
    yield value


@cache
def environment() -> Environment:
    """The template with the words and forms it needs."""
    made = base_environment("verifiable_draw.inspection").overlay()
    made.globals = {
        **made.globals,
        "two": two,
        "both": _both,
        "place": lambda name: f"paper.place.{PLACES[name]}",
        "length": length,
        "small": figures.small,
        "roles": figures.ROLES,
        "seconds": figures.seconds,
    }
    made.filters |= {
        "grade": _grade,
        "feature_en": lambda name: feature_name(name, "en"),
        "attribute_en": lambda name: attribute_name(name, "en"),
    }
    return made


def _both(zh: str, en: str) -> Markup:
    """Two texts as `two` writes them."""
    return Markup('<span lang="zh-CN">{}</span> <span class="en" lang="en">{}</span>').format(zh, en)


def _grade(number: int) -> str:
    key = f"doc.grade.{number}"
    return text(key).zh if key in catalogue() else text("paper.grade", number=number).zh


# Findings


def _names(reports: Sequence[Report]) -> dict[str, str]:
    """School -> name, the latest."""
    rows = (row for one in reports for part in ("draws", "register") for row in one["summary"][part])
    return {row["school"]: row["name"] for row in rows}


def _row(one: Mapping[str, Any], names: Mapping[str, str]) -> Row:
    subject = one["subject"]
    hidden = subject[:_SHOWN] if _HASH.fullmatch(subject) else ""
    zh, en = (one[key].replace(hidden, "……") if hidden else one[key] for key in ("evidence", "evidence_en"))
    return Row(
        one["number"], one["id"], one["severity"], one["type"], one["plan"], one["school"],
        names.get(one["school"], ""), one["grade"], one["session"], one["year"], one["entry"],
        one.get("closed", -1), zh, en,
    )  # fmt: skip


def _gravest(rows: Sequence[Row]) -> list[Gravest]:
    """Violations and open points by type, in the order of the specification's list: the ledger itself comes first."""
    order = list(KINDS)
    wanted = [row for row in rows if row.severity != NOTE]
    wanted.sort(key=lambda row: (SEVERITIES.index(row.severity), order.index(row.type), row.number))
    several = ([*same] for _type, same in groupby(wanted, lambda row: row.type))
    return [Gravest(same[0], [row.number for row in same]) for same in several]


def _places(rows: Sequence[Row]) -> list[tuple[str, list[int]]]:
    """Every place in the county plan: how many violations, open points and notes."""
    return [
        (name, [sum(row.place == name and row.severity == severity for row in rows) for severity in SEVERITIES])
        for name in PLACES
    ]


def _standing(report: Report, before: Sequence[Report], names: Mapping[str, str]) -> list[Row]:
    """Findings of earlier inspections that nobody closed, with their sentences where a report at hand has them."""
    known = {one["id"]: one for earlier in before for one in earlier["findings"]}
    rows = []
    for one in report["standing"]:
        kind = KINDS[one["type"]]
        words = text("paper.no_words")
        said = {
            "evidence": words.zh, "evidence_en": words.en, "grade": 0, "session": "", "subject": "",
            **known.get(one["id"], {}), **one, "number": 0, "plan": kind.plan,
        }  # fmt: skip
        rows.append(_row(said, names))
    return sorted(rows, key=lambda row: (SEVERITIES.index(row.severity), row.year, row.type, row.school, row.id))


def _annex(report: Report, rows: Sequence[Row]) -> Iterator[tuple[Mapping[str, Any], Any, int, list[int]]]:
    """Every registered grade: its row, the draw that counts, its widest spread (−1: none), its findings."""
    drawn = {(one["school"], one["grade"]): one for one in figures.counted(report) if one["kind"] == "classes"}
    for grade in sorted(report["summary"]["register"], key=lambda one: (one["school"], one["grade"])):
        key = (grade["school"], grade["grade"])
        draw = drawn.get(key)
        widest = max((spread for _name, spread in draw["spreads"]), default=-1) if draw else -1
        mine = [row.severity for row in rows if (row.school, row.grade) == key]
        yield grade, draw, widest, [mine.count(severity) for severity in SEVERITIES[:2]]


# Years, times and pictures


def _years(reports: Sequence[Report], last: int) -> list[Year]:
    """One year each, the latest report of it, up to `last`."""
    found = {one["year"]: one for one in reports if one["year"] <= last}
    return [figures.of_year(found[year]) for year in sorted(found)]


def _trend(one: Year, name: str) -> tuple[int, str]:
    """A value for a column, and how it is written."""
    if name == "covered":
        tenths = 10 * one.covered // one.sessions if one.sessions else 0
        return tenths, f"{tenths // 10}.{tenths % 10}"
    if name == "even":
        return (1000 * one.even // one.measured if one.measured else 0), f"{one.even}/{one.measured}"
    value = getattr(one, name)
    return value, str(value)


def length(seconds: int) -> tuple[str, str]:
    """A duration in words, in both languages; dashes if it is not known."""
    if seconds < 0:
        return "—", "—"
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        said = text("paper.days", days=days, hours=hour)
    elif hours:
        said = text("paper.hours", hours=hours, minutes=minute)
    elif minutes:
        said = text("paper.minutes", minutes=minute, seconds=second)
    else:
        said = text("paper.seconds", seconds=second)
    return said.zh, said.en


def _pictures(report: Report, years: Sequence[Year]) -> dict[str, Any]:
    held = figures.held(report)
    students = [one for one in held if "classes" in one["kinds"]]
    others = [one for one in held if "classes" not in one["kinds"]]
    return {
        "balance_chart": _balance_chart(report),
        "coverage_charts": [
            (key, _coverage_chart(key, rows)) for key, rows in (("students", students), ("others", others)) if rows
        ],
        "times_chart": _times_chart(held),
        "trend_charts": {
            name: pictures.columns(f"trend-{name}", _title(f"paper.trend.{name}"), [
                (str(one.year), *_trend(one, name)) for one in years
            ])
            for name in TRENDS
        },
    }  # fmt: skip


def _balance_chart(report: Report) -> Markup:
    def name(attribute: str) -> str:
        return feature_name(attribute) if attribute == "size" else "×".join(map(attribute_name, attribute.split("*")))

    rows = [(name(one.name), one.counts) for one in figures.by_attribute(report)]
    return pictures.stacked("balance", _title("paper.chart.balance"), _words("paper.spread"), rows)


def _coverage_chart(name: str, sessions: Sequence[Mapping[str, Any]]) -> Markup:
    """Roles that nobody had are shown if the county plan asks for them."""
    rows = [
        (text(f"role.{role}").zh, tuple(reversed(counts)))
        for role, counts in figures.coverage(sessions)
        if counts[0] < len(sessions) or (name == "students" and role in figures.ROLES[:4]) or role == "parent"
    ]
    return pictures.stacked(name, _title(f"paper.chart.{name}"), _words("paper.people")[::-1], rows)


def _times_chart(sessions: Sequence[Mapping[str, Any]]) -> tuple[int, Markup]:
    times = [(figures.seconds(one["times"]["header"], one["times"]["published"]), one["session"]) for one in sessions]
    longest = sorted((one for one in times if one[0] >= 0), key=lambda one: (-one[0], one[1]))[:LONGEST]
    rows = [(name, seconds, length(seconds)[0]) for seconds, name in longest]
    title = text("paper.chart.times", number=len(rows))
    return len(rows), pictures.lengths("times", f"{title.zh} / {title.en}", rows)


def _title(key: str) -> str:
    row = text(key)
    return f"{row.zh} / {row.en}"


def _words(key: str) -> list[str]:
    return [_title(f"{key}.{number}") for number in range(3)]
