"""A case of the kit: what was done, to what, and what must come out."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from year_entries import SIGNERS

from tests.conformance.session import Files, Session
from tests.simulator import ROOT
from verifier.canonical import encode

CATALOGUE: list[dict[str, str]] = json.loads((ROOT / "spec" / "checks.json").read_text())
ORDER = [row["id"] for row in CATALOGUE]
Argument = str | bytes | list[str | bytes]
Changes = dict[str, Callable[[Any], None]]
NOTE = "ledger/checkpoints/%010d.note"  # by size


def nothing(_: Any) -> None:
    """No change."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row of the tables.

    The record is that of a session with `changes`, then `after` is done to the finished session, RECORD.json is made
    anew, and `touch` changes files as nobody could who has to keep the hashes. `beside` gives the other arguments:
    bytes are stored in the case's folder, texts are paths in the kit.
    """

    says: str
    failing: str = ""
    cannot: str = ""  # CANNOT-CHECK by the specification, told only where the exit code is 0 or 3
    inapplicable: str = ""  # NOT-APPLICABLE for a reason that `idle` does not know
    exit: int | None = None  # by V3, if not told
    changes: Changes = field(default_factory=dict)
    until: str = "published"
    make: Callable[[], Made] | None = None  # another way to a record
    after: Callable[[Session], None] = nothing
    touch: Callable[[Files], None] = nothing
    trust: Callable[[Any], None] | None = nothing  # a change of the honest trust file; None: no such file
    beside: Callable[[Session], Mapping[str, Argument]] = lambda _: {}
    zipped: Callable[[Files], bytes] | None = None


@dataclass
class Made:
    """The record of a case and its arguments."""

    files: Files
    trust: bytes | None = None
    arguments: dict[str, Argument] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)  # types of entries in its ledger


# --- sessions -----------------------------------------------------------------------------------------------------


@functools.cache
def _honest(until: str) -> Session:
    return Session().build(until)  # type: ignore[return-value]


def honest(until: str = "published") -> Session:
    """A good session of one's own."""
    return copy.deepcopy(_honest(until))


def session_of(case: Case) -> Session:
    made = Session(dict(case.changes)).build(case.until) if case.changes else honest(case.until)
    case.after(made)
    made.reseal()
    case.touch(made.files)
    return made  # type: ignore[return-value]


def make(case: Case) -> Made:
    if case.make is not None:
        return case.make()
    built = session_of(case)
    trust = None
    if case.trust is not None:
        value = built.trust()
        case.trust(value)
        trust = encode(value)
    kinds = {entry["type"] for entry in built.ledger.entries}
    return Made(built.files, trust, dict(case.beside(built)), kinds)


# --- what must come out -------------------------------------------------------------------------------------------


def convicting(ids: list[str]) -> bool:
    """Whether one of these is of a category other than evidence and slip (V2)."""
    return any(row["id"] in ids and row["category"] not in ("evidence", "slip") for row in CATALOGUE)


def exit_code(case: Case) -> int:
    """V3."""
    if case.exit is not None:
        return case.exit
    if convicting(case.failing.split()):
        return 1
    return 3 if case.failing or case.cannot else 0


KEY_TYPES = {"key.rotated", "key.retired", "key.replaced", "key.confirmed", "policy"}
NEEDS = {
    "V15": KEY_TYPES,
    "V16": {"timestamp"},
    "V18": {"evidence", "slips"},
    "V19": set(SIGNERS),
    "V41": {"beacon"},
    "V64": {"policy"},
    "V65": {"beacon"},
}


def passing(case: Case, made: Made) -> list[str]:
    """What must be PASS where nothing is inconsistent: every check that applies and is not said to fail."""
    if exit_code(case) in (1, 2):
        return []
    other = set(case.failing.split()) | set(case.cannot.split()) | set(case.inapplicable.split())
    return [row["id"] for row in CATALOGUE if row["id"] not in other and not _idle(case, made, row)]


def _idle(case: Case, made: Made, row: Mapping[str, str]) -> bool:
    """Whether a check is NOT-APPLICABLE: option not given, another phase, or nothing of the kind in the ledger."""
    needs = NEEDS.get(row["id"])
    frozen = json.loads(made.files["RECORD.json"])["phase"] == "frozen"
    return (
        (row["option"] not in ("", *made.arguments))
        or (row["phase"] == "result" and frozen)
        or (needs is not None and not needs & made.kinds)
        or (row["id"] == "V92" and b'"second":""' in _bytes(made.arguments.get("slip", b"")))
    )


def _bytes(given: Argument) -> bytes:
    return given if isinstance(given, bytes) else b""


# --- pieces of the tables -----------------------------------------------------------------------------------------


def sealed(built: Session) -> dict[str, Argument]:
    """The honest sealed rosters."""
    return {"sealed": list(built.sealed.values())}
