"""The verifier as one reproducible file that Python runs: `python verify.pyz RECORD`."""

from __future__ import annotations

import hashlib
import sys
from importlib.util import find_spec
from pathlib import Path

from verifiable_draw.errors import UsageError
from verifiable_draw.files import stored_zip, write_durable

MAIN = b"import sys\n\nfrom verifier.cli import main\n\nsys.exit(main())\n"


def build() -> bytes:
    """Bytes of verify.pyz: the package `verifier`, stored, with fixed order and times."""
    spec = find_spec("verifier")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError("verifier.missing")
    folder = Path(spec.submodule_search_locations[0])
    paths = [*folder.glob("*.py"), *folder.glob("*.json")]
    files = {f"verifier/{path.name}": path.read_bytes() for path in paths}
    files["__main__.py"] = MAIN
    return stored_zip(files)


if __name__ == "__main__":
    write_durable(Path(sys.argv[1]), build())
    sys.stdout.write(f"{hashlib.sha256(build()).hexdigest()}  {sys.argv[1]}\n")
