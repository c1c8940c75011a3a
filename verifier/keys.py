"""Which key is in force for whom, entry by entry (L5, L9, L12), and every key that was ever named.

This is what the entries say. Whether they were signed by those who may is V12, whether replacements were confirmed V15.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional, Set, Tuple

from . import policy, schema

Entry = Dict[str, Any]
OFFICES = schema.OFFICES
WITH_NEW_KEY = ("key.rotated", "key.replaced")  # the last signature is by the key they name
GIVING = ("key.added", *WITH_NEW_KEY)


def introduced(entry: Entry) -> List[str]:
    """The keys that an entry gives to offices and schools."""
    if entry["type"] == "genesis":
        return [one["key"] for one in entry["body"]["keys"]]
    return [entry["body"]["key"]] if entry["type"] in GIVING else []


class Keys:
    def __init__(self) -> None:
        self.given: Set[str] = set()  # to offices and schools, whether still in force or not
        self.enrolled: Set[str] = set()  # of observers
        self.witnesses: Set[str] = set()  # Ed25519 keys that a policy names
        self.policy: Optional[policy.Policy] = None  # in force; None if there is none that can be read
        self._in_force: Dict[Tuple[str, str], str] = {}  # (role, id) -> key
        self._observers: Dict[Tuple[str, str], Set[str]] = {}  # (session, id) -> keys

    def in_force(self, role: str, name: str) -> Optional[str]:
        return self._in_force.get((role, name))

    def is_observers(self, session: str, name: str, key: str) -> bool:
        return key in self._observers.get((session, name), ())

    def is_named(self, key: str) -> bool:
        """Whether the ledger or a policy named a key before, for whatever id (L5)."""
        return key in self.given or key in self.enrolled or key in self.witnesses

    def apply(self, entry: Entry) -> None:
        """Take one entry, whatever it is."""
        kind, body = entry["type"], entry["body"]
        self.given.update(introduced(entry))
        if kind == "genesis":
            for one in body["keys"]:
                self._in_force[one["role"], one["id"]] = one["key"]
        elif kind in GIVING:
            self._in_force[body["role"], body["id"]] = body["key"]
        elif kind == "key.retired":
            self._in_force.pop((body["role"], body["id"]), None)
        elif kind == "observer.enrolled":
            self.enrolled.add(body["key"])
            self._observers.setdefault((entry["session"], body["id"]), set()).add(body["key"])
        elif kind == "policy":
            self._name_witnesses(body["lines"])

    def _name_witnesses(self, lines: List[str]) -> None:
        try:
            self.policy = policy.parse(lines)
        except policy.PolicyError:
            self.policy = None  # V15 says why
        else:
            self.witnesses.update(one.key.hex() for one in self.policy.witnesses.values() if one.is_ed25519)


def after(entries: Iterable[Entry]) -> Keys:
    """The keys at the end of these entries."""
    made = Keys()
    for entry in entries:
        made.apply(entry)
    return made


def operator_keys(entries: Iterable[Entry]) -> List[Tuple[int, bytes]]:
    """Every key that the ledger gave its operator, with the size of the tree from which on it signs (L9)."""
    out = []
    for number, entry in enumerate(entries):
        kind, body = entry["type"], entry["body"]
        if kind == "genesis" and number == 0:
            out += [(0, bytes.fromhex(one["key"])) for one in body["keys"] if one["role"] == "operator"][:1]
        elif kind in WITH_NEW_KEY and body["role"] == "operator":
            out.append((number + 1, bytes.fromhex(body["key"])))
    return out
