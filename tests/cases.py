"""The whole records under spec/cases: how each is made, and the verdict it must get.

`proven` is a real session at the limits of V51; its delay takes about a minute, so its segments are read from the
committed record, where they are verified before use like any segment found on the disc.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ledger.canonical import decode, encode
from tests.simulator import ROOT, Simulator
from verifiable_draw.files import stored_zip
from verifiable_draw.session_rules import delay_challenge

CASES = ROOT / "spec" / "cases"
PROVEN_PLAN: dict[str, Any] = {
    "rehearsal": False,
    "delay": {"bits": 1024, "iterations": 4_000_000, "kind": "chiavdf-wesolowski", "segments": 8},
}
Files = dict[str, bytes]


def unzip(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def proven_story(folder: Path, *, plan: Mapping[str, Any] = PROVEN_PLAN) -> Simulator:
    """Run the proven session; the delay is taken from the committed record where it fits."""
    story = Simulator(folder, plan=dict(plan))
    story.run("cosign_coverage")
    committed = CASES / "proven" / "record.zip"
    if committed.is_file():
        segments: Any = decode(unzip(committed.read_bytes())["delay.json"])
        challenge = delay_challenge(story.session).hex()[:16]
        for i, segment in enumerate(segments["segments"]):
            story.room.write(story.name, f"delay/{challenge}-{i:02d}.json", encode(segment))
    return story.run(after="cosign_coverage")


def repaired(files: Files) -> Files:
    """Sizes and hashes of RECORD.json brought in line with the files: what a forger would do first."""
    value: Any = decode(files["RECORD.json"])
    value["files"] = [
        {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for path, data in sorted(files.items())
        if path != "RECORD.json"
    ]
    return dict(sorted((files | {"RECORD.json": encode(value)}).items()))


def change(path: str, edit: Callable[[Any], None]) -> Callable[[Files], Files]:
    """A case that edits one JSON file and repairs RECORD.json."""

    def apply(files: Files) -> Files:
        value: Any = decode(files[path])
        edit(value)
        return repaired(files | {path: encode(value)})

    return apply


def _exchange(value: Any) -> None:
    classes = value["classes"]
    other = next(i for i, number in enumerate(classes) if number != classes[0])
    classes[0], classes[other] = classes[other], classes[0]


def _together(value: Any) -> None:
    """Put a hand-made class into the remainder: the same units together in every bundling."""
    for bundling in value["bundlings"]:
        bundling[:] = value["bundlings"][0]


def _shorten(files: Files) -> Files:
    lines = files["ledger/entries.jsonl"].splitlines(keepends=True)
    return repaired(files | {"ledger/entries.jsonl": b"".join(lines[:-1])})


MUTATIONS: dict[str, tuple[str, Callable[[Files], Files]]] = {
    "altered-file": ("V01", lambda files: files | {"plan.json": files["plan.json"] + b" "}),
    "altered-list": ("V43", change("draws/d1/result.json", _exchange)),
    "altered-groups": ("V30", change("draws/d1/groups.json", _together)),
    "altered-seed": ("V42", change("delay.json", lambda value: value["segments"].reverse())),
    "shortened-ledger": ("V11", _shorten),
}


def build_all() -> dict[str, Files]:
    """Every case's files: record.zip, trust.json, expected.json."""
    with tempfile.TemporaryDirectory() as folder:
        story = proven_story(Path(folder))
        files, trust = story.files(), encode(story.trust())
        story.room.close()
    cases = {"proven": (0, [], files), "unanchored": (3, ["V57", "V58"], files)}
    cases |= {name: (1, [check], mutate(files)) for name, (check, mutate) in MUTATIONS.items()}
    return {
        name: {
            "expected.json": json.dumps({"exit": code, "failing": failing}).encode() + b"\n",
            "record.zip": stored_zip(record),
        }
        | ({} if name == "unanchored" else {"trust.json": trust})
        for name, (code, failing, record) in cases.items()
    }


def main() -> None:
    for name, files in build_all().items():
        for path, data in files.items():
            (CASES / name).mkdir(parents=True, exist_ok=True)
            (CASES / name / path).write_bytes(data)
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
