"""The table of wrongdoing: every row caught with the right type, no false alarm; three honest years give none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.entry import Entry
from verifiable_draw.inspection import Inspection, draws, inspect, report
from verifiable_draw.simulation import ceremony
from verifiable_draw.simulation.demo import YEARS, alarms
from verifiable_draw.simulation.wrongs import WRONGS, caught, plant, stages
from verifiable_draw.simulation.years import FIRST, County
from verifiable_draw.year import acts

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
