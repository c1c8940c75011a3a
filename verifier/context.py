"""What the checks look at: parsed files, the ledger, and every value the record must reproduce.

Everything is computed once, on first use, from the lowest evidence there is (never from a stated value that could be
recomputed). What cannot be had raises Unavailable, so a check can only pass on inputs that were read in strict form.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set, Tuple, TypeVar

from . import allocation, canonical, ceremony, keys, ledger, pinned, record, rules, schema, shapes
from .engine import Unavailable

ENTRIES = "ledger/entries.jsonl"
COPIES = ("SPEC.md", "verify.html", "verify.pyz")
FROZEN_FILES = ("header.json", "plan.json")
RESULT_FILES = ("delay.json", "sources.json", "statement.json")
FROZEN_FILES_OF_DRAW = ("units.json", "nullifiers.json")
RESULT_FILES_OF_DRAW = ("groups.json", "result.json")

T = TypeVar("T")


def once(method: Callable[[Any], T]) -> property:
    """A property computed once; a failure is remembered too, so that no work is repeated."""
    name = "_once_" + method.__name__

    @functools.wraps(method)
    def get(self: Any) -> T:
        if name not in self.__dict__:
            try:
                self.__dict__[name] = (method(self), None)
            except Unavailable as error:
                self.__dict__[name] = (None, error)
        value, problem = self.__dict__[name]
        if problem is not None:
            raise Unavailable(str(problem))
        return value  # type: ignore[no-any-return]

    return property(get)


class Opening(NamedTuple):
    """A row of reveals.closed as it must be (C16)."""

    status: str
    contribution: str
    salt: str


class Given(NamedTuple):
    """What the reader holds beside the record. A check with an option runs only if that one is not None."""

    trust: Optional[Dict[str, Any]] = None
    since: Optional["Context"] = None
    ledger: Optional[bytes] = None
    record: Optional[List["Context"]] = None  # others of the year
    slip: Optional[Dict[str, Any]] = None
    sealed: Optional[List[bytes]] = None

    def has(self, option: str) -> bool:
        return option == "" or getattr(self, option) is not None


class Context:
    def __init__(self, files: record.Files, given: Optional["Given"] = None) -> None:
        """RecordError if RECORD.json cannot be read or is not of our version (V3)."""
        self.files = files
        self.given = given or Given()
        self.trust = self.given.trust
        self.ledger_bytes = self.given.ledger
        self.sealed_bytes = self.given.sealed or []
        self.records = self.given.record or []
        self.internal_errors: List[str] = []
        self._values: Dict[str, Any] = {}
        self._broken: Dict[str, str] = {}
        if "RECORD.json" not in files.data:
            raise record.RecordError("RECORD.json is missing")
        try:
            self.record = canonical.decode(files.data["RECORD.json"])
            shapes.check_shape(self.record, schema.RECORD, "RECORD.json")
        except (canonical.EncodingError, shapes.ShapeError) as error:
            raise record.RecordError("RECORD.json cannot be read: %s" % error) from None
        self.phase: str = self.record["phase"]
        self.session_id: str = self.record["session"]

    # --- files ----------------------------------------------------------------------------------------------------

    def bytes_of(self, path: str) -> bytes:
        if path not in self.files.data:
            raise Unavailable("%s is missing" % path)
        return self.files.data[path]

    def problem_of(self, path: str) -> str:
        """What is wrong with the form of a canonical file, "" if nothing (E5)."""
        if path not in self._values and path not in self._broken:
            try:
                value = canonical.decode(self.bytes_of(path))
                shapes.check_shape(value, schema.FILES[path.rsplit("/", 1)[-1]], path)
                self._values[path] = value
            except (canonical.EncodingError, shapes.ShapeError, Unavailable) as error:
                self._broken[path] = "%s: %s" % (path, error)
        return self._broken.get(path, "")

    def value(self, path: str) -> Any:
        problem = self.problem_of(path)
        if problem:
            raise Unavailable(problem)
        return self._values[path]

    def required_files(self) -> List[str]:
        """R1, for the record's phase and the draws of its header, as far as they can be read."""
        whole = self.phase == "result"
        paths = [ENTRIES, *FROZEN_FILES]
        if whole:
            paths.extend(RESULT_FILES)
        for draw in self.header["draws"] if not self.problem_of("header.json") else ():
            names = FROZEN_FILES_OF_DRAW + (RESULT_FILES_OF_DRAW if whole else ())
            paths.extend("draws/%s/%s" % (draw["id"], name) for name in names)
        return paths

    # --- header and plan ------------------------------------------------------------------------------------------

    @once
    def header(self) -> Any:
        """header.json in strict form; its values may still break rules (V21)."""
        return self.value("header.json")

    @once
    def sound_header(self) -> Any:
        """header.json whose values keep the rules of C3, C5 and C6."""
        broken = [text for kept, text in rules.header_rules(self.header) if not kept]
        if broken:
            raise Unavailable("header.json breaks its rules: %s" % broken[0])
        return self.header

    @once
    def plan(self) -> Any:
        return self.value("plan.json")

    @once
    def header_hash(self) -> bytes:
        self.value("header.json")
        return rules.header_hash(self.bytes_of("header.json"))

    @once
    def draws(self) -> List[Dict[str, Any]]:
        return list(self.sound_header["draws"])

    @once
    def observers(self) -> List[Dict[str, Any]]:
        return list(self.sound_header["observers"])

    @once
    def role_of(self) -> Dict[str, str]:
        return {one["id"]: one["role"] for one in self.observers}

    # --- ledger ---------------------------------------------------------------------------------------------------

    @once
    def lines(self) -> List[bytes]:
        try:
            return canonical.split_lines(self.bytes_of(ENTRIES))
        except canonical.EncodingError as error:
            raise Unavailable("%s: %s" % (ENTRIES, error)) from None

    @once
    def entries(self) -> List[Dict[str, Any]]:
        """All entries, or Unavailable if a single one is not in strict form."""
        found = parse_entries(self.lines, ENTRIES)
        if not found:
            raise Unavailable("the ledger has no entry")
        return found

    @once
    def genesis(self) -> Dict[str, Any]:
        first = self.entries[0]
        if first["type"] != "genesis":
            raise Unavailable("the ledger does not begin with genesis")
        return dict(first["body"])

    @once
    def origin(self) -> str:
        return str(self.genesis["origin"])

    @once
    def operator_keys(self) -> List[Tuple[int, bytes]]:
        """The keys that the ledger gave its operator, each with the size from which on it is in force."""
        found = keys.operator_keys(self.entries)
        if not found:
            raise Unavailable("genesis names no operator")
        return found

    def operator_at(self, size: int) -> bytes:
        """The operator's key in force after the first `size` entries (L9)."""
        history: List[Tuple[int, bytes]] = self.operator_keys
        return [key for start, key in history if start <= size][-1]

    @once
    def tree(self) -> ledger.Tree:
        return ledger.Tree(ledger.leaf_hash(line) for line in self.lines)

    @once
    def sessions(self) -> Dict[str, ceremony.Session]:
        return ceremony.replay(self.entries)

    @once
    def session(self) -> ceremony.Session:
        if self.session_id not in self.sessions:
            raise Unavailable("the ledger has no session %s" % self.session_id)
        found: ceremony.Session = self.sessions[self.session_id]
        return found

    def entry(self, kind: str) -> Dict[str, Any]:
        """The session's (first) entry of a type."""
        found = self.session.first(kind)
        if found is None:
            raise Unavailable("the session has no %s entry" % kind)
        return dict(found)

    @once
    def notes(self) -> List[Tuple[str, ledger.Note]]:
        """The checkpoints that can be parsed, by path; the others are failures of V11."""
        out = []
        for path in self.note_paths:
            try:
                out.append((path, ledger.parse_note(self.files.data[path])))
            except ledger.NoteError:  # noqa: PERF203 - V11 counts it
                continue
        return out

    @once
    def note_paths(self) -> List[str]:
        return sorted(path for path in self.files.data if path.startswith("ledger/checkpoints/"))

    # --- what was given beside ------------------------------------------------------------------------------------

    @property
    def since(self) -> "Context":
        if self.given.since is None:
            raise Unavailable("no earlier record was given")
        return self.given.since

    @property
    def slip(self) -> Dict[str, Any]:
        if self.given.slip is None:
            raise Unavailable("no slip was given")
        return self.given.slip

    # --- ceremony: the values that must come out ------------------------------------------------------------------

    @once
    def committed(self) -> Dict[str, str]:
        """Commitment of every observer who made one, by id."""
        return {one["actor"]["id"]: one["body"]["commitment"] for one in self.session.all("commitment")}

    @once
    def digits(self) -> str:
        source = self.session.first("source")
        return source["body"]["digits"] if source else ""

    @once
    def commits_closed_hash(self) -> bytes:
        self.entry("commits.closed")
        fields = [bytes.fromhex(self.committed.get(one["id"], "")) for one in self.observers]
        return canonical.tagged("commits.closed", *fields, self.digits.encode())

    @once
    def groups_hash(self) -> bytes:
        contents = [self.bytes_of("draws/%s/groups.json" % draw["id"]) for draw in self.draws]
        return canonical.tagged("groups", *(hashlib.sha256(content).digest() for content in contents))

    @once
    def attested(self) -> List[str]:
        """Ids with an attest.groups, in header order (C14)."""
        made = {one["actor"]["id"] for one in self.session.all("attest.groups")}
        return [one["id"] for one in self.observers if one["id"] in made]

    @once
    def openings(self) -> List[Opening]:
        """C16, from commitments and openings alone."""
        self.entry("reveals.closed")
        made = {one["actor"]["id"]: one["body"] for one in self.session.all("opening")}
        out = []
        for one in self.observers:
            body = made.get(one["id"])
            if body is not None:
                valid = self._opens(one, body)
                row = Opening("received", body["contribution"], body["salt"]) if valid else Opening("wrong", "", "")
            else:
                row = Opening("missing" if one["id"] in self.committed else "none", "", "")
            out.append(row)
        return out

    def _opens(self, observer: Dict[str, Any], body: Dict[str, Any]) -> bool:
        """C15."""
        made = canonical.tagged(
            "commit",
            self.header_hash,
            observer["id"].encode(),
            *(bytes.fromhex(part) for part in (observer["key"], body["contribution"], body["salt"])),
        )
        return (
            observer["id"] in self.attested
            and body["commits_closed_hash"] == self.commits_closed_hash.hex()
            and body["groups_hash"] == self.groups_hash.hex()
            and self.committed.get(observer["id"]) == made.hex()
        )

    @once
    def reveals_closed_hash(self) -> bytes:
        fields = [bytes.fromhex(part) for row in self.openings for part in (row.contribution, row.salt)]
        return canonical.tagged("reveals.closed", *fields)

    @once
    def covered(self) -> List[Dict[str, Any]]:
        """The covered observers, in header order (C18)."""
        made = {one["actor"]["id"] for one in self.session.all("attest.reveals")}
        wanted = made & set(self.attested)
        return [
            one for one, row in zip(self.observers, self.openings) if row.status == "received" and one["id"] in wanted
        ]

    @once
    def covered_outsiders(self) -> List[Dict[str, Any]]:
        """Covered observers without role bureau, the ones that count."""
        return [one for one in self.covered if one["role"] != "bureau"]

    @once
    def challenge(self) -> bytes:
        """C19."""
        return canonical.tagged(
            "delay", self.header_hash, self.commits_closed_hash, self.groups_hash, self.reveals_closed_hash
        )

    @once
    def seed(self) -> bytes:
        """C23, from the delay's last output as it stands in the record."""
        segments = self.value("delay.json")["segments"]
        if not segments:
            raise Unavailable("delay.json has no segment")
        return canonical.tagged(
            "seed",
            self.header_hash,
            self.commits_closed_hash,
            self.groups_hash,
            self.reveals_closed_hash,
            bytes.fromhex(segments[-1]["y"]),
            self.randomness,
        )

    @once
    def drand(self) -> Dict[str, Any]:
        """The chain and round that the header waits for, {} if none (C26)."""
        return dict(self.sound_header["sources"]["drand"])

    @once
    def randomness(self) -> bytes:
        """What the beacon adds to the seed (C26), whether or not its signature is right."""
        if not self.drand:
            return b""
        signature = self.entry("beacon")["body"]["signature"]
        return hashlib.sha256(bytes.fromhex(signature)).digest()

    # --- draws ----------------------------------------------------------------------------------------------------

    def units(self, draw: Dict[str, Any]) -> List[List[List[str]]]:
        """Identity and attributes hash of every student of every unit (R4)."""
        return list(self.value("draws/%s/units.json" % draw["id"])["units"])

    def sizes(self, draw: Dict[str, Any]) -> List[int]:
        """Students of every unit, by index."""
        return [len(unit) for unit in self.units(draw)]

    @once
    def _group_problems(self) -> Dict[str, List[str]]:
        return {}

    def group_problems(self, draw: Dict[str, Any]) -> List[str]:
        known = self._group_problems
        name = draw["id"]
        if name not in known:
            groups = self.value("draws/%s/groups.json" % name)
            known[name] = allocation.group_problems(
                groups, self.sizes(draw), draw["classes"], self.sound_header["bundlings"], draw["kind"]
            )
        return list(known[name])

    def groups(self, draw: Dict[str, Any]) -> Dict[str, Any]:
        """A groups file that keeps R6, A13, A15, A24 and A26, but for the numbers of the header."""
        problems = self.group_problems(draw)
        if problems:
            raise Unavailable("groups of %s: %s" % (draw["id"], problems[0]))
        return dict(self.value("draws/%s/groups.json" % draw["id"]))

    @once
    def _evidence(self) -> Dict[str, allocation.Evidence]:
        return {}

    def evidence(self, draw: Dict[str, Any]) -> allocation.Evidence:
        known = self._evidence
        if draw["id"] not in known:
            known[draw["id"]] = allocation.evidence(self.groups(draw), draw["classes"])
        return known[draw["id"]]  # type: ignore[no-any-return]

    def effect(self, draw: Dict[str, Any]) -> pinned.Effect:
        """What pins do (A27); nothing in draws of other kinds than classes."""
        groups = self.groups(draw)
        return pinned.effect(groups, draw["classes"]) if draw["kind"] == "classes" else pinned.NOTHING

    def planned(self, draw: Dict[str, Any]) -> Dict[str, Any]:
        """The draw's row of the plan."""
        for one in self.plan["draws"]:
            if one["id"] == draw["id"]:
                return dict(one)
        raise Unavailable("the plan has no draw %s" % draw["id"])

    # --- keys -----------------------------------------------------------------------------------------------------

    @once
    def taken_keys(self) -> Set[str]:
        """Keys of the ledger, its policies and the plan that no observer may have (C5)."""
        named = keys.after(self.entries)
        taken = named.given | named.witnesses
        for one in self.plan["recipients"]:
            taken |= {one["sealing_key"], one["signing_key"]}
        return taken


def parse_entries(lines: List[bytes], name: str, before: int = 0) -> List[Dict[str, Any]]:
    """Entries in strict form (L1); Unavailable names the first line that is not, counting those `before` it."""
    out = []
    for number, line in enumerate(lines):
        try:
            out.append(ledger.parse_entry(line))
        except (canonical.EncodingError, shapes.ShapeError) as error:  # noqa: PERF203 - the line is named
            raise Unavailable("%s, line %d: %s" % (name, before + number + 1, error)) from None
    return out
