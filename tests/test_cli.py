"""The command line as people meet it: help, sentences, exit codes, and steps that are killed and go on."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer

from ledger.store import Store
from tests.simulator import ROOT, SCHOOLS, Simulator
from verifiable_draw.cli import main
from verifiable_draw.cli.app import app
from verifiable_draw.county import generate_students, write_workbook
from verifiable_draw.lists import name_order
from verifiable_draw.rosters import import_rosters

PROGRAM: Any = typer.main.get_command(app)
GROUPS = {name: tuple(one.commands) for name, one in PROGRAM.commands.items() if hasattr(one, "commands")}
ALL = [[name] for name in PROGRAM.commands if name not in GROUPS] + [[group, name] for group, names in GROUPS.items() for name in names]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*arguments: object, room: Path | None = None) -> tuple[int, str]:
        extra = ["--room", str(room)] if room else []
        if room:  # where the simulator remembers its ledger
            monkeypatch.setenv("VDRAW_STATE", str(room.parent / "state"))
        with pytest.raises(SystemExit) as end:
            main([*map(str, arguments), *extra])
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out + captured.err

    return run


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_every_command_has_help_with_an_example(run: Run, command: list[str]) -> None:
    code, output = run(*command, "--help")
    assert code == 0
    text = " ".join(output.split())
    assert "例 / example:" in text or "例 / example" in text
    assert re.search(r"[\u4e00-\u9fff]", text)


def test_documents_name_only_commands_that_exist(run: Run) -> None:
    known = {" ".join(command) for command in ALL} | set(GROUPS)
    for name in ("README.md", "README.zh-CN.md", "docs/ledger.md", "docs/room.md", "docs/room.zh-CN.md", "docs/archive.md", "docs/archive.zh-CN.md"):
        text = (ROOT / name).read_text()
        for found in re.findall(r"`vdraw ([a-z-]+(?: [a-z-]+)?)", text):
            assert found in known or found.split()[0] in known, f"{name}: vdraw {found}"
        for found in re.findall(r"`((?:plan|rosters|observer|close|ledger|keys|timestamp|witness|archive) [a-z-]+)`", text):
            assert found in known, f"{name}: {found}"


def test_targets_named_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for path in ROOT.glob("*.md"):
        for found in re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", path.read_text(), re.MULTILINE):
            assert (found[0] or found[1]) in targets


def test_foundation_and_plan(run: Run, tmp_path: Path) -> None:
    room = tmp_path / "bureau"
    assert run("init", "county.example/ledger", "测试县教育局", room=room)[0] == 0
    code, output = run("init", "county.example/ledger", "测试县教育局", room=room)
    assert code == 2
    assert "已经有账本文件" in output
    assert "→" in output
    (tmp_path / "schools.json").write_text(
        json.dumps([{"classes": 3, "grade": 1, "name": "测试第一小学", "school": "9910000001"}])
    )
    assert run("register", tmp_path / "schools.json", 2026, room=room)[0] == 0
    plan = tmp_path / "plan.json"
    code, output = run("plan", "new", plan, "2026-autumn", 2026, room=room)
    assert code == 0
    assert "（contact）还是空的" in output
    code, output = run("plan", "check", plan)
    assert code == 1
    assert "recipients: array of 2 items" in output
    assert "密封名册的两个保管方（recipients）：应有 2 项" in output
    value = json.loads(plan.read_text())
    value["delay"]["iterations"] = 7
    value["windows"]["reveal"] = 0
    value["draws"][0]["classes"] = 1
    plan.write_text(json.dumps(value))
    code, output = run("plan", "check", plan)
    assert code == 1
    assert all(path in output for path in ("delay.iterations", "windows.reveal", "draws[0].classes", "recipients"))
    recipients = []
    for name in ("h1", "h2"):
        code, output = run("key", tmp_path / f"{name}.key", name, "recipient")
        recipients.append(json.loads(output.strip().splitlines()[-1]))
    code, output = run("key", tmp_path / "h1.key", "h1", "recipient")
    assert code == 2
    assert "不会覆盖" in output
    assert oct((tmp_path / "h1.key").stat().st_mode)[-3:] == "600"
    value |= {"recipients": recipients}
    value["delay"]["iterations"], value["windows"]["reveal"], value["draws"][0]["classes"] = 120_000_000, 30, 3
    plan.write_text(json.dumps(value))
    code, output = run("plan", "check", plan, "--json")
    assert code == 0
    report = json.loads(output)
    assert report["limits"] == []
    assert report["margin_tenths"] == 27
    assert report["seconds"] > 0
    assert report["warnings"] == ["plan.no_contact"]
    for changes in ({"rehearsal": True}, {"contact": value["contact"] | {"phone": "0851-0000000"}}):
        (tmp_path / "other.json").write_text(json.dumps(value | changes))
        assert "电话和邮箱都是空的" not in run("plan", "check", tmp_path / "other.json")[1]
    for step in ("check", "publish"):
        code, output = run("plan", step, plan, room=room)
        assert code == 0
        assert "电话和邮箱都是空的" in output
    code, output = run("plan", "publish", plan, room=room)
    assert code == 2
    assert "2026-autumn" in output
    code, output = run("plan", "check", plan, room=room)
    assert code == 2
    assert "活动编号 2026-autumn 已经用过" in output
    code, output = run("status", "--json", room=room)
    assert json.loads(output)["sessions"][0]["state"] == "PLANNED"
    code, output = run("rosters", "approve", room=room)
    assert code == 2
    assert "没有给出审定人的密钥文件" in output
    assert "--key keys/approver.key" in output


def test_rosters_with_problems_are_refused_by_file(run: Run, tmp_path: Path) -> None:
    story = Simulator(tmp_path).run("plan")
    story.room.close()
    room = tmp_path / "bureau"
    good, bad = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    write_workbook(good, {"名册": generate_students(SCHOOLS[0], "simulator")})
    write_workbook(bad, {"名册": generate_students(SCHOOLS[1], "simulator")}, mess=("bad_check", "missing_sex"))
    (tmp_path / "c.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    code, output = run("rosters", "import", good, bad, tmp_path / "c.xlsx", "--json", room=room)
    assert code == 1
    report = json.loads(output[output.index("{") : output.rindex("}") + 1])
    assert {p["file"] for p in report["problems"]} == {"b.xlsx", "c.xlsx"}
    assert report["imported"] == [{"grade": 1, "school": "9910000001", "students": 61}]
    write_workbook(bad, {"名册": generate_students(SCHOOLS[1], "simulator")})
    code, output = run("rosters", "import", bad, room=room)
    assert code == 0
    assert "52 名学生" in output


def test_messages_come_by_standard_input_and_bad_ones_do_not_stop_good_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VDRAW_STATE", str(tmp_path / "state"))
    story = Simulator(tmp_path).run("header")
    taken = story.packet()
    from ledger.canonical import encode  # noqa: PLC0415

    lines = [encode(story.devices[n].commit(taken, "s1", "", os.urandom).json()) for n in ("b1", "p1")]
    story.room.close()
    command = [sys.executable, "-m", "verifiable_draw", "commit", "--room", str(tmp_path / "bureau"), "-"]
    data = b"\n".join([lines[0], b'{"broken":1}', lines[0], lines[1]]) + b"\n"
    done = subprocess.run(command, input=data, capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert done.stdout.decode().count("已记入账本") == 2
    assert done.stderr.decode().count("错误") == 2
    story.reopen()
    assert set(story.session.commitments) == {"b1", "p1"}
    story.room.close()


def test_observer_refuses_a_packet_that_is_not_one(run: Run, tmp_path: Path) -> None:
    key = tmp_path / "me.key"
    assert run("observer", "key", key, "p1", "--role", "parent")[0] == 0
    code, output = run("observer", "look", tmp_path, "s1", "--key", key)
    assert code == 2
    assert "entries.jsonl" in output
    assert "Traceback" not in output


def test_wrong_files_end_with_a_sentence(run: Run, finished: Simulator, tmp_path: Path) -> None:
    """Never a traceback: what, where, what to do."""
    room = tmp_path / "bureau"  # a copy of its own: the finished room is open, and locked
    shutil.copytree(finished.folder / "bureau", room)
    shutil.copytree(finished.folder / "state", tmp_path / "state")
    (tmp_path / "text.json").write_text("这不是登记表")
    (tmp_path / "list.json").write_text('[{"school": 1}, 5]')
    approver = room / "keys" / "approver.key"
    before = finished.room.store.head
    for command in (
        ("register", tmp_path / "text.json", 2026),
        ("register", tmp_path / "list.json", 2026),
        ("register", tmp_path / "none.json", 2026),
        ("plan", "publish", tmp_path / "text.json"),
        ("plan", "publish", tmp_path / "list.json"),
        ("enrol", tmp_path / "text.json"),
        ("enrol", tmp_path / "list.json"),
        ("annul", "d1", "--reason", "x", "--document", tmp_path / "none.pdf", "--approver", approver),
        ("annul", "d1", "--reason", "x", "--document", approver, "--approver", tmp_path / "text.json"),
        ("add-key", "9910000003", "zz", "--approver", approver),
        ("rosters", "import", tmp_path / "none.xlsx"),
        ("rosters", "submit", "d9", "--key", approver),
        ("rosters", "approve", "--key", tmp_path / "none.key"),
        ("cosign", tmp_path / "list.json"),
        ("commit", tmp_path / "list.json"),
        ("header",),
        ("delay",),
        ("abort", "不满意"),
    ):
        code, output = run(*command, room=room)
        assert code != 0, command
        assert re.search(r"[\u4e00-\u9fff]", output), command
        assert "Traceback" not in output, command
        assert "另一个程序" not in output, command
    with closing(Store.open(room / "ledger.db")) as after:
        assert after.head == before


def test_cut_ledger_is_named(run: Run, tmp_path: Path) -> None:
    story = Simulator(tmp_path).run("plan")
    story.room.close()
    path = tmp_path / "bureau" / "ledger.db"
    path.write_bytes(path.read_bytes()[:8192])
    for command in (("status",), ("rosters", "freeze"), ("header",)):
        code, output = run(*command, room=tmp_path / "bureau")
        assert code == 2
        assert "已损坏" in output
    assert run("inspect", path)[0] == 1  # a ledger that was changed is a finding, not a failure to run


# The signal is sent from within: however busy the machine, it comes after the first new segment and long before the last.
SIGNALLED = """
import os, runpy, sys, threading, time
from pathlib import Path

end, folder, *arguments = sys.argv[1:]
count = lambda: len(list(Path(folder).glob("*.json")))
before = count()

def watch():
    while count() <= before:
        time.sleep(0.01)
    os.kill(os.getpid(), int(end))

threading.Thread(target=watch, daemon=True).start()
sys.argv = ["vdraw", *arguments]
runpy.run_module("verifiable_draw", run_name="__main__")
"""


def test_delay_killed_and_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VDRAW_STATE", str(tmp_path / "state"))
    delay = {"bits": 1024, "iterations": 640_000, "kind": "chiavdf-wesolowski", "segments": 64}
    story = Simulator(tmp_path, plan={"delay": delay}).run("cosign_coverage")
    story.room.close()
    arguments = ["delay", "--room", str(tmp_path / "bureau")]
    folder = tmp_path / "bureau" / "sessions" / "s1" / "delay"
    for end in (signal.SIGKILL, signal.SIGINT):
        command = [sys.executable, "-c", SIGNALLED, str(int(end)), str(folder), *arguments]
        stopped = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, cwd=ROOT)
        output = stopped.stdout.decode()
        assert stopped.returncode == (-signal.SIGKILL if end == signal.SIGKILL else 130), output
        if end == signal.SIGINT:
            assert "已中断" in output
    command = [sys.executable, "-m", "verifiable_draw", *arguments]
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "段已完成" in done.stderr.decode()
    story.reopen()
    assert story.session.state == "DELAYED"
    story.room.close()


def test_lists_hold_every_child_once_and_are_private(run: Run, finished: Simulator, tmp_path: Path) -> None:
    assert run("lists", tmp_path / "lists", room=finished.folder / "bureau")[0] == 0
    files = sorted((tmp_path / "lists").iterdir())
    assert len(files) == 2
    assert all(oct(path.stat().st_mode)[-3:] == "600" for path in files)
    import openpyxl  # noqa: PLC0415

    book = openpyxl.load_workbook(files[0])
    rows = list(book.worksheets[0].iter_rows(min_row=3, values_only=True))
    assert sorted(row[1] for row in rows) == sorted(s.name for s in generate_students(SCHOOLS[0], "simulator"))
    names = [row[1] for row in rows if row[0] == "1班"]
    assert names == sorted(names, key=name_order)


def test_publishing_twice_and_over_something_else(run: Run, tmp_path: Path) -> None:
    story = Simulator(tmp_path).run("allocate")
    story.room.close()
    room = tmp_path / "bureau"
    assert run("publish", tmp_path / "record", room=room)[0] == 0
    first = {p.relative_to(tmp_path): p.read_bytes() for p in (tmp_path / "record").rglob("*") if p.is_file()}
    archive = (tmp_path / "record.zip").read_bytes()
    assert run("publish", tmp_path / "record", room=room)[0] == 0
    assert {p.relative_to(tmp_path): p.read_bytes() for p in (tmp_path / "record").rglob("*") if p.is_file()} == first
    assert (tmp_path / "record.zip").read_bytes() == archive
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "photo.jpg").write_bytes(b"x")
    code, output = run("publish", tmp_path / "holiday", room=room)
    assert code == 2
    assert (tmp_path / "holiday" / "photo.jpg").read_bytes() == b"x"
    assert "不会覆盖" in output


def test_record_runs_its_own_verifier(run: Run, tmp_path: Path) -> None:
    story = Simulator(tmp_path).run("allocate")
    story.room.close()
    assert run("publish", tmp_path / "record", room=tmp_path / "bureau")[0] == 0
    command = [sys.executable, "-I", str(tmp_path / "record" / "verify.pyz"), str(tmp_path / "record.zip"), "--json"]
    done = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["verdict"] == "not-proven"


def test_publishing_refuses_what_the_verifier_refuses(run: Run, tmp_path: Path) -> None:
    story = Simulator(tmp_path).run("allocate")
    statement = story.room.path("s1", "statement.json")
    statement.write_bytes(statement.read_bytes().replace(b'"reached":1', b'"reached":0'))
    story.room.close()
    code, output = run("publish", tmp_path / "record", room=tmp_path / "bureau")
    assert code == 1
    assert "没有发布" in output
    assert not (tmp_path / "record").exists()


def test_imported_people_are_generated(tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", {"名册": generate_students(SCHOOLS[0], "simulator")})
    report = import_rosters([tmp_path / "a.xlsx"])
    assert all(s.document_number.lstrip("GJL")[:2] == "99" for s in report.students if s.document_type in "1G")
