"""The inspector's replay: clean sessions give no violation, changed files do, and every school is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.canonical import decode, encode
from tests.ledger.stories import ask, with_witness
from tests.simulator import Simulator
from verifiable_draw import conduct
from verifiable_draw.conduct import computing
from verifiable_draw.errors import DrawError
from verifiable_draw.inspection import Inspection, Material, inspect
from verifiable_draw.inspection.report import plain
from verifiable_draw.keyfile import Key
from verifiable_draw.room import Room


def keys_of(findings, severity: str) -> set[str]:
    return {f.type for f in findings if f.severity == severity}


def look(folder: Path, holder: Key | None = None) -> Inspection:
    room = Room.open(folder, state=folder.parent / "state")
    try:
        return inspect(Material(room, holder))
    finally:
        room.close()


@pytest.fixture
def published(tmp_path: Path) -> Simulator:
    story = Simulator(tmp_path).run()
    story.room.close()
    return story


def test_clean_rehearsal(published: Simulator) -> None:
    found = look(published.folder / "bureau", published.holders["h2"])
    assert found.violations == 0
    assert keys_of(found.findings, "open") == {"no-policy", "rehearsed-only"}
    assert keys_of(found.findings, "note") == {"rehearsal", "exempt"}
    assert found.figures.cosignatures == 9
    text = plain(found)
    assert "测试教学点" in text
    assert "违规 0 项" in text


def test_with_a_recipients_key_and_without_the_private_store(published: Simulator) -> None:
    (published.folder / "bureau" / "private.db").unlink()
    assert "not-opened" in keys_of(look(published.folder / "bureau").findings, "open")
    found = look(published.folder / "bureau", published.holders["h2"])
    assert found.violations == 0
    assert not {"not-opened", "no-sealed"} & keys_of(found.findings, "open")


@pytest.mark.parametrize(
    ("name", "key", "edit"),
    [
        ("draws/d1/result.json", "result", lambda v: v["classes"].reverse()),
        ("draws/d1/groups.json", "file", lambda v: v["bundlings"].reverse()),
        ("draws/d1/units.json", "draw", lambda v: v["units"].reverse()),
        ("draws/d2/nullifiers.json", "draw", lambda v: v["nullifiers"].pop()),
        ("statement.json", "statement", lambda v: v["draws"][0]["certificate"][1].update(reached=5)),
    ],
)
def test_changed_file(published: Simulator, name: str, key: str, edit) -> None:
    path = published.folder / "bureau" / "sessions" / "s1" / name
    value = decode(path.read_bytes())
    edit(value)
    path.write_bytes(encode(value))
    found = look(published.folder / "bureau", published.holders["h1"])
    assert key in keys_of(found.findings, "violation")


def test_changed_header_breaks_the_replay(published: Simulator) -> None:
    path = published.folder / "bureau" / "sessions" / "s1" / "header.json"
    path.write_bytes(path.read_bytes().replace("测试县".encode(), "测试州".encode(), 1))
    with pytest.raises(DrawError):
        look(published.folder / "bureau")


def test_withheld_wrong_and_postponed_are_findings(tmp_path: Path) -> None:
    story = Simulator(tmp_path).run("rosters")
    conduct.postpone(story.room, "s1", "d2", "名册有争议")
    story.run("open", after="rosters")
    device = story.devices["p3"]
    body = dict(device.reveal(story.packet(), "s1").body) | {"salt": "00" * 32}
    story.accept([device.sign(story.session, "opening", body)])
    story.reveal(["b1", "c1", "d1", "p1", "p2"])
    story.clock.wait(1)
    story.run(after="reveal")
    story.room.close()
    found = look(tmp_path / "bureau")
    assert {"missing-opening", "wrong-opening"} <= keys_of(found.findings, "note")
    assert {"postponed", "not-drawn"} <= keys_of(found.findings, "open")
    assert found.violations == 0


def test_groups_by_another_rule_are_a_violation(tmp_path: Path) -> None:
    story = Simulator(tmp_path).run("close_commits")
    honest = conduct.compute_groups
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            computing, "compute_groups", lambda tasks, *_: honest([(d, n, bytes(32), m) for d, n, _k, m in tasks])
        )
        conduct.group(story.room, "s1")
    story.run(after="check")
    story.room.close()
    assert "groups" in keys_of(look(tmp_path / "bureau", story.holders["h1"]).findings, "violation")


def test_every_finding_has_its_sentence() -> None:
    from verifiable_draw.texts import catalogue  # noqa: PLC0415

    for key, row in catalogue().items():
        assert row[0], key
        assert row[1], key
        assert bool(row[2]) == bool(row[3]), key


def test_witnesses_of_the_policy(story: Simulator) -> None:
    """Without a witnessed checkpoint over the result there is an open point, with it there is none."""
    witness = with_witness(story)
    story.run(after="found")
    found = look(story.folder / "bureau", story.holders["h1"])
    assert keys_of(found.findings, "open") == {"not-witnessed", "rehearsed-only"}
    ask(story, witness)
    found = look(story.folder / "bureau", story.holders["h1"])
    assert keys_of(found.findings, "open") == {"rehearsed-only"}
    assert found.violations == 0
