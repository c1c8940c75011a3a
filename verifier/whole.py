"""The ledger as a whole: that of --ledger if it was given and holds, else the record's (V80)."""

from __future__ import annotations

import functools
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from . import canonical, ceremony, context, ledger
from .checks_keys import key_problems
from .checks_ledger import Signers, is_prefix, signature_problems
from .context import Context
from .engine import Unavailable

Rule = Tuple[bool, str]
DrawKey = Tuple[bool, int, str, int, str, int]  # rehearsal, year, school, grade, kind, batch
Attempt = Tuple[ceremony.Session, Dict[str, Any]]  # with the draw's row of the header entry


class Whole(NamedTuple):
    lines: List[bytes]
    entries: List[Dict[str, Any]]
    sessions: Dict[str, ceremony.Session]


def whole(of: Context) -> Whole:
    """Unavailable if --ledger was given and does not hold."""
    if of.ledger_bytes is None:
        return Whole(of.lines, of.entries, of.sessions)
    found, rules = judged(of)
    broken = [problem for kept, problem in rules if not kept]
    if found is None or broken:
        raise Unavailable("--ledger: %s" % broken[0])
    return found


@functools.lru_cache(maxsize=1)
def judged(of: Context) -> Tuple[Optional[Whole], List[Rule]]:
    """V80: what --ledger says, if it can be read, and every rule that it keeps or breaks."""
    try:
        lines = canonical.split_lines(of.ledger_bytes or b"")
        own = len(of.lines)
        if lines[:own] != of.lines:
            return None, [(False, "it does not begin with the record's entries")]
        entries = of.entries + context.parse_entries(lines[own:], "--ledger", own)
    except (canonical.EncodingError, Unavailable) as error:
        return None, [(False, str(error))]
    found = Whole(lines, entries, ceremony.replay(entries))
    return found, [(True, ""), *_rules(of, found)]


def _rules(of: Context, found: Whole) -> Iterator[Rule]:
    lines, entries = found.lines, found.entries
    tree = ledger.Tree(ledger.leaf_hash(line) for line in lines)
    before, time = ledger.ZEROS, ""
    for number, (line, entry) in enumerate(zip(lines, entries)):
        follows = entry["seq"] == number and entry["prev"] == before and (entry["type"] == "genesis") == (number == 0)
        yield follows and entry["time"] >= time, "entry %d does not follow the one before" % number
        seen = all(is_prefix(tree, sig, number) for sig in entry["sig"])
        yield seen, "entry %d: a signer had seen another ledger" % number
        before, time = ledger.leaf_hash(line).hex(), entry["time"]
    yield from signature_problems(Signers(of), entries)
    yield from key_problems(entries, tree, of.origin)
    for session in found.sessions.values():
        for seq, problem in session.problems:
            yield False, "session %s, entry %d: %s" % (session.name, seq, problem)


def attempts(of: Context) -> Dict[DrawKey, List[Attempt]]:
    """Every draw key of the ledger with its attempts in ledger order."""
    made: Dict[DrawKey, List[Attempt]] = {}
    headed = [(session.header, session) for session in whole(of).sessions.values()]
    for header, session in sorted(((h, s) for h, s in headed if h is not None), key=lambda row: int(row[0]["seq"])):
        body = header["body"]
        for draw in body["draws"]:
            key = (body["rehearsal"], body["year"], draw["school"], draw["grade"], draw["kind"], draw["batch"])
            made.setdefault(key, []).append((session, draw))
    return made


def valid_draws(of: Context, year: int) -> Iterator[Attempt]:
    """Draws of a year that count: published, not annulled, no rehearsal (V81, V82)."""
    for key, tries in attempts(of).items():
        if not key[0] and key[1] == year:
            for session, draw in tries:
                if ceremony.outcome(session, draw["id"]) == "published":
                    yield session, draw
