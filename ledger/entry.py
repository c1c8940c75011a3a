"""One ledger entry: its form, what is signed of it, its hash (spec/ledger.md L1-L3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ledger.canonical import EncodingError, Json, decode, encode, parse_time, tagged_hash, u64, unhex
from ledger.keys import public_key, sign
from ledger.merkle import leaf_hash

MAX_ENTRY = 65_535
# Key, signed 32 bytes, signature.
Claim = tuple[bytes, bytes, bytes]
KEYS = {"actor", "body", "prev", "seq", "session", "sig", "time", "type"}
SIG_KEYS = {"id", "key", "role", "root", "sig", "size"}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: id and role."""

    id: str
    role: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The last checkpoint a signer saw: tree size and root hash; (0, zeros) if none."""

    size: int = 0
    root: bytes = bytes(32)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of an entry or message (L3)."""

    actor: Actor
    key: bytes
    seen: Seen
    signature: bytes

    def json(self) -> dict[str, Json]:
        """The signature as it stands in an entry."""
        return {
            "id": self.actor.id,
            "key": self.key.hex(),
            "role": self.actor.role,
            "root": self.seen.root.hex(),
            "sig": self.signature.hex(),
            "size": self.seen.size,
        }


@dataclass(frozen=True, slots=True)
class Message:
    """What a person signs and hands in: an entry before it has a place in the ledger."""

    session: str
    type: str
    actor: Actor
    body: Mapping[str, Json]
    signatures: tuple[Signature, ...] = ()

    def digest(self, signer: Actor, origin: str, header_hash: bytes, seen: Seen) -> bytes:
        """The 32 bytes that `signer`, who saw `seen`, signs (L3)."""
        return tagged_hash(
            "entry",
            origin.encode(),
            self.session.encode(),
            header_hash,
            self.type.encode(),
            signer.id.encode(),
            signer.role.encode(),
            encode(self.body),
            u64(seen.size),
            seen.root,
        )

    def signed(self, seed: bytes, actor: Actor, origin: str, header_hash: bytes, seen: Seen) -> Message:
        """Return the message with one more signature, by the key of `seed`."""
        signature = sign(seed, self.digest(actor, origin, header_hash, seen))
        return replace(self, signatures=(*self.signatures, Signature(actor, public_key(seed), seen, signature)))

    def claims(self, origin: str, header_hash: bytes) -> list[Claim]:
        """What the signatures claim; whose keys they may be is for the caller to say."""
        return [
            (item.key, self.digest(item.actor, origin, header_hash, item.seen), item.signature)
            for item in self.signatures
        ]

    def json(self) -> dict[str, Json]:
        """The message as a canonical JSON object."""
        return {
            "actor": {"id": self.actor.id, "role": self.actor.role},
            "body": self.body,
            "session": self.session,
            "sig": [item.json() for item in self.signatures],
            "type": self.type,
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """A message with its place in the ledger."""

    seq: int
    prev: bytes
    time: str
    message: Message

    def encode(self) -> bytes:
        """Canonical bytes; EncodingError if longer than an entry may be (L1)."""
        place: dict[str, Json] = {"prev": self.prev.hex(), "seq": self.seq, "time": self.time}
        data = encode(self.message.json() | place)
        if len(data) > MAX_ENTRY:
            raise EncodingError(f"entry of {len(data)} bytes; at most {MAX_ENTRY} (L1)")
        return data

    def leaf(self) -> bytes:
        """Leaf hash (L7)."""
        return leaf_hash(self.encode())


def is_linked(data: bytes, seq: int, prev: bytes) -> bool:
    """Whether the bytes of an entry in strict form have this number and predecessor (L1, L2), without parsing them.

    Behind the top-level `prev` no key of that name can follow: after it stand seq, session, sig, time and type.
    """
    at = data.rfind(b',"prev":"')
    return data.startswith(b',"prev":"%s","seq":%d,"session":"' % (prev.hex().encode(), seq), at) if at >= 0 else False


def _object(value: object, keys: set[str]) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or set(value) != keys:
        raise EncodingError(f"object does not have exactly the keys {sorted(keys)} (E5)")
    return value


def _typed(value: object, kind: type) -> object:
    if type(value) is not kind:
        raise EncodingError(f"value is not a {kind.__name__} (L1)")
    return value


def parse_actor(value: object) -> Actor:
    """Read an actor strictly."""
    data = _object(value, {"id", "role"})
    return Actor(str(_typed(data["id"], str)), str(_typed(data["role"], str)))


def parse_message(value: object) -> Message:
    """Read a message strictly from its JSON object; raises EncodingError."""
    data = _object(value, KEYS - {"prev", "seq", "time"})
    signatures = []
    items = data["sig"]
    if not isinstance(items, list):
        raise EncodingError("sig is not an array (L1)")
    for item in items:
        fields = _object(item, SIG_KEYS)
        size = fields["size"]
        if type(size) is not int or size < 0:
            raise EncodingError("size is not a number of entries (L3)")
        actor = parse_actor({"id": fields["id"], "role": fields["role"]})
        seen = Seen(size, unhex(fields["root"], 32))
        signatures.append(Signature(actor, unhex(fields["key"], 32), seen, unhex(fields["sig"], 64)))
    body = data["body"]
    if not isinstance(body, Mapping):
        raise EncodingError("body is not an object (L1)")
    session, kind = str(_typed(data["session"], str)), str(_typed(data["type"], str))
    return Message(session, kind, parse_actor(data["actor"]), body, tuple(signatures))


def parse_entry(data: bytes) -> Entry:
    """Read an entry strictly from its canonical bytes; raises EncodingError."""
    if len(data) > MAX_ENTRY:
        raise EncodingError(f"entry longer than {MAX_ENTRY} bytes (L1)")
    value = dict(_object(decode(data), KEYS))
    seq, prev, time = value.pop("seq"), value.pop("prev"), value.pop("time")
    if type(seq) is not int or seq < 0:
        raise EncodingError("seq is not a number (L1)")
    parse_time(time)
    return Entry(seq, unhex(prev, 32), str(time), parse_message(value))
