"""What a hostile review broke once: each story must end with nothing signed twice and nothing lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ledger.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from ledger.note import Note, SignatureLine, parse_note
from ledger.store import Store
from tests.ledger.stories import ask, make_witness, policy, with_witness
from tests.ledger.test_keys import fails, rotate
from tests.ledger.test_restore import backup, held, restore
from tests.simulator import ORIGIN, Simulator, seed_of
from verifiable_draw import conduct, custody, packet, restoring, witnessing
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.room import Room
from verifiable_draw.witness_server import Witness


def postpone(story: Simulator) -> None:
    conduct.postpone(story.room, "s1", "d1", "未备齐")


# Restored backups


def test_killed_between_note_and_memory(story: Simulator) -> None:
    """What was signed is remembered before it goes out, also if the memory was an older one when it was stored."""
    story.run("plan")
    copy = backup(story)
    (mark,) = (story.folder / "state").glob("*.note")
    older = mark.read_bytes()
    story.run("rosters", after="plan")
    mark.write_bytes(older)  # as after a crash that lost the memory of the last checkpoint
    story.reopen()
    packet.write(story.room, story.folder / "packet")
    restore(story, copy)
    held(story, "store.older")


def test_memory_is_first(story: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    story.run("plan")
    size = story.room.store.head.size

    def dies(*_arguments: object) -> Note:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Store, "checkpoint", dies)
        patch.setattr(Store, "note", lambda store, n=None: None if n == store.head.size else _last(store))
        with pytest.raises(KeyboardInterrupt):
            story.room.checkpoint()
    story.reopen()
    assert not story.room.held
    assert parse_checkpoint(story.room.checkpoint().text).size == size
    postpone(story)


def _last(store: Store) -> Note | None:
    row = store._connection.execute("SELECT text, line FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    return parse_note(f"{row[0]}\n{row[1]}\n") if row else None


def test_witness_cannot_overrule_what_this_machine_signed(story: Simulator, tmp_path: Path) -> None:
    """Another copy went another way from a checkpoint that the witness saw: the memory contradicts it, and is kept."""
    witness = with_witness(story)
    story.run("plan", after="found")
    ask(story, witness)
    copy = backup(story)
    postpone(story)
    mine = story.room.store.head
    elsewhere = Room.open(copy, story.clock, story.randomness, tmp_path / "elsewhere")
    restoring.release(elsewhere, witness.store.latest(ORIGIN))
    story.clock.wait(9)
    conduct.postpone(elsewhere, "s1", "d2", "未备齐")
    elsewhere.close()
    restore(story, copy)
    assert (story.room.store.head.size, story.room.store.head.root != mine.root) == (mine.size, True)
    with pytest.raises(DataError) as caught:
        restoring.release(story.room, witness.store.latest(ORIGIN))
    assert caught.value.key == "witness.fork"
    assert story.room.held == "store.fork_found"


def test_memory_never_goes_back(story: Simulator) -> None:
    witness = with_witness(story)
    story.run("rosters", after="found")
    restoring.release(story.room, witness.store.latest(ORIGIN))
    (mark,) = (story.folder / "state").glob("*.note")
    assert parse_checkpoint(parse_note(mark.read_text()).text).size == story.room.store.head.size
    story.reopen()
    restoring.release(story.room, witness.store.latest(ORIGIN))  # an old note, given once more, does no harm


def test_bad_source_changes_nothing(story: Simulator) -> None:
    """Neither entries nor files come in from a copy that does not lead to the checkpoint; the good one still works."""
    witness = with_witness(story)
    copy = backup(story)
    story.run("rosters", after="found")
    ask(story, witness)
    good = story.folder / "good"
    packet.write(story.room, good)
    bad = story.folder / "bad"
    shutil.copytree(good, bad)
    entries = bad / "ledger" / "entries.jsonl"
    lines = entries.read_bytes().split(b"\n")
    lines[-2] = lines[-2].replace(b'"time":"2026-', b'"time":"2027-')
    entries.write_bytes(b"\n".join(lines))
    poisoned = story.folder / "poisoned"
    shutil.copytree(good, poisoned)
    plan = poisoned / "s1" / "plan.json"
    plan.write_bytes(plan.read_bytes().replace("测试县".encode(), "别的县".encode()))
    restore(story, copy)
    latest, size = witness.store.latest(ORIGIN), story.room.store.head.size
    for source in (bad, poisoned):
        with pytest.raises(DataError):
            restoring.release(story.room, latest, source)
        story.reopen()
        assert story.room.store.head.size == size
        assert not (story.folder / "bureau" / "sessions").exists()
    assert restoring.release(story.room, latest, good) > 0
    assert not story.room.held


@pytest.mark.parametrize("session", ["../../evil", "/evil", "", []])
def test_source_cannot_write_elsewhere(story: Simulator, session: object) -> None:
    witness = with_witness(story)
    copy = backup(story)
    story.run("plan", after="found")
    ask(story, witness)
    source = story.folder / "source"
    (source / "ledger").mkdir(parents=True)
    (source / "ledger" / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in story.room.store.read()))
    (source / "RECORD.json").write_text(json.dumps({"session": session}, separators=(",", ":")))
    (source / "x.json").write_text("{}")
    restore(story, copy)
    before = {path for path in story.folder.rglob("*") if path.name == "x.json"}
    fails("restore.source", lambda: restoring.release(story.room, witness.store.latest(ORIGIN), source))
    assert {path for path in story.folder.rglob("*") if path.name == "x.json"} == before


def test_huge_size_in_an_export(story: Simulator, tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    huge = sign_checkpoint(Checkpoint(ORIGIN, 9_999_999_999_999_999, bytes(32)), seed_of("x"))
    (tmp_path / "public" / "checkpoint").write_text(str(huge))
    fails("file.read_failed", lambda: restoring.entries_from(tmp_path / "public"))
    del story


def test_backup_of_the_first_entry(story: Simulator) -> None:
    conduct.found(story.room, ORIGIN, "测试县教育局", list(story.keys.values()))
    copy = backup(story)
    conduct.add_key(story.room, "9910000001", story.schools["9910000001"].public, story.keys["approver"])
    restore(story, copy)
    fails("store.older", lambda: conduct.add_key(story.room, "9910000009", bytes(31) + b"\x07", story.keys["approver"]))
    assert story.room.store.head.size == 1


def test_empty_ledger_with_the_same_keys(story: Simulator) -> None:
    """A lost ledger is not begun again under the same name and key: two first checkpoints would be a fork."""
    found = lambda: conduct.found(story.room, ORIGIN, "测试县教育局", list(story.keys.values()))  # noqa: E731
    found()
    story.room.close()
    for path in (story.folder / "bureau").glob("ledger.db*"):
        path.unlink()
    story.clock.wait(60)
    story.room = Room.create(story.folder / "bureau", story.clock, story.randomness, story.folder / "state")
    fails("store.founded_before", found)
    assert story.room.store.note() is None


def test_view_that_is_behind_signs_nothing(story: Simulator) -> None:
    story.found()
    other = story.another()
    rotate(story)
    story.room.close()
    other.store.refresh()
    with pytest.raises(UsageError):
        postpone_with(other)
    other.close()
    story.reopen()


def postpone_with(room: Room) -> None:
    conduct.add_key(room, "9910000009", bytes(31) + b"\x07", room.key("approver"))


# Witnesses


def test_name_of_a_witness_is_no_path(story: Simulator, tmp_path: Path) -> None:
    """A fork stops the ledger whatever the policy calls its witness."""
    story.found()
    witness = make_witness(tmp_path / "w", story)
    lines = policy(*witness.vkeys, url="http://witness.invalid").replace(b"w0", b"../../city/w")
    witnessing.publish_policy(story.room, lines, story.keys["approver"])
    ask(story, witness)
    size = story.room.store.head.size
    stolen = sign_checkpoint(Checkpoint(ORIGIN, size, bytes(32)), story.keys["operator"].seed)
    witness.store._connection.execute("UPDATE log SET note = ?", [str(stolen)])
    fails("witness.fork", lambda: ask(story, witness))
    assert story.room.held == "store.fork_found"
    assert not list(tmp_path.rglob("city"))


def test_old_key_frames_nobody(story: Simulator) -> None:
    """After a rotation a thief of the old key gets nothing cosigned, and proves nothing about the ledger."""
    witness = with_witness(story)
    old = story.keys["operator"]
    rotate(story)
    witness.add_log(str(witnessing.log_vkey(story.room)))
    ask(story, witness)
    size = story.room.store.head.size
    forged = sign_checkpoint(Checkpoint(ORIGIN, size + 3, bytes(32)), old.seed)
    assert witness.add(f"old {size}\n\n{forged}".encode()).status == 403
    file = witnessing.policy_file(story.room)
    assert file.count(b"log ") == 1
    assert str(witnessing.log_vkey(story.room)).encode() in file


@pytest.mark.parametrize(
    "url", ["http://h:99999", "http://h/\u00e9", "http://[bad", f"http://{'x' * 80}.example", "ftp://h", "h"]
)
def test_addresses_that_cannot_be(story: Simulator, tmp_path: Path, url: str) -> None:
    story.found()
    witness = make_witness(tmp_path / "w", story)
    data = policy(*witness.vkeys, url=url)
    fails("witness.url", lambda: witnessing.publish_policy(story.room, data, story.keys["approver"]))


def test_tabs_in_a_policy(story: Simulator, tmp_path: Path) -> None:
    story.found()
    witness = make_witness(tmp_path / "w", story)
    data = policy(*witness.vkeys).replace(b" ", b"\t")
    witnessing.publish_policy(story.room, data, story.keys["approver"])
    assert story.room.view.ring.policy is not None


def test_witness_made_in_two_runs(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    folder.mkdir()
    (folder / "witness.db").touch()  # left by a run that was killed
    Witness.create(folder, "city.example/w", seed_bytes, "")
    assert Witness.open(folder).store.origins() == []
    fails("key.exists", lambda: Witness.create(folder, "city.example/w", seed_bytes, ""))


def seed_bytes(length: int) -> bytes:
    return seed_of("hostile")[:length]


# Keys


def test_next_key_after_old_files_are_gone(story: Simulator) -> None:
    story.found()
    rotate(story)
    (story.folder / "bureau" / "keys" / "operator.key").unlink()
    story.reopen()
    new = rotate(story)
    assert (story.folder / "bureau" / "keys" / "operator-3.key").exists()
    assert story.room.view.keys["operator", "operator"] == new.public


def test_confirmation_is_of_the_policy_in_force(story: Simulator, tmp_path: Path) -> None:
    first = with_witness(story)
    second = make_witness(tmp_path / "second", story, name="other.example/w")
    witnessing.publish_policy(story.room, policy(*second.vkeys), story.keys["approver"])
    (story.folder / "d").write_bytes(b"d")
    new = custody.next_key(story.room, "approver", lambda _path: "")
    custody.replace(story.room, (story.keys["operator"], story.keys["recovery"]), new, "遗失", story.folder / "d")
    line = first.cosign(parse_checkpoint(story.room.checkpoint().text), 1_790_000_000)[0]
    fails("cosign.unknown", lambda: custody.confirm(story.room, line))
    line = second.cosign(parse_checkpoint(story.room.checkpoint().text), 1_790_000_000)[0]
    custody.confirm(story.room, line)


# Observers' devices


def with_junk(taken: packet.Packet, lines: list[SignatureLine]) -> packet.Packet:
    note = Note(taken.note.text, (*taken.note.lines, *lines))
    return packet.Packet(taken.folder, taken.lines, taken.leaves, note)


def test_junk_on_a_stick_does_not_spoil_a_device(story: Simulator) -> None:
    """Whatever stands below the ledger's line, the device's memory can be read again, and its opening is not lost."""
    story.run("header")
    junk = [SignatureLine(f"junk-{i}", bytes(9)) for i in range(400)] + [SignatureLine("e\u0301x", bytes(9))]
    device = story.devices["b1"]
    device.commit(with_junk(story.packet(), junk), "s1", "dice", seed_bytes)
    again = story.device(device.key)
    assert again.sessions == device.sessions
    assert again.note is not None
    assert len(again.note.lines) == 1


def test_junk_does_not_hide_a_fork(story: Simulator, tmp_path: Path) -> None:
    story.run("header")
    device = story.devices["p1"]
    device.look(story.packet())
    other = Simulator(tmp_path / "other")
    other.clock.wait(3)
    other.run("header")
    with pytest.raises(DataError) as caught:
        device.look(with_junk(other.packet(), [SignatureLine("e\u0301x", bytes(9))]))
    other.room.close()
    assert caught.value.key == "device.fork"
    assert list((story.folder / "devices").glob("*.fork-*.json"))


def test_device_that_cannot_compare_says_so(story: Simulator) -> None:
    story.run("plan")
    early = story.room.checkpoint()
    story.run("header", after="plan")
    device = story.devices["p1"]
    device.look(story.packet())
    assert device.compare(early) < device.seen.size
    (story.folder / "devices" / "p1.leaves").unlink()
    fails("device.no_history", lambda: device.compare(early))
    # Two roots of one size need no history.
    forged = sign_checkpoint(Checkpoint(ORIGIN, device.seen.size, bytes(32)), story.keys["operator"].seed)
    fails("device.fork", lambda: device.compare(forged))


def test_device_compares_across_a_rotation(story: Simulator) -> None:
    story.run("plan")
    early = story.room.checkpoint()
    old = story.keys["operator"]
    rotate(story)
    story.keys["operator"] = story.room.key("operator")
    story.run("header", after="plan")
    device = story.devices["p1"]
    device.look(story.packet())
    assert device.compare(early)
    forged = sign_checkpoint(Checkpoint(ORIGIN, parse_checkpoint(early.text).size, bytes(32)), old.seed)
    fails("device.fork", lambda: device.compare(forged))
    late = sign_checkpoint(Checkpoint(ORIGIN, device.seen.size, bytes(32)), old.seed)
    fails("device.checkpoint", lambda: device.compare(late))  # misuse of a key that signs no more


def test_packet_ends_where_its_checkpoint_does(story: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    story.run("plan")
    early = story.room.checkpoint()
    story.run("rosters", after="plan")
    monkeypatch.setattr(Room, "checkpoint", lambda _room: early)
    packet.write(story.room, story.folder / "packet")
    taken = packet.open_packet(story.folder / "packet")
    assert len(taken.lines) == parse_checkpoint(early.text).size
