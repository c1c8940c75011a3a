"""Append, sign, remember, store, send: killed at any write, and taken up again, the ledger comes out the same (L18)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import verifiable_draw.mark
from ledger.store import Store
from ledger.witness_store import WitnessStore
from tests.ledger.stories import ask, make_witness, policy, with_witness
from tests.ledger.test_keys import confirmation
from tests.simulator import Simulator
from verifiable_draw import conduct, custody, witnessing
from verifiable_draw.witness_server import Witness


class Killed(BaseException):
    """The program ends here."""


class Kill:
    """Counts durable writes; at the one that is named the program ends, before it or right after it."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.seen = at, after, 0

    def around(self, work: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object, **named: object) -> object:
            self.seen += 1
            mine = self.seen == self.at
            if mine and not self.after:
                raise Killed
            done = work(*arguments, **named)
            if mine:
                raise Killed
            return done

        return counted


@contextlib.contextmanager
def killing(kill: Kill) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (
            (Store, "_insert"),
            (Store, "_insert_note"),
            (Store, "add_cosignature"),
            (WitnessStore, "add"),
            (verifiable_draw.mark, "write_durable"),
        ):
            patch.setattr(owner, name, kill.around(getattr(owner, name)))
        yield


def everything(story: Simulator) -> tuple[list[bytes], list[str], str]:
    """Entries, the ledger's own lines of all notes, and where the memory stands."""
    notes = [str(note.alone()) for note in story.room.store.notes()]
    (mark,) = (story.folder / "state").glob("*.note")
    return list(story.room.store.read()), notes, mark.read_text()


def steps(story: Simulator) -> list[Callable[[], object]]:
    """Each looks at where the ledger stands and does what is missing, as the clerk does who runs a command again."""
    witness = make_witness(story.folder / "witness", story)
    approver = story.keys["approver"]
    view = lambda: story.room.view  # noqa: E731 - it changes when the room is opened anew

    def name_witness() -> None:
        if view().ring.policy is None:
            witnessing.publish_policy(story.room, policy(witness.vkeys[0], url="http://witness.invalid"), approver)

    def add_school() -> None:
        if ("school", "9910000009") not in view().keys:
            conduct.add_key(story.room, "9910000009", story.key("9910000009", "school").public, approver)

    def witnessed() -> None:
        ask(story, witness)

    return [name_witness, witnessed, add_school, story.plan_once, witnessed]  # type: ignore[attr-defined]


def run(folder: Path, kill: Kill) -> tuple[int, tuple[list[bytes], list[str], str]]:
    """The whole story; killed once, opened anew and gone on with. Returns the number of writes, and what came out."""
    story = Simulator(folder)
    story.found()
    story.plan_once = lambda: story.plan() if "s1" not in story.room.view.sessions else None  # type: ignore[attr-defined]
    todo = steps(story)
    with killing(kill):
        for step in todo:
            try:
                step()
            except Killed:
                story.reopen()
                assert not story.room.held
                step()
    story.room.checkpoint()
    out = everything(story)
    cosigned = story.room.store.note()
    assert cosigned is not None
    assert len(cosigned.lines) == 2  # the witness's line is there, however it came
    story.room.close()
    return kill.seen, out


def test_killed_at_every_write(tmp_path: Path) -> None:
    writes, goal = run(tmp_path / "whole", Kill(0, after=False))
    assert writes > 10
    for at in range(1, writes + 1):
        for after in (False, True):
            _seen, out = run(tmp_path / f"{at}-{after}", Kill(at, after=after))
            assert out == goal, (at, after)


def replace(story: Simulator) -> None:
    if len(story.room.view.ring.operators) == 1:
        (story.folder / "bureau" / "keys" / "operator.key").unlink(missing_ok=True)
        story.reopen()
        new = custody.next_key(story.room, "operator", lambda _path: "")
        signers = story.keys["approver"], story.keys["recovery"]
        custody.replace(story.room, signers, new, "U 盘遗失", story.folder / "decision.pdf")


def confirm(story: Simulator, witness: Witness) -> None:
    witness.add_log(str(witnessing.log_vkey(story.room)))
    if story.room.view.ring.unconfirmed:
        story.room.checkpoint()
        custody.confirm(story.room, confirmation(story, witness))


def replaced(folder: Path, kill: Kill) -> int:
    """A lost key is replaced, killed once; returns the number of writes."""
    story = Simulator(folder)
    witness = with_witness(story)
    (story.folder / "decision.pdf").write_bytes(b"decision")
    with killing(kill):
        for step in (lambda: replace(story), lambda: confirm(story, witness)):
            try:
                step()
            except Killed:
                story.reopen()
                step()
    ring = story.room.view.ring
    assert not ring.unconfirmed
    assert len(ring.operators) == 2
    assert story.room.key("operator").public == ring.operator_keys[-1]
    conduct.add_key(story.room, "9910000009", story.key("9910000009", "school").public, story.keys["approver"])
    story.room.close()
    return kill.seen


def test_replacement_killed_at_every_write(tmp_path: Path) -> None:
    """A lost key is replaced wherever the program ends on the way."""
    writes = replaced(tmp_path / "whole", Kill(0, after=False))
    for at in range(1, writes + 1):
        for after in (False, True):
            replaced(tmp_path / f"{at}-{after}", Kill(at, after=after))


