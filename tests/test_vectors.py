"""Vectors: rebuilt and compared byte for byte, and read by the verifier, which shares no code."""

from __future__ import annotations

import json
import shutil
import subprocess
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import verifier.allocation
import verifier.canonical
import verifier.catalogue
import verifier.characters
import verifier.classgroup
import verifier.ed25519
import verifier.grouping
import verifier.ledger
from ledger import characters
from ledger.canonical import EncodingError, decode, encode
from tests.simulator import ROOT
from tests.third_reading import delay as third_reading
from tests.vectors import regenerate
from verifiable_draw import classgroup, delay

VECTORS = ROOT / "spec" / "vectors"


def load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


def test_vectors_are_what_the_code_gives() -> None:
    built = regenerate.build()
    committed = {path.relative_to(VECTORS).as_posix() for path in VECTORS.rglob("*.json")}
    assert committed == set(built)
    for name, data in built.items():
        assert (VECTORS / name).read_bytes() == data, f"{name}: run 'make vectors' and read the difference"


def test_verifier_agrees_on_encoding() -> None:
    canonical = load("encoding/canonical")
    assert verifier.canonical.encode(canonical["input"]).hex() == canonical["output"]
    for name in ("encoding/tagged-hash", "encoding/empty-fields"):
        case = load(name)
        fields = [bytes.fromhex(field) for field in case["fields"]]
        assert verifier.canonical.tagged(case["use"], *fields).hex() == case["output"]
    code = load("encoding/short-code")
    assert verifier.canonical.short_code(bytes.fromhex(code["input"])) == code["output"]
    signature = load("encoding/signature")
    assert verifier.ed25519.verify(*(bytes.fromhex(signature[k]) for k in ("key", "message", "signature")))


def test_verifier_agrees_on_entries() -> None:
    case = load("ledger/entry")
    entry = verifier.ledger.parse_entry(case["entry"].encode())
    header = bytes.fromhex(case["header_hash"])
    assert verifier.ledger.signed_bytes(entry, entry["sig"][0], case["origin"], header).hex() == case["signed"]
    assert verifier.ledger.signature_holds(entry, entry["sig"][0], case["origin"], header)


def test_verifier_agrees_on_the_delay() -> None:
    case = load("delay/chain")
    challenge = bytes.fromhex(case["challenge"])
    d = verifier.classgroup.discriminant(challenge)
    assert f"{-d:x}" == case["minus_d"]
    segments = [(bytes.fromhex(s["y"]), bytes.fromhex(s["proof"])) for s in case["segments"]]
    problems = verifier.classgroup.verify_delay(challenge, case["iterations"], segments)
    assert problems == ["", ""]
    refused = load("delay/refused")
    d = verifier.classgroup.discriminant(bytes.fromhex(refused["challenge"]))
    for data in refused["encodings"].values():
        with pytest.raises(verifier.classgroup.DelayError):
            verifier.classgroup.decode_form(bytes.fromhex(data), d)


COFACTORS = load("delay/cofactor")["rows"]


@pytest.mark.parametrize("row", COFACTORS, ids=lambda row: row["encoding"][:12])
def test_a_cofactor_one_step_beyond(row: dict[str, Any]) -> None:
    """What chiavdf writes is the one encoding for everybody, and the one with the first small cofactor is not (C21)."""
    challenge, d = bytes.fromhex(row["challenge"]), -int(row["minus_d"], 16)
    data, other = bytes.fromhex(row["encoding"]), bytes.fromhex(row["refused"])
    pair = int(row["a"], 16), int(row["b"], 16)
    ours, theirs = classgroup.decode(data, d), verifier.classgroup.decode_form(data, d)
    assert (ours.a, ours.b) == (theirs.a, theirs.b) == pair
    assert third_reading.enc(third_reading.Form(*pair, (pair[1] ** 2 - d) // (4 * pair[0]))) == data
    with pytest.raises(classgroup.FormError):
        classgroup.decode(other, d)
    with pytest.raises(verifier.classgroup.DelayError):
        verifier.classgroup.decode_form(other, d)
    x, y, proof = (bytes.fromhex(row["segment"][name]) for name in ("x", "y", "proof"))
    iterations = row["segment"]["iterations"]
    delay.verify_segment(challenge, x, delay.Segment(y, proof), iterations)
    start, end, shown = (verifier.classgroup.decode_form(part, d) for part in (x, y, proof))
    assert verifier.classgroup.verify_segment(d, start, end, shown, iterations)


DRAWS = sorted(path.stem for path in (VECTORS / "allocation").glob("draw*.json"))


@pytest.mark.parametrize("name", DRAWS)
def test_verifier_agrees_on_a_draw(name: str) -> None:
    case = load(f"allocation/{name}")
    caps = [{"attribute": attribute, "max": limit, "value": value} for attribute, value, limit in case["caps"]]
    together = [index for index, unit in enumerate(case["units"]) if len(unit) > 1]
    pins = [[unit, number, "court"] for unit, number in case["pins"]]
    sealed = {
        "attributes": case["attributes"], "caps": caps, "classes": case["classes"], "crossed": case["crossed"],
        "constraints": {"apart": case["apart"], "barred": [], "caps": caps, "pins": pins, "together": together},
        "draw": "d01",
        "units": [[{"attributes": student} for student in unit] for unit in case["units"]],
    }  # fmt: skip
    groups = verifier.grouping.compute(sealed, bytes.fromhex(case["grouping_seed"]), case["bundlings"])
    assert verifier.canonical.encode(groups).decode() == case["groups"]
    k, sizes, result = case["classes"], [len(unit) for unit in case["units"]], json.loads(case["result"])
    assert verifier.allocation.group_problems(groups, sizes, k, case["bundlings"]) == []
    outcome = verifier.allocation.permute(bytes.fromhex(case["draw_seed"]), groups, len(sizes), k)
    assert (outcome.bundling, list(outcome.classes)) == (result["bundling"], result["classes"])
    found = verifier.allocation.evidence(groups, k)
    assert [found.pairs, found.overlap, found.limit] == [case[x] for x in ("pairs", "overlap", "overlap_limit")]
    pinned, stated = verifier.pinned.effect(groups, k), case["pin_effects"]
    assert (pinned.pinned, pinned.affected) == (stated["pinned"], stated["affected"])
    largest = [[one.numerator, one.denominator] for one in (pinned.single, pinned.pair)]
    assert largest == [stated["class"], stated["pair"]]


def test_verifier_agrees_on_late_children() -> None:
    rows = load("allocation/late")["rows"]
    assert any(json.loads(row["result"])["forced"] for row in rows)
    for row in rows:
        groups, result = verifier.canonical.decode(row["groups"].encode()), json.loads(row["result"])
        assert groups == verifier.grouping.whole("d01", len(row["sizes"]), row["bundlings"], len(row["present"]))
        outcome = verifier.allocation.place_late(bytes.fromhex(row["draw_seed"]), groups, row["sizes"], row["present"])
        assert [outcome.bundling, list(outcome.classes), list(outcome.forced)] == [
            result[name] for name in ("bundling", "classes", "forced")
        ]


def test_verifier_agrees_on_bars() -> None:
    case = load("allocation/barred")
    groups = verifier.canonical.decode(case["groups"].encode())
    for key, text in zip(case["draw_seeds"], case["results"], strict=True):
        classes = list(verifier.allocation.permute(bytes.fromhex(key), groups, case["units"], case["units"]).classes)
        assert classes == json.loads(text)["classes"]
        assert not {(unit, number) for unit, number in groups["barred"]} & set(enumerate(classes))


def test_verifier_agrees_on_one_permutation() -> None:
    case = load("allocation/one-permutation")
    n, m, sizes = case["units"], case["bundlings"], case["sizes"]
    groups = verifier.grouping.whole("d01", n, m)
    assert verifier.canonical.encode(groups).decode() == case["groups"]
    assert verifier.allocation.group_problems(groups, sizes, n, m, "teachers") == []
    assert verifier.allocation.group_problems(groups, sizes, n, m) != []  # A15
    outcome, result = verifier.allocation.permute(bytes.fromhex(case["draw_seed"]), groups, n, n), json.loads(case["result"])
    assert (outcome.bundling, list(outcome.classes)) == (result["bundling"], result["classes"])
    assert sorted(outcome.classes) == list(range(1, n + 1))
    assert verifier.allocation.evidence(groups, n).pairs == case["pairs"]


def test_slip_code() -> None:
    case = load("record/slip")
    lines = [*case["code"], *case["second_code"]]
    for i, line in enumerate(lines):
        number = 0
        for character in line.replace("-", ""):
            number = number * 32 + verifier.canonical.CROCKFORD.index(character)
        part, check = number.to_bytes(10, "big")[:8], number.to_bytes(10, "big")[8:]
        assert verifier.canonical.tagged("slip-line", verifier.canonical.u64(i), part)[:2] == check
    assert verifier.canonical.decode(case["slip"].encode())["session"] == "s1"


def test_checks_are_the_catalogue() -> None:
    assert [check._asdict() for check in verifier.catalogue.CATALOGUE] == json.loads(
        (ROOT / "spec" / "checks.json").read_text()
    )


REFUSED = {
    "duplicate key": b'{"a":1,"a":2}',
    "space": b'{"a": 1}',
    "unsorted": b'{"b":1,"a":2}',
    "byte order mark": b'\xef\xbb\xbf{"a":1}',
    "after": b'{"a":1}\n',
    "plus": b'{"a":+5}',
    "leading zero": b'{"a":05}',
    "float": b'{"a":1.0}',
    "exponent": b'{"a":1e3}',
    "null": b'{"a":null}',
    "nan": b'{"a":NaN}',
    "too large": b'{"a":9007199254740992}',
    "lone surrogate": b'{"a":"\\ud800"}',
    "escaped letter": b'{"a":"\\u0041"}',
    "control": b'{"a":"\\n"}',
    "delete": b'{"a":"\x7f"}',
    "not NFC": '{"a":"e\u0301"}'.encode(),
    "key not ASCII": '{"é":1}'.encode(),
    "empty key": b'{"":1}',
    "not UTF-8": b'{"a":"\xff"}',
    "unassigned": '{"a":"\u0378"}'.encode(),
    "assigned since 12.1": '{"a":"\U0001f6d7"}'.encode(),
    "noncharacter": '{"a":"\uffff"}'.encode(),
    "too deep": b"[" * 17 + b"]" * 17,
    "much too deep": b"[" * 100_000,
    "empty": b"",
}


@pytest.mark.parametrize("name", REFUSED)
def test_not_canonical(name: str) -> None:
    with pytest.raises(EncodingError):
        decode(REFUSED[name])
    with pytest.raises(verifier.canonical.EncodingError):
        verifier.canonical.decode(REFUSED[name])


def test_what_is_canonical_round_trips() -> None:
    for data in (b"[" * 16 + b"]" * 16, b'{"a":-9007199254740991,"b":[],"c":{},"d":"\\"\\\\"}', '"阳光"'.encode()):
        assert encode(decode(data)) == data
        assert verifier.canonical.encode(verifier.canonical.decode(data)) == data


def test_specification_is_cited_and_complete() -> None:
    """Every rule a check cites stands in the specification, and the state table is the code's."""
    from verifiable_draw.ceremony import specification_section  # noqa: PLC0415

    text = "\n".join(path.read_text() for path in sorted((ROOT / "spec").glob("*.md")))
    for row in json.loads((ROOT / "spec" / "checks.json").read_text()):
        assert f"**{row['section']}**" in text, row
    assert specification_section() in (ROOT / "spec" / "ceremony.md").read_text()


def test_every_rule_cited_in_code_exists() -> None:
    import re  # noqa: PLC0415

    text = "\n".join(path.read_text() for path in sorted((ROOT / "spec").glob("*.md")))
    rules = set(re.findall(r"\*\*([ELCARTV]\d+)\*\*", text))
    for folder in ("ledger", "verifiable_draw", "verifier"):
        for path in (ROOT / folder).rglob("*.py"):
            for rule in re.findall(r"\(([ELCAR]\d{1,2})(?:[-, ][^)]*)?\)", path.read_text()):
                assert rule in rules, f"{path.relative_to(ROOT)} cites {rule}"


@pytest.mark.parametrize("text", ["\U00030000", "\U0003347f", "\ue000", "\x80", "龘"])
def test_accepted_by_both(text: str) -> None:
    data = encode({"a": text})
    assert decode(data) == verifier.canonical.decode(data) == {"a": text}


LATER_IDEOGRAPHS = ((0x2A6D7, 0x2A6DF), (0x2B735, 0x2B73F), (0x2EBF0, 0x2EE5F), (0x30000, 0x3347F))


def codepoints(ranges: Iterable[Iterable[int]]) -> set[int]:
    return {c for first, last in ranges for c in range(first, last + 1)}


def test_the_three_tables_of_characters_are_one() -> None:
    table = json.loads((VECTORS / "encoding" / "characters.json").read_text())
    assert [list(pair) for pair in characters.RANGES] == table
    assert [c for c in range(0x110000) if verifier.characters.is_allowed(chr(c))] == sorted(codepoints(table))


def test_characters_do_not_depend_on_this_pythons_tables() -> None:
    """What was assigned stays assigned; what E3 adds takes no part in normalisation."""
    for c in codepoints(characters.RANGES) - codepoints(LATER_IDEOGRAPHS):
        assert unicodedata.category(chr(c)) not in ("Cn", "Cs")
    for c in codepoints(LATER_IDEOGRAPHS):
        assert not unicodedata.decomposition(chr(c))
        assert unicodedata.category(chr(c)) in ("Lo", "Cn")


def tables_of(python: str) -> tuple[str, set[int]]:
    """A Python's Unicode version and the characters it knows, ("", {}) if it does not run."""
    program = (
        "import unicodedata as u\n"
        "print(u.unidata_version, *(c for c in range(0x110000) if u.category(chr(c)) not in ('Cn', 'Cs')))"
    )
    found = subprocess.run([python, "-c", program], capture_output=True, check=False).stdout.split()
    return (found[0].decode(), set(map(int, found[1:]))) if found else ("", set())


def test_characters_are_those_of_unicode_12_1() -> None:
    """Against a Python with just that version, of those that the machine has (this one's own tables are newer)."""
    pythons = [shutil.which("python3.8"), *map(str, (Path.home() / ".pyenv" / "versions").glob("3.8.*/bin/python"))]
    known = dict(tables_of(python) for python in filter(None, pythons))
    allowed = codepoints(characters.RANGES) - codepoints(LATER_IDEOGRAPHS)
    for version in {"12.1.0"} & set(known):
        assert allowed == known[version] - {*range(0x20), 0x7F} - codepoints(LATER_IDEOGRAPHS)
