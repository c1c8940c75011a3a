"""V10-V14: chain, checkpoints, signatures, what signers had seen, cosignatures."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Set, Tuple

from . import canonical, ed25519, ledger, policy
from .context import Context
from .engine import NotApplicable, Tally, Unavailable, check
from .keys import OFFICES, WITH_NEW_KEY, Entry, Keys, introduced

# L6: who must have signed, in this order. `source` is signed by any number of observers.
OWN, OTHERS = "the role that the body names", "the offices that it does not name"
SIGNERS: Dict[str, Tuple[str, ...]] = {
    "genesis": ("operator",),
    "key.added": ("operator", "approver"),
    "key.rotated": (OWN, OWN),
    "key.retired": ("operator", "approver"),
    "key.replaced": (OTHERS, OWN),
    "key.confirmed": ("operator",),
    "policy": ("operator", "approver"),
    "timestamp": ("operator",),
    "register": ("operator",),
    "lots": ("school", "operator"),
    "slips": ("operator",),
    "evidence": ("operator",),
    "year": ("operator", "approver"),
    "filing.submitted": ("school",),
    "filing.approved": ("approver",),
    "teacher.replaced": ("school", "approver"),
    "amendment.requested": ("school",),
    "amendment.approved": ("approver",),
    "registration.checked": ("operator",),
    "complaint.received": ("operator",),
    "complaint.decided": ("approver",),
    "inspection": ("operator",),
    "finding.closed": ("operator", "approver"),
    "plan": ("operator",),
    "roster.submitted": ("school",),
    "roster.approved": ("approver",),
    "roster.frozen": ("operator",),
    "draw.postponed": ("operator",),
    "observer.enrolled": ("operator",),
    "header": ("operator",),
    "commitment": ("observer",),
    "commits.closed": ("operator",),
    "groups.fixed": ("operator",),
    "groups.checked": ("recipient",),
    "attest.groups": ("observer",),
    "reveals.opened": ("operator",),
    "opening": ("observer",),
    "reveals.closed": ("operator",),
    "attest.reveals": ("observer",),
    "coverage.closed": ("operator",),
    "delay.done": ("operator",),
    "beacon": ("operator",),
    "seed": ("operator",),
    "result": ("operator",),
    "published": ("operator",),
    "aborted": ("operator",),
    "annulled": ("operator", "approver"),
}
OF_ONE_SCHOOL = ("lots", "filing.submitted", "teacher.replaced", "amendment.requested")  # which signs it (L23, Y2)
GENESIS_ROLES = ["approver", "operator", "recovery"]
NO_HEADER = bytes(32)


@check("V10")
def chain(context: Context, tally: Tally) -> None:
    """L1 (seq), L2, and that genesis is the first entry and no other."""
    previous, clock = ledger.ZEROS, 0
    for number, (line, entry) in enumerate(zip(context.lines, context.entries)):
        moment = canonical.seconds(entry["time"])
        kept = entry["seq"] == number and entry["prev"] == previous and moment >= clock
        kept = kept and (entry["type"] == "genesis") == (number == 0)
        tally.ok(kept, "entry %d does not follow the one before it" % number)
        previous, clock = ledger.leaf_hash(line).hex(), moment


@check("V11")
def checkpoints(context: Context, tally: Tally) -> None:
    """L8, L9, and the notes' names (V11 of the verification page)."""
    context.operator_keys  # noqa: B018 - without one nothing can be verified
    tree, origin = context.tree, context.origin
    sizes = []
    for path in context.note_paths:
        try:
            note = ledger.parse_note(context.files.data[path])
        except ledger.NoteError as error:
            tally.fail("%s: %s" % (path, error))
            continue
        sizes.append(note.size)
        name = ledger.NOTE_NAME.fullmatch(path)
        tally.ok(name is not None and int(name.group(1)) == note.size, "%s: the name is not the size" % path)
        signed = ledger.is_signed_by_ledger(note, origin, context.operator_at(note.size))
        tally.ok(signed, "%s: not signed by the operator's key in force at its size" % path)
        fits = note.size <= len(tree) and tree.root(note.size) == note.root
        tally.ok(fits, "%s: not the root of these entries" % path)
    tally.ok(bool(sizes) and max(sizes) == len(tree), "no checkpoint covers all entries")


# --- signatures ---------------------------------------------------------------------------------------------------


def expected_roles(entry: Entry) -> Tuple[str, ...]:
    """Who must have signed an entry (L6), but for `source`."""
    roles: List[str] = []
    for role in SIGNERS[entry["type"]]:
        if role == OTHERS:
            roles += [office for office in OFFICES if office != entry["body"]["role"]]
        else:
            roles.append(entry["body"]["role"] if role == OWN else role)
    return tuple(roles)


class Signers:
    """The keys a ledger has given out, entry by entry (L5), and the header hashes that signatures include (L3)."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._keys = Keys()
        self._headers: Dict[str, bytes] = {}
        self._submitted: Dict[Tuple[str, str], Set[str]] = {}  # (session, draw) -> keys of the last submission
        self.unknown_recipients = False

    def take(self, entry: Entry) -> Iterator[Tuple[bool, str]]:
        """The rules for one entry as (kept, problem), in ledger order."""
        if entry["type"] == "genesis":
            yield from self._genesis(entry["body"])
            self._keys.apply(entry)  # it is signed by a key of its own
        yield self._roles_fit(entry), "signed by others than L6 asks for"
        if entry["type"] in OF_ONE_SCHOOL:
            yield entry["actor"]["id"] == entry["body"]["school"], "of another school than signed (L23, Y2)"
        keys = [sig["key"] for sig in entry["sig"]]
        yield len(set(keys)) == len(keys), "two signers have one key (L5)"
        header_hash = self._headers.get(entry["session"], NO_HEADER)
        for place, sig in enumerate(entry["sig"]):
            by_new_key = entry["type"] in WITH_NEW_KEY and place == len(keys) - 1
            given = self._is_new(entry, sig) if by_new_key else self._is_given(entry, sig)
            yield given, "a key that %s %s was not given (L5)" % (sig["role"], sig["id"])
            # A key that was not given is not worth the table of its multiples: thousands of them would take minutes.
            holds = given and ledger.signature_holds(entry, sig, self._context.origin, header_hash)
            yield holds, "the signature of %s %s does not hold (L3)" % (sig["role"], sig["id"])
        if entry["type"] != "genesis":
            yield from self._new_keys(entry)
            self._keys.apply(entry)
        yield from self._learn(entry)

    def _genesis(self, body: Dict[str, Any]) -> Iterator[Tuple[bool, str]]:
        keys = body["keys"]
        yield sorted(key["role"] for key in keys) == GENESIS_ROLES, "genesis: not one operator, approver and recovery"
        yield all(key["id"] == key["role"] for key in keys), "genesis: an id that is not the role"
        yield len({key["key"] for key in keys}) == len(keys), "genesis: two keys are equal (L5)"
        for key in keys:
            yield _sound(key["key"]), "genesis: an unsound key (E13)"

    def _roles_fit(self, entry: Entry) -> bool:
        first, roles = entry["sig"][0], tuple(sig["role"] for sig in entry["sig"])
        if (first["id"], first["role"]) != (entry["actor"]["id"], entry["actor"]["role"]):
            return False
        if entry["type"] == "key.rotated" and first["id"] != entry["body"]["id"]:
            return False  # one school must not give another its key
        if entry["type"] != "source":
            return roles == expected_roles(entry)
        names = {sig["id"] for sig in entry["sig"]}
        return set(roles) == {"observer"} and len(names) == len(roles) and len(roles) >= self._confirmations(entry)

    def _confirmations(self, entry: Entry) -> int:
        """How many must sign a `source`; of other sessions' plans nothing is known."""
        if entry["session"] != self._context.session_id:
            return 1
        planned = self._context.plan["sources"]["public_draw"]
        return int(planned["confirmations"]) if planned else 1

    def _is_given(self, entry: Entry, sig: Dict[str, Any]) -> bool:
        role = sig["role"]
        if role == "recipient":
            return self._is_recipient(entry, sig)
        if role == "observer":
            return self._keys.is_observers(entry["session"], sig["id"], sig["key"])
        return bool(sig["key"] == self._keys.in_force(role, sig["id"]))

    @staticmethod
    def _is_new(entry: Entry, sig: Dict[str, Any]) -> bool:
        """Whether a signature is by the new key that its entry names, for whoever gets it."""
        body = entry["body"]
        return bool((sig["role"], sig["id"], sig["key"]) == (body["role"], body["id"], body["key"]))

    def _is_recipient(self, entry: Entry, sig: Dict[str, Any]) -> bool:
        """Recipients are named by the plan, and only the record's own plan is in the record."""
        if entry["session"] != self._context.session_id:
            return True
        try:
            recipients = self._context.plan["recipients"]
        except Unavailable:
            self.unknown_recipients = True
            return True
        return any(one["id"] == sig["id"] and one["signing_key"] == sig["key"] for one in recipients)

    def _new_keys(self, entry: Entry) -> Iterator[Tuple[bool, str]]:
        """L5 and E13, for the keys that an entry introduces. Those of the record's own observers are V21's (C5)."""
        kind, body, keys = entry["type"], entry["body"], self._keys
        for key in introduced(entry):
            yield _sound(key), "an unsound key (E13)"
            yield not keys.is_named(key), "a key that was named before (L5)"
        if kind == "key.added":
            free = keys.in_force("school", body["id"]) is None
            yield free, "school %s has a key in force (L6)" % body["id"]
        elif kind == "observer.enrolled":
            yield _sound(body["key"]), "an unsound key (E13)"
            if entry["session"] != self._context.session_id:
                own = body["key"] not in keys.given and body["key"] not in keys.witnesses
                yield own, "the key of observer %s was named before (L5, C5)" % body["id"]

    def _learn(self, entry: Entry) -> Iterator[Tuple[bool, str]]:
        kind, body, session = entry["type"], entry["body"], entry["session"]
        if kind == "header":
            self._headers.setdefault(session, bytes.fromhex(body["hash"]))
        elif kind == "roster.submitted":
            self._submitted[session, body["draw"]] = {sig["key"] for sig in entry["sig"]}
        elif kind == "roster.approved":
            submitters = self._submitted.get((session, body["draw"]), set())
            own = not submitters & {sig["key"] for sig in entry["sig"]}
            yield own, "the approver's key is the submitter's (L5)"


def _sound(key: str) -> bool:
    return ed25519.is_sound_key(bytes.fromhex(key))


def signature_problems(signers: Signers, entries: List[Entry]) -> Iterator[Tuple[bool, str]]:
    """V12 for any list of entries that begins with genesis."""
    for entry in entries:
        for kept, problem in signers.take(entry):
            yield kept, "entry %d: %s" % (entry["seq"], problem)


@check("V12")
def signatures(context: Context, tally: Tally) -> None:
    """L3, L5, the signers of L6, and E13 for the keys the ledger introduces."""
    context.genesis  # noqa: B018 - without it there is no origin to verify under
    signers = Signers(context)
    for kept, problem in signature_problems(signers, context.entries):
        tally.ok(kept, problem)
    if signers.unknown_recipients:
        raise Unavailable("plan.json, which names the recipients, cannot be read")


@check("V13")
def seen_prefixes(context: Context, tally: Tally) -> None:
    """L4."""
    tree = context.tree
    for number, entry in enumerate(context.entries):
        for sig in entry["sig"]:
            tally.ok(is_prefix(tree, sig, number), "entry %d: %s had seen another ledger" % (number, sig["id"]))


def is_prefix(tree: ledger.Tree, sig: Dict[str, Any], number: int) -> bool:
    size, root = sig["size"], sig["root"]
    if size > number:
        return False
    return bool(root == (tree.root(size).hex() if size else ledger.ZEROS))


# --- cosignatures -------------------------------------------------------------------------------------------------


def known_cosigners(context: Context) -> List[Tuple[str, bytes]]:
    """Names and keys of the observers of all sessions and the witnesses of all policies and the trust file (L10)."""
    known = []
    for entry in context.entries:
        if entry["type"] == "observer.enrolled":
            name = "%s/%s/%s" % (context.origin, entry["session"], entry["body"]["id"])
            known.append((name, bytes.fromhex(entry["body"]["key"])))
        elif entry["type"] == "policy":
            known.extend(_witnesses(entry["body"]["lines"]))
    witnesses = context.trust["witnesses"] if context.trust else ()
    known.extend((witness["name"], bytes.fromhex(witness["key"])) for witness in witnesses)
    return list(dict.fromkeys(known))


def _witnesses(lines: List[str]) -> List[Tuple[str, bytes]]:
    try:
        return [(one.key_name, one.key) for one in policy.parse(lines).witnesses.values()]
    except policy.PolicyError:  # V15 says why
        return []


@check("V14")
def cosigned(context: Context, tally: Tally) -> None:
    """L10, L21. A record without any line of a known key has nothing to check."""
    known = known_cosigners(context)
    for path, note in context.notes:
        for name, _, valid in ledger.cosignatures(note, known):
            tally.ok(valid, "%s: the cosignature of %s does not hold" % (path, name))
    if not tally.items:
        if len(context.notes) != len(context.note_paths) or not context.notes:
            raise Unavailable("the checkpoints cannot be read")
        raise NotApplicable("no cosignature of a known key")


def cosigners(context: Context, above: int, size: int) -> Iterator[Set[Tuple[str, bytes]]]:
    """For every valid note of more than `above` and at most `size` entries: names and keys that cosigned it."""
    known = known_cosigners(context)
    for _, note in context.notes:
        fits = above < note.size <= min(size, len(context.tree)) and context.tree.root(note.size) == note.root
        if not fits or not ledger.is_signed_by_ledger(note, context.origin, context.operator_at(note.size)):
            continue
        found = ledger.cosignatures(note, known)
        if all(valid for _, _, valid in found):
            yield {(name, key) for name, key, _ in found}
