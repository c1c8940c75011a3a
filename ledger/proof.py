"""C2SP tlog-proof files: one entry, proven from the file, the entry's bytes and a policy alone (spec/ledger.md L16)."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from ledger.checkpoint import SIZE, Checkpoint, open_checkpoint
from ledger.merkle import ProofError, leaf_hash, verify_inclusion
from ledger.note import Note, NoteError, b64_strict, parse_note
from ledger.policy import Policy

FIRST = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class EntryProof:
    """An entry's index, inclusion proof, and the note whose root it leads to. `extra` is not authenticated."""

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes | None = None

    def __str__(self) -> str:
        """The file's text."""
        lines = [FIRST]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(item).decode() for item in self.hashes]
        return "\n".join(lines) + f"\n\n{self.note}"


def parse_entry_proof(data: str) -> EntryProof:
    """Read a proof file strictly; raises ProofError."""
    head, separator, rest = data.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines.pop(0) != FIRST:
        raise ProofError(f"not a proof file that begins with {FIRST} (L16)")
    try:
        extra = b64_strict(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
        word, _, number = lines.pop(0).partition(" ") if lines else ("", "", "")
        hashes = tuple(b64_strict(line) for line in lines)
        note = parse_note(rest)
    except NoteError as error:
        raise ProofError(f"{error} (L16)") from error
    if word != "index" or not SIZE.fullmatch(number) or any(len(item) != 32 for item in hashes):
        raise ProofError("not an index and hashes of 32 bytes (L16)")
    return EntryProof(int(number), hashes, note, extra)


def verify_entry(proof: EntryProof, entry: bytes, policy: Policy) -> Checkpoint:
    """Raise ProofError or NoteError unless the policy's ledger and witnesses vouch for `entry` at the proof's index."""
    log = policy.only_log()
    checkpoint = open_checkpoint(proof.note, log.name, *(key.key for key in policy.logs if key.name == log.name))
    policy.require(proof.note)
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return checkpoint
