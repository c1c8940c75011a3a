"""Why a plan that keeps its rules cannot be carried out on a ledger (C1, C3, C6).

A draw that was drawn already would be refused at the header only, after weeks of work: it is said beforehand.
"""

from __future__ import annotations

from verifiable_draw.errors import DataError, DrawError, UsageError
from verifiable_draw.plan import Plan
from verifiable_draw.room import Room


def conflicts(room: Room, plan: Plan) -> list[DrawError]:
    """Every reason, none if it can be carried out."""
    found: list[DrawError] = []
    if plan.session in room.view.sessions:
        found.append(UsageError("step.session_exists", session=plan.session))
    if (plan.value["origin"], plan.value["bureau"]) != (room.view.origin, room.view.bureau):
        found.append(DataError("plan.not_this"))
    known = room.private.year_key(plan.year)
    if plan.value["year_key"] != known.commitment.hex():
        found.append(DataError("plan.year_key", year=plan.year))
    return found + _drawn(room, plan)


def _drawn(room: Room, plan: Plan) -> list[DrawError]:
    """Draws that an earlier session holds, by session."""
    earlier: dict[str, list[str]] = {}
    for name, draw in plan.draws.items():
        try:
            room.view.attempt_number(plan.draw_key(name), rehearsal=plan.rehearsal)
        except UsageError as error:
            earlier.setdefault(str(error.values["session"]), []).append(f"{draw.school_name} {draw.grade}")
    key = "plan.rehearsed" if plan.rehearsal else "plan.drawn"
    return [UsageError(key, session=name, draws="、".join(draws)) for name, draws in earlier.items()]


def refuse(room: Room, plan: Plan) -> None:
    """Raise all that `conflicts` finds as one error."""
    found = conflicts(room, plan)
    if len(found) == 1:
        raise found[0]
    if found:
        said = [error.text for error in found]
        raise UsageError(
            "plan.conflicts", number=len(said), conflicts_zh="".join(row.zh for row in said),
            conflicts=" ".join(row.en for row in said),
        )  # fmt: skip
