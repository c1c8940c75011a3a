"""What the cases change: values deep inside, steps left out, units exchanged."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from lies import put

import tests.conformance.session  # noqa: F401 - sets the path to the builder

ZERO = "00" * 32
UNSOUND = "01" + "00" * 31
Change = Callable[[Any], None]


def drop(kind: str, *who: str) -> Change:
    """No entry of a type by these: whatever it would be is left out of the ledger."""

    def change(builder: Any) -> None:
        plain = builder.ledger.add

        def add(name: str, body: Any, signers: Any, *rest: Any, **more: Any) -> None:
            if not (name == kind and signers[0][1] in who):
                plain(name, body, signers, *rest, **more)

        builder.ledger.add = add

    return change


def instead(kind: str, who: str, **values: Any) -> Change:
    """The entry of a type by this one says something else, and is signed so."""

    def change(builder: Any) -> None:
        plain = builder.ledger.add

        def add(name: str, body: Any, signers: Any, *rest: Any, **more: Any) -> None:
            if name == kind and signers[0][1] == who:
                body = {**body, **values}
            plain(name, body, signers, *rest, **more)

        builder.ledger.add = add

    return change


def where(change: Change, **values: Any) -> Change:
    """The change, if the target has these values."""

    def conditional(target: Any) -> None:
        if all(target[name] == value for name, value in values.items()):
            change(target)

    return conditional


def secretly(*path_and_value: Any) -> Change:
    """A value of the sealed units alone: units.json and nullifiers.json stay as they were."""

    def change(sealed: Any) -> None:
        sealed["units"] = copy.deepcopy(sealed["units"])
        put("units", *path_and_value)(sealed)

    return change


def uncovered(*who: str) -> dict[str, Change]:
    """These observers never attest the reveals, so they are not covered (C18)."""
    return {
        "before:attest.reveals": drop("attest.reveals", *who),
        "body:coverage.closed": lambda body: body.update(covered=[one for one in body["covered"] if one not in who]),
    }


def exchange(value: Any) -> None:
    """Two units of different classes exchange them, so that the counts stay right."""
    classes = value["classes"]
    other = next(i for i, chosen in enumerate(classes) if chosen != classes[0] and i)
    classes[0], classes[other] = classes[other], classes[0]


def uneven(groups: Any) -> None:
    """The smallest bundle of the first bundling gives two units to the largest."""
    bundling = sorted(groups["bundlings"][0], key=len)
    bundling[-1] = sorted([*bundling[-1], bundling[0].pop(), bundling[0].pop()])
    groups["bundlings"][0] = sorted(bundling, key=lambda bundle: bundle[:1] or [1 << 53])


def hand_made(times: int) -> Change:
    """The first division of the remainder in so many of the bundlings."""

    def change(value: Any) -> None:
        value["bundlings"][:times] = [value["bundlings"][0]] * times

    return change


def swapped(value: Any) -> None:
    """Two single units of a bundling exchanged: still lawful groups, but not those of the rule."""
    bundling = value["bundlings"][0]
    bundling[0], bundling[1] = sorted([bundling[1][0], *bundling[0][1:]]), sorted([bundling[0][0], *bundling[1][1:]])
    bundling.sort()
