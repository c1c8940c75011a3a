"""`vdraw generate`: a county of made-up schools and children, for trials, rehearsals and tests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verifiable_draw.cli.common import note, say
from verifiable_draw.county import school_specs
from verifiable_draw.county_errors import ERRORS
from verifiable_draw.county_formats import FORMS
from verifiable_draw.county_generate import generate as write_county
from verifiable_draw.county_mess import MESS
from verifiable_draw.county_regions import REGIONS
from verifiable_draw.errors import UsageError
from verifiable_draw.simulation.years import County


def _list(asked: bool) -> None:
    """Print the names that the options take, and end."""
    if not asked:
        return
    for title, names in (
        ("--region", {name: region.title for name, region in REGIONS.items()}),
        ("--format", {name: suffix for name, (suffix, _) in FORMS.items()}),
        ("--mess", MESS),
        ("--errors", ERRORS),
    ):
        typer.echo(title)
        for name, said in names.items():
            typer.echo(f"  {name:24} {said}")
    raise typer.Exit


def _live(out: Path, schools: int, students: int, seed: str, years: int) -> None:
    """A bureau's workspace after whole years of an honest county."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("archive.exists", path=str(out))
    county = County(out, school_specs(schools, students, seed))
    try:
        for number in range(1, years + 1):
            note("progress.lived", year=county.year + (number > 1), done=number, all=years)
            county.run() if number == 1 else county.go_on()
        county.hand_over_keys()
    finally:
        county.close()
    say("done.lived", path=out, first=county.year - years + 1, last=county.year)


def generate(
    out: Path,
    schools: Annotated[int, typer.Option(help="学校数 / schools", min=1)] = 13,
    students: Annotated[int, typer.Option(help="学生数 / students", min=1)] = 4160,
    seed: Annotated[str, typer.Option(help="种子：同一种子，同样的文件 / the same seed gives the same files")] = "county",
    region: Annotated[str, typer.Option(help="地区 / where the county lies")] = "guizhou",
    mess: Annotated[list[str] | None, typer.Option(help="导入能整理的毛病，可重复，all 为全部 / mess that import repairs; repeat, or all")] = None,
    errors: Annotated[list[str] | None, typer.Option(help="导入要拒绝的错误，可重复，all 为全部 / errors that import refuses; repeat, or all")] = None,
    format_: Annotated[list[str] | None, typer.Option("--format", help="文件格式，可重复，all 为全部 / forms of files; repeat, or all")] = None,
    years: Annotated[int, typer.Option(help="另外走完这么多学年，账本、记录、光盘、录像、学籍都有 / live through so many years too", min=0, max=30)] = 0,
    *,
    list_: Annotated[bool, typer.Option("--list", is_eager=True, callback=_list, help="列出各选项可用的名称 / list the names that the options take")] = False,  # noqa: ARG001
) -> None:
    """生成虚构的县：每校一份名册，并写明导入应有的结果 / a made-up county: a roster a school, and what import must say.

    例 / example: vdraw generate build/county --schools 13 --students 4160 --mess all --errors all --format all
    """
    if years:
        _live(out, schools, students, seed, years)
        return
    made = write_county(
        out, schools, students, seed, region=region, mess=mess or (), errors=errors or (), forms=format_ or ("xlsx",)
    )
    total = sum(file["students"] for file in made["files"])
    say("done.generated", path=out, files=len(made["files"]), students=total)
