"""What may leave: the whitelist itself, and that nothing passes it by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest

from tests.documents.conftest import marked_students
from tests.simulator import Simulator
from verifiable_draw import whitelist
from verifiable_draw.documents.kinds import DOCUMENTS, PUBLIC
from verifiable_draw.documents.pages import Frame, render
from verifiable_draw.errors import InternalError
from verifiable_draw.whitelist import PublicStudent, Release, allowed_fields, public_session, public_students

STUDENT = PublicStudent(1, "1班", "0000-0000-0000-0000", "标*乙")


def test_every_public_document_is_on_the_list() -> None:
    printed = {kind for kind in whitelist.WHITELIST if not kind.startswith(("site-", "year-", "complaint-"))}
    assert printed == {d.id for d in DOCUMENTS.values() if d.audience == PUBLIC}


def test_what_may_be_said_of_a_child() -> None:
    """Widening this is a decision about children's data, not a matter of style (S17)."""
    fields = {kind: allowed_fields(kind) for kind in whitelist.WHITELIST}
    of_children = {kind: [one for one in several if one.startswith("PublicStudent.")] for kind, several in fields.items()}
    row = ["class_name", "class_number", "masked_name", "pseudonym"]
    expected = {kind: [f"PublicStudent.{name}" for name in row] for kind in ("public-list", "site-draw")}
    assert {kind: rows for kind, rows in of_children.items() if rows} == expected
    private = {"name", "sex", "document_number", "registration", "ethnicity", "migrant", "disability", "birth_date", "unit"}
    not_of_persons = {f"Public{row}.name" for row in ("Hash", "Rule", "School", "Size")}
    for several in fields.values():
        assert not {one.partition(".")[2] for one in several if one not in not_of_persons} & private


@dataclass(frozen=True, slots=True)
class MorePublic(PublicStudent):
    sex: str = "1"


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(marked_students()[0], id="a student of the roster"),
        pytest.param(MorePublic(1, "1班", "0", ""), id="a subclass with one more field"),
        pytest.param(whitelist.PublicFile("a", 1, ""), id="a row of another document"),
        pytest.param({"name": "标记乙"}, id="an object"),
        pytest.param("标记乙", id="a text"),
        pytest.param(replace(STUDENT, masked_name=marked_students()[0]), id="a student inside a field"),  # type: ignore[arg-type]
        pytest.param(replace(STUDENT, masked_name=["标记乙"]), id="a list inside a field"),  # type: ignore[arg-type]
    ],
)
def test_nothing_else_is_released(row: Any) -> None:
    Release("public-list", {"students": [STUDENT]})
    with pytest.raises(InternalError) as refused:
        Release("public-list", {"students": [STUDENT, row]})
    assert refused.value.key == "documents.not_whitelisted"
    assert "标记" not in str(refused.value)


class Loose(Release):
    def __init__(self) -> None:
        self.kind, self.rows = "public-list", {"students": marked_students()}  # type: ignore[assignment]


def test_a_public_page_takes_only_its_own_release(finished: Simulator) -> None:
    frame = Frame(public_session(finished.session, "局", "o"), DOCUMENTS["public-list"], "", ())
    for content in ({"students": marked_students()}, Release("minutes", {}), Loose()):
        with pytest.raises(InternalError):
            render(frame, content)


def test_the_order_says_nothing_of_the_roster(finished: Simulator) -> None:
    """Whatever order the people come in, the list is the same: by class and pseudonym."""
    item = finished.session.plan.draws["d1"]
    people = [(i % 3 + 1, f"名{i}", f"{Random(i).random():.10f}") for i in range(60)]
    first = public_students(finished.session, item, people)
    Random(1).shuffle(people)
    assert public_students(finished.session, item, people) == first
    assert [(row.class_number, row.pseudonym) for row in first] == sorted((number, code) for number, _, code in people)
    assert {row.masked_name for row in first} == {"名*"} | {f"名{'*' * (len(str(i)) - 1)}{str(i)[-1]}" for i in range(10, 60)}
