"""One cell at a time: any content to clean text, with the repairs that took, or a refusal."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache

Raw = str | int | float | bool | date | time | timedelta
"""What a cell may hold; a datetime is a date, an empty cell is ""."""

EXACT_INTEGERS = 1e15
"""Excel keeps 15 significant digits; from here on a number cell may have lost its last ones."""

_WIDE = {0xFF01 + offset: 0x21 + offset for offset in range(94)}
_INVISIBLE = dict.fromkeys([0xAD, 0xFEFF, 0x2060, *range(0x200B, 0x2010), *range(0x202A, 0x202F)])
_DOTS = dict.fromkeys(map(ord, "\u2022\u2027\u30fb\uff65\u2219\u22c5"), "\u00b7")
_CHINESE = r"[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_INNER_SPACE = re.compile(rf"(?<={_CHINESE}) (?={_CHINESE})")
_AROUND_DOT = re.compile(r" ?· ?")
_FULL_STOP_AS_DOT = re.compile(rf"(?<={_CHINESE})[.。](?={_CHINESE})")
_TITLE_DROPS = re.compile(r"[\s★*※:]|\([^()]*\)$")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212_:\u3001"), "-")
_APOSTROPHES = "'‘’`"
_AS_FORMULA = re.compile(r'\A="([^"]*)"\Z')
_RARE_PLANES = range(0x20000, 0x40000)
_NAME_MAXIMUM = 60
_CLASSES = (
    (bool, ("逻辑值", "a logical value")),
    ((int, float), ("数字格式", "a number cell")),
    (object, ("日期格式", "a date cell")),
)


class RefusedError(Exception):
    """A cell that cannot be read; `code` names the row of the catalogue. Carries nothing of the content."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reading:
    """Clean text and the codes of the repairs that made it clean."""

    text: str
    repairs: tuple[str, ...] = ()

    def then(self, changed: str, code: str) -> Reading:
        """Return the reading after one more step, listing `code` only if the step changed something."""
        if changed == self.text:
            return self
        return Reading(changed, self.repairs if code in self.repairs else (*self.repairs, code))


def is_blank(raw: Raw) -> bool:
    """Whether a cell shows nothing: empty, or only spaces and invisible characters."""
    if not isinstance(raw, str) or raw[:1].isalnum():
        return False
    return not raw or not raw.translate(_INVISIBLE).strip()


def describe(raw: Raw) -> tuple[str, str]:
    """Return the class of a cell's content in Chinese and English, never the content."""
    if not isinstance(raw, str):
        return next(words for kinds, words in _CLASSES if isinstance(raw, kinds))
    shown = raw.strip()
    if not shown:
        return "空白", "blank"
    if shown.isdigit():
        return f"{len(shown)} 位数字", f"{len(shown)} digits"
    if shown.isascii():
        return f"{len(shown)} 位字母或符号", f"{len(shown)} ASCII characters"
    return f"{len(shown)} 个字符的文字", f"{len(shown)} characters"


def clean(raw: Raw) -> Reading:
    """Return the text of a cell: half-width, no invisible characters, single inner spaces, none around it.

    Raises RefusedError for dates (Excel makes them of texts such as 1-2) and for numbers that are no exact integer.
    """
    if isinstance(raw, str):
        if raw.isascii() and raw.isalnum():
            return Reading(raw)
        reading = Reading(raw).then(raw.translate(_WIDE), "fullwidth")
        return reading.then(" ".join(reading.text.translate(_INVISIBLE).split()), "spaces")
    if isinstance(raw, bool):
        return Reading(str(int(raw)), ("number_cell",))
    if isinstance(raw, int | float):
        if raw != raw // 1 or abs(raw) >= EXACT_INTEGERS:
            raise RefusedError("inexact_number")
        return Reading(str(int(raw)), ("number_cell",))
    raise RefusedError("date_cell")


def compact(raw: Raw) -> Reading:
    """Return the text of a code or number: as `clean`, without any space, upper case, without what keeps it text.

    That is an apostrophe in Excel, and in a CSV file ="…", which many programs write around long numbers.
    """
    reading = clean(raw)
    reading = reading.then(_AS_FORMULA.sub(r"\1", reading.text), "text_formula")
    reading = reading.then(reading.text.replace(" ", "").lstrip(_APOSTROPHES), "spaces")
    return reading.then(reading.text.upper(), "upper_case")


def fold_title(raw: Raw) -> str:
    """Return a column title for comparing: half-width, without spaces, stars, colons and a note in brackets."""
    if not isinstance(raw, str) or len(raw) > _NAME_MAXIMUM or raw.isdigit():
        return ""
    return _fold_text(raw)


@lru_cache(maxsize=4096)
def _fold_text(raw: str) -> str:
    return _TITLE_DROPS.sub("", raw.translate(_WIDE).translate(_INVISIBLE))


def fold_code(text: str) -> str:
    """Return a coded word for comparing: every dash, colon and enumeration comma is a hyphen."""
    return text.translate(_DASHES)


def clean_name(raw: Raw) -> Reading:
    """Return a person's name in normal form (see `Student`); RefusedError for characters no name has."""
    reading = clean(raw)
    reading = reading.then(unicodedata.normalize("NFC", reading.text), "characters")
    reading = reading.then(_INNER_SPACE.sub("", reading.text), "spaces")
    dotted = _AROUND_DOT.sub("·", _FULL_STOP_AS_DOT.sub("·", reading.text.translate(_DOTS)))
    reading = reading.then(dotted, "middle_dot")
    if "number_cell" in reading.repairs or not is_name(reading.text):
        raise RefusedError("bad_name")
    return reading


def is_name(name: str) -> bool:
    """Whether only letters, ideographs, middle dots and the marks of foreign names occur, and at least one letter.

    Digits and brackets are how schools tell same names apart, "?" and private-use characters what a conversion
    leaves of a rare one: none of them belongs to the child.
    """
    return len(name) <= _NAME_MAXIMUM and any(map(_is_letter, name)) and all(map(_in_name, name))


def _in_name(character: str) -> bool:
    return character in "· -'." or _is_letter(character) or unicodedata.category(character).startswith("M")


def _is_letter(character: str) -> bool:
    # The planes of rare ideographs are taken whole: Python's tables lag behind the newest rare characters.
    return character == "〇" or ord(character) in _RARE_PLANES or unicodedata.category(character).startswith("L")
