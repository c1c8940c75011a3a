"""Tampering: every byte, every structure, thousands of random mutants. Records are built as in tests/verifier."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
for folder in (ROOT, ROOT / "tests" / "verifier"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
