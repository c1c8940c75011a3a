"""The table of wrongdoing: every row caught with the right type, no false alarm; three honest years give none."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ledger.canonical import encode
from ledger.checkpoint import Checkpoint, cosign, sign_checkpoint
from ledger.entry import Entry
from verifiable_draw import conduct, witnessing
from verifiable_draw.inspection import Inspection, draws, inspect, report
from verifiable_draw.simulation import ceremony
from verifiable_draw.simulation.demo import YEARS, alarms
from verifiable_draw.simulation.wrongs import WRONGS, caught, plant, stages
from verifiable_draw.simulation.years import FIRST, County, Row
from verifiable_draw.year import acts
from verifiable_draw.year.shelves import INSPECTORS, keep

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, County]]:
    made = stages(tmp_path_factory.mktemp("honest"))
    yield made
    for county in made.values():
        county.close()


def enter(county: County, found: Inspection) -> Entry:
    room = county.story.room
    return report.enter(room, found, county.year, report.report_file(found, room.view, county.year))


@pytest.mark.parametrize("name", WRONGS)
def test_every_wrong_is_caught_and_nothing_else(name: str, honest: dict[str, County], tmp_path: Path) -> None:
    wrong = WRONGS[name]
    county, found = plant(honest[wrong.after], wrong, tmp_path / "county")
    county.close()
    assert caught(wrong, found) == (True, [])


def test_three_honest_years(tmp_path: Path) -> None:
    county = County(tmp_path / "county")
    county.year = FIRST - 1
    for _ in range(YEARS):
        county.go_on()
        assert alarms(list(county.inspect().findings)) == []
    found = county.inspect(range(FIRST, FIRST + YEARS))
    assert alarms(list(found.findings)) == []
    assert found.years == (2026, 2027, 2028)
    assert len(county.story.room.view.book.inspections) == YEARS
    # The report of a year is the same whether it was looked at alone or with others.
    room = county.story.room
    alone = json.loads(report.report_file(county.inspect([2027]), room.view, 2027))
    assert alone == json.loads(report.report_file(found, room.view, 2027))
    # Years looked at together are entered one after the other, each with the report that was written.
    reports = {year: report.report_file(found, room.view, year) for year in found.years}
    entered = [report.enter(room, found, year, data) for year, data in reports.items()]
    assert [one.message.body["report"] for one in entered] == [report.sha256(data) for data in reports.values()]
    assert {one.message.body["through"] for one in entered} == {found.entries}
    county.close()


def test_findings_stay_until_they_are_closed(honest: dict[str, County], tmp_path: Path) -> None:
    county, found = plant(honest[WRONGS["film-lost"].after], WRONGS["film-lost"], tmp_path / "county")
    entry = enter(county, found)
    (row,) = entry.message.body["findings"]  # type: ignore[misc]
    assert row["type"] == "film-missing"
    later = report.earlier(county.story.room.view, county.year + 1, [])
    assert [one["id"] for one in later] == [row["id"]]
    assert report.earlier(county.story.room.view, county.year + report.STAYS + 1, []) == []
    # The same inspection again finds it anew, under the same id.
    assert row["id"] in {one.id for one in county.inspect().findings}
    acts.close_finding(county.story.room, county.approver, row["id"], "corrected", b"decision")
    assert report.earlier(county.story.room.view, county.year + 1, []) == []
    county.close()


def test_what_nobody_of_the_bureau_signed_accuses_nobody(
    honest: dict[str, County], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note that anybody wrote, and a disc of a county of the same name with keys of its own."""
    material = honest["finish"].material()
    note = Path(material.checkpoints[0]).read_text()
    head, signature = note.split("\n\n", 1)
    longer = head.replace(f"\n{head.split(chr(10))[1]}\n", "\n99999\n")
    (tmp_path / "written.note").write_text(f"{longer}\n\n{signature}")
    (tmp_path / "noise.note").write_bytes(b"\xff\x00")
    own = ceremony.seed_of
    monkeypatch.setattr(ceremony, "seed_of", lambda name: own(f"stranger {name}"))
    stranger = County(tmp_path / "stranger").run("students")
    stranger.close()
    discs = sorted((tmp_path / "stranger" / "discs").glob("*/*.iso"))
    assert len(discs) == 1
    notes = [tmp_path / "written.note", tmp_path / "noise.note"]
    found = inspect(replace(material, checkpoints=notes, discs=discs), [2026])
    types = sorted((one.type, one.severity) for one in found.findings if one.severity != "note")
    assert types == [("archive-differs", "violation"), ("kept-unsigned", "open"), ("kept-unsigned", "open")]


def test_an_interrupted_inspection_goes_on(honest: dict[str, County], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    material = honest["register"].material()
    looked = []
    look = draws.look

    def stopped(job):
        if len(looked) == 1:
            raise KeyboardInterrupt
        looked.append(job.draw)
        return look(job)

    monkeypatch.setattr(draws, "look", stopped)
    with pytest.raises(KeyboardInterrupt):
        inspect(material, answers=tmp_path / "answers")
    assert len(list((tmp_path / "answers").iterdir())) == 1
    monkeypatch.setattr(draws, "look", look)
    whole = inspect(material, answers=tmp_path / "answers")
    assert whole == inspect(material)
    assert len(list((tmp_path / "answers").iterdir())) == len(whole.draws) == 3
    # A half-written answer is asked again.
    path = next((tmp_path / "answers").iterdir())
    path.write_bytes(path.read_bytes()[:20])
    assert inspect(material, answers=tmp_path / "answers") == whole
    # So is one that somebody wrote who has not the holder's key: a finding cannot be made to disappear.
    seal, data = path.read_bytes().split(b"\n", 1)
    path.write_bytes(seal + b"\n" + data.replace(b'"found": [', b'"found": [["result", {}],'))
    assert inspect(material, answers=tmp_path / "answers") == whole
    # Whoever has no key keeps nothing.
    inspect(replace(material, holder=None), answers=tmp_path / "others")
    assert not (tmp_path / "others").exists()


# Honest mistakes and strangers accuse nobody


def types_of(found: Inspection) -> set[str]:
    return {one.type for one in found.findings if one.severity != "note"}


def test_what_comes_after_an_audit_does_not_make_it_wrong(honest: dict[str, County], tmp_path: Path) -> None:
    """A teacher replaced in November and a draw annulled then: the audit of October was right when it was made."""
    county = County.copy(honest["register"], tmp_path / "replaced")
    county.set_clock(date(county.year, 11, 3))
    spec = county.specs[0]
    now = county.shortlist(spec)
    changed = replace(now, teachers=(*now.teachers[:-1], replace(now.teachers[-1], name="教师后来")))
    key = county.story.schools[spec.code]
    acts.replace_teacher(county.story.room, key, county.approver, changed, reason="left", document=b"paper")
    assert types_of(county.inspect()) == set()
    paper = tmp_path / "decision.txt"
    paper.write_text("名册有误")
    conduct.annul(county.story.room, county.session, ["d1", "d2"], "名册有误", paper, county.approver)
    county.ask()
    assert types_of(county.inspect()) == {"annulled", "not-drawn"}
    county.close()


def test_an_export_of_one_school_accuses_no_child_of_another(honest: dict[str, County], tmp_path: Path) -> None:
    county = County.copy(honest["register"], tmp_path / "county")
    first = county.specs[0]

    def one_school(rows: list[Row]) -> None:
        rows[:] = [[*row[:3], "②班" if row[3] == "2班" else row[3], *row[4:]] for row in rows if row[0] == first.code]

    county.brought = [county.export(one_school)]
    found = county.inspect()
    assert [(one.type, one.place.school) for one in found.findings if one.severity != "note"] == [
        ("export-without", county.specs[1].code)
    ]
    # Teachers are compared with the inspectors' own export too, whatever signs people write in a name.
    county.brought = [county.export(lambda rows: [row.__setitem__(8, row[8].replace("教师", "教 师")) for row in rows])]
    assert types_of(county.inspect()) == set()
    county.brought = [county.export(lambda rows: [row.__setitem__(8, "教师某") for row in rows])]
    assert types_of(county.inspect()) == {"teacher-differs"}
    county.brought = [county.export(lambda rows: [row.__setitem__(8, "") for row in rows])]
    assert types_of(county.inspect()) == {"teachers-unnamed"}
    # An export that cannot be read is one finding of one line, and the report is made all the same.
    county.brought = [county.export(lambda rows: [row.__setitem__(6, "12345") for row in rows])]
    found = county.inspect()
    assert types_of(found) == {"export-unreadable"}
    report.report_file(found, county.story.room.view, county.year)
    # Nor is it compared where a class list cannot be read: that is not the export's fault.
    county.story.room.path(county.session, "sealed/d1.json").unlink()
    assert types_of(county.inspect()) >= {"no-sealed", "export-not-compared"}
    assert "export-unreadable" not in types_of(county.inspect())
    county.close()


def test_strangers_papers_prove_nothing(honest: dict[str, County], tmp_path: Path) -> None:
    county = County.copy(honest["register"], tmp_path / "county")
    room, witness = county.story.room, county.witness
    (room.folder / "forks").mkdir()
    (room.folder / "forks" / "hello.json").write_bytes(b"hello")
    other = Checkpoint(room.view.origin, 9, bytes(32))
    note = sign_checkpoint(other, bytes(31) + b"k")
    alone, cosigned = tmp_path / "alone.note", tmp_path / "cosigned.note"
    alone.write_text(str(note))
    line = cosign(other, witness.name, witness.key.seed, int(county.story.clock.now.timestamp()))
    cosigned.write_text(str(replace(note, lines=(*note.lines, line))))
    found = inspect(replace(county.material(), checkpoints=[alone, cosigned]), [county.year])
    assert {(one.type, one.severity) for one in found.findings if one.severity != "note"} == {
        ("fork-unproven", "open"), ("kept-unsigned", "open"), ("kept-other-key", "open"),
    }  # fmt: skip
    county.close()


def test_papers_that_were_kept_badly_end_no_inspection(honest: dict[str, County], tmp_path: Path) -> None:
    """A file that is a folder, a pipe, too large or too short is a finding, and the rest is looked at."""
    county = County.copy(honest["register"], tmp_path / "county")
    room = county.story.room
    result = room.path(county.session, "draws/d1/result.json")
    value = json.loads(result.read_bytes())
    for classes in (value["classes"][:-1], [*value["classes"], 1]):
        result.write_bytes(encode({**value, "classes": classes}))
        assert {"result"} <= types_of(county.inspect())
    result.unlink()
    os.mkfifo(result)
    assert "record-missing" in types_of(county.inspect())
    result.unlink()
    with result.open("wb") as file:
        file.truncate((64 << 20) + 1)
    assert "record-missing" in types_of(county.inspect())
    county.close()


def test_a_year_of_which_nothing_was_said_but_complaints_is_looked_at(honest: dict[str, County], tmp_path: Path) -> None:
    county = County.copy(honest["register"], tmp_path / "county")
    body = {
        "channel": "visit", "complaint": "2031-001", "due": "2026-10-20", "grade": 0, "kind": "class", "school": "",
        "text": "00" * 32, "year": 2031,
    }  # fmt: skip
    county.story.room.operate("", "complaint.received", body)
    county.set_clock(date(county.year, 12, 1))
    found = county.inspect(county.material().years())
    assert 2031 in found.years
    assert "complaint-open" in types_of(found)
    county.close()


def test_smaller_things_that_want_an_answer(honest: dict[str, County], tmp_path: Path) -> None:
    """A report that is gone, another witness policy, lots of another number of classes, a grade that nobody registered."""
    county = County.copy(honest["finish"], tmp_path / "finish")
    room = county.story.room
    entered = room.view.book.inspections[-1]
    (room.folder / INSPECTORS / f"{entered.body['report']}.json").unlink()
    vkey = county.witness.vkeys[0]
    policy = f"witness other {vkey} http://other.invalid\nquorum other\n".encode()
    witnessing.publish_policy(room, policy, county.approver)
    spec = county.specs[0]
    county.numbers = lambda of: list(range(1, of.classes + 2))  # type: ignore[method-assign,assignment]
    county.lot(spec, {"parent": 5, "discipline": 1})
    found = types_of(county.inspect())
    assert {"inspection-missing", "policy-changed", "lots-differ", "lots-again"} <= found
    county.close()
    county = County.copy(honest[""], tmp_path / "start")
    county.set_clock(date(county.year, 6, 20))
    rows = [{"classes": s.classes, "grade": s.grade, "name": s.name, "school": s.code} for s in county.specs[1:]]
    conduct.register(county.story.room, county.year, rows)
    county.students()
    found = {(one.type, one.place.school) for one in county.inspect().findings}
    assert ("register-differs", spec.code) in found
    assert ("register-differs", county.specs[1].code) not in found
    county.close()


def test_whatever_was_entered_as_a_report_ends_no_inspection(honest: dict[str, County], tmp_path: Path) -> None:
    """A bureau can enter any bytes as an inspection's report: they are the finding."""
    for number, data in enumerate((b"{}", b"[]", b'{"findings":[]}', b'{"findings":[{"severity":"open"}]}', b"no JSON")):
        county = County.copy(honest["register"], tmp_path / str(number))
        room = county.story.room
        body = {"findings": [], "report": keep(room, INSPECTORS, data), "size": len(data), "through": 9, "year": county.year}
        room.operate("", "inspection", body)
        assert types_of(county.inspect()) == {"inspection-differs"}
        county.close()


def test_an_audit_that_is_lost_hides_nothing(honest: dict[str, County], tmp_path: Path) -> None:
    """Of two audits the second one's file is not there: what the first one found is still found."""
    wrong = WRONGS["audited-again"]
    county = County.copy(honest[wrong.after], tmp_path / "county")
    wrong.act(county)
    assert "class-changed" not in types_of(county.inspect())
    last = county.story.room.view.book.registrations[-1]
    (county.story.room.folder / INSPECTORS / f"{last.body['report']}.json").unlink()
    assert types_of(county.inspect()) == {"audit-missing", "class-changed", "teacher-differs"}
    county.close()


def test_a_class_without_a_teachers_name_is_said(honest: dict[str, County], tmp_path: Path) -> None:
    county = County.copy(honest["register"], tmp_path / "county")
    county.brought = [county.export(lambda rows: [row.__setitem__(8, "") for row in rows if row[3] == "1班"])]
    (found,) = [one for one in county.inspect().findings if one.severity != "note"]
    assert (found.type, found.values) == ("teachers-unnamed", {"number": len(county.specs)})
    county.close()


def test_an_observers_wrong_clock_accuses_nobody(honest: dict[str, County], tmp_path: Path) -> None:
    county = County.copy(honest["move"], tmp_path / "county")
    story = county.story
    clock = story.clock.now
    story.clock.now = clock.replace(year=clock.year + 5)
    story.cosign_coverage()
    story.clock.now = clock
    county.run(after="move")
    assert "time-set-back" not in types_of(county.inspect())
    county.close()


def test_a_report_says_its_day_and_can_be_made_again(honest: dict[str, County]) -> None:
    material = honest["finish"].material()
    one, again, later = (inspect(material, [2026], today=date(2026, 12, day)) for day in (1, 1, 2))
    files = [report.report_file(found, material.view, 2026) for found in (one, again, later)]
    assert files[0] == files[1] != files[2]
    assert json.loads(files[0])["summary"]["day"] == "2026-12-01"
