"""The ledgers of test_year.py before the verifier in JavaScript: the same checks fail."""

from __future__ import annotations

import shutil

import pytest
from verifier import engine

from test_slips_in_javascript import Batch
from test_year import LEDGERS, written


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
def test_both_say_the_same(tmp_path):
    batch = Batch(tmp_path)
    for one in LEDGERS:
        batch.add(written(one.steps))
    theirs = batch.in_javascript()
    assert len(theirs) == len(LEDGERS)
    for one, found in zip(LEDGERS, theirs):
        failing = {row["id"] for row in found["checks"] if row["outcome"] == engine.FAIL}
        assert failing - {"V57", "V62"} == {one.fails} - {""}, one.name
        if not one.fails:
            assert next(row["outcome"] for row in found["checks"] if row["id"] == "V19") == engine.PASS, one.name
        assert found["exit"] == (1 if one.fails else 3), one.name
