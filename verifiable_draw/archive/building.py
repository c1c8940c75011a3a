"""The archive of a session: the public disc, and the sealed one with the private part (requirements S11, P6, P14).

```
OUT/public/  public.iso  public.iso.sha256      the same ledger, record and programs give the same bytes
OUT/sealed/  sealed.iso  sealed.iso.sha256      encrypted with fresh randomness, so never the same
```

Everything is made in a folder beside OUT and takes its name at the very end: OUT is there whole or not at all.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ledger.canonical import format_time, short_code
from ledger.entry import Entry
from verifiable_draw.archive import bag, contents, evidence, image, programs, recovery, sealed_disc
from verifiable_draw.archive.contents import End
from verifiable_draw.archive.sealed_disc import Inspector
from verifiable_draw.errors import UsageError
from verifiable_draw.files import write_durable
from verifiable_draw.room import Room
from verifiable_draw.texts import text

PUBLIC, SEALED = "public", "sealed"
Progress = Callable[[str], None]


def _silent(_step: str) -> None:
    return


@dataclass(frozen=True, slots=True)
class Disc:
    """An image to burn: its path, SHA-256 and size in bytes."""

    path: Path
    sha256: str
    size: int

    @property
    def code(self) -> str:
        """Short code of the hash, for the label on the seal (E11)."""
        return short_code(bytes.fromhex(self.sha256))


def build(
    room: Room,
    session: str,
    out: Path,
    *,
    documents: Path | None = None,
    inspector: Inspector | str | None = None,
    progress: Progress = _silent,
) -> list[Disc]:
    """Write the discs of a published session to the fresh folder `out`: the public one, and the sealed one if wanted.

    `inspector`: key or passphrase of the private part. UsageError or DataError, and no `out`, if a program is missing,
    a document cannot stand on a disc, the record does not verify, or the disc is full.
    """
    programs.require("par2", "xorriso")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("archive.exists", path=str(out))
    room.own()
    end = contents.end_of(room, session)
    contents.check_documents(room, session, documents)
    draft = out.with_name(f".{out.name}.part")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        progress("record")
        contents.write(room, session, end, documents, draft / PUBLIC)
        parts = [_finish(draft, PUBLIC, session, end, progress)]
        if inspector is not None:
            progress("sealed")
            _write_sealed(room, session, inspector, draft / SEALED / bag.DATA / sealed_disc.FILE)
            parts.append(_finish(draft, SEALED, session, end, progress))
        if out.exists():
            out.rmdir()
        draft.rename(out)
    except OSError as error:
        raise UsageError("file.write_failed", path=str(out), detail=error.strerror or str(error)) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return [Disc(out / disc.path.name, disc.sha256, disc.size) for disc in parts]


def _write_sealed(room: Room, session: str, inspector: Inspector | str, path: Path) -> None:
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        for piece in sealed_disc.seal(sealed_disc.rosters(room, session), session, inspector, room.randomness):
            file.write(piece)


def _finish(draft: Path, part: str, session: str, end: End, progress: Progress) -> Disc:
    """Bag, recovery data and image of what lies in `part/data`."""
    view, folder, path = end.view, draft / part, draft / f"{part}.iso"
    plan = view.session(session).plan
    info = {
        "Source-Organization": view.bureau,
        "External-Identifier": f"{view.origin}/{session}/{part}",
        "External-Description": text(f"archive.title_{part}", title=plan.value["title"]).zh,
        "Bagging-Date": end.moment.date().isoformat(),
        "Ledger-Checkpoint": f"{view.size} {end.root.hex()} {format_time(end.moment)}",
    }
    values = {
        "bureau": view.bureau, "title": plan.value["title"], "session": session, "date": plan.value["date"],
        "origin": view.origin, "size": view.size, "time": format_time(end.moment), "root": end.root.hex(),
    }  # fmt: skip
    row = text(f"archive.readme_{part}", **values)
    bag.close_bag(folder, info, f"{row.zh}\n\n{row.en}\n")
    progress("recovery")
    recovery.create(folder)
    progress("image")
    image.make(folder, path, image.volume_id(session, part), end.moment)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    disc = Disc(path, bag.sha256(path), path.stat().st_size)
    write_durable(path.with_name(f"{path.name}.sha256"), f"{disc.sha256}  {path.name}\n".encode())
    return disc


def build_and_enter(
    room: Room, session: str, out: Path, label: str, *, documents: Path | None = None,
    inspector: Inspector | str | None = None, progress: Progress = _silent,
) -> tuple[list[Disc], list[Entry]]:  # fmt: skip
    """Build the discs and enter them under `label-public` and `label-sealed`; if they cannot be entered, no `out`.

    Raises as `build` and `evidence.check_labels` do; the labels are looked at, and the key opened, before all else.
    """
    parts = (PUBLIC, SEALED) if inspector is not None else (PUBLIC,)
    room.own()
    evidence.check_labels(room, session, [f"{label}-{part}" for part in parts])
    room.ready()
    discs = build(room, session, out, documents=documents, inspector=inspector, progress=progress)
    try:
        entries = [enter(room, session, disc, f"{label}-{disc.path.stem}") for disc in discs]
    except BaseException:
        shutil.rmtree(out, ignore_errors=True)
        raise
    return discs, [entry for entry in entries if entry is not None]


def enter(room: Room, session: str, disc: Disc, label: str) -> Entry | None:
    """Enter a disc's image as evidence of the session; None if that was done before."""
    return evidence.enter(room, session, "disc", label, disc.sha256, disc.size)
