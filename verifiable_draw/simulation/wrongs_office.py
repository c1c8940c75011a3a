"""Wrongs done with the year's papers: rules, lists, lots, moves, audits, answers; each on an honest county's folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from verifiable_draw.archive import building, evidence
from verifiable_draw.conduct import gathering
from verifiable_draw.freeze import nullifier
from verifiable_draw.inspection import report
from verifiable_draw.simulation.years import County, Row
from verifiable_draw.year import acts
from verifiable_draw.year.standing import Place

# Rules, register, lots


def never_opened(county: County) -> None:
    """Nobody says what holds for the year, so that neither filings nor an audit can be asked for."""
    county.set_clock(date(county.year, 6, 20))
    county.list_schools()
    county.students()
    county.lots()
    county.ask()


def opened_late(county: County) -> None:
    """The year is opened when everything was drawn, with dates that fit."""
    county.set_clock(date(county.year, 6, 20))
    county.list_schools()
    county.students()
    county.lots()
    county.open_year()
    county.file()
    county.run(after="lots")


def exempted(county: County) -> None:
    """A school is entered once more, with one class, and has nothing to draw."""
    county.list_schools(**{f"s{county.specs[0].code}": 1})
    county.run(after="file")


def lots_again(county: County) -> None:
    """The school does not like its lots and draws again."""
    spec = county.specs[0]
    honest = county.numbers
    county.numbers = lambda of: honest(of)[::-1] if of is spec else honest(of)  # type: ignore[method-assign,assignment]
    county.lot(spec, {"parent": 5, "discipline": 1})
    county.run(after="lots")


def lots_first(county: County) -> None:
    """Lots are drawn before anybody knows whose number is whose; the list is made to fit."""
    county.lots()
    county.run("students", "begin")
    county.run(after="lots")


def teachers_exchanged(county: County) -> None:
    """Two teachers change classes: one is replaced by a third, the other comes in the first's place, the first in the other's."""
    county.set_clock(date(county.year, 9, 8))
    spec = county.specs[0]
    now = county.shortlist(spec)
    one, two = now.teachers[:2]
    for place, new in ((0, replace(one, name="教师暂代")), (1, one), (0, two)):
        rows = [*now.teachers]
        rows[place] = new
        now = replace(now, teachers=tuple(rows))
        key = county.story.schools[spec.code]
        acts.replace_teacher(county.story.room, key, county.approver, now, reason="absence", document=b"paper")
    county.run(after="late")


# Moves


def _approved(county: County, place: Place, kind: str, moves: Sequence[list[Any]]) -> None:
    """A request and its approval, without the checks that honest software makes."""
    room = county.story.room
    key = county.story.schools[place[1]]
    body = {
        "document": hashlib.sha256(b"request").hexdigest(), "grade": place[2], "kind": kind, "moves": sorted(moves),
        "school": place[1], "year": county.year,
    }  # fmt: skip
    asked = room.append(room.sign_as(key, "", "amendment.requested", body))
    document = hashlib.sha256(b"approval").hexdigest()
    answer = {"document": document, "request": asked.leaf().hex()}
    room.append(room.sign_as(county.approver, "", "amendment.approved", answer))


def moved_before_the_draw(county: County) -> None:
    """A child is given its class before the draw, to be applied afterwards."""
    spec = county.specs[0]
    county.story.year = county.year
    county.story.plan_value()  # the year's key is made with the first plan
    key = county.story.room.private.year_key(county.year).key
    mark = nullifier(key, county.children(spec)[0]).hex()
    _approved(county, (mark, spec.code, spec.grade), "class", [[mark, 1, 2]])
    county.run(after="file")


def own_class(county: County) -> None:
    """Chosen children get a class of their own, called a change of the classes."""
    county.set_clock(date(county.year, 9, 10))
    spec = county.specs[0]
    mine = county.places(spec)[:9]
    _approved(county, mine[0], "restructure", [[one[0], county.standing(one), spec.classes + 1] for one in mine])
    county.run(after="late")


def entered_by_hand(county: County) -> None:
    """Somebody's child comes straight into the class that is wanted, not by the late draw."""
    county.set_clock(date(county.year, 9, 10))
    spec = county.specs[0]
    left = county.places(spec)[0]
    _approved(county, left, "leave", [[left[0], county.standing(left), 0]])
    _approved(county, left, "enter", [[left[0], 0, 2]])
    county.run(after="late")


def drawn_twice(county: County) -> None:
    """A child whose parents do not like its class is drawn once more, as if it had come late."""
    spec = county.specs[0]
    honest = gathering._marks_of_the_year  # noqa: SLF001 - what dishonest software leaves out
    gathering._marks_of_the_year = lambda room, session: set()  # noqa: ARG005, SLF001
    latecomers = county.latecomers
    again = county.children(spec)[0]
    county.latecomers = lambda of: [*latecomers(of)[:-1], again]  # type: ignore[method-assign,assignment]
    try:
        county.late()
    finally:
        gathering._marks_of_the_year = honest  # noqa: SLF001
    county.run(after="late")


# Audits, inspections, files, clock


def audited_again(county: County) -> None:
    """An audit finds a child in another class; the next one is made of an export that was put right by hand."""

    def other_class(rows: list[Row]) -> None:
        rows[0][3] = "2班" if rows[0][3] == "1班" else "1班"

    county.register(other_class)
    county.register()


def inspection_shortened(county: County) -> None:
    """What an inspection found is entered without the violation; its report lies beside it."""

    def other_class(rows: list[Row]) -> None:
        rows[0][3] = "2班" if rows[0][3] == "1班" else "1班"

    county.register(other_class)
    room = county.story.room
    found = county.inspect()
    entry = report.enter(room, found, county.year, report.report_file(found, room.view, county.year))
    body = {**entry.message.body, "findings": []}
    room.operate("", "inspection", body)


def delay_rewritten(county: County) -> None:
    """A file of the record that nothing else looks at is another than was published."""
    path = county.story.room.path(county.session, "delay.json")
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))


def clock_set_back(county: County) -> None:
    """A complaint is answered when its term is over and a witness has seen that it was not; the clock says otherwise."""
    county.complain(decide=False)
    number = f"{county.year}-001"
    witness = county.witness.clock
    county.witness.clock = datetime(county.year, 12, 1, tzinfo=UTC).timestamp
    county.ask()
    county.witness.clock = witness
    acts.decide_complaint(county.story.room, county.approver, number, "unfounded", b"reply")
    county.register()


def empty_disc(county: County) -> None:
    """The disc that is entered is an empty file: its hash fits the beginning of every disc."""

    def keep_nothing(session: str) -> None:
        room = county.story.room
        film = f"film of {session}".encode() * 40
        path = county.folder / "films" / session / "camera-1.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(film)
        evidence.enter(room, session, "video", "camera-1", hashlib.sha256(film).hexdigest(), len(film))
        building.build(room, session, county.folder / "discs" / session)
        evidence.enter(room, session, "disc", "disc-1", hashlib.sha256(b"\0").hexdigest(), 1)

    county.keep = keep_nothing  # type: ignore[method-assign]
    county.students()
    county.run(after="students")
