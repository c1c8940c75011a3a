"""`vdraw year registration`: the export of 学籍 beside the draw (spec/year.md Y5)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verifiable_draw.cli.common import HERE, JsonOption, RoomOption, entered, note, open_room, say, show_json
from verifiable_draw.files import read, write_durable
from verifiable_draw.room import Room
from verifiable_draw.rosters import notice_lines, problem_lines, report_json
from verifiable_draw.rosters.codes import EXPORT
from verifiable_draw.rosters.mapping import read_mapping
from verifiable_draw.year import audit_views, registration
from verifiable_draw.year.audit import SAME


def command(
    files: Annotated[list[Path], typer.Argument(help="学籍系统导出的文件，可以有多个 / files of the export")],
    year: Annotated[int, typer.Option("--year", "-y", help="入学年份 / school year", min=2000, max=2999)],
    room: RoomOption = HERE,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="输出文件夹：带姓名的表、核对文件、公开结果 / folder for workbook, audit file and public page"),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(help='标题对照文件 / a mapping file: {"title in use": "title that is known"}'),
    ] = None,
    *,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="多数学生对不上也记入 / enter it although most children are missing")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """把学籍导出（.xlsx、.xls、.csv）与抽签结果逐人核对，记入账本 / compare registration with the draw, enter the result.

    有问题时一次列出，不记账 / with problems in the files, all are listed and nothing is entered.
    例 / example: vdraw year registration xueji/*.xlsx --year 2026 --out audit --room bureau
    """
    opened = open_room(room)
    table = read_mapping(read(mapping), mapping.name, EXPORT) if mapping else EXPORT
    known = registration.gather(opened, year)
    progress = lambda done, total, rows: note("progress.import", done=done, all=total, rows=rows)  # noqa: E731
    export = registration.read_files(known, files, table, progress)
    report = export.report
    if not as_json:
        for line in [*problem_lines(report), *notice_lines(report)]:
            typer.echo(line)
    if report.problems:
        if as_json:
            show_json(report_json(report))
        else:
            say("registration.not_entered", problems=len(report.problems))
        raise typer.Exit(1)
    note("registration.comparing")
    checked = registration.enter(opened, known, export, anyway=anyway)
    totals = checked.audit.totals()
    if as_json:
        body = dict(checked.entry.message.body)
        show_json({"entry": checked.entry.seq, "totals": totals, **body, **report_json(report)})
    else:
        _say_schools(checked, known)
        say("registration.done", students=checked.audit.students, schools=len(checked.audit.schools), **totals)
        entered(checked.entry)
    if out is not None:
        _write(opened, known, checked, out)


def _say_schools(checked: registration.Checked, known: registration.Known) -> None:
    """A line for every school that differs."""
    for one in checked.audit.schools:
        if any(one[kind] for kind in audit_views.SHOWN if kind != SAME):
            say("registration.school", name=known.schools.get(one["school"], ""), **one)


def _write(room: Room, known: registration.Known, checked: registration.Checked, out: Path) -> None:
    """Workbook and audit file for their owner only, the page for everybody."""
    audit, year = checked.audit, known.drawn.year
    people = registration.people(room, known)
    released = audit_views.release(checked.entry, audit.through, room.view.bureau, room.view.origin, known.schools)
    named = audit_views.workbook(audit, room.view.book, known.divisions, known.schools, people)
    for name, data, mode in (
        (f"registration-{year}.xlsx", named, 0o600),
        (f"registration-{year}.json", audit.encode(), 0o600),
        (f"registration-{year}.html", audit_views.page(released), 0o644),
    ):
        write_durable(out / name, data, mode)
        note("registration.written", path=out / name)
