"""V20-V26: sessions, plan, header, rosters, nullifiers, attempts."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional

from . import canonical, ceremony, ledger, rules, schema, shapes
from .context import Context
from .engine import Tally, Unavailable, check
from .whole import attempts

FINAL_STATES = {
    "result": ceremony.FINISHED,
    "frozen": tuple(state for state in ceremony.TABLE if state not in (*ceremony.BEFORE_HEADER, "ABORTED")),
}


@check("V20")
def state_table(context: Context, tally: Tally) -> None:
    """C1, C2 and the rules of one per observer, for every session of the ledger."""
    for session in context.sessions.values():
        tally.good(session.steps - len(session.problems))
        for seq, problem in session.problems:
            tally.fail("session %s, entry %d: %s" % (session.name, seq, problem))
    session = context.sessions.get(context.session_id, ceremony.Session(context.session_id))
    fits = session.state in FINAL_STATES[context.phase]
    tally.ok(fits, "session %s is in state %s" % (session.name, session.state or "START"))
    if context.phase == "result":
        tally.ok(_ends_with_published(context), "the ledger does not end with the session's published entry")


def _ends_with_published(context: Context) -> bool:
    """Only annulments of the same session may follow it."""
    for entry in reversed(context.entries):
        if entry["session"] != context.session_id or entry["type"] not in ("published", "annulled"):
            return False
        if entry["type"] == "published":
            return True
    return False


@check("V21")
def header_fits(context: Context, tally: Tally) -> None:
    """C5 and C6."""
    header, plan, entry = context.header, context.plan, context.entry("header")
    body = entry["body"]
    for kept, text in rules.header_rules(header):
        tally.ok(kept, text)
    tally.ok(header["session"] == context.session_id, "the header is of another session")
    fits = rules.is_entry_of(body, header, context.bytes_of("header.json"))
    tally.ok(fits, "the header entry has another hash, size, year, rehearsal flag or other draws")
    for name in rules.COMMON:
        tally.ok(header[name] == plan[name], "%s is not the plan's" % name)
    plan_hash = rules.plan_hash(context.bytes_of("plan.json")).hex()
    tally.ok(header["plan"] == plan_hash, "plan is not the hash of plan.json")
    _draws_fit(context, tally)
    _observers_fit(context, tally)


def _draws_fit(context: Context, tally: Tally) -> None:
    postponed = {entry["body"]["draw"] for entry in context.session.all("draw.postponed")}
    frozen = {entry["body"]["draw"]: entry["body"] for entry in context.session.all("roster.frozen")}
    names = ("id", "kind", "school", "grade", "batch")
    due = [draw for draw in context.plan["draws"] if draw["id"] not in postponed]
    planned = [{name: draw[name] for name in names} for draw in due]
    present = [{name: draw[name] for name in names} for draw in context.header["draws"]]
    tally.ok(present == planned, "the draws are not those of the plan that were not postponed")
    by_id = {draw["id"]: draw for draw in due}
    for draw in context.header["draws"]:
        own = by_id.get(draw["id"], {"classes": 0, "kind": draw["kind"], "most": 0, "take": 0})
        for kept, text in rules.kind_rules(draw, own, context.plan["pins"]):
            tally.ok(kept, text)
        fits = frozen.get(draw["id"]) == draw["frozen"]
        tally.ok(fits, "%s: not the summary of the last roster.frozen" % draw["id"])


def _observers_fit(context: Context, tally: Tally) -> None:
    enrolled = [entry["body"] for entry in context.session.all("observer.enrolled")]
    enrolled.sort(key=lambda body: str(body["id"]))
    tally.ok(context.header["observers"] == enrolled, "the observers are not those enrolled")
    for one in context.header["observers"]:
        own = one["key"] not in context.taken_keys
        tally.ok(own, "the key of observer %s is also another's (C5)" % one["id"])


@check("V22")
def plan_fits(context: Context, tally: Tally) -> None:
    """C3."""
    plan = context.plan
    for kept, text in rules.plan_rules(plan):
        tally.ok(kept, text)
    tally.ok(plan["session"] == context.session_id, "the plan is of another session")
    tally.ok(plan["origin"] == context.origin, "the plan is of another ledger")
    body, data = context.entry("plan")["body"], context.bytes_of("plan.json")
    fits = body["hash"] == rules.plan_hash(data).hex() and body["size"] == len(data)
    tally.ok(fits, "the plan entry has another hash or size")


# --- rosters ------------------------------------------------------------------------------------------------------


@check("V23")
def roster_steps(context: Context, tally: Tally) -> None:
    """C4: submitted, approved, frozen, in time."""
    session, header = context.session, context.header
    steps = _steps_by_draw(session)
    schools = {draw["id"]: draw["school"] for draw in context.plan["draws"]}
    for name, entries in steps.items():
        tally.ok(name in schools, "%s: a roster of a draw that the plan does not have" % name)
        problems = list(_step_problems(entries, schools.get(name, "")))
        tally.good(max(0, len(entries) - len(problems)))
        for problem in problems:
            tally.fail("%s: %s" % (name, problem))
    for draw in context.plan["draws"]:
        kinds = [entry["type"] for entry in steps.get(draw["id"], [])]
        done = "roster.frozen" in kinds or "draw.postponed" in kinds
        tally.ok(done, "%s was neither frozen nor postponed" % draw["id"])
    frozen = session.all("roster.frozen")
    if not frozen:
        raise Unavailable("no roster was frozen")
    waited = canonical.seconds(context.entry("header")["time"]) - canonical.seconds(frozen[-1]["time"])
    wanted = header["windows"]["roster_to_header"]
    tally.ok(waited >= wanted, "%d seconds from the last freeze to the header, %d were planned" % (waited, wanted))


def _steps_by_draw(session: ceremony.Session) -> Dict[str, List[Dict[str, Any]]]:
    kinds = ("roster.submitted", "roster.approved", "roster.frozen", "draw.postponed")
    steps: Dict[str, List[Dict[str, Any]]] = {}
    for entry in session.taken:
        if entry["type"] in kinds:
            steps.setdefault(entry["body"]["draw"], []).append(entry)
    return steps


def _step_problems(entries: List[Dict[str, Any]], school: str) -> Iterator[str]:  # noqa: C901 - a list of rules
    """What C4 does not allow of one draw's entries, in ledger order."""
    submitted: Optional[Dict[str, Any]] = None
    approved: Optional[Dict[str, Any]] = None
    frozen: Optional[Dict[str, Any]] = None
    postponed = voided = False
    for entry in entries:
        body, kind, at = entry["body"], entry["type"], entry["seq"]
        if postponed and kind != "draw.postponed":
            yield "entry %d: a roster after the draw was postponed" % at
        if kind == "draw.postponed":
            postponed = True
        elif kind == "roster.submitted":
            submitted, approved, voided = body, None, True
            if entry["actor"]["id"] != school:
                yield "entry %d: submitted by another school" % at
        elif kind == "roster.approved":
            approved = body
            if body != submitted:
                yield "entry %d: approves another roster than the last submitted" % at
        elif approved is None:
            yield "entry %d: frozen without approval" % at
        elif (body["submission"], body["students"]) != (approved["submission"], approved["students"]):
            yield "entry %d: freezes another roster than the last approved" % at
        else:
            frozen, voided = body, False
    if frozen is not None and voided and not postponed:
        yield "submitted or approved again after the last freeze"


@check("V24")
def roster_roots(context: Context, tally: Tally) -> None:
    """R4 and the numbers of C4."""
    for draw in context.header["draws"]:
        name, frozen = draw["id"], draw["frozen"]
        value = context.value("draws/%s/units.json" % name)
        units = value["units"]
        tally.ok(value["draw"] == name, "%s: units.json is of another draw" % name)
        by_unit = [[_leaf(*pair) for pair in unit] for unit in units]
        hashes = [canonical.tagged("unit", *unit) for unit in by_unit]
        tally.ok(all(shapes.is_ascending(unit) for unit in by_unit), "%s: leaves of a unit do not ascend" % name)
        tally.ok(shapes.is_ascending(hashes), "%s: units do not ascend" % name)
        leaves = [leaf for unit in by_unit for leaf in unit]
        tally.ok(len(set(leaves)) == len(leaves), "%s: a leaf stands twice" % name)
        identities = {identity for unit in units for identity, _ in unit}
        tally.ok(len(identities) == len(leaves), "%s: an identity stands twice" % name)
        root = ledger.tree_root(ledger.leaf_hash(unit) for unit in hashes).hex()
        tally.ok(root == frozen["roster_root"], "%s: another roster root" % name)
        sizes: Dict[int, int] = {}
        for unit in units:
            sizes[len(unit)] = sizes.get(len(unit), 0) + 1
        table = [[size, sizes[size]] for size in sorted(sizes)]
        tally.ok(table == frozen["unit_sizes"], "%s: other sizes of units" % name)
        found = (len(units), len(leaves), len(units) - sizes.get(1, 0))
        stated = (frozen["units"], frozen["students"], frozen["constraints"]["together"])
        tally.ok(found == stated, "%s: other numbers of units, students or families" % name)
        # Of late students, of whom the one block holds all, V21 says so.
        whole = draw["kind"] == "late" or draw["classes"] * frozen["blocks"] + frozen["remainder"] == len(units)
        tally.ok(whole, "%s: blocks and remainder do not make up the units" % name)


def _leaf(identity: str, attributes: str) -> bytes:
    return canonical.tagged("leaf", bytes.fromhex(identity), bytes.fromhex(attributes))


@check("V25")
def nullifiers(context: Context, tally: Tally) -> None:
    """R5."""
    divided: Dict[str, str] = {}
    for draw in context.header["draws"]:
        name, frozen = draw["id"], draw["frozen"]
        path = "draws/%s/nullifiers.json" % name
        value = context.value(path)
        values = value["nullifiers"]
        tally.ok(value["draw"] == name, "%s is of another draw" % path)
        tally.ok(shapes.is_ascending(values), "%s does not ascend" % path)
        tally.ok(len(values) == frozen["students"], "%s does not hold one for every student" % path)
        root = canonical.tagged("nullifiers", context.bytes_of(path)).hex()
        tally.ok(root == frozen["nullifiers_root"], "%s has another hash" % path)
        # A person may stand in several draws of other kinds, but not twice in one: the values ascend.
        if draw["kind"] in schema.ONCE_A_YEAR:
            for value in values:
                tally.ok(value not in divided, "a child stands in %s and %s" % (divided.get(value), name))
                divided[value] = name


# --- attempts -----------------------------------------------------------------------------------------------------


@check("V26")
def attempts_count(context: Context, tally: Tally) -> None:
    """C6: attempts 1, 2, 3 ... of every key, and all but the last ended before the next began."""
    for key, tries in attempts(context).items():
        name = "%s grade %d %s batch %d of %d" % (key[2], key[3], key[4], key[5], key[1])
        numbers = [draw["attempt"] for _, draw in tries]
        tally.ok(numbers == list(range(1, len(tries) + 1)), "%s: attempts %s" % (name, numbers))
        for (session, draw), (following, _) in zip(tries, tries[1:]):
            begun = following.header["seq"] if following.header else 0
            ended = session.aborted_at if session.aborted_at is not None else session.annulled.get(draw["id"])
            over = ended is not None and ended < begun
            tally.ok(over, "%s: attempt %d was not over when the next began" % (name, draw["attempt"]))
