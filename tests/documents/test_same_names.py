"""Children of one name in one draw can be told apart on paper, and of nobody else is a digit shown (R11, R12)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import openpyxl
import pytest

from tests.documents.conftest import tiny
from tests.documents.reading import Page
from tests.simulator import SCHOOLS, Simulator
from tests.test_kinds import hand_in
from verifiable_draw import conduct, lists
from verifiable_draw.county import SchoolSpec, generate_students
from verifiable_draw.documents.making import make
from verifiable_draw.rosters import Student
from verifiable_draw.rosters.names import tail_of, tails
from verifiable_draw.slip_sheets import print_slips, reprint

ALIKE = ("欧阳同名", "欧阳同名", "阿依·同名", "阿依·同名", "阿依·同名")
NUMBERS = ("P0001234", "P0005678", "P0117777", "P0227777", "P0338888")
TAILS = ("1234", "5678", "117777", "227777", "8888")


def students(spec: SchoolSpec) -> list[Student]:
    """A school's children, none called like another but the first five: two of one name, three of another."""
    made = [replace(one, name=f"{one.name}{chr(0x4E00 + i)}") for i, one in enumerate(generate_students(spec, "alike"))]
    if spec.grade == 7:
        return made
    changed = [
        replace(one, name=name, document_type="A", document_number=number, twin_group="", twin_wish="")
        for one, name, number in zip(made, ALIKE, NUMBERS, strict=False)
    ]
    return changed + made[len(ALIKE) :]


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    story = tiny(tmp_path_factory.mktemp("alike"))

    def rosters() -> None:
        for item in story.session.plan.draws.values():
            hand_in(story, item.id, students(next(spec for spec in story.specs if spec.code == item.school)))

    story.run(rosters=rosters)
    yield story
    story.room.close()


def test_last_characters_of_those_whose_name_is_shared() -> None:
    people = students(SchoolSpec(SCHOOLS[0].code, SCHOOLS[0].name, 1, 12, 2))
    known = tails(reversed(people))
    assert [tail_of(known, one) for one in people] == [*TAILS, *[""] * (len(people) - len(TAILS))]
    assert tails(people[4:]) == {}
    other = replace(people[0], name="欧阳 同名", document_number="x12")  # one name to whoever reads it out
    assert tail_of(tails([people[0], other]), other) == "x12"


def test_slips_and_second_codes(alike: Simulator, tmp_path: Any) -> None:
    for printed in print_slips(alike.room, alike.name, [], tmp_path / "slips"):
        root = alike.session.draws[printed.draw].frozen["roster_root"]
        expected = {slip.pseudonym: one for unit in alike.room.private.holders(root) for one, slip in unit}
        known = dict(zip(NUMBERS, TAILS, strict=True))
        for path in (printed.slips, printed.seconds):
            pieces = path.read_text().split("<article")[1:]
            found = {code: piece for piece in pieces for code in expected if f">{code}<" in piece}
            assert found.keys() == expected.keys()
            for code, one in expected.items():
                tail = re.findall(r"证件尾号 (\w+)", found[code])
                assert f">{one.name}<" in found[code]
                assert tail == ([known[one.document_number]] if one.document_number in known else [])
    again = reprint(alike.room, alike.name, "d1", NUMBERS[2], tmp_path / "slips")
    assert "证件尾号 117777" in again.slips.read_text()


def test_roster_class_list_and_workbook(alike: Simulator) -> None:
    made, _waiting = make(alike.room, alike.name, only=["roster", "class-list"], copies=1)
    papers = {paper.name: paper.html.decode() for paper in made}
    assert sorted(re.findall(r"证件尾号 (\w+)", papers["roster-d1"])) == sorted(TAILS)
    assert "证件尾号" not in papers["roster-d2"] + papers["class-list-d2"]
    titles, *rows = [row for table in Page(papers["class-list-d1"]).tables if "姓名" in table[0] for row in table]
    assert titles[:3] == ["序号", "姓名", "性别"]
    cells = [cell for row in rows for cell in row]
    assert all(f"{name} 证件尾号 {tail}" in cells for name, tail in zip(ALIKE, TAILS, strict=True))
    assert sum("证件尾号" in cell for cell in cells) == len(TAILS)
    for draw, expected in (("d1", TAILS), ("d2", ())):
        data = lists.workbook(alike.session, draw, conduct.class_lists(alike.room, alike.name)[draw])
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        head, *body = sheet.iter_rows(min_row=2, values_only=True)
        assert ("证件尾号" in head) == bool(expected)
        shown = [(row[1], row[2]) for row in body if row[2]] if expected else []
        assert sorted(shown) == sorted(zip(ALIKE, expected, strict=False))
        assert sheet.print_area.replace("$", "").endswith(f"{'E' if expected else 'D'}{sheet.max_row}")
