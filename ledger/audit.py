"""Checking many signatures: at once if they are few, on all cores while the caller goes on if they are many."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor

from ledger.entry import Claim
from ledger.keys import SignatureError, verify

CHUNK = 2_000

Numbered = tuple[int, Claim]


def first_bad(claims: Sequence[Numbered]) -> int | None:
    """The number of the first claim whose signature does not verify, or None."""
    for number, (key, digest, signature) in claims:
        try:
            verify(key, digest, signature)
        except SignatureError:
            return number
    return None


class Audit:
    """Collects claims in ascending order of their numbers; `finish` gives the first number that is bad, or None."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._claims: list[Numbered] = []
        self._running: list[Future[int | None]] = []
        self._pool: ProcessPoolExecutor | None = None

    def add(self, number: int, claims: Sequence[Claim]) -> None:
        """Take the claims of one entry."""
        self._claims += [(number, claim) for claim in claims]
        if len(self._claims) >= CHUNK and self.workers > 1:
            self._pool = self._pool or ProcessPoolExecutor(self.workers)
            self._running.append(self._pool.submit(first_bad, self._claims))
            self._claims = []

    def finish(self) -> int | None:
        """Wait for all checks."""
        here = first_bad(self._claims)
        found = [future.result() for future in self._running]
        if self._pool is not None:
            self._pool.shutdown()
        return min((number for number in (*found, here) if number is not None), default=None)
