"""`vdraw year …` and `vdraw inspect …` as people give them, on a county in the middle of its year."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from verifiable_draw.cli import main
from verifiable_draw.inspection import report
from verifiable_draw.simulation.years import County

SCHOOL = "9970000002"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county without discs whose children are drawn and whose teachers have their lots."""
    folder = tmp_path_factory.mktemp("lived") / "county"
    county = County(folder, discs=False)
    county.run("lots")
    county.close()
    for name, key in county.story.schools.items():
        value = {"id": name, "role": "school", "seed": key.seed.hex()}
        (folder / f"{name}.key").write_text(json.dumps(value, separators=(",", ":")))
    holder = county.story.holders["h1"]
    (folder / "h1.key").write_text(json.dumps({"id": "h1", "role": "recipient", "seed": holder.seed.hex()}, separators=(",", ":")))
    return folder


class Desk:
    """A copy of the county in which commands are given."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.room, self._capsys = folder, folder / "bureau", capsys
        self.approver = self.room / "keys" / "approver.key"

    def run(self, *arguments: object, code: object = 0) -> str:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(one) for one in arguments])
        said = self._capsys.readouterr()
        assert (ended.value.code or 0) == code, said.out + said.err
        # Progress of long work goes beside what a program reads.
        return said.out if "--json" in arguments else said.out + said.err

    def paper(self, name: str = "paper.txt") -> Path:
        path = self.folder / name
        path.write_text(name)
        return path


@pytest.fixture
def desk(lived: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    shutil.copytree(lived, tmp_path / "county")
    monkeypatch.setenv("VDRAW_STATE", str(tmp_path / "county" / "state"))
    monkeypatch.setenv("VDRAW_ROOM", str(tmp_path / "county" / "bureau"))
    return Desk(tmp_path / "county", capsys)


def teachers(path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [["2026 年秋季"], ["姓名", "学科", "职称", "教龄"], *rows]:
        sheet.append(row)
    book.save(path)
    return path


def a_child(desk: Desk) -> tuple[str, int]:
    """Document number and class of somebody of the school."""
    from verifiable_draw.room import Room  # noqa: PLC0415
    from verifiable_draw.year import at_bureau, registration  # noqa: PLC0415

    room = Room.open(desk.room, state=desk.folder / "state")
    known = registration.gather(room, 2026)
    people = registration.people(room, known)
    mark, child = next(
        (place[0], child)
        for place, child in sorted(at_bureau.children(room, 2026).items())
        if place[1] == SCHOOL and people[place[0]].document_type == "1"
    )
    room.close()
    return people[mark].document_number, child.standing


def test_show_says_where_everything_stands(desk: Desk) -> None:
    said = desk.run("year", "show", 2026)
    assert "已抽 2" in said
    assert "免抽 1" in said
    assert "备案已审" in said
    assert "班主任已抽" in said
    assert "2026-08-31" in said


def test_a_move_is_asked_for_and_approved_without_the_number_in_the_ledger(desk: Desk) -> None:
    number, old = a_child(desk)
    new = old % 2 + 1
    key = desk.folder / f"{SCHOOL}.key"
    common = ["--key", key, "--year", 2026, "--grade", 7, "--document", desk.paper()]
    said = desk.run("year", "request", "class", *common, "--move", f"{number}:{new}:{old}", code=1)
    assert "第 1 个变动" in said
    assert number not in said
    desk.run("year", "request", "class", *common, "--move", f"{number}-{old}-{new}", code=2)
    desk.run("year", "request", "class", *common, "--move", f"{number}:{old}:0", code=1)  # leaving is another kind
    desk.run("year", "request", "gossip", *common, "--move", f"{number}:{old}:{new}", code=2)
    said = desk.run("year", "request", "class", *common, "--move", f"{number}:{old}:{new}")
    ledger = (desk.room / "ledger.db").read_bytes() + (desk.room / "ledger.db-wal").read_bytes() if (desk.room / "ledger.db-wal").exists() else (desk.room / "ledger.db").read_bytes()
    assert number.encode() not in ledger
    assert "待批变动 1" in desk.run("year", "show", 2026)
    seq = next(word for word in said.replace("，", " ").replace("。", " ").split() if word.isdigit())
    approve = ["--approver", desk.approver, "--document", desk.paper("approval.txt")]
    desk.run("year", "approve-request", "9999", *approve, code=2)
    desk.run("year", "approve-request", seq, *approve)
    desk.run("year", "approve-request", seq, *approve, code=2)  # once
    assert "待批变动" not in desk.run("year", "show", 2026)
    said = desk.run("year", "request", "class", *common, "--move", f"{number}:{old}:{new}", code=1)
    assert "第 1 个变动" in said  # it stands in the new class now


def test_a_shortlist_with_every_problem_at_once_and_a_replacement(desk: Desk) -> None:
    key = desk.folder / f"{SCHOOL}.key"
    common = ["--key", key, "--year", 2026, "--grade", 7, "--document", desk.paper()]
    bad = teachers(desk.folder / "bad.xlsx", [["", "语文", "", 3], ["教师甲", "数学", "", "多年"], ["教师乙", "", "", 61]])
    said = desk.run("year", "file", bad, *common, "--students", 25, "--classes", 2, code=1)
    assert all(f"第 {row} 行" in said or f"{row}" in said for row in (3, 4, 5))
    twice = teachers(desk.folder / "twice.xlsx", [["教师甲", "", "", 3], ["教师甲", "", "", 4]])
    assert "重名" in desk.run("year", "file", twice, *common, "--students", 25, "--classes", 2, code=1)
    good = teachers(desk.folder / "good.xlsx", [["教师21", "语文", "一级教师", 6], ["教师新", "数学", "", 2.0]])
    replace = ["--approver", desk.approver, *common, "--reason", "left"]
    assert "teacher.replaced" in desk.run("year", "replace-teacher", good, *replace)
    same = teachers(desk.folder / "same.xlsx", [["教师21", "语文", "一级教师", 6], ["教师新", "数学", "", 2]])
    assert "0 处不同" in desk.run("year", "replace-teacher", same, *replace, code=1)
    desk.run("year", "file", good, *common, "--students", 25, "--classes", 2)
    assert "备案待审" in desk.run("year", "show", 2026)
    desk.run("year", "approve-filing", SCHOOL, "--approver", desk.approver, "--year", 2026, "--grade", 7)
    desk.run("year", "approve-filing", SCHOOL, "--approver", desk.approver, "--year", 2026, "--grade", 7, code=2)


def test_inspect_writes_the_report_enters_it_and_a_finding_is_closed(desk: Desk) -> None:
    holder = desk.folder / "h1.key"
    out = desk.folder / "inspection"
    arguments = ["inspect", desk.room, "--year", 2026, "--key", holder, "--films", desk.folder / "films", "--out", out]
    said = desk.run(*arguments, "--enter", "--today", "2026-11-10")
    assert "违规 0 项" in said
    assert "[no-disc]" in said  # this county burned nothing
    value = json.loads((out / "2026.json").read_bytes())
    (row,) = [one for one in value["findings"] if one["type"] == "no-disc"]
    assert (row["severity"], row["plan"], row["session"]) == ("open", "四（三）", "2026-fenban")
    assert report.sha256((out / "2026.json").read_bytes()) in said
    close = ["--outcome", "corrected", "--approver", desk.approver, "--document", desk.paper()]
    desk.run("year", "close-finding", "00" * 8, *close, code=2)
    desk.run("year", "close-finding", row["id"], *close)
    desk.run("year", "close-finding", row["id"], *close, code=2)
    desk.run(*arguments, "--today", "gestern", code=2)
    # As data, without a holder's key: what cannot be looked at is said.
    found = json.loads(desk.run("inspect", desk.room, "--year", 2026, "--json"))["2026"]
    assert {one["type"] for one in found["findings"]} >= {"not-opened"}
    # Found again although it was closed: the report says so.
    (again,) = [one for one in found["findings"] if one["type"] == "no-disc"]
    assert (again["id"], again["closed"] > 0) == (row["id"], True)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--year", 2035], "有记录的年份：2026"),
        (["--export", "学籍.xlsx"], "没有给保管方密钥"),
        (["--disc", "nope.iso"], "nope.iso"),
        (["--films", "nope"], "没有这个文件或文件夹"),
        (["--key", "9970000002.key"], "打不开这些活动的密封名册"),
    ],
)
def test_what_was_mistyped_is_no_finding(desk: Desk, more: list[Any], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    (desk.folder / "学籍.xlsx").write_bytes(b"")
    out = desk.run("inspect", desk.room, *more, code=2)
    assert said in out
    assert "违规" not in out


def test_templates_are_not_written_over_what_is_there(desk: Desk) -> None:
    for command in ("shortlist-template", "register-template"):
        path = desk.folder / f"{command}.xlsx"
        assert str(path) in desk.run("year", command, path)
        path.write_bytes(b"filled in")
        assert "没有覆盖" in desk.run("year", command, path, code=2)
        assert path.read_bytes() == b"filled in"
        assert ".xlsx" in desk.run("year", command, desk.folder / "list.doc", code=2)


def test_what_waits_is_listed_with_its_entry(desk: Desk) -> None:
    common = ["--key", desk.folder / f"{SCHOOL}.key", "--year", 2026, "--document", desk.paper()]
    good = teachers(desk.folder / "good.xlsx", [["教师21", "语文", "一级教师", 6], ["教师新", "数学", "", 2.0]])
    desk.run("year", "file", good, *common, "--grade", 1, "--students", 25, "--classes", 2, code=2)  # not registered
    desk.run("year", "file", good, *common, "--grade", 7, "--students", 2, "--classes", 25, code=1)
    desk.run("year", "file", good, *common, "--grade", 7, "--students", 25, "--classes", 2)
    assert f"学校 {SCHOOL} 7 年级，25 人，2 个班，2 位教师" in desk.run("year", "show", 2026)
    number, of_class = a_child(desk)
    move = f"{number}:{of_class}:9"
    assert "只抽了 2 个班" in desk.run("year", "request", "class", *common, "--grade", 7, "--move", move, code=1)
    for _ in range(2):
        move = f"{number}:{of_class}:{3 - of_class}"
        desk.run("year", "request", "class", *common, "--grade", 7, "--move", move)
    said = desk.run("year", "show", 2026)
    first, second = re.findall(r"待批变动：第 (\d+) 条", said)
    approve = ["--approver", desk.approver, "--document", desk.paper()]
    desk.run("year", "approve-request", first, *approve)
    assert "现在不在所写的原班" in desk.run("year", "approve-request", second, *approve, code=1)  # it stands elsewhere by now
    desk.run("year", "show", 2035, code=2)


def test_what_cannot_be_read_is_the_finding(desk: Desk) -> None:
    (desk.room / "sessions" / "2026-fenban" / "header.json").unlink()
    said = desk.run("inspect", desk.room, "--year", 2026, "--out", desk.folder / "out", code=1)
    assert "[record-missing]" in said
    assert "header.json" in said
    (desk.room / "sessions" / "2026-fenban" / "header.json").write_bytes(b"{}")
    assert "[ledger-broken]" in desk.run("inspect", desk.room, "--year", 2026, code=1)


def test_dates_entered_late_are_only_on_record(desk: Desk) -> None:
    dates = ["--approver", desk.approver, "--document", desk.paper(), "--draw-by"]
    said = desk.run("year", "open", "2026", *dates, "2026-08-30", "--term", "2026-09-01", "2027-01-20")
    assert "7月1日已过，现行的仍是第" in said
    said = desk.run("year", "open", "2998", *dates, "2998-08-30", "--term", "2998-09-01", "2999-01-20")
    assert "7月1日" not in said
