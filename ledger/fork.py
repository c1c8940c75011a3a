"""Evidence that a ledger showed two histories: two of its notes that no tree can both have (spec/ledger.md L19)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.canonical import VERSION, EncodingError, decode, encode, unhex
from ledger.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.merkle import Nodes, ProofError, consistency_proof, tree_root, verify_consistency
from ledger.note import Note, parse_note


@dataclass(frozen=True, slots=True)
class Fork:
    """Two notes, sizes ascending; the root of the second history at the first size, and its consistency proof."""

    first: Note
    second: Note
    root: bytes
    proof: tuple[bytes, ...]

    def encode(self) -> bytes:
        """The evidence as a file."""
        notes = [str(note)[:-1].split("\n") for note in (self.first, self.second)]
        proof = [item.hex() for item in self.proof]
        return encode({"notes": notes, "proof": proof, "root": self.root.hex(), "version": VERSION})


def parse_fork(data: bytes) -> Fork:
    """Read evidence strictly; raises EncodingError or NoteError."""
    value: Any = decode(data)
    if not isinstance(value, dict) or set(value) != {"notes", "proof", "root", "version"}:
        raise EncodingError("not evidence of a fork (L19)")
    notes, proof = value["notes"], value["proof"]
    good = (
        value["version"] == VERSION
        and isinstance(notes, list)
        and len(notes) == 2
        and all(isinstance(note, list) and all(isinstance(line, str) for line in note) for note in notes)
        and isinstance(proof, list)
    )
    if not good:
        raise EncodingError("not two notes and a proof (L19)")
    first, second = (parse_note("\n".join(lines) + "\n") for lines in notes)
    return Fork(first, second, unhex(value["root"], 32), tuple(unhex(item, 32) for item in proof))


def prove(fork: Fork, origin: str, *keys: bytes) -> tuple[Checkpoint, Checkpoint]:
    """The two checkpoints, if the evidence proves a fork of the ledger with `keys`; ProofError or NoteError if not."""
    first, second = (open_checkpoint(note, origin, *keys) for note in (fork.first, fork.second))
    if not 1 <= first.size <= second.size:
        raise ProofError("sizes do not ascend from 1 (L19)")
    if fork.root == first.root:
        raise ProofError("the two checkpoints do not contradict each other (L19)")
    verify_consistency(first.size, fork.root, second.size, second.root, fork.proof)
    return first, second


def find(note: Note, other: Note, nodes: Nodes) -> Fork | None:
    """Evidence from two signed notes and the tree of `other`, which is not smaller; None if one extends the other."""
    first, second = parse_checkpoint(note.text), parse_checkpoint(other.text)
    if not 1 <= first.size <= second.size:
        raise ProofError("the tree at hand is that of the smaller checkpoint")
    root = tree_root(nodes, first.size)
    if root == first.root:
        return None
    # Other lines prove nothing here, and anybody could have added them.
    return Fork(note.alone(), other.alone(), root, tuple(consistency_proof(nodes, first.size, second.size)))


