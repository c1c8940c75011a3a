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
from verifiable_draw.verifier_page import PageError, build


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the page's sources, to be broken."""
    for part in ("src", "page"):
        shutil.copytree(ROOT / "verifier" / "web" / part, tmp_path / part)
    return tmp_path


def test_the_same_sources_give_the_same_small_file(sources: Path) -> None:
    made = build()
    assert made == build() == build(sources)
    assert len(made) < verifier_page.LIMIT


def test_policy_allows_the_two_scripts_and_the_style_and_no_connection() -> None:
    text = build().decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert (rules["worker-src"], rules["img-src"]) == ("blob:", "data:")
    for kind, tag in (("script-src", "script"), ("style-src", "style")):
        blocks = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", text, re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() for block in blocks]
        assert rules[kind].split() == [f"'sha256-{one}'" for one in hashes]
    assert set(rules) == {"default-src", "script-src", "style-src", "worker-src", "img-src", "base-uri", "form-action"}
    assert not re.search(r'\s(?:style|on\w+)="', text.split('<script id="core">', maxsplit=1)[0].split("<body", 1)[1])


@pytest.mark.parametrize(
    ("path", "old", "new", "says"),
    [
        ("page/dom.js", "export const byId", "export default byId;\nconst byId", "form is not allowed"),
        ("page/dom.js", "export const byId", "export let byId", "form is not allowed"),
        ("page/dom.js", "const byId", "const other = () => import('x');\nexport const byId", "form is not allowed"),
        ("page/dom.js", 'import { words } from "./texts.js";', 'import * as w from "./texts.js";', "not allowed"),
        ("page/dom.js", "import { words }", "import { words, absent }", "does not export absent"),
        ("page/dom.js", "export const byId", '"use x";\nimport { run } from "./running.js";\nexport const byId', "top"),
        ("page/texts.js", "export function words", "// </script >\nexport function words", "end its own block"),
        ("page/texts.js", "export function words", "// <!-- \nexport function words", "end its own block"),
        ("page/style.css", "body {", "body {\r\n", "end with LF"),
        ("page/index.html", "{{policy}}", "", "needs one"),
        ("page/texts.js", "const TEXTS", 'import { byId } from "./dom.js";\nconst TEXTS', "circle"),
        ("page/texts.js", "const TEXTS", f"const LONG = '{'x' * verifier_page.LIMIT}';\nconst TEXTS", "limit"),
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
