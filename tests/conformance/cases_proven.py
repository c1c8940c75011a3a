"""A real session of the simulator, with two draws of more children, and records forged from it.

Its delay is of eight segments; they are taken from the committed record, where they are verified before use.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ledger.canonical import decode, encode
from tests.conformance import session
from tests.conformance.session import Files, unzip
from tests.conformance.table import Case, Made
from tests.simulator import Simulator, repaired
from verifiable_draw.session_rules import delay_challenge

PLAN: dict[str, Any] = {
    "rehearsal": False,
    "delay": {"bits": 1024, "iterations": 4_000_000, "kind": "chiavdf-wesolowski", "segments": 8},
}
COMMITTED = session.CASES / "bases" / "proven.zip"


def story(folder: Path, *, plan: Mapping[str, Any] = PLAN) -> Simulator:
    """Run the session; the delay is taken from the committed record where it fits."""
    made = Simulator(folder, plan=dict(plan))
    made.run("cosign_coverage")
    if COMMITTED.is_file():
        segments: Any = decode(unzip(COMMITTED.read_bytes())["delay.json"])
        challenge = delay_challenge(made.session).hex()[:16]
        for i, segment in enumerate(segments["segments"]):
            made.room.write(made.name, f"delay/{challenge}-{i:02d}.json", encode(segment))
    return made.run(after="cosign_coverage")


@functools.cache
def proven() -> tuple[Files, bytes]:
    """Record and trust file."""
    with tempfile.TemporaryDirectory() as folder:
        made = story(Path(folder))
        files, trust = made.files(), encode(made.trust())
        made.room.close()
    return files, trust


def _change(path: str, edit: Callable[[Any], None]) -> Callable[[Files], Files]:
    """One JSON file edited."""

    def apply(files: Files) -> Files:
        value: Any = decode(files[path])
        edit(value)
        return files | {path: encode(value)}

    return apply


def _exchange(value: Any) -> None:
    classes = value["classes"]
    other = next(i for i, number in enumerate(classes) if number != classes[0])
    classes[0], classes[other] = classes[other], classes[0]


def _together(value: Any) -> None:
    """A hand-made class in the remainder: the same units together in every bundling."""
    for bundling in value["bundlings"]:
        bundling[:] = value["bundlings"][0]


def _shorten(files: Files) -> Files:
    lines = files["ledger/entries.jsonl"].splitlines(keepends=True)
    return files | {"ledger/entries.jsonl": b"".join(lines[:-1])}


def forged(edit: Callable[[Files], Files], *, repair: bool = True, anchored: bool = True) -> Callable[[], Made]:
    def made() -> Made:
        files, trust = proven()
        changed = edit(files)
        return Made(repaired(changed) if repair else changed, trust if anchored else None)

    return made


CASES: dict[str, Case] = {
    "proven": Case(says="A session of the simulator, whose delay has eight segments.", make=forged(dict, repair=False)),
    "proven-unanchored": Case(
        says="The same record, and no trust file.", failing="V57 V58", make=forged(dict, repair=False, anchored=False)
    ),
    "proven-altered-file": Case(
        says="A space was added to the plan.",
        failing="V01 V02 V46",
        make=forged(lambda files: files | {"plan.json": files["plan.json"] + b" "}, repair=False),
    ),
    "proven-altered-list": Case(
        says="Two children were exchanged when everything was published, and RECORD.json was made anew.",
        failing="V43 V46",
        make=forged(_change("draws/d1/result.json", _exchange)),
    ),
    "proven-altered-groups": Case(
        says="The remainder was divided by hand when everything was published, and RECORD.json was made anew.",
        failing="V30 V32 V33 V34 V40 V42 V43 V46 V50 V51 V52 V53 V54 V58 V63",
        make=forged(_change("draws/d1/groups.json", _together)),
    ),
    "proven-altered-delay": Case(
        says="The segments of delay.json are in reverse order.",
        failing="V40 V42 V43 V46",
        make=forged(_change("delay.json", lambda value: value["segments"].reverse())),
    ),
    "proven-shortened-ledger": Case(
        says="The ledger lacks its last entry, the publication.",
        failing="V04 V11 V20 V57",
        make=forged(_shorten),
    ),
}  # fmt: skip
