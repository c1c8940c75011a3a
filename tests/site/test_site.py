"""The public site: what it holds and what not, that it is the same again, and what a slip opens in it."""

from __future__ import annotations

import hashlib
import html.parser
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from ledger.canonical import VERSION, decode, encode
from ledger.policy import parse_policy
from ledger.proof import parse_entry_proof, verify_entry
from tests.ledger.stories import ask, with_witness
from tests.simulator import Simulator
from verifiable_draw import conduct, record
from verifiable_draw.cli import main
from verifiable_draw.county import generate_students
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.plan import PlanDraw
from verifiable_draw.rosters import Student
from verifiable_draw.site import building

MARKS = ("标记乙", "Mark·阿依努尔", "𠮷标𬴃记")


def tagged(use: str, *fields: bytes) -> bytes:
    """E10, not by the code under test."""
    framed = b"".join(len(field).to_bytes(8, "big") + field for field in fields)
    return hashlib.sha256(f"{VERSION}/{use}".encode() + framed).digest()


class Marked(Simulator):
    """Schools in which some children have names that stand nowhere else."""

    def rosters(self) -> None:
        for draw in self.session.plan.draws.values():
            spec = next(s for s in self.specs if s.code == draw.school)
            students = list(generate_students(spec, "site"))
            for place, name in enumerate(MARKS):
                students[place] = replace(students[place], name=name)
            self.freeze_of(draw, students)

    def freeze_of(self, draw: PlanDraw, students: list[Student]) -> None:
        self.room.private.save_imported(draw.school, draw.grade, students)
        conduct.submit(self.room, self.name, draw.id, self.schools[draw.school])
        conduct.approve(self.room, self.name, draw.id, self.keys["approver"])
        conduct.freeze(self.room, self.name, draw.id)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marked]:
    story = Marked(tmp_path_factory.mktemp("told"))
    story.run()
    yield story
    story.room.close()


@pytest.fixture(scope="module")
def site(told: Marked, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "site"
    built = building.build(told.room, out)
    assert (built.made, built.removed) == (("s1",), ())
    return out


def files_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


class Page(html.parser.HTMLParser):
    """Links, scripts and text of a page."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.links: list[str] = []
        self.scripts = 0
        self.words: list[str] = []
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.scripts += tag == "script"
        self.links += [str(values[name]) for name in ("href", "src") if values.get(name)]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_pages_need_no_script_and_no_link_is_broken(site: Path) -> None:
    pages = {name: Page(data) for name, data in files_of(site).items() if name.endswith(".html")}
    assert {"index.html", "how.html", "check.html", "ledger.html", "s1/index.html", "s1/draw-d1.html"} <= pages.keys()
    for name, page in pages.items():
        assert bool(page.scripts) == (name in ("s1/slip.html", "verifiers/verify.html")), name
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("mailto", "data") or not parts.path:
                continue
            assert not parts.scheme, (name, link)
            assert ((site / name).parent / parts.path).is_file(), (name, link)


def test_no_name_number_or_attribute_leaves(told: Marked, site: Path) -> None:
    """Every byte of the site and of the record in it, which is stored, not compressed."""
    data = files_of(site)
    students = [
        student
        for draw in ("d1", "d2")
        for unit in told.room.private.people(told.session.draws[draw].frozen["roster_root"])
        for student in unit
    ]
    wanted = {s.name for s in students} | {s.document_number for s in students} | {s.registration for s in students}
    wanted |= {json.dumps(name)[1:-1] for name in MARKS}
    secrets = {
        value
        for draw in ("d1", "d2")
        for unit in told.room.private.holders(told.session.draws[draw].frozen["roster_root"])
        for _student, slip in unit
        for value in (
            slip.secret.hex(),
            slip.second.hex(),
            slip.attributes_salt.hex(),
            slip.identity_salt.hex(),
            *slip.code,
        )
    }
    wanted.discard("")
    assert len(wanted) > 2 * len(students)
    pages = b"\n".join(data[name] for name in data if not name.startswith("verifiers/"))
    assert [one for one in wanted | secrets if one.encode() in pages] == []
    shown = "".join(Page(data["s1/draw-d1.html"]).words)
    assert all(slip.pseudonym in shown for _student, slip in told.room.private.holders(root_of(told, "d1"))[0])


def root_of(told: Marked, draw: str) -> str:
    return str(told.session.draws[draw].frozen["roster_root"])


def test_a_second_build_writes_nothing_new(told: Marked, site: Path, tmp_path: Path) -> None:
    before = files_of(site)
    again = building.build(told.room, site)
    assert again.made == ()
    assert files_of(site) == before
    building.build(told.room, tmp_path / "other")
    assert files_of(tmp_path / "other") == before


def test_every_slip_finds_its_child(told: Marked, site: Path) -> None:
    """What a phone does, written from the specification: R13 to R15, both phases."""
    folder = site / "s1"
    directory: Any = decode((folder / "slips.json").read_bytes())
    policy = parse_policy((folder / "policy").read_text().removesuffix("\n").split("\n"))

    def proven(seq: int) -> Any:
        line = (folder / f"proofs/{seq}.json").read_bytes()
        proof = parse_entry_proof((folder / f"proofs/{seq}.tlog-proof").read_text())
        assert proof.index == seq
        verify_entry(proof, line, policy)
        return decode(line)

    plan: Any = decode((folder / "plan.json").read_bytes())
    assert proven(directory["plan"])["body"]["hash"] == tagged("plan", (folder / "plan.json").read_bytes()).hex()
    result = {row["draw"]: row for row in proven(directory["result"])["body"]["draws"]}
    roots = {row["draw"]: proven(row["frozen"])["body"]["roster_root"] for row in directory["draws"]}
    shelves: Any = {
        (phase, draw): dict(decode((folder / f"envelopes/{phase}/{draw}.json").read_bytes())["envelopes"])  # type: ignore[index,call-overload,arg-type]
        for phase in ("frozen", "result")
        for draw in roots
    }
    sizes = {len(envelope) for shelf in shelves.values() for envelope in shelf.values()}
    assert sizes == {440}
    seen = set()
    for draw, root in roots.items():
        units: Any = decode((folder / f"draws/{draw}/units.json").read_bytes())
        drawn = (folder / f"draws/{draw}/result.json").read_bytes()
        assert hashlib.sha256(drawn).hexdigest() == result[draw]["sha256"]
        classes: Any = decode(drawn)
        for unit in told.room.private.holders(root):
            for student, slip in unit:
                for phase in ("frozen", "result"):
                    shelf = shelves[phase, draw]
                    address = tagged("slip-address", slip.secret, phase.encode())
                    sealed = bytes.fromhex(shelf[address.hex()])
                    key = ChaCha20Poly1305(tagged("slip-key", slip.secret, phase.encode()))
                    place: Any = decode(key.decrypt(sealed[:12], sealed[12:], address).rstrip(b"\n"))
                    part = {
                        "document_number": student.document_number, "document_type": student.document_type,
                        "grade": student.grade, "name": student.name, "nullifier": place["nullifier"],
                        "school": student.school, "year": plan["year"],
                    }  # fmt: skip
                    identity = tagged("identity", tagged("slip-identity", slip.secret), encode(part)).hex()
                    assert place["draw"] == draw
                    assert units["units"][place["unit"]][place["member"]][0] == identity
                    expected = classes["classes"][place["unit"]] if phase == "result" else 0
                    assert place["class"] == expected
                    seen.add(address)
    assert len(seen) == sum(map(len, shelves.values()))


def test_before_the_header_slips_prove_the_roster(tmp_path: Path) -> None:
    story = Marked(tmp_path / "x")
    story.run(until="rosters")
    building.build(story.room, tmp_path / "site")
    directory: Any = decode((tmp_path / "site/s1/slips.json").read_bytes())
    assert directory["result"] == -1
    assert not (tmp_path / "site/s1/record-frozen.zip").exists()
    assert not (tmp_path / "site/s1/envelopes/result").exists()
    before = (tmp_path / "site/s1/index.html").read_bytes()
    story.run(after="rosters", until="header")
    building.build(story.room, tmp_path / "site")
    assert (tmp_path / "site/s1/record-frozen.zip").is_file()
    assert (tmp_path / "site/s1/index.html").read_bytes() != before
    story.room.close()


def test_annulled_and_aborted_sessions_say_so(tmp_path: Path) -> None:
    story = Marked(tmp_path / "x")
    story.run()
    (tmp_path / "decision.txt").write_text("决定")
    conduct.annul(story.room, "s1", ["d1"], "名册有误", tmp_path / "decision.txt", story.keys["approver"])
    building.build(story.room, tmp_path / "site")
    directory: Any = decode((tmp_path / "site/s1/slips.json").read_bytes())
    assert (directory["aborted"], directory["annulled"]) == (False, ["d1"])
    assert "名册有误" in (tmp_path / "site/s1/draw-d1.html").read_text()
    assert "名册有误" not in (tmp_path / "site/s1/draw-d2.html").read_text()
    assert "s1/draw-d1.html" not in (tmp_path / "site/how.html").read_text()
    story.room.close()
    other = Marked(tmp_path / "y")
    other.run(until="header")
    conduct.abort(other.room, "s1", "停电")
    building.build(other.room, tmp_path / "other")
    aborted: Any = decode((tmp_path / "other/s1/slips.json").read_bytes())
    assert aborted["aborted"] is True
    other.room.close()


def test_a_record_that_does_not_verify_is_not_published(
    told: Marked, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lie(room: Any, session: str, phase: str, size: int = 0) -> dict[str, bytes]:
        files = honest(room, session, phase, size)
        value: Any = decode(files["statement.json"]) if "statement.json" in files else {}
        if value:
            value["draws"][0]["certificate"][0]["reached"] = 9
            files["statement.json"] = encode(value)
        return files

    honest = record.build
    monkeypatch.setattr(record, "build", lie)
    shutil.copytree(site, tmp_path / "site")
    (tmp_path / "site" / "s1" / "index.html").write_bytes(b"old")
    stamps: Any = json.loads((tmp_path / "site" / building.STAMPS).read_bytes())
    stamps["sessions"]["s1"][0] = "0" * 64
    (tmp_path / "site" / building.STAMPS).write_bytes(encode(stamps))
    before = files_of(tmp_path / "site")
    with pytest.raises(DataError, match="没有通过核对"):
        building.build(told.room, tmp_path / "site")
    assert files_of(tmp_path / "site") == before


def test_a_build_that_stopped_is_taken_up(
    told: Marked, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(self: building.Folder, name: str, data: bytes) -> None:
        if name == "s1/slips.json":
            raise KeyboardInterrupt
        put(self, name, data)

    put = building.Folder.put
    with monkeypatch.context() as patch:
        patch.setattr(building.Folder, "put", stops)
        with pytest.raises(KeyboardInterrupt):
            building.build(told.room, tmp_path / "site")
    assert not (tmp_path / "site" / "index.html").exists()
    assert building.build(told.room, tmp_path / "site").made == ("s1",)
    assert files_of(tmp_path / "site") == files_of(site)


@pytest.mark.parametrize("what", ["something.txt", "build.json"])
def test_a_folder_of_something_else_is_left_alone(told: Marked, tmp_path: Path, what: str) -> None:
    (tmp_path / what).write_text('{"ledger": "another.example/ledger", "sessions": {}}')
    with pytest.raises(UsageError, match="没有改动"):
        building.build(told.room, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [what]


def test_what_is_stale_goes_and_what_was_spoilt_is_mended(told: Marked, site: Path, tmp_path: Path) -> None:
    shutil.copytree(site, tmp_path / "site")
    (tmp_path / "site" / "old.html").write_text("stale")
    (tmp_path / "site" / "gone").mkdir()
    (tmp_path / "site" / "gone" / "x").write_text("stale")
    (tmp_path / "site" / "how.html").write_text("spoilt")
    (tmp_path / "site" / "s1" / "slip.html").write_text("hostile")
    (tmp_path / "site" / "s1" / "win.exe").write_text("hostile")
    (tmp_path / "site" / "s1" / "record.zip").unlink()
    (tmp_path / "elsewhere").mkdir()
    shutil.rmtree(tmp_path / "site" / "s1" / "proofs")
    (tmp_path / "site" / "s1" / "proofs").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "site" / "s1" / "more").symlink_to(tmp_path / "elsewhere")
    built = building.build(told.room, tmp_path / "site")
    assert built.made == ("s1",)
    assert built.removed == ("gone/x", "old.html", "s1/more", "s1/win.exe")
    assert building.first(built.removed) == "gone/x、old.html、s1/more、s1/win.exe"
    assert building.first([f"{number:02}" for number in range(12)]) == "00、01、02、03、04、05、06、07、08、09 …（12）"
    assert not (tmp_path / "site" / "s1" / "more").is_symlink()
    assert not list((tmp_path / "elsewhere").iterdir())
    assert files_of(tmp_path / "site") == files_of(site)
    assert not (tmp_path / "site" / "gone").exists()


def test_a_full_disc_is_said(told: Marked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Path, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UsageError, match="No space left"):
        building.build(told.room, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_site_that_no_witness_cosigned_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Families would read that the witnesses have not cosigned yet: allowed, said, and mended by asking them."""

    def command() -> str:
        story.room.close()
        with pytest.raises(SystemExit) as end:
            main(["site", "build", str(tmp_path / "site"), "--room", str(story.folder / "bureau")])
        assert end.value.code == 0
        story.room = story.another()
        return "".join(capsys.readouterr())

    story = Marked(tmp_path / "x")
    monkeypatch.setenv("VDRAW_STATE", str(story.folder / "state"))
    witness = with_witness(story)
    story.run(after="found", until="plan")
    assert building.build(story.room, tmp_path / "site").uncosigned == ()  # no slips yet, nothing to look up
    story.run(after="plan", until="rosters")
    assert building.build(story.room, tmp_path / "site").uncosigned == ("s1",)
    (tmp_path / "site" / "favicon.ico").write_bytes(b"mine")
    said = command()
    assert "活动 s1" in said
    assert "不属于网站的文件：favicon.ico。" in said
    assert "vdraw ledger witness" in said
    ask(story, witness)
    assert building.build(story.room, tmp_path / "site").uncosigned == ()
    assert "见证方" not in command()
    story.run(after="rosters", until="header")
    assert building.build(story.room, tmp_path / "site").uncosigned == ("s1",)
    story.room.close()
