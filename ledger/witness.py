"""The C2SP tlog-witness protocol, both sides, without a network (spec/ledger.md L18).

`judge` is the witness: what it answers to a request, given the checkpoint it last cosigned. `obtain` is the ledger:
how it gets its checkpoint cosigned, given a function that carries a request there and an answer back.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ledger.checkpoint import SIZE, Checkpoint, check_cosignature, open_checkpoint, parse_checkpoint
from ledger.fork import Fork, find
from ledger.merkle import Nodes, ProofError, consistency_proof, tree_root, verify_consistency
from ledger.note import Note, NoteError, SignatureLine, VerifierKey, b64_strict, parse_note

MAX_PROOF = 63
MAX_REQUEST = 1 << 20
SIZE_TYPE = "text/x.tlog.size"
PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """Body of an `add-checkpoint` request."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    def encode(self) -> bytes:
        """The body as it is sent, or carried on a stick."""
        lines = [f"old {self.old}", *(base64.b64encode(item).decode() for item in self.proof)]
        return ("\n".join(lines) + f"\n\n{self.note}").encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and content type of a witness's answer."""

    status: int
    body: bytes
    type: str = PLAIN


def parse_request(body: bytes) -> Request:
    """Read a request strictly; raises NoteError."""
    try:
        head, separator, rest = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise NoteError("request is not UTF-8") from error
    lines = head.split("\n")
    word, _, size = lines[0].partition(" ")
    if not separator or word != "old" or not SIZE.fullmatch(size) or len(lines) > 1 + MAX_PROOF:
        raise NoteError(f"not an old size and at most {MAX_PROOF} hashes")
    proof = tuple(b64_strict(line) for line in lines[1:])
    if any(len(item) != 32 for item in proof):
        raise NoteError("a hash of the proof is not 32 bytes")
    return Request(int(size), proof, parse_note(rest))


def origin_hash(origin: str) -> str:
    """Path element under which a witness shows the checkpoint it last cosigned for a ledger."""
    return hashlib.sha256(origin.encode()).hexdigest()


# The witness


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a witness answers if it does not cosign; `evidence`: a checkpoint by the ledger's key, worth keeping."""

    answer: Answer
    evidence: Checkpoint | None = None


def judge(  # noqa: PLR0911 - one return an answer of L18
    request: Request, logs: Mapping[str, Sequence[bytes]], last: Callable[[str], Checkpoint | None]
) -> Checkpoint | Refusal:
    """The checkpoint to cosign, or the refusal, in the order of L18. `logs`: origin -> keys; `last`: by origin."""
    try:
        claimed = parse_checkpoint(request.note.text)
    except NoteError as error:
        return Refusal(_text(400, str(error)))
    if request.old > claimed.size:
        return Refusal(_text(400, "old size is larger than the checkpoint's"))
    if claimed.origin not in logs:
        return Refusal(_text(404, "unknown origin"))
    try:
        checkpoint = open_checkpoint(request.note, claimed.origin, *logs[claimed.origin])
    except NoteError as error:
        return Refusal(_text(403, str(error)))
    known = last(checkpoint.origin) or Checkpoint(checkpoint.origin, 0, tree_root(_nothing, 0))
    if request.old != known.size:
        return Refusal(Answer(409, f"{known.size}\n".encode(), SIZE_TYPE))
    try:
        verify_consistency(known.size, known.root, checkpoint.size, checkpoint.root, request.proof)
    except ProofError as error:
        # A wrong proof for what was cosigned already contradicts nothing.
        return Refusal(_text(422, str(error)), None if checkpoint == known else checkpoint)
    return checkpoint


def _nothing(level: int, index: int) -> bytes:
    raise AssertionError(level, index)


def _text(status: int, sentence: str) -> Answer:
    return Answer(status, f"{sentence}\n".encode())


# The ledger


class WitnessError(Exception):
    """A witness that gave no cosignature: unreachable, not configured for this ledger, or not following the rules."""


class WitnessAheadError(WitnessError):
    """The witness has cosigned more than this ledger holds: entries were lost (L22). `note` is signed by us."""

    def __init__(self, note: Note, size: int) -> None:
        self.note = note
        self.size = size
        super().__init__(f"the witness has cosigned {size} entries")


class ForkFoundError(WitnessError):
    """The witness holds a checkpoint of this ledger that does not extend to ours: two histories, with the evidence."""

    def __init__(self, fork: Fork) -> None:
        self.fork = fork
        super().__init__("the witness holds another history of this ledger")


# The ledger's key that signs checkpoints of a size (L9).
LogKey = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Transport:
    """How a witness is reached: `submit` sends a request's body, `latest` fetches the note it last cosigned or None."""

    submit: Callable[[bytes], Answer]
    latest: Callable[[], str | None]


def make_request(note: Note, nodes: Nodes, old: int) -> Request:
    """The request for a checkpoint of ours, for a witness that last cosigned the first `old` entries."""
    size = parse_checkpoint(note.text).size
    return Request(old, tuple(consistency_proof(nodes, old, size)), note)


def obtain(
    note: Note, nodes: Nodes, old: int, keys: Sequence[VerifierKey], log: LogKey, transport: Transport
) -> list[SignatureLine]:
    """Get a checkpoint of ours cosigned; raises WitnessError or one of its kinds.

    `old`: size of the checkpoint we believe the witness cosigned last; `keys`: the witness's; `log`: the ledger's own
    key at a size.
    """
    size = parse_checkpoint(note.text).size
    answer = transport.submit(make_request(note, nodes, old).encode())
    if answer.status == 409:  # it knows another size: catch up, once
        stated = answer.body.decode("utf-8", "replace").removesuffix("\n")
        if not SIZE.fullmatch(stated):
            raise WitnessError(f"the witness answers 409 without a size: {_printable(stated)}")
        if int(stated) > size:
            raise _contradicted(note, nodes, log, transport)
        if int(stated) != old:
            old = int(stated)
            answer = transport.submit(make_request(note, nodes, old).encode())
    # 409 for the size we named: witnesses of version 1.0 say so if they have another root of that size.
    if answer.status in (409, 422):
        raise _contradicted(note, nodes, log, transport)
    if answer.status != 200:
        said = _printable(answer.body[:200].decode("utf-8", "replace"))
        raise WitnessError(f"the witness answers {answer.status}: {said}")
    return read_lines(answer.body, note, keys)


def _printable(said: str) -> str:
    """What a stranger said, fit for a terminal."""
    return "".join(c if c.isprintable() else " " for c in said[:200]).strip()


def read_lines(body: bytes, note: Note, keys: Sequence[VerifierKey]) -> list[SignatureLine]:
    """The valid cosignatures of a note among lines a witness gave; others are ignored, bad ones raise WitnessError."""
    known = {(key.name, key.id): key for key in keys}
    found = []
    try:
        for line in parse_note(f"x\n\n{body.decode()}").lines:
            key = known.get((line.name, line.data[:4]))
            if key is not None:
                check_cosignature(line, note.text, key)
                found.append(line)
    except (NoteError, UnicodeDecodeError) as error:
        raise WitnessError(f"not cosignature lines: {error}") from error
    if not found:
        raise WitnessError("no cosignature by a key of the policy")
    return found


def _contradicted(note: Note, nodes: Nodes, log: LogKey, transport: Transport) -> WitnessError:
    """What a refusal means: compare the witness's checkpoint with our own tree."""
    ours = parse_checkpoint(note.text)
    latest = transport.latest()
    if latest is None:
        return WitnessError("the witness refuses our proof and does not show what it cosigned")
    try:
        theirs = parse_note(latest)
        stated = parse_checkpoint(theirs.text)
        # A note by a key that was not in force at its size shows misuse of that key, not another history (L19).
        checkpoint = open_checkpoint(theirs, ours.origin, log(stated.size))
    except NoteError as error:
        return WitnessError(f"the witness refuses, and shows a note that the key in force did not sign: {error}")
    if checkpoint.size > ours.size:
        return WitnessAheadError(theirs.alone(), checkpoint.size)
    fork = find(theirs, note, nodes)
    return ForkFoundError(fork) if fork else WitnessError("the witness refuses a proof that extends its checkpoint")
