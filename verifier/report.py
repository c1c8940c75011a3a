"""The verdict as a value, and as JSON (V4, V5). Pages for people are made of it in `text` and `page`."""

from __future__ import annotations

import hashlib
import pkgutil
import unicodedata
from typing import Any, Dict, List, NamedTuple, Tuple

from . import canonical, ceremony, checks_beside, checks_slip, engine, fork
from .context import Context
from .engine import Outcome, Unavailable
from .whole import attempts, whole

UNPRINTABLE = ("Cc", "Cf", "Cs", "Zl", "Zp")  # general categories
DETAIL = 2000  # characters of a detail, which may quote the record
NAMES = ("title", "bureau", "date")  # of the header, shown to people


class Report(NamedTuple):
    exit: int
    outcomes: List[Outcome]
    problem: str = ""  # why the record could not be judged at all
    session: str = ""
    rehearsal: bool = False
    header_code: str = ""
    record_code: str = ""
    about: Dict[str, str] = {}  # noqa: RUF012 - never changed
    covered: List[Dict[str, str]] = []  # noqa: RUF012
    draws: List[Dict[str, Any]] = []  # noqa: RUF012
    classes: List[Dict[str, Any]] = []  # noqa: RUF012 - of every draw what people are told of the outcome
    pins: List[Dict[str, Any]] = []  # noqa: RUF012 - draw, its classes, and number of pins by reason; for people
    attempts: List[Dict[str, Any]] = []  # noqa: RUF012
    register: List[Dict[str, Any]] = []  # noqa: RUF012
    lots: List[Dict[str, Any]] = []  # noqa: RUF012 - bodies of the entries; for people
    slip: Dict[str, Any] = {}  # noqa: RUF012


def make(context: Context, outcomes: List[Outcome]) -> Report:
    passed = {one.check.id for one in outcomes if one.outcome == engine.PASS}
    return Report(
        exit=engine.exit_code(outcomes, context.internal_errors),
        outcomes=outcomes,
        problem="; ".join(context.internal_errors),
        session=context.session_id,
        rehearsal=_rehearsal(context),
        header_code=_header_code(context),
        record_code=_record_code(context),
        about=_about(context),
        covered=_covered(context),
        draws=_draws(context),
        classes=_classes(context) if "V43" in passed else [],
        pins=_pins(context),
        attempts=_attempts(context),
        register=_register(context),
        lots=_lots(context),
        slip=_slip(context, has_class="V43" in passed) if "V90" in passed else {},
    )


def unreadable(problem: str) -> Report:
    """The report of a record or argument that cannot be read (exit code 2)."""
    return Report(engine.EXIT_UNDECIDED, [], problem)


def _rehearsal(context: Context) -> bool:
    try:
        return bool(context.header["rehearsal"])
    except Unavailable:
        return False


def _header_code(context: Context) -> str:
    try:
        return canonical.short_code(context.header_hash)
    except Unavailable:
        return ""


def _record_code(context: Context) -> str:
    """Short code of what was published (C24), "" before that; whether the files are these is V46's."""
    try:
        return canonical.short_code(bytes.fromhex(context.entry("published")["body"]["files_hash"]))
    except (Unavailable, ValueError):
        return ""


def _about(context: Context) -> Dict[str, str]:
    try:
        return {name: context.header[name] for name in NAMES}
    except Unavailable:
        return {}


def _covered(context: Context) -> List[Dict[str, str]]:
    try:
        return [{name: one[name] for name in ("id", "role", "client", "key")} for one in context.covered]
    except Unavailable:
        return []


def _draws(context: Context) -> List[Dict[str, Any]]:
    """A20, A21, A27 of every draw whose groups can be read; none before the result."""
    if context.phase != "result":
        return []
    out = []
    try:
        for draw in context.draws:
            found, done = context.evidence(draw), context.effect(draw)
            out.append(
                {
                    "always": found.always,
                    "draw": draw["id"],
                    "overlap": found.overlap,
                    "overlap_limit": found.limit,
                    "pairs": found.pairs,
                    "pins": {
                        "affected": done.affected,
                        "class": [done.single.numerator, done.single.denominator],
                        "pair": [done.pair.numerator, done.pair.denominator],
                        "pinned": done.pinned,
                    },
                }
            )
    except Unavailable:
        pass
    return out


def _classes(context: Context) -> List[Dict[str, Any]]:
    """What was drawn, and names and sizes of the classes, for people."""
    try:
        return [_drawn(context, draw) for draw in context.draws]
    except Unavailable:
        return []


def _drawn(context: Context, draw: Dict[str, Any]) -> Dict[str, Any]:
    """One draw's result.json and what the plan says of it."""
    found, planned = context.value("draws/%s/result.json" % draw["id"]), context.planned(draw)
    return {
        "class_names": planned["class_names"] if len(planned["class_names"]) == draw["classes"] else [],
        "counts": found["counts"],
        "draw": draw["id"],
        "forced": len(found["forced"]),
        "grade": draw["grade"],
        "kind": draw["kind"],
        "school_name": planned["school_name"],
        "take": planned["take"],
    }


def _pins(context: Context) -> List[Dict[str, Any]]:
    """How many units are pinned by reason, of every draw with pins (C4)."""
    try:
        rows = [(draw, draw["frozen"]["constraints"]["pins"]) for draw in context.draws]
    except Unavailable:
        return []
    return [{"classes": draw["classes"], "draw": draw["id"], "reasons": reasons} for draw, reasons in rows if reasons]


def _attempts(context: Context) -> List[Dict[str, Any]]:
    """Attempts of all draws of a sound --ledger; else those at the draws of this record, in its ledger."""
    names = ("rehearsal", "year", "school", "grade", "kind", "batch")
    try:
        own, everything = _own_ledger(context)
        found = attempts(own)
    except Unavailable:
        return []
    out = []
    for key in sorted(found):
        if everything or any(session.name == context.session_id for session, _ in found[key]):
            for session, draw in found[key]:
                row: Dict[str, Any] = dict(zip(names, key), attempt=draw["attempt"], session=session.name)
                row["outcome"] = ceremony.outcome(session, draw["id"])
                row["reason"] = ceremony.reason(session, draw["id"])
                out.append(row)
    return out


def _own_ledger(context: Context) -> Tuple[Context, bool]:
    """The context whose whole ledger is to be listed, and whether all of it is."""
    if context.ledger_bytes is not None:
        try:
            whole(context)
        except Unavailable:
            return Context(context.files), False
    return context, context.ledger_bytes is not None


def _register(context: Context) -> List[Dict[str, Any]]:
    if context.ledger_bytes is None:
        return []
    try:
        return [row._asdict() for row in checks_beside.register(context)]
    except Unavailable:
        return []


def _lots(context: Context) -> List[Dict[str, Any]]:
    """Lots drawn by hand that the ledger records for this year (L23): no check proves them."""
    try:
        entries, year = whole(context).entries, context.header["year"]
    except Unavailable:
        return []
    return [entry["body"] for entry in entries if entry["type"] == "lots" and entry["body"]["year"] == year]


def _slip(context: Context, *, has_class: bool) -> Dict[str, Any]:
    """Where the child stands; V90 has found exactly one place."""
    place = next(checks_slip.find(context))
    draw, number = place.draw, 0
    if has_class:
        number = context.value("draws/%s/result.json" % draw["id"])["classes"][place.unit]
    try:
        attributes = checks_slip.opened(context)
    except Unavailable:
        attributes = {}
    return {
        "attributes": attributes,
        "class": number,
        "draw": draw["id"],
        "grade": draw["grade"],
        "school": draw["school"],
    }


# --- the verifier itself ------------------------------------------------------------------------------------------


def program() -> Tuple[str, str]:
    """("file", SHA-256 of the one file this runs from), or ("code", that of its modules) if it is not one file.

    The latter is over the two tables and the package's .py files sorted by name: length, name, length, bytes of each.
    """
    package = __package__ or "verifier"
    archive = getattr(globals().get("__loader__"), "archive", None)
    if archive is not None:
        with open(archive, "rb") as stream:
            return "file", hashlib.sha256(stream.read()).hexdigest()
    path = __import__(package, fromlist=["__path__"]).__path__
    modules = {"__init__", *(module.name for module in pkgutil.iter_modules(path) if not module.ispkg)}
    digest = hashlib.sha256()
    for name in sorted({"characters.json", "checks.json", *(module + ".py" for module in modules)}):
        data = pkgutil.get_data(package, name) or b""
        for field in (name.encode(), data):
            digest.update(canonical.u64(len(field)) + field)
    return "code", digest.hexdigest()


# --- JSON ---------------------------------------------------------------------------------------------------------


def as_json(report: Report) -> str:
    """V5, as one canonical object."""
    value: Dict[str, Any] = {
        "attempts": report.attempts,
        "checks": [
            {
                "detail": one.detail[:DETAIL],
                "failed": one.failed,
                "id": one.check.id,
                "items": one.items,
                "outcome": one.outcome,
            }
            for one in report.outcomes
        ],
        "covered": report.covered,
        "draws": report.draws,
        "exit": report.exit,
        "reasons": engine.reasons(report.outcomes),
        "register": report.register,
        "rehearsal": report.rehearsal,
        "session": report.session,
        "slip": report.slip,
        "verdict": engine.VERDICTS[report.exit],
    }
    return canonical.encode(_shown(value)).decode("utf-8")


def _shown(value: Any) -> Any:
    """The same value with its strings as they may be shown."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {name: _shown(member) for name, member in value.items()}
    return [_shown(member) for member in value] if isinstance(value, list) else value


def fork_as_json(verdict: fork.Verdict) -> str:
    """V9, as one canonical object."""
    value = {
        "exit": verdict.exit,
        "origin": verdict.origin,
        "proven": verdict.exit == fork.EXIT_PROVEN,
        "reason": clean(verdict.reason),
        "sizes": verdict.sizes,
    }
    return canonical.encode(value).decode("utf-8")


def clean(text: str) -> str:
    """Details quote the record; whatever it holds must not command a terminal (V6)."""
    return "".join("\ufffd" if unicodedata.category(c) in UNPRINTABLE else c for c in text)
