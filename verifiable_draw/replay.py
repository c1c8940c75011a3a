"""What a ledger says so far: its keys, sessions and draws, built entry by entry under the rules of the protocol.

One place decides whether an entry may come next, for the bureau that appends it, the device that reads it and the
inspector who replays it. A rule that is broken raises and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.canonical import ZERO32, parse_time
from ledger.entry import Entry, Message
from ledger.keys import SignatureError, check_key
from ledger.merkle import Frontier
from verifiable_draw import ceremony
from verifiable_draw.entries import BODIES
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.header import Header, parse_header
from verifiable_draw.plan import DrawKey, Plan, parse
from verifiable_draw.schema import lines
from verifiable_draw.session_rules import RULES
from verifiable_draw.values import Attempt

# Gives the bytes of a session's file (plan.json, header.json), or None if it is not at hand.
Loader = Callable[[str, str], bytes | None]


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
    state: str = ceremony.START
    draws: dict[str, DrawProgress] = field(default_factory=dict)
    enrolled: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    frozen_at: str = ""
    header: Header | None = None
    header_time: str = ""
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
    seed: str = ""
    results: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    published: Mapping[str, Any] | None = None
    last_seq: int = -1  # of `published`, or of the last `annulled`
    aborted: str = ""
    annulled: dict[str, str] = field(default_factory=dict)

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
        self.keys: dict[tuple[str, str], bytes] = {}
        self.registers: dict[int, Mapping[str, Any]] = {}
        self.sessions: dict[str, Session] = {}
        self.attempts: dict[DrawKey, list[Attempt]] = {}
        self.size = 0

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
        """Every signing key known in a session: an observer may bring none of them."""
        known = self.sessions.get(session)
        return set(self.keys.values()) | (known.keys() if known else set())

    def admit(self, message: Message, time: str, root_at: Callable[[int], bytes]) -> None:
        """Take in the next entry's message, or raise and change nothing.

        `root_at(n)`: root hash of the first n entries, n at most the number of entries so far.
        """
        shape = BODIES.get(message.type)
        if shape is None:
            raise DataError("message.unknown_type", type=message.type)
        problems = shape(message.body, "body")
        if problems:
            raise DataError("message.malformed", detail=lines(problems))
        if message.type in ceremony.OUTSIDE:
            self._outside(message)
            signers: tuple[str, ...] = ceremony.OUTSIDE[message.type]
            session, step = None, None
        elif message.type == "plan":
            session = self._new_session(message)
            step = ceremony.apply(session.state, message.type)
            signers = step.signers
        else:
            session = self.session(message.session)
            step = _step(session.state, message.type)
            signers = step.signers
        self._signers(message, signers, root_at)
        if message.type in ceremony.OUTSIDE:
            _OUTSIDE_EFFECTS[message.type](self, message)
        if session is not None and step is not None:
            RULES[message.type](self, session, message, time)
            session.state = step.state
            self.sessions[session.id] = session
        self.size += 1

    def _signers(self, message: Message, roles: Sequence[str], root_at: Callable[[int], bytes]) -> None:
        """L3-L5: who signed, with which key, on top of which history."""
        signatures = message.signatures
        wanted = tuple(roles) if message.type != "source" else ("observer",) * max(1, len(signatures))
        if tuple(s.actor.role for s in signatures) != wanted or signatures[0].actor != message.actor:
            raise DataError("message.signers", type=message.type, roles=", ".join(wanted))
        if len({s.key for s in signatures}) != len(signatures):
            raise DataError("message.same_key", type=message.type)
        for signature in signatures:
            actor = signature.actor
            known = self.key_of(message.session, actor.role, actor.id)
            if message.type == "genesis":
                known = bytes.fromhex(next(k["key"] for k in message.body["keys"] if k["role"] == "operator"))
            if known != signature.key:
                raise DataError("message.unknown_signer", id=actor.id, role=actor.role)
            seen = signature.seen
            if seen.size > self.size or seen.root != (root_at(seen.size) if seen.size else ZERO32):
                raise DataError("message.other_history", id=actor.id)
        origin = self.origin or str(message.body.get("origin", ""))
        try:
            message.verify(origin, self.header_hash(message.session))
        except SignatureError as error:
            raise DataError("message.bad_signature", id=message.actor.id, type=message.type) from error

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


def _genesis(view: View, message: Message) -> None:
    body: Mapping[str, Any] = message.body
    keys = {(k["role"], k["id"]): bytes.fromhex(k["key"]) for k in body["keys"]}
    if set(keys) != {(role, role) for role in ("operator", "approver", "recovery")} or len(set(keys.values())) != 3:
        raise DataError("genesis.keys")
    for key in keys.values():
        _admissible(key)
    view.keys |= keys
    view.origin, view.bureau = body["origin"], body["bureau"]


def _key_added(view: View, message: Message) -> None:
    body: Mapping[str, Any] = message.body
    key = bytes.fromhex(body["key"])
    taken = set(view.keys.values()).union(*(session.keys() for session in view.sessions.values()))
    if (body["role"], body["id"]) in view.keys or key in taken:
        raise UsageError("key.known", id=body["id"])
    _admissible(key)
    view.keys[body["role"], body["id"]] = key


def _register(view: View, message: Message) -> None:
    body: Mapping[str, Any] = message.body
    keys = [(s["school"], s["grade"]) for s in body["schools"]]
    if keys != sorted(set(keys)):
        raise DataError("register.order")
    view.registers[body["year"]] = body


def _admissible(key: bytes) -> None:
    try:
        check_key(key)
    except SignatureError as error:
        raise DataError("key.not_admissible") from error


_OUTSIDE_EFFECTS: dict[str, Callable[[View, Message], None]] = {
    "genesis": _genesis,
    "key.added": _key_added,
    "register": _register,
}


def replay(entries: Sequence[Entry], load: Loader) -> View:
    """Build the view of a whole ledger; the first entry that breaks a rule raises with its number."""
    view = View(load)
    frontier = Frontier()
    roots = [frontier.root()]
    previous, last_time = ZERO32, ""
    for seq, entry in enumerate(entries):
        if (entry.seq, entry.prev) != (seq, previous) or entry.time < last_time:
            raise DataError("ledger.chain", seq=seq)
        parse_time(entry.time)
        try:
            view.admit(entry.message, entry.time, roots.__getitem__)
        except (DataError, UsageError) as error:
            raise DataError("ledger.entry", seq=seq, detail_zh=error.text.zh, detail_en=error.text.en) from error
        previous, last_time = entry.leaf(), entry.time
        frontier.add(previous)
        roots.append(frontier.root())
    return view
