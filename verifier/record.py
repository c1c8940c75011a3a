"""Reading a record from a folder or a zip (R1-R3). Nothing is written, no link is followed, nothing is unpacked."""

from __future__ import annotations

import os
import re
import stat
import struct
import zlib
from typing import Any, Dict, List, Set, Tuple

from . import canonical

MAX_FILES = 10_000
NAMES = re.compile(
    "(?:RECORD|header|plan|delay|sources|statement)[.]json|SPEC[.]md|verify[.](?:html|pyz)"
    "|draws/[a-z0-9][a-z0-9-]{0,31}/(?:units|nullifiers|groups|result)[.]json"
    "|ledger/entries[.]jsonl|ledger/checkpoints/[0-9]{10}[.]note"
)
MAX_RECORD = 1 << 30  # all files together (R1)
MAX_ZIP = MAX_RECORD + (64 << 20)  # with its headers

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
DOS_DATE = (1980 - 1980) << 9 | 1 << 5 | 1
UNIX = 3
VERSION = 20
MODE = 0o644


class RecordError(ValueError):
    """A record that cannot be read at all (exit code 2)."""


class Files:
    """The files of a record by path. Each of `problems`, which R1-R3 do not allow, is a failure of V01."""

    def __init__(self) -> None:
        self.data: Dict[str, bytes] = {}
        self.problems: List[str] = []
        self.total = 0  # bytes

    def foreign(self, path: str) -> None:
        """A file that no record has (R1). It is not read."""
        if len(self.problems) < MAX_FILES:
            self.problems.append("%s is no file of a record" % path)


def load(path: str) -> Files:
    """The files of a folder or zip. RecordError if it is neither."""
    try:
        if os.path.isdir(path):
            return _load_folder(path)
        if os.path.isfile(path):
            return _load_zip(path)
    except OSError as error:
        raise RecordError("cannot be read: %s" % error.strerror) from None
    raise RecordError("there is no such folder or file")


def read_file(path: str) -> bytes:
    """A single file given on the command line, at most 64 MiB (E4)."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise RecordError("%s is not a file" % path)
        if os.path.getsize(path) > canonical.MAX_FILE:
            raise RecordError("%s is larger than 64 MiB" % path)
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise RecordError("%s cannot be read: %s" % (path, error.strerror)) from None


# --- folder -------------------------------------------------------------------------------------------------------


def _load_folder(root: str) -> Files:
    files = Files()
    if not os.path.isfile(os.path.join(root, "RECORD.json")):
        raise RecordError("RECORD.json is missing")
    for folder, folders, names in os.walk(root):
        folders.sort()
        relative = os.path.relpath(folder, root).replace(os.sep, "/")
        prefix = "" if relative == "." else relative + "/"
        for name in folders:
            if os.path.islink(os.path.join(folder, name)):
                files.problems.append("%s is a link" % (prefix + name))
        for name in sorted(names):
            if len(files.data) >= MAX_FILES:
                raise RecordError("more than %d files" % MAX_FILES)
            _take(files, os.path.join(folder, name), prefix + name)
    return files


def _take(files: Files, full: str, path: str) -> None:
    status = os.lstat(full)
    if not NAMES.fullmatch(path):
        files.foreign(path)
    elif not stat.S_ISREG(status.st_mode):
        files.problems.append("%s is not a plain file" % path)
    elif status.st_size > canonical.MAX_FILE:
        files.problems.append("%s is larger than 64 MiB" % path)
    elif files.total + status.st_size > MAX_RECORD:
        raise RecordError("the files are larger than 1 GiB together")
    else:
        with open(full, "rb") as stream:
            files.data[path] = stream.read(canonical.MAX_FILE + 1)
        files.total += len(files.data[path])


# --- zip ----------------------------------------------------------------------------------------------------------


def _load_zip(path: str) -> Files:
    """Own reader: the archive is walked once through its directory, and every byte must be accounted for."""
    if os.path.getsize(path) > MAX_ZIP:
        raise RecordError("larger than a zip can be")
    with open(path, "rb") as stream:
        data = stream.read()
    return parse_zip(data)


def parse_zip(data: bytes) -> Files:
    files = Files()
    count, start = _directory(data, files)
    position, expected, last = start, 0, ""
    seen: Set[str] = set()
    for _ in range(count):
        if position + CENTRAL.size > len(data) or data[position : position + 4] != b"PK\1\2":
            raise RecordError("the zip's directory is broken")
        fields = CENTRAL.unpack_from(data, position)
        end = position + CENTRAL.size + fields[10]
        name_bytes = data[position + CENTRAL.size : end]
        position = end + fields[11] + fields[12]
        name = _name(name_bytes)
        if name in seen:
            raise RecordError("the zip holds %s twice" % name)
        seen.add(name)
        if name <= last:
            files.problems.append("%s: the zip is not sorted by path (R3)" % name)
        last = name
        expected = _member(data, fields, name_bytes, name, expected, files)
    if expected != start:
        files.problems.append("the zip holds bytes that belong to no file (R3)")
    if position + END.size != len(data):
        files.problems.append("the zip's directory is followed by other bytes (R3)")
    return files


def _directory(data: bytes, files: Files) -> Tuple[int, int]:
    """(number of files, offset of the directory)."""
    at = data.rfind(b"PK\5\6", max(0, len(data) - 65557))
    if at < 0 or at + END.size > len(data):
        raise RecordError("neither a folder nor a zip")
    _, disk, disk2, here, count, size, offset, comment = END.unpack_from(data, at)
    if comment or at + END.size != len(data) or disk or disk2 or here != count or offset + size != at:
        files.problems.append("the end of the zip is not as R3 says")
    if count > MAX_FILES:
        raise RecordError("more than %d files" % MAX_FILES)
    return count, offset


def _name(raw: bytes) -> str:
    try:
        name = raw.decode("ascii")
    except UnicodeDecodeError:
        raise RecordError("the zip holds a name that is not ASCII") from None
    parts = name.split("/")
    if "" in parts or "." in parts or ".." in parts or "\\" in name or "\0" in name or ":" in name:
        raise RecordError("the zip holds an unsafe name")
    return name


def _member(data: bytes, fields: Tuple[Any, ...], name_bytes: bytes, name: str, expected: int, files: Files) -> int:
    """Take one member; returns where the next one must begin."""
    made_by, needs, flags, method, time, date, crc, packed, size = fields[1:10]
    extra, comment, disk, internal, external, offset = fields[11:]
    fixed = (
        made_by >> 8 == UNIX, flags == 0, method == 0, time == 0, date == DOS_DATE, packed == size,
        extra == 0, comment == 0, disk == 0, external == (0o100000 | MODE) << 16, needs == VERSION,
        made_by & 0xFF == VERSION, internal == 0, offset == expected,
    )  # fmt: skip
    if not all(fixed):
        files.problems.append("%s: an attribute of the zip is not as R3 says" % name)
    begin: int = offset + LOCAL.size + len(name_bytes)
    if begin > len(data) or data[offset : offset + 4] != b"PK\3\4":
        raise RecordError("%s: the zip is broken" % name)
    local = LOCAL.unpack_from(data, offset)
    begin += local[10]
    if local[1:] != (needs, flags, method, time, date, crc, packed, size, len(name_bytes), 0):
        files.problems.append("%s: the two headers of the zip differ" % name)
    if data[offset + LOCAL.size : offset + LOCAL.size + len(name_bytes)] != name_bytes:
        files.problems.append("%s: the two names of the zip differ" % name)
    if not NAMES.fullmatch(name):
        files.foreign(name)
        return begin + int(size)
    files.total += min(size, len(data))  # counted before it is copied: many members may claim the same bytes
    if files.total > MAX_RECORD:
        raise RecordError("the files are larger than 1 GiB together")
    content = data[begin : begin + size]
    if method != 0 or len(content) != size or size > canonical.MAX_FILE:
        files.problems.append("%s: is not stored, or cut off, or larger than 64 MiB" % name)
        return begin + int(packed)
    if zlib.crc32(content) != crc:
        files.problems.append("%s: the checksum of the zip does not fit" % name)
    files.data[name] = content
    return begin + int(size)
