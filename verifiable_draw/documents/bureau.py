"""Views with names, or for signing: for the bureau, its schools and inspectors, never published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ledger.entry import Entry
from verifiable_draw.documents.people import Person, drawn, enlisted
from verifiable_draw.documents.public import observers, record_files
from verifiable_draw.documents.source import Source, body_of, local_time
from verifiable_draw.entries import INTO_CLASSES, TEACHERS
from verifiable_draw.feature_names import value_name
from verifiable_draw.files import stored_zip
from verifiable_draw.header import HeaderDraw
from verifiable_draw.lists import FORMS, meaning, row_of
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.rosters import Student
from verifiable_draw.rosters.codes import SEXES
from verifiable_draw.rosters.names import Tails, tail_of, tails
from verifiable_draw.teams import Spread, Team, spreads, teams_of
from verifiable_draw.texts import text
from verifiable_draw.whitelist import PublicDraw, PublicFile, PublicObserver, public_draws

Values = dict[str, Any]

NUMBER_WIDTH, LEAST_WIDTH = 7, 8
"""Of the column of numbers, and of the others, in the unit of `FORMS`."""
CHECKPOINTS = "ledger/checkpoints/"
PARTS = ("public", "sealed")
"""Of the archive: the two kinds of discs, and the ends of their labels in the ledger."""
COPIES_OF_A_DISC, BLANK_LABELS = 2, 3


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one class, or of a whole list that has no classes (title "")."""

    title: str
    rows: Sequence[Sequence[str | int]]

    @property
    def numbered(self) -> list[tuple[str | int, ...]]:
        """Rows with their number within the group in front."""
        return [(number, *row) for number, row in enumerate(self.rows, 1)]


def roster(room: Room, source: Source, draw: str) -> Values:
    """The roster as frozen, by name; only what tells two children apart, nothing that is balanced but the sex."""
    frozen = source.session.draws[draw].frozen or {}
    students = enlisted(room, frozen["roster_root"])
    known = tails(students)
    apart = [_told_apart(one, known) for one in students]
    rows = [
        (number, one.name, SEXES.get(one.sex, ""), value_name("ethnicity", one.ethnicity), one.registration)
        for number, one in enumerate(apart, 1)
    ]
    return {"rows": rows, "draw": _draw_row(source.session, draw)}


def _told_apart(student: Student, known: Tails) -> Student:
    """The student with the end of the document number behind a name that another of the draw has too (R11)."""
    tail = tail_of(known, student)
    return replace(student, name=f"{student.name} {text('slip.tail', tail=tail).zh}") if tail else student


def class_list(room: Room, source: Source, draw: str, copies: int) -> Values:
    """The list for the school, in numbered copies."""
    item = source.session.plan.draws[draw]
    people = drawn(room, source.session, _header_draw(source.session, draw))
    by_class = item.kind in INTO_CLASSES
    known = tails(person.student for person in people)
    skipped = 1 if by_class else 0  # the class, which is the title
    columns = FORMS[item.kind].columns[skipped:]
    groups: dict[str, list[Person]] = {}
    for person in people:
        groups.setdefault(meaning(item, person.number) if by_class else "", []).append(person)
    return {
        "columns": _shares(columns, 2 if by_class else 1),
        "copies": copies,
        "draw": _draw_row(source.session, draw),
        "form": FORMS[item.kind].title,
        "groups": [
            Group(title, [row_of(item, one.number, _told_apart(one.student, known))[skipped:] for one in several])
            for title, several in groups.items()
        ],
    }


def _shares(columns: Sequence[tuple[str, int]], halves: int) -> list[tuple[str, str]]:
    """Titles and their shares of the page's width, beside the numbers' column, where `halves` stand side by side."""
    widths = [max(LEAST_WIDTH, width) for _title, width in columns]
    whole = (NUMBER_WIDTH + sum(widths)) * halves
    return [(title, f"{100 * width // whole}%") for (title, _width), width in zip(columns, widths, strict=True)]


def teachers(room: Room, source: Source, draw: str) -> Values:
    """Which team got which class, and how even the teams are (S4)."""
    item = source.session.plan.draws[draw]
    people = drawn(room, source.session, _header_draw(source.session, draw))
    teams = teams_of((meaning(item, one.number), one.student) for one in people)
    ends = tails(person.student for person in people)
    members = [row_of(item, one.number, _told_apart(one.student, ends)) for one in people]
    known = any(team.known for team in teams)
    compared = [spread for spread in spreads(teams) if known or spread.what != "years"]
    return _teachers(_draw_row(source.session, draw), members, teams, compared)


def _teachers(
    draw: PublicDraw | None,
    members: Sequence[Sequence[str | int]],
    teams: Sequence[Team],
    compared: Sequence[Spread],
) -> Values:
    columns = [title for title, _width in FORMS[TEACHERS].columns]
    return {"draw": draw, "columns": columns, "members": members, "teams": teams, "spreads": compared, "lots": None}


def lots(entry: Entry) -> Values:
    """Lots drawn by hand at a school: which class got which lot; whose the lot is stands on the signed form (L23)."""
    body: Mapping[str, Any] = body_of(entry)
    facts = {
        "seq": entry.seq,
        "time": local_time(body["time"]),
        "place": body["place"],
        "rows": body["rows"],
        "witnesses": sorted(body["witnesses"].items()),
        "document": body["document"],
    }
    return _teachers(None, (), (), ()) | {"lots": facts}


def signatures(source: Source) -> Values:
    """One line for every observer to sign, and some for others who were there."""
    return {"observers": observers(source)}


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of a disc: its part (public or sealed), which copy it is, its image's SHA-256; "" and 0 if not."""

    part: str = ""
    copy: int = 0
    sha256: str = ""


def _disc_labels(room: Room, session: Session) -> list[Label]:
    """Labels of the discs that the ledger has, so many of each as are burnt of one image; blank ones before that."""
    discs = [one for one in room.view.evidence if (one["session"], one["kind"]) == (session.id, "disc")]
    if not discs:
        return [Label()] * BLANK_LABELS
    parts = [next((part for part in PARTS if str(one["label"]).endswith(f"-{part}")), "") for one in discs]
    return [
        Label(part, copy, str(one["sha256"]))
        for part, one in zip(parts, discs, strict=True)
        for copy in range(1, COPIES_OF_A_DISC + 1)
    ]


def disc(room: Room, source: Source, files: Mapping[str, bytes]) -> Values:
    """What is burnt: the record's files, many checkpoints as one line, and the zip of all; and labels for the discs."""
    rows = record_files(files)
    checkpoints = [row for row in rows if row.path.startswith(CHECKPOINTS)]
    archive = {f"{source.session.id}.zip": stored_zip(files)}
    return {
        "labels": _disc_labels(room, source.session),
        "kinds": PARTS,
        "files": [row for row in rows if row not in checkpoints],
        "checkpoints": PublicFile(CHECKPOINTS, sum(row.size for row in checkpoints), ""),
        "notes": len(checkpoints),
        "archive": record_files(archive)[0],
        "all": len(rows),
        "bytes": sum(row.size for row in rows),
    }


def incident(source: Source) -> Values:
    """A form; what the ledger knows of irregularities is filled in."""
    session = source.session
    seen = observers(source)
    return {
        "wrong": _ids(seen, "wrong"),
        "missing": _ids(seen, "missing"),
        "uncovered": [
            one.id for one in seen if session.coverage_closed and one.opening == "received" and not one.covered
        ],
        "postponed": [row for row in public_draws(session) if row.postponed],
        "annulled": [row for row in public_draws(session) if row.annulled],
        "again": [row for row in public_draws(session) if row.attempt > 1],
        "aborted": session.aborted,
    }


def _ids(seen: Sequence[PublicObserver], status: str) -> list[str]:
    return [one.id for one in seen if one.opening == status]


def _draw_row(session: Session, draw: str) -> PublicDraw:
    return next(row for row in public_draws(session) if row.id == draw)


def _header_draw(session: Session, draw: str) -> HeaderDraw:
    return next(one for one in session.frozen_header().draws if one.id == draw)
