"""What shapes are made of: objects, arrays, rows, texts, integers and forms of texts (E5, E7-E9)."""

from __future__ import annotations

from typing import Any, Callable, Sequence

from . import canonical

Shape = Callable[[Any, str], None]


class ShapeError(ValueError):
    """A value with other keys, types or text forms than its page lists."""


def obj(**fields: Shape) -> Shape:
    expected = sorted(fields)

    def check(value: Any, at: str) -> None:
        if not isinstance(value, dict):
            raise ShapeError("%s is not an object" % at)
        if sorted(value) != expected:
            odd = sorted(set(value) ^ set(expected))
            raise ShapeError("%s: missing or unexpected: %s" % (at, ", ".join(odd)[:80]))
        for name, shape in fields.items():
            shape(value[name], "%s.%s" % (at, name))

    return check


def arr(item: Shape, low: int = 0, high: int = canonical.MAX_FILE) -> Shape:
    def check(value: Any, at: str) -> None:
        if not isinstance(value, list):
            raise ShapeError("%s is not an array" % at)
        if not low <= len(value) <= high:
            raise ShapeError("%s has %d members" % (at, len(value)))
        for number, member in enumerate(value):
            try:
                item(member, "")
            except ShapeError as error:  # noqa: PERF203 - the path is only built when needed: arrays are long
                raise ShapeError("%s[%d]%s" % (at, number, error)) from None

    return check


def row(*members: Shape) -> Shape:
    """An array of exactly these members."""

    def check(value: Any, at: str) -> None:
        if not isinstance(value, list) or len(value) != len(members):
            raise ShapeError("%s is not an array of %d" % (at, len(members)))
        for place, member in enumerate(members):
            member(value[place], "%s[%d]" % (at, place))

    return check


def text(low: int = 0, high: int = canonical.MAX_FILE) -> Shape:
    def check(value: Any, at: str) -> None:
        if not isinstance(value, str):
            raise ShapeError("%s is not a text" % at)
        if not low <= len(value) <= high:
            raise ShapeError("%s has %d characters" % (at, len(value)))

    return check


def integer(low: int = 0, high: int = canonical.MAX_INTEGER) -> Shape:
    def check(value: Any, at: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ShapeError("%s is not an integer" % at)
        if not low <= value <= high:
            raise ShapeError("%s is %d" % (at, value))

    return check


def one_of(*values: str) -> Shape:
    def check(value: Any, at: str) -> None:
        if not isinstance(value, str) or value not in values:
            raise ShapeError("%s is none of %s" % (at, ", ".join(values)))

    return check


def _form(accepts: Callable[[Any], bool], name: str) -> Shape:
    def check(value: Any, at: str) -> None:
        if not accepts(value):
            raise ShapeError("%s is not %s" % (at, name))

    return check


def mapping(item: Shape) -> Shape:
    def check(value: Any, at: str) -> None:
        if not isinstance(value, dict):
            raise ShapeError("%s is not an object" % at)
        for key, member in value.items():
            item(member, "%s.%s" % (at, key))

    return check


def either(*shapes: Shape) -> Shape:
    def check(value: Any, at: str) -> None:
        problem = ""
        for shape in shapes:
            try:
                shape(value, at)
            except ShapeError as error:  # noqa: PERF203 - at most two shapes
                problem = str(error)
            else:
                return
        raise ShapeError(problem)

    return check


def check_shape(value: Any, shape: Shape, name: str) -> None:
    shape(value, name)


def is_ascending(values: Sequence[Any]) -> bool:
    """Whether every member is larger than the one before it."""
    return all(a < b for a, b in zip(values, values[1:]))


def _matches(pattern: Any) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_response(value: Any) -> bool:
    """The bytes of a timestamp authority's answer (L6)."""
    return isinstance(value, str) and 2 <= len(value) <= 2 * 30_000 and canonical.is_hex(value, len(value) // 2)


boolean = _form(lambda value: isinstance(value, bool), "a boolean")
identifier = _form(_matches(canonical.IDENTIFIER), "an id")
no_or_identifier = _form(lambda v: v == "" or _matches(canonical.IDENTIFIER)(v), "an id or empty")
origin = _form(_matches(canonical.ORIGIN), "an origin")
school = _form(_matches(canonical.SCHOOL), "ten digits")
no_or_school = _form(lambda v: v == "" or _matches(canonical.SCHOOL)(v), "ten digits or empty")
date = _form(canonical.is_date, "a date")
time = _form(canonical.is_time, "a time")
cosignature72 = _form(lambda v: canonical.is_hex(v, 72), "144 hexadecimal digits")
finding8 = _form(lambda v: canonical.is_hex(v, 8), "16 hexadecimal digits")
hash32 = _form(lambda v: canonical.is_hex(v, 32), "64 hexadecimal digits")
signature48 = _form(lambda v: canonical.is_hex(v, 48), "96 hexadecimal digits")
sig64 = _form(lambda v: canonical.is_hex(v, 64), "128 hexadecimal digits")
form100 = _form(lambda v: canonical.is_hex(v, 100), "200 hexadecimal digits")
secret16 = _form(lambda v: canonical.is_hex(v, 16), "32 hexadecimal digits")
no_or_secret16 = _form(lambda v: v == "" or canonical.is_hex(v, 16), "32 hexadecimal digits or empty")
no_or_hash32 = _form(lambda v: v == "" or canonical.is_hex(v, 32), "64 hexadecimal digits or empty")
response = _form(_is_response, "1-30,000 bytes in hexadecimal")
version = one_of(canonical.VERSION)
number = integer()
empty = obj()
