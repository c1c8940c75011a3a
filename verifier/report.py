"""The verdict as a page of text and as JSON (V4, V5). The only module with words for people, besides the catalogue."""

from __future__ import annotations

import hashlib
import pkgutil
from typing import Any, Dict, List, NamedTuple, Tuple

from . import canonical, ceremony, engine, fork
from .checks_roster import attempts
from .context import Context
from .engine import Outcome, Unavailable

ZH, EN = 0, 1
Words = Tuple[str, str]

HEADLINES: Dict[int, Words] = {
    engine.EXIT_PROVEN: (
        "公正性已得到证明：全部检查通过，并与读者掌握的外部信息一致。",
        "Proven fair: every check passed, and the record is anchored in what you hold from outside.",
    ),
    engine.EXIT_INCONSISTENT: (
        "记录自相矛盾：至少一项检查证明它有错误或被改动。不要采信。",
        "Inconsistent: at least one check proves the record wrong or altered. Do not rely on it.",
    ),
    engine.EXIT_UNDECIDED: (
        "无法判断：记录或参数不能读取，或校验程序出错。",
        "Undecided: the record or an argument cannot be read, or the verifier itself failed.",
    ),
    engine.EXIT_NOT_PROVEN: (
        "未发现矛盾，但公正性没有得到证明，原因如下。",
        "Consistent in itself, but fairness is not proven, for the reasons below.",
    ),
}

FORK_HEADLINES: Dict[int, Words] = {
    fork.EXIT_PROVEN: (
        "分叉已得到证明：账本的签名人签署了两份不能并存的历史。",
        "A fork is proven: the ledger's operator signed two histories that cannot both be.",
    ),
    fork.EXIT_NOT_PROVEN: ("分叉没有得到证明。", "A fork is not proven."),
    fork.EXIT_UNUSABLE: (
        "无法判断：证据或参数不能使用。",
        "Undecided: the evidence or an argument cannot be used.",
    ),
}

# What a failed evidence check means, in plain words.
WHY: Dict[str, Words] = {
    "V50": ("被覆盖的观察员没有达到法定人数", "too few observers are covered"),
    "V51": (
        "延时、揭示时限、分组数或观察员不在安全界限之内",
        "delay, window, bundlings or observers are outside the limits",
    ),
    "V52": ("没有一位被覆盖的观察员使用自己的程序", "no covered observer used a program of their own"),
    "V53": ("密封名册的保管方没有核对过分组", "no holder of the sealed rosters has checked the groups"),
    "V54": ("余数的分组像是人为安排的", "the groups of the remainder look hand-made"),
    "V55": ("这是一次演练，不是正式抽取", "this is a rehearsal, not a real draw"),
    "V56": ("同一抽取此前已揭示过一次", "an earlier attempt at the same draw had already been revealed"),
    "V57": (
        "没有外部锚定：截断、重做的账本或第二次抽取无法排除",
        "not anchored from outside: a shortened or re-made ledger or a second draw is not excluded",
    ),
    "V58": ("被覆盖的观察员中没有读者信任的人", "no covered observer is one whom you trust"),
    "V61": ("结果已被撤销", "the result was annulled"),
    "V62": ("记录还不包含结果", "the record does not hold the result yet"),
    "V63": (
        "延时完成之前联署覆盖名单的观察员不够",
        "too few observers cosigned the coverage before the delay was done",
    ),
    "V64": ("账本自己的见证规则没有得到满足", "the ledger's own policy of witnesses is not satisfied"),
}
CANNOT: Words = ("无法检查", "cannot be checked")
OUTCOME_WORDS: Dict[str, Words] = {
    engine.PASS: ("通过", "PASS"),
    engine.FAIL: ("不符", "FAIL"),
    engine.CANNOT: ("无法检查", "CANNOT-CHECK"),
    engine.NOT_APPLICABLE: ("不适用", "NOT-APPLICABLE"),
}
ROLE_WORDS: Dict[str, str] = {
    "bureau": "教育局",
    "discipline": "纪检监察",
    "congress": "人大代表",
    "consultative": "政协委员",
    "parent": "家长",
    "notary": "公证员",
    "other": "其他",
}
CLIENT_WORDS: Dict[str, str] = {
    "bureau-page": "教育局网页",
    "own-page": "自有网页",
    "command-line": "命令行",
    "own-program": "自有程序",
    "kiosk": "现场公用设备",
}
ATTEMPT_WORDS: Dict[str, Words] = {
    "aborted": ("中止", "aborted"),
    "annulled": ("撤销", "annulled"),
    "published": ("已公布", "published"),
    "opened": ("已揭示、未公布", "revealed, not published"),
    "unfinished": ("未完成", "not finished"),
}
LABELS: Dict[str, Words] = {
    "session": ("活动", "Session"),
    "rehearsal": ("（演练）", " (rehearsal)"),
    "reasons": ("原因", "Reasons"),
    "covered": ("被覆盖的观察员", "Covered observers"),
    "none": ("无", "none"),
    "checks": ("检查项", "Checks"),
    "items": ("项", "items"),
    "pairs": ("余数中的成对概率与重叠", "Pairs in the remainder, and overlap"),
    "attempts": ("账本中的历次抽取", "Attempts in the ledger"),
    "code": ("校验程序的 SHA-256", "SHA-256 of this verifier's code"),
    "header": ("总表哈希短码", "Short code of the header"),
    "origin": ("账本", "Ledger"),
    "sizes": ("两个检查点的条数", "Sizes of the two checkpoints"),
}


class Report(NamedTuple):
    exit: int
    outcomes: List[Outcome]
    covered: List[Dict[str, str]]
    draws: List[Dict[str, Any]]
    attempts: List[Tuple[str, str, str]]  # draw key, session, how it ended
    session: str
    rehearsal: bool
    header_code: str
    problem: str  # why the record could not be judged at all


def make(context: Context, outcomes: List[Outcome]) -> Report:
    problem = "; ".join(context.internal_errors)
    return Report(
        engine.exit_code(outcomes, context.internal_errors),
        outcomes,
        _covered(context),
        _draws(context),
        _attempts(context),
        context.session_id,
        _rehearsal(context),
        _header_code(context),
        problem,
    )


def unreadable(problem: str) -> Report:
    """The report of a record or argument that cannot be read (exit code 2)."""
    return Report(engine.EXIT_UNDECIDED, [], [], [], [], "", rehearsal=False, header_code="", problem=problem)


def _covered(context: Context) -> List[Dict[str, str]]:
    try:
        return [{name: one[name] for name in ("id", "role", "client", "key")} for one in context.covered]
    except Unavailable:
        return []


def _draws(context: Context) -> List[Dict[str, Any]]:
    """A20, A21 of every draw whose groups can be read; none before the result."""
    if context.phase != "result":
        return []
    out = []
    try:
        for draw in context.draws:
            found = context.evidence(draw)
            out.append(
                {
                    "always": found.always,
                    "draw": draw["id"],
                    "overlap": found.overlap,
                    "overlap_limit": found.limit,
                    "pairs": found.pairs,
                }
            )
    except Unavailable:
        pass
    return out


def _attempts(context: Context) -> List[Tuple[str, str, str]]:
    """All attempts at the draws of this record."""
    out = []
    try:
        for key, tries in attempts(context).items():
            if any(session.name == context.session_id for session, _ in tries):
                name = "%d %s/%d/%s/%d" % key[1:]
                for session, draw in tries:
                    how = ceremony.outcome(session, draw["id"])
                    out.append(("%s #%d" % (name, draw["attempt"]), session.name, how))
    except Unavailable:
        pass
    return out


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


def code_digest() -> str:
    """SHA-256 over this package's own .py files sorted by name: length, name, length, bytes of each.

    Read through the import system, so that it also works from a zip.
    """
    package = __package__ or "verifier"
    path = __import__(package, fromlist=["__path__"]).__path__
    names = sorted({"__init__", *(module.name for module in pkgutil.iter_modules(path) if not module.ispkg)})
    digest = hashlib.sha256()
    for name in names:
        data = pkgutil.get_data(package, name + ".py") or b""
        for field in ((name + ".py").encode(), data):
            digest.update(canonical.u64(len(field)) + field)
    return digest.hexdigest()


# --- JSON ---------------------------------------------------------------------------------------------------------


def as_json(report: Report) -> str:
    """V5, as one canonical object."""
    value: Dict[str, Any] = {
        "checks": [
            {
                "detail": _clean(one.detail),
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
        "rehearsal": report.rehearsal,
        "session": report.session,
        "verdict": engine.VERDICTS[report.exit],
    }
    return canonical.encode(value).decode("utf-8")


def _clean(text: str) -> str:
    """Details quote the record; whatever it holds must not reach a terminal as control characters."""
    return "".join(c if c.isprintable() else "?" for c in text)[:2000]


# --- text ---------------------------------------------------------------------------------------------------------


def as_text(report: Report, language: str) -> str:
    lang = EN if language == "en" else ZH
    lines = [HEADLINES[report.exit][ZH], HEADLINES[report.exit][EN]]
    if report.problem:
        lines.append("  " + _clean(report.problem))
    lines += _reason_lines(report, lang)
    if report.session:
        mark = LABELS["rehearsal"][lang] if report.rehearsal else ""
        lines += ["", "%s: %s%s" % (LABELS["session"][lang], report.session, mark)]
        lines.append("%s: %s" % (LABELS["header"][lang], report.header_code or "-"))
        lines += _covered_lines(report, lang)
    if report.outcomes:
        lines += ["", LABELS["checks"][lang]]
        lines += [_check_line(one, lang) for one in report.outcomes]
    lines += _draw_lines(report, lang)
    if report.attempts:
        lines += ["", LABELS["attempts"][lang]]
        lines += ["  %s  %s  %s" % (key, session, ATTEMPT_WORDS[how][lang]) for key, session, how in report.attempts]
    lines += ["", "%s: %s" % (LABELS["code"][lang], code_digest())]
    return "\n".join(lines) + "\n"


def _reason_lines(report: Report, lang: int) -> List[str]:
    standing = [one for one in report.outcomes if one.outcome in (engine.FAIL, engine.CANNOT)]
    if not standing:
        return []
    # What is proven wrong comes before what is only not proven.
    standing.sort(key=lambda one: (one.outcome != engine.FAIL, one.check.category == "evidence", one.check.id))
    return ["", LABELS["reasons"][lang]] + [_reason(one, lang) for one in standing]


def _reason(one: Outcome, lang: int) -> str:
    sentence = (one.check.zh, one.check.en)[lang]
    if one.outcome == engine.FAIL and one.check.id in WHY:
        sentence = WHY[one.check.id][lang]
    else:
        sentence = "%s: %s" % (OUTCOME_WORDS[one.outcome][lang], sentence)
    detail = " (%s)" % _clean(one.detail)[:300] if one.detail else ""
    return "  %s %s%s" % (one.check.id, sentence, detail)


def _covered_lines(report: Report, lang: int) -> List[str]:
    lines = ["%s: %s" % (LABELS["covered"][lang], "" if report.covered else LABELS["none"][lang])]
    for one in report.covered:
        role, client = one["role"], one["client"]
        if lang == ZH:
            role, client = ROLE_WORDS[role], CLIENT_WORDS[client]
        lines.append("  %s  %s  %s  %s" % (one["id"], role, client, one["key"][:16]))
    return lines


def _check_line(one: Outcome, lang: int) -> str:
    count = "%d" % one.items if not one.failed else "%d/%d" % (one.failed, one.items)
    sentence = (one.check.zh, one.check.en)[lang]
    word = OUTCOME_WORDS[one.outcome][lang]
    return "  %s %-5s %s  [%s %s, %d ms]  %s" % (
        one.check.id, one.check.section, word, count, LABELS["items"][lang], one.milliseconds, sentence,
    )  # fmt: skip


def _draw_lines(report: Report, lang: int) -> List[str]:
    if not report.draws:
        return []
    lines = ["", LABELS["pairs"][lang]]
    for row in report.draws:
        pairs = " ".join("%d:%d" % (c, number) for c, number in enumerate(row["pairs"]) if number)
        m, limit = len(row["pairs"]) - 1, row["overlap_limit"] or "-"
        lines.append("  %s  M=%d  c:n = %s  | %d < %s" % (row["draw"], m, pairs or "-", row["overlap"], limit))
    return lines


# --- evidence of a fork -------------------------------------------------------------------------------------------


def fork_as_json(verdict: fork.Verdict) -> str:
    """V9, as one canonical object."""
    value = {
        "exit": verdict.exit,
        "origin": verdict.origin,
        "proven": verdict.exit == fork.EXIT_PROVEN,
        "reason": _clean(verdict.reason),
        "sizes": verdict.sizes,
    }
    return canonical.encode(value).decode("utf-8")


def fork_as_text(verdict: fork.Verdict, language: str) -> str:
    lang = EN if language == "en" else ZH
    lines = [*FORK_HEADLINES[verdict.exit], "  " + _clean(verdict.reason)]
    if verdict.sizes:
        sizes = ", ".join("%d" % size for size in verdict.sizes)
        lines += ["", "%s: %s" % (LABELS["origin"][lang], verdict.origin), "%s: %s" % (LABELS["sizes"][lang], sizes)]
    lines += ["", "%s: %s" % (LABELS["code"][lang], code_digest())]
    return "\n".join(lines) + "\n"
