"""The room's server: thirty observers who commit in the same moment, over HTTP on loopback."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.web.crowd import all_at_once, commitments, frozen, send
from tests.web.hall import Clerk, Hall

OBSERVERS = 30
ROUNDS = 3


def commits() -> dict[str, float]:
    """Milliseconds of a commit, durable when answered: median, p95 and the slowest of all rounds."""
    times: list[float] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            os.environ["VDRAW_STATE"] = str(folder / "state")
            simulator, devices = frozen(folder, OBSERVERS + 1)
            hall = Hall(simulator).start()
            try:
                Clerk(hall).sign_in()
                messages = commitments(simulator, devices, hall.base)
                send(hall.base, messages[0], folder)  # the bureau's comes first
                times += [seconds * 1000 for seconds, _answer in all_at_once(hall.base, messages[1:], folder)]
            finally:
                hall.close()
    times.sort()
    return {"median": times[len(times) // 2], "p95": times[int(len(times) * 0.95)], "slowest": times[-1]}


def rows() -> None:
    """Print the rows."""
    found = commits()
    print(
        f"| {OBSERVERS} observers commit at once, over HTTP: p95 | {found['p95']:.0f} ms | | 200 ms | "
        f"median {found['median']:.0f} ms, slowest {found['slowest']:.0f} ms, {ROUNDS} rounds |",
        flush=True,
    )
