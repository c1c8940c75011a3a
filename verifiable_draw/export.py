"""The ledger for any file server: C2SP tiles, entry bundles and checkpoint, and proofs of single entries (L15, L16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ledger.checkpoint import parse_checkpoint
from ledger.merkle import ProofError, inclusion_proof
from ledger.note import NoteError, parse_note
from ledger.policy import PolicyError, parse_policy
from ledger.proof import EntryProof, parse_entry_proof, verify_entry
from ledger.tiles import CHECKPOINT, WIDTH, Tile, bundle, tiles_of
from verifiable_draw.errors import DataError, InternalError, UsageError
from verifiable_draw.files import read, write_durable
from verifiable_draw.replay import View
from verifiable_draw.room import Room
from verifiable_draw.witnessing import policy_file

POLICY = "policy"
Progress = Callable[[int, int], None]


def _silent(_done: int, _all: int) -> None:
    return


@dataclass(frozen=True, slots=True)
class Exported:
    """Number of entries published, and of files written."""

    size: int
    files: int


def export(room: Room, folder: Path, progress: Progress = _silent, at: View | None = None) -> Exported:
    """Publish the ledger in a folder: what is new since the last export, or all of it.

    `at`: the ledger as it was at an earlier size, of which a signed checkpoint is there; an archive ends with it.

    Tiles never change, so what is there stays; `checkpoint` is written last, so a crash leaves tiles that nobody asks
    for yet. Partial tiles go when the full tile is there.
    """
    note = room.checkpoint() if at is None else room.store.note(at.size)
    if note is None:
        raise InternalError("export.no_checkpoint", size=at.size if at else 0)
    size = parse_checkpoint(note.text).size
    old = _published(room, folder, size)
    tiles = list(tiles_of(size, old))
    # Level 0 is read from the store once; upper levels are few.
    for done, tile in enumerate(tiles, 1):
        write_durable(folder / tile.path, _content(room, tile))
        if tile.width == WIDTH:
            _prune(folder, tile)
        if done % 256 == 0 or done == len(tiles):
            progress(done, len(tiles))
    write_durable(folder / POLICY, policy_file(room, at))
    write_durable(folder / CHECKPOINT, str(note).encode())
    return Exported(size, len(tiles) + 2)


def _published(room: Room, folder: Path, size: int) -> int:
    """Size that was published in the folder before; DataError if that is of another ledger or history."""
    path = folder / CHECKPOINT
    if not path.is_file():
        return 0
    try:
        last = parse_checkpoint(parse_note(read(path).decode()).text)
    except (NoteError, UnicodeDecodeError) as error:
        raise DataError("export.other", path=str(path)) from error
    if last.origin != room.view.origin or last.size > size or room.store.root_at(last.size) != last.root:
        raise DataError("export.other", path=str(path))
    return last.size


def _content(room: Room, tile: Tile) -> bytes:
    if tile.level < 0:
        return bundle(room.store.read(tile.start, tile.start + tile.width))
    nodes = room.store.nodes
    return b"".join(nodes(8 * tile.level, tile.start + i) for i in range(tile.width))


def _prune(folder: Path, tile: Tile) -> None:
    partial = folder / f"{tile.path}.p"
    if partial.is_dir():
        for path in partial.iterdir():
            path.unlink()
        partial.rmdir()


def prove(room: Room, seq: int) -> tuple[str, bytes]:
    """A proof file for one entry, by the last checkpoint that satisfies the policy (else the last), and its bytes."""
    if not 0 <= seq < room.store.head.size:
        raise UsageError("proof.no_entry", seq=seq, size=room.store.head.size)
    room.checkpoint()
    policy = room.view.ring.policy
    best = last = None
    for note in room.store.notes():
        if parse_checkpoint(note.text).size > seq:
            last = note
            if policy is not None and policy.satisfied_by(policy.cosigned(note)):
                best = note
    chosen = best or last
    if chosen is None:
        raise UsageError("proof.no_entry", seq=seq, size=room.store.head.size)
    hashes = inclusion_proof(room.store.nodes, seq, parse_checkpoint(chosen.text).size)
    return str(EntryProof(seq, tuple(hashes), chosen)), next(room.store.read(seq, seq + 1))


def check_proof(proof: bytes, entry: bytes, policy: bytes) -> tuple[int, int]:
    """Verify a proof file offline against an entry's bytes and a policy file; returns index and tree size."""
    try:
        parsed = parse_entry_proof(proof.decode("utf-8"))
        checkpoint = verify_entry(parsed, entry, parse_policy(policy.decode("utf-8").removesuffix("\n").split("\n")))
    except (ProofError, NoteError, PolicyError, UnicodeDecodeError) as error:
        raise DataError("proof.bad", detail=str(error)) from error
    return parsed.index, checkpoint.size
