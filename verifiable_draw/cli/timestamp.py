"""`vdraw timestamp …`: RFC 3161 timestamps of checkpoints, with the request on a stick and the answer days later."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.checkpoint import Checkpoint, parse_checkpoint
from verifiable_draw import timestamps
from verifiable_draw.cli.common import HERE, RoomOption, entered, open_room, say
from verifiable_draw.errors import UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.room import Room

app = typer.Typer(help="时间戳（RFC 3161）：请求、附入、核对 / timestamps", no_args_is_help=True)

CaOption = Annotated[list[Path], typer.Option("--ca", help="时间戳机构的证书（PEM）/ the authority's certificates")]


def _text(room: Room, size: int) -> bytes:
    if not 1 <= size <= room.store.head.size:
        raise UsageError("timestamp.size", size=size)
    return Checkpoint(room.view.origin, size, room.store.root_at(size)).text().encode()


@app.command()
def request(out: Path, room: RoomOption = HERE) -> None:
    """写出对最后检查点的时间戳请求 / write a request for the last checkpoint; its size is in the file's name.

    例 / example: vdraw timestamp request stick/ --room bureau   →   stick/checkpoint-41.tsq
    """
    opened = open_room(room)
    size = parse_checkpoint(opened.checkpoint().text).size
    path = out if out.suffix == ".tsq" else out / f"checkpoint-{size}.tsq"
    write_durable(path, timestamps.request(_text(opened, size)))
    say("done.timestamp_request", path=path, size=size)


@app.command()
def attach(response: Path, size: int, ca: CaOption, room: RoomOption = HERE) -> None:
    """核对并记入时间戳（可以几天以后）/ check the authority's answer and enter it, days later if need be.

    例 / example: vdraw timestamp attach stick/checkpoint-41.tsr 41 --ca tsa-root.pem --room bureau
    """
    opened = open_room(room)
    data = read(response)
    proven = timestamps.verify(data, _text(opened, size), [read(path) for path in ca])
    if any(body["response"] == data.hex() for body in opened.view.timestamps):
        raise UsageError("timestamp.again")
    entered(opened.operate("", "timestamp", {"response": data.hex(), "size": size}))
    say("done.timestamp", size=size, time=proven.isoformat())


@app.command()
def verify(
    ca: CaOption, room: RoomOption = HERE,
    out: Annotated[Path | None, typer.Option(help="把请求文本和应答写到文件夹 / write texts and answers there, for openssl ts")] = None,
) -> None:  # fmt: skip
    """核对账本里所有时间戳 / verify every timestamp of the ledger against the authority's certificates.

    例 / example: vdraw timestamp verify --ca tsa-root.pem --room bureau
    """
    opened = open_room(room)
    certificates = [read(path) for path in ca]
    if not opened.view.timestamps:
        say("done.nothing")
    for body in opened.view.timestamps:
        data, text = bytes.fromhex(body["response"]), _text(opened, body["size"])
        proven = timestamps.verify(data, text, certificates)
        if out is not None:
            write_durable(out / f"checkpoint-{body['size']}.txt", text)
            write_durable(out / f"checkpoint-{body['size']}.tsr", data)
        say("done.timestamp", size=body["size"], time=proven.isoformat())
