"""Every byte of spec/cases, and what is generated from spec/checks.json (`make vectors`).

A case is written as what differs from the base that is nearest to it (K3).
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conformance import (
    cases_beside,
    cases_drand,
    cases_files,
    cases_kinds,
    cases_ledger,
    cases_options,
    cases_proven,
    cases_result,
    cases_year,
)
from tests.conformance.session import CASES, Files, paths
from tests.conformance.table import CATALOGUE, ORDER, Case, Made, exit_code, honest, make, passing
from tests.simulator import ROOT
from verifiable_draw.files import stored_zip

INTRODUCTION = (
    "Generated from `checks.json` and `cases/` by `make vectors`; what the words mean is said in "
    "[verification](verification.md), and how the cases are run in [conformance](conformance.md)."
)
TABLES = (
    cases_files,
    cases_ledger,
    cases_year,
    cases_result,
    cases_beside,
    cases_kinds,
    cases_options,
    cases_drand,
    cases_proven,
)
TABLE: dict[str, Case] = {name: case for table in TABLES for name, case in table.CASES.items()}
SUFFIX = {"ledger": "jsonl"}  # of argument files; others are JSON


@functools.cache
def bases() -> dict[str, Made]:
    """The whole records that cases differ from: of most of them only a few files are changed."""
    names = ("honest", "frozen", "long-life", "year", "other-session", "kinds", "options", "drand", "proven")
    found = {name: make(TABLE[name]) for name in names}
    return {{"honest": "result"}.get(name, name): made for name, made in found.items()}


def base_files() -> Files:
    """K5."""
    out = {}
    for name, made in bases().items():
        out[f"bases/{name}.zip"] = stored_zip(made.files)
        if made.trust is not None:
            out[f"bases/{name}.trust.json"] = made.trust
    for draw, data in honest().sealed.items():
        out[f"bases/result.{draw}.sealed.json"] = data
    return out


def build_all() -> Files:
    """Every file of spec/cases by its path."""
    if set(TABLE) != {name for table in TABLES for name in table.CASES} or len(TABLE) != sum(
        len(t.CASES) for t in TABLES
    ):
        raise AssertionError("two cases have one name")
    out = base_files()
    shared = {data: path for path, data in out.items() if path.endswith(".json")}
    for name in TABLE:
        out |= _case_files(name, shared)
    return out


def _case_files(name: str, shared: Mapping[bytes, str]) -> Files:
    case = TABLE[name]
    made = make(case)
    out, value = _overlay(name, case, made)
    arguments: dict[str, Any] = {}
    given = dict(made.arguments)
    if made.trust is not None:
        given["trust"] = made.trust
    for option, argument in sorted(given.items()):
        several = isinstance(argument, list)
        named = []
        for number, one in enumerate(argument if isinstance(argument, list) else [argument]):
            if isinstance(one, bytes):
                place = f"{option}-{number + 1}" if several else option
                path = shared.get(one, f"{name}/{place}.{SUFFIX.get(option, 'json')}")
                if one not in shared:
                    out[path] = one
                named.append(path)
            else:
                named.append(one)
        arguments[option] = named if several else named[0]
    value |= {
        "arguments": arguments,
        "exit": exit_code(case),
        "failing": sorted(case.failing.split(), key=ORDER.index),
        "passing": passing(case, made),
        "says": case.says,
    }
    out[f"{name}/case.json"] = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
    return out


def _overlay(name: str, case: Case, made: Made) -> tuple[Files, dict[str, Any]]:
    """The files of a case that no base has, and its base and `remove`."""
    if case.zipped is not None:
        return {f"{name}/record.zip": case.zipped(made.files)}, {"base": "", "remove": []}

    def differing(base: str) -> Files:
        held = bases()[base].files
        return {path: data for path, data in made.files.items() if held.get(path) != data}

    def removed(base: str) -> list[str]:
        return sorted(set(bases()[base].files) - set(made.files))

    base = min(bases(), key=lambda one: (sum(map(len, differing(one).values())), len(removed(one))))
    return {f"{name}/files/{path}": data for path, data in differing(base).items()}, {
        "base": base,
        "remove": removed(base),
    }


# --- from the catalogue -------------------------------------------------------------------------------------------


def catalogue_rows() -> list[str]:
    """The rows of checks.json as they stand."""
    lines = (ROOT / "spec" / "checks.json").read_text().splitlines()
    return [line.strip().rstrip(",") for line in lines if line.strip().startswith("{")]


def generated(cases: Mapping[str, Mapping[str, Any]]) -> Files:
    """Files outside spec/cases, by path in the repository; `cases` are the values of case.json by name."""
    script = ['// Generated from spec/checks.json by "make vectors".', "export const CATALOGUE = ["]
    script += [f"  {row}," for row in catalogue_rows()] + ["];"]
    return {
        "spec/catalogue.md": catalogue_page(cases).encode(),
        "verifier/checks.json": (ROOT / "spec" / "checks.json").read_bytes(),
        "verifier/web/src/catalogue.js": "".join(line + "\n" for line in script).encode(),
    }


@functools.cache
def _pages() -> dict[str, str]:
    """The page of the specification on which a rule stands."""
    found = {}
    for path in sorted((ROOT / "spec").glob("*.md")):
        for row in CATALOGUE:
            if f"**{row['section']}**" in path.read_text():
                found.setdefault(row["section"], path.name)
    return found


def catalogue_page(cases: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [
        "# Catalogue of checks",
        "",
        INTRODUCTION,
    ]
    for category in dict.fromkeys(row["category"] for row in CATALOGUE):
        lines += [
            "",
            f"## {category.capitalize()}",
            "",
            "| id | section | phase | option | 检查 | check |",
            "|---|---|---|---|---|---|",
        ]
        for row in CATALOGUE:
            if row["category"] == category:
                section = f"[{row['section']}]({_pages()[row['section']]})"
                option = f"`--{row['option']}`" if row["option"] else ""
                lines.append(f"| {row['id']} | {section} | {row['phase']} | {option} | {row['zh']} | {row['en']} |")
    lines += [
        "",
        "## Cases",
        "",
        "| check | cases in which it fails alone | cases in which it fails with others | cases in which it must pass |",
        "|---|---|---|---|",
    ]
    for row in CATALOGUE:
        name = row["id"]
        alone = [f"`{one}`" for one, case in cases.items() if case["failing"] == [name]]
        beside = sum(name in case["failing"] and len(case["failing"]) > 1 for case in cases.values())
        passes = sum(name in case["passing"] for case in cases.values())
        lines.append(f"| {name} | {', '.join(alone)} | {beside} | {passes} |")
    return "".join(line + "\n" for line in lines)


def case_values(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    return {path.split("/")[0]: json.loads(data) for path, data in sorted(files.items()) if path.endswith("/case.json")}


# --- writing ------------------------------------------------------------------------------------------------------


def write() -> None:
    """Everything, the kit only when all of it was made."""
    files = build_all()
    for path in paths(CASES) if CASES.exists() else ():
        if path not in files:
            (CASES / path).unlink()
    for path, data in files.items():
        _write(CASES / path, data)
    for folder in sorted(CASES.rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    for path, data in generated(case_values(files)).items():
        _write(ROOT / path, data)
    sys.stdout.write(f"{len(TABLE)} cases, {sum(map(len, files.values()))} bytes\n")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_bytes() != data:
        path.write_bytes(data)


if __name__ == "__main__":
    write()
