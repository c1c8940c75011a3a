"""Programs that make and repair discs and that we did not write: xorriso and par2."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from verifiable_draw.errors import UsageError

PACKAGES = {"par2": "par2", "xorriso": "xorriso"}
"""Program and the package of Debian, Ubuntu, 统信 and 麒麟 that holds it."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a program ended: its exit code and everything it said."""

    code: int
    said: str

    @property
    def last(self) -> str:
        """The last lines that say something, for an error text."""
        return " | ".join([line.strip() for line in self.said.splitlines() if line.strip()][-3:])


def require(*names: str) -> None:
    """UsageError that names every program that is not installed, and says how to install them."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        packages = " ".join(PACKAGES[name] for name in missing)
        raise UsageError("archive.programs", programs=", ".join(missing), packages=packages)


def run(name: str, *arguments: str | Path, within: Path | None = None) -> Done:
    """Run a program to its end, in a locale and time zone that do not depend on the machine's."""
    require(name)
    command = [str(shutil.which(name)), *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "SOURCE_DATE"))}
    environment |= {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "UTC"}
    try:
        done = subprocess.run(  # noqa: S603 - the programs named above, with arguments of ours
            command, cwd=within, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    except OSError as error:
        raise UsageError("archive.program_failed", program=name, detail=error.strerror or str(error)) from error
    return Done(done.returncode, done.stdout.decode("utf-8", "replace"))
