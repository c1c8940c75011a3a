"""`vdraw complaint …`: what came, what was decided, what is due, evidence packs, the printed register."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from verifiable_draw import keyfile
from verifiable_draw.cli.common import HERE, JsonOption, RoomOption, entered, open_room, say, show_json
from verifiable_draw.entries import CHANNELS, COMPLAINTS, OUTCOMES
from verifiable_draw.errors import UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.texts import text
from verifiable_draw.year import acts, complaints, pack, packing

app = typer.Typer(help="投诉：登记、答复、期限、证据包、登记簿 / complaints", no_args_is_help=True)

NumberArgument = Annotated[str, typer.Argument(help="投诉编号，例如 2026-014 / the complaint's number")]
YearOption = Annotated[int, typer.Option("--year", help="学年，省略则按收到日期 / year; by the day it came if left out")]


def _one_of(option: str, given: str, known: tuple[str, ...]) -> str:
    if given not in known:
        raise UsageError("complaint.word", option=option, given=given, known=" ".join(known))
    return given


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError as error:
        raise UsageError("complaint.day", given=given) from error


@app.command()
def received(
    number: NumberArgument,
    words: Annotated[Path, typer.Option("--text", help="投诉原话的文本文件，- 为标准输入 / file with the words, - for standard input")],
    channel: Annotated[str, typer.Option(help=" | ".join(CHANNELS))],
    kind: Annotated[str, typer.Option(help=" | ".join(COMPLAINTS))],
    school: Annotated[str, typer.Option(help="涉及的学校（十位代码）/ the school's ten digits")] = "",
    grade: Annotated[int, typer.Option(help="涉及的年级，0 为不限 / grade, 0 for none")] = 0,
    year: YearOption = 0,
    came: Annotated[str, typer.Option(help="收到日期，省略则为今天 / the day it came, today if left out")] = "",
    room: RoomOption = HERE,
    *, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """登记一件投诉：原话只存内部数据库，账本里是加盐的哈希 / enter a complaint; its words stay private.

    例 / example: vdraw complaint received 2026-014 --channel telephone --kind class --school 9910000001 --grade 1
    --text words.txt --room bureau
    """
    _one_of("--channel", channel, CHANNELS)
    _one_of("--kind", kind, COMPLAINTS)
    data = sys.stdin.buffer.read() if str(words) == "-" else read(words)
    entry = complaints.receive(
        open_room(room), number, channel=channel, kind=kind, words=complaints.words_of(data, str(words)), year=year,
        school=school, grade=grade, came=_day(came),
    )  # fmt: skip
    entered(entry, as_json=as_json)


@app.command()
def decided(
    number: NumberArgument,
    outcome: Annotated[str, typer.Option(help=" | ".join(OUTCOMES))],
    document: Annotated[Path, typer.Option(help="答复的扫描件，账本里是它的哈希 / the reply; the ledger has its hash")],
    key: Annotated[Path, typer.Option("--key", "-k", help="审定人密钥 / the approver's key")],
    room: RoomOption = HERE,
    *, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """登记答复 / enter the decision of a complaint.

    例 / example: vdraw complaint decided 2026-014 --outcome unfounded --document reply.pdf --key approver.key --room bureau
    """
    _one_of("--outcome", outcome, OUTCOMES)
    data = read(document)
    entered(acts.decide_complaint(open_room(room), keyfile.load(key), number, outcome, data), as_json=as_json)


@app.command("list")
def list_(
    year: Annotated[int, typer.Option("--year", help="只列一年，省略则全部 / of one year; all if left out")] = 0,
    room: RoomOption = HERE,
    *, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """列出投诉：未答复的在前，按期限；逾期的有标记 / complaints, open ones first by their terms; overdue ones are marked.

    例 / example: vdraw complaint list --room bureau
    """
    found = complaints.states(open_room(room), year)
    if as_json:
        show_json([asdict(one.row) | {"days_left": one.left, "open": one.left is not None} for one in found])
        return
    for one in found:
        row = one.row
        kind = text(f"complaint.kind.{row.kind}")
        grade = text(f"doc.grade.{row.grade}").zh if row.grade else ""
        values = {
            "number": row.number,
            "school": f"{row.school_name}{grade}" or "—",
            "kind": kind.zh,
            "kind_en": kind.en,
        }
        if one.left is None:
            outcome = text(f"complaint.outcome.{row.outcome}")
            say("complaint.row_decided", **values, decided=row.decided, outcome=outcome.zh, outcome_en=outcome.en)
        elif one.left < 0:
            say("complaint.row_overdue", **values, due=row.due, over=-one.left)
        else:
            say("complaint.row_open", **values, due=row.due, left=one.left)
    if not found:
        say("complaint.none")


@app.command("pack")
def pack_(
    number: NumberArgument,
    out: Annotated[Path, typer.Argument(help="新文件夹，或原样未动的同一证据包 / a new folder, or this very pack")],
    audience: Annotated[str, typer.Option("--for", help=" | ".join(pack.AUDIENCES))],
    room: RoomOption = HERE,
    *, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """制作证据包：给投诉人的只含公开内容，给检查人员的另有原话、密封名册等 / make an evidence pack.

    例 / example: vdraw complaint pack 2026-014 pack-014 --for complainant --room bureau
    """
    _one_of("--for", audience, pack.AUDIENCES)
    done = packing.write(open_room(room), number, audience, out)
    if as_json:
        show_json({"files": done.files, "missing": list(done.missing), "path": str(out), "sha256": done.sha256})
        return
    for name in done.missing:
        say("complaint.missing", name=name)
    say("complaint.packed", files=done.files, path=out, sha256=done.sha256)


@app.command()
def register(
    out: Annotated[Path, typer.Argument(help="HTML 文件 / HTML file")], year: YearOption = 0, room: RoomOption = HERE
) -> None:
    """打印用的投诉登记簿，不含原话 / the printable register of complaints, without any words.

    例 / example: vdraw complaint register complaints.html --room bureau
    """
    opened = open_room(room)
    known = opened.view.book.years
    if not known:
        raise UsageError("complaint.no_year")
    write_durable(out, complaints.register(opened, year or max(known)))
    say("done.written", path=out)
