"""Changes for the builder: what is set, when, and other sessions of the ledger."""

from __future__ import annotations

from builder import Builder, public


def put(*path_and_value):
    """A change that sets a value deep inside."""
    *path, last, value = path_and_value

    def change(target):
        for step in path:
            target = target[step]
        target[last] = value

    return change


def at(number, change):
    """The change, for the n-th call only."""
    calls = []

    def counted(target):
        calls.append(None)
        if len(calls) == number + 1:
            change(target)

    return counted


def earlier(
    builder: Builder, opened: bool = False, aborted: bool = True, rehearsal: bool = False, published: bool = False,
    annulled: bool = False, **other,
) -> None:  # fmt: skip
    """Another session of the same school before this one. `other`: year, and values of its draw."""
    year = other.pop("year", 2026)
    draw = {"attempt": 1, "batch": 1, "grade": 1, "id": "d09", "kind": "classes", "school": "1234567890"}
    draw.update(other)
    frozen = {
        "blocks": 1, "constraints": {"apart": 0, "barred": 0, "caps": 0, "pins": {}, "together": 0},
        "constraints_root": "00" * 32,
        "draw": "d09", "nullifiers_root": "00" * 32, "remainder": 0, "roster_root": "00" * 32, "sealed_hash": "00" * 32,
        "students": 3, "submission": "00" * 32, "unit_sizes": [[1, 3]], "units": 3,
    }  # fmt: skip
    enrolled = {"client": "kiosk", "id": "b9", "key": public("b9"), "role": "bureau"}
    header = {"draws": [draw], "hash": "11" * 32, "rehearsal": rehearsal, "size": 1, "year": year}
    steps = [("plan", {"hash": "00" * 32, "size": 1}), ("roster.frozen", frozen), ("observer.enrolled", enrolled)]
    steps.append(("header", header))
    if opened:
        closed = {"commitments": ["22" * 32], "digits": "", "hash": "00" * 32}
        steps += [("commitment", {"commitment": "22" * 32}), ("commits.closed", closed)]
        steps += [("groups.fixed", {"groups": [], "hash": "00" * 32}), ("reveals.opened", {"attested": []})]
    elif aborted:
        steps.append(("aborted", {"reason": "test"}))
    if published:
        row = {"contribution": "", "salt": "", "status": "missing"}
        steps += [("reveals.closed", {"hash": "00" * 32, "openings": [row]}), ("coverage.closed", {"covered": []})]
        steps += [("delay.done", {"segments": []}), ("seed", {"seed": "00" * 32}), ("result", {"draws": []})]
        steps.append(("published", {"files": 0, "files_hash": "00" * 32}))
    if annulled:
        steps.append(("annulled", {"document": "00" * 32, "draws": ["d09"], "reason": "test"}))
    for kind, body in steps:
        who = [("observer", "b9") if kind == "commitment" else ("operator", "operator")]
        if kind == "annulled":
            who.append(("approver", "approver"))
        builder.ledger.add(kind, body, who, "2026-summer")
