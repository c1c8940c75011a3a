"""V01-V04: the files of the record and their form."""

from __future__ import annotations

import hashlib

from . import canonical, ledger, schema, shapes
from .context import COPIES, ENTRIES, Context
from .engine import Tally, Unavailable, check

MAX_BROKEN = 1000  # entries not of their form that are counted


@check("V01")
def listed_files(context: Context, tally: Tally) -> None:
    """R1-R3: what RECORD.json lists is there, nothing else is there, and what R1 asks for is listed."""
    files = context.files
    for problem in files.problems:
        tally.fail(problem)
    rows = context.record["files"]
    listed = {row["path"]: row for row in rows}
    tally.ok(shapes.is_ascending([row["path"] for row in rows]), "the list of files is not sorted by path")
    for path, row in listed.items():
        data = files.data.get(path)
        if data is None:
            tally.fail("%s is missing" % path)
            continue
        fits = len(data) == row["size"] and hashlib.sha256(data).hexdigest() == row["sha256"]
        tally.ok(fits, "%s has another size or hash" % path)
    for path in sorted(set(files.data) - set(listed) - {"RECORD.json"}):
        tally.fail("%s is not listed" % path)
    tally.ok("RECORD.json" not in listed, "RECORD.json lists itself")
    required = set(context.required_files())
    known = not context.problem_of("header.json")
    for path in sorted(required):
        tally.ok(path in listed, "%s is required and not listed" % path)
    for path in sorted(set(listed) - required):
        allowed = path in COPIES or ledger.NOTE_NAME.fullmatch(path) is not None
        tally.ok(allowed or not known, "%s is no file of a record of phase %s" % (path, context.phase))
    if not known:
        raise Unavailable("header.json, which says what draws there are, cannot be read")


@check("V02")
def canonical_files(context: Context, tally: Tally) -> None:
    """E1-E5 and the shapes of C3, C6, C22, R2, R4-R7, A23. A missing file is V01's."""
    tally.good()  # RECORD.json: the context refuses any other form
    for path in sorted(context.files.data):
        name = path.rsplit("/", 1)[-1]
        if name in schema.FILES and (path == name or path.startswith("draws/")):
            problem = context.problem_of(path)
            tally.ok(not problem, problem)


@check("V03")
def canonical_entries(context: Context, tally: Tally) -> None:
    """L1, L6 and E6."""
    data = context.bytes_of(ENTRIES)
    if len(data) > canonical.MAX_FILE:
        tally.fail("%s is larger than 64 MiB" % ENTRIES)
        return
    try:
        lines = canonical.split_lines(data)
    except canonical.EncodingError as error:
        tally.fail("%s: %s" % (ENTRIES, error))
        return
    if not lines:
        tally.fail("the ledger has no entry")
    for number, line in enumerate(lines):
        if tally.failed == MAX_BROKEN:
            break  # a file of a million empty lines says no more than its beginning
        try:
            ledger.parse_entry(line)
        except (canonical.EncodingError, shapes.ShapeError) as error:
            tally.fail("entry %d: %s" % (number, error))
        else:
            tally.good()


@check("V04")
def counts(context: Context, tally: Tally) -> None:
    """R2."""
    header = context.header
    sizes = [len(unit) for draw in header["draws"] for unit in context.units(draw)]
    found = {
        "draws": len(header["draws"]),
        "entries": len(context.lines),
        "observers": len(header["observers"]),
        "students": sum(sizes),
        "units": len(sizes),
    }
    for name, number in found.items():
        stated = context.record["counts"][name]
        tally.ok(stated == number, "%s: %d stated, %d found" % (name, stated, number))
