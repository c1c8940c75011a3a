"""`vdraw ledger …`: export, proofs, policy, witnesses, going on after a restored backup, proof of a fork."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ledger.canonical import format_time, short_code
from ledger.checkpoint import cosigners, open_checkpoint, parse_checkpoint
from ledger.keys import check_key
from ledger.note import NoteError, parse_vkey
from verifiable_draw import equivocation, keyfile, restoring, witnessing
from verifiable_draw import export as exporting
from verifiable_draw.cli.common import HERE, JsonOption, RoomOption, entered, note, open_room, read_note, say, show_json
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read, write_durable

app = typer.Typer(help="账本：导出、证明、见证、恢复、分叉 / the ledger", no_args_is_help=True)

KeysOption = Annotated[
    list[str] | None, typer.Option("--key", "-k", help="账本公钥（vdraw ledger vkey 或 hex）/ the ledger's key, as vkey or in hexadecimal")
]


@app.command("export")
def export_(folder: Path, room: RoomOption = HERE) -> None:
    """导出账本（C2SP tlog-tiles），任何网站都能放 / publish the ledger as tiles; repeated runs write what is new.

    例 / example: vdraw ledger export public/ledger --room bureau
    """
    progress = lambda done, total: note("progress.export", done=done, all=total)  # noqa: E731
    done = exporting.export(open_room(room), folder, progress)
    say("done.exported", path=folder, size=done.size, files=done.files)


@app.command()
def prove(
    seq: int, out: Path, room: RoomOption = HERE,
) -> None:  # fmt: skip
    """为一条记录出具离线证明 / write a proof of one entry: OUT.tlog-proof, and the entry's bytes as OUT.json.

    例 / example: vdraw ledger prove 41 proof-41 --room bureau
    """
    proof, entry = exporting.prove(open_room(room), seq)
    write_durable(out.with_name(f"{out.name}.tlog-proof"), proof.encode())
    write_durable(out.with_name(f"{out.name}.json"), entry)
    say("done.written", path=out.with_name(f"{out.name}.tlog-proof"))


@app.command("check-proof")
def check_proof(proof: Path, entry: Path, policy: Path) -> None:
    """离线核对一条记录的证明 / check a proof offline against the entry's bytes and a policy file.

    例 / example: vdraw ledger check-proof proof-41.tlog-proof proof-41.json public/ledger/policy
    """
    index, size = exporting.check_proof(read(proof), read(entry), read(policy))
    say("done.proof", seq=index, size=size)


@app.command()
def vkey(room: RoomOption = HERE) -> None:
    """显示账本的公钥，交给见证方 / the ledger's verifier key, for witnesses. 例 / example: vdraw ledger vkey --room bureau"""
    typer.echo(str(witnessing.log_vkey(open_room(room))))


@app.command()
def policy(
    file: Annotated[Path | None, typer.Argument(help="tlog-policy 文件，省略则显示 / policy file; shows it if left out")] = None,
    approver: Annotated[Path | None, typer.Option("--approver", help="审定人的密钥 / the approver's key file")] = None,
    room: RoomOption = HERE,
) -> None:  # fmt: skip
    """写入或显示见证政策 / enter who must cosign (operator and approver), or show it.

    例 / example: vdraw ledger policy policy.txt --approver keys/approver.key --room bureau
    """
    opened = open_room(room)
    if file is None:
        typer.echo(witnessing.policy_file(opened).decode(), nl=False)
    elif approver is None:
        raise UsageError("policy.approver")
    else:
        entered(witnessing.publish_policy(opened, read(file), keyfile.load(approver)))


@app.command()
def witness(room: RoomOption = HERE, *, as_json: JsonOption = False) -> None:
    """请有网址的见证方联署 / have the last checkpoint cosigned by every witness that has an address.

    例 / example: vdraw ledger witness --room bureau
    """
    outcomes = witnessing.ask_all(open_room(room))
    if as_json:
        show_json([{"cosignatures": o.cosignatures, "name": o.name, "problem": o.problem} for o in outcomes])
    for outcome in () if as_json else outcomes:
        if outcome.problem:
            say("witness.problem", name=outcome.name, detail=outcome.problem)
        else:
            say("witness.cosigned", name=outcome.name, number=outcome.cosignatures)
    if any(outcome.problem for outcome in outcomes):
        raise typer.Exit(1)


@app.command()
def request(
    out: Path, room: RoomOption = HERE,
    old: Annotated[int | None, typer.Option(min=0, help="见证方上次联署的条数 / what the witness cosigned last")] = None,
) -> None:  # fmt: skip
    """写出给见证方的请求（U 盘）/ write the request for a witness that is not on the network.

    例 / example: vdraw ledger request stick/request.txt --room bureau
    """
    write_durable(out, witnessing.request_file(open_room(room), old))
    say("done.written", path=out)


@app.command()
def cosigned(answer: Path, room: RoomOption = HERE) -> None:
    """收下见证方的联署（U 盘）/ take in the lines that a witness gave.

    例 / example: vdraw ledger cosigned stick/answer.txt --room bureau
    """
    say("witness.taken", number=witnessing.take_answer(open_room(room), read(answer)))


@app.command()
def resume(
    checkpoint: Annotated[
        Path | None, typer.Argument(help="见证方最后看到的检查点，省略则联网取 / the last checkpoint a witness saw; fetched if left out")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="账本副本：导出、数据包或记录 / a copy to take missing entries from")
    ] = None,
    room: RoomOption = HERE,
) -> None:
    """恢复备份或换电脑后继续 / go on after a restored backup or a move to another machine.

    例 / example: vdraw ledger resume witness.note --from public/ledger --room bureau
    """
    opened = open_room(room)
    # Witnesses that can be asked are asked, also if a checkpoint was brought: theirs may be newer.
    found = witnessing.latest_notes(opened) if opened.view.ring.policy else []
    size = max((parse_checkpoint(one.text).size for one in found), default=0)
    if checkpoint is not None:
        found = [read_note(checkpoint)]
        if parse_checkpoint(found[0].text).size < size:
            raise UsageError("restore.witness_saw_more", size=size)
    if not found:
        asked = opened.view.ring.policy and opened.view.ring.policy.urls
        raise UsageError("witness.no_answer" if asked else "witness.no_address")
    last = max(found, key=lambda one: parse_checkpoint(one.text).size)
    back = restoring.release(opened, last, source)
    seen = cosigners(last, opened.view.cosigners()).values()
    moment = format_time(datetime.fromtimestamp(max(seen), UTC)) if seen else "—"
    say("done.resumed", number=back, size=parse_checkpoint(last.text).size, time=moment)


@app.command("check")
def check_(
    checkpoint: Annotated[Path, typer.Argument(help="已公布的检查点 / a checkpoint that was published")],
    room: RoomOption = HERE,
) -> None:
    """核对账本是否接续已公布的检查点 / check that the ledger extends a checkpoint that was published.

    例 / example: vdraw ledger check public/ledger/checkpoint --room bureau
    """
    opened = open_room(room)
    note_ = read_note(checkpoint)
    seen = parse_checkpoint(note_.text)
    head = opened.store.head
    if seen.origin != opened.view.origin:
        raise DataError("restore.other_ledger", found=seen.origin, origin=opened.view.origin)
    try:
        open_checkpoint(note_, seen.origin, *opened.view.ring.operator_keys)
    except NoteError as error:
        raise DataError("note.not_signed", path=str(checkpoint)) from error
    if seen.size > head.size:
        raise DataError("store.older", size=head.size)
    if opened.store.root_at(seen.size) != seen.root:
        raise DataError("restore.other_history", size=seen.size)
    say("done.extends", size=head.size, seen=seen.size)


@app.command("prove-equivocation")
def prove_equivocation(
    one: Annotated[Path, typer.Argument(help="检查点、数据包、记录、导出，或已有的证据 / note, packet, record, export, or evidence")],
    other: Annotated[Path | None, typer.Argument(help="另一份 / what somebody else was shown")] = None,
    keys: KeysOption = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="证据文件 / file for the evidence")] = None,
) -> None:  # fmt: skip
    """证明同一账本给出了两个历史 / prove that one ledger showed two histories; exit 0 if proven, 1 if not.

    例 / example: vdraw ledger prove-equivocation mine.note their-packet --key 'county.example/ledger+1a2b3c4d+AT…' --out fork.json
    """
    # Whoever is accused, the key is the reader's: entries at hand could name any.
    if not keys:
        raise UsageError("fork.key")
    known = _keys(keys)
    if other is None:
        fork = equivocation.read_fork(one)
    else:
        fork = equivocation.search(equivocation.side(one), equivocation.side(other), known)
    equivocation.confirm(fork, known)
    first, second = parse_checkpoint(fork.first.text), parse_checkpoint(fork.second.text)
    if out is not None:
        write_durable(out, fork.encode())
    codes = ", ".join(short_code(key) for key in known)
    say("done.fork", origin=first.origin, small=first.size, large=second.size, codes=codes)


def _keys(texts: list[str]) -> list[bytes]:
    try:
        # As 'vdraw ledger vkey' prints it, or as it stands in the entries and on the minutes.
        return [parse_vkey(one).key if "+" in one else check_key(bytes.fromhex(one)) for one in texts]
    except ValueError as error:
        raise UsageError("fork.key") from error
