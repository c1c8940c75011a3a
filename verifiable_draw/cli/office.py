"""The bureau's commands outside a session: keys, ledger, register, lots drawn by hand."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ledger.checkpoint import parse_checkpoint
from verifiable_draw import conduct, intake, keyfile
from verifiable_draw.cli.common import (
    HERE,
    ApproverOption,
    RoomOption,
    entered,
    open_room,
    read_note,
    say,
)
from verifiable_draw.cli.keys import PlainOption, new_passphrase
from verifiable_draw.entries import CIVIC_ROLES
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read
from verifiable_draw.register_file import read_register
from verifiable_draw.schema import origin as origin_shape


def key(path: Path, name: str, role: str, *, plain: PlainOption = False) -> None:
    """生成密钥文件，用口令加密 / make a key file under a passphrase (school, approver, recipient …).

    例 / example: vdraw key keys/approver.key approver approver
    """
    made = keyfile.create(path, name, role, os.urandom, new_passphrase(path, plain=plain))
    say("done.key", path=path, key=made.public.hex(), code=made.fingerprint)
    if role == "recipient":
        typer.echo(json.dumps(recipient_of(made, name), ensure_ascii=False))


def recipient_of(made: keyfile.Key, name: str) -> dict[str, str]:
    """What the plan says of a recipient."""
    return {
        "id": made.actor.id,
        "name": name,
        "sealing_key": bytes(made.sealing.public_key).hex(),
        "signing_key": made.public.hex(),
    }


def init(
    origin: str, bureau: str, room: RoomOption = HERE,
    predecessor: Annotated[
        Path | None, typer.Option(help="前一账本的最后检查点 / last checkpoint of the ledger that this one continues")
    ] = None,
    *, plain: PlainOption = False,
) -> None:  # fmt: skip
    """建立账本和三把密钥（口令加密）/ found the ledger and its three keys, under passphrases.

    例 / example: vdraw init county.example/ledger 某县教育局 --room bureau
    """
    if origin_shape(origin, ""):
        raise UsageError("init.origin", origin=origin)
    last = read_note(predecessor) if predecessor else None
    if last is not None and parse_checkpoint(last.text).origin == origin:
        raise UsageError("init.same_origin", origin=origin)
    if (room / "ledger.db").exists() and open_room(room).view.size:
        raise UsageError("store.exists", detail=str(room / "ledger.db"))
    keys = []
    for role in ("operator", "approver", "recovery"):
        path = room / "keys" / f"{role}.key"
        # A run that was stopped half way has left some of the keys: they are used.
        made = path.exists()
        keys.append(
            keyfile.load(path)
            if made
            else keyfile.create(path, role, role, os.urandom, new_passphrase(path, plain=plain))
        )
    opened = open_room(room) if (room / "ledger.db").exists() else open_room(room, create=True)
    for key in keys:
        opened.hold(key)
    entered(conduct.found(opened, origin, bureau, keys, last))
    say("done.founded", path=room / "keys")


def add_key(school: str, public: str, approver: ApproverOption, room: RoomOption = HERE) -> None:
    """登记学校的公钥 / enter a school's public key.

    例 / example: vdraw add-key 9900000001 <公钥 hex> --approver keys/approver.key --room bureau
    """
    opened = open_room(room)
    try:
        data = bytes.fromhex(public)
    except ValueError as error:
        raise DataError("key.not_admissible") from error
    entered(conduct.add_key(opened, school, data, keyfile.load(approver)))


def register(file: Path, year: int, room: RoomOption = HERE) -> None:
    """登记应抽的学校和年级 / enter the schools and grades that must draw (a workbook, or a JSON array).

    例 / example: vdraw register schools.json 2026 --room bureau
    """
    entered(intake.enter_register(open_room(room), year, read_register(read(file), str(file))))


def lots(
    numbers: list[int], document: Annotated[Path, typer.Option(help="签字表扫描件 / scan of the signed form")],
    key: Annotated[Path, typer.Option("--key", "-k", help="学校密钥 / the school's key")],
    year: Annotated[int, typer.Option()], grade: Annotated[int, typer.Option()],
    place: Annotated[str, typer.Option()], time: Annotated[str, typer.Option(help="UTC")],
    witness: Annotated[list[str] | None, typer.Option(help="角色=人数 / role=number")] = None,
    room: RoomOption = HERE,
) -> None:  # fmt: skip
    """录入学校现场抽签（教师到班），按 1 班起的签号 / enter lots drawn by hand: the lot of class 1, 2, …

    只记录，不证明：依靠见证人 / a record, no proof: it rests on the witnesses.
    例 / example: vdraw lots 3 1 2 --document form.pdf --key keys/9900000001.key --year 2026 --grade 1 --place 礼堂
    --time 2026-08-30T02:00:00Z --witness parent=5 --witness discipline=1
    """
    known: dict[str, int] = {}
    for given in witness or []:
        role, _, number = given.partition("=")
        if role not in CIVIC_ROLES or role in known or not number.isdecimal():
            raise UsageError("lots.witness", given=given, known=", ".join(CIVIC_ROLES))
        known[role] = int(number)
    entered(
        conduct.record_lots(
            open_room(room), keyfile.load(key), document, year=year, grade=grade, place=place, time=time,
            numbers=numbers, witnesses=known,
        )
    )  # fmt: skip


COMMANDS: dict[str, Callable[..., None]] = {
    "key": key,
    "init": init,
    "add-key": add_key,
    "register": register,
    "lots": lots,
}
