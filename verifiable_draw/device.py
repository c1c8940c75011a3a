"""An observer's own program: it believes nothing, checks all that the protocol asks, then signs.

Its state lies in one file on the observer's machine. What it is about to send is durable there first, so that it
never makes a second, different commitment, and what it saw before is never forgotten (spec/ceremony.md C7, C13, C17).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.canonical import VERSION, EncodingError, Json, decode, encode, tagged_hash
from ledger.checkpoint import Checkpoint, cosign, open_checkpoint, parse_checkpoint
from ledger.entry import Message, Seen
from ledger.fork import Fork, find
from ledger.merkle import Nodes, nodes_of, root_hash, tree_root
from ledger.note import Note, NoteError, parse_note
from verifiable_draw import seed
from verifiable_draw.allocation.groups_file import parse_groups, parse_units
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.freeze import roster_root, unit_hash
from verifiable_draw.keyfile import Key
from verifiable_draw.locks import FileLock
from verifiable_draw.packet import Packet
from verifiable_draw.replay import Session, View, replay
from verifiable_draw.schema import array, exactly, hash32, identifier, integer, lines, mapping, origin, record, text
from verifiable_draw.session_rules import missing_attestations

_STATE = record(
    {
        "note": array(text(0, 4000), 0, 10),
        "operators": array(exactly(integer(0, 2**53 - 1), hash32), 0, 1000),
        "origin": origin,
        "seen": record({"root": hash32, "size": integer(0, 2**53 - 1)}),
        "sessions": mapping(identifier, mapping(text(1, 32), text(0, 200))),
    }
)


BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def uptime() -> str:
    """A clock that nobody sets and that goes on while the machine sleeps: boot id, milliseconds since the start."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    boot = BOOT_ID.read_text().strip() if BOOT_ID.is_file() else ""
    return f"{boot} {time.clock_gettime_ns(clock) // 1_000_000}"


@dataclass(slots=True)
class Device:
    """An observer's device: key, pinned ledger, last checkpoint seen, secrets and times by session."""

    key: Key
    path: Path
    origin: str = ""
    operators: tuple[tuple[int, bytes], ...] = ()  # the ledger's keys, each with the size it signs from
    seen: Seen = Seen()  # noqa: RUF009 - frozen value
    note: Note | None = None  # that of the checkpoint last seen
    sessions: dict[str, dict[str, str]] | None = None
    clock: Callable[[], str] = uptime

    @classmethod
    def open(cls, key: Key, path: Path, clock: Callable[[], str] = uptime) -> Device:
        """Open the state file, or begin a new one."""
        if not path.exists():
            return cls(key, path, sessions={}, clock=clock)
        try:
            value: Any = decode(read(path))
        except EncodingError as error:
            raise DataError("device.state", path=str(path), detail=str(error)) from error
        problems = _STATE(value, "")
        if problems:
            raise DataError("device.state", path=str(path), detail=lines(problems))
        seen = Seen(value["seen"]["size"], bytes.fromhex(value["seen"]["root"]))
        sessions = {name: dict(memory) for name, memory in value["sessions"].items()}
        note = parse_note("\n".join(value["note"]) + "\n") if value["note"] else None
        operators = tuple((start, bytes.fromhex(one)) for start, one in value["operators"])
        return cls(key, path, value["origin"], operators, seen, note, sessions, clock)

    @property
    def operator(self) -> bytes:
        """The ledger's key in force, as far as this device has seen; b"" before the first packet."""
        return self.operators[-1][1] if self.operators else b""

    def save(self) -> None:
        """Make the state durable, before anything that depends on it leaves the device."""
        value = {
            "note": str(self.note)[:-1].split("\n") if self.note else [],
            "operators": [[start, one.hex()] for start, one in self.operators],
            "origin": self.origin,
            "seen": {"root": self.seen.root.hex(), "size": self.seen.size},
            "sessions": self.sessions or {},
        }
        write_durable(self.path, encode(value), mode=0o600)

    def memory(self, session: str) -> dict[str, str]:
        """What this device keeps of a session."""
        if self.sessions is None:
            self.sessions = {}
        return self.sessions.setdefault(session, {})

    # Reading a packet

    def look(self, packet: Packet) -> View:
        """Check a packet whole: pinned ledger, checkpoint, extension of what was seen, every rule of every entry.

        The first packet pins origin and operator key; people compare them with the screen.
        """
        if not packet.lines:
            raise DataError("packet.malformed", detail="no entries")
        view = replay(packet.lines, packet.load)
        # A key that rotated is known by its history, which extends what was seen (L12).
        operators = tuple((max(start, 0), one) for start, one in view.ring.operators)
        if (self.origin or view.origin) != view.origin or operators[: len(self.operators)] != self.operators:
            raise DataError("device.other_ledger", origin=self.origin)
        try:
            checkpoint = open_checkpoint(packet.note, view.origin, view.ring.operator_at(len(packet.lines)))
        except NoteError as error:
            raise DataError("device.checkpoint", detail=str(error)) from error
        if checkpoint.size != len(packet.lines) or checkpoint.root != root_hash(packet.leaves):
            raise DataError("device.checkpoint", detail="the entries are not those of the checkpoint")
        self._extends(checkpoint, packet.note, nodes_of(packet.leaves))
        # Written first: a crash leaves more leaves than the checkpoint seen, and these begin with its own.
        write_durable(self._leaves, b"".join(packet.leaves))
        self.origin, self.operators = view.origin, operators
        # The ledger's own line only: whatever else stands on a stick must not fill, or spoil, this memory.
        self.seen, self.note = Seen(checkpoint.size, checkpoint.root), packet.note.alone()
        self.save()
        return view

    @property
    def _leaves(self) -> Path:
        """Leaf hashes of the history seen, 32 bytes each: enough to prove that another one is not it."""
        return self.path.with_suffix(".leaves")

    def _history(self) -> Nodes | None:
        """Tree of the history seen, if its leaf hashes are still there and are its own."""
        data = self._leaves.read_bytes() if self._leaves.is_file() else b""
        leaves = [data[i : i + 32] for i in range(0, 32 * self.seen.size, 32)]
        return nodes_of(leaves) if root_hash(leaves) == self.seen.root else None

    def _extends(self, checkpoint: Checkpoint, note: Note, nodes: Nodes) -> None:
        """Refuse a history that does not extend the one seen; evidence of a fork is kept beside the state (L19)."""
        if not self.seen.size:
            return
        if checkpoint.size >= self.seen.size:
            if tree_root(nodes, self.seen.size) != self.seen.root:
                raise self._fork(find(self.note, note, nodes) if self.note else None)
            return
        if checkpoint.size and self._history() is not None:
            self._compare(checkpoint, note)
        raise DataError("device.older", size=checkpoint.size, seen=self.seen.size)

    def _compare(self, checkpoint: Checkpoint, note: Note) -> None:
        """Raise if a checkpoint that is not larger than the one seen is not of the history seen."""
        if self.note is None or not checkpoint.size:
            raise UsageError("device.no_history")
        if checkpoint.size == self.seen.size:  # one size, two roots: no tree is needed to tell
            if checkpoint.root != self.seen.root:
                raise self._fork(Fork(note.alone(), self.note, self.seen.root, ()))
            return
        nodes = self._history()
        if nodes is None:
            raise UsageError("device.no_history")
        fork = find(note, self.note, nodes)
        if fork is not None:
            raise self._fork(fork)

    def _fork(self, fork: Fork | None) -> DataError:
        if fork is None:
            return DataError("device.fork", size=self.seen.size, path="—")
        data = fork.encode()
        path = self.path.with_suffix(f".fork-{hashlib.sha256(data).hexdigest()[:16]}.json")
        write_durable(path, data)
        return DataError("device.fork", size=self.seen.size, path=str(path))

    def compare(self, note: Note) -> int:
        """Compare a checkpoint that somebody else was shown with the history seen here; returns its size.

        DataError, with the evidence kept, if the ledger showed two histories; UsageError if it is larger than what
        was seen here: then the other one must compare.
        """
        if not self.seen.size:
            raise UsageError("device.no_packet")
        try:
            size = parse_checkpoint(note.text).size
            keys = [one for start, one in self.operators if start <= size]
            checkpoint = open_checkpoint(note, self.origin, *keys[-1:])
        except NoteError as error:
            raise DataError("device.checkpoint", detail=str(error)) from error
        if checkpoint.size > self.seen.size:
            raise UsageError("device.newer", size=checkpoint.size, seen=self.seen.size)
        self._compare(checkpoint, note)
        return checkpoint.size

    def session(self, view: View, name: str) -> Session:
        """The session, with this observer enrolled in its header (C13)."""
        session = view.session(name)
        header = session.frozen_header()
        me = header.observer(self.key.actor.id)
        if me is None or me.key != self.key.public:
            raise DataError("device.not_enrolled", id=self.key.actor.id)
        return session

    def sign(self, session: Session, kind: str, body: dict[str, Any]) -> Message:
        """Sign a message on top of the checkpoint last seen."""
        message = Message(session.id, kind, self.key.actor, body)
        return message.signed(self.key.seed, self.key.actor, self.origin, session.header_hash, self.seen)

    # Steps

    def commit(self, packet: Packet, name: str, typed: str, randomness: Callable[[int], bytes]) -> Message:
        """Commit to a fresh contribution: the system's generator mixed with what the person typed (dice, scribble)."""
        with FileLock(self.path.with_suffix(".lock")):
            # Another process of the same device may have committed since this one read the state.
            self.sessions = Device.open(self.key, self.path, self.clock).sessions
            return self._commit(packet, name, typed, randomness)

    def _commit(self, packet: Packet, name: str, typed: str, randomness: Callable[[int], bytes]) -> Message:
        session = self.session(self.look(packet), name)
        memory = self.memory(name)
        if "contribution" not in memory:
            if self.key.actor.id in session.commitments:
                raise DataError("device.state_lost", id=self.key.actor.id)
            if session.state not in ("FROZEN", "COMMITTING"):
                raise UsageError("commit.too_late")
            memory["contribution"] = tagged_hash("contribution", randomness(32), typed.encode()).hex()
            memory["salt"] = randomness(32).hex()
            memory["header"] = session.header_hash.hex()
            memory["committed_at"] = self.clock()
            self.save()
        if memory["header"] != session.header_hash.hex():
            raise DataError("device.other_header")
        commitment = seed.commitment(session.header_hash, self.key.actor.id, self.key.public, *self._secret(memory))
        return self.sign(session, "commitment", {"commitment": commitment.hex()})

    @staticmethod
    def _secret(memory: dict[str, str]) -> tuple[bytes, bytes]:
        if "contribution" not in memory:
            raise UsageError("device.no_contribution")
        return bytes.fromhex(memory["contribution"]), bytes.fromhex(memory["salt"])

    def confirm_public_draw(self, packet: Packet, name: str, digits: str) -> Message:
        """Confirm the digits of the public draw as this observer saw them."""
        session = self.session(self.look(packet), name)
        if self.memory(name).setdefault("digits", digits) != digits:
            raise DataError("device.other_digits")
        self.save()
        return self.sign(session, "source", {"digits": digits, "kind": "public-draw"})

    def attest_groups(self, packet: Packet, name: str) -> Message:
        """Check commitments, close and groups from their bytes, then attest (C13)."""
        session = self.session(self.look(packet), name)
        if session.state != "GROUPED":
            raise UsageError("attest.not_now", state=session.state)
        memory = self.memory(name)
        me = self.key.actor.id
        own = seed.commitment(session.header_hash, me, self.key.public, *self._secret(memory)).hex()
        if session.commitments.get(me) != own:
            raise DataError("device.commitment_missing", id=me)
        if memory.get("digits", session.digits) != session.digits:
            raise DataError("device.other_digits")
        if "close_seen" not in memory:
            memory["close_seen"] = self.clock()
            self.save()
        self._within(memory, "committed_at", "close_seen", session.plan.value["windows"]["commit"], "device.close_late")
        self._check_groups(packet, session)
        body = {"commits_closed_hash": session.commits_closed, "groups_hash": session.groups_hash}
        return self.sign(session, "attest.groups", body)

    @staticmethod
    def _within(memory: dict[str, str], start: str, end: str, seconds: int, key: str) -> None:
        """Refuse if more than `seconds` lie between two remembered times, or the machine restarted in between."""
        (boot, begun), (now_boot, now) = (memory[key].rsplit(" ", 1) for key in (start, end))
        if boot != now_boot or not 0 <= int(now) - int(begun) <= seconds * 1000:
            raise DataError(key, seconds=seconds)

    @staticmethod
    def _check_groups(packet: Packet, session: Session) -> None:
        header = session.frozen_header()
        for draw in header.draws:
            files = {}
            for kind in ("units", "groups"):
                data = packet.load(session.id, f"draws/{draw.id}/{kind}.json")
                if data is None:
                    raise UsageError("file.missing", name=f"draws/{draw.id}/{kind}.json", session=session.id)
                files[kind] = data
            units = parse_units(files["units"])
            if roster_root([unit_hash(unit) for unit in units.leaves]).hex() != draw.frozen["roster_root"]:
                raise DataError("freeze.files_differ", draw=draw.id)
            listed = session.groups[draw.id]
            if (hashlib.sha256(files["groups"]).hexdigest(), len(files["groups"])) != (
                listed["sha256"],
                listed["size"],
            ):
                raise DataError("groups.malformed", draw=draw.id, what="SHA-256")
            parse_groups(files["groups"], draw, header.bundlings, units.sizes)

    def reveal(self, packet: Packet, name: str) -> Message:
        """Open the contribution, only once `reveals.opened` with the quorum's attestations is in a checkpoint (C14)."""
        session = self.session(self.look(packet), name)
        if session.state != "REVEALING":
            raise UsageError("reveal.not_now", state=session.state)
        if self.key.actor.id not in session.attested or missing_attestations(session, session.attested):
            raise DataError("device.not_attested")
        memory = self.memory(name)
        contribution, salt = self._secret(memory)
        if "opened_at" not in memory:
            memory["opened_at"] = self.clock()
            self.save()
        body = {
            "commits_closed_hash": session.commits_closed,
            "contribution": contribution.hex(),
            "groups_hash": session.groups_hash,
            "salt": salt.hex(),
        }
        return self.sign(session, "opening", body)

    def attest_reveals(self, packet: Packet, name: str) -> Message:
        """Attest that the own opening is listed, all openings are held and no more than Δ has passed (C17)."""
        session = self.session(self.look(packet), name)
        if session.state != "REVEALED":
            raise UsageError("attest.not_now", state=session.state)
        memory = self.memory(name)
        mine = (self.key.actor.id, memory.get("contribution", ""), memory.get("salt", ""))
        if mine not in session.received or "opened_at" not in memory:
            raise DataError("device.opening_missing", id=self.key.actor.id)
        if "reveals_seen" not in memory:
            memory["reveals_seen"] = self.clock()
            self.save()
        self._within(memory, "opened_at", "reveals_seen", session.plan.window, "device.reveals_late")
        memory["reveals_attested"] = memory["reveals_seen"]
        self.save()
        return self.sign(session, "attest.reveals", {"reveals_closed_hash": session.reveals_closed})

    def trust(self, session: Session) -> Json:
        """A trust file of what this device holds itself (V8): pinned ledger, checkpoint seen, own key as a witness."""
        key = self.key.public.hex()
        me = next((str(one["id"]) for one in session.enrolled.values() if one["key"] == key), "")
        if not me:
            raise DataError("device.not_enrolled", id=self.key.actor.id)
        return {
            "checkpoint": {"root": self.seen.root.hex(), "size": self.seen.size},
            "observers": [key],
            "operator": self.operators[0][1].hex(),
            "origin": self.origin,
            "version": VERSION,
            "witnesses": [{"key": key, "name": f"{self.origin}/{session.id}/{me}"}],
            "witnesses_required": 1,
        }

    def cosign(self, packet: Packet, name: str, posix_time: int) -> dict[str, Any]:
        """Cosign the packet's checkpoint as append-only; of a coverage only if it came within Δ (C18)."""
        session = self.session(self.look(packet), name)
        memory = self.memory(name)
        if "opened_at" in memory and session.state == "COVERED":  # later checkpoints prove no coverage (C18)
            if "coverage_seen" not in memory:
                memory["coverage_seen"] = self.clock()
                self.save()
            if "reveals_attested" in memory:
                self._within(memory, "reveals_attested", "coverage_seen", session.plan.window, "device.coverage_late")
            else:
                self._within(memory, "opened_at", "coverage_seen", 2 * session.plan.window, "device.coverage_late")
        checkpoint = parse_checkpoint(packet.note.text)  # whose signature `look` has checked
        line = cosign(checkpoint, f"{self.origin}/{name}/{self.key.actor.id}", self.key.seed, posix_time)
        return {"line": str(line), "size": checkpoint.size}
