"""The command line (verification page): arguments in, report out, exit codes of V3."""

from __future__ import annotations

import argparse
import sys
from typing import Any, List, Optional, Tuple

from . import canonical, checks, ed25519, engine, fork, ledger, record, report, schema
from .context import Context


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m verifier",
        description="核对一份抽取记录。Verify the record of a draw. "
        "Exit codes: 0 proven, 1 inconsistent, 2 undecided, 3 not proven.",
    )
    made.add_argument("record", metavar="RECORD", nargs="?", help="a folder or a .zip")
    made.add_argument("--trust", metavar="FILE", help="what you hold from outside (V8)")
    made.add_argument("--fork", metavar="FILE", help="evidence of a fork instead of a record (V9)")
    made.add_argument("--key", metavar="HEX", nargs="+", action="append", help="keys of the ledger, with --fork")
    made.add_argument("--ledger", metavar="ENTRIES.jsonl", help="the whole ledger, which continues the record's")
    made.add_argument("--sealed", metavar="FILE", nargs="+", action="append", help="sealed rosters, for inspectors")
    made.add_argument("--json", action="store_true", help="one JSON object instead of a page (V5)")
    made.add_argument("--lang", choices=("zh", "en"), default="zh")
    return made


def usage_problem(options: argparse.Namespace) -> str:
    """What is wrong with the arguments taken together, "" if nothing."""
    if (options.record is None) == (options.fork is None):
        return "exactly one of RECORD and --fork"
    if options.fork is None:
        return "--key is for --fork" if options.key is not None else ""
    if options.ledger is not None or options.sealed is not None:
        return "--ledger and --sealed are not for --fork"
    return "" if (options.key is None) != (options.trust is None) else "--fork needs one of --key and --trust"


def read_trust(path: str) -> Any:
    """The trust file in strict form; RecordError if it is unusable."""
    try:
        value = canonical.decode(record.read_file(path))
        schema.check_shape(value, schema.TRUST, "trust")
    except (canonical.EncodingError, schema.ShapeError) as error:
        raise record.RecordError("the trust file cannot be read: %s" % error) from None
    return value


def verify(
    path: str, trust: Optional[str] = None, ledger: Optional[str] = None, sealed: Optional[List[str]] = None
) -> report.Report:
    """The report on a record. Whatever is wrong with it ends in the report, not in an exception (V6)."""
    try:
        context = Context(
            record.load(path),
            read_trust(trust) if trust is not None else None,
            record.read_file(ledger) if ledger is not None else None,
            [record.read_file(one) for one in sealed] if sealed is not None else None,
        )
    except record.RecordError as error:
        return report.unreadable(str(error))
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
    value = read_trust(trust) if trust is not None else None
    texts = [value["operator"]] if value is not None else [_of_vkey(text) for text in hexadecimal or []]
    for text in texts:
        if not canonical.is_hex(text, 32) or not ed25519.is_sound_key(bytes.fromhex(text)):
            raise record.RecordError("no key of a ledger: %s" % text[:80])
    return [bytes.fromhex(text) for text in texts], value["origin"] if value is not None else None


def _of_vkey(text: str) -> str:
    """The hexadecimal key of a vkey of type 01 (L17); anything else as it is."""
    parts = text.split("+", 2)
    if len(parts) != 3:
        return text
    try:
        data = ledger.strict_base64(parts[2].encode())
    except (ledger.NoteError, UnicodeEncodeError):
        return text
    known = len(data) == 33 and data[0] == ledger.SIGNED_BY_LEDGER
    fits = known and ledger.key_id(parts[0], data[1:], ledger.SIGNED_BY_LEDGER).hex() == parts[1]
    return data[1:].hex() if fits else text


def _flat(groups: Optional[List[List[str]]]) -> Optional[List[str]]:
    """What an argument gave that may be repeated and have several values."""
    return [value for group in groups for value in group] if groups is not None else None


def main(arguments: Optional[List[str]] = None) -> int:
    made = parser()
    options = made.parse_args(arguments)
    problem = usage_problem(options)
    if problem:
        made.error(problem)  # ends with exit code 2
    return _fork(options) if options.fork is not None else _record(options)


def _record(options: argparse.Namespace) -> int:
    try:
        found = verify(options.record, options.trust, options.ledger, _flat(options.sealed))
    except Exception as error:  # noqa: BLE001 - V6: never a crash, and never anything that looks like a verdict
        found = report.unreadable("internal error: %s: %s" % (type(error).__name__, error))
    if options.json and found.problem:  # V5 has no place for it
        sys.stderr.write(ascii(found.problem) + "\n")
    _write(report.as_json(found) + "\n" if options.json else report.as_text(found, options.lang))
    return found.exit


def _fork(options: argparse.Namespace) -> int:
    try:
        found = verify_fork(options.fork, _flat(options.key), options.trust)
    except Exception as error:  # noqa: BLE001 - as above
        reason = "internal error: %s: %s" % (type(error).__name__, error)
        found = fork.Verdict(fork.EXIT_UNUSABLE, "", [], reason)
    _write(report.fork_as_json(found) + "\n" if options.json else report.fork_as_text(found, options.lang))
    return found.exit


def _write(text: str) -> None:
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
