"""Who was drawn where, with names: the private store beside the results. For the bureau's documents only.

Also the one place where a child's name is handed on to the export whitelist, which masks or drops it.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifiable_draw.allocation.groups_file import parse_result
from verifiable_draw.header import HeaderDraw
from verifiable_draw.lists import name_order
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.rosters import Student
from verifiable_draw.whitelist import PublicStudent, public_students


@dataclass(frozen=True, slots=True)
class Person:
    """A student, teacher or other person, and the number drawn."""

    number: int
    student: Student

    def order(self) -> tuple[int, list[tuple[bool, bytes]], str]:
        """Sort key: number, name, document number; never the unit's index."""
        return self.number, name_order(self.student.name), self.student.document_number


def numbers(room: Room, session: Session, draw: str) -> tuple[int, ...]:
    """What every unit of a draw was given, by index."""
    return parse_result(room.file(session, f"draws/{draw}/result.json"))


def drawn(room: Room, session: Session, draw: HeaderDraw) -> list[Person]:
    """Everybody of a draw in the order of lists."""
    units = zip(
        numbers(room, session, draw.id), room.private.people(draw.frozen["roster_root"]), strict=True
    )
    return sorted((Person(number, one) for number, unit in units for one in unit), key=Person.order)


def enlisted(room: Room, root: str) -> list[Student]:
    """Everybody of a frozen roster, by name."""
    people = [Person(0, one) for unit in room.private.people(root) for one in unit]
    return [person.student for person in sorted(people, key=Person.order)]


def published(room: Room, session: Session, draw: HeaderDraw) -> list[PublicStudent]:
    """Rows of the public class list of a draw; pseudonyms come from the secrets of the slips (R12)."""
    units = zip(numbers(room, session, draw.id), room.private.holders(draw.frozen["roster_root"]), strict=True)
    rows = ((number, student.name, slip.pseudonym) for number, unit in units for student, slip in unit)
    return public_students(session, session.plan.draws[draw.id], rows)
