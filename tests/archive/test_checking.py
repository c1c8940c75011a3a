"""Archives that are whole pass; damage is named and repaired to the same bytes, or said to be too much."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.archive.conftest import Archive
from tests.ledger.test_full_and_read_only import mount, namespace
from tests.simulator import ROOT, Simulator
from verifiable_draw import record
from verifiable_draw.archive import bag, building, checking, image, recovery
from verifiable_draw.archive.bag import Damage
from verifiable_draw.archive.checking import Against, Report, check
from verifiable_draw.cli import main
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.texts import text

Flip = Callable[[Path, int], None]
UNITS = "data/record/draws/d1/units.json"


def keys(report: Report, outcome: str) -> list[str]:
    return [finding.key.removeprefix("archive.") for finding in report.findings if finding.outcome == outcome]


def against(archive: Archive) -> Against:
    return Against(archive.ledger)


def test_whole_discs_pass(archive: Archive, tmp_path: Path) -> None:
    image_report = check(archive.public.path, against(archive))
    assert keys(image_report, "good") == ["files_good", "record_good", "ledger_good", "agrees", "disc_entered"]
    assert keys(image_report, "bad") == keys(image_report, "note") == []
    [record_line] = [text(one.key, **one.values) for one in image_report.findings if one.key == "archive.record_good"]
    assert "原因如下。V51 " in record_line.zh
    assert "V55 这是一次演练" in record_line.zh
    assert "V55 this is a rehearsal" in record_line.en
    assert keys(check(archive.bag, against(archive)), "good") == ["files_good", "record_good", "ledger_good", "agrees"]
    mounted = tmp_path / "mounted"
    image.extract(archive.public.path, mounted)
    for path in sorted(mounted.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    report = check(mounted, against(archive))
    assert report.good
    assert report.damages == []
    sealed = check(archive.sealed.path, against(archive))
    assert (keys(sealed, "good"), keys(sealed, "note")) == (["files_good", "disc_entered"], ["is_sealed"])


@pytest.mark.usefixtures("unverified")
def test_without_a_ledger_it_says_so(archive: Archive) -> None:
    report = check(archive.bag)
    assert report.good
    assert keys(report, "note") == ["no_ledger"]


@pytest.mark.usefixtures("unverified")
def test_every_form_of_the_ledger_serves(archive: Archive) -> None:
    for ledger in (archive.ledger, archive.ledger / "ledger.db", archive.bag / "data" / "ledger", archive.bag / "data" / "record"):
        assert keys(check(archive.bag, Against(ledger)), "bad") == []


@pytest.fixture
def unverified(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of damage: the verifier, which has tests of its own and takes seconds, always answers the same."""
    monkeypatch.setattr(record, "verify", lambda *_arguments: (3, "stand-in\n"))


# Damage


def damage(folder: Path, flip: Flip) -> list[Damage]:
    """One of everything that the recovery data reaches."""
    flip(folder / UNITS, 100)
    flip(folder / "README.txt", 7)
    (folder / "data/documents/forms/empty.txt").unlink()
    (folder / "data/keys/keys.json").unlink()
    (folder / "data/record/draws/d2/groups.json").write_bytes(b"")
    (folder / "data/documents/added.txt").write_text("not ours")
    (folder / "stray.txt").write_text("not ours")
    return [
        Damage("README.txt", "damaged"),
        Damage("data/documents/added.txt", "added"),
        Damage("data/documents/forms/empty.txt", "missing"),
        Damage("data/keys/keys.json", "missing"),
        Damage("data/record/draws/d1/units.json", "damaged"),
        Damage("data/record/draws/d2/groups.json", "damaged"),
        Damage("stray.txt", "added"),
    ]


@pytest.mark.usefixtures("unverified")
def test_damage_is_named_and_repaired_to_the_same_image(
    archive: Archive, copy: Path, tmp_path: Path, flip: Flip
) -> None:
    expected = damage(copy, flip)
    before = {name: (copy / name).read_bytes() for name in bag.files_below(copy)}
    report = check(copy, against(archive))
    assert report.damages == expected
    assert not report.good
    assert keys(report, "bad") == ["repairable"]
    report = check(copy, against(archive), tmp_path / "repaired")
    assert report.good
    assert report.damages == expected
    assert {"repaired", "judges_copy", "repaired_at"} <= set(keys(report, "note"))
    order = [finding.key for finding in report.findings]
    assert order.index("archive.judges_copy") < order.index("archive.record_good")
    repaired = (tmp_path / "repaired" / "public.iso").read_bytes()
    assert hashlib.sha256(repaired).hexdigest() == archive.public.sha256
    assert keys(check(tmp_path / "repaired" / "public.iso", against(archive)), "good")[-1] == "disc_entered"
    # What was checked is left as it was.
    assert {name: (copy / name).read_bytes() for name in bag.files_below(copy)} == before
    assert {path.name for path in tmp_path.iterdir()} == {"copy", "repaired"}


@pytest.mark.usefixtures("unverified")
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [bag.MANIFEST, bag.TAGS, bag.INFO, bag.BAGIT, bag.RECOVERY, "recovery.par2", "recovery.vol"]
)
def test_damage_of_the_lists_themselves_is_not_laid_on_others(
    archive: Archive, copy: Path, tmp_path: Path, flip: Flip, name: str
) -> None:
    path = next(copy.glob(f"{name}*"))
    flip(path, path.stat().st_size // 2)
    report = check(copy, against(archive), tmp_path / "repaired")
    assert [(one.path, one.what) for one in report.damages] == [(path.name, "damaged")]
    assert report.good
    repaired = (tmp_path / "repaired" / "public.iso").read_bytes()
    assert hashlib.sha256(repaired).hexdigest() == archive.public.sha256


@pytest.mark.usefixtures("unverified")
@pytest.mark.slow
def test_missing_lists_come_back(archive: Archive, copy: Path, tmp_path: Path) -> None:
    for name in (bag.MANIFEST, bag.TAGS, bag.RECOVERY, "recovery.par2"):
        (copy / name).unlink()
    report = check(copy, against(archive), tmp_path / "repaired")
    assert [one.what for one in report.damages] == ["missing"] * 4
    repaired = (tmp_path / "repaired" / "public.iso").read_bytes()
    assert hashlib.sha256(repaired).hexdigest() == archive.public.sha256


@pytest.mark.usefixtures("unverified")
def test_a_damaged_image_names_its_file(archive: Archive, tmp_path: Path, flip: Flip) -> None:
    path = tmp_path / "burned.iso"
    shutil.copyfile(archive.public.path, path)
    place = path.read_bytes().index((archive.bag / UNITS).read_bytes())
    flip(path, place + 500)
    report = check(path, against(archive), tmp_path / "repaired")
    assert report.damages == [Damage(UNITS, "damaged")]
    assert keys(report, "bad") == ["disc_other"]  # it is not the disc that was entered, but the repaired one is
    assert image.mismatches(path) == [UNITS]
    digest = hashlib.sha256((tmp_path / "repaired" / "public.iso").read_bytes()).hexdigest()
    assert digest == archive.public.sha256


def test_by_hand_as_the_readme_says(copy: Path, flip: Flip) -> None:
    before = (copy / UNITS).read_bytes()
    flip(copy / UNITS, 50)
    sums = [shutil.which("sha256sum") or "sha256sum", "-c", "manifest-sha256.txt"]
    done = subprocess.run(sums, cwd=copy, capture_output=True, text=True, check=False)
    assert (done.returncode, f"{UNITS}: FAILED" in done.stdout) == (1, True)
    subprocess.run([shutil.which("par2") or "par2", "repair", "recovery.par2"], cwd=copy, capture_output=True, check=True)
    assert (copy / UNITS).read_bytes() == before


@pytest.mark.usefixtures("unverified")
def test_too_much_damage_is_said(archive: Archive, copy: Path, tmp_path: Path) -> None:
    size = (copy / "data/verifiers/verify.html").stat().st_size
    (copy / "data/verifiers/verify.html").write_bytes(bytes(size))
    (copy / "data/verifiers/verifier-source.zip").unlink()
    report = check(copy, against(archive), tmp_path / "repaired")
    assert keys(report, "bad")[:2] == ["damaged", "too_much"]
    assert {one.path for one in report.damages} == {"data/verifiers/verify.html", "data/verifiers/verifier-source.zip"}
    assert "nothing_repaired" in keys(report, "note")
    assert not (tmp_path / "repaired").exists()


@pytest.mark.usefixtures("unverified")
@pytest.mark.parametrize("share", [0.97, *(pytest.param(share, marks=pytest.mark.slow) for share in (0.6, 0.2))])
def test_an_image_cut_off(archive: Archive, tmp_path: Path, share: float) -> None:
    path = tmp_path / "cut.iso"
    data = archive.public.path.read_bytes()
    path.write_bytes(data[: int((len(data) - 300 * 1024) * share)])  # the end is padding
    report = check(path, against(archive))
    assert not report.good
    assert "cut" in keys(report, "bad")
    assert report.damages


def test_an_image_cut_off_before_its_files_or_no_image(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "cut.iso"
    for data in (archive.public.path.read_bytes()[:50_000], b"", b"no image" * 9000):
        path.write_bytes(data)
        with pytest.raises(DataError) as caught:
            check(path, against(archive))
        assert caught.value.key == "archive.not_an_image"


def test_pipes_and_floods_are_refused_at_once(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for recovery_file in copy.glob("*.par2"):  # with them the pipe is repaired like a file that is missing
        recovery_file.unlink()
    victim = copy / "data" / "record" / "RECORD.json"
    victim.unlink()
    os.mkfifo(victim)
    with pytest.raises(DataError, match=r"RECORD\.json"):
        check(copy)
    victim.unlink()
    monkeypatch.setattr(checking, "MOST_FILES", 10)
    with pytest.raises(DataError, match="10 个"):
        check(copy)


def test_an_entry_over_the_first_bytes_fits_no_disc(archive: Archive) -> None:
    """Whoever enters an empty file as the disc would have entered every disc."""
    [entered] = [one for one in (checking.parse_entry(line).message for line in checking._entries_at(archive.ledger))
                 if one.type == "evidence" and one.body["size"] == archive.public.path.stat().st_size]  # fmt: skip
    short = hashlib.sha256(archive.public.path.read_bytes()[:1]).hexdigest()
    report = checking.Report()
    fake = checking.Message(entered.session, entered.type, entered.actor, {**entered.body, "sha256": short, "size": 1})
    checking._entered(archive.public.path, str(entered.body["session"]), [(7, fake)], report)
    assert [one.key for one in report.findings] == ["archive.disc_other"]


def test_other_folders_and_nothing(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        check(archive.out)
    assert caught.value.key == "archive.no_bag"
    with pytest.raises(UsageError):
        check(tmp_path / "absent.iso")
    with pytest.raises(UsageError) as caught:
        check(archive.bag, repair=tmp_path)
    assert caught.value.key == "archive.exists"


@pytest.mark.usefixtures("unverified")
def test_without_par2_damage_is_named_all_the_same(
    archive: Archive, copy: Path, tmp_path: Path, flip: Flip, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip(copy / UNITS, 9)
    monkeypatch.setenv("PATH", str(tmp_path))
    report = check(copy, against(archive))
    assert report.damages == [Damage(UNITS, "damaged")]
    assert keys(report, "note") == ["not_tried", "image_not_compared"]
    assert "damaged" in keys(report, "bad")
    with pytest.raises(UsageError) as caught:
        check(archive.public.path)
    assert caught.value.key == "archive.programs"


# Whole, but not what it should be


def forged(folder: Path) -> Path:
    """Lists and recovery data in line with what lies there now: what a forger would do first."""
    for path in folder.glob("recovery*"):
        path.unlink()
    payload = bag.files_below(folder, bag.DATA)
    (folder / bag.MANIFEST).write_bytes(bag.manifest(folder, payload))
    (folder / bag.TAGS).write_bytes(bag.manifest(folder, sorted((bag.BAGIT, bag.INFO, bag.README, bag.MANIFEST))))
    recovery.create(folder)
    return folder


@pytest.mark.slow
def test_a_forged_record_is_found_by_the_verifier(archive: Archive, copy: Path) -> None:
    path = copy / "data/record/draws/d1/result.json"
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    report = check(forged(copy), against(archive))
    assert report.damages == []
    assert keys(report, "bad") == ["record_bad"]


@pytest.mark.usefixtures("unverified")
def test_a_forged_ledger_is_found_by_its_root_and_by_the_one_at_hand(archive: Archive, copy: Path) -> None:
    path = next((copy / "data/ledger/tile/entries").rglob("*.p/*"))
    path.write_bytes(path.read_bytes().replace("测试县".encode(), "测试省".encode(), 1))
    report = check(forged(copy), against(archive))
    assert "ledger_differs" in keys(report, "bad")


@pytest.mark.usefixtures("unverified")
@pytest.mark.slow
def test_a_changed_document_makes_another_disc(archive: Archive, copy: Path, tmp_path: Path) -> None:
    (copy / "data/documents/方案.txt").write_text("另一个方案\n")
    image.make(forged(copy), tmp_path / "forged.iso", "X", archive.story.clock.now)
    report = check(tmp_path / "forged.iso", against(archive))
    assert keys(report, "bad") == ["disc_other"]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same story with another title: another ledger of the same origin, the same first entries."""
    story = Simulator(tmp_path_factory.mktemp("elsewhere"), plan={"title": "另一场"}).run("plan")
    yield story
    story.room.close()


@pytest.mark.usefixtures("unverified")
@pytest.mark.slow
def test_against_another_ledger(archive: Archive, elsewhere: Simulator, tmp_path: Path) -> None:
    assert "other_history" in keys(check(archive.bag, Against(elsewhere.folder / "bureau")), "bad")
    with_other_keys = Simulator(tmp_path / "third")
    with_other_keys.clock.wait(5)
    with_other_keys.found()
    with_other_keys.room.close()
    assert "other_ledger" in keys(check(archive.bag, Against(with_other_keys.folder / "bureau")), "bad")


@pytest.mark.usefixtures("unverified")
def test_a_ledger_that_does_not_know_the_session(archive: Archive, tmp_path: Path) -> None:
    """The ledger at hand is older than the session."""
    lines = list(archive.story.room.store.read(0, 4))
    (tmp_path / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    assert "session_unknown" in keys(check(archive.bag, Against(tmp_path)), "bad")


@pytest.mark.usefixtures("unverified")
def test_no_disc_entered(archive: Archive, tmp_path: Path) -> None:
    size = int(building.contents.end_of(archive.story.room, "s1").view.size)
    lines = list(archive.story.room.store.read(0, size))
    (tmp_path / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    assert keys(check(archive.public.path, Against(tmp_path)), "note") == ["disc_not_entered"]


# As people meet it


@pytest.mark.usefixtures("unverified")
def test_the_command_line(
    archive: Archive, copy: Path, flip: Flip, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VDRAW_STATE", str(archive.story.folder / "state"))

    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as end:
            main(["archive", *map(str, arguments)])
        return int(end.value.code or 0), capsys.readouterr().out

    code, said = run("check", archive.public.path, "--ledger", archive.ledger)
    assert code == 0
    assert archive.public.code in said
    flip(copy / UNITS, 3)
    code, said = run("check", copy, "--json")
    assert code == 1
    report = json.loads(said)
    assert report["damages"] == [{"path": UNITS, "what": "damaged"}]
    assert not report["good"]


def test_sectors_that_cannot_be_read_become_zeros(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "drive"
    source.write_bytes(os.urandom(image.PIECE + 5 * image.SECTOR + 100))
    real = image._at
    bad = {3 * image.SECTOR, image.PIECE + 5 * image.SECTOR}

    def failing(file: Any, start: int, length: int) -> bytes:
        if any(start <= one < start + length for one in bad):
            return b""
        return real(file, start, length)

    monkeypatch.setattr(image, "_at", failing)
    assert image.copy_readable(source, tmp_path / "copy") == 2
    expected = bytearray(source.read_bytes())
    for one in bad:
        expected[one : one + image.SECTOR] = bytes(len(expected[one : one + image.SECTOR]))
    assert (tmp_path / "copy").read_bytes() == expected


# Forged: manifests and recovery data made anew by whoever changed the disc


def made_anew(folder: Path, change: Callable[[Path], None]) -> Path:
    change(folder)
    for name in bag.files_below(folder):
        if name.startswith(recovery.NAME) and "/" not in name:
            (folder / name).unlink()
    info = dict(line.split(": ", 1) for line in (folder / bag.INFO).read_text().splitlines())
    info.pop("Payload-Oxum")
    bag.close_bag(folder, info, (folder / bag.README).read_text())
    recovery.create(folder)
    return folder


def unnamed(_archive: Archive, folder: Path) -> None:
    lines = [line for line in (folder / bag.INFO).read_text().splitlines() if "External-Identifier" not in line]
    (folder / bag.INFO).write_text("".join(f"{line}\n" for line in lines))
    path = folder / "data/ledger/checkpoint"
    path.write_bytes(path.read_bytes().replace(b"\n1", b"\n2", 1))


def with_sealed(archive: Archive, folder: Path) -> None:
    (folder / "data/record/draws/d1/result.json").write_text("{}")
    shutil.copyfile(archive.out / "sealed/data/private.sealed", folder / "data/private.sealed")


def with_program(_archive: Archive, folder: Path) -> None:
    (folder / "data/setup.exe").write_bytes(b"MZ")


FORGERIES: dict[str, tuple[Callable[[Archive, Path], None], str]] = {
    "no session, another checkpoint": (unnamed, "session_differs"),
    "a sealed file beside a broken record": (with_sealed, "sealed_not_alone"),
    "a program": (with_program, "strange"),
}


@pytest.mark.usefixtures("unverified")
@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_disc_is_no_good(archive: Archive, copy: Path, name: str) -> None:
    change, key = FORGERIES[name]
    report = check(made_anew(copy, lambda folder: change(archive, folder)), against(archive))
    assert report.damages == []
    assert not report.good
    assert key in keys(report, "bad")


@pytest.mark.usefixtures("unverified")
def test_a_record_elsewhere_is_not_on_the_disc(archive: Archive, copy: Path, tmp_path: Path) -> None:
    shutil.move(copy / "data/record", tmp_path / "elsewhere")
    (copy / "data/record").symlink_to(tmp_path / "elsewhere")
    report = check(copy, against(archive))
    assert not report.good
    assert Damage(UNITS, "missing") in report.damages


@pytest.mark.usefixtures("unverified")
def test_a_pipe_in_place_of_a_file_does_not_stop_the_check(archive: Archive, copy: Path) -> None:
    (copy / UNITS).unlink()
    os.mkfifo(copy / UNITS)
    report = check(copy, against(archive))
    assert [one.path for one in report.damages] == [UNITS]


# A full disc is no damage

SMALL = """
import sys
from pathlib import Path
from tests.archive.test_checking import small
small(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
"""


def small(damaged: Path, folder: Path, size: int) -> None:
    """Repair onto a file system of `size` bytes that is seen by this process alone."""
    mount("-t", "tmpfs", "-o", f"size={size}", "archive-test", folder)
    try:
        report = check(damaged, repair=folder / "out")
        sys.stdout.write(f"{report.good} {sorted(path.name for path in folder.iterdir())}\n")
    except UsageError as error:
        sys.stdout.write(f"{error.key} {error.values['needed']} {[path.name for path in folder.iterdir()]}\n")


@pytest.mark.parametrize(
    ("way", "share"),
    [("image", 0.5), ("image", 2.02), *(pytest.param(*one, marks=pytest.mark.slow) for one in
     (("image", 1.4), ("image", 2.6), ("folder", 0.5), ("folder", 1.4)))],
)  # fmt: skip
def test_a_full_disc_is_said_and_nothing_is_left(archive: Archive, copy: Path, tmp_path: Path, flip: Flip, way: str, share: float) -> None:
    """Full while an image is read out, while its files are copied, while par2 repairs, and while the image is made anew."""
    prefix = namespace(tmp_path)
    if prefix is None:
        pytest.skip("mounting is not permitted")
    damaged = copy
    if way == "image":
        damaged = Path(shutil.copyfile(archive.public.path, tmp_path / "damaged.iso"))
        flip(damaged, damaged.read_bytes().index((archive.bag / "data/verifiers/verify.html").read_bytes()) + 99)
    else:
        flip(copy / UNITS, 3)
    (tmp_path / "small").mkdir()
    whole = image.size_of(damaged)
    command = [*prefix, sys.executable, "-c", SMALL, damaged, tmp_path / "small", int(share * whole)]
    done = subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    needed = -(-((3 if way == "image" else 2) * whole + whole // 10) // (1 << 20))
    assert done.stdout == f"archive.disc_full {needed} []\n", done.stdout + done.stderr


def test_what_it_says_is_enough_is_enough(archive: Archive, tmp_path: Path, flip: Flip) -> None:
    prefix = namespace(tmp_path)
    if prefix is None:
        pytest.skip("mounting is not permitted")
    damaged = Path(shutil.copyfile(archive.public.path, tmp_path / "damaged.iso"))
    flip(damaged, damaged.read_bytes().index((archive.bag / "data/verifiers/verify.html").read_bytes()) + 99)
    (tmp_path / "small").mkdir()
    whole = image.size_of(damaged)
    command = [*prefix, sys.executable, "-c", SMALL, damaged, tmp_path / "small", 3 * whole + whole // 10]
    done = subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout == "True ['out']\n", done.stdout + done.stderr
