"""The bureau's commands of a session: from the observers' enrolment to record and class lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ledger.canonical import EncodingError, unhex
from verifiable_draw import ceremony, conduct, delay, keyfile, packet, record
from verifiable_draw.cli.common import (
    HERE,
    ApproverOption,
    JsonOption,
    RoomOption,
    SessionOption,
    entered,
    note,
    open_room,
    say,
    session_of,
    show_json,
    take,
)
from verifiable_draw.errors import DataError, DrawError, UsageError
from verifiable_draw.lists import write_lists
from verifiable_draw.room import read_cosignature, read_message
from verifiable_draw.sources import SIGNATURE_BYTES
from verifiable_draw.texts import text

close = typer.Typer(help="截止：承诺、揭示、覆盖 / close commitments, reveals, coverage", no_args_is_help=True)
Files = Annotated[
    list[Path] | None, typer.Argument(help="消息文件，- 为标准输入 / message files, - for standard input")
]


def enrol(files: Files = None, room: RoomOption = HERE, session: SessionOption = "") -> None:
    """登记观察员 / enrol observers from the files that 'vdraw observer key' wrote.

    例 / example: vdraw enrol stick/*.enrol.json --room bureau
    """
    opened = open_room(room)
    for data in take(files or []):
        try:
            value = json.loads(data)
        except ValueError as error:
            raise DataError("message.malformed", detail=str(error)) from error
        entered(conduct.enrol(opened, session_of(opened, session), value))


def header(room: RoomOption = HERE, session: SessionOption = "") -> None:
    """生成总表 / hash everything frozen into the header.

    例 / example: vdraw header --room bureau
    """
    opened = open_room(room)
    name = session_of(opened, session)
    entered(conduct.freeze_header(opened, name))
    say("done.header", code=opened.view.session(name).frozen_header().code)


def take_in(files: Files = None, room: RoomOption = HERE) -> None:
    """收下观察员的承诺、确认、揭示 / take in signed messages: commitments, attestations, openings, checks.

    每份单独记入；不合格的列出原因，其余不受影响 / each is entered by itself; bad ones are named.
    例 / example: vdraw commit stick/*.commit.json --room bureau（attest、checked、reveal 一样 / likewise）
    """
    opened = open_room(room)
    refused = 0
    for data in take(files or []):
        try:
            entered(conduct.accept(opened, read_message(data)))
        except DrawError as error:
            refused += 1
            row = error.text
            typer.echo(f"错误：{row.zh}\nError: {row.en}", err=True)
            if row.hint_zh:
                typer.echo(f"  → {row.hint_zh}\n  → {row.hint_en}", err=True)
    if refused:
        raise typer.Exit(1)


def public_draw(files: Files = None, room: RoomOption = HERE) -> None:
    """录入公开摇号（由观察员各自签名确认）/ enter the public draw, confirmed by observers.

    例 / example: vdraw public-draw stick/*.source.json --room bureau
    """
    opened = open_room(room)
    entered(conduct.public_draw(opened, [read_message(data) for data in take(files or [])]))


@close.command("commits")
def close_commits(room: RoomOption = HERE, session: SessionOption = "") -> None:
    """截止承诺 / close the commitments. 例 / example: vdraw close commits --room bureau"""
    opened = open_room(room)
    entered(conduct.close_commits(opened, session_of(opened, session)))


@close.command("reveals")
def close_reveals(room: RoomOption = HERE, session: SessionOption = "") -> None:
    """截止揭示 / close the reveals. 例 / example: vdraw close reveals --room bureau"""
    opened = open_room(room)
    entered(conduct.close_reveals(opened, session_of(opened, session)))


@close.command("coverage")
def close_coverage(room: RoomOption = HERE, session: SessionOption = "") -> None:
    """截止覆盖名单 / close the coverage. 例 / example: vdraw close coverage --room bureau"""
    opened = open_room(room)
    name = session_of(opened, session)
    entered(conduct.close_coverage(opened, name))
    say("done.covered", ids=", ".join(opened.view.session(name).covered) or "—")


def group(room: RoomOption = HERE, session: SessionOption = "") -> None:
    """计算并固定分组 / form and fix the groups, before any reveal. 例 / example: vdraw group --room bureau"""
    opened = open_room(room)
    progress = lambda done, total: note("progress.groups", done=done, all=total)  # noqa: E731
    entered(conduct.group(opened, session_of(opened, session), progress))


def open_reveals(room: RoomOption = HERE, session: SessionOption = "") -> None:
    """开放揭示，从此不能中止 / open the reveals: no abort from here. 例 / example: vdraw open --room bureau"""
    opened = open_room(room)
    entered(conduct.open_reveals(opened, session_of(opened, session)))


def run_delay(room: RoomOption = HERE, session: SessionOption = "") -> None:
    """延时计算，可中断、可继续 / compute the delay; may be interrupted, goes on. 例 / example: vdraw delay --room bureau"""
    opened = open_room(room)

    def progress(p: delay.Progress) -> None:
        note("progress.delay", done=p.done, all=p.segments, seconds=p.seconds_left)

    try:
        entered(conduct.run_delay(opened, session_of(opened, session), progress))
    except KeyboardInterrupt:
        say("interrupted")
        raise typer.Exit(130) from None


def beacon(signature: str, room: RoomOption = HERE, session: SessionOption = "") -> None:
    """录入计划的公共随机信标（drand）签名 / enter the signature of the planned drand round.

    例 / example: vdraw beacon b44679b9…3ed5e39 --room bureau
    """
    try:
        data = unhex("".join(signature.split()).lower(), SIGNATURE_BYTES)
    except EncodingError as error:
        raise DataError("beacon.form") from error
    opened = open_room(room)
    entered(conduct.enter_beacon(opened, session_of(opened, session), data))


def fix_seed(room: RoomOption = HERE, session: SessionOption = "") -> None:
    """计算种子 / fix the seed. 例 / example: vdraw seed --room bureau"""
    opened = open_room(room)
    name = session_of(opened, session)
    entered(conduct.fix_seed(opened, name))
    say("done.seed", seed=opened.view.session(name).seed)


def allocate(room: RoomOption = HERE, session: SessionOption = "") -> None:
    """由种子分班 / draw the classes from the seed. 例 / example: vdraw allocate --room bureau"""
    opened = open_room(room)
    entered(conduct.allocate(opened, session_of(opened, session)))


def publish(
    out: Path, room: RoomOption = HERE, session: SessionOption = "",
    phase: Annotated[str, typer.Option(help="frozen | result")] = "result",
) -> None:  # fmt: skip
    """发布记录（文件夹和 zip），先经独立验证 / publish the record after the verifier has passed it.

    例 / example: vdraw publish record --room bureau
    """
    if phase not in ("frozen", "result"):
        raise UsageError("step.not_allowed", state=phase, event="publish", allowed="--phase frozen | result")
    opened = open_room(room)
    name = session_of(opened, session)
    if phase == "result":
        entry = record.publish(opened, name)
        if entry is not None:
            entered(entry)
    files = record.build(opened, name, phase)
    code = record.publish_files(files, out)
    say("done.published", path=out, code=code)


def abort(reason: str, room: RoomOption = HERE, session: SessionOption = "") -> None:
    """写明原因中止，只能在开放揭示之前 / abort with a reason, before reveals are opened.

    例 / example: vdraw abort "停电，改期" --room bureau
    """
    opened = open_room(room)
    entered(conduct.abort(opened, session_of(opened, session), reason))


def annul(
    draws: list[str], reason: Annotated[str, typer.Option()], document: Annotated[Path, typer.Option()],
    approver: ApproverOption, room: RoomOption = HERE, session: SessionOption = "",
) -> None:  # fmt: skip
    """两方按文件撤销已发布的抽取 / annul published draws by a decision, two roles.

    例 / example: vdraw annul d03 --reason "名册有误" --document decision.pdf --approver keys/approver.key
    """
    opened = open_room(room)
    entered(conduct.annul(opened, session_of(opened, session), draws, reason, document, keyfile.load(approver)))


def make_packet(out: Path, room: RoomOption = HERE) -> None:
    """导出给观察员设备的数据 / export what observers' devices check and sign.

    例 / example: vdraw packet stick/packet --room bureau
    """
    packet.write(open_room(room), out)
    say("done.written", path=out)


def cosign(files: Files = None, room: RoomOption = HERE, session: SessionOption = "") -> None:
    """收下对检查点的联署 / take in cosignatures of checkpoints.

    例 / example: vdraw cosign stick/*.cosign.json --room bureau
    """
    opened = open_room(room)
    name = session_of(opened, session)
    keys = opened.view.cosigners(name)
    for data in take(files or []):
        size, line = read_cosignature(data)
        new = opened.cosignature(size, line, keys)
        if new:
            say("done.cosigned", name=line.name, size=size)
        else:
            say("done.nothing")


def lists(out: Path, room: RoomOption = HERE, session: SessionOption = "") -> None:
    """写出各校分班名单（含姓名，内部使用）/ write the class lists with names, for the schools only.

    例 / example: vdraw lists lists --room bureau
    """
    opened = open_room(room)
    name = session_of(opened, session)
    write_lists(out, opened.view.session(name), conduct.class_lists(opened, name))
    say("done.written", path=out)


def status(room: RoomOption = HERE, *, as_json: JsonOption = False) -> None:
    """各场活动的状态 / where every session stands. 例 / example: vdraw status --room bureau"""
    opened = open_room(room)
    rows = [
        {
            "allowed": ceremony.allowed(s.state),
            "draws": list(s.draws),
            "header": s.header.code if s.header else "",
            "observers": list(s.enrolled),
            "rehearsal": s.plan.rehearsal,
            "session": s.id,
            "state": s.state,
        }
        for s in opened.view.sessions.values()
    ]
    if as_json:
        show_json({"entries": opened.view.size, "origin": opened.view.origin, "sessions": rows})
        return
    for s in opened.view.sessions.values():
        say("status.line", session=s.id, state=f"{text(f'state.{s.state}').zh}（{s.state}）", rehearsal="（演练 rehearsal）" if s.plan.rehearsal else "",
            draws=len(s.draws), observers=len(s.enrolled), allowed=", ".join(ceremony.allowed(s.state)) or "—")  # fmt: skip


COMMANDS: dict[str, Callable[..., None]] = {
    "enrol": enrol,
    "header": header,
    "commit": take_in,
    "public-draw": public_draw,
    "group": group,
    "attest": take_in,
    "checked": take_in,
    "open": open_reveals,
    "reveal": take_in,
    "delay": run_delay,
    "beacon": beacon,
    "seed": fix_seed,
    "allocate": allocate,
    "publish": publish,
    "abort": abort,
    "annul": annul,
    "packet": make_packet,
    "cosign": cosign,
    "lists": lists,
    "status": status,
}
