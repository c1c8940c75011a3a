from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.documents.reading import Page
from tests.simulator import SCHOOLS, Simulator
from tests.test_kinds import DRAWS, hand_in, number_of, people
from verifiable_draw import conduct
from verifiable_draw.county import SchoolSpec, generate_students
from verifiable_draw.documents.making import make
from verifiable_draw.rosters import Student

LONG = "阿卜杜拉·买买提·热合曼·阿依木乃标记"
RARE = ("𠮷标记", "𬴃标记")
"""U+20BB7 and U+2CD03, beyond the basic plane: Noto CJK has both."""
MARKED = ("标记乙", LONG, *RARE)
"""Names that stand nowhere else; with them go marked numbers and a marked school."""
DRAWN = [
    DRAWS[0],
    DRAWS[1],
    DRAWS[0] | {"id": "d5", "kind": "classes", "classes": 2, "school": SCHOOLS[1].code, "school_name": SCHOOLS[1].name, "grade": 7},
]  # fmt: skip


def marked_students(spec_number: int = 0) -> list[Student]:
    """A school's students, the first four of them marked."""
    students = list(generate_students(SCHOOLS[spec_number], "simulator"))
    if spec_number:
        return students
    changed = [
        replace(one, name=name, document_type="1", document_number=number_of(200 + number),
                registration=f"G标记{number:04d}", primary_school="标记小学", ethnicity="56", twin_group="", twin_wish="")
        for number, (name, one) in enumerate(zip(MARKED, students, strict=False))
    ]  # fmt: skip
    return changed + students[len(MARKED) :]


def marks() -> list[str]:
    """What must not stand in anything public."""
    students = [one for number in range(2) for one in marked_students(number)]
    numbers = [number for one in students for number in (one.document_number, one.registration) if number]
    return [*[one.name for one in students], *numbers, "标记小学", "基诺", *(number_of(i) for i in range(4)), "赵老师", "李老师"]


def rosters(story: Simulator) -> None:
    for item in story.session.plan.draws.values():
        divides = item.kind == "classes"
        hand_in(story, item.id, marked_students(int(item.grade == 7)) if divides else people(story.folder, item.kind))


def simulator(folder: Path, draws: Sequence[dict[str, object]] = DRAWN, **more: object) -> Simulator:
    return Simulator(folder, plan={"draws": list(draws), **more})


def tiny(folder: Path, **changes: object) -> Simulator:
    """Two schools of a dozen children: a session takes a second."""
    schools = (SchoolSpec(SCHOOLS[0].code, SCHOOLS[0].name, 1, 12, 2), SchoolSpec(SCHOOLS[1].code, SCHOOLS[1].name, 7, 12, 2))
    return Simulator(folder, plan=dict(changes), schools=schools)


@pytest.fixture(scope="package")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A published rehearsal of two schools and a draw of teachers, with marked children; tests only read it."""
    story = simulator(tmp_path_factory.mktemp("marked"))
    story.run(rosters=lambda: rosters(story))
    yield story
    story.room.close()


@pytest.fixture(scope="package")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """Published without names; one observer withheld, one attested too little, one draw of two is annulled."""
    story = tiny(tmp_path_factory.mktemp("troubled"), screen={"names": "none"})
    story.run("open")
    story.reveal(["b1", "c1", "d1", "k1", "p1", "p2"])
    story.clock.wait(1)
    story.close_reveals()
    story.attest_reveals(["b1", "c1", "d1", "k1", "p1"])
    story.run(after="attest_reveals")
    decision = story.folder / "decision.pdf"
    decision.write_bytes(b"decision")
    conduct.annul(story.room, story.name, ["d1"], "名册有误", decision, story.keys["approver"])
    yield story
    story.room.close()


@pytest.fixture(scope="package")
def papers(marked: Simulator) -> dict[str, Page]:
    """All its documents, read."""
    made, _waiting = make(marked.room, marked.name, copies=3)
    return {paper.name: Page(paper.html.decode()) for paper in made}


def program(name: str, package: str) -> str:
    """A program that tests need; under CI=true it must be there."""
    found = shutil.which(name)
    if found is None:
        message = f"{name} is not installed; on Debian: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found
