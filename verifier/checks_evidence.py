"""V50-V64: whether what is consistent is also proven."""

from __future__ import annotations

from typing import Any, Dict, List

from . import allocation, beacon, canonical, ed25519, keys, ledger, pinned, policy, schema
from .checks_ceremony import by_role
from .checks_ledger import cosigners
from .context import Context
from .engine import NotApplicable, Tally, Unavailable, check
from .whole import attempts, whole

ITERATIONS_PER_SECOND = 4_000_000
MAX_WINDOW = 60
MIN_BUNDLINGS = 16
MIN_COVERED = 3
UNITS_A_PIN = 20


@check("V50")
def quorum(context: Context, tally: Tally) -> None:
    """Role bureau counts for nothing."""
    planned, covered = context.sound_header["quorum"], context.covered_outsiders
    tally.ok(len(covered) >= planned["covered"], "%d observers covered, not %d" % (len(covered), planned["covered"]))
    counts = by_role(covered)
    for role, wanted in planned["roles"].items():
        tally.ok(counts.get(role, 0) >= wanted, "%d of role %s covered, not %d" % (counts.get(role, 0), role, wanted))


@check("V51")
def limits(context: Context, tally: Tally) -> None:
    header, covered = context.sound_header, context.covered_outsiders
    window, iterations = header["windows"]["reveal"], header["delay"]["iterations"]
    tally.ok(header["delay"]["bits"] == 1024, "a discriminant of %d bits" % header["delay"]["bits"])
    enough = iterations >= ITERATIONS_PER_SECOND * window
    tally.ok(enough, "%d squarings for a window of %d seconds" % (iterations, window))
    tally.ok(1 <= window <= MAX_WINDOW, "a window of %d seconds" % window)
    tally.ok(header["bundlings"] >= MIN_BUNDLINGS, "%d bundlings" % header["bundlings"])
    tally.ok(len(covered) >= MIN_COVERED, "%d observers covered" % len(covered))
    roles = len(by_role(covered))
    tally.ok(roles >= MIN_COVERED, "covered observers of %d roles" % roles)
    for draw in header["draws"]:
        pins, most = sum(draw["frozen"]["constraints"]["pins"].values()), -(-draw["frozen"]["units"] // UNITS_A_PIN)
        tally.ok(pins <= most, "%s: %d units are pinned, not at most %d" % (draw["id"], pins, most))


@check("V52")
def own_client(context: Context, tally: Tally) -> None:
    own = [one for one in context.covered_outsiders if one["client"] in schema.OWN_CLIENTS]
    tally.ok(bool(own), "every covered observer used a device or page of the bureau")


@check("V53")
def groups_checked(context: Context, tally: Tally) -> None:
    """C12."""
    frozen = [draw["frozen"] for draw in context.draws]
    expected = {
        "commits_closed_hash": context.commits_closed_hash.hex(),
        "constraints_roots": [one["constraints_root"] for one in frozen],
        "groups_hash": context.groups_hash.hex(),
        "header_hash": context.header_hash.hex(),
        "nullifiers_roots": [one["nullifiers_root"] for one in frozen],
        "sealed_hashes": [one["sealed_hash"] for one in frozen],
    }
    recipients = {(one["id"], one["signing_key"]) for one in context.plan["recipients"]}
    good = [
        entry
        for entry in context.session.all("groups.checked")
        if entry["body"] == expected and (entry["actor"]["id"], entry["sig"][0]["key"]) in recipients
    ]
    tally.ok(bool(good), "no recipient of the sealed rosters has checked these groups")


@check("V54")
def no_hidden_class(context: Context, tally: Tally) -> None:
    """A21, A22."""
    m = context.sound_header["bundlings"]
    for draw in context.draws:
        found, r, k = context.evidence(draw), len(pinned.loose(context.groups(draw))), draw["classes"]
        if allocation.speaks_of(found, r, k, m):
            problems = allocation.evidence_problems(found, r, k, m)
            tally.ok(not problems, "%s: %s" % (draw["id"], "; ".join(problems)))
    if not tally.items:
        raise NotApplicable("no remainder is large enough to tell")


@check("V55")
def no_rehearsal(context: Context, tally: Tally) -> None:
    tally.ok(not context.header["rehearsal"], "this was a rehearsal")


@check("V56")
def no_earlier_reveal(context: Context, tally: Tally) -> None:
    """An earlier attempt that went past reveals.opened, or a session of the same grade that was left there."""
    own = {(draw["school"], draw["grade"], draw["kind"]): draw["id"] for draw in context.header["draws"]}
    for session in whole(context).sessions.values():
        body = session.header["body"] if session.header else None
        if body is None or session.name == context.session_id or body["rehearsal"] != context.header["rehearsal"]:
            continue
        abandoned = session.passed_opening and session.first("published") is None
        for draw in body["draws"]:
            name = own.get((draw["school"], draw["grade"], draw["kind"]))
            if name is not None:
                tally.ok(not abandoned, "%s: session %s was opened and never published" % (name, session.name))
    for tries in attempts(context).values():
        places = [i for i, (session, _) in enumerate(tries) if session.name == context.session_id]
        if places:
            opened = [session.name for session, _ in tries[: places[0]] if session.passed_opening]
            draw = tries[places[0]][1]["id"]
            tally.ok(not opened, "%s was drawn before in %s" % (draw, ", ".join(opened)))


# --- anchors ------------------------------------------------------------------------------------------------------


@check("V57")
def anchored(context: Context, tally: Tally) -> None:
    trust = context.trust
    if trust is None:
        tally.fail("unanchored: no trust file was given")
        return
    ledger_now = whole(context)
    sound = all(ed25519.is_sound_key(bytes.fromhex(key)) for key in _keys_of(trust))
    tally.ok(sound, "a key of the trust file is unsound (E13)")
    tally.ok(trust["origin"] == context.origin, "the ledger is of another origin than the trust file's")
    given = {key.hex() for _, key in keys.operator_keys(ledger_now.entries)}
    tally.ok(trust["operator"] in given, "the trust file's operator key is none that the ledger gave its operator")
    kind = "published" if context.phase == "result" else "header"
    last = context.session.first(kind)
    if not tally.ok(last is not None, "the session has no %s entry" % kind) or last is None:
        return
    _contains(ledger_now.lines, trust["checkpoint"], last, tally)
    _witnessed(context, trust, last["seq"], tally)


def _keys_of(trust: Dict[str, Any]) -> "list[str]":
    return [trust["operator"], *trust["observers"], *(one["key"] for one in trust["witnesses"])]


def _contains(lines: List[bytes], checkpoint: Dict[str, Any], last: Dict[str, Any], tally: Tally) -> None:
    size = checkpoint["size"]
    tally.ok(size > last["seq"], "the trusted checkpoint is older than the %s entry" % last["type"])
    tree = ledger.Tree(ledger.leaf_hash(line) for line in lines)
    if tally.ok(size <= len(tree), "the trusted checkpoint covers more entries than there are; give --ledger"):
        same = tree.root(size).hex() == checkpoint["root"]
        tally.ok(same, "the trusted checkpoint is of another ledger")


def _witnessed(context: Context, trust: Dict[str, Any], seq: int, tally: Tally) -> None:
    witnesses = {(one["name"], bytes.fromhex(one["key"])) for one in trust["witnesses"]}
    names = {name for made in cosigners(context, seq, len(context.tree)) for name, _ in made & witnesses}
    wanted = trust["witnesses_required"]
    tally.ok(wanted >= 1, "the trust file requires no witness")
    tally.ok(len(names) >= max(wanted, 1), "%d witnesses cosigned, %d required" % (len(names), wanted))


@check("V58")
def trusted_observer(context: Context, tally: Tally) -> None:
    if context.trust is None:
        tally.fail("no trust file was given")
        return
    keys = set(context.trust["observers"])
    found = [one["id"] for one in context.covered_outsiders if one["key"] in keys]
    tally.ok(bool(found), "no covered observer is one of the trust file's")


@check("V61")
def not_annulled(context: Context, tally: Tally) -> None:
    session = whole(context).sessions.get(context.session_id)
    if session is None:
        raise Unavailable("the ledger has no session %s" % context.session_id)
    for draw in context.header["draws"]:
        tally.ok(draw["id"] not in session.annulled, "%s was annulled" % draw["id"])


@check("V63")
def coverage_in_time(context: Context, tally: Tally) -> None:
    """C18: covered observers cosigned a checkpoint that holds coverage.closed and not yet delay.done."""
    closed, done = context.entry("coverage.closed")["seq"], context.entry("delay.done")["seq"]
    prefix = "%s/%s/" % (context.origin, context.session_id)
    covered = {(prefix + one["id"], bytes.fromhex(one["key"])) for one in context.covered_outsiders}
    names = {name for made in cosigners(context, closed, done) for name, _ in made & covered}
    wanted = context.sound_header["quorum"]["covered"]
    tally.ok(len(names) >= wanted, "%d covered observers cosigned the coverage in time, not %d" % (len(names), wanted))


@check("V62")
def has_result(context: Context, tally: Tally) -> None:
    tally.ok(context.phase == "result", "the record is of phase frozen")


@check("V64")
def policy_satisfied(context: Context, tally: Tally) -> None:
    """L17, with the policy in force at the end of the record."""
    lines = [entry["body"]["lines"] for entry in context.entries if entry["type"] == "policy"]
    if not lines:
        raise NotApplicable("the ledger has no policy")
    try:
        wanted = policy.parse(lines[-1])
    except policy.PolicyError as error:
        raise Unavailable("the policy cannot be read: %s" % error) from None
    last = context.entry("published" if context.phase == "result" else "header")
    good = any(wanted.is_satisfied(made) for made in cosigners(context, last["seq"], len(context.tree)))
    tally.ok(good, "no checkpoint that contains the session's %s entry is cosigned by the quorum" % last["type"])


@check("V65")
def closed_before_the_beacon(context: Context, tally: Tally) -> None:
    """C27."""
    if not context.drand:
        raise NotApplicable("no beacon is planned")
    closed = canonical.seconds(context.entry("reveals.closed")["time"])
    late = closed - beacon.published_at(context.drand)
    tally.ok(late < 0, "reveals were closed %d seconds after the beacon was published" % max(late, 0))
