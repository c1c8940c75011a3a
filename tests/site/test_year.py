"""The site's page of a year: what it says and whence, that it is the same again, and that no child is in it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.site.test_site import MARKS, Page, files_of
from verifiable_draw.county import SchoolSpec
from verifiable_draw.errors import DataError
from verifiable_draw.rosters import Student
from verifiable_draw.simulation.years import County
from verifiable_draw.site import building, year
from verifiable_draw.whitelist import WHITELIST, PublicStudent, Release
from verifiable_draw.year import acts
from verifiable_draw.year.shelves import PUBLIC
from verifiable_draw.year.shortlist import Shortlist

WORDS = "标记投诉：我家孩子标记乙为什么在三班"


class Marked(County):
    """A county in which some children have names that stand nowhere else, and somebody complains in words of theirs."""

    def children(self, spec: SchoolSpec) -> list[Student]:
        students = super().children(spec)
        return [replace(one, name=MARKS[place]) if place < len(MARKS) else one for place, one in enumerate(students)]

    def complain(self, *, decide: bool = True) -> None:
        super().complain(decide=decide)
        spec = self.specs[0]
        acts.receive_complaint(
            self.story.room, f"{self.year}-002", year=self.year, channel="visit", kind="class", school=spec.code,
            grade=spec.grade, words=WORDS, salt=bytes(32),
        )  # fmt: skip


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marked]:
    made = Marked(tmp_path_factory.mktemp("county") / "county", discs=False)
    made.run()
    yield made
    made.close()


@pytest.fixture
def other(county: Marked, tmp_path: Path) -> Iterator[Marked]:
    """The same county, to go on by itself."""
    made = Marked.copy(county, tmp_path / "copy")
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(county: Marked, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "site"
    building.build(county.story.room, out)
    return out


def table(page: str, heading: str) -> list[list[str]]:
    """Cells of the first table after a heading, without tags; English left out."""
    part = page[page.index(heading) :]
    part = part[: part.index("</tbody>")]
    rows = re.findall(r"<tr>(.*?)</tr>", part[part.index("<tbody>") :], re.DOTALL)
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in rows]
    return [[_plain(cell) for cell in row] for row in cells]


def _plain(cell: str) -> str:
    return re.sub(r"<[^>]+>", "", re.sub(r'<span class="en".*?</span>', "", cell)).strip()


def test_what_became_of_every_school(site: Path) -> None:
    page = (site / "year.html").read_text()
    tally = re.findall(r"<b>(\d+)</b> <span lang=\"zh-CN\">(\w+)</span>", page)
    assert {word: number for number, word in tally} == {
        "应抽": "2", "已抽": "2", "待抽": "0", "推迟": "0", "只演练": "0", "逾期未抽": "0", "免抽": "1",
    }  # fmt: skip
    rows = table(page, "各校各年级")
    assert [row[1:] for row in rows] == [
        ["一年级", "2", "已抽", "已审，看名单", "已抽签", "1"],
        ["一年级", "1", "免抽", "—", "—", "—"],
        ["七年级", "2", "已抽", "已审，看名单", "已抽签", "—"],
    ]
    assert "2026-09-05" in page


def test_shortlists_are_those_in_force(county: Marked, site: Path) -> None:
    page = (site / "year.html").read_text()
    book = county.story.room.view.book
    assert [row[1] for row in table(page, 'id="list-9910000001-1"')] == ["教师11", "教师12"]
    teachers = table(page, 'id="list-9970000002-7"')
    assert [row[1] for row in teachers] == ["教师新", "教师22"]
    seq = book.replaced[county.year, "9970000002", 7][0].seq
    assert [row[5] for row in teachers] == [f"更换（账本第 {seq} 条）", ""]
    named = {book.shortlist((county.year, spec.code, spec.grade)) for spec in county.specs}
    written = {path.stem: path.read_bytes() for path in (site / year.LISTS).iterdir()}
    assert written.keys() == named
    for name, data in written.items():
        assert hashlib.sha256(data).hexdigest() == name
        assert Shortlist.parse(data).year == county.year


def test_numbers_of_moves_complaints_registration_and_findings(county: Marked, site: Path) -> None:
    page = (site / "year.html").read_text()
    assert [row[2:] for row in table(page, "分班以后的变动")] == [["调班", "1", "1"], ["转出", "1", "1"]]
    # The second complaint was due before the last entry, the inspection, was made.
    assert table(page, ">投诉</span>") == [["编班", "2", "1", "0", "1"], ["合计", "2", "1", "0", "1"]]
    audited = county.story.room.view.book.registrations[-1].body["schools"]
    rows = table(page, ">学籍核对</span>")
    assert [row[2] for row in rows[:-1]] == [str(one["same"]) for one in audited]
    assert rows[-1][1] == str(sum(one["same"] for one in audited))
    inspection = county.story.room.view.book.inspections[-1]
    assert table(page, ">年检</span>")[0][1] == str(inspection.seq)
    counted = sum(int(row[2]) for row in table(page, ">问题</span>"))
    assert counted == len(inspection.body["findings"]) > 0


def test_no_child_and_no_word_of_a_complaint_leaves(county: Marked, site: Path) -> None:
    data = files_of(site)
    room = county.story.room
    roots = [
        str(progress.frozen["roster_root"])
        for session in room.view.sessions.values()
        for progress in session.draws.values()
        if progress.frozen
    ]
    students = [one for root in roots for unit in room.private.people(root) for one in unit]
    wanted = {value for one in students for value in (one.name, one.document_number, one.registration)} - {""}
    wanted |= {json.dumps(name)[1:-1] for name in MARKS} | {WORDS, WORDS[:12], "标记投诉"}
    assert set(MARKS) <= wanted
    assert len(wanted) > 2 * len(students)
    pages = b"\n".join(data[name] for name in data if not name.startswith("verifiers/"))
    assert [one for one in wanted if one.encode() in pages] == []
    marks = {move[0] for one in room.view.book.requests.values() for move in one.asked.body["moves"]}
    assert marks
    ours = b"\n".join(data[name] for name in data if name.startswith(("year", year.LISTS)))
    assert [one for one in marks if one.encode() in ours] == []
    assert PublicStudent not in WHITELIST["site-year"]


def test_pages_hold_without_script_and_links_lead_somewhere(site: Path) -> None:
    page = Page((site / "year.html").read_bytes())
    assert page.scripts == 0
    anchors = set(re.findall(r'id="([^"]+)"', (site / "year.html").read_text()))
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in anchors
        elif not link.startswith("mailto:"):
            assert (site / link).is_file(), link
    assert any(link.startswith(f"{year.LISTS}/") for link in page.links)
    assert "year.html" in Page((site / "index.html").read_bytes()).links


def test_again_it_is_the_same_and_nothing_is_written(county: Marked, site: Path, tmp_path: Path) -> None:
    before = files_of(site)
    again = building.build(county.story.room, site)
    assert (again.made, again.removed) == ((), ())
    building.build(county.story.room, tmp_path / "other")
    assert files_of(tmp_path / "other") == before == files_of(site)


def test_a_new_entry_changes_the_years_page_and_no_session(other: Marked, site: Path, tmp_path: Path) -> None:
    shutil.copytree(site, tmp_path / "site")
    room = other.story.room
    finding = next(iter(room.view.book.inspections[-1].body["findings"]))["id"]
    acts.close_finding(room, other.approver, finding, "corrected", b"decision")
    before = files_of(tmp_path / "site")
    assert building.build(room, tmp_path / "site").made == ()
    after = files_of(tmp_path / "site")
    changed = {name for name in before if before[name] != after.get(name)}
    assert "year.html" in changed
    assert not any(name.startswith(f"{other.session}/") for name in changed)
    assert sum(int(row[3]) for row in table((tmp_path / "site/year.html").read_text(), ">问题</span>")) == 1


@pytest.mark.parametrize("what", ["changed", "of another school", "gone"])
def test_a_shortlist_that_its_entry_does_not_name_stops_the_build(
    other: Marked, site: Path, tmp_path: Path, what: str
) -> None:
    room = other.story.room
    shutil.copytree(site, tmp_path / "site")
    before = files_of(tmp_path / "site")
    name, another = (room.view.book.shortlist((other.year, spec.code, spec.grade)) for spec in other.specs)
    path = room.folder / PUBLIC / f"{name}.json"
    if what == "gone":
        path.unlink()
        building.build(room, tmp_path / "site")
        assert "名单文件暂时不在本站" in (tmp_path / "site/year.html").read_text()
        assert not (tmp_path / "site" / year.LISTS / f"{name}.json").exists()
    else:
        elsewhere = (room.folder / PUBLIC / f"{another}.json").read_bytes()
        path.write_bytes(path.read_bytes().replace(b"\xe8\xaf\xad", b"\xe6\x95\xb0") if what == "changed" else elsewhere)
        with pytest.raises(DataError, match="不是当时记入账本的"):
            building.build(room, tmp_path / "site")
        assert files_of(tmp_path / "site") == before


def test_a_year_that_has_only_begun_and_an_empty_ledger(tmp_path: Path) -> None:
    begun = County(tmp_path / "county", discs=False)
    (name, empty), = year.files(begun.story.room)
    assert name == year.LATEST
    assert "还没有任何一年" in empty.decode()
    begun.begin()
    begun.set_clock(date(begun.year, 9, 1))
    begun.year += 1
    begun.begin()  # its first entry is after the day by which the first year had to be drawn
    pages = dict(year.files(begun.story.room))
    assert pages.keys() == {"year.html", f"year-{begun.year - 1}.html"}
    old = pages[f"year-{begun.year - 1}.html"].decode()
    assert re.search(r'class="alarm"><b>2</b>', old)
    assert old.count('<b class="loud">') == 2
    assert 'class="alarm"' not in pages["year.html"].decode()
    begun.close()


def test_the_gate_lets_nothing_else_through(county: Marked) -> None:
    released = year._release(county.story.room, county.year, [])
    assert isinstance(released, Release)
    assert {type(row) for rows in released.rows.values() for row in rows} <= WHITELIST["site-year"]
