"""What was found of each draw, kept so that an interrupted inspection goes on: sealed with the holder's own key.

Whoever can write the folder cannot make a finding disappear: what the holder's key did not seal is asked again. Nothing
is kept for whoever has no key: without sealed rosters a draw is looked at in no time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path

from verifiable_draw.files import write_durable
from verifiable_draw.inspection.draws import Job, Outcome
from verifiable_draw.keyfile import Key

_PURPOSE = b"verifiable-draw/inspection-answers"


@dataclass(frozen=True, slots=True)
class Answers:
    """A folder, and the secret that seals what lies in it; None: nothing is kept."""

    folder: Path | None
    secret: bytes

    @classmethod
    def of(cls, folder: Path | None, holder: Key | None) -> Answers:
        """Those of a holder."""
        if folder is None or holder is None:
            return cls(None, b"")
        return cls(folder, hmac.new(holder.seed, _PURPOSE, hashlib.sha256).digest())

    def get(self, job: Job) -> Outcome | None:
        """An earlier run's answer to the same question; None if there is none that this holder sealed."""
        path = self._path(job)
        if path is None or not path.is_file():
            return None
        seal, _, data = path.read_bytes().partition(b"\n")
        if not hmac.compare_digest(seal, self._seal(job, data)):
            return None  # half written, or not ours: it is asked again
        value = json.loads(data)
        chances = {name: (pairs, p, number) for name, (pairs, p, number) in value["chances"].items()}
        return Outcome([(kind, values) for kind, values in value["found"]], value["spreads"], chances)

    def put(self, job: Job, outcome: Outcome) -> Outcome:
        """Keep an answer; returns it."""
        path = self._path(job)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            data = json.dumps(outcome.json(), ensure_ascii=False).encode()
            write_durable(path, self._seal(job, data) + b"\n" + data)
        return outcome

    def _path(self, job: Job) -> Path | None:
        return self.folder / f"{job.key()}.answer" if self.folder else None

    def _seal(self, job: Job, data: bytes) -> bytes:
        return hmac.new(self.secret, job.key().encode() + data, hashlib.sha256).hexdigest().encode()
