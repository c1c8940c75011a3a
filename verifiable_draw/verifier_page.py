"""Pages as one HTML file each: `verify.html`, which any browser opens without a server, and `family.html` for families.

Modules are put one after the other, each in a function of its own so that names do not collide; nothing is renamed
or shortened, so that the file can be read beside its sources. The same sources give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from verifiable_draw.errors import UsageError
from verifiable_draw.files import write_durable

LIMIT = 360_000  # bytes, comments included: small enough for an old phone and for a patient reader

POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {style}; %s; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
IMPORT = re.compile(r'^import \{([\w$,\s]+)\} from "((?:\./|\.\./(?:src|page)/)[a-z0-9_]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async function|function|const|class)\b\*? *([A-Za-z_$][\w$]*))", re.MULTILINE)
FOREIGN = re.compile(r"^\s*(?:import|export)\b|\bimport\s*[(.]", re.MULTILINE)
BEFORE_IMPORTS = re.compile(r"(?:\s|//[^\n]*\n|/\*.*?\*/)*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """What a page is made of: its folder with index.html and style.css, and by mark in it the scripts' modules.

    A script is its entries and all that they import; modules that these do not import (for Node, for tests) stay out.
    """

    name: str
    folder: str
    scripts: dict[str, tuple[str, ...]]
    reach: str  # what the policy lets it reach besides its own text


VERIFY = Page(
    "verify.html",
    "page",
    {
        "core": ("src/verify.js", "src/slip.js", "src/catalogue.js", "src/fork.js", "page/worker.js"),
        "page": ("page/main.js",),
    },
    "worker-src blob:",
)
FAMILY = Page("family.html", "family", {"page": ("family/main.js",)}, "connect-src 'self'")


class PageError(Exception):
    """The sources break a rule of the build; names the file."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module's text without its import and export words, and what these said."""

    name: str
    text: str
    imports: dict[Path, tuple[str, ...]]
    exports: tuple[str, ...]


def build(folder: Path | None = None, page: Page = VERIFY) -> bytes:
    """Bytes of a page; `folder` holds `src/` and the pages' own, that of the package `verifier` unless given."""
    folder = (folder or _folder()).resolve()
    placed: dict[Path, Module] = {}
    scripts = {mark: _bundle(folder, entries, placed) for mark, entries in page.scripts.items()}
    style = "\n" + _read(folder / page.folder / "style.css")
    hashes = {"scripts": " ".join(map(_source_hash, scripts.values())), "style": _source_hash(style)}
    policy = (POLICY % page.reach).format(**hashes)
    text = _read(folder / page.folder / "index.html")
    for mark, part in {"policy": policy, "style": style, **scripts}.items():
        if text.count(f"{{{{{mark}}}}}") != 1:
            raise PageError(f"index.html: needs one {{{{{mark}}}}}")
        text = text.replace(f"{{{{{mark}}}}}", part)
    data = text.encode()
    if len(data) >= LIMIT:
        raise PageError(f"{page.name}: {len(data)} bytes, the limit is {LIMIT}")
    return data


def core_hash(page: bytes) -> str:
    """SHA-256 of the text of the script that checks, as the page itself shows it."""
    return hashlib.sha256(page.split(b'<script id="core">', 1)[1].split(b"</script>", 1)[0]).hexdigest()


def _folder() -> Path:
    spec = find_spec("verifier")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError("verifier.missing")
    return Path(spec.submodule_search_locations[0]) / "web"


def _source_hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _read(path: Path) -> str:
    text = path.read_bytes().decode()
    if "\r" in text or "\0" in text:  # a browser would read other characters than those hashed
        raise PageError(f"{path.name}: lines end with LF")
    if path.suffix != ".html" and re.search(r"</(?:script|style)|<!--", text, re.IGNORECASE):
        raise PageError(f"{path.name}: holds what would end its own block")
    return text


def _bundle(folder: Path, entries: tuple[str, ...], placed: dict[Path, Module]) -> str:
    """The entries and all they import, dependencies first; `placed` grows by them."""
    start = len(placed)
    for entry in entries:
        _place(folder / entry, placed, ())
    blocks = [_block(module, placed) for module in list(placed.values())[start:]]
    return '\n"use strict";\n\n' + "\n".join(blocks)


def _place(path: Path, placed: dict[Path, Module], above: tuple[Path, ...]) -> None:
    if path in above:
        raise PageError("imports go in a circle: " + " → ".join(p.name for p in (*above[above.index(path) :], path)))
    if path in placed:
        return
    module = _module(path)
    for needed in module.imports:
        _place(needed, placed, (*above, path))
    if any(module.name == other.name for other in placed.values()):
        raise PageError(f"{path.name}: there are two modules of this name")
    placed[path] = module


def _module(path: Path) -> Module:
    text = _read(path)
    imports: dict[Path, tuple[str, ...]] = {}
    end = 0
    for match in IMPORT.finditer(text):
        if not BEFORE_IMPORTS.fullmatch(text, end, match.start()):
            raise PageError(f"{path.name}: imports stand at the top")
        end = match.end()
        names = tuple(name.strip() for name in match[1].split(",") if name.strip())
        imports[(path.parent / match[2]).resolve()] = names
    exports = tuple(EXPORT.findall(text))
    text = EXPORT.sub("", IMPORT.sub("", text))
    if found := FOREIGN.search(text):
        raise PageError(f"{path.name}: this form is not allowed: {found[0].strip()}")
    return Module(path.stem, text.strip("\n"), imports, exports)


def _block(module: Module, placed: dict[Path, Module]) -> str:
    lines = [f"// ---- {module.name}.js", f"const ${module.name} = (() => {{"]
    for path, names in module.imports.items():
        missing = set(names) - set(placed[path].exports)
        if missing:
            raise PageError(f"{module.name}.js: {path.name} does not export {', '.join(sorted(missing))}")
        lines.append(f"const {{ {', '.join(names)} }} = ${path.stem};")
    return "\n".join([*lines, module.text, f"return {{ {', '.join(module.exports)} }};", "})();", ""])


if __name__ == "__main__":
    target = Path(sys.argv[1])
    chosen = FAMILY if target.name == FAMILY.name else VERIFY
    made = build(page=chosen)
    write_durable(target, made)
    sys.stdout.write(f"{hashlib.sha256(made).hexdigest()}  {target}\n")
    if chosen is VERIFY:
        sys.stdout.write(f"{core_hash(made)}  core\n")
