"""The observers' page as one HTML file (spec/room.md N15-N17): `python -m verifiable_draw.observer_page OUT`.

Sources and the few packages they use are put together by esbuild, pinned with everything else in `package-lock.json`;
nothing is renamed or shortened, so that the file can be read. The same sources give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from verifiable_draw.errors import UsageError
from verifiable_draw.files import write_durable

FOLDER = Path(__file__).parent / "web" / "observer"
LIMIT = 1_500_000  # bytes: a phone fetches it once over the room's network
CORE, PAGE = "src/core.js", "src/page/main.js"
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {style}; worker-src blob:; img-src data: blob:; "
    "media-src blob:; "
    "connect-src http: https:; base-uri 'none'; form-action 'none'"
)
STAMP = "node_modules/.installed"


def build(folder: Path = FOLDER) -> bytes:
    """Bytes of observer.html; UsageError if Node or npm is missing."""
    packages(folder)
    scripts = {
        "core": _bundle(folder, CORE, "observerCore"),
        "page": _bundle(folder, PAGE, ""),
    }
    style = "\n" + (folder / "src" / "page" / "style.css").read_text(encoding="utf-8")
    policy = POLICY.format(scripts=" ".join(_source_hash(text) for text in scripts.values()), style=_source_hash(style))
    page = (folder / "src" / "page" / "index.html").read_text(encoding="utf-8")
    for mark, text in {"policy": policy, "licences": licences(folder), "style": style, **scripts}.items():
        if page.count(f"{{{{{mark}}}}}") != 1:
            message = f"index.html needs one {{{{{mark}}}}}"
            raise AssertionError(message)
        page = page.replace(f"{{{{{mark}}}}}", text)
    data = page.encode()
    if len(data) > LIMIT:
        message = f"observer.html: {len(data)} bytes, the limit is {LIMIT}"
        raise AssertionError(message)
    return data


def packages(folder: Path = FOLDER) -> None:
    """Install the pinned packages, unless the present lock file's are there."""
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / STAMP
    if stamp.is_file() and stamp.read_text() == lock:
        return
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise UsageError("observer.no_npm")
    _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    stamp.write_text(lock)


def licences(folder: Path = FOLDER) -> str:
    """THIRD-PARTY.md, which names all that is bundled with its version and licence, and the Apache licence."""
    text = (folder / "THIRD-PARTY.md").read_text(encoding="utf-8")
    for name in json.loads((folder / "package.json").read_bytes())["dependencies"]:
        own = json.loads((folder / "node_modules" / name / "package.json").read_bytes())
        if f"| {name} | {own['version']} |" not in text or own["license"] not in text:
            message = f"THIRD-PARTY.md does not name {name} {own['version']} ({own['license']})"
            raise AssertionError(message)
    text += "\n" + (folder / "node_modules" / "jsqr" / "LICENSE").read_text(encoding="utf-8")
    if "--" in text.replace("|---|---|---|---|---|", "") or "{{" in text:
        message = "THIRD-PARTY.md: holds what would end a comment"
        raise AssertionError(message)
    return text.replace("|---|---|---|---|---|", "")


def _bundle(folder: Path, entry: str, name: str) -> str:
    program = folder / "node_modules" / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--format=iife", "--charset=utf8", "--target=es2020", "--log-level=warning"]
    named = [f"--global-name={name}"] if name else []
    command = [str(program), entry, *options, "--legal-comments=inline", *named]
    text = _run(command, folder)
    if "</script" in text.lower() or "<!--" in text:
        message = f"{entry}: holds what would end its own block"
        raise AssertionError(message)
    return "\n" + text


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, encoding="utf-8")  # noqa: S603
    if done.returncode:
        raise UsageError("observer.build_failed", detail=(done.stderr or done.stdout)[-2000:])
    return done.stdout


def _source_hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


if __name__ == "__main__":
    made = build()
    target = Path(sys.argv[1])
    write_durable(target, made)
    sys.stdout.write(f"{hashlib.sha256(made).hexdigest()}  {target}\n")
