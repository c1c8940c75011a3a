"""Input made to deceive, to crash or to hang: JSON, numbers, zips and arguments of every odd kind."""

from __future__ import annotations

import functools
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Set

import pytest
from verifier import canonical, engine, report

from tests.tamper import ROOT, small
from tests.tamper.judge import Finding, beside, check_sound, finding, judge, remembering

pytestmark = pytest.mark.no_cover
MEMORY, SECONDS = 600 << 20, 20  # of a verifier run on the worst of them
ENTRIES = "ledger/entries.jsonl"


@pytest.fixture(scope="module", autouse=True)
def _remembered() -> Iterator[None]:
    with remembering():
        yield


@functools.cache
def built() -> small.Small:
    return small.small()


def judged(given: Any, **more: Any) -> Finding:
    found = finding(judge(given, **{**beside(built()), **more}))
    check_sound(found, "")
    return found


def repaired(**changed: bytes) -> Dict[str, bytes]:
    files = dict(built().files)
    files.update({path.replace("__", "/"): data for path, data in changed.items()})
    small.reseal(files)
    return files


# --- JSON ---------------------------------------------------------------------------------------------------------


def _text(old: str, new: str) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(old.encode(), new.encode("utf-8", "surrogatepass"), 1)


BY_TEXT: Dict[str, Callable[[bytes], bytes]] = {
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data: data.decode().encode("utf-16-le"),
    "line end behind": lambda data: data + b"\n",
    "space behind": lambda data: data + b" ",
    "space before": lambda data: b" " + data,
    "a second value behind": lambda data: data + b"{}",
    "NUL behind": lambda data: data + b"\0",
    "cut off": lambda data: data[:-1],
    "empty": lambda data: b"",
    "null": lambda data: b"null",
    "NaN": lambda data: b"NaN",
    "space within": _text(":", ": "),
    "CRLF within": _text(",", ",\r\n"),
    "a comma too many": lambda data: data[:-1] + b",}",
    "a comment": lambda data: data[:-1] + b"/**/}",
    "a key twice": lambda data: data[:-1] + b',"version":"verifiable-draw/v1"}',
    "a key twice, first": lambda data: b'{"version":"verifiable-draw/v2",' + data[1:],
    "another key": lambda data: data[:-1] + b',"zz":0}',
    "__proto__": lambda data: b'{"__proto__":{"version":"verifiable-draw/v1"},' + data[1:],
    "constructor": lambda data: b'{"constructor":0,' + data[1:],
    "an escaped letter": _text('"version"', '"\\u0076ersion"'),
    "an escaped slash": _text("draw/v1", "draw\\/v1"),
    "upper case": _text("version", "Version"),
    "a lone surrogate": _text("verifiable", "\ud800verifiable"),
    "a lone surrogate, escaped": _text("verifiable", "\\ud800verifiable"),
    "a surrogate pair in UTF-8": _text("verifiable", "\ud83d\ude00verifiable"),
    "overlong UTF-8": lambda data: data.replace(b"verifiable", b"\xc1\xb6erifiable", 1),
    "another version": _text("draw/v1", "draw/v2"),
    "an array": lambda data: b"[" + data + b"]",
    "deep": lambda data: b"[" * 100_000 + b"]" * 100_000,
    "deep objects": lambda data: b'{"a":' * 5000 + b"0" + b"}" * 5000,
    "a long key": lambda data: b'{"' + b"a" * 100_000 + b'":0,' + data[1:],
}


@pytest.mark.parametrize("name", BY_TEXT)
def test_json(name: str) -> None:
    """In every place where JSON is read."""
    change = BY_TEXT[name]
    for path, check in (("header.json", "V02"), ("plan.json", "V02"), ("draws/d01/result.json", "V43")):
        found = judged(repaired(**{path: change(built().files[path])}))
        assert (found.exit, check in found.failing) == (1, True), (path, found)
    assert judged(dict(built().files, **{"RECORD.json": change(built().files["RECORD.json"])})).exit == 2
    given = beside(built())
    assert judged(built().files, trust=change(given["trust"])).exit == 2
    assert judged(built().files, slip=change(given["slip"])).exit == 2
    found = judged(built().files, sealed=[change(given["sealed"][0])])
    assert (found.exit, "V70" in found.failing) == (1, True), found
    lines = built().files[ENTRIES].split(b"\n")
    altered = b"\n".join([change(lines[0]), *lines[1:]])
    if change(lines[0]) != lines[0]:
        found = judged(repaired(**{ENTRIES: altered}))
        assert (found.exit, bool({"V03", "V10"} & found.failing)) == (1, True), found


NUMBERS = ("1.0", "1e0", "-0", "01", "+1", "0x1", "9007199254740992", "-9007199254740992", "1" + "0" * 400, "1E400",
           "Infinity", "true", '"1"', "١", "9" * 5000, "", ".5", "1_0")  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
def test_numbers(number: str) -> None:
    for path, key, check in (
        ("header.json", '"year":', {"V02"}),
        ("plan.json", '"retention_years":', {"V02"}),
        ("draws/d01/result.json", '"bundling":', {"V02", "V43"}),
        (ENTRIES, '"seq":', {"V03"}),
        ("RECORD.json", '"entries":', set()),
    ):
        begin = built().files[path].index(key.encode()) + len(key)
        end = begin + 1
        while built().files[path][end : end + 1].isdigit():
            end += 1
        altered = built().files[path][:begin] + number.encode() + built().files[path][end:]
        found = judged(repaired(**{path: altered}) if path != "RECORD.json" else dict(built().files, **{path: altered}))
        assert (found.exit, check - found.failing) == (1 if check else 2, set()), (path, found)


TEXTS = {
    "decomposed": "e\u0301",
    "Hangul in parts": "\u1112\u1161\u11ab",
    "a singleton": "\u212b",
    "not assigned": "\u0378",
    "assigned after 12.1": "\U0001fae8",
    "assigned in 13": "\ua7c7",
    "a noncharacter": "\uffff",
    "a tag that does not exist": "\U000e0002",
    "DEL": "\x7f",
    "line end, escaped": "\\n",
    "NUL, escaped": "\\u0000",
}
GOOD_TEXTS = {
    "an ideograph that came later": "\U00030000\U0002ebf0\u9fef",
    "private use": "\ue000",
    "a zero-width space": "\u200b",
    "a right-to-left override": "\u202e",
    "C1 control": "\u0085",
    "composed": "é한",
    "beyond the BMP": "\U0001f600",
    "quotes": '\\"\\\\',
}


@pytest.mark.parametrize("name", [*TEXTS, *GOOD_TEXTS])
def test_texts(name: str) -> None:
    """E3. The header then has another hash than the ledger's, but whether it is a header is what is asked."""
    title = {**TEXTS, **GOOD_TEXTS}[name]
    found = judged(repaired(**{"header.json": built().files["header.json"].replace("分班".encode(), title.encode())}))
    assert (found.exit, "V02" in found.failing) == (1, name in TEXTS), found


def test_what_is_printed_holds_no_control_characters() -> None:
    """V6."""
    for title in GOOD_TEXTS.values():
        data = built().files["header.json"].replace("分班".encode(), title.encode())
        found = judge(repaired(**{"header.json": data}), trust=beside(built())["trust"])
        text = report.as_json(found)
        assert not [c for c in json.loads(text)["checks"][0]["detail"] if not c.isprintable()]


# --- numbers that are too large -----------------------------------------------------------------------------------

HUGE = 10**15


def _set(path: str, *steps: Any) -> Callable[[Dict[str, bytes], Any], None]:
    def put(files: Dict[str, bytes], new: Any) -> None:
        value = json.loads(files[path])
        holder = value
        for step in steps[:-1]:
            holder = holder[step]
        holder[steps[-1]] = new
        files[path] = canonical.encode(value)

    return put


def _numbers(value: Any, path: tuple = ()) -> Iterator[tuple]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from _numbers(member, (*path, name))
    if isinstance(value, int) and not isinstance(value, bool):
        yield path


ALL = [pytest.param(number, 1, marks=pytest.mark.slow) for number in (HUGE, 2**53 - 1, 0)]


@pytest.mark.parametrize(("number", "step"), [(HUGE, 5), *ALL])
def test_every_number(number: int, step: int) -> None:
    """Every number of every file replaced; of a long file's, the first ones. Everyday only some."""
    for path in sorted(built().files):
        if not path.endswith(".json") or path == "RECORD.json":
            continue
        for at in list(_numbers(json.loads(built().files[path])))[:60:step]:
            files = dict(built().files)
            _set(path, *at)(files, number)
            if files[path] == built().files[path]:
                continue
            small.reseal(files)
            found = finding(judge(files))
            check_sound(found, (path, at))
            assert found.exit == 1, (path, at, found)


def test_every_number_of_record() -> None:
    for at in _numbers(json.loads(built().files["RECORD.json"])):
        files = dict(built().files)
        _set("RECORD.json", *at)(files, HUGE)
        assert judged(files).exit == 1, at


# --- zip ----------------------------------------------------------------------------------------------------------


class Member(NamedTuple):
    name: bytes
    data: bytes
    method: int = 0
    size: Optional[int] = None
    packed: Optional[int] = None
    crc: Optional[int] = None
    offset: Optional[int] = None
    extra: bytes = b""
    flags: int = 0
    other_name: Optional[bytes] = None


def make_zip(members: List[Member], *, count: Optional[int] = None, comment: bytes = b"", tail: bytes = b"") -> bytes:
    out, directory = BytesIO(), BytesIO()
    for one in members:
        at = out.tell() if one.offset is None else one.offset
        packed, size = (len(one.data) if n is None else n for n in (one.packed, one.size))
        crc = zlib.crc32(one.data) if one.crc is None else one.crc
        common = (20, one.flags, one.method, 0, 33, crc, packed, size, len(one.name), len(one.extra))
        out.write(b"PK\3\4" + struct.pack("<5H3I2H", *common) + (one.other_name or one.name) + one.extra + one.data)
        directory.write(b"PK\1\2" + struct.pack("<6H3I2H", 3 << 8 | 20, *common))
        directory.write(struct.pack("<3H2I", 0, 0, 0, 0o100644 << 16, at) + one.name + one.extra)
    number = len(members) if count is None else count
    end = struct.pack("<4H2IH", 0, 0, number, number, directory.tell(), out.tell(), len(comment))
    return out.getvalue() + directory.getvalue() + tail + b"PK\5\6" + end + comment


def members() -> List[Member]:
    return [Member(path.encode(), data) for path, data in sorted(built().files.items())]


def _with(change: Callable[[Member], Member], at: int = 3) -> Callable[[], bytes]:
    def made() -> bytes:
        rows = members()
        rows[at] = change(rows[at])
        return make_zip(rows)

    return made


def _named(name: bytes) -> Callable[[], bytes]:
    return lambda: make_zip([*members(), Member(name, b"{}")])


def _deflated() -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(built().files.items()):
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _bomb() -> bytes:
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join([packed.compress(bytes(1 << 20)) for _ in range(64)]) + packed.flush()
    return make_zip([*members()[:-2], Member(b"verify.html", data, method=8, size=64 << 20), members()[-1]])


def _overlapping() -> bytes:
    rows = members()
    start = make_zip(rows).index(b"PK\3\4", 10)
    return make_zip([*rows[:-1], rows[-1]._replace(offset=start)])


ZIPS: Dict[str, Any] = {
    "good": (lambda: make_zip(members()), 3, set()),
    "a name twice": (lambda: make_zip(sorted([*members(), members()[3]])), 2, set()),
    "up": (_named(b"../header.json"), 2, set()),
    "up within": (_named(b"draws/../../x"), 2, set()),
    "absolute": (_named(b"/etc/passwd"), 2, set()),
    "a drive": (_named(b"C:/x"), 2, set()),
    "backslash": (_named(b"draws\\d01\\x"), 2, set()),
    "NUL in a name": (_named(b"header.json\0.png"), 2, set()),
    "a folder": (_named(b"draws/"), 2, set()),
    "an empty name": (_named(b""), 2, set()),
    "a name in another script": (_named("名册.json".encode()), 2, set()),
    "a file too many": (_named(b"x.json"), 1, {"V01"}),
    "not sorted": (lambda: make_zip(members()[::-1]), 1, {"V01"}),
    "compressed": (_deflated, 2, set()),
    "a bomb": (_bomb, 1, {"V01"}),
    "overlapping": (_overlapping, 1, {"V01"}),
    "a checksum that is wrong": (_with(lambda one: one._replace(crc=1)), 1, {"V01"}),
    "a size too large": (
        _with(lambda one: one._replace(size=len(one.data) + 100, packed=len(one.data) + 100)),
        1,
        {"V01"},
    ),
    "a size beyond the end": (_with(lambda one: one._replace(size=2**32 - 1, packed=2**32 - 1)), 1, {"V01"}),
    "a size too small": (_with(lambda one: one._replace(size=1, packed=1)), 1, {"V01"}),
    "two sizes": (_with(lambda one: one._replace(packed=1)), 1, {"V01"}),
    "two names": (_with(lambda one: one._replace(other_name=b"x" * len(one.name))), 1, {"V01"}),
    "an offset beyond the end": (_with(lambda one: one._replace(offset=2**32 - 1)), 2, set()),
    "an offset within": (_with(lambda one: one._replace(offset=7)), 2, set()),
    "an extra field": (_with(lambda one: one._replace(extra=b"\1\0\0\0")), 1, {"V01"}),
    "zip64": (
        _with(lambda one: one._replace(extra=struct.pack("<HHQQ", 1, 16, 5, 5), size=2**32 - 1, packed=2**32 - 1)),
        1,
        {"V01"},
    ),
    "encrypted": (_with(lambda one: one._replace(flags=1)), 1, {"V01"}),
    "sizes behind": (_with(lambda one: one._replace(flags=8)), 1, {"V01"}),
    "a comment": (lambda: make_zip(members(), comment=b"hello"), 1, {"V01"}),
    "an end within a comment": (lambda: make_zip(members(), comment=b"PK\5\6" + bytes(18)), 2, set()),
    "bytes before": (lambda: b"#!/bin/sh\n" + make_zip(members()), 2, set()),
    "bytes before the directory": (lambda: make_zip(members(), tail=b"xx"), 1, {"V01"}),
    "bytes behind": (lambda: make_zip(members()) + b"\n", 1, {"V01"}),
    "fewer than there are": (lambda: make_zip(members(), count=3), 1, {"V01"}),
    "more than there are": (lambda: make_zip(members(), count=99), 2, set()),
    "65,535 entries": (lambda: make_zip(members(), count=65535), 2, set()),
    "many files": (lambda: make_zip([*members(), *(Member(b"x%05d" % i, b"") for i in range(9000))]), 1, {"V01"}),
    "too many files": (lambda: make_zip([*members(), *(Member(b"x%05d" % i, b"") for i in range(10001))]), 2, set()),
    "no file": (lambda: make_zip([]), 2, set()),
    "no RECORD.json": (lambda: make_zip(members()[1:]), 2, set()),
    "empty": (lambda: b"", 2, set()),
    "only an end": (lambda: b"PK\5\6" + bytes(18), 2, set()),
    "cut off": (lambda: make_zip(members())[:-1], 2, set()),
    "no zip": (lambda: b"Rar!\x1a\x07\x00", 2, set()),
}


@pytest.mark.parametrize("name", ZIPS)
def test_zip(name: str) -> None:
    make, exit_code, wanted = ZIPS[name]
    found = judged(make())
    assert (found.exit, wanted - found.failing) == (exit_code, set()), found
    assert name == "good" or exit_code != engine.EXIT_NOT_PROVEN


# --- arguments ----------------------------------------------------------------------------------------------------


@functools.cache
def other() -> small.Small:
    return small.small(session=small.OTHER_SESSION)


@functools.cache
def frozen() -> small.Small:
    return small.small("header")


def whole(change: Callable[[bytes], bytes] = lambda data: data) -> bytes:
    return change(built().files[ENTRIES])


ARGUMENTS: Dict[str, Any] = {
    "the ledger itself": ({"ledger": whole}, 3, set()),
    "an empty ledger": ({"ledger": lambda: b""}, 3, {"V80"}),
    "a shorter ledger": ({"ledger": lambda: whole(lambda data: data[: data.rindex(b"\n", 0, -1) + 1])}, 3, {"V80"}),
    "a ledger without its last line end": ({"ledger": lambda: whole(lambda data: data[:-1])}, 3, {"V80"}),
    "another ledger": ({"ledger": lambda: other().files[ENTRIES]}, 3, {"V80"}),
    "a ledger with a line again": ({"ledger": lambda: whole(lambda data: data + _last(data))}, 3, {"V80"}),
    "a ledger with garbage": ({"ledger": lambda: whole(lambda data: data + b"{}\n")}, 3, {"V80"}),
    "a ledger with a session again": ({"ledger": lambda: whole(lambda data: data + data)}, 3, {"V80"}),
    "a ledger of NULs": ({"ledger": lambda: bytes(1 << 20)}, 3, {"V80"}),
    "a ledger of empty lines": ({"ledger": lambda: whole() + b"\n" * 100_000}, 3, {"V80"}),
    "since itself": ({"since": lambda: built().files}, 3, set()),
    "since the freeze": ({"since": lambda: frozen().files}, 3, set()),
    "since another session": ({"since": lambda: other().files}, 1, {"V17"}),
    "since no record": ({"since": lambda: b"PK"}, 2, set()),
    "since an altered freeze": ({"since": lambda: dict(frozen().files, **{"plan.json": b"{}"})}, 1, {"V17"}),
    "itself as another record": ({"others": lambda: [built().files]}, 1, {"V82"}),
    "a record of another ledger": ({"others": lambda: [other().files]}, 1, {"V82"}),
    "another record twice": ({"others": lambda: [other().files, other().files]}, 1, {"V82"}),
    "the freeze as another record": ({"others": lambda: [frozen().files]}, 1, {"V82"}),
    "no record": ({"others": lambda: [b""]}, 2, set()),
    "a slip of another session": ({"slip": lambda: other().slip()}, 3, {"V90"}),
    "a slip of a child that is not there": ({"slip": lambda: built().slip(17)}, 3, {"V90"}),
    "no slip": ({"slip": lambda: b"{}"}, 2, set()),
    "a sealed roster of another session": ({"sealed": lambda: beside(other())["sealed"]}, 1, {"V70"}),
    "a sealed roster twice": ({"sealed": lambda: beside(built())["sealed"] * 2}, 1, {"V70"}),
    "no sealed roster": ({"sealed": lambda: [b""]}, 1, {"V70"}),
    "a sealed roster and another": ({"sealed": lambda: [*beside(built())["sealed"], b"{}"]}, 1, {"V70"}),
    "trust in another ledger": ({"trust": lambda: beside(other())["trust"]}, 3, {"V57"}),
    "trust in nobody": ({"trust": lambda: trusting(witnesses_required=0)}, 3, {"V57"}),
    "trust in more than there are": ({"trust": lambda: trusting(witnesses_required=2)}, 3, {"V57"}),
    "trust in a witness twice": (
        {"trust": lambda: trusting(witnesses=built().trust()["witnesses"] * 2, witnesses_required=2)}, 3, {"V57"},
    ),
    "trust in an unsound key": ({"trust": lambda: trusting(observers=["01" + "00" * 31])}, 3, {"V57", "V58"}),
    "trust in a later checkpoint": ({"trust": lambda: trusting(checkpoint=checkpoint(2**53 - 1))}, 3, {"V57"}),
    "trust in the first checkpoint": ({"trust": lambda: trusting(checkpoint=checkpoint(0))}, 3, {"V57"}),
}  # fmt: skip


def _last(lines: bytes) -> bytes:
    return lines.splitlines(keepends=True)[-1]


def checkpoint(size: int) -> Dict[str, Any]:
    return {"root": "00" * 32, "size": size}


def trusting(**changed: Any) -> bytes:
    return canonical.encode({**built().trust(), **changed})


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments(name: str) -> None:
    given, exit_code, wanted = ARGUMENTS[name]
    found = judged(built().files, **{option: make() for option, make in given.items()})
    assert (found.exit, wanted - found.failing) == (exit_code, set()), found


# --- memory and time ----------------------------------------------------------------------------------------------

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (%d, %d))
from verifier import cli
sys.exit(cli.main(sys.argv[1:]))
"""


def run(*arguments: str) -> Dict[str, Any]:
    """The command line with bounded memory and time."""
    command = [sys.executable, "-c", LIMITED % (MEMORY, MEMORY), *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=SECONDS, check=False)
    assert b"Traceback" not in done.stderr, done.stderr[-500:]
    assert b"internal error" not in done.stderr, done.stderr[-500:]
    value: Dict[str, Any] = json.loads(done.stdout)
    assert value["exit"] == done.returncode
    return value


def _array(path: str, *steps: Any) -> Callable[[Any], Dict[str, bytes]]:
    def made(new: Any) -> Dict[str, bytes]:
        files = dict(built().files)
        _set(path, *steps)(files, new)
        small.reseal(files)
        return files

    return made


UNITS, GROUPS, RESULT = ("draws/d01/%s.json" % name for name in ("units", "groups", "result"))
MILLION = 1_000_000
WORST: Dict[str, Callable[[], Dict[str, bytes]]] = {
    "a million bundlings": lambda: _array(GROUPS, "bundlings")([[]] * MILLION),
    "a million units in a bundle": lambda: _array(GROUPS, "bundlings", 0, 0)(list(range(MILLION))),
    "a million in the remainder": lambda: _array(GROUPS, "remainder")(list(range(MILLION))),
    "a million blocks": lambda: _array(GROUPS, "blocks")([[0, 1]] * MILLION),
    "a million classes": lambda: _array(RESULT, "classes")([1] * MILLION),
    "a million nullifiers": lambda: _array("draws/d01/nullifiers.json", "nullifiers")(["00" * 32] * 300_000),
    "a million leaves": lambda: _array(UNITS, "units")([["00" * 32] * 300_000]),
    "10^15 units": lambda: _array("header.json", "draws", 0, "frozen", "units")(HUGE),
    "10^15 classes": lambda: _array("header.json", "draws", 0, "classes")(HUGE),
    "10^15 squarings": lambda: _array("header.json", "delay", "iterations")(HUGE),
    "10^15 segments": lambda: _array("header.json", "delay", "segments")(HUGE),
    "10^15 bundlings": lambda: _array("header.json", "bundlings")(HUGE),
    "a million segments": lambda: _array("delay.json", "segments")([{"proof": "00" * 100, "y": "00" * 100}] * 60_000),
    "a million levels": lambda: repaired(**{"header.json": b"[" * MILLION}),
    "a number of a million digits": lambda: repaired(**{"header.json": b"9" * MILLION}),
    "a million empty lines": lambda: repaired(**{ENTRIES: b"\n" * MILLION}),
    "a million lines": lambda: repaired(**{ENTRIES: b"{}\n" * MILLION}),
    "a long line": lambda: repaired(**{ENTRIES: b'"' + b"a" * (30 << 20) + b'"\n'}),
    "a long note": lambda: repaired(**{"ledger/checkpoints/0000000005.note": b"\n" * (20 << 20)}),
    "accents without end": lambda: repaired(**{"header.json": ('"' + "a" + "\u0301\u0316" * 500_000 + '"').encode()}),
}


@pytest.mark.parametrize("name", WORST)
def test_bounded(name: str, tmp_path: Path) -> None:
    path = tmp_path / "record.zip"
    path.write_bytes(small.as_zip(WORST[name]()))
    assert run(str(path))["exit"] == engine.EXIT_INCONSISTENT


OPTIONS = ("", "--trust", "--since", "--ledger", "--record", "--slip", "--sealed")
PLACES: Dict[str, Set[int]] = {"/dev/zero": {2}, "/dev/null": {2}, "/proc/self/mem": {2}, ".": {2}, "nowhere": {2}}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.slow
def test_no_files(option: str, place: str, tmp_path: Path) -> None:
    path = tmp_path / "record.zip"
    path.write_bytes(small.as_zip(built().files))
    arguments = [str(path), option, place] if option else [place]
    assert run(*arguments)["exit"] in PLACES[place]
