"""What a person should look at although nothing is wrong: same names, and another number of children than admitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from verifiable_draw.rosters.findings import ROWS_LISTED
from verifiable_draw.rosters.names import same_name_groups
from verifiable_draw.rosters.rosterfile import Draft
from verifiable_draw.rosters.student import Grade, Notice, Student, Where, place
from verifiable_draw.texts import text


def admission_notices(drafts: Iterable[Draft], admissions: Mapping[Grade, int]) -> Iterator[Notice]:
    """Compare the number of rows of every school and grade with the figure filed earlier, if there is one."""
    found: Counter[Grade] = Counter()
    first: dict[Grade, Where] = {}
    for draft in drafts:
        school, grade = draft.values["school"], draft.values["grade"]
        if school is not None and grade is not None:
            key = (school, int(grade))
            found[key] += 1
            first.setdefault(key, draft.where)
    for key in sorted(found):
        if admissions.get(key, found[key]) != found[key]:
            where = Where(first[key].file, "", 0)
            values = {"school": key[0], "grade": key[1], "found": found[key], "admitted": admissions[key]}
            yield _notice(where, "admissions_differ", **values)


def name_notices(students: Sequence[Student], *, homophones: bool) -> Iterator[Notice]:
    """List children of one school and grade with the same name, and with `homophones` those of equal sound."""
    same = same_name_groups(students)
    yield from (_group_notice("same_names", group) for group in same)
    if homophones:
        known = {frozenset(map(id, group)) for group in same}
        for group in same_name_groups(students, homophones=True):
            if frozenset(map(id, group)) not in known:
                yield _group_notice("same_sounds", group)


def _group_notice(code: str, group: Sequence[Student]) -> Notice:
    """Say where the children of a group stand; never how they are called."""
    wheres = sorted((student.where for student in group), key=Where.order)
    more = "……" if len(wheres) > ROWS_LISTED else ""
    return _notice(
        wheres[0],
        code,
        count=len(wheres),
        places="；".join(place(where) for where in wheres[:ROWS_LISTED]) + more,
        places_en="; ".join(place(where, "en") for where in wheres[:ROWS_LISTED]) + more.replace("……", " …"),
    )


def _notice(where: Where, code: str, **values: object) -> Notice:
    row = text(f"roster.notice_{code}", **values)
    return Notice(where, code, row.zh, row.en)
