"""A holder of the sealed rosters checks the groups on a machine of their own (spec/ceremony.md C12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ledger.entry import Message
from verifiable_draw import seed
from verifiable_draw.conduct import compute_groups
from verifiable_draw.device import Device
from verifiable_draw.errors import DataError, UsageError
from verifiable_draw.packet import Packet
from verifiable_draw.sealed import check_sealed, parse_sealed, unseal
from verifiable_draw.session_rules import expected_checked


def check_groups(
    device: Device,
    packet: Packet,
    name: str,
    sealed_files: Mapping[str, bytes],
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Message:
    """Open every sealed roster, recompute leaves, constraints, block counts and groups, then sign `groups.checked`.

    `sealed_files`: encrypted files by draw. DataError names what differs.
    """
    session = device.look(packet).session(name)
    if session.state != "GROUPED":
        raise UsageError("attest.not_now", state=session.state)
    header = session.frozen_header()
    missing = [draw.id for draw in header.draws if draw.id not in sealed_files]
    if missing:
        raise UsageError("checked.files_missing", draws=", ".join(missing))
    tasks = []
    for draw in header.draws:
        data = unseal(sealed_files[draw.id], device.key.actor.id, bytes(device.key.sealing))
        sealed = parse_sealed(data)
        files = [packet.load(name, f"draws/{draw.id}/{kind}.json") or b"" for kind in ("units", "nullifiers")]
        check_sealed(sealed, session.plan, draw.id, draw.frozen, files[0], files[1])
        key = seed.grouping_seed(header.hash, bytes.fromhex(session.commits_closed), draw.id)
        tasks.append((data, draw.id, key, header.bundlings))
    for draw, groups in zip(header.draws, compute_groups(tasks, progress), strict=True):
        if packet.load(name, f"draws/{draw.id}/groups.json") != groups:
            raise DataError("sealed.differs", draw=draw.id, what="groups")
    return device.sign(session, "groups.checked", expected_checked(session))
