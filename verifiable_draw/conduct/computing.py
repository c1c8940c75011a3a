"""What is computed in the room: groups, delay, seed, classes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ledger.canonical import VERSION, encode
from ledger.entry import Entry
from verifiable_draw import delay, seed
from verifiable_draw.allocation import balance
from verifiable_draw.allocation.grouping import group as form_groups
from verifiable_draw.allocation.groups_file import encode_groups, encode_result, parse_groups, parse_result, parse_units
from verifiable_draw.allocation.permuting import allocate as permute
from verifiable_draw.conduct.steps import Progress, in_state, silent
from verifiable_draw.entries import CLASSES
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.header import HeaderDraw
from verifiable_draw.plan import Plan
from verifiable_draw.room import Room
from verifiable_draw.sealed import parse_sealed
from verifiable_draw.session_rules import (
    delay_challenge,
    expected_seed,
)
from verifiable_draw.values import Groups, Roster

# Bytes of sealed rosters, of about a thousand students: below it starting processes takes longer than the work.
WORTH_PROCESSES = 500_000

GroupingTask = tuple[bytes, str, bytes, int]
"""Sealed plaintext, draw, grouping seed, number of bundlings: all that forming one draw's groups needs."""


def _groups_of(task: GroupingTask) -> bytes:
    """Form the groups of one draw in a worker process."""
    sealed, draw, grouping_seed, number = task
    return encode_groups(form_groups(parse_sealed(sealed).roster, draw, grouping_seed, number))


def compute_groups(tasks: Sequence[GroupingTask], progress: Progress = silent) -> list[bytes]:
    """Form the groups of many draws on all cores. Order and bytes do not depend on how many there are."""
    if len(tasks) < 2 or sum(len(sealed) for sealed, *_ in tasks) < WORTH_PROCESSES:
        files = [_groups_of(task) for task in tasks]
        progress(len(files), len(tasks))
        return files
    files = []
    workers = min(len(tasks), os.cpu_count() or 1)
    # Spawned, not forked: the server that calls this has threads, whose locks a fork would copy.
    with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as pool:
        for data in pool.map(_groups_of, tasks):
            files.append(data)
            progress(len(files), len(tasks))
    return files


def grouping_tasks(room: Room, session: str) -> list[GroupingTask]:
    """What `compute_groups` needs, in header order, once commitments are closed."""
    known = in_state(room, session, "COMMITTED", "groups.fixed")
    header = known.frozen_header()
    commits = bytes.fromhex(known.commits_closed)
    return [
        (
            room.private.sealed(draw.frozen["roster_root"]),
            draw.id,
            seed.grouping_seed(header.hash, commits, draw.id),
            header.bundlings,
        )
        for draw in header.draws
    ]


def fix_groups(room: Room, session: str, files: Sequence[bytes]) -> Entry:
    """Check the groups files of all draws, in header order, and fix them, before any reveal."""
    known = in_state(room, session, "COMMITTED", "groups.fixed")
    header = known.frozen_header()
    if len(files) != len(header.draws):
        raise DataError("groups.not_this")
    rows: list[dict[str, Any]] = []
    # All are checked before the first is written: a wrong one leaves nothing behind.
    for draw, data in zip(header.draws, files, strict=True):
        units = parse_units(room.file(known, f"draws/{draw.id}/units.json"))
        parse_groups(data, draw, header.bundlings, units.sizes)
        rows.append({"draw": draw.id, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})
    for draw, data in zip(header.draws, files, strict=True):
        room.write(session, f"draws/{draw.id}/groups.json", data)
    digest = seed.groups_hash([bytes.fromhex(row["sha256"]) for row in rows])
    return room.operate(session, "groups.fixed", {"groups": rows, "hash": digest.hex()})


def group(room: Room, session: str, progress: Progress = silent) -> Entry:
    """Form blocks and bundlings of every draw and fix them."""
    return fix_groups(room, session, compute_groups(grouping_tasks(room, session), progress))


@dataclass(frozen=True, slots=True)
class DelayTask:
    """What `delay.run` needs, and where its segments lie."""

    challenge: bytes
    iterations: int
    segments: int
    folder: Path

    def compute(self, progress: Callable[[delay.Progress], None] = lambda _p: None) -> tuple[delay.Segment, ...]:
        """Compute the delay, or what is missing of it. Needs no room, so nothing waits for it."""
        return delay.run(self.challenge, self.iterations, self.segments, self.folder, progress)


def delay_task(room: Room, session: str) -> DelayTask:
    """The delay of a session whose coverage is closed."""
    known = in_state(room, session, "COVERED", "delay.done")
    plan = known.plan
    return DelayTask(delay_challenge(known), plan.iterations, plan.segments, room.path(session, "delay"))


def enter_delay(room: Room, session: str, segments: Sequence[delay.Segment]) -> Entry:
    """Enter the delay's segments, wherever they were computed; the entry's rule verifies them."""
    in_state(room, session, "COVERED", "delay.done")
    rows = [segment.json() for segment in segments]
    room.write(session, "delay.json", encode({"segments": rows, "version": VERSION}))
    return room.operate(session, "delay.done", {"segments": rows})


def run_delay(room: Room, session: str, progress: Callable[[delay.Progress], None] = lambda _p: None) -> Entry:
    """Compute the delay, or what is missing of it, and enter it."""
    return enter_delay(room, session, delay_task(room, session).compute(progress))


def enter_beacon(room: Room, session: str, signature: bytes) -> Entry:
    """Enter the signature of the planned drand round, typed or scanned across an air gap; it is checked."""
    known = in_state(room, session, "DELAYED", "beacon")
    planned = known.plan.value["sources"]["drand"]
    if not planned:
        raise UsageError("beacon.not_planned")
    return room.operate(session, "beacon", {"round": planned["round"], "signature": signature.hex()})


def fix_seed(room: Room, session: str) -> Entry:
    """Enter the seed."""
    known = in_state(room, session, "DELAYED", "seed")
    return room.operate(session, "seed", {"seed": expected_seed(known).hex()})


def allocate(room: Room, session: str) -> Entry:
    """Draw: permute blocks and bundles of every draw, write results and the balance statement."""
    known = in_state(room, session, "SEEDED", "result")
    header = known.frozen_header()
    rows, statement = [], []
    for draw in header.draws:
        units = parse_units(room.file(known, f"draws/{draw.id}/units.json"))
        groups = parse_groups(room.file(known, f"draws/{draw.id}/groups.json"), draw, header.bundlings, units.sizes)
        key = seed.draw_seed(bytes.fromhex(known.seed), draw.id)
        present = known.plan.draws[draw.id].sizes
        data = encode_result(permute(groups, draw.classes, units.sizes, key, present))
        room.write(session, f"draws/{draw.id}/result.json", data)
        rows.append({"draw": draw.id, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})
        roster = parse_sealed(room.private.sealed(draw.frozen["roster_root"])).roster
        statement.append(statement_of(known.plan, draw, roster, groups, parse_result(data)))
    room.write(session, "statement.json", encode({"draws": statement, "version": VERSION}))
    sources = {"beacon": dict(known.beacon or {}), "public_draw": known.digits, "version": VERSION}
    room.write(session, "sources.json", encode(sources))
    return room.operate(session, "result", {"draws": rows})


def statement_of(
    plan: Plan, draw: HeaderDraw, roster: Roster, groups: Groups, classes: Sequence[int]
) -> dict[str, Any]:
    """What statement.json says of one draw (A23, A28)."""
    if draw.kind != CLASSES:
        return {"balance": [], "certificate": [], "draw": draw.id}
    numbers = balance.numbers_per_class(roster, classes, plan.value["balance"])
    certificate = [
        {"bound": line.bound, "feature": line.feature, "proven": line.proven, "reached": line.reached}
        for line in balance.certificate(roster, groups)
    ]
    return {"balance": [one.json() for one in numbers], "certificate": certificate, "draw": draw.id}
