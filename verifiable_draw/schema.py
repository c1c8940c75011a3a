"""Shapes of JSON values as small composable tables; every problem of a value is reported at once.

A shape is a function from (value, path) to the problems found: (path, what is expected there).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ledger.canonical import EncodingError, decode, parse_time
from verifiable_draw.errors import DataError

Problem = tuple[str, str]
Shape = Callable[[object, str], list[Problem]]


def _unless(good: bool, path: str, expected: str) -> list[Problem]:  # noqa: FBT001 - the condition is the point
    return [] if good else [(path or "$", expected)]


def integer(low: int, high: int) -> Shape:
    """An integer from `low` to `high`."""
    return lambda value, path: _unless(type(value) is int and low <= value <= high, path, f"integer {low}..{high}")


def boolean(value: object, path: str) -> list[Problem]:
    """True or false."""
    return _unless(type(value) is bool, path, "true or false")


def text(low: int = 1, high: int = 200) -> Shape:
    """A string of `low` to `high` characters."""
    return lambda value, path: _unless(
        isinstance(value, str) and low <= len(value) <= high, path, f"text of {low}..{high} characters"
    )


def matching(pattern: str, expected: str) -> Shape:
    """A string that matches the whole pattern."""
    compiled = re.compile(pattern)
    return lambda value, path: _unless(isinstance(value, str) and bool(compiled.fullmatch(value)), path, expected)


def one_of(*values: object) -> Shape:
    """One of the given values."""
    return lambda value, path: _unless(
        any(type(value) is type(v) and value == v for v in values), path, "one of " + ", ".join(map(repr, values))
    )


def hexadecimal(length: int) -> Shape:
    """`length` bytes as lower-case hexadecimal (E7)."""
    return matching(rf"[0-9a-f]{{{2 * length}}}", f"{length} bytes in lower-case hexadecimal")


def hexadecimal_up_to(length: int) -> Shape:
    """1 to `length` bytes as lower-case hexadecimal (E7)."""
    return matching(rf"(?:[0-9a-f]{{2}}){{1,{length}}}", f"1..{length} bytes in lower-case hexadecimal")


def either(*shapes: Shape) -> Shape:
    """What any of the shapes admits; otherwise the problems of the last."""

    def shape(value: object, path: str) -> list[Problem]:
        found: list[Problem] = []
        for candidate in shapes:
            found = candidate(value, path)
            if not found:
                break
        return found

    return shape


def array(item: Shape, low: int = 0, high: int = 2**31) -> Shape:
    """An array of `low` to `high` items of one shape."""

    def shape(value: object, path: str) -> list[Problem]:
        if not isinstance(value, list | tuple) or not low <= len(value) <= high:
            return [(path or "$", f"array of {low}..{high} items")]
        return [problem for i, element in enumerate(value) for problem in item(element, f"{path}[{i}]")]

    return shape


def exactly(*items: Shape) -> Shape:
    """An array of these items, in order."""

    def shape(value: object, path: str) -> list[Problem]:
        if not isinstance(value, list | tuple) or len(value) != len(items):
            return [(path or "$", f"array of {len(items)} items")]
        parts = zip(items, value, strict=True)
        return [problem for i, (item, element) in enumerate(parts) for problem in item(element, f"{path}[{i}]")]

    return shape


def record(fields: Mapping[str, Shape]) -> Shape:
    """An object with exactly these keys (E5)."""

    def shape(value: object, path: str) -> list[Problem]:
        if not isinstance(value, Mapping):
            return [(path or "$", "object")]
        problems = [(f"{path}.{key}".lstrip("."), "missing") for key in fields if key not in value]
        problems += [(f"{path}.{key}".lstrip("."), "unknown key") for key in value if key not in fields]
        for key, field in fields.items():
            if key in value:
                problems += field(value[key], f"{path}.{key}".lstrip("."))
        return problems

    return shape


def mapping(key: Shape, item: Shape) -> Shape:
    """An object whose keys and values have these shapes."""

    def shape(value: object, path: str) -> list[Problem]:
        if not isinstance(value, Mapping):
            return [(path or "$", "object")]
        return [
            problem
            for name, element in value.items()
            for problem in (*key(name, path), *item(element, f"{path}.{name}".lstrip(".")))
        ]

    return shape


def moment(value: object, path: str) -> list[Problem]:
    """A time of E8."""
    try:
        parse_time(value)
    except EncodingError:
        return [(path or "$", "time YYYY-MM-DDThh:mm:ssZ")]
    return []


def date(value: object, path: str) -> list[Problem]:
    """A date of E8."""
    good = isinstance(value, str) and len(value) == 10 and not moment(f"{value}T00:00:00Z", path)
    return _unless(good, path, "date YYYY-MM-DD")


def lines(problems: Iterable[Problem]) -> str:
    """Problems in one text: `path: expected; …`."""
    return "; ".join(f"{path}: {expected}" for path, expected in problems)


def strict(data: bytes, shape: Shape, key: str, **values: object) -> Any:  # noqa: ANN401 - JSON of the shape
    """Read canonical JSON of a shape; DataError `key` with every problem as `detail`."""
    try:
        value = decode(data)
    except EncodingError as error:
        raise DataError(key, detail=str(error), **values) from error
    problems = shape(value, "")
    if problems:
        raise DataError(key, detail=lines(problems), **values)
    return value


identifier = matching(r"[a-z0-9][a-z0-9-]{0,31}", "id of a-z, 0-9 and -")
origin = matching(r"[a-z0-9](?:[a-z0-9./-]{0,62}[a-z0-9])?", "origin such as county.example/ledger")
school = matching(r"[0-9]{10}", "ten digits")
hash32 = hexadecimal(32)
empty = record({})
