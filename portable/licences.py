"""What the portable folder carries, in which version and under which licence, and the texts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

LISTS = "licences"
COMMON = Path("/usr/share/common-licenses")
# Libraries that packages carry inside themselves without saying so.
WITHIN = {"libgmp": "LGPL-3.0-or-later OR GPL-2.0-or-later", "libgmpxx": "LGPL-3.0-or-later OR GPL-2.0-or-later"}


def listing(site: Path, libraries: Mapping[str, Path], observer: Mapping[str, str]) -> str:
    """Names, versions and licences of everything that is carried."""
    rows = [f"Python {sys.version.split()[0]} (PSF-2.0): python/lib*/python3.*/LICENSE.txt"]
    rows += ["", "Packages; the texts lie in site/*.dist-info:"]
    rows += [_package(path) for path in sorted(site.glob("*.dist-info"))]
    rows += ["", "Libraries inside these packages:"]
    for path in sorted(site.glob("*.libs/*.so*")):
        stem = re.split(r"[-.]", path.name)[0]
        rows.append(f"{path.relative_to(site)} ({WITHIN.get(stem, 'not stated by the package')})")
    rows += ["", f"Shared libraries of the system that this was built on; the texts lie in {LISTS}/:"]
    for name, path in libraries.items():
        package, version = owner(path)
        if package:
            rows.append(f"{name}: {package} {version} ({', '.join(named(_copyright(package))) or 'see the text'})")
        elif not name.startswith("libpython"):
            rows.append(f"{name} (not from a package of the system)")
    if observer:
        rows += ["", f"In the observers' page; the texts lie in {LISTS}/observer/ where the package has one:"]
        rows += [f"{name} ({licence})" for name, licence in observer.items()]
    return "\n".join(rows) + "\n"


def texts(libraries: Mapping[str, Path], modules: Path) -> dict[str, bytes]:
    """Licence texts by file name: of the shared libraries, what these refer to, the observers' page's packages."""
    packages = {package for package, _version in map(owner, libraries.values()) if package}
    found = {f"{package}.txt": _copyright(package).encode() for package in sorted(packages) if _copyright(package)}
    wanted = {match.decode() for text in found.values() for match in re.findall(rb"common-licenses/([\w.-]*\w)", text)}
    for name in sorted(wanted | {"GPL-2", "GPL-3", "LGPL-3"}):  # the last three for what WITHIN names
        if (COMMON / name).is_file():
            found[f"common/{name}.txt"] = (COMMON / name).read_bytes()
    found |= {
        f"observer/{'-'.join(path.parent.relative_to(modules).parts)}.txt": path.read_bytes()
        for path in (*modules.glob("*/LICENSE"), *modules.glob("@*/*/LICENSE"))
        if not path.parent.name.startswith(("esbuild", "axe-core")) and path.parent.parent.name != "@esbuild"
    }
    return found


def owner(path: Path) -> tuple[str, str]:
    """Debian's package that this file belongs to, and its version; empty where there is none, or no dpkg."""
    if shutil.which("dpkg-query") is None:
        return "", ""
    for one in (path, path.resolve(), Path("/usr") / path.relative_to("/")):  # /lib may be a link to /usr/lib
        done = _said("dpkg-query", "--search", str(one))
        if done:
            package = done.split(": ")[0].split(", ")[0]
            return package.split(":")[0], _said("dpkg-query", "--show", "--showformat=${Version}", package)
    return "", ""


def named(text: str) -> list[str]:
    """Short names of licences in a machine-readable copyright file."""
    return sorted(set(re.findall(r"^License: *(\S[^\n]*)$", text, re.MULTILINE)))


def _copyright(package: str) -> str:
    path = Path("/usr/share/doc") / package / "copyright"
    return path.read_text("utf-8", "replace") if path.is_file() else ""


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed names, own paths
    return done.stdout.strip() if done.returncode == 0 else ""


def _package(path: Path) -> str:
    found = metadata.Distribution.at(path).metadata
    stated = found["License-Expression"] or found["License"] or ""
    classified = "; ".join(one.split(" :: ")[-1] for one in found.get_all("Classifier") or [] if "License ::" in one)
    licence = stated.splitlines()[0] if stated else classified or "not stated by the package"
    return f"{found['Name']} {found['Version']} ({licence})"
