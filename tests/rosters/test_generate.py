"""`vdraw generate`: every file says on import what expected.json promises; regions have shares of their own."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from verifiable_draw.cli import main
from verifiable_draw.county import ERRORS, FORMS, MESS, SchoolSpec, generate_students
from verifiable_draw.county_generate import generate
from verifiable_draw.county_regions import REGIONS
from verifiable_draw.errors import UsageError
from verifiable_draw.rosters import import_rosters


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Twelve schools with every kind of mess, every error and every form of file."""
    out = tmp_path_factory.mktemp("county")
    return out, generate(out, 12, 1500, "all of it", mess=["all"], errors=["all"], forms=["all"])


def test_every_file_is_imported_as_expected(county: tuple[Path, dict[str, Any]]) -> None:
    out, expected = county
    assert json.loads((out / "expected.json").read_text("utf-8")) == expected
    assert len(expected["files"]) == 12
    for file in expected["files"]:
        report = import_rosters([out / file["file"]])
        assert sorted({problem.code for problem in report.problems}) == file["problems"], file["file"]
        if not file["errors"]:
            assert sorted({repair.code for repair in report.repairs}) == file["repairs"], file["file"]
            assert len(report.students) == file["students"]
            assert {(student.school, student.grade) for student in report.students} == {(file["school"], file["grade"])}


def test_every_kind_is_somewhere(county: tuple[Path, dict[str, Any]]) -> None:
    _, expected = county
    assert {kind for file in expected["files"] for kind in file["mess"]} == MESS.keys()
    assert {kind for file in expected["files"] for kind in file["errors"]} == ERRORS.keys()
    assert {file["form"] for file in expected["files"]} == FORMS.keys()
    assert {code for file in expected["files"] for code in file["problems"]} == set(ERRORS.values())
    assert len(MESS) + len(FORMS) - 1 >= 30


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        generate(
            tmp_path / name, 3, 200, "seed" if name != "c" else "other", mess=["spaces"], forms=["xlsx", "ods", "csv"]
        )
    first, second, third = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("a", "b", "c")
    )
    assert first == second
    assert first != third


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mess": ["nonsense"]}, "nonsense"),
        ({"errors": ["spaces"]}, "spaces"),
        ({"forms": ["pdf"]}, "pdf"),
        ({"region": "atlantis"}, "atlantis"),
        ({"schools": 2, "students": 150, "mess": ["all"]}, "工作簿太少"),
        ({"schools": 2, "students": 110, "errors": ["all"]}, "学生太少"),
    ],
)
def test_what_cannot_be_made(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said):
        generate(**({"out": tmp_path, "schools": 3, "students": 200, "seed": "x"} | changes))


@pytest.mark.parametrize("name", REGIONS)
def test_regions(name: str) -> None:
    region = REGIONS[name]
    spec = SchoolSpec("9910000001", "甲", 1, 3000, 60)
    people = generate_students(spec, "region", name)
    nations = Counter(student.ethnicity for student in people)
    total = sum(region.shares.values())
    for code, share in region.shares.items():
        if share > 50:
            assert 0.4 < nations[code] / len(people) / (share / total) < 1.8
    assert nations.keys() <= region.shares.keys()
    low, high = region.migrants
    migrants = sum(student.migrant for student in people) / len(people)
    assert low - 0.03 < migrants < high + 0.03


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "generate",
                str(tmp_path / "out"),
                "--schools",
                "2",
                "--students",
                "120",
                "--format",
                "csv-bom",
                "--mess",
                "spaces",
            ]
        )
    assert not ended.value.code
    assert "2 份名册、120 名学生" in capsys.readouterr().out
    assert len(list((tmp_path / "out").glob("*.csv"))) == 2
    with pytest.raises(SystemExit):
        main(["generate", str(tmp_path), "--list"])
    listed = capsys.readouterr().out
    assert all(name in listed for name in [*MESS, *ERRORS, *FORMS, *REGIONS])
