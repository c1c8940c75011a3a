"""All checks of the catalogue. Importing the modules registers them; `load` makes sure that none is missing."""

from __future__ import annotations

from . import (  # noqa: F401 - imported for their registrations
    checks_beside,
    checks_ceremony,
    checks_evidence,
    checks_files,
    checks_keys,
    checks_ledger,
    checks_result,
    checks_roster,
    checks_sealed,
    checks_slip,
    checks_year,
)
from .catalogue import CATALOGUE
from .engine import REGISTRY


def load() -> None:
    """AssertionError if the catalogue and the registered checks differ."""
    names = {check.id for check in CATALOGUE}
    if names != set(REGISTRY):
        raise AssertionError("checks without a function, or functions without a check: %s" % (names ^ set(REGISTRY)))
