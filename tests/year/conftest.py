"""A session that counts, with the acts of a year after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ledger.canonical import decode
from tests.simulator import SCHOOLS, YEAR, Simulator
from verifiable_draw.errors import DataError
from verifiable_draw.freeze import nullifier
from verifiable_draw.rosters import Student
from verifiable_draw.year import acts, registration
from verifiable_draw.year.standing import drawn


@dataclass(slots=True)
class Told:
    """The story, and what it is about: students of the primary school by the class drawn, with their nullifiers."""

    story: Simulator
    classes: dict[str, int]  # nullifier -> class drawn, of both schools
    students: dict[str, Student]  # nullifier -> student
    moved: str  # class changed, approved
    left: str  # left, approved
    entered: str  # entered, approved; nobody drew for this child
    asked: str  # asked to change, not approved
    misfit: str  # moved and moved back; of another approval that did not fit

    def of(self, school: str) -> list[str]:
        """Nullifiers of a school's children, sorted."""
        return sorted(mark for mark, student in self.students.items() if student.school == school)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Two schools drawn; in the primary school, five children are moved in every way."""
    story = Simulator(tmp_path_factory.mktemp("year"), plan={"rehearsal": False}).run()
    room, primary = story.room, SCHOOLS[0].code
    key = room.private.year_key(YEAR).key
    classes: dict[str, int] = {}
    students: dict[str, Student] = {}
    for draw in story.session.header.draws:
        root = draw.frozen["roster_root"]
        result = decode(room.file(story.session, f"draws/{draw.id}/result.json"))
        classes |= drawn(decode(room.private.sealed(root)), result["classes"])
        students |= {nullifier(key, one).hex(): one for unit in room.private.people(root) for one in unit}
    assert classes.keys() == students.keys()
    plain = [
        mark for mark in sorted(students)
        if students[mark].school == primary and students[mark].document_type == "1" and classes[mark] == 1
    ]  # fmt: skip
    moved, left, asked, misfit = plain[:4]
    made = Told(story, classes, students, moved, left, "e" * 64, asked, misfit)
    grade = (YEAR, primary, 1)
    approver, school = story.keys["approver"], story.schools[primary]
    def ask(kind: str, *move: tuple[str, int, int]) -> str:
        return acts.request_amendment(room, school, grade, kind, move, b"paper").leaf().hex()

    # Both of the last two fit when they are asked for; once the first is approved, the second one does not: ours refuses
    # to approve it, and a ledger may have it all the same.
    asked_for = [
        ask("class", (moved, 1, 2)), ask("leave", (left, 1, 0)), ask("enter", (made.entered, 0, 3)),
        ask("class", (misfit, 1, 2)), ask("class", (misfit, 1, 3)),
    ]  # fmt: skip
    for request in asked_for[:-1]:
        acts.approve_amendment(room, approver, request, b"decision")
    with pytest.raises(DataError, match="原班"):
        acts.approve_amendment(room, approver, asked_for[-1], b"decision")
    body = {"document": "d" * 64, "request": asked_for[-1]}
    room.append(room.sign_as(approver, "", "amendment.approved", body))
    acts.approve_amendment(room, approver, ask("class", (misfit, 2, 1)), b"decision")
    acts.request_amendment(room, school, grade, "class", [(asked, 1, 3)], b"paper")
    yield made
    room.close()


@pytest.fixture(scope="module")
def known(told: Told) -> registration.Known:
    """What the workspace knows of the year."""
    return registration.gather(told.story.room, YEAR)
