"""Citizen identity numbers by GB 11643: 17 digits and a check character of ISO 7064 MOD 11-2.

The first six digits name an administrative area. They are not looked up: areas are renamed and merged, and a number
stays valid all the same.
"""

from __future__ import annotations

import operator
import re
from datetime import date

from verifiable_draw.rosters.codes import FALLBACK, HOUSEHOLD_BOOK, OTHER_DOCUMENT, RESIDENT_CARD

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
LENGTH = 18
FIRST_YEAR = 1900
CARRIES_CITIZEN_NUMBER = {RESIDENT_CARD, HOUSEHOLD_BOOK, OTHER_DOCUMENT, FALLBACK}
SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)


def check_character(first17: str) -> str:
    """Return the eighteenth character for 17 ASCII digits; ValueError for anything else."""
    if len(first17) != LENGTH - 1 or not (first17.isascii() and first17.isdigit()):
        message = "a check character is made from 17 ASCII digits"
        raise ValueError(message)
    total = sum(map(operator.mul, WEIGHTS, map(int, first17)))
    return CHECKS[total % 11]


def birth_date_exists(number: str) -> bool:
    """Whether characters 7 to 14 are a day of the calendar, 1900 or later."""
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    if year < FIRST_YEAR:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def birth_date_of(number: str) -> str:
    """Return the date of birth in a well-formed number as ISO text."""
    return f"{number[6:10]}-{number[10:12]}-{number[12:14]}"


def sex_of(number: str) -> str:
    """Return "1" (male) or "2" (female) from the seventeenth digit of a well-formed number."""
    return "1" if int(number[16]) % 2 else "2"


def fault(number: str) -> str:
    """Return the code of the first thing wrong with an upper-case number, or "" when it holds.

    Zeros in the last three places are what Excel leaves of a longer number. One number in about 1100 truly ends
    so, therefore they are named only where the check character fails too.
    """
    if len(number) != LENGTH:
        return "id_length"
    if not SHAPE.fullmatch(number):
        return "id_characters"
    holds = number[17] == check_character(number[:17])
    if not holds and number.endswith("000"):
        return "id_zeros"
    if not birth_date_exists(number):
        return "id_date"
    return "" if holds else "id_check"


def identity_key(document_type: str, number: str) -> tuple[str, str]:
    """Return what makes two rows the same child: the citizen number wherever one is given, else type and number.

    A household book shows the citizen number, and a 学籍号 that begins with G is G and that number. Without this a
    child could be entered twice under two kinds of document.
    """
    bare = number.removeprefix("G") if document_type == FALLBACK else number
    if document_type in CARRIES_CITIZEN_NUMBER and not fault(bare):
        return RESIDENT_CARD, bare
    return document_type, number
