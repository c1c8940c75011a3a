"""A county's groups: formed by several processes or one by one, they are the same bytes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ledger.canonical import VERSION, encode
from tests.test_allocation import roster
from verifiable_draw import conduct
from verifiable_draw.conduct import GroupingTask, computing
from verifiable_draw.values import Roster

FILLER = bytes(32).hex()


def sealed(units: Roster, draw: str) -> bytes:
    """A sealed roster's plaintext; what is not needed for groups is filler."""
    caps: Sequence[object] = ()
    student = {"attributes_salt": FILLER, "identity": FILLER, "nullifier": FILLER}
    return encode(
        {
            "attributes": [attribute.json() for attribute in units.attributes],
            "caps": list(caps),
            "classes": units.classes,
            "constraints": {
                "apart": [list(pair) for pair in units.apart],
                "barred": [],
                "caps": list(caps),
                "pins": [],
                "together": [i for i, unit in enumerate(units.units) if not unit.single],
            },
            "constraints_salt": FILLER,
            "crossed": [],
            "draw": draw,
            "salt": FILLER,
            "session": "s1",
            "units": [[student | {"attributes": dict(s)} for s in unit.students] for unit in units.units],
            "version": VERSION,
            "year_key": FILLER,
            "year_key_salt": FILLER,
        }
    )


def tasks(schools: int) -> list[GroupingTask]:
    return [
        (sealed(roster(i, 40 * (2 + i % 5), 2 + i % 5, i % 3, i % 2), f"d{i}"), f"d{i}", bytes([i]) * 32, 4)
        for i in range(1, schools + 1)
    ]


def test_processes_change_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    work = tasks(8)
    one_by_one = [conduct.compute_groups([task])[0] for task in work]
    pools = []
    executor = computing.ProcessPoolExecutor

    def counted(*arguments: object, **options: object) -> object:
        pools.append(options["max_workers"])
        return executor(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(computing, "ProcessPoolExecutor", counted)
    monkeypatch.setattr(computing, "WORTH_PROCESSES", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert conduct.compute_groups(work[::-1]) == one_by_one[::-1]
    assert pools == [2]
    assert len(set(one_by_one)) == len(work)
