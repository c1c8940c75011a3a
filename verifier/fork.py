"""Evidence that a ledger's operator signed two histories that cannot both be (L19, V9)."""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from . import canonical, ledger, schema, shapes

EXIT_PROVEN, EXIT_NOT_PROVEN, EXIT_UNUSABLE = 0, 1, 2


class ForkError(ValueError):
    """Evidence that cannot be read."""


class Verdict(NamedTuple):
    exit: int
    origin: str
    sizes: List[int]
    reason: str


class Evidence(NamedTuple):
    first: ledger.Note
    second: ledger.Note
    root: bytes  # of the second history, at the first size
    proof: List[bytes]


def parse(data: bytes) -> Evidence:
    """Evidence in strict form. ForkError if it is not."""
    try:
        value = canonical.decode(data)
        shapes.check_shape(value, schema.FORK, "fork")
        notes = [ledger.parse_note("".join(line + "\n" for line in lines).encode()) for lines in value["notes"]]
    except (canonical.EncodingError, shapes.ShapeError, ledger.NoteError) as error:
        raise ForkError("the evidence cannot be read: %s" % error) from None
    return Evidence(notes[0], notes[1], bytes.fromhex(value["root"]), [bytes.fromhex(one) for one in value["proof"]])


def judge(data: bytes, keys: Sequence[bytes], origin: Optional[str] = None) -> Verdict:
    """Whether the evidence proves a fork of the ledger with these operator keys. ForkError if it cannot be read."""
    found = parse(data)
    problem = next((text for kept, text in _rules(found, keys, origin) if not kept), "")
    sizes = [found.first.size, found.second.size]
    if problem:
        return Verdict(EXIT_NOT_PROVEN, found.first.origin, sizes, problem)
    return Verdict(EXIT_PROVEN, found.first.origin, sizes, "two signed histories that cannot both be")


def _rules(found: Evidence, keys: Sequence[bytes], origin: Optional[str]) -> Iterator[Tuple[bool, str]]:
    """What evidence must keep to prove a fork, as (kept, problem)."""
    first, second = found.first, found.second
    yield origin in (None, first.origin), "the notes are of another origin than the trust file's"
    yield first.origin == second.origin, "the notes are of two origins"
    for name, note in (("first", first), ("second", second)):
        signed = any(ledger.is_signed_by_ledger(note, note.origin, key) for key in keys)
        yield signed, "the %s note is not signed by the ledger's key" % name
    yield 1 <= first.size <= second.size, "the sizes of the notes do not ascend from 1"
    leads = ledger.is_consistent(first.size, found.root, second.size, second.root, found.proof)
    yield leads, "the proof does not lead from the stated root to the second note"
    yield found.root != first.root, "the second history extends the first"
