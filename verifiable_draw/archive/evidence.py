"""Films and other files of a session, hashed into the ledger (spec/ledger.md L6, L24; requirements S11).

A film has tens of GB, so hashing says how far it is, and what is done is put away every gigabyte or five seconds: a
machine that stops in the middle goes on from there. Beside the ledger, `evidence.db` remembers for every file its
path, size and time of change, how far it was read, the state of SHA-256 there (`hashing`), and the hash of the last
piece read, which must still be the same. A file whose size or time changed is hashed anew.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from ledger.entry import Entry
from verifiable_draw.archive import hashing
from verifiable_draw.entries import BODIES
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.own_database import Tables, open_database, write_row
from verifiable_draw.room import Room
from verifiable_draw.schema import identifier, lines
from verifiable_draw.texts import text

KINDS = ("video", "audio", "photo", "scan", "disc", "other")
PIECE = 1 << 20  # bytes read at a time
EVERY, SECONDS = 1 << 30, 5.0  # the state is put away after so many bytes, and on slow machines after this time

TABLES: Tables = {
    "progress": (
        {"path": str, "size": int, "changed": int, "done": int, "state": str, "last": str, "sha256": str},
        "path",
    )
}

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes done of a file, of how many, and seconds left at the pace so far (0 before it is known)."""

    path: Path
    done: int
    size: int
    seconds_left: int


Report = Callable[[Progress], None]


def _silent(_progress: Progress) -> None:
    return


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A file's SHA-256 and size in bytes; `resumed`: bytes that an earlier run had read."""

    path: Path
    sha256: str
    size: int
    resumed: int = 0


class Memory:
    """What is known of files that are, or were, being hashed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = open_database(path, TABLES)

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def row(self, path: Path, size: int, changed: int) -> dict[str, Any] | None:
        """The row of a file that still has this size and time of change."""
        found = next(iter(self.database["progress"].rows_where("path = ?", [str(path)])), None)
        return found if found and (found["size"], found["changed"]) == (size, changed) else None

    def keep(self, path: Path, **values: object) -> None:
        """Put a row in the place of the file's last one; durable when this returns."""
        write_row(self.database, self.path, "progress", {"path": str(path), **values})


def memory_of(room: Room) -> Memory:
    """The memory beside a ledger."""
    return Memory(room.folder / "evidence.db")


# Hashing


def check_files(paths: Sequence[Path]) -> None:
    """Every file can be opened and has bytes; else one DataError that names all that are not so, with the reason."""
    problems = []
    for path in paths:
        try:
            status = path.stat()  # before it is opened: a pipe would wait for whoever writes to it
            if not stat.S_ISREG(status.st_mode):
                problems.append((path, text("evidence.not_a_file")))
            elif not status.st_size:
                problems.append((path, text("evidence.empty")))
            else:
                with path.open("rb", buffering=0) as file:
                    file.read(1)
        except OSError as error:
            problems.append((path, text("evidence.reason", detail=error.strerror or str(error))))
    if problems:
        zh, en = ("; ".join(f"{path}: {getattr(why, part)}" for path, why in problems) for part in ("zh", "en"))
        raise DataError("evidence.unreadable", zh=zh, en=en)


def fingerprint(path: Path, memory: Memory, report: Report = _silent, clock: Clock = time.monotonic) -> Fingerprint:
    """SHA-256 of a file, going on where an earlier run stopped.

    UsageError if it cannot be read to its end (what was read is kept), DataError if it changed meanwhile.
    """
    path = path.resolve()
    try:
        with path.open("rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            facts = {"size": status.st_size, "changed": status.st_mtime_ns}
            row = memory.row(path, **facts)
            if row and row["sha256"]:
                return Fingerprint(path, row["sha256"], status.st_size, status.st_size)
            hasher, begin = _take_up(file, row)
            digest = _read(file, hasher, _Place(path, facts, begin, memory, report, clock))
            after = os.fstat(file.fileno())
    except OSError as error:
        raise UsageError("file.read_failed", path=str(path), detail=error.strerror or str(error)) from error
    if (after.st_size, after.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
        memory.keep(path, **facts, done=0, state="", last="", sha256="")
        raise DataError("evidence.changed", path=str(path))
    memory.keep(path, **facts, done=status.st_size, state="", last="", sha256=digest)
    return Fingerprint(path, digest, status.st_size, begin)


def _take_up(file: FileIO, row: dict[str, Any] | None) -> tuple[hashing.Hasher, int]:
    """The hasher to go on with, and the byte to go on from."""
    if row and row["state"] and _last_piece(file, row["done"]) == row["last"] != "":
        known = hashing.resume(bytes.fromhex(row["state"]), row["done"])
        if known is not None:
            file.seek(row["done"])
            return known, row["done"]
    file.seek(0)
    return hashing.fresh(), 0


@dataclass(slots=True)
class _Place:
    """Where the reading of a file is, and whom to tell."""

    path: Path
    facts: dict[str, int]
    begin: int
    memory: Memory
    report: Report
    clock: Clock
    started: float = 0.0
    told: float = 0.0

    def put_away(self, hasher: hashing.Hasher) -> None:
        """Keep the state as it is now, if it can be kept."""
        known = hasher.state()
        if known is None or known[0] < max(PIECE, self.begin + 1):
            return
        done, state = known
        with self.path.open("rb", buffering=0) as file:
            last = _last_piece(file, done)
        self.memory.keep(self.path, **self.facts, done=done, state=state.hex(), last=last, sha256="")

    def tell(self, done: int, now: float) -> None:
        """Report progress, once a second, with the seconds left at the pace of this run."""
        size, read = self.facts["size"], done - self.begin
        if now - self.told >= 1 or done == size:
            self.told = now
            self.report(Progress(self.path, done, size, round((now - self.started) * (size - done) / max(read, 1))))


def _last_piece(file: FileIO, done: int) -> str:
    """SHA-256 of the piece that ends at `done`, "" if it cannot be read whole."""
    piece = bytearray(PIECE)
    file.seek(done - PIECE)
    return hashlib.sha256(piece).hexdigest() if file.readinto(piece) == PIECE else ""


def _read(file: FileIO, hasher: hashing.Hasher, place: _Place) -> str:
    """Hash to the end; stopped in between, the state is put away."""
    done = kept = place.begin
    place.started = place.told = kept_at = place.clock()
    whole = False
    try:
        for piece in _pieces(file):
            hasher.update(piece)
            done += len(piece)
            now = place.clock()
            if (done - kept >= EVERY or now - kept_at >= SECONDS) and done < place.facts["size"]:
                place.put_away(hasher)
                kept, kept_at = done, now
            place.tell(done, now)
        whole = True
    finally:
        if not whole:
            with suppress(OSError):
                place.put_away(hasher)
    return hasher.digest().hex()


def _pieces(file: FileIO) -> Iterator[memoryview]:
    """A file's bytes from here on, PIECE at a time but for the last; a piece holds until the next is asked for.

    The system reads ahead, so the disc works while a piece is hashed; a thread of our own made it no faster.
    """
    view = memoryview(bytearray(PIECE))
    length = PIECE
    while length == PIECE:
        length = 0
        while length < PIECE:
            read = file.readinto(view[length:])
            if not read:
                break
            length += read
        yield view[:length]


# Entering


def enter(room: Room, session: str, kind: str, label: str, sha256: str, size: int) -> Entry | None:
    """Enter a file's hash as evidence of a session; None if that very entry is there."""
    body = {"kind": kind, "label": label, "session": session, "sha256": sha256, "size": size}
    problems = BODIES["evidence"](body, "")
    if problems:
        raise DataError("entry.malformed", detail=lines(problems))
    room.view.session(session)
    same = [one for one in room.view.evidence if (one["session"], one["label"]) == (session, label)]
    if same and dict(same[0]) == body:
        return None
    return room.operate("", "evidence", body)


def check_labels(room: Room, session: str, names: Sequence[str]) -> None:
    """Raise before anything is made or hashed: DataError for labels that cannot be, UsageError for those taken."""
    _check_shape(names)
    taken = {str(one["label"]) for one in room.view.evidence if one["session"] == session}
    used = [name for name in names if name in taken]
    if used:
        raise UsageError("evidence.labels_used", labels="、".join(used))


def check_films(
    room: Room, session: str, kind: str, films: Sequence[tuple[Path, str]], memory: Memory
) -> None:
    """Raise before hashing: DataError for labels that cannot be, UsageError for those that stand for other files.

    A label that stands for this very file is none of these: the same command may be given again.
    """
    _check_shape([label for _path, label in films])
    known = {str(one["label"]): one for one in room.view.evidence if one["session"] == session}
    others = [label for path, label in films if label in known and not _may_be(path, kind, known[label], memory)]
    if others:
        raise UsageError("evidence.labels_used", labels="、".join(others))


def _check_shape(names: Sequence[str]) -> None:
    odd = [name for name in names if identifier(name, "")]
    if odd:
        raise DataError("evidence.labels_odd", labels="、".join(odd))


def _may_be(path: Path, kind: str, entry: Mapping[str, Any], memory: Memory) -> bool:
    """Whether a file may be the one that an entry is of, as far as that is known without hashing it."""
    status = path.stat()
    if (kind, status.st_size) != (entry["kind"], entry["size"]):
        return False
    row = memory.row(path.resolve(), status.st_size, status.st_mtime_ns)
    return not (row and row["sha256"]) or row["sha256"] == entry["sha256"]


def labels(label: str, number: int) -> list[str]:
    """One label a file: the label itself for one file, with -1, -2 … behind it for several."""
    return [label] if number == 1 else [f"{label}-{i}" for i in range(1, number + 1)]
