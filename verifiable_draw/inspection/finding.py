"""One irregularity, known again by the next inspection (spec/year.md Y8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.canonical import encode, tagged_hash
from verifiable_draw.feature_names import attribute_name, feature_name
from verifiable_draw.inspection.kinds import KINDS, SEVERITIES, Kind
from verifiable_draw.texts import Text, catalogue, text

ID = 8  # bytes
LONGEST = 1000  # characters of a value in a sentence
CODES = {
    "kind": ("doc.evidence.", "registration.request."),
    "reason": ("finding.reason.",),
    "role": ("role.", "doc.signer."),
    "state": ("state.",),
}
"""Values that may be codes -> where the texts have words for them."""
NAMES = {"attribute": attribute_name, "feature": feature_name}


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
        key = f"finding.{self.type.replace('-', '_')}"
        zh, en = ({name: _said(name, value, lang) for name, value in self.values.items()} for lang in ("zh", "en"))
        return Text(text(key, **zh).zh, text(key, **en).en, "", "")

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


def _said(name: str, value: Any, lang: str) -> Any:  # noqa: ANN401 - whatever a sentence has a place for
    """A value in words where it is a code that has some, else as it is."""
    if name in NAMES:
        return NAMES[name](value, lang)
    if name == "witnesses":
        words = [f"{_said('role', role, lang)} {number}" for role, number in value.items()]
        return ("、" if lang == "zh" else ", ").join(words) or "—"
    key = next((f"{start}{value}" for start in CODES.get(name, ()) if f"{start}{value}" in catalogue()), "")
    if key:
        return getattr(text(key), lang)
    # What somebody wrote into a file may be as long as they like; a report's text is not (E4).
    return f"{value[:LONGEST]}……" if isinstance(value, str) and len(value) > LONGEST else value
