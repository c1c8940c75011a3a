"""The site's pages: templates to HTML, Chinese first and English beside it, no script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from verifiable_draw.documents.pages import environment as base_environment
from verifiable_draw.feature_names import attribute_name, feature_name, value_name
from verifiable_draw.record import ROOT
from verifiable_draw.site import charts
from verifiable_draw.texts import catalogue as texts
from verifiable_draw.texts import text
from verifiable_draw.whitelist import PublicNumbers, PublicSize, Release

STYLE = Path(__file__).parent / "templates" / "style.css"


def render(template: str, release: Release, depth: int, **values: object) -> bytes:
    """Fill a page; `depth`: how many folders below the site's root it stands. `values` hold numbers and links alone."""
    page = environment().get_template(template).render(
        root="../" * depth, office=release.rows["offices"][0], **release.rows, **values
    )
    return (page.rstrip() + "\n").encode()


def style() -> bytes:
    """The one style sheet."""
    return STYLE.read_bytes()


@cache
def environment() -> Environment:
    """The templates with the words and pictures they need."""
    made = base_environment("verifiable_draw.site").overlay()
    made.globals = {
        **made.globals,
        "two": two,
        "zh": lambda key, **values: text(key, **values).zh,
        "en": lambda key, **values: text(key, **values).en,
        "charts": charts,
        "numbers_chart": numbers_chart,
        "finding": finding,
        "feature_en": lambda feature: feature_name(feature, "en"),
        "attribute_en": lambda name: attribute_name(name, "en"),
    }
    return made


def two(key: str, /, **values: object) -> Markup:
    """A text in both languages, the second smaller; values are escaped."""
    row = text(key, **values)
    said = f'<span lang="zh-CN">{escape(row.zh)}</span>'
    return Markup(f'{said} <span class="en" lang="en">{escape(row.en)}</span>' if row.en != row.zh else said)  # noqa: S704 - escaped


def finding(name: str) -> Markup:
    """What a type of finding is called in both languages; one that this program does not know goes by its own name."""
    key = f"finding.name.{name}"
    return two(key) if key in texts() else escape(name)


def numbers_chart(attribute: str, rows: list[PublicNumbers], sizes: list[PublicSize]) -> Markup:
    """Bars of one attribute's numbers per class (A28)."""
    parts = [
        ("、".join(value_name(attribute, value) for value in row.values), row.counts) for row in rows
    ]
    title = f"{attribute_name(attribute)} / {attribute_name(attribute, 'en')}"
    return charts.bars(title, [size.name for size in sizes], parts)


@cache
def catalogue() -> Mapping[str, tuple[str, str]]:
    """What every check of the verifier says, in Chinese and English: of its failure where that has words of its own."""
    rows: list[dict[str, Any]] = json.loads((ROOT / "verifier" / "checks.json").read_text(encoding="utf-8"))
    return {row["id"]: (row["failure_zh"] or row["zh"], row["failure_en"] or row["en"]) for row in rows}
