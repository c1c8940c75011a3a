"""Keys that change under one origin, and key files (spec/ledger.md L5, L9, L12)."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ledger.checkpoint import cosign, open_checkpoint, parse_checkpoint
from ledger.entry import Message
from ledger.note import SignatureLine, parse_note
from tests.ledger.stories import ask, make_witness, policy, with_witness
from tests.simulator import Counter, Simulator
from verifiable_draw import conduct, custody, keyfile, witnessing
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.keyfile import Key


def fails(key: str, step) -> None:
    with pytest.raises((DataError, UsageError)) as caught:
        step()
    assert caught.value.key == key, caught.value


def rotate(story: Simulator, role: str = "operator") -> Key:
    old = story.room.key(role)
    new = custody.next_key(story.room, role, lambda _path: "")
    custody.rotate(story.room, old, new)
    return new


def test_rotation_under_one_origin(story: Simulator) -> None:
    """Old checkpoints keep the old key's signature, new ones have the new one's; a session runs on across it."""
    story.run("rosters")
    before = story.room.store.head.size
    old = story.room.key("operator").public
    new = rotate(story)
    for note in story.room.store.notes():
        size = parse_checkpoint(note.text).size
        key = old if size <= before else new.public
        assert open_checkpoint(note, story.room.view.origin, key).size == size
        assert story.room.view.ring.operator_at(size) == key
    story.reopen()
    assert story.room.key("operator").public == new.public
    story.run(after="rosters")
    assert story.session.state == "PUBLISHED"


def test_devices_follow_a_rotation(story: Simulator) -> None:
    story.run("rosters")
    device = story.devices["p1"]
    device.look(story.packet())
    rotate(story)
    device.look(story.packet())
    assert device.operator == story.room.key("operator").public


def test_old_key_signs_nothing_any_more(story: Simulator) -> None:
    story.found()
    old = story.room.key("operator")
    rotate(story)
    message = Message("", "register", old.actor, {"schools": [], "year": 2026})
    message = message.signed(old.seed, old.actor, story.room.view.origin, bytes(32), story.room.seen())
    size = story.room.store.head.size
    with pytest.raises(DataError):
        story.room.append(message)
    assert story.room.store.head.size == size


def test_rotation_needs_both_signatures(story: Simulator) -> None:
    story.found()
    old, thief = story.room.key("operator"), story.key("operator", "operator 2")
    thief = Key(old.actor, thief.seed)
    body = {"id": "operator", "key": thief.public.hex(), "role": "operator"}
    for signers in ((thief, thief), (old,), (thief, old), (old, old)):
        message = Message("", "key.rotated", old.actor, body)
        for key in signers:
            message = message.signed(key.seed, key.actor, story.room.view.origin, bytes(32), story.room.seen())
        with pytest.raises(DataError):
            story.room.append(message)
    assert story.room.view.keys["operator", "operator"] == old.public


def test_rotation_interrupted_goes_on_with_the_same_key(story: Simulator) -> None:
    story.found()
    first = custody.next_key(story.room, "operator", lambda _path: "")
    story.reopen()
    assert custody.next_key(story.room, "operator", lambda _path: "").public == first.public


def test_school_rotates_and_loses_its_key(story: Simulator) -> None:
    story.found()
    code = "9910000001"
    old, new = story.schools[code], Key(story.schools[code].actor, bytes(31) + b"\x07")
    custody.rotate(story.room, old, new)
    assert story.room.view.keys["school", code] == new.public
    custody.retire(story.room, code, "密钥遗失", story.keys["approver"])
    assert ("school", code) not in story.room.view.keys
    fails("key.known", lambda: conduct.add_key(story.room, code, old.public, story.keys["approver"]))
    third = Key(old.actor, bytes(31) + b"\x09")
    conduct.add_key(story.room, code, third.public, story.keys["approver"])
    assert story.room.view.keys["school", code] == third.public
    fails("key.none", lambda: custody.retire(story.room, "9910999999", "没有", story.keys["approver"]))


def lose_operator(story: Simulator) -> None:
    """The operator's key file is gone; the other two roles replace it."""
    (story.folder / "bureau" / "keys" / "operator.key").unlink()
    story.reopen()
    new = custody.next_key(story.room, "operator", lambda _path: "")
    document = story.folder / "decision.pdf"
    document.write_bytes(b"decision")
    signers = story.keys["approver"], story.keys["recovery"]
    custody.replace(story.room, signers, new, "U 盘遗失", document)


def confirmation(story: Simulator, witness) -> SignatureLine:
    answer = witness.add(witnessing.request_file(story.room))
    if answer.status == 409:  # it has cosigned more than came back to us: asked again as its answer says
        answer = witness.add(witnessing.request_file(story.room, int(answer.body)))
    assert answer.status == 200, answer
    return parse_note(f"x\n\n{answer.body.decode()}").lines[0]


def test_lost_operator_key_is_replaced_by_two_roles_and_a_witness(story: Simulator) -> None:
    witness = with_witness(story)
    lose_operator(story)
    school = Key(story.schools["9910000001"].actor, bytes(31) + b"\x08")
    fails("key.unconfirmed", lambda: custody.rotate(story.room, story.schools["9910000001"], school))
    story.reopen()
    assert story.room.view.ring.unconfirmed == "operator"
    # The witness is told the new key outside the ledger: that is its part of the decision.
    witness.add_log(str(witnessing.log_vkey(story.room)))
    line = confirmation(story, witness)
    custody.confirm(story.room, line)
    assert not story.room.view.ring.unconfirmed
    story.reopen()
    story.run(after="found")
    assert story.session.state == "PUBLISHED"


def test_witness_that_does_not_know_the_new_key_does_not_confirm(story: Simulator) -> None:
    witness = with_witness(story)
    lose_operator(story)
    assert witness.add(witnessing.request_file(story.room)).status == 403


def test_stranger_cannot_confirm(story: Simulator) -> None:
    witness = with_witness(story)
    lose_operator(story)
    note = story.room.checkpoint()
    line = cosign(parse_checkpoint(note.text), witness.name, bytes(31) + b"\x05", 1)
    fails("cosign.unknown", lambda: custody.confirm(story.room, line))
    old = witness.cosign(parse_checkpoint(str(story.room.store.note(3).text)), 1)[0]
    fails("cosign.bad", lambda: custody.confirm(story.room, old))
    assert story.room.view.ring.unconfirmed


@pytest.mark.parametrize("role", ["approver", "recovery"])
def test_other_roles_are_replaced_too(story: Simulator, role: str) -> None:
    witness = with_witness(story)
    others = tuple(story.keys[name] for name in ("operator", "approver", "recovery") if name != role)
    new = custody.next_key(story.room, role, lambda _path: "")
    (story.folder / "d").write_bytes(b"d")
    fails("key.two_roles", lambda: custody.replace(story.room, others[::-1], new, "遗失", story.folder / "d"))
    custody.replace(story.room, others, new, "遗失", story.folder / "d")
    custody.confirm(story.room, confirmation(story, witness))
    assert story.room.view.keys[role, role] == new.public


def test_without_a_witness_no_key_is_replaced(story: Simulator) -> None:
    story.found()
    new = custody.next_key(story.room, "approver", lambda _path: "")
    (story.folder / "d").write_bytes(b"d")
    signers = story.keys["operator"], story.keys["recovery"]
    fails("key.no_witness", lambda: custody.replace(story.room, signers, new, "遗失", story.folder / "d"))


def test_policy_of_the_ledger(story: Simulator) -> None:
    story.found()
    witness = make_witness(story.folder / "w", story)
    approver = story.keys["approver"]
    publish = lambda data: witnessing.publish_policy(story.room, data, approver)  # noqa: E731
    good = policy(*witness.vkeys)
    fails("policy.malformed", lambda: publish(good.replace(b"quorum w0", b"quorum w7")))
    fails("policy.not_here", lambda: publish(good.replace(b"quorum w0", b"quorum none")))
    log = f"log {witnessing.log_vkey(story.room)}\n".encode()
    fails("policy.not_here", lambda: publish(log + good))
    publish(good)
    fails("policy.same", lambda: publish(good))
    again = b"# the same witness may stay\r\n" + good.replace(b"\n", b"\r\n")
    publish(b"\xef\xbb\xbf" + again)  # as a Windows editor writes it
    assert witnessing.policy_file(story.room) == log + again.replace(b"\r", b"")
    stolen = witness.vkeys[0].key
    fails("key.known", lambda: conduct.add_key(story.room, "9910999999", stolen, approver))


def test_two_roles_are_two_keys(story: Simulator) -> None:
    """The submitter's key cannot approve, not even under the approver's name (L5)."""
    story.found()
    school = story.schools["9910000001"]
    fails("key.known", lambda: custody.rotate(story.room, story.keys["approver"], Key(story.keys["approver"].actor, school.seed)))


# Key files


def test_key_file_is_sealed(tmp_path: Path) -> None:
    path = tmp_path / "operator.key"
    made = keyfile.create(path, "operator", "operator", Counter("k"), "correct horse")
    assert made.seed.hex() not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keyfile.public_of(path) == made.public
    assert keyfile.load(path, lambda _path: "correct horse") == made
    fails("key.passphrase", lambda: keyfile.load(path, lambda _path: "Correct horse"))
    fails("key.exists", lambda: keyfile.create(path, "operator", "operator", Counter("k"), "x"))
    keyfile.encrypt(path, made, "battery", Counter("n"))
    assert keyfile.load(path, lambda _path: "battery") == made


@pytest.mark.parametrize("name", ["role", "id", "public", "nonce", "salt", "ciphertext"])
def test_sealed_key_file_cannot_be_edited(tmp_path: Path, name: str) -> None:
    path = tmp_path / "operator.key"
    keyfile.create(path, "operator", "operator", Counter("k"), "correct horse")
    value = json.loads(path.read_text())
    value[name] = {"role": "approver", "id": "other"}.get(name) or ("00" + value[name][2:])
    path.write_text(json.dumps(value, sort_keys=True, separators=(",", ":")))
    fails("key.passphrase", lambda: keyfile.load(path, lambda _path: "correct horse"))


def test_passphrase_is_asked_only_where_there_is_somebody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "k.key"
    made = keyfile.create(path, "k", "school", Counter("k"), "correct horse")
    assert keyfile.load(path) == made  # VDRAW_PASSPHRASE of the tests
    monkeypatch.delenv("VDRAW_PASSPHRASE")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    fails("key.no_terminal", lambda: keyfile.load(path))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    asked: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda text: asked.append(text) or "correct horse")
    assert keyfile.load(path) == made
    assert str(path) in asked[0]
    monkeypatch.setattr("getpass.getpass", lambda text: "a" if str(path) in text else "b")
    fails("key.passphrase_differs", lambda: keyfile.new_passphrase(path))


def test_post_quantum_line_survives_a_new_policy(story: Simulator) -> None:
    witness = with_witness(story)
    story.plan()
    assert next(iter(ask(story, witness))).cosignatures == 2
