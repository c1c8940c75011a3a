"""Running the checks on records made by the builder."""

from __future__ import annotations

import copy
import functools
from typing import Any, Dict, Iterable, Optional, Set

from verifier import checks, engine, record, report
from verifier.context import Context, Given

from builder import Builder

checks.load()


@functools.cache
def _honest(until: str) -> Builder:
    return Builder().build(until)


def honest(until: str = "published") -> Builder:
    """A good record of one's own; building it takes a second, so it is built once."""
    return copy.deepcopy(_honest(until))


def examine(
    built: Builder,
    trust: Optional[Dict[str, Any]] = None,
    whole: Optional[bytes] = None,
    sealed: Optional[Iterable[bytes]] = None,
    files: Optional[record.Files] = None,
) -> report.Report:
    if files is None:
        files = record.Files()
        files.data = dict(built.files)
    given = Given(trust=trust, ledger=whole, sealed=list(sealed) if sealed is not None else None)
    context = Context(files, given)
    return report.make(context, engine.run_all(context))


def failed(found: report.Report) -> Set[str]:
    return {one.check.id for one in found.outcomes if one.outcome == engine.FAIL}


def outcome(found: report.Report, name: str) -> str:
    return next(one.outcome for one in found.outcomes if one.check.id == name)
