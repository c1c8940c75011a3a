"""The inspection's report on paper: every finding once, numbers as in the report file, no nullifier, the same bytes."""

from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ledger.canonical import decode, encode
from tests.documents.conftest import program
from tests.simulator import Simulator
from verifiable_draw.cli import main
from verifiable_draw.documents import pdf
from verifiable_draw.documents.source import local_time
from verifiable_draw.errors import UsageError
from verifiable_draw.inspection import Finding, Place, figures, paper
from verifiable_draw.inspection.kinds import KINDS, SEVERITIES

ONE, TWO, THREE = "9910000001", "9910000002", "9910000003"
NULLIFIER = "ab12" * 16
FOUND = (
    Finding("role-missing", Place(2027, session="s1"), "consultative", values={"role": "consultative"}),
    Finding("class-changed", Place(2027, ONE, 1), NULLIFIER, 40, {"standing": 1, "found": 2}),
    Finding("class-changed", Place(2027, ONE, 1), "cd" * 32, 40, {"standing": 2, "found": 1}),
    Finding("audit-differs", Place(2027, ONE, 1), NULLIFIER, 40, {"detail": NULLIFIER[:16]}),
    Finding("not-drawn", Place(2027, THREE, 7), values={"name": "第三<中学>", "grade": 7, "year": 2027}),
    Finding("fork", Place(), "a.json", values={"path": "a.json"}),
    Finding("exempt", Place(2027, TWO, 1), values={"name": "教学点", "grade": 1, "year": 2027}),
)
VOID = {"meta", "br", "wbr"}


def draw_row(session: str, draw: str, school: str, spreads: dict[str, int], kind: str = "classes") -> dict:
    chances = [{"adjusted": "0.400000", "attribute": "staff_child", "p": "0.004000", "pairs": 5, "permutations": 0}]
    return {
        "chances": chances if kind == "classes" else [], "draw": draw, "grade": 1, "kind": kind, "name": f"学校 {school}",
        "school": school, "session": session, "spreads": sorted([a, b] for a, b in spreads.items()), "students": 90,
        "year": 2027,
    }  # fmt: skip


def session_row(session: str, kinds: dict[str, int], covered: dict[str, int], **changes: object) -> dict:
    times = {"header": "2027-08-20T02:00:00Z", "plan": "2027-08-01T01:00:00Z", "published": "2027-08-20T05:30:00Z"}
    return {
        "aborted": "", "annulled": {}, "covered": covered, "draws": sum(kinds.values()), "kinds": kinds, "postponed": {},
        "rehearsal": False, "session": session, "state": "PUBLISHED", "times": times, "title": "测试县阳光分班",
        "year": 2027, **changes,
    }  # fmt: skip


def report(year: int = 2027, found: tuple[Finding, ...] = FOUND, standing: tuple[dict, ...] = ()) -> dict:
    """One draw that counts, one late draw, one annulled draw and one rehearsed."""
    rows = sorted(found, key=Finding.order)
    draws = [
        draw_row("s1", "d1", ONE, {"size": 2, "sex=1": 1, "sex=2": 0}),
        draw_row("s1", "d2", TWO, {"size": 9}),
        draw_row("s2", "d1", ONE, {}, "late"),
        draw_row("s0", "d1", ONE, {"size": 8}),
    ]
    people = {"congress": 1, "discipline": 1, "parent": 3}
    return {
        "findings": [one.json(number) for number, one in enumerate(rows, 1)],
        "ledger": {"origin": "test.example/ledger", "root": "12" * 32, "size": 77},
        "standing": list(standing),
        "statistics": [row for row in draws if row["chances"]],
        "summary": {
            "bureau": "测试县<教育局>", "checkpoints": 5, "cosignatures": 6, "day": "2027-11-11", "draws": draws,
            "material": {"checkpoints": 1, "discs": 2, "draws": 3, "exports": 0, "films": 1, "opened": 3},
            "register": [
                {"classes": 2, "drawn": True, "grade": 1, "name": "第一小学", "school": ONE},
                {"classes": 1, "drawn": False, "grade": 1, "name": "教学点", "school": TWO},
                {"classes": 3, "drawn": False, "grade": 7, "name": "第三<中学>", "school": THREE},
            ],
            "sessions": [
                session_row("s0", {"classes": 1}, {}, rehearsal=True),
                session_row("s1", {"classes": 2}, people, annulled={"d2": "名册有误"}),
                session_row("s2", {"late": 1}, {"parent": 2}),
            ],
            "severities": {name: sum(one.severity == name for one in found) for name in SEVERITIES},
            "signatures": 90, "time": "2027-11-10T01:00:00Z", "types": {},
        },
        "year": year,
    }  # fmt: skip


class Balanced(HTMLParser):
    """Every element closed in its turn, no id twice, nothing from outside."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not {"src", "href", "srcset", "action"} & {name for name, _ in attrs}
        assert tag not in ("script", "link", "img")
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tables(html: str) -> list[str]:
    """Ids of findings in the tables of findings."""
    return re.findall(r'<td class="mono">([0-9a-f]{16})</td>', html)


def test_every_finding_once_and_numbers_as_in_the_file() -> None:
    value = report()
    html = paper.render(encode(value)).decode()
    assert tables(html) == [one["id"] for one in value["findings"]]
    tally = {
        part.partition('"')[0]: int(part.partition("</b>")[0].rpartition(">")[2])
        for part in html.split('<td data-name="')[1:]
    }
    counts = value["summary"]["severities"]
    assert tally == {
        "due": 2, "drawn": 1, "missing": 1, "exempt": 1, "violations": counts["violation"], "open": counts["open"],
        "notes": counts["note"], "standing_short": 0,
    }  # fmt: skip
    assert counts == {"violation": 5, "open": 1, "note": 1}
    for one in value["findings"]:
        assert one["plan"] in html
    assert "一名学生应在 1 班，学籍在 2 班" in html
    assert "监督身份 政协委员 没有" in html  # words, not codes
    gravest = html.partition('<ol class="gravest">')[2].partition("</ol>")[0]
    assert gravest.index("forks/a.json") < gravest.index("政协委员")  # the ledger itself comes first
    assert gravest.count("<li>") == 5
    assert "同类共 2 项" in gravest


def test_no_nullifier_and_everything_escaped() -> None:
    html = paper.render(encode(report())).decode()
    assert NULLIFIER[:8] not in html
    assert "cdcdcd" not in html
    assert "<中学>" not in html
    assert "<教育局>" not in html
    assert "第三&lt;中学&gt;" in html


def test_well_formed_with_its_pictures() -> None:
    html = paper.render(encode(report()), [report(2026)]).decode()
    reader = Balanced()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    pictures = ["<svg" + part.partition("</svg>")[0] + "</svg>" for part in html.split("<svg")[1:]]
    assert len(pictures) == 1 + 2 + 1 + 6  # balance, observers twice, times, trends
    for one in pictures:
        root = ET.fromstring(one)  # noqa: S314 - our own picture
        assert len(root.findall("text")) >= 2
    assert "url(http" not in html


def test_what_counts() -> None:
    value = report()
    assert [(row["session"], row["draw"]) for row in figures.counted(value)] == [("s1", "d1"), ("s2", "d1")]
    assert [one["session"] for one in figures.held(value)] == ["s1", "s2"]
    year = figures.of_year(value)
    assert (year.draws, year.students, year.late) == (2, 90, 90)
    assert (year.even, year.measured, year.widest) == (0, 1, 2)
    assert (year.sessions, year.covered, year.least) == (2, 7, 2)
    assert [(one.name, one.counts, one.widest) for one in figures.by_feature(value)] == [
        ("size", (0, 0, 1), 2), ("sex=1", (0, 1, 0), 1), ("sex=2", (1, 0, 0), 0),
    ]  # fmt: skip
    assert [(one.name, one.counts) for one in figures.by_attribute(value)] == [("size", (0, 0, 1)), ("sex", (0, 1, 0))]
    assert dict(figures.coverage(figures.held(value)))["parent"] == (0, 0, 2)
    assert dict(figures.coverage(figures.held(value)))["consultative"] == (2, 0, 0)
    assert figures.small(figures.tests(value)) == [("1/100", 3, 1), ("1/20", 3, 1), ("1/10", 3, 1)]
    assert paper.length(figures.seconds("2027-08-20T02:00:00Z", "2027-08-20T05:30:00Z")) == ("3 小时 30 分", "3 h 30 min")
    assert paper.length(figures.seconds("2027-08-20T02:00:00Z", "")) == ("—", "—")


def test_chance_with_its_warning() -> None:
    html = paper.render(encode(report())).decode()
    part = html.partition('id="chance"')[2].partition("</section>")[0]
    assert part.count('<td class="n">0.004000</td><td class="n">0.400000</td>') == 3
    assert "不证明任何人做了任何事" in part


def test_earlier_findings_keep_their_words() -> None:
    old = Finding("film-missing", Place(2026, session="s9"), "camera", values={"label": "camera", "kind": "video"})
    gone = "0123456789abcdef"
    rows = (
        {"entry": 30, "id": old.id, "school": "", "severity": "open", "type": "film-missing", "year": 2026},
        {"entry": 30, "id": gone, "school": ONE, "severity": "violation", "type": "class-changed", "year": 2026},
    )
    html = paper.render(encode(report(standing=rows)), [report(2026, (old,))]).decode()
    part = html.partition('<section id="standing">')[2].partition("</section>")[0]
    assert tables(part)[-1] == old.id
    assert gone in part.replace("<wbr>", "")
    assert "没有找到账本所记的 录像 camera" in part
    assert "原报告不在这里" in part
    assert part.index("原报告不在这里") < part.index("camera")  # the violation first


def test_every_place_of_the_county_plan_has_words() -> None:
    assert {kind.plan for kind in KINDS.values()} == set(paper.PLACES)


def test_a_quiet_year() -> None:
    value = report(found=())
    value["statistics"] = []
    value["summary"] |= {"draws": [], "register": [], "sessions": []}
    html = paper.render(encode(value)).decode()
    assert "没有发现违规，也没有待处理的问题" in html
    assert html.count("没有。") == len(SEVERITIES) + 1
    assert "<svg" not in html


def test_same_bytes_and_one_pdf(tmp_path: Path) -> None:
    data = encode(report())
    html = paper.render(data, [report(2026)])
    assert html == paper.render(data, [report(2026)])
    made = pdf.write_pdf(html, "2027-11-10")
    assert made == pdf.write_pdf(html, "2027-11-10")
    assert made.startswith(b"%PDF")
    assert made.count(b"%%EOF") == 1
    (tmp_path / "a.pdf").write_bytes(made)
    command = [program("pdftotext", "poppler-utils"), "-layout", tmp_path / "a.pdf", "-"]
    pages = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\f")[:-1]
    summary = [page for page in pages if "一、结论" in page]
    assert len(summary) == 1
    assert "Findings of this year" not in summary[0]
    assert "二、本年发现" in pages[2]  # the summary is one page
    assert "检查意见与签署" in pages[-1]


@pytest.fixture
def published(tmp_path: Path) -> Simulator:
    story = Simulator(tmp_path).run()
    story.room.close()
    return story


def test_command(
    published: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"

    def none(_html: bytes, _day: str) -> bytes:
        raise UsageError("documents.no_font")

    monkeypatch.setattr(paper, "write_pdf", none)
    with pytest.raises(SystemExit) as ended:
        main(["inspect", str(published.folder / "bureau"), "--out", str(out)])
    assert ended.value.code == 0
    assert "没有中文字体" in capsys.readouterr().err
    assert sorted(path.suffix for path in out.glob("2026.*")) == [".html", ".json"]
    value = decode((out / "2026.json").read_bytes())
    html = (out / "2026.html").read_text()
    assert [one["id"] for one in value["findings"]] == tables(html)
    session = value["summary"]["sessions"][0]
    assert "" < session["times"]["plan"] < session["times"]["header"] < session["times"]["published"]
    assert local_time(session["times"]["published"])[11:] in html
    assert value["summary"]["bureau"] in html
    # Without a key the report does not say that everything was recomputed.
    assert value["summary"]["material"] == {
        "checkpoints": 0, "discs": 0, "draws": 2, "exports": 0, "films": 0, "opened": 0,
    }  # fmt: skip
    assert "密封名册没有打开" in html
    assert "把每一次抽取从头算了一遍" not in html
    assert [row["drawn"] for row in value["summary"]["register"]] == [False] * len(value["summary"]["register"])
