"""A whole session in one process, told step by step: fixed keys, fixed clock, randomness from a counter.

The same story gives the same bytes every time, so its records can be committed and rebuilt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ledger.canonical import VERSION, encode
from ledger.entry import Actor, Message
from verifiable_draw import conduct, packet, record
from verifiable_draw.county import SchoolSpec, generate_students
from verifiable_draw.device import Device
from verifiable_draw.errors import UsageError
from verifiable_draw.freeze import YearKey
from verifiable_draw.keyfile import Key
from verifiable_draw.recipient import check_groups
from verifiable_draw.replay import Session
from verifiable_draw.room import Room, read_cosignature

ORIGIN, BUREAU, YEAR = "test-county.example/ledger", "测试县教育局", 2026
SCHOOLS = (
    SchoolSpec("9910000001", "测试第一小学", 1, 61, 3),
    SchoolSpec("9970000002", "测试初级中学", 7, 52, 2),
)
OBSERVERS = {
    "b1": "bureau", "c1": "congress", "d1": "discipline", "k1": "consultative",
    "p1": "parent", "p2": "parent", "p3": "parent",
}  # fmt: skip


def seed_of(name: str) -> bytes:
    """A fixed key seed."""
    return hashlib.sha256(f"simulator {name}".encode()).digest()


class Clock:
    """A wall clock and a device clock that move only when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 8, 20, 1, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time now."""
        return self.now

    def timestamp(self) -> float:
        """POSIX time."""
        return self.now.timestamp()

    def uptime(self) -> str:
        """Boot and uptime of every device."""
        return f"boot-1 {int(self.now.timestamp() * 1000)}"

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class Counter:
    """Randomness that repeats: SHA-256 of a counter."""

    def __init__(self, name: str) -> None:
        self.name, self.calls = name, 0

    def __call__(self, length: int) -> bytes:
        """The next bytes, at most 64."""
        self.calls += 1
        data = hashlib.sha512(f"{self.name} {self.calls}".encode()).digest()
        return data[:length]


class Simulator:
    """The bureau's room, the observers' devices and a holder of the sealed rosters."""

    def __init__(
        self,
        folder: Path,
        session: str = "s1",
        *,
        plan: dict[str, Any] | None = None,
        schools: Sequence[SchoolSpec] = SCHOOLS,
    ) -> None:
        self.folder, self.name, self.specs, self.year = folder, session, schools, YEAR
        self.clock = Clock()
        self.changes = plan or {}
        self.randomness = Counter("room")
        self.room = Room.create(folder / "bureau", self.clock, self.randomness, folder / "state")
        self.keys = {role: self.key(role, role) for role in ("operator", "approver", "recovery")}
        self.holders = {name: self.key(name, "recipient") for name in ("h1", "h2")}
        self.schools = {spec.code: self.key(spec.code, "school") for spec in schools}
        self.devices = {name: self.device(self.key(name, "observer")) for name in OBSERVERS}
        (folder / "bureau" / "keys").mkdir(parents=True)
        for role, key in self.keys.items():
            data = encode({"id": role, "role": role, "seed": key.seed.hex()})
            (folder / "bureau" / "keys" / f"{role}.key").write_bytes(data)

    def at(self, folder: Path) -> Simulator:
        """The same story at this point in a copy of its folder, to go on by itself."""
        made = Simulator.__new__(Simulator)
        made.__dict__ |= self.__dict__
        made.folder, made.clock, made.randomness = folder, Clock(), Counter(self.randomness.name)
        made.clock.now, made.randomness.calls = self.clock.now, self.randomness.calls
        made.room = made.another()
        made.devices = {name: made.device(one.key) for name, one in self.devices.items()}
        return made

    @staticmethod
    def key(name: str, role: str, session: str = "") -> Key:
        """A person's or office's fixed key; of observers one a session, if it is named."""
        return Key(Actor(name, role), seed_of(f"{role} {name} {session}".rstrip()))

    def device(self, key: Key, state: str = "") -> Device:
        """An observer's or holder's device with its memory."""
        path = self.folder / "devices" / f"{key.actor.id}{state}.json"
        return Device.open(key, path, self.clock.uptime)

    def reopen(self) -> None:
        """Close the room and open it anew, as after a crash."""
        self.room.close()
        self.room = self.another()

    def another(self) -> Room:
        """The same workspace, opened once more on this machine."""
        return Room.open(self.folder / "bureau", self.clock, self.randomness, self.folder / "state")

    @property
    def session(self) -> Session:
        """The session as the ledger tells it."""
        return self.room.view.session(self.name)

    # Before the day

    def plan_value(self) -> dict[str, Any]:
        """The plan, with the changes of this story."""
        end = "" if self.year == YEAR else f" {self.year}"
        year_key = self.room.private.year_key(self.year, YearKey(seed_of(f"year key{end}"), seed_of(f"year salt{end}")))
        value: dict[str, Any] = {
            "version": VERSION,
            "origin": ORIGIN,
            "bureau": BUREAU,
            "session": self.name,
            "title": "测试县阳光分班",
            "date": "2026-08-25",
            "year": self.year,
            "rehearsal": True,
            "draws": [
                {"id": f"d{i}" if len(self.specs) < 10 else f"d{i:03d}", "kind": "classes", "school": s.code, "school_name": s.name, "grade": s.grade,
                 "batch": 1, "classes": s.classes, "most": 0, "class_names": [], "sizes": [], "take": 0, "caps": []}
                for i, s in enumerate(self.specs, 1)
            ],
            "attributes": [
                {"free": [], "id": name, "merged": [], "values": values}
                for name, values in (
                    ("sex", ["1", "2"]), ("migrant", ["0", "1"]), ("ethnicity", ["01", "06", "其他"]), ("disability", ["0", "1"])
                )
            ],
            "crossed": [],
            "contact": {"email": "fenban@county.example", "phone": "0851-0000000", "site": "https://county.example/fenban/"},
            "pins": [],
            "same_names": "ignore",
            "bundlings": 16,
            "quorum": {"covered": 4, "roles": {"congress": 1, "discipline": 1, "parent": 2}},
            "windows": {"attest": 600, "commit": 600, "reveal": 1, "roster_to_header": 3600},
            "delay": {"bits": 1024, "iterations": 4000, "kind": "chiavdf-wesolowski", "segments": 4},
            "sources": {"drand": {}, "public_draw": {}},
            "recipients": [
                {"id": name, "name": name, "sealing_key": bytes(key.sealing.public_key).hex(),
                 "signing_key": key.public.hex()}
                for name, key in self.holders.items()
            ],
            "retention_years": 6,
            "screen": {"names": "masked"},
            "software": {"page": "", "source": "", "verifier": "", "version": "test"},
            "year_key": year_key.commitment.hex(),
        }  # fmt: skip
        value |= self.changes
        return {"balance": [a["id"] for a in value["attributes"] if a["id"] != "disability"]} | value

    def found(self) -> None:
        """Found the ledger, enter schools' keys and the register."""
        conduct.found(self.room, ORIGIN, BUREAU, list(self.keys.values()))
        for code, key in self.schools.items():
            conduct.add_key(self.room, code, key.public, self.keys["approver"])
        rows = [{"classes": s.classes, "grade": s.grade, "name": s.name, "school": s.code} for s in self.specs]
        rows.append({"classes": 1, "grade": 1, "name": "测试教学点", "school": "9910999999"})
        conduct.register(self.room, self.year, rows)

    def plan(self) -> None:
        """Publish the plan."""
        conduct.publish_plan(self.room, encode(self.plan_value()))

    def rosters(self) -> None:
        """Import made-up children, submit, approve and freeze every draw."""
        for draw in self.session.plan.draws.values():
            spec = next(s for s in self.specs if s.code == draw.school)
            self.room.private.save_imported(draw.school, draw.grade, generate_students(spec, "simulator"))
            conduct.submit(self.room, self.name, draw.id, self.schools[draw.school])
            conduct.approve(self.room, self.name, draw.id, self.keys["approver"])
            conduct.freeze(self.room, self.name, draw.id)

    # The day

    def enrol(self, observers: dict[str, str] | None = None) -> None:
        """Enrol the observers."""
        for name, role in (observers or OBSERVERS).items():
            client = "bureau-page" if role == "bureau" else "command-line"
            key = self.devices[name].key.public.hex()
            conduct.enrol(self.room, self.name, {"client": client, "id": name, "key": key, "role": role})

    def header(self) -> None:
        """Freeze the header."""
        self.clock.wait(3600)
        conduct.freeze_header(self.room, self.name)

    def packet(self) -> packet.Packet:
        """What a device is given at this moment."""
        folder = self.folder / "packet"
        packet.write(self.room, folder)
        return packet.open_packet(folder)

    def accept(self, messages: Iterable[Message]) -> None:
        """Take devices' messages in."""
        for message in messages:
            conduct.accept(self.room, message)

    def commit(self, who: Iterable[str] | None = None) -> None:
        """Observers commit."""
        taken = self.packet()
        for name in who or OBSERVERS:
            device = self.devices[name]
            self.accept([device.commit(taken, self.name, f"dice {name}", Counter(f"device {name}"))])
        self.clock.wait(10)

    def close_commits(self) -> None:
        """Close commitments."""
        conduct.close_commits(self.room, self.name)

    def group(self) -> None:
        """Form the groups."""
        conduct.group(self.room, self.name)

    def check(self, holder: str = "h1") -> None:
        """A holder recomputes the groups and says so."""
        device = self.device(self.holders[holder])
        files = {
            d.id: self.room.path(self.name, f"sealed/{d.id}.json").read_bytes()
            for d in self.session.frozen_header().draws
        }
        self.accept([check_groups(device, self.packet(), self.name, files)])

    def attest(self, who: Iterable[str] | None = None) -> None:
        """Observers attest the groups."""
        taken = self.packet()
        self.accept([self.devices[name].attest_groups(taken, self.name) for name in who or OBSERVERS])

    def open(self) -> None:
        """Open the reveals."""
        conduct.open_reveals(self.room, self.name)

    def reveal(self, who: Iterable[str] | None = None) -> None:
        """Observers reveal."""
        taken = self.packet()
        self.accept([self.devices[name].reveal(taken, self.name) for name in who or OBSERVERS])

    def close_reveals(self) -> None:
        """Close the reveals."""
        conduct.close_reveals(self.room, self.name)

    def attest_reveals(self, who: Iterable[str] | None = None) -> None:
        """Observers attest that theirs were received."""
        taken = self.packet()
        received = [name for name, *_ in self.session.received]
        self.accept([self.devices[name].attest_reveals(taken, self.name) for name in who or received])

    def close_coverage(self) -> None:
        """Close coverage."""
        conduct.close_coverage(self.room, self.name)

    def cosign(self, who: Iterable[str] = ("d1", "p1")) -> None:
        """Observers cosign the present checkpoint."""
        taken = self.packet()
        for name in who:
            line = self.devices[name].cosign(taken, self.name, int(self.clock.now.timestamp()))
            self.room.cosignature(*read_cosignature(encode(line)), self.room.view.cosigners(self.name))

    def cosign_coverage(self) -> None:
        """Covered observers cosign."""
        self.cosign(self.session.covered)

    def delay(self) -> None:
        """Run the delay."""
        conduct.run_delay(self.room, self.name)

    def seed(self) -> None:
        """Fix the seed."""
        conduct.fix_seed(self.room, self.name)

    def allocate(self) -> None:
        """Draw."""
        conduct.allocate(self.room, self.name)

    def publish(self) -> None:
        """Publish the record and have it cosigned."""
        record.publish(self.room, self.name, copies=False)
        self.cosign()

    STEPS = (
        "found", "plan", "rosters", "enrol", "header", "commit", "close_commits", "group", "check", "attest", "open",
        "reveal", "close_reveals", "attest_reveals", "close_coverage", "cosign_coverage", "delay", "seed", "allocate", "publish",
    )  # fmt: skip

    def run(self, until: str = "publish", after: str = "", **instead: Callable[[], None]) -> Simulator:
        """Take the steps up to and including `until`; those after `after`; `instead` replaces some."""
        start = self.STEPS.index(after) + 1 if after else 0
        for step in self.STEPS[start : self.STEPS.index(until) + 1]:
            instead.get(step, getattr(self, step))()
        return self

    # The record

    def files(self, phase: str = "result") -> dict[str, bytes]:
        """The record's files."""
        return record.build(self.room, self.name, phase)

    def trust(self) -> dict[str, Any]:
        """A trust file with everything a reader may know."""
        note = self.room.store.note()
        if note is None:
            raise UsageError("step.genesis_first")
        size = int(note.text.split("\n")[1])
        return {
            "checkpoint": {"root": self.room.store.root_at(size).hex(), "size": size},
            "observers": [self.devices["p1"].key.public.hex()],
            "operator": self.keys["operator"].public.hex(),
            "origin": ORIGIN,
            "version": VERSION,
            "witnesses": [{"key": self.devices["d1"].key.public.hex(), "name": f"{ORIGIN}/{self.name}/d1"}],
            "witnesses_required": 1,
        }
