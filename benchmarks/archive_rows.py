"""The archive: hashing a film beside plain hashlib, building and checking the discs of a session."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.simulator import Simulator
from verifiable_draw.archive import building, checking, evidence
from verifiable_draw.archive.sealed_disc import Inspector
from verifiable_draw.county import generate_students, school_specs

Row = tuple[str, float, str, str]
MEBIBYTE = 1 << 20
ROUNDS = 5


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _both(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of the processor: what a busy machine leaves alone."""
    begin = time.process_time()
    spent = _seconds(work)
    return spent, time.process_time() - begin


def hashing(mebibytes: int) -> Iterator[Row]:
    """Evidence hashing of a file, and hashlib over as many bytes that lie in memory; in turn, the best of each."""
    piece = hashlib.shake_256(b"film").digest(MEBIBYTE)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "film"
        with path.open("wb") as file:
            for _ in range(mebibytes):
                file.write(piece)

        def plain() -> None:
            hasher = hashlib.sha256()
            for _ in range(mebibytes):
                hasher.update(piece)

        def ours(number: int) -> None:
            memory = evidence.Memory(Path(name) / f"{number}.db")
            evidence.fingerprint(path, memory)
            memory.close()

        ours(-1)  # the file is in memory then, as far as it fits
        times = [(*_both(plain), *_both(partial(ours, n))) for n in range(ROUNDS)]
    best, best_cpu, own, own_cpu = (min(column) for column in zip(*times, strict=True))
    yield f"hashlib's SHA-256 over {mebibytes} MiB in memory", best, "", f"{mebibytes / best:.0f} MiB/s"
    note = f"{mebibytes / own:.0f} MiB/s, ratio {best / own:.2f}, of processor time {best_cpu / own_cpu:.2f}"
    yield f"evidence hashing of a file of {mebibytes} MiB, state kept", own, "0.8 × hashlib's rate", note


def discs(schools: int, students: int) -> Iterator[Row]:
    """Public and sealed disc of a session; the checks include the verifier's run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        specs = [s for s in school_specs(schools, students, "benchmark") if s.classes > 1]
        story = Simulator(folder, schools=specs, plan={"bundlings": 32}).run()
        total = sum(len(generate_students(spec, "benchmark")) for spec in specs)
        what = f"session of {len(specs)} grades, {total} students"
        inspector = Inspector("h1", bytes(story.holders["h1"].sealing.public_key))
        made: list[building.Disc] = []
        spent = _seconds(lambda: made.extend(building.build(story.room, "s1", folder / "out", inspector=inspector)))
        sizes = " and ".join(f"{disc.size / MEBIBYTE:.1f} MiB" for disc in made)
        yield f"building both discs of a {what}", spent, "", sizes
        against = checking.Against(folder / "bureau")
        spent = _seconds(lambda: checking.check(made[0].path, against))
        yield f"checking the public image of a {what}, verifier included", spent, "", ""
        story.room.close()


def rows(*, quick: bool) -> Iterator[Row]:
    """All rows."""
    yield from hashing(128 if quick else 1024)
    yield from discs(*((13, 4160) if quick else (101, 40_040)))
