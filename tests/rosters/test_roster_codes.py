"""The tables agree with themselves and with the catalogue of sentences."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import verifiable_draw.rosters
from verifiable_draw.county import ERRORS
from verifiable_draw.rosters.cells import compact, fold_code, fold_title
from verifiable_draw.rosters.codes import COLUMN, COLUMNS, ETHNICITIES, EXPORT, SPELLINGS, STUDENTS, TITLES
from verifiable_draw.texts.rosters import TEXTS

PLACEHOLDERS = {
    "admitted",
    "entry",
    "en",
    "name",
    "titles",
    "year",
    "zh",
    "found",
    "grade",
    "places",
    "places_en",
    "school",
    "file",
    "sheet",
    "row",
    "column",
    "place",
    "sentence",
    "advice",
    "title",
    "english",
    "seen_zh",
    "seen_en",
    "count",
    "rows",
    "rows_en",
    "maximum",
    "students",
    "schools",
    "low",
    "high",
    "names",
}


def test_fifty_six_ethnicities() -> None:
    assert list(ETHNICITIES) == [f"{number:02d}" for number in range(1, 57)]
    assert len(set(ETHNICITIES.values())) == 56
    sample = {
        "01": "汉族",
        "06": "苗族",
        "09": "布依族",
        "12": "侗族",
        "15": "土家族",
        "25": "水族",
        "37": "仡佬族",
        "56": "基诺族",
    }
    assert sample.items() <= ETHNICITIES.items()


def test_every_ethnicity_is_read_in_every_form() -> None:
    table = SPELLINGS["ethnicity"]
    for code, name in ETHNICITIES.items():
        for spelling in (code, name, name.removesuffix("族"), f"{code}-{name}", code.removeprefix("0")):
            assert table[spelling][0] == code


def test_titles_are_unique_and_compared_folded() -> None:
    assert len(TITLES) == sum(1 + len(column.synonyms) for column in COLUMNS)
    assert all(fold_title(title) == title for title in TITLES)


def test_spellings_are_in_the_form_they_are_looked_up_in() -> None:
    for table in SPELLINGS.values():
        assert all(fold_code(compact(spelling).text) == spelling for spelling in table)


@pytest.mark.parametrize("key", TEXTS)
def test_sentences_have_known_placeholders_and_both_languages(key: str) -> None:
    row = TEXTS[key]
    for part in row:
        names = {name for _, name, _, _ in string.Formatter().parse(part) if name is not None}
        assert names <= PLACEHOLDERS
    assert key.startswith("roster.")
    assert bool(row[0])
    assert bool(row[1])
    assert bool(row[2]) == bool(row[3])


def test_every_code_in_the_source_has_its_sentence_and_the_other_way_round() -> None:
    folder = Path(verifiable_draw.rosters.__file__).parent
    files = [*folder.glob("*.py"), folder.parent / "roster_template.py"]
    source = "\n".join(path.read_text("utf-8") for path in files)
    for key in TEXTS:
        code = key.removeprefix("roster.").removeprefix("repair_").removeprefix("notice_")
        explains = code.startswith("template_") and code.removeprefix("template_") in COLUMN
        if not code.startswith("county_") and not explains:
            assert re.search(rf'"(roster\.)?{code}"', source), f"no code uses {key}"
    assert {f"roster.{code}" for code in ERRORS.values()} <= TEXTS.keys()
    exported = {column.field for column in EXPORT.columns} - {column.field for column in STUDENTS.columns}
    assert {f"roster.template_{field}" for field in COLUMN.keys() - exported} <= TEXTS.keys()
