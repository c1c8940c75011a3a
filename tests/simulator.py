"""The simulator that tests use, with what they do to records.

The ceremony itself is `verifiable_draw.simulation.ceremony`: fixed keys, fixed clock, randomness from a counter.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

from ledger.canonical import decode, encode
from verifiable_draw.simulation.ceremony import (
    BUREAU,
    OBSERVERS,
    ORIGIN,
    SCHOOLS,
    YEAR,
    Clock,
    Counter,
    Simulator,
    seed_of,
)

__all__ = [
    "BUREAU", "OBSERVERS", "ORIGIN", "ROOT", "SCHOOLS", "YEAR", "Clock", "Counter", "Simulator", "repaired", "seed_of",
    "write_record",
]  # fmt: skip

ROOT = Path(__file__).resolve().parent.parent


def repaired(files: dict[str, bytes]) -> dict[str, bytes]:
    """Sizes and hashes of RECORD.json brought in line with the files: what a forger would do first."""
    value: Any = decode(files["RECORD.json"])
    value["files"] = [
        {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for path, data in sorted(files.items())
        if path != "RECORD.json"
    ]
    return dict(sorted((files | {"RECORD.json": encode(value)}).items()))


def write_record(files: dict[str, bytes], folder: Path) -> Path:
    """Write a record's files to a fresh folder."""
    if folder.exists():
        shutil.rmtree(folder)
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder
