"""`vdraw archive …`: discs of a session, films and other evidence, and how both are checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledger.canonical import short_code
from ledger.entry import Entry
from verifiable_draw import keyfile
from verifiable_draw.archive import building, checking, evidence, hashing, sealed_disc
from verifiable_draw.cli.common import HERE, JsonOption, RoomOption, entered, note, open_room, say, show_json
from verifiable_draw.errors import UsageError
from verifiable_draw.files import write_durable

app = typer.Typer(help="归档：光盘、录像等证据、核对 / the archive: discs, films, checks", no_args_is_help=True)

MEBIBYTE = 1 << 20


def _step(name: str) -> None:
    note(f"archive.step_{name}")


@app.command()
def build(
    session: str, out: Path, room: RoomOption = HERE,
    documents: Annotated[Path | None, typer.Option(help="要一并刻录的公开文件 / folder with public papers for the disc")] = None,
    inspector: Annotated[Path | None, typer.Option(help="年检方公钥文件，另做密封光盘 / the inspection's public key: also make the sealed disc")] = None,
    passphrase: Annotated[bool, typer.Option("--passphrase", help="密封光盘用口令加密 / seal under a passphrase instead")] = False,
    enter: Annotated[bool, typer.Option("--enter", help="把镜像的 SHA-256 记入账本 / enter the images' SHA-256 as evidence")] = False,
    label: Annotated[str, typer.Option(help="记入账本的标签前缀，再做一次时换一个 / labels begin with this; another one the second time")] = "disc",
    *, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """制作归档光盘镜像 / make the images to burn: the public disc, and the sealed one for the inspection.

    OUT 必须是新文件夹；同样的账本得到同样的公开镜像 / OUT is a new folder; the same ledger gives the same public image.
    例 / example: vdraw archive build 2026-autumn discs --documents papers --inspector inspection.json --enter --room bureau
    """
    if inspector is not None and passphrase:
        raise UsageError("archive.one_way")
    opened = open_room(room)
    to: sealed_disc.Inspector | str | None = sealed_disc.inspector(inspector) if inspector else None
    if passphrase:
        to = keyfile.new_passphrase(out, keyfile.ARCHIVE)
    entries: list[Entry] = []
    if enter:
        discs, entries = building.build_and_enter(
            opened, session, out, label, documents=documents, inspector=to, progress=_step
        )
    else:
        discs = building.build(opened, session, out, documents=documents, inspector=to, progress=_step)
    if as_json:
        show_json([{"code": d.code, "path": str(d.path), "sha256": d.sha256, "size": d.size} for d in discs])
        return
    for disc in discs:
        say("archive.disc", path=disc.path, sha256=disc.sha256, code=disc.code, size=disc.size)
    for entry in entries:
        entered(entry)


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="镜像、挂载的光盘或文件夹 / image, drive, mounted disc or folder")],
    ledger: Annotated[Path | None, typer.Option(help="手头的账本：工作文件夹、导出、数据包或记录 / the ledger at hand")] = None,
    trust: Annotated[Path | None, typer.Option(help="交给验证程序的信任文件 / trust file for the verifier")] = None,
    repair: Annotated[Path | None, typer.Option(help="把修复后的归档写到这个新文件夹 / new folder for a repaired copy")] = None,
    *, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """核对归档：每个文件、记录、账本 / check an archive: every file, the record, the ledger; exit 1 if anything is wrong.

    例 / example: vdraw archive check /media/cdrom --ledger bureau --repair repaired
    """
    report = checking.check(path, checking.Against(ledger, trust), repair, _step)
    if as_json:
        damages = [{"path": one.path, "what": one.what} for one in report.damages]
        show_json({"damages": damages, "findings": [f.json() for f in report.findings], "good": report.good})
    for finding in () if as_json else report.findings:
        typer.echo(MARKS[finding.outcome], nl=False)
        say(finding.key, **finding.values)
    if not report.good:
        raise typer.Exit(1)


MARKS = {checking.GOOD: "✓ ", checking.NOTE: "· ", checking.BAD: "✗ "}


@app.command("evidence")
def evidence_(
    session: str, files: list[Path], room: RoomOption = HERE,
    kind: Annotated[str, typer.Option(help=" | ".join(evidence.KINDS))] = "video",
    label: Annotated[str, typer.Option(help="标签，多个文件时加 -1、-2 / label; -1, -2 … are added for several files")] = "",
) -> None:  # fmt: skip
    """把录像等大文件的 SHA-256 记入账本，可中断、可继续 / hash films and other files into the ledger; may be interrupted.

    例 / example: vdraw archive evidence 2026-autumn card/*.mp4 --kind video --label camera-1 --room bureau
    """
    if kind not in evidence.KINDS:
        raise UsageError("evidence.kind", kind=kind, known=" | ".join(evidence.KINDS))
    opened = open_room(room)
    names = evidence.labels(label or kind, len(files))
    evidence.check_files(files)
    opened.view.session(session)
    memory = evidence.memory_of(opened)
    try:
        evidence.check_films(opened, session, kind, list(zip(files, names, strict=True)), memory)
        if not hashing.can_resume():
            say("evidence.cannot_resume")
        for path, name in zip(files, names, strict=True):
            found = evidence.fingerprint(path, memory, _progress)
            if found.resumed:
                say("evidence.resumed", path=path, done=found.resumed // MEBIBYTE)
            code = short_code(bytes.fromhex(found.sha256))
            say("evidence.hashed", path=path, sha256=found.sha256, code=code, size=found.size)
            entry = evidence.enter(opened, session, kind, name, found.sha256, found.size)
            say("done.nothing") if entry is None else entered(entry)
    except KeyboardInterrupt:
        say("evidence.stopped")
        raise typer.Exit(130) from None
    finally:
        memory.close()


def _progress(p: evidence.Progress) -> None:
    note(
        "evidence.progress", path=p.path.name, percent=100 * p.done // p.size, done=p.done // MEBIBYTE,
        size=-(-p.size // MEBIBYTE), seconds=p.seconds_left,
    )  # fmt: skip


@app.command("open")
def open_(
    sealed: Annotated[Path, typer.Argument(help="密封光盘上的 data/private.sealed / the file on the sealed disc")],
    out: Annotated[Path, typer.Argument(help="写出的 zip / zip file to write")],
    key: Annotated[Path | None, typer.Option("--key", "-k", help="年检方密钥；省略则用口令 / the inspection's key; a passphrase if left out")] = None,
) -> None:  # fmt: skip
    """年检方打开密封归档 / the inspection opens the sealed part; personal data, guard the zip.

    例 / example: vdraw archive open /media/cdrom/data/private.sealed rosters.zip --key inspection.key
    """
    if out.exists():
        raise UsageError("archive.out_exists", path=str(out))
    parsed = sealed_disc.parse(sealed)
    if (key is None) == bool(parsed.recipient):
        raise UsageError("sealed_disc.other_way", path=str(sealed), id=parsed.recipient or "—")
    secret = keyfile.load(key).sealing if key else keyfile.ask_passphrase(sealed, keyfile.ARCHIVE)
    write_durable(out, sealed_disc.unseal(parsed, secret), mode=0o600)
    say("archive.opened", session=parsed.session, path=out)
