"""From a typed roster to public commitments and the sealed roster (spec/record.md R4, R5, R8, R9)."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ledger.canonical import VERSION, encode, tagged_hash
from ledger.merkle import leaf_hash, root_hash
from verifiable_draw import constraining
from verifiable_draw.allocation.conflicts import explain
from verifiable_draw.allocation.grouping import shape
from verifiable_draw.entries import AUDIT, LATE, MAX_AUDIT, MAX_CLASSES
from verifiable_draw.errors import DataError
from verifiable_draw.plan import MIN_PLACES, Plan, PlanDraw
from verifiable_draw.rosters import Student, place
from verifiable_draw.rosters.identity import identity_key
from verifiable_draw.sealed import parse_sealed
from verifiable_draw.slip_codes import Slip
from verifiable_draw.values import Attribute

# A plan that lists this value takes under it whatever it does not list.
OTHER = "其他"

Randomness = Callable[[int], bytes]
Person = tuple[str, str]


@dataclass(frozen=True, slots=True)
class YearKey:
    """The key of the year's nullifiers, and the salt of its commitment."""

    key: bytes
    salt: bytes

    @property
    def commitment(self) -> bytes:
        """What plan and header publish (C3)."""
        return tagged_hash("year-key", self.salt, self.key)


@dataclass(frozen=True, slots=True)
class FrozenRoster:
    """A frozen draw: public files, sealed plaintext, summary for the ledger, students by unit for the bureau."""

    units: bytes
    nullifiers: bytes
    sealed: bytes
    summary: Mapping[str, Any]
    students: tuple[tuple[tuple[Student, Slip], ...], ...]  # per unit, as in the public file


@dataclass(frozen=True, slots=True)
class _Leaf:
    student: Student
    hash: bytes
    slip: Slip
    halves: tuple[bytes, bytes]  # identity hash, attributes hash
    sealed: Mapping[str, Any]


def submission(students: Sequence[Student], salt: bytes) -> bytes:
    """Salted hash of the submitted rows: what school and approver sign (L6)."""
    rows = [[str(getattr(s, name)) for name in Student.__slots__ if name != "where"] for s in students]
    return tagged_hash("submission", salt, encode(rows))


def attribute_value(student: Student, attribute: Attribute) -> str:
    """The student's value of a plan attribute; a value the plan does not list goes to its OTHER, if it has one."""
    raw = getattr(student, attribute.id)
    value = str(int(raw)) if isinstance(raw, bool) else str(raw)
    value = dict(attribute.merged).get(value, value)
    if value in attribute.values:
        return value
    if OTHER in attribute.values:
        return OTHER
    raise DataError(
        "freeze.value_not_in_plan", attribute=attribute.id, row=student.where.row, sheet=student.where.sheet
    )


def nullifier(year_key: bytes, student: Student) -> bytes:
    """Keyed hash of the identity document (R5)."""
    return document_nullifier(year_key, student.document_type, student.document_number)


def document_nullifier(year_key: bytes, document_type: str, document_number: str) -> bytes:
    """The nullifier of a document, whoever's it is (R5)."""
    message = tagged_hash("nullifier", document_type.encode(), document_number.encode())
    return hmac.digest(year_key, message, hashlib.sha256)


def families(students: Sequence[Student]) -> Iterator[tuple[str, list[Student]]]:
    """Yield (wish, members) of every group of siblings; single students have the wish ""."""
    groups: dict[str, list[Student]] = {}
    for student in students:
        if student.twin_group:
            groups.setdefault(student.twin_group, []).append(student)
        else:
            yield "", [student]
    for members in groups.values():
        yield members[0].twin_wish, members


def freeze(
    plan: Plan,
    draw: str,
    students: Sequence[Student],
    submission_hash: str,
    year_key: YearKey,
    randomness: Randomness,
    slips: Mapping[Person, Slip] = MappingProxyType({}),
) -> FrozenRoster:
    """Commit to every student and unit of a draw.

    `randomness(n)` gives n fresh bytes; `slips` are those that students of the draw have from an earlier freeze (R12).
    DataError for values outside the plan or constraints nobody can keep.
    """
    item = plan.draws[draw]
    if not students:
        raise DataError("freeze.empty", draw=draw)
    attributes = plan.attributes if item.divides else ()
    units: list[list[_Leaf]] = []
    for wish, members in families(students):
        leaves = [
            _leaf(plan.year, attributes, student, year_key.key, slips.get(person(student)) or Slip.fresh(randomness))
            for student in members
        ]
        if wish == "apart":
            units += [[leaf] for leaf in leaves]
        else:
            units.append(sorted(leaves, key=lambda leaf: leaf.hash))
    units.sort(key=_unit_hash)
    check_places(item, len(units), len(students))
    caps = [{"attribute": c.attribute, "max": c.limit, "value": c.value} for c in item.caps]
    people = [[leaf.student for leaf in unit] for unit in units]
    classes = item.places(len(units), len(students))
    constraints: dict[str, Any] = {
        "apart": [list(pair) for pair in constraining.apart(plan, item, people)],
        "barred": [list(bar) for bar in constraining.barred(item, people)],
        "caps": caps,
        "pins": [list(pin) for pin in constraining.pins(plan, item, classes, people)],
        "together": [index for index, unit in enumerate(units) if len(unit) > 1],
    }
    constraints_salt = randomness(32)
    sealed = encode(
        {
            "attributes": [attribute.json() for attribute in attributes],
            "caps": caps,
            "classes": classes,
            "constraints": constraints,
            "constraints_salt": constraints_salt.hex(),
            "crossed": [list(pair) for pair in plan.crossed] if item.divides else [],
            "draw": draw,
            "salt": randomness(32).hex(),
            "session": plan.session,
            "units": [[leaf.sealed for leaf in unit] for unit in units],
            "version": VERSION,
            "year_key": year_key.key.hex(),
            "year_key_salt": year_key.salt.hex(),
        }
    )
    roster = parse_sealed(sealed).roster
    if item.kind != LATE:  # nothing conflicts where each goes to a class that has room; there may be fewer than classes
        explain(roster, lambda unit: place(people[unit][0].where))
    parts = shape(roster)
    nullifiers = sorted(leaf.sealed["nullifier"] for unit in units for leaf in unit)
    if len(set(nullifiers)) != len(nullifiers):
        raise DataError("freeze.twice", draw=draw)
    nullifier_file = encode({"draw": draw, "nullifiers": nullifiers})
    summary = {
        "blocks": parts.number_of_blocks,
        "constraints": {
            "apart": len(constraints["apart"]),
            "barred": len(constraints["barred"]),
            "caps": len(caps),
            "pins": dict(Counter(reason for _, _, reason in constraints["pins"])),
            "together": len(constraints["together"]),
        },
        "constraints_root": tagged_hash("constraints", constraints_salt, encode(constraints)).hex(),
        "draw": draw,
        "nullifiers_root": tagged_hash("nullifiers", nullifier_file).hex(),
        "remainder": parts.rest,
        "roster_root": roster_root([_unit_hash(unit) for unit in units]).hex(),
        "sealed_hash": tagged_hash("sealed-roster", sealed).hex(),
        "students": len(students),
        "submission": submission_hash,
        "unit_sizes": [list(pair) for pair in sorted(Counter(map(len, units)).items())],
        "units": len(units),
    }
    return FrozenRoster(
        units=encode({"draw": draw, "units": [[_hex(leaf) for leaf in unit] for unit in units]}),
        nullifiers=nullifier_file,
        sealed=sealed,
        summary=summary,
        students=tuple(tuple((leaf.student, leaf.slip) for leaf in unit) for unit in units),
    )


def check_places(item: PlanDraw, units: int, students: int) -> None:
    """DataError unless the numbers of a roster fit the plan's draw: places, class sizes, enough to choose from."""
    if item.divides:
        classes = item.places(units, students)
        if item.most and students > classes * item.most:
            raise DataError(
                "freeze.too_many_students", draw=item.id, students=students, classes=classes, most=item.most
            )
        if classes > MAX_CLASSES:
            raise DataError("freeze.too_many_classes", draw=item.id, classes=classes, maximum=MAX_CLASSES)
        return
    if item.kind == LATE:
        return
    maximum = MAX_AUDIT if item.kind == AUDIT else MAX_CLASSES
    if not MIN_PLACES <= units <= maximum:
        raise DataError("freeze.number_of_units", draw=item.id, units=units, maximum=maximum)
    if item.places(units, students) != units:
        raise DataError("freeze.teams_not_classes", draw=item.id, units=units, classes=item.classes)
    if item.take > units:
        raise DataError("freeze.too_few_to_take", draw=item.id, units=units, take=item.take)


def _leaf(
    year: int, attributes: Sequence[Attribute], student: Student, year_key: bytes, slip: Slip
) -> _Leaf:
    mark = nullifier(year_key, student)
    identity = {
        "document_number": student.document_number,
        "document_type": student.document_type,
        "grade": student.grade,
        "name": student.name,
        "nullifier": mark.hex(),
        "school": student.school,
        "year": year,
    }
    values = {a.id: attribute_value(student, a) for a in attributes}
    identity_hash = tagged_hash("identity", slip.identity_salt, encode(identity))
    sealed = {
        "attributes": values,
        "attributes_salt": slip.attributes_salt.hex(),
        "identity": identity_hash.hex(),
        "nullifier": mark.hex(),
    }
    halves = (identity_hash, tagged_hash("attributes", slip.attributes_salt, encode(values)))
    return _Leaf(student, tagged_hash("leaf", *halves), slip, halves, sealed)


def person(student: Student) -> Person:
    """What tells a student of a draw from all others, whatever else is corrected."""
    return identity_key(student.document_type, student.document_number)


def _hex(leaf: _Leaf) -> list[str]:
    return [half.hex() for half in leaf.halves]


def _unit_hash(leaves: Sequence[_Leaf]) -> bytes:
    return unit_hash([leaf.hash for leaf in leaves])


def unit_hash(leaves: Sequence[bytes]) -> bytes:
    """Hash of a unit's leaves in ascending order (R4)."""
    return tagged_hash("unit", *sorted(leaves))


def roster_root(units: Sequence[bytes]) -> bytes:
    """Tree root over ascending unit hashes (R4)."""
    return root_hash(leaf_hash(unit) for unit in units)
