"""`vdraw observer …`: the observers' side, on a machine of their own, working from a packet."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer

from ledger.canonical import short_code
from verifiable_draw import keyfile
from verifiable_draw.cli.common import OutOption, give, note, read_note, say
from verifiable_draw.cli.keys import PlainOption, new_passphrase
from verifiable_draw.device import Device
from verifiable_draw.files import read
from verifiable_draw.packet import open_packet
from verifiable_draw.recipient import check_groups as check

app = typer.Typer(help="观察员和保管方一侧 / observers and holders of sealed rosters", no_args_is_help=True)

KeyOption = Annotated[Path, typer.Option("--key", "-k", help="自己的密钥文件 / your own key file")]
PacketArgument = Annotated[Path, typer.Argument(help="拿到的数据文件夹 / the packet's folder")]
SessionArgument = Annotated[str, typer.Argument(help="活动编号 / session id")]
STDOUT = Path("-")


def device_of(key: Path) -> Device:
    """The device of a key file; its state lies beside the key."""
    return Device.open(keyfile.load(key), key.with_suffix(".device.json"))


@app.command("key")
def make_key(
    path: Path, name: str, role: Annotated[str, typer.Option(help="角色 / bureau, discipline, congress …")],
    client: Annotated[str, typer.Option(help="客户端 / command-line, own-program …")] = "command-line",
    out: OutOption = STDOUT, *, plain: PlainOption = False,
) -> None:  # fmt: skip
    """生成观察员密钥和登记文件 / make a key and the file to enrol with.

    例 / example: vdraw observer key me.key p1 --role parent --out stick/p1.enrol.json
    """
    made = keyfile.create(path, name, "observer", os.urandom, new_passphrase(path, plain=plain))
    give(out, {"client": client, "id": name, "key": made.public.hex(), "role": role})
    typer.echo(f"{name} {made.fingerprint}", err=True)


@app.command()
def look(packet: PacketArgument, session: SessionArgument, key: KeyOption) -> None:
    """核对数据，显示总表核对码 / check a packet, show ledger, fingerprint and header code.

    例 / example: vdraw observer look stick/packet 2026-autumn --key me.key
    """
    device = device_of(key)
    view = device.look(open_packet(packet))
    say("device.pinned", origin=device.origin, code=short_code(device.operator))
    header = view.session(session).header
    if header:
        say("device.header", code=header.code)


@app.command()
def compare(checkpoint: Path, key: KeyOption) -> None:
    """与别人看到的检查点比较 / compare a checkpoint that somebody else was shown with the history seen here.

    例 / example: vdraw observer compare stick/their-checkpoint.note --key me.key
    """
    device = device_of(key)
    say("device.compared", size=device.compare(read_note(checkpoint)), seen=device.seen.size)


@app.command()
def commit(
    packet: PacketArgument, session: SessionArgument, key: KeyOption,
    typed: Annotated[str, typer.Option(help="自己掷的骰子或随手输入，与系统随机数混合 / dice or anything typed, mixed in")] = "",
    out: OutOption = STDOUT,
) -> None:  # fmt: skip
    """核对总表后做出承诺 / check the header, then commit to a fresh contribution.

    例 / example: vdraw observer commit stick/packet 2026-autumn --key me.key --typed 4614253 --out stick/p1.commit.json
    """
    device = device_of(key)
    opened = open_packet(packet)
    message = device.commit(opened, session, typed, os.urandom)
    header = device.look(opened).session(session).frozen_header()
    typer.echo(f"{header.code}", err=True)
    give(out, message)


@app.command("public-draw")
def public_draw(
    packet: PacketArgument, session: SessionArgument, digits: str, key: KeyOption, out: OutOption = STDOUT
) -> None:
    """确认公开摇号的数字 / confirm the digits of the public draw.

    例 / example: vdraw observer public-draw stick/packet 2026-autumn 460913 --key me.key --out stick/p1.source.json
    """
    give(out, device_of(key).confirm_public_draw(open_packet(packet), session, digits))


@app.command()
def attest(packet: PacketArgument, session: SessionArgument, key: KeyOption, out: OutOption = STDOUT) -> None:
    """核对并确认分组，或揭示截止后确认揭示 / check and attest the groups or, after the close, the reveals.

    例 / example: vdraw observer attest stick/packet 2026-autumn --key me.key --out stick/p1.attest.json
    """
    device, opened = device_of(key), open_packet(packet)
    revealed = device.look(opened).session(session).state == "REVEALED"
    give(out, (device.attest_reveals if revealed else device.attest_groups)(opened, session))


@app.command()
def reveal(packet: PacketArgument, session: SessionArgument, key: KeyOption, out: OutOption = STDOUT) -> None:
    """揭示自己的随机数 / open the contribution, once the quorum has attested.

    例 / example: vdraw observer reveal stick/packet 2026-autumn --key me.key --out stick/p1.reveal.json
    """
    give(out, device_of(key).reveal(open_packet(packet), session))


@app.command()
def cosign(packet: PacketArgument, session: SessionArgument, key: KeyOption, out: OutOption = STDOUT) -> None:
    """联署账本的检查点 / cosign the ledger's checkpoint: it extends all you saw.

    例 / example: vdraw observer cosign stick/packet 2026-autumn --key me.key --out stick/p1.cosign.json
    """
    give(out, device_of(key).cosign(open_packet(packet), session, int(time.time())))


@app.command()
def trust(packet: PacketArgument, session: SessionArgument, key: KeyOption, out: OutOption = STDOUT) -> None:
    """写出信任文件：核验程序凭它知道该相信谁 / write a trust file: whom a verifier is to believe (verification V8).

    它来自您自己的设备，不是教育局给的 / it comes from your own device, not from the bureau.
    例 / example: vdraw observer trust stick/packet 2026-autumn --key me.key --out trust.json
    """
    device = device_of(key)
    give(out, device.trust(device.look(open_packet(packet)).session(session)))


@app.command("check-groups")
def check_groups(
    packet: PacketArgument, session: SessionArgument, sealed: Path, key: KeyOption, out: OutOption = STDOUT
) -> None:
    """保管方用密封名册独立重算分组 / recompute the groups from the sealed rosters, then sign.

    例 / example: vdraw observer check-groups stick/packet 2026-autumn sealed/ --key recipient.key --out stick/checked.json
    """
    files = {path.stem: read(path) for path in sorted(sealed.glob("*.json"))}
    progress = lambda done, total: note("progress.groups", done=done, all=total)  # noqa: E731
    give(out, check(device_of(key), open_packet(packet), session, files, progress))
