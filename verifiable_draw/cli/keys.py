"""`vdraw keys …`: keys in force, rotation, retirement, replacement of a lost key, passphrases."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ledger.note import COSIGNATURE, NoteError, parse_note
from verifiable_draw import custody, keyfile
from verifiable_draw.ceremony import OFFICES
from verifiable_draw.cli.common import HERE, RoomOption, entered, open_room, say
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read

app = typer.Typer(help="密钥：查看、更换、停用、补发、加密 / keys", no_args_is_help=True)

PlainOption = Annotated[bool, typer.Option("--no-passphrase", help="不加密（演练、无人值守）/ leave the file unencrypted")]
ApproverOption = Annotated[Path, typer.Option("--approver", help="审定人的密钥 / the approver's key file")]


def new_passphrase(path: Path, *, plain: bool) -> str:
    """The passphrase for a new key file, "" for none."""
    return "" if plain else keyfile.new_passphrase(path)


@app.command("list")
def list_(room: RoomOption = HERE) -> None:
    """显示现用密钥 / the keys in force and their codes. 例 / example: vdraw keys list --room bureau"""
    opened = open_room(room)
    for actor, code in custody.in_force(opened):
        waits = "  等待见证方确认 / waits for a witness" if actor.role == opened.view.ring.unconfirmed else ""
        typer.echo(f"{actor.role:10} {actor.id:12} {code}  {opened.view.keys[actor.role, actor.id].hex()}{waits}")


@app.command()
def rotate(
    role: Annotated[str, typer.Argument(help="operator | approver | recovery | school")],
    old: Annotated[Path | None, typer.Option(help="旧密钥文件，不在 keys/ 里时 / the old key file, if it is not in keys/")] = None,
    new: Annotated[Path | None, typer.Option(help="学校的新密钥 / a school's new key file")] = None,
    room: RoomOption = HERE, *, plain: PlainOption = False,
) -> None:  # fmt: skip
    """更换密钥，新旧密钥共同签名 / rotate a key, signed by the old and the new one.

    换好操作密钥后立即把新公钥（vdraw ledger vkey）告诉见证方 / tell the witnesses an operator's new key at once.
    例 / example: vdraw keys rotate approver --old stick/approver.key --room bureau
    """
    opened = open_room(room)
    if role == "school":
        if old is None or new is None:
            raise UsageError("key.school_files")
        entered(custody.rotate(opened, keyfile.load(old), keyfile.load(new)))
        return
    if role not in OFFICES:
        raise UsageError("key.none", role=role, id=role)
    opened.own()
    present = keyfile.load(old) if old else opened.key(role)
    if present.public != opened.view.keys.get((role, role)):
        raise UsageError("key.not_in_force", path=str(old), role=role)
    made = custody.next_key(opened, role, lambda path: new_passphrase(path, plain=plain), old.parent if old else None)
    entered(custody.rotate(opened, present, made))
    say("done.key_in_force", role=role, code=made.fingerprint)


@app.command()
def retire(school: str, reason: str, approver: ApproverOption, room: RoomOption = HERE) -> None:
    """停用学校的密钥；遗失时先停用再登记新的 / end a school's key; one that is lost is retired, then another added.

    例 / example: vdraw keys retire 9900000001 "密钥遗失" --approver keys/approver.key --room bureau
    """
    opened = open_room(room)
    entered(custody.retire(opened, school, reason, keyfile.load(approver)))


@app.command()
def replace(
    role: Annotated[str, typer.Argument(help="operator | approver | recovery")],
    reason: Annotated[str, typer.Option(help="原因 / reason")],
    document: Annotated[Path, typer.Option(help="决定文件 / the decision's document")],
    signers: Annotated[list[Path], typer.Option("--signer", help="另外两个角色的密钥 / key files of the two other roles")],
    room: RoomOption = HERE, *, plain: PlainOption = False,
) -> None:  # fmt: skip
    """补发遗失或被盗的密钥：另两个角色签名，见证方确认 / replace a lost or stolen key: two roles, then a witness.

    例 / example: vdraw keys replace operator --reason "U盘遗失" --document d.pdf --signer approver.key --signer recovery.key
    """
    opened = open_room(room)
    opened.own()
    if role not in OFFICES:
        raise UsageError("key.none", role=role, id=role)
    by_role = {key.actor.role: key for key in map(keyfile.load, signers)}
    others = [office for office in OFFICES if office != role]
    if sorted(by_role) != sorted(others):
        raise UsageError("key.two_roles", roles=", ".join(others))
    made = custody.next_key(opened, role, lambda path: new_passphrase(path, plain=plain))
    entered(custody.replace(opened, (by_role[others[0]], by_role[others[1]]), made, reason, document))
    say("done.key_replaced", role=role, code=made.fingerprint)


@app.command()
def confirm(answer: Path, room: RoomOption = HERE) -> None:
    """收下见证方对补发密钥的确认 / take in the witness's cosignature that confirms a replacement.

    例 / example: vdraw keys confirm stick/answer.txt --room bureau
    """
    opened = open_room(room)
    try:
        lines = parse_note(f"x\n\n{read(answer).decode('utf-8')}").lines
    except (NoteError, UnicodeDecodeError) as error:
        raise DataError("witness.answer", detail=str(error)) from error
    policy = opened.view.ring.policy
    known = {(key.name, key.id) for key in (policy.witnesses.values() if policy else ()) if key.kind == COSIGNATURE}
    usable = [line for line in lines if (line.name, line.data[:4]) in known]
    if not usable:
        raise DataError("witness.answer", detail="no line of a witness of the policy")
    entered(custody.confirm(opened, usable[0]))


@app.command()
def encrypt(path: Path) -> None:
    """给密钥文件加密或换口令 / put a key file under a (new) passphrase. 例 / example: vdraw keys encrypt keys/operator.key"""
    present = keyfile.load(path)
    keyfile.encrypt(path, present, keyfile.new_passphrase(path), os.urandom)
    say("done.key_encrypted", path=path)
