"""`vdraw site build`: the public site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verifiable_draw.cli.common import HERE, RoomOption, note, open_room, say, warn
from verifiable_draw.site.building import build, first

app = typer.Typer(help="公示网站 / the public site", no_args_is_help=True)


@app.command("build")
def build_(
    out: Annotated[Path, typer.Argument(help="站点文件夹 / the site's folder")],
    room: RoomOption = HERE,
) -> None:
    """生成或更新公示网站：每份记录先通过核对再公布 / build or renew the site; every record is verified first.

    文件夹里不属于网站的文件会被删除并列出 / files in the folder that are not of the site are removed, and named.
    例 / example: vdraw site build site/ --room bureau
    """
    opened = open_room(room)

    def progress(what: str, done: int, number: int) -> None:
        note(f"site.progress.{what}", done=done, all=number)

    built = build(opened, out, progress)
    say(
        "site.built", path=out, sessions=built.sessions, made=len(built.made), written=built.written,
        removed=len(built.removed),
    )
    if built.removed:
        say("site.removed", names=first(built.removed))
    if built.uncosigned:
        warn("site.uncosigned", sessions="、".join(built.uncosigned))


@app.callback()
def _site() -> None:
    """公示网站 / the public site."""
