"""A folder that runs on a Linux laptop without network, Python or any installed package: `make portable`.

```
start.sh                the room's server                       LICENCES.txt   what is carried, under which licence
vdraw.sh  python.sh     any command; the carried Python         licences/      texts that the packages do not hold
verify.pyz  verify.html the verifier                            check.sh       says why a machine cannot run this
python/                 this interpreter and its library        lib/           shared libraries it needs, glibc aside
site/                   packages of requirements.lock           app/           our packages, the specification
room/                   made by start.sh, kept for ever
```

The same sources, lock and interpreter give the same archive, byte for byte.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import platform
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

from portable.licences import LISTS, listing, texts
from verifiable_draw import verifier_file, verifier_page

ROOT = Path(__file__).resolve().parent.parent
NAME = "verifiable-draw"
EXTRAS = ("drand",)
# Of the standard library: what the program never uses, and what would differ from machine to machine.
LEFT_OUT = {
    "__pycache__", "curses", "dist-packages", "ensurepip", "idlelib", "lib2to3", "site-packages", "sitecustomize.py",
    "test", "tests", "tkinter", "turtle.py", "turtledemo",
}  # fmt: skip
# Its compiled modules that are never used: windows, terminals and old services, whose libraries would come along.
UNUSED = re.compile(r"^(?:config-|_test|_ctypes_test|xx|_xxtest|_tkinter|_curses|readline|nis|_crypt|_dbm|_gdbm|oss)")
# sqlite-utils asks for pip, for a command that fetches packages.
NOT_CARRIED = {"pip"}
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
            if key and key not in found | NOT_CARRIED and _is_installed(key):
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

    def left_out(_path: str, names: list[str]) -> set[str]:
        return {name for name in names if name in LEFT_OUT or UNUSED.match(name) or name.endswith((".a", ".pyc"))}

    shutil.copytree(library, folder / sys.platlibdir / version, ignore=left_out, symlinks=False)


def libraries(programs: Iterable[Path], folder: Path, inside: Path) -> dict[str, Path]:
    """Copy the shared libraries that these need, glibc's and those `inside` aside: name -> where it came from."""
    done = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    found, missing = needed(done.stdout)
    if missing:
        raise SystemExit("ldd: " + ", ".join(missing))
    kept = {name: path for name, path in sorted(found.items()) if not path.resolve().is_relative_to(inside.resolve())}
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in kept.items():
        shutil.copyfile(path, folder / name)
        (folder / name).chmod(0o755)
    return kept


def needed(output: str) -> tuple[dict[str, Path], list[str]]:
    """What ldd says: libraries that do not belong to glibc, with their paths, and those it did not find."""
    rows = re.findall(r"^\s*(\S+) => (not found|/\S.*?)(?: \(0x[0-9a-f]+\))?$", output, re.MULTILINE)
    foreign = {name: path for name, path in rows if not GLIBC.match(name)}
    return {n: Path(p) for n, p in foreign.items() if p != "not found"}, sorted(
        n for n, p in foreign.items() if p == "not found"
    )


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
    shutil.rmtree(app / "verifiable_draw" / "web" / "observer" / "node_modules", ignore_errors=True)
    (app / "spec").mkdir()
    for page in sorted((ROOT / "spec").glob("*.md")):
        shutil.copyfile(page, app / "spec" / page.name)
    observer = ROOT / "dist" / "observer.html"
    if observer.is_file():
        shutil.copyfile(observer, app / "verifiable_draw" / "web" / "observer.html")


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True)  # noqa: S603


def build(target: Path) -> None:
    """Make the folder anew; never over a room, which may be the only copy of a ledger and its keys."""
    if (target / "room").exists():
        raise SystemExit(
            f"{target / 'room'}：里面有账本和密钥，请先移到别处。/ holds a ledger and its keys: move it away first."
        )
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    interpreter(target / "python")
    packages(target / "site", target / "app")
    objects = [target / "python" / "bin" / "python3", *sorted(target.rglob("*.so")), *sorted(target.rglob("*.so.*"))]
    carried = libraries(objects, target / "lib", target)
    (target / "LICENCES.txt").write_text(listing(target / "site", carried, observer=_observer(target)), "utf-8")
    modules = ROOT / "verifiable_draw" / "web" / "observer" / "node_modules"
    for name, data in sorted(texts(carried, modules).items()):
        (target / LISTS / name).parent.mkdir(parents=True, exist_ok=True)
        (target / LISTS / name).write_bytes(data)
    compile_all(target)
    (target / "GLIBC").write_text(f"{os.confstr('CS_GNU_LIBC_VERSION')}\n{platform.machine()}\n")
    (target / "verify.pyz").write_bytes(verifier_file.build())
    (target / "verify.html").write_bytes(verifier_page.build())
    for name in ("check.sh", "python.sh", "start.sh", "vdraw.sh"):
        shutil.copyfile(ROOT / "portable" / name, target / name)
        (target / name).chmod(0o755)
    shutil.copyfile(ROOT / "LICENSE", target / "LICENSE")
    shutil.copyfile(ROOT / "docs" / "room.md", target / "ROOM.md")


def _observer(target: Path) -> dict[str, str]:
    """Packages in the observers' page, if it is carried: name and version -> licence."""
    if not (target / "app" / "verifiable_draw" / "web" / "observer.html").is_file():
        return {}
    lock = json.loads((ROOT / "verifiable_draw" / "web" / "observer" / "package-lock.json").read_bytes())
    return {
        f"{path.removeprefix('node_modules/')} {one['version']}": one.get("license", "")
        for path, one in sorted(lock["packages"].items())
        if path and not one.get("dev")
    }


def compile_all(target: Path) -> None:
    """Compile every module, so that nothing is written to the stick and the start is quick.

    Python checks the hash of the source before it uses what was compiled: what can be read is what runs.
    """
    folders = [str(target / name) for name in ("python", "site", "app")]
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "-s", str(target)]
    subprocess.run([*command, *folders], check=True, env={"PYTHONHASHSEED": "0"})  # noqa: S603


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
