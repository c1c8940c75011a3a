"""The page's modules under Node: the tests stand beside them, in `verifiable_draw/web/observer/test/`."""

from __future__ import annotations

import os
import shutil
import subprocess
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
def test_under_node(name: str, tape_file: Path) -> None:
    if shutil.which("npm") is None:
        message = "node and npm are not installed; on Debian: apt-get install nodejs npm"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    observer_page.packages()
    command = ["node", "--test", "--test-reporter=tap", f"test/{name}.mjs"]
    found = subprocess.run(
        command, cwd=WEB, capture_output=True, check=False, timeout=300, env=os.environ | {"TAPE": str(tape_file)}
    )
    assert found.returncode == 0, found.stdout.decode()[-6000:]
