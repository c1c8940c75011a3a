"""Three years of a county inspected from ledger, records, sealed rosters and discs; then once more, taken up."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from verifiable_draw.county import school_specs
from verifiable_draw.simulation.years import County

Row = tuple[str, float, str, str]
YEARS = 3
LIVED = Path(__file__).parents[1] / "build" / "inspected"
"""Counties that were lived through, kept between runs: the larger one takes most of an hour. Delete it to live anew."""


def rows(*, quick: bool) -> Iterator[Row]:
    """Rows of the table."""
    home = LIVED / ("quick" if quick else "full")
    lived = home / "lived.json"
    if not lived.exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        lived.write_text(json.dumps(_live(home, 13 if quick else 101, 4160 if quick else 40_040)))
    facts = json.loads(lived.read_text())
    discs = sorted((home / "county" / "discs").glob("*/*.iso"))
    what = f"{YEARS} years of {facts['schools']} schools, {facts['children']} children, {len(discs)} discs"
    with tempfile.TemporaryDirectory() as name:
        for again, goal in ((False, "under 300 s"), (True, "")):
            spent, memory, said = _inspect(home, Path(name), discs)
            note = f"{memory:.0f} MiB, {said}; lived through in {facts['seconds']} s"
            yield what + (", taken up" if again else ""), spent, goal, note
        spent, memory, said = _inspect(home, Path(name), ())
        yield f"{what}, without discs, taken up", spent, "", f"{memory:.0f} MiB, {said}"


def _live(home: Path, schools: int, children: int) -> dict[str, int]:
    """Live through the years; what is known of them."""
    begun = time.perf_counter()
    county = County(home / "county", school_specs(schools, children, "benchmark"))
    county.run()
    for _ in range(YEARS - 1):
        county.go_on()
    value = {"id": "h1", "role": "recipient", "seed": county.story.holders["h1"].seed.hex()}
    (home / "h1.key").write_text(json.dumps(value, separators=(",", ":")))
    facts = {"schools": len(county.specs), "children": sum(spec.students for spec in county.specs) * YEARS}
    county.close()
    return facts | {"seconds": round(time.perf_counter() - begun)}


def _inspect(home: Path, out: Path, discs: Sequence[Path]) -> tuple[float, float, str]:
    """Seconds, peak MiB of the largest process, and what came out."""
    command = [sys.executable, "-m", "verifiable_draw", "inspect", str(home / "county" / "bureau")]
    command += ["--key", str(home / "h1.key"), "--out", str(out / "report"), "--films", str(home / "county" / "films")]
    for disc in discs:
        command += ["--disc", str(disc)]
    environment = os.environ | {"VDRAW_STATE": str(home / "county" / "state")}
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603 - ours
    spent = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    lines = [line for line in done.stdout.splitlines() if line.startswith(("违规", "待处理"))]
    return spent, memory, " ".join(lines) or done.stderr[-200:]
