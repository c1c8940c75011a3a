"""One irregularity, known again by the next inspection (spec/year.md Y8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.canonical import encode, tagged_hash
from verifiable_draw.inspection.kinds import KINDS, SEVERITIES, Kind
from verifiable_draw.texts import Text, text

ID = 8  # bytes


@dataclass(frozen=True, slots=True)
class Place:
    """What a finding is about: year, school ("" if none), grade (0 if none), session ("" if none)."""

    year: int = 0
    school: str = ""
    grade: int = 0
    session: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding: type, place, subject (draw, entry, complaint … or ""), entry's number (−1: none), words' values."""

    type: str
    place: Place
    subject: str = ""
    entry: int = -1
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """Severity and place in the county plan."""
        return KINDS[self.type]

    @property
    def severity(self) -> str:
        """`violation`, `open` or `note`."""
        return self.kind.severity

    @property
    def id(self) -> str:
        """16 hexadecimal digits (Y8)."""
        place = self.place
        value = {
            "grade": place.grade,
            "school": place.school,
            "session": place.session,
            "subject": self.subject,
            "type": self.type,
            "year": place.year,
        }
        return tagged_hash("finding", encode(value))[:ID].hex()

    @property
    def words(self) -> Text:
        """The sentence in both languages."""
        return text(f"finding.{self.type.replace('-', '_')}", **self.values)

    def order(self) -> tuple[object, ...]:
        """Where it stands in a report (Y9)."""
        place = self.place
        rank = SEVERITIES.index(self.severity)
        return rank, self.type, place.school, place.grade, place.session, self.subject, self.id

    def json(self, number: int) -> dict[str, Any]:
        """Its row of the report file; `number` from 1."""
        place, words = self.place, self.words
        return {
            "entry": self.entry,
            "evidence": words.zh,
            "evidence_en": words.en,
            "grade": place.grade,
            "id": self.id,
            "number": number,
            "plan": self.kind.plan,
            "school": place.school,
            "session": place.session,
            "severity": self.severity,
            "subject": self.subject,
            "type": self.type,
            "year": place.year,
        }
