"""The inspectors' command: replay, recompute, report, and enter what was found."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from verifiable_draw import keyfile
from verifiable_draw.cli.common import JsonOption, open_room, say, show_json
from verifiable_draw.errors import DataError, DrawError, UsageError
from verifiable_draw.files import write_durable
from verifiable_draw.inspection import Finding, Inspection, Material, Place, inspect, paper, report
from verifiable_draw.inspection.running import Progress
from verifiable_draw.room import Room
from verifiable_draw.texts import text
from verifiable_draw.year.book import CHINA, day_of

TELL = 5.0  # seconds between two lines of progress


def inspect_ledger(
    ledger: Path,
    year: Annotated[
        list[int] | None, typer.Option("--year", help="学年，可多个；默认全部 / years; all if none")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="报告文件夹 / folder for the reports")] = None,
    holder: Annotated[Path | None, typer.Option("--key", help="保管方密钥，用来打开密封名册 / a holder's key")] = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="外部保存的检查点 / checkpoints that others kept")
    ] = None,
    disc: Annotated[list[Path] | None, typer.Option(help="备份光盘或映像 / discs or images")] = None,
    films: Annotated[
        list[Path] | None, typer.Option(help="录像和扫描件所在文件夹 / folders of films and scans")
    ] = None,
    export: Annotated[list[Path] | None, typer.Option(help="检查组自己取得的学籍表 / exports of student registration that the inspectors got")] = None,
    today: Annotated[str, typer.Option(help="年检日期 / day of the inspection, YYYY-MM-DD")] = "",
    *,
    pdf: Annotated[bool, typer.Option(help="报告另写 PDF / write PDF beside HTML")] = True,
    enter: Annotated[bool, typer.Option(help="把年检记入账本 / enter the inspection")] = False,
    as_json: JsonOption = False,
) -> None:
    """年检：重放账本，重算每次抽取 / replay a ledger, recompute every draw, report findings; exit 1 if anything is wrong.

    只用账本、公布的记录、密封名册和外部保存的材料，不用教育局的私有数据库。
    例 / example: vdraw inspect bureau --year 2026 --key holder-1.key --disc disc.iso --out inspection
    """
    folder = ledger.parent if ledger.is_file() else ledger
    _check_there([*(checkpoint or ()), *(disc or ()), *(films or ()), *(export or ())])
    if ledger.is_file() and ledger.name != "ledger.db":
        raise UsageError("inspect.not_a_ledger", path=str(ledger))
    try:
        room = open_room(folder)
    except (DataError, UsageError) as error:
        if isinstance(error, UsageError) and error.key != "store.damaged":
            raise
        _broken(error, out, as_json=as_json)
        raise typer.Exit(1) from error
    material = Material(
        room, keyfile.load(holder) if holder else None, checkpoint or (), disc or (), films or (), export or (),
    )  # fmt: skip
    # Whoever stops the ledger does not stop the calendar.
    day = _day(today) or max(datetime.now(CHINA).date(), day_of(room.store.head.time)) if room.view.size else None
    found = inspect(material, year or (), answers=out / "answers" if out else None, today=day, progress=_progress())
    reports = {one: report.report_file(found, room.view, one) for one in found.years}
    if out is not None:
        write_durable(out / "inspection.txt", report.plain(found).encode())
        for one, data in reports.items():
            write_durable(out / f"{one}.json", data)
        _papers(room, found, out, pdf=pdf)
    if as_json:
        show_json({str(one): json.loads(data) for one, data in reports.items()})
    else:
        typer.echo(report.plain(found))
    for one, data in reports.items() if enter else ():
        entry = report.enter(room, found, one, data)
        say("inspection.entered", seq=entry.seq, report=entry.message.body["report"])
    if found.violations:
        raise typer.Exit(1)


def _check_there(paths: Sequence[Path]) -> None:
    """UsageError for a path that is mistyped: as a finding it would accuse somebody."""
    for path in paths:
        if not path.exists():
            raise UsageError("file.read_failed", path=str(path), detail=text("file.no_file").zh)


def _papers(room: Room, found: Inspection, out: Path, *, pdf: bool) -> None:
    """Reports for people; where this machine makes no PDF that is said, and the HTML is there all the same."""
    for one in found.years:
        try:
            paper.write(room, found, one, out, pdf=pdf)
        except UsageError as error:
            typer.echo(f"{error.text.zh}\n{error.text.en}\n  → {error.text.hint_zh}\n  → {error.text.hint_en}", err=True)
            pdf = False


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError as error:
        raise UsageError("inspect.day", given=given) from error


def _broken(error: DrawError, out: Path | None, *, as_json: bool) -> None:
    """A ledger that does not replay is the finding; nothing that it says can be believed."""
    # The replay names the entry at which it stopped; why stands behind it.
    cause = error.__cause__ if isinstance(error.__cause__, DrawError) else error
    if cause.key == "file.missing":
        place = Place(session=str(cause.values["session"]))
        finding = Finding("record-missing", place, values={"draw": "—", "files": cause.values["name"]})
    else:
        finding = Finding("ledger-broken", Place(), values={"detail": error.text.zh})
    if out is not None:
        write_durable(out / "inspection.txt", f"{finding.words.zh}\n{finding.words.en}\n".encode())
    if as_json:
        value: dict[str, Any] = {"findings": [finding.json(1)]}
        show_json(value)
    else:
        typer.echo(f"[{finding.type}] {finding.words.zh}\n{finding.words.en}")


def _progress() -> Progress:
    begun = last = time.monotonic()

    def tell(what: str, done: int, of: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done and done < of and now - last >= TELL:
            last = now
            seconds = round((now - begun) / done * (of - done))
            row = text("inspection.progress", what=what, done=done, all=of, seconds=seconds)
            typer.echo(f"{row.zh} / {row.en}", err=True)

    return tell
