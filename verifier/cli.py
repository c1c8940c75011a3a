"""The command line (verification page): arguments in, report out, exit codes of V3."""

from __future__ import annotations

import argparse
import sys
from typing import Any, List, Optional

from . import canonical, checks, engine, record, report, schema
from .context import Context


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m verifier",
        description="核对一份抽取记录。Verify the record of a draw. "
        "Exit codes: 0 proven, 1 inconsistent, 2 undecided, 3 not proven.",
    )
    made.add_argument("record", metavar="RECORD", help="a folder or a .zip")
    made.add_argument("--trust", metavar="FILE", help="what you hold from outside (V8)")
    made.add_argument("--ledger", metavar="ENTRIES.jsonl", help="the whole ledger, which continues the record's")
    made.add_argument("--sealed", metavar="FILE", nargs="+", action="append", help="sealed rosters, for inspectors")
    made.add_argument("--json", action="store_true", help="one JSON object instead of a page (V5)")
    made.add_argument("--lang", choices=("zh", "en"), default="zh")
    return made


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


def main(arguments: Optional[List[str]] = None) -> int:
    options = parser().parse_args(arguments)
    sealed = [path for group in options.sealed for path in group] if options.sealed is not None else None
    try:
        found = verify(options.record, options.trust, options.ledger, sealed)
    except Exception as error:  # noqa: BLE001 - V6: never a crash, and never anything that looks like a verdict
        found = report.unreadable("internal error: %s: %s" % (type(error).__name__, error))
    if options.json and found.problem:  # V5 has no place for it
        sys.stderr.write(ascii(found.problem) + "\n")
    text = report.as_json(found) + "\n" if options.json else report.as_text(found, options.lang)
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()
    return found.exit
