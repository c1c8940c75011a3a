"""What must not matter does not: rows, columns, names of values, the order in which things are written."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from tests.fairness.planted import cells_by_text
from tests.test_allocation import ATTRIBUTES, ROSTERS, roster
from verifiable_draw.allocation.grouping import group, shape
from verifiable_draw.allocation.permuting import allocate
from verifiable_draw.county import generate_students, school_specs, write_workbook
from verifiable_draw.rosters import Student, import_rosters
from verifiable_draw.rosters.student import Where
from verifiable_draw.values import Attribute, Roster, Unit

SEEDS = st.binary(min_size=32, max_size=32)
CHECK = settings(max_examples=12, deadline=None)


def renamed(units: Roster, rng: random.Random) -> Roster:
    """Other names for every attribute and value; the plan's order stays."""
    names = rng.sample(range(100, 1000), sum(1 + len(a.values) for a in units.attributes))
    fresh = iter(names)
    table = {a.id: (f"n{next(fresh)}", {value: f"v{next(fresh)}" for value in a.values}) for a in units.attributes}
    return Roster(
        tuple(
            Unit(tuple({table[key][0]: table[key][1][value] for key, value in s.items()} for s in unit.students))
            for unit in units.units
        ),
        units.classes,
        tuple(
            Attribute(table[a.id][0], tuple(table[a.id][1][v] for v in a.values), tuple(table[a.id][1][v] for v in a.free))
            for a in units.attributes
        ),
        units.apart,
        crossed=tuple((table[first][0], table[second][0]) for first, second in units.crossed),
        pins=units.pins,
    )


@CHECK
@given(units=ROSTERS, seed=SEEDS, names=st.integers(0, 10**6))
def test_names_of_attributes_and_values_do_not_matter(units: Roster, seed: bytes, names: int) -> None:
    assert group(renamed(units, random.Random(names)), "d", seed, 2) == group(units, "d", seed, 2)


def test_renaming_catches_cells_in_the_order_of_their_text(monkeypatch: pytest.MonkeyPatch) -> None:
    cells_by_text(monkeypatch)
    units = roster(1, 80, 4)
    assert any(
        group(renamed(units, random.Random(names)), "d", bytes(32), 2) != group(units, "d", bytes(32), 2)
        for names in range(3)
    )


@CHECK
@given(units=ROSTERS, seed=SEEDS, data=st.data())
def test_the_order_in_which_a_student_is_written_does_not_matter(units: Roster, seed: bytes, data: st.DataObject) -> None:
    order = data.draw(st.permutations([a.id for a in ATTRIBUTES]))
    turned = tuple(Unit(tuple({key: s[key] for key in order} for s in unit.students[::-1])) for unit in units.units)
    assert group(replace(units, units=turned), "d", seed, 2) == group(units, "d", seed, 2)


@CHECK
@given(units=ROSTERS, seed=SEEDS, data=st.data())
def test_students_who_look_alike_are_exchangeable(units: Roster, seed: bytes, data: st.DataObject) -> None:
    """Groups hold indices only: exchange the students of a cell in any way and nothing changes."""
    members = list(units.units)
    for cell in shape(units).free.values():
        for place, other in zip(cell, data.draw(st.permutations(cell)), strict=True):
            members[place] = units.units[other]
    assert group(replace(units, units=tuple(members)), "d", seed, 2) == group(units, "d", seed, 2)


@CHECK
@given(units=ROSTERS, seed=SEEDS, draw_seed=SEEDS)
def test_which_bundles_come_first_in_the_file_is_not_which_class(units: Roster, seed: bytes, draw_seed: bytes) -> None:
    """Turning a bundling's bundles round turns the classes of its units by the same permutation, and nothing else."""
    known = group(replace(units, pins=()), "d", seed, 1)
    k = units.classes
    sizes = [len(unit.students) for unit in units.units]
    turned = replace(known, bundlings=((*known.bundlings[0][1:], known.bundlings[0][0]),))
    one, other = (allocate(groups, k, sizes, draw_seed).classes for groups in (known, turned))
    for bundle, next_one in zip(known.bundlings[0], turned.bundlings[0], strict=True):
        for here, there in zip(bundle, next_one, strict=False):
            assert one[here] == other[there]
    in_blocks = [unit for block in known.blocks for unit in block]
    assert [one[unit] for unit in in_blocks] == [other[unit] for unit in in_blocks]


def rewritten(path: Path, target: Path, rng: random.Random) -> None:
    """The same sheet with its rows and columns in another order."""
    [sheet] = load_workbook(path).worksheets
    _title, header, *rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    columns = rng.sample(range(len(header)), len(header))
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet.title
    for row in (header, *rng.sample(rows, len(rows))):
        page.append([row[column] for column in columns])
    book.save(target)


NOWHERE = Where("", "", 0)


def without_place(students: Sequence[Student]) -> list[Student]:
    return [replace(student, where=NOWHERE) for student in students]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Student, ...]]:
    folder = tmp_path_factory.mktemp("rosters")
    spec = max(school_specs(2, 300, "fairness"), key=lambda s: s.classes)
    write_workbook(folder / "as written.xlsx", {"名册": generate_students(spec, "fairness")})
    report = import_rosters([folder / "as written.xlsx"])
    assert not report.problems
    return folder, report.students


@pytest.mark.parametrize("turn", range(3))
def test_rows_and_columns_of_a_workbook_do_not_matter(imported: tuple[Path, tuple[Student, ...]], turn: int) -> None:
    """The students come out in the same order, so every salt, leaf, unit index and group after them is the same."""
    folder, students = imported
    rewritten(folder / "as written.xlsx", folder / "turned.xlsx", random.Random(turn))
    report = import_rosters([folder / "turned.xlsx"])
    assert not report.problems
    assert without_place(report.students) == without_place(students)


def test_workbook_test_catches_students_in_the_order_of_rows(
    imported: tuple[Path, tuple[Student, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, students = imported
    monkeypatch.setattr(Student, "order", lambda self: self.where.order())
    rewritten(folder / "as written.xlsx", folder / "turned.xlsx", random.Random(1))
    report = import_rosters([folder / "turned.xlsx"])
    assert without_place(report.students) != without_place(students)
