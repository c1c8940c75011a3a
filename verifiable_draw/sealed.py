"""The sealed roster: read it, check it against what was published, hand it over encrypted (spec/record.md R8-R10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from ledger.canonical import VERSION, EncodingError, decode, encode, tagged_hash
from ledger.merkle import leaf_hash, root_hash
from verifiable_draw import entries
from verifiable_draw.allocation.grouping import shape
from verifiable_draw.errors import DataError
from verifiable_draw.plan import Plan
from verifiable_draw.schema import (
    array,
    exactly,
    hash32,
    identifier,
    integer,
    mapping,
    one_of,
    record,
    strict,
    text,
)
from verifiable_draw.values import Attribute, Cap, Roster, Unit

_STUDENT = record(
    {
        "attributes": mapping(one_of(*entries.ATTRIBUTES), text(1, 64)),
        "attributes_salt": hash32,
        "identity": hash32,
        "nullifier": hash32,
    }
)
SEALED = record(
    {
        "attributes": entries.attributes,
        "caps": entries.caps,
        "classes": integer(2, entries.MAX_AUDIT),
        "constraints": record(
            {
                "apart": array(exactly(entries.number, entries.number)),
                "barred": array(exactly(entries.number, entries.number)),
                "caps": entries.caps,
                "pins": array(exactly(entries.number, entries.number, one_of(*entries.PIN_REASONS))),
                "together": array(entries.number),
            }
        ),
        "constraints_salt": hash32,
        "crossed": entries.crossed,
        "draw": identifier,
        "salt": hash32,
        "session": identifier,
        "units": array(array(_STUDENT, 1)),
        "version": one_of(VERSION),
        "year_key": hash32,
        "year_key_salt": hash32,
    }
)


@dataclass(frozen=True, slots=True)
class SealedRoster:
    """A sealed roster's plaintext, and the roster that grouping works on."""

    data: bytes
    value: Mapping[str, Any]
    roster: Roster

    @property
    def draw(self) -> str:
        """The draw's id."""
        return str(self.value["draw"])


def parse_sealed(data: bytes) -> SealedRoster:
    """Read a sealed roster's plaintext strictly; raises DataError."""
    sealed: Mapping[str, Any] = strict(data, SEALED, "sealed.malformed")
    attributes = tuple(map(Attribute.of, sealed["attributes"]))
    known = {a.id: set(a.values) for a in attributes}
    for unit in sealed["units"]:
        for student in unit:
            values = student["attributes"]
            if set(values) != set(known) or any(v not in known[a] for a, v in values.items()):
                raise DataError("sealed.malformed", detail="attributes")
    units = tuple(Unit(tuple(student["attributes"] for student in unit)) for unit in sealed["units"])
    rules = sealed["constraints"]
    apart = tuple((a, b) for a, b in rules["apart"])
    if any(not a < b < len(units) for a, b in apart):
        raise DataError("sealed.malformed", detail="apart")
    pins, barred = tuple((unit, number) for unit, number, _ in rules["pins"]), tuple(map(tuple, rules["barred"]))
    for name, pairs in (("pins", pins), ("barred", barred)):
        if any(unit >= len(units) or not 1 <= number <= sealed["classes"] for unit, number in pairs):
            raise DataError("sealed.malformed", detail=name)
    caps = tuple(Cap(c["attribute"], c["value"], c["max"]) for c in sealed["caps"])
    crossed = tuple((a, b) for a, b in sealed["crossed"])
    if any(a == b or not {a, b} <= known.keys() for a, b in crossed):
        raise DataError("sealed.malformed", detail="crossed")
    roster = Roster(units, sealed["classes"], attributes, apart, caps, crossed, pins, barred)
    return SealedRoster(data, sealed, roster)


def check_sealed(
    sealed: SealedRoster, plan: Plan, draw: str, frozen: Mapping[str, Any], units: bytes, nullifiers: bytes
) -> None:
    """Check plaintext against plan, summary and public files (V70-V73); DataError names the first that differs.

    `units` and `nullifiers` are the published files' bytes.
    """
    value = sealed.value
    item = plan.draws[draw]
    students = [[_halves(student) for student in unit] for unit in value["units"]]
    leaves = [[tagged_hash("leaf", *halves) for halves in unit] for unit in students]
    marks = sorted(s["nullifier"] for unit in value["units"] for s in unit)
    constraints = tagged_hash("constraints", bytes.fromhex(value["constraints_salt"]), encode(value["constraints"]))
    key = tagged_hash("year-key", bytes.fromhex(value["year_key_salt"]), bytes.fromhex(value["year_key"]))
    together = [i for i, unit in enumerate(value["units"]) if len(unit) > 1]
    root = root_hash(leaf_hash(tagged_hash("unit", *unit)) for unit in leaves)
    shown = encode({"draw": sealed.draw, "units": [[[a.hex(), b.hex()] for a, b in unit] for unit in students]})
    parts = shape(sealed.roster)
    facts = {
        "draw": (sealed.draw, value["session"], sealed.roster.classes)
        == (draw, plan.session, item.places(len(sealed.roster.units), sealed.roster.students)),
        "plan": (sealed.roster.attributes, sealed.roster.crossed, sealed.roster.caps)
        == (plan.attributes if item.divides else (), plan.crossed if item.divides else (), item.caps),
        "hash": tagged_hash("sealed-roster", sealed.data).hex() == frozen["sealed_hash"],
        "units": shown == units and root.hex() == frozen["roster_root"],
        "constraints": constraints.hex() == frozen["constraints_root"],
        "constraint numbers": frozen["constraints"]
        == {
            "apart": len(value["constraints"]["apart"]),
            "barred": len(value["constraints"]["barred"]),
            "caps": len(value["constraints"]["caps"]),
            "pins": dict(Counter(reason for _, _, reason in value["constraints"]["pins"])),
            "together": len(together),
        },
        "together": value["constraints"]["together"] == together and value["constraints"]["caps"] == value["caps"],
        "pins": all(reason in plan.value["pins"] for _, _, reason in value["constraints"]["pins"])
        and [unit for unit, _ in sealed.roster.pins] == sorted(dict(sealed.roster.pins)),
        "nullifiers": encode({"draw": sealed.draw, "nullifiers": marks}) == nullifiers
        and tagged_hash("nullifiers", nullifiers).hex() == frozen["nullifiers_root"],
        "year key": key.hex() == plan.value["year_key"],
        "blocks": (parts.number_of_blocks, parts.rest) == (frozen["blocks"], frozen["remainder"]),
    }
    for name, good in facts.items():
        if not good:
            raise DataError("sealed.differs", draw=sealed.draw, what=name)


def _halves(student: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Identity hash and attributes hash of a student of the sealed roster (R4)."""
    salt = bytes.fromhex(student["attributes_salt"])
    return bytes.fromhex(student["identity"]), tagged_hash("attributes", salt, encode(student["attributes"]))


def seal(
    sealed: bytes, session: str, draw: str, recipients: Sequence[Mapping[str, str]], content_key: bytes, nonce: bytes
) -> bytes:
    """Encrypt the plaintext to every recipient's sealing key (R10). `content_key` 32 and `nonce` 12 fresh bytes."""
    ciphertext = ChaCha20Poly1305(content_key).encrypt(nonce, sealed, f"{session}\n{draw}".encode())
    wrapped = [
        {"id": r["id"], "wrapped": SealedBox(PublicKey(bytes.fromhex(r["sealing_key"]))).encrypt(content_key).hex()}
        for r in recipients
    ]
    return encode(
        {
            "ciphertext": ciphertext.hex(),
            "draw": draw,
            "nonce": nonce.hex(),
            "recipients": wrapped,
            "session": session,
            "version": VERSION,
        }
    )


def unseal(data: bytes, recipient: str, private_key: bytes) -> bytes:
    """Decrypt a sealed file as `recipient`; DataError if it is not for this key or was changed."""
    try:
        value: Any = decode(data)
        wrapped = next(r["wrapped"] for r in value["recipients"] if r["id"] == recipient)
        content_key = SealedBox(PrivateKey(private_key)).decrypt(bytes.fromhex(wrapped))
        associated = f"{value['session']}\n{value['draw']}".encode()
        return ChaCha20Poly1305(content_key).decrypt(
            bytes.fromhex(value["nonce"]), bytes.fromhex(value["ciphertext"]), associated
        )
    except (EncodingError, KeyError, TypeError, ValueError, StopIteration, InvalidTag, CryptoError) as error:
        raise DataError("sealed.not_opened", id=recipient) from error
