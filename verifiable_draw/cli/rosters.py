"""`vdraw rosters …`: import, submit, approve, freeze, postpone."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from verifiable_draw import conduct, intake, keyfile
from verifiable_draw.cli.common import (
    HERE,
    JsonOption,
    OutOption,
    RoomOption,
    SessionOption,
    entered,
    note,
    open_room,
    say,
    session_of,
    show_json,
)
from verifiable_draw.entries import AUDIT, CLASSES, LATE, TEACHERS
from verifiable_draw.errors import UsageError
from verifiable_draw.feature_names import feature_name
from verifiable_draw.files import read, write_durable
from verifiable_draw.preview import preview_json, preview_lines
from verifiable_draw.roster_template import roster_template
from verifiable_draw.rosters import (
    ImportReport,
    import_people,
    import_rosters,
    notice_lines,
    problem_lines,
    report_json,
)
from verifiable_draw.rosters.codes import PERSONS, STUDENTS, TEAMS, Table
from verifiable_draw.rosters.feedback import refused, returned_name, returned_workbook
from verifiable_draw.rosters.importing import labels_of
from verifiable_draw.rosters.mapping import read_mapping
from verifiable_draw.texts import text

app = typer.Typer(help="名册：导入、提交、审定、冻结、推迟 / rosters", no_args_is_help=True)

KeyOption = Annotated[Path, typer.Option("--key", "-k", help="签名人的密钥文件 / the signer's key file")]
MappingOption = Annotated[
    Path | None,
    typer.Option(help='标题对照文件 / a mapping file: {"title in use": "title of the template"}'),
]
TABLES = {CLASSES: STUDENTS, LATE: STUDENTS, AUDIT: STUDENTS, TEACHERS: TEAMS}
"""Kind of draw -> columns of its workbooks; PERSONS for the rest."""

Draws = Annotated[list[str] | None, typer.Argument(help="抽取编号，省略为全部 / draw ids, all if left out")]


@app.command("import")
def import_(
    files: list[Path],
    room: RoomOption = HERE,
    session: SessionOption = "",
    draw: Annotated[
        str, typer.Option(help="教师、抽选、顺序：抽取编号 / the draw, of kinds teachers, select, order")
    ] = "",
    mapping: MappingOption = None,
    back: Annotated[
        Path | None,
        typer.Option("--report", help="把有问题的文件标色后写到这个文件夹 / a folder for coloured workbooks to send back"),
    ] = None,
    *,
    homophones: Annotated[bool, typer.Option("--homophones", help="也列出同音的姓名 / list names of equal sound too")] = False,
    as_json: JsonOption = False,
) -> None:
    """导入学校名册（.xlsx、.xls、.ods、.csv），一次列出所有问题 / import rosters, every problem at once.

    学生名册的学校和年级写在表里；教师等名册（队、姓名、证件类型、证件号码）用 --draw 指明属于哪次抽取 /
    workbooks of students name school and grade; those of teachers and persons belong to one draw, --draw.
    例 / example: vdraw rosters import rosters/*.xlsx --report back --room bureau
    """
    opened = open_room(room)
    progress = lambda done, total, rows: note("progress.import", done=done, all=total, rows=rows)  # noqa: E731
    kind, item = CLASSES, None
    if draw:
        item = conduct.plan_draw(opened.view.session(session_of(opened, session)), draw)
        kind = item.kind
    known = intake.known(opened, session_of(opened, session) if session or draw else "")
    table = _table(kind, mapping)
    if item is None or item.of_students:
        report = import_rosters(
            files, progress, table=table, admissions=known.admissions, elsewhere=known.elsewhere,
            expected=known.expected, homophones=homophones,
        )  # fmt: skip
    else:
        report = import_people(files, item.school, item.grade, teams=kind == TEACHERS, table=table, progress=progress)
    kept = intake.keep(opened, report, known.year, kind)
    if back is not None:
        _write_back(files, report, back, table)
    if as_json:
        groups = [{"grade": g, "school": s, "students": len(rows)} for (s, g), rows in kept.groups.items()]
        show_json({"imported": groups, **report_json(report)})
    else:
        for line in [*problem_lines(report), *notice_lines(report)]:
            typer.echo(line)
        say("done.imported", students=kept.students, schools=len(kept.groups), repairs=len(report.repairs),
            problems=len(report.problems), notices=len(report.notices))  # fmt: skip
        if kept.files:
            say("done.rosters_refused", files=", ".join(kept.files))
        if kept.held:
            say("done.rosters_held", grades=", ".join(f"{school}-{grade}" for school, grade in kept.held))
    if kept.files:
        raise typer.Exit(1)


def _table(kind: str, mapping: Path | None) -> Table:
    table = TABLES.get(kind, PERSONS)
    return read_mapping(read(mapping), mapping.name, table) if mapping else table


def _write_back(files: list[Path], report: ImportReport, folder: Path, table: Table) -> None:
    """Write the workbooks that go back to schools, readable by their owner only."""
    bad = set(refused(report))
    for path, label in sorted(labels_of(files).items(), key=lambda item: item[1]):
        if label in bad:
            out = folder / returned_name(label)
            write_durable(out, returned_workbook(path, label, report, table), 0o600)
            typer.echo(str(out), err=True)


@app.command()
def history(
    school: Annotated[str, typer.Argument(help="学校标识码，省略为全部 / school code, all if left out")] = "",
    room: RoomOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """列出历次导入 / list every import: when, how many rows, what changed against the one before.

    例 / example: vdraw rosters history 9910000001 --room bureau
    """
    imports = open_room(room).private.history(school)
    if as_json:
        show_json([asdict(one) for one in imports])
        return
    for one in imports:
        row = text("done.history", **(asdict(one) | {"kind": text(f"kind.{one.kind}").zh, "kind_en": one.kind}))
        typer.echo(f"{row.zh} / {row.en}")
    if not imports:
        say("done.nothing")


@app.command()
def template(
    out: OutOption,
    draw: Annotated[str, typer.Argument(help="抽取编号，省略为整个方案 / draw id, the whole plan if left out")] = "",
    room: RoomOption = HERE,
    session: SessionOption = "",
) -> None:
    """写出空白名册模板 / write an empty roster with the columns this plan needs.

    例 / example: vdraw rosters template --out roster.xlsx d01 --room bureau
    """
    opened = open_room(room)
    plan = opened.view.session(session_of(opened, session)).plan
    data = roster_template(plan, draw)
    if str(out) == "-":
        sys.stdout.buffer.write(data)
    else:
        write_durable(out, data)


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
    if key == Path():
        raise UsageError("rosters.approver_key")
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
            say("done.rare", draw=draw, values="、".join(map(feature_name, rare)))
    if not chosen:
        say("done.nothing")


@app.command()
def postpone(draw: str, reason: str, room: RoomOption = HERE, session: SessionOption = "") -> None:
    """推迟没有准备好的学校 / postpone a school that is not ready, with a reason.

    例 / example: vdraw rosters postpone d07 "名册未审定" --room bureau
    """
    opened = open_room(room)
    entered(conduct.postpone(opened, session_of(opened, session), draw, reason))


@app.command()
def preview(draw: str, room: RoomOption = HERE, session: SessionOption = "", *, as_json: JsonOption = False) -> None:
    """冻结前预览：块和余数、能做到的均衡、指定的影响 / what a freeze would give, in numbers.

    例 / example: vdraw rosters preview d01 --room bureau
    """
    opened = open_room(room)
    found = conduct.preview(opened, session_of(opened, session), draw)
    if as_json:
        show_json(preview_json(found))
        return
    for line in preview_lines(found):
        typer.echo(f"{line.zh}\n{line.en}")
