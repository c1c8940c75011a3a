"""Recovery data: par2 with a fixed size of blocks and a tenth more of them than needed.

The same files give the same recovery files (with the same version of par2; the tests see to it). What par2 cannot hold,
empty files, needs nothing but its name, which stands in the manifest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from verifiable_draw.archive import bag
from verifiable_draw.archive.bag import DATA, RECOVERY, files_below
from verifiable_draw.archive.programs import Done, run
from verifiable_draw.errors import UsageError
from verifiable_draw.files import write_durable

PERCENT = 10
NAME = "recovery"
SMALLEST, MOST = 4096, 30_000  # bytes of a block; blocks, of which par2 allows 32,768
CANNOT_WRITE = 6  # par2's exit code for errors of reading and writing
EMPTY = hashlib.sha256(b"").hexdigest()


def block_size(sizes: Sequence[int]) -> int:
    """Bytes of a block: the smallest power of two with which there are some thousand blocks, a file having its own."""
    wanted = min(MOST, 2000 + 2 * len(sizes))
    size = SMALLEST
    while sum(-(-one // size) for one in sizes) > wanted:
        size *= 2
        if size > 1 << 40:
            raise UsageError("archive.too_many_files", number=len(sizes))
    return size


def create(folder: Path) -> None:
    """Write recovery files for everything in a bag's folder, and the list of them."""
    names = [name for name in files_below(folder) if (folder / name).stat().st_size]
    size = block_size([(folder / name).stat().st_size for name in names])
    options = ["-q", "-q", f"-s{size}", f"-r{PERCENT}", "-u", "-n3", f"-B{folder.resolve()}/"]
    done = run("par2", "create", *options, folder.resolve() / f"{NAME}.par2", "--", *names, within=folder)
    made = _files(folder)
    if done.code or not made:
        raise UsageError("archive.program_failed", program="par2", detail=done.last)
    write_durable(folder / RECOVERY, bag.manifest(folder, made))


def repair(folder: Path) -> Done:
    """Repair a bag's folder in place as far as its recovery files reach; exit code 0 if all that they cover is good."""
    before = set(files_below(folder))
    _put_empty_files_back(folder)
    files = _files(folder)
    if not files:
        return Done(1, "no recovery files")
    done = run("par2", "repair", "-q", f"-B{folder.resolve()}/", "--", folder.resolve() / files[0], within=folder)
    # par2 leaves what it replaced beside it, as name.1
    for name in set(files_below(folder)) - before:
        stem, _, number = name.rpartition(".")
        if number.isdecimal() and stem in before:
            (folder / name).unlink()
    return done


def _files(folder: Path) -> list[str]:
    """The recovery files, the one with the names of all files first."""
    return sorted(path.name for path in folder.glob(f"{NAME}*.par2"))


def _put_empty_files_back(folder: Path) -> None:
    path = folder / bag.MANIFEST
    for line in path.read_text("utf-8", "replace").split("\n") if path.is_file() else ():
        digest, _, name = line.partition("  ")
        if digest == EMPTY and name.startswith(f"{DATA}/") and ".." not in name and not (folder / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
