"""The ledger's file: append-only, one writer, nothing acknowledged is lost, damage is seen."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from ledger.checkpoint import open_checkpoint
from ledger.entry import Actor, Message, parse_entry
from ledger.keys import public_key
from ledger.note import NoteError, parse_note
from ledger.store import HeadMovedError, Store, StoreError, verify_all
from tests.simulator import Simulator
from verifiable_draw import conduct
from verifiable_draw.errors import UsageError
from verifiable_draw.files import write_durable
from verifiable_draw.room import Room

SEED = bytes(range(32))
ORIGIN = "test.example/ledger"
TIME = "2026-08-20T01:00:00Z"


def message(number: int) -> Message:
    return Message("", "test", Actor("operator", "operator"), {"number": number})


def filled(path: Path, entries: int = 5) -> Store:
    store = Store.create(path)
    for number in range(entries):
        store.append(store.head, TIME, [message(number)])
        store.checkpoint(ORIGIN, SEED)
    return store


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET data = x'00' WHERE seq = 1",
        "DELETE FROM entry WHERE seq = 4",
        "INSERT INTO entry VALUES (9, x'00')",
        "INSERT OR REPLACE INTO entry VALUES (1, x'00')",
        "UPDATE checkpoint SET text = ''",
        "DELETE FROM checkpoint",
        "INSERT OR REPLACE INTO checkpoint SELECT * FROM checkpoint",
        "DELETE FROM cosignature",
        "INSERT OR REPLACE INTO tile VALUES (0, 0, x'00')",
        "UPDATE tile SET hashes = x'00'",
    ],
)
def test_append_only(tmp_path: Path, statement: str) -> None:
    store = filled(tmp_path / "ledger.db")
    if "tile" in statement:
        store.append(store.head, TIME, [message(number) for number in range(5, 300)])
    if "cosignature" in statement:
        note = store.note()
        assert note is not None
        store._connection.execute("INSERT INTO cosignature VALUES (5, 'x', 'y', 'z')")
    with pytest.raises(sqlite3.IntegrityError):
        store._connection.execute(statement)
    store.close()


def test_two_writers(tmp_path: Path) -> None:
    first = filled(tmp_path / "ledger.db")
    second = Store.open(tmp_path / "ledger.db")
    head = second.head
    first.append(first.head, TIME, [message(5)])
    with pytest.raises(HeadMovedError):
        second.append(head, TIME, [message(6)])
    second.refresh()
    second.append(second.head, TIME, [message(6)])
    assert [parse_entry(line).message.body["number"] for line in second.read()] == [0, 1, 2, 3, 4, 5, 6]
    first.close()
    second.close()


def test_locked_by_another_process(tmp_path: Path) -> None:
    store = filled(tmp_path / "ledger.db")
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store._connection.execute("PRAGMA busy_timeout=50")
    with pytest.raises(StoreError) as caught:
        store.append(store.head, TIME, [message(5)])
    assert caught.value.kind == "locked"
    other.execute("ROLLBACK")
    other.close()
    store.append(store.head, TIME, [message(5)])
    store.close()


def test_full_disc_loses_nothing(tmp_path: Path) -> None:
    store = filled(tmp_path / "ledger.db")
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreError) as caught:
        for number in range(5, 500):
            store.append(store.head, TIME, [message(number)])
    assert caught.value.kind == "full"
    acknowledged = store.head.size
    store.close()
    again = Store.open(tmp_path / "ledger.db")
    assert again.head.size == acknowledged
    again.append(again.head, TIME, [message(acknowledged)])
    again.close()


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_read_only_file(tmp_path: Path) -> None:
    store = filled(tmp_path / "ledger.db")
    store._connection.execute("PRAGMA query_only=1")
    with pytest.raises(StoreError) as caught:
        store.append(store.head, TIME, [message(5)])
    assert caught.value.kind == "read-only"
    store.close()


def test_missing_and_foreign_files(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="missing"):
        Store.open(tmp_path / "none.db")
    (tmp_path / "text.db").write_bytes(b"not a database at all, and long enough to be read as one" * 20)
    with pytest.raises(StoreError, match="damaged"):
        Store.open(tmp_path / "text.db")
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreError, match="damaged"):
        Store.open(tmp_path / "empty.db")
    with pytest.raises(StoreError, match="exists"):
        Store.create(tmp_path / "text.db")


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
def test_cut_file(tmp_path: Path, cut: float) -> None:
    filled(tmp_path / "ledger.db", 60).close()
    data = (tmp_path / "ledger.db").read_bytes()
    (tmp_path / "ledger.db").write_bytes(data[: int(len(data) * cut)])
    with pytest.raises(StoreError, match="damaged"):
        Store.open(tmp_path / "ledger.db")


@pytest.mark.parametrize("seq", [0, 2, 4])
def test_edited_file(tmp_path: Path, seq: int) -> None:
    """Somebody who removes the triggers and edits an entry is seen, at the latest by the signed checkpoint."""
    filled(tmp_path / "ledger.db").close()
    raw = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    raw.execute("DROP TRIGGER entry_no_UPDATE")
    data = raw.execute("SELECT data FROM entry WHERE seq = ?", [seq]).fetchone()[0]
    raw.execute("UPDATE entry SET data = ? WHERE seq = ?", [data.replace(b'"number":', b'"numbes":'), seq])
    raw.close()
    with pytest.raises(StoreError, match="damaged"):
        Store.open(tmp_path / "ledger.db")


def test_removed_tail_is_seen_by_the_signed_checkpoint(tmp_path: Path) -> None:
    filled(tmp_path / "ledger.db").close()
    raw = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    raw.execute("DROP TRIGGER entry_no_DELETE")
    raw.execute("DELETE FROM entry WHERE seq = 4")
    raw.close()
    with pytest.raises(StoreError, match="damaged"):
        Store.open(tmp_path / "ledger.db")


def test_checkpoint_is_signed_once_and_extends_the_last(tmp_path: Path) -> None:
    store = filled(tmp_path / "ledger.db")
    assert str(store.checkpoint(ORIGIN, SEED)) == str(store.note())
    verify_all(store, ORIGIN, [public_key(SEED)])
    note = store.note()
    assert note is not None
    with pytest.raises(NoteError):
        open_checkpoint(note, "other.example/ledger", public_key(SEED))
    with pytest.raises(NoteError):
        open_checkpoint(note, ORIGIN, public_key(bytes(32)))
    store.close()


@pytest.mark.parametrize(
    "text",
    [
        "", "a\n", "a\n\n", "a\n\n— x\n", "a\n\n- x AAAAAAAA\n", "a\n\n— x AAAAAAB=\n", "a\n\n— x AAAAAAAA",
        "a\n\n— x  AAAAAAAA\n", "a\n\n— x+y AAAAAAAA\n\n",
    ],
)  # fmt: skip
def test_malformed_notes(text: str) -> None:
    with pytest.raises(NoteError):
        parse_note(text)


def test_room_on_a_damaged_ledger_says_so(tmp_path: Path) -> None:
    story = Simulator(tmp_path).run("plan")
    story.room.close()
    path = tmp_path / "bureau" / "ledger.db"
    path.write_bytes(path.read_bytes()[:4096])
    with pytest.raises(UsageError) as caught:
        Room.open(tmp_path / "bureau")
    assert caught.value.key == "store.damaged"


def test_two_processes_on_one_ledger(tmp_path: Path) -> None:
    story = Simulator(tmp_path).run("rosters")
    story.reopen()
    other = story.another()
    conduct.postpone(story.room, "s1", "d2", "未备齐")
    before = story.room.store.head
    other.LOCK_SECONDS = 0.1
    with pytest.raises(UsageError) as caught:
        conduct.postpone(other, "s1", "d1", "未备齐")
    assert caught.value.key == "store.locked"
    story.room.close()
    with pytest.raises(UsageError) as caught:
        conduct.postpone(other, "s1", "d1", "未备齐")
    assert caught.value.key == "store.moved"
    story.reopen()
    assert story.room.store.head == before
    other.close()
    story.room.close()


def test_full_disc_while_a_file_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old file stays whole, nothing half-written is left, and the sentence says what to do."""
    path = tmp_path / "plan.json"
    write_durable(path, b"old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError) as caught:
        write_durable(path, b"new")
    assert caught.value.key == "file.write_failed"
    assert "No space left" in caught.value.text.zh
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
