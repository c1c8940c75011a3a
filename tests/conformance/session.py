"""The session of the conformance kit: the builder's, with real identities, seven observers' devices and a real delay.

What is slow or not repeatable — the delay, a post-quantum signature — is taken from the committed kit where it fits,
after it was verified like anything found on the disc; so the kit is rebuilt byte for byte in a minute.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import builder
from builder import Builder, Ledger, fresh, tagged
from cryptography.exceptions import InvalidSignature

from tests.simulator import ROOT
from verifiable_draw import delay
from verifier.canonical import VERSION, encode

CASES = ROOT / "spec" / "cases"
SCRATCH = ROOT / "build" / "delays"  # where a delay is computed that the kit does not have yet
ITERATIONS = 4_000_000
Files = dict[str, bytes]
Segments = list[dict[str, str]]

# Covered without anybody's doing: b1 and o1 to o5. Leaving some of them out breaks one limit at a time.
CREW = [
    {"client": "bureau-page", "id": "b1", "role": "bureau"},
    {"client": "own-program", "id": "o1", "role": "parent"},
    {"client": "command-line", "id": "o2", "role": "notary"},
    {"client": "kiosk", "id": "o3", "role": "congress"},
    {"client": "kiosk", "id": "o4", "role": "parent"},
    {"client": "kiosk", "id": "o5", "role": "discipline"},
    {"client": "kiosk", "id": "o6", "role": "other"},  # commits and never opens
    {"client": "kiosk", "id": "o7", "role": "other"},  # never commits
]


# --- what the committed kit holds ---------------------------------------------------------------------------------


def unzip(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


@functools.cache
def committed() -> list[tuple[str, bytes]]:
    """Every file of the kit by its name, those of zips included."""
    found = []
    for path in sorted(CASES.rglob("*")):
        if path.suffix == ".zip" and path.parent.name == "bases":
            found += list(unzip(path.read_bytes()).items())
        elif path.is_file() and path.suffix != ".zip":
            found.append((path.name, path.read_bytes()))
    return found


@functools.cache
def known_segments() -> list[Segments]:
    found: dict[str, Segments] = {}
    for name, data in committed():
        if name.endswith("delay.json"):
            segments = json.loads(data)["segments"]
            found.setdefault(json.dumps(segments), segments)
    return list(found.values())


@functools.cache
def known_signatures() -> list[bytes]:
    """The ML-DSA-44 signatures in the notes of the kit."""
    found = []
    for name, data in committed():
        if name.endswith(".note"):
            raws = [base64.b64decode(line.split(b" ")[-1]) for line in data.split(b"\n\n")[1].splitlines()]
            found += [raw[12:] for raw in raws if len(raw) == 12 + 2420]
    return found


@functools.cache
def evaluate(challenge: bytes, iterations: int, segments: int) -> Segments:
    """The delay and its proofs (C20)."""
    for known in known_segments():
        try:
            chain = [delay.Segment(bytes.fromhex(one["y"]), bytes.fromhex(one["proof"])) for one in known]
            delay.verify(challenge, chain, iterations, segments)
        except (delay.DataError, ValueError):
            continue
        return known
    made = delay.run(challenge, iterations, segments, SCRATCH)
    return [segment.json() for segment in made]


class KnownLedger(Ledger):
    @staticmethod
    def post_quantum(who: str, message: bytes) -> bytes:
        for signature in known_signatures():
            try:
                builder.pq_key(who).public_key().verify(signature, message)
            except InvalidSignature:
                continue
            return signature
        made = builder.post_quantum(who, message)
        known_signatures().append(made)
        return made


# --- the session --------------------------------------------------------------------------------------------------


class Session(Builder):
    crew = CREW
    openers = ("b1", "o1", "o2", "o3", "o4", "o5")
    silent = ("o6",)
    evaluate = staticmethod(evaluate)
    ledger_class = KnownLedger

    def plan(self) -> None:
        """The builder's plan at the limits of V51."""
        inner = self.ledger.changes.get("file:plan.json")

        def at_the_limits(plan: Any) -> None:
            plan["delay"]["iterations"] = ITERATIONS
            self.arrange(plan)
            if inner:
                inner(plan)

        self.ledger.changes["file:plan.json"] = at_the_limits
        super().plan()

    def publish(self) -> None:
        """The change "files" gets all files before `published` names them."""
        self.ledger.change("files", self.files)
        super().publish()

    def arrange(self, plan: Any) -> None:
        plan["draws"][1]["school_name"] = "星光中学"

    def heads(self, draw: Any) -> int:
        """The second draw has so many children that the statement may tell how many of them are girls (A28)."""
        return 36 if (draw["id"], draw["kind"]) == ("d02", "classes") else super().heads(draw)

    def _student(self, draw: str, i: int) -> dict[str, Any]:
        """A student whose identity somebody could hold a slip of (R4, R5, R11)."""
        made = super()._student(draw, i)
        planned = next(one for one in self.plan_value["draws"] if one["id"] == draw)
        child = self.child(draw, i)
        number = tagged("nullifier", child["document_type"].encode(), child["document_number"].encode())
        nullifier = hmac.new(fresh("year key"), number, hashlib.sha256).hexdigest()
        part = {"grade": planned["grade"], "nullifier": nullifier, "school": planned["school"], "year": 2026, **child}
        secret, second = self.codes(draw, i)
        made["identity"] = tagged("identity", tagged("slip-identity", secret), encode(part)).hex()
        made["attributes_salt"] = tagged("slip-attributes", secret, second).hex()
        made["nullifier"] = nullifier
        return made

    def child(self, draw: str, i: int) -> dict[str, str]:
        return {"document_number": f"99{draw[1:]}0120200101{i:04d}", "document_type": "1", "name": f"测试{draw}第{i}名"}

    def codes(self, draw: str, i: int) -> tuple[bytes, bytes]:
        """The two values of a slip (R12)."""
        return fresh("secret", draw, i)[:16], fresh("second", draw, i)[:16]

    def slip(self, draw: str, i: int, *, second: bool = True) -> dict[str, Any]:
        """R11."""
        codes = self.codes(draw, i)
        return {
            **self.child(draw, i),
            "second": codes[1].hex() if second else "",
            "secret": codes[0].hex(),
            "session": self.session,
            "version": VERSION,
        }

    def trust(self) -> dict[str, Any]:
        return dict(super().trust(), observers=[builder.public("o2"), builder.public("o5")])


class Elsewhere(Session):
    """A smaller session of another school and the same year, in the same ledger: no public draw, a short delay."""

    def __init__(self, session: str, school: str, draw: str, child: Callable[[int], str] | None = None) -> None:
        super().__init__()
        self.trust_then: dict[str, Any] = {}  # when its record was published
        self.session, self.school, self.draw, self.twice = session, school, draw, child

    def arrange(self, plan: Any) -> None:
        plan["draws"] = [dict(plan["draws"][1], grade=1, id=self.draw, school=self.school, school_name="河边小学")]
        plan["delay"]["iterations"] = 1000
        plan["session"] = self.session
        plan["sources"]["public_draw"] = {}

    def child(self, draw: str, i: int) -> dict[str, str]:
        if self.twice is not None and i == 3:
            return super().child(self.twice(i), i)
        return super().child(draw, i)

    def run_in(self, other: Builder) -> Elsewhere:
        """The whole session in the ledger of another builder."""
        self.ledger, changes = other.ledger, other.ledger.changes
        self.ledger.changes = {}
        self.add_school(self.school, self.school)
        for step in (self.plan, self.rosters, self.enrol, self.header, self.commit, self.groups, self.reveal):
            step()
        self.result()
        self.publish()
        self.finish("result")
        self.trust_then = self.trust()
        self.ledger.changes = changes
        return self


def paths(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix()
