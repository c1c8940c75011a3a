"""A folder that runs on a Linux laptop without network, Python or any installed package: `make portable`.

```
start.sh                the room's server                       LICENCES.txt   what is carried, under which licence
vdraw.sh  python.sh     any command; the carried Python
python/                 this interpreter and its library        lib/           shared libraries it needs, glibc aside
site/                   packages of requirements.lock           app/           our packages, the specification
```

The same sources, lock and interpreter give the same archive, byte for byte.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "verifiable-draw"
EXTRAS = ("drand",)
# Of the standard library: what the program never uses, and what would differ from machine to machine.
LEFT_OUT = {"__pycache__", "ensurepip", "idlelib", "lib2to3", "site-packages", "test", "tests", "tkinter", "turtledemo"}
# Belong to the target's own glibc: carrying them would break more than it mends.
GLIBC = re.compile(r"^(?:ld-linux.*|linux-vdso|lib(?:c|m|dl|pthread|rt|util|resolv|nsl|crypt)\.so.*|linux-gate.*)")
REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")


def normal(name: str) -> str:
    """A package's name in the one form that is compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def runtime(project: str = NAME, extras: Iterable[str] = EXTRAS) -> list[str]:
    """Names of all packages that the program needs to run, transitively, as they are installed here."""
    found: set[str] = set()
    waiting = [(project, tuple(extras))]
    while waiting:
        name, wanted = waiting.pop()
        for line in metadata.requires(name) or []:
            text, _, marker = line.partition(";")
            extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", marker)
            if extra and extra[1] not in wanted:
                continue
            needed = re.match(r"[A-Za-z0-9._-]+", text.strip())
            key = normal(needed[0]) if needed else ""
            if key and key not in found and _is_installed(key):
                found.add(key)
                waiting.append((key, tuple(re.findall(r"\[([^\]]+)\]", text)[:1])))
    return sorted(found)


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False  # of another platform
    return True


def locked(names: Iterable[str], lock: str) -> str:
    """The part of a lock file that concerns these packages, hashes included; KeyError names one that is not locked."""
    blocks: dict[str, str] = {}
    current = ""
    for line in lock.splitlines(keepends=True):
        match = REQUIREMENT.match(line)
        if match:
            current = normal(match[1])
            blocks[current] = ""
        if current and not line.lstrip().startswith("#"):
            blocks[current] += line
    return "".join(blocks[normal(name)] for name in names)


def interpreter(folder: Path) -> None:
    """Copy this interpreter and its standard library."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    real = Path(sys.base_prefix) / "bin" / version
    (folder / "bin").mkdir(parents=True)
    shutil.copyfile(real, folder / "bin" / "python3")
    (folder / "bin" / "python3").chmod(0o755)
    library = Path(sysconfig.get_path("stdlib", vars={"base": sys.base_prefix, "installed_base": sys.base_prefix}))

    def left_out(path: str, names: list[str]) -> set[str]:
        config = {n for n in names if n.startswith(("config-", "_tkinter", "_test")) or n.endswith((".a", ".pyc"))}
        return config | (LEFT_OUT & set(names) if Path(path).name != "unittest" else {"__pycache__"})

    shutil.copytree(library, folder / "lib" / version, ignore=left_out, symlinks=False)


def libraries(programs: Iterable[Path], folder: Path) -> list[str]:
    """Copy the shared libraries that these need, glibc's aside; returns their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for program in programs:
        done = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)  # noqa: S603, S607
        for name, path in re.findall(r"^\s*(\S+) => (/\S+)", done.stdout, re.MULTILINE):
            target = folder / name
            if not GLIBC.match(name) and not target.exists() and "/site/" not in path:
                shutil.copyfile(path, target)
                target.chmod(0o755)
    return sorted(path.name for path in folder.iterdir())


def packages(site: Path, app: Path) -> None:
    """Install the locked runtime packages and our own."""
    names = runtime()
    wanted = site.with_name("requirements.txt")
    wanted.write_text(locked(names, (ROOT / "requirements.lock").read_text()))
    common = ["--no-compile", "--no-deps", "--quiet", "--disable-pip-version-check"]
    _pip("install", *common, "--require-hashes", "--only-binary", ":all:", "--target", str(site), "-r", str(wanted))
    _pip("install", *common, "--no-build-isolation", "--target", str(app), str(ROOT))
    wanted.unlink()
    for folder in (site, app):
        shutil.rmtree(folder / "bin", ignore_errors=True)  # scripts with this machine's path in their first line
        for kind in ("direct_url.json", "INSTALLER", "REQUESTED", "RECORD"):
            for path in folder.glob(f"*.dist-info/{kind}"):
                path.unlink()
    (app / "spec").mkdir()
    for page in sorted((ROOT / "spec").glob("*.md")):
        shutil.copyfile(page, app / "spec" / page.name)
    observer = ROOT / "dist" / "observer.html"
    if observer.is_file():
        shutil.copyfile(observer, app / "verifiable_draw" / "web" / "observer.html")


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True)  # noqa: S603


def licences(site: Path, carried: Iterable[str]) -> str:
    """Names, versions and licences of everything that is carried."""
    rows = [f"Python {sys.version.split()[0]} (PSF-2.0)"]
    for path in sorted(site.glob("*.dist-info")):
        found = metadata.Distribution.at(path).metadata
        named = found["License-Expression"] or found["License"] or ""
        classified = "; ".join(c.split(" :: ")[-1] for c in found.get_all("Classifier") or [] if "License ::" in c)
        licence = named.splitlines()[0] if named else classified or "see its folder"
        rows.append(f"{found['Name']} {found['Version']} ({licence})")
    rows += ["", "Shared libraries of the system that this was built on: " + ", ".join(carried)]
    rows.append(
        "The texts of the licences lie in site/*.dist-info, that of Python in python/lib/python3.*/LICENSE.txt."
    )
    return "\n".join(rows) + "\n"


def build(target: Path) -> None:
    """Make the folder anew."""
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    interpreter(target / "python")
    packages(target / "site", target / "app")
    objects = [target / "python" / "bin" / "python3", *target.rglob("*.so"), *target.rglob("*.so.*")]
    carried = libraries(objects, target / "lib")
    (target / "LICENCES.txt").write_text(licences(target / "site", carried))
    (target / "GLIBC").write_text(os.confstr("CS_GNU_LIBC_VERSION") or "")
    for name in ("python.sh", "start.sh", "vdraw.sh"):
        shutil.copyfile(ROOT / "portable" / name, target / name)
        (target / name).chmod(0o755)
    shutil.copyfile(ROOT / "LICENSE", target / "LICENSE")
    shutil.copyfile(ROOT / "docs" / "room.md", target / "ROOM.md")


def members(folder: Path) -> Iterator[tuple[Path, tarfile.TarInfo]]:
    """Every file of the folder in one order, with nothing in it of this machine or this moment."""
    for path in sorted(folder.rglob("*"), key=lambda p: str(p.relative_to(folder))):
        if path.is_dir() or path.is_symlink():
            continue
        info = tarfile.TarInfo(f"{folder.name}/{path.relative_to(folder)}")
        info.size = path.stat().st_size
        info.mode = 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
        yield path, info


def archive(folder: Path, out: Path) -> None:
    """The folder as one .tar.gz, the same bytes every time."""
    with (
        out.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for path, info in members(folder):
            tar.addfile(info, io.BytesIO(path.read_bytes()))


if __name__ == "__main__":
    place = Path(sys.argv[1]).resolve() / NAME
    build(place)
    archive(place, place.with_suffix(".tar.gz"))
    megabytes = sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) // 1_000_000
    sys.stdout.write(f"{place} ({megabytes} MB)\n{place.with_suffix('.tar.gz')}\n")
