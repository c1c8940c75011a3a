"""Steps that change the ledger's own keys: rotate, retire, replace, confirm (spec/ledger.md L12).

A new key's file is made and durable first, beside the old one; which of them is in force, the ledger says. So every
step can be killed at any point and taken again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from ledger.canonical import short_code
from ledger.entry import Actor, Entry, Message
from ledger.note import COSIGNATURE, SignatureLine
from verifiable_draw import keyfile
from verifiable_draw.ceremony import OFFICES
from verifiable_draw.errors import UsageError
from verifiable_draw.files import read
from verifiable_draw.keyfile import Key
from verifiable_draw.room import Room


def next_key(room: Room, role: str, passphrase: Callable[[Path], str], folder: Path | None = None) -> Key:
    """The bureau's next key of a role: one made by a step that was interrupted, else a new one.

    `folder`: where it is kept, if not with the bureau's own (an approver's stick, say).
    """
    folder = folder or room.folder / "keys"
    number = 2
    while (path := folder / f"{role}-{number}.key").exists() and keyfile.public_of(path) in room.view.ring.used:
        number += 1
    key = keyfile.load(path) if path.exists() else keyfile.create(path, role, role, room.randomness, passphrase(path))
    room.hold(key)
    return key


def rotate(room: Room, old: Key, new: Key) -> Entry:
    """Enter that `new` takes the place of `old`, signed by both."""
    actor = old.actor
    if new.actor != actor:
        raise UsageError("key.other_actor", id=new.actor.id, role=new.actor.role)
    message = Message("", "key.rotated", actor, {"id": actor.id, "key": new.public.hex(), "role": actor.role})
    for key in (old, new):
        message = message.signed(key.seed, actor, room.view.origin, room.view.header_hash(""), room.seen())
    return room.append(message)


def retire(room: Room, school: str, reason: str, approver: Key) -> Entry:
    """End a school's key, signed by operator and approver; another may be added afterwards."""
    key = room.view.keys.get(("school", school))
    if key is None:
        raise UsageError("key.none", role="school", id=school)
    body = {"id": school, "key": key.hex(), "reason": reason, "role": "school"}
    return room.operate("", "key.retired", body, also=approver)


def replace(room: Room, signers: tuple[Key, Key], new: Key, reason: str, document: Path) -> Entry:
    """Enter that a lost or stolen key is replaced, signed by the two other roles and by the new key."""
    role = new.actor.role
    others = tuple(office for office in OFFICES if office != role)
    if role not in OFFICES or tuple(key.actor.role for key in signers) != others:
        raise UsageError("key.two_roles", roles=", ".join(others))
    body = {
        "document": hashlib.sha256(read(document)).hexdigest(),
        "id": new.actor.id,
        "key": new.public.hex(),
        "reason": reason,
        "role": role,
    }
    message = Message("", "key.replaced", signers[0].actor, body)
    for key in (*signers, new):
        message = message.signed(key.seed, key.actor, room.view.origin, room.view.header_hash(""), room.seen())
    return room.append(message)


def confirm(room: Room, line: SignatureLine) -> Entry:
    """Enter the cosignature by which a witness confirms the replacement; it is of the checkpoint that ends with it."""
    if not room.view.ring.unconfirmed:
        raise UsageError("key.nothing_to_confirm", role="")
    room.checkpoint()
    policy = room.view.ring.policy
    witnesses = [key for key in (policy.witnesses.values() if policy else ()) if key.kind == COSIGNATURE]
    # Stored first, as any cosignature: the next request to the witness goes on from there.
    room.cosignature(room.view.size, line, witnesses)
    return room.operate("", "key.confirmed", {"cosignature": line.data[4:].hex(), "name": line.name})


def in_force(room: Room) -> list[tuple[Actor, str]]:
    """Every key in force with its fingerprint."""
    return [(Actor(name, role), short_code(key)) for (role, name), key in sorted(room.view.keys.items())]
