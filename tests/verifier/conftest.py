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

from verifier import canonical, classgroup, ed25519, grouping


@pytest.fixture(scope="session", autouse=True)
def _remembered():
    """What is slow and pure is computed once: many tests need the same primes, groups and signatures."""
    prime, compute, verify = classgroup.hash_prime, grouping.compute, ed25519.verify

    @functools.lru_cache(maxsize=200)
    def by_bytes(sealed, seed, bundlings):
        return canonical.encode(compute(canonical.decode(sealed), seed, bundlings))

    classgroup.hash_prime = functools.lru_cache(maxsize=1000)(prime)
    grouping.compute = lambda sealed, seed, m: canonical.decode(by_bytes(canonical.encode(sealed), seed, m))
    ed25519.verify = functools.lru_cache(maxsize=100_000)(verify)
    yield
    classgroup.hash_prime, grouping.compute, ed25519.verify = prime, compute, verify


@pytest.fixture(scope="session")
def vectors():
    def read(name: str) -> str:
        path = VECTORS / name
        if not path.exists():
            pytest.skip(f"{name} is not beside the repository (../shared/vectors)")
        return path.read_text(encoding="utf-8")

    return read
