"""The year at the console: the board, every form of it, what comes back with an error, and what never leaves."""

from __future__ import annotations

import html
import io
import re
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ledger.canonical import encode
from tests.web.hall import Clerk, Hall
from tests.web.test_pages import Window, window  # noqa: F401 - a fixture
from verifiable_draw.inspection import report
from verifiable_draw.keyfile import Key
from verifiable_draw.rosters import Student
from verifiable_draw.simulation.years import County
from verifiable_draw.year import acts, at_bureau
from verifiable_draw.year.moves import Move, by_nullifier
from verifiable_draw.year.shelves import PUBLIC, kept
from verifiable_draw.year.shortlist import Shortlist
from verifiable_draw.year.standing import sizes

YEAR = 2026
PRIMARY, MIDDLE = "9910000001-1", "9970000002-7"
PAGES = ("year", "year-dates", f"year-grade?which={PRIMARY}", "year-complaints", "year-registration", "year-findings")
Files = dict[str, tuple[str, bytes]]


class Story(County):
    """A county whose first school filed, whose children are drawn, and where inspectors have been once."""

    def told(self) -> Story:
        """Everything up to there, and the schools' keys where the console finds them."""
        self.begin()
        middle = self.specs[1]
        self.specs = self.specs[:1]
        self.file()
        self.specs = (*self.specs, middle)
        self.students()
        found = self.inspect()
        report.enter(self.story.room, found, self.year, report.report_file(found, self.story.room.view, self.year))
        for code, key in self.story.schools.items():
            path = self.folder / "bureau" / "schools" / f"{code}.key"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(key_file(key))
        return self

    def enrolled(self, place: int = 0) -> tuple[Student, int]:
        """A child of the middle school and the class it stands in."""
        mark = self.places(self.specs[1])[place]
        room = self.story.room
        root = self.story.session.draws["d2"].frozen
        assert root is not None
        found = {
            by_nullifier(room, YEAR, [Move(one.document_type, one.document_number, 0, 1)])[0][0]: one
            for unit in room.private.people(root["roster_root"]) for one in unit
        }  # fmt: skip
        return found[mark[0]], self.standing(mark)


def key_file(key: Key) -> bytes:
    """A key file without a passphrase."""
    return encode({"id": key.actor.id, "role": key.actor.role, "seed": key.seed.hex()})


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    made = Story(tmp_path_factory.mktemp("year") / "county", discs=False)
    made.told()
    yield made
    made.close()


@pytest.fixture
def county(begun: Story, tmp_path: Path) -> Story:
    """The story in a folder of its own, its room closed for the server."""
    made = Story.copy(begun, tmp_path / "county")
    made.story.room.close()
    return made


@pytest.fixture
def clerk(county: Story) -> Iterator[Clerk]:
    room = Hall(county.story).start()
    yield Clerk(room).sign_in()
    room.close()


def send(clerk: Clerk, action: str, page: str, files: Files | None = None, **fields: Any) -> str:
    """Send a form with any files, as a browser does; returns the page that follows."""
    token = re.search(r'name="form" value="([^"]+)"', clerk.look(page))
    assert token, clerk.text
    body = io.BytesIO()
    for name, value in {"form": token[1], "page": page, "year": YEAR, **fields}.items():
        body.write(f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    for name, (label, data) in (files or {}).items():
        head = f'--cut\r\nContent-Disposition: form-data; name="{name}"; filename="{label}"\r\n\r\n'
        body.write(head.encode() + data + b"\r\n")
    body.write(b"--cut--\r\n")
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{clerk.hall.base}/console/do/{action}", body.getvalue(), {"Content-Type": "multipart/form-data; boundary=cut"}
    )
    with clerk.opener.open(request, timeout=120) as answer:
        clerk.text = answer.read().decode()
    return clerk.text


def said(page: str, kind: str = "bad") -> str:
    """What the page says of the last press."""
    return html.unescape("\n".join(re.findall(rf'class="said {kind}" role="\w+">(.*?)</p>', page)))


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def workbook(*rows: list[Any]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def paper(name: str = "材料.pdf") -> Files:
    return {"document": (name, f"scan of {name}".encode())}


def test_the_board_says_where_everything_stands(clerk: Clerk) -> None:
    page = clerk.look("year")
    figures = dict(reversed(pair) for pair in re.findall(r"<b>(\d+)</b> (\S+?)</a>", page[: page.index("先办这些")]))
    assert (figures["应抽"], figures["已抽"], figures["免抽"], figures["逾期未抽"]) == ("2", "2", "1", "0")
    tasks = plain(page[page.index('<ol class="tasks">') : page.index("</ol>")])
    assert "1 个应抽的年级还没有备案" in tasks
    assert "2 个年级学生已抽，班主任还没有抽签" in tasks
    rows = [plain(row) for row in re.findall(r"<tr><td>.*?</tr>", page[page.index('id="board"') :])]
    assert len(rows) == 3
    assert "测试第一小学 9910000001 1 2 已抽 2026-fenban 已审" in rows[0]
    assert "测试教学点 9910999999 1 1 免抽" in rows[2]
    shown = clerk.look("year?show=unfiled")
    rows = re.findall(r"<tr><td>.*?</tr>", shown[shown.index('id="board"') :])
    assert [MIDDLE in row for row in rows] == [True]
    assert 'aria-current="page">学年' in page
    assert 'aria-current="page">学年' in clerk.look("year-findings")


def test_dates_of_a_year(clerk: Clerk) -> None:
    page = clerk.look("year-dates")
    assert "分班截止" in page
    fields = {"draw_by": "8月31日", "term_first": "2026-09-01", "term_last": "", "complaint_days": "0",
              "late_dates": "2026-09-05 2026-13-01", "watch-9910000001": "yes", "of": ""}  # fmt: skip
    back = send(clerk, "open_year", "year-dates", paper("县方案.pdf"), **fields)
    wrong = said(back)
    assert "有 4 处要改" in wrong
    for label in ("分班截止", "第一学期最后一天", "投诉答复期限", "补录抽签日期"):
        assert label in wrong
    assert 'value="8月31日"' in back
    assert 'value="2026-09-05 2026-13-01"' in back
    assert "已收到 县方案.pdf" in back
    assert 'name="watch-9910000001" value="yes" checked' in back
    fields |= {"draw_by": "2999-08-30", "term_last": "2027-01-20", "complaint_days": "20", "late_dates": "2026-09-12、2026-09-05"}
    assert "审定人登录" in said(send(clerk, "open_year", "year-dates", **fields))
    clerk.sign_in("approver")
    assert "不是 2026 学年的：2999-08-30" in said(send(clerk, "open_year", "year-dates", **fields))
    fields["draw_by"] = "2026-08-30"
    page = send(clerk, "open_year", "year-dates", **fields)  # the file is still held
    # The county has its dates, and 1 July is past: they stay, and the page says so.
    assert "7月1日已过，现行的仍是第" in said(page, "good")
    assert "（现行）" in page
    assert "（只作记录）" in page
    assert "2026-08-30" not in page
    fields |= {"year": "2998", "term_first": "2998-09-01", "term_last": "2999-01-20", "draw_by": "2998-08-31"}
    fields |= {"late_dates": "2998-09-12、2998-09-05"}
    page = send(clerk, "open_year", "year-dates?year=2998", paper("县方案.pdf"), **fields)  # a year to come
    assert "已记入账本" in said(page, "good")
    page = clerk.look("year-dates?year=2998")
    assert "2998-08-31" in page
    assert "2998-09-05、2998-09-12" in page
    assert "已收到" not in clerk.look("year-dates")
    again = send(clerk, "open_year", "year-dates", paper(), **fields | {"term_last": "2026-08-01"})
    assert "结束早于开始" in said(again)


def test_a_filing_from_the_form_to_the_approval(county: Story, clerk: Clerk) -> None:
    page = f"year-grade?year={YEAR}&which={MIDDLE}"
    fields = {"of": MIDDLE, "students": "many", "classes": "2"}
    bad = workbook(["姓名", "学科", "教龄"], ["教师甲", "语文", 200], ["", "数学", 1])
    back = send(clerk, "file_grade", page, {"shortlist": ("名单.xlsx", bad)}, passphrase="geheim", **fields)
    assert "有 2 处要改" in said(back)
    assert "录取人数" in said(back)
    assert "进班方案" in said(back)
    assert 'value="many"' in back
    assert "已收到 名单.xlsx" in back
    assert "geheim" not in back
    fields["students"] = "25"
    back = send(clerk, "file_grade", page, paper("进班方案.pdf"), **fields)
    assert said(back).count("登记表第") == 2  # both rows of the workbook, at once
    good = workbook(["姓名", "学科", "职称", "教龄"], ["教师甲", "语文", "一级教师", 6], ["教师乙", "数学", "", 0])
    wrong_key = {"shortlist": ("名单.xlsx", good), "key": ("别的.key", b"no key")}
    assert "“别的.key”不是密钥文件" in said(send(clerk, "file_grade", page, wrong_key, **fields))
    other = key_file(county.story.schools["9910000001"])
    assert "9970000002" in said(send(clerk, "file_grade", page, {"key": ("校.key", other)}, **fields))
    mine = key_file(county.story.schools["9970000002"])
    done = send(clerk, "file_grade", page, {"key": ("校.key", mine)}, **fields)  # both papers are still held
    assert "已记入账本" in said(done, "good")
    assert "教师甲" in done
    seq = re.search(r'name="seq" value="(\d+)"', done)
    assert seq
    assert "审定人" in said(send(clerk, "approve_filings", page, of=MIDDLE, seq=seq[1]))
    clerk.sign_in("approver")
    assert "1 份备案等待审定" in plain(clerk.look("year"))
    send(clerk, "file_grade", page, {"shortlist": ("名单.xlsx", good), **paper()}, **fields | {"classes": "3"})
    assert "刚刚又提交了备案" in said(send(clerk, "approve_filings", page, of=MIDDLE, seq=seq[1]))
    board = clerk.look("year")
    assert "登记表是 2 个班" in board
    assert "审定全部" not in board  # it does not fit the register
    assert "已审定 0 份备案" in said(send(clerk, "approve_filings", "year", of="", seq=seq[1]), "good")
    seq = re.search(r'name="seq" value="(\d+)"', board)
    assert seq
    assert "已审定 1 份备案" in said(send(clerk, "approve_filings", "year", of=MIDDLE, seq=seq[1]), "good")
    assert "等待审定的备案" not in clerk.look("year")
    fields = {"of": MIDDLE, "number": "2", "name": "", "subject": "数学", "title": "", "years": "x", "reason": "absence"}
    back = send(clerk, "replace_teacher", page, paper(), **fields)
    assert "有 2 处要改" in said(back)
    assert 'value="x"' in back
    page_after = send(clerk, "replace_teacher", page, **fields | {"name": "教师丙", "years": "3"})
    assert "已更换：第 2 位" in page_after
    clerk.hall.close()
    room = county.story.another()
    shortlist = Shortlist.parse(kept(room, PUBLIC, room.view.book.shortlist((YEAR, "9970000002", 7))) or b"")
    room.close()
    assert [one.name for one in shortlist.teachers] == ["教师甲", "教师丙"]


def test_moves_asked_for_and_approved(county: Story, clerk: Clerk) -> None:
    county.story.room = county.story.another()
    (child, stands), (other, _class) = county.enrolled(0), county.enrolled(1)
    county.story.room.close()
    page = f"year-grade?year={YEAR}&which={MIDDLE}"
    wrong = child.document_number[:-1] + ("1" if child.document_number[-1] != "1" else "2")
    lines = {"type-1": child.document_type, "number-1": child.document_number, "from-1": stands, "to-1": stands,
             "type-2": "1", "number-2": wrong, "from-2": "1", "to-2": "2",
             "type-3": "1", "number-3": "", "from-3": "", "to-3": "",
             "pasted": f"身份证\t{other.document_number}\t1\t0\n居民身份证,{other.document_number},1"}  # fmt: skip
    back = send(clerk, "request_moves", page, paper(), of=MIDDLE, kind="class", **lines)
    problems = said(back)
    assert "有 4 处要改" in problems
    for sentence in ("第 1 行与申请的类别不符", "第 2 行的证件号不对", "第 3 行的证件类型不认识", "第 4 行不是四项"):
        assert sentence in problems
    assert not any(number in problems for number in (child.document_number, wrong, other.document_number))
    assert f'value="{wrong}"' in back
    assert other.document_number in back[back.index("<textarea") :]
    new = stands % 2 + 1
    lines |= {"to-1": new, "number-2": "", "from-2": "", "to-2": "", "pasted": ""}
    twice = lines | {"pasted": f"{child.document_type} {child.document_number} {stands} {new}"}
    assert "第 2 行与第 1 行是同一个学生" in said(send(clerk, "request_moves", page, of=MIDDLE, kind="class", **twice))
    elsewhere = lines | {"from-1": new, "to-1": stands}
    assert "不在所写的原班" in said(send(clerk, "request_moves", page, of=MIDDLE, kind="class", **elsewhere))
    done = send(clerk, "request_moves", page, of=MIDDLE, kind="class", **lines)
    assert "已记入账本" in said(done, "good")
    assert child.document_number not in done
    waiting = clerk.look("year")
    assert f"{stands} 班 → {new} 班：1 人" in plain(waiting)
    seq = re.search(r'name="of" value="(\d+)"', waiting[waiting.index('id="requests"') :])
    assert seq
    assert "审定人" in said(send(clerk, "approve_moves", "year", paper(), of=seq[1]))
    clerk.sign_in("approver")
    assert "决定文件" in said(send(Clerk(clerk.hall).sign_in().sign_in("approver"), "approve_moves", "year", of=seq[1]))
    assert "已记入账本" in said(send(clerk, "approve_moves", "year", paper(), of=seq[1]), "good")
    assert "等待批准的变动申请" not in clerk.look("year")
    now = clerk.look(f"{page}&sizes=yes")
    clerk.hall.close()
    room = county.story.another()
    stood = sizes(at_bureau.children(room, YEAR), "9970000002", 7, 2)
    room.close()
    shown = plain(now[now.index("各班现有人数") :])
    assert f"1 班 2 班 {stood[0]} {stood[1]}" in shown
    kept = b"".join(path.read_bytes() for path in clerk.hall.folder.glob("ledger.db*")) + clerk.hall.log.read_bytes()
    kept += b"".join(path.read_bytes() for path in clerk.hall.folder.glob("desk.db*"))
    assert b"amendment.approved" in kept
    assert not any(one.document_number.encode() in kept for one in (child, other))


def test_a_complaint_received_and_decided(county: Story, clerk: Clerk) -> None:
    words = "标记投诉：为什么标记乙在二班"
    fields = {"of": "", "number": "2026 001", "channel": "fax", "kind": "class", "came": "2026-08-21", "which": MIDDLE, "words": words}
    back = send(clerk, "receive_complaint", "year-complaints", **fields)
    assert "“渠道”要选一项" in said(back)
    assert words in back
    assert f'value="{MIDDLE}" selected' in back
    assert "“投诉编号”只能用小写字母、数字和连字符" in said(back)
    assert "清空重填" in back
    assert words not in send(clerk, "drop_form", "year-complaints", of="", drop="receive_complaint")
    future = fields | {"number": "2026-001", "channel": "visit", "came": "2999-01-01"}
    assert "还没有到" in said(send(clerk, "receive_complaint", "year-complaints", **future))
    assert words in clerk.text
    fields |= {"number": "2026-001", "channel": "visit"}
    done = send(clerk, "receive_complaint", "year-complaints", **fields)
    assert "2026-09-10 前答复" in said(done, "good")
    assert words not in done
    assert 'value="2026-002"' in done
    assert "投诉编号 2026-001 已经用过" in said(send(clerk, "receive_complaint", "year-complaints", **fields))
    assert "待答复投诉 1" in plain(clerk.look(f"year-grade?which={MIDDLE}"))
    assert "审定人" in said(send(clerk, "decide_complaint", "year-complaints", paper(), of="2026-001", outcome="partly"))
    clerk.sign_in("approver")
    done = send(clerk, "decide_complaint", "year-complaints", of="2026-001", outcome="partly")
    assert "部分属实" in plain(done[done.index("<tbody>") :])
    assert "complaint-pack?of=2026-001&amp;audience=inspector" in done
    for audience, sees in (("complainant", False), ("inspector", True)):
        address = f"{clerk.hall.base}/console/complaint-pack?of=2026-001&audience={audience}"
        pack = zipfile.ZipFile(io.BytesIO(clerk.opener.open(address, timeout=120).read()))
        assert "2026-001/manifest.json" in pack.namelist()
        assert (words in "".join(pack.read(name).decode(errors="replace") for name in pack.namelist())) is sees
    clerk.hall.close()
    folder = clerk.hall.folder
    assert words.encode() in b"".join(path.read_bytes() for path in folder.glob("private.db*"))
    others = b"".join(path.read_bytes() for name in ("ledger.db*", "desk.db*") for path in folder.glob(name))
    assert b"complaint.decided" in others
    assert "标记".encode() not in others + clerk.hall.log.read_bytes()


def test_registration_compared(county: Story, clerk: Clerk) -> None:
    county.story.room = county.story.another()
    path = county.export()
    county.story.room.close()
    good = path.read_bytes()
    book = openpyxl.load_workbook(path)
    assert book.active is not None
    book.active["G3"], book.active["G4"] = "12345", ""
    book.save(path)
    back = send(clerk, "check_registration", "year-registration", {"files": ("学籍.xlsx", path.read_bytes())})
    problems = back[back.index('<table class="problems">') :]
    assert problems.count("<tr><td>学籍.xlsx") == 2
    assert "没有核对，也没有记账" in back
    assert "registration-workbook" not in back
    done = send(clerk, "check_registration", "year-registration", {"files": ("学籍.xlsx", good)})
    assert "已记入账本" in said(done, "good")
    students = sum(spec.students for spec in county.specs)
    assert f"导出 {students} 行" in done
    with clerk.opener.open(f"{clerk.hall.base}/console/registration-workbook", timeout=60) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert openpyxl.load_workbook(io.BytesIO(answer.read())).sheetnames == ["不一致的学生", "各校人数"]
    approver = Clerk(clerk.hall).sign_in("approver")
    assert "registration-workbook" not in approver.look("year-registration")
    clerk.press("sign_out", "year")
    assert "registration-workbook" not in Clerk(clerk.hall).sign_in().look("year-registration")
    assert not list(clerk.hall.folder.glob("import-*"))


def test_findings_are_closed(clerk: Clerk) -> None:
    page = clerk.look("year-findings")
    assert "没有备案" in page
    found = re.findall(r'name="of" value="([0-9a-f]{16})"', page)
    assert len(found) > 2
    clerk.sign_in("approver")
    back = send(clerk, "close_finding", "year-findings", paper(), of=found[0], outcome="")
    assert "“结论”要选一项" in said(back)
    assert back.count("已收到 材料.pdf") == 1  # at this finding and at no other
    done = send(clerk, "close_finding", "year-findings", of=found[0], outcome="corrected")
    assert "已销号 1 项" in done
    assert found[0] not in re.findall(r'name="of" value="([0-9a-f]{16})"', done)
    assert "已经答复过" in said(send(clerk, "close_finding", "year-findings", paper(), of=found[0], outcome="corrected"))


def test_a_late_plan_has_the_sizes_of_now_and_no_others(county: Story, clerk: Clerk) -> None:
    county.story.room = county.story.another()
    now = at_bureau.classes_now(county.story.room, YEAR)
    county.story.room.close()
    stood = now["9910000001", 1]
    page = clerk.look("plan?new=yes&kind=late")
    assert re.findall(r'name="sizes-\w+" value="([\d ]+)"', page) == [" ".join(map(str, one.sizes)) for one in now.values()]
    assert sum(stood.sizes) == county.specs[0].students
    form = page[page.index('action="/console/do/check_plan"') :]
    form = form[: form.index("</form>")]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        values = {name: html.unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if values.get("type") != "checkbox" or " checked" in tag:
            fields[values["name"]] = values.get("value", "")
    fields |= {name: html.unescape(value) for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)<', form)}
    fields = {name: value for name, value in fields.items() if name not in ("form", "page", "rehearsal")}
    name = next(name for name in fields if name.startswith("sizes-"))
    steered = " ".join(str(size + step) for size, step in zip(stood.sizes, (-1, 1), strict=True))
    wrong = clerk.press("check_plan", "plan?new=yes&kind=late", **fields | {name: steered})
    assert "补录的各班人数与孩子们现在所在的班不符" in wrong
    assert f"测试第一小学 1：{stood.sizes[0]}、{stood.sizes[1]}" in wrong
    assert "公布方案" not in wrong
    assert "公布方案" in clerk.press("check_plan", "plan", **fields)


def test_no_child_is_on_any_page_of_the_year(county: Story, clerk: Clerk) -> None:
    county.story.room = county.story.another()
    room = county.story.room
    frozen = [one.frozen["roster_root"] for s in room.view.sessions.values() for one in s.draws.values() if one.frozen]
    students = [one for root in frozen for unit in room.private.people(root) for one in unit]
    room.close()
    wanted = {value for one in students for value in (one.name, one.document_number, one.registration)} - {""}
    assert len(wanted) > 2 * len(students)
    pages = "".join(clerk.look(page) for page in PAGES)
    assert [one for one in wanted if one in pages] == []


def test_only_who_is_signed_in_and_from_our_own_page(clerk: Clerk) -> None:
    stranger = Clerk(clerk.hall)
    for page in PAGES:
        stranger.look(page)
        assert "口令" in stranger.text
        assert "测试第一小学" not in stranger.text
    approver = Clerk(clerk.hall).sign_in("approver")
    back = send(approver, "file_grade", f"year-grade?which={MIDDLE}", paper(), of=MIDDLE, students="1", classes="1")
    assert "操作员" in said(back)
    assert "没有备案" in clerk.look("year-findings")


@pytest.mark.slow
def test_in_chromium(county: Story, window: Callable[[str], Window]) -> None:  # noqa: F811
    county.story.room = county.story.another()
    acts.receive_complaint(
        county.story.room, "2026-001", year=YEAR, channel="visit", kind="class", words="x", salt=bytes(32)
    )
    middle = county.specs[1]
    acts.file_grade(
        county.story.room, county.story.schools[middle.code], county.shortlist(middle), students=25, classes=3, document=b"x"
    )
    mark = county.places(middle)[0]
    stands = county.standing(mark)
    key = county.story.schools[middle.code]
    acts.request_amendment(county.story.room, key, (YEAR, middle.code, 7), "leave", [(mark[0], stands, 0)], b"x")
    county.story.room.close()
    room = Hall(county.story).start()
    try:
        for size in ("laptop", "phone"):
            console = window(size)
            page = console.page
            page.goto(f"{room.base}/console")
            page.click(".card button >> nth=0")
            page.wait_for_selector("nav")
            for name in PAGES:
                page.goto(f"{room.base}/console/{name}")
                page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
                console.shot(f"console-{name.partition('?')[0]}")
                wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                assert wide <= 0, (name, size)
                assert not re.search(r"\b(?:year|form|status|finding)\.[a-z_]+", page.inner_text("main")), name
        page.click("text=English")
        page.goto(f"{room.base}/console/year")
        page.wait_for_selector("text=To do first")
        assert not re.search(r"\b(?:year|form|status|finding)\.[a-z_]+", page.inner_text("main"))
    finally:
        room.close()
