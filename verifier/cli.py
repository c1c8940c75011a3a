"""The command line (verification page): arguments in, report out, exit codes of V3."""

from __future__ import annotations

import argparse
import sys
from typing import Any, Callable, List, Optional, Tuple, TypeVar

from . import canonical, checks, ed25519, engine, fork, ledger, page, record, report, schema, shapes, text, words
from .context import Context, Given

T = TypeVar("T")


class Once(argparse.Action):
    """An argument given twice would otherwise count only the second time, and nobody would look at the first."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Optional[str] = None) -> None:
        if getattr(namespace, self.dest) is not None:
            parser.error("%s is given twice" % option_string)
        setattr(namespace, self.dest, values)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="verify",
        allow_abbrev=False,
        description="核对一份抽取记录。Verify the record of a draw. "
        "Exit codes: 0 proven, 1 inconsistent, 2 undecided, 3 not proven.",
    )
    made.add_argument("path", metavar="RECORD", nargs="?", help="记录：文件夹或 .zip / a folder or a .zip")
    made.add_argument(
        "--trust", metavar="FILE", action=Once, help="另行取得的信任文件 / what you hold from outside (V8)"
    )
    made.add_argument(
        "--since", metavar="RECORD", action=Once, help="先前公布的记录 / an earlier record of this ledger (V17)"
    )
    made.add_argument(
        "--ledger", metavar="ENTRIES.jsonl", action=Once, help="完整账本 / the whole ledger as it is now (V80)"
    )
    made.add_argument(
        "--record",
        metavar="RECORD",
        nargs="+",
        action="extend",
        dest="others",
        help="全年其他记录 / other records of the year (V82)",
    )
    made.add_argument("--slip", metavar="FILE", action=Once, help="孩子的凭条 / a child's slip (R11)")
    made.add_argument(
        "--sealed",
        metavar="FILE",
        nargs="+",
        action="extend",
        help="密封名册，检查人员用 / sealed rosters, for inspectors",
    )
    made.add_argument("--fork", metavar="FILE", help="账本分叉的证据 / evidence of a fork instead of a record (V9)")
    made.add_argument("--key", metavar="HEX", nargs="+", action="extend", help="账本的密钥 / its keys, with --fork")
    made.add_argument("--json", action="store_true", help="输出一个 JSON 对象 / one JSON object (V5)")
    made.add_argument("--html", metavar="FILE", help="另存可打印、签字的报告 / also write a report to print and sign")
    made.add_argument("--lang", choices=("zh", "en"), default="zh")
    return made


BESIDE = ("trust", "since", "ledger", "others", "slip", "sealed")  # what `verify` takes besides the record


def usage_problem(options: argparse.Namespace) -> str:
    """What is wrong with the arguments taken together, "" if nothing."""
    if (options.path is None) == (options.fork is None):
        return "exactly one of RECORD and --fork"
    if options.fork is None:
        return "--key is for --fork" if options.key is not None else ""
    odd = [name for name in (*BESIDE[1:], "html") if getattr(options, name) is not None]
    if odd:
        return "not for --fork: %s" % ", ".join(odd)
    return "" if (options.key is None) != (options.trust is None) else "--fork needs one of --key and --trust"


def read_form(path: str, shape: shapes.Shape, name: str) -> Any:
    """A file of the reader's in strict form; RecordError if it is unusable."""
    try:
        value = canonical.decode(record.read_file(path))
        shapes.check_shape(value, shape, name)
    except (canonical.EncodingError, shapes.ShapeError) as error:
        raise record.RecordError("not a file of this kind: %s" % error) from None
    return value


class Reader:
    """Reads what the arguments name, and keeps what is wrong with each, so that all of it is said at once."""

    def __init__(self) -> None:
        self.problems: List[str] = []

    def take(self, name: str, path: Optional[str], read: Callable[[str], T]) -> Optional[T]:
        """What `read` makes of the path; None if there is none, or if it cannot be used."""
        if path is None:
            return None
        try:
            return read(path)
        except record.RecordError as error:
            self.problems.append("%s %s: %s" % ("/".join(words.ARGUMENTS[name]), path, error))
            return None

    def take_all(self, name: str, paths: Optional[List[str]], read: Callable[[str], T]) -> Optional[List[T]]:
        if paths is None:
            return None
        found = [self.take(name, path, read) for path in paths]
        return [one for one in found if one is not None]


def _open(path: str) -> Context:
    return Context(record.load(path))


def verify(
    path: str,
    *,
    trust: Optional[str] = None,
    since: Optional[str] = None,
    ledger: Optional[str] = None,
    others: Optional[List[str]] = None,
    slip: Optional[str] = None,
    sealed: Optional[List[str]] = None,
) -> report.Report:
    """The report on a record. Whatever is wrong with it ends in the report, not in an exception (V6)."""
    reader = Reader()
    given = Given(
        trust=reader.take("trust", trust, lambda one: read_form(one, schema.TRUST, "trust")),
        since=reader.take("since", since, _open),
        ledger=reader.take("ledger", ledger, record.read_file),
        record=reader.take_all("others", others, _open),
        slip=reader.take("slip", slip, lambda one: read_form(one, schema.SLIP, "slip")),
        sealed=reader.take_all("sealed", sealed, record.read_file),
    )
    context = reader.take("path", path, lambda one: Context(record.load(one), given))
    if context is None or reader.problems:
        return report.unreadable("; ".join(reader.problems))
    checks.load()
    return report.make(context, engine.run_all(context))


def verify_fork(path: str, hexadecimal: Optional[List[str]], trust: Optional[str]) -> fork.Verdict:
    """The verdict on evidence of a fork. Whatever is wrong with it ends in the verdict, not in an exception (V6)."""
    try:
        keys, origin = _ledger_keys(hexadecimal, trust)
        return fork.judge(record.read_file(path), keys, origin)
    except (record.RecordError, fork.ForkError) as error:
        return fork.Verdict(fork.EXIT_UNUSABLE, "", [], str(error))


def _ledger_keys(hexadecimal: Optional[List[str]], trust: Optional[str]) -> Tuple[List[bytes], Optional[str]]:
    """The ledger's keys and, from a trust file, its origin. RecordError if a key is none of E12 and E13."""
    value = read_form(trust, schema.TRUST, "trust") if trust is not None else None
    keys = [value["operator"]] if value is not None else [_of_vkey(key) for key in hexadecimal or []]
    for key in keys:
        if not canonical.is_hex(key, 32) or not ed25519.is_sound_key(bytes.fromhex(key)):
            raise record.RecordError("no key of a ledger: %s" % key[:80])
    return [bytes.fromhex(key) for key in keys], value["origin"] if value is not None else None


def _of_vkey(given: str) -> str:
    """The hexadecimal key of a vkey of type 01 (L17); anything else as it is."""
    parts = given.split("+", 2)
    if len(parts) != 3:
        return given
    try:
        data = ledger.strict_base64(parts[2].encode())
    except (ledger.NoteError, UnicodeEncodeError):
        return given
    known = len(data) == 33 and data[0] == ledger.SIGNED_BY_LEDGER
    fits = known and ledger.key_id(parts[0], data[1:], ledger.SIGNED_BY_LEDGER).hex() == parts[1]
    return data[1:].hex() if fits else given


def main(arguments: Optional[List[str]] = None) -> int:
    made = parser()
    options = made.parse_args(arguments)
    problem = usage_problem(options)
    if problem:
        made.error(problem)  # ends with exit code 2
    return _fork(options) if options.fork is not None else _record(options)


def _record(options: argparse.Namespace) -> int:
    try:
        found = verify(options.path, **{name: getattr(options, name) for name in BESIDE})
    except Exception as error:  # noqa: BLE001 - V6: never a crash, and never anything that looks like a verdict
        found = report.unreadable("internal error: %s: %s" % (type(error).__name__, error))
    if options.json and found.problem:  # V5 has no place for it
        _complain(found.problem)
    _write(report.as_json(found) + "\n" if options.json else text.as_text(found, options.lang))
    if options.html is not None and not _save(options.html, page.as_html(found, options.lang)):
        return engine.EXIT_UNDECIDED
    return found.exit


def _fork(options: argparse.Namespace) -> int:
    try:
        found = verify_fork(options.fork, options.key, options.trust)
    except Exception as error:  # noqa: BLE001 - as above
        reason = "internal error: %s: %s" % (type(error).__name__, error)
        found = fork.Verdict(fork.EXIT_UNUSABLE, "", [], reason)
    _write(report.fork_as_json(found) + "\n" if options.json else text.fork_as_text(found, options.lang))
    return found.exit


def _save(path: str, content: str) -> bool:
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(content)
    except OSError as error:
        _complain("%s %s: %s" % ("/".join(words.ARGUMENTS["html"]), path, error.strerror))
        return False
    return True


def _complain(problem: str) -> None:
    sys.stderr.buffer.write((report.clean(problem) + "\n").encode("utf-8", "replace"))
    sys.stderr.buffer.flush()


def _write(content: str) -> None:
    sys.stdout.buffer.write(content.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
