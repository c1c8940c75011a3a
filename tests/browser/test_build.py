"""The build: one file, the same every time, of modules that keep the rules."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from pathlib import Path

import pytest

from tests.simulator import ROOT
from verifiable_draw import verifier_page
from verifiable_draw.verifier_page import Page, PageError, build

PAGES = (verifier_page.VERIFY, verifier_page.FAMILY)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the page's sources, to be broken."""
    for part in ("src", "page", "family"):
        shutil.copytree(ROOT / "verifier" / "web" / part, tmp_path / part)
    return tmp_path


def test_the_same_sources_give_the_same_small_file(sources: Path) -> None:
    for page in PAGES:
        made = build(page=page)
        assert made == build(page=page) == build(sources, page)
        assert len(made) < verifier_page.LIMIT
    assert build(sources) == build(page=verifier_page.VERIFY) != build(page=verifier_page.FAMILY)


@pytest.mark.parametrize(("page", "reach"), [(verifier_page.VERIFY, ("worker-src", "blob:")), (verifier_page.FAMILY, ("connect-src", "'self'"))])
def test_policy_allows_the_scripts_and_the_style_and_hardly_anything_else(page: Page, reach: tuple[str, str]) -> None:
    """The verifier opens no connection at all, the page for families only to the site that it came from."""
    text = build(page=page).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data:"
    assert rules[reach[0]] == reach[1]
    for kind, tag in (("script-src", "script"), ("style-src", "style")):
        blocks = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", text, re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() for block in blocks]
        assert rules[kind].split() == [f"'sha256-{one}'" for one in hashes]
    assert set(rules) == {"default-src", "script-src", "style-src", "img-src", "base-uri", "form-action", reach[0]}
    assert not re.search(r'\s(?:style|on\w+)="', text.split("<script", maxsplit=1)[0].split("<body", 1)[1])


@pytest.mark.parametrize(
    ("path", "old", "new", "says"),
    [
        ("page/dom.js", "export const byId", "export default byId;\nconst byId", "form is not allowed"),
        ("page/dom.js", "export const byId", "export let byId", "form is not allowed"),
        ("page/dom.js", "const byId", "const other = () => import('x');\nexport const byId", "form is not allowed"),
        ("page/dom.js", 'import { words } from "./words.js";', 'import * as w from "./words.js";', "not allowed"),
        ("page/dom.js", "import { words }", "import { words, absent }", "does not export absent"),
        ("page/dom.js", "export const byId", '"use x";\nimport { run } from "./running.js";\nexport const byId', "top"),
        ("page/words.js", "export function words", "// </script >\nexport function words", "end its own block"),
        ("page/words.js", "export function words", "// <!-- \nexport function words", "end its own block"),
        ("page/style.css", "body {", "body {\r\n", "end with LF"),
        ("page/index.html", "{{policy}}", "", "needs one"),
        ("page/words.js", "let table", 'import { byId } from "./dom.js";\nlet table', "circle"),
        ("page/texts.js", "export const TEXTS", f"const LONG = '{'x' * verifier_page.LIMIT}';\nexport const TEXTS", "limit"),
    ],
)
def test_what_breaks_a_rule_is_refused(sources: Path, path: str, old: str, new: str, says: str) -> None:
    text = (sources / path).read_text()
    assert old in text
    (sources / path).write_bytes(text.replace(old, new, 1).encode())
    with pytest.raises(PageError, match=says):
        build(sources)


def test_the_core_is_hashed_as_the_page_shows_it(tmp_path: Path) -> None:
    text = build().decode()
    start = text.index('<script id="core">') + len('<script id="core">')
    core = text[start : text.index("</script>", start)]
    assert verifier_page.core_hash(text.encode()) == hashlib.sha256(core.encode()).hexdigest()
