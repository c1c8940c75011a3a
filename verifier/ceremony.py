"""The order of the protocol: a table of states and events, and what a session's entries say (C1-C2, C8, C13-C17)."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Set, Tuple

START = ""

# state -> {entry type -> next state}; a type without a row is refused (ceremony, States).
TABLE: Dict[str, Dict[str, str]] = {
    START: {"plan": "PLANNED"},
    "PLANNED": {
        "roster.submitted": "PLANNED",
        "roster.approved": "PLANNED",
        "draw.postponed": "PLANNED",
        "roster.frozen": "ROSTERED",
        "aborted": "ABORTED",
    },
    "ROSTERED": {
        "roster.submitted": "ROSTERED",
        "roster.approved": "ROSTERED",
        "draw.postponed": "ROSTERED",
        "roster.frozen": "ROSTERED",
        "observer.enrolled": "ROSTERED",
        "header": "FROZEN",
        "aborted": "ABORTED",
    },
    "FROZEN": {"commitment": "COMMITTING", "aborted": "ABORTED"},
    "COMMITTING": {
        "commitment": "COMMITTING",
        "source": "COMMITTING",
        "commits.closed": "COMMITTED",
        "aborted": "ABORTED",
    },
    "COMMITTED": {"groups.fixed": "GROUPED", "aborted": "ABORTED"},
    "GROUPED": {
        "groups.checked": "GROUPED",
        "attest.groups": "GROUPED",
        "reveals.opened": "REVEALING",
        "aborted": "ABORTED",
    },
    "REVEALING": {"opening": "REVEALING", "reveals.closed": "REVEALED"},
    "REVEALED": {"attest.reveals": "REVEALED", "coverage.closed": "COVERED"},
    "COVERED": {"delay.done": "DELAYED"},
    "DELAYED": {"beacon": "DELAYED", "seed": "SEEDED"},
    "SEEDED": {"result": "ALLOCATED"},
    "ALLOCATED": {"published": "PUBLISHED"},
    "PUBLISHED": {"annulled": "ANNULLED"},
    "ANNULLED": {"annulled": "ANNULLED"},
    "ABORTED": {},
}
BEFORE_HEADER = (START, "PLANNED", "ROSTERED")
MAX_OBSERVERS = 200
FINISHED = ("PUBLISHED", "ANNULLED")

# entries of which an observer may make one a session
ONCE = ("commitment", "attest.groups", "opening", "attest.reveals")


class Session:
    """What the entries of one session say, read in ledger order. `problems` is what the order rules refuse."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = START
        self.steps = 0
        self.problems: List[Tuple[int, str]] = []  # seq and what is wrong
        self.taken: List[Dict[str, Any]] = []
        self.entries: Dict[str, List[Dict[str, Any]]] = {}
        self.annulled: Dict[str, int] = {}  # draw -> seq of the first entry that annuls it
        self.aborted_at: Optional[int] = None
        self._roles: Dict[str, str] = {}
        self._made: Dict[str, Set[str]] = {kind: set() for kind in ONCE}

    def all(self, kind: str) -> List[Dict[str, Any]]:
        return self.entries.get(kind, [])

    def first(self, kind: str) -> Optional[Dict[str, Any]]:
        found = self.entries.get(kind)
        return found[0] if found else None

    @property
    def header(self) -> Optional[Dict[str, Any]]:
        return self.first("header")

    @property
    def passed_opening(self) -> bool:
        return "reveals.opened" in self.entries

    def roles(self) -> Dict[str, str]:
        """Roles of the enrolled observers by id, sorted by id as in the header."""
        return dict(sorted(self._roles.items()))

    def apply(self, entry: Dict[str, Any]) -> None:
        """Take one entry. An entry that has no row changes nothing but is a problem."""
        self.steps += 1
        kind = entry["type"]
        following = TABLE[self.state].get(kind)
        if following is None:
            self._problem(entry, "%s is not allowed in state %s" % (kind, self.state or "START"))
            return
        problem = self._order(entry)
        if problem:
            self._problem(entry, problem)
            return
        self.state = following
        self.taken.append(entry)
        self.entries.setdefault(kind, []).append(entry)
        if kind == "observer.enrolled":
            self._roles[entry["body"]["id"]] = entry["body"]["role"]
        if kind == "aborted":
            self.aborted_at = entry["seq"]
        if kind == "annulled":
            for draw in entry["body"]["draws"]:
                self.annulled.setdefault(draw, entry["seq"])

    def _problem(self, entry: Dict[str, Any], text: str) -> None:
        self.problems.append((entry["seq"], text))

    def _order(self, entry: Dict[str, Any]) -> str:  # noqa: C901, PLR0911 - a list of rules
        """The rules of "one per observer", of one beacon, and who may; "" if kept."""
        kind, who = entry["type"], entry["actor"]["id"]
        if kind == "observer.enrolled":
            if entry["body"]["id"] in self._roles:
                return "observer %s is enrolled twice (C5)" % entry["body"]["id"]
            if len(self._roles) == MAX_OBSERVERS:
                return "more than %d observers (C5)" % MAX_OBSERVERS
        if kind == "annulled":
            return self._annulment(entry)
        if kind == "beacon" and self.first("beacon") is not None:
            return "a second beacon (C26)"
        if kind not in ONCE:
            return ""
        if who in self._made[kind]:
            return "a second %s of %s" % (kind, who)
        if kind == "commitment" and not self._made[kind] and self._roles.get(who) != "bureau":
            return "the first commitment is not the bureau's (C7)"
        if kind in ("attest.groups", "opening") and who not in self._made["commitment"]:
            return "%s has not committed" % who
        if kind == "attest.reveals" and who not in self._received():
            return "the opening of %s was not received" % who
        self._made[kind].add(who)
        return ""

    def _annulment(self, entry: Dict[str, Any]) -> str:
        header = self.header
        known = {draw["id"] for draw in header["body"]["draws"]} if header else set()
        again = sorted(set(entry["body"]["draws"]) & set(self.annulled))
        if again:
            return "annuls draws a second time: %s" % ", ".join(again)
        unknown = sorted(set(entry["body"]["draws"]) - known)
        return "annuls draws that the session does not have: %s" % ", ".join(unknown) if unknown else ""

    def _received(self) -> Set[str]:
        closed = self.first("reveals.closed")
        openings = closed["body"]["openings"] if closed else []
        return {name for name, row in zip(self.roles(), openings) if row["status"] == "received"}


def replay(entries: List[Dict[str, Any]]) -> Dict[str, Session]:
    """All sessions of a ledger by id, in order of appearance."""
    sessions: Dict[str, Session] = {}
    for entry in entries:
        name = entry["session"]
        if name:
            sessions.setdefault(name, Session(name)).apply(entry)
    return sessions


def outcome(session: Session, draw: str) -> str:
    """How an attempt ended, in one word (V5)."""
    if draw in session.annulled:
        return "annulled"
    if session.state in FINISHED:
        return "published"
    if session.aborted_at is not None:
        return "aborted"
    return "opened" if session.passed_opening else "unfinished"


def reason(session: Session, draw: str) -> str:
    """Why an attempt was annulled or aborted, "" if it was not."""
    how = outcome(session, draw)
    if how == "annulled":
        rows = [entry["body"] for entry in session.all("annulled") if draw in entry["body"]["draws"]]
    else:
        rows = [entry["body"] for entry in session.all("aborted")] if how == "aborted" else []
    return str(rows[0]["reason"]) if rows else ""
