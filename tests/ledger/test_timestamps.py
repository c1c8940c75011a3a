"""RFC 3161 timestamps, with `openssl ts` as the authority (spec/ledger.md L20)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.interop.tools import need
from tests.simulator import Simulator
from verifiable_draw import timestamps
from verifiable_draw.cli import main
from verifiable_draw.errors import DataError, UsageError

CONFIG = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ts]
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""  # without `certs`: with it openssl embeds an unordered set that strict readers refuse


class Authority:
    """A timestamp authority in a folder: a root and a signer below it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        (folder / "ts.cnf").write_text(CONFIG)
        (folder / "serial").write_text("01\n")
        for name in ("ca", "tsa"):
            self.run("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                     "-subj", f"/CN=Test {name}", "-config", "ts.cnf")  # fmt: skip
        self.run("x509", "-req", "-in", "ca.csr", "-signkey", "ca.key", "-days", "3650", "-extfile", "ts.cnf",
                 "-extensions", "ca", "-out", "ca.pem")  # fmt: skip
        self.run("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                 "3650", "-extfile", "ts.cnf", "-extensions", "tsa", "-out", "tsa.pem")  # fmt: skip

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [need("openssl"), *arguments], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done

    def answer(self, request: Path, out: Path) -> Path:
        self.run("ts", "-reply", "-queryfile", str(request), "-config", "ts.cnf", "-section", "ts", "-out", str(out))
        return out


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "a")


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    return int(end.value.code or 0)


def test_request_answer_days_later_verify(
    story: Simulator, authority: Authority, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VDRAW_STATE", str(story.folder / "state"))
    story.run("plan")
    size, bureau, stick = story.room.store.head.size, story.folder / "bureau", story.folder / "stick"
    stick.mkdir()
    assert run("timestamp", "request", stick, "--room", bureau) == 0
    request = stick / f"checkpoint-{size}.tsq"
    answer = authority.answer(request, stick / "answer.tsr")
    story.clock.wait(5 * 86400)
    story.reopen()
    story.run("enrol", after="plan")  # the ledger has gone on meanwhile
    story.room.close()
    ca = authority.folder / "ca.pem"
    assert run("timestamp", "attach", answer, size, "--ca", ca, "--room", bureau) == 0
    assert run("timestamp", "attach", answer, size + 1, "--ca", ca, "--room", bureau) == 1
    assert run("timestamp", "attach", answer, 999, "--ca", ca, "--room", bureau) == 2
    capsys.readouterr()
    assert run("timestamp", "verify", "--ca", ca, "--out", stick / "check", "--room", bureau) == 0
    assert f"第 {size} 条的检查点" in capsys.readouterr().out
    assert run("timestamp", "verify", "--ca", authority.folder / "tsa.pem", "--room", bureau) == 2
    # Anybody can do the same with openssl from what the command wrote.
    checked = authority.run("ts", "-verify", "-data", str(stick / "check" / f"checkpoint-{size}.txt"), "-in",
                            str(stick / "check" / f"checkpoint-{size}.tsr"), "-CAfile", "ca.pem", "-untrusted", "tsa.pem")  # fmt: skip
    assert "OK" in checked.stdout + checked.stderr
    story.reopen()
    assert len(story.room.view.timestamps) == 1


def test_another_authority_and_altered_answers(authority: Authority, tmp_path: Path) -> None:
    text = b"county.example/ledger\n5\nAAAA\n"
    (tmp_path / "q").write_bytes(timestamps.request(text))
    response = authority.answer(tmp_path / "q", tmp_path / "r").read_bytes()
    root = (authority.folder / "ca.pem").read_bytes()
    timestamps.verify(response, text, [root])
    other = Authority(tmp_path / "other")
    with pytest.raises(DataError) as caught:
        timestamps.verify(response, text, [(other.folder / "ca.pem").read_bytes()])
    assert caught.value.key == "timestamp.not_proven"
    with pytest.raises(DataError) as caught:
        timestamps.verify(response, text + b"x", [root])
    assert caught.value.key == "timestamp.other_text"
    for certificates in ([], [b"nonsense"], [(authority.folder / "tsa.pem").read_bytes()]):
        with pytest.raises(UsageError):
            timestamps.verify(response, text, certificates)
    # Not every byte of a response is signed (which digest the certificate's reference uses, say); what it states is.
    stated = timestamps.verify(response, text, [root])
    accepted = 0
    for at in range(len(response)):
        altered = response[:at] + bytes([response[at] ^ 1]) + response[at + 1 :]
        try:
            assert timestamps.verify(altered, text, [root]) == stated, at
        except DataError:
            continue
        accepted += 1
    assert accepted < len(response) // 20
    for bad in (b"", response[:-1], response + b"\x00", b"\x30\x80"):
        with pytest.raises(DataError):
            timestamps.imprint(bad, text)


def test_refused_by_the_authority(authority: Authority, tmp_path: Path) -> None:
    """A response that only says no is not a timestamp."""
    (tmp_path / "q").write_bytes(b"not a request")
    subprocess.run(
        [need("openssl"), "ts", "-reply", "-queryfile", str(tmp_path / "q"), "-config", "ts.cnf", "-section", "ts",
         "-out", str(tmp_path / "r")], cwd=authority.folder, capture_output=True, check=False,
    )  # fmt: skip
    answer = (tmp_path / "r").read_bytes() if (tmp_path / "r").exists() else b"\x30\x05\x30\x03\x02\x01\x02"
    with pytest.raises(DataError):
        timestamps.imprint(answer, b"x")


def test_entry_of_a_foreign_timestamp_is_refused(story: Simulator, authority: Authority, tmp_path: Path) -> None:
    story.run("plan")
    (tmp_path / "q").write_bytes(timestamps.request(b"another text"))
    response = authority.answer(tmp_path / "q", tmp_path / "r").read_bytes()
    for body in ({"response": response.hex(), "size": 1}, {"response": response.hex(), "size": 999}):
        size = story.room.store.head.size
        with pytest.raises(DataError):
            story.room.operate("", "timestamp", body)
        story.reopen()
        assert story.room.store.head.size == size
