"""Discs: the same bytes wherever they are made, everything on them, and nothing half done left behind."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import bagit
import pytest

from tests.archive.conftest import DOCUMENTS, Archive
from tests.ledger.test_full_and_read_only import mount, namespace
from tests.simulator import ROOT, Simulator
from verifiable_draw import record
from verifiable_draw.archive import bag, building, contents, image, recovery
from verifiable_draw.cli import main
from verifiable_draw.errors import DataError, DrawError, UsageError

if sys.platform != "win32":
    import resource

BUILD = """
import os, sys
os.umask(int(sys.argv[4], 8))
from verifiable_draw.cli import main
main(["archive", "build", "s1", sys.argv[1], "--room", sys.argv[2], "--documents", sys.argv[3], "--json"])
"""


def build(archive: Archive, out: Path, umask: str = "022", **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    archive.story.room.close()
    env = os.environ | {"VDRAW_STATE": str(archive.story.folder / "state"), **environment}
    command = [sys.executable, "-c", BUILD, str(out), str(archive.ledger), str(archive.documents), umask]
    try:
        return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    finally:
        archive.story.room = archive.story.another()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def nothing_left(out: Path) -> bool:
    return not out.exists() and not list(out.parent.glob(f"*{out.name}*"))


@pytest.mark.parametrize(
    ("umask", "environment"),
    [
        ("077", {"TZ": "Asia/Shanghai", "LC_ALL": "C", "LANG": "C", "SOURCE_DATE_EPOCH": "1"}),
        pytest.param("002", {"TZ": "America/New_York", "LC_ALL": "C.UTF-8"}, marks=pytest.mark.slow),
    ],
)
def test_other_processes_make_the_same_public_disc(
    archive: Archive, tmp_path: Path, umask: str, environment: dict[str, str]
) -> None:
    (tmp_path / ".again.part" / "public").mkdir(parents=True)  # what a run that was killed left behind
    (tmp_path / ".again.part" / "public" / "stray").touch()
    done = build(archive, tmp_path / "again", umask, **environment)
    assert done.returncode == 0, done.stderr
    assert digest(tmp_path / "again" / "public.iso") == archive.public.sha256 == digest(archive.public.path)
    assert archive.public.sha256 in done.stdout
    line = (tmp_path / "again" / "public.iso.sha256").read_text()
    assert line == f"{archive.public.sha256}  public.iso\n"


def test_the_order_in_which_files_were_written_does_not_matter(archive: Archive, tmp_path: Path) -> None:
    moment = contents.end_of(archive.story.room, "s1").moment
    for number, names in enumerate((sorted, lambda names: sorted(names, reverse=True))):
        folder = tmp_path / str(number)
        for name in names(bag.files_below(archive.bag)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(archive.bag / name, folder / name)
        image.make(folder, tmp_path / f"{number}.iso", image.volume_id("s1", "public"), moment)
        assert digest(tmp_path / f"{number}.iso") == archive.public.sha256


def test_recovery_files_are_the_same_again(archive: Archive, copy: Path) -> None:
    before = {path.name: path.read_bytes() for path in copy.glob("recovery*")}
    assert len(before) == 5
    for name in before:
        (copy / name).unlink()
    recovery.create(copy)
    assert {path.name: path.read_bytes() for path in copy.glob("recovery*")} == before


def test_others_read_the_bag(archive: Archive) -> None:
    """The Library of Congress's bagit, sha256sum, and the verifier that lies on the disc."""
    for part in ("public", "sealed"):
        found = bagit.Bag(str(archive.out / part))
        found.validate()
        assert found.info["Source-Organization"] == "测试县教育局"
        assert found.info["Bagging-Date"] == contents.end_of(archive.story.room, "s1").moment.date().isoformat()
        for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt", "recovery-sha256.txt"):
            check = [shutil.which("sha256sum") or "sha256sum", "-c", "--quiet", "--strict", name]
            subprocess.run(check, cwd=archive.out / part, check=True)
    alone = [sys.executable, "-I", "data/verifiers/verify.pyz", "data/record"]
    done = subprocess.run(alone, cwd=archive.bag, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stdout


def test_what_is_on_the_public_disc(archive: Archive, tmp_path: Path) -> None:
    data = archive.bag / "data"
    assert {path.name for path in data.iterdir()} == {"record", "ledger", "verifiers", "keys", "documents"}
    for name, content in DOCUMENTS.items():
        assert (data / "documents" / name).read_text() == content
    taken = tmp_path / "taken"
    assert image.extract(archive.public.path, taken) == ""
    assert bag.problems(taken) == []
    assert {n: digest(taken / n) for n in bag.files_below(taken)} == {n: digest(archive.bag / n) for n in bag.files_below(archive.bag)}
    assert "python data/verifiers/verify.pyz data/record" in (taken / "README.txt").read_text()
    sources = zipfile.ZipFile(BytesIO((data / "verifiers" / "verifier-source.zip").read_bytes())).namelist()
    assert {"verifier/cli.py", "verifier/web/src/verify.js"} <= set(sources)


def test_no_child_is_on_the_public_disc(archive: Archive) -> None:
    room = archive.story.room
    people = [
        student
        for draw in archive.story.session.header.draws
        for unit in room.private.people(draw.frozen["roster_root"])
        for student in unit
    ]
    assert len(people) > 100
    whole = archive.public.path.read_bytes()
    for student in people:
        assert student.document_number.encode() not in whole
        assert student.name.encode() not in whole
        assert student.name.encode("utf-16-be") not in whole


@pytest.mark.slow
def test_entering_a_disc_changes_no_disc_but_a_film_does(tmp_path: Path, programs: None) -> None:
    story = Simulator(tmp_path / "story").run()
    first = building.build(story.room, "s1", tmp_path / "first")[0]
    assert building.enter(story.room, "s1", first, "disc-public") is not None
    assert building.enter(story.room, "s1", first, "disc-public") is None
    assert building.build(story.room, "s1", tmp_path / "second")[0].sha256 == first.sha256
    body = {"kind": "video", "label": "camera-1", "session": "s1", "sha256": "ab" * 32, "size": 7}
    story.room.operate("", "evidence", body)
    third = building.build(story.room, "s1", tmp_path / "third")[0]
    assert third.sha256 != first.sha256
    # The ledger on it ends with the film; what comes later changes it no more.
    story.room.operate("", "evidence", body | {"session": "s1", "label": "disc-2", "kind": "disc"})
    assert building.build(story.room, "s1", tmp_path / "fourth")[0].sha256 == third.sha256
    story.room.close()


@pytest.mark.slow
def test_both_discs_are_made_and_entered_on_the_command_line(
    tmp_path: Path, programs: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    story = Simulator(tmp_path / "story").run()
    story.room.close()
    monkeypatch.setenv("VDRAW_STATE", str(tmp_path / "story" / "state"))

    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main(["archive", *map(str, arguments)])
        return int(end.value.code or 0), capsys.readouterr().out

    bureau = ["--room", tmp_path / "story" / "bureau"]
    # The operator's passphrase, which is in the environment here, seals no disc and opens none.
    assert run("build", "s1", tmp_path / "out", "--passphrase", "--enter", *bureau)[0] == 2
    assert not (tmp_path / "out").exists()
    monkeypatch.setenv("VDRAW_ARCHIVE_PASSPHRASE", "inspection of autumn")
    code, said = run("build", "s1", tmp_path / "out", "--passphrase", "--enter", *bureau)
    assert code == 0
    assert (tmp_path / "out" / "public.iso.sha256").read_text().split()[0] in said
    story.room = story.another()
    entered = [(e["kind"], e["label"], e["sha256"]) for e in story.room.view.evidence]
    story.room.close()
    assert entered == [("disc", f"disc-{part}", digest(tmp_path / "out" / f"{part}.iso")) for part in ("public", "sealed")]
    monkeypatch.delenv("VDRAW_ARCHIVE_PASSPHRASE")
    assert run("open", tmp_path / "out/sealed/data/private.sealed", tmp_path / "rosters.zip")[0] == 2
    monkeypatch.setenv("VDRAW_ARCHIVE_PASSPHRASE", "inspection of autumn")
    assert run("open", tmp_path / "out/sealed/data/private.sealed", tmp_path / "rosters.zip")[0] == 0
    assert zipfile.is_zipfile(tmp_path / "rosters.zip")
    for part in ("public", "sealed"):
        assert run("check", tmp_path / "out" / f"{part}.iso", "--ledger", tmp_path / "story" / "bureau")[0] == 0
    assert run("build", "s1", tmp_path / "two", "--passphrase", "--inspector", tmp_path / "x", *bureau)[0] == 2


# Bad input


def test_before_publication_there_is_nothing_to_archive(tmp_path: Path, programs: None) -> None:
    story = Simulator(tmp_path / "story").run("header")
    with pytest.raises(UsageError) as caught:
        building.build(story.room, "s1", tmp_path / "out")
    assert caught.value.key == "publish.too_early"
    assert nothing_left(tmp_path / "out")
    story.room.close()


def test_what_exists_is_not_overwritten(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError) as caught:
        building.build(archive.story.room, "s1", tmp_path / "out")
    assert caught.value.key == "archive.exists"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_every_document_that_no_disc_takes_is_named(archive: Archive, tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    (papers / "a" / "b" / "c" / "d" / "e").mkdir(parents=True)
    bad = ["what?.txt", "back\\slash", "long" * 16, "a/b/c/d/e/deep.txt", "dot.", "line\nfeed", "SAME.txt"]
    for name in [*bad, "same.txt", "好的.txt"]:
        (papers / name).write_text("x")
    (papers / "link").symlink_to("same.txt")
    with pytest.raises(DataError) as caught:
        building.build(archive.story.room, "s1", tmp_path / "out", documents=papers)
    said = str(caught.value.values["detail"])
    assert caught.value.key == "archive.documents"
    assert all(repr(name) in said for name in [*bad[:-1], "same.txt", "link"])
    assert "好的" not in said
    assert nothing_left(tmp_path / "out")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_papers_with_numbers_of_children_are_refused(archive: Archive, tmp_path: Path, encoding: str) -> None:
    room = archive.story.room
    student = room.private.people(archive.story.session.header.draws[1].frozen["roster_root"])[0][0]
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "list.csv").write_bytes(f"张三,{student.document_number},1班".encode(encoding))
    (tmp_path / "papers" / "good.txt").write_text("没有号码")
    with pytest.raises(DataError) as caught:
        building.build(room, "s1", tmp_path / "out", documents=tmp_path / "papers")
    assert caught.value.values["files"] == "list.csv"
    assert caught.value.values["zh"] == "list.csv (含有学生的证件号码或学籍号)"
    assert student.document_number not in str(caught.value)
    assert nothing_left(tmp_path / "out")


def test_the_folder_with_internal_papers_is_refused(archive: Archive, tmp_path: Path) -> None:
    for name in ("public", "bureau"):
        (tmp_path / "papers" / name).mkdir(parents=True)
    with pytest.raises(UsageError) as caught:
        building.build(archive.story.room, "s1", tmp_path / "out", documents=tmp_path / "papers")
    assert caught.value.key == "archive.documents_of_both"


def test_missing_programs_are_named_with_their_packages(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError) as caught:
        building.build(archive.story.room, "s1", tmp_path / "out")
    assert "par2, xorriso" in caught.value.text.en
    assert "apt-get install par2 xorriso" in caught.value.text.hint_zh
    (tmp_path / "par2").symlink_to(str(shutil.which("true", path=os.defpath)))
    with pytest.raises(UsageError) as caught:
        building.build(archive.story.room, "s1", tmp_path / "out")
    assert "par2" not in caught.value.text.en
    assert nothing_left(tmp_path / "out")


@pytest.mark.slow
def test_a_record_that_does_not_verify_is_not_archived(tmp_path: Path, programs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    story = Simulator(tmp_path / "story").run()
    path = story.room.path("s1", "draws/d1/result.json")
    good = path.read_bytes()
    path.write_bytes(good.replace(b'"bundling":', b'"bundling" :'))
    with pytest.raises(DataError) as caught:
        building.build(story.room, "s1", tmp_path / "out")
    assert caught.value.key == "publish.files_differ"
    path.write_bytes(good)
    assert nothing_left(tmp_path / "out")
    # What replay lets through and the verifier alone refuses: here, a record cut short after it was built.
    whole = record.build
    monkeypatch.setattr(record, "build", lambda *a: {n: d for n, d in whole(*a).items() if n != "delay.json"})
    with pytest.raises(DataError) as caught:
        building.build(story.room, "s1", tmp_path / "out")
    assert caught.value.key == "archive.record_refused"
    assert caught.value.values["code"] in (1, 2)
    assert nothing_left(tmp_path / "out")
    story.room.close()


SMALL = """
import sys
from pathlib import Path
from tests.archive.test_building import small
small(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
"""


def small(bureau: Path, state: Path, folder: Path, size: int) -> None:
    """Build on a file system of `size` bytes that is seen by this process alone."""
    from verifiable_draw.room import Room  # noqa: PLC0415 - in the child

    mount("-t", "tmpfs", "-o", f"size={size}", "archive-test", folder)
    room = Room.open(bureau, state=state)
    try:
        building.build(room, "s1", folder / "out")
    except DrawError as error:
        sys.stdout.write(f"{error.key} {[path.name for path in folder.iterdir()]}\n")
    finally:
        room.close()


@pytest.mark.parametrize("size", [300_000, *(pytest.param(size, marks=pytest.mark.slow) for size in (2_000_000, 4_200_000))])
def test_a_full_disc_leaves_nothing_half_done(archive: Archive, tmp_path: Path, size: int) -> None:
    """Full while the record is written, while recovery data is, and while the image is."""
    prefix = namespace(tmp_path)
    if prefix is None:
        pytest.skip("mounting is not permitted")
    archive.story.room.close()
    command = [*prefix, sys.executable, "-c", SMALL, archive.ledger, archive.story.folder / "state", tmp_path, size]
    done = subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    archive.story.room = archive.story.another()
    assert done.stdout in ("file.write_failed []\n", "archive.program_failed []\n"), done.stdout + done.stderr


def limited() -> None:
    with suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))


@pytest.mark.slow
def test_a_limit_on_files_ends_with_a_sentence(archive: Archive, tmp_path: Path) -> None:
    """Every file but the image fits."""
    archive.story.room.close()
    env = os.environ | {"VDRAW_STATE": str(archive.story.folder / "state")}
    command = [sys.executable, "-c", BUILD, str(tmp_path / "out"), str(archive.ledger), str(archive.documents), "022"]
    done = subprocess.run(
        command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=limited, timeout=120
    )
    archive.story.room = archive.story.another()
    assert done.returncode == 2
    assert "xorriso" in done.stderr
    assert "Traceback" not in done.stderr
    assert nothing_left(tmp_path / "out")


def test_volume_names_are_those_of_iso_9660() -> None:
    names: list[Any] = [image.volume_id(session, "public") for session in ("s1", "2026-autumn", "x" * 64)]
    assert names[:2] == ["VDRAW_S1_PUBLIC", "VDRAW_2026_AUTUMN_PUBLIC"]
    assert all(len(name) <= 32 and name.endswith("_PUBLIC") for name in names)


def test_there_are_never_too_many_blocks() -> None:
    for sizes in ([1], [10**9], [5] * 9000, [10**9] * 500, [4097] * 12_000):
        size = recovery.block_size(sizes)
        assert sum(-(-one // size) for one in sizes) <= 30_000
    with pytest.raises(UsageError):
        recovery.block_size([1] * 40_000)


@pytest.mark.parametrize("what", ["slips", "class list", "one slip", "renamed list"])
def test_papers_with_names_do_not_go_on_the_public_disc(archive: Archive, tmp_path: Path, what: str) -> None:
    papers, room = tmp_path / "papers", archive.story.room
    papers.mkdir()
    holders = [
        holder
        for unit in room.private.holders(archive.story.session.draws["d1"].frozen["roster_root"])
        for holder in unit
    ]
    names = "\n".join(student.name for student, _slip in holders)
    name, content = {
        "slips": ("slips-d1.html", "x"),
        "class list": ("class-list-d1.pdf", "x"),
        "one slip": ("notes.html", f"<p>{holders[3][1].code[0]}</p>"),
        "renamed list": ("paper.html", f"<pre>{names}</pre>"),
    }[what]
    (papers / name).write_text(content)
    with pytest.raises(DataError) as caught:
        building.build(room, "s1", tmp_path / "out", documents=papers)
    assert caught.value.key == "archive.documents_private"
    why = {"slips": "文件名是", "class list": "文件名是", "one slip": "含有凭条代码", "renamed list": "含有多名学生的姓名"}[what]
    assert f"{name} ({why}" in caught.value.text.zh
    assert not (tmp_path / "out").exists()
    assert names[:2] not in str(caught.value)


def test_labels_are_looked_at_before_a_disc_is_built(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second build of a session needs labels of its own; a disc that cannot be entered does not stay."""
    room, built = archive.story.room, []
    size = room.view.size

    def write(_room: object, _session: str, out: Path, **_more: object) -> list[building.Disc]:
        out.mkdir()
        (out / "public.iso").write_bytes(b"image")
        built.append(out)
        return [building.Disc(out / "public.iso", "ab" * 32, 5)]

    monkeypatch.setattr(building, "build", write)
    for label, key in (("disc", "evidence.labels_used"), ("盘", "evidence.labels_odd"), ("x" * 30, "evidence.labels_odd")):
        with pytest.raises(DrawError) as caught:
            building.build_and_enter(room, "s1", tmp_path / "out", label)
        assert caught.value.key == key
        assert "--label" in caught.value.text.hint_en
    assert (built, room.view.size) == ([], size)

    def fails(*_arguments: object) -> None:
        raise UsageError("store.moved")

    with monkeypatch.context() as patch:
        patch.setattr(building, "enter", fails)
        with pytest.raises(UsageError):
            building.build_and_enter(room, "s1", tmp_path / "out", "disc-2")
    assert built
    assert nothing_left(tmp_path / "out")
