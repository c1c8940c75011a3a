"""Room on a disc: that it ran out is one thing, and damage or an error of reading quite another.

Our own writing fails with ENOSPC. Programs of others say it in words of theirs, remove what they had begun, or end with
a code for any error of writing: they count as out of room where less is free than what they had to write.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from verifiable_draw.archive.programs import Done
from verifiable_draw.errors import DrawError, UsageError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
SAID = ("No space left on device", "Disk quota exceeded", "exceeds free space")
MEBIBYTE = 1 << 20
LITTLE = 1 << 16  # bytes: with less free than this, whoever failed to write failed for want of room
_BY_PROGRAMS = frozenset({"archive.program_failed", "archive.image_bad"})


def ran_out(error: BaseException | None) -> bool:
    """Whether a full disc is behind an error, by its causes."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def check_done(done: Done, folder: Path, wanted: int = LITTLE) -> None:
    """Raise OSError (ENOSPC) if a program that was to write below a folder failed for want of room.

    `wanted`: bytes that it may have had to write; fewer are free if it removed what it had begun.
    """
    if done.code and (any(said in done.said for said in SAID) or free(folder) < wanted):
        raise OSError(errno.ENOSPC, done.last, str(folder))


def free(folder: Path) -> int:
    """Bytes that are free where a folder is."""
    return shutil.disk_usage(folder).free


@contextmanager
def said(folder: Path, size: int, copies: int) -> Iterator[None]:
    """Turn a full disc into its own sentence: so many copies of `size` bytes, and a tenth, were to be written below."""
    try:
        yield
    except (DrawError, OSError) as error:
        by_program = isinstance(error, DrawError) and error.key in _BY_PROGRAMS and free(folder) < size
        if not by_program and not ran_out(error):
            raise
        needed = -(-(copies * size + size // 10) // MEBIBYTE)
        raise UsageError("archive.disc_full", path=str(folder.parent), needed=needed) from error
