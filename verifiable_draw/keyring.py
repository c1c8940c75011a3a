"""The ledger's own keys and witnesses, entry by entry: who may sign now, who could before (L5, L12, L17)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from ledger.checkpoint import Checkpoint, check_cosignature
from ledger.keys import SignatureError, check_key
from ledger.note import COSIGNATURE, NoteError, SignatureLine, VerifierKey
from ledger.policy import NONE, Policy, PolicyError, parse_policy
from verifiable_draw.ceremony import OFFICES
from verifiable_draw.errors import DataError, UsageError

Body = Mapping[str, Any]
# The checkpoint of all entries so far.
Present = Callable[[], Checkpoint]


class KeyRing:
    """Keys in force by (role, id), all keys ever named, operators and policies by the size from which they hold."""

    def __init__(self) -> None:
        self.in_force: dict[tuple[str, str], bytes] = {}
        self.used: set[bytes] = set()
        self.operators: list[tuple[int, bytes]] = []
        self.policies: list[tuple[int, Policy]] = []
        self.policy_lines: tuple[str, ...] = ()
        self.unconfirmed = ""  # role of a replaced key that no witness has confirmed yet

    def operator_at(self, size: int) -> bytes:
        """The key that signs checkpoints of `size` entries (L9)."""
        return next(key for start, key in reversed(self.operators) if start <= size)

    @property
    def operator_keys(self) -> tuple[bytes, ...]:
        """Every operator key, the present one last."""
        return tuple(key for _, key in self.operators)

    @property
    def policy(self) -> Policy | None:
        """The policy in force, or None."""
        return self.policies[-1][1] if self.policies else None

    def cosigners(self) -> list[VerifierKey]:
        """Keys of the witnesses of all policies."""
        return list(dict.fromkeys(key for _, policy in self.policies for key in policy.witnesses.values()))

    def admit(self, kind: str, body: Body, size: int, others: AbstractSet[bytes], present: Present) -> None:
        """Take in the ledger's entry number `size`, or raise and change nothing; `others`: keys that sessions use."""
        if (kind == "key.confirmed") != bool(self.unconfirmed):
            raise UsageError("key.unconfirmed" if self.unconfirmed else "key.nothing_to_confirm", role=self.unconfirmed)
        effect = _EFFECTS.get(kind)
        if effect is not None:
            effect(self, body, size, others, present)

    def _give(self, role: str, name: str, key: bytes, size: int) -> None:
        self.in_force[role, name] = key
        self.used.add(key)
        if role == "operator":
            # Checkpoints that contain the entry are signed by the new key.
            self.operators.append((size + 1, key))


def _fresh(ring: KeyRing, name: str, key: bytes, others: AbstractSet[bytes]) -> bytes:
    if key in ring.used or key in others:
        raise UsageError("key.known", id=name)
    try:
        return check_key(key)
    except SignatureError as error:
        raise DataError("key.not_admissible") from error


def _genesis(ring: KeyRing, body: Body, _size: int, _others: AbstractSet[bytes], _present: Present) -> None:
    keys = {(k["role"], k["id"]): bytes.fromhex(k["key"]) for k in body["keys"]}
    if set(keys) != {(role, role) for role in OFFICES} or len(set(keys.values())) != len(OFFICES):
        raise DataError("genesis.keys")
    for key in keys.values():
        _fresh(ring, "", key, set())
    for (role, name), key in keys.items():
        ring._give(role, name, key, -1)  # noqa: SLF001 - this module is the class's other half


def _added(ring: KeyRing, body: Body, size: int, others: AbstractSet[bytes], _present: Present) -> None:
    if (body["role"], body["id"]) in ring.in_force:
        raise UsageError("key.known", id=body["id"])
    key = _fresh(ring, body["id"], bytes.fromhex(body["key"]), others)
    ring._give(body["role"], body["id"], key, size)  # noqa: SLF001


def _changed(ring: KeyRing, body: Body, size: int, others: AbstractSet[bytes], _present: Present) -> None:
    """`key.rotated`, `key.replaced`: there is a key in force, and another takes its place."""
    if (body["role"], body["id"]) not in ring.in_force:
        raise UsageError("key.none", role=body["role"], id=body["id"])
    key = _fresh(ring, body["id"], bytes.fromhex(body["key"]), others)
    ring._give(body["role"], body["id"], key, size)  # noqa: SLF001


def _retired(ring: KeyRing, body: Body, _size: int, _others: AbstractSet[bytes], _present: Present) -> None:
    if ring.in_force.get((body["role"], body["id"])) != bytes.fromhex(body["key"]):
        raise UsageError("key.none", role=body["role"], id=body["id"])
    del ring.in_force[body["role"], body["id"]]


def _replaced(ring: KeyRing, body: Body, size: int, others: AbstractSet[bytes], present: Present) -> None:
    if not any(key.kind == COSIGNATURE for key in (ring.policy.witnesses.values() if ring.policy else ())):
        raise UsageError("key.no_witness")
    _changed(ring, body, size, others, present)
    ring.unconfirmed = body["role"]


def _confirmed(ring: KeyRing, body: Body, _size: int, _others: AbstractSet[bytes], present: Present) -> None:
    witnesses = ring.policy.witnesses.values() if ring.policy else ()
    known = [key for key in witnesses if key.name == body["name"] and key.kind == COSIGNATURE]
    for key in known:
        line = SignatureLine(key.name, key.id + bytes.fromhex(body["cosignature"]))
        try:
            check_cosignature(line, present().text(), key)
        except NoteError:
            continue
        ring.unconfirmed = ""
        return
    raise DataError("cosign.bad", name=body["name"])


def _policy(ring: KeyRing, body: Body, size: int, others: AbstractSet[bytes], _present: Present) -> None:
    try:
        policy = parse_policy(body["lines"])
    except PolicyError as error:
        raise DataError("policy.malformed", detail=str(error)) from error
    if policy.logs or policy.quorum == NONE:
        raise DataError("policy.not_here")
    before = {key.key for key in ring.cosigners()}
    keys = {key.key for key in policy.witnesses.values()}
    # A witness may stay from one policy to the next; any other key that was named before may not come back.
    if (keys - before) & (ring.used | others):
        raise UsageError("key.known", id="witness")
    ring.used |= keys
    ring.policies.append((size + 1, policy))
    ring.policy_lines = tuple(body["lines"])


_EFFECTS: dict[str, Callable[[KeyRing, Body, int, AbstractSet[bytes], Present], None]] = {
    "genesis": _genesis,
    "key.added": _added,
    "key.rotated": _changed,
    "key.retired": _retired,
    "key.replaced": _replaced,
    "key.confirmed": _confirmed,
    "policy": _policy,
}
