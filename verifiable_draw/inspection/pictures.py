"""Charts of the inspection's paper, as SVG: readable without colour, numbers beside every bar, nothing outside itself.

Every picture carries its own patterns and fonts: the maker of PDFs looks neither into other pictures nor into the page.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH = 640
LABEL = 190  # for the names at the left
ROW = 26
FONT = "Noto Sans CJK SC, Microsoft YaHei, SimHei, PingFang SC, sans-serif"
FILLS = ("#dce8f4", "url(#{name}-lines)", "#1f3a57")
"""Of three parts, the lightest first: plain, hatched, dark."""
_PATTERN = (
    '<defs><pattern id="{name}-lines" width="7" height="7" patternUnits="userSpaceOnUse">'
    '<rect width="7" height="7" fill="#fff"/><path d="M0 7L7 0" stroke="#1f3a57" stroke-width="1.3"/></pattern></defs>'
)
_DIGIT = 8  # pixels


def stacked(name: str, title: str, parts: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]]) -> Markup:
    """Bars of up to three parts side by side, all as long as their sum; `name` is the picture's own in the page."""
    most = max((sum(counts) for _label, counts in rows), default=0) or 1
    wide = WIDTH - LABEL - 40
    out = [_open(name, title, 30 + ROW * len(rows))]
    for place, part in enumerate(parts):
        x = LABEL + place * wide // len(parts)
        out.append(f'<rect x="{x}" y="4" width="20" height="13" fill="{_fill(name, place)}" stroke="#333"/>')
        out.append(_text(x + 26, 15, part))
    for row, (label, counts) in enumerate(rows):
        y, x = 28 + row * ROW, LABEL
        out.append(_text(LABEL - 8, y + 15, label, "end"))
        for place, count in enumerate(counts):
            long = wide * count // most
            if count:
                box = f'x="{x}" y="{y}" width="{max(long, 2)}" height="{ROW - 6}"'
                out.append(f'<rect {box} fill="{_fill(name, place)}" stroke="#333"/>')
            if count and long >= _DIGIT * len(str(count)) + 10:
                out.append(_plate(x + long // 2, y + 15, count))
            x += long
        out.append(_text(x + 6, y + 15, str(sum(counts))))
    return _close(out)


def lengths(name: str, title: str, rows: Sequence[tuple[str, int, str]]) -> Markup:
    """Durations as bars on one scale: label, seconds, the same in words."""
    most = max((seconds for _label, seconds, _words in rows), default=0) or 1
    wide = WIDTH - LABEL - 130
    out = [_open(name, title, 4 + ROW * len(rows))]
    for row, (label, seconds, words) in enumerate(rows):
        y, long = 2 + row * ROW, max(2, wide * seconds // most)
        out.append(_text(LABEL - 8, y + 15, label, "end"))
        out.append(f'<rect x="{LABEL}" y="{y}" width="{long}" height="{ROW - 6}" fill="{FILLS[0]}" stroke="#333"/>')
        out.append(_text(LABEL + long + 6, y + 15, words))
    return _close(out)


def columns(name: str, title: str, rows: Sequence[tuple[str, int, str]]) -> Markup:
    """One number over the years: label, value, the value as it is written above its column."""
    step, high, width = 64, 84, max(64 * len(rows), 128)
    most = max((value for _label, value, _words in rows), default=0) or 1
    out = [_open(name, title, high + 44, width)]
    out.append(f'<path d="M0 {high + 22}H{width}" stroke="#333"/>')
    for place, (label, value, words) in enumerate(rows):
        x, tall = place * step + 14, high * value // most
        last = place == len(rows) - 1
        fill = FILLS[2] if last else FILLS[0]
        if value:
            box = f'x="{x}" y="{high + 22 - max(tall, 2)}" width="{step - 28}" height="{max(tall, 2)}"'
            out.append(f'<rect {box} fill="{fill}" stroke="#333"/>')
        out.append(_text(x + (step - 28) // 2, high + 16 - tall, words, "middle"))
        out.append(_text(x + (step - 28) // 2, high + 38, label, "middle"))
    return _close(out)


def _open(name: str, title: str, height: int, width: int = WIDTH) -> str:
    head = f'<svg class="chart" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"'
    return f'{head} aria-label="{escape(title)}" font-family="{FONT}" font-size="13">{_PATTERN.format(name=name)}'


def _close(out: Sequence[str]) -> Markup:
    return Markup("".join([*out, "</svg>"]))  # noqa: S704 - every text in it is escaped


def _fill(name: str, place: int) -> str:
    return FILLS[place].format(name=name)


def _text(x: int, y: int, words: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def _plate(x: int, y: int, number: int) -> str:
    """A number on a plate, so that no pattern hides it."""
    wide = _DIGIT * len(str(number)) + 6
    return f'<rect x="{x - wide // 2}" y="{y - 12}" width="{wide}" height="15" rx="3" fill="#fff"/>' + _text(
        x, y, str(number), "middle"
    )
