"""Files that are there whole or not at all."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from verifiable_draw.errors import UsageError


def write_durable(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write `data` to `path`: temporary name, fsync, rename, fsync of the folder.

    A crash before the rename leaves a `.part` file that nothing reads; after it, the old or the new file, whole.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, mode)  # noqa: PTH101 - the name is a string from mkstemp
            os.replace(name, path)  # noqa: PTH105
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise UsageError("file.write_failed", path=str(path), detail=error.strerror or str(error)) from error


def stored_zip(files: Mapping[str, bytes]) -> bytes:
    """A zip with fixed names, order, times and attributes: the same files give the same bytes (R3)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, files[path])
    return buffer.getvalue()


def read(path: Path) -> bytes:
    """Read a file; UsageError with its path if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError("file.read_failed", path=str(path), detail=error.strerror or str(error)) from error
