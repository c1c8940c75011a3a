"""Folders and zips (R1-R3)."""

from __future__ import annotations

import io
import os
import struct
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
            info.create_version = changes.get("made_by", 20)
            info.extract_version = changes.get("needs", 20)
            info.external_attr = changes.get("mode", 0o100644) << 16 | changes.get("dos", 0)
            info.internal_attr = changes.get("internal", 0)
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


def test_zip_of_an_honest_record():
    built = honest("header")
    found = examine(built, files=record.parse_zip(zipped(built.files)))
    assert failed(found) == {"V57", "V62"}


@pytest.mark.parametrize(
    "changes",
    [
        {"date": (1980, 1, 1, 0, 0, 2)}, {"date": (2026, 1, 1, 0, 0, 0)}, {"system": 0}, {"mode": 0o100755},
        {"mode": 0o644}, {"mode": 0o120644}, {"mode": 0}, {"dos": 0x20}, {"made_by": 30}, {"made_by": 0}, {"needs": 10},
        {"needs": 45}, {"internal": 1}, {"comment": b"x"}, {"extra": b"\x01\x00\x00\x00"}, {"method": zipfile.ZIP_DEFLATED},
    ],
)  # fmt: skip
def test_attributes_that_r3_does_not_allow(changes):
    assert record.parse_zip(zipped(FILES, **changes)).problems


@pytest.mark.parametrize("flag", [1, 2, 8, 0x800])
def test_flags_that_r3_does_not_allow(flag):
    data = zipped(FILES)
    for sign, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        parts = data.split(sign)
        for i in range(1, len(parts)):
            place = at - len(sign)
            parts[i] = parts[i][:place] + flag.to_bytes(2, "little") + parts[i][place + 2 :]
        data = sign.join(parts)
    assert record.parse_zip(data).problems


@pytest.mark.parametrize("changes", [{"mode": 0o644}, {"system": 0}, {"made_by": 30}, {"needs": 10}])
def test_zip_with_other_attributes_fails_v01_alone(changes):
    built = honest("header")
    found = examine(built, files=record.parse_zip(zipped(built.files, **changes)))
    assert failed(found) == {"V01", "V57", "V62"}
    assert found.exit == 1


def test_compressed_members_are_not_read():
    assert record.parse_zip(zipped(FILES, method=zipfile.ZIP_DEFLATED)).data.get("RECORD.json") is None


def raw_zip(names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo("x" * len(name.encode()), (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o100644 << 16
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
            info.create_system, info.external_attr = 3, 0o100644 << 16
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
        assert files.problems, position


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


def test_all_files_together_are_limited(tmp_path, monkeypatch):
    files = {"RECORD.json": b"{}", "header.json": b"x" * 60, "plan.json": b"y" * 60}
    for path, data in files.items():
        (tmp_path / path).write_bytes(data)
    archive = tmp_path / "record.zip"
    archive.write_bytes(zipped(files))
    monkeypatch.setattr(record, "MAX_RECORD", 122)
    assert record.load(str(archive)).data == files
    assert record.parse_zip(zipped(files)).total == 122
    archive.unlink()
    assert record.load(str(tmp_path)).data == files
    monkeypatch.setattr(record, "MAX_RECORD", 121)
    with pytest.raises(record.RecordError, match="1 GiB"):
        record.load(str(tmp_path))
    with pytest.raises(record.RecordError, match="1 GiB"):
        record.parse_zip(zipped(files))
    assert 1 << 30 == 1024**3 < record.MAX_ZIP


def test_one_member_under_many_names_is_not_multiplied(monkeypatch):
    """Every name of the directory points at the same bytes: small as a zip, large as a record."""
    names = ["ledger/checkpoints/%010d.note" % i for i in range(100)]
    good = zipped({names[0]: b"z" * 1000})
    start, end = good.index(b"PK\1\2"), good.index(b"PK\5\6")
    row = good[start:end]
    directory = b"".join(row.replace(names[0].encode(), name.encode()) for name in names)
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 100, 100, len(directory), start, 0)
    bomb = good[:start] + directory + tail
    assert record.parse_zip(bomb).problems
    monkeypatch.setattr(record, "MAX_RECORD", 50_000)
    with pytest.raises(record.RecordError):
        record.parse_zip(bomb)


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip at all" * 10])
def test_neither_folder_nor_zip(tmp_path, data):
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(record.RecordError):
        record.load(str(path))
    with pytest.raises(record.RecordError):
        record.load(str(tmp_path / "nothing"))
