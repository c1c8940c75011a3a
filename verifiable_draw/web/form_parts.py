"""What the actions of the console take from a form: numbers, times, files, keys; and the session they are of."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from starlette.datastructures import UploadFile

from verifiable_draw import keyfile
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import write_durable
from verifiable_draw.keyfile import Key
from verifiable_draw.replay import Session
from verifiable_draw.texts import text
from verifiable_draw.web.console import Sheet


def whole(sheet: Sheet, name: str, most: int, label: str, least: int = 1) -> int:
    """A whole number of a form."""
    given = sheet.field(name)
    if given.isascii() and given.isdigit() and len(given) < 6 and least <= int(given) <= most:
        return int(given)
    row = text(label)
    raise DataError("web.form_field", field=f"{row.zh} / {row.en}", expected=f"{least}–{most}")


def moment(given: str) -> datetime:
    """A local time of a form."""
    try:
        return datetime.fromisoformat(given).astimezone(UTC)
    except ValueError as error:
        row = text("lots.time")
        raise DataError("web.form_field", field=f"{row.zh} / {row.en}", expected="2026-08-25 10:30") from error


async def school_key(sheet: Sheet, school: str) -> Key:
    """A school's key: the file that its person brought, else that in `schools/`. It is not kept."""
    given, passphrase = sheet.form.get("key"), sheet.field("passphrase")
    with tempfile.TemporaryDirectory(prefix="key-", dir=sheet.desk.folder) as folder:
        path = sheet.desk.folder / "schools" / f"{school}.key"
        if isinstance(given, UploadFile) and given.filename:
            path = Path(folder) / "school.key"
            write_durable(path, await given.read(), mode=0o600)
            try:
                return await asyncio.to_thread(keyfile.load, path, lambda _path: passphrase)
            except DataError as error:  # where it lay for a moment is nobody's business
                raise DataError("web.not_a_key", name=Path(given.filename.replace("\\", "/")).name) from error
        return await asyncio.to_thread(keyfile.load, path, lambda _path: passphrase)


def session_of(sheet: Sheet) -> Session:
    """The session that the room is at; UsageError if there is none yet."""
    session = sheet.desk.session()
    if session is None:
        raise UsageError("step.no_session", session="—", known="—")
    return session


async def upload(sheet: Sheet, name: str) -> tuple[str, bytes]:
    """Name and bytes of one uploaded file."""
    upload = sheet.form.get(name)
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise UsageError("web.form_field", field=name, expected="file")
    return Path(upload.filename).name, await upload.read()


async def uploads(sheet: Sheet, name: str, folder: Path) -> list[Path]:
    """Put the uploaded files of a field into a folder under their own names; two of one name are kept apart."""
    paths: list[Path] = []
    for upload in sheet.form.getlist(name):
        if isinstance(upload, UploadFile) and upload.filename:
            path = folder / Path(upload.filename.replace("\\", "/")).name
            if path.exists():  # two schools may call their files the same
                path = folder / str(len(paths) + 1) / path.name
                path.parent.mkdir()
            path.write_bytes(await upload.read())
            paths.append(path)
    return paths


def approver_of(sheet: Sheet) -> Key:
    """The approver's key, if the approver is signed in at this machine."""
    if sheet.desk.approver is None:
        raise UsageError("web.no_role", role=text("office.approver").zh)
    return sheet.desk.approver
