"""Commands of the year: what holds for it, filings, teachers, moves (spec/year.md)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from verifiable_draw import keyfile, register_file
from verifiable_draw.cli import registration
from verifiable_draw.cli.common import HERE, ApproverOption, RoomOption, entered, note, open_room, say
from verifiable_draw.entries import AMENDMENTS, TEACHER_REASONS
from verifiable_draw.errors import UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.rosters.codes import DOCUMENT_TYPES
from verifiable_draw.year import acts, shortlist_file, status
from verifiable_draw.year.moves import Move, by_nullifier, document_number

app = typer.Typer(
    help="学年：备案、教师、变动、学籍、销号 / the year: filings, teachers, moves, registration", no_args_is_help=True
)

app.command("registration")(registration.command)

YearOption = Annotated[int, typer.Option("--year", help="学年 / year")]
GradeOption = Annotated[int, typer.Option("--grade", help="1 或 7 / 1 or 7")]
KeyOption = Annotated[Path, typer.Option("--key", "-k", help="学校密钥 / the school's key")]
DocumentOption = Annotated[Path, typer.Option("--document", help="材料扫描件 / scan of the paper")]


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise UsageError("inspect.day", given=given) from error


def _one_of(given: str, known: tuple[str, ...]) -> str:
    if given not in known:
        raise UsageError("year.word", given=given, known=", ".join(known))
    return given


@app.command("open")
def open_year(
    year: int, document: DocumentOption, approver: ApproverOption,
    draw_by: Annotated[str, typer.Option(help="分班截止日期 / draws are due by, YYYY-MM-DD")],
    term: Annotated[tuple[str, str], typer.Option(help="第一学期起止 / first and last day of the first term")],
    complaint_days: Annotated[int, typer.Option(help="投诉答复期限（天）/ days for a complaint")] = 30,
    late: Annotated[list[str] | None, typer.Option("--late", help="补录日期 / a date for late students")] = None,
    watch: Annotated[list[str] | None, typer.Option("--watch", help="纪检派驻的学校 / a school that is watched")] = None,
    room: RoomOption = HERE,
) -> None:  # fmt: skip
    """录入全年安排：截止日期、补录日期、第一学期、投诉期限 / enter what holds for the whole year.

    例 / example: vdraw year open 2026 --document plan.pdf --approver keys/approver.key --draw-by 2026-08-31
    --term 2026-09-01 2027-01-20 --late 2026-09-05
    """
    opened = open_room(room)
    before = opened.view.book.rules(year)
    entry = acts.open_year(
        opened, keyfile.load(approver), year, document=read(document), draw_by=_day(draw_by),
        term=(_day(term[0]), _day(term[1])), complaint_days=complaint_days, late_dates=[*map(_day, late or ())],
        watched=watch or (),
    )  # fmt: skip
    entered(entry)
    if before is not None and acts.stands(opened, year, entry) == entry.seq:
        note("year.replaces", seq=before.seq)
    holds = acts.stands(opened, year, entry)
    if holds != entry.seq:
        note("say.dates_kept", seq=entry.seq, holds=holds)


@app.command("show")
def show(year: int, room: RoomOption = HERE) -> None:
    """学年现状：每校每年级的登记、备案、抽取、教师、变动、投诉 / where everything of a year stands.

    例 / example: vdraw year show 2026
    """
    view = open_room(room).view
    if year not in {*view.registers, *view.book.years}:
        known = "、".join(map(str, sorted({*view.registers, *view.book.years}))) or "—"
        raise UsageError("inspect.no_year", years=year, known=known)
    typer.echo(status.plain(status.of_year(view, year)))
    for line in status.waiting(view, year):
        typer.echo(line)


@app.command("register-template")
def register_template(out: Path) -> None:
    """生成学校登记表空表 / write an empty sheet for the register of schools.

    例 / example: vdraw year register-template schools.xlsx
    """
    _new(out, register_file.template())


@app.command("shortlist-template")
def template(out: Path) -> None:
    """生成教师名单空表 / write an empty sheet for a shortlist of teachers.

    例 / example: vdraw year shortlist-template teachers.xlsx
    """
    _new(out, shortlist_file.template())


def _new(out: Path, data: bytes) -> None:
    """Write a workbook where there is nothing yet: a list that somebody has filled in is never overwritten."""
    if out.suffix.lower() != ".xlsx":
        raise UsageError("year.not_xlsx", path=str(out))
    if out.exists():
        raise UsageError("year.exists", path=str(out))
    write_durable(out, data)
    say("done.written", path=out)


@app.command("file")
def file_grade(
    shortlist: Path, key: KeyOption, year: YearOption, grade: GradeOption, document: DocumentOption,
    students: Annotated[int, typer.Option(help="录取人数 / children admitted")],
    classes: Annotated[int, typer.Option(help="班数 / classes")],
    room: RoomOption = HERE,
) -> None:  # fmt: skip
    """学校备案：录取人数、班数、班主任名单、进班方案 / a school files a grade.

    例 / example: vdraw year file teachers.xlsx --key keys/9900000001.key --year 2026 --grade 1 --students 180
    --classes 4 --document plan.pdf
    """
    opened, school = open_room(room), keyfile.load(key)
    rows = shortlist_file.read_shortlist(read(shortlist), shortlist.name, year, school.actor.id, grade)
    rows = shortlist_file.with_nullifiers(rows, opened)
    entered(acts.file_grade(opened, school, rows, students=students, classes=classes, document=read(document)))


@app.command("approve-filing")
def approve_filing(
    school: str, approver: ApproverOption, year: YearOption, grade: GradeOption, room: RoomOption = HERE
) -> None:
    """审定学校的备案 / approve a school's filing.

    例 / example: vdraw year approve-filing 9910000001 --approver keys/approver.key --year 2026 --grade 1
    """
    opened = open_room(room)
    entered(acts.approve_filing(opened, keyfile.load(approver), (year, school, grade)))


@app.command("replace-teacher")
def replace_teacher(
    shortlist: Path, key: KeyOption, approver: ApproverOption, year: YearOption, grade: GradeOption,
    document: DocumentOption,
    reason: Annotated[str, typer.Option(help=" | ".join(TEACHER_REASONS))],
    room: RoomOption = HERE,
) -> None:  # fmt: skip
    """更换名单上的一位教师（学校申请、教育局同意）/ put another teacher in the place of one; both sign.

    例 / example: vdraw year replace-teacher teachers.xlsx --key 9910000001.key --approver keys/approver.key --year 2026
    --grade 1 --reason absence --document form.pdf
    """
    opened, school = open_room(room), keyfile.load(key)
    rows = shortlist_file.read_shortlist(read(shortlist), shortlist.name, year, school.actor.id, grade)
    rows = shortlist_file.with_nullifiers(rows, opened)
    word = _one_of(reason, TEACHER_REASONS)
    entered(acts.replace_teacher(opened, school, keyfile.load(approver), rows, reason=word, document=read(document)))


@app.command("request")
def request(
    kind: str, key: KeyOption, year: YearOption, grade: GradeOption, document: DocumentOption,
    move: Annotated[list[str], typer.Option("--move", help="证件号:原班:新班，0 为校外 / document number:from:to, 0 outside")],
    document_type: Annotated[str, typer.Option(help="证件类型代码 / code of the document type")] = "1",
    room: RoomOption = HERE,
) -> None:  # fmt: skip
    """学校申请变动：class 调班，leave 离开，enter 进入，restructure 调整建制 / a school asks to move children.

    证件号只在本机换成当年的代码，不进账本 / numbers become the year's nullifiers here and do not enter the ledger.
    例 / example: vdraw year request class --key keys/9900000001.key --year 2026 --grade 1 --move 9901…:3:1 --document form.pdf
    """
    opened, school = open_room(room), keyfile.load(key)
    known = _one_of(kind, AMENDMENTS)
    moves = by_nullifier(opened, year, _moves(document_type, move))
    entered(acts.request_amendment(opened, school, (year, school.actor.id, grade), known, moves, read(document)))


def _moves(document_type: str, given: list[str]) -> list[Move]:
    """Moves from lines `document number:from:to`; UsageError names every line that is wrong, and not what is in it."""
    found, wrong = [], []
    for place, line in enumerate(given, 1):
        number, *classes = line.split(":")
        read = document_number(document_type, number) if document_type in DOCUMENT_TYPES else ""
        if not read or len(classes) != 2 or not all(one.isascii() and one.isdigit() for one in classes):
            wrong.append(str(place))
            continue
        found.append(Move(document_type, read, *map(int, classes)))
    if wrong:
        raise UsageError("year.move_lines", lines="、".join(wrong))
    return found


@app.command("approve-request")
def approve_request(
    request: Annotated[str, typer.Argument(metavar="SEQ", help="申请的条目号 / the request's entry number")],
    approver: ApproverOption, document: DocumentOption, room: RoomOption = HERE,
) -> None:  # fmt: skip
    """批准变动申请 / approve a request.

    例 / example: vdraw year approve-request 57 --approver keys/approver.key --document decision.pdf
    """
    opened = open_room(room)
    leaf = next((a.asked.leaf for a in opened.view.book.requests.values() if str(a.asked.seq) == request), "")
    if not leaf:
        raise UsageError("year.no_request")
    entered(acts.approve_amendment(opened, keyfile.load(approver), leaf, read(document)))


@app.command("close-finding")
def close_finding(
    finding: str, outcome: Annotated[str, typer.Option(help="corrected | sanctioned | unfounded | expired")],
    approver: ApproverOption, document: DocumentOption, room: RoomOption = HERE,
) -> None:  # fmt: skip
    """年检问题销号 / close an inspection's finding by its id.

    例 / example: vdraw year close-finding 0123456789abcdef --outcome corrected --approver keys/approver.key --document decision.pdf
    """
    opened = open_room(room)
    entered(acts.close_finding(opened, keyfile.load(approver), finding, outcome, read(document)))
