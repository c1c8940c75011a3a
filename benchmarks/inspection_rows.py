"""Three years of a county inspected from ledger, records, sealed rosters and discs; then once more, taken up."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from verifiable_draw.county import school_specs
from verifiable_draw.simulation.years import County

Row = tuple[str, float, str, str]
YEARS = 3


def rows(*, quick: bool) -> Iterator[Row]:
    """Rows of the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        specs = school_specs(13 if quick else 101, 4160 if quick else 40_040, "benchmark")
        begun = time.perf_counter()
        county = County(folder / "county", specs)
        county.run()
        for _ in range(YEARS - 1):
            county.go_on()
        lived = time.perf_counter() - begun
        children = sum(spec.students for spec in county.specs) * YEARS
        discs = sorted((folder / "county" / "discs").glob("*/*.iso"))
        county.close()
        key = folder / "h1.key"
        value = {"id": "h1", "role": "recipient", "seed": county.story.holders["h1"].seed.hex()}
        key.write_text(json.dumps(value, separators=(",", ":")))
        what = f"{YEARS} years of {len(county.specs)} schools, {children} children, {len(discs)} discs"
        for again, goal in ((False, "under 300 s"), (True, "")):
            spent, memory, said = _inspect(folder, key, discs)
            note = f"{memory:.0f} MiB, {said}; lived through in {lived:.0f} s"
            yield what + (", taken up" if again else ""), spent, goal, note
        spent, memory, said = _inspect(folder, key, ())
        yield f"{what}, without discs, taken up", spent, "", f"{memory:.0f} MiB, {said}"


def _inspect(folder: Path, key: Path, discs: tuple[Path, ...] | list[Path]) -> tuple[float, float, str]:
    """Seconds, peak MiB of the largest process, and what came out."""
    command = [sys.executable, "-m", "verifiable_draw", "inspect", str(folder / "county" / "bureau"), "--key", str(key)]
    for disc in discs:
        command += ["--disc", str(disc)]
    command += ["--films", str(folder / "county" / "films"), "--out", str(folder / "out")]
    environment = os.environ | {"VDRAW_STATE": str(folder / "county" / "state")}
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603 - ours
    spent = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    lines = [line for line in done.stdout.splitlines() if line.startswith(("违规", "待处理"))]
    return spent, memory, " ".join(lines) or done.stderr[-200:]
