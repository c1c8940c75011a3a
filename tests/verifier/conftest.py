"""Shared pieces of the verifier's tests. Third-party vectors are read from beside the repository, if they are there."""

from __future__ import annotations

import functools
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = ROOT.parent / "shared" / "vectors"
for path in (str(ROOT), str(pathlib.Path(__file__).resolve().parent)):
    if path not in sys.path:
        sys.path.insert(0, path)

from verifier import classgroup  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _remembered_primes():
    """Searching a discriminant takes a third of a second; many tests need the same one."""
    plain = classgroup.hash_prime
    classgroup.hash_prime = functools.lru_cache(maxsize=1000)(plain)
    yield
    classgroup.hash_prime = plain


@pytest.fixture(scope="session")
def vectors():
    def read(name: str) -> str:
        path = VECTORS / name
        if not path.exists():
            pytest.skip("%s is not beside the repository (../shared/vectors)" % name)
        return path.read_text(encoding="utf-8")

    return read
