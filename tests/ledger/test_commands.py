"""The ledger's commands as a bureau, a school and a witness give them, told as stories."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.simulator import ROOT
from verifiable_draw import keyfile
from verifiable_draw.cli import main

Run = Callable[..., str]
ORIGIN = "county.example/ledger"


class Bureau:
    """A bureau's folder with a witness in its policy; every step is a command."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.folder, self.run = folder, run
        self.room, self.home, self.stick = folder / "bureau", folder / "witness", folder / "stick"
        self.stick.mkdir()

    @property
    def approver(self) -> tuple[str, Path]:
        return "--approver", self.room / "keys" / "approver.key"

    def found(self) -> None:
        self.run("init", ORIGIN, "测试县教育局", room=self.room)
        self.run("witness", "init", self.home, "city.example/witness")
        self.run("witness", "add-log", self.home, self.run("ledger", "vkey", room=self.room).strip())
        keys = self.run("witness", "vkeys", self.home).split()
        policy = [f"witness w{i} {key}" for i, key in enumerate(keys)]
        (self.folder / "policy").write_text("\n".join([*policy, "quorum w0", ""]))
        self.run("ledger", "policy", self.folder / "policy", *self.approver, room=self.room)

    def witnessed(self, *, confirm: bool = False) -> None:
        self.run("ledger", "request", self.stick / "request", room=self.room)
        self.run("witness", "cosign", self.home, self.stick / "request", self.stick / "answer")
        take = ("keys", "confirm") if confirm else ("ledger", "cosigned")
        self.run(*take, self.stick / "answer", room=self.room)

    def size(self) -> int:
        return int(json.loads(self.run("status", "--json", room=self.room))["entries"])


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object, room: Path | None = None, code: int = 0) -> str:
        extra = ["--room", str(room)] if room else []
        with pytest.raises(SystemExit) as end:
            main([*map(str, arguments), *extra])
        captured = capsys.readouterr()
        assert (end.value.code or 0) == code, captured.out + captured.err
        return captured.out + captured.err

    return run


@pytest.fixture
def bureau(tmp_path: Path, run: Run) -> Bureau:
    made = Bureau(tmp_path, run)
    made.found()
    return made


def test_witness_export_and_proof(bureau: Bureau, tmp_path: Path, run: Run) -> None:
    bureau.witnessed()
    public = tmp_path / "public"
    assert "2 条" in run("ledger", "export", public, room=bureau.room)
    assert (public / "policy").read_text().startswith(f"log {ORIGIN}+")
    run("ledger", "check", public / "checkpoint", room=bureau.room)
    run("ledger", "prove", 1, tmp_path / "p", room=bureau.room)
    said = run("ledger", "check-proof", tmp_path / "p.tlog-proof", tmp_path / "p.json", public / "policy")
    assert "第 1 条在 2 条的账本中" in said
    (tmp_path / "p.json").write_bytes(b"{}")
    run("ledger", "check-proof", tmp_path / "p.tlog-proof", tmp_path / "p.json", public / "policy", code=1)
    assert "没有第 9 条" in run("ledger", "prove", 9, tmp_path / "q", room=bureau.room, code=2)
    assert "没有一个见证方有网址" in run("ledger", "witness", room=bureau.room, code=2)
    assert run("ledger", "policy", room=bureau.room) == (public / "policy").read_text()


def test_operator_rotates_and_loses_the_key(bureau: Bureau, tmp_path: Path, run: Run) -> None:
    bureau.witnessed()
    before = run("ledger", "vkey", room=bureau.room)
    run("keys", "rotate", "operator", room=bureau.room)
    after = run("ledger", "vkey", room=bureau.room)
    assert before != after
    # The witness is told the new key; until then it refuses, and says why.
    run("ledger", "request", bureau.stick / "request", room=bureau.room)
    assert "403" in run("witness", "cosign", bureau.home, bureau.stick / "request", bureau.stick / "a", code=1)
    run("witness", "add-log", bureau.home, after.strip())
    bureau.witnessed()
    # Now the key file is lost.
    lost = bureau.room / "keys" / "operator-2.key"
    lost.rename(tmp_path / "lost.key")
    (tmp_path / "decision.pdf").write_bytes(b"decision")
    arguments = ("keys", "replace", "operator", "--reason", "遗失", "--document", tmp_path / "decision.pdf")
    signers = [bureau.room / "keys" / f"{role}.key" for role in ("recovery", "approver")]
    one = run(*arguments, "--signer", signers[0], room=bureau.room, code=2)
    assert "另外两个角色" in one
    run(*arguments, "--signer", signers[0], "--signer", signers[1], room=bureau.room)
    waiting = run("keys", "rotate", "approver", room=bureau.room, code=2)
    assert "还没有见证方确认" in waiting
    run("witness", "add-log", bureau.home, run("ledger", "vkey", room=bureau.room).strip())
    bureau.witnessed(confirm=True)
    run("keys", "rotate", "approver", room=bureau.room)
    listed = run("keys", "list", room=bureau.room)
    assert listed.count("operator") == 2  # role and id of one key
    bureau.witnessed()
    run("keys", "rotate", "nobody", room=bureau.room, code=2)


def test_school_keys(bureau: Bureau, tmp_path: Path, run: Run) -> None:
    code = "9900000001"
    for name in ("old", "new", "third"):
        run("key", tmp_path / f"{name}.key", code, "school")
    public = {name: keyfile.public_of(tmp_path / f"{name}.key").hex() for name in ("old", "new", "third")}
    run("add-key", code, public["old"], *bureau.approver, room=bureau.room)
    run("keys", "rotate", "school", "--old", tmp_path / "old.key", room=bureau.room, code=2)
    run("keys", "rotate", "school", "--old", tmp_path / "old.key", "--new", tmp_path / "new.key", room=bureau.room)
    run("add-key", code, public["third"], *bureau.approver, room=bureau.room, code=2)
    run("keys", "retire", code, "密钥遗失", *bureau.approver, room=bureau.room)
    run("add-key", code, public["third"], *bureau.approver, room=bureau.room)


def test_passphrases(bureau: Bureau, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plain.key"
    run("key", path, "9900000001", "school", "--no-passphrase")
    assert '"seed"' in path.read_text()
    run("keys", "encrypt", path)
    assert '"seed"' not in path.read_text()
    monkeypatch.setenv("VDRAW_PASSPHRASE", "wrong")
    assert "口令不对" in run("keys", "rotate", "operator", room=bureau.room, code=2)
    assert bureau.size() == 2


def test_backup_restored(bureau: Bureau, tmp_path: Path, run: Run) -> None:
    shutil.copytree(bureau.room, tmp_path / "backup")
    run("keys", "rotate", "approver", room=bureau.room)
    bureau.witnessed()
    run("ledger", "export", tmp_path / "public", room=bureau.room)
    shutil.rmtree(bureau.room)
    shutil.copytree(tmp_path / "backup", bureau.room)
    assert "旧备份" in run("keys", "rotate", "recovery", room=bureau.room, code=2)
    assert "旧备份" in run("ledger", "check", tmp_path / "public" / "checkpoint", room=bureau.room, code=1)
    run("witness", "latest", bureau.home, bureau.stick)
    note = bureau.stick / "county.example_ledger.note"
    assert "手头只有 2 条" in run("ledger", "resume", note, room=bureau.room, code=2)
    assert "找回 1 条" in run("ledger", "resume", note, "--from", tmp_path / "public", room=bureau.room)
    # The key made after the backup is gone with it: the recovery role and the operator replace it.
    assert bureau.size() == 3
    run("keys", "rotate", "recovery", room=bureau.room)
    assert bureau.size() == 4


def test_another_machine(bureau: Bureau, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    bureau.witnessed()
    monkeypatch.setenv("VDRAW_STATE", str(tmp_path / "new laptop"))
    assert "恢复或复制" in run("keys", "rotate", "approver", room=bureau.room, code=2)
    run("status", room=bureau.room)  # reading goes on
    run("witness", "latest", bureau.home, bureau.stick)
    run("ledger", "resume", bureau.stick / "county.example_ledger.note", room=bureau.room)
    run("keys", "rotate", "approver", room=bureau.room)


def test_new_ledger_after_the_old(bureau: Bureau, tmp_path: Path, run: Run) -> None:
    run("ledger", "export", tmp_path / "public", room=bureau.room)
    run("init", "county.example/ledger-2", "测试县教育局", "--predecessor", tmp_path / "public" / "checkpoint", room=tmp_path / "b2")
    (tmp_path / "nonsense").write_text("x")
    run("init", "county.example/ledger-3", "测试县教育局", "--predecessor", tmp_path / "nonsense", room=tmp_path / "b3", code=1)


def test_served_witness_in_a_process_of_its_own(bureau: Bureau, run: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "verifiable_draw", "witness", "serve", str(bureau.home), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT, env=os.environ)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until and server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        key = run("witness", "vkeys", bureau.home, "--ed25519-only").strip()
        policy = bureau.folder / "policy"
        policy.write_text(f"witness city {key} http://127.0.0.1:{port}\nquorum city\n")
        run("ledger", "policy", policy, *bureau.approver, room=bureau.room)
        # The post-quantum key of the policy before is known still, and its line is taken too.
        assert json.loads(run("ledger", "witness", "--json", room=bureau.room)) == [
            {"cosignatures": 2, "name": "city", "problem": ""}
        ]
    finally:
        server.kill()
        server.communicate()
    assert "没有联署" in run("ledger", "witness", room=bureau.room, code=1)


def test_what_a_newcomer_did_wrong(bureau: Bureau, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ends with one sentence in both languages that says what to do, and no traceback."""
    bureau.witnessed()
    run("ledger", "export", tmp_path / "public", room=bureau.room)
    request, public = bureau.stick / "request", tmp_path / "public"
    for command in (("ledger", "check"), ("ledger", "resume")):
        assert "不是检查点" in run(*command, request, room=bureau.room, code=1)
    assert "不是检查点" in run("init", "a.example/l", "局", "--predecessor", request, room=tmp_path / "b3", code=1)
    assert not (tmp_path / "b3").exists()
    assert "同名" in run("init", ORIGIN, "局", "--predecessor", public / "checkpoint", room=tmp_path / "b4", code=2)
    assert "账本名不对" in run("init", "BAD NAME", "局", room=tmp_path / "b5", code=2)
    assert not (tmp_path / "b5").exists()
    run("ledger", "request", request, "--old", "-1", room=bureau.room, code=2)
    run("witness", "serve", bureau.home, "--port", "99999", code=2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert "不能在" in run("witness", "serve", bureau.home, "--port", port, code=2)
    altered = tmp_path / "altered"
    altered.write_bytes((public / "checkpoint").read_bytes().replace(b"\n2\n", b"\n3\n"))
    assert "被改过" in run("ledger", "check", altered, room=bureau.room, code=1)
    assert "加上 --approver" in run("ledger", "policy", bureau.folder / "policy", room=bureau.room, code=2)
    assert "已经生效" in run("ledger", "policy", bureau.folder / "policy", *bureau.approver, room=bureau.room, code=2)
    assert "没有检查" in run("inspect", bureau.folder / "policy", code=2)
    (bureau.home / "logs").write_text("nonsense\n")
    assert "不是账本公钥" in run("witness", "cosign", bureau.home, request, tmp_path / "a", code=1)
    (bureau.home / "witness.db").write_bytes(b"x")
    assert "不要恢复旧备份" in run("witness", "vkeys", bureau.home, code=2)
    damaged = tmp_path / "damaged.key"
    damaged.write_bytes(b"{")
    assert "密钥文件损坏" in run("keys", "encrypt", damaged, code=1)
    monkeypatch.delenv("VDRAW_PASSPHRASE")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert "需要口令" in run("init", "b.example/l", "局", room=tmp_path / "b6", code=2)
    monkeypatch.setenv("VDRAW_PASSPHRASE", "correct horse")
    run("ledger", "vkey", room=tmp_path / "b6", code=2)
    run("init", "b.example/l", "局", room=tmp_path / "b6")


def test_approver_rotates_on_a_stick(bureau: Bureau, run: Run) -> None:
    path = bureau.room / "keys" / "approver.key"
    path.rename(bureau.stick / "approver.key")
    run("keys", "rotate", "approver", room=bureau.room, code=2)
    run("keys", "rotate", "approver", "--old", bureau.stick / "approver.key", room=bureau.room)
    assert (bureau.stick / "approver-2.key").exists()
    said = run("keys", "rotate", "approver", "--old", bureau.stick / "approver.key", room=bureau.room, code=2)
    assert "不是现用的" in said
    run("keys", "rotate", "approver", "--old", bureau.stick / "approver-2.key", room=bureau.room)


def test_another_ledgers_checkpoint(bureau: Bureau, tmp_path: Path, run: Run) -> None:
    run("init", "other.example/l", "别的局", room=tmp_path / "other")
    run("ledger", "export", tmp_path / "theirs", room=tmp_path / "other")
    for arguments in (("check", tmp_path / "theirs" / "checkpoint"), ("resume", tmp_path / "theirs" / "checkpoint")):
        assert "另一个账本" in run("ledger", *arguments, room=bureau.room, code=1)
