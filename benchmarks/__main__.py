"""Print the table of figures: `python -m benchmarks [quick] [ledger] [verifiers] [room] [rosters]`.

Machines differ and are noisy, so every time stands beside a probe of the same run: SHA-256 of one mebibyte. The
ratio is what to compare.
"""

from __future__ import annotations

import hashlib
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import verifier.classgroup
from benchmarks import ledger_rows, room_rows, roster_rows, verifier_rows
from benchmarks.judge import best_energy
from ledger.canonical import encode
from tests.simulator import ROOT, Simulator
from tests.test_allocation import ATTRIBUTES, roster
from verifiable_draw import record
from verifiable_draw.allocation.balance import certificate
from verifiable_draw.allocation.grouping import features, group, vector, weights
from verifiable_draw.allocation.permuting import allocate
from verifiable_draw.county import generate_students, school_specs

MEBIBYTE = bytes(1 << 20)


def probe() -> float:
    """Seconds for SHA-256 over one mebibyte, best of five."""
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        hashlib.sha256(MEBIBYTE).digest()
        times.append(time.perf_counter() - begin)
    return min(times)


def row(name: str, seconds: float, goal: str, note: str = "") -> None:
    print(f"| {name} | {seconds:.2f} s | {seconds / probe():,.0f} | {goal} | {note} |", flush=True)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def grouping() -> None:
    for students, classes, twins, goal in ((300, 6, 3, ""), (1200, 24, 8, "under 3 s"), (90, 8, 1, "")):
        units = roster(students, students, classes, twins, 2)
        sizes = [len(unit.students) for unit in units.units]

        def draw(units=units, sizes=sizes, classes=classes):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            return allocate(group(units, "d", bytes(32), 32), classes, sizes, bytes(32))

        seconds, _ = timed(draw)
        row(f"grouping with 32 bundlings and permuting, {students}/{classes}, 4 attributes", seconds, goal)


def quality(number: int) -> None:
    """Every attribute within one, on rosters for which CP-SAT finds that possible."""
    rng = random.Random(500)
    perfect = possible = unknown = 0
    begin = time.perf_counter()
    for i in range(number):
        classes = rng.choice((2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24))
        students = classes * rng.randint(20, 55)
        units = roster(i, students, classes, rng.randint(0, max(1, students // 60)), 0)
        lines = certificate(units, group(units, "d", i.to_bytes(32, "big"), 4))
        if all(line.proven for line in lines):
            perfect += 1
            possible += 1
            continue
        names = features(ATTRIBUTES)
        energy, proven = best_energy([vector(u, names) for u in units.units], classes, weights(ATTRIBUTES), 20)
        possible += energy == 0
        unknown += energy > 0 and not proven
    share = 100 * perfect / possible
    seconds = time.perf_counter() - begin
    row(f"balance of {number} rosters (4 bundlings each), with CP-SAT", seconds, "99 %",
        f"{perfect} of {possible} possible: {share:.1f} %; {unknown} undecided")  # fmt: skip


def verify(folder: Path, trust: Path) -> tuple[float, float]:
    """Seconds and MiB of the verifier on a record, in a process of its own."""
    begin = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "verifier", str(folder), "--trust", str(trust)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 3:
        raise SystemExit(f"the verifier ended with {process.returncode}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def delay_proof() -> None:
    import chiavdf  # noqa: PLC0415

    challenge = bytes(range(32))
    d = verifier.classgroup.discriminant(challenge)
    x = verifier.classgroup.generator(d)
    blob = chiavdf.prove(challenge, verifier.classgroup.encode_form(x), 1024, 100_000, "")
    y, proof = (verifier.classgroup.decode_form(part, d) for part in (blob[:100], blob[100:200]))
    seconds, good = timed(lambda: verifier.classgroup.verify_segment(d, x, y, proof, 100_000))
    row("verifying one Wesolowski proof, pure Python", seconds, "under 0.5 s", f"valid: {good}")


# Steps whose work is done on the observers' and holders' own machines.
DEVICES = ("commit", "check", "attest", "reveal", "attest_reveals", "cosign_coverage")


def session(schools: int, students: int, goal: str, verifier_goal: str) -> None:
    """A whole session; memory is the largest of this process and its children so far."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        specs = [s for s in school_specs(schools, students, "benchmark") if s.classes > 1]
        story = Simulator(folder, schools=specs, plan={"bundlings": 32})
        people = {spec.code: generate_students(spec, "benchmark") for spec in specs}
        for spec in specs:
            story.room.private.save_imported(spec.code, spec.grade, people[spec.code])
        spent = {step: timed(getattr(story, step))[0] for step in Simulator.STEPS}
        spent["record"], _ = timed(lambda: record.publish_files(story.files(), folder / "record"))
        usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        memory = max(usage.ru_maxrss for usage in usages) / 1024
        total = sum(map(len, people.values()))
        own = {step: seconds for step, seconds in spent.items() if step not in {*DEVICES, "delay"}}
        longest = ", ".join(f"{step} {own[step]:.1f} s" for step in sorted(own, key=lambda step: -own[step])[:3])
        row(f"session of {len(specs)} grades, {total} students, imported rosters to published record, delay aside",
            sum(own.values()), goal, f"{memory:.0f} MiB; {longest}")  # fmt: skip
        row("the same: seven observers and a holder, who work on machines of their own, one after the other",
            sum(spent[step] for step in DEVICES), "")  # fmt: skip
        (folder / "trust.json").write_bytes(encode(story.trust()))
        took, memory = verify(folder / "record", folder / "trust.json")
        row(f"verifier on that record ({total} students)", took, verifier_goal, f"{memory:.0f} MiB")
        story.room.close()


def imports(*, quick: bool) -> None:
    for what, seconds, goal, note in roster_rows.rows(quick=quick):
        row(what, seconds, goal, note)


def ledger_figures(*, quick: bool) -> None:
    for name, seconds, number, goal, note in ledger_rows.rows(quick=quick):
        rate = f"{number / seconds:,.0f}/s" if number > 1 else ""
        row(f"{name} ({number:,})", seconds, goal, "; ".join(filter(None, (rate, note))))


def verifiers() -> None:
    with tempfile.TemporaryDirectory() as name:
        for what, seconds, goal, note in verifier_rows.rows(Path(name)):
            row(what, seconds, goal, note)


def main() -> None:
    quick = "quick" in sys.argv[1:]
    python = sys.version.split()[0]
    print(f"probe: SHA-256 of 1 MiB in {probe() * 1000:.2f} ms, {os.cpu_count()} cores, Python {python}\n")
    print("| what | time | × probe | goal | note |\n|---|---|---|---|---|")
    if "room" in sys.argv[1:]:
        room_rows.rows()
        return
    if "verifiers" in sys.argv[1:]:
        verifiers()
        return
    if "rosters" in sys.argv[1:]:
        imports(quick=quick)
        return
    ledger_figures(quick=quick)
    if "ledger" in sys.argv[1:]:
        return
    verifiers()
    room_rows.rows()
    grouping()
    delay_proof()
    imports(quick=quick)
    session(13, 4160, "", "under 5 s, 200 MB")
    session(101, 40_040, "under 90 s, 1 GB", "")
    quality(50 if quick else 500)


if __name__ == "__main__":
    main()
