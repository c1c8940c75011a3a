"""Templates to HTML: everything escaped, nothing undefined passed over, the same rows give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, zip_longest
from operator import attrgetter
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from ledger.canonical import short_code
from verifiable_draw.documents.kinds import PUBLIC, Document
from verifiable_draw.documents.source import local_date, local_time
from verifiable_draw.errors import InternalError
from verifiable_draw.feature_names import attribute_name, feature_name, value_name
from verifiable_draw.texts import catalogue, text
from verifiable_draw.whitelist import PublicSession, Release


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page of a document carries: the session, whose paper it is, and the marks across the page.

    `subject`: the school and grade of a document of one draw, "" for one of the session. `marks`: 演练, 已撤销, 已中止.
    """

    session: PublicSession
    document: Document
    subject: str
    marks: tuple[str, ...]


def render(frame: Frame, content: Release | Mapping[str, Any]) -> bytes:
    """Fill a document's template. A public one takes a `Release` of its kind and nothing else: InternalError."""
    kind = content.kind if isinstance(content, Release) else ""
    # The class itself: no subclass skips the gate.
    if frame.document.audience == PUBLIC and (type(content) is not Release or kind != frame.document.id):
        raise InternalError("documents.not_whitelisted", kind=frame.document.id, row=type(content).__name__)
    values = content.rows if isinstance(content, Release) else content
    page = environment().get_template(frame.document.template).render(frame=frame, session=frame.session, **values)
    return (page.rstrip() + "\n").encode()


@cache
def environment(package: str = "verifiable_draw.documents") -> Environment:
    """A package's templates with the words and forms they need."""
    made = Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(disabled_extensions=("css",), default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"t": _said, "hint": _hint}
    made.filters |= {
        "code": lambda digest: short_code(bytes.fromhex(digest)) if digest else "—",
        "columns": columns,
        "css": css_text,
        "date": local_date,
        "time": local_time,
        "broken": broken,
        "attribute": attribute_name,
        "feature": feature_name,
        "event": event_name,
        "runs": runs,
    }
    made.globals["value"] = value_name
    return made


def _said(key: str, /, **values: object) -> str:
    return text(key, **values).zh


def _hint(key: str, /, **values: object) -> str:
    return text(key, **values).hint_zh


def runs(rows: Sequence[Any], attribute: str) -> list[tuple[Any, list[Any]]]:
    """Neighbours that share an attribute, in the order given: Jinja's own groupby would sort."""
    return [(key, list(several)) for key, several in groupby(rows, attrgetter(attribute))]


def event_name(kind: str) -> str:
    """What an entry of that type is called."""
    key = f"entry.{kind}"
    return _said(key if key in catalogue() else f"doc.{key}")


def css_text(value: str) -> Markup:
    r"""A text as a CSS string's content: what is no letter or digit of ASCII becomes an escape such as \5F20 ."""
    return Markup("").join(c if c.isascii() and c.isalnum() else f"\\{ord(c):X} " for c in value)


def broken(value: str, width: int = 32) -> Markup:
    """A long hash with places where a line may end, every `width` digits."""
    parts = [value[i : i + width] for i in range(0, len(value), width)]
    return Markup("<wbr>").join(parts)


def columns(rows: Sequence[Any], number: int) -> list[tuple[Any, ...]]:
    """Rows of a table that is read down its `number` columns; None where the last column is short."""
    height = -(-len(rows) // number) if rows else 0
    return list(zip_longest(*(rows[i * height : (i + 1) * height] for i in range(number))))
