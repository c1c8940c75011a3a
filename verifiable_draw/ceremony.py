"""The order and authority of the protocol as one table: (state, event) -> (state, who must have signed).

Events are ledger entry types (spec/ceremony.md, States). The diagram and the table on that page are made here.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifiable_draw.errors import UsageError

START = "START"

OPERATOR = ("operator",)
OBSERVER = ("observer",)
SCHOOL = ("school",)
APPROVER = ("approver",)


@dataclass(frozen=True, slots=True)
class Step:
    """What an event leads to, and the roles that must have signed it, in order."""

    state: str
    signers: tuple[str, ...]


_ROSTER_STEPS = (("roster.submitted", SCHOOL), ("roster.approved", APPROVER), ("draw.postponed", OPERATOR))

TABLE: dict[tuple[str, str], Step] = {
    (START, "plan"): Step("PLANNED", OPERATOR),
    **{("PLANNED", event): Step("PLANNED", roles) for event, roles in _ROSTER_STEPS},
    ("PLANNED", "roster.frozen"): Step("ROSTERED", OPERATOR),
    ("PLANNED", "aborted"): Step("ABORTED", OPERATOR),
    **{("ROSTERED", event): Step("ROSTERED", roles) for event, roles in _ROSTER_STEPS},
    ("ROSTERED", "roster.frozen"): Step("ROSTERED", OPERATOR),
    ("ROSTERED", "observer.enrolled"): Step("ROSTERED", OPERATOR),
    ("ROSTERED", "header"): Step("FROZEN", OPERATOR),
    ("ROSTERED", "aborted"): Step("ABORTED", OPERATOR),
    ("FROZEN", "commitment"): Step("COMMITTING", OBSERVER),
    ("FROZEN", "aborted"): Step("ABORTED", OPERATOR),
    ("COMMITTING", "commitment"): Step("COMMITTING", OBSERVER),
    ("COMMITTING", "source"): Step("COMMITTING", OBSERVER),
    ("COMMITTING", "commits.closed"): Step("COMMITTED", OPERATOR),
    ("COMMITTING", "aborted"): Step("ABORTED", OPERATOR),
    ("COMMITTED", "groups.fixed"): Step("GROUPED", OPERATOR),
    ("COMMITTED", "aborted"): Step("ABORTED", OPERATOR),
    ("GROUPED", "groups.checked"): Step("GROUPED", ("recipient",)),
    ("GROUPED", "attest.groups"): Step("GROUPED", OBSERVER),
    ("GROUPED", "reveals.opened"): Step("REVEALING", OPERATOR),
    ("GROUPED", "aborted"): Step("ABORTED", OPERATOR),
    ("REVEALING", "opening"): Step("REVEALING", OBSERVER),
    ("REVEALING", "reveals.closed"): Step("REVEALED", OPERATOR),
    ("REVEALED", "attest.reveals"): Step("REVEALED", OBSERVER),
    ("REVEALED", "coverage.closed"): Step("COVERED", OPERATOR),
    ("COVERED", "delay.done"): Step("DELAYED", OPERATOR),
    ("DELAYED", "beacon"): Step("DELAYED", OPERATOR),
    ("DELAYED", "seed"): Step("SEEDED", OPERATOR),
    ("SEEDED", "result"): Step("ALLOCATED", OPERATOR),
    ("ALLOCATED", "published"): Step("PUBLISHED", OPERATOR),
    ("PUBLISHED", "annulled"): Step("ANNULLED", ("operator", "approver")),
    ("ANNULLED", "annulled"): Step("ANNULLED", ("operator", "approver")),
}

STATES = tuple(dict.fromkeys([START, *(step.state for step in TABLE.values())]))
EVENTS = tuple(dict.fromkeys(event for _state, event in TABLE))

# From here on the outcome is determined: no abort, and only forward (C2).
AFTER_OPENING = STATES[STATES.index("REVEALING") :]

# Entries that belong to no session, and who signs them (L6); for the two last it depends on the key's role.
TWO_ROLES = ("operator", "approver")
OUTSIDE: dict[str, tuple[str, ...]] = {
    "genesis": OPERATOR,
    "key.added": TWO_ROLES,
    "key.retired": TWO_ROLES,
    "key.confirmed": OPERATOR,
    "policy": TWO_ROLES,
    "register": OPERATOR,
    "timestamp": OPERATOR,
    "lots": ("school", "operator"),
    "slips": OPERATOR,
    "evidence": OPERATOR,
    "year": TWO_ROLES,
    "filing.submitted": SCHOOL,
    "filing.approved": APPROVER,
    "teacher.replaced": ("school", "approver"),
    "amendment.requested": SCHOOL,
    "amendment.approved": APPROVER,
    "registration.checked": OPERATOR,
    "complaint.received": OPERATOR,
    "complaint.decided": APPROVER,
    "inspection": OPERATOR,
    "finding.closed": TWO_ROLES,
    "key.rotated": (),
    "key.replaced": (),
}
OFFICES = ("operator", "approver", "recovery")


def outside_signers(event: str, role: str) -> tuple[str, ...]:
    """Who must sign an entry of no session; `role` is that of the key it names, if it names one (L6, L12)."""
    if event == "key.rotated":
        return (role, role)
    if event == "key.replaced":
        return (*(office for office in OFFICES if office != role), role)
    return OUTSIDE[event]


def apply(state: str, event: str) -> Step:
    """Return the step that `event` takes from `state`; UsageError, changing nothing, if the table has none."""
    step = TABLE.get((state, event))
    if step is None:
        raise UsageError("step.not_allowed", state=state, event=event, allowed=", ".join(allowed(state)) or "—")
    return step


def allowed(state: str) -> list[str]:
    """Events that the table admits in `state`."""
    return [event for (from_state, event) in TABLE if from_state == state]


def specification_section() -> str:
    """The states section of spec/ceremony.md: diagram and table."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, event), step in TABLE.items():
        arrows.setdefault((state, step.state), []).append(event)
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"  {'[*]' if a == START else a} --> {b}: {', '.join(events)}" for (a, b), events in arrows.items()]
    lines += ["```", "", "| state | event | signed by | next state |", "|---|---|---|---|"]
    lines += [
        f"| {state} | `{event}` | {', '.join(step.signers)} | {step.state} |" for (state, event), step in TABLE.items()
    ]
    return "\n".join(lines) + "\n"
