"""`vdraw rosters …`: import, submit, approve, freeze, postpone."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from verifiable_draw import conduct, keyfile
from verifiable_draw.cli.common import (
    HERE,
    JsonOption,
    RoomOption,
    SessionOption,
    entered,
    note,
    open_room,
    say,
    session_of,
    show_json,
)
from verifiable_draw.entries import CLASSES, TEACHERS
from verifiable_draw.rosters import import_people, import_rosters, problem_lines

app = typer.Typer(help="名册：导入、提交、审定、冻结、推迟 / rosters", no_args_is_help=True)

KeyOption = Annotated[Path, typer.Option("--key", "-k", help="签名人的密钥文件 / the signer's key file")]
Draws = Annotated[list[str] | None, typer.Argument(help="抽取编号，省略为全部 / draw ids, all if left out")]


@app.command("import")
def import_(
    files: list[Path],
    room: RoomOption = HERE,
    session: SessionOption = "",
    draw: Annotated[
        str, typer.Option(help="教师、抽选、顺序：抽取编号 / the draw, of kinds teachers, select, order")
    ] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """导入学校名册（Excel），一次列出所有问题 / import workbooks, every problem at once.

    学生名册的学校和年级写在表里；教师等名册（队、姓名、证件类型、证件号码）用 --draw 指明属于哪次抽取 /
    workbooks of students name school and grade; those of teachers and persons belong to one draw, --draw.
    例 / example: vdraw rosters import rosters/*.xlsx --room bureau
    """
    opened = open_room(room)
    progress = lambda done, total, rows: note("progress.import", done=done, all=total, rows=rows)  # noqa: E731
    kind = CLASSES
    if draw:
        item = conduct.plan_draw(opened.view.session(session_of(opened, session)), draw)
        kind = item.kind
    if kind == CLASSES:
        report = import_rosters(files, progress)
    else:
        report = import_people(files, item.school, item.grade, teams=kind == TEACHERS, progress=progress)
    bad = sorted({p.where.file for p in report.problems})
    good = [s for s in report.students if s.where.file not in bad]
    groups = {key: list(rows) for key, rows in groupby(good, key=lambda s: (s.school, s.grade))}
    for (school, grade), rows in groups.items():
        opened.private.save_imported(school, grade, rows, kind)
    if as_json:
        show_json(
            {
                "imported": [{"grade": g, "school": s, "students": len(rows)} for (s, g), rows in groups.items()],
                "problems": [
                    {"code": p.code, "file": p.where.file, "sheet": p.where.sheet, "row": p.where.row,
                     "column": p.where.column, "zh": p.zh, "en": p.en} for p in report.problems
                ],
                "repairs": len(report.repairs),
            }
        )  # fmt: skip
    else:
        for line in problem_lines(report):
            typer.echo(line)
        say("done.imported", students=len(good), schools=len(groups), repairs=len(report.repairs),
            problems=len(report.problems))  # fmt: skip
        if bad:
            say("done.rosters_refused", files=", ".join(bad))
    if bad:
        raise typer.Exit(1)


@app.command()
def submit(draw: str, key: KeyOption, room: RoomOption = HERE, session: SessionOption = "") -> None:
    """学校提交名册 / a school submits its imported roster.

    例 / example: vdraw rosters submit d01 --key keys/9900000001.key --room bureau
    """
    opened = open_room(room)
    entered(conduct.submit(opened, session_of(opened, session), draw, keyfile.load(key)))


@app.command()
def approve(draws: Draws = None, key: KeyOption = Path(), room: RoomOption = HERE, session: SessionOption = "") -> None:
    """审定名册 / the approver approves submitted rosters.

    例 / example: vdraw rosters approve --key keys/approver.key --room bureau
    """
    opened, signer = open_room(room), keyfile.load(key)
    name = session_of(opened, session)
    known = opened.view.session(name)
    chosen = draws or [d for d, p in known.draws.items() if p.submission and not p.approved and not p.postponed]
    for draw in chosen:
        entered(conduct.approve(opened, name, draw, signer))
    if not chosen:
        say("done.nothing")


@app.command()
def freeze(draws: Draws = None, room: RoomOption = HERE, session: SessionOption = "") -> None:
    """冻结已审定的名册 / freeze approved rosters: commitments, sealed roster, ledger entry.

    例 / example: vdraw rosters freeze --room bureau
    """
    opened = open_room(room)
    name = session_of(opened, session)
    known = opened.view.session(name)
    # Without names: what is approved and not frozen as approved, so the command can be killed and run again.
    chosen = draws or [
        d for d, p in known.draws.items()
        if p.approved and not p.postponed and (p.frozen is None or p.frozen["submission"] != p.approved)
    ]  # fmt: skip
    for draw in chosen:
        entered(conduct.freeze(opened, name, draw))
        rare = conduct.rare_values(opened, name, draw)
        if rare:
            say("done.rare", draw=draw, values=", ".join(rare))
    if not chosen:
        say("done.nothing")


@app.command()
def postpone(draw: str, reason: str, room: RoomOption = HERE, session: SessionOption = "") -> None:
    """推迟没有准备好的学校 / postpone a school that is not ready, with a reason.

    例 / example: vdraw rosters postpone d07 "名册未审定" --room bureau
    """
    opened = open_room(room)
    entered(conduct.postpone(opened, session_of(opened, session), draw, reason))
