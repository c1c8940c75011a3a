"""Print the table of figures: `python -m benchmarks [quick] [PART …]`.

Parts: `ledger`, `verifiers`, `room`, `rosters`, `allocation`, `archive`, `site`, `registration`, `inspection`,
`chance`; all of them and whole sessions if none is named.

`python -m benchmarks peers [quick]` compares the allocator with other methods (docs/allocation.md); it takes an hour or
more, minutes with `quick`, and goes on where it was stopped.

Machines differ and are noisy, so every time stands beside a probe of the same run: SHA-256 of one mebibyte. The
ratio is what to compare.
"""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import verifier.classgroup
from benchmarks import (
    allocation_rows,
    archive_rows,
    chance_rows,
    inspection_rows,
    ledger_rows,
    registration_rows,
    room_rows,
    roster_rows,
    site_rows,
    verifier_rows,
)
from benchmarks.peers import run as peers_run
from benchmarks.peers import table as peers_table
from benchmarks.peers.rosters import LARGE, mixed
from ledger.canonical import encode
from tests.simulator import ROOT, Simulator
from verifiable_draw import record
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


QUICK_ROSTERS = 24


def peers(*, quick: bool) -> None:
    """Measure what is not measured yet and print the tables."""
    cases, large = (mixed()[:QUICK_ROSTERS], LARGE[:1]) if quick else (mixed(), LARGE)
    peers_run.measure([*large, *cases], list(peers_run.METHODS))
    print(peers_table.tables(cases, large, peers_run.load()))
    print(peers_run.unsupported())


def allocation(*, quick: bool) -> None:
    for what, seconds, goal, note in allocation_rows.grades():
        row(what, seconds, goal, note)
    for what, seconds, goal, note in allocation_rows.county(*((13, 4160) if quick else (101, 40_040))):
        row(what, seconds, goal, note)


def archive(*, quick: bool) -> None:
    for what, seconds, goal, note in archive_rows.rows(quick=quick):
        row(what, seconds, goal, note)


def chance(*, quick: bool) -> None:
    for what, seconds, goal, note in chance_rows.rows(quick=quick):
        row(what, seconds, goal, note)


def site(*, quick: bool) -> None:
    for what, seconds, goal, note in site_rows.rows(quick=quick):
        row(what, seconds, goal, note)


def registration(*, quick: bool) -> None:
    for what, seconds, goal, note in registration_rows.rows(quick=quick):
        row(what, seconds, goal, note)


def inspection(*, quick: bool) -> None:
    for what, seconds, goal, note in inspection_rows.rows(quick=quick):
        row(what, seconds, goal, note)


def main() -> None:
    quick = "quick" in sys.argv[1:]
    if "peers" in sys.argv[1:]:
        peers(quick=quick)
        return
    python = sys.version.split()[0]
    print(f"probe: SHA-256 of 1 MiB in {probe() * 1000:.2f} ms, {os.cpu_count()} cores, Python {python}\n")
    print("| what | time | × probe | goal | note |\n|---|---|---|---|---|")
    parts: dict[str, Callable[[], None]] = {
        "ledger": lambda: ledger_figures(quick=quick),
        "verifiers": verifiers,
        "room": room_rows.rows,
        "rosters": lambda: imports(quick=quick),
        "allocation": lambda: allocation(quick=quick),
        "archive": lambda: archive(quick=quick),
        "site": lambda: site(quick=quick),
        "registration": lambda: registration(quick=quick),
        "inspection": lambda: inspection(quick=quick),
        "chance": lambda: chance(quick=quick),
    }
    wanted = [part for part in parts if part in sys.argv[1:]]
    for part in wanted or parts:
        parts[part]()
    if wanted:
        return
    delay_proof()
    session(13, 4160, "", "under 5 s, 200 MB")
    session(101, 40_040, "under 90 s, 1 GB", "")
    row(*allocation_rows.quality(50 if quick else 500))


if __name__ == "__main__":
    main()
