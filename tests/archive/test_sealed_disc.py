"""The private part opens with the right key or passphrase, whole, and not at all otherwise."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from ledger.canonical import encode
from tests.archive.conftest import Archive
from tests.simulator import Simulator, seed_of
from verifiable_draw.archive import sealed_disc
from verifiable_draw.archive.sealed_disc import AUTHENTIC, CHUNK, Inspector, parse, seal, unseal
from verifiable_draw.cli import main
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.sealed import parse_sealed

KEY = Simulator.key("inspection", "recipient")
TO_KEY = Inspector("inspection", bytes(KEY.sealing.public_key))
PLAIN = bytes(range(256)) * (CHUNK // 128) + b"end"  # two chunks and three bytes


def write(path: Path, data: bytes, to: Inspector | str = TO_KEY) -> Path:
    path.write_bytes(b"".join(seal(data, "s1", to, os.urandom)))
    return path


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, len(PLAIN)])
def test_it_opens_to_what_was_sealed(tmp_path: Path, size: int) -> None:
    path = write(tmp_path / "sealed", PLAIN[:size])
    found = parse(path)
    assert (found.session, found.recipient) == ("s1", "inspection")
    assert unseal(found, KEY.sealing) == PLAIN[:size]


def test_a_passphrase_opens_it_and_no_other(tmp_path: Path) -> None:
    path = write(tmp_path / "sealed", PLAIN, "correct horse")
    assert parse(path).recipient == ""
    assert unseal(parse(path), "correct horse") == PLAIN
    for secret, expected in (("correct horse ", "not_opened"), ("", "not_opened"), (KEY.sealing, "other_way")):
        with pytest.raises(UsageError) as caught:
            unseal(parse(path), secret)
        assert caught.value.key == f"sealed_disc.{expected}"


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    path = write(tmp_path / "sealed", PLAIN)
    for secret, expected in ((Simulator.key("h1", "recipient").sealing, "not_opened"), ("correct horse", "other_way")):
        with pytest.raises(UsageError) as caught:
            unseal(parse(path), secret)
        assert caught.value.key == f"sealed_disc.{expected}"


def test_damage_anywhere_is_found(tmp_path: Path) -> None:
    path = write(tmp_path / "sealed", PLAIN)
    good = path.read_bytes()
    head, size = good.index(b"\n") + 1, CHUNK + AUTHENTIC
    chunks = [good[head : head + size], good[head + size : head + 2 * size], good[head + 2 * size :]]
    assert b"".join(chunks) == good[head:]
    flipped = [bytearray(good) for _ in range(4)]
    for data, place in zip(flipped, (head, head + size - 1, head + size + 5, len(good) - 1), strict=True):
        data[place] ^= 1
    bad = {
        "flipped": flipped,
        "swapped": [good[:head] + chunks[1] + chunks[0] + chunks[2]],
        "cut": [good[:head], good[: head + size], good[: head + 2 * size], good[:-1], good[: head + 3]],
        "longer": [good + b"x", good + chunks[2], good + chunks[0]],
    }
    for what, files in bad.items():
        for data in files:
            path.write_bytes(data)
            with pytest.raises(DataError) as caught:
                unseal(parse(path), KEY.sealing)
            assert caught.value.key == "sealed_disc.damaged", what


def test_every_byte_of_the_first_line_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "sealed", b"small")
    good = path.read_bytes()
    for place in range(good.index(b"\n") + 1):
        data = bytearray(good)
        data[place] ^= 1
        path.write_bytes(data)
        with pytest.raises((DataError, UsageError)):
            unseal(parse(path), KEY.sealing)


def test_what_is_sealed_is_all_of_the_private_store(archive: Archive) -> None:
    room = archive.story.room
    data = unseal(parse(archive.out / "sealed/data/private.sealed"), archive.story.holders["h1"].sealing)
    assert data == sealed_disc.rosters(room, "s1")  # the plaintext is the same every time
    files = zipfile.ZipFile(io.BytesIO(data))
    for draw in archive.story.session.header.draws:
        root = draw.frozen["roster_root"]
        sealed = files.read(f"frozen/{draw.id}/{root}/sealed.json")
        assert sealed == room.private.sealed(root)
        assert parse_sealed(sealed).draw == draw.id
        submitted = json.loads(files.read(f"submission/{draw.id}/{draw.frozen['submission']}/students.json"))
        assert len(submitted) == draw.frozen["students"]


def test_the_sealed_disc_is_another_one_every_time(archive: Archive, tmp_path: Path) -> None:
    one, other = (write(tmp_path / name, b"same").read_bytes() for name in ("a", "b"))
    assert one != other


def test_a_session_of_another_machine_has_no_rosters_here(archive: Archive) -> None:
    with pytest.raises(UsageError) as caught:
        sealed_disc.rosters(archive.story.room, "s2")
    assert caught.value.key == "sealed_disc.nothing"


@pytest.mark.parametrize("data", [b"", b"no json", b"{}", b'{"id":"x"}', b"[1]", b"\xff"])
def test_other_files_are_no_public_key(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "key").write_bytes(data)
    with pytest.raises(DataError) as caught:
        sealed_disc.inspector(tmp_path / "key")
    assert caught.value.key == "sealed_disc.key_file"


def test_the_inspection_opens_it_on_the_command_line(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("h1", "h2"):
        key = {"id": name, "role": "recipient", "seed": seed_of(f"recipient {name}").hex()}
        (tmp_path / f"{name}.key").write_bytes(encode(key))
    sealed = archive.out / "sealed/data/private.sealed"

    def run(*arguments: object) -> int:
        with pytest.raises(SystemExit) as end:
            main(["archive", "open", *map(str, arguments)])
        return int(end.value.code or 0)

    out = tmp_path / "rosters.zip"
    assert run(sealed, out, "--key", tmp_path / "h2.key") == 2
    assert run(sealed, out) == 2  # a passphrase is not what it was sealed with
    assert run(archive.public.path, out, "--key", tmp_path / "h1.key") == 1
    assert not out.exists()
    assert run(sealed, out, "--key", tmp_path / "h1.key") == 0
    assert out.read_bytes() == sealed_disc.rosters(archive.story.room, "s1")
    assert out.stat().st_mode & 0o777 == 0o600
    assert run(sealed, out, "--key", tmp_path / "h1.key") == 2  # never overwritten
    assert "个人信息" in capsys.readouterr().out


def test_the_public_key_is_what_the_key_command_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["key", str(tmp_path / "inspection.key"), "inspection", "recipient"])
    line = capsys.readouterr().out.splitlines()[-1]
    (tmp_path / "inspection.json").write_text(line)
    assert sealed_disc.inspector(tmp_path / "inspection.json").id == "inspection"
