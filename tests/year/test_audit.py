"""The registration audit: every kind of row, exact numbers, the entry, the workbook, the page, the command."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.canonical import decode, encode
from ledger.entry import parse_entry
from tests.simulator import SCHOOLS, YEAR, Simulator
from tests.year.conftest import Told
from tests.year.exports import Cells, cells, write
from verifiable_draw.cli import main
from verifiable_draw.errors import DataError, InternalError, UsageError
from verifiable_draw.freeze import document_nullifier, nullifier
from verifiable_draw.rosters import Student, Where
from verifiable_draw.rosters.identity import check_character
from verifiable_draw.rosters.student import ImportReport
from verifiable_draw.sealed import parse_sealed
from verifiable_draw.whitelist import PublicFile, Release
from verifiable_draw.year import audit_views, registration
from verifiable_draw.year.audit import (
    KINDS,
    Drawn,
    Row,
    Sealed,
    audit,
    compare,
    counts,
    kind_of,
    matched,
    nullifiers,
    parse_audit,
)
from verifiable_draw.year.export_file import Export, Registered
from verifiable_draw.year.shelves import INSPECTORS, kept
from verifiable_draw.year.standing import Child, Place

PRIMARY, JUNIOR = SCHOOLS[0].code, SCHOOLS[1].code
Checked = tuple[registration.Known, Export]


def registered(student: Student, number: int, **changes: Any) -> Registered:
    row = Registered(
        student.school, student.grade, number, student.name, student.document_type, student.document_number,
        student.registration, where=Where("x.xlsx", "甲", 2),
    )  # fmt: skip
    return replace(row, **changes)


def export(*rows: Registered) -> Export:
    return Export(rows, ImportReport((), (), ()), "ab" * 32)


def everybody(told: Told) -> dict[str, Registered]:
    """Every child where the draw and the approvals put it; the child that entered is left out."""
    now = told.classes | {told.moved: 2}
    return {mark: registered(student, now[mark]) for mark, student in told.students.items() if mark != told.left}


def odd(found: Any) -> dict[tuple[str, str], tuple[str, int, int, int]]:
    return {(row.nullifier, row.school): (row.kind, row.drawn, row.standing, row.found) for row in found.rows if row.kind != "same"}


def test_an_export_that_agrees(told: Told, known: registration.Known) -> None:
    found = audit(known.drawn, export(*everybody(told).values()))
    assert odd(found) == {
        (told.moved, PRIMARY): ("amended", 1, 2, 2),
        (told.left, PRIMARY): ("amended", 1, 0, 0),
        (told.entered, PRIMARY): ("missing", 0, 3, 0),
    }
    approvals = {request.body["moves"][0][0]: approval.leaf for request, approval in known.drawn.approvals}
    assert {row.nullifier: row.reason for row in found.rows if row.reason} == {
        mark: approvals[mark] for mark in (told.moved, told.left)
    }
    assert [(one["school"], one["same"]) for one in found.schools] == [(PRIMARY, 59), (JUNIOR, 52)]
    assert [misfit.nullifier for misfit in found.misfits] == [told.misfit]


def test_every_kind_at_once(told: Told, known: registration.Known) -> None:
    rows = everybody(told)
    plain = [mark for mark in told.of(PRIMARY) if mark not in (told.moved, told.left, told.asked, told.misfit)]
    wrong, gone, elsewhere, double = plain[:4]
    stranger = replace(told.students[plain[4]], document_number="990001202003040042")
    key = known.drawn.year_key
    strange = nullifier(key, stranger).hex()
    of = told.classes
    rows[wrong] = replace(rows[wrong], number=of[wrong] % 3 + 1)
    del rows[gone]
    rows[elsewhere] = replace(rows[elsewhere], school=JUNIOR, grade=7, number=2)
    rows["again"] = replace(rows[double], number=of[double] % 3 + 1)
    rows["stranger"] = registered(stranger, 2)
    rows["back"] = registered(told.students[told.left], 1)
    rows["unknown school"] = registered(replace(stranger, school="9910999999", document_number="990001202003040069"), 1)
    found = audit(known.drawn, export(*rows.values()))
    assert odd(found) == {
        (told.moved, PRIMARY): ("amended", 1, 2, 2),
        (told.left, PRIMARY): ("extra", 1, 0, 1),
        (told.entered, PRIMARY): ("missing", 0, 3, 0),
        (wrong, PRIMARY): ("moved", of[wrong], of[wrong], of[wrong] % 3 + 1),
        (gone, PRIMARY): ("missing", of[gone], of[gone], 0),
        (elsewhere, PRIMARY): ("missing", of[elsewhere], of[elsewhere], 0),
        (elsewhere, JUNIOR): ("extra", 0, 0, 2),
        (double, PRIMARY): ("double", of[double], of[double], min(of[double], of[double] % 3 + 1)),
        (strange, PRIMARY): ("extra", 0, 0, 2),
    }
    # 61 were drawn; one entered, one is a stranger.
    primary = {"amended": 1, "double": 1, "extra": 2, "missing": 3, "moved": 1, "same": 55}
    assert found.schools[0] == {"grade": 1, "school": PRIMARY} | primary
    assert found.schools[1] == {"grade": 7, "school": JUNIOR} | dict.fromkeys(KINDS, 0) | {"extra": 1, "same": 52}
    assert found.students == len(rows)


def test_a_child_known_elsewhere_is_found_in_a_school_that_drew_nothing(told: Told, known: registration.Known) -> None:
    rows = everybody(told)
    mark = told.asked
    rows[mark] = replace(rows[mark], school="9910999999", number=1)
    found = audit(known.drawn, export(*rows.values()))
    assert odd(found)[mark, "9910999999"] == ("extra", 0, 0, 1)
    assert [one["school"] for one in found.schools] == [PRIMARY, "9910999999", JUNIOR]
    rows["double"] = registered(told.students[mark], 1)
    found = audit(known.drawn, export(*rows.values()))
    assert {school: kind for (nul, school), (kind, *_) in odd(found).items() if nul == mark} == {
        PRIMARY: "double", "9910999999": "double",
    }  # fmt: skip


def test_another_document_of_the_same_child(told: Told, known: registration.Known) -> None:
    """A roster had the household book, or no document at all; the registration has the card: no child is accused."""
    key = known.drawn.year_key
    first = "99000120200304004"
    number = first + check_character(first)
    card = Registered(PRIMARY, 1, 1, "甲", "1", number, f"G{number}")
    as_rostered = {
        ("B", number), ("Z", number), ("G", number), ("G", f"G{number}"), ("1", number),
    }  # fmt: skip
    for kind, text in as_rostered:
        mark = document_nullifier(key, kind, text).hex()
        assert list(matched(key, [card], {mark})) == [mark]
    assert list(matched(key, [card], set())) == [document_nullifier(key, "1", number).hex()]
    book = replace(card, document_type="B")
    assert next(nullifiers(key, book)) == next(nullifiers(key, card))
    # A number of the registration alone, then a passport with it.
    passport = Registered(PRIMARY, 1, 1, "甲", "A", "E12345678", f"L{number}")
    mark = document_nullifier(key, "G", f"L{number}").hex()
    assert list(matched(key, [passport], {mark})) == [mark]
    assert list(matched(key, [passport], set())) == [document_nullifier(key, "A", "E12345678").hex()]


def test_the_inspector_gets_the_same_without_the_bureau(told: Told, known: registration.Known) -> None:
    """From sealed rosters, results, entries: the bytes of the audit file are the same."""
    session, room = told.story.session, told.story.room
    files = [
        (session.plan.draws[draw.id], parse_sealed(room.private.sealed(draw.frozen["roster_root"])).value,
         decode(room.file(session, f"draws/{draw.id}/result.json"))["classes"])
        for draw in session.header.draws
    ]  # fmt: skip
    key = bytes.fromhex(files[0][1]["year_key"])
    draws = [Sealed(item.school, item.grade, sealed, classes) for item, sealed, classes in files]
    own = Drawn.of(YEAR, key, known.drawn.through, draws, room.view.book.approvals)
    rows = export(*list(everybody(told).values())[5:])
    assert audit(own, rows).encode() == audit(known.drawn, rows).encode()
    with pytest.raises(DataError) as refused:
        Drawn.of(YEAR, bytes(32), 1, draws, ())
    assert refused.value.key == "registration.other_key"
    assert not Drawn.of(YEAR, key, 1, draws, [(replace(a, body={**a.body, "year": 2025}), b) for a, b in known.drawn.approvals]).approvals


def test_a_rehearsal_and_another_year_do_not_count(finished: Simulator) -> None:
    for year in (YEAR, YEAR + 1):
        with pytest.raises(UsageError) as refused:
            registration.gather(finished.room, year)
        assert refused.value.key == "registration.no_draws"


# The file


def test_the_audit_file_is_read_back_strictly(told: Told, known: registration.Known) -> None:
    rows = list(everybody(told).values())
    first, second = (next(i for i, row in enumerate(rows) if i > 2 and (row.school, row.number) == (PRIMARY, n)) for n in (1, 2))
    rows[first], rows[second] = replace(rows[first], teacher="教师乙"), replace(rows[second], teacher="教师丙")
    data = audit(known.drawn, export(*rows[3:])).encode()
    value = parse_audit(data)
    assert len(value["rows"]) == 6
    assert value["teachers"] == [
        {"class": 1, "grade": 1, "name": "教师乙", "school": PRIMARY}, {"class": 2, "grade": 1, "name": "教师丙", "school": PRIMARY},
    ]  # fmt: skip
    assert not {row["kind"] for row in value["rows"]} & {"same"}


BREAKS: dict[str, Callable[[dict[str, Any]], object]] = {
    "order": lambda v: v["rows"].reverse(),
    "teachers": lambda v: v["teachers"].extend([{"class": 2, "grade": 1, "name": "甲", "school": PRIMARY}, {"class": 1, "grade": 1, "name": "甲", "school": PRIMARY}]),
    "twice": lambda v: v["rows"].append(v["rows"][-1]),
    "a row less": lambda v: v["rows"].pop(),
    "another kind": lambda v: v["rows"][0].update(kind="moved" if v["rows"][0]["kind"] != "moved" else "extra"),
    "a reason": lambda v: next(row for row in v["rows"] if row["kind"] == "missing").update(reason="0" * 64),
    "no reason": lambda v: next(row for row in v["rows"] if row["kind"] == "amended").update(reason=""),
    "a name": lambda v: v["rows"][0].update(name="甲"),
    "numbers": lambda v: v["schools"][0].update(missing=99),
    "schools": lambda v: v["schools"].reverse(),
    "a school less": lambda v: v["schools"].pop(0),
    "same rows": lambda v: v["rows"][0].update(kind="same"),
    "a class": lambda v: v["rows"][0].update(found=1000),
}


@pytest.mark.parametrize("name", BREAKS)
def test_another_audit_file_is_refused(told: Told, known: registration.Known, name: str) -> None:
    value: Any = decode(audit(known.drawn, export(*list(everybody(told).values())[3:])).encode())
    parse_audit(encode(value))
    BREAKS[name](value)
    with pytest.raises(DataError) as refused:
        parse_audit(encode(value))
    assert refused.value.key == "registration.malformed"
    with pytest.raises(DataError):
        parse_audit(encode(value) + b"\n")


# Numbers, whatever happens

MARKS = [f"{i:064x}" for i in range(1, 7)]
GRADES = [("9910000001", 1), ("9970000002", 7)]
ELSEWHERE = [*GRADES, ("9910000003", 1)]
children_ = st.dictionaries(
    st.tuples(st.sampled_from(MARKS), st.sampled_from(GRADES)).map(lambda one: (one[0], *one[1])),
    st.builds(Child, st.integers(0, 3), st.integers(0, 3), st.just("f" * 64)),
    max_size=8,
)
found_ = st.dictionaries(
    st.sampled_from(MARKS),
    st.lists(
        st.tuples(st.sampled_from(ELSEWHERE), st.integers(1, 4)).map(
            lambda one: Registered(*one[0], one[1], "甲", "1", "1")
        ),
        min_size=1,
        max_size=3,
    ),
    max_size=6,
)


@settings(max_examples=300)
@given(children=children_, found=found_)
def test_every_child_is_counted_once_where_it_has_a_place(
    children: dict[Place, Child], found: dict[str, list[Registered]]
) -> None:
    rows = compare(children, found, GRADES)
    places = [(row.nullifier, row.school, row.grade) for row in rows]
    assert len(set(places)) == len(places)
    assert list(rows) == sorted(rows, key=Row.order)
    assert set(children) <= set(places)
    known = {mark for mark, *_ in children}
    assert set(places) - set(children) == {
        (mark, one.school, one.grade) for mark, several in found.items() for one in several
        if (one.school, one.grade) in GRADES or mark in known
    } - set(children)  # fmt: skip
    numbers = counts(rows, GRADES)
    assert sum(one[kind] for one in numbers for kind in KINDS) == len(rows)
    assert {(one["school"], one["grade"]) for one in numbers} == {*GRADES, *((row.school, row.grade) for row in rows)}
    for one in numbers:
        here = Counter(row.kind for row in rows if (row.school, row.grade) == (one["school"], one["grade"]))
        assert here == Counter({kind: one[kind] for kind in KINDS})
    for row in rows:
        child = children.get((row.nullifier, row.school, row.grade), Child(0, 0))
        at = [one.number for one in found.get(row.nullifier, []) if (one.school, one.grade) == (row.school, row.grade)]
        assert (row.drawn, row.standing, row.found) == (child.drawn, child.standing, min(at, default=0))
        assert row.reason == ("f" * 64 if row.kind == "amended" else "")


@given(drawn=st.integers(0, 3), standing=st.integers(0, 3), found=st.integers(0, 4), times=st.integers(0, 3))
def test_the_table_of_kinds(drawn: int, standing: int, found: int, times: int) -> None:
    """The table of Y5, each line by itself: exactly one holds."""
    holds = {
        "double": times > 1,
        "extra": standing == 0 and found != 0,
        "missing": standing != 0 and found == 0,
        "moved": 0 not in (standing, found) and standing != found,
        "amended": found == standing != drawn,
        "same": found == standing == drawn,
    }
    kind = kind_of(Child(drawn, standing), found, times)
    assert holds[kind]
    assert kind == "double" or [name for name in KINDS[1:] if holds[name]] == [kind]


# At the workspace


def sheets(told: Told, **changes: Cells) -> dict[str, list[Cells]]:
    """What the registration system exports: two sheets; `changes` by nullifier."""
    made: dict[str, list[Cells]] = {spec.code: [] for spec in SCHOOLS}
    for mark, row in everybody(told).items():
        made[row.school].append(cells(told.students[mark], row.number) | changes.get(mark, {}))
    return made


def private(told: Told) -> list[str]:
    """What no public file, entry or line on a terminal may hold."""
    numbers = [text for one in told.students.values() for text in (one.document_number, one.registration)]
    return [*(one.name for one in told.students.values() if len(one.name) > 2), *filter(None, numbers)]


def test_the_entry_and_its_file(told: Told, tmp_path: Path) -> None:
    room = told.story.room
    path = write(tmp_path / "export.xlsx", sheets(told, **{told.asked: {"class": "3班"}}))
    entry = registration.check_registration(room, [path], YEAR)
    body: Any = entry.message.body
    assert (entry.message.type, entry.message.actor.role, entry.message.session) == ("registration.checked", "operator", "")
    assert (body["students"], body["year"]) == (112, YEAR)
    assert room.view.book.registrations[-1].seq == entry.seq
    data = kept(room, INSPECTORS, body["report"])
    assert data is not None
    assert len(data) == body["size"]
    value = parse_audit(data)
    assert (value["schools"], value["export"], value["through"]) == (body["schools"], body["export"], entry.seq)
    assert (room.folder / INSPECTORS / f"{body['report']}.json").stat().st_mode & 0o777 == 0o600
    said = data.decode() + encode(entry.message.json()).decode()
    assert not [text for text in private(told) if text in said]
    assert kept(room, INSPECTORS, "0" * 64) is None


def test_an_export_with_problems_is_not_entered(told: Told, tmp_path: Path) -> None:
    room = told.story.room
    before = room.view.size
    path = write(tmp_path / "bad.xlsx", sheets(told, **{told.asked: {"document_number": "1" * 18}, told.moved: {"school": "1"}}))
    with pytest.raises(DataError) as refused:
        registration.check_registration(room, [path], YEAR)
    assert (refused.value.key, refused.value.values["count"]) == ("registration.refused", 2)
    assert room.view.size == before
    assert not [text for text in private(told) if text in str(refused.value)]


def test_the_workbook_with_names(told: Told, known: registration.Known, tmp_path: Path) -> None:
    room = told.story.room
    stranger = cells(told.students[told.asked], 1, name="标记丙", document_number="990001202003040042", registration="")
    rows = sheets(told, **{told.asked: {"class": "3班"}, told.misfit: {"class": "火箭班"}})
    rows[PRIMARY].append(stranger)
    read = registration.read_files(known, [write(tmp_path / "export.xlsx", rows)])
    found = audit(known.drawn, read)
    make = lambda: audit_views.workbook(  # noqa: E731
        found, room.view.book, known.divisions, known.schools, registration.people(room, known)
    )
    data = make()
    assert data == make()
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["不一致的学生", "各校人数"]
    first, second = (list(sheet.iter_rows(min_row=3, values_only=True)) for sheet in book.worksheets)
    lines = {line[3]: line for line in first}
    assert len(first) == 6
    who = {mark: told.students[mark] for mark in (told.moved, told.left, told.asked, told.misfit)}
    seqs = {request.body["moves"][0][0]: approval.seq for request, approval in room.view.book.approvals}
    lost = found.misfits[0].approval.seq
    asked = next(one.asked.seq for one in room.view.book.requests.values() if one.answer is None)
    expected = {
        who[told.moved].name: ("1班", "2班", "2班", "已批准变动", f"第 {seqs[told.moved]} 条批准的转班"),
        who[told.left].name: ("1班", "—", "—", "已批准变动", f"第 {seqs[told.left]} 条批准的转出"),
        who[told.asked].name: ("1班", "1班", "3班", "班级不符", f"第 {asked} 条申请的转班，未批准"),
        who[told.misfit].name: ("1班", "1班", "抽签没有的班", "班级不符", f"第 {seqs[told.misfit]} 条批准的转班；第 {lost} 条批准的转班与当时所在班级不符，没有生效"),
        "标记丙": ("—", "—", "1班", "学籍中多出", None),
        None: ("—", "3班", "—", "学籍中没有", f"第 {seqs[told.entered]} 条批准的转入"),
    }
    assert {name: line[5:10] for name, line in lines.items()} == expected
    assert lines[who[told.moved].name][4] == who[told.moved].document_number
    assert book.worksheets[0].cell(3, 5).data_type == "s"
    assert lines["标记丙"][10] == f"export.xlsx，工作表“{PRIMARY}”，第 {len(rows[PRIMARY]) + 1} 行"
    assert second[-1][:1] + second[-1][3:] == ("合计", 57 + 52, 2, 2, 1, 1, 0)


def test_the_page_for_everybody(told: Told, known: registration.Known, tmp_path: Path) -> None:
    room = told.story.room
    export_ = registration.read_files(known, [write(tmp_path / "export.csv", {"x": [r for s in sheets(told).values() for r in s]})])
    checked = registration.enter(room, known, export_)
    released = audit_views.release(checked.entry, known.drawn.through, room.view.bureau, room.view.origin, known.schools)
    html = audit_views.page(released).decode()
    assert html == audit_views.page(released).decode()
    assert "测试第一小学" in html
    assert "测试初级中学" in html
    assert checked.entry.message.body["report"][:32] in html
    assert "有 1 名学生" in html
    assert "<script" not in html
    assert not [text for text in private(told) if text in html]
    with pytest.raises(InternalError):
        Release(audit_views.KIND, {"rows": [PublicFile("a", 1, "")]})


@pytest.fixture
def run(told: Told, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setenv("VDRAW_STATE", str(told.story.folder / "state"))
        with pytest.raises(SystemExit) as end:
            main(["year", "registration", *map(str, arguments), "--room", str(told.story.room.folder)])
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out + said.err

    told.story.room.close()
    yield run  # type: ignore[misc]
    told.story.reopen()


def test_the_command(told: Told, run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    one, two = (write(tmp_path / f"{code}.xls", {"学籍": rows}) for code, rows in sheets(told).items())
    code, said = run(one, two, "--year", YEAR, "--out", tmp_path / "out")
    assert code == 0, said
    assert "学籍导出 112 行，2 个学校年级：一致 111，已批准变动 2，班级不符 0，学籍中缺 1，学籍中多 0，重复 0。" in said
    assert f"{PRIMARY} 测试第一小学 1年级：班级不符 0，缺 1" in said
    assert JUNIOR not in said.replace(f"{JUNIOR}.xls", "")
    assert not [text for text in private(told) if text in said]
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()}
    assert modes == {f"registration-{YEAR}.xlsx": 0o600, f"registration-{YEAR}.json": 0o600, f"registration-{YEAR}.html": 0o644}
    code, said = run(one, two, "--year", YEAR, "--json")
    assert json.loads(said[said.index("{") : said.rindex("}") + 1])["totals"]["same"] == 111


def test_the_command_refuses_and_says_everything(told: Told, run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    bad = {told.asked: {"document_number": 1e17}, told.misfit: {"class": 1.5}}
    path = write(tmp_path / "bad.xlsx", sheets(told, **bad))
    code, said = run(path, "--year", YEAR)
    assert code == 1
    assert "有 2 处问题，没有核对，也没有记入账本。" in said
    assert said.count("bad.xlsx，工作表“") == 2
    code, said = run(path, "--year", YEAR, "--json")
    assert code == 1
    assert '"id_number_cell"' in said
    code, said = run(path, "--year", YEAR - 1)
    assert code == 2
    assert "没有 2025 年" in said


def test_nothing_of_a_child_in_the_ledger(told: Told) -> None:
    lines = [encode(parse_entry(line).message.json()).decode() for line in told.story.room.store.read()]
    whole = "\n".join(lines)
    assert "registration.checked" in whole
    assert not [text for text in private(told) if text in whole]
