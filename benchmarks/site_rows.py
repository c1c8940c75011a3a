"""A county's slips and public site: all of it, once more after one more session, and a thousand families at once."""

from __future__ import annotations

import http.client
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ledger.canonical import decode
from tests.simulator import OBSERVERS, Simulator
from verifiable_draw.county import generate_students, school_specs
from verifiable_draw.site import building
from verifiable_draw.slip_sheets import print_slips

Row = tuple[str, float, str, str]
FAMILIES = 1000
AT_ONCE = 8  # connections; each family asks for the files that its page asks for


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def rows(*, quick: bool) -> Iterator[Row]:
    """Rows of the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        specs = [s for s in school_specs(13 if quick else 101, 4160 if quick else 40_040, "benchmark") if s.classes > 1]
        story = Simulator(folder, schools=specs, plan={"bundlings": 32})
        for spec in specs:
            story.room.private.save_imported(spec.code, spec.grade, generate_students(spec, "benchmark"))
        story.run(until="rosters")
        total = sum(draw.frozen["students"] for draw in story.session.draws.values())
        spent, printed = _seconds(lambda: print_slips(story.room, "s1", [], folder / "slips"))
        size = sum(one.slips.stat().st_size for one in printed) >> 20
        what = f"slips and second codes of {total} children in {len(printed)} schools"
        yield what, spent, "under 120 s", f"{size} MiB"
        story.run(after="rosters")
        site = folder / "site"
        spent, built = _seconds(lambda: building.build(story.room, site))
        size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) >> 20
        note = f"{built.written} files, {size} MiB, both records verified"
        yield f"public site of {len(specs)} schools, {total} children", spent, "under 60 s", note
        yield _one_more(story, site)
        yield _families(story, site)
        story.room.close()


def _one_more(story: Simulator, site: Path) -> Row:
    """A session of one school more, in the same ledger."""
    first = story.name
    story.name, story.specs = "s2", story.specs[:1]
    story.clock.wait(86_400)
    for name in OBSERVERS:
        story.devices[name] = story.device(story.key(f"{name}-2", "observer"), "-2")
    story.changes = {**story.changes, "session": "s2", "year": 2026, "rehearsal": True}
    story.run(after="found", until="rosters")
    spent, built = _seconds(lambda: building.build(story.room, site))
    story.name = first
    return "the site again after one more session", spent, "under 10 s", f"{len(built.made)} session made anew"


def _families(story: Simulator, site: Path) -> Row:
    """A thousand families ask a stock Python file server for what their page needs, over loopback."""
    holders = [
        draw.id
        for draw in story.session.frozen_header().draws
        for unit in story.room.private.holders(draw.frozen["roster_root"])
        for _ in unit
    ]
    directory: Any = decode((site / "s1" / "slips.json").read_bytes())
    asked = []
    for draw in holders[:: max(1, len(holders) // FAMILIES)][:FAMILIES]:
        steps = (directory["plan"], directory["header"], directory["result"])
        proofs = [f"proofs/{seq}.{end}" for seq in steps for end in ("json", "tlog-proof")]
        asked.append(
            ["slip.html", "slips.json", "policy", "plan.json", "header.json", f"envelopes/result/{draw}.json",
             f"draws/{draw}/units.json", f"draws/{draw}/result.json", *proofs]
        )  # fmt: skip
    command = [sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(site)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603 - Python's own
    try:
        line = server.stdout.readline() if server.stdout else ""
        port = int(line.split(" port ")[1].split()[0])
        with ThreadPoolExecutor(AT_ONCE) as pool:
            spent, errors = _seconds(lambda: sum(pool.map(lambda paths: _ask(port, paths), asked)))
    finally:
        server.terminate()
        server.wait()
    requests = sum(map(len, asked))
    note = f"{requests} requests, {errors} errors, {requests / spent:.0f}/s, Python's http.server, {AT_ONCE} at once"
    return f"{len(asked)} families look their child up", spent, "errors 0", note


def _ask(port: int, paths: list[str]) -> int:
    """Number of files that were not given."""
    errors = 0
    for path in paths:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", f"/s1/{path}")
            answer = connection.getresponse()
            errors += answer.status != http.client.OK or not answer.read()
        except OSError:
            errors += 1
        finally:
            connection.close()
    return errors
