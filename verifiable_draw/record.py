"""The public record: one folder and one zip, byte-identical when rebuilt (spec/record.md R1-R3, C24)."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ledger.canonical import VERSION, encode
from ledger.entry import Entry
from verifiable_draw import verifier_file, verifier_page
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import stored_zip, write_durable
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.session_rules import files_hash

Files = dict[str, bytes]

ROOT = Path(__file__).resolve().parent.parent


def publish(room: Room, session: str, *, copies: bool = True) -> Entry | None:
    """Enter `published` over the files of the record; None if that was done before.

    `copies` puts specification and verifier into the record, as they are now.
    """
    known = room.view.session(session)
    if known.state in ("PUBLISHED", "ANNULLED"):
        return None
    if known.state != "ALLOCATED":
        raise UsageError("publish.too_early", state=known.state)
    if copies:
        for name, make in COPIES.items():
            room.write(session, name, make())
    files = _content(room, known, "result")
    return room.operate(session, "published", {"files": len(files), "files_hash": _hash(files)})


def _hash(files: Files) -> str:
    return files_hash([(path, hashlib.sha256(data).hexdigest(), len(data)) for path, data in files.items()]).hex()


def as_published(room: Room, session: Session) -> bool:
    """Whether the files of a published session are those that its entry names (C24)."""
    return session.published is not None and _hash(_content(room, session, "result")) == session.published["files_hash"]


def build(room: Room, session: str, phase: str, size: int = 0) -> Files:
    """All files of the record of a phase, `frozen` or `result`, by path.

    Phase frozen has the first `size` entries of the ledger, all of them if 0; that is to be the size of a checkpoint.
    """
    known = room.view.session(session)
    header = known.frozen_header()
    if phase == "result" and known.published is None:
        raise UsageError("publish.too_early", state=known.state)
    room.checkpoint()
    files = _content(room, known, phase)
    if phase == "result" and known.published is not None and _hash(files) != known.published["files_hash"]:
        raise DataError("publish.files_differ", session=session)
    end = known.last_seq + 1 if phase == "result" else size or room.store.head.size
    files["ledger/entries.jsonl"] = b"".join(line + b"\n" for line in room.store.read(0, end))
    for note in room.store.notes():
        size = int(note.text.split("\n")[1])
        if size <= end:
            files[f"ledger/checkpoints/{size:010d}.note"] = str(note).encode()
    counts = {
        "draws": len(header.draws),
        "entries": end,
        "observers": len(header.observers),
        "students": sum(d.frozen["students"] for d in header.draws),
        "units": sum(d.frozen["units"] for d in header.draws),
    }
    listed = [
        {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for path, data in sorted(files.items())
    ]
    files["RECORD.json"] = encode(
        {"counts": counts, "files": listed, "phase": phase, "session": session, "version": VERSION}
    )
    return dict(sorted(files.items()))


def _content(room: Room, session: Session, phase: str) -> Files:
    """Every file but RECORD.json and the ledger's."""
    names = ["header.json", "plan.json"]
    per_draw = ["units.json", "nullifiers.json"]
    if phase == "result":
        names += ["delay.json", "sources.json", "statement.json"]
        per_draw += ["groups.json", "result.json"]
    names += [f"draws/{draw.id}/{name}" for draw in session.frozen_header().draws for name in per_draw]
    files = {name: room.file(session, name) for name in names}
    if phase == "result":
        copies = {name: room.load(session.id, name) for name in COPIES}
        files |= {name: data for name, data in copies.items() if data is not None}
    return dict(sorted(files.items()))


def specification() -> bytes:
    """The specification's pages in one file."""
    pages = ("README", "encoding", "ledger", "ceremony", "allocation", "room", "record", "verification", "catalogue")
    return b"\n".join((ROOT / "spec" / f"{page}.md").read_bytes() for page in (*pages, "conformance", "threat-model"))


COPIES = {"SPEC.md": specification, "verify.html": verifier_page.build, "verify.pyz": verifier_file.build}
"""Convenience copies (R1) and what makes them."""


def write_folder(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of a record to a fresh folder."""
    if folder.exists():
        shutil.rmtree(folder)
    for name, data in files.items():
        write_durable(folder / name, data)


def publish_files(files: Mapping[str, bytes], out: Path) -> int:
    """Write the record's folder and zip once the verifier has not refused it; returns its exit code (0 or 3).

    The verifier reads a draft beside the goal, which then takes the goal's place; a crash leaves the draft or the
    old record, and the next run begins anew. On exit 1 or 2 the draft stays for inspection and nothing is published.
    """
    if out.exists() and not (out / "RECORD.json").is_file():
        raise UsageError("file.not_a_record", path=str(out))
    draft, old = out.with_name(f"{out.name}.draft"), out.with_name(f"{out.name}.old")
    write_folder(files, draft)
    code, report = verify(draft)
    if code not in (0, 3):
        path = draft.with_suffix(".verdict.txt")
        write_durable(path, report.encode())
        raise DataError("publish.refused", code=code, path=str(path))
    if old.exists():
        shutil.rmtree(old)
    if out.exists():
        out.rename(old)
    draft.rename(out)
    shutil.rmtree(old, ignore_errors=True)
    write_durable(out.with_name(f"{out.name}.zip"), stored_zip(files))
    return code


def verify(record: Path, *arguments: str) -> tuple[int, str]:
    """Run the verifier on a record in a process of its own: exit code and report."""
    command = [sys.executable, "-m", "verifier", str(record.resolve()), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S603 - our own program
    return done.returncode, done.stdout + done.stderr
