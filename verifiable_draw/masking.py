"""Names as the room's screen may show them: enough for a family to recognise, never the whole name (plan `screen`)."""

from __future__ import annotations

import re

STAR = "*"

# What separates the parts of a name: the middle dot of transcribed names; space, hyphen, apostrophe of Latin ones.
_SEPARATORS = re.compile(r"([·\s\-'.]+)")


def masked(name: str) -> str:
    """Mask a name: 张明 → 张*, 张小明 → 张*明, 欧阳小明 → 欧**明; of a name in parts every part after the first.

    阿依古丽·买买提 → 阿**丽·***, Anna Maria Smith → A*** M**** S****. A name of one character shows nothing.
    """
    parts = _SEPARATORS.split(name.strip())
    words = [part for part in parts if part and not _SEPARATORS.fullmatch(part)]
    if not words:
        return ""
    if len(words) > 1 or name.isascii():
        return "".join(part if _SEPARATORS.fullmatch(part) else _part(part, first=part is words[0]) for part in parts)
    return _whole(words[0])


def _whole(word: str) -> str:
    """Mask a name of one part: the first character, and from three on the last."""
    if len(word) < 3:
        return word[:1] + STAR if len(word) == 2 else STAR * len(word)
    return word[0] + STAR * (len(word) - 2) + word[-1]


def _part(word: str, *, first: bool) -> str:
    """Mask one part of several: letters keep their initial, Chinese parts after the first show nothing."""
    if word.isascii():
        return word[0] + STAR * (len(word) - 1) if len(word) > 1 else STAR
    return _whole(word) if first else STAR * len(word)
