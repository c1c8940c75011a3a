"""How the forms of the year are read: every wrong field named at once, and nothing lost that was typed or chosen.

A browser forgets the files of a form that comes back, so they are held with the login until the form is through.
Keys and passphrases are not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from starlette.datastructures import UploadFile

from verifiable_draw.texts import text
from verifiable_draw.web.console import Action, Sheet
from verifiable_draw.web.login import Filled
from verifiable_draw.web.plan_form import FormError
from verifiable_draw.web.rules_form import Said, words

SECRET = ("key", "passphrase")
HELD = 12
"""Forms that a login keeps; the oldest goes first."""
LONGEST_NUMBER = 6


@dataclass(slots=True)
class Form:
    """A form as it came: fields, files, and every problem met in reading it."""

    sheet: Sheet
    filled: Filled
    problems: list[Said] = field(default_factory=list)

    @classmethod
    async def of(cls, sheet: Sheet, before: Filled | None) -> Form:
        """Read a form; where no file was chosen, the one that was chosen at the try before stands."""
        texts, files = {}, dict(before.files) if before else {}
        for name, value in sheet.form.multi_items():
            if isinstance(value, UploadFile):
                if value.filename and name not in SECRET:
                    files[name] = (Path(value.filename.replace("\\", "/")).name, await value.read())
            elif name not in ("form", "page", *SECRET):
                texts[name] = value.strip()
        return cls(sheet, Filled(texts, files))

    def given(self, name: str) -> str:
        """A field as it was typed."""
        return self.filled.fields.get(name, "")

    def bad(self, label: str, key: str, /, **values: object) -> None:
        """Keep a problem of the field that the text `label` names."""
        name, row = text(label), text(key, **values)
        self.problems.append((f"“{name.zh}”{row.zh}", f"'{name.en}' {row.en}"))

    def whole(self, name: str, low: int, high: int, label: str) -> int:
        """A whole number."""
        given = self.given(name)
        if given.isascii() and given.isdigit() and len(given) <= LONGEST_NUMBER and low <= int(given) <= high:
            return int(given)
        self.bad(label, "form.whole", low=low, high=high)
        return low

    def words(self, name: str, label: str, least: int, most: int) -> str:
        """A text of so many characters."""
        given = self.given(name)
        if not least <= len(given) <= most:
            self.bad(label, "form.words", least=least, most=most)
        return given

    def one_of(self, name: str, known: Sequence[str], label: str) -> str:
        """One of a list."""
        given = self.given(name)
        if given not in known:
            self.bad(label, "form.choose")
        return given

    def day(self, name: str, label: str) -> date:
        """A date."""
        return self._day(self.given(name), label)

    def days(self, name: str, label: str) -> list[date]:
        """Any number of dates, with anything between them that people write there."""
        return [self._day(one, label) for one in words(self.given(name))]

    def _day(self, given: str, label: str) -> date:
        try:
            return date.fromisoformat(given)
        except ValueError:
            self.bad(label, "form.day", given=given)
            return date.min

    def file(self, name: str, label: str) -> tuple[str, bytes]:
        """Name and bytes of a file."""
        found = self.filled.files.get(name)
        if found is None or not found[1]:
            self.bad(label, "form.file")
            return "", b""
        return found

    def check(self) -> None:
        """FormError with all problems, if there are any."""
        if self.problems:
            raise FormError(self.problems)


def keeping(name: str, act: Callable[[Form], Awaitable[str]]) -> Action:
    """An action whose form is kept as it was filled until it has gone through.

    A page can have one form several times: `of` in it says what each is about.
    """

    async def action(sheet: Sheet) -> str:
        held, which = sheet.login.filled, key_of(name, sheet.field("of"))
        form = await Form.of(sheet, held.pop(which, None))
        held[which] = form.filled
        while len(held) > HELD:
            del held[next(iter(held))]
        goes_to = await act(form)
        held.pop(which, None)
        return goes_to

    return action


def key_of(name: str, of: str) -> str:
    """Under what a login keeps a form."""
    return f"{name} {of}"


class Before:
    """What a page shows in its forms of the try before."""

    def __init__(self, held: Mapping[str, Filled]) -> None:
        self.held = held

    def value(self, name: str, field_: str, default: object = "", of: str = "") -> str:
        """A field as it was typed, else the default."""
        filled = self.held.get(key_of(name, of))
        return str(default) if filled is None else filled.fields.get(field_, "")

    def file(self, name: str, field_: str, of: str = "") -> str:
        """Name of the file that was chosen; "" if there is none."""
        filled = self.held.get(key_of(name, of))
        return filled.files[field_][0] if filled and field_ in filled.files else ""

    def any(self, name: str, of: str = "") -> bool:
        """Whether the form came back."""
        return key_of(name, of) in self.held
