"""Compares the rows of all files with each other: children entered twice, and groups of twins."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from verifiable_draw.rosters.findings import Findings
    from verifiable_draw.rosters.rosterfile import Draft
    from verifiable_draw.rosters.student import Grade

GROUP_MAXIMUM = 3


def crosscheck(
    drafts: Sequence[Draft],
    findings: Findings,
    elsewhere: Mapping[tuple[str, str], Grade] | None = None,
    expected: Collection[Grade] | None = None,
) -> None:
    """Report every contradiction between rows, with children held `elsewhere`, and grades that are not `expected`.

    The order of files, sheets and rows decides who counts as first.
    """
    ordered = sorted(drafts, key=lambda draft: draft.where.order())
    if expected is not None:
        _report_unexpected(ordered, expected, findings)
    _report_repeated(ordered, findings)
    _report_elsewhere(ordered, elsewhere or {}, findings)
    _report_registrations(ordered, findings)
    _report_twins(ordered, findings)
    _report_pins(ordered, findings)


def _report_unexpected(drafts: Iterable[Draft], expected: Collection[Grade], findings: Findings) -> None:
    """Report schools and grades that are not there, once a sheet: their children would be in no draw."""
    rows: defaultdict[tuple[str, str, str, str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        school, grade = draft.values["school"], draft.values["grade"]
        if school and grade and (school, int(grade)) not in expected:
            rows[draft.where.file, draft.where.sheet, school, grade].append(draft)
    for group in rows.values():
        findings.problem(group[0].cell("school"), "not_registered", count=len(group))


def _report_repeated(drafts: Iterable[Draft], findings: Findings) -> None:
    """Report the second and later rows of one child, with the place of the first."""
    first: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        if draft.identity is None:
            continue
        known = first.setdefault(draft.identity, draft)
        if known is not draft:
            across = known.values["school"] != draft.values["school"]
            code = "duplicate_across" if across else "duplicate_student"
            _report_pair(draft, known, "document_number", code, findings)


def _report_elsewhere(drafts: Iterable[Draft], elsewhere: Mapping[tuple[str, str], Grade], findings: Findings) -> None:
    """Report children whom another school or grade has imported before; grades that come again are compared anew."""
    again = {(draft.values["school"], draft.values["grade"]) for draft in drafts}
    for draft in drafts:
        known = elsewhere.get(draft.identity) if draft.identity else None
        if known is not None and (known[0], str(known[1])) not in again:
            where = draft.cell("document_number")
            findings.problem(where, "duplicate_elsewhere", school=known[0], grade=known[1])


def _report_registrations(drafts: Iterable[Draft], findings: Findings) -> None:
    """Report a 学籍号 that stands twice, unless it is one child entered twice, which is reported already."""
    first: dict[str, Draft] = {}
    for draft in drafts:
        registration = draft.values["registration"]
        if not registration:
            continue
        known = first.setdefault(registration, draft)
        if known is not draft and not _same_document(known, draft):
            _report_pair(draft, known, "registration", "duplicate_registration", findings)


def _same_document(one: Draft, other: Draft) -> bool:
    fields = ("document_type", "document_number")
    return all(one.values[field] == other.values[field] is not None for field in fields)


def _report_pair(draft: Draft, known: Draft, field: str, code: str, findings: Findings) -> None:
    where = known.where
    findings.problem(draft.cell(field), code, file=where.file, sheet=where.sheet, row=where.row)


def _report_twins(drafts: Sequence[Draft], findings: Findings) -> None:
    """Check every group. Schools number their groups on their own, so a number counts within a school and grade."""
    groups: defaultdict[tuple[str, str, str], list[Draft]] = defaultdict(list)
    on_sheet: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    unplaced: set[tuple[str, str, str]] = set()
    for draft in drafts:
        school, grade, group = (draft.values[field] for field in ("school", "grade", "twin_group"))
        if group == "" and draft.values["twin_wish"]:
            findings.problem(draft.cell("twin_wish"), "wish_alone")
        if not group:
            continue
        sheet = (draft.where.file, draft.where.sheet, group)
        on_sheet[sheet] += 1
        if school is None or grade is None:
            unplaced.add(sheet)
        else:
            groups[school, grade, group].append(draft)
    for members in groups.values():
        sheet = (members[0].where.file, members[0].where.sheet, members[0].values["twin_group"] or "")
        # A member whose school or grade could not be read is reported there; whether it belongs here is unknown.
        if len(members) > 1 or sheet not in unplaced:
            _report_group(members, on_sheet[sheet], findings)


def _report_group(members: Sequence[Draft], on_sheet: int, findings: Findings) -> None:
    """Check the size of one group and that its members wish the same."""
    if len(members) == 1:
        code = "twin_place" if on_sheet > 1 else "twin_alone"
        findings.problem(members[0].cell("twin_group"), code)
    for extra in members[GROUP_MAXIMUM:]:
        findings.problem(extra.cell("twin_group"), "twin_many", maximum=GROUP_MAXIMUM)
    wish = next((draft.values["twin_wish"] for draft in members if draft.values["twin_wish"]), "")
    for draft in members:
        if draft.values["consent"] == "0":
            findings.problem(draft.cell("consent"), "twin_consent_missing")
        own = draft.values["twin_wish"]
        if own == "":
            findings.problem(draft.cell("twin_wish"), "twin_wish_missing")
        elif own not in {wish, None}:
            findings.problem(draft.cell("twin_wish"), "twin_wishes_differ")


def _report_pins(drafts: Iterable[Draft], findings: Findings) -> None:
    """Check that class and reason stand together, and that pins of siblings do not contradict their wish."""
    groups: defaultdict[tuple[str, str, str], list[Draft]] = defaultdict(list)
    for draft in drafts:
        pin, reason = draft.values["pin_class"], draft.values["pin_reason"]
        if pin and reason == "":
            findings.problem(draft.cell("pin_reason"), "pin_without_reason")
        if reason and pin == "":
            findings.problem(draft.cell("pin_class"), "pin_without_class")
        school, grade, group = (draft.values[field] for field in ("school", "grade", "twin_group"))
        if pin and school and grade and group:
            groups[school, grade, group].append(draft)
    for members in groups.values():
        wish, first = members[0].values["twin_wish"], members[0].values["pin_class"]
        taken = {first}
        for draft in members[1:]:
            pin = draft.values["pin_class"]
            if wish == "together" and pin != first:
                findings.problem(draft.cell("pin_class"), "pins_of_unit_differ")
            if wish == "apart" and pin in taken:
                findings.problem(draft.cell("pin_class"), "pins_of_apart_same")
            taken.add(pin)
