"""`vdraw explain`: one unit's way from the seed to its class, to follow by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verifiable_draw.errors import UsageError
from verifiable_draw.explaining import Record, explain, find, written
from verifiable_draw.files import read

SlipOption = Annotated[Path | None, typer.Option(help="家庭凭条文件 / a family's slip file (R11)")]


def command(
    record: Annotated[Path, typer.Argument(help="公开记录：文件夹或 zip / a public record, folder or zip")],
    slip: SlipOption = None,
    draw: Annotated[str, typer.Option(help="抽取编号 / draw id")] = "",
    unit: Annotated[int, typer.Option(help="单位编号，从 0 数 / unit index, from 0")] = -1,
    lang: Annotated[str, typer.Option(help="zh | en")] = "zh",
) -> None:
    """逐步说明一个单位怎样从种子得到班级 / show step by step how the seed gave one unit its class.

    例 / example: vdraw explain record.zip --slip slip.json
    """
    opened = Record(record)
    if slip is not None:
        draw, unit = find(opened, read(slip))
    elif not draw or unit < 0:
        raise UsageError("explain.which")
    for line in written(explain(opened, draw, unit), lang):
        typer.echo(line)
