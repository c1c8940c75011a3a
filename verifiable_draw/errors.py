"""The three families of errors, and the sentences they carry.

Every error that a person can meet is made from the catalogue in `verifiable_draw.texts`: one
sentence that says what is wrong and where, one hint that says what to do, each in Chinese and English.
"""

from __future__ import annotations

from verifiable_draw.texts import Text, text


class DrawError(Exception):
    """Base of every error raised on purpose by this package.

    `key` names a row of the text catalogue, `values` fill its placeholders. No value may hold a child's
    name, identity number or attribute: error texts reach logs.
    """

    exit_code = 1

    def __init__(self, key: str, /, **values: object) -> None:
        self.key = key
        self.values = values
        self.text: Text = text(key, **values)
        super().__init__(f"{self.text.zh} / {self.text.en}")


class InternalError(DrawError):
    """A bug of ours: a state the code promises never to reach."""

    exit_code = 70


class UsageError(DrawError):
    """The caller's misuse: a step out of order, a missing file, an option that makes no sense."""

    exit_code = 2


class DataError(DrawError):
    """Somebody's bad data: a file, a message or a signature that does not hold."""

    exit_code = 1
