from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.interop.tools import go_check

Go = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> Go:
    """Our Go program over golang.org/x/mod: exit code and what it printed."""
    program = go_check(tmp_path_factory)

    def run(*arguments: object) -> tuple[int, dict[str, Any]]:
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}

    return run
