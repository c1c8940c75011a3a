"""V01-V04 and what cannot be read at all: files, forms, zips (R1-R3, V3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lies import put

from tests.conformance import zips
from tests.conformance.session import Files, Session
from tests.conformance.table import NOTE, Case, Changes, honest, sealed
from verifier.canonical import decode, encode

FIRST = NOTE % 5
STRANGER = "\u2014 stranger.example AAAAAAAA\n".encode()


def edited(path: str, change: Callable[[bytes], bytes]) -> Callable[[Files], None]:
    """Bytes of a file, after RECORD.json was made."""

    def touch(files: Files) -> None:
        files[path] = change(files[path])

    return touch


def record(change: Callable[[Any], None]) -> Callable[[Files], None]:
    """Another value of RECORD.json."""

    def touch(files: Files) -> None:
        value = decode(files["RECORD.json"])
        change(value)
        files["RECORD.json"] = encode(value)

    return touch


def before_publishing(path: str, change: Callable[[bytes], bytes]) -> Changes:
    """Bytes of a file that nothing but `published` names afterwards."""
    return {"files": edited(path, change)}


def extra_note(size: int) -> Callable[[Files], None]:
    """A good checkpoint that RECORD.json does not list."""

    def touch(files: Files) -> None:
        files[NOTE % size] = honest().ledger.note(size)

    return touch


def early_groups(files: Files) -> None:
    """A file of phase result in a record of phase frozen, listed as it should be."""
    files["draws/d01/groups.json"] = honest().files["draws/d01/groups.json"]


def listed(change: Callable[[Files], None]) -> Callable[[Session], None]:
    return lambda built: change(built.files)


CASES: dict[str, Case] = {
    # --- what is good ---
    "honest": Case(says="An honest session with trust file and sealed rosters.", beside=sealed),
    "honest-unanchored": Case(says="The same record, and no trust file.", failing="V57 V58", trust=None),
    "frozen": Case(says="The record of the same session as it was published before the ceremony.", failing="V62", until="header"),
    "frozen-unanchored": Case(
        says="The record of phase frozen, and no trust file.", failing="V57 V62", until="header", trust=None
    ),
    # --- V01 ---
    "file-missing": Case(
        says="A checkpoint that RECORD.json lists is not there.", failing="V01", touch=lambda files: files.pop(FIRST)
    ),
    "file-altered": Case(
        says="A line that nobody knows was added to a checkpoint after RECORD.json was made.",
        failing="V01",
        touch=edited(FIRST, lambda data: data + STRANGER),
    ),
    "file-foreign": Case(
        says="There is a file that no record has.", failing="V01", touch=lambda files: files.update({"notes.txt": b"x"})
    ),
    "file-unlisted": Case(
        says="There is a good checkpoint that RECORD.json does not list.", failing="V01", touch=extra_note(9)
    ),
    "file-of-the-other-phase": Case(
        says="A record of phase frozen lists a groups file.", failing="V01 V62", until="header", after=listed(early_groups)
    ),
    "file-listed-wrongly": Case(
        says="RECORD.json gives a checkpoint another size.", failing="V01", touch=record(put("files", -2, "size", 1))
    ),
    # --- V02 ---
    "form-extra-key": Case(
        says="statement.json has a key more.", failing="V02", changes={"file:statement.json": put("extra", 1)}
    ),
    "form-missing-key": Case(
        says="sources.json has no version.", failing="V02", changes={"file:sources.json": lambda value: value.pop("version")}
    ),
    "form-space": Case(
        says="sources.json has a space after a colon.",
        failing="V02",
        changes=before_publishing("sources.json", lambda data: data.replace(b":", b": ", 1)),
    ),
    "form-not-normal": Case(
        says="A text of statement.json is not in normalisation form C.",
        failing="V02",
        changes=before_publishing("statement.json", lambda data: data.replace("sex=女".encode(), "sex=e\u0301".encode(), 1)),
    ),
    "form-byte-order-mark": Case(
        says="statement.json begins with a byte order mark.",
        failing="V02",
        changes=before_publishing("statement.json", lambda data: b"\xef\xbb\xbf" + data),
    ),
    "form-wrong-date": Case(
        says="The header's date, 30 February, does not exist.",
        failing="V02 V62",
        until="header",
        changes={"file:header.json": put("date", "2026-02-30")},
    ),
    # --- V03 ---
    "entry-extra-key": Case(
        says="The register's entry has a key more.", failing="V03", changes={"entry:register": put("extra", 1)}
    ),
    "frozen-entry-twice-in-a-list": Case(
        says="The register names one school and grade twice.",
        failing="V03 V62", until="header",
        changes={"body:register": lambda body: body["schools"].insert(0, body["schools"][0])},
    ),
    "frozen-entry-boolean": Case(
        says="The register's year is a boolean.", failing="V03 V62", until="header", changes={"body:register": put("year", True)}
    ),
    "entries-without-last-line-feed": Case(
        says="The last line of the ledger has no line feed.",
        failing="V03",
        after=listed(edited("ledger/entries.jsonl", lambda data: data[:-1])),
    ),
    # --- V04 ---
    "count-students": Case(
        says="RECORD.json counts a student more.", failing="V04", touch=record(put("counts", "students", 41))
    ),
    "count-entries": Case(says="RECORD.json counts one entry.", failing="V04", touch=record(put("counts", "entries", 1))),
    # --- exit code 2 ---
    "record-json-missing": Case(
        says="There is no RECORD.json.", exit=2, until="header", touch=lambda files: files.pop("RECORD.json")
    ),
    "record-json-not-canonical": Case(
        says="RECORD.json ends with a line feed.",
        exit=2,
        until="header",
        touch=edited("RECORD.json", lambda data: data + b"\n"),
    ),
    "record-json-extra-key": Case(
        says="RECORD.json has a key more.", exit=2, until="header", touch=record(put("extra", 1))
    ),
    "record-json-version": Case(
        says="RECORD.json is of version 2.",
        exit=2,
        until="header",
        touch=record(put("version", "verifiable-draw/v2")),
    ),
    "record-json-phase": Case(
        says="RECORD.json is of a phase that does not exist.", exit=2, until="header", touch=record(put("phase", "drawn"))
    ),
}  # fmt: skip


def packed(says: str, tweak: zips.Tweak, failing: str = "V01 V62", exit_code: int | None = None, **more: Any) -> Case:
    """The frozen record as a zip that is wrong at one place."""
    return Case(
        says=says,
        failing=failing,
        exit=exit_code,
        until="header",
        zipped=lambda files: zips.zipped(files, tweak),
        **more,
    )


def unreadable(says: str, tweak: zips.Tweak) -> Case:
    return packed(says, tweak, failing="", exit_code=2)


CASES |= {
    "zip": Case(says="The honest record as a zip.", zipped=zips.zipped),
    "zip-unsorted": packed("The members of the zip are in reverse order.", zips.reverse),
    "zip-compressed": packed("plan.json is compressed, so it counts as missing.", zips.deflated("plan.json"), cannot="V57"),
    "zip-other-checksum": packed("The zip has another checksum of a checkpoint.", zips.attribute(FIRST, crc=1)),
    "zip-dated": packed("A member of the zip is of another day.", zips.attribute("plan.json", date=0x5B39)),
    "zip-two-dates": packed("The two headers of a member differ.", zips.attribute("plan.json", local_date=0x5B39)),
    "zip-executable": packed("A member of the zip may be executed.", zips.attribute("plan.json", mode=0o100755)),
    "zip-extra-field": packed("A member of the zip has an extra field.", zips.attribute("plan.json", extra=b"UT\x01\x00x")),
    "zip-member-comment": packed("A member of the zip has a comment.", zips.attribute("plan.json", comment=b"x")),
    "zip-comment": packed("The zip has a comment.", zips.archive(comment=b"x")),
    "zip-bytes-before": packed("There are bytes before the first member.", zips.archive(before=b"MZ")),
    "zip-bytes-between": packed("There are bytes between members and directory.", zips.archive(between=b"hidden")),
    "zip-foreign-member": packed("The zip has a member that no record has.", zips.added(b"notes.txt")),
    "zip-name-twice": unreadable("The zip has plan.json twice.", zips.added(b"plan.json")),
    "zip-parent": unreadable("A member of the zip is named ../plan.json.", zips.added(b"../plan.json")),
    "zip-absolute": unreadable("A member of the zip is named /plan.json.", zips.added(b"/plan.json")),
    "zip-huge-count": unreadable("The zip says it has 65,535 members.", zips.archive(count=0xFFFF)),
    "zip-of-nothing": unreadable("The zip has no member.", lambda made: made.members.clear()),
    "zip-compressed-record-json": unreadable("RECORD.json is compressed.", zips.deflated("RECORD.json")),
    "zip-cut-off": Case(
        says="The zip is cut off in the middle.", exit=2, until="header",
        zipped=lambda files: zips.zipped(files)[:9000],
    ),
    "no-zip": Case(says="The record is a file that is no zip.", exit=2, until="header", zipped=lambda _: b"no zip"),
}  # fmt: skip
