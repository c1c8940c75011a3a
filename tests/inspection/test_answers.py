"""Small p values of a year become one note each (spec/year.md Y10); answers kept for a later run are those asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from verifiable_draw.inspection.draws import FILES, Job
from verifiable_draw.inspection.running import _clustered


def row(draw: str, *chances: tuple[str, str]) -> dict[str, Any]:
    return {
        "chances": [
            {"adjusted": "", "attribute": name, "p": p, "pairs": 3, "permutations": 0} for name, p in chances
        ],
        "draw": draw, "grade": 1, "school": "9910000001", "session": "s1", "year": 2026,
    }  # fmt: skip


def test_what_is_small_among_many_is_named_and_the_rest_is_not() -> None:
    rows = [row(f"d{i}", ("primary_school", "1/2")) for i in range(98)]
    rows.append(row("d98", ("primary_school", "1/5000"), ("staff_child", "1/20000")))
    found = list(_clustered(rows))
    # 100 tests: 1/20000 becomes 1/200, 1/5000 becomes 99/5000, which is not below 1/100.
    assert [(one.type, one.severity, one.subject) for one in found] == [("clustered", "note", "d98 staff_child")]
    assert [one["adjusted"] for one in rows[-1]["chances"]] == ["0.019800", "0.005000"]
    assert [one["p"] for one in rows[-1]["chances"]] == ["0.000200", "0.000050"]
    assert rows[0]["chances"][0]["adjusted"] == "1.000000"
    assert "0.005000" in found[0].words.zh
    assert "不证明" in found[0].words.zh


def test_one_test_alone_needs_no_adjustment_and_none_gives_nothing() -> None:
    assert [one.subject for one in _clustered([row("d1", ("staff_child", "1/101"))])] == ["d1 staff_child"]
    assert list(_clustered([row("d1", ("staff_child", "1/100"))])) == []
    assert list(_clustered([row("d1")])) == []


def test_what_is_missing_is_another_question_than_what_is_empty() -> None:
    job = Job("s1", "d1", b"plan", b"header", dict.fromkeys(FILES, b""), b"", ("", ""), (b"", b""), b"")
    others = [replace(job, sealed=None), replace(job, files={**job.files, "result": None}), replace(job, stated=b"{}")]
    assert len({job.key(), *(one.key() for one in others)}) == 4
    assert job.key() == replace(job).key()
