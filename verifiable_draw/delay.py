"""The verifiable delay: Wesolowski proofs over class groups by chiavdf (spec/ceremony.md C19-C22).

Each segment runs in a process of its own, is verified, and lies on the disc before the next begins; so the work
shows progress, can be interrupted at any time, and goes on where it stopped, also on another machine.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import chiavdf

from ledger.canonical import EncodingError, decode, encode, unhex
from verifiable_draw import classgroup
from verifiable_draw.errors import DataError
from verifiable_draw.files import write_durable

BITS = 1024
FASTEST_HARDWARE = 1_430_000  # squarings a second: the fastest published design at its full clock (threat model T1)


@dataclass(frozen=True, slots=True)
class Segment:
    """One proved stretch: output and proof, 100 bytes each."""

    y: bytes
    proof: bytes

    def json(self) -> dict[str, str]:
        """As it stands in `delay.done` and `delay.json`."""
        return {"proof": self.proof.hex(), "y": self.y.hex()}


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a delay stands: segments done of all, and seconds left as estimated from this run."""

    done: int
    segments: int
    seconds_left: int


@lru_cache(maxsize=256)  # every segment of a session asks for the same one, and every replay of a ledger again
def discriminant(challenge: bytes) -> int:
    """D of a 32-byte challenge (C19)."""
    return int(chiavdf.create_discriminant(challenge, BITS), 16)


def start(challenge: bytes) -> bytes:
    """Encoding of x₀ (C20)."""
    return classgroup.encode(classgroup.generator(discriminant(challenge)))


def verify_segment(challenge: bytes, x: bytes, segment: Segment, iterations: int) -> None:
    """Raise DataError unless the segment leads from `x` over `iterations` squarings, all strictly encoded."""
    d = discriminant(challenge)
    try:
        for data in (x, segment.y, segment.proof):
            classgroup.decode(data, d)
        good = chiavdf.verify_n_wesolowski(str(d), x, segment.y + segment.proof, iterations, BITS, 0)
    except (classgroup.FormError, RuntimeError, ValueError) as error:
        raise DataError("delay.bad_proof", detail=str(error)) from error
    if not good:
        raise DataError("delay.bad_proof", detail="the proof does not hold")


def verify(challenge: bytes, segments: Sequence[Segment], iterations: int, number: int) -> bytes:
    """Verify the whole chain and return enc(y) of its end (C22)."""
    if len(segments) != number:
        raise DataError("delay.bad_proof", detail=f"{len(segments)} segments instead of {number}")
    x = start(challenge)
    for segment in segments:
        verify_segment(challenge, x, segment, iterations // number)
        x = segment.y
    return x


def measure(iterations: int = 30_000) -> int:
    """Squarings a second of this machine, from a short run."""
    challenge = bytes(32)
    begin = time.perf_counter()
    chiavdf.prove(challenge, start(challenge), BITS, iterations, "")
    return int(iterations / (time.perf_counter() - begin))


def run(
    challenge: bytes,
    iterations: int,
    number: int,
    folder: Path,
    progress: Callable[[Progress], None] = lambda _progress: None,
) -> tuple[Segment, ...]:
    """Compute what is missing of the delay; every segment found in `folder` is verified and used."""
    segments: list[Segment] = []
    x = start(challenge)
    spent: list[float] = []
    rate = None
    for i in range(number):
        path = folder / f"{challenge.hex()[:16]}-{i:02d}.json"
        segment = _stored(path, challenge, x, iterations // number)
        if segment is None:
            rate = rate or measure()
            for waited in _compute(path, challenge, x, iterations // number):
                each = sum(spent) / len(spent) if spent else iterations / number / rate
                progress(Progress(i, number, max(0, int(each * (number - i) - waited))))
                last = waited
            spent.append(last)
            segment = _stored(path, challenge, x, iterations // number)
            if segment is None:
                raise DataError("delay.bad_proof", detail=f"segment {i + 1} was not written")
        segments.append(segment)
        x = segment.y
        progress(Progress(i + 1, number, int(sum(spent) / len(spent) * (number - i - 1)) if spent else 0))
    return tuple(segments)


def _stored(path: Path, challenge: bytes, x: bytes, iterations: int) -> Segment | None:
    """Read a finished segment; one that is damaged or of another session is computed again."""
    if not path.exists():
        return None
    try:
        value = decode(path.read_bytes())
        if not isinstance(value, dict) or set(value) != {"proof", "y"}:
            return None
        segment = Segment(unhex(value["y"], 100), unhex(value["proof"], 100))
        verify_segment(challenge, x, segment, iterations)
    except (EncodingError, DataError):
        return None
    return segment


def _compute(path: Path, challenge: bytes, x: bytes, iterations: int) -> Iterator[float]:
    """Run one segment in its own process, yielding the seconds waited; the process ends with this generator."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "verifiable_draw.delay", challenge.hex(), x.hex(), str(iterations), str(path)]
    begin = time.monotonic()
    process = subprocess.Popen(command)  # noqa: S603 - our own module, arguments are hexadecimal and a path
    try:
        while process.poll() is None:
            yield time.monotonic() - begin
            try:
                process.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                continue
        yield time.monotonic() - begin
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if process.returncode:
        raise DataError("delay.process_failed", code=process.returncode)


def main(arguments: Sequence[str]) -> None:
    """Child process: prove one segment and write it durably."""
    challenge, x, iterations, path = arguments
    blob = chiavdf.prove(bytes.fromhex(challenge), bytes.fromhex(x), BITS, int(iterations), "")
    write_durable(Path(path), encode(Segment(blob[:100], blob[100:200]).json()))


if __name__ == "__main__":
    main(sys.argv[1:])
