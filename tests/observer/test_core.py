"""The page's modules under Node: the tests stand beside them, in `verifiable_draw/web/observer/test/`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.observer import tape
from tests.simulator import ROOT
from verifiable_draw import observer_page

WEB = ROOT / "verifiable_draw" / "web" / "observer"


@pytest.fixture(scope="session")
def tape_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tape.write(tmp_path_factory.mktemp("tape"))


@pytest.mark.parametrize("name", sorted(path.stem for path in (WEB / "test").glob("*.test.mjs")))
def test_under_node(name: str, tape_file: Path, tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        message = "node and npm are not installed; on Debian: apt-get install nodejs npm"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    observer_page.packages()
    command = ["node", "--test", "--test-reporter=tap", f"test/{name}.mjs"]
    given = os.environ | {"TAPE": str(tape_file), "FORKS": str(tmp_path)}
    found = subprocess.run(command, cwd=WEB, capture_output=True, check=False, timeout=300, env=given)
    assert found.returncode == 0, found.stdout.decode()[-6000:]
    forks = sorted(tmp_path.glob("*.json"))
    assert len(forks) == (3 if name == "hostile.test" else 0)
    for path in forks:  # the evidence that a device kept is taken by whoever holds the ledger's key
        command = [sys.executable, "-m", "verifier", "--fork", str(path), "--key", path.stem.split("-")[0]]
        judged = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=60)
        assert judged.returncode == 0, judged.stdout.decode()
