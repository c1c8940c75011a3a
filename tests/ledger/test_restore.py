"""Restored backups: nothing is signed until a witness's last checkpoint is extended (spec/ledger.md L22)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ledger.checkpoint import parse_checkpoint
from ledger.note import parse_note
from tests.ledger.stories import ask, with_witness
from tests.simulator import ORIGIN, Simulator
from verifiable_draw import conduct, packet, record, restoring
from verifiable_draw import export as exporting
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.mark import state_folder
from verifiable_draw.room import Room


def backup(story: Simulator) -> Path:
    """A copy of the whole bureau's folder, as it is now."""
    copy = story.folder / "backup"
    story.room.close()
    shutil.copytree(story.folder / "bureau", copy)
    story.reopen()
    return copy


def restore(story: Simulator, copy: Path) -> None:
    story.room.close()
    shutil.rmtree(story.folder / "bureau")
    shutil.copytree(copy, story.folder / "bureau")
    story.reopen()


def held(story: Simulator, key: str) -> None:
    """Neither an entry nor a checkpoint can be had; reading goes on."""
    size = story.room.store.head.size
    steps = [lambda: conduct.postpone(story.room, "s1", "d1", "未备齐")]
    if story.room.store.note(size) is None:
        steps.append(story.room.checkpoint)
    for step in steps:
        with pytest.raises(UsageError) as caught:
            step()
        assert caught.value.key == key
    assert story.room.store.head.size == size


@pytest.mark.parametrize("source", ["tiles", "packet", "record", "lines"])
def test_restored_backup_waits_for_the_witness(story: Simulator, source: str) -> None:
    witness = with_witness(story)
    story.run("plan", after="found")
    copy = backup(story)
    story.run("publish", after="plan")
    ask(story, witness)
    size, root = story.room.store.head.size, story.room.store.head.root
    copies = story.folder / "public"
    if source == "tiles":
        exporting.export(story.room, copies)
        shutil.copytree(story.folder / "bureau" / "sessions", story.folder / "kept")
    elif source == "packet":
        packet.write(story.room, copies)
    elif source == "record":
        record.write_folder(story.files(), copies)
    else:
        copies.mkdir()
        (copies / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in story.room.store.read()))
        shutil.copytree(story.folder / "bureau" / "sessions", story.folder / "kept")
    restore(story, copy)
    assert story.room.store.head.size < size
    held(story, "store.older")
    if source in ("tiles", "lines"):  # these carry entries only: the public files come from elsewhere
        shutil.copytree(story.folder / "kept", story.folder / "bureau" / "sessions", dirs_exist_ok=True)
    latest = witness.store.latest(ORIGIN)
    with pytest.raises(UsageError) as caught:
        restoring.release(story.room, latest)
    assert caught.value.key == "restore.entries_missing"
    assert restoring.release(story.room, latest, copies) > 0
    assert (story.room.store.head.size, story.room.store.head.root) == (size, root)
    story.reopen()
    assert not story.room.held
    assert story.session.state == "PUBLISHED"
    assert restoring.release(story.room, latest, copies) == 0  # once more changes nothing


def test_copy_on_another_machine_waits_too(story: Simulator) -> None:
    witness = with_witness(story)
    story.run("rosters", after="found")
    ask(story, witness)
    shutil.rmtree(story.folder / "state")
    story.reopen()
    held(story, "store.copied")
    latest = witness.store.latest(ORIGIN)
    assert restoring.release(story.room, latest) == 0
    story.run("publish", after="rosters")


def test_witness_must_be_one_of_the_policy(story: Simulator) -> None:
    with_witness(story)
    story.run("plan", after="found")
    shutil.rmtree(story.folder / "state")
    story.reopen()
    with pytest.raises(UsageError) as caught:
        restoring.release(story.room, story.room.store.note())  # signed by ourselves, seen by nobody
    assert caught.value.key == "restore.no_witness"
    held(story, "store.copied")


def test_without_a_policy_the_published_checkpoint_serves(story: Simulator) -> None:
    story.run("plan")
    exporting.export(story.room, story.folder / "public")
    copy = backup(story)
    story.run("rosters", after="plan")
    restore(story, copy)
    published = parse_note((story.folder / "public" / "checkpoint").read_text())
    with pytest.raises(UsageError) as caught:
        restoring.release(story.room, published)
    assert caught.value.key == "restore.remembered"  # this machine itself signed more than was published
    shutil.rmtree(story.folder / "state")
    assert restoring.release(story.room, published) == 0


def test_entries_of_another_history_are_refused(story: Simulator, tmp_path: Path) -> None:
    witness = with_witness(story)
    story.run("plan", after="found")
    copy = backup(story)
    story.run("rosters", after="plan")
    ask(story, witness)
    other = Simulator(tmp_path / "other")
    with_witness(other)
    other.clock.wait(7)
    other.run("rosters", after="found")
    packet.write(other.room, tmp_path / "their-packet")
    other.room.close()
    restore(story, copy)
    size = story.room.store.head.size
    with pytest.raises(DataError) as caught:
        restoring.release(story.room, witness.store.latest(ORIGIN), tmp_path / "their-packet")
    assert caught.value.key == "restore.other_history"
    assert story.room.store.head.size == size
    held(story, "store.older")


def test_damaged_sources_are_named(story: Simulator, tmp_path: Path) -> None:
    exporting.export(story.run("plan").room, tmp_path / "public")
    bundle = next((tmp_path / "public" / "tile" / "entries").rglob("*.p/*"))
    bundle.write_bytes(bundle.read_bytes()[:-1])
    for path in (tmp_path / "public", tmp_path / "nothing"):
        with pytest.raises((DataError, UsageError)) as caught:
            restoring.entries_from(path)
        assert caught.value.key == "restore.source"


def test_mark_that_cannot_be_read_counts_as_none(story: Simulator) -> None:
    story.run("plan")
    (mark,) = (story.folder / "state").glob("*.note")
    mark.write_text("nonsense")
    story.reopen()
    assert story.room.held == "store.copied"


def test_new_ledger_names_its_predecessor(story: Simulator, tmp_path: Path) -> None:
    story.run("plan")
    last = story.room.checkpoint()
    other = Room.create(tmp_path / "new", story.clock, story.randomness, tmp_path / "new-state")
    shutil.copytree(story.folder / "bureau" / "keys", tmp_path / "new" / "keys")
    entry = conduct.found(other, "county.example/ledger-2", "某局", list(story.keys.values()), last)
    seen = parse_checkpoint(last.text)
    assert entry.message.body["predecessor"] == {"origin": ORIGIN, "root": seen.root.hex(), "size": seen.size}
    other.close()


def test_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VDRAW_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "verifiable-draw"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert state_folder() == tmp_path / "local" / "verifiable-draw"
