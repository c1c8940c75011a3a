"""A pack into a folder: whole or not at all, and never over anything that is not this very pack."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.canonical import EncodingError, decode
from verifiable_draw import export
from verifiable_draw.errors import UsageError
from verifiable_draw.files import stored_zip, write_durable
from verifiable_draw.room import Room
from verifiable_draw.whitelist import PublicFile
from verifiable_draw.year import pack

FOLDER_MODE = {pack.COMPLAINANT: 0o755, pack.INSPECTOR: 0o700}
FILE_MODE = {pack.COMPLAINANT: 0o644, pack.INSPECTOR: 0o600}


@dataclass(frozen=True, slots=True)
class Packed:
    """Number of files, SHA-256 of the manifest, and what an inspector's pack lacks because it is not here."""

    files: int
    sha256: str
    missing: tuple[str, ...]


def write(room: Room, number: str, audience: str, out: Path) -> Packed:
    """Build a pack in a folder that is new, empty, or holds this pack as it was built before; else UsageError."""
    _check(room, number, audience, out)
    files, missing = pack.content(room, number, audience)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
    except OSError as error:
        raise _failed(out, error) from error
    try:
        for name, data in files.items():
            write_durable(draft / name, data, FILE_MODE[audience])
        if audience == pack.INSPECTOR:
            export.export(room, draft / "ledger")
        listed = [PublicFile(name, len(data), _sha256(data)) for name, data in _files(draft).items()]
        data = pack.manifest(room, number, audience, listed, missing)
        write_durable(draft / pack.MANIFEST, data, FILE_MODE[audience])
        draft.chmod(FOLDER_MODE[audience])
        _swap(draft, out)
    except OSError as error:
        raise _failed(out, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Packed(len(listed) + 1, _sha256(data), tuple(missing))


def zipped(room: Room, number: str, audience: str) -> tuple[bytes, tuple[str, ...]]:
    """The same pack as the bytes of a zip, and what it lacks because it is not here."""
    # In the workspace, like everything momentary that is private (web/desk.py clears what a crash left).
    with tempfile.TemporaryDirectory(prefix="pack-", dir=room.folder) as name:
        out = Path(name) / number
        done = write(room, number, audience, out)
        return stored_zip({f"{number}/{path}": data for path, data in _files(out).items()}), done.missing


def _failed(out: Path, error: OSError) -> UsageError:
    return UsageError("file.write_failed", path=str(out), detail=error.strerror or str(error))


def _swap(draft: Path, out: Path) -> None:
    """Put the draft in the place of an earlier pack."""
    if not out.exists():
        draft.rename(out)
        return
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", suffix=".old", dir=out.parent) as old:
        out.rename(Path(old) / out.name)
        draft.rename(out)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path; a link is none, and its path has no bytes of ours."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            regular = path.is_file() and not path.is_symlink()
            found[path.relative_to(folder).as_posix()] = path.read_bytes() if regular else b""
    return found


def _check(room: Room, number: str, audience: str, out: Path) -> None:
    """UsageError if the folder holds anything but this pack, every byte as its manifest says."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UsageError("complaint.folder", path=str(out), detail=out.name)
    if not out.exists():
        return
    try:
        there = _files(out)
    except OSError as error:
        raise UsageError("file.read_failed", path=str(out), detail=error.strerror or str(error)) from error
    if not there and not any(out.iterdir()):
        return
    wanted = {"audience": audience, "complaint": number, "origin": room.view.origin}
    listed = _listed(there.pop(pack.MANIFEST, b""), wanted)
    strange = [name for name, data in there.items() if listed.get(name) != _sha256(data)]
    if strange or not listed:
        raise UsageError("complaint.folder", path=str(out), detail="、".join(strange[:5]) or pack.MANIFEST)


def _listed(data: bytes, wanted: Mapping[str, str]) -> dict[str, str]:
    """Path -> SHA-256 of a manifest, if it is that of the pack wanted; {} if not."""
    try:
        value: Any = decode(data)
        if all(value[name] == expected for name, expected in wanted.items()):
            return {str(row["path"]): str(row["sha256"]) for row in value["files"]}
    except (EncodingError, KeyError, TypeError):
        pass
    return {}
