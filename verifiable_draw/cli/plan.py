"""Commands of the plan: new, check, publish."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ledger.canonical import EncodingError, parse_time, short_code
from verifiable_draw import conduct, delay, plan_conflicts
from verifiable_draw.cli.common import (
    HERE,
    JsonOption,
    RoomOption,
    open_room,
    say,
    show_json,
    warn,
)
from verifiable_draw.entries import CLASSES, KINDS
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.plan import Plan, check
from verifiable_draw.plan_draft import draft_here
from verifiable_draw.sources import QUICKNET, round_after, round_time

app = typer.Typer(help="方案：新建、检查、公布 / the plan: new, check, publish", no_args_is_help=True)


@app.command("new")
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


@app.command("check")
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


@app.command("publish")
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
