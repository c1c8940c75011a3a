"""`vdraw serve`, and the observers' program that attends by itself over the room's network."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from verifiable_draw import keyfile
from verifiable_draw.attendant import Attendant, check_over, enrolment
from verifiable_draw.cli.common import HERE, RoomOption, give, say
from verifiable_draw.cli.keys import PlainOption, new_passphrase
from verifiable_draw.cli.observer import KeyOption
from verifiable_draw.device import Device
from verifiable_draw.errors import UsageError
from verifiable_draw.link import Link
from verifiable_draw.replay import Session
from verifiable_draw.texts import text


def serve(
    room: RoomOption = HERE,
    host: Annotated[str, typer.Option(help="监听地址 / address to listen on")] = "0.0.0.0",  # noqa: S104 - phones come in
    port: Annotated[int, typer.Option(help="端口，0 为任意 / port, 0 for any")] = 8000,
    address: Annotated[str, typer.Option(help="手机打开的地址 / what phones open, if not found by itself")] = "",
    *, quiet: Annotated[bool, typer.Option("--quiet", help="不显示二维码 / no QR code")] = False,
) -> None:  # fmt: skip
    """启动现场服务器：控制台、大屏幕、观察员网页 / the room's server: console, screen, observers' page.

    例 / example: vdraw serve --room bureau
    """
    from verifiable_draw.web.serve import serve as run  # noqa: PLC0415 - other commands start without a web server

    run(room, host, port, address, quiet=quiet)


def check(
    address: Annotated[str, typer.Argument(help="现场服务器 / the room's server, http://…")],
    session: Annotated[str, typer.Argument(help="活动编号 / session id")],
    sealed: Annotated[Path, typer.Argument(help="收到的密封名册文件夹 / the folder of sealed rosters")], key: KeyOption,
) -> None:  # fmt: skip
    """保管方在现场网络上等待分组并独立重算 / a holder waits for the groups, recomputes and signs them, over the network.

    例 / example: vdraw observer check http://192.168.1.5:8000 2026-autumn sealed/ --key recipient.key
    """
    files = {path.stem: path.read_bytes() for path in sorted(sealed.glob("*.json"))}
    if not files:
        raise UsageError("checked.files_missing", draws=str(sealed))
    device = Device.open(keyfile.load(key), key.with_suffix(".device.json"))
    link = Link(address, key.with_suffix(".packet"))
    signed = check_over(device, link, session, files, lambda state: say("check.state", **_named(state)))
    say("check.signed" if signed else "check.too_late", session=session)
    if not signed:
        sys.exit(2)


def _named(state: str) -> dict[str, str]:
    """A state's name in both languages."""
    row = text(f"state.{state}")
    return {"zh": row.zh, "en": row.en}


def attend(
    address: Annotated[str, typer.Argument(help="现场服务器 / the room's server, http://…")], key: KeyOption,
    code: Annotated[str, typer.Option(help="大屏幕上的登记码 / the code on the screen")] = "",
    role: Annotated[str, typer.Option(help="身份 / role")] = "parent",
    name: Annotated[str, typer.Option(help="姓名，只给工作人员看 / name, for the clerk")] = "",
    typed: Annotated[str, typer.Option(help="骰子或随手输入 / dice or anything typed, mixed in")] = "",
    *, plain: PlainOption = False,
) -> None:  # fmt: skip
    """在现场网络上自动参加一场活动 / attend a session over the room's network, by itself.

    例 / example: vdraw observer attend http://192.168.1.5:8000 --key me.key --code 4821-7730 --role parent --name 张三
    """
    if not key.exists():
        keyfile.create(key, "observer", "observer", os.urandom, new_passphrase(key, plain=plain))
    made = keyfile.load(key)
    link = Link(address, key.with_suffix(".packet"))
    session = str(link.state()["session"])
    known = link.get(f"enrol/{made.public.hex()}")
    if known.get("status") in ("unknown", "refused"):
        enrolment(made, link, name or "observer", role, code)
    say("attend.waiting", code=made.fingerprint)
    device = Device.open(made, key.with_suffix(".device.json"))
    seen: list[str] = []

    def told(now: Session) -> None:
        if now.state not in seen:
            seen.append(now.state)
            say("attend.state", **_named(now.state), header=now.header.code if now.header else "—")

    try:
        Attendant(device, link, session, typed).attend(lambda: False, told)
        view = device.look(link.packet())
        path = key.with_suffix(f".trust-{session}.json")
        give(path, device.trust(view.session(session)))
        say("attend.trust", path=path)
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)
