"""Names of features for people: `sex*migrant=1*0` is 性别 × 随迁子女 = 男 × 否 (spec/allocation.md A1, A23)."""

from __future__ import annotations

from collections.abc import Iterable

from verifiable_draw.rosters.codes import COLUMN, ETHNICITIES, SEXES
from verifiable_draw.texts import text

_FLAG = {"0": ("否", "no"), "1": ("是", "yes")}
_SEX = {code: (name, english) for (code, name), english in zip(SEXES.items(), ("boys", "girls"), strict=True)}


def feature_name(feature: str, lang: str = "zh") -> str:
    """Return the name in Chinese ("zh") or English ("en")."""
    if feature == "size":
        row = text("balance.size")
        return row.zh if lang == "zh" else row.en
    attributes, _, values = feature.partition("=")
    names, parts = attributes.split("*"), values.split("*", attributes.count("*"))
    said = " × ".join(attribute_name(name, lang) for name in names)
    return f"{said} = " + " × ".join(value_name(name, part, lang) for name, part in zip(names, parts, strict=True))


def attribute_name(attribute: str, lang: str = "zh") -> str:
    """Title of an attribute's column."""
    column = COLUMN[attribute]
    return column.title if lang == "zh" else column.english


def value_name(attribute: str, value: str, lang: str = "zh") -> str:
    """A value in words, where the code tables have any."""
    if attribute == "ethnicity":
        return ETHNICITIES.get(value, value)
    known = {"sex": _SEX}.get(attribute, {} if attribute == "primary_school" else _FLAG)
    zh, en = known.get(value, (value, value))
    return zh if lang == "zh" else en


def meanings(attribute: str, values: Iterable[str], lang: str = "zh") -> str:
    """What the codes of an attribute stand for, such as `1 男、2 女`; "" where they speak for themselves."""
    said = [(value, value_name(attribute, value, lang)) for value in values]
    return "、".join(f"{value} {name}" for value, name in said if value != name)
