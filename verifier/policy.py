"""The policy of a ledger: which witnesses there are, and which of them are enough (L17)."""

from __future__ import annotations

import functools
import re
from typing import Dict, Iterable, List, NamedTuple, Set, Tuple

from . import ed25519, ledger, mldsa

NONE = "none"
MAX_WITNESSES = 32
MAX_GROUPS = 32
BLANKS = re.compile("[ \t]+")
CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")
KEY_NAME = re.compile(r"[!-*,-~]{1,255}")  # printable ASCII without the plus sign
KEY_ID = re.compile(r"[0-9a-f]{8}")
COUNT = re.compile(r"[1-9][0-9]?")
LENGTHS = {ledger.SIGNED_BY_COSIGNER: 32, ledger.SIGNED_POST_QUANTUM: mldsa.KEY_BYTES}


class PolicyError(ValueError):
    """Lines that L17 does not allow in a policy entry."""


class Witness(NamedTuple):
    key_name: str  # as in note lines; the policy's own name for it is the key of `Policy.witnesses`
    key: bytes

    @property
    def is_ed25519(self) -> bool:
        return len(self.key) == 32


class Group(NamedTuple):
    needed: int
    members: Tuple[str, ...]


class Policy:
    """Witnesses and groups by name, in the order of their definition."""

    def __init__(self) -> None:
        self.witnesses: Dict[str, Witness] = {}
        self.groups: Dict[str, Group] = {}
        self.quorum = ""
        self._members: Set[str] = set()

    def is_satisfied(self, signers: Iterable[Tuple[str, bytes]]) -> bool:
        """Whether these (key name, key) are a quorum. A group stands behind its members, so one pass is enough."""
        made = set(signers)
        good = {name for name, witness in self.witnesses.items() if (witness.key_name, witness.key) in made}
        for name, group in self.groups.items():
            if sum(member in good for member in group.members) >= group.needed:
                good.add(name)
        return self.quorum in good

    # --- the lines ------------------------------------------------------------------------------------------------

    def take(self, items: List[str]) -> None:
        """One line, split into its items."""
        kind = items[0]
        if kind == "witness" and len(items) in (3, 4):
            self._witness(items[1], items[2])
        elif kind == "group" and len(items) >= 4:
            self._group(items[1], items[2], items[3:])
        elif kind == "quorum" and len(items) == 2:
            self._quorum(items[1])
        elif kind == "log":
            raise PolicyError("a log line in an entry; the ledger is the log")
        else:
            raise PolicyError("a line that is no witness, group or quorum")

    def _is_defined(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _define(self, name: str) -> None:
        if name == NONE or self._is_defined(name):
            raise PolicyError("a name that is taken: %s" % name)

    def _witness(self, name: str, vkey: str) -> None:
        self._define(name)
        made = parse_vkey(vkey)
        if any(made.key == other.key for other in self.witnesses.values()):
            raise PolicyError("a key that stands twice: %s" % name)
        self.witnesses[name] = made
        if len(self.witnesses) > MAX_WITNESSES:
            raise PolicyError("more than %d witnesses" % MAX_WITNESSES)

    def _group(self, name: str, needed: str, members: List[str]) -> None:
        self._define(name)
        for member in members:
            if not self._is_defined(member):
                raise PolicyError("group %s has a member that is not defined above: %s" % (name, member))
            if member in self._members:
                raise PolicyError("a name that is used in groups twice: %s" % member)
            self._members.add(member)
        self.groups[name] = Group(_count(needed, len(members)), tuple(members))
        if len(self.groups) > MAX_GROUPS:
            raise PolicyError("more than %d groups" % MAX_GROUPS)

    def _quorum(self, name: str) -> None:
        if self.quorum:
            raise PolicyError("a second quorum")
        if not self._is_defined(name):  # `none` is no other name, so it is refused here too
            raise PolicyError("a quorum that is not defined above: %s" % name)
        self.quorum = name


def _count(text: str, members: int) -> int:
    if text == "all":
        return members
    if text == "any":
        return 1
    if not COUNT.fullmatch(text) or int(text) > members:
        raise PolicyError("a group of %d members that needs %s" % (members, text))
    return int(text)


def parse_vkey(text: str) -> Witness:
    """A cosigner's key: name+keyID+base64(type and key)."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not KEY_NAME.fullmatch(parts[0]) or not KEY_ID.fullmatch(parts[1]):
        raise PolicyError("a key that is not name+keyID+base64")
    try:
        raw = ledger.strict_base64(parts[2].encode())
    except ledger.NoteError as error:
        raise PolicyError("a key: %s" % error) from None
    name, kind, key = parts[0], raw[0] if raw else 0, raw[1:]
    if LENGTHS.get(kind) != len(key):
        raise PolicyError("a key of another type or length: %s" % name)
    if parts[1] != ledger.key_id(name, key, kind).hex():
        raise PolicyError("a keyID that is not the key's: %s" % name)
    if kind == ledger.SIGNED_BY_COSIGNER and not ed25519.is_sound_key(key):
        raise PolicyError("an unsound key (E13): %s" % name)
    return Witness(name, key)


def parse(lines: Iterable[str]) -> Policy:
    """The policy of an entry's lines. PolicyError if it is not one."""
    made, problem = _parsed(tuple(lines))
    if problem:
        raise PolicyError(problem)
    return made


@functools.lru_cache(maxsize=256)
def _parsed(lines: Tuple[str, ...]) -> Tuple[Policy, str]:
    """The policy and what is wrong with it; several checks read the same ones."""
    made = Policy()
    try:
        for line in lines:
            if CONTROL.search(line):
                return made, "a line with a control character"
            text = line.strip(" \t")
            if text and not text.startswith("#"):
                made.take(BLANKS.split(text))
    except PolicyError as error:
        return made, str(error)
    return made, "" if made.quorum else "no quorum"
