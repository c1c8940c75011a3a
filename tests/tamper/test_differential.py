"""Three verifiers, one judgement: Python in plain integers, Python with libsodium, JavaScript.

Every mutant is judged by all three. With and without libsodium all of a report must be equal; between Python and
JavaScript all that V1 and V5 determine.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
from typing import Any, Dict, Iterator, List, Tuple

import pytest
from verifier import ed25519, report
from verifier.catalogue import BY_ID

from tests.tamper import ROOT, small, test_hostile
from tests.tamper.judge import beside, judge, remembering
from tests.tamper.mutants import Mutant, mutant

pytestmark = pytest.mark.no_cover
SCRIPT = ROOT / "verifier" / "web" / "node.mjs"
EVERYDAY = 150
CHUNKS, PER_CHUNK = 16, 200  # 3,200 mutants under CI, others than the everyday ones
OPTIONS = {"others": "records"}  # as they are called in a line of --batch


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found and SCRIPT.exists():
        return found
    if os.environ.get("CI") == "true":
        pytest.fail("node and verifier/web/node.mjs are needed")
    pytest.skip("node or verifier/web/node.mjs is not here")


def determined(text: str) -> Dict[str, Any]:
    """What V5 determines: all but the words, and of numbers of items only what outcomes say of them already."""
    value: Dict[str, Any] = json.loads(text)
    rows = value.pop("checks")
    for row in rows:
        passed, failed = (row["outcome"] == outcome for outcome in ("PASS", "FAIL"))
        assert failed == (row["failed"] > 0), row
        assert row["items"] > 0 or not (passed or failed), row
    return {**value, "checks": {row["id"]: row["outcome"] for row in rows}}


def by_python(mutants: List[Mutant], *, fast: bool) -> Iterator[Dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch, remembering():
        if not fast:
            patch.setattr(ed25519, "libsodium", None)
        for one in mutants:
            found = judge(one.given, **one.beside)
            assert "internal error" not in found.problem, (one.name, found.problem)
            yield determined(report.as_json(found))


# --- JavaScript ---------------------------------------------------------------------------------------------------


def write(given: Any, path: pathlib.Path) -> str:
    """A file or a folder of files on the disc."""
    if isinstance(given, bytes):
        path.write_bytes(given)
    else:
        for name, data in given.items():
            target = path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    return str(path)


def request(one: Mutant, folder: pathlib.Path) -> Dict[str, Any]:
    folder.mkdir()
    out: Dict[str, Any] = {"record": write(one.given, folder / "record")}
    for name, value in one.beside.items():
        rows = [
            write(row, folder / f"{name}{i}") for i, row in enumerate(value if isinstance(value, list) else [value])
        ]
        out[OPTIONS.get(name, name)] = rows if isinstance(value, list) else rows[0]
    return out


def by_javascript(node: str, mutants: List[Mutant], folder: pathlib.Path) -> List[Dict[str, Any]]:
    lines = [json.dumps(request(one, folder / str(i))) for i, one in enumerate(mutants)]
    done = subprocess.run(
        [node, str(SCRIPT), "--batch"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    answers = done.stdout.splitlines()
    assert len(answers) == len(mutants), (done.returncode, done.stderr[-2000:])
    return [determined(line) for line in answers]


# --- the comparison -----------------------------------------------------------------------------------------------


def convicts(name: str, outcome: str) -> bool:
    return outcome in ("FAIL", "CANNOT-CHECK") and BY_ID[name].convicts


def differences(one: Dict[str, Any], two: Dict[str, Any]) -> List[str]:
    """In words, where two reports differ in what V1 and V5 determine."""
    pairs = [
        (name, one["checks"].get(name, ""), two["checks"].get(name, "")) for name in {**one["checks"], **two["checks"]}
    ]
    if not any(convicts(name, outcome) for name, a, b in pairs for outcome in (a, b)):
        return everything(one, two)
    # Behind a first failure what could still be checked may differ; PASS and FAIL may not.
    odd = [f"{name}: {a} | {b}" for name, a, b in pairs if {a, b} == {"PASS", "FAIL"} or "" in (a, b)]
    return odd + [f"{name}: {one[name]} | {two[name]}" for name in ("exit", "verdict") if one[name] != two[name]]


def everything(one: Dict[str, Any], two: Dict[str, Any]) -> List[str]:
    """Every difference, in words."""
    out = [f"{name}: {one[name]} | {two[name]}" for name in one if name != "checks" and one[name] != two[name]]
    ids = sorted({*one["checks"], *two["checks"]})
    pairs = [(name, one["checks"].get(name), two["checks"].get(name)) for name in ids]
    return out + [f"{name}: {a} | {b}" for name, a, b in pairs if a != b]


def disagreements(node: str, mutants: List[Mutant], folder: pathlib.Path) -> List[Tuple[str, str, List[str]]]:
    plain = list(by_python(mutants, fast=False))
    others = {"libsodium": list(by_python(mutants, fast=True)), "javascript": by_javascript(node, mutants, folder)}
    compared = {"libsodium": everything, "javascript": differences}
    return [
        (which, mutants[i].name, found)
        for which, reports in others.items()
        for i in range(len(mutants))
        if (found := compared[which](plain[i], reports[i]))
    ]


def compare(node: str, mutants: List[Mutant], folder: pathlib.Path) -> None:
    found = disagreements(node, mutants, folder)
    for which, name, rows in found:
        print(which, name, *rows, sep="\n    ")
    assert not found, f"{len(found)} of {len(mutants)}"


ODD = {
    "constructor": {"女": "__proto__", "男": "constructor", "no": "toString", "yes": "hasOwnProperty"},
    "prototype": {"女": "", "男": " ", "no": "0", "yes": "1"},
    "tostring": {"女": "\U0001f600", "男": "\uffe5", "no": "é", "yes": "\ue000"},
}


def test_odd_names(node: str, tmp_path: pathlib.Path) -> None:
    """Names that are something else in a programming language: the record is as good as any other."""
    mutants = []
    for name, texts in ODD.items():
        built = small.Small(session=name, draw=name, texts=texts)
        built.build()
        mutants.append(Mutant(name, built.files, {**beside(built), "ledger": built.files["ledger/entries.jsonl"]}))
    plain = list(by_python(mutants, fast=False))
    assert [(one["exit"], one["reasons"], one["slip"]["draw"]) for one in plain] == [(3, ["V51"], name) for name in ODD]
    assert by_javascript(node, mutants, tmp_path) == plain


def hostile() -> Iterator[Mutant]:
    """What test_hostile.py expects things of, for both."""
    built, given = test_hostile.built(), beside(test_hostile.built())
    for name, (make, _, _) in test_hostile.ZIPS.items():
        yield Mutant(f"zip: {name}", make(), given)
    for name, (more, _, _) in test_hostile.ARGUMENTS.items():
        yield Mutant(f"argument: {name}", built.files, {**given, **{option: one() for option, one in more.items()}})
    for name, text in {**test_hostile.TEXTS, **test_hostile.GOOD_TEXTS}.items():
        data = built.files["header.json"].replace("分班".encode(), text.encode())
        yield Mutant(f"text: {name}", test_hostile.repaired(**{"header.json": data}), given)
    for name, change in test_hostile.BY_TEXT.items():
        for path in ("header.json", "draws/d01/groups.json"):
            yield Mutant(f"{path}: {name}", test_hostile.repaired(**{path: change(built.files[path])}), given)
        record = dict(built.files, **{"RECORD.json": change(built.files["RECORD.json"])})
        yield Mutant(f"RECORD.json: {name}", record, given)
        for option in ("trust", "slip"):
            yield Mutant(f"{option}: {name}", built.files, {**given, option: change(given[option])})
        yield Mutant(f"sealed: {name}", built.files, {**given, "sealed": [change(given["sealed"][0])]})


@pytest.mark.slow
def test_hostile_input(node: str, tmp_path: pathlib.Path) -> None:
    compare(node, list(hostile()), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", test_hostile.WORST)
def test_bounded(node: str, name: str, tmp_path: pathlib.Path) -> None:
    """What Python judges in bounded memory and time (test_hostile.py), JavaScript does too (V6)."""
    path = write(small.as_zip(test_hostile.WORST[name]()), tmp_path / "record.zip")
    limit = f"--max-old-space-size={test_hostile.MEMORY >> 20}"
    command = [node, limit, str(SCRIPT), path, "--json"]
    done = subprocess.run(command, capture_output=True, timeout=test_hostile.SECONDS, check=False)
    assert (done.returncode, json.loads(done.stdout)["exit"]) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("place", test_hostile.PLACES)
@pytest.mark.parametrize("option", test_hostile.OPTIONS)
def test_no_files(node: str, option: str, place: str, tmp_path: pathlib.Path) -> None:
    path = write(small.as_zip(test_hostile.built().files), tmp_path / "record.zip")
    command = [node, str(SCRIPT), *([path, option, place] if option else [place]), "--json"]
    done = subprocess.run(command, capture_output=True, timeout=test_hostile.SECONDS, check=False)
    assert done.returncode in test_hostile.PLACES[place]


def test_some(node: str, tmp_path: pathlib.Path) -> None:
    compare(node, [mutant(number) for number in range(EVERYDAY)], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_many(node: str, chunk: int, tmp_path: pathlib.Path) -> None:
    start = EVERYDAY + chunk * PER_CHUNK
    compare(node, [mutant(number) for number in range(start, start + PER_CHUNK)], tmp_path)
