"""What the documents of a session say: parsed, and compared with ledger, record and private store."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from ledger.canonical import decode, short_code
from ledger.entry import parse_entry
from tests.documents.conftest import LONG, MARKED, marked_students, marks, rosters, simulator, tiny
from tests.documents.reading import Page, css_strings
from tests.simulator import ROOT, Simulator
from verifiable_draw import conduct, seed
from verifiable_draw.archive import evidence
from verifiable_draw.documents.kinds import BUREAU, DOCUMENTS, PUBLIC
from verifiable_draw.documents.making import make
from verifiable_draw.errors import UsageError
from verifiable_draw.lists import name_order
from verifiable_draw.masking import masked
from verifiable_draw.texts import catalogue

NAMES = {
    "plan", "roster-d1", "roster-d5", "commitments", "minutes", "class-list-d1", "class-list-d5", "public-list-d1",
    "public-list-d5", "teachers-d2", "signatures", "disc", "incident", "notary",
}  # fmt: skip


def one(story: Simulator, name: str) -> Page:
    """One document of a story, by the name of its file."""
    made, _waiting = make(story.room, story.name, only=[name.split("-d", maxsplit=1)[0]], copies=3)
    return next(Page(paper.html.decode()) for paper in made if paper.name == name)


def bare(name: str) -> str:
    """A name without what tells it from an equal one."""
    return name.partition(" 证件尾号 ")[0]


def test_every_document_is_made(papers: dict[str, Page]) -> None:
    assert papers.keys() == NAMES
    assert {name.split("-d", maxsplit=1)[0] for name in papers} == set(DOCUMENTS)
    assert {document.audience for document in DOCUMENTS.values()} == {PUBLIC, BUREAU}


@pytest.mark.parametrize("page", ["documents.md", "documents.zh-CN.md"])
def test_the_page_about_documents_names_them_all(page: str) -> None:
    rows = [row.split("|") for row in (ROOT / "docs" / page).read_text().splitlines() if row.startswith("| `")]
    said = {row[1].strip(" `").partition("-<")[0]: row[3].strip(" `/") for row in rows}
    assert said == {document.id: document.audience for document in DOCUMENTS.values()}


def test_every_page_carries_hashes_and_mark(marked: Simulator, papers: dict[str, Page]) -> None:
    header, result = marked.session.header.hash.hex(), marked.session.published["files_hash"]
    for name, page in papers.items():
        assert (page.by_id["header-hash"], page.by_id["result-hash"]) == (header, result), name
        said = css_strings(page.style)
        assert f'content: "总表 {header}' in said, name
        assert f"结果 {result}" in said, name
        assert "演练 · 不是正式结果" in said, name
        assert page.html.count('<div class="mark">演练</div>') == 1, name
        assert ("不得公开" in said) == (DOCUMENTS[name.split("-d")[0]].audience == BUREAU), name


def test_plan(marked: Simulator, papers: dict[str, Page]) -> None:
    page = papers["plan"]
    assert [row[:2] for row in page.table("编号")] == [["d1", "测试第一小学"], ["d2", "测试第一小学"], ["d5", "测试初级中学"]]
    rules = {row[0]: row[1] for table in page.tables for row in table if len(row) == 2}
    assert rules["均衡项 1"] == "性别：男、女"
    assert rules["均衡项 3"] == "民族：汉族、苗族、其他"
    assert rules["观察员"] == "至少 4 人全程有效（教育局人员不计）；其中：人大代表 1、纪检监察 1、家长代表 2"
    assert rules["时限"] == "名册冻结后公示至少 1 小时；承诺 10 分钟，核对分组 10 分钟，揭示 1 秒"
    assert rules["咨询与监督电话"] == "0851-0000000"
    assert marked.session.plan.hash.hex() in page.html.replace("<wbr>", "")


def test_every_rule_of_a_plan_is_said(tmp_path: Path) -> None:
    """Values that the ordinary plan does not have: merged, free, crossed, caps, pins, sources."""
    changes: dict[str, Any] = {
        "attributes": [
            {"free": [], "id": "sex", "merged": [], "values": ["1", "2"]},
            {"free": ["06"], "id": "ethnicity", "merged": [["37", "其他"]], "values": ["01", "06", "其他"]},
            {"free": [], "id": "disability", "merged": [], "values": ["0", "1"]},
        ],
        "crossed": [["sex", "ethnicity"]],
        "pins": ["court"],
        "same_names": "sound",
        "screen": {"names": "none"},
        "sources": {
            "drand": {"chain": "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971", "round": 1},
            "public_draw": {"alphabet": "123456", "confirmations": 2, "length": 8},
        },
    }
    story = simulator(tmp_path, **changes)
    story.changes["draws"][0] = story.changes["draws"][0] | {"caps": [{"attribute": "disability", "max": 2, "value": "1"}]}
    story.run("plan")
    text = one(story, "plan").text
    for said in (
        "民族：汉族、其他；不均衡：苗族；并入：仡佬族→其他", "性别 × 民族", "d1：随班就读为是的每班最多 2 人", "同名、同音的分在不同的班",
        "仅限下列原因，人数在总表中公布：法院文书", "当场摇出 8 位，可用字符 123456，2 名观察员确认", "drand 第 1 轮（北京时间 2023-08-23 23:09:27 公布）",
        "只公布代号，不出现姓名", "（尚未产生）",
    ):  # fmt: skip
        assert said in text, said
    story.room.close()


def test_minutes_are_the_ledger(marked: Simulator, papers: dict[str, Page]) -> None:
    entries = [e for e in map(parse_entry, marked.room.store.read()) if e.message.session == marked.name]
    rows = papers["minutes"].tables_by_id["entries"][1:]
    assert [int(row[0]) for row in rows] == [entry.seq for entry in entries]
    assert rows[0][1:4] == ["2026-08-20 09:00:00", "公布方案", "教育局操作员"]
    types = {row[2].split()[0] for row in rows}
    assert {catalogue()[f"entry.{entry.message.type}"][0] for entry in entries} == types
    for entry, row in zip(entries, rows, strict=True):
        if entry.message.type == "commitment":
            assert row[3] == f"观察员 {entry.message.actor.id}"
            assert short_code(bytes.fromhex(entry.message.body["commitment"])) in row[4]


def test_minutes_derive_the_seed(marked: Simulator, papers: dict[str, Page]) -> None:
    rows = papers["minutes"].table("名称")
    values = {row[0].split()[-1]: row[1].split()[-1] for row in rows}
    session = marked.session
    hashes = [bytes.fromhex(values[f"{name}_hash"]) for name in ("header", "commits_closed", "groups", "reveals_closed")]
    assert hashes[0] == session.header.hash
    assert bytes.fromhex(values["challenge"]) == seed.delay_challenge(*hashes)
    made = seed.session_seed(*hashes, bytes.fromhex(values["y"]))
    assert values["seed"] == made.hex() == session.seed
    drawn = [row[1].split() for row in rows if row[0].endswith("draw_seed")]
    assert [row[-1] for row in drawn] == [seed.draw_seed(made, draw).hex() for draw in ("d1", "d2", "d5")]
    assert [row[-2] for row in drawn] == ['"d1")', '"d2")', '"d5")']


def test_minutes_give_the_certificate(marked: Simulator, papers: dict[str, Page]) -> None:
    statement: Any = decode(marked.files()["statement.json"])
    expected = [[d["draw"], str(line["reached"])] for d in statement["draws"] for line in d["certificate"]]
    rows = papers["minutes"].tables_by_id["balance"][1:]
    assert [[row[0], row[2]] for row in rows] == expected
    assert len(rows) > 10


def test_commitments(marked: Simulator, papers: dict[str, Page]) -> None:
    rows = papers["commitments"].table("序号")
    assert [row[1] for row in rows] == sorted(marked.session.enrolled)
    for row in rows:
        digest = marked.session.commitments[row[1]]
        assert row[4] == f"{short_code(bytes.fromhex(digest))} {digest}"
        assert row[3] == "2026-08-20 10:00:00"
        assert row[5] == "已揭示"
    assert marked.session.commits_closed in papers["commitments"].html.replace("<wbr>", "")


def test_lists_for_the_school(marked: Simulator, papers: dict[str, Page]) -> None:
    page = papers["class-list-d1"]
    expected = conduct.class_lists(marked.room, marked.name)["d1"]
    lists = [table for table in page.tables if table[0][0] == "序号"]
    assert len(lists) == 3 * 3  # copies, classes
    for copy in range(3):
        for class_ in (1, 2, 3):
            table = lists[3 * copy + class_ - 1]
            assert table[0] == 2 * ["序号", "姓名", "性别", "学籍号"]
            down = [row[4 * i : 4 * i + 4] for i in (0, 1) for row in table[1:] if len(row) >= 4 * i + 4]
            names = [bare(row[1]) for row in down]
            assert sorted(names) == sorted(person.name for number, person in expected if number == class_)
            assert names == sorted(names, key=name_order)
            assert [row[0] for row in down] == [str(i) for i in range(1, len(names) + 1)]
    said = css_strings(page.style)
    for copy in (1, 2, 3):
        assert f"第 {copy} 份 / 共 3 份" in said
        assert f"第 {copy} 份 / 共 3 份" in page.text
    boxes = [table[0] for table in page.tables if len(table) == 2]
    assert boxes == 3 * [["教育局（盖章）", "学校（盖章）", "纪检（签名）", "家长代表（签名）"]]
    assert LONG in page.text


def test_names_are_in_the_order_of_their_sound() -> None:
    """Common characters by pinyin, rarer ones behind, and the longer name behind the shorter."""
    names = ["周一", "安宁", "李明", "李", "𠮷野", "白云", "王芳", "阿依"]
    assert sorted(names, key=name_order) == ["阿依", "安宁", "白云", "李", "李明", "王芳", "周一", "𠮷野"]


def test_public_list(marked: Simulator, papers: dict[str, Page]) -> None:
    page = papers["public-list-d1"]
    draw = next(d for d in marked.session.header.draws if d.id == "d1")
    holders = marked.room.private.holders(draw.frozen["roster_root"])
    result: Any = decode(marked.files()["draws/d1/result.json"])
    expected: dict[int, dict[str, str]] = {1: {}, 2: {}, 3: {}}
    for number, unit in zip(result["classes"], holders, strict=True):
        expected[number] |= {slip.pseudonym: masked(student.name) for student, slip in unit}
    tables = [table for table in page.tables if table[0][:2] == ["代号", "姓名"]]
    assert len(tables) == 3
    for class_, table in enumerate(tables, 1):
        down = [(row[2 * i], row[2 * i + 1]) for i in range(3) for row in table[1:] if row[2 * i]]
        assert down == sorted(expected[class_].items())
        assert f"{class_}班（{len(down)} 人）" in page.headings


def test_public_list_gives_the_numbers_of_the_record(marked: Simulator, papers: dict[str, Page]) -> None:
    statement: Any = decode(marked.files()["statement.json"])
    counts = [row["counts"] for one in statement["draws"][0]["balance"] for row in one["rows"]]
    assert len(counts) >= 2
    rows = papers["public-list-d1"].tables_by_id["numbers"]
    sizes = decode(marked.files()["draws/d1/result.json"])
    for number, row in enumerate(rows[2:]):
        assert row[:2] == [f"{number + 1}班", str(sizes["counts"][number])]  # type: ignore[index,call-overload]
        assert row[2:] == [str(column[number]) for column in counts]
    assert "随班就读" not in str(rows)


def test_public_list_without_names(troubled: Simulator) -> None:
    story = troubled
    page = one(story, "public-list-d1")
    assert "按方案不公布姓名" in page.text
    assert page.table("代号")
    assert {title for table in page.tables for title in table[0] if table[0][0] == "代号"} == {"代号"}
    people = conduct.class_lists(story.room, story.name)["d1"]
    assert len(people) == 12
    assert not [student for _, student in people if masked(student.name) in page.text]


def test_roster(papers: dict[str, Page]) -> None:
    rows = papers["roster-d1"].table("序号")
    students = {student.name: student for student in marked_students()}
    assert len(rows) == 61
    names = [bare(row[1]) for row in rows]
    assert set(names) == students.keys()
    assert names == sorted(names, key=name_order)
    found = next(row for row in rows if row[1] == MARKED[0])
    assert found[2:] == ["男" if students[MARKED[0]].sex == "1" else "女", "基诺族", "G标记0000"]


def test_teachers(marked: Simulator, papers: dict[str, Page]) -> None:
    rows = papers["teachers-d2"].table("班级")
    drawn = conduct.class_lists(marked.room, marked.name)["d2"]
    assert sorted((row[0], row[2]) for row in rows) == sorted((f"{number}班", p.name) for number, p in drawn)
    assert "队组比较" in papers["teachers-d2"].headings
    assert "人数：1–2" in papers["teachers-d2"].by_id["spreads"]


def test_signature_sheet(marked: Simulator, papers: dict[str, Page]) -> None:
    page = papers["signatures"]
    rows = page.table("观察员")
    assert [row[0] for row in rows] == sorted(marked.session.enrolled)
    assert [row[0] for row in rows if row[2] == "√"] == marked.session.covered
    assert {cell for row in rows for cell in row[3:]} == {""}
    assert marked.session.header.code in page.text


def test_disc_lists_the_record(marked: Simulator, papers: dict[str, Page]) -> None:
    files = marked.files()
    rows = {row[0]: row[1:] for row in papers["disc"].table("文件")}
    single = {path: data for path, data in files.items() if not path.startswith("ledger/checkpoints/")}
    assert rows.keys() == single.keys() | {"s1.zip", "ledger/checkpoints/"}
    for path, data in single.items():
        assert rows[path] == [str(len(data)), hashlib.sha256(data).hexdigest()]
    notes = [data for path, data in files.items() if path not in single]
    assert rows["ledger/checkpoints/"][0] == str(sum(map(len, notes)))
    assert f"{len(notes)} 个检查点" in rows["ledger/checkpoints/"][1]
    assert papers["disc"].text.count("光盘 ") >= 3
    labels = [dict(table) for table in papers["disc"].tables if table[0][0] == "单位、日期、编号"]
    assert [(one["种类、第几份"].split(), one["光盘映像核对码"]) for one in labels] == 3 * [(["□", "公开", "□", "密封", "第", "＿＿", "份"], "")]


def test_labels_of_the_discs_that_were_entered(tmp_path: Path) -> None:
    story = tiny(tmp_path).run()
    for label, digest in (("disc-public", "ab" * 32), ("disc-2-sealed", "cd" * 32), ("gift", "ef" * 32)):
        evidence.enter(story.room, story.name, "disc", label, digest, 9)
    evidence.enter(story.room, story.name, "video", "film-public", "12" * 32, 9)
    tables = [dict(table) for table in one(story, "disc").tables if table[0][0] == "单位、日期、编号"]
    found = [(" ".join(table["种类、第几份"].split()), table["光盘映像核对码"]) for table in tables]
    assert found == [
        (f"{kind} 第 {copy} 份", short_code(bytes.fromhex(digest)))
        for kind, digest in (("■ 公开 □ 密封", "ab" * 32), ("□ 公开 ■ 密封", "cd" * 32), ("□ 公开 □ 密封", "ef" * 32))
        for copy in (1, 2)
    ]
    story.room.close()


def test_notary(marked: Simulator, papers: dict[str, Page]) -> None:
    page = papers["notary"]
    files = {row[0]: row[2] for row in page.table("文件")}
    assert files == {
        path: hashlib.sha256(data).hexdigest() for path, data in marked.files().items() if "/" not in path
    }
    ledger = dict(row for table in page.tables for row in table if len(row) == 2 and row[0] in ("条目数", "树根"))
    assert int(ledger["条目数"]) == marked.session.last_seq + 1
    assert ledger["树根"] == marked.room.store.root_at(marked.session.last_seq + 1).hex()
    assert [name in page.text for name in ("/s1/d1", "/s1/p1", "/s1/p2")] == [True, True, False]


# --- what the ledger knows of trouble ------------------------------------------------------------------------------


def test_incidents_and_annulment(troubled: Simulator) -> None:
    story = troubled
    page = one(story, "class-list-d1")
    assert "演练<br>已撤销" in page.html
    assert "结果已撤销" in css_strings(page.style)
    assert "已撤销" not in one(story, "class-list-d2").html
    assert [row[0] for row in one(story, "incident").tables_by_id["known"]] == [
        "已承诺而未按时揭示的观察员：p3", "已揭示而未全程有效的观察员：p2", "测试第一小学（d1）结果撤销，原因：名册有误",
    ]  # fmt: skip
    assert "已撤销：名册有误" in one(story, "minutes").text
    assert '<div class="mark">演练</div>' in one(story, "minutes").html  # one draw of two is annulled, not the session


def test_aborted_and_postponed(tmp_path: Path) -> None:
    story = simulator(tmp_path)
    story.run("plan")
    conduct.postpone(story.room, story.name, "d5", "名册未定")
    del story.changes  # nothing of the plan is made again
    for draw in ("d1",):
        item = story.session.plan.draws[draw]
        story.room.private.save_imported(item.school, item.grade, marked_students())
        conduct.submit(story.room, story.name, draw, story.schools[item.school])
    conduct.abort(story.room, story.name, "停电")
    made, waiting = make(story.room, story.name)
    pages = {paper.name: Page(paper.html.decode()) for paper in made}
    assert pages.keys() == {"plan", "minutes", "incident"}
    assert {document.id: need for document, need in waiting} == {
        "roster": "roster", "commitments": "header", "class-list": "published", "public-list": "published",
        "teachers": "published", "signatures": "header", "disc": "published", "notary": "published",
    }  # fmt: skip
    for page in pages.values():
        assert "演练<br>已中止" in page.html
    assert [row[0] for row in pages["incident"].tables_by_id["known"]] == [
        "活动中止，原因：停电", "测试初级中学（d5）推迟，原因：名册未定",
    ]  # fmt: skip
    assert "推迟：名册未定" in pages["minutes"].text
    story.room.close()


def test_too_early_is_said_plainly(tmp_path: Path) -> None:
    story = simulator(tmp_path)
    story.run("plan")
    with pytest.raises(UsageError) as refused:
        make(story.room, story.name, only=["plan", "class-list", "roster"])
    assert refused.value.key == "documents.too_early"
    assert refused.value.text.zh == "还不能生成：学生名册：名册还没有冻结；分班名单：结果还没有发布。"
    with pytest.raises(UsageError) as refused:
        make(story.room, story.name, only=["plan", "lists", "all"])
    assert "lists、all" in refused.value.text.zh
    assert "public-list" in refused.value.text.hint_zh
    with pytest.raises(UsageError) as refused:
        make(story.room, story.name, only=["plan", "class-list-d5"])
    assert refused.value.text.zh == "还不能生成：分班名单：结果还没有发布。"
    story.room.close()


def test_one_school_alone(marked: Simulator) -> None:
    told: list[tuple[str, int, int]] = []
    only = ["class-list-d5", "roster-d1", "teachers-d2", "plan"]
    made, waiting = make(marked.room, marked.name, only, progress=lambda *one: told.append(one))
    names = [paper.name for paper in made]
    assert names == ["plan", "roster-d1", "class-list-d5", "teachers-d2"]
    assert told == [(name, done, 4) for done, name in enumerate(names)]
    assert waiting == []
    made, _waiting = make(marked.room, marked.name, ["class-list", "class-list-d5"])
    assert [paper.name for paper in made] == ["class-list-d1", "class-list-d5"]
    for name in ("class-list-d2", "class-list-d9", "plan-d1", "class-list-"):  # of teachers, unknown, of no draw
        with pytest.raises(UsageError, match=name):
            make(marked.room, marked.name, [name])


def test_a_session_without_teachers_says_so(finished: Simulator) -> None:
    _made, waiting = make(finished.room, finished.name)
    assert [(document.id, need) for document, need in waiting] == [("teachers", "draws")]
    with pytest.raises(UsageError, match="没有这一类抽取"):
        make(finished.room, finished.name, only=["teachers"])


def test_lots_drawn_by_hand(tmp_path: Path) -> None:
    story = simulator(tmp_path)
    story.run("plan")
    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed form")
    school = story.schools["9910000001"]
    for number, year in enumerate((2026, 2025)):
        conduct.record_lots(
            story.room, school, form, year=year, grade=1, place="学校礼堂", time="2026-08-26T01:30:00Z",
            numbers=[2, 3, 1], witnesses={"parent": 5 + number, "discipline": 1},
        )  # fmt: skip
    made, _waiting = make(story.room, story.name, only=["teachers"])
    (paper,) = made
    page = Page(paper.html.decode())
    assert paper.name.startswith("teachers-9910000001-1-")
    assert page.table("班级") == [["1 班", "2", ""], ["2 班", "3", ""], ["3 班", "1", ""]]
    assert "2026-08-26 09:30:00（北京时间），在学校礼堂" in page.text
    assert "纪检监察 1、家长代表 5" in page.text
    assert hashlib.sha256(b"signed form").hexdigest() in page.text.replace(" ", "")
    story.room.close()


def test_slips_and_evidence_stand_in_the_minutes(tmp_path: Path) -> None:
    story = simulator(tmp_path)
    story.run("rosters", rosters=lambda: rosters(story))
    story.room.operate("", "slips", {"draw": "d1", "number": 61, "reprint": False, "session": "s1"})
    body = {"kind": "video", "label": "hall-1", "session": "s1", "sha256": "ab" * 32, "size": 1000}
    story.room.operate("", "evidence", body)
    rows = one(story, "minutes").tables_by_id["entries"][-2:]
    assert [row[2] for row in rows] == ["打印凭条 d1", "登记证据"]
    assert rows[0][4] == "张数 61；补打 否"
    assert rows[1][4] == f"种类 录像；编号 hall-1；字节 1000；核对码 {short_code(bytes.fromhex('ab' * 32))}"
    story.room.close()


# --- the same bytes, nothing private, nothing that runs -----------------------------------------------------------


def test_the_same_bytes_again(marked: Simulator) -> None:
    again = marked.another()
    first, second = ({p.name: p.html for p in make(room, marked.name)[0]} for room in (marked.room, again))
    again.close()
    assert first.keys() == NAMES
    assert first == second


def test_nothing_private_in_public_html(marked: Simulator) -> None:
    found = marks()
    assert len(found) > 200
    bureau = ""
    for paper in make(marked.room, marked.name)[0]:
        html = paper.html.decode()
        if paper.document.audience == PUBLIC:
            assert not [mark for mark in found if mark in html], paper.name
        else:
            bureau += html
    assert sum(mark in bureau for mark in found) > 110  # the search would find them


def test_texts_of_a_plan_are_escaped(tmp_path: Path) -> None:
    title = '<script>alert(1)</script>"}\\ 甲'
    story = simulator(tmp_path, title=title)
    story.run("plan")
    page = one(story, "plan")
    assert "<script" not in page.html
    assert page.headings[0] == f"{title} 分班抽签方案"
    assert title in css_strings(page.style)
    story.room.close()
