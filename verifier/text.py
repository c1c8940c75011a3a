"""The report as text for a terminal or a printer (V4)."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Tuple

from . import ed25519, engine, fork, rules, words
from .engine import Outcome
from .report import Report, clean, program
from .words import EN, LABELS, ZH


def as_text(report: Report, language: str) -> str:
    lang = EN if language == "en" else ZH
    lines = [words.HEADLINES[report.exit][ZH], words.HEADLINES[report.exit][EN]]
    if report.problem:
        lines += ["  " + clean(report.problem), *("  " + sentence for sentence in words.HINT)]
    lines += _section("reasons", [_reason(one, lang) for one in standing(report)], lang)
    if report.session:
        lines += ["", *about(report, lang)]
    for label, rows in tables(report, lang):
        lines += _section(label, rows, lang)
    if report.outcomes:
        lines += _section("checks", [_check(one, lang) for one in report.outcomes], lang)
        lines += _section("people", ["[ ] " + sentence[lang] for sentence in words.PEOPLE], lang)
        fields = "  ".join("%s ____________" % LABELS[name][lang] for name in ("name", "organisation", "day"))
        lines += ["", "%s: %s" % (LABELS["sign"][lang], fields)]
    return "\n".join([*lines, "", *about_program(lang)]) + "\n"


def about_program(lang: int) -> List[str]:
    """What judged: the hash of the program, and what it asked about signatures (V4)."""
    label, digest = program()
    return ["%s: %s" % (LABELS[label][lang], digest), "%s: %s" % (LABELS["signatures"][lang], ed25519.engine())]


def tables(report: Report, lang: int) -> Iterator[Tuple[str, List[str]]]:
    """What a report lists besides reasons and checks: label and rows."""
    yield "slip", [_slip(report, lang)] if report.slip else []
    if report.session:
        yield "covered", [_observer(one, lang) for one in report.covered] or [LABELS["none"][lang]]
    yield "draws", [_class_sizes(one, lang) for one in report.classes]
    yield "pins", [_pins(one, report, lang) for one in report.pins]
    yield "pairs", [_pairs(one) for one in report.draws]
    yield "attempts", [_attempt(one, lang) for one in report.attempts]
    yield "register", [_register_row(one, lang) for one in report.register]
    yield "lots", [_lots(one, lang) for one in report.lots]


def fork_as_text(verdict: fork.Verdict, language: str) -> str:
    lang = EN if language == "en" else ZH
    lines = [*words.FORK_HEADLINES[verdict.exit], "  " + clean(verdict.reason)]
    if verdict.sizes:
        sizes = ", ".join("%d" % size for size in verdict.sizes)
        lines += ["", "%s: %s" % (LABELS["origin"][lang], verdict.origin), "%s: %s" % (LABELS["sizes"][lang], sizes)]
    return "\n".join([*lines, "", *about_program(lang)]) + "\n"


def standing(report: Report) -> List[Outcome]:
    """What stands in the way of "proven": what is proven wrong first, then what is only not proven."""
    found = [one for one in report.outcomes if one.outcome in (engine.FAIL, engine.CANNOT)]
    return sorted(found, key=lambda one: (one.outcome != engine.FAIL, not one.check.convicts, one.check.id))


def why(one: Outcome, lang: int) -> str:
    """A check that is FAIL or CANNOT-CHECK in plain words."""
    failure = (one.check.failure_zh, one.check.failure_en)[lang]
    if one.outcome == engine.FAIL and failure:
        return failure
    return "%s: %s" % (words.OUTCOMES[one.outcome][lang], (one.check.zh, one.check.en)[lang])


def _attempt(one: Dict[str, Any], lang: int) -> str:
    """One row of the attempts of V5."""
    mark = LABELS["rehearsal"][lang] if one["rehearsal"] else ""
    draw = "%d %s/%d/%s/%d #%d%s" % (
        one["year"], one["school"], one["grade"], _kind(one["kind"], lang), one["batch"], one["attempt"], mark,
    )  # fmt: skip
    return "  ".join([draw, one["session"], words.ATTEMPTS[one["outcome"]][lang], *_reason_of(one)])


def _register_row(one: Dict[str, Any], lang: int) -> str:
    """One row of the register of V5."""
    row = "%s/%d  %s  %s  %s" % (
        one["school"], one["grade"], cell(one["name"]), words.STATES[one["state"]][lang], one["session"],
    )  # fmt: skip
    return "  ".join([row.rstrip(), *_reason_of(one)])


def _lots(one: Dict[str, Any], lang: int) -> str:
    rows = " ".join("%d:%d" % (number, lot) for number, lot in one["rows"])
    witnesses = " ".join("%s %d" % (words.ROLES[role][lang], number) for role, number in one["witnesses"].items())
    place = "%s/%d  %s  %s" % (one["school"], one["grade"], one["time"], cell(one["place"]))
    return "  ".join([place, rows, witnesses or "-"])


def _reason_of(one: Dict[str, Any]) -> List[str]:
    return [cell(one["reason"])] if one["reason"] else []


def cell(value: str) -> str:
    """A text of the record in a row, where two spaces stand between cells."""
    return " ".join(clean(value).split())


def _section(label: str, rows: List[str], lang: int) -> List[str]:
    return ["", LABELS[label][lang], *("  " + row for row in rows)] if rows else []


def about(report: Report, lang: int) -> List[str]:
    """Session, who held it, when, and the short code of its header."""
    mark = LABELS["rehearsal"][lang] if report.rehearsal else ""
    lines = ["%s: %s %s%s" % (LABELS["session"][lang], report.session, cell(report.about.get("title", "")), mark)]
    if report.about:
        lines += ["%s: %s" % (LABELS[name][lang], cell(report.about[name])) for name in ("bureau", "date")]
    codes = [(LABELS["header"][lang], report.header_code or "-"), (LABELS["record"][lang], report.record_code)]
    return [*lines, *("%s: %s" % row for row in codes if row[1])]


def _reason(one: Outcome, lang: int) -> str:
    detail = " (%s)" % clean(one.detail)[:300] if one.detail else ""
    return "%s %s%s" % (one.check.id, why(one, lang), detail)


def _observer(one: Dict[str, str], lang: int) -> str:
    return "  ".join([one["id"], words.ROLES[one["role"]][lang], words.CLIENTS[one["client"]][lang], one["key"][:16]])


def _kind(kind: str, lang: int) -> str:
    """What was drawn, in words; a ledger may name a kind that nobody knows."""
    return words.KINDS[kind][lang] if kind in words.KINDS else cell(kind)


def _class_sizes(one: Dict[str, Any], lang: int) -> str:
    """One draw: what it was, and what the numbers drawn mean (V4)."""
    names = [cell(name) for name in one["class_names"]]
    counts = ["%s %d" % row for row in zip(names, one["counts"])] if names else ["%d" % n for n in one["counts"]]
    meaning = words.MEANINGS.get(one["kind"], words.MEANINGS["order"])[lang] % {
        "counts": (", " if names else " ").join(counts),
        "forced": one["forced"],
        "names": " (%s)" % ", ".join("%d %s" % row for row in enumerate(names, start=1)) if names else "",
        "number": len(one["counts"]),
        "take": one["take"],
    }
    return "%s  %s %s %d  %s  %s" % (
        one["draw"], cell(one["school_name"]), LABELS["grade"][lang], one["grade"], _kind(one["kind"], lang), meaning,
    )  # fmt: skip


def _pins(one: Dict[str, Any], report: Report, lang: int) -> str:
    """Units of one draw that were given a class, by reason, and what that does to the others (A27)."""
    reasons = one["reasons"]
    listed = ["%s %d" % (_reason_for_pin(name, lang), reasons[name]) for name in sorted(reasons)]
    cells = [one["draw"], words.PINNED[lang] % (sum(reasons.values()), ", ".join(listed))]
    done = next((row["pins"] for row in report.draws if row["draw"] == one["draw"]), None)
    if done is not None:
        single, pair = ("%d/%d" % tuple(done[name]) for name in ("class", "pair"))
        cells.append(words.AFFECTED[lang] % (done["affected"], single, pair, one["classes"]))
    return "  ".join(cells)


def _reason_for_pin(name: str, lang: int) -> str:
    """In words; of a reason that nobody knows V21 speaks."""
    return words.REASONS[name][lang] if name in words.REASONS else cell(name)


def _pairs(one: Dict[str, Any]) -> str:
    pairs = " ".join("%d:%d" % (c, number) for c, number in enumerate(one["pairs"]) if number)
    m, limit = len(one["pairs"]) - 1, one["overlap_limit"] or "-"
    return "%s  M=%d  c:n = %s  | %d < %s" % (one["draw"], m, pairs or "-", one["overlap"], limit)


def _slip(report: Report, lang: int) -> str:
    one = report.slip
    where = "%s/%d  " % (one["school"], one["grade"])
    if one["class"]:
        unknown = {"class_names": [], "kind": "classes"}
        drawn = next((row for row in report.classes if row["draw"] == one["draw"]), unknown)
        label = "class" if drawn["kind"] in rules.DIVIDED else "position"
        where += "%s %d" % (LABELS[label][lang], one["class"])
        if drawn["class_names"]:
            where += " (%s)" % cell(drawn["class_names"][one["class"] - 1])
    else:
        where += LABELS["in roster"][lang]
    return "  ".join([where, *("%s=%s" % (name, cell(value)) for name, value in one["attributes"].items())])


def _check(one: Outcome, lang: int) -> str:
    count = "%d" % one.items if not one.failed else "%d/%d" % (one.failed, one.items)
    return "%s %-5s %s  [%s %s, %d ms]  %s" % (
        one.check.id, one.check.section, words.OUTCOMES[one.outcome][lang], count, LABELS["items"][lang],
        one.milliseconds, (one.check.zh, one.check.en)[lang],
    )  # fmt: skip
