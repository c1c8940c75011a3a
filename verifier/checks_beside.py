"""V17, V80-V82: what the reader holds beside the record - an earlier record, the whole ledger, others of the year."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple, Set, Tuple

from . import canonical, ceremony, ledger, rules, schema
from .checks_files import listed_files
from .context import COPIES, Context
from .engine import NotApplicable, Tally, Unavailable, check
from .whole import judged, valid_draws, whole


@check("V17")
def goes_on(context: Context, tally: Tally) -> None:
    earlier = context.since
    _opened(earlier, "the earlier record", tally)
    lines, before = context.lines, _lines(earlier)
    tally.ok(bool(before) and before == lines[: len(before)], "its entries are not the beginning of this record's")
    if earlier.session_id == context.session_id:
        for path, data in sorted(earlier.files.data.items()):
            if path != "RECORD.json" and path not in COPIES and not path.startswith("ledger/"):
                tally.ok(context.files.data.get(path) == data, "%s is not as it was" % path)
    for path, note in earlier.notes:
        if ledger.is_signed_by_ledger(note, earlier.origin, earlier.operator_at(note.size)):
            fits = note.size <= len(lines) and context.tree.root(note.size) == note.root
            tally.ok(fits, "%s, signed by the operator, is of another history" % path)


def _lines(earlier: Context) -> List[bytes]:
    """Its entries, none if they cannot be read."""
    try:
        return list(earlier.lines)
    except Unavailable:
        return []


def _opened(other: Context, name: str, tally: Tally) -> None:
    """V01 of another record, which must pass."""
    inner = Tally()
    try:
        listed_files(other, inner)
    except Unavailable as error:
        inner.fail(str(error))
    tally.ok(not inner.failed, "%s: %s" % (name, "; ".join(inner.details)))


@check("V80")
def whole_ledger(context: Context, tally: Tally) -> None:
    context.lines  # noqa: B018 - without the record's there is nothing that it could go on from
    for kept, problem in judged(context)[1]:
        tally.ok(kept, problem)


# --- the register of the year -------------------------------------------------------------------------------------


class Row(NamedTuple):
    school: str
    grade: int
    name: str
    state: str  # drawn, exempt, postponed or open
    session: str
    reason: str


@check("V81")
def register_done(context: Context, tally: Tally) -> None:
    rows = register(context)
    if not tally.ok(bool(rows), "the ledger has no register of the year"):
        return
    drawn = _drawn(context)
    for row in rows:
        tally.ok(row.state != "open", "%s grade %d (%s) has no draw" % (row.school, row.grade, row.name))
    exempt = {(one["school"], one["grade"]) for one in _last_register(context) if one["classes"] == 1}
    known = {(row.school, row.grade) for row in rows}
    for school, grade in sorted(drawn):
        tally.ok((school, grade) in known, "%s grade %d was drawn and is not in the register" % (school, grade))
        tally.ok((school, grade) not in exempt, "%s grade %d was drawn and is exempt" % (school, grade))


def register(context: Context) -> List[Row]:
    """The rows of V81. Unavailable if the ledger cannot be read."""
    drawn, postponed = _drawn(context), _postponed(context)
    return [_row(one, drawn, postponed) for one in _last_register(context)]


def _last_register(context: Context) -> List[Dict[str, Any]]:
    year = context.header["year"]
    bodies = [entry["body"] for entry in whole(context).entries if entry["type"] == "register"]
    found = [body["schools"] for body in bodies if body["year"] == year]
    return list(found[-1]) if found else []


def _drawn(context: Context) -> Dict[Tuple[str, int], str]:
    """School and grade of every valid draw of the year, with its session."""
    valid = valid_draws(context, context.header["year"])
    return {(draw["school"], draw["grade"]): session.name for session, draw in valid if draw["kind"] == "classes"}


def _postponed(context: Context) -> Dict[Tuple[str, int], Tuple[str, str]]:
    """Session and reason of the last postponement by school and grade, of sessions whose plan is known."""
    plans = dict(_plans(context))
    out: Dict[Tuple[str, int], Tuple[str, str]] = {}
    for entry in whole(context).entries:
        if entry["type"] == "draw.postponed":
            key = plans.get(entry["session"], {}).get(entry["body"]["draw"])
            if key is not None:
                out[key] = (entry["session"], entry["body"]["reason"])
    return out


def _plans(context: Context) -> Iterator[Tuple[str, Dict[str, Tuple[str, int]]]]:
    """School and grade of the draws into classes of the plans at hand, of sessions of the year, not rehearsals."""
    for one in (context, *context.records):
        session = whole(context).sessions.get(one.session_id)
        planned = session.first("plan") if session is not None else None
        if planned is None or one.problem_of("plan.json"):
            continue
        plan = one.plan
        fits = planned["body"]["hash"] == rules.plan_hash(one.bytes_of("plan.json")).hex()
        if fits and not plan["rehearsal"] and plan["year"] == context.header["year"]:
            rows = [draw for draw in plan["draws"] if draw["kind"] == "classes"]
            yield one.session_id, {draw["id"]: (draw["school"], draw["grade"]) for draw in rows}


def _row(
    one: Dict[str, Any], drawn: Dict[Tuple[str, int], str], postponed: Dict[Tuple[str, int], Tuple[str, str]]
) -> Row:
    key = (one["school"], one["grade"])
    if key in drawn:
        return Row(*key, one["name"], "drawn", drawn[key], "")
    if one["classes"] == 1:
        return Row(*key, one["name"], "exempt", "", "")
    if key in postponed:
        return Row(*key, one["name"], "postponed", *postponed[key])
    return Row(*key, one["name"], "open", "", "")


# --- nullifiers of the year ---------------------------------------------------------------------------------------


@check("V82")
def once_a_year(context: Context, tally: Tally) -> None:
    header = context.header
    if header["rehearsal"]:
        raise NotApplicable("this record is a rehearsal")
    names = [one.session_id for one in context.records]
    tally.ok(len({*names, context.session_id}) == len(names) + 1, "two records of one session")
    for one in context.records:
        _belongs(context, one, tally)
    if tally.failed:
        return
    given = {one.session_id: one for one in (context, *context.records)}
    needed: Dict[str, List[str]] = {}
    for session, draw in valid_draws(context, header["year"]):
        if draw["kind"] not in schema.ONCE_A_YEAR:
            continue
        needed.setdefault(session.name, []).append(draw["id"])
    missing = [name for name in needed if name not in given]
    if missing:
        raise Unavailable("no record was given of %s" % ", ".join(missing))
    known: Set[str] = set()
    for name, draws in needed.items():
        for draw_id in draws:
            for value in given[name].value("draws/%s/nullifiers.json" % draw_id)["nullifiers"]:
                tally.ok(value not in known, "a child of %s, %s stands in another valid draw" % (name, draw_id))
                known.add(value)


def _belongs(context: Context, one: Context, tally: Tally) -> None:
    """Whether another record is the published one of a session of this ledger."""
    name = "the record of %s" % one.session_id
    _opened(one, name, tally)
    tally.ok(one.phase == "result", "%s is of phase frozen" % name)
    session = whole(context).sessions.get(one.session_id, ceremony.Session(""))
    entry, problem = session.header, one.problem_of("header.json")
    if not tally.ok(entry is not None and not problem, "%s has no header of this ledger" % name) or entry is None:
        return
    # The entry may say something else than the file that it hashes, which is V21 of that record, and decides here.
    if not tally.ok(
        rules.is_entry_of(entry["body"], one.header, one.bytes_of("header.json")), "%s has another header" % name
    ):
        return
    for draw in one.header["draws"]:
        path = "draws/%s/nullifiers.json" % draw["id"]
        good = path in one.files.data and not one.problem_of(path)
        root = canonical.tagged("nullifiers", one.files.data.get(path, b"")).hex()
        tally.ok(good and root == draw["frozen"]["nullifiers_root"], "%s: %s is not the header's" % (name, path))
