"""V15, V16 and V18: keys that change, policies, timestamps, and what a ledger says of slips and evidence."""

from __future__ import annotations

import hashlib
from typing import Iterator, List, Optional, Set, Tuple

from . import ledger, policy, timestamp
from .context import Context
from .engine import NotApplicable, Tally, check
from .keys import Entry, Keys

Rule = Tuple[bool, str]
TYPES = ("key.rotated", "key.retired", "key.replaced", "key.confirmed", "policy")


@check("V15")
def keys_change_by_rule(context: Context, tally: Tally) -> None:
    """L12 and L17. Who signed is V12's."""
    for kept, problem in key_problems(context.entries, context.tree, context.origin):
        tally.ok(kept, problem)
    if not tally.items:
        raise NotApplicable("no key was changed and there is no policy")


def key_problems(entries: List[Entry], tree: ledger.Tree, origin: str) -> Iterator[Rule]:
    """V15 for any list of entries that begins with genesis."""
    keys, before = Keys(), ""
    for number, entry in enumerate(entries):
        kind = entry["type"]
        if before == "key.replaced":
            yield kind == "key.confirmed", "entry %d: follows key.replaced and is no key.confirmed" % number
        if kind in TYPES:
            text = ledger.checkpoint_text(origin, number, tree.root(number))
            for kept, problem in _rules(entry, keys, before, text):
                yield kept, "entry %d: %s" % (number, problem)
        keys.apply(entry)
        before = kind
    if before == "key.replaced":
        yield False, "the ledger ends with a key.replaced that nothing confirms"


def _rules(entry: Entry, keys: Keys, before: str, text: bytes) -> Iterator[Rule]:
    """The rules of one entry; `text` is that of the checkpoint of all entries before it."""
    kind, body = entry["type"], entry["body"]
    if kind == "policy":
        yield _policy_problem(body["lines"], keys)
    elif kind == "key.confirmed":
        yield before == "key.replaced", "key.confirmed does not follow a key.replaced"
        yield _is_confirmed(body, keys.policy, text), "no witness of the policy in force cosigned the replacement"
    elif kind == "key.retired":
        in_force = keys.in_force(body["role"], body["id"])
        yield in_force == body["key"], "retires a key that is not in force"
    else:
        held = keys.in_force(body["role"], body["id"]) is not None
        yield held, "changes the key of %s %s, who has none" % (body["role"], body["id"])


def _policy_problem(lines: List[str], keys: Keys) -> Rule:
    try:
        made = policy.parse(lines)
    except policy.PolicyError as error:
        return False, str(error)
    given = keys.given | keys.enrolled
    taken = [name for name, witness in made.witnesses.items() if witness.key.hex() in given]
    return not taken, "the ledger gave the key of witness %s to somebody" % ", ".join(taken)


def _is_confirmed(body: Entry, wanted: Optional[policy.Policy], text: bytes) -> bool:
    """L12: the cosignature of a witness, by the name that stands in its note lines, with an Ed25519 key."""
    witnesses = wanted.witnesses.values() if wanted else ()
    keys = [one.key for one in witnesses if one.is_ed25519 and one.key_name == body["name"]]
    signature = bytes.fromhex(body["cosignature"])
    return any(ledger.cosignature_holds(text, key, signature) for key in keys)


@check("V16")
def timestamps(context: Context, tally: Tally) -> None:
    """L20. The authority's signature is not looked at."""
    for number, entry in enumerate(context.entries):
        if entry["type"] != "timestamp":
            continue
        size = entry["body"]["size"]
        if not tally.ok(1 <= size <= number, "entry %d: a checkpoint of %d entries" % (number, size)):
            continue
        text = ledger.checkpoint_text(context.origin, size, context.tree.root(size))
        try:
            imprint = timestamp.imprint(bytes.fromhex(entry["body"]["response"]))
        except timestamp.TimestampError as error:
            tally.fail("entry %d: %s" % (number, error))
            continue
        tally.ok(imprint == hashlib.sha256(text).digest(), "entry %d: stamps something else" % number)
    if not tally.items:
        raise NotApplicable("the ledger has no timestamp")


@check("V18")
def slips_and_evidence(context: Context, tally: Tally) -> None:
    """L24."""
    planned: Set[str] = set()
    frozen: Set[Tuple[str, str]] = set()
    labels: Set[Tuple[str, str]] = set()
    taken = {id(entry) for session in context.sessions.values() for entry in session.taken}
    for entry in context.entries:
        kind, body, at = entry["type"], entry["body"], entry["seq"]
        if kind == "plan" and id(entry) in taken:
            planned.add(entry["session"])
        elif kind == "roster.frozen" and id(entry) in taken:
            frozen.add((entry["session"], body["draw"]))
        elif kind in ("slips", "evidence"):
            known = body["session"] in planned
            tally.ok(known, "entry %d: there is no session %s so far" % (at, body["session"]))
        if kind == "slips":
            there = (body["session"], body["draw"]) in frozen
            tally.ok(there, "entry %d: no roster of %s is frozen so far" % (at, body["draw"]))
            tally.ok(body["number"] >= 1, "entry %d: no slips" % at)
        elif kind == "evidence":
            label = (body["session"], body["label"])
            tally.ok(label not in labels, "entry %d: label %s stands twice" % (at, body["label"]))
            labels.add(label)
    if not tally.items:
        raise NotApplicable("there is nothing on slips or evidence")
