from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.canonical import encode
from tests.simulator import ROOT, Simulator, write_record

Verdict = tuple[int, dict[str, Any]]


@pytest.fixture(autouse=True, scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the programs remember of ledgers goes to a folder of this run; nobody is asked for a passphrase."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VDRAW_STATE", str(tmp_path_factory.mktemp("state")))
        patch.setenv("VDRAW_PASSPHRASE", "correct horse")
        yield


@pytest.fixture(scope="session")
def chromium() -> str:
    """The system's Chromium; under CI=true it must be there."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
    if not found:
        message = "Chromium is not installed; on Debian: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """What drives Chromium: a process can start it only once, whichever folders' tests it runs."""
    with pytest.importorskip("playwright.sync_api").sync_playwright() as started:
        yield started


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Simulator]:
    simulator = Simulator(tmp_path)
    yield simulator
    simulator.room.close()


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A published rehearsal; tests only read it."""
    simulator = Simulator(tmp_path_factory.mktemp("finished")).run()
    yield simulator
    simulator.room.close()


@pytest.fixture(scope="session")
def verify(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Verdict]:
    """The verifier as a subprocess: exit code and JSON report."""

    def run(record: dict[str, bytes] | Path, trust: dict[str, Any] | None = None, *arguments: str) -> Verdict:
        folder = tmp_path_factory.mktemp("record")
        path = write_record(record, folder / "record") if isinstance(record, dict) else record
        extra = list(arguments)
        if trust is not None:
            (folder / "trust.json").write_bytes(encode(trust))
            extra += ["--trust", str(folder / "trust.json")]
        command = [sys.executable, "-m", "verifier", str(path), "--json", *extra]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300)
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, {"output": done.stdout + done.stderr}

    return run


def outcomes(report: dict[str, Any], outcome: str) -> list[str]:
    """Ids of the checks with an outcome."""
    return [check["id"] for check in report["checks"] if check["outcome"] == outcome]
