"""The command line: every case run and compared, one table for people, exit code 0 only if all agree."""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
import unicodedata
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conformance.cases import Case, CaseError, Kit, read_kit
from conformance.run import SECONDS, Result, run_case

SPEC = Path(__file__).resolve().parent.parent / "spec"
UNUSABLE = 2


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="conformance", description="试验一个验证程序。Try a verifier: spec/conformance.md."
    )
    made.add_argument("--verifier", metavar="COMMAND", help="验证程序的命令 / the command of a verifier (K1)")
    made.add_argument("--list", action="store_true", help="列出全部用例 / what there is")
    made.add_argument("--only", metavar="NAME", nargs="+", help="只用这些用例 / these cases only")
    made.add_argument("--jobs", metavar="N", type=int, default=1, help="同时运行几个 / how many at a time")
    made.add_argument("--seconds", metavar="S", type=float, default=SECONDS, help="每个用例的时限 / limit of a case")
    made.add_argument("--spec", metavar="FOLDER", type=Path, default=SPEC, help="规范的文件夹 / the folder spec")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 if every case agrees, 1 if not, 2 if the kit or the arguments are unusable."""
    made = parser()
    options = made.parse_args(arguments)
    try:
        kit = read_kit(options.spec)
        names = _names(kit, options.only)
    except CaseError as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE
    if options.list:
        _print(_table(_listed(kit.cases[name] for name in names)))
        return 0
    command = shlex.split(options.verifier or "")
    if not command or options.jobs < 1 or options.seconds <= 0:
        made.error("--verifier COMMAND, --jobs of at least 1 and a positive number of --seconds are needed")
    results = run_all(command, kit, names, jobs=options.jobs, seconds=options.seconds)
    _print(report(kit, results))
    return 0 if all(result.agrees for result in results) else 1


def run_all(
    command: Sequence[str], kit: Kit, names: Sequence[str], *, jobs: int = 1, seconds: float = SECONDS
) -> list[Result]:
    """Every case in its own temporary folder, at most so many at a time; results in the order of the names."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder, ThreadPoolExecutor(jobs) as pool:

        def one(name: str) -> Result:
            return run_case(command, kit, name, Path(folder) / name, seconds=seconds)

        return list(pool.map(one, names))


def _names(kit: Kit, only: Sequence[str] | None) -> list[str]:
    unknown = [name for name in only or () if name not in kit.cases]
    if unknown:
        raise CaseError(f"no case of the name {', '.join(unknown)}")
    return [name for name in kit.cases if only is None or name in only]


# --- for people ---------------------------------------------------------------------------------------------------


def expected(case: Case) -> str:
    """Exit code and failing checks, as results are written."""
    return " ".join([str(case.exit), *case.failing])


def _listed(cases: Iterable[Case]) -> list[list[str]]:
    return [["用例 case", "应为 expected", "做了什么 what was done"], *([c.name, expected(c), c.says] for c in cases)]


def report(kit: Kit, results: Sequence[Result]) -> list[str]:
    """Every case, every check, totals."""
    head = ["一致 agrees", "用例 case", "应为 expected", "得到 got", "做了什么 what was done"]
    rows = [["是 yes" if r.agrees else "否 NO", r.case.name, expected(r.case), r.got, r.case.says] for r in results]
    lines = ["用例 Cases", "", *_table([head, *rows]), ""]
    wrong = [result for result in results if not result.agrees]
    if wrong:
        lines += ["不一致之处 Disagreements", ""]
        lines += [f"{result.case.name}: {'; '.join(result.problems)}" for result in wrong]
        lines.append("")
    lines += ["检查 Checks", "", *_table([_CHECKS, *(_check_row(check.id, results) for check in kit.checks)]), ""]
    agreed = len(results) - len(wrong)
    seconds = sum(result.seconds for result in results)
    lines.append(f"合计 Total: {agreed} / {len(results)} 一致 agree ({seconds:.0f} s)")
    return lines


_CHECKS = ["检查 check", "应不通过 must fail", "一致 agreed", "应通过 must pass", "一致 agreed"]


def _check_row(name: str, results: Sequence[Result]) -> list[str]:
    fail = [result for result in results if name in result.case.failing]
    passes = [result for result in results if name in result.case.passing]
    failed = sum(result.outcomes.get(name) == "FAIL" for result in fail)
    passed = sum(result.outcomes.get(name) == "PASS" for result in passes)
    return [name, str(len(fail)), str(failed), str(len(passes)), str(passed)]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(_pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _width(text: str) -> int:
    """Columns of a terminal; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _print(lines: Iterable[str]) -> None:
    sys.stdout.buffer.write("".join(line + "\n" for line in lines).encode())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
