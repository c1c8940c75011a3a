"""Finding the programs we did not write. Under CI=true none may be missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.simulator import ROOT

# Beside the environment that runs the tests; `make test` makes it.
AICS = ROOT / ".venv" / "interop" / "bin"
GOPATH = Path("/usr/share/gocode")


def missing(what: str) -> None:
    """End the test: a failure under CI, else a skip that says what to install."""
    sentence = f"{what} is missing; run tests/interop/setup.sh .venv/interop"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


def need(program: str) -> str:
    """Path of a program on this machine."""
    found = shutil.which(program)
    if found is None:
        missing(program)
    return str(found)


def aics(program: str) -> str:
    """Path of a program of the aics environment."""
    path = AICS / program
    if not path.exists():
        missing(program)
    return str(path)


@cache
def _built(folder: Path) -> Path:
    go = need("go")
    out = folder / "check"
    # Debian's packages are a GOPATH; elsewhere the module is in the module cache.
    environment = os.environ | ({"GO111MODULE": "off", "GOPATH": str(GOPATH)} if GOPATH.is_dir() else {})
    environment.setdefault("GOCACHE", str(folder / "cache"))
    done = subprocess.run(
        [go, "build", "-o", str(out), "."],
        cwd=ROOT / "tests" / "interop" / "go", env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        missing(f"golang.org/x/mod ({done.stderr.strip()[:300]})")
    return out


def go_check(factory: pytest.TempPathFactory) -> str:
    """Path of our Go program, built once a run."""
    return str(_built(factory.getbasetemp()))
