"""The records of test_slips.py, and their slips, before the verifier in JavaScript: the same checks fail, the same is shown."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any, Dict, List

import pytest
from verifier import engine, record, report
from verifier.canonical import encode
from verifier.context import Context, Given

from builder import Builder
from conftest import ROOT
from test_slips import LEDGERS, PLANS, STATEMENTS, Room, room

NODE = ROOT / "verifier" / "web" / "node.mjs"


class Batch:
    """Records on the disc, judged by one run of Node and by the verifier in Python."""

    def __init__(self, folder: Any) -> None:
        self.folder, self.jobs, self.given = folder, [], []  # type: Any, List[Dict[str, Any]], List[Any]

    def add(self, built: Builder, slip: Any = None) -> None:
        at = self.folder / str(len(self.jobs))
        for path, data in built.files.items():
            (at / "record" / path).parent.mkdir(parents=True, exist_ok=True)
            (at / "record" / path).write_bytes(data)
        sealed = [at / f"{name}.json" for name in sorted(built.sealed)]
        for path, name in zip(sealed, sorted(built.sealed)):
            path.write_bytes(built.sealed[name])
        (at / "trust.json").write_bytes(encode(built.trust()))
        job = {"record": str(at / "record"), "trust": str(at / "trust.json"), "sealed": list(map(str, sealed))}
        if slip is not None:
            (at / "slip.json").write_bytes(encode(slip))
            job["slip"] = str(at / "slip.json")
        self.jobs.append(job)
        self.given.append((built, slip))

    def in_javascript(self) -> List[Dict[str, Any]]:
        lines = "".join(json.dumps(job) + "\n" for job in self.jobs)
        done = subprocess.run(["node", str(NODE), "--batch"], input=lines.encode(), capture_output=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def in_python(self) -> List[report.Report]:
        out = []
        for built, slip in self.given:
            files = record.Files()
            files.data = dict(built.files)
            context = Context(files, Given(trust=built.trust(), sealed=list(built.sealed.values()), slip=slip))
            out.append(report.make(context, engine.run_all(context)))
        return out


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_both_say_the_same(tmp_path):
    batch = Batch(tmp_path)
    for changes, _ in LEDGERS:
        batch.add(Room(changes).build("header"))
    for change, _ in PLANS:
        batch.add(Builder({"file:plan.json": change}).build("header"))
    for change, _ in STATEMENTS:
        batch.add(Room({"file:statement.json": change}).build())
    honest, frozen = room(), room("header")
    own = honest.slip("d01", 5)
    slips = [own, honest.slip("d02", 35), honest.slip("d01", 0, second=False), dict(own, name="别人"), dict(own, secret="00" * 16),
             dict(own, second="00" * 16), dict(own, session="2025-autumn"),
             dict(own, secret="00" * 16, second="")]  # fmt: skip
    for slip in slips:
        batch.add(honest, slip)
    batch.add(frozen, own)
    batch.add(honest, dict(own, salt="00" * 32))  # of no form: exit code 2
    theirs, ours = batch.in_javascript(), batch.in_python()[:-1]
    assert len(theirs) == len(batch.jobs)
    assert (theirs[-1]["exit"], theirs[-1]["checks"]) == (2, [])
    for number, (one, other) in enumerate(zip(ours, theirs)):
        failing = [check.check.id for check in one.outcomes if check.outcome == engine.FAIL]
        assert [row["id"] for row in other["checks"] if row["outcome"] == engine.FAIL] == failing, number
        assert (one.exit, one.slip) == (other["exit"], other["slip"]), number
        slips = {row["id"]: row["outcome"] for row in other["checks"] if row["id"] in ("V90", "V92")}
        assert slips == {check.check.id: check.outcome for check in one.outcomes if check.check.id in slips}, number
    assert sum(bool(one.slip) for one in ours) == 5
