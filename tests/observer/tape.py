"""A whole session as devices saw it, step by step, for the page's own tests: what was shown, and what Python signed.

The page's device gets the seed, contribution and salt of a Python device, looks at the same packets at the same times,
and must sign the same messages, byte for byte (Ed25519 has no randomness of its own).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ledger.checkpoint import parse_checkpoint
from ledger.entry import Message
from tests.simulator import OBSERVERS, Counter, Simulator

PLAN = {
    "windows": {"attest": 600, "commit": 600, "reveal": 20, "roster_to_header": 3600},
    "sources": {"drand": {}, "public_draw": {"alphabet": "0123456789", "confirmations": 2, "length": 6}},
}
DIGITS = "460913"
WHO = ("d1", "p1", "p2")  # the devices whose steps are kept


class Tape:
    """A simulator that writes down every look."""

    def __init__(self, folder: Path) -> None:
        self.simulator = Simulator(folder, plan=PLAN)
        self.looks: list[dict[str, Any]] = []
        self.files: dict[str, str] = {}

    def look(self, **signed: Message | dict[str, Any]) -> None:
        """What devices are shown now, and what each of them signed on seeing it."""
        room = self.simulator.room
        note = room.store.note()
        assert note is not None
        size = parse_checkpoint(note.text).size
        for path in room.path("s1").rglob("*.json"):
            name = path.relative_to(room.path("s1")).as_posix()
            if name.startswith(("plan", "header", "draws")):
                self.files[name] = path.read_bytes().decode()
        messages = {name: m.json() if isinstance(m, Message) else m for name, m in signed.items()}
        self.looks.append({
            "note": str(note), "size": size, "signed": messages, "state": self.simulator.session.state,
            "time": int(self.simulator.clock.timestamp() * 1000), "files": sorted(self.files),
        })  # fmt: skip

    def enter(self, make: str, who: tuple[str, ...] = tuple(OBSERVERS), **more: Any) -> None:
        """All devices sign one kind of message from one packet; the look is kept with what those of WHO signed."""
        simulator = self.simulator
        taken = simulator.packet()
        made = {name: getattr(simulator.devices[name], make)(taken, "s1", **more) for name in who}
        self.look(**{name: made[name] for name in WHO if name in made})
        simulator.accept(made.values())
        simulator.clock.wait(2)

    def run(self) -> dict[str, Any]:
        """The session, from enrolment to the end."""
        simulator = self.simulator
        simulator.run(until="header")
        packet = simulator.packet()
        commits = {n: simulator.devices[n].commit(packet, "s1", f"dice {n}", Counter(f"device {n}")) for n in OBSERVERS}
        simulator.accept([commits["b1"]])
        taken = simulator.packet()
        commits = {n: simulator.devices[n].commit(taken, "s1", "", Counter("")) for n in OBSERVERS}
        self.look(**{n: commits[n] for n in WHO})
        simulator.accept([commits[n] for n in OBSERVERS if n != "b1"])
        simulator.clock.wait(5)
        taken = simulator.packet()
        digits = {n: simulator.devices[n].confirm_public_draw(taken, "s1", DIGITS) for n in ("d1", "p1")}
        self.look(**digits)
        source = next(iter(digits.values()))
        joined = Message("s1", "source", source.actor, source.body, tuple(s for m in digits.values() for s in m.signatures))
        simulator.accept([joined])
        simulator.close_commits()
        simulator.group()
        simulator.check()
        self.enter("attest_groups")
        simulator.open()
        self.enter("reveal")
        simulator.close_reveals()
        self.enter("attest_reveals")
        simulator.close_coverage()
        taken, posix = simulator.packet(), int(simulator.clock.timestamp())
        self.look(**{n: simulator.devices[n].cosign(taken, "s1", posix) for n in WHO})
        simulator.cosign_coverage()
        for step in ("delay", "seed", "allocate", "publish"):
            getattr(simulator, step)()
        taken, posix = simulator.packet(), int(simulator.clock.timestamp())
        self.look(**{n: simulator.devices[n].cosign(taken, "s1", posix) for n in WHO})
        return self.value()

    def value(self) -> dict[str, Any]:
        """The tape as plain values."""
        simulator = self.simulator
        devices = {}
        for name in WHO:
            device = simulator.devices[name]
            memory = device.memory("s1")
            devices[name] = {
                "seed": device.key.seed.hex(), "role": OBSERVERS[name], "contribution": memory["contribution"],
                "salt": memory["salt"], "header": memory["header"], "digits": DIGITS,
            }  # fmt: skip
        return {
            "lines": [line.decode() for line in simulator.room.store.read()],
            "files": self.files, "looks": self.looks, "devices": devices,
            "keys": {role: key.seed.hex() for role, key in simulator.keys.items()},
        }  # fmt: skip


def write(folder: Path) -> Path:
    """Make a tape and write it to a file."""
    tape = Tape(folder / "room")
    path = folder / "tape.json"
    path.write_text(json.dumps(tape.run()))
    tape.simulator.room.close()
    return path
