"""The bureau's folder, opened: ledger, sessions' files, private store, and the one way to append.

```
ledger.db            the ledger            private.db   names, attributes, salts
keys/                the bureau's keys     sealed/<session>/<draw>.json   for the recipients
sessions/<session>/  plan.json header.json draws/<draw>/… delay/ …        public files as they come to be
```
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger.canonical import EncodingError, decode, format_time
from ledger.checkpoint import Checkpoint, check_cosignature, open_checkpoint, parse_checkpoint, sign_checkpoint
from ledger.entry import Actor, Entry, Message, Seen, parse_message
from ledger.fork import Fork
from ledger.merkle import leaf_hash
from ledger.note import Note, NoteError, SignatureLine, VerifierKey, parse_note
from ledger.sqlite import StoreError
from ledger.store import HeadMovedError, Store
from verifiable_draw import keyfile
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.locks import FileLock
from verifiable_draw.mark import Mark, state_folder
from verifiable_draw.private import PrivateStore
from verifiable_draw.replay import Session, View, replay

Clock = Callable[[], datetime]
MOST_BYTES = 64 << 20
"""No file of ours is larger; what is would fill the memory of whoever reads it."""
OPERATOR = Actor("operator", "operator")


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def store_problem(error: StoreError) -> UsageError:
    """The sentence for what is wrong with a ledger file."""
    return UsageError(f"store.{error.kind}", detail=error.detail)


class Room:
    """An open workspace. Only `conduct` appends through it."""

    LOCK_SECONDS = 10.0

    def __init__(
        self, folder: Path, store: Store, clock: Clock, randomness: Callable[[int], bytes], state: Path | None
    ) -> None:
        self.folder = folder
        self.store = store
        self.clock = clock
        self.randomness = randomness
        self.view: View = replay(store.read(), self.load)
        self._state = state or state_folder()
        self._keys: dict[bytes, keyfile.Key] = {}
        self._private: PrivateStore | None = None
        self._lock: FileLock | None = None
        self._owned = False

    @classmethod
    def create(
        cls,
        folder: Path,
        clock: Clock = utc_now,
        randomness: Callable[[int], bytes] = os.urandom,
        state: Path | None = None,
    ) -> Room:
        """Make an empty workspace. `state`: where this machine remembers checkpoints (default: `mark.state_folder`)."""
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return cls(folder, Store.create(folder / "ledger.db"), clock, randomness, state)
        except StoreError as error:
            raise store_problem(error) from error

    @classmethod
    def open(
        cls,
        folder: Path,
        clock: Clock = utc_now,
        randomness: Callable[[int], bytes] = os.urandom,
        state: Path | None = None,
    ) -> Room:
        """Open a workspace and replay its ledger; what does not hold is refused here."""
        try:
            return cls(folder, Store.open(folder / "ledger.db"), clock, randomness, state)
        except StoreError as error:
            raise store_problem(error) from error

    def close(self) -> None:
        """Close both stores and release the lock."""
        self.store.close()
        if self._lock:
            self._lock.close()
        if self._private:
            self._private.close()

    def own(self) -> None:
        """Become the only process that changes this workspace, until closed; UsageError if its picture is old.

        Files named by the ledger are written before their entry: two processes would overwrite each other's.
        """
        if not self._owned:
            self.lock()
            if self.store.head.size != self.view.size:
                raise UsageError("store.moved")
            self.not_held()
            self._owned = True

    def lock(self) -> None:
        """Keep other processes from changing this workspace, until closed."""
        if self._lock is None:
            self._lock = FileLock(self.folder / "room.lock", self.LOCK_SECONDS)
            try:
                self.store.refresh()
            except StoreError as error:
                raise store_problem(error) from error

    def reload(self) -> None:
        """Replay the ledger as it is on the disc now."""
        self.view = replay(self.store.read(), self.load)

    # Restored backups (L22)

    @property
    def mark(self) -> Mark | None:
        """What this machine remembers of the ledger; None before the first entry."""
        genesis = next(self.store.read(0, 1), None)
        return Mark(self._state, leaf_hash(genesis)) if genesis is not None else None

    @property
    def held(self) -> str:
        """Why nothing may be signed, or "" if the ledger extends what is remembered and no fork was found."""
        if any((self.folder / "forks").rglob("*.json")):
            return "store.fork_found"
        mark = self.mark
        if mark is None:
            return ""
        known = mark.read()
        if known is None:
            # A crash right after the first entry leaves no mark, and nothing signed that could have gone back.
            return "store.copied" if self.store.note() is not None or self.store.head.size > 1 else ""
        fits = known.size <= self.store.head.size and self.store.root_at(known.size) == known.root
        return "" if fits else "store.older"

    def remember(self, note: Note) -> None:
        """Remember a checkpoint of this ledger that somebody showed; one larger than the ledger holds it."""
        if self.mark is not None:
            self.mark.remember(note)
        self._owned = False

    def not_held(self) -> None:
        """Raise UsageError if the ledger is a restored or copied one that no witness has vouched for yet."""
        held = self.held
        if held:
            raise UsageError(held, size=self.store.head.size, path=str(self.folder / "forks"))

    def keep_evidence(self, fork: Fork) -> Path:
        """Keep the evidence of a fork; from then on nothing is signed."""
        data = fork.encode()
        path = self.folder / "forks" / f"{hashlib.sha256(data).hexdigest()[:32]}.json"
        write_durable(path, data)
        self._owned = False
        return path

    @property
    def private(self) -> PrivateStore:
        """The private store, opened when first asked for."""
        if self._private is None:
            self._private = PrivateStore(self.folder / "private.db")
        return self._private

    # Files of sessions

    def path(self, session: str, *parts: str) -> Path:
        """Path of a session's file."""
        return self.folder.joinpath("sessions", session, *parts)

    def load(self, session: str, name: str) -> bytes | None:
        """Bytes of a session's file, or None; UsageError if it cannot be read, or is larger than any of ours."""
        path = self.path(session, name)
        if not path.is_file():
            return None
        if path.stat().st_size > MOST_BYTES:
            raise UsageError("file.too_large", name=name, session=session, most=MOST_BYTES >> 20)
        return read(path)

    def file(self, session: Session, name: str) -> bytes:
        """Bytes of a session's file; UsageError if it is missing."""
        data = self.load(session.id, name)
        if data is None:
            raise UsageError("file.missing", name=name, session=session.id)
        return data

    def write(self, session: str, name: str, data: bytes) -> None:
        """Write a session's file durably. It counts only once an entry names its hash."""
        self.own()
        write_durable(self.path(session, name), data)

    # Appending

    def key(self, role: str) -> keyfile.Key:
        """One of the bureau's own keys: the file under `keys/` that holds the key in force."""
        wanted = self.view.keys.get((role, role))
        if wanted is None:  # before the first entry
            held = next((key for key in self._keys.values() if key.actor.role == role), None)
            if held is not None:
                return held
            return keyfile.load(self.folder / "keys" / f"{role}.key")
        if wanted not in self._keys:
            self._keys[wanted] = keyfile.load(self.key_path(role, wanted))
        return self._keys[wanted]

    def hold(self, key: keyfile.Key) -> None:
        """Keep a key that was just loaded, so that its passphrase is not asked for again."""
        self._keys[key.public] = key

    def key_path(self, role: str, wanted: bytes) -> Path:
        """The file of a public key, `role.key` or `role-*.key`; UsageError if it is not here."""
        for path in sorted((self.folder / "keys").glob(f"{role}*.key")):
            if keyfile.public_of(path) == wanted:
                return path
        raise UsageError("key.not_here", role=role, path=str(self.folder / "keys"))

    def seen(self) -> Seen:
        """The last signed checkpoint, as signatures refer to it."""
        note = self.store.note()
        if note is None:
            return Seen()
        checkpoint = parse_checkpoint(note.text)
        if checkpoint.size > self.store.head.size:
            raise UsageError("store.moved")
        return Seen(checkpoint.size, checkpoint.root)

    def append(self, message: Message) -> Entry:
        """Check a message against everything before it, append it durably, sign the checkpoint.

        When this returns the entry is acknowledged. A crash after the append leaves the checkpoint unsigned; the
        next append first signs one that covers it, so that every entry has a checkpoint that ends with it.
        """
        self.own()
        head = self.store.head
        # Whoever replaces a lost operator key cannot sign with it (L10).
        if head.size and not (message.type == "key.replaced" and message.body.get("role") == "operator"):
            self.checkpoint()
        self.not_held()
        time = max(format_time(self.clock()), head.time)
        self.view.admit(Entry(head.size, head.last, time, message), self._root_at)
        try:
            entry = self.store.append(head, time, [message])[0]
        except (StoreError, EncodingError) as error:
            # The view has taken in what the ledger has not: begin again from what is durable.
            self.reload()
            if isinstance(error, EncodingError):
                raise DataError("message.malformed", detail=str(error)) from error
            raise (UsageError("store.moved") if isinstance(error, HeadMovedError) else store_problem(error)) from error
        self.checkpoint()
        return entry

    def _root_at(self, size: int) -> bytes:
        return self.store.root_at(size) if size <= self.store.head.size else b""

    def checkpoint(self) -> Note:
        """Sign the present head if that is not done yet.

        What is signed is remembered before it is stored, and stored before anybody gets it: a crash in between leaves
        a memory of the same entries and root, and the same note is signed again.
        """
        try:
            stored = self.store.note(self.store.head.size)
            if stored is not None and self._remembers(stored):
                return stored
            self.lock()
            head, mark = self.store.head, self.mark
            if head.size != self.view.size:
                raise UsageError("store.moved")
            self.not_held()
            if mark is None:
                raise UsageError("step.genesis_first")
            operator = self.key("operator")
            note = stored or sign_checkpoint(Checkpoint(self.view.origin, head.size, head.root), operator.seed)
            if not mark.claim(self.view.origin, self.view.ring.operator_at(0)):
                raise UsageError("store.founded_before", origin=self.view.origin)
            mark.remember(note)
            return self.store.checkpoint(self.view.origin, operator.seed, *self.view.ring.operator_keys)
        except StoreError as error:
            raise store_problem(error) from error

    def _remembers(self, note: Note) -> bool:
        mark = self.mark
        known = mark.read() if mark else None
        return known is None or known.size >= parse_checkpoint(note.text).size

    def ready(self) -> None:
        """Raise what would keep the operator from signing the next entry: for what is done before its entry is."""
        self.own()
        self.not_held()
        self.key("operator")
        self.checkpoint()

    def operate(self, session: str, kind: str, body: dict[str, Any], *, also: keyfile.Key | None = None) -> Entry:
        """Append an entry of the operator; `also` signs with it where two roles must.

        The operator signs on top of the present end, also after a crash that left it without a checkpoint.
        """
        self.own()
        if self.store.head.size:
            self.checkpoint()
        message = Message(session, kind, OPERATOR, body)
        origin = self.view.origin or str(body.get("origin", ""))
        header_hash, seen = self.view.header_hash(session), self.seen()
        message = message.signed(self.key("operator").seed, OPERATOR, origin, header_hash, seen)
        if also is not None:
            message = message.signed(also.seed, also.actor, origin, header_hash, seen)
        return self.append(message)

    def sign_as(self, key: keyfile.Key, session: str, kind: str, body: dict[str, Any]) -> Message:
        """A message of a school or approver who works at this workspace."""
        message = Message(session, kind, key.actor, body)
        return message.signed(key.seed, key.actor, self.view.origin, self.view.header_hash(session), self.seen())

    def cosignature(self, size: int, line: SignatureLine, keys: Iterable[VerifierKey]) -> bool:
        """Check and store a cosignature by one of `keys`; False if it was there already."""
        note = self.store.note(size)
        key = next((key for key in keys if (key.name, key.id) == (line.name, line.data[:4])), None)
        if note is None or key is None:
            raise DataError("cosign.unknown", name=line.name, size=size)
        try:
            open_checkpoint(note, self.view.origin, *self.view.ring.operator_keys)
            check_cosignature(line, note.text, key)
        except NoteError as error:
            raise DataError("cosign.bad", name=line.name) from error
        try:
            return self.store.add_cosignature(size, line)
        except StoreError as error:
            raise store_problem(error) from error


def read_message(data: bytes) -> Message:
    """A message from a file or standard input, strictly."""
    try:
        return parse_message(decode(data.removesuffix(b"\n")))
    except EncodingError as error:
        raise DataError("message.malformed", detail=str(error)) from error


def read_cosignature(data: bytes) -> tuple[int, SignatureLine]:
    """A cosignature file: {"line", "size"}; raises DataError."""
    try:
        value: Any = decode(data.removesuffix(b"\n"))
        if set(value) != {"line", "size"} or type(value["size"]) is not int:
            raise DataError("message.malformed", detail="cosignature")
        note = parse_note(f"x\n\n{value['line']}\n")
    except (EncodingError, NoteError, TypeError) as error:
        raise DataError("message.malformed", detail=str(error)) from error
    return value["size"], note.lines[0]
