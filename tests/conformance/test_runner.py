"""The runner says no to verifiers that lie, crash, hang or chatter, and to kits that are not as K3-K5 say."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.__main__ import main, run_all
from conformance.cases import CaseError, read_kit, record_of
from conformance.run import run, run_case
from tests.conformance.kit import KIT
from tests.conformance.session import CASES
from tests.simulator import ROOT
from verifier import cli, report

NAME = "annulled"  # a case of exit code 3


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What an honest verifier prints of the case."""
    record = record_of(KIT, NAME, tmp_path_factory.mktemp("truth"))
    return report.as_json(cli.verify(str(record), trust=str(KIT.folder / str(KIT.cases[NAME].arguments["trust"]))))


@pytest.fixture
def tried(tmp_path: Path) -> Callable[..., list[str]]:
    """Problems that the runner finds with a program that does this, whatever it is asked."""

    def run_program(lines: str, name: str = NAME, **more: Any) -> list[str]:
        program = tmp_path / "program.py"
        program.write_text(f"import os, sys, time\n{lines}\n", encoding="utf-8")
        return list(run_case([sys.executable, str(program)], KIT, name, tmp_path / "case", **more).problems)

    return run_program


def printing(text: str, code: int = 3) -> str:
    return f"sys.stdout.buffer.write({text.encode()!r})\nsys.exit({code})"


def test_truth_agrees(tried: Callable[..., list[str]], truth: str) -> None:
    assert tried(printing(truth)) == []
    assert tried(printing(truth + "\n")) == []


def other(check: str, outcome: str) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        next(row for row in value["checks"] if row["id"] == check)["outcome"] = outcome
        value["reasons"] = [row["id"] for row in value["checks"] if row["outcome"] in ("FAIL", "CANNOT-CHECK")]

    return change


LIES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "no failure": (other("V61", "PASS"), "V61 is PASS, not FAIL"),
    "cannot check": (other("V61", "CANNOT-CHECK"), "V61 is CANNOT-CHECK, not FAIL"),
    "another failure": (other("V10", "FAIL"), "fails besides: V10"),
    "not looked at": (other("V10", "NOT-APPLICABLE"), "V10 is NOT-APPLICABLE, not PASS"),
    "unknown outcome": (other("V10", "OK"), "unknown outcome"),
    "a check dropped": (lambda value: value["checks"].pop(3), "not once: V04"),
    "a check twice": (lambda value: value["checks"].insert(3, value["checks"][3]), "not once: V04"),
    "another order": (lambda value: value["checks"].reverse(), "in its order"),
    "a check more": (lambda value: value["checks"].append({"id": "V99", "outcome": "PASS"}), "in its order"),
    "no checks": (lambda value: value.pop("checks"), "not an array"),
    "checks are texts": (lambda value: value.update(checks=["V01"]), "not an array"),
    "no reasons": (lambda value: value.pop("reasons"), "reasons"),
    "other reasons": (lambda value: value["reasons"].append("V62"), "reasons"),
    "verdict": (lambda value: value.update(verdict="proven"), "verdict is 'proven'"),
    "exit": (lambda value: value.update(exit=0), "exit is 0"),
    "exit is a text": (lambda value: value.update(exit="3"), "exit is '3'"),
}


@pytest.mark.parametrize("name", LIES)
def test_expected_exit_code_and_another_report(tried: Callable[..., list[str]], truth: str, name: str) -> None:
    change, problem = LIES[name]
    value = json.loads(truth)
    change(value)
    assert problem in "; ".join(tried(printing(json.dumps(value))))


@pytest.mark.parametrize("code", [0, 1, 2, 4, 139])
def test_another_exit_code(tried: Callable[..., list[str]], truth: str, code: int) -> None:
    assert tried(printing(truth, code)) == [f"exit code {code}"]


@pytest.mark.parametrize("text", ["", "all is well", "{}{}", '["V01"]', '{"exit":3,"exit":3}', "[" * 100_000, "\ud800"])
def test_garbage(tried: Callable[..., list[str]], text: str) -> None:
    found = tried(f"sys.stdout.buffer.write({text.encode('utf-8', 'surrogatepass')!r})\nsys.exit(3)")
    assert "no JSON" in "; ".join(found)


def test_crash(tried: Callable[..., list[str]]) -> None:
    assert "ZeroDivisionError" in "; ".join(tried("1 / 0"))
    assert tried("os.kill(os.getpid(), 11)")


def test_hanging(tried: Callable[..., list[str]], truth: str) -> None:
    start = time.monotonic()
    assert tried("time.sleep(600)", seconds=0.5) == ["did not end in time"]
    assert tried("print('{}', flush=True)\ntime.sleep(600)", seconds=0.5) == ["did not end in time"]
    child = f"if os.fork() == 0:\n    time.sleep(600)\n{printing(truth)}"
    assert tried(child) == []  # its child, which holds the output open, is ended
    assert time.monotonic() - start < 30


def test_endless_output(tried: Callable[..., list[str]]) -> None:
    chatter = "while True:\n    sys.std{}.write('x' * 65536)"
    assert tried(chatter.format("out"), largest=1 << 20) == ["printed 1048576 bytes or more"]
    assert tried(chatter.format("err"), seconds=0.5) == ["did not end in time"]
    assert tried("sys.stdout.write('x' * 2000)", largest=1000) == ["printed 1000 bytes or more"]


def test_no_such_command() -> None:
    assert "cannot be started" in run(["/nowhere/verifier"], 1, 1).problem


def test_exit_code_2_needs_its_object(tried: Callable[..., list[str]]) -> None:
    good = '{"exit":2,"verdict":"undecided"}'
    assert tried(printing(good, 2), "zip-parent") == []
    assert tried(printing("", 2), "zip-parent")
    assert tried(printing(good, 1), "zip-parent") == ["exit code 1"]
    assert tried(printing('{"exit":2,"verdict":"proven"}', 2), "zip-parent")


# --- the command line ---------------------------------------------------------------------------------------------

VERIFIER = f"{sys.executable} -m verifier"


def test_command_line(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["--verifier", VERIFIER, "--only", "annulled", "frozen", "--jobs", "2"]) == 0
    table = capfdbinary.readouterr().out.decode()
    assert "合计 Total: 2 / 2 一致 agree" in table
    assert "是 yes" in table
    assert main(["--verifier", "true", "--only", "frozen"]) == 1
    table = capfdbinary.readouterr().out.decode()
    assert "否 NO" in table
    assert "合计 Total: 0 / 1" in table
    assert "frozen: exit code 0; standard output is no JSON" in table
    assert main(["--list"]) == 0
    listed = capfdbinary.readouterr().out.decode()
    assert all(name in listed for name in KIT.cases)
    assert main(["--verifier", VERIFIER, "--only", "nothing"]) == 2
    for arguments in (
        [],
        ["--verifier", ""],
        ["--verifier", "x", "--jobs", "0"],
        ["--verifier", "x", "--seconds", "0"],
    ):
        with pytest.raises(SystemExit):
            main(arguments)


def test_kit_is_copied_with_the_specification_alone(tmp_path: Path) -> None:
    """Without our other packages, and without those that are installed."""
    shutil.copytree(ROOT / "conformance", tmp_path / "conformance")
    (tmp_path / "spec").symlink_to(ROOT / "spec")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import conformance.__main__ as m; sys.exit(m.main(['--list']))"
    ran = run([sys.executable, "-I", "-S", "-c", program], 60, 1 << 20)
    assert (ran.code, ran.errors, ran.problem) == (0, "", "")


def test_results_stand_in_order(truth: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys\n" + printing(truth), encoding="utf-8")
    names = ["frozen", NAME, "honest"]
    results = run_all([sys.executable, str(program)], KIT, names, jobs=3)
    assert [(one.case.name, one.agrees) for one in results] == [("frozen", False), (NAME, True), ("honest", False)]


# --- kits that cannot be used -------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A kit of one case that changes a file."""
    spec = tmp_path / "spec"
    (spec / "cases" / "bases").mkdir(parents=True)
    shutil.copy(ROOT / "spec" / "checks.json", spec)
    for name in ("frozen.zip", "frozen.trust.json"):
        shutil.copy(CASES / "bases" / name, spec / "cases" / "bases")
    shutil.copytree(CASES / "frozen", spec / "cases" / "frozen")
    (spec / "cases" / "frozen" / "files").mkdir()
    (spec / "cases" / "frozen" / "files" / "notes.txt").write_text("x")
    return spec


def edit(spec: Path, **values: Any) -> None:
    path = spec / "cases" / "frozen" / "case.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **values}))


def test_small_kit(small: Path, tmp_path: Path) -> None:
    edit(small, remove=["plan.json"])
    kit = read_kit(small)
    record = record_of(kit, "frozen", tmp_path / "made")
    assert (record / "notes.txt").read_text() == "x"
    assert not (record / "plan.json").exists()
    assert record_of(kit, "frozen", tmp_path / "made") == record


BAD_VALUES: dict[str, dict[str, Any]] = {
    "another key": {"more": 1},
    "exit is a text": {"exit": "3"},
    "exit is a boolean": {"exit": True},
    "exit code 4": {"exit": 4},
    "says nothing": {"says": ""},
    "failing is a text": {"failing": "V62"},
    "failing an unknown check": {"failing": ["V99"]},
    "failing in another order": {"failing": ["V62", "V57"]},
    "failing twice": {"failing": ["V62", "V62"]},
    "fails and passes": {"passing": ["V62"]},
    "inconsistent without a conviction": {"exit": 1},
    "proven with a failure": {"exit": 0},
    "undecided with a failure": {"exit": 2, "passing": []},
    "not proven with a conviction": {"failing": ["V01", "V62"], "passing": []},
    "unknown option": {"arguments": {"key": "bases/frozen.trust.json"}},
    "an array for one file": {"arguments": {"trust": ["bases/frozen.trust.json"]}},
    "a text for an array": {"arguments": {"sealed": "bases/frozen.trust.json"}},
    "an empty array": {"arguments": {"sealed": []}},
    "a file that is not there": {"arguments": {"trust": "bases/other.trust.json"}},
    "a case that is not there": {"arguments": {"since": "other/"}},
    "a file outside": {"arguments": {"trust": "../checks.json"}},
    "an absolute file": {"arguments": {"trust": "/etc/hostname"}},
    "a base that is not there": {"base": "other"},
    "a base outside": {"base": "../bases/frozen"},
    "no base and no zip": {"base": "", "remove": []},
    "removes what is not there": {"remove": ["delay.json"]},
    "a file that nobody uses": {"arguments": {}},
}


@pytest.mark.parametrize("name", BAD_VALUES)
def test_case_that_cannot_be_used(small: Path, name: str) -> None:
    read_kit(small)
    edit(small, **BAD_VALUES[name])
    with pytest.raises(CaseError):
        read_kit(small)


def _no_case(cases: Path) -> None:
    (cases / "frozen" / "case.json").unlink()


def _no_json(cases: Path) -> None:
    (cases / "frozen" / "case.json").write_text("{")


def _array(cases: Path) -> None:
    (cases / "frozen" / "case.json").write_text("[]")


def _capital(cases: Path) -> None:
    (cases / "frozen").rename(cases / "Frozen")


def _stray(cases: Path) -> None:
    (cases / "README.md").write_text("x")


def _stray_inside(cases: Path) -> None:
    (cases / "frozen" / "trust.json").write_text("{}")


def _zip_and_base(cases: Path) -> None:
    shutil.copy(cases / "bases" / "frozen.zip", cases / "frozen" / "record.zip")


def _broken_base(cases: Path) -> None:
    (cases / "bases" / "frozen.zip").write_bytes(b"PK")


def _no_cases(cases: Path) -> None:
    shutil.rmtree(cases)


@pytest.mark.parametrize(
    "change",
    [_no_case, _no_json, _array, _capital, _stray, _stray_inside, _zip_and_base, _broken_base, _no_cases],
)
def test_folder_that_cannot_be_used(small: Path, change: Callable[[Path], None]) -> None:
    change(small / "cases")
    with pytest.raises(CaseError):
        read_kit(small)
    assert main(["--list", "--spec", str(small)]) == 2
