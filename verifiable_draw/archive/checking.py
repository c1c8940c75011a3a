"""Checking an archive: an image, a mounted disc or a bag's folder (requirements S11, S15, P14).

Damage is named file by file and, where the recovery data reaches, undone in a copy. Then the record is verified by
the verifier, the ledger on the disc is compared with itself and with the record, and with the ledger at hand if one is
given. No program on the disc is run.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.canonical import EncodingError, decode, decode_lines, parse_time, short_code
from ledger.checkpoint import open_checkpoint, parse_checkpoint
from ledger.entry import Message, parse_entry
from ledger.merkle import leaf_hash, root_hash
from ledger.note import NoteError, parse_note
from ledger.sqlite import StoreError
from ledger.store import Store
from ledger.tiles import CHECKPOINT
from verifiable_draw import record
from verifiable_draw.archive import bag, image, programs, recovery, sealed_disc, space
from verifiable_draw.archive.bag import DATA, Damage
from verifiable_draw.errors import DataError, DrawError, UsageError
from verifiable_draw.files import read
from verifiable_draw.restoring import entries_from
from verifiable_draw.room import store_problem
from verifiable_draw.site.pages import catalogue
from verifiable_draw.texts import text

GOOD, NOTE, BAD = "good", "note", "bad"
Progress = Callable[[str], None]


REASONS = "原因"
"""Over the verifier's reasons for not calling a record proven; they stand as `  V51 …`."""
PARTS = frozenset({"record", "ledger", "verifiers", "keys", "documents"})
"""What the public disc holds below `data/`."""
MOST_FILES = 50_000


def _silent(_step: str) -> None:
    return


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: a row of the texts, what fills it, and what it means."""

    outcome: str
    key: str
    values: dict[str, Any]

    def json(self) -> dict[str, Any]:
        """For programs."""
        row = text(self.key, **self.values)
        return {"en": row.en, "key": self.key, "outcome": self.outcome, "values": self.values, "zh": row.zh}


@dataclass(slots=True)
class Report:
    """What a check found: damaged files, and everything in words."""

    damages: list[Damage] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Nothing speaks against the archive, or what did was repaired."""
        return all(finding.outcome != BAD for finding in self.findings)

    def add(self, outcome: str, key: str, /, **values: Any) -> None:  # noqa: ANN401 - what fills a text
        """Add a line."""
        self.findings.append(Finding(outcome, f"archive.{key}", values))


@dataclass(frozen=True, slots=True)
class Against:
    """What to check against: a ledger (bureau's folder, export, packet or record), a trust file for the verifier."""

    ledger: Path | None = None
    trust: Path | None = None


def check(path: Path, against: Against = Against(), repair: Path | None = None, progress: Progress = _silent) -> Report:
    """Check an image, a device, a mounted disc or a bag's folder; `repair` names a fresh folder for a repaired copy.

    UsageError or DataError if there is nothing that could be checked, or a program is missing that is needed.
    """
    if repair is not None:
        programs.require("par2", "xorriso")
        if repair.exists():
            raise UsageError("archive.exists", path=str(repair))
    report = Report()
    with _work(repair) as work, space.said(work, image.size_of(path), _copies(path, repair)):
        folder = _opened(path, work, report, progress)
        progress("hashes")
        whole = _heal(folder, work, report, repair, progress)
        _plain_files_only(whole)  # a pipe in place of a file is repaired like one that is missing, if it can be
        progress("verify")
        if whole != folder:
            report.add(NOTE, "judges_copy")
        session = _contents(whole, against.trust, report)
        entries = _ledger(whole, report) if session and not (whole / DATA / sealed_disc.FILE).is_file() else []
        if against.ledger is not None and session:
            _compare(path, session, entries, against.ledger, report)
        elif session:
            report.add(NOTE, "no_ledger")
        if repair is not None:
            _hand_over(whole, folder, session, repair, report)
    return report


def _plain_files_only(folder: Path) -> None:
    """DataError for what no disc of ours has: a pipe or device would be waited for, a flood of files never ends."""
    number = 0
    for root, _folders, names in os.walk(folder):
        number += len(names)
        if number > MOST_FILES:
            raise DataError("archive.flood", most=MOST_FILES)
        for name in names:
            mode = (Path(root) / name).lstat().st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISLNK(mode):
                raise DataError("archive.no_plain_file", name=(Path(root) / name).relative_to(folder).as_posix())


def _copies(path: Path, repair: Path | None) -> int:
    """How often everything on a disc is written at most: what a drive reads, what is in it, the repair, its image."""
    return 1 + (not path.is_dir()) + (not path.is_dir() and not path.is_file()) + (repair is not None)


@contextmanager
def _work(repair: Path | None) -> Iterator[Path]:
    """A folder for what is taken out of images and repaired; beside the copy that is asked for, if one is."""
    if repair is None:
        with tempfile.TemporaryDirectory(prefix="vdraw-archive-") as name:
            yield Path(name)
        return
    work = repair.with_name(f".{repair.name}.part")
    shutil.rmtree(work, ignore_errors=True)
    try:
        work.mkdir(parents=True)
        yield work
    except OSError as error:
        raise UsageError("file.write_failed", path=str(repair), detail=error.strerror or str(error)) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _opened(path: Path, work: Path, report: Report, progress: Progress) -> Path:
    """The folder with the bag: the path itself, or what can be taken out of an image."""
    if path.is_dir():
        if not any((path / name).exists() for name in (bag.MANIFEST, bag.TAGS, DATA)):
            raise UsageError("archive.no_bag", path=str(path))
        return path
    if not path.exists():
        raise UsageError("file.read_failed", path=str(path), detail=text("archive.no_file").zh)
    programs.require("xorriso")
    progress("extract")
    source = path
    if not path.is_file():  # a drive: sectors that cannot be read become zeros, and are somebody's damage
        source = work / "device.iso"
        lost = image.copy_drive(path, source)
        if lost:
            report.add(BAD, "sectors", number=lost)
    if image.is_cut(source):
        report.add(BAD, "cut", path=path.name)
    image.extract(source, work / "taken")
    return work / "taken"


# Damage


def _heal(folder: Path, work: Path, report: Report, repair: Path | None, progress: Progress) -> Path:
    """Name what is damaged; returns a folder in which it is not, if recovery data reaches that far, else `folder`."""
    found = bag.problems(folder)
    if not found:
        report.add(GOOD, "files_good", number=len(bag.files_below(folder)))
        return folder
    report.damages = found
    try:
        programs.require("par2")
    except UsageError as error:
        report.add(BAD, "damaged", files=_names(found, "zh"), files_en=_names(found, "en"))
        report.add(NOTE, "not_tried", zh=error.text.zh, en=error.text.en)
        return folder
    progress("repair")
    copy = work / "repaired"
    copy.mkdir()
    image.copy_folder(folder, copy)
    done = recovery.repair(copy)
    if done.code == recovery.CANNOT_WRITE:
        space.check_done(done, copy, image.size_of(copy))
    _renew_recovery(copy, report)
    for one in bag.problems(copy):
        if one.what == "added":
            (copy / one.path).unlink()
    left = bag.problems(copy)
    if left:
        report.add(BAD, "damaged", files=_names(found, "zh"), files_en=_names(found, "en"))
        report.add(BAD, "too_much", files=_names(left, "zh"), files_en=_names(left, "en"), detail=done.last)
        return folder
    # Which files were damaged, a repaired copy says better than manifests that may be damaged themselves.
    report.damages = _differences(folder, copy)
    zh, en = _names(report.damages, "zh"), _names(report.damages, "en")
    report.add(NOTE if repair else BAD, "repaired" if repair else "repairable", files=zh, files_en=en)
    return copy


def _renew_recovery(copy: Path, report: Report) -> None:
    """Make damaged recovery files anew, once all that they cover is good."""
    bad = [one.path for one in bag.problems(copy) if one.what != "added"]
    own = [name for name in bag.files_below(copy) if name.startswith(recovery.NAME) and "/" not in name]
    if not bad or not all(name.startswith(recovery.NAME) for name in bad):
        return
    before = (copy / bag.RECOVERY).read_bytes() if (copy / bag.RECOVERY).is_file() else b""
    for name in own:
        (copy / name).unlink()
    recovery.create(copy)
    if (copy / bag.RECOVERY).read_bytes() != before and bag.RECOVERY not in bad:
        report.add(NOTE, "recovery_other")


def _differences(folder: Path, copy: Path) -> list[Damage]:
    here, there = set(bag.files_below(folder)), set(bag.files_below(copy))
    found = [Damage(name, "missing") for name in there - here] + [Damage(name, "added") for name in here - there]
    for name in here & there:
        what = bag.state(folder / name, bag.sha256(copy / name))
        if what:
            found.append(Damage(name, "damaged" if what == "missing" else what))
    return sorted(found)


def _names(damages: list[Damage], language: str) -> str:
    return "; ".join(f"{one.path} ({getattr(text(f'archive.is_{one.what}'), language)})" for one in damages)


# Contents


def _contents(folder: Path, trust: Path | None, report: Report) -> str:
    """Verify the record, or look at the sealed file; returns the session's id, "" if that cannot be told."""
    sealed, found = folder / DATA / sealed_disc.FILE, folder / DATA / "record"
    try:
        if sealed.is_file():
            if bag.files_below(folder, DATA) != [f"{DATA}/{sealed_disc.FILE}"]:
                report.add(BAD, "sealed_not_alone")
            parsed = sealed_disc.parse(sealed)
            report.add(NOTE, "is_sealed", session=parsed.session, id=parsed.recipient or "—")
            return parsed.session
    except DrawError as error:
        report.add(BAD, "sealed_bad", zh=error.text.zh, en=error.text.en)
        return ""
    code, said = record.verify(found, *(("--trust", str(trust.resolve())) if trust else ()))
    zh, en = _verdict(said)
    if code in (0, 3):
        report.add(GOOD, "record_good", code=code, zh=zh, en=en)
    else:
        report.add(BAD, "record_bad", code=code, zh=zh, en=en)
    strange = sorted({path.name for path in (folder / DATA).iterdir()} - PARTS)
    if strange:
        report.add(BAD, "strange", names="、".join(strange))
    session = _recorded(found)
    if session != _session_of(folder):
        report.add(BAD, "session_differs", record=session or "—", bag=_session_of(folder) or "—")
    return session


def _verdict(said: str) -> tuple[str, str]:
    """The verifier's own headline in both languages, with the reasons that it names below it."""
    zh, en = ([*filter(None, map(str.strip, said.splitlines())), "", ""])[:2]
    named = re.search(rf"^{REASONS}\n((?:  V\d+ .*\n?)+)", said, re.MULTILINE)
    if named is None:
        return zh, en
    sentences = catalogue()
    reasons = [(one, *sentences[one]) for one in re.findall(r"^  (V\d+) ", named[1], re.MULTILINE)]
    return (
        f"{zh}{'；'.join(f'{one} {chinese}' for one, chinese, _english in reasons)}。",
        f"{en} {'; '.join(f'{one} {english}' for one, _chinese, english in reasons)}.",
    )


def _recorded(folder: Path) -> str:
    """The session's id as the record says it, "" if it cannot be read."""
    try:
        value: Any = decode(read(folder / "RECORD.json"))
        return str(value["session"])
    except (DrawError, EncodingError, TypeError, KeyError):
        return ""


def _session_of(folder: Path) -> str:
    """The session's id as the bag says it."""
    identifier = _info(folder).get("External-Identifier", "")
    return identifier.split("/")[-2] if identifier.count("/") >= 2 else ""


def _info(folder: Path) -> dict[str, str]:
    path = folder / bag.INFO
    lines = path.read_text("utf-8", "replace").split("\n") if path.is_file() else []
    return dict(line.split(": ", 1) for line in lines if ": " in line)


def _ledger(folder: Path, report: Report) -> list[bytes]:
    """The entries on the disc, if checkpoint, tiles and record agree; else none."""
    try:
        entries = entries_from(folder / DATA / "ledger")
        note = parse_note(read(folder / DATA / "ledger" / CHECKPOINT).decode())
        operator = _operator(entries)
        checkpoint = open_checkpoint(note, parse_checkpoint(note.text).origin, operator)
        recorded = decode_lines(read(folder / DATA / "record" / "ledger" / "entries.jsonl"))
    except (DrawError, EncodingError, NoteError, UnicodeDecodeError) as error:
        report.add(BAD, "ledger_unreadable", detail=str(error))
        return []
    same = root_hash([leaf_hash(entry) for entry in entries]) == checkpoint.root
    if not same or len(entries) != checkpoint.size or entries[: len(recorded)] != recorded:
        report.add(BAD, "ledger_differs")
        return []
    values = {"size": len(entries), "origin": checkpoint.origin, "operator": operator.hex()}
    report.add(GOOD, "ledger_good", code=short_code(checkpoint.root), **values)
    return entries


def _operator(entries: list[bytes]) -> bytes:
    """The operator's key after the last of these entries, as the ledger itself says (L9, L12)."""
    key = ""
    for line in entries:
        if b'"type":"genesis"' in line or b'"type":"key.r' in line:
            body: Any = parse_entry(line).message.body
            for one in body.get("keys", [body]):
                key = one["key"] if one.get("role") == "operator" else key
    return bytes.fromhex(key)


def _compare(path: Path, session: str, entries: list[bytes], ledger: Path, report: Report) -> None:
    """The disc against the ledger at hand: one history, and the image entered as evidence."""
    theirs = _entries_at(ledger)
    shared = min(len(entries), len(theirs))
    if entries and entries[:1] != theirs[:1]:
        report.add(BAD, "other_ledger", path=str(ledger))
        return
    if entries[:shared] != theirs[:shared]:
        report.add(BAD, "other_history", path=str(ledger))
        return
    messages = [(seq, parse_entry(line).message) for seq, line in enumerate(theirs)]
    if not any(message.type == "plan" and message.session == session for _seq, message in messages):
        report.add(BAD, "session_unknown", session=session, path=str(ledger))
        return
    if entries:
        report.add(GOOD, "agrees", disc=len(entries), ledger=len(theirs))
    if path.is_dir():
        report.add(NOTE, "image_not_compared")
    else:
        _entered(path, session, messages, report)


def _entries_at(ledger: Path) -> list[bytes]:
    folder = ledger.parent if ledger.name == "ledger.db" else ledger
    if not (folder / "ledger.db").is_file():
        return entries_from(ledger)
    try:
        store = Store.open(folder / "ledger.db")
        try:
            return list(store.read())
        finally:
            store.close()
    except StoreError as error:
        raise store_problem(error) from error


def _entered(path: Path, session: str, messages: list[tuple[int, Message]], report: Report) -> None:
    """Whether the image's hash is that of a disc which the ledger names as the session's."""
    discs = [
        (seq, message.body)
        for seq, message in messages
        if message.type == "evidence" and (message.body["session"], message.body["kind"]) == (session, "disc")
    ]
    whole = image.stated(path)
    for seq, body in discs:
        # An entry over the first bytes only would fit every disc that begins so.
        size = int(str(body["size"]))
        if size >= whole and _sha256_of(path, size) == body["sha256"]:
            code = short_code(bytes.fromhex(str(body["sha256"])))
            report.add(GOOD, "disc_entered", seq=seq, label=body["label"], code=code)
            return
    report.add(BAD if discs else NOTE, "disc_other" if discs else "disc_not_entered", session=session)


def _sha256_of(path: Path, size: int) -> str:
    """SHA-256 of the first bytes: a burned disc is as long as the drive says, not as the image was."""
    hasher = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while size > 0 and (piece := file.read(min(size, image.PIECE))):
                hasher.update(piece)
                size -= len(piece)
    except OSError:
        return ""
    return hasher.hexdigest()


# The repaired copy


def _hand_over(whole: Path, folder: Path, session: str, repair: Path, report: Report) -> None:
    """Put the repaired bag, and the image made of it anew, in their place; nothing if it could not be repaired."""
    if whole == folder:
        report.add(NOTE, "nothing_repaired")
        return
    info = _info(whole)
    part = info.get("External-Identifier", "").rsplit("/", 1)[-1]
    stamp = info.get("Ledger-Checkpoint", "").rsplit(" ", 1)[-1]
    out = whole.parent / "out"
    out.mkdir()
    whole.rename(out / part)
    try:
        image.make(out / part, out / f"{part}.iso", image.volume_id(session, part), parse_time(stamp))
    except EncodingError as error:
        raise DataError("file.malformed", name=bag.INFO, detail=str(error)) from error
    digest = bag.sha256(out / f"{part}.iso")
    out.rename(repair)
    report.add(NOTE, "repaired_at", path=str(repair), sha256=digest, code=short_code(bytes.fromhex(digest)))
