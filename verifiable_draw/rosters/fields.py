"""Reads each column's cells to its normal form: a table of readers, one for each field."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache, partial

from verifiable_draw.rosters.cells import (
    Raw,
    Reading,
    RefusedError,
    clean,
    clean_name,
    compact,
    fold_code,
    is_blank,
)
from verifiable_draw.rosters.codes import COLUMN, FALLBACK, FLAGS, OTHER_DOCUMENT, RESIDENT_CARD, SPELLINGS
from verifiable_draw.rosters.identity import FIRST_YEAR, fault

Reader = Callable[[Raw], Reading]

_SCHOOL = re.compile(r"[0-9]{10}", re.ASCII)
_REGISTRATION = re.compile(r"[GJL][0-9]{17}[0-9X]", re.ASCII)
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]{1,2}", re.ASCII)
_WHOLE = re.compile(r"\A([0-9]+)\.0\Z", re.ASCII)
_PUNCTUATION = re.compile(r"[()\-]")
_DOCUMENT_LENGTHS = range(4, 31)
_DATE = re.compile(r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)", re.ASCII)
_DATE_DIGITS = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII)
_MIDNIGHT = re.compile(r"\A([-0-9/.]{8,10})(?:T| )?0{1,2}:00(?::00)?\Z", re.ASCII)
_CLASS = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
_GROUP_MAXIMUM = 20
_SUBJECT_MAXIMUM = 30
_SERVICE_MAXIMUM = 60
_BETWEEN_NUMBERS = re.compile(r"[\s,\u3001;/]+")
_PRIMARY_MAXIMUM = 60
_WORDS_MAXIMUM = 40
CLASSES_MAXIMUM = 200

BLANKS = dict.fromkeys(FLAGS, "0")
"""What an empty cell, or an absent column, of an optional field means; "" for the rest."""

REFUSALS = {
    "grade": "bad_grade",
    "sex": "bad_sex",
    "document_type": "bad_document_type",
    "ethnicity": "bad_ethnicity",
    "twin_wish": "bad_wish",
    "pin_reason": "bad_pin_reason",
    **dict.fromkeys(FLAGS, "bad_flag"),
}
"""Field of a coded column -> problem code of an unknown spelling."""


def read(field: str, raw: Raw) -> Reading:
    """Return the normal form of a cell; RefusedError names what is wrong. The document number has its own reader."""
    if is_blank(raw):
        if COLUMN[field].required:
            raise RefusedError("missing_value")
        return Reading(BLANKS.get(field, ""))
    return READERS[field](raw)


@lru_cache(maxsize=4096, typed=True)
def _coded(field: str, raw: Raw) -> Reading:
    """Look a spelling up; a decimal ".0" is what spreadsheets add to whole numbers."""
    reading = compact(raw)
    reading = reading.then(_WHOLE.sub(r"\1", reading.text), "decimal")
    found = SPELLINGS[field].get(fold_code(reading.text))
    if found is None:
        raise RefusedError(REFUSALS[field])
    value, repair = found
    return Reading(value, (*reading.repairs, repair) if repair else reading.repairs)


def _school(raw: Raw) -> Reading:
    reading = compact(raw)
    reading = reading.then(_WHOLE.sub(r"\1", reading.text), "decimal")
    if not _SCHOOL.fullmatch(reading.text):
        raise RefusedError("bad_school")
    return reading


def _identifier(raw: Raw) -> Reading:
    """Clean a number that must be text: spreadsheets round numbers and drop leading zeros."""
    if isinstance(raw, int | float):
        raise RefusedError("id_number_cell")
    reading = compact(raw)
    if _SCIENTIFIC.fullmatch(reading.text):
        raise RefusedError("id_scientific")
    return reading


def _registration(raw: Raw) -> Reading:
    reading = _identifier(raw)
    if not _REGISTRATION.fullmatch(reading.text):
        raise RefusedError("bad_registration")
    return reading


def _short(code: str, maximum: int, raw: Raw) -> Reading:
    """Clean a free text of at most `maximum` characters."""
    reading = clean(raw)
    if len(reading.text) > maximum or not reading.text.isprintable():
        raise RefusedError(code)
    return reading


def _birth_date(raw: Raw) -> Reading:
    """Return ISO text of a date cell, or of a date written in one of the ways people write it."""
    if isinstance(raw, datetime):
        raw = raw.date() if raw.time() == time() else ""
    if isinstance(raw, date):
        return Reading(_calendar(raw.year, raw.month, raw.day))
    try:
        reading = compact(raw)
    except RefusedError as error:
        raise RefusedError("bad_birth_date") from error
    reading = reading.then(_WHOLE.sub(r"\1", reading.text), "decimal")
    text = _MIDNIGHT.sub(r"\1", reading.text)
    found = _DATE.fullmatch(text) or _DATE_DIGITS.fullmatch(text)
    if found is None:
        raise RefusedError("bad_birth_date")
    year, month, day = (int(part) for part in found.groups() if part and part.isdigit())
    return reading.then(_calendar(year, month, day), "date_form")


def _calendar(year: int, month: int, day: int) -> str:
    """Return a day as ISO text; RefusedError if there is no such day."""
    try:
        shown = date(year, month, day).isoformat()
    except ValueError as error:
        raise RefusedError("bad_birth_date") from error
    if year < FIRST_YEAR:
        raise RefusedError("bad_birth_date")
    return shown


def _service(raw: Raw) -> Reading:
    """Years of service, whole ones."""
    reading = compact(raw)
    reading = reading.then(_WHOLE.sub(r"\1", reading.text.removesuffix("年")), "decimal")
    if not (reading.text.isascii() and reading.text.isdigit() and int(reading.text) <= _SERVICE_MAXIMUM):
        raise RefusedError("bad_service")
    return Reading(str(int(reading.text)), reading.repairs)


def _barred(raw: Raw) -> Reading:
    """Classes by number, in any order, with whatever between them: `3、5班` is "3 5"."""
    reading = clean(raw)
    reading = reading.then(_WHOLE.sub(r"\1", reading.text), "decimal")
    numbers = [part.removesuffix("班") for part in _BETWEEN_NUMBERS.split(reading.text) if part]
    if not all(part.isascii() and part.isdigit() and 1 <= int(part) <= CLASSES_MAXIMUM for part in numbers):
        raise RefusedError("bad_barred")
    return Reading(" ".join(map(str, sorted(set(map(int, numbers))))), reading.repairs)


def _words(raw: Raw) -> Reading:
    """A grade, class or year as people write it; what it means is for others to say."""
    reading = _short("bad_words", _WORDS_MAXIMUM, raw)
    return reading.then(_WHOLE.sub(r"\1", reading.text), "decimal")


def _pin_class(raw: Raw) -> Reading:
    reading = compact(raw)
    reading = reading.then(_WHOLE.sub(r"\1", reading.text), "decimal")
    reading = reading.then(reading.text.removesuffix("班"), "spelling")
    if not _CLASS.fullmatch(reading.text) or int(reading.text) > CLASSES_MAXIMUM:
        raise RefusedError("bad_pin_class")
    return reading


def _pin_reason(raw: Raw) -> Reading:
    """Look a reason up; its codes are in lower case, unlike all others."""
    reading = clean(raw)
    found = SPELLINGS["pin_reason"].get(fold_code(reading.text.replace(" ", "").upper()))
    if found is None:
        raise RefusedError("bad_pin_reason")
    value, repair = found
    return Reading(value, (*reading.repairs, repair) if repair else reading.repairs)


READERS: dict[str, Reader] = {
    "school": _school,
    "name": clean_name,
    "registration": _registration,
    "twin_group": partial(_short, "bad_group", _GROUP_MAXIMUM),
    "service": _service,
    "subject": partial(_short, "bad_subject", _SUBJECT_MAXIMUM),
    "rank": partial(_short, "bad_subject", _SUBJECT_MAXIMUM),
    "barred": _barred,
    "team": partial(_short, "bad_group", _GROUP_MAXIMUM),
    "primary_school": partial(_short, "bad_primary_school", _PRIMARY_MAXIMUM),
    **{field: partial(_coded, field) for field in SPELLINGS},
    "birth_date": _birth_date,
    "pin_class": _pin_class,
    "pin_reason": _pin_reason,
    **dict.fromkeys(("class", "class_number", "entered", "grade_words"), _words),
    "school_name": partial(_short, "bad_words", _PRIMARY_MAXIMUM),
    "teacher": partial(_short, "bad_words", _PRIMARY_MAXIMUM),
}


def read_document(document_type: str, raw: Raw) -> Reading:
    """Return the number of a document whose type is known, "" for a blank cell of a type that may lack one.

    Numbers of other documents are written with and without brackets and hyphens; both are left out, so that one
    document is never two children.
    """
    if is_blank(raw):
        if document_type in {OTHER_DOCUMENT, FALLBACK}:
            return Reading("")
        raise RefusedError("id_missing")
    reading = _identifier(raw)
    if document_type == RESIDENT_CARD:
        wrong = fault(reading.text)
        if wrong:
            raise RefusedError(wrong)
        return reading
    reading = reading.then(_PUNCTUATION.sub("", reading.text), "punctuation")
    if len(reading.text) not in _DOCUMENT_LENGTHS or not reading.text.isalnum():
        raise RefusedError("bad_document_number")
    return reading


def read_unknown_document(raw: Raw) -> None:
    """Check what can be checked of a number whose type could not be read; RefusedError as above."""
    if not is_blank(raw):
        _identifier(raw)
