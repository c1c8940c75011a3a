"""The bureau's commands: ledger, plan, ceremony, publication, inspection."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ledger.canonical import EncodingError, parse_time, short_code, unhex
from ledger.checkpoint import parse_checkpoint
from verifiable_draw import ceremony, conduct, delay, intake, keyfile, packet, plan_conflicts, record
from verifiable_draw.cli.common import (
    HERE,
    JsonOption,
    RoomOption,
    SessionOption,
    entered,
    note,
    open_room,
    read_note,
    say,
    session_of,
    show_json,
    take,
    warn,
)
from verifiable_draw.cli.keys import PlainOption, new_passphrase
from verifiable_draw.entries import CIVIC_ROLES, CLASSES, KINDS
from verifiable_draw.errors import DataError, DrawError, UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.lists import write_lists
from verifiable_draw.plan import Plan, check
from verifiable_draw.plan_draft import draft_here
from verifiable_draw.register_file import read_register
from verifiable_draw.room import read_cosignature, read_message
from verifiable_draw.schema import origin as origin_shape
from verifiable_draw.sources import QUICKNET, SIGNATURE_BYTES, round_after, round_time
from verifiable_draw.texts import text

plan = typer.Typer(help="方案：新建、检查、公布 / the plan: new, check, publish", no_args_is_help=True)
close = typer.Typer(help="截止：承诺、揭示、覆盖 / close commitments, reveals, coverage", no_args_is_help=True)

Files = Annotated[
    list[Path] | None, typer.Argument(help="消息文件，- 为标准输入 / message files, - for standard input")
]
ApproverOption = Annotated[Path, typer.Option("--approver", help="审定人的密钥 / the approver's key file")]


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
        keys.append(keyfile.load(path) if made else keyfile.create(path, role, role, os.urandom, new_passphrase(path, plain=plain)))
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


@plan.command("new")
def plan_new(
    out: Path, session: str, year: int, room: RoomOption = HERE,
    kind: Annotated[str, typer.Option(help=" | ".join(KINDS))] = CLASSES,
    drand: Annotated[
        str, typer.Option(help="等待此刻起的第一轮公共信标 / wait for drand's first round from this time (UTC)")
    ] = "",
) -> None:  # fmt: skip
    """写出方案草稿 / write a draft with sensible defaults.

    --kind：学生分班、教师分配到班、抽选人员、抽取顺序；一份方案里也可以自行混用 / one kind for all draws; edit to mix them.
    例 / example: vdraw plan new plan.json 2026-autumn 2026 --room bureau
    """
    if kind not in KINDS:
        raise UsageError("plan.kind", kind=kind, known=" | ".join(KINDS))
    opened = open_room(room)
    try:
        planned = {"chain": QUICKNET, "round": round_after(parse_time(drand))} if drand else {}
    except EncodingError as error:
        raise UsageError("plan.drand_time", time=drand) from error
    today = datetime.now(UTC).date().isoformat()
    made = draft_here(opened, session, year, today, conduct.year_key(opened, year).commitment, kind)
    made["sources"]["drand"] = planned
    write_durable(out, json.dumps(made, ensure_ascii=False, indent=1).encode() + b"\n")
    say("done.plan_new", path=out)


def _read_plan(file: Path) -> Plan:
    try:
        value = json.loads(read(file))
    except ValueError as error:
        raise DataError("plan.not_canonical", detail=str(error)) from error
    return check(value)


@plan.command("check")
def plan_check(file: Path, room: RoomOption = HERE, *, as_json: JsonOption = False) -> None:
    """检查方案：规则、界限、与账本的冲突、本机所需时间 / check rules, limits and the ledger, measure this machine.

    没有账本的文件夹里只检查方案本身 / in a folder without a ledger only the plan itself is checked.
    例 / example: vdraw plan check plan.json --room bureau
    """
    checked = _read_plan(file)
    if (room / "ledger.db").exists():
        plan_conflicts.refuse(open_room(room), checked)
    rate = delay.measure()
    seconds = checked.iterations // max(rate, 1)
    margin = checked.iterations * 10 // (checked.window * delay.FASTEST_HARDWARE)
    limits = checked.limits()
    if as_json:
        show_json({"code": short_code(checked.hash), "limits": limits, "margin_tenths": margin, "seconds": seconds,
                   "warnings": checked.warnings()})  # fmt: skip
        return
    say("plan.good", draws=len(checked.draws), code=short_code(checked.hash))
    say("plan.measured", rate=rate, minutes=seconds // 60, seconds=seconds % 60, margin_tenths_whole=margin // 10,
        margin_tenths=margin % 10)  # fmt: skip
    planned = checked.value["sources"]["drand"]
    if planned:
        say("plan.drand", round=planned["round"], time=round_time(planned).isoformat())
    for limit in limits:
        say(limit)
    if not limits:
        say("plan.proven_possible")
    for warning in checked.warnings():
        warn(warning)


@plan.command("publish")
def plan_publish(file: Path, room: RoomOption = HERE) -> None:
    """公布方案，写入账本 / enter the plan in the ledger.

    例 / example: vdraw plan publish plan.json --room bureau
    """
    opened = open_room(room)
    checked = _read_plan(file)
    plan_conflicts.refuse(opened, checked)
    published = conduct.publish_plan(opened, checked.data)
    say("plan.good", draws=len(published.draws), code=short_code(published.hash))
    for warning in published.warnings():
        warn(warning)


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
    "key": key,
    "init": init,
    "add-key": add_key,
    "register": register,
    "lots": lots,
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


def add_to(app: typer.Typer) -> None:
    """Register the bureau's commands."""
    for name, function in COMMANDS.items():
        app.command(name)(function)
