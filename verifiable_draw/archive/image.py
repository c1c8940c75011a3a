"""A folder as an ISO 9660 image, by xorriso's own commands: Rock Ridge, Joliet, and an MD5 of every file.

Owner, permissions, order, all dates and all names in the volume's header are fixed, so the same folder gives the same
image.
"""

from __future__ import annotations

import re
import shutil
import struct
from datetime import datetime
from io import FileIO
from pathlib import Path

from verifiable_draw.archive import space
from verifiable_draw.archive.programs import run
from verifiable_draw.errors import DataError, UsageError

SECTOR, PIECE = 2048, 1 << 20
NAME = "VERIFIABLE_DRAW"
_START = (
    "-no_rc",
    "-report_about",
    "WARNING",
    "-local_charset",
    "UTF-8",
    "-charset",
    "UTF-8",
    "-iso_rr_pattern",
    "off",
)
_TOLERANT = ("-abort_on", "NEVER", "-return_with", "SORRY", "32")
_MISMATCH = re.compile(r"^MD5 MISMATCH: '/(.*)'$", re.MULTILINE)


def volume_id(session: str, part: str) -> str:
    """The disc's name as systems show it: at most 32 of A-Z, 0-9 and _."""
    plain = re.sub(r"[^A-Z0-9]", "_", session.upper())
    return f"VDRAW_{plain[: 32 - 7 - len(part)]}_{part.upper()}"


def make(folder: Path, image: Path, volume: str, moment: datetime) -> None:
    """Write the image of a folder and read it back; UsageError if there is no room or the image does not hold."""
    date = f"={int(moment.timestamp())}"
    stamp = moment.strftime("%Y%m%d%H%M%S") + "00"
    # Without weights the contents would stand in the order of the source's inodes, of which new_rr would note numbers.
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    names.sort(key=lambda name: name.encode(), reverse=True)
    order = [
        part
        for weight, name in enumerate(names, 1)
        for part in ("-find", f"/{name}", "-exec", "sort_weight", str(weight), "--")
    ]
    done = run(
        "xorriso", *_START, "-abort_on", "WARNING", "-md5", "on", "-outdev", f"stdio:{image}",
        "-volid", volume, "-publisher", NAME, "-preparer_id", NAME, "-application_id", NAME, "-system_id", "",
        "-rockridge", "on", "-joliet", "on", "-padding", "300k",
        "-compliance", "clear:old_rr:iso_9660_level=3:deep_paths:long_paths:joliet_long_names",
        "-map", folder, "/", "-chown_r", "0", "/", "--", "-chgrp_r", "0", "/", "--",
        "-find", "/", "-type", "d", "-exec", "chmod", "0755", "--",
        "-find", "/", "-type", "f", "-exec", "chmod", "0444", "--",
        "-alter_date_r", "b", date, "/", "--", "-alter_date_r", "b-c", date, "/", "--",
        "-volume_date", "all_file_dates", "set_to_mtime", "-volume_date", "uuid", stamp,
        "-volume_date", "c", stamp, "-volume_date", "m", stamp, *order, "-commit",
    )  # fmt: skip
    if done.code or not image.is_file():
        raise UsageError("archive.program_failed", program="xorriso", detail=done.last)
    image.chmod(0o644)
    bad = mismatches(image)
    if bad or is_cut(image):
        raise UsageError("archive.image_bad", path=str(image), files=", ".join(bad))


def mismatches(image: Path) -> list[str]:
    """Files of an image whose MD5, kept in the image itself, does not hold or which cannot be read."""
    check = ("-md5", "on", "-indev", f"stdio:{image}", "-check_md5_r", "SORRY", "/", "--")
    done = run("xorriso", *_START, *_TOLERANT, *check)
    bad = _MISMATCH.findall(done.said)
    return bad if bad or not done.code else ["?"]


def is_cut(image: Path) -> bool:
    """Whether the image is shorter than its header says; DataError if it is no ISO 9660 image."""
    stated, length = _lengths(image)
    return length < stated


def stated(image: Path) -> int:
    """Bytes of an image as its header says; DataError if it is no ISO 9660 image."""
    return _lengths(image)[0]


def _lengths(image: Path) -> tuple[int, int]:
    """Bytes of an image as its header says, and as they are there."""
    try:
        with image.open("rb") as file:
            file.seek(16 * SECTOR)
            header = file.read(SECTOR)
            file.seek(0, 2)
            length = file.tell()
    except OSError as error:
        raise UsageError("file.read_failed", path=str(image), detail=error.strerror or str(error)) from error
    if len(header) < SECTOR or header[:7] != b"\x01CD001\x01":
        raise DataError("archive.not_an_image", path=str(image))
    (sectors,) = struct.unpack_from("<I", header, 80)
    return int(sectors) * SECTOR, length


def size_of(path: Path) -> int:
    """Bytes of an image, of what a drive's disc holds, or of all files below a folder."""
    if path.is_dir():
        return sum(one.stat().st_size for one in path.rglob("*") if one.is_file() and not one.is_symlink())
    if path.is_file():
        return path.stat().st_size
    return _lengths(path)[0] if path.exists() else 0


def copy_drive(drive: Path, target: Path) -> int:
    """Copy the image on a drive's disc, as long as its header says; returns how many sectors cannot be read."""
    return copy_readable(drive, target, _lengths(drive)[0])


def extract(image: Path, target: Path) -> str:
    """Take every file out of an image that can still be read, without mounting it; "" or what xorriso said against it.

    DataError if not even the tree of names can be read, OSError if there is no room.
    """
    is_cut(image)
    source = ("-osirrox", "on:auto_chmod_on", "-indev", f"stdio:{image}")
    done = run("xorriso", *_START, *_TOLERANT, *source, "-extract", "/", target)
    space.check_done(done, target.parent)
    if not target.is_dir():
        raise DataError("archive.not_an_image", path=str(image))
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    return done.last if done.code else ""


def copy_folder(source: Path, target: Path) -> list[str]:
    """Copy a folder file by file; bytes that cannot be read become zeros. Returns the names of such files."""
    bad = []
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        if path.is_dir() and not path.is_symlink():
            (target / inside).mkdir(parents=True, exist_ok=True)
        elif path.is_file() and not path.is_symlink():
            (target / inside).parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(path, target / inside)
            except OSError as error:
                if space.ran_out(error):
                    raise
                bad.append(inside.as_posix())
                copy_readable(path, target / inside)
    return bad


def copy_readable(source: Path, target: Path, most: int | None = None) -> int:
    """Copy a file or drive, at most so many bytes; zeros for sectors that cannot be read. Returns how many those were.

    UsageError if it cannot be opened, or the copy cannot be written.
    """
    lost = 0
    try:
        with source.open("rb", buffering=0) as file, target.open("wb") as copy:
            there = file.seek(0, 2)
            size = there if most is None else min(there, most)
            for start in range(0, size, PIECE):
                length = min(PIECE, size - start)
                piece = _at(file, start, length)
                if len(piece) < length:
                    parts = [(at, min(SECTOR, start + length - at)) for at in range(start, start + length, SECTOR)]
                    sectors = [(_at(file, at, number), number) for at, number in parts]
                    lost += sum(len(sector) < number for sector, number in sectors)
                    piece = b"".join(sector.ljust(number, b"\0") for sector, number in sectors)
                copy.write(piece)
    except OSError as error:
        if space.ran_out(error):
            raise
        raise UsageError("file.read_failed", path=str(source), detail=error.strerror or str(error)) from error
    return lost


def _at(file: FileIO, start: int, length: int) -> bytes:
    """Bytes from a place on, as many as can be read; none of them after an error."""
    try:
        file.seek(start)
        return file.read(length)
    except OSError:
        return b""
