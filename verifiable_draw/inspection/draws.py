"""One draw recomputed: files against the ledger, sealed roster, groups, class list, balance (V40-V75, spec/year.md Y7).

Pure and by itself, so that draws are looked at side by side and an interrupted inspection goes on where it stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ledger.canonical import EncodingError, decode, encode
from verifiable_draw import seed
from verifiable_draw.allocation.balance import certificate, pairs
from verifiable_draw.allocation.grouping import group
from verifiable_draw.allocation.groups_file import (
    encode_groups,
    encode_result,
    parse_groups,
    parse_result,
    parse_units,
)
from verifiable_draw.allocation.permuting import allocate
from verifiable_draw.conduct import statement_of
from verifiable_draw.entries import CLASSES
from verifiable_draw.errors import DrawError
from verifiable_draw.header import HeaderDraw, parse_header
from verifiable_draw.plan import Plan, parse
from verifiable_draw.sealed import SealedRoster, check_sealed, parse_sealed
from verifiable_draw.values import Groups
from verifiable_draw.year.chance import ATTRIBUTES, Chance, chance

FILES = ("units", "nullifiers", "groups", "result")
ANSWERS = b"3"
"""Changed when a draw is looked at in another way: answers that were kept before are then asked for again."""


@dataclass(frozen=True, slots=True)
class Job:
    """All that is needed to look at one draw; files are None where they are missing or not due yet.

    `listed`: SHA-256 of groups and result as the ledger has them, "" before; `seeds`: the grouping seed, and the
    session's seed or nothing; `stated`: the draw's row of statement.json as canonical JSON, or nothing.
    """

    session: str
    draw: str
    plan: bytes
    header: bytes
    files: Mapping[str, bytes | None]
    sealed: bytes | None
    listed: tuple[str, str]
    seeds: tuple[bytes, bytes]
    stated: bytes

    def key(self) -> str:
        """Hash of everything the answer hangs on, this way of looking included."""
        hasher = hashlib.sha256(ANSWERS)
        for part in (
            self.session.encode(), self.draw.encode(), self.plan, self.header, self.sealed, self.stated,
            *self.seeds, *(text.encode() for text in self.listed), *(self.files[name] for name in FILES),
        ):  # fmt: skip
            # What is missing is something else than what is empty.
            hasher.update(b"-" if part is None else b"+" + len(part).to_bytes(8, "big") + part)
        return hasher.hexdigest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found: (type, values), the spread of every feature over the classes, and chances (Y10).

    A chance: attribute -> pairs in one class, p as a fraction in words, permutations (0: exact).
    """

    found: list[tuple[str, dict[str, Any]]]
    spreads: dict[str, int]
    chances: dict[str, tuple[int, str, int]]

    @property
    def opened(self) -> bool:
        """Whether the sealed roster was there and open, and so groups and balance were recomputed."""
        return not {kind for kind, _values in self.found} & {"no-sealed", "record-missing", "file"}

    def json(self) -> dict[str, Any]:
        """As it is kept for a later run."""
        return asdict(self)


def look(job: Job) -> Outcome:
    """Recompute one draw. Whatever is wrong with its files is in the outcome, never an exception."""
    spreads: dict[str, int] = {}
    chances: dict[str, tuple[int, str, int]] = {}
    try:
        found = list(_look(job, spreads, chances))
    except (DrawError, EncodingError, ValueError, LookupError, RecursionError) as error:
        detail = error.text.zh if isinstance(error, DrawError) else f"{type(error).__name__} {error}"
        found = [("draw", {"detail": detail})]
    return Outcome(found, spreads, chances)


def _look(
    job: Job, spreads: dict[str, int], chances: dict[str, tuple[int, str, int]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    plan, header = parse(job.plan), parse_header(job.header)
    draw = next(one for one in header.draws if one.id == job.draw)
    missing = [f"{name}.json" for name in FILES if job.files[name] is None and (name != "result" or job.listed[1])]
    if missing:
        yield "record-missing", {"files": "、".join(missing)}
        return
    units_data, nullifiers_data, groups_data = (job.files[name] or b"" for name in FILES[:3])
    if hashlib.sha256(groups_data).hexdigest() != job.listed[0]:
        yield "file", {"file": "groups.json"}
        return
    sizes = parse_units(units_data).sizes
    groups = parse_groups(groups_data, draw, header.bundlings, sizes)
    overlap = pairs(groups, draw.classes)
    if not overlap.honest:
        yield "overlap", {"overlap": overlap.overlap}
    classes = []
    if job.listed[1]:
        result = job.files["result"] or b""
        drawn = allocate(groups, draw.classes, sizes, seed.draw_seed(job.seeds[1], draw.id), plan.draws[draw.id].sizes)
        if result != encode_result(drawn) or hashlib.sha256(result).hexdigest() != job.listed[1]:
            yield "result", {}
            return  # what hangs on another class list says nothing about the one that was drawn
        classes = list(parse_result(result))
    if job.sealed is None:
        yield "no-sealed", {}
        return
    sealed = parse_sealed(job.sealed)
    check_sealed(sealed, plan, draw.id, draw.frozen, units_data, nullifiers_data)
    if encode_groups(group(sealed.roster, draw.id, job.seeds[0], header.bundlings)) != groups_data:
        yield "groups", {}
        return
    yield from _balance(job, plan, draw, sealed, groups, classes, spreads)
    if classes and draw.kind == CLASSES:
        for one in _chances(job, sealed, classes):
            chances[one.attribute] = (one.pairs, str(one.p), one.permutations)


def _chances(job: Job, sealed: SealedRoster, classes: list[int]) -> Iterator[Chance]:
    """What chance says of each attribute that ought to be nobody's business (Y10)."""
    known = {attribute.id for attribute in sealed.roster.attributes}
    for name in ATTRIBUTES:
        if name in known:
            values = [[student[name] for student in unit.students] for unit in sealed.roster.units]
            yield chance(name, values, classes, seed.draw_seed(job.seeds[1], job.draw))


def _balance(
    job: Job,
    plan: Plan,
    draw: HeaderDraw,
    sealed: SealedRoster,
    groups: Groups,
    classes: list[int],
    spreads: dict[str, int],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The statement recomputed; what differs by more than one is named."""
    for line in certificate(sealed.roster, groups) if draw.kind == CLASSES else ():
        spreads[line.feature] = line.reached
        if line.reached > 1:
            yield "balance", {"feature": line.feature, "spread": line.reached}
    if job.stated and classes:
        stated = decode(job.stated)
        if encode(stated) != encode(statement_of(plan, draw, sealed.roster, groups, classes)):
            yield "statement", {}
