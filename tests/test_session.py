"""Stories of sessions: the straight one, and everything people try that must be refused with nothing lost."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path

import chiavdf
import pytest

import verifier.classgroup
from ledger.canonical import decode, encode
from ledger.entry import Message, parse_entry
from ledger.sqlite import StoreError
from tests.conftest import outcomes
from tests.simulator import OBSERVERS, SCHOOLS, Counter, Simulator, repaired, seed_of
from verifiable_draw import ceremony, conduct, delay, record, seed
from verifiable_draw.conduct import computing
from verifiable_draw.county import generate_students
from verifiable_draw.errors import DataError, DrawError, UsageError
from verifiable_draw.files import stored_zip
from verifiable_draw.freeze import YearKey
from verifiable_draw.session_rules import delay_challenge


def refused(story: Simulator, key: str, act: Callable[[], object]) -> None:
    """`act` raises the error `key` with both sentences, and the ledger stays as it is."""
    before = story.room.store.head
    with pytest.raises(DrawError) as caught:
        act()
    assert caught.value.key == key, str(caught.value)
    assert caught.value.text.zh
    assert caught.value.text.en
    story.reopen()
    assert story.room.store.head == before


def test_straight_story_is_consistent_and_only_a_rehearsal(finished: Simulator, verify) -> None:
    code, report = verify(finished.files(), finished.trust())
    assert code == 3
    assert report["reasons"] == ["V51", "V55"]
    assert not outcomes(report, "CANNOT-CHECK")
    assert [c["id"] for c in report["covered"]] == sorted(OBSERVERS)


def test_verifier_replays_groups_and_balance_from_the_sealed_rosters(finished: Simulator, verify, tmp_path) -> None:
    paths = []
    for draw in finished.session.header.draws:
        paths += ["--sealed", str(tmp_path / f"{draw.id}.json")]
        (tmp_path / f"{draw.id}.json").write_bytes(finished.room.private.sealed(draw.frozen["roster_root"]))
    code, report = verify(finished.files(), None, *paths)
    assert code == 3
    passed = outcomes(report, "PASS")
    assert {"V70", "V71", "V72", "V73", "V74", "V75"} <= set(passed)


def test_frozen_record(story: Simulator, verify) -> None:
    story.run("header")
    code, report = verify(story.files("frozen"))
    assert code == 3
    assert "V62" in report["reasons"]
    assert not [c for c in report["checks"] if c["outcome"] == "FAIL" and c["id"] not in report["reasons"]]


def test_every_step_can_be_taken_after_a_restart(story: Simulator) -> None:
    for step in Simulator.STEPS:
        getattr(story, step)()
        story.reopen()
    assert story.session.state == "PUBLISHED"


def test_a_step_out_of_order_is_refused(story: Simulator) -> None:
    story.run("header")
    refused(story, "step.not_allowed", lambda: conduct.close_commits(story.room, "s1"))
    refused(story, "step.not_allowed", lambda: conduct.group(story.room, "s1"))
    refused(story, "step.no_session", lambda: conduct.close_commits(story.room, "s2"))


def test_bureau_commits_first(story: Simulator) -> None:
    story.run("header")
    refused(story, "commit.bureau_first", lambda: story.commit(["p1"]))


def test_second_commitment(story: Simulator) -> None:
    story.run("commit")
    device = story.devices["p1"]
    view = device.look(story.packet())
    message = device.sign(view.session("s1"), "commitment", {"commitment": "22" * 32})
    refused(story, "commit.second", lambda: story.accept([message]))


def test_device_that_lost_its_state_does_not_commit_again(story: Simulator) -> None:
    story.run("commit")
    lost = story.device(story.devices["p1"].key, ".lost")
    refused(story, "device.state_lost", lambda: lost.commit(story.packet(), "s1", "again", Counter("second")))


def test_copied_commitment(story: Simulator) -> None:
    story.run("header")
    story.commit(["b1", "p1"])
    taken = story.packet()
    thief = story.devices["p2"]
    copied = story.session.commitments["p1"]
    view = thief.look(taken)
    message = thief.sign(view.session("s1"), "commitment", {"commitment": copied})
    refused(story, "commit.copied", lambda: story.accept([message]))


def test_device_repeats_its_commitment(story: Simulator) -> None:
    story.run("header")
    taken = story.packet()
    device = story.devices["b1"]
    first = device.commit(taken, "s1", "x", Counter("1"))
    again = story.device(device.key).commit(taken, "s1", "y", Counter("2"))
    assert again.body == first.body


def test_message_of_another_session(story: Simulator) -> None:
    story.run("header")
    message = story.devices["b1"].commit(story.packet(), "s1", "", Counter("b"))
    forged = dataclasses.replace(message, body={"commitment": "00" * 32})
    refused(story, "message.bad_signature", lambda: story.accept([forged]))
    refused(story, "step.no_session", lambda: story.accept([dataclasses.replace(message, session="other")]))


def test_opening_for_another_session_counts_as_wrong(story: Simulator) -> None:
    story.run("open")
    device = story.devices["p3"]
    honest = device.reveal(story.packet(), "s1")
    body = dict(honest.body) | {"commits_closed_hash": "11" * 32}
    message = device.sign(story.session, "opening", body)
    others = [name for name in OBSERVERS if name != "p3"]
    story.reveal(others)
    story.accept([message])
    story.close_reveals()
    row = dict(
        zip(
            [o.id for o in story.session.header.observers],
            parse_entry(list(story.room.store.read())[-1]).message.body["openings"],
            strict=True,
        )
    )
    assert row["p3"] == {"contribution": "", "salt": "", "status": "wrong"}
    story.run(after="close_reveals")
    assert "p3" not in story.session.covered
    assert story.session.state == "PUBLISHED"


def test_second_opening(story: Simulator) -> None:
    story.run("open")
    story.reveal(["b1", "p1"])
    refused(story, "opening.second", lambda: story.reveal(["p1"]))


def test_late_openings(story: Simulator) -> None:
    story.run("open")
    late = story.devices["p3"].reveal(story.packet(), "s1")
    story.reveal([name for name in OBSERVERS if name != "p3"])
    story.clock.wait(2)
    refused(story, "opening.after_window", lambda: story.accept([late]))
    story.close_reveals()
    refused(story, "opening.too_late", lambda: story.accept([late]))


def test_reveals_are_not_closed_before_half_the_window(story: Simulator) -> None:
    story.run("open")
    story.reveal(["b1", "p1"])
    refused(story, "close.too_early", lambda: conduct.close_reveals(story.room, "s1"))


def test_withholding_is_named_and_does_not_stop_anyone(story: Simulator, verify) -> None:
    revealing = [name for name in OBSERVERS if name != "k1"]
    story.run("open")
    story.reveal(revealing)
    story.clock.wait(1)
    story.run(after="reveal")
    code, report = verify(story.files(), story.trust())
    assert code == 3
    assert "k1" not in [c["id"] for c in report["covered"]]
    assert "V50" not in report["reasons"]


def test_coverage_that_nobody_cosigned_in_time_is_not_proven(story: Simulator, verify) -> None:
    """The bureau closes the coverage when it likes; devices then refuse to cosign it."""
    story.run("attest_reveals")
    story.clock.wait(3600)
    story.close_coverage()
    refused(story, "device.coverage_late", lambda: story.cosign(["p1"]))
    story.run("allocate", after="cosign_coverage")
    record.publish(story.room, story.name, copies=False)
    code, report = verify(story.files(), story.trust())
    assert code == 3
    assert "V63" in report["reasons"]


def test_device_does_not_attest_after_a_restart(story: Simulator) -> None:
    story.run("close_reveals")
    device = story.devices["p1"]
    device.clock = lambda: "boot-2 5"
    refused(story, "device.reveals_late", lambda: device.attest_reveals(story.packet(), "s1"))


def _full(*_arguments: object) -> None:
    raise StoreError("full", "database or disk is full")


def test_failed_append_leaves_no_trace_in_memory(story: Simulator) -> None:
    """A full disc while the bureau commits: the next observer must not slip in before the bureau."""
    story.run("header")
    taken = story.packet()
    first, second = (story.devices[n].commit(taken, "s1", "", Counter(n)) for n in ("b1", "p1"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(story.room.store), "append", _full)
        with pytest.raises(UsageError, match="磁盘已满"):
            conduct.accept(story.room, first)
    refused(story, "commit.bureau_first", lambda: conduct.accept(story.room, second))
    story.accept([first, second])


def test_every_entry_gets_its_checkpoint(story: Simulator) -> None:
    """Killed between the append of `published` and its checkpoint: the next append signs it first."""
    story.run("allocate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(story.room), "checkpoint", lambda _room: None)
        record.publish(story.room, "s1", copies=False)
    size = story.room.store.head.size
    story.reopen()
    conduct.register(story.room, 2027, [{"classes": 2, "grade": 1, "name": "测试第一小学", "school": "9910000001"}])
    assert story.room.store.note(size) is not None
    assert f"ledger/checkpoints/{size:010d}.note" in story.files()


def test_used_session_id_does_not_touch_the_plan(story: Simulator) -> None:
    story.run("plan")
    before = story.room.path("s1", "plan.json").read_bytes()
    story.changes["title"] = "另一个标题"
    refused(story, "step.session_exists", story.plan)
    assert story.room.path("s1", "plan.json").read_bytes() == before


def test_freeze_after_the_header_touches_nothing(story: Simulator) -> None:
    story.run("header")
    path = story.room.path("s1", "draws/d1/units.json")
    before = path.read_bytes()
    refused(story, "step.not_allowed", lambda: conduct.freeze(story.room, "s1", "d1"))
    assert path.read_bytes() == before


def test_school_cannot_change_the_number_of_students(story: Simulator) -> None:
    story.run("rosters")
    digest = story.session.draws["d1"].submission
    body = {"draw": "d1", "students": 1, "submission": digest}
    story.room.append(story.room.sign_as(story.schools["9910000001"], "s1", "roster.submitted", body))
    approver = story.room.sign_as(
        story.keys["approver"], "s1", "roster.approved", {"draw": "d1", "students": 61, "submission": digest}
    )
    refused(story, "roster.not_submitted", lambda: story.room.append(approver))


def test_ungroupable_roster_is_refused_at_the_freeze(tmp_path: Path) -> None:
    """Four siblings kept together and five others in four classes: sizes differ by more than two."""
    story = Simulator(tmp_path)
    story.run("found")
    value = story.plan_value()
    value["draws"][0]["classes"] = 4
    conduct.publish_plan(story.room, encode(value))
    group, alone = {"twin_group": "1", "twin_wish": "together"}, {"twin_group": "", "twin_wish": ""}
    students = generate_students(SCHOOLS[0], "simulator")[:9]
    few = [dataclasses.replace(student, **(group if i < 4 else alone)) for i, student in enumerate(students)]
    story.room.private.save_imported("9910000001", 1, few)
    conduct.submit(story.room, "s1", "d1", story.schools["9910000001"])
    conduct.approve(story.room, "s1", "d1", story.keys["approver"])
    refused(story, "freeze.too_uneven", lambda: conduct.freeze(story.room, "s1", "d1"))
    story.room.close()


def test_same_children_are_not_drawn_under_another_school(tmp_path: Path) -> None:
    story = Simulator(tmp_path).run()
    story.name = "s2"
    value = story.plan_value()
    value["draws"] = [value["draws"][0] | {"school": "9970000002", "grade": 1}]
    conduct.publish_plan(story.room, encode(value))
    story.room.private.save_imported("9970000002", 1, generate_students(SCHOOLS[0], "simulator"))
    conduct.submit(story.room, "s2", "d1", story.schools["9970000002"])
    conduct.approve(story.room, "s2", "d1", story.keys["approver"])
    conduct.freeze(story.room, "s2", "d1")
    story.enrol()
    refused(story, "freeze.in_two_draws", story.header)
    story.room.close()


def test_abandoned_session_of_another_year_is_reported(tmp_path: Path, verify) -> None:
    """Reveal, compute the outcome at home, drop the session, draw the same grade under another year."""
    story = Simulator(tmp_path).run("close_reveals")
    story.name, story.changes["year"] = "s2", 2027
    key = story.room.private.year_key(2027, YearKey(seed_of("other"), seed_of("salt")))
    story.changes["year_key"] = key.commitment.hex()
    story.run(after="found")
    code, report = verify(story.files(), story.trust())
    assert code == 3
    assert "V56" in report["reasons"]
    story.room.close()


def test_below_quorum_is_not_proven(story: Simulator, verify) -> None:
    story.run("close_reveals")
    story.run(after="close_reveals", attest_reveals=lambda: story.attest_reveals(["b1", "p1", "p2"]))
    code, report = verify(story.files(), story.trust())
    assert code == 3
    assert "V50" in report["reasons"]


def test_device_does_not_attest_reveals_too_late(story: Simulator) -> None:
    story.run("close_reveals")
    story.clock.wait(2)
    refused(story, "device.reveals_late", lambda: story.attest_reveals(["p1"]))


def test_device_does_not_attest_a_late_close(story: Simulator) -> None:
    story.run("group")
    story.clock.wait(601)
    refused(story, "device.close_late", lambda: story.attest(["p1"]))


def test_device_refuses_altered_groups(story: Simulator) -> None:
    story.run("group")
    path = story.room.path("s1", "draws/d1/groups.json")
    path.write_bytes(path.read_bytes().replace(b'"d1"', b'"d2"'))
    refused(story, "groups.malformed", lambda: story.attest(["p1"]))


def test_device_refuses_a_ledger_that_forgot(story: Simulator, tmp_path: Path) -> None:
    story.run("header")
    device = story.devices["p1"]
    device.look(story.packet())
    other = Simulator(tmp_path / "other").run("plan")
    with pytest.raises(DataError) as caught:
        device.look(other.packet())
    other.room.close()
    assert caught.value.key == "device.older"


def test_holder_refuses_groups_that_do_not_follow_the_rule(story: Simulator) -> None:
    story.run("close_commits")
    honest = conduct.compute_groups

    def other_seed(tasks, progress=None):  # a bureau that groups by a seed of its own
        return honest([(data, draw, bytes(32), m) for data, draw, _seed, m in tasks])

    computing.compute_groups = other_seed
    try:
        conduct.group(story.room, "s1")
    finally:
        computing.compute_groups = honest
    story.attest()
    refused(story, "sealed.differs", story.check)


def test_quorum_before_reveals(story: Simulator) -> None:
    story.run("group")
    story.attest(["b1", "p1", "p2"])
    refused(story, "open.quorum", lambda: conduct.open_reveals(story.room, "s1"))


def test_device_does_not_reveal_before_the_opening(story: Simulator) -> None:
    story.run("attest")
    refused(story, "reveal.not_now", lambda: story.reveal(["p1"]))


def test_abort_only_before_reveals(story: Simulator) -> None:
    story.run("open")
    refused(story, "abort.too_late", lambda: conduct.abort(story.room, "s1", "不满意"))


def test_abort_then_another_attempt(story: Simulator, verify) -> None:
    story.run("commit")
    conduct.abort(story.room, "s1", "停电")
    assert story.session.state == "ABORTED"
    story.name = "s2"
    story.run(after="found")
    assert [draw.attempt for draw in story.session.header.draws] == [2, 2]
    code, report = verify(story.files(), story.trust())
    assert code == 3
    assert report["reasons"] == ["V51", "V55"]


def test_no_second_draw_of_the_same_grade(tmp_path: Path) -> None:
    story = Simulator(tmp_path).run()
    story.name = "s2"
    story.plan()
    story.rosters()
    story.enrol()
    refused(story, "draw.already", story.header)
    document = tmp_path / "decision.pdf"
    document.write_bytes(b"decision")
    conduct.annul(story.room, "s1", ["d1", "d2"], "名册有误", document, story.keys["approver"])
    story.header()
    assert [draw.attempt for draw in story.session.header.draws] == [2, 2]
    story.room.close()


PUBLIC_DRAW = {"alphabet": "0123456789", "confirmations": 3, "length": 4}


def confirmed(story: Simulator, digits: str, who: tuple[str, ...]) -> list[Message]:
    taken = story.packet()
    return [story.device(story.devices[name].key, digits).confirm_public_draw(taken, "s1", digits) for name in who]


def test_public_draw(tmp_path: Path, verify) -> None:
    story = Simulator(tmp_path, plan={"sources": {"drand": {}, "public_draw": PUBLIC_DRAW}}).run("commit")
    refused(story, "source.missing", lambda: conduct.close_commits(story.room, "s1"))
    good = confirmed(story, "4650", ("c1", "d1", "p1"))
    refused(story, "source.confirmations", lambda: conduct.public_draw(story.room, good[:2]))
    refused(
        story,
        "source.confirmations",
        lambda: conduct.public_draw(story.room, [*good[:2], *confirmed(story, "4650", ("b1",))]),
    )
    refused(
        story, "source.digits", lambda: conduct.public_draw(story.room, confirmed(story, "46x0", ("c1", "d1", "p1")))
    )
    refused(
        story, "source.differ", lambda: conduct.public_draw(story.room, [*good[:2], *confirmed(story, "1111", ("p1",))])
    )
    device = story.devices["c1"]
    device.confirm_public_draw(story.packet(), "s1", "4650")
    refused(story, "device.other_digits", lambda: device.confirm_public_draw(story.packet(), "s1", "4651"))
    conduct.public_draw(story.room, good)
    story.run(after="commit")
    code, report = verify(story.files(), story.trust())
    assert (code, report["reasons"]) == (3, ["V51", "V55"])
    story.room.close()


def test_public_draw_after_the_close(tmp_path: Path) -> None:
    story = Simulator(tmp_path).run("close_commits")
    refused(
        story, "source.too_late", lambda: conduct.public_draw(story.room, confirmed(story, "4650", ("c1", "d1", "p1")))
    )
    story.room.close()


def approved(story: Simulator, draw: str) -> None:
    """Submit and approve, without freezing."""
    item = story.session.plan.draws[draw]
    students = generate_students(SCHOOLS[0], "simulator")
    story.room.private.save_imported(item.school, item.grade, students)
    conduct.submit(story.room, "s1", draw, story.schools[item.school])
    conduct.approve(story.room, "s1", draw, story.keys["approver"])


def test_more_classes_than_students(tmp_path: Path) -> None:
    def many(value):
        value["draws"][0]["classes"] = 100
        return value

    story = Simulator(tmp_path)
    story.run("found")
    conduct.publish_plan(story.room, encode(many(story.plan_value())))
    approved(story, "d1")
    refused(story, "grouping.too_few_units", lambda: conduct.freeze(story.room, "s1", "d1"))
    story.room.close()


def test_impossible_cap_names_what_conflicts(tmp_path: Path) -> None:
    story = Simulator(tmp_path)
    story.run("found")
    value = story.plan_value()
    value["draws"][0]["caps"] = [{"attribute": "sex", "max": 5, "value": "1"}]
    conduct.publish_plan(story.room, encode(value))
    approved(story, "d1")
    refused(story, "grouping.cap_too_small", lambda: conduct.freeze(story.room, "s1", "d1"))
    story.room.close()


def test_roster_needs_two_people(story: Simulator) -> None:
    story.run("plan")
    story.rosters()
    message = story.room.sign_as(
        story.schools["9910000001"], "s1", "roster.approved",
        {"draw": "d1", "students": 61, "submission": story.session.draws["d1"].submission},
    )  # fmt: skip
    refused(story, "message.signers", lambda: story.room.append(message))


def test_header_waits_for_every_roster_and_for_the_public_time(story: Simulator) -> None:
    story.run("enrol")
    refused(story, "header.too_early", lambda: conduct.freeze_header(story.room, "s1"))
    conduct.submit(story.room, "s1", "d1", story.schools["9910000001"])
    refused(story, "header.rosters_stale", lambda: conduct.freeze_header(story.room, "s1"))
    conduct.postpone(story.room, "s1", "d1", "名册还要更正")
    story.header()
    assert [draw.id for draw in story.session.header.draws] == ["d2"]


def test_only_the_registered_school_submits(story: Simulator) -> None:
    story.run("rosters")
    refused(story, "roster.other_school", lambda: conduct.submit(story.room, "s1", "d1", story.schools["9970000002"]))


def test_groups_are_computed_without_the_room(story: Simulator) -> None:
    """A server hands the tasks to another process; files of another order or number are refused, none is written."""
    story.run("close_commits")
    tasks = conduct.grouping_tasks(story.room, "s1")
    files = conduct.compute_groups(tasks)
    refused(story, "groups.malformed", lambda: conduct.fix_groups(story.room, "s1", files[::-1]))
    refused(story, "groups.not_this", lambda: conduct.fix_groups(story.room, "s1", files[:1]))
    assert not story.room.path("s1", "draws/d1/groups.json").exists()
    conduct.fix_groups(story.room, "s1", files)
    assert story.session.state == "GROUPED"
    refused(story, "step.not_allowed", lambda: conduct.fix_groups(story.room, "s1", files))
    refused(story, "step.not_allowed", lambda: conduct.grouping_tasks(story.room, "s1"))


def test_delay_is_computed_without_the_room(story: Simulator, tmp_path: Path) -> None:
    story.run("attest_reveals")
    refused(story, "step.not_allowed", lambda: conduct.delay_task(story.room, "s1"))
    story.run("cosign_coverage", after="attest_reveals")
    task = conduct.delay_task(story.room, "s1")
    elsewhere = dataclasses.replace(task, folder=tmp_path / "another-machine").compute()
    refused(story, "delay.bad_proof", lambda: conduct.enter_delay(story.room, "s1", elsewhere[::-1]))
    refused(story, "delay.bad_proof", lambda: conduct.enter_delay(story.room, "s1", elsewhere[:1]))
    conduct.enter_delay(story.room, "s1", elsewhere)
    assert story.session.state == "DELAYED"
    assert task.compute() == elsewhere


def test_delay_goes_on_where_it_stopped(story: Simulator) -> None:
    story.run("cosign_coverage")

    def stop(progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        conduct.run_delay(story.room, "s1", stop)
    found = sorted(story.room.path("s1", "delay").glob("*.json"))
    assert len(found) == 2
    first = found[0].read_bytes()
    damaged = bytearray(found[1].read_bytes())
    damaged[50] ^= 1
    found[1].write_bytes(bytes(damaged))
    story.reopen()
    seen = []
    conduct.run_delay(story.room, "s1", lambda p: seen.append(p.done))
    assert found[0].read_bytes() == first
    assert found[1].read_bytes() != bytes(damaged)
    assert seen[-1] == 4
    assert story.session.state == "DELAYED"


@pytest.mark.parametrize("where", ["y", "proof"])
def test_delay_proof_with_one_bit_flipped(story: Simulator, where: str) -> None:
    story.run("cosign_coverage")
    conduct.run_delay(story.room, "s1")
    rows = [dict(row) for row in story.session.delay]
    rows[1][where] = rows[1][where][:100] + ("0" if rows[1][where][100] != "0" else "1") + rows[1][where][101:]
    other = Simulator(story.folder / "again").run("cosign_coverage")
    refused(other, "delay.bad_proof", lambda: other.room.operate("s1", "delay.done", {"segments": rows}))
    other.room.close()


def test_other_encodings_of_the_delay_output_are_refused(story: Simulator) -> None:
    """chiavdf takes many byte strings for one y: whoever may choose among them chooses the seed. We take one (C21)."""
    story.run("cosign_coverage")
    challenge, number, found = delay_challenge(story.session), 0, []
    while not found:  # about every second discriminant has such encodings
        challenge = hashlib.sha256(challenge).digest()
        d, x = delay.discriminant(challenge), delay.start(challenge)
        blob = chiavdf.prove(challenge, x, 1024, 1000, "")
        honest = delay.Segment(blob[:100], blob[100:200])
        delay.verify_segment(challenge, x, honest, 1000)
        number += 1
        for last in range(256):
            other = honest.y[:99] + bytes([last])
            if other != honest.y and _chiavdf_accepts(d, x, other + honest.proof):
                found.append(other)
        assert number < 30
    for other in found:
        with pytest.raises(DataError):
            delay.verify_segment(challenge, x, delay.Segment(other, honest.proof), 1000)
        with pytest.raises(verifier.classgroup.DelayError):
            verifier.classgroup.decode_form(other, d)


def _chiavdf_accepts(d: int, x: bytes, blob: bytes) -> bool:
    try:
        return bool(chiavdf.verify_n_wesolowski(str(d), x, blob, 1000, 1024, 0))
    except RuntimeError:
        return False


def test_rehearsal_is_not_presented_as_real(story: Simulator, verify) -> None:
    """The flag stands in plan, header and ledger: whoever changes one of them contradicts the others."""
    story.run()
    files = story.files()
    for name in ("header.json", "plan.json"):
        value = decode(files[name])
        value["rehearsal"] = False
        code, report = verify(repaired(files | {name: encode(value)}), story.trust())
        assert code == 1
        assert outcomes(report, "FAIL")


def test_seed_is_the_same_on_any_machine(story: Simulator, tmp_path: Path) -> None:
    story.run("seed")
    other = Simulator(tmp_path / "other").run("seed")
    assert other.session.seed == story.session.seed
    assert (
        seed.session_seed(*other.session.hashes(), bytes.fromhex(other.session.delay[-1]["y"])).hex()
        == story.session.seed
    )
    other.room.close()


def test_record_is_byte_identical_when_rebuilt(finished: Simulator, tmp_path: Path) -> None:
    again = Simulator(tmp_path).run()
    assert stored_zip(again.files()) == stored_zip(finished.files())
    again.room.close()


def test_annulled_result_is_not_proven(tmp_path: Path, verify) -> None:
    story = Simulator(tmp_path).run()
    files = story.files()
    document = tmp_path / "decision.pdf"
    document.write_bytes(b"decision")
    conduct.annul(story.room, "s1", ["d1"], "名册有误", document, story.keys["approver"])
    lines = b"".join(line + b"\n" for line in story.room.store.read())
    (tmp_path / "entries.jsonl").write_bytes(lines)
    code, report = verify(files, story.trust(), "--ledger", str(tmp_path / "entries.jsonl"))
    assert code == 3
    assert "V61" in report["reasons"]
    story.room.close()


def test_table_allows_no_way_back() -> None:
    order = {state: i for i, state in enumerate(ceremony.STATES)}
    for (state, event), step in ceremony.TABLE.items():
        assert order[step.state] >= order[state] or event == "aborted"
        if state in ceremony.AFTER_OPENING:
            assert event != "aborted"
    with pytest.raises(UsageError):
        ceremony.apply("PUBLISHED", "result")


@pytest.mark.parametrize("name", ["ledger", "verifiers", "con", "lpt1"])
def test_a_session_takes_no_name_that_its_folder_cannot_have(tmp_path: Path, name: str) -> None:
    story = Simulator(tmp_path, name)
    story.found()
    with pytest.raises(UsageError, match=r"网站或 Windows"):
        story.plan()
    assert not story.room.view.sessions
    story.room.close()
