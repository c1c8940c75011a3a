"""Grades and classes as people write them, and which class of a draw is meant (spec/year.md Y5). Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

OTHER_CLASS = 999
"""A class that the draw does not have and whose number nobody can tell."""
MAX_CLASS = 200
REMEMBERED = 4096
"""Texts whose meaning is kept: the children of a class all have the same."""
PRIMARY, JUNIOR = 1, 7

_DIGITS = "一二三四五六七八九"
_NOTHING = re.compile(r"[\s第]")
_BETWEEN = re.compile(r"[()\[\]{}【】〔〕〈〉《》<>\-_.·•—–/、,:]+")
_ENDS = re.compile(r"(?:\||班级?)+\Z")
_CODE = re.compile(r"[0-9]+\|(?=[^0-9|])", re.ASCII)
_HEAD = re.compile(
    r"\|*(?P<stage>普通小学|小学|小|普通初中|初中|初|中学)?\|*(?:"
    rf"(?P<cohort>20[0-9][0-9])年?级|(?P<short>[0-9][0-9])级|0?(?P<grade>[1-9{_DIGITS}])(?:年级|年)"
    rf"|(?P<bare>[1-9{_DIGITS}])(?=\|)|(?P<joined>[{_DIGITS}])(?=[0-9])"
    r")\|*",
    re.ASCII,
)
_STAGED = re.compile(rf"(?P<stage>小学|小|初中|初|中学)?0?(?P<grade>[1-9{_DIGITS}])", re.ASCII)
_YEAR = re.compile(r"(?P<stage>小学|小|初中|初|中学)?(?P<cohort>20[0-9][0-9])", re.ASCII)
_TENS = re.compile(rf"(?P<tens>[{_DIGITS}])?十(?P<ones>[{_DIGITS}])?")
_NUMBER = re.compile(r"[0-9]{1,8}", re.ASCII)
_ENTERED = re.compile(r"(20[0-9][0-9])(?:[-/.年]?[0-9]{0,2}(?:[-/.月]?[0-9]{0,2})?(?:日|月)?|级|学年)?", re.ASCII)
JUNIOR_GRADES = 3


@dataclass(frozen=True, slots=True)
class Words:
    """What a text says: grade 1 to 9, year of entry, first grade of the stage (1 or 7), 0 where it does not.

    `rest` is what is left, without brackets, grade and 班; `whole` the text without brackets and 班.
    """

    grade: int = 0
    cohort: int = 0
    stage: int = 0
    rest: str = ""
    whole: str = ""


@lru_cache(maxsize=REMEMBERED)
def class_words(text: str) -> Words:
    """Take a class apart: 1, 一班, (1)班, 一(1)班, 一年级1班, 2026级1班, 初一3班, or a name."""
    rest = bare = _bare(text)
    words = Words(whole=bare.replace("|", ""))
    while found := _HEAD.match(rest):
        words = _with(words, found)
        rest = rest[found.end() :]
    return replace(words, rest=rest.replace("|", ""))


@lru_cache(maxsize=REMEMBERED)
def grade_words(text: str) -> Words:
    """Take a grade apart: 1, 一年级, 小学一年级, 初一, 2026级, 11-小学一年级; `rest` is "" if that is all it says."""
    bare = _CODE.sub("", _bare(text), count=1)
    found = _STAGED.fullmatch(bare) or _YEAR.fullmatch(bare)
    if found:
        return _with(Words(whole=bare), found)
    return class_words(bare)


@lru_cache(maxsize=REMEMBERED)
def entry_year(text: str) -> int:
    """Year of a date of entry, of any of the ways to write one; 0 if it says none."""
    found = _ENTERED.fullmatch(_NOTHING.sub("", text))
    return int(found[1]) if found else 0


def _bare(text: str) -> str:
    """Without spaces and 第, ② as 2; brackets and dashes are one bar, 班 at the end is left out."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return _ENDS.sub("", _BETWEEN.sub("|", _NOTHING.sub("", plain))).lstrip("|")


def _with(words: Words, found: re.Match[str]) -> Words:
    """Add what a beginning says; in a junior school 一 to 三 are grades 7 to 9."""
    said = found.groupdict()
    stage = words.stage
    if said["stage"]:
        stage = PRIMARY if "小" in said["stage"] else JUNIOR
    digit = next((said[name] for name in ("grade", "bare", "joined") if said.get(name)), "")
    grade = words.grade
    if digit:
        grade = _DIGITS.index(digit) + 1 if digit in _DIGITS else int(digit)
        grade += JUNIOR - 1 if stage == JUNIOR and grade <= JUNIOR_GRADES else 0
    short = said.get("short")
    cohort = int(said.get("cohort") or 0) or (2000 + int(short) if short else words.cohort)
    return Words(grade, cohort, stage, words.rest, words.whole)


def numeral(text: str) -> int:
    """A whole number in digits or, up to 99, in Chinese; 0 for anything else."""
    if _NUMBER.fullmatch(text):
        return int(text)
    if text and text in _DIGITS:
        return _DIGITS.index(text) + 1
    found = _TENS.fullmatch(text)
    if not found:
        return 0
    tens, ones = (_DIGITS.index(found[name]) + 1 if found[name] else 0 for name in ("tens", "ones"))
    return (tens or 1) * 10 + ones


@dataclass(frozen=True, slots=True)
class Division:
    """A school's grade as the draw divided it: number of classes, and their names if the plan gave them some."""

    classes: int
    names: tuple[str, ...] = ()

    def title(self, number: int) -> str:
        """What a class is called; — for none."""
        if number == 0:
            return "—"
        if number == OTHER_CLASS:
            return "抽签没有的班"
        return self.names[number - 1] if number <= len(self.names) else f"{number}班"

    @lru_cache(maxsize=REMEMBERED)  # noqa: B019 - keeps small values, no workspace
    def number(self, words: Words, grade: int, year: int) -> int:
        """The class of the draw that is meant; what the draw does not have is its own number, or OTHER_CLASS."""
        parsed = [class_words(name) for name in self.names]
        for said in (words.whole, words.rest):
            for place, name in enumerate(parsed, 1):
                if said and said == name.whole:
                    return place
        wanted = numeral(words.rest)
        if not wanted:
            return OTHER_CLASS
        numbers = [numeral(name.rest) for name in parsed]
        if any(numbers):
            return _named(numbers, wanted, grade, year)
        if wanted <= self.classes:
            return wanted
        return next(_shorter(wanted, grade, year), wanted if wanted <= MAX_CLASS else OTHER_CLASS)


def _named(numbers: list[int], wanted: int, grade: int, year: int) -> int:
    """Place of the name that has this number: as it stands, or without year and grade in front of either (101 is 1)."""
    short = [next(_shorter(number, grade, year), number) for number in numbers]
    for known, said in ((numbers, wanted), (short, wanted), (short, next(_shorter(wanted, grade, year), 0))):
        if said and known.count(said) == 1:
            return known.index(said) + 1
    return OTHER_CLASS


def _shorter(number: int, grade: int, year: int) -> Iterator[int]:
    """A number without what schools write in front of it: 101 and 701, 2601, 202601, 20261."""
    text = str(number)
    prefixes = {f"{year}{grade}": (2,), f"{year}": (1, 2), f"{year % 100:02d}": (2,), f"{grade}": (2,)}
    for prefix, lengths in prefixes.items():
        tail = text.removeprefix(prefix)
        if tail != text and len(tail) in lengths and int(tail):
            yield int(tail)
