"""A small reader of the documents' HTML: tables, headings, elements by id, and the text a person sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "meta", "wbr", "link"}
Table = list[list[str]]


@dataclass
class Page(HTMLParser):
    """One parsed document. Cells' texts have single spaces; the hashes' places to break are no spaces."""

    html: str
    tables: list[Table] = field(default_factory=list)
    by_id: dict[str, str] = field(default_factory=dict)
    tables_by_id: dict[str, Table] = field(default_factory=dict)
    headings: list[str] = field(default_factory=list)
    style: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, str, list[str]]] = []
        self.feed(self.html)
        self.close()
        assert not self._open, self._open
        assert self.html.startswith("<!doctype html>")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "br":
            self.handle_data(" ")
        if tag in VOID:
            return
        self._open.append((tag, given.get("id") or "", []))
        if tag == "table":
            self.tables.append([])
            if given.get("id"):
                self.tables_by_id[str(given["id"])] = self.tables[-1]
        if tag == "tr":
            self.tables[-1].append([])

    def handle_data(self, data: str) -> None:
        for _tag, _id, parts in self._open:
            parts.append(data)

    def handle_endtag(self, tag: str) -> None:
        opened, name, parts = self._open.pop()
        assert opened == tag, (opened, tag)
        said = " ".join("".join(parts).split())
        if name:
            self.by_id[name] = said
        if tag in ("td", "th"):
            self.tables[-1][-1].append(said)
        elif tag in ("h1", "h2", "h3"):
            self.headings.append(said)
        elif tag == "style":
            self.style = "".join(parts)
        elif tag == "body":
            self.text = said

    def table(self, first: str) -> Table:
        """Rows below the titles of the table whose first title is this."""
        return next(table[1:] for table in self.tables if table and table[0] and table[0][0] == first)


def css_strings(style: str) -> str:
    """What the style's strings say, with their escapes undone."""
    said, at = [], 0
    while at < len(style):
        if style[at] == "\\" and style[at + 1] in "0123456789ABCDEF":
            end = style.index(" ", at)
            said.append(chr(int(style[at + 1 : end], 16)))
            at = end + 1
        else:
            said.append(style[at])
            at += 1
    return "".join(said)
