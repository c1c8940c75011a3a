"""Running a verifier on a case and comparing what it says (K1, K2, K7)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from conformance.cases import VERDICTS, Case, Kit, command_line

SECONDS = 60.0  # for one case (K1)
LARGEST = 16 << 20  # bytes of standard output
SHOWN = 300  # characters of what a verifier complained
PAIRINGS = "V41"  # the check that needs BLS12-381, which is not asked of everybody (K7)
OUTCOMES = ("PASS", "FAIL", "CANNOT-CHECK", "NOT-APPLICABLE")


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    output: bytes
    errors: str
    problem: str = ""  # why it was ended, "" if it ended by itself


@dataclass(frozen=True)
class Result:
    """What came of one case; it agrees if there is no problem."""

    case: Case
    got: str
    problems: tuple[str, ...]
    outcomes: dict[str, str] = field(default_factory=dict)  # of every check, {} if they were not printed
    seconds: float = 0.0

    @property
    def agrees(self) -> bool:
        """K2."""
        return not self.problems


def run_case(
    command: Sequence[str], kit: Kit, name: str, folder: Path, *, seconds: float = SECONDS, largest: int = LARGEST
) -> Result:
    """Make the record of a case, run the command on it and compare."""
    arguments = command_line(kit, name, folder)
    start = time.monotonic()
    ran = run([*command, *arguments], seconds, largest)
    return compare(kit, kit.cases[name], ran, time.monotonic() - start)


# --- running ------------------------------------------------------------------------------------------------------


class _Reader(threading.Thread):
    """Takes at most so many bytes of a stream; what follows is read and dropped."""

    def __init__(self, stream: IO[bytes], largest: int) -> None:
        super().__init__(daemon=True)
        self.stream, self.largest, self.data, self.overflow = stream, largest, b"", threading.Event()
        self.start()

    def run(self) -> None:
        while chunk := self.stream.read1(65536):  # type: ignore[attr-defined]
            self.data = (self.data + chunk)[: self.largest]
            if len(self.data) == self.largest:
                self.overflow.set()


def run(command: Sequence[str], seconds: float, largest: int) -> Ran:
    """Run a command without input, for so long and with so much output; it and its children are ended after that."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the command is what we are asked to try
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        return Ran(-1, b"", "", f"cannot be started: {error}")
    assert process.stdout is not None  # noqa: S101 - said for the type checker
    assert process.stderr is not None  # noqa: S101
    output, errors = _Reader(process.stdout, largest), _Reader(process.stderr, 1 << 16)
    problem = _wait(process, output, time.monotonic() + seconds)
    _end(process)
    for reader in (output, errors):
        reader.join(5)
        reader.stream.close()
    return Ran(process.returncode, output.data, errors.data.decode("utf-8", "replace"), problem)


def _wait(process: subprocess.Popen[bytes], output: _Reader, deadline: float) -> str:
    while time.monotonic() < deadline:
        if output.overflow.is_set():
            return f"printed {output.largest} bytes or more"
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
        output.join(1)
        return f"printed {output.largest} bytes or more" if output.overflow.is_set() else ""
    return "did not end in time"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command and what it started: it was given a session of its own."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()


# --- comparing ----------------------------------------------------------------------------------------------------


def compare(kit: Kit, case: Case, ran: Ran, seconds: float = 0.0) -> Result:
    """K2."""
    if ran.problem:
        return Result(case, "-", (ran.problem,), seconds=seconds)
    value, problem = _parse(ran)
    lenient = _without_pairings(kit, case, value)
    problems = [] if ran.code == lenient.exit else [f"exit code {ran.code}"]
    if problem:
        return Result(case, str(ran.code), (*problems, problem), seconds=seconds)
    for name, wanted in (("exit", lenient.exit), ("verdict", VERDICTS[lenient.exit])):
        if type(value.get(name)) is not type(wanted) or value[name] != wanted:
            problems.append(f"{name} is {value.get(name)!r:.80}")
    if case.exit == 2:
        return Result(case, str(ran.code), tuple(problems), seconds=seconds)
    outcomes, problem = _outcomes(kit, value)
    if problem:
        return Result(case, str(ran.code), (*problems, problem), seconds=seconds)
    problems.extend(_differences(lenient, value, outcomes))
    failed = [name for name, outcome in outcomes.items() if outcome == "FAIL"]
    return Result(case, " ".join([str(ran.code), *failed]), tuple(problems), outcomes, seconds)


def _without_pairings(kit: Kit, case: Case, value: dict[str, Any]) -> Case:
    """What is expected of a verifier that cannot judge the signature of a beacon, and says so (K7)."""
    rows = value.get("checks")
    said = isinstance(rows, list) and {"id": PAIRINGS, "outcome": "CANNOT-CHECK"} in [
        {key: row.get(key) for key in ("id", "outcome")} for row in rows if isinstance(row, dict)
    ]
    if not said or PAIRINGS not in case.failing + case.passing:
        return case
    failing = tuple(name for name in case.failing if name != PAIRINGS)
    convicts = any(check.convicts and check.id in failing for check in kit.checks)
    passing = tuple(name for name in case.passing if name != PAIRINGS)
    return replace(case, failing=failing, passing=passing, exit=1 if convicts else 3)


def _parse(ran: Ran) -> tuple[dict[str, Any], str]:
    try:
        value = json.loads(ran.output.decode("utf-8"), object_pairs_hook=_object)
    except (ValueError, RecursionError):
        said = " ".join(ran.errors.split())[-SHOWN:]
        return {}, "standard output is no JSON" + (f" ({said})" if said else "")
    return (value, "") if isinstance(value, dict) else ({}, "standard output is no JSON object")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _outcomes(kit: Kit, value: dict[str, Any]) -> tuple[dict[str, str], str]:
    """The outcome of every check, if the checks are those of the catalogue."""
    rows = value.get("checks")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return {}, "checks is not an array of objects"
    ids = [row.get("id") for row in rows]
    wanted = [check.id for check in kit.checks]
    if ids != wanted:
        odd = [name for name in wanted if ids.count(name) != 1]
        named = f", not once: {' '.join(odd)}" if odd else ""
        return {}, f"checks are not those of the catalogue in its order{named}"
    if not all(row.get("outcome") in OUTCOMES for row in rows):
        return {}, "a check has an unknown outcome"
    return {row["id"]: row["outcome"] for row in rows}, ""


def _differences(case: Case, value: dict[str, Any], outcomes: dict[str, str]) -> Iterator[str]:
    failed = [name for name, outcome in outcomes.items() if outcome == "FAIL"]
    wrongly = [name for name in failed if name not in case.failing]
    if wrongly:
        yield f"fails besides: {' '.join(wrongly)}"
    for name in case.failing:
        if name not in failed:
            yield f"{name} is {outcomes[name]}, not FAIL"
    for name in case.passing:
        if outcomes[name] != "PASS":
            yield f"{name} is {outcomes[name]}, not PASS"
    reasons = [name for name, outcome in outcomes.items() if outcome in ("FAIL", "CANNOT-CHECK")]
    if value.get("reasons") != reasons:
        yield "reasons are not the checks that are FAIL or CANNOT-CHECK"
