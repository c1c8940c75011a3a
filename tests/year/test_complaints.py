"""Complaints: words that stay private, terms, evidence packs and what they must not hold, the printed register."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ledger.canonical import VERSION, decode, encode
from ledger.entry import parse_entry
from ledger.policy import parse_policy
from ledger.proof import parse_entry_proof, verify_entry
from tests.documents.reading import Page
from tests.simulator import SCHOOLS, YEAR, Simulator
from verifiable_draw import conduct
from verifiable_draw.archive import evidence
from verifiable_draw.cli import main
from verifiable_draw.county import generate_students
from verifiable_draw.errors import DataError, DrawError, UsageError
from verifiable_draw.files import stored_zip
from verifiable_draw.sealed import parse_sealed, unseal
from verifiable_draw.year import acts, complaints, pack, packing
from verifiable_draw.year.shelves import INSPECTORS, keep
from verifiable_draw.year.shortlist import Shortlist, Teacher

MARKS = ("标记乙", "Mark·阿依努尔", "𠮷标𬴃记")
WORDS = "标记投诉原话：王某某说三班的孩子是老师挑的。\n第二行"
FIRST, SECOND = SCHOOLS[0].code, SCHOOLS[1].code
AUDIT = encode({"rows": [], "marked": "audit file"})


def tagged(use: str, *fields: bytes) -> str:
    """E10, not by the code under test."""
    framed = b"".join(len(field).to_bytes(8, "big") + field for field in fields)
    return hashlib.sha256(f"{VERSION}/{use}".encode() + framed).hexdigest()


class Told(Simulator):
    """A session with marked children, and a year around it."""

    def rosters(self) -> None:
        for draw in self.session.plan.draws.values():
            spec = next(s for s in self.specs if s.code == draw.school)
            students = list(generate_students(spec, "complaints"))
            for place, name in enumerate(MARKS):
                students[place] = replace(students[place], name=name)
            self.room.private.save_imported(draw.school, draw.grade, students)
            conduct.submit(self.room, self.name, draw.id, self.schools[draw.school])
            conduct.approve(self.room, self.name, draw.id, self.keys["approver"])
            conduct.freeze(self.room, self.name, draw.id)

    def whole_year(self) -> None:
        approver = self.keys["approver"]
        term = (date(2026, 9, 1), date(2027, 1, 20))
        acts.open_year(
            self.room, approver, YEAR, document=b"county plan", draw_by=date(2026, 8, 31), term=term, complaint_days=30
        )
        for spec in SCHOOLS:
            shortlist = Shortlist(YEAR, spec.code, spec.grade, (Teacher(f"教师{spec.grade}"), Teacher("赵老师")))
            acts.file_grade(
                self.room, self.schools[spec.code], shortlist, students=50, classes=spec.classes, document=b"plan"
            )
            acts.approve_filing(self.room, approver, (YEAR, spec.code, spec.grade))
            changed = Shortlist(YEAR, spec.code, spec.grade, (Teacher(f"教师{spec.grade}"), Teacher("李老师")))
            key = self.schools[spec.code]
            acts.replace_teacher(self.room, key, approver, changed, reason="left", document=b"letter")
            move = (tagged("nullifier", spec.code.encode()), 0, 1)
            asked = acts.request_amendment(
                self.room, self.schools[spec.code], (YEAR, spec.code, spec.grade), "enter", [move], b"paper"
            )
            acts.approve_amendment(self.room, approver, asked.leaf().hex(), b"decision")
        body = {
            "export": "11" * 32,
            "report": keep(self.room, INSPECTORS, AUDIT),
            "schools": [
                {
                    "amended": 0,
                    "double": 0,
                    "extra": 0,
                    "grade": 1,
                    "missing": 0,
                    "moved": 0,
                    "same": 61,
                    "school": FIRST,
                }
            ],
            "size": len(AUDIT),
            "students": 61,
            "year": YEAR,
        }
        self.room.operate("", "registration.checked", body)
        evidence.enter(self.room, self.name, "video", "camera-1", "22" * 32, 1000)

    def complain(self, number: str = "2026-001", **more: Any) -> Any:
        values = {"channel": "telephone", "kind": "class", "words": WORDS, "school": FIRST, "grade": 1}
        return complaints.receive(self.room, number, **(values | more))


def tell(folder: Path) -> Told:
    story = Told(folder)
    story.run()
    story.whole_year()
    story.complain()
    return story


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Tests only read it."""
    story = tell(tmp_path_factory.mktemp("told"))
    yield story
    story.room.close()


@pytest.fixture(scope="module")
def packs(told: Told, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("packs")
    for audience in pack.AUDIENCES:
        packing.write(told.room, "2026-001", audience, folder / audience)
    return {audience: folder / audience for audience in pack.AUDIENCES}


@pytest.fixture
def early(tmp_path: Path) -> Iterator[Told]:
    """A ledger with a year and no session."""
    story = Told(tmp_path)
    story.found()
    term = (date(2026, 9, 1), date(2027, 1, 20))
    acts.open_year(
        story.room, story.keys["approver"], YEAR, document=b"p", draw_by=date(2026, 8, 31), term=term, complaint_days=30
    )
    yield story
    story.room.close()


def files_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def everything(told: Told) -> set[bytes]:
    """Names, numbers, slips and salts of all children, the words and their salt."""
    found = set(MARKS) | {json.dumps(name)[1:-1] for name in MARKS}
    for draw in told.session.plan.draws:
        for unit in told.room.private.holders(told.session.draws[draw].frozen["roster_root"]):
            for student, slip in unit:
                found |= {student.name, student.document_number, student.registration}
                found |= {
                    slip.secret.hex(),
                    slip.second.hex(),
                    slip.identity_salt.hex(),
                    slip.attributes_salt.hex(),
                    *slip.code,
                }
    salt, words = private_of(told)
    found |= {salt.hex(), *words.split("\n")[:1], json.dumps(words)[1:-1]}
    found.discard("")
    return {one.encode() for one in found}


def private_of(told: Told, number: str = "2026-001") -> tuple[bytes, str]:
    kept = told.room.private.complaint(acts.complaint(told.room, number).body["text"])
    assert kept is not None
    return kept


# Words


def test_words_stay_in_the_private_store(early: Told) -> None:
    entry = early.complain()
    salt, words = private_of(early)
    assert words == WORDS
    assert len(salt) == 32
    assert entry.message.body["text"] == tagged("complaint", salt, WORDS.encode())
    assert entry.message.body["due"] == "2026-09-19"
    others = b"".join(p.read_bytes() for p in early.folder.rglob("*") if p.is_file() and "private" not in p.name)
    own = b"".join(p.read_bytes() for p in early.folder.rglob("private*"))
    for secret in (WORDS.encode(), salt.hex().encode()):
        assert secret in own
        assert secret not in others


def test_the_same_words_twice_have_two_hashes(early: Told) -> None:
    assert early.complain("a").message.body["text"] != early.complain("b").message.body["text"]


@pytest.mark.parametrize(
    ("key", "more"),
    [
        ("year.complaint_twice", {"number": "2026-001", "words": "other words"}),
        ("year.not_opened", {"year": 2025}),
        ("complaint.grade_alone", {"school": ""}),
        ("complaint.future", {"came": date(2026, 8, 21)}),
        ("entry.malformed", {"number": "no spaces"}),
        ("entry.malformed", {"school": "12"}),
    ],
)
def test_what_is_refused_leaves_nothing(early: Told, key: str, more: dict[str, Any]) -> None:
    early.complain()
    size = early.room.view.size
    with pytest.raises(DrawError) as refused:
        early.complain(**({"number": "2026-002"} | more))
    assert refused.value.key == key
    assert early.room.view.size == size
    assert early.room.private.database["complaint"].count == 1
    assert private_of(early)[1] == WORDS


def test_without_a_year_nothing_is_taken(story: Simulator) -> None:
    story.found()
    with pytest.raises(UsageError) as refused:
        complaints.receive(story.room, "x", channel="visit", kind="fee", words=WORDS)
    assert refused.value.key == "year.not_opened"
    assert story.room.private.database["complaint"].count == 0


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"\xff\xfe\x00", "complaint.not_text"),
        ("投诉".encode("gb18030"), "complaint.not_text"),
        (b" \n", "complaint.empty"),
        (b"", "complaint.empty"),
        (b"a" * 100_001, "complaint.long"),
    ],
)
def test_words_that_are_none(data: bytes, key: str) -> None:
    with pytest.raises(DataError) as refused:
        complaints.words_of(data, "words.txt")
    assert refused.value.key == key


def test_words_are_kept_as_they_are() -> None:
    assert complaints.words_of(b"\xef\xbb\xbf" + WORDS.encode(), "w") == WORDS
    assert len(complaints.words_of(b"a" * 100_000, "w")) == 100_000


# Terms


def test_open_ones_first_by_their_days(early: Told) -> None:
    """The day in China: the clock says 2026-08-20 01:00 UTC, and from 16:00 on it is the next day there."""
    early.complain("late", came=date(2026, 7, 1))
    early.complain("today", school="", grade=0)
    early.complain("yesterday", came=date(2026, 8, 19))
    early.complain("done")
    acts.decide_complaint(early.room, early.keys["approver"], "done", "unfounded", b"reply")
    found = [(one.row.number, one.left) for one in complaints.states(early.room)]
    assert found == [("late", -20), ("yesterday", 29), ("today", 30), ("done", None)]
    early.clock.wait(15 * 3600)
    assert [one.left for one in complaints.states(early.room)] == [-21, 28, 29, None]
    assert complaints.states(early.room, 2025) == []


@pytest.mark.parametrize(("seconds", "late"), [(30 * 86400 + 15 * 3600 - 1, False), (30 * 86400 + 15 * 3600, True)])
def test_late_after_the_end_of_the_last_day_in_china(early: Told, seconds: int, late: bool) -> None:
    early.complain()
    early.clock.wait(seconds)
    acts.decide_complaint(early.room, early.keys["approver"], "2026-001", "partly", b"reply")
    row = complaints.rows(early.room.view)[0]
    assert (row.due, row.late, row.outcome) == ("2026-09-19", late, "partly")


def test_the_register_has_no_words_and_marks_what_is_late(early: Told) -> None:
    early.complain("a")
    early.complain("b", school="", grade=0, kind="fee", channel="letter")
    early.clock.wait(31 * 86400)
    acts.decide_complaint(early.room, early.keys["approver"], "a", "founded", b"reply")
    made = complaints.register(early.room, YEAR)
    assert made == complaints.register(early.room, YEAR)
    page = Page(made.decode())
    assert page.tables_by_id["complaints"][1:] == [
        ["a", "2026-08-20", "电话", "编班", "测试第一小学一年级", "2026-09-19", "2026-09-20", "属实", "逾期答复"],
        ["b", "2026-08-20", "来信", "收费", "", "2026-09-19", "—", "办理中", "已逾期"],
    ]
    assert "截至 2026年9月20日" in page.text
    assert WORDS.split("\n", maxsplit=1)[0].encode() not in made
    assert "没有投诉" in Page(complaints.register(early.room, 2025).decode()).text


# Packs


ABOUT_FIRST = {
    "amendment.approved": 1, "amendment.requested": 1, "complaint.received": 1, "filing.approved": 1,
    "filing.submitted": 1, "header": 1, "plan": 1, "published": 1, "result": 1, "roster.approved": 1,
    "roster.frozen": 1, "roster.submitted": 1, "seed": 1, "teacher.replaced": 1, "year": 1,
}  # fmt: skip


def entries_in(folder: Path) -> list[Any]:
    return [parse_entry(path.read_bytes()) for path in sorted((folder / "entries").glob("*.json"))]


@pytest.mark.parametrize("audience", pack.AUDIENCES)
def test_every_entry_about_the_school_is_there_and_proven(packs: dict[str, Path], audience: str) -> None:
    folder = packs[audience]
    found = entries_in(folder)
    kinds = [entry.message.type for entry in found]
    assert {kind: kinds.count(kind) for kind in kinds} == ABOUT_FIRST
    bodies = [entry.message.body for entry in found]
    assert {body["draw"] for body in bodies if "draw" in body} == {"d1"}
    assert {body["school"] for body in bodies if "school" in body} == {FIRST}
    policy = parse_policy((folder / "policy").read_text().removesuffix("\n").split("\n"))
    for entry in found:
        proof = parse_entry_proof((folder / f"entries/{entry.seq}.tlog-proof").read_text())
        assert proof.index == entry.seq
        verify_entry(proof, (folder / f"entries/{entry.seq}.json").read_bytes(), policy)


def test_the_complainants_pack(told: Told, packs: dict[str, Path], verify: Any) -> None:
    folder = packs[pack.COMPLAINANT]
    data = files_of(folder)
    named = {str(entry.message.body.get("shortlist", "")) for entry in entries_in(folder)} - {""}
    assert len(named) == 2
    apart = {name for name in data if not name.startswith("entries/")}
    assert apart == {
        "index.html", "manifest.json", "policy", "verify.html", "verify.pyz", "plans/s1.json", "records/s1.zip",
        *(f"shortlists/{name}.json" for name in named),
    }  # fmt: skip
    assert data["records/s1.zip"] == stored_zip(told.files())
    assert verify(folder / "records/s1.zip")[0] in (0, 3)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_no_name_number_or_word_leaves(told: Told, packs: dict[str, Path]) -> None:
    """Every byte of the complainant's pack; the record in it is stored, not compressed."""
    wanted = everything(told)
    assert len(wanted) > 200
    data = files_of(packs[pack.COMPLAINANT])
    assert not [name for name in data if any(one in data[name] for one in wanted)]
    private = data | {"private/words.txt": (packs[pack.INSPECTOR] / "private/words.txt").read_bytes()}
    assert [name for name in private if any(one in private[name] for one in wanted)] == ["private/words.txt"]


def test_only_the_words_leave_to_inspectors_in_clear(told: Told, packs: dict[str, Path]) -> None:
    wanted = everything(told)
    data = files_of(packs[pack.INSPECTOR])
    assert {name for name in data if any(one in data[name] for one in wanted)} == {"private/words.txt", "private/salt"}


def test_the_inspectors_pack(told: Told, packs: dict[str, Path]) -> None:
    folder = packs[pack.INSPECTOR]
    data = files_of(folder)
    salt = bytes.fromhex(data["private/salt"].decode().strip())
    assert tagged("complaint", salt, data["private/words.txt"]) == acts.complaint(told.room, "2026-001").body["text"]
    assert data["private/words.txt"].decode() == WORDS
    assert [name for name in data if name.startswith("sealed/")] == ["sealed/s1/d1.json"]
    opened = unseal(data["sealed/s1/d1.json"], "h1", bytes(told.holders["h1"].sealing))
    assert parse_sealed(opened).draw == "d1"
    assert data[f"audits/{hashlib.sha256(AUDIT).hexdigest()}.json"] == AUDIT
    films: Any = decode(data["films.json"])
    assert [(film["label"], film["sha256"]) for film in films] == [("camera-1", "22" * 32)]
    bundles = b"".join(data[name] for name in data if name.startswith("ledger/tile/entries/"))
    lines = list(told.room.store.read())[: int(data["ledger/checkpoint"].split(b"\n")[1])]
    assert bundles == b"".join(len(line).to_bytes(2, "big") + line for line in lines)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert json.loads(data["manifest.json"])["missing"] == []


@pytest.mark.parametrize("audience", pack.AUDIENCES)
def test_the_manifest_names_every_file(packs: dict[str, Path], audience: str) -> None:
    data = files_of(packs[audience])
    manifest: Any = decode(data.pop("manifest.json"))
    assert {row["path"]: (row["sha256"], row["size"]) for row in manifest["files"]} == {
        name: (hashlib.sha256(content).hexdigest(), len(content)) for name, content in data.items()
    }
    assert (manifest["audience"], manifest["complaint"]) == (audience, "2026-001")


class Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag != "script"
        self.found += [str(value) for name, value in attrs if name in ("href", "src")]


@pytest.mark.parametrize("audience", pack.AUDIENCES)
def test_the_page_says_what_is_there(packs: dict[str, Path], audience: str) -> None:
    data = files_of(packs[audience])
    page = Page(data["index.html"].decode())
    listed = {row[0]: (row[2], row[3]) for row in page.tables_by_id["files"][1:]}
    expected = {
        name: (str(len(content)), hashlib.sha256(content).hexdigest())
        for name, content in data.items()
        if name not in ("index.html", "manifest.json") and not name.startswith("ledger/")
    }
    assert listed == expected
    links = Links(data["index.html"].decode()).found
    assert len(links) > len(listed)
    assert set(links) <= data.keys()
    assert len(page.tables_by_id["entries"]) == 1 + sum(ABOUT_FIRST.values())
    assert ("只供检查人员使用" in page.text) == (audience == pack.INSPECTOR)
    assert "2026-001" in page.by_id["complaint"]


@pytest.mark.parametrize("audience", pack.AUDIENCES)
def test_the_same_again(told: Told, packs: dict[str, Path], audience: str, tmp_path: Path) -> None:
    before = files_of(packs[audience])
    packing.write(told.room, "2026-001", audience, tmp_path / "new" / "pack")
    assert files_of(tmp_path / "new" / "pack") == before
    (tmp_path / "empty").mkdir()
    packing.write(told.room, "2026-001", audience, tmp_path / "empty")
    packing.write(told.room, "2026-001", audience, tmp_path / "empty")
    assert files_of(tmp_path / "empty") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "new"]


def strange(folder: Path, how: str) -> None:
    """Something in a pack's folder that is not this pack."""
    if how == "file":
        (folder / "notes.txt").write_text("mine")
    elif how == "changed":
        (folder / "index.html").write_text("mine")
    elif how == "link":
        (folder / "link").symlink_to(folder)
    elif how == "manifest":
        value: Any = decode((folder / "manifest.json").read_bytes())
        (folder / "manifest.json").write_bytes(encode(value | {"complaint": "other"}))
    elif how == "no manifest":
        (folder / "manifest.json").unlink()
    else:
        (folder / "manifest.json").write_bytes(b"{")


@pytest.mark.parametrize("how", ["file", "changed", "link", "manifest", "no manifest", "broken manifest"])
def test_a_folder_with_anything_else_is_left_alone(
    told: Told, packs: dict[str, Path], how: str, tmp_path: Path
) -> None:
    out = tmp_path / "pack"
    shutil.copytree(packs[pack.COMPLAINANT], out)
    strange(out, how)
    before = files_of(out)
    with pytest.raises(UsageError) as refused:
        packing.write(told.room, "2026-001", pack.COMPLAINANT, out)
    assert refused.value.key == "complaint.folder"
    assert files_of(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["pack"]


def test_another_pack_a_file_and_a_link_are_left_alone(told: Told, packs: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(packs[pack.INSPECTOR])
    for out in (packs[pack.INSPECTOR], tmp_path / "file", tmp_path / "link"):
        with pytest.raises(UsageError) as refused:
            packing.write(told.room, "2026-001", pack.COMPLAINANT, out)
        assert refused.value.key == "complaint.folder"
    with pytest.raises(UsageError):
        packing.write(told.room, "2026-999", pack.COMPLAINANT, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_what_is_not_here_is_named(told: Told, tmp_path: Path) -> None:
    path = told.room.path("s1", "sealed/d1.json")
    data = path.read_bytes()
    path.unlink()
    try:
        done = packing.write(told.room, "2026-001", pack.INSPECTOR, tmp_path / "pack")
    finally:
        path.write_bytes(data)
    assert done.missing == ("sealed/s1/d1.json",)
    assert json.loads((tmp_path / "pack/manifest.json").read_bytes())["missing"] == ["sealed/s1/d1.json"]
    assert not (tmp_path / "pack/sealed").exists()


def test_of_a_school_of_none_and_of_one_without_a_draw(tmp_path: Path) -> None:
    told = tell(tmp_path)
    (tmp_path / "decision").write_bytes(b"decision")
    conduct.annul(told.room, "s1", ["d2"], "名册有误", tmp_path / "decision", told.keys["approver"])
    told.complain("all", school=SECOND, grade=0)
    told.complain("none", school="", grade=0)
    told.complain("other-grade", school=SECOND, grade=1)
    kinds, draws = {}, {}
    for number in ("all", "none", "other-grade", "2026-001"):
        packing.write(told.room, number, pack.COMPLAINANT, tmp_path / number)
        found = entries_in(tmp_path / number)
        kinds[number] = {entry.message.type for entry in found}
        draws[number] = {entry.message.body["draw"] for entry in found if "draw" in entry.message.body}
        assert [e.message.body["complaint"] for e in found if e.message.type == "complaint.received"] == [number]
    assert draws == {"all": {"d2"}, "none": set(), "other-grade": set(), "2026-001": {"d1"}}
    assert kinds == {
        "all": {*ABOUT_FIRST, "annulled"},
        "none": {"complaint.received", "year"},
        "other-grade": {"complaint.received", "year"},
        "2026-001": set(ABOUT_FIRST),
    }
    assert [number for number in kinds if (tmp_path / number / "records").exists()] == ["all", "2026-001"]
    assert "没有指明学校" in Page((tmp_path / "none/index.html").read_text()).by_id["draws"]
    assert "已撤销：名册有误" in Page((tmp_path / "all/index.html").read_text()).by_id["draws"]
    told.room.close()


def test_a_pack_keeps_its_proofs_while_the_ledger_grows(tmp_path: Path) -> None:
    told = tell(tmp_path)
    packing.write(told.room, "2026-001", pack.COMPLAINANT, tmp_path / "before")
    told.complain("later", words="other")
    packing.write(told.room, "2026-001", pack.COMPLAINANT, tmp_path / "after")
    assert files_of(tmp_path / "before") == files_of(tmp_path / "after")
    told.room.close()


@pytest.mark.parametrize(("until", "record"), [("rosters", ()), ("header", ("records/s1-frozen.zip",))])
def test_before_the_result(tmp_path: Path, verify: Any, until: str, record: tuple[str, ...]) -> None:
    story = Told(tmp_path)
    story.run(until)
    story.whole_year()
    story.complain()
    acts.decide_complaint(story.room, story.keys["approver"], "2026-001", "founded", b"reply")
    packing.write(story.room, "2026-001", pack.COMPLAINANT, tmp_path / "pack")
    names = [name for name in files_of(tmp_path / "pack") if name.startswith("records/")]
    assert names == list(record)
    kinds = {entry.message.type for entry in entries_in(tmp_path / "pack")}
    assert {"plan", "roster.frozen", "complaint.decided"} <= kinds
    assert ("header" in kinds) == bool(record)
    if record:
        assert verify(tmp_path / "pack" / record[0])[0] in (0, 3)
    story.room.close()


# The command


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    said = capsys.readouterr()
    code = ended.value.code
    return (code if isinstance(code, int) else 0), said.out + said.err


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    story = Told(tmp_path)
    story.found()
    term = (date(2026, 9, 1), date(2027, 1, 20))
    acts.open_year(
        story.room, story.keys["approver"], YEAR, document=b"p", draw_by=date(2026, 8, 31), term=term, complaint_days=30
    )
    story.room.close()
    monkeypatch.setenv("VDRAW_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("VDRAW_ROOM", str(tmp_path / "bureau"))
    (tmp_path / "words.txt").write_text(WORDS)
    (tmp_path / "reply.pdf").write_bytes(b"reply")
    given = (
        "--channel",
        "visit",
        "--kind",
        "teacher",
        "--school",
        FIRST,
        "--grade",
        "1",
        "--text",
        str(tmp_path / "words.txt"),
    )
    said = []
    for number, more in (("a", ()), ("b", ("--came", "2026-01-02"))):
        code, output = run(capsys, "complaint", "received", number, *given, *more)
        assert code == 0, output
        said.append(output)
    for bad, option in (("--channel", "smoke"), ("--kind", "rumour"), ("--came", "yesterday")):
        code, output = run(capsys, "complaint", "received", "c", *given, bad, option)
        assert code == 2, output
        assert option in output
    key = str(tmp_path / "bureau/keys/approver.key")
    code, output = run(capsys, "complaint", "list", "--json")
    rows = json.loads(output)
    assert [(row["number"], row["open"], row["days_left"] < 0) for row in rows] == [
        ("b", True, True),
        ("a", True, False),
    ]
    code, output = run(capsys, "complaint", "list")
    assert "★ 已逾期" in output
    decide = (
        "complaint",
        "decided",
        "b",
        "--outcome",
        "unfounded",
        "--document",
        str(tmp_path / "reply.pdf"),
        "--key",
        key,
    )
    assert run(capsys, *decide)[0] == 0
    code, output = run(capsys, *decide)
    assert code == 2
    assert run(capsys, "complaint", "register", str(tmp_path / "register.html"))[0] == 0
    assert len(Page((tmp_path / "register.html").read_text()).tables_by_id["complaints"]) == 3
    code, output = run(capsys, "complaint", "pack", "a", str(tmp_path / "pack"), "--for", "complainant")
    assert code == 0, output
    assert hashlib.sha256((tmp_path / "pack/manifest.json").read_bytes()).hexdigest() in output
    code, output = run(capsys, "complaint", "pack", "a", str(tmp_path / "pack"), "--for", "inspector")
    assert code == 2
    code, output = run(capsys, "complaint", "list")
    said.append(output)
    assert WORDS.split("\n", maxsplit=1)[0] not in "".join(said)
