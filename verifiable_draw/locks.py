"""One process at a time: an advisory lock on a file, released when closed or when the process ends."""

from __future__ import annotations

import time
from pathlib import Path
from typing import IO, Self

from verifiable_draw.errors import UsageError

try:
    import fcntl

    def _try(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

except ImportError:  # Windows
    import msvcrt

    def _try(file: IO[str]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]


class FileLock:
    """`with FileLock(path):` waits up to `seconds` for the lock, then raises UsageError `store.locked`."""

    def __init__(self, path: Path, seconds: float = 10) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w")
        deadline = time.monotonic() + seconds
        while True:
            try:
                _try(self._file)
            except OSError as error:
                if time.monotonic() >= deadline:
                    self._file.close()
                    raise UsageError("store.locked", detail=str(path)) from error
                time.sleep(0.05)
            else:
                return

    def close(self) -> None:
        """Release the lock."""
        self._file.close()

    def __enter__(self) -> Self:
        """The lock is held since it was made."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Release the lock."""
        self.close()
