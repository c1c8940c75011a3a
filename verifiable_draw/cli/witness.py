"""`vdraw witness …`: a witness of somebody else's ledger, on the network or with a stick."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Annotated

import typer

from ledger.checkpoint import parse_checkpoint
from verifiable_draw.cli.common import say
from verifiable_draw.cli.keys import PlainOption, new_passphrase
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.witness_server import Witness, application

app = typer.Typer(help="见证方：为别人的账本联署 / a witness of other ledgers", no_args_is_help=True)

FolderArgument = Annotated[Path, typer.Argument(help="见证方的文件夹 / the witness's folder")]
ClassicOption = Annotated[bool, typer.Option("--ed25519-only", help="不加后量子联署 / no post-quantum line")]
OK = 200


@app.command()
def init(folder: FolderArgument, name: str, *, plain: PlainOption = False) -> None:
    """建立见证方 / make a witness; its name is for ever part of its key.

    例 / example: vdraw witness init witness city.example/witness
    """
    Witness.create(folder, name, os.urandom, new_passphrase(folder / "witness.key", plain=plain))
    say("done.written", path=folder)


@app.command("add-log")
def add_log(
    folder: FolderArgument, vkey: str,
    *, keep: Annotated[bool, typer.Option("--keep", help="旧公钥也保留 / trust the former key too")] = False,
) -> None:  # fmt: skip
    """信任一个账本；新公钥取代旧的 / trust a ledger; a new key takes the place of the former (vdraw ledger vkey).

    例 / example: vdraw witness add-log witness 'county.example/ledger+1a2b3c4d+AT…'
    """
    Witness.open(folder).add_log(vkey, keep=keep)
    say("done.written", path=folder / "logs")


@app.command()
def vkeys(folder: FolderArgument, *, classic: ClassicOption = False) -> None:
    """显示见证方的公钥，写进政策 / its verifier keys, for the ledger's policy.

    例 / example: vdraw witness vkeys witness
    """
    for key in Witness.open(folder, post_quantum=not classic).vkeys:
        typer.echo(str(key))


@app.command()
def serve(
    folder: FolderArgument, host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 7380, prefix: str = "", *, classic: ClassicOption = False
) -> None:  # fmt: skip
    """在网络上联署（C2SP tlog-witness）/ cosign over http.

    例 / example: vdraw witness serve witness --host 0.0.0.0 --port 7380
    """
    import uvicorn  # noqa: PLC0415 - only a server needs it

    witness = Witness.open(folder, post_quantum=not classic)
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise UsageError("witness.port", address=f"{host}:{port}", detail=error.strerror or "") from error
    say("witness.serving", name=witness.name, address=f"http://{host}:{port}{prefix}")
    server = uvicorn.Server(uvicorn.Config(application(witness, prefix), log_level="warning", access_log=False))
    server.run(sockets=[listening])


@app.command()
def cosign(folder: FolderArgument, request: Path, out: Path, *, classic: ClassicOption = False) -> None:
    """联署 U 盘上的请求 / answer a request that came on a stick.

    例 / example: vdraw witness cosign witness stick/request.txt stick/answer.txt
    """
    answer = Witness.open(folder, post_quantum=not classic).add(read(request))
    if answer.status != OK:
        key = f"witness.refused_{answer.status}" if answer.status in (403, 409, 422) else "witness.refused"
        raise DataError(key, status=answer.status, detail=answer.body.decode("utf-8", "replace").strip())
    write_durable(out, answer.body)
    say("done.written", path=out)


@app.command()
def latest(folder: FolderArgument, out: Path) -> None:
    """写出每个账本最后联署的检查点 / write the checkpoint last cosigned for every ledger (for 'vdraw ledger resume').

    例 / example: vdraw witness latest witness stick/
    """
    witness = Witness.open(folder)
    for origin in witness.store.origins():
        note = witness.store.latest(origin)
        if note is not None:
            path = out / f"{origin.replace('/', '_')}.note"
            write_durable(path, str(note).encode())
            say("witness.latest", origin=origin, size=parse_checkpoint(note.text).size, path=path)
    for number, (_time, refused) in enumerate(witness.store.refused(), 1):
        write_durable(out / f"refused-{number}.note", str(refused).encode())
        say("witness.evidence", path=out / f"refused-{number}.note")
