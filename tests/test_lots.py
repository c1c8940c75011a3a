"""Lots drawn by hand at a school: recorded, signed by school and operator, never called proof (L23)."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.simulator import ROOT, SCHOOLS, Simulator, write_record
from tests.test_session import refused
from verifiable_draw import conduct, keyfile
from verifiable_draw.cli import main
from verifiable_draw.inspection import Material, inspect

CODE = SCHOOLS[0].code
FACTS: dict[str, Any] = {
    "year": 2026, "grade": 1, "place": "学校礼堂", "time": "2026-08-19T02:00:00Z", "witnesses": {"parent": 5, "discipline": 1},
}  # fmt: skip


def record(story: Simulator, numbers: Sequence[int] = (3, 1, 2), **other: Any) -> Any:
    form = story.folder / "form.pdf"
    form.write_bytes(b"signed by all")
    return conduct.record_lots(story.room, story.schools[CODE], form, numbers=numbers, **{**FACTS, **other})


def test_entry(story: Simulator) -> None:
    story.run("found")
    message = record(story).message
    assert message.session == ""
    assert [(s.actor.role, s.actor.id) for s in message.signatures] == [("school", CODE), ("operator", "operator")]
    assert message.body == {
        "document": hashlib.sha256(b"signed by all").hexdigest(), "grade": 1, "kind": "teachers", "place": "学校礼堂",
        "rows": [[1, 3], [2, 1], [3, 2]], "school": CODE, "time": "2026-08-19T02:00:00Z",
        "witnesses": {"parent": 5, "discipline": 1}, "year": 2026,
    }  # fmt: skip
    story.reopen()
    assert len(story.room.view.lots) == 1


@pytest.mark.parametrize(
    ("key", "numbers", "other"),
    [
        ("lots.rows", (1, 1, 2), {}),
        ("lots.rows", (1, 2, 4), {}),
        ("entry.malformed", (1,), {}),
        ("entry.malformed", (1, 0), {}),
        ("entry.malformed", (2, 1), {"grade": 3}),
        ("entry.malformed", (2, 1), {"year": 26}),
        ("entry.malformed", (2, 1), {"place": ""}),
        ("entry.malformed", (2, 1), {"time": "2026-08-19 10:00"}),
        ("entry.malformed", (2, 1), {"witnesses": {"mayor": 1}}),
        ("entry.malformed", (2, 1), {"witnesses": {"parent": 0}}),
    ],
)
def test_what_cannot_be(story: Simulator, key: str, numbers: Sequence[int], other: dict[str, Any]) -> None:
    story.run("found")
    refused(story, key, lambda: record(story, numbers, **other))


def test_only_the_school_itself(story: Simulator) -> None:
    story.run("found")
    body = {**record(story).message.body, "school": SCHOOLS[1].code}
    message = story.room.sign_as(story.schools[CODE], "", "lots", body)
    operator = story.keys["operator"]
    both = message.signed(operator.seed, operator.actor, story.room.view.origin, bytes(32), story.room.seen())
    refused(story, "roster.other_school", lambda: story.room.append(both))
    refused(story, "message.signers", lambda: story.room.append(message))
    refused(story, "message.signers", lambda: story.room.operate("", "lots", body))
    stranger = Simulator.key("9999999999", "school")
    other = story.room.sign_as(stranger, "", "lots", {**body, "school": "9999999999"})
    other = other.signed(operator.seed, operator.actor, story.room.view.origin, bytes(32), story.room.seen())
    refused(story, "message.unknown_signer", lambda: story.room.append(other))


def test_inspection_and_report_say_that_it_is_no_proof(story: Simulator, verify: Any) -> None:
    story.run("found")
    record(story)
    story.run(after="found")
    code, report = verify(story.files(), story.trust())
    assert (code, report["reasons"]) == (3, ["V51", "V55"])
    folder = write_record(story.files(), story.folder / "record")
    for lang, said in (("zh", "依靠见证人，不是证明"), ("en", "rest on the witnesses, not on proof")):
        command = [sys.executable, "-m", "verifier", str(folder), "--lang", lang]
        text = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout
        assert said in text
        assert "1:3 2:1 3:2" in text
    found = inspect(Material(story.room, story.holders["h1"]))
    notes = [f for f in found.findings if f.type == "lots"]
    assert [(f.severity, f.place.school) for f in notes] == [("note", CODE)]
    assert "依靠见证人" in notes[0].words.zh
    assert "not on proof" in notes[0].words.en
    assert not found.violations


def test_command(story: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("VDRAW_STATE", str(tmp_path / "state"))
    story.run("found")
    story.room.close()
    key = tmp_path / "school.key"
    key.write_bytes(json.dumps({"id": CODE, "role": "school", "seed": story.schools[CODE].seed.hex()}, separators=(",", ":")).encode())
    assert keyfile.load(key).public == story.schools[CODE].public
    (tmp_path / "form.pdf").write_bytes(b"signed by all")
    command: list[object] = [
        "lots", 3, 1, 2, "--document", tmp_path / "form.pdf", "--key", key, "--year", 2026, "--grade", 1, "--place", "礼堂",
        "--time", "2026-08-19T02:00:00Z", "--room", tmp_path / "bureau", "--witness", "parent=5",
    ]  # fmt: skip
    for more, code in ((["--witness", "mayor=1"], 2), (["--witness", "parent=1"], 2), (["--witness", "notary"], 2), ([], 0)):
        with pytest.raises(SystemExit) as ended:
            main([str(one) for one in (*command, *more)])
        assert ended.value.code in ((code,) if code else (0, None))
    story.room = story.another()
    assert story.room.view.lots[0]["witnesses"] == {"parent": 5}
