"""Names that are alike: equal once everything is left out that nobody hears or reads, or of equal sound.

Pure functions of students, for notices at the import and for keeping same names apart (P2).
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache

from verifiable_draw.errors import UsageError
from verifiable_draw.rosters.student import Student


def name_key(name: str) -> str:
    """Return what two equal names have in common: no spaces and punctuation, compatibility characters and case folded.

    阿依·古丽 and 阿依古丽 are one name to a teacher who reads them out, as are Mary Ann and Mary-Ann. Characters that
    Python does not know yet are rare ideographs and stay.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(character for character in folded if unicodedata.category(character)[0] not in "ZPS")


@lru_cache(maxsize=1 << 16)
def sound_key(name: str) -> str:
    """Return the syllables of a name with their tones; a character without a known reading stands for itself.

    Equal names have equal keys. UsageError without the package pypinyin (extra "pinyin").
    """
    return " ".join(_syllables()(name_key(name)))


def same_name_groups(students: Iterable[Student], *, homophones: bool = False) -> list[tuple[Student, ...]]:
    """Return the groups of two or more students of one school and grade whose names are alike.

    Groups stand in the order of their first student, students by `Student.order`; the order given does not matter.
    """
    key = sound_key if homophones else name_key
    groups: defaultdict[tuple[str, int, str], list[Student]] = defaultdict(list)
    for student in sorted(students, key=Student.order):
        groups[student.school, student.grade, key(student.name)].append(student)
    return [tuple(group) for group in groups.values() if len(group) > 1]


@lru_cache(maxsize=1)
def _syllables() -> Callable[[str], list[str]]:
    try:
        from pypinyin import Style, lazy_pinyin  # noqa: PLC0415  an extra, asked for by an option only
    except ImportError as error:
        raise UsageError("roster.no_pinyin") from error

    # One character at a time: what a word of several characters would make of them is no rule for names.
    return lambda name: [
        syllable
        for character in name
        for syllable in lazy_pinyin(character, style=Style.TONE3, neutral_tone_with_five=True)
    ]
