"""Thirty observers over HTTP: what each sends, and how long the server takes to make it durable."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ledger.entry import Actor, Message
from tests.simulator import Simulator, seed_of
from tests.web.hall import PLAN
from verifiable_draw import conduct
from verifiable_draw.device import Device
from verifiable_draw.errors import UsageError
from verifiable_draw.keyfile import Key
from verifiable_draw.link import Link, LinkRefusedError

ROLES = ("bureau", "discipline", "congress", "consultative", "parent", "parent")


def frozen(folder: Path, number: int) -> tuple[Simulator, list[Device]]:
    """A folder whose session has its header, with `number` observers enrolled; their devices."""
    simulator = Simulator(folder, plan=PLAN)
    simulator.found()
    simulator.plan()
    simulator.rosters()
    devices = []
    for i in range(number):
        role = ROLES[i % len(ROLES)] if i else "bureau"
        key = Key(Actor(f"{role}-{i}", "observer"), seed_of(f"crowd {i}"))
        devices.append(Device.open(key, folder / "crowd" / f"{i}.json"))
        body = {"client": "command-line", "id": key.actor.id, "key": key.public.hex(), "role": role}
        conduct.enrol(simulator.room, simulator.name, body)
    simulator.header()
    simulator.room.close()
    return simulator, devices


def commitments(simulator: Simulator, devices: Sequence[Device], base: str) -> list[Message]:
    """Every device's commitment, on top of the header that the server shows."""
    packet = Link(base, simulator.folder / "crowd" / "packet").packet()
    return [device.commit(packet, simulator.name, f"dice {i}", seeded(i)) for i, device in enumerate(devices)]


def seeded(number: int) -> Any:
    """Randomness of a device that differs from all others."""
    return lambda length: seed_of(f"randomness {number}")[:length]


def send(base: str, message: Message, folder: Path, patience: float = 60.0) -> tuple[float, dict[str, Any]]:
    """Send until there is an answer, as N4 asks; the seconds of the attempt that succeeded."""
    deadline = time.monotonic() + patience
    while True:
        begin = time.perf_counter()
        try:
            answer: dict[str, Any] = Link(base, folder).post("messages", message.json())
        except LinkRefusedError as refused:
            if refused.status != 503 or time.monotonic() > deadline:
                raise
        except UsageError:
            if time.monotonic() > deadline:
                raise
        else:
            return time.perf_counter() - begin, answer
        time.sleep(0.1)


def all_at_once(base: str, messages: Sequence[Message], folder: Path) -> list[tuple[float, dict[str, Any]]]:
    """Send all in the same moment, each from a thread of its own."""
    with ThreadPoolExecutor(len(messages)) as pool:
        return list(pool.map(lambda message: send(base, message, folder), messages))
