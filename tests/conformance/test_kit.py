"""The kit is what its generator makes, both verifiers agree with it, and it looks at every check."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from conformance.__main__ import run_all
from conformance.cases import Case, command_line
from conformance.run import Ran, Result, compare
from tests.conformance import build
from tests.conformance.kit import KIT, given
from tests.conformance.session import CASES, paths
from tests.simulator import ROOT
from verifier import classgroup, cli, ed25519, grouping, report

NODE = ROOT / "verifier" / "web" / "node.mjs"


@pytest.fixture
def _remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most records hold the same signatures, primes and groups: what is pure is computed once."""
    monkeypatch.setattr(classgroup, "hash_prime", functools.cache(classgroup.hash_prime))
    monkeypatch.setattr(ed25519, "verify", functools.cache(ed25519.verify))
    compute, known = grouping.compute, {}

    def by_value(sealed, seed, bundlings):
        key = (json.dumps(sealed), seed, bundlings)
        if key not in known:
            known[key] = compute(sealed, seed, bundlings)
        return json.loads(json.dumps(known[key]))

    monkeypatch.setattr(grouping, "compute", by_value)


def judged(name: str, folder: Path) -> Result:
    """The Python verifier's answer to a case, without a process of its own."""
    options = cli.parser().parse_args(command_line(KIT, name, folder))
    found = cli.verify(options.path, **{one: getattr(options, one) for one in cli.BESIDE})
    return compare(KIT, KIT.cases[name], Ran(found.exit, report.as_json(found).encode(), ""))


@pytest.mark.usefixtures("_remembered")
def test_verifier_agrees_and_every_check_is_tried(tmp_path: Path) -> None:
    results = [judged(name, tmp_path / name) for name in KIT.cases]
    assert [(one.case.name, one.problems) for one in results if not one.agrees] == []
    failed = [{name for name, outcome in one.outcomes.items() if outcome == "FAIL"} for one in results]
    for check in KIT.checks:
        assert {check.id} in failed, f"{check.id} fails alone in no case"
        assert any(check.id in names for names in failed), f"{check.id} fails in no case"
        told = [one for one in results if check.id in one.case.passing]
        assert any(one.outcomes[check.id] == "PASS" for one in told), f"{check.id} must pass in no case"
    assert {one.case.exit for one in results} == {0, 1, 2, 3}


def test_what_need_not_pass_does_not_pass() -> None:
    """`passing` is told for every case without inconsistency, and for no other (K3)."""
    for case in KIT.cases.values():
        assert bool(case.passing) == (case.exit in (0, 3)), case.name


@pytest.mark.slow
def test_second_verifier_agrees() -> None:
    if not NODE.is_file() or shutil.which("node") is None:
        assert os.environ.get("CI") != "true", "node and verifier/web/node.mjs are needed"
        pytest.skip("there is no node or no verifier/web/node.mjs")
    results = run_all(["node", str(NODE)], KIT, list(KIT.cases), jobs=2)
    assert [(one.case.name, one.problems) for one in results if not one.agrees] == []


def test_verifier_agrees_as_a_command() -> None:
    names = ["honest", "annulled", "chain-broken", "zip-parent", "year", "since-frozen"]
    results = run_all([sys.executable, "-m", "verifier"], KIT, names)
    assert [(one.case.name, one.problems) for one in results] == [(name, ()) for name in names]


# --- generated files ----------------------------------------------------------------------------------------------


def test_generated_pages_and_tables_are_current() -> None:
    files = {path: (CASES / path).read_bytes() for path in paths(CASES) if path.endswith("/case.json")}
    for path, data in build.generated(build.case_values(files)).items():
        assert (ROOT / path).read_bytes() == data, f"{path}: run 'make vectors' and read the difference"


def test_table_is_the_kit() -> None:
    assert set(build.TABLE) == set(KIT.cases)
    for name, case in build.TABLE.items():
        held: Case = KIT.cases[name]
        assert (held.says, set(held.failing)) == (case.says, set(case.failing.split())), f"{name}: run 'make vectors'"


@pytest.mark.slow
def test_cases_are_what_the_generator_makes() -> None:
    files = build.build_all()
    assert sorted(files) == sorted(paths(CASES)), "run 'make vectors'"
    for path, data in files.items():
        assert (CASES / path).read_bytes() == data, f"{path}: run 'make vectors' and read the difference"


def test_kit_is_small() -> None:
    assert sum((CASES / path).stat().st_size for path in paths(CASES)) < 10_000_000


def test_a_case_as_files(tmp_path: Path) -> None:
    files = given("proven-altered-list", tmp_path)
    assert files["trust"] == CASES / "bases" / "proven.trust.json"
    assert cli.verify(str(files["record"]), trust=str(files["trust"])).exit == 1
    with pytest.raises(ValueError, match="another case"):
        given("since-frozen", tmp_path)
