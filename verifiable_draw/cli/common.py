"""What all commands share: options, how a line is said, how an error ends the program."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from ledger.canonical import Json, encode
from ledger.checkpoint import parse_checkpoint
from ledger.entry import Entry, Message
from ledger.note import Note, NoteError, parse_note
from verifiable_draw.errors import DataError, DrawError
from verifiable_draw.files import read, write_durable
from verifiable_draw.room import Room
from verifiable_draw.texts import text

ApproverOption = Annotated[Path, typer.Option("--approver", help="审定人的密钥 / the approver's key file")]
RoomOption = Annotated[
    Path, typer.Option("--room", envvar="VDRAW_ROOM", help="工作文件夹 / the bureau's folder", show_default=True)
]
SessionOption = Annotated[
    str, typer.Option("--session", "-s", envvar="VDRAW_SESSION", help="活动编号 / session id; the last one if left out")
]
JsonOption = Annotated[bool, typer.Option("--json", help="机器可读输出 / print JSON")]
OutOption = Annotated[
    Path, typer.Option("--out", "-o", help="输出文件，- 表示标准输出 / file to write, - for standard output")
]

HERE = Path()

# What a command opened and main() closes, however the command ends.
OPENED = ExitStack()


def open_room(folder: Path, *, create: bool = False) -> Room:
    """Open the bureau's folder for this command."""
    room = Room.create(folder) if create else Room.open(folder)
    OPENED.callback(room.close)
    return room


def say(key: str, /, **values: object) -> None:
    """Print a sentence of the catalogue, Chinese first."""
    row = text(key, **values)
    typer.echo(f"{row.zh}\n{row.en}")


def note(key: str, /, **values: object) -> None:
    """Show progress on the error stream: one line that is written over where there is a terminal."""
    row = text(key, **values)
    end = "\r" if sys.stderr.isatty() else "\n"
    sys.stderr.write(f"{row.zh} / {row.en}   {end}")
    sys.stderr.flush()


def warn(key: str, /, **values: object) -> None:
    """Print a sentence that nobody should miss, and what to do, on the error stream."""
    row = text(key, **values)
    typer.secho(f"！！ {row.zh}\n!! {row.en}", err=True, bold=True)
    if row.hint_zh:
        typer.secho(f"  → {row.hint_zh}\n  → {row.hint_en}", err=True, bold=True)


def fail(error: DrawError) -> typer.Exit:
    """Print an error as one sentence and one hint in each language; returns the exit to raise."""
    row = error.text
    typer.echo(f"错误：{row.zh}\nError: {row.en}", err=True)
    if row.hint_zh:
        typer.echo(f"  → {row.hint_zh}\n  → {row.hint_en}", err=True)
    return typer.Exit(error.exit_code)


def show_json(value: Any) -> None:  # noqa: ANN401 - any JSON
    """Print a value as JSON for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1))


def entered(entry: Entry, *, as_json: bool = False) -> None:
    """Say that an entry stands in the ledger."""
    if as_json:
        show_json({"seq": entry.seq, "type": entry.message.type, "time": entry.time})
    else:
        say("done.entry", seq=entry.seq, type=entry.message.type)


def session_of(room: Room, name: str) -> str:
    """The session meant: the one named, else the ledger's last."""
    return name or next(reversed(room.view.sessions), "")


def give(out: Path, value: Json | Message) -> None:
    """Write a message (or other canonical value) to a file or to standard output."""
    data = encode(value.json() if isinstance(value, Message) else value)
    if str(out) == "-":
        sys.stdout.buffer.write(data + b"\n")
        sys.stdout.flush()
    else:
        write_durable(out, data + b"\n")
        typer.echo(str(out), err=True)


def read_note(path: Path) -> Note:
    """A signed checkpoint from a file."""
    try:
        note = parse_note(read(path).decode("utf-8"))
        parse_checkpoint(note.text)
    except (NoteError, UnicodeDecodeError) as error:
        raise DataError("note.malformed", path=str(path)) from error
    return note


def take(paths: list[Path]) -> list[bytes]:
    """Bytes of files, or of standard input (one message a line) where the path is - or none is given."""
    if not paths or [str(p) for p in paths] == ["-"]:
        return [line for line in sys.stdin.buffer.read().split(b"\n") if line]

    return [read(path) for path in paths]
