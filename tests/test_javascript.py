"""The browser verifier's own tests, which run under Node: vectors, third-party cases, the conformance cases."""

from __future__ import annotations

import subprocess

import pytest

from tests.simulator import ROOT

WEB = ROOT / "verifier" / "web"


@pytest.mark.parametrize("name", ["vectors", "options", "family", pytest.param("cases", marks=pytest.mark.slow)])
def test_under_node(name: str) -> None:
    command = ["node", "--test", "--test-reporter=tap", f"test/{name}.mjs"]
    found = subprocess.run(command, cwd=WEB, capture_output=True, check=False, timeout=300)
    assert found.returncode == 0, found.stdout.decode()[-4000:]
