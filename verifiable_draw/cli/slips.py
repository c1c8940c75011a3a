"""`vdraw slips …`: print the families' slips, and one of them again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from verifiable_draw.cli.common import HERE, RoomOption, SessionOption, note, open_room, say, session_of
from verifiable_draw.slip_sheets import Printed, print_slips, reprint
from verifiable_draw.texts import text

app = typer.Typer(help="学生凭条：打印、补打 / families' slips", no_args_is_help=True)


@app.command("print")
def print_(
    out: Annotated[Path, typer.Argument(help="输出文件夹，只有本人可读 / folder to write to, for its owner only")],
    draws: Annotated[list[str] | None, typer.Argument(help="抽取编号，省略为全部 / draw ids, all if left out")] = None,
    room: RoomOption = HERE,
    session: SessionOption = "",
) -> None:
    """打印名册冻结后每个学生的凭条和第二组代码 / slips and second codes of frozen rosters.

    例 / example: vdraw slips print slips/ --room bureau
    """
    opened = open_room(room)

    def progress(done: int, number: int) -> None:
        note("slips.progress", done=done, all=number)

    for printed in print_slips(opened, session_of(opened, session), draws or [], out, progress):
        _said(printed)


@app.command("again")
def again(
    draw: Annotated[str, typer.Argument(help="抽取编号 / draw id")],
    out: Annotated[Path, typer.Argument(help="输出文件夹 / folder to write to")],
    room: RoomOption = HERE,
    session: SessionOption = "",
) -> None:
    """凭条丢失时，核对证件后补打一张 / print one slip again for a family that lost it.

    证件号码不写在命令行里，由程序询问 / the document number is asked for, so that no shell remembers it.
    例 / example: vdraw slips again d01 slips/ --room bureau
    """
    opened = open_room(room)
    question = text("slips.ask")
    who = typer.prompt(f"{question.zh} / {question.en}", err=True) if sys.stdin.isatty() else sys.stdin.readline()
    _said(reprint(opened, session_of(opened, session), draw, who, out))


def _said(printed: Printed) -> None:
    body = printed.entry.message.body
    say("slips.printed", draw=printed.draw, number=body["number"], slips=printed.slips, seconds=printed.seconds)
