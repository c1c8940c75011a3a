"""The report as an HTML page that prints on one sheet of A4 and can be signed (V4). No script, nothing fetched."""

from __future__ import annotations

from html import escape
from typing import Iterable, List

from . import engine, text, words
from .engine import Outcome
from .report import Report, clean
from .words import EN, LABELS, ZH, Words

MARKS = {
    engine.PASS: "✓",
    engine.FAIL: "✗",
    engine.CANNOT: "?",
    engine.NOT_APPLICABLE: "–",
}
STYLE = """
:root { font-family: "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; color: #1b1b1b; }
body { max-width: 60rem; margin: 1.5rem auto; padding: 0 1rem; line-height: 1.45; }
h1 { font-size: 1.1rem; font-weight: 600; margin: 0; color: #444; }
h2 { font-size: .95rem; margin: .9rem 0 .25rem; border-bottom: 1px solid #999; }
.verdict { border: 3px solid; border-radius: .5rem; padding: .6rem .9rem; margin: .5rem 0; }
.verdict { font-size: 1.5rem; font-weight: 700; }
.verdict span { display: block; font-size: .95rem; font-weight: 400; }
.exit0 { color: #0b5a2b; } .exit1 { color: #96120d; } .exit2, .exit3 { color: #5a4300; }
ul { margin: .2rem 0; padding-left: 1.2rem; }
.checks { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 0 1rem; font-size: .78rem; }
.checks div { break-inside: avoid; }
.FAIL, .CANNOT-CHECK { font-weight: 700; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; font-size: .85em; }
.people li { list-style: "\\2610\\00a0"; }
.sign { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; margin-top: 1.6rem; }
.sign div { border-top: 1px solid #1b1b1b; padding-top: .2rem; font-size: .85rem; }
.second { color: #555; font-size: .85em; }
@media print {
  @page { size: A4; margin: 10mm 12mm; }
  body { margin: 0; padding: 0; max-width: none; font-size: 8.2pt; line-height: 1.25; }
  .verdict { font-size: 13pt; padding: 2mm 3mm; margin: 1.5mm 0; } .verdict span { font-size: 8.5pt; }
  h2 { margin: 1.6mm 0 .6mm; font-size: 8.8pt; } .checks { grid-template-columns: repeat(3, 1fr); font-size: 6.5pt; }
  .sign { margin-top: 9mm; }
}
"""


def as_html(report: Report, language: str) -> str:
    lang = EN if language == "en" else ZH
    headline = words.HEADLINES[report.exit]
    parts = [
        '<!DOCTYPE html>\n<html lang="%s">\n<meta charset="utf-8">' % ("en" if lang == EN else "zh-CN"),
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>%s</title>\n<style>%s</style>" % (_both(LABELS["report"], lang, " · "), STYLE),
        "<h1>%s</h1>" % _both(LABELS["report"], lang, " · "),
        '<p class="verdict exit%d">%s<span>%s</span></p>' % (report.exit, headline[lang], headline[1 - lang]),
    ]
    if report.problem:
        parts += ["<p>%s</p>" % escape(clean(report.problem)), "<p>%s</p>" % _both(words.HINT, lang)]
    standing = text.standing(report)
    parts += _list("reasons", (_reason(one, lang) for one in standing), lang)
    if report.session:
        parts += _about(report, lang)
    for label, rows in text.tables(report, lang):
        parts += _list(label, (escape(row).replace("  ", " · ") for row in rows), lang)
    if report.outcomes:
        parts.append("<h2>%s</h2>" % _both(LABELS["checks"], lang, " · "))
        parts += ['<div class="checks">', *(_check(one, lang) for one in report.outcomes), "</div>"]
        parts.append("<h2>%s</h2>" % _both(LABELS["people"], lang, " · "))
        parts += ['<ul class="people">', *("<li>%s</li>" % _both(one, lang) for one in words.PEOPLE), "</ul>"]
    parts += ["<p>%s</p>" % "<br>".join("<code>%s</code>" % escape(line) for line in text.about_program(lang))]
    names = ("name", "organisation", "day", "signature")
    fields = "".join("<div>%s</div>" % _both(LABELS[name], lang) for name in names)
    parts.append('<div class="sign">%s</div>\n</html>\n' % fields)
    return "\n".join(parts)


def _both(pair: Words, lang: int, between: str = "") -> str:
    """Both languages, the reader's first."""
    first, second = escape(pair[lang]), escape(pair[1 - lang])
    return first + between + second if between else '%s <span class="second">%s</span>' % (first, second)


def _list(label: str, rows: Iterable[str], lang: int) -> List[str]:
    items = ["<li>%s</li>" % row for row in rows]
    return ["<h2>%s</h2>" % _both(LABELS[label], lang, " · "), "<ul>", *items, "</ul>"] if items else []


def _about(report: Report, lang: int) -> List[str]:
    return ["<p>%s</p>" % "<br>".join(escape(line) for line in text.about(report, lang))]


def _reason(one: Outcome, lang: int) -> str:
    detail = " (%s)" % escape(clean(one.detail)[:200]) if one.detail else ""
    second = escape(text.why(one, 1 - lang))
    return '<b>%s</b> %s <span class="second">%s%s</span>' % (one.check.id, escape(text.why(one, lang)), second, detail)


def _check(one: Outcome, lang: int) -> str:
    sentence = escape((one.check.zh, one.check.en)[lang])
    found = "%s %s %s" % (one.check.id, MARKS[one.outcome], words.OUTCOMES[one.outcome][lang])
    return '<div class="%s">%s — %s</div>' % (one.outcome, found, sentence)
