"""`vdraw documents`: the papers of a session."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Annotated

import typer

from verifiable_draw.cli.common import HERE, RoomOption, note, open_room, say
from verifiable_draw.documents.writing import write_documents
from verifiable_draw.texts import text

EVERY = 3.0  # seconds between two lines of progress


def command(
    session: Annotated[str, typer.Argument(help="活动编号 / session id")],
    out: Annotated[Path, typer.Argument(help="输出文件夹 / folder to write to")],
    room: RoomOption = HERE,
    only: Annotated[
        list[str] | None, typer.Option(help="只要这些文件，可写到一所学校（class-list-d03），可多次给出 / only these documents, also of one school; may be repeated")
    ] = None,
    copies: Annotated[int, typer.Option(min=1, max=9, help="学校名单份数 / numbered copies of lists for schools")] = 5,
    *,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="同时生成 PDF / PDF beside the HTML")] = True,
) -> None:
    """打印文件：方案、名册、记录、名单、签名表等 / the papers of a session, for printing.

    例 / example: vdraw documents s1 papers --room bureau --only plan --only class-list-d03
    """
    opened = open_room(room)
    told = -math.inf

    def progress(name: str, done: int, number: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= EVERY:
            told = now
            note("documents.progress", name=name, done=done, all=number)

    written = write_documents(
        opened, session, out, only=tuple(only or ()), copies=copies, pdf=pdf, progress=progress
    )
    for document, need in written.waiting:
        needs = text(f"doc.needs.{need}")
        say("documents.waiting", zh=document.zh, en=document.en, needs_zh=needs.zh, needs_en=needs.en)
    for name, number in written.boxes.items():
        say("documents.boxes", name=name, number=number)
    say("documents.written", number=len(written.paths), path=out)
