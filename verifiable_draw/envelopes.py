"""Envelopes: what leads a family from its slip to its child's place in the record (spec/record.md R13, R14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from ledger.canonical import encode, tagged_hash
from verifiable_draw.slip_codes import Slip

PLAINTEXT = 192  # bytes of every plaintext, padded
NONCE = 12
_PAD = b"\n"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a child stands: draw, unit's index, place in it, nullifier in hexadecimal; class 0 before the draw."""

    draw: str
    unit: int
    member: int
    nullifier: str
    number: int = 0

    def plaintext(self) -> bytes:
        """The padded bytes that are sealed."""
        value = {
            "class": self.number,
            "draw": self.draw,
            "member": self.member,
            "nullifier": self.nullifier,
            "unit": self.unit,
        }
        return encode(value).ljust(PLAINTEXT, _PAD)


def seal(slip: Slip, phase: str, place: Place) -> tuple[bytes, bytes]:
    """Address and envelope of a child in a phase; the nonce follows from the plaintext, so bytes are the same again."""
    address, key, plaintext = slip.address(phase), slip.key(phase), place.plaintext()
    nonce = tagged_hash("slip-nonce", key, plaintext)[:NONCE]
    return address, nonce + ChaCha20Poly1305(key).encrypt(nonce, plaintext, address)


def shelf(envelopes: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The file of a draw and phase, from addresses and envelopes in any order (R14)."""
    return encode({"envelopes": [[address.hex(), envelope.hex()] for address, envelope in sorted(envelopes)]})


def places(draw: str, units: Sequence[Sequence[Mapping[str, str]]], classes: Sequence[int] = ()) -> list[list[Place]]:
    """Places of a draw's students by unit and member; `units` of the sealed roster, `classes` drawn, if any."""
    return [
        [
            Place(draw, index, member, student["nullifier"], classes[index] if classes else 0)
            for member, student in enumerate(unit)
        ]
        for index, unit in enumerate(units)
    ]
