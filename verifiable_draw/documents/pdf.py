"""HTML to PDF through WeasyPrint, an extra; the same HTML and fonts give the same bytes.

WeasyPrint writes a time only where the HTML names one, and takes the file's identifier from us; fonts are cut down by
HarfBuzz or fontTools, which look at SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from functools import cache
from importlib import import_module
from itertools import chain
from types import ModuleType
from typing import NoReturn

from verifiable_draw.errors import UsageError

EPOCH = "SOURCE_DATE_EPOCH"


def write_pdf(html: bytes, day: str) -> bytes:
    """Turn a document into a PDF of that day (YYYY-MM-DD).

    UsageError if WeasyPrint, its libraries or a Chinese font are not on this machine.
    """
    weasyprint = _weasyprint()
    require_chinese()
    with _dated(day):
        made = weasyprint.HTML(string=html.decode(), url_fetcher=_no_fetching).write_pdf(
            pdf_identifier=hashlib.sha256(html).digest()[:16]
        )
    return bytes(made)


def require_chinese() -> None:
    """Raise UsageError if fontconfig knows no font for Chinese."""
    if not _fonts()[0]:
        raise UsageError("documents.no_font")


def not_drawable(html: bytes) -> int:
    """How many different characters of a document no font of this machine has.

    Only the number: which they are could tell a child's name.
    """
    known = _fonts()[1]
    return sum(ord(one) not in known for one in set(html.decode()) if not one.isspace())


def _weasyprint() -> ModuleType:
    try:
        return import_module("weasyprint")  # an extra, and slow to load
    except ImportError as error:
        raise UsageError("documents.no_weasyprint") from error
    except OSError as error:  # Pango or another of its libraries is not there
        raise UsageError("documents.no_pango", detail=str(error).splitlines()[0]) from error


def _no_fetching(url: str, *_arguments: object, **_options: object) -> NoReturn:
    """Documents hold all they need; whatever asks for more is a mistake of ours."""
    message = f"a document asks for {url[:40]}"
    raise ValueError(message)


@contextmanager
def _dated(day: str) -> Iterator[None]:
    """Let everything that writes a time write midnight (UTC) of that day."""
    before = os.environ.get(EPOCH)
    os.environ[EPOCH] = str(int(datetime.combine(date.fromisoformat(day), time(), UTC).timestamp()))
    try:
        yield
    finally:
        if before is None:
            del os.environ[EPOCH]
        else:
            os.environ[EPOCH] = before


@cache
def _fonts() -> tuple[bool, frozenset[int]]:
    """Whether there is a font for Chinese, and which characters the fonts of this machine have."""
    program = shutil.which("fc-list")
    if program is None:
        return False, frozenset()
    chinese = _ask(program, ":lang=zh", "--format=%{family}\n")
    ranges = {part for line in _ask(program, ":", "--format=%{charset}\n").splitlines() for part in line.split()}
    return bool(chinese.strip()), frozenset(chain.from_iterable(map(_range, ranges)))


def _ask(program: str, *arguments: str) -> str:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - fontconfig's own
    return done.stdout


def _range(part: str) -> range:
    first, _, last = part.partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)
