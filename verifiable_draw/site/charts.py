"""Pictures drawn from data, as SVG: bars of class balance, a block dealt to classes, the delay beside the window.

Readable without colour: segments have patterns and numbers, and every picture says in words what it shows.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH = 360  # as wide as a phone's screen, so nothing is shrunk there and nothing hangs over
ROW = 30
LABEL, LONGEST = 60, 150  # of the names of classes, pixels: at least, and at most before a name is squeezed
LETTER, NARROW = 15, 9  # pixels of a Chinese character, and of any other
PATTERNS = ("p0", "p1", "p2", "p3", "p4", "p5")
ROWS = 80  # pixels from a row of boxes to the next
MIDDLE = ' text-anchor="middle"'
_LIGHT = 12  # students for which a segment's number has room, in pixels per digit


def definitions() -> Markup:
    """The patterns, once a page."""
    lines = {
        "p0": '<rect width="8" height="8" fill="#1f4e79"/>',
        "p1": (
            '<rect width="8" height="8" fill="#f3f3f3"/>'
            '<path d="M0 8L8 0M-2 2L2 -2M6 10L10 6" stroke="#333" stroke-width="1.4"/>'
        ),
        "p2": '<rect width="8" height="8" fill="#bcd4ea"/>',
        "p3": '<rect width="8" height="8" fill="#fff"/><circle cx="4" cy="4" r="1.6" fill="#333"/>',
        "p4": '<rect width="8" height="8" fill="#ddd"/><path d="M0 4H8" stroke="#333" stroke-width="1.4"/>',
        "p5": '<rect width="8" height="8" fill="#fff"/><path d="M4 0V8M0 4H8" stroke="#555" stroke-width="1"/>',
    }
    made = "".join(
        f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse">{inside}</pattern>'
        for name, inside in lines.items()
    )
    return Markup(f'<svg width="0" height="0" aria-hidden="true"><defs>{made}</defs></svg>')  # noqa: S704 - our own text


def _wide(said: str) -> int:
    """Pixels that a text takes."""
    return sum(LETTER if ord(character) > 0x2E7F else NARROW for character in said)


def _text(x: int, y: int, said: str, room: int, more: str = "") -> str:
    """A text that takes no more than `room` pixels: squeezed where it would."""
    squeezed = f' textLength="{room}" lengthAdjust="spacingAndGlyphs"' if _wide(said) > room else ""
    return f'<text x="{x}" y="{y}"{more}{squeezed}>{escape(said)}</text>'


def _legend(names: Sequence[str]) -> tuple[list[str], int]:
    """Patterns and what they stand for, in as many lines as that takes; and the height."""
    out, x, line = [], 0, 0
    for place, name in enumerate(names):
        wide = min(24 + _wide(name) + 14, WIDTH)
        if x and x + wide > WIDTH:
            x, line = 0, line + 1
        y, fill = 24 * line, f"url(#{PATTERNS[place % 6]})"
        out.append(f'<rect x="{x}" y="{y + 3}" width="18" height="14" fill="{fill}" stroke="#333"/>')
        out.append(_text(x + 24, y + 15, name, WIDTH - x - 24))
        x += wide
    return out, 24 * (line + 1) + 2


def bars(title: str, classes: Sequence[str], parts: Sequence[tuple[str, Sequence[int]]]) -> Markup:
    """Horizontal bars, one a class, of parts side by side; `parts`: what a part is, and its number in every class."""
    most = max((sum(counts[i] for _name, counts in parts) for i in range(len(classes))), default=0) or 1
    said, legend = _legend([name for name, _counts in parts]) if len(parts) > 1 else ([], 0)
    beside = min(LONGEST, max((_wide(label) + 10 for label in classes), default=0))
    beside = max(LABEL, beside)
    height = legend + ROW * len(classes) + 4
    out = [f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">', *said]
    for row, label in enumerate(classes):
        y, x = legend + row * ROW, beside
        out.append(_text(0, y + 19, label, beside - 8))
        for place, (_name, counts) in enumerate(parts):
            wide = (WIDTH - beside - 44) * counts[row] // most
            if wide:
                fill = f"url(#{PATTERNS[place % 6]})"
                out.append(f'<rect x="{x}" y="{y + 3}" width="{wide}" height="{ROW - 8}" fill="{fill}" stroke="#333"/>')
                if wide >= _LIGHT * len(str(counts[row])) + 6:
                    out.append(_number(x + wide // 2, y + 19, counts[row]))
            x += wide
        total = sum(counts[row] for _name, counts in parts)
        out.append(f'<text x="{x + 6}" y="{y + 19}">{total}</text>')
    out.append("</svg>")
    return Markup("".join(out))  # noqa: S704 - every text in it is escaped


def _number(x: int, y: int, number: int) -> str:
    """A number on a plate, so that no pattern hides it."""
    wide = 9 * len(str(number)) + 6
    return (
        f'<rect x="{x - wide // 2}" y="{y - 14}" width="{wide}" height="18" rx="3" fill="#fff"/>'
        f'<text x="{x}" y="{y}" text-anchor="middle">{number}</text>'
    )


def deal(title: str, classes: Sequence[str], block: Sequence[int]) -> Markup:
    """A block's children, alike in everything, and the class that each was given: `block[i]` is 0-based."""
    k = len(block)
    step = WIDTH // max(k, 1)
    out = [f'<svg class="chart" viewBox="0 0 {WIDTH} 168" role="img" aria-label="{escape(title)}">']
    for child, number in enumerate(block):
        x, to = child * step + step // 2, number * step + step // 2
        out.append(f'<path d="M{x} 40C{x} 84 {to} 84 {to} 124" fill="none" stroke="#1f4e79" stroke-width="2"/>')
    for child in range(k):
        x = child * step + step // 2
        out.append(f'<circle cx="{x}" cy="26" r="{min(14, step // 2 - 1)}" fill="#bcd4ea" stroke="#333"/>')
        out.append(_text(x, 31, _letter(child), step, MIDDLE))
        box = f'x="{child * step + 1}" y="126" width="{step - 2}" height="34"'
        out.append(f'<rect {box} rx="5" fill="#fff" stroke="#333"/>')
        out.append(_text(x, 148, classes[child], step - 4, MIDDLE))
    out.append("</svg>")
    return Markup("".join(out))  # noqa: S704 - every text in it is escaped


def _letter(place: int) -> str:
    """甲乙丙丁 … for the first ten, then numbers."""
    stems = "甲乙丙丁戊己庚辛壬癸"
    return stems[place] if place < len(stems) else str(place + 1)


def lengths(title: str, rows: Sequence[tuple[str, int, str]]) -> Markup:
    """Times as bars on one scale: name, seconds, and the same in words. The shortest keeps a visible sliver."""
    longest = max((seconds for _name, seconds, _said in rows), default=1) or 1
    out = [f'<svg class="chart" viewBox="0 0 {WIDTH} {72 * len(rows)}" role="img" aria-label="{escape(title)}">']
    for place, (name, seconds, said) in enumerate(rows):
        y = 72 * place
        wide = max(3, (WIDTH - 4) * seconds // longest)
        out.append(_text(0, y + 17, name, WIDTH))
        out.append(_text(0, y + 37, said, WIDTH))
        fill = f"url(#p{0 if place else 1})"
        out.append(f'<rect x="1" y="{y + 44}" width="{wide}" height="18" fill="{fill}" stroke="#333"/>')
    out.append("</svg>")
    return Markup("".join(out))  # noqa: S704 - every text in it is escaped


def chain(title: str, steps: Sequence[str]) -> Markup:
    """Boxes one after the other, each leading to the next: what a proof goes through; two in a row."""
    per = 2
    wide, gap = 166, 26
    rows = -(-len(steps) // per)
    out = [f'<svg class="chart" viewBox="0 0 {WIDTH} {ROWS * rows}" role="img" aria-label="{escape(title)}">']
    for place, step in enumerate(steps):
        row, column = divmod(place, per)
        x, y = column * (wide + gap), row * ROWS
        out.append(f'<rect x="{x + 1}" y="{y + 8}" width="{wide}" height="52" rx="7" fill="#f3f7fb" stroke="#1f4e79"/>')
        for line, part in enumerate(step.split("\n")[:2]):
            out.append(_text(x + wide // 2, y + 30 + 20 * line, part, wide - 8, MIDDLE))
        if place + 1 < len(steps):
            down = f"M{WIDTH // 2} {y + 62}v14m-5 -6l5 6l5 -6"
            arrow = f"M{x + wide + 4} {y + 34}h14m-6 -5l6 5l-6 5" if column + 1 < per else down
            out.append(f'<path d="{arrow}" fill="none" stroke="#333" stroke-width="2"/>')
    out.append("</svg>")
    return Markup("".join(out))  # noqa: S704 - every text in it is escaped
