"""C2SP tlog-policy files: which log, which witnesses, how many must have cosigned (spec/ledger.md L17)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.checkpoint import cosigners
from ledger.note import COSIGNATURE, ED25519, ML_DSA_44, Note, NoteError, VerifierKey, parse_vkey

MAX_NAMES = 32
NONE = "none"
_NUMBER = re.compile(r"[1-9][0-9]{0,2}")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")


class PolicyError(ValueError):
    """A policy file that L17 refuses; says the line."""


@dataclass(frozen=True, slots=True)
class Group:
    """At least `needed` of `members` (names of witnesses or groups)."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy. `urls`: where the witnesses of that name are reached, if the file says it."""

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, VerifierKey]
    groups: Mapping[str, Group]
    quorum: str
    urls: Mapping[str, str] = field(default_factory=dict)

    def only_log(self) -> VerifierKey:
        """The log of the policy: one origin, though it may have several keys; PolicyError otherwise."""
        if len({key.name for key in self.logs}) != 1:
            raise PolicyError("not exactly one log (L17)")
        return self.logs[0]

    def satisfied_by(self, names: Iterable[str]) -> bool:
        """Whether the witnesses of these names are a quorum."""
        present = set(names)
        # Groups stand after their members, so one pass is enough.
        for name, group in self.groups.items():
            if sum(member in present for member in group.members) >= group.needed:
                present.add(name)
        return self.quorum == NONE or self.quorum in present

    def cosigned(self, note: Note) -> list[str]:
        """Names of the witnesses that cosigned a note; NoteError if a line of one of them does not verify."""
        found = cosigners(note, self.witnesses.values())
        return [name for name, key in self.witnesses.items() if key in found]

    def require(self, note: Note) -> None:
        """Raise NoteError unless the witnesses that cosigned a note are a quorum."""
        names = self.cosigned(note)
        if not self.satisfied_by(names):
            raise NoteError(f"cosigned by {', '.join(names) or 'no witness'}: no quorum of {self.quorum} (L17)")


def parse_policy(lines: Sequence[str]) -> Policy:  # noqa: C901 - one branch a kind of line
    """Read a policy from its lines, without LF; raises PolicyError with the first line that is wrong."""
    logs: list[VerifierKey] = []
    witnesses: dict[str, VerifierKey] = {}
    groups: dict[str, Group] = {}
    urls: dict[str, str] = {}
    quorum = ""
    used: set[str] = set()
    for number, line in enumerate(lines, 1):
        if _FORBIDDEN.search(line):
            raise PolicyError(f"line {number}: control character (L17)")
        words = [word for word in re.split(r"[ \t]+", line) if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            match words:
                case ["log", vkey, *url] if len(url) <= 1:
                    logs.append(_key(vkey, (ED25519,), [*logs, *witnesses.values()]))
                case ["witness", name, vkey, *url] if len(url) <= 1:
                    _new(name, witnesses, groups)
                    witnesses[name] = _key(vkey, (COSIGNATURE, ML_DSA_44), [*logs, *witnesses.values()])
                    urls |= {name: url[0]} if url else {}
                case ["group", name, needed, *members] if members:
                    _new(name, witnesses, groups)
                    groups[name] = _group(needed, members, {*witnesses, *groups}, used)
                case ["quorum", name] if not quorum:
                    if name != NONE and name not in witnesses and name not in groups:
                        raise PolicyError(f"quorum over an unknown name {name}")  # noqa: TRY301 - one place adds the line
                    quorum = name
                case _:
                    raise PolicyError("not a log, witness, group or first quorum line")  # noqa: TRY301
        except (PolicyError, NoteError) as error:
            raise PolicyError(f"line {number}: {error} (L17)") from error
    if not quorum or max(len(logs), len(witnesses), len(groups)) > MAX_NAMES:
        raise PolicyError(f"no quorum line, or more than {MAX_NAMES} logs, witnesses or groups (L17)")
    return Policy(tuple(logs), witnesses, groups, quorum, urls)


def _key(vkey: str, kinds: tuple[int, ...], known: Iterable[VerifierKey]) -> VerifierKey:
    key = parse_vkey(vkey)
    if key.kind not in kinds:
        raise PolicyError(f"signature type {key.kind:02x} has no place here")
    if any(key.key == other.key for other in known):
        raise PolicyError("a key stands twice")
    return key


def _new(name: str, witnesses: Mapping[str, VerifierKey], groups: Mapping[str, Group]) -> None:
    if name == NONE or name in witnesses or name in groups:
        raise PolicyError(f"name {name} is taken")


def _group(needed: str, members: Sequence[str], known: set[str], used: set[str]) -> Group:
    unknown = [name for name in members if name not in known]
    again = [name for name in members if name in used]
    if unknown or again or len(set(members)) != len(members):
        raise PolicyError(f"group members unknown or used twice: {', '.join(unknown or again or members)}")
    used.update(members)
    if needed in ("all", "any"):
        return Group(len(members) if needed == "all" else 1, tuple(members))
    if not _NUMBER.fullmatch(needed) or int(needed) > len(members):
        raise PolicyError(f"a group of {len(members)} cannot need {needed}")
    return Group(int(needed), tuple(members))
