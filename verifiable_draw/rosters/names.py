"""Names that are alike: equal once everything is left out that nobody hears or reads, or of equal sound.

Pure functions of students, for notices at the import, for keeping same names apart (P2) and on paper (R11).
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
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


TAILS = (4, 6)
"""Characters of a document number that are shown beside a name that several have; more where these are equal."""

Tails = Mapping[tuple[str, str], str]
"""Type and number of a document -> its last characters, for those alone whose name somebody else has too."""


def tails(students: Iterable[Student]) -> Tails:
    """Return what tells apart those of one draw whose names are alike (R11); nobody else's number is touched."""
    alike: defaultdict[str, list[Student]] = defaultdict(list)
    for student in students:
        alike[name_key(student.name)].append(student)
    found = {}
    short, long = TAILS
    for group in alike.values():
        ends = Counter(student.document_number[-short:] for student in group)
        for student in group if len(group) > 1 else ():
            number = student.document_number
            found[student.document_type, number] = number[-(long if ends[number[-short:]] > 1 else short) :]
    return found


def tail_of(known: Tails, student: Student) -> str:
    """Return the last characters of a student's number, "" if nobody in the draw has the same name."""
    return known.get((student.document_type, student.document_number), "")


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
