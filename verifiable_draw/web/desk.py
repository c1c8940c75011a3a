"""The desk: the one thread that owns the room. Everybody else reads snapshots and asks it to act.

A snapshot is a finished picture of ledger and session; readers never wait for a writer. What takes long (groups,
delay) is computed beside the thread and entered through it. After a crash nothing is remembered that is not durable:
the state of the session says what comes next.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from ledger.checkpoint import parse_checkpoint
from ledger.entry import Entry, Message, parse_entry
from ledger.note import SignatureLine
from verifiable_draw import conduct, keyfile
from verifiable_draw.errors import DataError, DrawError, UsageError
from verifiable_draw.keyfile import Key
from verifiable_draw.replay import Session
from verifiable_draw.room import Room, utc_now
from verifiable_draw.web import board as boards
from verifiable_draw.web.board import Call, Facts
from verifiable_draw.web.front import Front

T = TypeVar("T")

CALL_SECONDS = 10
# Messages that a device can hand in; what each observer sends once is answered again with its number (N4, N9).
ONCE = ("commitment", "attest.groups", "opening", "attest.reveals", "groups.checked")
FROM_NETWORK = (*ONCE, "source")
# Folders in which workbooks, keys, forms and packs lie for a moment; a server that was killed may have left some.
MOMENTARY = ("import-*", "key-*", "form-*", "pack-*")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What readers see: the state of N5, the board of N6, the entries and the note of the last checkpoint."""

    tick: int = 0
    state: Mapping[str, Any] = field(default_factory=dict)
    board: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[bytes] = ()
    size: int = 0
    note: str = ""
    closes: datetime | None = None
    call_ends: datetime | None = None


def _always(passphrase: str) -> keyfile.Ask:
    return lambda _path: passphrase


class Desk:
    """Room, front and the picture of them."""

    def __init__(
        self,
        folder: Path,
        page: bytes = b"",
        clock: Callable[[], datetime] = utc_now,
        randomness: Callable[[int], bytes] = os.urandom,
        state: Path | None = None,
    ) -> None:
        self.folder = folder
        self.page = page
        self.clock = clock
        self.randomness = randomness
        self.snapshot = Snapshot()
        self.approver: Key | None = None
        self.unlocked = False
        self.progress: dict[str, int | str] = {}
        self.trouble: DrawError | None = None
        self.call = Call()
        self.closing = False
        self._state = state
        self._room: Room | None = None
        self._front: Front | None = None
        self._entries: list[Entry] = []
        self._lines: list[bytes] = []
        self._once: dict[tuple[str, str, str], int] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk")
        self._changed = asyncio.Event()
        self._stale = True  # the picture must be made anew, whatever it shows
        self._loop: asyncio.AbstractEventLoop | None = None

    # Life

    async def open(self) -> None:
        """Open the folder, if it holds a ledger; a folder without one waits to be founded."""
        self._loop = asyncio.get_running_loop()
        await self._in_thread(self._open)

    def _open(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for left in (path for pattern in MOMENTARY for path in self.folder.glob(pattern)):
            shutil.rmtree(left, ignore_errors=True)
        self._front = Front(self.folder / "desk.db", self.randomness)
        if (self.folder / "ledger.db").exists():
            room = Room.open(self.folder, self.clock, self.randomness, self._state)
            if room.view.size:
                self._room = room
                room.own()
            else:
                room.close()
        self._picture()

    def stop(self) -> None:
        """Let go of everybody who waits; may be called by a signal."""
        self.closing = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._tell)

    async def close(self) -> None:
        """Release the folder. What runs for long sees `closing` and stops."""
        self.closing = True
        await self._in_thread(self._close)
        self._thread.shutdown()

    def _close(self) -> None:
        if self._room:
            self._room.close()
        if self._front:
            self._front.close()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # Asking

    async def do(self, work: Callable[[Room], T]) -> T:
        """Run a piece of work on the room in its thread; the picture is new when this returns."""
        return await self._then_picture(lambda: work(self._opened()))

    async def at_front(self, work: Callable[[Front], T]) -> T:
        """Run a piece of work on what stands beside the ledger; whoever waits for news is told."""

        def both() -> T:
            self._stale = True
            return work(self._front_of())

        return await self._then_picture(both)

    async def read(self, work: Callable[[Room], T]) -> T:
        """Run a piece of work that changes nothing."""
        return await self._in_thread(lambda: work(self._opened()))

    async def read_front(self, work: Callable[[Front], T]) -> T:
        """Read what stands beside the ledger."""
        return await self._in_thread(lambda: work(self._front_of()))

    async def _then_picture(self, work: Callable[[], T]) -> T:
        def both() -> T:
            try:
                return work()
            finally:
                self._picture()

        try:
            return await self._in_thread(both)
        finally:
            self._tell()

    def _opened(self) -> Room:
        if self._room is None:
            raise UsageError("web.not_founded")
        return self._room

    def _front_of(self) -> Front:
        if self._front is None:
            raise UsageError("web.not_founded")
        return self._front

    @property
    def founded(self) -> bool:
        """Whether there is a ledger."""
        return self._room is not None

    async def found(self, origin: str, bureau: str, passphrases: Mapping[str, str]) -> None:
        """Make keys, each under its passphrase, and the ledger."""

        def work() -> None:
            keys = []
            for role, passphrase in passphrases.items():
                path = self.folder / "keys" / f"{role}.key"
                if path.exists():  # left by a run that was stopped
                    keys.append(keyfile.load(path, _always(passphrase)))
                else:
                    keys.append(keyfile.create(path, role, role, self.randomness, passphrase))
            exists = (self.folder / "ledger.db").exists()
            make = Room.open if exists else Room.create
            room = make(self.folder, self.clock, self.randomness, self._state)
            if room.view.size:
                room.close()
                raise UsageError("store.exists", detail=str(self.folder / "ledger.db"))
            for key in keys:
                room.hold(key)
            conduct.found(room, origin, bureau, keys)
            self._room, self.unlocked = room, True

        await self._then_picture(work)

    async def unlock(self, role: str, passphrase: str) -> None:
        """Open the key of an office with its passphrase; UsageError if it is not that."""

        def work(room: Room) -> None:
            wanted = room.view.keys[role, role]
            key = keyfile.load(room.key_path(role, wanted), lambda _path: passphrase)
            if role == "operator":
                room.hold(key)
                self.unlocked = True
            else:
                self.approver = key

        await self.do(work)

    # What the desk does for devices

    async def take(self, message: Message) -> dict[str, int]:
        """Enter what a device signed; the answer of N9. Asked again, it answers again (N4)."""
        if message.type not in FROM_NETWORK:
            raise DataError("web.not_yours", type=message.type)
        if not self.unlocked:
            raise UsageError("web.locked")
        if message.type == "source":
            return await self.do(lambda room: self._confirm(room, message))
        return await self.do(lambda room: self._enter(room, message))

    def _enter(self, room: Room, message: Message) -> dict[str, int]:
        known = self._once.get((message.session, message.type, message.actor.id))
        if known is not None and self._entries[known].message.body == message.body:
            return {"seq": known}
        return {"seq": conduct.accept(room, message).seq}

    def _confirm(self, room: Room, message: Message) -> dict[str, int]:
        """Keep a confirmation of the public draw until there are enough to be one entry (C9)."""
        session, front = room.view.session(message.session), self._front_of()
        planned = session.plan.value["sources"]["public_draw"]
        if session.digits and session.digits == message.body.get("digits"):
            return {"waiting": 0}
        room.view.check_confirmation(message, room.store.root_at)
        if not planned or str(message.body.get("digits")) != self.typed_digits(session.id):
            raise DataError("source.differ")
        observer = session.frozen_header().observer(message.actor.id)
        if observer is None or observer.role == "bureau" or session.state != "COMMITTING":
            raise UsageError("web.not_to_confirm")
        front.confirm(message)
        held = front.confirmations(session.id)
        missing = int(planned["confirmations"]) - len(held)
        if missing <= 0:
            conduct.public_draw(room, held)
            front.forget_confirmations(session.id)
        return {"waiting": max(missing, 0)}

    async def cosign(self, size: int, line: SignatureLine) -> bool:
        """Keep a cosignature; False if it was there."""
        return await self.do(lambda room: room.cosignature(size, line, room.view.cosigners(self.session_name(room))))

    async def enrol(self, session: str, key: str, name: str, client: str, role: str) -> None:
        """The clerk takes an observer in under the id `name`."""

        def work(room: Room) -> None:
            conduct.enrol(room, session, {"client": client, "id": name, "key": key, "role": role})
            self._front_of().decide(session, key, "enrolled", name)

        await self.do(work)

    def start_call(self) -> None:
        """Begin a roll call (N12)."""
        ends = self.clock() + timedelta(seconds=CALL_SECONDS)
        self.call = Call(self.call.number + 1, ends, ())

    def end_call(self) -> None:
        """The roll call is over; who was present stays to be seen."""
        self.call = replace(self.call, ends=None)

    def tapped(self, name: str) -> None:
        """An observer tapped in time."""
        self.call = replace(self.call, present=tuple(sorted({*self.call.present, name})))

    # Reading

    def session_name(self, room: Room) -> str:
        """The session the room is at: the one chosen, else the ledger's last."""
        chosen = self._front_of().setting("session")
        return chosen if chosen in room.view.sessions else next(reversed(room.view.sessions), "")

    def session(self) -> Session | None:
        """The same as a value; only for reading, it may grow meanwhile."""
        room = self._room
        return room.view.sessions.get(str(self.snapshot.state.get("session", ""))) if room else None

    def typed_digits(self, session: str) -> str:
        """Digits of the public draw as typed at the console."""
        return self._front_of().setting(f"digits {session}")

    def record_zip(self, session: str) -> Path:
        """Where the published record lies."""
        return self.folder / "records" / f"{session}.zip"

    def entries(self) -> Sequence[Entry]:
        """All entries, for pages that list them."""
        return self._entries

    async def next_tick(self, after: int, seconds: float) -> None:
        """Return as soon as the tick differs from `after`, or when the time is over."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self.snapshot.tick == after and not self.closing:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                return

    async def refresh(self) -> None:
        """Make the picture anew after something beside the ledger changed."""
        await self._in_thread(self._picture)
        self._tell()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    # The picture, made in the desk's thread

    def _picture(self) -> None:
        room = self._room
        view = room.view if room else None
        session = view.sessions.get(self.session_name(room)) if room and view else None
        note = room.store.note() if room else None
        size = parse_checkpoint(note.text).size if note else 0
        if room:
            self._read_on(room)
        facts = Facts(
            size=size,
            call=self.call,
            typed_digits=self.typed_digits(session.id) if session and session.state == "COMMITTING" else "",
            progress=dict(self.progress),
            record=bool(session) and self.record_zip(session.id).is_file() if session else False,
            page=hashlib.sha256(self.page).hexdigest() if self.page else "",
            enrolling=bool(session) and session.state in ("PLANNED", "ROSTERED") if session else False,
            cosigned=self._cosigned(room, session) if room and session else (),
        )
        state = boards.state(view, session, facts)
        board = boards.board(view, session, facts, self._of_session(session.id)) if view and session else {}
        closes = boards.closes_at(session, self._entries) if session else None
        old = self.snapshot
        if self._stale or (state, board, size) != (old.state, old.board, old.size):
            self._stale = False
            lines = tuple(self._lines) if len(self._lines) != len(old.lines) else old.lines
            self.snapshot = Snapshot(
                old.tick + 1, state, board, lines, size, str(note) if note else "", closes, self.call.ends
            )

    def _read_on(self, room: Room) -> None:
        for line in room.store.read(len(self._lines), room.store.head.size):
            entry = parse_entry(line)
            self._lines.append(line)
            self._entries.append(entry)
            message = entry.message
            if message.type in ONCE:
                self._once[message.session, message.type, message.actor.id] = entry.seq

    def _of_session(self, session: str) -> list[Entry]:
        return [entry for entry in self._entries if entry.message.session == session]

    def _cosigned(self, room: Room, session: Session) -> frozenset[str]:
        """Ids that cosigned the checkpoint in which the coverage is fixed and the delay not yet done (C18)."""
        fixed = [e.seq for e in self._of_session(session.id) if e.message.type == "coverage.closed"]
        note = room.store.note(fixed[0] + 1) if fixed else None
        start = f"{room.view.origin}/{session.id}/"
        lines = note.lines if note else ()
        return frozenset(line.name.removeprefix(start) for line in lines if line.name.startswith(start))
