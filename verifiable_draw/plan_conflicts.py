"""Why a plan that keeps its rules cannot be carried out on a ledger (C1, C3, C6).

A draw that was drawn already would be refused at the header only, after weeks of work: it is said beforehand.
"""

from __future__ import annotations

from verifiable_draw.entries import LATE
from verifiable_draw.errors import DataError, DrawError, UsageError
from verifiable_draw.plan import Plan
from verifiable_draw.room import Room
from verifiable_draw.year.at_bureau import classes_now


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
    return found + _drawn(room, plan) + _steered(room, plan)


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


def _steered(room: Room, plan: Plan) -> list[DrawError]:
    """Late draws whose sizes are not those of the classes now: the inspection would call places steered (Y4)."""
    in_order = sorted((draw for draw in plan.draws.values() if draw.kind == LATE), key=lambda draw: -draw.batch)
    late = list({(draw.school, draw.grade): draw for draw in in_order}.values())  # of several batches the first
    if plan.rehearsal or not late:
        return []
    now = classes_now(room, plan.year)
    wrong = [
        (f"{draw.school_name} {draw.grade}", "、".join(map(str, now[draw.school, draw.grade].sizes)))
        for draw in late
        if (draw.school, draw.grade) in now and draw.sizes != now[draw.school, draw.grade].sizes
    ]
    return [DataError("plan.sizes", draws="；".join(f"{name}：{stood}" for name, stood in wrong))] if wrong else []


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
