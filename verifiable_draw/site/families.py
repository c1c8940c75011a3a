"""What stands in a session's folder for families: envelopes, and the record's files with their proofs (R13-R15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.canonical import VERSION, decode, encode
from ledger.checkpoint import parse_checkpoint
from ledger.merkle import inclusion_proof
from ledger.note import Note
from ledger.policy import Policy
from ledger.proof import EntryProof
from verifiable_draw import envelopes, verifier_page
from verifiable_draw.allocation.groups_file import parse_result
from verifiable_draw.replay import Session
from verifiable_draw.room import Room
from verifiable_draw.slip_codes import FROZEN, RESULT
from verifiable_draw.slip_sheets import PAGE
from verifiable_draw.witnessing import policy_file

Files = Iterator[tuple[str, bytes]]
NONE = -1


@dataclass(frozen=True, slots=True)
class Steps:
    """Where a session's entries stand: plan, last freeze of every draw, header, result (−1: not yet)."""

    plan: int
    frozen: Mapping[str, int]
    header: int
    result: int

    def all(self) -> list[int]:
        """Numbers of all entries that a family's page proves."""
        return sorted({self.plan, *self.frozen.values(), self.header, self.result} - {NONE})


@dataclass(frozen=True, slots=True)
class Prover:
    """The ledger's tree and its notes, read once: proofs of entries for readers (L16).

    The first note that satisfies the policy is taken, so a proof stays the same while the ledger grows; the last note
    where none does yet.
    """

    room: Room
    notes: tuple[tuple[int, Note, bool], ...]

    @classmethod
    def of(cls, room: Room) -> Prover:
        """Read the notes that the operator's key in force has signed."""
        key = room.view.keys["operator", "operator"]
        found = []
        for note in room.store.notes():
            size = parse_checkpoint(note.text).size
            if room.view.ring.operator_at(size) == key:
                found.append((size, note, _satisfied(room.view.ring.policy, note)))
        return cls(room, tuple(found))

    def note(self, seq: int) -> Note:
        """The note that an entry is proven by."""
        after = [row for row in self.notes if row[0] > seq]
        return next((note for _size, note, good in after if good), after[-1][1])

    def satisfied(self, seq: int) -> bool:
        """Whether a note that the policy is content with proves an entry; families' pages show nothing else (R15)."""
        return any(size > seq and good for size, _note, good in self.notes)

    def proof(self, seq: int) -> EntryProof:
        """Prove one entry."""
        note = self.note(seq)
        hashes = inclusion_proof(self.room.store.nodes, seq, parse_checkpoint(note.text).size)
        return EntryProof(seq, tuple(hashes), note)


def _satisfied(policy: Policy | None, note: Note) -> bool:
    return policy is None or policy.satisfied_by(policy.cosigned(note))


def session_files(room: Room, session: Session, steps: Steps, prover: Prover) -> Files:
    """Every file of R15 of a session whose plan is published."""
    yield PAGE, verifier_page.build(page=verifier_page.FAMILY)
    yield "plan.json", session.plan.data
    if session.published is not None:
        yield "header.json", room.file(session, "header.json")
    yield "policy", policy_file(room)
    for draw in steps.frozen:
        yield f"draws/{draw}/units.json", room.file(session, f"draws/{draw}/units.json")
        if session.published is not None:
            yield f"draws/{draw}/result.json", room.file(session, f"draws/{draw}/result.json")
    for seq in steps.all():
        yield f"proofs/{seq}.json", next(room.store.read(seq, seq + 1))
        yield f"proofs/{seq}.tlog-proof", str(prover.proof(seq)).encode()
    for phase in (FROZEN, RESULT) if session.published is not None else (FROZEN,):
        for draw in steps.frozen:
            yield f"envelopes/{phase}/{draw}.json", envelopes.shelf(_envelopes(room, session, draw, phase))
    yield (
        "slips.json",
        encode(
            {
                "aborted": bool(session.aborted),
                "annulled": sorted(session.annulled),
                "draws": [{"draw": draw, "frozen": seq} for draw, seq in steps.frozen.items()],
                "header": steps.header,
                "plan": steps.plan,
                "result": steps.result if session.published is not None else NONE,
                "session": session.id,
                "version": VERSION,
            }
        ),
    )


def _envelopes(room: Room, session: Session, draw: str, phase: str) -> Iterator[tuple[bytes, bytes]]:
    """Address and envelope of everybody in a draw that was frozen."""
    root = str((session.draws[draw].frozen or {})["roster_root"])
    sealed: Any = decode(room.private.sealed(root))
    classes = parse_result(room.file(session, f"draws/{draw}/result.json")) if phase == RESULT else ()
    places = envelopes.places(draw, sealed["units"], classes)
    for unit, row in zip(room.private.holders(root), places, strict=True):
        for (_student, slip), place in zip(unit, row, strict=True):
            yield envelopes.seal(slip, phase, place)
