"""The conformance kit: how its cases are made, and tests of the program that runs them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "verifier"))  # the builder's folder is no package
