"""What a ledger says so far: its keys, sessions and draws, built entry by entry under the rules of the protocol.

One place decides whether an entry may come next, for the bureau that appends it, the device that reads it and the
inspector who replays it. A rule that is broken raises and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.audit import Audit, first_bad
from ledger.canonical import ZERO32, EncodingError, parse_time
from ledger.checkpoint import Checkpoint
from ledger.entry import Claim, Entry, Message, parse_entry
from ledger.merkle import Frontier, leaf_hash
from ledger.note import COSIGNATURE, VerifierKey
from verifiable_draw import ceremony
from verifiable_draw.entries import BODIES
from verifiable_draw.errors import DataError, DrawError, UsageError
from verifiable_draw.header import Header, parse_header
from verifiable_draw.keyring import KeyRing
from verifiable_draw.plan import DrawKey, Plan, parse
from verifiable_draw.schema import lines
from verifiable_draw.session_rules import RULES
from verifiable_draw.timestamps import imprint
from verifiable_draw.values import Attempt
from verifiable_draw.year.book import TYPES as TYPES_OF_THE_YEAR
from verifiable_draw.year.book import Book, Item

# Gives the bytes of a session's file (plan.json, header.json), or None if it is not at hand.
Loader = Callable[[str, str], bytes | None]
RootAt = Callable[[int], bytes]
# Takes the claims of an entry's signatures: number, message, claims.
Checker = Callable[[int, Message, Sequence[Claim]], None]


@dataclass(slots=True)
class DrawProgress:
    """Where one draw of a plan stands before the header."""

    submission: str = ""
    students: int = 0
    submitted_by: bytes = b""
    approved: str = ""
    frozen: Mapping[str, Any] | None = None
    postponed: str = ""


@dataclass(slots=True)
class Session:
    """One session as the ledger tells it. Hashes are hexadecimal as in the entries, "" while not known."""

    id: str
    plan: Plan
    plan_time: str = ""
    state: str = ceremony.START
    draws: dict[str, DrawProgress] = field(default_factory=dict)
    enrolled: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    frozen_at: str = ""
    header: Header | None = None
    header_time: str = ""
    header_seq: int = -1
    commitments: dict[str, str] = field(default_factory=dict)
    digits: str = ""
    commits_closed: str = ""
    groups: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    groups_hash: str = ""
    checked: list[str] = field(default_factory=list)
    attested_groups: list[str] = field(default_factory=list)
    attested: list[str] = field(default_factory=list)
    reveals_opened_time: str = ""
    openings: dict[str, tuple[str, str]] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)
    received: list[tuple[str, str, str]] = field(default_factory=list)
    reveals_closed: str = ""
    attested_reveals: list[str] = field(default_factory=list)
    covered: list[str] = field(default_factory=list)
    coverage_closed: bool = False
    delay: Sequence[Mapping[str, str]] = ()
    beacon: Mapping[str, Any] | None = None
    seed: str = ""
    results: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    published: Mapping[str, Any] | None = None
    published_time: str = ""
    published_seq: int = -1
    last_seq: int = -1  # of `published`, or of the last `annulled`
    aborted: str = ""
    annulled: dict[str, str] = field(default_factory=dict)
    annulled_seq: dict[str, int] = field(default_factory=dict)

    def keys(self) -> set[bytes]:
        """Keys of recipients and observers."""
        recipients = self.plan.value["recipients"]
        keys = {bytes.fromhex(r[kind]) for r in recipients for kind in ("signing_key", "sealing_key")}
        return keys | {bytes.fromhex(o["key"]) for o in self.enrolled.values()}

    @property
    def header_hash(self) -> bytes:
        """Header hash; zeros before the header."""
        return self.header.hash if self.header else ZERO32

    def frozen_header(self) -> Header:
        """The header; UsageError before there is one."""
        if self.header is None:
            raise UsageError("step.no_header", session=self.id)
        return self.header

    def hashes(self) -> tuple[bytes, bytes, bytes, bytes]:
        """Header, commits closed, groups, reveals closed: what the delay and the seed hang on (C19)."""
        parts = (self.commits_closed, self.groups_hash, self.reveals_closed)
        header, (commits, groups, reveals) = self.header_hash, (bytes.fromhex(part) for part in parts)
        return header, commits, groups, reveals


class View:
    """Everything a ledger says, up to its last entry."""

    def __init__(self, load: Loader) -> None:
        self.load = load
        self.origin = ""
        self.bureau = ""
        self.ring = KeyRing()
        self.sessions: dict[str, Session] = {}
        self.attempts: dict[DrawKey, list[Attempt]] = {}
        self.timestamps: list[Mapping[str, Any]] = []
        self.slips: list[Mapping[str, Any]] = []
        self.book = Book()
        self.size = 0
        self.time = ""  # of the last entry
        self.signatures = 0

    @property
    def keys(self) -> Mapping[tuple[str, str], bytes]:
        """The ledger's own keys in force, by role and id."""
        return self.ring.in_force

    @property
    def registers(self) -> Mapping[int, Mapping[str, Any]]:
        """Year -> body of its last register."""
        return {year: items[-1].body for year, items in self.book.registers.items()}

    @property
    def lots(self) -> list[Mapping[str, Any]]:
        """Lots drawn by hand."""
        return [item.body for item in self.book.lots]

    @property
    def evidence(self) -> list[Mapping[str, Any]]:
        """Discs, films and scans that entries name."""
        return [item.body for item in self.book.evidence]

    def session(self, name: str) -> Session:
        """The session of that id; UsageError if the ledger has none."""
        if name not in self.sessions:
            raise UsageError("step.no_session", session=name, known=", ".join(self.sessions) or "—")
        return self.sessions[name]

    def header_hash(self, session: str) -> bytes:
        """What signatures of that session carry now (L3)."""
        known = self.sessions.get(session)
        return known.header_hash if known else ZERO32

    def key_of(self, session: str, role: str, name: str) -> bytes | None:
        """The key the ledger gave this id and role, or None (L5)."""
        known = self.sessions.get(session)
        if role == "observer":
            enrolled = known.enrolled.get(name) if known else None
            return bytes.fromhex(enrolled["key"]) if enrolled else None
        if role == "recipient":
            recipients = known.plan.value["recipients"] if known else ()
            return next((bytes.fromhex(r["signing_key"]) for r in recipients if r["id"] == name), None)
        return self.keys.get((role, name))

    def all_keys(self, session: str) -> set[bytes]:
        """Every key known in a session: an observer may bring none of them."""
        known = self.sessions.get(session)
        return self.ring.used | (known.keys() if known else set())

    def cosigners(self, session: str = "") -> list[VerifierKey]:
        """Keys whose cosignatures are known (L10): observers (of one session, if named) and witnesses of policies."""
        observers = [
            VerifierKey(f"{self.origin}/{known.id}/{one['id']}", COSIGNATURE, bytes.fromhex(one["key"]))
            for known in self.sessions.values()
            if session in ("", known.id)
            for one in known.enrolled.values()
        ]
        return observers + self.ring.cosigners()

    def admit(self, entry: Entry, root_at: RootAt, check: Checker | None = None) -> None:
        """Take in the next entry, or raise and change nothing.

        `root_at(n)`: root hash of the first n entries, n at most the number of entries so far. `check` takes the
        signatures' claims, to be checked later; without it they are checked here.
        """
        message = entry.message
        shape = BODIES.get(message.type)
        if shape is None:
            raise DataError("message.unknown_type", type=message.type)
        problems = shape(message.body, "body")
        if problems:
            raise DataError("message.malformed", detail=lines(problems))
        if message.type in ceremony.OUTSIDE:
            self._outside(message)
            signers = ceremony.outside_signers(message.type, str(message.body.get("role", "")))
            session, step = None, None
        elif message.type == "plan":
            session = self._new_session(message)
            step = ceremony.apply(session.state, message.type)
            signers = step.signers
        else:
            session = self.session(message.session)
            step = _step(session.state, message.type)
            signers = step.signers
        self._signers(message, signers, root_at, check or _check_now)
        self._keys(message, root_at)
        if message.type in _OUTSIDE_EFFECTS:
            _OUTSIDE_EFFECTS[message.type](self, entry, root_at)
        if session is not None and step is not None:
            RULES[message.type](self, session, message, entry.time)
            session.state = step.state
            self.sessions[session.id] = session
        self.size, self.time = self.size + 1, entry.time
        self.signatures += len(message.signatures)

    def check_confirmation(self, message: Message, root_at: RootAt) -> None:
        """Check one observer's `source` message by itself; several of them become one entry (C9)."""
        problems = BODIES["source"](message.body, "body")
        if message.type != "source" or len(message.signatures) != 1 or problems:
            raise DataError("message.malformed", detail=lines(problems) or "one signature")
        self._signers(message, ceremony.OBSERVER, root_at, _check_now)

    def _keys(self, message: Message, root_at: RootAt) -> None:
        """What an entry does to the ledger's own keys; a replaced key waits for its witness, nothing comes between."""
        others = set().union(*(session.keys() for session in self.sessions.values()))
        present = lambda: Checkpoint(self.origin, self.size, root_at(self.size))  # noqa: E731
        self.ring.admit(message.type, message.body, self.size, others, present)

    def _signers(
        self, message: Message, roles: Sequence[str], root_at: RootAt, check: Checker
    ) -> None:
        """L3-L5: who signed, with which key, on top of which history."""
        signatures = message.signatures
        wanted = tuple(roles) if message.type != "source" else ("observer",) * max(1, len(signatures))
        if tuple(s.actor.role for s in signatures) != wanted or signatures[0].actor != message.actor:
            raise DataError("message.signers", type=message.type, roles=", ".join(wanted))
        if len({s.key for s in signatures}) != len(signatures):
            raise DataError("message.same_key", type=message.type)
        for number, signature in enumerate(signatures, 1):
            actor = signature.actor
            known = self.key_of(message.session, actor.role, actor.id)
            if message.type == "genesis":
                known = bytes.fromhex(next(k["key"] for k in message.body["keys"] if k["role"] == "operator"))
            elif message.type in ("key.rotated", "key.replaced"):
                if number == len(signatures):
                    known = bytes.fromhex(message.body["key"])
                if actor.id != message.body["id"] and actor.role == message.body["role"]:
                    known = None
            if known != signature.key:
                raise DataError("message.unknown_signer", id=actor.id, role=actor.role)
            seen = signature.seen
            if seen.size > self.size or seen.root != (root_at(seen.size) if seen.size else ZERO32):
                raise DataError("message.other_history", id=actor.id)
        origin = self.origin or str(message.body.get("origin", ""))
        check(self.size, message, message.claims(origin, self.header_hash(message.session)))

    def _new_session(self, message: Message) -> Session:
        if message.session in self.sessions:
            raise UsageError("step.session_exists", session=message.session)
        data = self.load(message.session, "plan.json")
        if data is None:
            raise UsageError("file.missing", name="plan.json", session=message.session)
        plan = parse(data)
        return Session(message.session, plan, draws={name: DrawProgress() for name in plan.draws})

    def _outside(self, message: Message) -> None:
        """Rules of entries that belong to no session (L6)."""
        if message.session:
            raise DataError("message.malformed", detail="session")
        if (message.type == "genesis") != (self.size == 0):
            raise UsageError("step.genesis_once" if self.size else "step.genesis_first")

    # Used by the rules of header entries

    def attempt_number(self, key: DrawKey, *, rehearsal: bool) -> int:
        """The number of the next attempt of a draw key (C6); UsageError if an earlier one still counts."""
        earlier = [a for a in self.attempts.get(key, []) if a.rehearsal == rehearsal]
        for attempt in earlier:
            session = self.sessions[attempt.session]
            if not session.aborted and attempt.draw not in session.annulled:
                raise UsageError("draw.already", session=attempt.session, draw=attempt.draw)
        return len(earlier) + 1

    def read_header(self, session: Session, digest: str, size: int) -> Header:
        """The header file of a session, checked against its entry."""
        data = self.load(session.id, "header.json")
        if data is None:
            raise UsageError("file.missing", name="header.json", session=session.id)
        header = parse_header(data)
        if header.hash.hex() != digest or len(data) != size:
            raise DataError("header.not_this", session=session.id)
        return header


def _step(state: str, event: str) -> ceremony.Step:
    """The table's step, with a sentence of its own for what people try too late."""
    if (state, event) not in ceremony.TABLE and ceremony.STATES.index(state) > 0:
        late = {
            "aborted": ("abort.too_late", ceremony.AFTER_OPENING),
            "source": ("source.too_late", ceremony.STATES[ceremony.STATES.index("COMMITTED") :]),
            "commitment": ("commit.too_late", ceremony.STATES[ceremony.STATES.index("COMMITTED") :]),
            "opening": ("opening.too_late", ceremony.STATES[ceremony.STATES.index("REVEALED") :]),
        }
        key, states = late.get(event, ("", ()))
        if state in states and state != "ABORTED":
            raise UsageError(key)
    return ceremony.apply(state, event)


def _check_now(_number: int, message: Message, claims: Sequence[Claim]) -> None:
    if first_bad([(0, claim) for claim in claims]) is not None:
        raise DataError("message.bad_signature", id=message.actor.id, type=message.type)


def _genesis(view: View, entry: Entry, _root_at: RootAt) -> None:
    view.origin, view.bureau = entry.message.body["origin"], entry.message.body["bureau"]


def _register(view: View, entry: Entry, _root_at: RootAt) -> None:
    body: Mapping[str, Any] = entry.message.body
    keys = [(s["school"], s["grade"]) for s in body["schools"]]
    if keys != sorted(set(keys)):
        raise DataError("register.order")
    view.book.registers.setdefault(body["year"], []).append(Item.of(entry))


def _timestamp(view: View, entry: Entry, root_at: RootAt) -> None:
    """The response is of a checkpoint of this ledger (L20)."""
    body: Mapping[str, Any] = entry.message.body
    if not 1 <= body["size"] <= view.size:
        raise DataError("timestamp.size", size=body["size"])
    text = Checkpoint(view.origin, body["size"], root_at(body["size"])).text()
    imprint(bytes.fromhex(body["response"]), text.encode())
    view.timestamps.append(body)


def _lots(view: View, entry: Entry, _root_at: RootAt) -> None:
    """Lots drawn by hand: every class and every lot number once, signed by the school they are of (L23)."""
    body: Mapping[str, Any] = entry.message.body
    numbers = list(range(1, len(body["rows"]) + 1))
    if [row[0] for row in body["rows"]] != numbers or sorted(row[1] for row in body["rows"]) != numbers:
        raise DataError("lots.rows", number=len(numbers))
    if entry.message.actor.id != body["school"]:
        raise DataError("roster.other_school", school=body["school"])
    view.book.lots.append(Item.of(entry))


def _slips(view: View, entry: Entry, _root_at: RootAt) -> None:
    """Slips are of a draw that was frozen (L24)."""
    body: Mapping[str, Any] = entry.message.body
    session = view.session(body["session"])
    if body["draw"] not in session.draws:
        raise UsageError("draw.unknown", draw=body["draw"])
    if session.draws[body["draw"]].frozen is None:
        raise UsageError("slips.not_frozen", draw=body["draw"])
    view.slips.append(body)


def _evidence(view: View, entry: Entry, _root_at: RootAt) -> None:
    """Evidence is of a session that the ledger knows; its label stands for one file only (L24)."""
    body: Mapping[str, Any] = entry.message.body
    view.session(body["session"])
    if any((e.body["session"], e.body["label"]) == (body["session"], body["label"]) for e in view.book.evidence):
        raise UsageError("evidence.label_twice", label=body["label"])
    view.book.evidence.append(Item.of(entry))


def _year(view: View, entry: Entry, _root_at: RootAt) -> None:
    """What is said of a year before and after its draws (spec/year.md)."""
    view.book.admit(entry)


_OUTSIDE_EFFECTS: dict[str, Callable[[View, Entry, RootAt], None]] = {
    "genesis": _genesis,
    "register": _register,
    "timestamp": _timestamp,
    "lots": _lots,
    "slips": _slips,
    "evidence": _evidence,
    **dict.fromkeys(TYPES_OF_THE_YEAR, _year),
}


def replay(entries: Iterable[Entry | bytes], load: Loader) -> View:
    """Build the view of a whole ledger; the first entry that breaks a rule raises with its number."""
    view = View(load)
    frontier = Frontier()
    roots = [frontier.root()]
    previous, last_time = ZERO32, ""
    audit = Audit()
    check = lambda number, _message, claims: audit.add(number, claims)  # noqa: E731
    for seq, item in enumerate(entries):
        try:
            entry = item if isinstance(item, Entry) else parse_entry(item)
            _follows(entry, seq, previous, last_time)
            view.admit(entry, roots.__getitem__, check)
        except (DataError, UsageError) as error:
            # What an entry with a forged signature says may well be what breaks a rule.
            raise _bad_entry(audit.finish(), seq, error) from error
        except EncodingError as error:
            raise _bad_entry(audit.finish(), seq, DataError("message.malformed", detail=str(error))) from error
        previous = leaf_hash(item) if isinstance(item, bytes) else entry.leaf()
        last_time = entry.time
        frontier.add(previous)
        roots.append(frontier.root())
    forged = audit.finish()
    if forged is not None:
        raise _bad_entry(forged, forged, DataError("message.forged"))
    return view


def _follows(entry: Entry, seq: int, previous: bytes, last_time: str) -> None:
    """L1, L2."""
    if (entry.seq, entry.prev) != (seq, previous) or entry.time < last_time:
        raise DataError("ledger.chain", seq=seq)
    parse_time(entry.time)


def _bad_entry(forged: int | None, seq: int, error: DrawError) -> DrawError:
    """The first thing that is wrong: a signature before, or at, entry `seq`, or what `error` says of it."""
    if forged is not None and forged <= seq:
        seq, error = forged, DataError("message.forged")
    if error.key == "ledger.chain":
        return error
    return DataError("ledger.entry", seq=seq, detail_zh=error.text.zh, detail_en=error.text.en)
