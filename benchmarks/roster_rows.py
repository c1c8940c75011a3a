"""The import: a county's workbooks, and one large workbook, each in a process of its own so that memory is its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from verifiable_draw.county import generate_students, school_specs, write_workbook

Row = tuple[str, float, str, str]
"""What, seconds, goal, note."""

_IMPORT = """
import os
import sys
from pathlib import Path
from verifiable_draw.rosters import import_rosters
if __name__ == "__main__":
    report = import_rosters([Path(name) for name in sys.argv[1:]])
    spent = os.times()
    # Of this process alone: what a parent reads of its child is no less than its own size when it forked.
    peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    processors = spent.user + spent.system + spent.children_user + spent.children_system
    print(len(report.students), len(report.problems), int(peak) // 1024, round(processors, 1))
"""


def imported(folder: Path, paths: list[Path]) -> tuple[float, str]:
    """Seconds, and what an import of these files says; the start of Python is in the time."""
    program = folder / "import_all.py"
    program.write_text(_IMPORT)
    begin = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(program), *map(str, paths)], stdout=subprocess.PIPE, text=True, check=True
    )
    seconds = time.perf_counter() - begin
    students, problems, peak, processors = done.stdout.split()
    return seconds, f"{peak} MiB, {processors} s of processors; {students} students, {problems} problems"


def rows(*, quick: bool = False) -> Iterator[Row]:
    """Yield the rows; `quick` takes a tenth of the students."""
    share = 10 if quick else 1
    for schools, students, goal in ((100 // share, 40_000 // share, "under 30 s"), (1, 100_000 // share, "")):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            specs = school_specs(100 // share, students, "benchmark")
            people = {spec: generate_students(spec, "benchmark") for spec in specs}
            if schools > 1:
                paths = [folder / f"{spec.code}.xlsx" for spec in specs]
                for path, own in zip(paths, people.values(), strict=True):
                    write_workbook(path, {"名册": own})
            else:
                paths = [folder / "all.xlsx"]
                write_workbook(paths[0], {"名册": [student for own in people.values() for student in own]})
            seconds, said = imported(folder, paths)
            workbooks = f"{len(paths)} workbooks" if len(paths) > 1 else "one workbook"
            yield f"import of {students:,} rows in {workbooks}", seconds, goal, said
