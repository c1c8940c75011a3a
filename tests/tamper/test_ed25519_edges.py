"""One rule for signatures and keys (E12, E13), whoever asks: every implementation of ours at every edge."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import shutil
import subprocess
from typing import Any, Callable, Dict, Iterator, List, NamedTuple

import ledger.keys
import pytest
from verifier import ed25519

from tests.tamper import ROOT, edges

pytestmark = pytest.mark.no_cover
THIRD_PARTY = ROOT.parent / "shared" / "vectors"
SOURCE = ROOT / "verifier" / "web" / "src" / "ed25519.js"
FILE = ROOT / "spec" / "vectors" / "encoding" / "ed25519.json"

SCRIPT = """
import { createInterface } from "node:readline";
import { soundKey, verifySignature } from %s;
const bytes = (text) => Uint8Array.from(Buffer.from(text, "hex"));
for await (const line of createInterface({ input: process.stdin })) {
  const [key, message, signature] = line.split(" ").map(bytes);
  const answer = signature ? verifySignature(key, message, signature) : soundKey(key);
  process.stdout.write(answer ? "1" : "0");
}
"""


class Signature(NamedTuple):
    about: str
    key: bytes
    message: bytes
    signature: bytes
    valid: bool


class Key(NamedTuple):
    about: str
    key: bytes
    sound: bool


# --- cases --------------------------------------------------------------------------------------------------------


@functools.cache
def own() -> List[Signature]:
    rows = edges.cases()["signatures"]
    return [
        Signature(row["about"], *(bytes.fromhex(row[k]) for k in ("key", "message", "signature")), row["valid"])
        for row in rows
    ]


@functools.cache
def own_keys() -> List[Key]:
    return [Key(row["about"], bytes.fromhex(row["key"]), row["sound"]) for row in edges.cases()["keys"]]


def read(name: str) -> Any:
    path = THIRD_PARTY / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the repository (../shared/vectors)")
    return json.loads(path.read_text(encoding="utf-8"))


def cctv() -> List[Signature]:
    """Of these 914 the rule accepts 43."""
    accepted = {row["number"]: row["libsodium"] for row in read("cctv_accept_matrix.json")}
    rows = read("cctv_ed25519vectors.json")
    out = [
        Signature(
            str(row["number"]),
            bytes.fromhex(row["key"]),
            row["msg"].encode(),
            bytes.fromhex(row["sig"]),
            accepted[row["number"]],
        )
        for row in rows
    ]
    assert (len(out), sum(row.valid for row in out)) == (914, 43)
    return out


def wycheproof() -> List[Signature]:
    """Those of 64 bytes; of another length none is valid, and no implementation of ours is given one."""
    out = [
        Signature(
            str(case["tcId"]),
            bytes.fromhex(group["publicKey"]["pk"]),
            *(bytes.fromhex(case[k]) for k in ("msg", "sig")),
            case["result"] == "valid",
        )
        for group in read("wycheproof_ed25519.json")["testGroups"]
        for case in group["tests"]
    ]
    assert len(out) == 151
    assert not [row for row in out if row.valid and len(row.signature) != 64]
    return [row for row in out if len(row.signature) == 64]


SETS: Dict[str, Callable[[], List[Signature]]] = {"own": own, "cctv": cctv, "wycheproof": wycheproof}


# --- implementations ----------------------------------------------------------------------------------------------


def _fresh() -> Any:
    """verifier/ed25519.py without what other tests let it remember."""
    return lambda key, message, signature: bool((made := ed25519._cached(key)) and made.verify(message, signature))


@functools.cache
def _pure() -> Callable[..., bool]:
    def verify(key: bytes, message: bytes, signature: bytes) -> bool:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ed25519, "libsodium", None)
            return bool(_fresh()(key, message, signature))

    return verify


def _signing_side(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        ledger.keys.verify(key, message, signature)
    except ledger.keys.SignatureError:
        return False
    return True


def _signing_side_key(key: bytes) -> bool:
    try:
        ledger.keys.check_key(key)
    except ledger.keys.SignatureError:
        return False
    return True


def by_javascript(lines: Iterator[str], tmp_path: pathlib.Path) -> List[bool]:
    found = shutil.which("node")
    if not found or not SOURCE.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("node and verifier/web/src/ed25519.js are needed")
        pytest.skip("node or verifier/web/src/ed25519.js is not here")
    script = tmp_path / "verify.mjs"
    script.write_text(SCRIPT % json.dumps(SOURCE.as_uri()))
    done = subprocess.run(
        [found, str(script)], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=300, check=True
    )
    return [answer == "1" for answer in done.stdout]


PYTHON: Dict[str, Callable[[], Callable[..., bool]]] = {
    "verifier, integers": _pure,
    "verifier, libsodium": _fresh,
    "ledger": lambda: _signing_side,
}


@pytest.mark.parametrize("which", SETS)
@pytest.mark.parametrize("who", PYTHON)
def test_signatures(who: str, which: str) -> None:
    if who == "verifier, libsodium":
        assert ed25519.libsodium is not None
    verify = PYTHON[who]()
    assert [row.about for row in SETS[which]() if verify(row.key, row.message, row.signature) != row.valid] == []


@pytest.mark.parametrize("which", SETS)
def test_signatures_in_javascript(which: str, tmp_path: pathlib.Path) -> None:
    rows = SETS[which]()
    answers = by_javascript((f"{row.key.hex()} {row.message.hex()} {row.signature.hex()}" for row in rows), tmp_path)
    assert len(answers) == len(rows)
    assert [row.about for row, answer in zip(rows, answers) if answer != row.valid] == []


def test_textbook_agrees_with_third_parties() -> None:
    """The judgement that our own cases are measured by. (Slow by nature, so a part of them.)"""
    rows = [*cctv()[::9], *[row for row in cctv() if row.valid][::4], *wycheproof()[::5]]
    assert [row.about for row in rows if edges.is_valid(row.key, row.message, row.signature) != row.valid] == []


@pytest.mark.parametrize("sound", [ed25519.is_sound_key, _signing_side_key], ids=["verifier", "ledger"])
def test_keys(sound: Callable[[bytes], bool]) -> None:
    assert [row.about for row in own_keys() if sound(row.key) != row.sound] == []


def test_keys_in_javascript(tmp_path: pathlib.Path) -> None:
    answers = by_javascript((row.key.hex() for row in own_keys()), tmp_path)
    assert [row.about for row, answer in zip(own_keys(), answers) if answer != row.sound] == []


def test_cases_are_what_they_say() -> None:
    """There are valid ones with mixed order, and many that only a rule with cofactor would accept."""
    valid = {row.about for row in own() if row.valid}
    assert {"good", "A mixed 1, k = 0", "A mixed 4, k = 2", "A and R mixed 1, k = 3"} <= valid
    assert not {row.about for row in own() if "small order" in row.about} & valid
    assert len(own()) - len(valid) > 150
    assert [row.about for row in own_keys() if row.sound] == ["good", "base point", "mixed 0"]


def test_committed_cases() -> None:
    assert json.loads(FILE.read_text()) == edges.cases()
