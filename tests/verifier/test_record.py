"""Folders and zips (R1-R3)."""

from __future__ import annotations

import io
import os
import zipfile

import pytest
from verifier import record

from running import examine, failed, honest


def zipped(files, **changes):
    """The zip of R3, with changes of single attributes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted(files):
            info = zipfile.ZipInfo(path, changes.get("date", (1980, 1, 1, 0, 0, 0)))
            info.create_system = changes.get("system", 3)
            info.external_attr = changes.get("mode", 0o644) << 16
            info.compress_type = changes.get("method", zipfile.ZIP_STORED)
            info.comment = changes.get("comment", b"")
            info.extra = changes.get("extra", b"")
            archive.writestr(info, files[path])
    return out.getvalue()


FILES = {"RECORD.json": b"{}", "draws/d01/units.json": b"[]", "plan.json": b""}


def test_good_zip():
    files = record.parse_zip(zipped(FILES))
    assert files.data == FILES
    assert files.problems == []
    assert record.parse_zip(zipped(FILES, mode=0o100644)).problems == []


def test_zip_of_an_honest_record():
    built = honest("header")
    found = examine(built, files=record.parse_zip(zipped(built.files)))
    assert failed(found) == {"V57", "V62"}


@pytest.mark.parametrize(
    "changes",
    [
        {"date": (1980, 1, 1, 0, 0, 2)}, {"date": (2026, 1, 1, 0, 0, 0)}, {"system": 0}, {"mode": 0o755},
        {"comment": b"x"}, {"extra": b"\x01\x00\x00\x00"}, {"method": zipfile.ZIP_DEFLATED},
    ],
)  # fmt: skip
def test_attributes_that_r3_does_not_allow(changes):
    assert record.parse_zip(zipped(FILES, **changes)).problems


def test_compressed_members_are_not_read():
    assert record.parse_zip(zipped(FILES, method=zipfile.ZIP_DEFLATED)).data.get("RECORD.json") is None


def raw_zip(names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo("x" * len(name.encode()), (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, b"{}")
    data = out.getvalue()
    for name in names:
        data = data.replace(b"x" * len(name.encode()), name.encode(), 1)
    position = data.rindex(b"PK\5\6")
    head, tail = data[:position], data[position:]
    for name in names:
        head = head.replace(b"x" * len(name.encode()), name.encode(), 1)
    return head + tail


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../b", "a//b", "./a", "C:x", "a\\b", "dir/", "\u00e9"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_unsafe_names(name):
    with pytest.raises(record.RecordError):
        record.parse_zip(raw_zip([name]))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"1")
        archive.writestr("a", b"2")
    with pytest.raises(record.RecordError):
        record.parse_zip(out.getvalue())


def test_unsorted_and_padded_zips():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("b", "a"):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, b"")
    assert any("sorted" in problem for problem in record.parse_zip(out.getvalue()).problems)
    good = zipped(FILES)
    assert record.parse_zip(good + b"x").problems
    with pytest.raises(record.RecordError):
        record.parse_zip(b"x" + good)  # every offset is wrong then


def test_every_flipped_byte_of_a_zip_is_seen():
    good = zipped(FILES)
    for position in range(len(good)):
        bad = good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :]
        try:
            files = record.parse_zip(bad)
        except record.RecordError:
            continue
        # "needs version", "made by" low byte and the type bits of the mode say nothing that R3 fixes
        assert files.problems or files.data == FILES or files.data.keys() != FILES.keys(), position


def test_every_cut_zip_is_seen():
    good = zipped(FILES)
    for size in range(len(good)):
        try:
            files = record.parse_zip(good[:size])
        except record.RecordError:
            continue
        assert files.problems


def test_folder(tmp_path):
    for path, data in FILES.items():
        full = tmp_path / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(data)
    files = record.load(str(tmp_path))
    assert files.data == FILES
    assert files.problems == []
    (tmp_path / "header.json").symlink_to(tmp_path / "plan.json")
    (tmp_path / "draws" / "d02").symlink_to(tmp_path / "draws" / "d01")
    os.mkfifo(tmp_path / "delay.json")
    (tmp_path / "draws" / "notes.txt").write_bytes(b"x")
    found = record.load(str(tmp_path))
    assert len(found.problems) == 4
    assert found.data == FILES


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip at all" * 10])
def test_neither_folder_nor_zip(tmp_path, data):
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(record.RecordError):
        record.load(str(path))
    with pytest.raises(record.RecordError):
        record.load(str(tmp_path / "nothing"))
