"""The command line, its exit codes, and that the package stands alone."""

from __future__ import annotations

import ast
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest
from verifier import canonical, catalogue, cli, engine, report, text, words

from running import honest
from test_record import zipped

PACKAGE = pathlib.Path(cli.__file__).resolve().parent
ROOT = PACKAGE.parent
MODULES = sorted(PACKAGE.glob("*.py"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("record")
    for path, data in honest().files.items():
        full = root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_bytes(data)
    return root


def run(*arguments, options=("-S", "-E", "-s")):
    command = [sys.executable, *options, "-m", "verifier", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=60)


def test_folder_and_zip_give_the_same_verdict(folder, tmp_path):
    path = tmp_path / "record.zip"
    path.write_bytes(zipped(honest().files))
    first, second = run(folder, "--json"), run(path, "--json")
    assert first.returncode == second.returncode == 3, first.stdout.decode()
    assert first.stdout == second.stdout
    value = json.loads(first.stdout)
    assert value["verdict"] == "not-proven"
    assert value["reasons"] == ["V51", "V57", "V58"]
    assert set(value) == {
        "attempts",
        "checks",
        "covered",
        "draws",
        "exit",
        "reasons",
        "register",
        "rehearsal",
        "session",
        "slip",
        "verdict",
    }
    assert value["register"] == []
    assert value["slip"] == {}
    assert [one["school"] for one in value["attempts"]] == ["1234567890", "1234567891"]
    assert [one["id"] for one in value["checks"]] == [check.id for check in catalogue.CATALOGUE]
    assert {tuple(sorted(one)) for one in value["checks"]} == {("detail", "failed", "id", "items", "outcome")}
    assert value["covered"][1]["client"] == "own-program"
    assert set(value["draws"][0]) == {"always", "draw", "overlap", "overlap_limit", "pairs", "pins"}


def test_trust_ledger_and_sealed_files(folder, tmp_path):
    built = honest()
    (tmp_path / "trust.json").write_bytes(canonical.encode(built.trust()))
    (tmp_path / "ledger.jsonl").write_bytes(built.files["ledger/entries.jsonl"])
    sealed = []
    for name, data in built.sealed.items():
        sealed.append(tmp_path / (name + ".json"))
        sealed[-1].write_bytes(data)
    arguments = ("--trust", tmp_path / "trust.json", "--ledger", tmp_path / "ledger.jsonl", "--sealed", *sealed)
    found = json.loads(run(folder, "--json", *arguments).stdout)
    assert found["reasons"] == ["V51"]
    assert not [one for one in found["checks"] if one["outcome"] in (engine.FAIL, engine.CANNOT) and one["id"] != "V51"]


def test_page_in_both_languages(folder):
    for language, word in (("zh", "被覆盖的观察员"), ("en", "Covered observers")):
        page = run(folder, "--lang", language).stdout.decode()
        assert page.splitlines()[0] == words.HEADLINES[3][0]
        assert page.splitlines()[1] == words.HEADLINES[3][1]
        assert word in page
        assert report.program()[1] in page
        assert "o2" in page


@pytest.mark.parametrize("arguments", [("/nowhere",), (".",), ("README",), ()])
def test_what_cannot_be_read_is_exit_code_2(arguments):
    assert run(*arguments).returncode == 2


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[1]", b'{"version":"verifiable-draw/v2"}', b"[" * 100000])
def test_unusable_record_file_and_trust(folder, tmp_path, data):
    (tmp_path / "RECORD.json").write_bytes(data)
    assert cli.verify(str(tmp_path)).exit == 2
    assert cli.verify(str(folder), trust=str(tmp_path / "RECORD.json")).exit == 2
    assert cli.verify(str(folder), ledger=str(tmp_path / "none")).exit == 2
    assert cli.verify(str(folder), sealed=[str(tmp_path / "none")]).exit == 2
    value = json.loads(report.as_json(cli.verify(str(tmp_path))))
    assert (value["verdict"], value["exit"], value["checks"]) == ("undecided", 2, [])


def test_internal_error_is_never_a_pass(folder, monkeypatch):
    def broken(context, tally):
        tally.ok(True, "")
        raise KeyError("surprise")

    monkeypatch.setitem(engine.REGISTRY, "V10", broken)
    found = cli.verify(str(folder))
    assert found.exit == 2
    assert next(one for one in found.outcomes if one.check.id == "V10").outcome == engine.CANNOT
    assert "surprise" in text.as_text(found, "zh")


def test_check_without_items_is_not_a_pass(folder, monkeypatch):
    monkeypatch.setitem(engine.REGISTRY, "V10", lambda context, tally: None)
    found = cli.verify(str(folder))
    assert next(one for one in found.outcomes if one.check.id == "V10").outcome == engine.CANNOT


def test_catalogue_is_the_specifications():
    path = ROOT / "spec" / "checks.json"
    if not path.exists():
        pytest.skip("spec/checks.json is not there")
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert [check._asdict() for check in catalogue.CATALOGUE] == rows


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_every_module_is_python_3_8_and_standard_library(path):
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    # Asked if they are there, never needed.
    optional = {"ed25519.py": {"nacl"}, "beacon.py": {"py_arkworks_bls12381"}}
    allowed = sys.stdlib_module_names | {"verifier"} | optional.get(path.name, set())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert all(alias.name.split(".")[0] in allowed for alias in node.names)
        if isinstance(node, ast.ImportFrom) and not node.level:
            assert node.module.split(".")[0] in allowed
        if isinstance(node, (ast.Div,)):
            pytest.fail("a division that makes fractions")
    assert max(map(len, source.splitlines()), default=0) <= 120


def test_runs_from_a_zip_file(folder, tmp_path):
    path = tmp_path / "verify.pyz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__main__.py", (PACKAGE / "__main__.py").read_bytes())
        for module in MODULES:
            archive.write(module, "verifier/" + module.name)
        for data in ("checks.json", "characters.json"):
            archive.write(PACKAGE / data, "verifier/" + data)
    command = [sys.executable, "-S", "-E", "-s", str(path), str(folder)]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert found.returncode == 3, found.stderr
    assert "文件的 SHA-256: %s" % hashlib.sha256(path.read_bytes()).hexdigest() in found.stdout.decode()


def interpreters() -> list[str]:
    """This Python, and every other from 3.8 on that the machine has."""
    names = [shutil.which("python3.%d" % minor) for minor in range(8, 15)]
    names += sorted(map(str, (pathlib.Path.home() / ".pyenv" / "versions").glob("3.*/bin/python")))
    old_enough = "import sys; sys.exit(sys.version_info < (3, 8))"
    able = [
        name
        for name in filter(None, names)
        if not subprocess.run([name, "-c", old_enough], capture_output=True, check=False).returncode
    ]
    return [sys.executable, *able]


@pytest.mark.parametrize("python", interpreters())
def test_every_python_gives_the_same_verdict(folder, python):
    command = [python, "-S", "-E", "-s", "-m", "verifier", str(folder), "--json"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert found.stdout == run(folder, "--json").stdout
