"""A session that waits for a round of drand (C26, C27). Its rounds are real ones, so it is dated a year earlier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from builder import BEACONS, QUICKNET
from lies import put

from tests.conformance.changes import ZERO, drop
from tests.conformance.session import KnownLedger, Session
from tests.conformance.table import Case, Changes, Made
from verifier.canonical import encode

ROUND, EARLIER = 20791007, 16777215  # published at 2025-08-14T12:59:45Z and 2025-03-28T04:10:09Z


class LedgerBefore(KnownLedger):
    day = "2025-08-14"


class Waiting(Session):
    """A session that waits for ROUND, which is published when everything else is done."""

    ledger_class = LedgerBefore
    planned = ROUND

    def arrange(self, plan: Any) -> None:
        super().arrange(plan)
        plan["sources"]["drand"] = {"chain": QUICKNET, "round": self.planned}


class TooLate(Waiting):
    """The round was published months before."""

    planned = EARLIER


class Unplanned(Session):
    """The operator enters a beacon that nobody planned, and the seed is made without it."""

    def beacon(self) -> bytes:
        self.operator("beacon", {"round": ROUND, "signature": BEACONS[ROUND]})
        super().beacon()
        return b""


def of(kind: type[Session] = Waiting, until: str = "published", changes: Changes | None = None) -> Callable[[], Made]:
    def make() -> Made:
        built: Any = kind(dict(changes or {})).build(until)
        return Made(dict(built.files), encode(built.trust()), {}, {entry["type"] for entry in built.ledger.entries})

    return make


def negated(body: Any) -> None:
    """The other point with the same x coordinate: its encoding has another sign bit."""
    body["signature"] = f"{int(body['signature'][:2], 16) ^ 0x20:02x}{body['signature'][2:]}"


def twice(built: Any) -> None:
    """Whatever is entered of a beacon is entered twice."""
    plain = built.ledger.add

    def add(kind: str, *rest: Any, **more: Any) -> None:
        plain(kind, *rest, **more)
        if kind == "beacon":
            plain(kind, *rest, **more)

    built.ledger.add = add


CASES: dict[str, Case] = {
    "drand": Case(says="A session waited for a round of drand, as planned.", make=of()),
    "drand-other-signature": Case(
        says="The beacon entered is that of another round, and the seed was computed from it.",
        failing="V41",
        make=of(changes={"body:beacon": put("signature", BEACONS[EARLIER])}),
    ),
    "drand-negated": Case(
        says="The beacon's point has the other sign.", failing="V41", make=of(changes={"body:beacon": negated})
    ),
    "drand-not-a-point": Case(
        says="The beacon's signature is no point of the curve.",
        failing="V41",
        make=of(changes={"body:beacon": put("signature", "80" + "00" * 46 + "01")}),
    ),
    "drand-other-round": Case(
        says="The beacon's entry names another round.", failing="V41", make=of(changes={"body:beacon": put("round", EARLIER)})
    ),
    "drand-copied-wrongly": Case(
        says="sources.json has no beacon.", failing="V41", make=of(changes={"file:sources.json": put("beacon", {})})
    ),
    "drand-not-entered": Case(
        says="The beacon that was planned is not entered, and the seed is made without it.",
        failing="V41",
        make=of(changes={"before:beacon": drop("beacon", "operator")}),
    ),
    "drand-unplanned": Case(says="A beacon is entered that nobody planned.", failing="V41", make=of(Unplanned)),
    "drand-twice": Case(says="The beacon is entered twice.", failing="V20", make=of(changes={"before:beacon": twice})),
    "drand-too-late": Case(
        says="Reveals were closed when the beacon had long been published.", failing="V65", make=of(TooLate)
    ),
    "frozen-drand-unknown-chain": Case(
        says="The plan waits for a chain that the specification does not know.",
        failing="V21 V22 V62",
        make=of(until="header", changes={"file:plan.json": put("sources", "drand", "chain", ZERO)}),
    ),
    "frozen-drand-round-zero": Case(
        says="The plan waits for round 0.",
        failing="V21 V22 V62",
        make=of(until="header", changes={"file:plan.json": put("sources", "drand", "round", 0)}),
    ),
}
