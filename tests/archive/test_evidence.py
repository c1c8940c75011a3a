"""Films are hashed as hashlib does, in steps that survive SIGKILL, and entered once."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.canonical import decode
from tests.simulator import ROOT, Simulator
from verifiable_draw.archive import evidence, hashing
from verifiable_draw.archive.evidence import PIECE, Memory, Progress
from verifiable_draw.cli import main
from verifiable_draw.errors import DataError, UsageError


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    made = Memory(tmp_path / "evidence.db")
    yield made
    made.close()


def film(path: Path, size: int) -> str:
    """Write a file of some bytes; its SHA-256 by hashlib."""
    data = (hashlib.sha256(str(size).encode()).digest() * (size // 32 + 1))[:size]
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A session with a plan is enough for evidence."""
    story = Simulator(tmp_path_factory.mktemp("evidence")).run("plan")
    yield story
    story.room.close()


@pytest.mark.parametrize("size", [1, 63, 64, 65, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 17])
def test_the_hash_is_that_of_hashlib(tmp_path: Path, memory: Memory, size: int) -> None:
    path = tmp_path / "film"
    expected = film(path, size)
    told: list[Progress] = []
    found = evidence.fingerprint(path, memory, told.append)
    assert (found.sha256, found.size, found.resumed) == (expected, size, 0)
    assert told[-1].done == told[-1].size == size
    assert evidence.fingerprint(path, memory).resumed == size  # finished files are remembered


class Stop(Exception):  # noqa: N818 - what a person does
    """The person presses Ctrl-C."""


def stopped_after(path: Path, memory: Memory, pieces: int) -> None:
    """Hash, and stop after some pieces."""
    ticks = iter(range(10**6))

    def report(progress: Progress) -> None:
        if progress.done >= pieces * PIECE:
            raise Stop

    with pytest.raises(Stop):
        evidence.fingerprint(path, memory, report, clock=lambda: float(next(ticks)))


def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path, memory: Memory) -> None:
    assert hashing.can_resume()  # where OpenSSL's library is not to be had, this suite cannot prove the claim
    path = tmp_path / "film"
    expected = film(path, 5 * PIECE + 9)
    stopped_after(path, memory, 2)
    stopped_after(path, memory, 4)
    found = evidence.fingerprint(path, memory)
    assert (found.sha256, found.resumed) == (expected, 4 * PIECE)


def test_without_the_library_an_interrupted_file_starts_anew(
    tmp_path: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film"
    expected = film(path, 3 * PIECE)
    stopped_after(path, memory, 2)
    monkeypatch.setattr(hashing, "_library", lambda: None)
    assert not hashing.can_resume()
    found = evidence.fingerprint(path, memory)
    assert (found.sha256, found.resumed) == (expected, 0)


def test_a_library_with_another_result_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    library = hashing._library()
    assert library is not None
    assert hashing._passes(library)
    monkeypatch.setattr(hashing.hashlib, "sha256", hashlib.sha3_256)  # type: ignore[attr-defined]
    assert not hashing._passes(library)


@pytest.mark.parametrize("change", ["size", "time", "bytes before the place"])
def test_a_file_that_is_another_now_is_hashed_anew(tmp_path: Path, memory: Memory, change: str) -> None:
    path = tmp_path / "film"
    film(path, 4 * PIECE)
    stopped_after(path, memory, 2)
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[2 * PIECE - 5] ^= 1
    path.write_bytes(data + (b"more" if change == "size" else b""))
    if change != "time":
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    else:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    found = evidence.fingerprint(path, memory)
    assert (found.sha256, found.resumed) == (hashlib.sha256(path.read_bytes()).hexdigest(), 0)


def test_a_file_that_grows_meanwhile_is_refused_and_not_remembered(tmp_path: Path, memory: Memory) -> None:
    path = tmp_path / "film"
    film(path, 2 * PIECE)

    def grow(_progress: Progress) -> None:
        with path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(DataError) as caught:
        evidence.fingerprint(path, memory, grow)
    assert caught.value.key == "evidence.changed"
    assert evidence.fingerprint(path, memory).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


KILLED = """
import itertools, sys, time
from pathlib import Path
from verifiable_draw.archive import evidence
evidence.EVERY = 4 * evidence.PIECE
memory = evidence.Memory(Path(sys.argv[2]))
keep = memory.keep
def heard(*arguments, **values):
    keep(*arguments, **values)
    print(values["done"], flush=True)
memory.keep = heard
ticks = itertools.count()
evidence.fingerprint(Path(sys.argv[1]), memory, lambda progress: time.sleep(0.01), lambda: float(next(ticks)))
"""
PIECES = 80


def test_killed_while_hashing_and_taken_up_again(tmp_path: Path) -> None:
    path = tmp_path / "film"
    expected = film(path, PIECES * PIECE + 5)
    command = [sys.executable, "-c", KILLED, str(path), str(tmp_path / "killed.db")]
    done = 0
    for _ in range(3):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert process.stdout is not None
        first = int(process.stdout.readline())
        assert first > done  # it went on, and did not begin anew
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        process.stdout.close()
        assert process.wait() == -signal.SIGKILL
        done = max([first, *map(int, rest)])
        assert done < PIECES * PIECE
    memory = Memory(tmp_path / "killed.db")
    found = evidence.fingerprint(path, memory)
    memory.close()
    assert found.sha256 == expected
    assert found.resumed >= done > 0


def run(story: Simulator, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setenv("VDRAW_STATE", str(story.folder / "state"))
    story.room.close()
    try:
        with pytest.raises(SystemExit) as end:
            main(["archive", "evidence", *map(str, arguments), "--room", str(story.folder / "bureau")])
    finally:
        story.room = story.another()
    return int(end.value.code or 0)


def test_films_are_entered_once_with_labels_of_their_own(
    published: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hashes = [film(tmp_path / name, size) for name, size in (("a.mp4", 100), ("b.mp4", PIECE))]
    size = published.room.view.size
    for _ in range(2):
        assert run(published, monkeypatch, "s1", tmp_path / "a.mp4", tmp_path / "b.mp4", "--label", "camera") == 0
    assert hashes[0] in capsys.readouterr().out
    assert published.room.view.size == size + 2
    entered = [decode(line)["body"] for line in published.room.store.read(size, size + 2)]  # type: ignore[index,call-overload]
    assert [(e["label"], e["sha256"], e["size"], e["kind"]) for e in entered] == [
        ("camera-1", hashes[0], 100, "video"), ("camera-2", hashes[1], PIECE, "video")
    ]  # fmt: skip
    # One more film in between would move the others' numbers: said before a byte is hashed.
    film(tmp_path / "aa.mp4", 50)
    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr(evidence, "fingerprint", None)
        files = [tmp_path / name for name in ("a.mp4", "aa.mp4", "b.mp4")]
        assert run(published, monkeypatch, "s1", *files, "--label", "camera") == 2
    said = capsys.readouterr().err
    assert "camera-2 已经用于别的文件" in said
    assert "camera-1、" not in said
    assert "--label" in said
    # Another film cannot take the label, nor a label be something odd, nor a session be unknown.
    film(tmp_path / "c.mp4", 7)
    for arguments in (["s1", "--label", "camera-1"], ["s1", "--label", "镜头"], ["s9", "--label", "x"], ["s1", "--kind", "smell"]):
        assert run(published, monkeypatch, arguments[0], tmp_path / "c.mp4", *arguments[1:]) in (1, 2)
    assert "没有“smell”这一类证据" in capsys.readouterr().err
    assert published.room.view.size == size + 2


def test_every_file_that_cannot_be_read_is_named_and_nothing_entered(
    published: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    film(tmp_path / "good.mp4", 10)
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.mp4").touch()
    os.mkfifo(tmp_path / "pipe")  # nobody ever writes to it
    size = published.room.view.size
    bad = ["folder", "empty.mp4", "absent.mp4", "pipe"]
    assert run(published, monkeypatch, "s1", *(tmp_path / name for name in ["good.mp4", *bad])) == 1
    said = capsys.readouterr().err
    assert all(name in said for name in bad)
    assert "good.mp4" not in said
    assert published.room.view.size == size


def test_a_read_error_in_the_middle_keeps_what_was_read(
    tmp_path: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film"
    expected = film(path, 4 * PIECE)
    whole = evidence._pieces

    def failing(file: evidence.FileIO) -> Iterator[memoryview]:
        for number, piece in enumerate(whole(file)):
            if number == 3:
                raise OSError(5, "Input/output error")
            yield piece

    monkeypatch.setattr(evidence, "_pieces", failing)
    with pytest.raises(UsageError) as caught:
        evidence.fingerprint(path, memory)
    assert caught.value.key == "file.read_failed"
    monkeypatch.undo()
    found = evidence.fingerprint(path, memory)
    assert (found.sha256, found.resumed) == (expected, 3 * PIECE)
