"""What follows from a slip's two secret values: salts, pseudonym, addresses, keys, lines (spec/record.md R12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ledger.canonical import short_code, tagged_hash

BYTES = 16
FROZEN, RESULT = PHASES = ("frozen", "result")
_LINE = 8
_CHECK = 2


@dataclass(frozen=True, slots=True)
class Slip:
    """One child's secret of a draw and the second one, which is handed over apart; 16 bytes each."""

    secret: bytes
    second: bytes

    @classmethod
    def fresh(cls, randomness: Callable[[int], bytes]) -> Slip:
        """Make the values of a child's first freeze; `randomness(n)` gives n fresh bytes."""
        return cls(randomness(BYTES), randomness(BYTES))

    @property
    def identity_salt(self) -> bytes:
        """Salt of the identity part, 32 bytes."""
        return tagged_hash("slip-identity", self.secret)

    @property
    def attributes_salt(self) -> bytes:
        """Salt of the attribute part, 32 bytes: neither paper alone gives it."""
        return tagged_hash("slip-attributes", self.secret, self.second)

    @property
    def pseudonym(self) -> str:
        """What stands for the child on public lists, XXXX-XXXX-XXXX-XXXX."""
        return short_code(tagged_hash("slip-pseudonym", self.secret))

    def address(self, phase: str) -> bytes:
        """Where the child's envelope of a phase stands, 32 bytes (R13)."""
        return tagged_hash("slip-address", self.secret, phase.encode())

    def key(self, phase: str) -> bytes:
        """Key of the child's envelope of a phase, 32 bytes (R13)."""
        return tagged_hash("slip-key", self.secret, phase.encode())

    @property
    def code(self) -> tuple[str, str]:
        """The slip code's two lines."""
        return _lines(self.secret, 0)

    @property
    def second_code(self) -> tuple[str, str]:
        """The second code's two lines."""
        return _lines(self.second, BYTES // _LINE)

    def fragment(self, draw: str) -> str:
        """What a link to a page ends with: the slip code, without the second, and the draw's id."""
        return "#slip=" + "".join(self.code).replace("-", "") + "&draw=" + draw


def _lines(data: bytes, first: int) -> tuple[str, str]:
    one, two = (_line(first + i, data[_LINE * i : _LINE * (i + 1)]) for i in range(2))
    return one, two


def _line(number: int, eight: bytes) -> str:
    check = tagged_hash("slip-line", number.to_bytes(8, "big"), eight)[:_CHECK]
    return short_code(eight + check)
