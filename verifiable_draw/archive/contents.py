"""What stands on the public disc of a session, below `data/`.

```
record/  ledger/  verifiers/verify.pyz verify.html verifier-source.zip SPEC.md  keys/keys.json  documents/
```

Everything is taken from the ledger as it was at one entry, so the disc can be made again when the ledger has gone on.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from ledger.canonical import parse_time, short_code
from ledger.entry import parse_entry
from verifiable_draw import export, record, verifier_file, verifier_page
from verifiable_draw.archive.bag import DATA
from verifiable_draw.documents.kinds import BUREAU, DOCUMENTS, PUBLIC
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import stored_zip, write_durable
from verifiable_draw.replay import View, replay
from verifiable_draw.room import Room
from verifiable_draw.texts import text

MAX_NAME = 60  # characters; Joliet takes 64
_FORBIDDEN = set('*/:;?\\"<>|%') | {chr(i) for i in range(32)} | {"\x7f"}
SHORTEST = 8  # characters of a number that can only be a child's
_NUMBER = re.compile(rb"[0-9A-Za-z]+")
_CODE = re.compile(rb"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}")
SHORT_NAMES = 2
_ALSO = (b'"type":"evidence"', b'"type":"slips"')


@dataclass(frozen=True, slots=True)
class End:
    """The last entry that an archive holds: the ledger as it was then, the entry's time, the tree's root."""

    view: View
    moment: datetime
    root: bytes


def end_of(room: Room, session: str) -> End:
    """Where the archive of a session ends: with its record's last entry, or its last slips or evidence after that.

    The entry of a disc itself does not count, so entering it changes no disc.
    """
    last = room.view.session(session).last_seq
    if last < 0:
        raise UsageError("publish.too_early", state=room.view.session(session).state)
    lines = list(room.store.read())
    for seq in range(last + 1, len(lines)):
        if any(mark in lines[seq] for mark in _ALSO):
            body = parse_entry(lines[seq]).message.body
            if body.get("session") == session and body.get("kind") != "disc":
                last = seq
    view = replay(lines[: last + 1], room.load)
    return End(view, parse_time(parse_entry(lines[last]).time), room.store.root_at(last + 1))


def write(room: Room, session: str, end: End, documents: Path | None, bag: Path) -> None:
    """Write everything below `data/` of a bag; DataError, after the record alone, if that does not verify."""
    data = bag / DATA
    record.write_folder(record.build(room, session, "result"), data / "record")
    code, report = record.verify(data / "record")
    if code not in (0, 3):
        failed = [line.strip() for line in report.splitlines() if "FAIL" in line]
        raise DataError("archive.record_refused", session=session, code=code, detail="; ".join(failed[:5]) or "—")
    export.export(room, data / "ledger", at=end.view)
    for name, content in _verifiers():
        write_durable(data / "verifiers" / name, content)
    write_durable(data / "keys" / "keys.json", _keys(end.view, session))
    for source, name in _documents(documents) if documents else ():
        target = data / "documents" / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        except OSError as error:
            raise UsageError("file.write_failed", path=str(target), detail=error.strerror or str(error)) from error


def _verifiers() -> Iterator[tuple[str, bytes]]:
    yield "verify.pyz", verifier_file.build()
    yield "verify.html", verifier_page.build()
    yield "SPEC.md", record.specification()
    spec = find_spec("verifier")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError("verifier.missing")
    folder = Path(spec.submodule_search_locations[0])
    kinds = {".py", ".json", ".js", ".html", ".css", ".md"}
    sources = {
        f"verifier/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in folder.rglob("*")
        if path.suffix in kinds and not {"__pycache__", "node_modules"} & set(path.parts)
    }
    yield "verifier-source.zip", stored_zip(sources)


def _keys(view: View, session: str) -> bytes:
    """Every public key of the ledger and the session, with the short codes that stand on minutes and seals."""
    known = view.session(session)
    rows = [(role, name, key) for (role, name), key in view.keys.items()]
    rows += [("recipient", r["id"], bytes.fromhex(r["signing_key"])) for r in known.plan.value["recipients"]]
    rows += [("observer", o.id, o.key) for o in known.frozen_header().observers]
    rows += [("witness", key.name, key.key) for key in view.ring.cosigners()]
    listed = [{"code": short_code(key), "id": name, "key": key.hex(), "role": role} for role, name, key in sorted(rows)]
    value = {"keys": listed, "origin": view.origin, "session": session}
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def check_documents(room: Room, session: str, folder: Path | None) -> None:
    """DataError that names everything in the folder of documents that cannot stand on a public disc, with the reason.

    The bureau's own papers and slips are refused by their names, and every file in which a number or slip code of a
    child of the session stands as text, or the names of several. What is compressed, as in a PDF, nobody looks into.
    """
    if folder is None:
        return
    if (folder / BUREAU).exists() and (folder / PUBLIC).exists():
        raise UsageError("archive.documents_of_both", path=str(folder), public=str(folder / PUBLIC))
    holders = [
        holder
        for draw in room.view.session(session).frozen_header().draws
        for unit in room.private.holders(draw.frozen["roster_root"])
        for holder in unit
    ]
    numbers = {
        number.encode()
        for student, _slip in holders
        for number in (student.document_number, student.registration)
        if len(number) >= SHORTEST
    }
    codes = {line.encode() for _student, slip in holders for line in (*slip.code, *slip.second_code)}
    names = {student.name.encode() for student, _slip in holders}
    bad = {}
    for source, name in _documents(folder):
        why = _private(name, source, numbers, codes, names)
        if why:
            bad[name] = text(f"archive.private_{why}")
    if bad:
        zh, en = ("; ".join(f"{name} ({getattr(why, part)})" for name, why in bad.items()) for part in ("zh", "en"))
        raise DataError("archive.documents_private", files="; ".join(bad), zh=zh, en=en)


def _private(name: str, source: Path, numbers: set[bytes], codes: set[bytes], names: set[bytes]) -> str:
    """Why a document is not for everybody: its name, or what stands in it; "" if nothing says so."""
    if _bureaus(name):
        return "named"
    if numbers & _words(source):
        return "number"
    if codes & _codes(source):
        return "code"
    return "names" if _several(names, source) else ""


def _bureaus(name: str) -> bool:
    """Whether a file is called like one of the bureau's own papers, or like slips."""
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    own = [document.id for document in DOCUMENTS.values() if document.audience == BUREAU]
    return any(stem == one or stem.startswith(f"{one}-") for one in (*own, "slips", "seconds"))


def _codes(path: Path) -> set[bytes]:
    """Everything in a file that could be a line of a slip."""
    return set(_CODE.findall(path.read_bytes()))


def _several(names: set[bytes], path: Path) -> bool:
    """Whether more than two whole names stand in a file; one or two short ones can be words of any text."""
    data = path.read_bytes()
    return sum(name in data for name in names) > SHORT_NAMES


def _words(path: Path) -> set[bytes]:
    """Everything in a file that could be a number of a child, in UTF-8, GB18030 or UTF-16."""
    return set(_NUMBER.findall(path.read_bytes().replace(b"\0", b"")))


def _documents(folder: Path) -> list[tuple[Path, str]]:
    """Files of a folder and their names below it, sorted."""
    if not folder.is_dir():
        raise UsageError("file.read_failed", path=str(folder), detail=text("archive.no_folder").zh)
    found: list[tuple[Path, str]] = []
    bad: list[str] = []
    seen: set[str] = set()
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix().encode()):
        name = path.relative_to(folder).as_posix()
        why = _why_not(path, name, seen)
        if why:
            bad.append(f"{name!r}: {why}")
        elif path.is_file():
            found.append((path, name))
        seen.add(name.casefold())
    if bad:
        raise DataError("archive.documents", detail="; ".join(bad))
    return found


def _why_not(path: Path, name: str, seen: set[str]) -> str:
    """What a disc, or Windows, would do to this name; "" if nothing."""
    part = name.rsplit("/", 1)[-1]
    problems = {
        "link": path.is_symlink(),
        "special": not path.is_symlink() and not path.is_file() and not path.is_dir(),
        "characters": any(c in _FORBIDDEN or "\ud800" <= c <= "\udfff" for c in part) or part != part.rstrip(" ."),
        "long": len(part.encode("utf-16-le", "surrogatepass")) // 2 > MAX_NAME,
        "deep": name.count("/") > 4,
        "same": name.casefold() in seen,
        "unreadable": path.is_file() and not path.is_symlink() and not _readable(path),
    }
    row = next((text(f"archive.document_{key}") for key, true in problems.items() if true), None)
    return f"{row.zh} / {row.en}" if row else ""


def _readable(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError:
        return False
    return True
