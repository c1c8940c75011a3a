"""The types of findings: those of the specification, each with its sentence."""

from __future__ import annotations

import json

from tests.simulator import ROOT
from verifiable_draw.inspection.kinds import KINDS
from verifiable_draw.simulation.wrongs import WRONGS
from verifiable_draw.texts import catalogue


def test_the_list_of_findings_is_that_of_the_specification() -> None:
    listed = json.loads((ROOT / "spec" / "findings.json").read_text())
    rows = {}
    for name, kind in KINDS.items():
        zh, en, *_ = catalogue()[f"finding.{name.replace('-', '_')}"]
        rows[name] = {"type": name, "severity": kind.severity, "plan": kind.plan, "zh": zh, "en": en}
    assert listed == list(rows.values())
    assert {one.finding for one in WRONGS.values()} <= rows.keys()
