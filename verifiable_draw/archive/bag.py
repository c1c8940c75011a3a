"""A folder as a bag: BagIt 1.0 (RFC 8493) with SHA-256, written so that the same files give the same bytes.

```
bagit.txt  bag-info.txt  README.txt  manifest-sha256.txt  tagmanifest-sha256.txt  data/…
recovery.par2  recovery.vol….par2  recovery-sha256.txt
```

The recovery files cover all the others, and recovery-sha256.txt the recovery files. The `bagit` package, with which the
tests check our bags, refuses a bag whose own manifests are damaged; here every file that does not hold is named.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from verifiable_draw.errors import UsageError
from verifiable_draw.files import write_durable

DATA = "data"
MANIFEST, TAGS, RECOVERY = "manifest-sha256.txt", "tagmanifest-sha256.txt", "recovery-sha256.txt"
BAGIT, INFO, README = "bagit.txt", "bag-info.txt", "README.txt"
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


@dataclass(frozen=True, slots=True, order=True)
class Damage:
    """A file that is not as the manifests say; `what`: damaged, missing, added or unreadable."""

    path: str
    what: str


def files_below(folder: Path, inside: str = "") -> list[str]:
    """Paths of everything below a folder that is no folder itself, sorted by bytes, with / between the parts."""
    found = (path.relative_to(folder).as_posix() for path in (folder / inside).rglob("*") if not path.is_dir())
    return sorted(found, key=lambda name: name.encode())


def sha256(path: Path) -> str:
    """SHA-256 of a file; UsageError with its path if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError("file.read_failed", path=str(path), detail=error.strerror or str(error)) from error


def manifest(folder: Path, names: Iterable[str]) -> bytes:
    """Lines of hash and path, as sha256sum writes and reads them."""
    return "".join(f"{sha256(folder / name)}  {name}\n" for name in names).encode()


def close_bag(folder: Path, info: Mapping[str, str], readme: str) -> None:
    """Make a bag of a folder that holds `data/`. Nothing in it depends on clock, machine or user."""
    payload = files_below(folder, DATA)
    size = sum((folder / name).stat().st_size for name in payload)
    rows = {**info, "Payload-Oxum": f"{size}.{len(payload)}"}
    write_durable(folder / BAGIT, DECLARATION)
    write_durable(folder / INFO, "".join(f"{name}: {' '.join(text.split())}\n" for name, text in rows.items()).encode())
    write_durable(folder / README, readme.encode())
    write_durable(folder / MANIFEST, manifest(folder, payload))
    write_durable(folder / TAGS, manifest(folder, sorted((BAGIT, INFO, README, MANIFEST))))


def problems(folder: Path) -> list[Damage]:
    """Every file of a bag that is damaged, missing, or not of it; a manifest that cannot be read counts as damaged."""
    listed, bad = _listed(folder)
    found = set(bad)
    for name, expected in listed.items():
        what = "missing" if _linked(folder, name) else state(folder / name, expected)
        if what:
            found.add(Damage(name, what))
    known = listed.keys() | {TAGS, RECOVERY} | {one.path for one in bad}
    found |= {Damage(name, "added") for name in files_below(folder) if name not in known}
    return sorted(found)


def _linked(folder: Path, name: str) -> bool:
    """Whether a file is reached through a link: what that leads to is not on the disc."""
    path = folder / name
    return any(one.is_symlink() for one in (path, *path.parents) if one != folder and folder in one.parents)


def state(path: Path, expected: str) -> str:
    """What is wrong with a file, "" if it has this SHA-256; nothing but a regular file is opened."""
    if path.is_symlink() or not path.is_file():
        return "missing"
    try:
        return "" if sha256(path) == expected else "damaged"
    except UsageError:
        return "unreadable"


def _listed(folder: Path) -> tuple[dict[str, str], list[Damage]]:
    """What the three lists say, and those lists that cannot be read."""
    listed: dict[str, str] = {}
    bad = []
    for name in (MANIFEST, TAGS, RECOVERY):
        path = folder / name
        if not path.is_file():
            bad.append(Damage(name, "missing"))
            continue
        try:
            rows = [_row(name, line) for line in path.read_bytes().decode().split("\n")[:-1]]
        except OSError:
            bad.append(Damage(name, "unreadable"))
        except ValueError:
            bad.append(Damage(name, "damaged"))
        else:
            listed |= rows
    return listed, bad


def _row(name: str, line: str) -> tuple[str, str]:
    """Path and hash of a line; ValueError for one that we would not have written."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(line)
    path = match[2]
    parts = path.split("/")
    if not all(parts) or {".", ".."} & set(parts) or "\\" in path or (name == MANIFEST) != (parts[0] == DATA):
        raise ValueError(line)
    return path, match[1]
