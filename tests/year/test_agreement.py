"""The bureau's replay takes and refuses the very ledgers that the verifiers do: both were written from spec/year.md."""

from __future__ import annotations

import sys

import pytest

from tests.simulator import ROOT
from verifiable_draw.errors import DrawError
from verifiable_draw.replay import replay

sys.path.insert(0, str(ROOT / "tests" / "verifier"))
import test_year as written_by_the_specification

LEDGERS = written_by_the_specification.LEDGERS


@pytest.mark.parametrize("one", LEDGERS, ids=[one.name for one in LEDGERS])
def test_replay_agrees_with_the_verifiers(one) -> None:
    built = written_by_the_specification.written(one.steps)
    files = built.files
    lines = files["ledger/entries.jsonl"].splitlines()
    load = lambda _session, name: files.get(name)  # noqa: E731
    if one.fails:
        with pytest.raises(DrawError):
            replay(lines, load)
    else:
        view = replay(lines, load)
        assert view.size == len(lines)
