"""Reading the cases and making their records (K3-K5)."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

OPTIONS = {"trust": False, "since": False, "ledger": False, "record": True, "slip": False, "sealed": True}  # an array?
KEYS = {"arguments", "base", "exit", "failing", "passing", "remove", "says"}
NAME = re.compile("[a-z0-9][a-z0-9-]{0,63}")
VERDICTS = ("proven", "inconsistent", "undecided", "not-proven")  # by exit code (V5)
CANNOT_CONVICT = ("evidence", "slip")  # categories (V2)


class CaseError(ValueError):
    """A kit that cannot be used: a folder, a file or a value is not as K3-K5 say."""


@dataclass(frozen=True)
class Check:
    """What the kit needs of a row of checks.json."""

    id: str
    convicts: bool


@dataclass(frozen=True)
class Case:
    """One case.json."""

    name: str
    arguments: Mapping[str, str | tuple[str, ...]]
    base: str
    exit: int
    failing: tuple[str, ...]
    passing: tuple[str, ...]
    remove: tuple[str, ...]
    says: str


@dataclass(frozen=True)
class Kit:
    """The folder `spec`: its catalogue and its cases by name."""

    folder: Path
    checks: tuple[Check, ...]
    cases: Mapping[str, Case]


# --- reading ------------------------------------------------------------------------------------------------------


def read_kit(spec: Path) -> Kit:
    """The catalogue and all cases below a folder `spec`."""
    rows = _json(spec / "checks.json")
    checks = tuple(Check(row["id"], row["category"] not in CANNOT_CONVICT) for row in rows)
    folder = spec / "cases"
    if not folder.is_dir():
        raise CaseError(f"{folder} is no folder")
    names = sorted(path.name for path in folder.iterdir() if path.name != "bases")
    cases = {name: _read_case(folder / name, checks) for name in names}
    kit = Kit(folder, checks, cases)
    for case in cases.values():
        _refer(kit, case)
    _nothing_else(kit)
    return kit


def _json(path: Path) -> Any:  # noqa: ANN401 - of any type until it was looked at
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise CaseError(f"{path} is missing") from None
    except ValueError as error:
        raise CaseError(f"{path}: {error}") from None


def _read_case(folder: Path, checks: Sequence[Check]) -> Case:
    path = folder / "case.json"
    _require(bool(NAME.fullmatch(folder.name)) and folder.is_dir(), f"{folder} is no folder of a case")
    value = _json(path)
    _require(isinstance(value, dict) and set(value) == KEYS, f"{path}: the keys are not {', '.join(sorted(KEYS))}")
    for name, kind in (("base", str), ("exit", int), ("says", str), ("arguments", dict)):
        _require(type(value[name]) is kind, f"{path}: {name} is of another type")
    for name in ("failing", "passing", "remove"):
        good = isinstance(value[name], list) and all(isinstance(one, str) for one in value[name])
        _require(good, f"{path}: {name} is not an array of strings")
    arguments = {name: _argument(path, name, given) for name, given in value["arguments"].items()}
    lists = {name: tuple(value[name]) for name in ("failing", "passing", "remove")}
    case = Case(folder.name, arguments, value["base"], value["exit"], says=value["says"], **lists)
    _require(bool(case.says), f"{path}: says nothing")
    _fits_catalogue(path, case, checks)
    return case


def _argument(path: Path, name: str, given: Any) -> str | tuple[str, ...]:  # noqa: ANN401 - as above
    _require(name in OPTIONS, f"{path}: --{name} is no option")
    if not OPTIONS[name]:
        _require(isinstance(given, str), f"{path}: {name} is not a path")
        return str(given)
    good = isinstance(given, list) and bool(given) and all(isinstance(one, str) for one in given)
    _require(good, f"{path}: {name} is not an array of paths")
    return tuple(given)


def _fits_catalogue(path: Path, case: Case, checks: Sequence[Check]) -> None:
    """The ids are the catalogue's, in its order, and the exit code is that of V3."""
    order = [check.id for check in checks]
    for name, ids in (("failing", case.failing), ("passing", case.passing)):
        ascending = [one for one in order if one in ids] == list(ids)
        _require(ascending, f"{path}: {name} are not ids of the catalogue in its order")
    _require(not set(case.failing) & set(case.passing), f"{path}: a check is to fail and to pass")
    convicts = any(check.convicts and check.id in case.failing for check in checks)
    fits = {0: not case.failing, 1: convicts, 2: not case.failing and not case.passing, 3: not convicts}
    _require(fits.get(case.exit, False), f"{path}: failing and the exit code do not fit (V3)")


def _refer(kit: Kit, case: Case) -> None:
    """Everything a case names is there."""
    path = kit.folder / case.name
    if case.base:
        base = _base_file(kit, case.base)
        missing = set(case.remove) - set(_unzip(base))
        _require(not missing, f"{path}: removes what {case.base} does not have: {', '.join(sorted(missing))}")
        _require(not (path / "record.zip").exists(), f"{path}: has a base and a record.zip")
    else:
        _require((path / "record.zip").is_file(), f"{path}: neither a base nor a record.zip")
        _require(not case.remove and not (path / "files").exists(), f"{path}: changes a record.zip")
    for given in arguments_of(case):
        if given.endswith("/"):
            _require(given[:-1] in kit.cases, f"{path}: {given} is no case")
        else:
            _require(_inside(kit, given).is_file(), f"{path}: {given} is missing")


def _nothing_else(kit: Kit) -> None:
    """No file in the kit that no case uses: it would be a mistake of whoever wrote the case."""
    used = {given for case in kit.cases.values() for given in arguments_of(case)}
    for case in kit.cases.values():
        used |= {f"{case.name}/case.json", f"{case.name}/record.zip", f"bases/{case.base}.zip"}
    for path in sorted(kit.folder.rglob("*")):
        name = path.relative_to(kit.folder).as_posix()
        overlay = name.split("/")[1:2] == ["files"]
        _require(path.is_dir() or overlay or name in used, f"{path} is used by no case")


def arguments_of(case: Case) -> Iterator[str]:
    """Every path that a case's options name."""
    for given in case.arguments.values():
        yield from (given,) if isinstance(given, str) else given


def _require(kept: bool, problem: str) -> None:  # noqa: FBT001 - the two always stand together
    if not kept:
        raise CaseError(problem)


# --- making -------------------------------------------------------------------------------------------------------


def record_of(kit: Kit, case_name: str, folder: Path) -> Path:
    """The record of a case: written below `folder` as a folder, or the case's own zip (K3)."""
    case = kit.cases[case_name]
    own = kit.folder / case_name
    if not case.base:
        return own / "record.zip"
    target = folder / case_name
    if target.exists():
        return target
    files = _unzip(_base_file(kit, case.base))
    for name in case.remove:
        del files[name]
    overlay = own / "files"
    for path in sorted(overlay.rglob("*")):
        if path.is_file():
            files[path.relative_to(overlay).as_posix()] = path.read_bytes()
    for name, data in files.items():
        path = target.joinpath(*PurePosixPath(name).parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return target


def command_line(kit: Kit, name: str, folder: Path) -> list[str]:
    """The arguments of a case, --json included; the records they name are made below `folder` (K1, K4)."""
    line = [str(record_of(kit, name, folder)), "--json"]
    for option, given in kit.cases[name].arguments.items():
        line.append(f"--{option}")
        for one in (given,) if isinstance(given, str) else given:
            path = record_of(kit, one[:-1], folder) if one.endswith("/") else _inside(kit, one)
            line.append(str(path))
    return line


def _base_file(kit: Kit, base: str) -> Path:
    path = kit.folder / "bases" / f"{base}.zip"
    _require(bool(NAME.fullmatch(base)) and path.is_file(), f"{path} is missing")
    return path


def _unzip(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            files = {info.filename: archive.read(info) for info in archive.infolist()}
    except (OSError, zipfile.BadZipFile) as error:
        raise CaseError(f"{path}: {error}") from None
    for name in files:
        _require(_is_safe(name), f"{path}: holds {name}")
    return files


def _inside(kit: Kit, given: str) -> Path:
    _require(_is_safe(given), f"{given} leads out of the kit")
    return kit.folder.joinpath(*PurePosixPath(given).parts)


def _is_safe(name: str) -> bool:
    parts = name.split("/")
    return not {"", ".", ".."} & set(parts) and "\\" not in name and ":" not in name
