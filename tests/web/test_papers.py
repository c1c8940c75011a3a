"""Slips, papers, site and discs from the console."""

from __future__ import annotations

import html
import re
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ledger.stories import with_witness
from tests.simulator import Simulator
from tests.web.hall import PLAN, Clerk, Hall
from verifiable_draw.freeze import Person, person
from verifiable_draw.slip_codes import Slip


def slips_of(simulator: Simulator) -> dict[Person, Slip]:
    room = simulator.another()
    root = room.view.session("s1").draws["d1"].frozen
    assert root is not None
    found = {person(student): slip for unit in room.private.holders(root["roster_root"]) for student, slip in unit}
    room.close()
    return found


def files(clerk: Clerk) -> list[str]:
    return [html.unescape(name) for name in re.findall(r'href="/console/paper\?file=([^"]+)"', clerk.look("papers"))]


def test_slips_and_papers_before_the_draw(hall: Callable[..., Hall]) -> None:
    room = hall()
    clerk = Clerk(room)
    clerk.sign_in()
    assert "生成凭条" in clerk.look("papers")
    known = slips_of(room.simulator)
    said = clerk.press("print_slips", "papers", draw="")
    assert "113 张凭条（2 个学校）" in said
    assert set(files(clerk)) >= {"slips/slips-d1.html", "slips/seconds-d1.html", "slips/slips-d2.html"}
    with clerk.opener.open(f"{room.base}/console/paper?file=slips/slips-d1.html", timeout=30) as answer:
        page = answer.read().decode()
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert all(slip.code[0] in page for slip in known.values())
    (_kind, number), slip = next(iter(known.items()))
    assert "已补打一张" in clerk.press("print_again", "papers", draw="d1", who=number)
    assert any(slip.pseudonym in name for name in files(clerk))
    assert "没有这个代号或证件号码" in clerk.press("print_again", "papers", draw="d1", who="1")
    said = clerk.press("print_papers", "papers")
    assert "个文件" in said
    assert {"public/plan.html", "bureau/roster-d1.html"} <= set(files(clerk))
    assert "已删除" in clerk.press("drop_papers", "papers")
    assert files(clerk) == []
    ledger = b"".join(path.read_bytes() for path in room.folder.glob("ledger.db*"))
    assert b"roster.frozen" in ledger
    assert number.encode() not in ledger
    assert slip.pseudonym.encode() not in ledger


@pytest.mark.parametrize("name", ["../ledger.db", "/etc/passwd", "slips", "keys/operator.key", "../../bureau/papers/s1/slips/x.html"])
def test_no_other_file_is_shown(hall: Callable[..., Hall], name: str) -> None:
    room = hall()
    clerk = Clerk(room)
    clerk.sign_in()
    clerk.press("print_slips", "papers", draw="d1")
    with pytest.raises(urllib.error.HTTPError) as refused:
        clerk.opener.open(f"{room.base}/console/paper?file={name}", timeout=30)
    assert refused.value.code == 409
    refused.value.close()


def test_only_the_operator_sees_names(hall: Callable[..., Hall]) -> None:
    room = hall()
    clerk = Clerk(room)
    clerk.sign_in()
    clerk.press("print_slips", "papers", draw="d1")
    other = Clerk(room)
    other.sign_in("approver")
    with pytest.raises(urllib.error.HTTPError) as refused:
        other.opener.open(f"{room.base}/console/paper?file=slips/slips-d1.html", timeout=30)
    assert refused.value.code == 409
    refused.value.close()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    simulator = Simulator(tmp_path_factory.mktemp("published"))
    simulator.run()
    simulator.room.close()
    room = Hall(simulator).start()
    yield room
    room.close()


def test_site_and_discs_after_the_draw(published: Hall) -> None:
    clerk = Clerk(published)
    clerk.sign_in()
    assert "站点已生成" in clerk.press("build_site", "papers")
    assert (published.folder / "site" / "s1" / "slip.html").is_file()
    assert str(published.folder / "site") in clerk.look("papers")
    clerk.press("print_papers", "papers")
    said = clerk.press("build_discs", "papers", passphrase="inspection of autumn 2026", label="disc")
    images = sorted((published.folder / "discs" / "s1" / "disc").glob("*.iso"))
    assert [image.name for image in images] == ["public.iso", "sealed.iso"]
    assert len(re.findall("核对码 [0-9A-Z-]{19}", said)) == 2
    assert all(str(image) in clerk.look("papers") for image in images)
    assert "已经用于别的文件" in clerk.press("build_discs", "papers", label="disc")
    assert "核对码" in clerk.press("build_discs", "papers", label="disc-2")


def test_a_site_that_no_witness_cosigned_is_warned_about(tmp_path: Path) -> None:
    simulator = Simulator(tmp_path, plan=PLAN)
    with_witness(simulator)
    simulator.run(after="found", until="rosters")
    simulator.room.close()
    room = Hall(simulator).start()
    try:
        said = Clerk(room).sign_in().press("build_site", "papers")
    finally:
        room.close()
    assert "站点已生成" in said
    assert "活动 s1 的条目还没有政策要求的见证方联署" in said
    assert "vdraw ledger witness" in said
